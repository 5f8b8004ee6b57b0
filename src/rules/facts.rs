//! What a document says, as far as a rule asks for it: one shape for any XML
//! file and for our own sale that is not written yet. Values stand as they were
//! written, so that a rule can also judge their form.

use std::borrow::Cow;

pub use super::number::Number;

/// The text of an element as written; `None` if the element is absent.
pub type Text<'a> = Option<Cow<'a, str>>;

/// An amount with its `currencyID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount<'a> {
    pub number: Number<'a>,
    pub currency: Text<'a>,
}

/// What a document says (invoice-xml.md section 3, in its order).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts<'a> {
    /// BT-23, `cbc:ProfileID`.
    pub profile: Text<'a>,
    /// BT-1, `cbc:ID`.
    pub number: Text<'a>,
    /// KSA-1, `cbc:UUID`.
    pub uuid: Text<'a>,
    /// BT-2, `cbc:IssueDate`.
    pub issue_date: Text<'a>,
    /// KSA-25, `cbc:IssueTime`.
    pub issue_time: Text<'a>,
    /// BT-3, `cbc:InvoiceTypeCode`.
    pub type_code: Text<'a>,
    /// KSA-2, its attribute `name`.
    pub type_name: Text<'a>,
    /// BT-22, each `cbc:Note` of the document.
    pub notes: Vec<Cow<'a, str>>,
    /// BT-5.
    pub currency: Text<'a>,
    /// BT-6.
    pub tax_currency: Text<'a>,
    /// BT-13, `cac:OrderReference/cbc:ID`.
    pub order_reference: Text<'a>,
    /// BT-12, `cac:ContractDocumentReference/cbc:ID`, each.
    pub contract_references: Vec<Text<'a>>,
    /// BG-3, each `cac:BillingReference`.
    pub billing_references: Vec<BillingReference<'a>>,
    /// BG-24: ICV, PIH, QR and any other `cac:AdditionalDocumentReference`.
    pub references: Vec<Reference<'a>>,
    /// Each `cac:Signature` of the document.
    pub signatures: Vec<Signature<'a>>,
    /// `sac:SignatureInformation` inside the extension, each.
    pub signature_information: Vec<SignatureInformation<'a>>,
    /// BG-4.
    pub seller: Option<Party<'a>>,
    /// BG-7; present but [`Party::written`] false if the element is empty.
    pub buyer: Option<Party<'a>>,
    /// BG-13, each `cac:Delivery`.
    pub deliveries: Vec<Delivery<'a>>,
    /// BG-16, each.
    pub payment_means: Vec<PaymentMeans<'a>>,
    /// BG-20 and BG-21 in their order.
    pub allowance_charges: Vec<AllowanceCharge<'a>>,
    /// `cac:TaxExchangeRate`.
    pub exchange_rate: Option<ExchangeRate<'a>>,
    /// BG-22, each `cac:TaxTotal` of the document.
    pub tax_totals: Vec<TaxTotal<'a>>,
    /// BG-22, `cac:LegalMonetaryTotal`.
    pub totals: Option<MonetaryTotal<'a>>,
    /// BG-25.
    pub lines: Vec<Line<'a>>,
    /// What rules look for anywhere in a document and the fields above do not hold.
    pub elsewhere: Elsewhere<'a>,
}

