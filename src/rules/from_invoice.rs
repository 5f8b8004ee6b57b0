//! Our own document as a rule sees it, without the way through its XML. What
//! stands here is what `ubl` writes; a test holds the two together.

use std::borrow::Cow;

use super::facts::{
    Address, AllowanceCharge, Amount, BillingReference, Delivery, ExchangeRate, Facts, Line, MonetaryTotal,
    Number, Party, PartyId, PaymentMeans, PrepaymentReference, Price, Reference, Signature,
    SignatureInformation, Subtotal, TaxCategory, TaxScheme, TaxTotal, Text,
};
use crate::chain::Link;
use crate::invoice::{self, Header, Invoice, PricedLine, PricedPrepayment, Totals, Vat};
use crate::money::{Decimal, Halalas};

/// The facts of a document of this till at its place in the chain, with the
/// text of its QR code.
pub fn from_invoice<'a>(invoice: &'a Invoice, link: &Link, qr: &'a str) -> Facts<'a> {
    let Invoice { header, priced } = invoice;
    let terms = &header.terms;
    let money = Money { currency: terms.currency_code() };
    let issued = header.issued;
    Facts {
        profile: said("reporting:1.0"),
        number: said(header.number.as_str()),
        uuid: Some(header.uuid.hyphenated().to_string().into()),
        issue_date: Some(issued.date().into()),
        issue_time: Some(issued.time().into()),
        type_code: said(header.kind.document.code()),
        type_name: Some(header.kind.name().into()),
        notes: texts(terms.note.as_deref()),
        currency: said(money.currency),
        tax_currency: said("SAR"),
        order_reference: terms.order_reference.as_deref().map(Cow::from),
        contract_references: terms.contract_reference.iter().map(|text| said(text)).collect(),
        billing_references: terms
            .billing_references
            .iter()
            .map(|one| BillingReference {
                number: said(&one.number),
                date: one.date.as_deref().map(Cow::from),
            })
            .collect(),
        references: references(link, qr),
        signatures: vec![Signature {
            id: said("urn:oasis:names:specification:ubl:signature:Invoice"),
            method: said("urn:oasis:names:specification:ubl:dsig:enveloped:xades"),
        }],
        signature_information: vec![SignatureInformation {
            id: said("urn:oasis:names:specification:ubl:signature:1"),
            referenced: said("urn:oasis:names:specification:ubl:signature:Invoice"),
        }],
        seller: Some(seller(header)),
        buyer: Some(buyer(terms.buyer.as_ref())),
        deliveries: terms
            .supply
            .iter()
            .map(|supply| Delivery {
                actual: said(&supply.from),
                latest: supply.until.as_deref().map(Cow::from),
            })
            .collect(),
        payment_means: priced
            .payment_means
            .iter()
            .map(|means| PaymentMeans {
                code: said(means.kind.code()),
                reasons: texts(terms.reason.as_deref()),
                ..PaymentMeans::default()
            })
            .collect(),
        allowance_charges: document_allowances(priced, money),
        exchange_rate: terms.currency.as_ref().map(|foreign| ExchangeRate {
            source: said(foreign.code),
            target: said("SAR"),
            rate: Some(foreign.rate.to_string().into()),
        }),
        tax_totals: tax_totals(invoice, money),
        totals: Some(totals(priced, money)),
        lines: lines(priced, money),
        ..Facts::default()
    }
}

/// Writes amounts of one currency.
#[derive(Clone, Copy)]
struct Money {
    currency: &'static str,
}

impl Money {
    fn amount<'a>(self, halalas: Halalas) -> Option<Amount<'a>> {
        self.decimal(Decimal::new(halalas.get().into(), 2))
    }

    fn decimal<'a>(self, value: Decimal) -> Option<Amount<'a>> {
        Some(Amount { number: Number::Value(value), currency: said(self.currency) })
    }
}

fn said(text: &str) -> Text<'_> {
    Some(Cow::Borrowed(text))
}

fn texts(text: Option<&str>) -> Vec<Cow<'_, str>> {
    text.map(Cow::Borrowed).into_iter().collect()
}

