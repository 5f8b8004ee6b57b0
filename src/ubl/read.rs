//! Reads back what a document says: everything that a receipt shows and that
//! a note on it needs. Works on any UBL invoice, ours or returned by the authority.

use thiserror::Error;
use uuid::Uuid;

use super::fields::{
    allowance_charges, amount, amount_or_zero, category, children, number, optional, parsed, rate, required,
};
use super::tree::{Element, Tree, TreeError};
use crate::chain::{Icv, Link, PreviousHash};
use crate::invoice::{BillingReference, Category, IssueMoment, Kind};
use crate::money::{Decimal, Halalas, Rate};

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Not XML as it is read here.
    #[error(transparent)]
    Xml(#[from] TreeError),
    /// A field that every document has is not there.
    #[error("the document lacks {0}")]
    Missing(&'static str),
    /// A field holds something that cannot be meant.
    #[error("{path} says \"{found}\", which is not {expected}")]
    Value { path: &'static str, found: String, expected: &'static str },
}

/// A party as stated; absent parts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadParty {
    /// BT-27 or BT-44.
    pub name: String,
    /// VAT number, BT-31 or BT-48.
    pub vat: String,
    /// Scheme of the other identifier.
    pub id_scheme: String,
    /// The other identifier, BT-29 or BT-46.
    pub id: String,
    /// BT-35 or BT-50.
    pub street: String,
    /// KSA-17 or KSA-18.
    pub building: String,
    /// BT-36 or BT-51.
    pub additional_street: String,
    /// KSA-23 or KSA-19.
    pub additional_number: String,
    /// KSA-3 or KSA-4.
    pub district: String,
    /// BT-37 or BT-52.
    pub city: String,
    /// BT-38 or BT-53.
    pub postal_code: String,
    /// BT-39 or BT-54.
    pub province: String,
    /// BT-40 or BT-55.
    pub country: String,
}

/// One line as stated (BG-25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadLine {
    /// BT-153, both languages.
    pub name: String,
    /// BT-129.
    pub quantity: Decimal,
    /// BT-130.
    pub unit: String,
    /// BT-146, without VAT.
    pub price: Decimal,
    /// BT-136, without VAT; zero if there is none.
    pub allowance: Halalas,
    /// BT-141, without VAT; zero if there is none.
    pub charge: Halalas,
    /// BT-144, what the charge is for.
    pub charge_reason: Option<String>,
    /// BT-131.
    pub net: Halalas,
    /// KSA-11.
    pub vat_amount: Halalas,
    /// KSA-12.
    pub gross: Halalas,
    /// BT-151.
    pub category: Category,
    /// BT-152.
    pub rate: Rate,
}

/// One VAT subtotal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadGroup {
    /// BT-118.
    pub category: Category,
    /// BT-119.
    pub rate: Rate,
    /// BT-116.
    pub taxable: Halalas,
    /// BT-117.
    pub tax: Halalas,
    /// BT-121, unless the category is standard.
    pub exemption_code: Option<String>,
    /// BT-120, unless the category is standard.
    pub exemption_text: Option<String>,
}

/// A document-level charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadCharge {
    /// BT-99, without VAT.
    pub amount: Halalas,
    /// BT-104.
    pub reason: Option<String>,
    /// BT-103.
    pub rate: Rate,
}

/// An advance that the document uses up (KSA-26 to KSA-34).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPrepayment {
    /// Numbers of the documents that invoiced it.
    pub numbers: Vec<String>,
    /// KSA-33.
    pub category: Category,
    /// KSA-34.
    pub rate: Rate,
    /// KSA-31, without VAT.
    pub taxable: Halalas,
    /// KSA-32.
    pub tax: Halalas,
}