/// Values at places that none of the fields names, where a rule looks all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere<'a> {
    /// Amounts, by the local name of their element.
    pub amounts: Vec<(Cow<'a, str>, Amount<'a>)>,
    /// `cac:Country/cbc:IdentificationCode`.
    pub countries: Vec<Cow<'a, str>>,
    /// Dates, by the local name of their element.
    pub dates: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// `mimeCode` of each attachment outside the document's own references.
    pub mime_codes: Vec<Cow<'a, str>>,
    /// `cac:InvoiceLine` inside goods items.
    pub lines: Vec<Line<'a>>,
    /// `cac:AllowanceCharge` that is not of the document, a line or its price.
    pub allowance_charges: Vec<AllowanceCharge<'a>>,
    /// `cac:ClassifiedTaxCategory` of items that are not of a line.
    pub categories: Vec<TaxCategory<'a>>,
    /// `cac:PaymentMeans` of allowances and charges.
    pub payment_means: Vec<PaymentMeans<'a>>,
    /// `cac:BillingReference` of lines.
    pub billing_references: Vec<BillingReference<'a>>,
    /// `cac:AdditionalDocumentReference` that is not the document's.
    pub references: Vec<Reference<'a>>,
    /// Name and value of `cac:AdditionalItemProperty` of items that are not of a line.
    pub properties: Vec<(Text<'a>, Text<'a>)>,
    /// Attributes `name` of elements other than the document's type code.
    pub names: Vec<Cow<'a, str>>,
    /// `cac:Delivery` that is not the document's, as those of lines.
    pub deliveries: Vec<Delivery<'a>>,
}

/// `cac:BillingReference/cac:InvoiceDocumentReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillingReference<'a> {
    /// BT-25.
    pub number: Text<'a>,
    /// BT-26.
    pub date: Text<'a>,
}

/// `cac:AdditionalDocumentReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference<'a> {
    pub id: Text<'a>,
    pub uuid: Text<'a>,
    /// Whether `cac:Attachment` is there.
    pub attached: bool,
    /// Text of `cbc:EmbeddedDocumentBinaryObject`.
    pub object: Text<'a>,
    pub mime_code: Text<'a>,
}

/// `cac:Signature`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature<'a> {
    pub id: Text<'a>,
    pub method: Text<'a>,
}

/// `sac:SignatureInformation`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureInformation<'a> {
    pub id: Text<'a>,
    /// `sbc:ReferencedSignatureID`.
    pub referenced: Text<'a>,
}

/// Seller or buyer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party<'a> {
    /// Whether `cac:Party` is there.
    pub written: bool,
    /// Each `cac:PartyIdentification/cbc:ID`.
    pub ids: Vec<PartyId<'a>>,
    pub address: Option<Address<'a>>,
    /// Each `cac:PartyTaxScheme`.
    pub tax_schemes: Vec<TaxScheme<'a>>,
    /// Each `cac:PartyLegalEntity/cbc:RegistrationName`.
    pub names: Vec<Text<'a>>,
    pub contact: Option<Contact<'a>>,
}

/// BT-29 or BT-46 with its scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartyId<'a> {
    pub value: Cow<'a, str>,
    pub scheme: Text<'a>,
}

/// `cac:PartyTaxScheme`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxScheme<'a> {
    /// BT-31 or BT-48.
    pub vat_number: Text<'a>,
    /// `cac:TaxScheme/cbc:ID`.
    pub scheme: Text<'a>,
}

/// `cac:PostalAddress`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address<'a> {
    pub street: Text<'a>,
    pub additional_street: Text<'a>,
    pub building: Text<'a>,
    pub plot: Text<'a>,
    pub district: Text<'a>,
    pub city: Text<'a>,
    pub postal_code: Text<'a>,
    pub province: Text<'a>,
    pub country: Text<'a>,
}

/// `cac:Contact`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact<'a> {
    pub name: Text<'a>,
    pub telephone: Text<'a>,
    pub note: Text<'a>,
}

/// `cac:Delivery`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// KSA-5.
    pub actual: Text<'a>,
    /// KSA-24.
    pub latest: Text<'a>,
}

/// `cac:PaymentMeans`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentMeans<'a> {
    /// BT-81.
    pub code: Text<'a>,
    /// KSA-10, each `cbc:InstructionNote`.
    pub reasons: Vec<Cow<'a, str>>,
    /// BT-84.
    pub account: Text<'a>,
    /// KSA-22, `cac:PayeeFinancialAccount/cbc:PaymentNote`.
    pub payment_note: Text<'a>,
}

