//! A stored document of this till as the [`Invoice`] that it was made from, so
//! that a correction can be issued from it: writing it again with the same link
//! gives the same bytes.

use std::sync::Arc;

use uuid::Uuid;

use super::ReadError;
use super::fields::{
    allowance_charges, amount, amount_or_zero, category, children, number, optional, parsed, rate, required,
};
use super::read::{billing_references, identity, lines, with_subtotals};
use super::totals::DISCOUNT_TEXT;
use super::tree::{Element, Tree};
use crate::invoice::{
    Address, Allowance, Basis, Buyer, Foreign, GroupAllowance, GroupCharge, Header, Invoice, InvoiceNumber,
    LineCharge, PartyId, PaymentMeans, PrepaymentReference, Priced, PricedLine, PricedPrepayment, Seller,
    Supply, TaxGroup, TenderKind, Terms, Totals, Vat, VatNumber, codes, exemption,
};
use crate::money::{Halalas, Quantity, share_out};

/// Reads a document back.
///
/// Its XML does not say what the prices held, how the document's discount and
/// charges were shared out to the halala, nor what was handed over: `basis` is
/// [`Basis::Inclusive`], `paid` shares each group's gross amount out by what the
/// lines state, and there are no tenders. Whoever keeps these facts puts them in.
pub fn restore(xml: &[u8]) -> Result<Invoice, ReadError> {
    let tree = Tree::parse(xml)?;
    let root = tree.root();
    let (kind, issued) = identity(root)?;
    let header = Header {
        kind,
        number: parsed(root, "cbc:ID", "an invoice number", |text| InvoiceNumber::parse(text).ok())?,
        uuid: parsed(root, "cbc:UUID", "a UUID", |text| Uuid::try_parse(text).ok())?,
        issued,
        seller: Arc::new(seller(root)?),
        terms: terms(root)?,
    };
    Ok(Invoice { header, priced: priced(root)? })
}

fn seller(root: Element<'_, '_>) -> Result<Seller, ReadError> {
    let path = "cac:AccountingSupplierParty/cac:Party";
    let party = root.find(path).ok_or(ReadError::Missing(path))?;
    let id = party_id(party, PartyId::seller)?.ok_or(ReadError::Missing("the seller's other identifier"))?;
    Ok(Seller {
        name: required(party, "cac:PartyLegalEntity/cbc:RegistrationName")?,
        vat: vat_number(party)?.ok_or(ReadError::Missing("the seller's VAT number"))?,
        id,
        address: address(party).unwrap_or_default(),
    })
}

fn buyer(root: Element<'_, '_>) -> Result<Option<Buyer>, ReadError> {
    let Some(party) = root.find("cac:AccountingCustomerParty/cac:Party") else { return Ok(None) };
    Ok(Some(Buyer {
        name: optional(party, "cac:PartyLegalEntity/cbc:RegistrationName"),
        vat: vat_number(party)?,
        id: party_id(party, PartyId::buyer)?,
        address: address(party),
    }))
}

fn vat_number(party: Element<'_, '_>) -> Result<Option<VatNumber>, ReadError> {
    const PATH: &str = "cac:PartyTaxScheme/cbc:CompanyID";
    if party.find(PATH).is_none() {
        return Ok(None);
    }
    parsed(party, PATH, "a VAT number", |text| VatNumber::parse(text).ok()).map(Some)
}

fn party_id<E>(
    party: Element<'_, '_>,
    read: impl Fn(&str, &str) -> Result<PartyId, E>,
) -> Result<Option<PartyId>, ReadError> {
    const PATH: &str = "cac:PartyIdentification/cbc:ID";
    let Some(element) = party.find(PATH) else { return Ok(None) };
    let scheme = element.attribute("schemeID").unwrap_or_default();
    parsed(party, PATH, "an identifier of its scheme", |text| read(&scheme, text).ok()).map(Some)
}

fn address(party: Element<'_, '_>) -> Option<Address> {
    let place = party.child("cac:PostalAddress")?;
    let text = |path: &str| optional(place, path).unwrap_or_default();
    Some(Address {
        street: text("cbc:StreetName"),
        additional_street: optional(place, "cbc:AdditionalStreetName"),
        building: text("cbc:BuildingNumber"),
        additional_number: optional(place, "cbc:PlotIdentification"),
        district: text("cbc:CitySubdivisionName"),
        city: text("cbc:CityName"),
        postal_code: text("cbc:PostalZone"),
        province: optional(place, "cbc:CountrySubentity"),
        country: text("cac:Country/cbc:IdentificationCode"),
    })
}

