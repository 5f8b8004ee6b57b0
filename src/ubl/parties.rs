//! Seller and buyer (invoice-xml.md sections 4 and 5).

use super::emit::Emitter;
use crate::invoice::{Address, Buyer, PartyId, Seller, VatNumber};

pub(super) fn seller(out: &mut Emitter, seller: &Seller) {
    out.within("cac:AccountingSupplierParty", |out| {
        out.within("cac:Party", |out| {
            identification(out, &seller.id);
            address(out, &seller.address);
            tax_scheme(out, &seller.vat);
            legal_entity(out, &seller.name);
        });
    });
}

/// An anonymous consumer is an empty element, the only empty one allowed.
pub(super) fn buyer(out: &mut Emitter, buyer: Option<&Buyer>) {
    out.within("cac:AccountingCustomerParty", |out| {
        let Some(buyer) = buyer.filter(|buyer| **buyer != Buyer::default()) else { return };
        out.within("cac:Party", |out| {
            if let Some(id) = &buyer.id {
                identification(out, id);
            }
            if let Some(place) = &buyer.address {
                address(out, place);
            }
            if let Some(vat) = &buyer.vat {
                tax_scheme(out, vat);
            }
            if let Some(name) = &buyer.name {
                legal_entity(out, name);
            }
        });
    });
}

fn identification(out: &mut Emitter, id: &PartyId) {
    out.within("cac:PartyIdentification", |out| out.leaf_with("cbc:ID", "schemeID", id.scheme, &id.value));
}

fn address(out: &mut Emitter, place: &Address) {
    out.within("cac:PostalAddress", |out| {
        present(out, "cbc:StreetName", &place.street);
        out.optional("cbc:AdditionalStreetName", place.additional_street.as_deref());
        present(out, "cbc:BuildingNumber", &place.building);
        out.optional("cbc:PlotIdentification", place.additional_number.as_deref());
        present(out, "cbc:CitySubdivisionName", &place.district);
        present(out, "cbc:CityName", &place.city);
        present(out, "cbc:PostalZone", &place.postal_code);
        out.optional("cbc:CountrySubentity", place.province.as_deref());
        if !place.country.is_empty() {
            out.within("cac:Country", |out| out.leaf("cbc:IdentificationCode", &place.country));
        }
    });
}

/// A buyer's address may lack any part; an empty element is never written.
fn present(out: &mut Emitter, name: &str, text: &str) {
    out.optional(name, Some(text).filter(|text| !text.is_empty()));
}

fn tax_scheme(out: &mut Emitter, vat: &VatNumber) {
    out.within("cac:PartyTaxScheme", |out| {
        out.leaf("cbc:CompanyID", vat.as_str());
        vat_scheme(out);
    });
}

fn legal_entity(out: &mut Emitter, name: &str) {
    out.within("cac:PartyLegalEntity", |out| out.leaf("cbc:RegistrationName", name));
}

/// The tax scheme that every VAT statement names.
pub(super) fn vat_scheme(out: &mut Emitter) {
    out.raw("<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>");
}
