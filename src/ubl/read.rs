//! Reads back what a document says: everything that a receipt shows and that
//! a note on it needs. Works on any UBL invoice, ours or returned by the authority.

use thiserror::Error;
use uuid::Uuid;

use super::tree::{Element, Tree, TreeError};
use crate::chain::{Icv, Link, PreviousHash};
use crate::invoice::{Category, IssueMoment, Kind};
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
    /// KSA-23 or KSA-19.
    pub additional_number: String,
    /// KSA-3 or KSA-4.
    pub district: String,
    /// BT-37 or BT-52.
    pub city: String,
    /// BT-38 or BT-53.
    pub postal_code: String,
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

/// What a document says.
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
    /// BT-25: the numbers of the documents that a note corrects.
    pub billing_references: Vec<String>,
    /// `cbc:InstructionNote` of a note.
    pub reason: Option<String>,
    /// KSA-5, `YYYY-MM-DD`.
    pub supply_date: Option<String>,
    /// BG-25, in the document's order.
    pub lines: Vec<ReadLine>,
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
        billing_references: root
            .children()
            .filter(|child| child.name() == "cac:BillingReference")
            .filter_map(|child| optional(child, "cac:InvoiceDocumentReference/cbc:ID"))
            .collect(),
        reason: optional(root, "cac:PaymentMeans/cbc:InstructionNote"),
        supply_date: optional(root, "cac:Delivery/cbc:ActualDeliveryDate"),
        lines: children(root, "cac:InvoiceLine").map(line).collect::<Result<_, _>>()?,
        groups: children(taxes, "cac:TaxSubtotal").map(group).collect::<Result<_, _>>()?,
        line_net: amount(sums, "cbc:LineExtensionAmount")?,
        allowances: amount_or_zero(sums, "cbc:AllowanceTotalAmount")?,
        tax_exclusive: amount(sums, "cbc:TaxExclusiveAmount")?,
        tax: amount(taxes, "cbc:TaxAmount")?,
        tax_inclusive: amount(sums, "cbc:TaxInclusiveAmount")?,
        prepaid: amount_or_zero(sums, "cbc:PrepaidAmount")?,
        rounding: amount_or_zero(sums, "cbc:PayableRoundingAmount")?,
        payable: amount(sums, "cbc:PayableAmount")?,
        qr: reference(root, "QR")
            .and_then(|e| optional(e, "cac:Attachment/cbc:EmbeddedDocumentBinaryObject")),
    })
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

fn children<'t, 'a>(
    parent: Element<'t, 'a>,
    name: &'static str,
) -> impl Iterator<Item = Element<'t, 'a>> + use<'t, 'a> {
    parent.children().filter(move |child| child.name() == name)
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
        additional_number: text("cac:PostalAddress/cbc:PlotIdentification"),
        district: text("cac:PostalAddress/cbc:CitySubdivisionName"),
        city: text("cac:PostalAddress/cbc:CityName"),
        postal_code: text("cac:PostalAddress/cbc:PostalZone"),
        country: text("cac:PostalAddress/cac:Country/cbc:IdentificationCode"),
    }
}

fn line(line: Element<'_, '_>) -> Result<ReadLine, ReadError> {
    let allowances = children(line, "cac:AllowanceCharge")
        .filter(|e| e.text_of("cbc:ChargeIndicator").is_some_and(|text| text == "false"))
        .map(|e| amount(e, "cbc:Amount"));
    Ok(ReadLine {
        name: required(line, "cac:Item/cbc:Name")?,
        quantity: parsed(line, "cbc:InvoicedQuantity", "a number", |text| Decimal::parse(text).ok())?,
        unit: line
            .child("cbc:InvoicedQuantity")
            .and_then(|e| e.attribute("unitCode"))
            .map(|unit| unit.into_owned())
            .unwrap_or_default(),
        price: parsed(line, "cac:Price/cbc:PriceAmount", "a number", |text| Decimal::parse(text).ok())?,
        allowance: allowances.sum::<Result<Halalas, ReadError>>()?,
        net: amount(line, "cbc:LineExtensionAmount")?,
        vat_amount: amount(line, "cac:TaxTotal/cbc:TaxAmount")?,
        gross: amount(line, "cac:TaxTotal/cbc:RoundingAmount")?,
        category: parsed(line, "cac:Item/cac:ClassifiedTaxCategory/cbc:ID", CATEGORY, Category::from_code)?,
        rate: parsed(line, "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent", "a percentage", percent)?,
    })
}

const CATEGORY: &str = "a VAT category S, Z, E or O (BR-KSA-18)";

fn group(subtotal: Element<'_, '_>) -> Result<ReadGroup, ReadError> {
    let category = subtotal.child("cac:TaxCategory").ok_or(ReadError::Missing("cac:TaxCategory"))?;
    Ok(ReadGroup {
        category: parsed(category, "cbc:ID", CATEGORY, Category::from_code)?,
        rate: parsed(category, "cbc:Percent", "a percentage", percent)?,
        taxable: amount(subtotal, "cbc:TaxableAmount")?,
        tax: amount(subtotal, "cbc:TaxAmount")?,
        exemption_code: optional(category, "cbc:TaxExemptionReasonCode"),
        exemption_text: optional(category, "cbc:TaxExemptionReason"),
    })
}

fn percent(text: &str) -> Option<Rate> {
    let basis_points = Decimal::parse(text).ok()?.rescale(2).ok()?;
    u16::try_from(basis_points).ok().filter(|bp| *bp <= 10_000).map(Rate::from_basis_points)
}

fn required(parent: Element<'_, '_>, path: &'static str) -> Result<String, ReadError> {
    optional(parent, path).ok_or(ReadError::Missing(path))
}

fn optional(parent: Element<'_, '_>, path: &str) -> Option<String> {
    parent.text_of(path).map(|text| text.into_owned())
}

fn parsed<T>(
    parent: Element<'_, '_>,
    path: &'static str,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, ReadError> {
    let text = parent.text_of(path).ok_or(ReadError::Missing(path))?;
    parse(&text).ok_or_else(|| ReadError::Value { path, found: text.chars().take(80).collect(), expected })
}

fn amount(parent: Element<'_, '_>, path: &'static str) -> Result<Halalas, ReadError> {
    parsed(parent, path, "an amount with at most two decimals", |text| Halalas::parse(text).ok())
}

fn amount_or_zero(parent: Element<'_, '_>, path: &'static str) -> Result<Halalas, ReadError> {
    if parent.child(path).is_none() { Ok(Halalas::ZERO) } else { amount(parent, path) }
}