/// What a document says. Amounts are hundredths of its currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Type code and flags (BT-3, KSA-2).
    pub kind: Kind,
    /// BT-1.
    pub number: String,
    /// KSA-1.
    pub uuid: Uuid,
    /// BT-2 and KSA-25, in Riyadh time.
    pub issued: IssueMoment,
    /// Counter and previous hash (KSA-16, KSA-13).
    pub link: Link,
    /// The taxpayer.
    pub seller: ReadParty,
    /// The customer; empty if not named.
    pub buyer: ReadParty,
    /// BT-22.
    pub note: Option<String>,
    /// BT-5.
    pub currency: String,
    /// BT-13.
    pub order_reference: Option<String>,
    /// BT-12.
    pub contract_reference: Option<String>,
    /// BT-25 and BT-26: the documents that a note corrects.
    pub billing_references: Vec<BillingReference>,
    /// `cbc:InstructionNote` of a note.
    pub reason: Option<String>,
    /// KSA-5, `YYYY-MM-DD`.
    pub supply_date: Option<String>,
    /// KSA-24, `YYYY-MM-DD`.
    pub supply_until: Option<String>,
    /// BG-25, in the document's order, without the lines of advances.
    pub lines: Vec<ReadLine>,
    /// Advances that were used up.
    pub prepayments: Vec<ReadPrepayment>,
    /// BG-21.
    pub charges: Vec<ReadCharge>,
    /// BG-23.
    pub groups: Vec<ReadGroup>,
    /// BT-106.
    pub line_net: Halalas,
    /// BT-107.
    pub allowances: Halalas,
    /// BT-109.
    pub tax_exclusive: Halalas,
    /// BT-110.
    pub tax: Halalas,
    /// BT-111, in halalas of riyals.
    pub tax_in_riyals: Halalas,
    /// BT-112.
    pub tax_inclusive: Halalas,
    /// BT-113.
    pub prepaid: Halalas,
    /// BT-114.
    pub rounding: Halalas,
    /// BT-115.
    pub payable: Halalas,
    /// Base64 text of the QR reference, if there is one.
    pub qr: Option<String>,
}

/// Reads a document.
pub fn read(xml: &[u8]) -> Result<Reading, ReadError> {
    let tree = Tree::parse(xml)?;
    let root = tree.root();
    let (kind, issued) = identity(root)?;
    let sums = root.child("cac:LegalMonetaryTotal").ok_or(ReadError::Missing("cac:LegalMonetaryTotal"))?;
    let taxes = with_subtotals(root).ok_or(ReadError::Missing("cac:TaxTotal with subtotals"))?;
    Ok(Reading {
        kind,
        number: required(root, "cbc:ID")?,
        uuid: parsed(root, "cbc:UUID", "a UUID", |text| Uuid::parse_str(text).ok())?,
        issued,
        link: link(root)?,
        seller: party(root, "cac:AccountingSupplierParty/cac:Party"),
        buyer: party(root, "cac:AccountingCustomerParty/cac:Party"),
        note: optional(root, "cbc:Note"),
        currency: required(root, "cbc:DocumentCurrencyCode")?,
        order_reference: optional(root, "cac:OrderReference/cbc:ID"),
        contract_reference: optional(root, "cac:ContractDocumentReference/cbc:ID"),
        billing_references: billing_references(root),
        reason: optional(root, "cac:PaymentMeans/cbc:InstructionNote"),
        supply_date: optional(root, "cac:Delivery/cbc:ActualDeliveryDate"),
        supply_until: optional(root, "cac:Delivery/cbc:LatestDeliveryDate"),
        lines: lines(root, false).map(line).collect::<Result<_, _>>()?,
        prepayments: lines(root, true).map(prepayment).collect::<Result<_, _>>()?,
        charges: allowance_charges(root, "true").map(charge).collect::<Result<_, _>>()?,
        groups: children(taxes, "cac:TaxSubtotal").map(group).collect::<Result<_, _>>()?,
        line_net: amount(sums, "cbc:LineExtensionAmount")?,
        allowances: amount_or_zero(sums, "cbc:AllowanceTotalAmount")?,
        tax_exclusive: amount(sums, "cbc:TaxExclusiveAmount")?,
        tax: amount(taxes, "cbc:TaxAmount")?,
        tax_in_riyals: amount(without_subtotals(root).unwrap_or(taxes), "cbc:TaxAmount")?,
        tax_inclusive: amount(sums, "cbc:TaxInclusiveAmount")?,
        prepaid: amount_or_zero(sums, "cbc:PrepaidAmount")?,
        rounding: amount_or_zero(sums, "cbc:PayableRoundingAmount")?,
        payable: amount(sums, "cbc:PayableAmount")?,
        qr: reference(root, "QR")
            .and_then(|e| optional(e, "cac:Attachment/cbc:EmbeddedDocumentBinaryObject")),
    })
}