fn terms(root: Element<'_, '_>) -> Result<Terms, ReadError> {
    let supply = optional(root, "cac:Delivery/cbc:ActualDeliveryDate");
    Ok(Terms {
        buyer: buyer(root)?,
        supply: supply
            .map(|from| Supply { from, until: optional(root, "cac:Delivery/cbc:LatestDeliveryDate") }),
        billing_references: billing_references(root),
        reason: optional(root, "cac:PaymentMeans/cbc:InstructionNote"),
        note: optional(root, "cbc:Note"),
        order_reference: optional(root, "cac:OrderReference/cbc:ID"),
        contract_reference: optional(root, "cac:ContractDocumentReference/cbc:ID"),
        currency: currency(root)?,
    })
}

fn currency(root: Element<'_, '_>) -> Result<Option<Foreign>, ReadError> {
    let Some(exchange) = root.child("cac:TaxExchangeRate") else { return Ok(None) };
    let known = |text: &str| codes::find(codes::FOREIGN_CURRENCIES, text);
    let code = parsed(root, "cbc:DocumentCurrencyCode", "a foreign currency", known)?;
    Ok(Some(Foreign { code, rate: number(exchange, "cbc:CalculationRate")? }))
}

fn priced(root: Element<'_, '_>) -> Result<Priced, ReadError> {
    let taxes = with_subtotals(root).ok_or(ReadError::Missing("cac:TaxTotal with subtotals"))?;
    let groups: Vec<TaxGroup> =
        children(taxes, "cac:TaxSubtotal").map(group).collect::<Result<_, ReadError>>()?;
    let mut lines = lines(root, false).map(|one| line(one, &groups)).collect::<Result<Vec<_>, _>>()?;
    share_out_paid(&mut lines, &groups);
    Ok(Priced {
        basis: Basis::Inclusive,
        lines,
        allowances: allowance_charges(root, "false")
            .map(|one| allowance(one, &groups))
            .collect::<Result<_, ReadError>>()?,
        charges: allowance_charges(root, "true")
            .map(|one| charge(one, &groups))
            .collect::<Result<_, ReadError>>()?,
        prepayments: super::read::lines(root, true).map(prepayment).collect::<Result<_, ReadError>>()?,
        totals: totals(root, taxes)?,
        payment_means: children(root, "cac:PaymentMeans").map(means).collect::<Result<_, ReadError>>()?,
        tenders: Vec::new(),
        change: Halalas::ZERO,
        groups,
    })
}

fn totals(root: Element<'_, '_>, taxes: Element<'_, '_>) -> Result<Totals, ReadError> {
    let sums = root.child("cac:LegalMonetaryTotal").ok_or(ReadError::Missing("cac:LegalMonetaryTotal"))?;
    Ok(Totals {
        line_net: amount(sums, "cbc:LineExtensionAmount")?,
        allowances: amount_or_zero(sums, "cbc:AllowanceTotalAmount")?,
        charges: amount_or_zero(sums, "cbc:ChargeTotalAmount")?,
        tax_exclusive: amount(sums, "cbc:TaxExclusiveAmount")?,
        tax: amount(taxes, "cbc:TaxAmount")?,
        tax_inclusive: amount(sums, "cbc:TaxInclusiveAmount")?,
        prepaid: amount_or_zero(sums, "cbc:PrepaidAmount")?,
        rounding: amount_or_zero(sums, "cbc:PayableRoundingAmount")?,
        payable: amount(sums, "cbc:PayableAmount")?,
    })
}

fn means(element: Element<'_, '_>) -> Result<PaymentMeans, ReadError> {
    let kind = |code: &str| TenderKind::ALL.into_iter().find(|kind| kind.code() == code);
    Ok(PaymentMeans { kind: parsed(element, "cbc:PaymentMeansCode", "a way of paying of this till", kind)? })
}

fn group(subtotal: Element<'_, '_>) -> Result<TaxGroup, ReadError> {
    let (taxable, tax) = (amount(subtotal, "cbc:TaxableAmount")?, amount(subtotal, "cbc:TaxAmount")?);
    Ok(TaxGroup { vat: with_reason(subtotal)?, taxable, tax })
}

