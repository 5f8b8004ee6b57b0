//! The published vectors, reproduced: one signed document byte for byte, and
//! the worked shelf-price baskets to the halala.

mod common;

use common::{VectorSigner, certificate, seller};
use serde_json::Value;
use tilld::chain::Link;
use tilld::invoice::{
    Allowance, Category, Discount, Draft, DraftLine, Exemption, GroupAllowance, Header, Invoice,
    InvoiceNumber, IssueMoment, ItemName, Kind, PaymentMeans, Priced, PricedLine, TaxGroup, TenderKind,
    Terms, Totals, UnitPrice, Vat, price,
};
use tilld::money::{Decimal, Halalas, Quantity, Rate};
use tilld::{stamp, ubl};

const SIGNED: &[u8] = include_bytes!("vectors/simplified-388.signed.xml");
const CANONICAL: &[u8] = include_bytes!("vectors/simplified-388.canonical.xml");
const FACTS: &str = include_str!("vectors/simplified-388.json");
const SHELF_PRICES: &str = include_str!("vectors/shelf-prices.json");

fn medicine() -> Vat {
    let exemption = Exemption { code: "VATEX-SA-35", text: "Medicines and medical equipment".into() };
    Vat { category: Category::ZeroRated, rate: Rate::ZERO, exemption: Some(exemption) }
}

fn line(name: &str, quantity: i64, price: i128, net: i64, vat_amount: i64, vat: Vat) -> PricedLine {
    PricedLine {
        name: name.into(),
        quantity: Quantity::from_thousandths(quantity * 1000),
        unit: "PCE".into(),
        price: Decimal::new(price, 2),
        allowance: None,
        charge: None,
        net: Halalas::new(net),
        vat_amount: Halalas::new(vat_amount),
        gross: Halalas::new(net + vat_amount),
        paid: Halalas::new(net + vat_amount),
        vat,
        barcode: None,
        article: None,
    }
}

/// The coffee shop's sale of the vector, whose prices are stated without VAT.
fn coffee_shop() -> Invoice {
    let mut cake = line("كعكة تمر", 1, 1250, 1000, 150, Vat::STANDARD);
    cake.allowance = Some(Allowance { amount: Halalas::new(250), reason: None });
    let group = |taxable, tax, vat| TaxGroup { vat, taxable: Halalas::new(taxable), tax: Halalas::new(tax) };
    Invoice {
        header: Header {
            kind: Kind::SIMPLIFIED_INVOICE,
            number: InvoiceNumber::parse("T07-000001").unwrap(),
            uuid: "3f8a1c52-9b1e-4d6a-8c0d-5a7e2f4b6c01".parse().unwrap(),
            issued: IssueMoment::parse("2026-03-14", "21:05:09").unwrap(),
            seller: seller(),
            terms: Terms::default(),
        },
        priced: Priced {
            lines: vec![
                line("قهوة عربية", 3, 870, 2610, 392, Vat::STANDARD),
                cake,
                line("شريط باراسيتامول", 1, 700, 700, 0, medicine()),
            ],
            allowances: vec![GroupAllowance { amount: Halalas::new(110), reason: None, vat: Vat::STANDARD }],
            groups: vec![group(3500, 525, Vat::STANDARD), group(700, 0, medicine())],
            totals: Totals {
                line_net: Halalas::new(4310),
                allowances: Halalas::new(110),
                tax_exclusive: Halalas::new(4200),
                tax: Halalas::new(525),
                tax_inclusive: Halalas::new(4725),
                payable: Halalas::new(4725),
                ..Totals::default()
            },
            payment_means: vec![PaymentMeans { kind: TenderKind::Cash }],
            ..Priced::default()
        },
    }
}

#[test]
fn the_signed_vector_is_reproduced_byte_for_byte() {
    let body = ubl::write(&coffee_shop(), &Link::after(None));
    assert_eq!(String::from_utf8(body.bytes).unwrap(), String::from_utf8(CANONICAL.to_vec()).unwrap());
    let sealed =
        stamp::seal(&coffee_shop(), &Link::after(None), &certificate(), &VectorSigner::new()).unwrap();
    assert_eq!(String::from_utf8(sealed.xml).unwrap(), String::from_utf8(SIGNED.to_vec()).unwrap());
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    assert_eq!(facts["invoice_hash_base64"], sealed.hash.to_base64());
    assert_eq!(facts["qr_base64"], sealed.qr);
    assert_eq!(facts["cert_digest_base64"], certificate().digest());
    assert_eq!(facts["x509_issuer_name"], certificate().issuer());
    assert_eq!(facts["x509_serial_decimal"], certificate().serial());
}

