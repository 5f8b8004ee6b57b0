//! What an XML file says: fills [`Facts`] from any document, ours or not.
//! Texts are XPath's string values, as the rules see them. Whatever no field
//! names, but some rule looks for at any depth, goes to [`Elsewhere`].

use std::borrow::Cow;

use super::facts::{
    Address, AllowanceCharge, Amount, BillingReference, Contact, Delivery, Elsewhere, ExchangeRate, Facts,
    Line, MonetaryTotal, Number, Party, PartyId, PaymentMeans, PrepaymentReference, Price, Reference,
    Signature, SignatureInformation, Subtotal, TaxCategory, TaxScheme, TaxTotal, Text,
};
use crate::xml::{Node, Ns};

/// Reads the facts of a document from its root element.
pub fn from_xml(root: Node<'_>) -> Facts<'_> {
    let mut reader = Reader::default();
    let mut facts = reader.document(root);
    reader.rest(root, &mut facts.elsewhere);
    facts
}

/// Remembers which elements a field already holds.
#[derive(Default)]
struct Reader {
    taken: Vec<bool>,
}

impl Reader {
    fn take<'d>(&mut self, node: Node<'d>) -> Node<'d> {
        let at = node.id() as usize;
        if self.taken.len() <= at {
            self.taken.resize(at + 1, false);
        }
        if let Some(mark) = self.taken.get_mut(at) {
            *mark = true;
        }
        node
    }

    fn is_taken(&self, node: Node<'_>) -> bool {
        self.taken.get(node.id() as usize).copied().unwrap_or(false)
    }

    fn text<'d>(&mut self, parent: Node<'d>, name: &str) -> Text<'d> {
        parent.child(Ns::Cbc, name).map(|node| self.take(node).string())
    }

    fn texts<'d>(&mut self, parent: Node<'d>, name: &str) -> Vec<Cow<'d, str>> {
        parent.all(Ns::Cbc, name).map(|node| self.take(node).string()).collect()
    }

    fn number<'d>(&mut self, parent: Node<'d>, name: &str) -> Option<Number<'d>> {
        self.text(parent, name).map(Number::read)
    }

    fn amount<'d>(&mut self, parent: Node<'d>, name: &str) -> Option<Amount<'d>> {
        parent.child(Ns::Cbc, name).map(|node| amount(self.take(node)))
    }

    /// Text of a leaf of one of the parent's aggregates.
    fn inner<'d>(&mut self, parent: Node<'d>, aggregate: &str, name: &str) -> Text<'d> {
        parent.child(Ns::Cac, aggregate).and_then(|node| self.text(node, name))
    }

    /// Each aggregate of this name, read by `read`.
    fn each<'d, T>(
        &mut self,
        parent: Node<'d>,
        name: &str,
        read: impl Fn(&mut Reader, Node<'d>) -> T,
    ) -> Vec<T> {
        parent.all(Ns::Cac, name).map(|node| read(self, node)).collect()
    }

    /// The first aggregate of this name, read by `read`.
    fn one<'d, T>(
        &mut self,
        parent: Node<'d>,
        name: &str,
        read: impl Fn(&mut Reader, Node<'d>) -> T,
    ) -> Option<T> {
        parent.child(Ns::Cac, name).map(|node| read(self, node))
    }

    fn document<'d>(&mut self, root: Node<'d>) -> Facts<'d> {
        let kind = root.child(Ns::Cbc, "InvoiceTypeCode");
        Facts {
            profile: self.text(root, "ProfileID"),
            number: self.text(root, "ID"),
            uuid: self.text(root, "UUID"),
            issue_date: self.text(root, "IssueDate"),
            issue_time: self.text(root, "IssueTime"),
            type_code: self.text(root, "InvoiceTypeCode"),
            type_name: attribute(kind, "name"),
            notes: self.texts(root, "Note"),
            currency: self.text(root, "DocumentCurrencyCode"),
            tax_currency: self.text(root, "TaxCurrencyCode"),
            order_reference: self.inner(root, "OrderReference", "ID"),
            contract_references: self.each(root, "ContractDocumentReference", |r, node| r.text(node, "ID")),
            billing_references: self.each(root, "BillingReference", Reader::billing_reference),
            references: self.each(root, "AdditionalDocumentReference", Reader::reference),
            signatures: self.each(root, "Signature", |r, node| Signature {
                id: r.text(node, "ID"),
                method: r.text(node, "SignatureMethod"),
            }),
            signature_information: self.signature_information(root),
            seller: self.one(root, "AccountingSupplierParty", Reader::party),
            buyer: self.one(root, "AccountingCustomerParty", Reader::party),
            deliveries: self.each(root, "Delivery", Reader::delivery),
            payment_means: self.each(root, "PaymentMeans", Reader::payment_means),
            allowance_charges: self.each(root, "AllowanceCharge", Reader::allowance_charge),
            exchange_rate: self.one(root, "TaxExchangeRate", |r, node| ExchangeRate {
                source: r.text(node, "SourceCurrencyCode"),
                target: r.text(node, "TargetCurrencyCode"),
                rate: r.text(node, "CalculationRate"),
            }),
            tax_totals: self.each(root, "TaxTotal", Reader::tax_total),
            totals: self.one(root, "LegalMonetaryTotal", Reader::totals),
            lines: self.each(root, "InvoiceLine", Reader::line),
            elsewhere: Elsewhere::default(),
        }
    }

    fn billing_reference<'d>(&mut self, node: Node<'d>) -> BillingReference<'d> {
        self.take(node);
        BillingReference {
            number: self.inner(node, "InvoiceDocumentReference", "ID"),
            date: self.inner(node, "InvoiceDocumentReference", "IssueDate"),
        }
    }

    fn reference<'d>(&mut self, node: Node<'d>) -> Reference<'d> {
        self.take(node);
        let attachment = node.child(Ns::Cac, "Attachment");
        let object = attachment.and_then(|one| one.child(Ns::Cbc, "EmbeddedDocumentBinaryObject"));
        Reference {
            id: self.text(node, "ID"),
            uuid: self.text(node, "UUID"),
            attached: attachment.is_some(),
            object: object.map(|object| self.take(object).string()),
            mime_code: attribute(object, "mimeCode"),
        }
    }

    fn signature_information<'d>(&mut self, root: Node<'d>) -> Vec<SignatureInformation<'d>> {
        // Elsewhere in the extensions the stylesheet does not see it.
        let path =
            [(Ns::Ext, "UBLExtension"), (Ns::Ext, "ExtensionContent"), (Ns::Sig, "UBLDocumentSignatures")];
        let within = |node: Node<'d>| {
            let mut outer = std::iter::successors(node.parent(), |inner| inner.parent());
            path.iter().rev().all(|(ns, name)| outer.next().is_some_and(|node| node.is(*ns, name)))
                && outer.next().is_some_and(|node| node.is(Ns::Ext, "UBLExtensions"))
        };
        let extensions = root.all(Ns::Ext, "UBLExtensions").flat_map(|node| node.descendants());
        extensions
            .filter(|node| node.is(Ns::Sac, "SignatureInformation") && within(*node))
            .map(|node| SignatureInformation {
                id: self.text(node, "ID"),
                referenced: node.child(Ns::Sbc, "ReferencedSignatureID").map(|id| self.take(id).string()),
            })
            .collect()
    }

    fn party<'d>(&mut self, outer: Node<'d>) -> Party<'d> {
        let Some(node) = outer.child(Ns::Cac, "Party") else { return Party::default() };
        let ids = node.all(Ns::Cac, "PartyIdentification").filter_map(|one| one.child(Ns::Cbc, "ID"));
        Party {
            written: true,
            ids: ids
                .map(|id| PartyId { value: self.take(id).string(), scheme: attribute(Some(id), "schemeID") })
                .collect(),
            address: self.one(node, "PostalAddress", Reader::address),
            tax_schemes: self.each(node, "PartyTaxScheme", |r, one| TaxScheme {
                vat_number: r.text(one, "CompanyID"),
                scheme: r.inner(one, "TaxScheme", "ID"),
            }),
            names: self.each(node, "PartyLegalEntity", |r, one| r.text(one, "RegistrationName")),
            contact: self.one(node, "Contact", |r, one| Contact {
                name: r.text(one, "Name"),
                telephone: r.text(one, "Telephone"),
                note: r.text(one, "Note"),
            }),
        }
    }

    fn address<'d>(&mut self, node: Node<'d>) -> Address<'d> {
        Address {
            street: self.text(node, "StreetName"),
            additional_street: self.text(node, "AdditionalStreetName"),
            building: self.text(node, "BuildingNumber"),
            plot: self.text(node, "PlotIdentification"),
            district: self.text(node, "CitySubdivisionName"),
            city: self.text(node, "CityName"),
            postal_code: self.text(node, "PostalZone"),
            province: self.text(node, "CountrySubentity"),
            country: self.inner(node, "Country", "IdentificationCode"),
        }
    }

    fn delivery<'d>(&mut self, node: Node<'d>) -> Delivery<'d> {
        self.take(node);
        Delivery {
            actual: self.text(node, "ActualDeliveryDate"),
            latest: self.text(node, "LatestDeliveryDate"),
        }
    }

    fn payment_means<'d>(&mut self, node: Node<'d>) -> PaymentMeans<'d> {
        self.take(node);
        PaymentMeans {
            code: self.text(node, "PaymentMeansCode"),
            reasons: self.texts(node, "InstructionNote"),
            account: self.inner(node, "PayeeFinancialAccount", "ID"),
            payment_note: self.inner(node, "PayeeFinancialAccount", "PaymentNote"),
        }
    }

    fn allowance_charge<'d>(&mut self, node: Node<'d>) -> AllowanceCharge<'d> {
        self.take(node);
        AllowanceCharge {
            indicator: self.text(node, "ChargeIndicator"),
            code: self.text(node, "AllowanceChargeReasonCode"),
            reasons: self.texts(node, "AllowanceChargeReason"),
            percent: self.number(node, "MultiplierFactorNumeric"),
            amount: self.amount(node, "Amount"),
            base: self.amount(node, "BaseAmount"),
            categories: self.each(node, "TaxCategory", Reader::tax_category),
        }
    }

    fn tax_category<'d>(&mut self, node: Node<'d>) -> TaxCategory<'d> {
        self.take(node);
        TaxCategory {
            id: self.text(node, "ID"),
            percent: self.number(node, "Percent"),
            exemption_code: self.text(node, "TaxExemptionReasonCode"),
            exemption_reasons: self.texts(node, "TaxExemptionReason"),
            scheme: self.inner(node, "TaxScheme", "ID"),
        }
    }

    fn tax_total<'d>(&mut self, node: Node<'d>) -> TaxTotal<'d> {
        TaxTotal {
            tax: self.amount(node, "TaxAmount"),
            rounding: self.amount(node, "RoundingAmount"),
            subtotals: self.each(node, "TaxSubtotal", |r, one| Subtotal {
                taxable: r.amount(one, "TaxableAmount"),
                tax: r.amount(one, "TaxAmount"),
                category: r.one(one, "TaxCategory", Reader::tax_category),
            }),
        }
    }

    fn totals<'d>(&mut self, node: Node<'d>) -> MonetaryTotal<'d> {
        MonetaryTotal {
            line_net: self.amount(node, "LineExtensionAmount"),
            tax_exclusive: self.amount(node, "TaxExclusiveAmount"),
            tax_inclusive: self.amount(node, "TaxInclusiveAmount"),
            allowances: self.amount(node, "AllowanceTotalAmount"),
            charges: self.amount(node, "ChargeTotalAmount"),
            prepaid: self.amount(node, "PrepaidAmount"),
            rounding: self.amount(node, "PayableRoundingAmount"),
            payable: self.amount(node, "PayableAmount"),
        }
    }

    fn line<'d>(&mut self, node: Node<'d>) -> Line<'d> {
        self.take(node);
        let quantity = node.child(Ns::Cbc, "InvoicedQuantity");
        let base = Line {
            id: self.text(node, "ID"),
            notes: self.texts(node, "Note"),
            quantity: self.number(node, "InvoicedQuantity"),
            unit: attribute(quantity, "unitCode"),
            net: self.amount(node, "LineExtensionAmount"),
            references: self.each(node, "DocumentReference", |r, one| PrepaymentReference {
                number: r.text(one, "ID"),
                uuid: r.text(one, "UUID"),
                date: r.text(one, "IssueDate"),
                time: r.text(one, "IssueTime"),
                type_code: r.text(one, "DocumentTypeCode"),
            }),
            allowance_charges: self.each(node, "AllowanceCharge", Reader::allowance_charge),
            tax_totals: self.each(node, "TaxTotal", Reader::tax_total),
            price: self.one(node, "Price", Reader::price),
            ..Line::default()
        };
        match node.child(Ns::Cac, "Item") {
            Some(item) => self.item(item, base),
            None => base,
        }
    }

    fn item<'d>(&mut self, node: Node<'d>, line: Line<'d>) -> Line<'d> {
        Line {
            name: self.text(node, "Name"),
            buyers_id: self.inner(node, "BuyersItemIdentification", "ID"),
            sellers_id: self.inner(node, "SellersItemIdentification", "ID"),
            standard_id: self.inner(node, "StandardItemIdentification", "ID"),
            categories: self.each(node, "ClassifiedTaxCategory", Reader::tax_category),
            properties: self.each(node, "AdditionalItemProperty", Reader::property),
            ..line
        }
    }

    fn property<'d>(&mut self, node: Node<'d>) -> (Text<'d>, Text<'d>) {
        self.take(node);
        (self.text(node, "Name"), self.text(node, "Value"))
    }

    fn price<'d>(&mut self, node: Node<'d>) -> Price<'d> {
        let base = node.child(Ns::Cbc, "BaseQuantity");
        Price {
            amount: self.amount(node, "PriceAmount"),
            base_quantity: self.number(node, "BaseQuantity"),
            base_unit: attribute(base, "unitCode"),
            allowance_charges: self.each(node, "AllowanceCharge", Reader::allowance_charge),
        }
    }

    /// Whatever no field holds yet. Elements come before what is inside them,
    /// so that an aggregate is read as a whole.
    fn rest<'d>(&mut self, root: Node<'d>, elsewhere: &mut Elsewhere<'d>) {
        for node in root.descendants() {
            let is_type = node.is(Ns::Cbc, "InvoiceTypeCode") && self.is_taken(node);
            if !is_type && let Some(name) = node.attribute("name") {
                elsewhere.names.push(name.into());
            }
            if self.is_taken(node) {
                continue;
            }
            match node.namespace() {
                Ns::Cac => self.aggregate(node, elsewhere),
                Ns::Cbc => leaf(node, elsewhere),
                _ => {}
            }
        }
    }

    fn aggregate<'d>(&mut self, node: Node<'d>, elsewhere: &mut Elsewhere<'d>) {
        match node.name() {
            "InvoiceLine" => elsewhere.lines.push(self.line(node)),
            "AllowanceCharge" => elsewhere.allowance_charges.push(self.allowance_charge(node)),
            "ClassifiedTaxCategory" => elsewhere.categories.push(self.tax_category(node)),
            "PaymentMeans" => elsewhere.payment_means.push(self.payment_means(node)),
            "BillingReference" => elsewhere.billing_references.push(self.billing_reference(node)),
            "Delivery" => elsewhere.deliveries.push(self.delivery(node)),
            "AdditionalDocumentReference" => elsewhere.references.push(self.reference(node)),
            "AdditionalItemProperty" => elsewhere.properties.push(self.property(node)),
            _ => {}
        }
    }
}