/// The treatment that a subtotal states in full.
fn with_reason(subtotal: Element<'_, '_>) -> Result<Vat, ReadError> {
    const CODE: &str = "cac:TaxCategory/cbc:TaxExemptionReasonCode";
    let text = optional(subtotal, "cac:TaxCategory/cbc:TaxExemptionReason").unwrap_or_default();
    let reason = match subtotal.find(CODE) {
        Some(_) => Some(parsed(subtotal, CODE, "a reason of the list", |code| exemption(code, &text))?),
        None => None,
    };
    Ok(Vat {
        category: category(subtotal, "cac:TaxCategory/cbc:ID")?,
        rate: rate(subtotal, "cac:TaxCategory/cbc:Percent")?,
        exemption: reason,
    })
}

/// The treatment of a line, allowance or charge: the reason stands in its group alone.
fn of_group(
    parent: Element<'_, '_>,
    id: &'static str,
    percent: &'static str,
    groups: &[TaxGroup],
) -> Result<Vat, ReadError> {
    let key = (category(parent, id)?, rate(parent, percent)?);
    let group = groups.iter().find(|group| group.vat.group() == key);
    group.map(|group| group.vat.clone()).ok_or(ReadError::Missing("a subtotal for each VAT category"))
}

fn allowance(element: Element<'_, '_>, groups: &[TaxGroup]) -> Result<GroupAllowance, ReadError> {
    let (amount, reason) = granted(element)?;
    let vat = of_group(element, "cac:TaxCategory/cbc:ID", "cac:TaxCategory/cbc:Percent", groups)?;
    Ok(GroupAllowance { amount, reason, vat })
}

fn granted(element: Element<'_, '_>) -> Result<(Halalas, Option<String>), ReadError> {
    let reason = optional(element, "cbc:AllowanceChargeReason").filter(|text| text != DISCOUNT_TEXT);
    Ok((amount(element, "cbc:Amount")?, reason))
}

fn charge(element: Element<'_, '_>, groups: &[TaxGroup]) -> Result<GroupCharge, ReadError> {
    let LineCharge { amount, code, reason } = added(element)?;
    let vat = of_group(element, "cac:TaxCategory/cbc:ID", "cac:TaxCategory/cbc:Percent", groups)?;
    Ok(GroupCharge { amount, code, reason, vat })
}

fn added(element: Element<'_, '_>) -> Result<LineCharge, ReadError> {
    let known = |text: &str| codes::find(codes::CHARGES, text);
    Ok(LineCharge {
        amount: amount(element, "cbc:Amount")?,
        code: parsed(element, "cbc:AllowanceChargeReasonCode", "a charge of UNTDID 7161", known)?,
        reason: required(element, "cbc:AllowanceChargeReason")?,
    })
}

fn line(line: Element<'_, '_>, groups: &[TaxGroup]) -> Result<PricedLine, ReadError> {
    let allowance = allowance_charges(line, "false").next().map(granted).transpose()?;
    let gross = amount(line, "cac:TaxTotal/cbc:RoundingAmount")?;
    let unit = line.child("cbc:InvoicedQuantity").and_then(|e| e.attribute("unitCode"));
    let id = "cac:Item/cac:ClassifiedTaxCategory/cbc:ID";
    let percent = "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent";
    Ok(PricedLine {
        name: required(line, "cac:Item/cbc:Name")?,
        quantity: parsed(line, "cbc:InvoicedQuantity", "a quantity", |text| Quantity::parse(text).ok())?,
        unit: unit.map(|unit| unit.into_owned()).unwrap_or_default(),
        price: number(line, "cac:Price/cbc:PriceAmount")?,
        allowance: allowance.map(|(amount, reason)| Allowance { amount, reason }),
        charge: allowance_charges(line, "true").next().map(added).transpose()?,
        net: amount(line, "cbc:LineExtensionAmount")?,
        vat_amount: amount(line, "cac:TaxTotal/cbc:TaxAmount")?,
        gross,
        paid: gross,
        vat: of_group(line, id, percent, groups)?,
        barcode: optional(line, "cac:Item/cac:StandardItemIdentification/cbc:ID"),
        article: optional(line, "cac:Item/cac:SellersItemIdentification/cbc:ID"),
    })
}

fn share_out_paid(lines: &mut [PricedLine], groups: &[TaxGroup]) {
    for group in groups {
        let mut own: Vec<&mut PricedLine> =
            lines.iter_mut().filter(|line| line.vat.group() == group.vat.group()).collect();
        let stated: Vec<Halalas> = own.iter().map(|line| line.gross).collect();
        let shares = share_out(group.taxable + group.tax, &stated);
        own.iter_mut().zip(shares).for_each(|(line, share)| line.paid = share);
    }
}