/// Kind and moment of issue.
pub(super) fn identity(root: Element<'_, '_>) -> Result<(Kind, IssueMoment), ReadError> {
    let code = required(root, "cbc:InvoiceTypeCode")?;
    let name = root.child("cbc:InvoiceTypeCode").and_then(|e| e.attribute("name")).unwrap_or_default();
    let kind = Kind::parse(&code, &name).ok_or_else(|| ReadError::Value {
        path: "cbc:InvoiceTypeCode",
        found: format!("{code} {name}"),
        expected: "a ZATCA document type such as 388 with 0200000",
    })?;
    let date = required(root, "cbc:IssueDate")?;
    let time = required(root, "cbc:IssueTime")?;
    let issued = IssueMoment::parse(&date, time.trim_end_matches('Z')).ok_or_else(|| ReadError::Value {
        path: "cbc:IssueDate",
        found: format!("{date} {time}"),
        expected: "a date and time",
    })?;
    Ok((kind, issued))
}

/// The additional document reference with that id (`ICV`, `PIH`, `QR`).
pub fn reference<'t, 'a>(root: Element<'t, 'a>, id: &str) -> Option<Element<'t, 'a>> {
    children(root, "cac:AdditionalDocumentReference")
        .find(|child| child.child("cbc:ID").is_some_and(|e| e.text().trim() == id))
}

/// The document's `TaxTotal` that has subtotals (BT-110).
pub fn with_subtotals<'t, 'a>(root: Element<'t, 'a>) -> Option<Element<'t, 'a>> {
    children(root, "cac:TaxTotal").find(|total| total.child("cac:TaxSubtotal").is_some())
}

/// The document's `TaxTotal` in riyals, which has no subtotals (BT-111).
pub(super) fn without_subtotals<'t, 'a>(root: Element<'t, 'a>) -> Option<Element<'t, 'a>> {
    children(root, "cac:TaxTotal").find(|total| total.child("cac:TaxSubtotal").is_none())
}

/// The lines of advances, or all others.
pub(super) fn lines<'t, 'a>(
    root: Element<'t, 'a>,
    of_advances: bool,
) -> impl Iterator<Item = Element<'t, 'a>> + use<'t, 'a> {
    children(root, "cac:InvoiceLine")
        .filter(move |line| line.child("cac:DocumentReference").is_some() == of_advances)
}

pub(super) fn billing_references(root: Element<'_, '_>) -> Vec<BillingReference> {
    children(root, "cac:BillingReference")
        .filter_map(|child| child.child("cac:InvoiceDocumentReference"))
        .filter_map(|child| {
            let number = optional(child, "cbc:ID")?;
            Some(BillingReference { number, date: optional(child, "cbc:IssueDate") })
        })
        .collect()
}

/// ICV and PIH as the document states them.
pub fn link(root: Element<'_, '_>) -> Result<Link, ReadError> {
    let icv = reference(root, "ICV").ok_or(ReadError::Missing("the ICV reference (BR-KSA-33)"))?;
    let pih = reference(root, "PIH").ok_or(ReadError::Missing("the PIH reference (BR-KSA-61)"))?;
    let digits = |text: &str| {
        let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        if plain { text.parse().ok().and_then(Icv::new) } else { None }
    };
    Ok(Link {
        icv: parsed(icv, "cbc:UUID", "a counter: digits only, from 1 (BR-KSA-34)", digits)?,
        previous: parsed(
            pih,
            "cac:Attachment/cbc:EmbeddedDocumentBinaryObject",
            "the base64 hash of the document before",
            PreviousHash::parse,
        )?,
    })
}

