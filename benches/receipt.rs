//! P14: the picture of a 10-line receipt from a warm typesetter, beside the QR
//! matrix in it. With `--gauge image|matrix` it only draws under a function of
//! that name, for `instructions.sh`.

mod common;
#[path = "../tests/paper/slips.rs"]
#[allow(dead_code)]
mod slips;

use std::hint::black_box;

use common::{Task, argument, interleave, remark, rounds, verdict};
use tilld::receipt::{
    EscposOptions, PaperWidth, QrMatrix, Raster, Slip, Typesetter, compose, escpos, qr_matrix, render,
};

#[inline(never)]
fn gauge_image(slip: &Slip, typesetter: &mut Typesetter) -> Raster {
    render(&compose(slip), typesetter, PaperWidth::Mm80).expect("a receipt")
}

#[inline(never)]
fn gauge_matrix(payload: &str) -> QrMatrix {
    qr_matrix(payload, PaperWidth::Mm80).expect("a QR code")
}

/// The receipt that is drawn before the count begins.
fn warm(typesetter: &mut Typesetter) {
    render(&compose(&slips::plain()), typesetter, PaperWidth::Mm80).expect("a receipt");
}

fn next_sale() -> Slip {
    Slip { invoice_number: "INV-T07-000128432".into(), ..slips::plain() }
}

fn main() {
    match argument("--gauge") {
        Some(what) => gauge(&what),
        None => measure(),
    }
}

fn gauge(what: &str) {
    let mut typesetter = Typesetter::new();
    warm(&mut typesetter);
    let slip = next_sale();
    let count = argument("--sales").and_then(|count| count.parse().ok()).unwrap_or(3);
    for _ in 0..count {
        match what {
            "image" => drop(black_box(gauge_image(&slip, &mut typesetter))),
            "matrix" => drop(black_box(gauge_matrix(&slip.qr))),
            other => panic!("--gauge takes image or matrix, not {other}"),
        }
    }
}

fn measure() {
    let mut typesetter = Typesetter::new();
    let slip = next_sale();
    let raster = gauge_image(&slip, &mut typesetter);
    let safe = escpos(&raster, &EscposOptions::default()).len();
    let compact = escpos(&raster, &EscposOptions::COMPACT).len();
    let mut image = Task::new(|| gauge_image(black_box(&slip), &mut typesetter));
    let mut matrix = Task::new(|| gauge_matrix(black_box(&slip.qr)));
    interleave(rounds(300), &mut [&mut image, &mut matrix]);
    let times = image.least().as_secs_f64() / matrix.least().as_secs_f64();
    let millis = |task: &Task<'_>| format!("{:.2} ms", task.least().as_secs_f64() * 1e3);
    let limit = format!("QR matrix {}", millis(&matrix));
    remark(
        "P14",
        "time of a warm 10-line image, QR and all",
        &limit,
        &millis(&image),
        &format!("{times:.2} x"),
    );
    for (what, bytes) in [("to any printer (default)", safe), ("to one known to obey (compact)", compact)] {
        let what = format!("bytes {what}, 576 dots");
        verdict("P15", &what, "-", &format!("{bytes} B"), bytes as f64, 45e3, "B");
    }
}