fn leaf<'d>(node: Node<'d>, elsewhere: &mut Elsewhere<'d>) {
    let name = node.name();
    if name == "IdentificationCode" && node.parent().is_some_and(|parent| parent.is(Ns::Cac, "Country")) {
        elsewhere.countries.push(node.string());
    } else if name == "EmbeddedDocumentBinaryObject" {
        elsewhere.mime_codes.extend(attribute(Some(node), "mimeCode"));
    } else if name.ends_with("Date") {
        elsewhere.dates.push((name.into(), node.string()));
    } else if name.ends_with("Amount") {
        elsewhere.amounts.push((name.into(), amount(node)));
    }
}

fn amount(node: Node<'_>) -> Amount<'_> {
    Amount { number: Number::read(node.string()), currency: attribute(Some(node), "currencyID") }
}

fn attribute<'d>(node: Option<Node<'d>>, name: &str) -> Text<'d> {
    node.and_then(|node| node.attribute(name)).map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Dom;

    #[test]
    fn signature_information_counts_in_its_place_alone() {
        let documents = |wrapper: &str| {
            let names = "xmlns:ext=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\" \
                 xmlns:sig=\"urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2\" \
                 xmlns:sac=\"urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2\"";
            let extension = "<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent>";
            let end = "</ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>";
            let inner = format!("<{wrapper}><sac:SignatureInformation/></{wrapper}>");
            let xml = format!("<Invoice {names}>{extension}{inner}{end}</Invoice>");
            from_xml(Dom::parse(xml.as_bytes()).unwrap().root()).signature_information.len()
        };
        assert_eq!(documents("sig:UBLDocumentSignatures"), 1);
        assert_eq!(documents("sig:Other"), 0);
        assert_eq!(documents("sac:UBLDocumentSignatures"), 0);
    }
}