fn prepayment(line: Element<'_, '_>) -> Result<PricedPrepayment, ReadError> {
    let missing = ReadError::Missing("cac:TaxSubtotal of a prepayment (BR-KSA-75)");
    let subtotal = line.find("cac:TaxTotal/cac:TaxSubtotal").ok_or(missing)?;
    let TaxGroup { vat, taxable, tax } = group(subtotal)?;
    let references = children(line, "cac:DocumentReference").map(reference);
    Ok(PricedPrepayment { vat, references: references.collect::<Result<_, ReadError>>()?, taxable, tax })
}

fn reference(element: Element<'_, '_>) -> Result<PrepaymentReference, ReadError> {
    let uuid = match element.child("cbc:UUID") {
        Some(_) => Some(parsed(element, "cbc:UUID", "a UUID", |text| Uuid::try_parse(text).ok())?),
        None => None,
    };
    Ok(PrepaymentReference {
        number: required(element, "cbc:ID")?,
        uuid,
        date: required(element, "cbc:IssueDate")?,
        time: required(element, "cbc:IssueTime")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Link;
    use crate::invoice::samples::{self, Dice};
    use crate::invoice::{IssueMoment, price};

    fn document(seed: u64) -> Invoice {
        let mut dice = Dice::new(seed);
        let mut draft = samples::draft(&mut dice);
        let payable = price(&draft).unwrap().totals.payable;
        draft.tenders = samples::tenders(&mut dice, payable);
        let issued = IssueMoment::from_unix(1_790_000_000 + seed as i64 * 977).unwrap();
        let priced = price(&draft).unwrap();
        let header = Header {
            kind: draft.kind,
            number: InvoiceNumber::parse(&format!("T1-{seed:06}")).unwrap(),
            uuid: Uuid::from_u64_pair(seed, 0x8000_0000_0000_0001),
            issued,
            seller: Arc::new(samples::seller()),
            terms: draft.terms.issued(draft.kind, issued),
        };
        Invoice { header, priced }
    }

    #[test]
    fn what_is_restored_is_written_to_the_same_bytes() {
        let link = Link::after(None);
        for seed in 0..1_000 {
            let invoice = document(seed);
            let bytes = super::super::write(&invoice, &link).bytes;
            let restored = restore(&bytes).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(restored.header.seller, invoice.header.seller);
            assert_eq!(restored.header.terms, invoice.header.terms, "seed {seed}");
            assert_eq!(restored.priced.totals, invoice.priced.totals);
            let again = super::super::write(&restored, &link).bytes;
            assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(bytes).unwrap(), "seed {seed}");
        }
    }

    #[test]
    fn the_shares_of_what_was_paid_add_up() {
        for seed in 0..200 {
            let bytes = super::super::write(&document(seed), &Link::after(None)).bytes;
            let priced = restore(&bytes).unwrap().priced;
            for group in &priced.groups {
                let own = priced.lines.iter().filter(|line| line.vat.group() == group.vat.group());
                assert_eq!(own.map(|line| line.paid).sum::<Halalas>(), group.taxable + group.tax);
            }
        }
    }

    #[test]
    fn reading_says_what_was_written() {
        for seed in 0..300 {
            let invoice = document(seed);
            let reading =
                super::super::read(&super::super::write(&invoice, &Link::after(None)).bytes).unwrap();
            let (terms, totals) = (&invoice.header.terms, invoice.priced.totals);
            assert_eq!(reading.currency, terms.currency_code());
            assert_eq!(reading.tax_in_riyals, invoice.tax_in_riyals());
            assert_eq!(reading.billing_references, terms.billing_references);
            assert_eq!(reading.supply_until, terms.supply.as_ref().and_then(|supply| supply.until.clone()));
            assert_eq!(reading.order_reference, terms.order_reference);
            assert_eq!(reading.contract_reference, terms.contract_reference);
            assert_eq!(reading.lines.len(), invoice.priced.lines.len());
            assert_eq!(reading.charges.iter().map(|charge| charge.amount).sum::<Halalas>(), totals.charges);
            let prepaid: Halalas = reading.prepayments.iter().map(|one| one.taxable + one.tax).sum();
            assert_eq!(
                (prepaid, reading.rounding, reading.payable),
                (totals.prepaid, totals.rounding, totals.payable)
            );
        }
    }
}
