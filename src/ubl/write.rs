//! Writes a document in the element order of invoice-xml.md section 3.

use super::emit::Emitter;
use super::{lines, parties, totals};
use crate::chain::Link;
use crate::invoice::{Header, Invoice, Kind, PaymentMeans};

/// What stands before the root element of a stored file; not part of the hash.
pub const XML_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

const ROOT: &str = concat!(
    "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\"",
    " xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\"",
    " xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\"",
    " xmlns:ext=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\">"
);

/// A document without its stamp, in canonical form: exactly the bytes that are
/// hashed, and where the stamp's blocks go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The canonical form, UTF-8.
    pub bytes: Vec<u8>,
    /// Where `ext:UBLExtensions` is inserted: behind the root's start tag.
    pub extensions_at: usize,
    /// Where the QR reference and `cac:Signature` are inserted: before the seller.
    pub stamp_at: usize,
}

/// The canonical XML of `invoice` at its place in the chain.
pub fn write(invoice: &Invoice, link: &Link) -> Body {
    let Invoice { header, priced } = invoice;
    let terms = &header.terms;
    let capacity = 4096 + 1200 * (priced.lines.len() + priced.prepayments.len());
    let mut out = Emitter::new(capacity, terms.currency_code());
    out.raw(ROOT);
    let extensions_at = out.len();
    identification(&mut out, header);
    references(&mut out, header, link);
    let stamp_at = out.len();
    parties::seller(&mut out, &header.seller);
    parties::buyer(&mut out, terms.buyer.as_ref());
    if let Some(supply) = &terms.supply {
        out.within("cac:Delivery", |out| {
            out.leaf("cbc:ActualDeliveryDate", &supply.from);
            out.optional("cbc:LatestDeliveryDate", supply.until.as_deref());
        });
    }
    payment_means(&mut out, &priced.payment_means, terms.reason.as_deref());
    priced.allowances.iter().for_each(|allowance| totals::document_allowance(&mut out, allowance));
    priced.charges.iter().for_each(|charge| totals::document_charge(&mut out, charge));
    if let Some(foreign) = terms.currency {
        totals::exchange_rate(&mut out, foreign);
    }
    totals::tax_totals(&mut out, invoice);
    totals::monetary_total(&mut out, priced);
    for (at, line) in priced.lines.iter().enumerate() {
        lines::line(&mut out, at + 1, line);
    }
    for (at, advance) in priced.prepayments.iter().enumerate() {
        lines::advance(&mut out, priced.lines.len() + at + 1, advance);
    }
    out.close("Invoice");
    Body { bytes: out.into_bytes(), extensions_at, stamp_at }
}

fn identification(out: &mut Emitter, header: &Header) {
    out.leaf("cbc:ProfileID", "reporting:1.0");
    out.leaf("cbc:ID", header.number.as_str());
    let mut uuid = [0u8; uuid::fmt::Hyphenated::LENGTH];
    out.leaf("cbc:UUID", header.uuid.hyphenated().encode_lower(&mut uuid));
    let issued = header.issued.to_string();
    // `Display` of a moment is date, `T`, time.
    let (date, time) = issued.split_once('T').unwrap_or((&issued, ""));
    out.leaf("cbc:IssueDate", date);
    out.leaf("cbc:IssueTime", time);
    let Kind { document, .. } = header.kind;
    out.leaf_with("cbc:InvoiceTypeCode", "name", &header.kind.name(), document.code());
    out.optional("cbc:Note", header.terms.note.as_deref());
    out.leaf("cbc:DocumentCurrencyCode", header.terms.currency_code());
    out.leaf("cbc:TaxCurrencyCode", "SAR");
}

fn references(out: &mut Emitter, header: &Header, link: &Link) {
    if let Some(order) = &header.terms.order_reference {
        out.within("cac:OrderReference", |out| out.leaf("cbc:ID", order));
    }
    for reference in &header.terms.billing_references {
        out.within("cac:BillingReference", |out| {
            out.within("cac:InvoiceDocumentReference", |out| {
                out.leaf("cbc:ID", &reference.number);
                out.optional("cbc:IssueDate", reference.date.as_deref());
            });
        });
    }
    if let Some(contract) = &header.terms.contract_reference {
        out.within("cac:ContractDocumentReference", |out| out.leaf("cbc:ID", contract));
    }
    out.within("cac:AdditionalDocumentReference", |out| {
        out.leaf("cbc:ID", "ICV");
        out.leaf("cbc:UUID", &link.icv.to_string());
    });
    out.within("cac:AdditionalDocumentReference", |out| {
        out.leaf("cbc:ID", "PIH");
        out.within("cac:Attachment", |out| {
            let text = link.previous.text();
            out.leaf_with("cbc:EmbeddedDocumentBinaryObject", "mimeCode", "text/plain", &text);
        });
    });
}

fn payment_means(out: &mut Emitter, means: &[PaymentMeans], reason: Option<&str>) {
    for one in means {
        out.within("cac:PaymentMeans", |out| {
            out.leaf("cbc:PaymentMeansCode", one.kind.code());
            // A note repeats its reason in every means of payment (BR-KSA-17).
            out.optional("cbc:InstructionNote", reason);
        });
    }
}
