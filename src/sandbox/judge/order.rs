//! Which elements may stand where: the order and multiplicity of UBL 2.1 for the parts that the profile uses.

use super::super::dom::{Document, Element, Node};
use super::findings::{Category, Findings};
use super::paper::{CAC, CBC, EXT, INVOICE};

const ROOT: &str = "UBLExtensions UBLVersionID CustomizationID ProfileID ProfileExecutionID ID! CopyIndicator \
    UUID IssueDate! IssueTime DueDate InvoiceTypeCode Note* TaxPointDate DocumentCurrencyCode TaxCurrencyCode \
    PricingCurrencyCode PaymentCurrencyCode PaymentAlternativeCurrencyCode AccountingCostCode AccountingCost \
    LineCountNumeric BuyerReference InvoicePeriod* OrderReference BillingReference* \
    DespatchDocumentReference* ReceiptDocumentReference* StatementDocumentReference* \
    OriginatorDocumentReference* ContractDocumentReference* AdditionalDocumentReference* ProjectReference* \
    Signature* AccountingSupplierParty! AccountingCustomerParty! PayeeParty BuyerCustomerParty \
    SellerSupplierParty TaxRepresentativeParty Delivery* DeliveryTerms PaymentMeans* PaymentTerms* \
    PrepaidPayment* AllowanceCharge* TaxExchangeRate PricingExchangeRate PaymentExchangeRate \
    PaymentAlternativeExchangeRate TaxTotal* WithholdingTaxTotal* LegalMonetaryTotal! InvoiceLine*!";

const TAX_CATEGORY: &str = "ID Name Percent BaseUnitMeasure PerUnitAmount TaxExemptionReasonCode \
    TaxExemptionReason* TierRange TierRatePercent TaxScheme!";

const REFERENCE: &str = "ID! CopyIndicator UUID IssueDate IssueTime DocumentTypeCode DocumentType XPath* \
    LanguageID LocaleCode VersionID DocumentStatusCode DocumentDescription* Attachment ValidityPeriod \
    IssuerParty ResultOfVerification";

/// Aggregates by name; `*` may repeat, `!` must be there.
const AGGREGATES: &[(&str, &str)] = &[
    (
        "InvoiceLine",
        "ID! UUID Note* InvoicedQuantity LineExtensionAmount! TaxPointDate AccountingCostCode AccountingCost \
         PaymentPurposeCode FreeOfChargeIndicator InvoicePeriod* OrderLineReference* DespatchLineReference* \
         ReceiptLineReference* BillingReference* DocumentReference* PricingReference OriginatorParty Delivery* \
         PaymentTerms* AllowanceCharge* TaxTotal* WithholdingTaxTotal* Item! Price DeliveryTerms \
         SubInvoiceLine* ItemPriceExtension",
    ),
    ("TaxTotal", "TaxAmount! RoundingAmount TaxEvidenceIndicator TaxIncludedIndicator TaxSubtotal*"),
    (
        "TaxSubtotal",
        "TaxableAmount TaxAmount! CalculationSequenceNumeric TransactionCurrencyTaxAmount Percent \
         BaseUnitMeasure PerUnitAmount TierRange TierRatePercent TaxCategory!",
    ),
    ("TaxCategory", TAX_CATEGORY),
    ("ClassifiedTaxCategory", TAX_CATEGORY),
    (
        "LegalMonetaryTotal",
        "LineExtensionAmount TaxExclusiveAmount TaxInclusiveAmount AllowanceTotalAmount ChargeTotalAmount \
         PrepaidAmount PayableRoundingAmount PayableAmount! PayableAlternativeAmount",
    ),
    (
        "AllowanceCharge",
        "ID ChargeIndicator! AllowanceChargeReasonCode AllowanceChargeReason* MultiplierFactorNumeric \
         PrepaidIndicator SequenceNumeric Amount! BaseAmount AccountingCostCode AccountingCost PerUnitAmount \
         TaxCategory* TaxTotal PaymentMeans*",
    ),
    (
        "Item",
        "Description* PackQuantity PackSizeNumeric CatalogueIndicator Name HazardousRiskIndicator \
         AdditionalInformation* Keyword* BrandName* ModelName* BuyersItemIdentification \
         SellersItemIdentification ManufacturersItemIdentification* StandardItemIdentification \
         CatalogueItemIdentification AdditionalItemIdentification* CatalogueDocumentReference \
         ItemSpecificationDocumentReference* OriginCountry CommodityClassification* TransactionConditions* \
         HazardousItem* ClassifiedTaxCategory* AdditionalItemProperty* ManufacturerParty* \
         InformationContentProviderParty OriginAddress* ItemInstance* Certificate* Dimension*",
    ),
    (
        "Price",
        "PriceAmount! BaseQuantity PriceChangeReason* PriceTypeCode PriceType OrderableUnitFactorRate \
         ValidityPeriod* PriceList AllowanceCharge* PricingExchangeRate",
    ),
    (
        "PaymentMeans",
        "ID PaymentMeansCode! PaymentDueDate PaymentChannelCode InstructionID InstructionNote* PaymentID* \
         CardAccount PayerFinancialAccount PayeeFinancialAccount CreditAccount PaymentMandate TradeFinancing",
    ),
    (
        "Party",
        "MarkCareIndicator MarkAttentionIndicator WebsiteURI LogoReferenceID EndpointID \
         IndustryClassificationCode PartyIdentification* PartyName* Language PostalAddress PhysicalLocation \
         PartyTaxScheme* PartyLegalEntity* Contact Person* AgentParty ServiceProviderParty* \
         PowerOfAttorney* FinancialAccount",
    ),
    (
        "PostalAddress",
        "ID AddressTypeCode AddressFormatCode Postbox Floor Room StreetName AdditionalStreetName BlockName \
         BuildingName BuildingNumber InhouseMail Department MarkAttention MarkCare PlotIdentification \
         CitySubdivisionName CityName PostalZone CountrySubentity CountrySubentityCode Region District \
         TimezoneOffset AddressLine* Country LocationCoordinate*",
    ),
    ("AdditionalDocumentReference", REFERENCE),
    ("InvoiceDocumentReference", REFERENCE),
    ("DocumentReference", REFERENCE),
    ("ContractDocumentReference", REFERENCE),
];