fn references<'a>(link: &Link, qr: &'a str) -> Vec<Reference<'a>> {
    let attached = |id: &'static str, object: Text<'a>| Reference {
        id: said(id),
        uuid: None,
        attached: true,
        object,
        mime_code: said("text/plain"),
    };
    let counter =
        Reference { id: said("ICV"), uuid: Some(link.icv.to_string().into()), ..Reference::default() };
    vec![counter, attached("PIH", Some(link.previous.text().to_string().into())), attached("QR", said(qr))]
}

fn seller(header: &Header) -> Party<'_> {
    let seller = &header.seller;
    Party {
        written: true,
        ids: vec![party_id(&seller.id)],
        address: Some(address(&seller.address)),
        tax_schemes: vec![tax_scheme(seller.vat.as_str())],
        names: vec![said(&seller.name)],
        contact: None,
    }
}

fn buyer(buyer: Option<&invoice::Buyer>) -> Party<'_> {
    let Some(buyer) = buyer.filter(|buyer| **buyer != invoice::Buyer::default()) else {
        return Party::default();
    };
    Party {
        written: true,
        ids: buyer.id.iter().map(party_id).collect(),
        address: buyer.address.as_ref().map(address),
        tax_schemes: buyer.vat.iter().map(|vat| tax_scheme(vat.as_str())).collect(),
        names: buyer.name.iter().map(|name| said(name)).collect(),
        contact: None,
    }
}

fn party_id(id: &invoice::PartyId) -> PartyId<'_> {
    PartyId { value: Cow::Borrowed(&id.value), scheme: said(id.scheme) }
}

fn tax_scheme(vat_number: &str) -> TaxScheme<'_> {
    TaxScheme { vat_number: said(vat_number), scheme: said("VAT") }
}

fn address(place: &invoice::Address) -> Address<'_> {
    // The writer leaves out what an address does not have.
    let present = |text| Some(Cow::Borrowed(text)).filter(|text: &Cow<'_, str>| !text.is_empty());
    Address {
        street: present(&place.street),
        additional_street: place.additional_street.as_deref().map(Cow::from),
        building: present(&place.building),
        plot: place.additional_number.as_deref().map(Cow::from),
        district: present(&place.district),
        city: present(&place.city),
        postal_code: present(&place.postal_code),
        province: place.province.as_deref().map(Cow::from),
        country: present(&place.country),
    }
}

/// UNTDID 5189: discount.
const DISCOUNT_CODE: &str = "95";

fn document_allowances<'a>(priced: &'a invoice::Priced, money: Money) -> Vec<AllowanceCharge<'a>> {
    let allowances = priced.allowances.iter().map(|one| AllowanceCharge {
        indicator: said("false"),
        code: said(DISCOUNT_CODE),
        reasons: texts(Some(one.reason.as_deref().unwrap_or("Discount"))),
        amount: money.amount(one.amount),
        categories: vec![category(&one.vat)],
        ..AllowanceCharge::default()
    });
    let charges = priced.charges.iter().map(|one| AllowanceCharge {
        indicator: said("true"),
        code: said(one.code),
        reasons: texts(Some(&one.reason)),
        amount: money.amount(one.amount),
        categories: vec![category(&one.vat)],
        ..AllowanceCharge::default()
    });
    allowances.chain(charges).collect()
}

/// As lines, allowances and charges state it: without the exemption.
fn category(vat: &Vat) -> TaxCategory<'_> {
    TaxCategory {
        id: said(vat.category.code()),
        percent: Some(percent(vat)),
        scheme: said("VAT"),
        ..TaxCategory::default()
    }
}

/// As VAT groups state it.
fn category_with_reason(vat: &Vat) -> TaxCategory<'_> {
    TaxCategory {
        exemption_code: vat.exemption.as_ref().and_then(|exemption| said(exemption.code)),
        exemption_reasons: texts(vat.exemption.as_ref().map(|exemption| exemption.text.as_str())),
        ..category(vat)
    }
}

fn percent<'a>(vat: &Vat) -> Number<'a> {
    Number::Value(Decimal::new(vat.rate.basis_points().into(), 2))
}