/// `cac:AllowanceCharge` of the document, a line or a price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowanceCharge<'a> {
    /// `cbc:ChargeIndicator` as written.
    pub indicator: Text<'a>,
    pub code: Text<'a>,
    /// Each reason text.
    pub reasons: Vec<Cow<'a, str>>,
    pub percent: Option<Number<'a>>,
    pub amount: Option<Amount<'a>>,
    pub base: Option<Amount<'a>>,
    /// Each `cac:TaxCategory`; empty on lines and prices.
    pub categories: Vec<TaxCategory<'a>>,
}

/// `cac:TaxCategory` or `cac:ClassifiedTaxCategory`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxCategory<'a> {
    pub id: Text<'a>,
    pub percent: Option<Number<'a>>,
    pub exemption_code: Text<'a>,
    /// Each exemption reason text.
    pub exemption_reasons: Vec<Cow<'a, str>>,
    /// `cac:TaxScheme/cbc:ID`.
    pub scheme: Text<'a>,
}

/// `cac:TaxExchangeRate`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeRate<'a> {
    pub source: Text<'a>,
    pub target: Text<'a>,
    pub rate: Text<'a>,
}

/// `cac:TaxTotal` of the document or of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxTotal<'a> {
    pub tax: Option<Amount<'a>>,
    /// KSA-12 on lines: the line with VAT.
    pub rounding: Option<Amount<'a>>,
    pub subtotals: Vec<Subtotal<'a>>,
}

/// `cac:TaxSubtotal`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subtotal<'a> {
    pub taxable: Option<Amount<'a>>,
    pub tax: Option<Amount<'a>>,
    /// Each `cac:TaxCategory`; the schema allows one.
    pub category: Option<TaxCategory<'a>>,
}

/// `cac:LegalMonetaryTotal`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonetaryTotal<'a> {
    /// BT-106.
    pub line_net: Option<Amount<'a>>,
    /// BT-109.
    pub tax_exclusive: Option<Amount<'a>>,
    /// BT-112.
    pub tax_inclusive: Option<Amount<'a>>,
    /// BT-107.
    pub allowances: Option<Amount<'a>>,
    /// BT-108.
    pub charges: Option<Amount<'a>>,
    /// BT-113.
    pub prepaid: Option<Amount<'a>>,
    /// BT-114.
    pub rounding: Option<Amount<'a>>,
    /// BT-115.
    pub payable: Option<Amount<'a>>,
}

/// `cac:InvoiceLine`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line<'a> {
    /// BT-126.
    pub id: Text<'a>,
    /// BT-127, each.
    pub notes: Vec<Cow<'a, str>>,
    /// BT-129.
    pub quantity: Option<Number<'a>>,
    /// BT-130, `unitCode`.
    pub unit: Text<'a>,
    /// BT-131.
    pub net: Option<Amount<'a>>,
    /// Each `cac:DocumentReference`: the advances that a line settles.
    pub references: Vec<PrepaymentReference<'a>>,
    pub allowance_charges: Vec<AllowanceCharge<'a>>,
    /// Each `cac:TaxTotal` of the line.
    pub tax_totals: Vec<TaxTotal<'a>>,
    /// BT-153.
    pub name: Text<'a>,
    /// BT-156.
    pub buyers_id: Text<'a>,
    /// BT-155.
    pub sellers_id: Text<'a>,
    /// BT-157.
    pub standard_id: Text<'a>,
    /// BG-30, each `cac:ClassifiedTaxCategory`.
    pub categories: Vec<TaxCategory<'a>>,
    /// Name and value of each `cac:AdditionalItemProperty`.
    pub properties: Vec<(Text<'a>, Text<'a>)>,
    pub price: Option<Price<'a>>,
}

/// `cac:InvoiceLine/cac:DocumentReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrepaymentReference<'a> {
    pub number: Text<'a>,
    pub uuid: Text<'a>,
    pub date: Text<'a>,
    pub time: Text<'a>,
    pub type_code: Text<'a>,
}

/// `cac:Price`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price<'a> {
    /// BT-146.
    pub amount: Option<Amount<'a>>,
    /// BT-149.
    pub base_quantity: Option<Number<'a>>,
    /// BT-150.
    pub base_unit: Text<'a>,
    /// Of the price; the schema allows several.
    pub allowance_charges: Vec<AllowanceCharge<'a>>,
}