fn party(root: Element<'_, '_>, path: &str) -> ReadParty {
    let Some(party) = root.find(path) else { return ReadParty::default() };
    let text = |path: &str| party.text_of(path).map(|text| text.into_owned()).unwrap_or_default();
    ReadParty {
        name: text("cac:PartyLegalEntity/cbc:RegistrationName"),
        vat: text("cac:PartyTaxScheme/cbc:CompanyID"),
        id_scheme: party
            .find("cac:PartyIdentification/cbc:ID")
            .and_then(|e| e.attribute("schemeID"))
            .map(|scheme| scheme.into_owned())
            .unwrap_or_default(),
        id: text("cac:PartyIdentification/cbc:ID"),
        street: text("cac:PostalAddress/cbc:StreetName"),
        building: text("cac:PostalAddress/cbc:BuildingNumber"),
        additional_street: text("cac:PostalAddress/cbc:AdditionalStreetName"),
        additional_number: text("cac:PostalAddress/cbc:PlotIdentification"),
        district: text("cac:PostalAddress/cbc:CitySubdivisionName"),
        city: text("cac:PostalAddress/cbc:CityName"),
        postal_code: text("cac:PostalAddress/cbc:PostalZone"),
        province: text("cac:PostalAddress/cbc:CountrySubentity"),
        country: text("cac:PostalAddress/cac:Country/cbc:IdentificationCode"),
    }
}

fn line(line: Element<'_, '_>) -> Result<ReadLine, ReadError> {
    let sum = |indicator| -> Result<Halalas, ReadError> {
        allowance_charges(line, indicator).map(|e| amount(e, "cbc:Amount")).sum()
    };
    Ok(ReadLine {
        name: required(line, "cac:Item/cbc:Name")?,
        quantity: number(line, "cbc:InvoicedQuantity")?,
        unit: line
            .child("cbc:InvoicedQuantity")
            .and_then(|e| e.attribute("unitCode"))
            .map(|unit| unit.into_owned())
            .unwrap_or_default(),
        price: number(line, "cac:Price/cbc:PriceAmount")?,
        allowance: sum("false")?,
        charge: sum("true")?,
        charge_reason: allowance_charges(line, "true")
            .find_map(|charge| optional(charge, "cbc:AllowanceChargeReason")),
        net: amount(line, "cbc:LineExtensionAmount")?,
        vat_amount: amount(line, "cac:TaxTotal/cbc:TaxAmount")?,
        gross: amount(line, "cac:TaxTotal/cbc:RoundingAmount")?,
        category: category(line, "cac:Item/cac:ClassifiedTaxCategory/cbc:ID")?,
        rate: rate(line, "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent")?,
    })
}

fn prepayment(line: Element<'_, '_>) -> Result<ReadPrepayment, ReadError> {
    let missing = ReadError::Missing("cac:TaxSubtotal of a prepayment (BR-KSA-75)");
    let subtotal = line.find("cac:TaxTotal/cac:TaxSubtotal").ok_or(missing)?;
    Ok(ReadPrepayment {
        numbers: children(line, "cac:DocumentReference").filter_map(|e| optional(e, "cbc:ID")).collect(),
        category: category(subtotal, "cac:TaxCategory/cbc:ID")?,
        rate: rate(subtotal, "cac:TaxCategory/cbc:Percent")?,
        taxable: amount(subtotal, "cbc:TaxableAmount")?,
        tax: amount(subtotal, "cbc:TaxAmount")?,
    })
}

fn charge(element: Element<'_, '_>) -> Result<ReadCharge, ReadError> {
    Ok(ReadCharge {
        amount: amount(element, "cbc:Amount")?,
        reason: optional(element, "cbc:AllowanceChargeReason"),
        rate: rate(element, "cac:TaxCategory/cbc:Percent")?,
    })
}

fn group(subtotal: Element<'_, '_>) -> Result<ReadGroup, ReadError> {
    let treatment = subtotal.child("cac:TaxCategory").ok_or(ReadError::Missing("cac:TaxCategory"))?;
    Ok(ReadGroup {
        category: category(treatment, "cbc:ID")?,
        rate: rate(treatment, "cbc:Percent")?,
        taxable: amount(subtotal, "cbc:TaxableAmount")?,
        tax: amount(subtotal, "cbc:TaxAmount")?,
        exemption_code: optional(treatment, "cbc:TaxExemptionReasonCode"),
        exemption_text: optional(treatment, "cbc:TaxExemptionReason"),
    })
}
