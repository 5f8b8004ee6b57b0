//! Whole receipts, from slip to bytes and pictures.
//!
//! With `TILLD_PAPER_OUT=DIR` the `.escpos`, `.png`, `.txt` and `.qr.txt` of
//! every slip stay in DIR, for looking at and for a printer simulator.

#[path = "paper/slips.rs"]
mod slips;

use std::fs;
use std::path::{Path, PathBuf};

use tilld::receipt::*;

const PAPERS: [PaperWidth; 2] = [PaperWidth::Mm58, PaperWidth::Mm80];

#[test]
fn every_slip_becomes_bytes_a_picture_and_a_preview() {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("TILLD_PAPER_OUT").map(PathBuf::from);
    let out = kept.as_deref().unwrap_or(folder.path());
    fs::create_dir_all(out).unwrap();
    let mut typesetter = Typesetter::new();
    for (name, slip) in slips::all() {
        for paper in PAPERS {
            emit(out, name, &slip, paper, &mut typesetter);
        }
    }
}

fn emit(out: &Path, name: &str, slip: &Slip, paper: PaperWidth, typesetter: &mut Typesetter) {
    let blocks = compose(slip);
    let raster = render(&blocks, typesetter, paper).unwrap();
    let options = EscposOptions { copy: slip.copy, ..EscposOptions::default() };
    let job = escpos(&raster, &options);
    let file = |suffix: &str| out.join(format!("{name}-{}.{suffix}", paper.dots()));
    fs::write(file("escpos"), &job).unwrap();
    fs::write(file("png"), png(&raster)).unwrap();
    fs::write(file("txt"), preview(&blocks, 48)).unwrap();
    fs::write(file("qr.txt"), &slip.qr).unwrap();
    assert!(raster.height() > 400 && job.len() > 4000, "{name} has content");
}

/// A gauge for `valgrind --tool=callgrind --toggle-collect='*gauge_warm_image*'`
/// (and `*gauge_qr_matrix*`, `*gauge_bytes*`): the second receipt of a day.
#[test]
fn the_second_receipt_is_the_same_picture() {
    let slip = slips::plain();
    let mut typesetter = Typesetter::new();
    let first = gauge_cold_image(&slip, &mut typesetter);
    let second = gauge_warm_image(
        &Slip { invoice_number: "INV-T07-000128432".into(), ..slip.clone() },
        &mut typesetter,
    );
    assert_eq!(gauge_cold_image(&slip, &mut Typesetter::new()), first);
    assert_eq!(second.height(), first.height());
    assert_ne!(second, first);
    assert!(gauge_qr_matrix(&slip.qr).side() > 21);
    assert!(gauge_bytes(&first).len() < 45_000, "BUDGETS P15: {} bytes", gauge_bytes(&first).len());
}

#[inline(never)]
fn gauge_cold_image(slip: &Slip, typesetter: &mut Typesetter) -> Raster {
    render(&compose(slip), typesetter, PaperWidth::Mm80).unwrap()
}

#[inline(never)]
fn gauge_warm_image(slip: &Slip, typesetter: &mut Typesetter) -> Raster {
    render(&compose(slip), typesetter, PaperWidth::Mm80).unwrap()
}

#[inline(never)]
fn gauge_qr_matrix(payload: &str) -> QrMatrix {
    qr_matrix(payload, PaperWidth::Mm80).unwrap()
}

#[inline(never)]
fn gauge_bytes(raster: &Raster) -> Vec<u8> {
    escpos(raster, &EscposOptions::default())
}
