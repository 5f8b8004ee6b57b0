//! For each rule a fault that breaks it.

use super::fixture::{
    amount, category, credit, foreign, invoice, number, reduction, simplified, subtotal, taught, untaxed,
};
use crate::rules::{
    Address, AllowanceCharge, Contact, Facts, Line, MonetaryTotal, Party, PartyId, PrepaymentReference,
    Price, Subtotal, TaxCategory, Text,
};

type Base = fn() -> Facts<'static>;
type Spoil = fn(&mut Facts<'static>);

/// Rule, document, fault, and what else must fire.
pub type Case = (&'static str, Base, Spoil, &'static [&'static str]);

fn text(text: &'static str) -> Text<'static> {
    Some(text.into())
}

fn long(length: usize) -> Text<'static> {
    Some("ب".repeat(length).into())
}

fn seller<'f>(facts: &'f mut Facts<'static>) -> &'f mut Party<'static> {
    facts.seller.as_mut().unwrap()
}

fn buyer<'f>(facts: &'f mut Facts<'static>) -> &'f mut Party<'static> {
    facts.buyer.as_mut().unwrap()
}

fn home<'f>(facts: &'f mut Facts<'static>) -> &'f mut Address<'static> {
    seller(facts).address.as_mut().unwrap()
}

fn abroad<'f>(facts: &'f mut Facts<'static>) -> &'f mut Address<'static> {
    buyer(facts).address.as_mut().unwrap()
}

fn totals<'f>(facts: &'f mut Facts<'static>) -> &'f mut MonetaryTotal<'static> {
    facts.totals.as_mut().unwrap()
}

fn line<'f>(facts: &'f mut Facts<'static>) -> &'f mut Line<'static> {
    &mut facts.lines[0]
}

fn price<'f>(facts: &'f mut Facts<'static>) -> &'f mut Price<'static> {
    line(facts).price.as_mut().unwrap()
}

fn advance<'f>(facts: &'f mut Facts<'static>) -> &'f mut PrepaymentReference<'static> {
    &mut facts.lines[2].references[0]
}

/// The VAT of the advance.
fn advanced<'f>(facts: &'f mut Facts<'static>) -> &'f mut Subtotal<'static> {
    &mut facts.lines[2].tax_totals[0].subtotals[0]
}

/// An advance on which no VAT was charged.
fn untaxed_advance<'f>(
    facts: &'f mut Facts<'static>,
    category: TaxCategory<'static>,
) -> &'f mut TaxCategory<'static> {
    *advanced(facts) = subtotal("115.00", "0.00", category);
    advanced(facts).category.as_mut().unwrap()
}

/// The group without VAT.
fn group<'f>(facts: &'f mut Facts<'static>) -> &'f mut TaxCategory<'static> {
    facts.tax_totals[1].subtotals[1].category.as_mut().unwrap()
}

fn other_id(facts: &mut Facts<'static>, value: &'static str, scheme: &'static str) {
    buyer(facts).ids = vec![PartyId { value: value.into(), scheme: text(scheme) }];
}

fn contact(facts: &mut Facts<'static>, contact: Contact<'static>) {
    buyer(facts).contact = Some(contact);
}

fn rate<'f>(facts: &'f mut Facts<'static>) -> &'f mut crate::rules::ExchangeRate<'static> {
    facts.exchange_rate.as_mut().unwrap()
}

fn out_of_scope(entry: &mut AllowanceCharge<'static>) {
    entry.categories = vec![category("O", "15.00")];
}