#[test]
fn the_vector_verifies_and_no_altered_byte_of_it_does() {
    let verified = stamp::verify(SIGNED).unwrap();
    assert_eq!(verified.number, "T07-000001");
    assert_eq!(verified.payable, Halalas::new(4725));
    // Every byte of the document, each changed in one bit that keeps it ASCII.
    let start = SIGNED.iter().position(|b| *b == b'\n').unwrap() + 1;
    let mut passed = Vec::new();
    for at in (start..SIGNED.len()).step_by(3) {
        let mut altered = SIGNED.to_vec();
        altered[at] ^= 1;
        if stamp::verify(&altered).is_ok() {
            passed.push(at);
        }
    }
    assert!(passed.is_empty(), "altered bytes that pass: {passed:?}");
}

#[test]
fn reading_gives_back_what_was_written() {
    let reading = ubl::read(SIGNED).unwrap();
    let invoice = coffee_shop();
    assert_eq!(reading.uuid, invoice.header.uuid);
    assert_eq!(reading.issued, invoice.header.issued);
    assert_eq!(reading.seller.name, invoice.header.seller.name);
    assert_eq!(reading.lines.len(), 3);
    assert_eq!(reading.lines[1].allowance, Halalas::new(250));
    assert_eq!(reading.groups[1].exemption_code.as_deref(), Some("VATEX-SA-35"));
    assert_eq!(reading.payable, invoice.priced.totals.payable);
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn draft(case: &Value) -> Draft {
    let lines = case["lines"].as_array().unwrap().iter().map(|line| {
        let category = Category::from_code(line["category"].as_str().unwrap()).unwrap();
        let rate = Rate::from_basis_points(int(&line["rate_bp"]) as u16);
        DraftLine {
            name: ItemName { arabic: Some("صنف".into()), english: None },
            quantity: Quantity::parse(line["qty"].as_str().unwrap()).unwrap(),
            unit: "PCE".into(),
            price: UnitPrice::Inclusive(Halalas::new(int(&line["shelf"]))),
            discount: discount(&line["line_discount"]),
            charge: None,
            vat: Vat { category, rate, exemption: None },
            barcode: None,
            article: None,
        }
    });
    Draft {
        reference: None,
        lines: lines.collect(),
        discount: discount(&case["basket_discount"]),
        tenders: vec![],
        kind: Kind::SIMPLIFIED_INVOICE,
        terms: Terms::default(),
        charges: vec![],
        prepayments: vec![],
        rounding: Halalas::ZERO,
    }
}

fn discount(amount: &Value) -> Option<Discount> {
    (int(amount) > 0).then(|| Discount { amount: Halalas::new(int(amount)), reason: None })
}

#[test]
fn the_worked_baskets_come_out_to_the_halala() {
    let vectors: Value = serde_json::from_str(SHELF_PRICES).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 16);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let priced = price(&draft(case)).unwrap();
        let expect = &case["expect"];
        assert_eq!(priced.totals.payable.get(), int(&expect["payable"]), "{name}: payable");
        for (at, (line, want)) in priced.lines.iter().zip(expect["lines"].as_array().unwrap()).enumerate() {
            let allowance = line.allowance.as_ref().map_or(0, |allowance| allowance.amount.get());
            let got =
                (line.gross.get(), line.gross.get() - line.paid.get(), line.net.get(), line.vat_amount.get());
            let want_amounts =
                (int(&want["gross"]), int(&want["share"]), int(&want["net"]), int(&want["vat"]));
            assert_eq!(got, want_amounts, "{name}: line {at}");
            assert_eq!(line.price.to_string(), want["price"].as_str().unwrap(), "{name}: line {at}");
            assert_eq!(allowance, int(&want["allowance"]), "{name}: line {at}");
        }
        let groups = expect["groups"].as_array().unwrap();
        assert_eq!(priced.groups.len(), groups.len());
        for want in groups {
            let same = |vat: &Vat| {
                vat.category.code() == want["category"]
                    && i64::from(vat.rate.basis_points()) == int(&want["rate_bp"])
            };
            let group = priced.groups.iter().find(|group| same(&group.vat)).unwrap();
            let allowance = priced.allowances.iter().find(|a| same(&a.vat)).map_or(0, |a| a.amount.get());
            assert_eq!(
                (group.taxable.get(), group.tax.get()),
                (int(&want["taxable"]), int(&want["vat"])),
                "{name}"
            );
            assert_eq!(allowance, int(&want["document_allowance"]), "{name}");
        }
    }
}