fn tax_totals(invoice: &Invoice, money: Money) -> Vec<TaxTotal<'_>> {
    let Invoice { header, priced } = invoice;
    let riyals = Money { currency: "SAR" };
    let accounting =
        TaxTotal { tax: riyals.amount(header.terms.tax_in_riyals(priced.totals.tax)), ..TaxTotal::default() };
    let subtotals = priced.groups.iter().map(|group| Subtotal {
        taxable: money.amount(group.taxable),
        tax: money.amount(group.tax),
        category: Some(category_with_reason(&group.vat)),
    });
    let document =
        TaxTotal { tax: money.amount(priced.totals.tax), rounding: None, subtotals: subtotals.collect() };
    vec![accounting, document]
}

fn totals<'a>(priced: &invoice::Priced, money: Money) -> MonetaryTotal<'a> {
    let Totals {
        line_net,
        allowances,
        charges,
        tax_exclusive,
        tax: _,
        tax_inclusive,
        prepaid,
        rounding,
        payable,
    } = priced.totals;
    MonetaryTotal {
        line_net: money.amount(line_net),
        tax_exclusive: money.amount(tax_exclusive),
        tax_inclusive: money.amount(tax_inclusive),
        allowances: money.amount(allowances).filter(|_| !priced.allowances.is_empty()),
        charges: money.amount(charges).filter(|_| !priced.charges.is_empty()),
        prepaid: money.amount(prepaid),
        rounding: money.amount(rounding).filter(|_| !rounding.is_zero()),
        payable: money.amount(payable),
    }
}

fn lines<'a>(priced: &'a invoice::Priced, money: Money) -> Vec<Line<'a>> {
    let goods = (1..).zip(&priced.lines).map(|(number, one)| line(number, one, money));
    let advances = (priced.lines.len() + 1..)
        .zip(&priced.prepayments)
        .map(|(number, one)| prepayment_line(number, one, money));
    goods.chain(advances).collect()
}

fn line<'a>(number: usize, line: &'a PricedLine, money: Money) -> Line<'a> {
    let allowance = line.allowance.iter().map(|one| AllowanceCharge {
        indicator: said("false"),
        code: said(DISCOUNT_CODE),
        reasons: texts(Some(one.reason.as_deref().unwrap_or("Discount"))),
        amount: money.amount(one.amount),
        ..AllowanceCharge::default()
    });
    let charge = line.charge.iter().map(|one| AllowanceCharge {
        indicator: said("true"),
        code: said(one.code),
        reasons: texts(Some(&one.reason)),
        amount: money.amount(one.amount),
        ..AllowanceCharge::default()
    });
    Line {
        id: Some(number.to_string().into()),
        quantity: Some(Number::Value(Decimal::new(i128::from(line.quantity.thousandths()) * 1000, 6))),
        unit: said(&line.unit),
        net: money.amount(line.net),
        allowance_charges: allowance.chain(charge).collect(),
        tax_totals: vec![TaxTotal {
            tax: money.amount(line.vat_amount),
            rounding: money.amount(line.gross),
            subtotals: Vec::new(),
        }],
        name: said(&line.name),
        sellers_id: line.article.as_deref().map(Cow::from),
        standard_id: line.barcode.as_deref().map(Cow::from),
        categories: vec![category(&line.vat)],
        price: Some(Price { amount: money.decimal(line.price), ..Price::default() }),
        ..Line::default()
    }
}

fn prepayment_line<'a>(number: usize, advance: &'a PricedPrepayment, money: Money) -> Line<'a> {
    let zero = Halalas::ZERO;
    Line {
        id: Some(number.to_string().into()),
        quantity: Some(Number::Value(Decimal::new(0, 2))),
        unit: said("PCE"),
        net: money.amount(zero),
        references: advance
            .references
            .iter()
            .map(|reference| PrepaymentReference {
                number: said(&reference.number),
                uuid: reference.uuid.map(|uuid| uuid.hyphenated().to_string().into()),
                date: said(&reference.date),
                time: said(&reference.time),
                type_code: said("386"),
            })
            .collect(),
        tax_totals: vec![TaxTotal {
            tax: money.amount(zero),
            rounding: money.amount(zero),
            subtotals: vec![Subtotal {
                taxable: money.amount(advance.taxable),
                tax: money.amount(advance.tax),
                category: Some(category_with_reason(&advance.vat)),
            }],
        }],
        name: said(PricedPrepayment::LINE_NAME),
        categories: vec![category(&advance.vat)],
        price: Some(Price { amount: money.amount(zero), ..Price::default() }),
        ..Line::default()
    }
}