pub const CASES: &[Case] = &[
    ("BR-CL-KSA-14", invoice, |f| f.references[2].object = long(1001), &[]),
    (
        "BR-CUSTOM-VALIDATION-01",
        invoice,
        |f| buyer(f).tax_schemes[0].vat_number = text("300000000000003"),
        &[],
    ),
    ("BR-KSA-03", invoice, |f| f.uuid = text("{8e6000cf}"), &[]),
    ("BR-KSA-04", invoice, |f| f.issue_date = text("2026-01-04"), &[]),
    ("BR-KSA-05", invoice, |f| f.type_code = text("380"), &[]),
    ("BR-KSA-06", invoice, |f| f.type_name = text("0100002"), &[]),
    ("BR-KSA-07", invoice, |f| f.type_name = text("0100101"), &[]),
    ("BR-KSA-08", invoice, |f| seller(f).ids[0].scheme = text("TIN"), &[]),
    ("BR-KSA-09", invoice, |f| home(f).district = None, &[]),
    ("BR-KSA-10", invoice, |f| abroad(f).country = None, &[]),
    ("BR-KSA-11", invoice, |f| line(f).categories = vec![category("O", "15.00")], &[]),
    ("BR-KSA-11", invoice, |f| line(f).categories = vec![category("O", "-0.00")], &[]),
    ("BR-KSA-12", invoice, |f| out_of_scope(&mut f.allowance_charges[0]), &[]),
    ("BR-KSA-13", invoice, |f| out_of_scope(&mut f.allowance_charges[1]), &[]),
    ("BR-KSA-14", invoice, |f| buyer(f).ids[0].scheme = text("XXX"), &[]),
    ("BR-KSA-15", invoice, |f| f.deliveries.clear(), &[]),
    ("BR-KSA-16", invoice, |f| f.payment_means[0].code = text("69"), &[]),
    ("BR-KSA-17", credit, |f| f.payment_means[0].reasons.clear(), &[]),
    ("BR-KSA-17", credit, |f| f.payment_means.clear(), &[]),
    ("BR-KSA-18", invoice, |f| line(f).categories = vec![category("AE", "0.00")], &[]),
    ("BR-KSA-19", invoice, |f| f.allowance_charges[1].code = None, &[]),
    ("BR-KSA-20", invoice, |f| line(f).allowance_charges[1].code = None, &[]),
    ("BR-KSA-21", invoice, |f| f.allowance_charges[1].reasons.clear(), &[]),
    ("BR-KSA-22", invoice, |f| line(f).allowance_charges[1].reasons.clear(), &[]),
    ("BR-KSA-23", invoice, |f| *group(f) = category("E", "0.00"), &[]),
    ("BR-KSA-24", invoice, |f| *group(f) = category("O", "0.00"), &[]),
    ("BR-KSA-25", taught, |f| buyer(f).names.clear(), &[]),
    (
        "BR-KSA-26",
        invoice,
        |f| {
            f.references.push(f.references[1].clone());
            f.references[1].mime_code = text("image/png");
        },
        &[],
    ),
    ("BR-KSA-27", simplified, |f| f.references[2].mime_code = text("image/png"), &[]),
    ("BR-KSA-28", simplified, |f| f.signature_information[0].id = text("urn:x"), &[]),
    ("BR-KSA-29", simplified, |f| f.signature_information[0].referenced = text("urn:x"), &[]),
    ("BR-KSA-29", simplified, |f| f.signatures[0].id = text("urn:x"), &[]),
    ("BR-KSA-30", simplified, |f| f.signatures[0].method = text("urn:x"), &[]),
    ("BR-KSA-31", simplified, |f| f.type_name = text("0200001"), &[]),
    ("BR-KSA-33", invoice, |f| f.references[0].uuid = text(""), &[]),
    ("BR-KSA-34", invoice, |f| f.references[0].uuid = text("1a"), &[]),
    ("BR-KSA-35", credit, |f| f.deliveries[0].actual = None, &[]),
    ("BR-KSA-36", invoice, |f| f.deliveries[0].latest = text("2025-12-31"), &[]),
    ("BR-KSA-37", invoice, |f| home(f).building = text("123"), &[]),
    ("BR-KSA-39", invoice, |f| seller(f).tax_schemes[0].scheme = text("GST"), &[]),
    ("BR-KSA-40", invoice, |f| seller(f).tax_schemes[0].vat_number = text("300000000000004"), &[]),
    ("BR-KSA-42", invoice, |f| buyer(f).names.clear(), &[]),
    ("BR-KSA-44", simplified, |f| buyer(f).tax_schemes[0].vat_number = text("310000000000004"), &[]),
    ("BR-KSA-49", taught, |f| other_id(f, "ABC", "GCC"), &[]),
    ("BR-KSA-51", invoice, |f| line(f).tax_totals[0].rounding = amount("115.01"), &[]),
    ("BR-KSA-51", invoice, |f| f.lines[2].tax_totals[0].rounding = amount("-0"), &[]),
    ("BR-KSA-52", invoice, |f| line(f).tax_totals[0].tax = None, &["BR-KSA-51"]),
    ("BR-KSA-53", invoice, |f| line(f).tax_totals[0].rounding = None, &["BR-KSA-51"]),
    ("BR-KSA-56", credit, |f| f.billing_references.clear(), &[]),
    ("BR-KSA-56", credit, |f| f.billing_references[0].number = None, &[]),
    ("BR-KSA-60", simplified, |f| f.signatures.clear(), &["BR-KSA-29", "BR-KSA-30"]),
    ("BR-KSA-61", invoice, |f| drop(f.references.remove(1)), &[]),
    ("BR-KSA-63", invoice, |f| abroad(f).building = text(" "), &[]),
    ("BR-KSA-66", invoice, |f| home(f).postal_code = text("1234"), &[]),
    ("BR-KSA-67", invoice, |f| abroad(f).postal_code = text("1234"), &[]),
    ("BR-KSA-68", invoice, |f| f.tax_currency = None, &[]),
    ("BR-KSA-69", invoice, |f| *group(f) = category("Z", "0.00"), &[]),
    ("BR-KSA-70", invoice, |f| f.issue_time = text("12:00:00+03:00"), &[]),
    (
        "BR-KSA-71",
        simplified,
        |f| {
            f.type_name = text("0200010");
            buyer(f).names.clear();
        },
        &[],
    ),
    (
        "BR-KSA-72",
        simplified,
        |f| {
            f.type_name = text("0200010");
            f.deliveries[0].latest = None;
        },
        &[],
    ),
    ("BR-KSA-73", invoice, |f| advance(f).date = None, &[]),
    ("BR-KSA-74", invoice, |f| advance(f).type_code = text("388"), &["BR-KSA-80"]),
    (
        "BR-KSA-75",
        invoice,
        |f| {
            f.lines[2].tax_totals[0].subtotals.clear();
            totals(f).prepaid = amount("0.001");
        },
        &[],
    ),
    (
        "BR-KSA-76",
        invoice,
        |f| untaxed_advance(f, untaxed("Z", "VATEX-SA-35")).percent = number("5"),
        &["BR-KSA-79"],
    ),
    (
        "BR-KSA-77",
        invoice,
        |f| untaxed_advance(f, untaxed("E", "VATEX-SA-29")).percent = number("5"),
        &["BR-KSA-79"],
    ),
    (
        "BR-KSA-78",
        invoice,
        |f| untaxed_advance(f, untaxed("O", "VATEX-SA-OOS")).percent = number("5"),
        &["BR-KSA-79"],
    ),
    ("BR-KSA-79", invoice, |f| *advanced(f) = subtotal("99.98", "15.02", category("S", "15")), &[]),
    ("BR-KSA-80", invoice, |f| totals(f).prepaid = amount("115.01"), &[]),
    (
        "BR-KSA-81",
        invoice,
        |f| {
            buyer(f).tax_schemes.clear();
            buyer(f).ids.clear();
        },
        &[],
    ),
    ("BR-KSA-82", invoice, |f| f.lines[2].net = amount("-0.00"), &[]),
    ("BR-KSA-82", invoice, |f| f.lines[2].allowance_charges = vec![reduction("false", "0.01")], &[]),
    ("BR-KSA-83", invoice, |f| group(f).exemption_reasons.clear(), &[]),
    ("BR-KSA-84", invoice, |f| line(f).categories = vec![category("S", "5.5")], &[]),
    ("BR-KSA-85", invoice, |f| contact(f, Contact { telephone: text("501"), ..Contact::default() }), &[]),
    ("BR-KSA-87", foreign, |f| rate(f).rate = None, &[]),
    ("BR-KSA-88", foreign, |f| rate(f).source = text("EUR"), &[]),
    ("BR-KSA-89", foreign, |f| rate(f).target = text("EUR"), &[]),
    ("BR-KSA-90", foreign, |f| rate(f).rate = text("3.7500000000000"), &[]),
    (
        "BR-KSA-92",
        invoice,
        |f| {
            f.type_name = text("010000001");
            f.contract_references.clear();
        },
        &[],
    ),
    ("BR-KSA-93", invoice, |f| *untaxed_advance(f, category("Z", "0")) = category("Z", "0"), &[]),
    ("BR-KSA-94", invoice, |f| *untaxed_advance(f, category("E", "0")) = category("E", "0"), &[]),
    ("BR-KSA-95", invoice, |f| *untaxed_advance(f, category("O", "0")) = category("O", "0"), &[]),
    (
        "BR-KSA-96",
        invoice,
        |f| untaxed_advance(f, untaxed("Z", "VATEX-SA-35")).exemption_reasons.clear(),
        &[],
    ),
    ("BR-KSA-97", foreign, |f| f.tax_totals[0].tax = amount("30.001"), &[]),
    ("BR-KSA-98", simplified, |f| f.issue_time = text("11:59:59"), &[]),
    ("BR-KSA-99", invoice, |f| buyer(f).tax_schemes[0].vat_number = text(""), &[]),
    ("BR-KSA-CL-01", foreign, |f| f.currency = text("USD XYZ"), &[]),
    ("BR-KSA-CL-02", invoice, |f| line(f).net.as_mut().unwrap().currency = text("USD"), &[]),
    ("BR-KSA-CL-03", invoice, |f| f.references[2].mime_code = text("text/html"), &[]),
    ("BR-KSA-CL-04", invoice, |f| group(f).exemption_code = text("VATEX-SA-OOS"), &[]),
    ("BR-KSA-CL-06", invoice, |f| f.allowance_charges[1].code = text("QQQ"), &[]),
    (
        "BR-KSA-CL-07",
        invoice,
        |f| *advanced(f) = subtotal("115.00", "0.00", untaxed("Z", "VATEX-SA-ROYALDECREE")),
        &[],
    ),
    ("BR-KSA-DEC-01", invoice, |f| percent(&mut f.allowance_charges[0], "10.001"), &[]),
    ("BR-KSA-DEC-02", invoice, |f| line(f).categories = vec![category("S", "15.001")], &[]),
    ("BR-KSA-DEC-03", invoice, |f| line(f).tax_totals[0].tax = amount("15.001"), &[]),
    ("BR-KSA-DEC-04", invoice, |f| line(f).tax_totals[0].rounding = amount("115.001"), &[]),
    ("BR-KSA-DEC-06", invoice, |f| advanced(f).taxable = amount("100.001"), &[]),
    ("BR-KSA-EN16931-01", invoice, |f| f.profile = text("clearance:1.0"), &[]),
    ("BR-KSA-EN16931-02", invoice, |f| f.tax_currency = text("USD"), &[]),
    ("BR-KSA-EN16931-03", invoice, |f| percent(&mut f.allowance_charges[0], "11"), &[]),
    ("BR-KSA-EN16931-04", invoice, |f| f.allowance_charges[0].percent = number("10"), &[]),
    (
        "BR-KSA-EN16931-05",
        invoice,
        |f| f.allowance_charges[0].base = amount("100.00"),
        &["BR-KSA-EN16931-03"],
    ),
    ("BR-KSA-EN16931-06", invoice, |f| price(f).allowance_charges = vec![reduction("true", "1.00")], &[]),
    (
        "BR-KSA-EN16931-07",
        invoice,
        |f| {
            let base = AllowanceCharge { base: amount("101.00"), ..reduction("false", "1.00") };
            price(f).allowance_charges = vec![base];
        },
        &[],
    ),
    ("BR-KSA-EN16931-08", invoice, |f| f.tax_totals[1].subtotals.clear(), &["BR-KSA-EN16931-09"]),
    ("BR-KSA-EN16931-09", invoice, |f| drop(f.tax_totals.remove(0)), &[]),
    ("BR-KSA-EN16931-11", invoice, |f| price(f).amount = amount("101.02"), &[]),
    (
        "BR-KSA-EN16931-12",
        invoice,
        |f| {
            price(f).base_quantity = number("-1");
            price(f).amount = amount("101.00");
        },
        &["BR-KSA-EN16931-11"],
    ),
    ("BR-KSA-F-01", credit, |f| f.billing_references[0].date = text("2025-12-31Z"), &[]),
    ("BR-KSA-F-02", invoice, |f| f.allowance_charges[0].indicator = text("no"), &[]),
    ("BR-KSA-F-04", invoice, |f| f.allowance_charges[0].amount = amount("-0.01"), &[]),
    ("BR-KSA-F-04", invoice, |f| f.lines[2].quantity = number("-0.00"), &[]),
    ("BR-KSA-F-05", invoice, |f| advance(f).time = text("10h"), &[]),
    ("BR-KSA-F-06-C3", invoice, |f| f.order_reference = long(128), &[]),
    ("BR-KSA-F-06-C4", invoice, |f| home(f).street = long(1001), &[]),
    ("BR-KSA-F-06-C5", invoice, |f| f.contract_references = vec![long(128)], &[]),
    ("BR-KSA-F-06-C6", invoice, |f| home(f).additional_street = long(128), &[]),
    ("BR-KSA-F-06-C7", invoice, |f| home(f).city = text(""), &[]),
    ("BR-KSA-F-06-C9", simplified, |f| home(f).district = long(128), &[]),
    ("BR-KSA-F-06-C11", invoice, |f| abroad(f).additional_street = long(128), &[]),
    ("BR-KSA-F-06-C12", invoice, |f| buyer(f).names = vec![long(1001)], &[]),
    ("BR-KSA-F-06-C13", credit, |f| f.payment_means[0].reasons = vec!["".into()], &[]),
    ("BR-KSA-F-06-C14", invoice, |f| f.payment_means[0].payment_note = text(""), &[]),
    ("BR-KSA-F-06-C15", invoice, |f| f.payment_means[0].account = long(128), &[]),
    ("BR-KSA-F-06-C16", invoice, |f| group(f).exemption_reasons = vec![long(1001).unwrap()], &[]),
    ("BR-KSA-F-06-C21", invoice, |f| price(f).base_unit = long(128), &[]),
    ("BR-KSA-F-06-C22", credit, |f| f.billing_references[0].number = long(5001), &[]),
    ("BR-KSA-F-06-C23", invoice, |f| abroad(f).street = long(1001), &[]),
    ("BR-KSA-F-06-C24", simplified, |f| abroad(f).street = long(1001), &[]),
    ("BR-KSA-F-06-C25", invoice, |f| abroad(f).city = text(""), &["BR-KSA-10", "BR-KSA-63"]),
    ("BR-KSA-F-06-C26", simplified, |f| abroad(f).city = long(128), &[]),
    ("BR-KSA-F-06-C28", invoice, |f| abroad(f).district = None, &["BR-KSA-63"]),
    ("BR-KSA-F-06-C29", invoice, |f| abroad(f).district = long(128), &[]),
    ("BR-KSA-F-06-C32", simplified, |f| buyer(f).names = vec![long(1001)], &[]),
    ("BR-KSA-F-06-C33", invoice, |f| f.allowance_charges[1].reasons = vec!["".into()], &["BR-KSA-21"]),
    ("BR-KSA-F-06-C34", invoice, |f| line(f).allowance_charges[1].reasons = vec!["".into()], &["BR-KSA-22"]),
    ("BR-KSA-F-06-C35", invoice, |f| f.allowance_charges[0].reasons = vec!["".into()], &[]),
    ("BR-KSA-F-06-C36", invoice, |f| line(f).allowance_charges[0].reasons = vec!["".into()], &[]),
    ("BR-KSA-F-06-C37", invoice, |f| contact(f, Contact { name: long(1001), ..Contact::default() }), &[]),
    ("BR-KSA-F-06-C38", invoice, |f| contact(f, Contact { note: long(1001), ..Contact::default() }), &[]),
    (
        "BR-KSA-F-06-C39",
        invoice,
        |f| untaxed_advance(f, untaxed("O", "VATEX-SA-OOS")).exemption_reasons = vec![long(1001).unwrap()],
        &[],
    ),
    ("BR-KSA-F-06-C40", invoice, |f| f.type_name = text("010000"), &["BR-KSA-06"]),
    ("BR-KSA-F-07", invoice, |f| other_id(f, "2020020000", "TIN"), &[]),
    ("BR-KSA-F-08", invoice, |f| other_id(f, "20200200", "CRN"), &[]),
    ("BR-KSA-F-09", invoice, |f| seller(f).ids[0].scheme = text("700"), &[]),
    ("BR-KSA-F-10", invoice, |f| other_id(f, "2020020000", "NAT"), &[]),
    ("BR-KSA-F-11", invoice, |f| other_id(f, "1010010000", "IQA"), &[]),
    ("BR-KSA-F-12", invoice, |f| other_id(f, "2020020000", "CRN "), &[]),
    ("BR-KSA-F-13", invoice, |f| other_id(f, "1234567890", "CRN"), &[]),
    ("RULE-EVALUATION", simplified, |f| f.issue_date = text("2026-01-02Z"), &[]),
];

