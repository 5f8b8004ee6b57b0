//! Good documents to spoil.

use crate::rules::{
    Address, AllowanceCharge, Amount, BillingReference, Delivery, ExchangeRate, Facts, Line, MonetaryTotal,
    Number, Party, PartyId, PaymentMeans, PrepaymentReference, Price, Reference, Signature,
    SignatureInformation, Subtotal, TaxCategory, TaxScheme, TaxTotal, Text,
};

/// 2026-01-03T12:00:00 in Riyadh.
pub const NOW: i64 = 1_767_430_800;

fn text(text: &'static str) -> Text<'static> {
    Some(text.into())
}

pub fn number(text: &'static str) -> Option<Number<'static>> {
    Some(Number::read(text.into()))
}

pub fn amount(text: &'static str) -> Option<Amount<'static>> {
    Some(Amount { number: Number::read(text.into()), currency: Some("SAR".into()) })
}

pub fn category(id: &'static str, percent: &'static str) -> TaxCategory<'static> {
    TaxCategory { id: text(id), percent: number(percent), scheme: text("VAT"), ..TaxCategory::default() }
}

/// A category without VAT and why.
pub fn untaxed(id: &'static str, code: &'static str) -> TaxCategory<'static> {
    TaxCategory {
        exemption_code: text(code),
        exemption_reasons: vec!["a reason".into()],
        ..category(id, "0.00")
    }
}

pub fn subtotal(
    taxable: &'static str,
    tax: &'static str,
    category: TaxCategory<'static>,
) -> Subtotal<'static> {
    Subtotal { taxable: amount(taxable), tax: amount(tax), category: Some(category) }
}

fn address() -> Address<'static> {
    Address {
        street: text("King Fahd Road"),
        building: text("1234"),
        district: text("Olaya"),
        city: text("Riyadh"),
        postal_code: text("12345"),
        country: text("SA"),
        ..Address::default()
    }
}

fn party(id: &'static str, scheme: &'static str, vat: &'static str, name: &'static str) -> Party<'static> {
    Party {
        written: true,
        ids: vec![PartyId { value: id.into(), scheme: text(scheme) }],
        address: Some(address()),
        tax_schemes: vec![TaxScheme { vat_number: text(vat), scheme: text("VAT") }],
        names: vec![text(name)],
        contact: None,
    }
}

pub fn reduction(indicator: &'static str, money: &'static str) -> AllowanceCharge<'static> {
    AllowanceCharge {
        indicator: text(indicator),
        code: text(if indicator == "true" { "ZZZ" } else { "95" }),
        reasons: vec!["a reason".into()],
        amount: amount(money),
        ..AllowanceCharge::default()
    }
}

fn line(net: &'static str, tax: &'static str, gross: &'static str) -> Line<'static> {
    Line {
        id: text("1"),
        quantity: number("1.000000"),
        unit: text("PCE"),
        net: amount(net),
        tax_totals: vec![TaxTotal { tax: amount(tax), rounding: amount(gross), subtotals: Vec::new() }],
        name: text("Kettle"),
        categories: vec![category("S", "15.00")],
        price: Some(Price { amount: amount(net), ..Price::default() }),
        ..Line::default()
    }
}

/// A line that settles an advance of 100 riyals without VAT.
fn advance() -> Line<'static> {
    let mut line = line("0.00", "0.00", "0.00");
    line.references = vec![PrepaymentReference {
        number: text("P-1"),
        date: text("2025-12-01"),
        time: text("10:00:00"),
        type_code: text("386"),
        ..PrepaymentReference::default()
    }];
    line.tax_totals[0].subtotals = vec![subtotal("100.00", "15.00", category("S", "15.00"))];
    line
}