/// Checks name, order and multiplicity of root and the aggregates above.
pub(super) fn check(document: &Document, findings: &mut Findings) {
    let root = &document.root;
    if !root.is(INVOICE, "Invoice") {
        let message = format!("the root is '{}', not Invoice of UBL 2.1", root.local);
        findings.error(Category::Xsd, "XSD_ZATCA_INVALID", message);
        return;
    }
    check_children(root, ROOT, findings);
    for child in root.elements().filter(|e| &*e.namespace != EXT) {
        child.walk(&mut |element| check_element(element, findings));
    }
}

fn check_element(element: &Element, findings: &mut Findings) {
    if &*element.namespace != CAC && &*element.namespace != CBC {
        let message = format!("element '{}' does not belong to UBL's components", element.local);
        findings.error(Category::Xsd, "XSD_ZATCA_INVALID", message);
    }
    if &*element.namespace == CBC && element.elements().next().is_some() {
        let message = format!("cbc:{} has child elements", element.local);
        findings.error(Category::Xsd, "XSD_ZATCA_INVALID", message);
    }
    if &*element.namespace != CAC {
        return;
    }
    if let Some((_, model)) = AGGREGATES.iter().find(|(name, _)| *name == element.local) {
        check_children(element, model, findings);
    }
    stray_text(element, findings);
}

fn stray_text(element: &Element, findings: &mut Findings) {
    let stray = element.children.iter().any(|n| matches!(n, Node::Text(t) if !t.trim().is_empty()));
    if stray {
        let message = format!("text stands directly in '{}'", element.local);
        findings.error(Category::Xsd, "XSD_ZATCA_INVALID", message);
    }
}

fn check_children(parent: &Element, model: &str, findings: &mut Findings) {
    let slots: Vec<&str> = model.split_whitespace().collect();
    let mut fault = |message: String| findings.error(Category::Xsd, "XSD_ZATCA_INVALID", message);
    let mut seen = vec![0usize; slots.len()];
    let mut last = 0;
    for child in parent.elements() {
        let found = slots.iter().position(|slot| slot.trim_end_matches(['*', '!']) == child.local);
        match found {
            None => fault(format!("'{}' is not allowed in '{}'", child.local, parent.local)),
            Some(at) if at < last => {
                fault(format!("'{}' stands too late in '{}'", child.local, parent.local))
            }
            Some(at) => {
                last = at;
                seen[at] += 1;
            }
        }
    }
    for (slot, count) in slots.iter().zip(seen) {
        let name = slot.trim_end_matches(['*', '!']);
        if slot.ends_with('!') && count == 0 {
            fault(format!("'{name}' is missing in '{}'", parent.local));
        }
        if !slot.contains('*') && count > 1 {
            fault(format!("'{name}' stands {count} times in '{}'", parent.local));
        }
    }
    stray_text(parent, findings);
}