/// A percentage of a base of 100.
fn percent(entry: &mut AllowanceCharge<'static>, percent: &'static str) {
    entry.base = amount("100.00");
    entry.percent = number(percent);
}

/// What only edition 3.2.7 finds.
pub const FORMER: &[(&str, Base, Spoil)] = &[
    ("BR-KSA-46", invoice, |f| f.type_name = text("0100100")),
    ("BR-KSA-54", simplified, |f| {
        // The current edition asks for it on tax invoices only.
        f.lines[1].tax_totals.clear();
    }),
    ("BR-KSA-31", simplified, |f| {
        f.type_name = text("0200100");
        buyer(f).tax_schemes.clear();
    }),
    ("BR-CL-KSA-14", invoice, |f| f.references[2].object = long(701)),
    ("BR-KSA-06", invoice, |f| f.type_name = text("01000000")),
    ("BR-KSA-08", invoice, |f| {
        seller(f).ids = vec![PartyId { value: "A-1".into(), scheme: text("OTH") }];
    }),
    ("BR-KSA-14", invoice, |f| other_id(f, "A-1", "OTH")),
    ("BR-KSA-F-06-C24", simplified, |f| abroad(f).street = text("")),
    ("BR-KSA-F-06-C32", simplified, |f| buyer(f).names = vec![text("")]),
];