fn reference(id: &'static str) -> Reference<'static> {
    Reference {
        id: text(id),
        attached: true,
        object: text("QUFB"),
        mime_code: text("text/plain"),
        uuid: None,
    }
}

/// A standard invoice with everything that rules ask about.
pub fn invoice() -> Facts<'static> {
    let mut first = line("100.00", "15.00", "115.00");
    first.price = Some(Price { amount: amount("101.00"), ..Price::default() });
    first.allowance_charges = vec![reduction("false", "2.00"), reduction("true", "1.00")];
    let document = |indicator, money| AllowanceCharge {
        categories: vec![category("S", "15.00")],
        ..reduction(indicator, money)
    };
    let groups = vec![
        subtotal("200.00", "30.00", category("S", "15.00")),
        subtotal("0.00", "0.00", untaxed("Z", "VATEX-SA-35")),
    ];
    Facts {
        profile: text("reporting:1.0"),
        number: text("T-1"),
        uuid: text("8e6000cf-1a98-4174-b3e7-b5d5954bc10d"),
        issue_date: text("2026-01-02"),
        issue_time: text("12:00:00"),
        type_code: text("388"),
        type_name: text("0100000"),
        currency: text("SAR"),
        tax_currency: text("SAR"),
        order_reference: text("O-1"),
        contract_references: vec![text("C-1")],
        references: vec![
            Reference { id: text("ICV"), uuid: text("1"), ..Reference::default() },
            reference("PIH"),
            reference("QR"),
        ],
        signatures: vec![Signature {
            id: text("urn:oasis:names:specification:ubl:signature:Invoice"),
            method: text("urn:oasis:names:specification:ubl:dsig:enveloped:xades"),
        }],
        signature_information: vec![SignatureInformation {
            id: text("urn:oasis:names:specification:ubl:signature:1"),
            referenced: text("urn:oasis:names:specification:ubl:signature:Invoice"),
        }],
        seller: Some(party("1010010000", "CRN", "300000000000003", "Seller")),
        buyer: Some(party("2020020000", "CRN", "310000000000003", "Buyer")),
        deliveries: vec![Delivery { actual: text("2026-01-01"), latest: text("2026-01-02") }],
        payment_means: vec![PaymentMeans { code: text("10"), ..PaymentMeans::default() }],
        allowance_charges: vec![document("false", "10.00"), document("true", "10.00")],
        tax_totals: vec![
            TaxTotal { tax: amount("30.00"), ..TaxTotal::default() },
            TaxTotal { tax: amount("30.00"), rounding: None, subtotals: groups },
        ],
        totals: Some(MonetaryTotal {
            line_net: amount("200.00"),
            tax_exclusive: amount("200.00"),
            tax_inclusive: amount("230.00"),
            allowances: amount("10.00"),
            charges: amount("10.00"),
            prepaid: amount("115.00"),
            rounding: amount("0.00"),
            payable: amount("115.00"),
        }),
        lines: vec![first, line("100.00", "15.00", "115.00"), advance()],
        ..Facts::default()
    }
}

/// The same in dollars.
pub fn foreign() -> Facts<'static> {
    let mut facts = invoice();
    facts.currency = text("USD");
    facts.exchange_rate = Some(ExchangeRate { source: text("USD"), target: text("SAR"), rate: text("3.75") });
    facts.tax_totals[0].tax = amount("112.50");
    let totals = facts.totals.as_mut().unwrap();
    for amount in [
        &mut totals.line_net,
        &mut totals.tax_exclusive,
        &mut totals.tax_inclusive,
        &mut totals.allowances,
        &mut totals.charges,
        &mut totals.prepaid,
        &mut totals.rounding,
        &mut totals.payable,
    ] {
        dollars(amount);
    }
    for subtotal in &mut facts.tax_totals[1].subtotals {
        dollars(&mut subtotal.taxable);
        dollars(&mut subtotal.tax);
    }
    for line in &mut facts.lines {
        dollars(&mut line.net);
        dollars(&mut line.price.as_mut().unwrap().amount);
        line.allowance_charges.iter_mut().for_each(|entry| dollars(&mut entry.amount));
        for total in &mut line.tax_totals {
            dollars(&mut total.tax);
            dollars(&mut total.rounding);
            for subtotal in &mut total.subtotals {
                dollars(&mut subtotal.taxable);
                dollars(&mut subtotal.tax);
            }
        }
    }
    facts.allowance_charges.iter_mut().for_each(|entry| dollars(&mut entry.amount));
    facts
}

fn dollars(amount: &mut Option<Amount<'static>>) {
    amount.as_mut().unwrap().currency = text("USD");
}

/// A standard credit note.
pub fn credit() -> Facts<'static> {
    let mut facts = invoice();
    facts.type_code = text("381");
    facts.payment_means[0].reasons = vec!["returned".into()];
    facts.billing_references = vec![BillingReference { number: text("T-0"), date: text("2025-12-31") }];
    facts
}

/// A simplified invoice to a Saudi buyer.
pub fn simplified() -> Facts<'static> {
    Facts { type_name: text("0200000"), ..invoice() }
}

/// The same without VAT on anything but the advance, for a citizen.
pub fn taught() -> Facts<'static> {
    let mut facts = simplified();
    facts.tax_totals[1].subtotals = vec![subtotal("200.00", "0.00", untaxed("Z", "VATEX-SA-EDU"))];
    facts.buyer.as_mut().unwrap().ids = vec![PartyId { value: "1010010000".into(), scheme: text("NAT") }];
    facts
}
