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
    let options = EscposOptions { copy: slip.copy, ..EscposOptions::COMPACT };
    let job = escpos(&raster, &options);
    let file = |suffix: &str| out.join(format!("{name}-{}.{suffix}", paper.dots()));
    fs::write(file("escpos"), &job).unwrap();
    fs::write(file("png"), png(&raster)).unwrap();
    fs::write(file("txt"), preview(&blocks, 48)).unwrap();
    fs::write(file("qr.txt"), &slip.qr).unwrap();
    assert!(raster.height() > 400 && job.len() > 4000, "{name} has content");
}

/// Everything that stands on a receipt, as the terminal shows it.
fn shown(slip: &Slip) -> String {
    preview(&compose(slip), 48)
}

#[test]
fn the_legal_content_stands_on_every_receipt() {
    for (name, slip) in slips::all() {
        let text = shown(&slip);
        let title = match slip.kind {
            SlipKind::SimplifiedInvoice => ["فاتورة ضريبية مبسطة", "Simplified Tax Invoice"],
            SlipKind::TaxInvoice => ["فاتورة ضريبية", "Tax Invoice"],
            SlipKind::CreditNote => ["إشعار دائن", "Credit Note"],
            SlipKind::DebitNote => ["إشعار مدين", "Debit Note"],
            SlipKind::Awaiting { .. } => {
                ["بانتظار الاعتماد - ليست فاتورة ضريبية", "Awaiting clearance, not a tax invoice"]
            }
            SlipKind::Rejected { .. } => ["ليست فاتورة ضريبية", "Rejected, not a tax invoice"],
        };
        let facts = [slip.totals.payable, slip.totals.vat, slip.totals.net].map(|amount| amount.to_string());
        let identity = [&slip.seller.vat_number, &slip.invoice_number, &slip.issue_date, &slip.issue_time];
        for fact in
            title.into_iter().chain(facts.iter().map(String::as_str)).chain(identity.map(String::as_str))
        {
            assert!(text.contains(fact), "{name} lacks {fact}:\n{text}");
        }
        assert_eq!(text.matches("COPY").count(), if slip.copy { 2 } else { 0 }, "{name}");
        assert_eq!(text.matches("نسخة").count(), if slip.copy { 2 } else { 0 }, "{name}");
        let symbols: Vec<Block> = compose(&slip).into_iter().filter(|b| matches!(b, Block::Qr(_))).collect();
        let wanted = if slip.kind.counts() { vec![Block::Qr(slip.qr.clone())] } else { vec![] };
        assert_eq!(symbols, wanted, "{name} carries the stored payload once, if it is an invoice");
    }
}

#[test]
fn what_is_no_invoice_cannot_be_taken_for_one() {
    for kind in [SlipKind::Awaiting { note: false }, SlipKind::Rejected { note: false }] {
        let text = shown(&Slip { kind, ..slips::awaiting() });
        for title in ["فاتورة ضريبية", "Tax Invoice"] {
            assert!(text.lines().all(|line| line.trim() != title), "{text}");
        }
        assert!(text.contains("not a tax invoice") && text.contains("ليست فاتورة ضريبية"));
    }
}

#[test]
fn notes_and_untaxed_lines_say_why() {
    let note = shown(&slips::credit_note());
    for fact in ["INV-T07-000128431", "إرجاع بضاعة تالفة", "Return of damaged goods"] {
        assert!(note.contains(fact), "{fact}");
    }
    let mixed = shown(&slips::long_names());
    for fact in ["S 15%", "Z 0%", "695.13", "الأدوية والمعدات الطبية", "-20.00", "-5.00", "-100.00", "0.05"]
    {
        assert!(mixed.contains(fact), "{fact}");
    }
    let notice = shown(&slips::tax_invoice());
    assert!(notice.contains("تبقى البضاعة ملكا للبائع") && notice.contains("311111111100003"));
}

/// Names and numbers that no shop writes: still a receipt, and nothing panics.
#[test]
fn hostile_slips_are_drawn_too() {
    let mut typesetter = Typesetter::new();
    let texts = [
        "",
        " ",
        "\u{0}\u{1b}@\u{1d}V\0",
        "\u{202E}gnp.exe\u{2066}",
        "a\nb\r\nc\td",
        "汉字漢字かな한국어",
        "🧾🧾🧾",
        "\u{200F}\u{200E}\u{200D}",
        "مـــــــــــــــــــــــــــــــــــــــــــــــــــــــــــــــــــد",
        "W".repeat(400).leak(),
        "لا".repeat(300).leak(),
        "e\u{301}\u{302}\u{303}\u{304}".repeat(40).leak(),
        "1%-/:+.,+5+",
        "١٢٣٫٤٥٪",
    ];
    for text in texts {
        let mut slip = slips::long_names();
        slip.copy = true;
        slip.notices = vec![Bilingual::new(text, text)];
        slip.seller.name = text.into();
        slip.seller.trade_name = Some(text.into());
        slip.seller.address = vec![text.into()];
        slip.invoice_number = text.into();
        slip.cashier = Some(text.into());
        slip.original = Some(OriginalDocument { numbers: vec![text.into()], reason: text.into() });
        slip.buyer = Some(Buyer {
            name: text.into(),
            vat_number: Some(text.into()),
            other_id: Some(OtherId { scheme: text.into(), value: text.into() }),
            address: vec![text.into()],
        });
        slip.statements = vec![Bilingual::new(text, text)];
        slip.currency = text.into();
        let charge = Charge { reason: text.into(), amount: tilld::money::Halalas::new(5) };
        slip.totals.charges = vec![charge.clone()];
        slip.totals.advances = vec![text.into()];
        for line in &mut slip.lines {
            line.name_ar = Some(text.into());
            line.name_en = Some(text.into());
            line.quantity = text.into();
            line.unit_code = text.into();
            line.unit_price = text.into();
            line.charge = Some(charge.clone());
            line.total = tilld::money::Halalas::new(-999_999_999_999_999);
        }
        slip.totals.payable = tilld::money::Halalas::new(999_999_999_999_999);
        slip.footer = vec![Bilingual::new(text, text)];
        slip.qr = slips::payload(460);
        for paper in PAPERS {
            let raster = render(&compose(&slip), &mut typesetter, paper).unwrap();
            assert!(escpos(&raster, &EscposOptions::default()).ends_with(&[0x1D, 0x56, 0x42, 0x00]));
            assert!(raster.height() > 400);
        }
        assert!(!preview(&compose(&slip), 0).is_empty());
    }
}

#[test]
fn a_qr_that_cannot_be_read_is_refused_in_both_languages() {
    let slip = Slip { qr: slips::payload(1800), ..slips::plain() };
    let error = render(&compose(&slip), &mut Typesetter::new(), PaperWidth::Mm58).unwrap_err();
    assert!(matches!(error, ReceiptError::QrDoesNotFit { characters: 1800, .. }));
    assert!(error.to_string().contains("80 mm") && error.arabic().contains("80"));
}

#[test]
fn a_typesetter_can_live_on_the_printers_thread() {
    fn sendable<T: Send>(_: &T) {}
    sendable(&Typesetter::new());
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
    escpos(raster, &EscposOptions::COMPACT)
}
