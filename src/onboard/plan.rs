//! What a till is meant to become, and everything that the authority would
//! refuse of it, found before it is asked.

use std::sync::Arc;

use crate::fatoora::Environment;
use crate::invoice::{Finding, Seller};
use crate::keys::UnitProfile;
use crate::text::Bilingual;

/// What this till is meant to become.
#[derive(Clone, Debug)]
pub struct Plan {
    pub environment: Environment,
    pub profile: UnitProfile,
    /// As in the till's invoices; the compliance documents carry it.
    pub seller: Arc<Seller>,
}

impl Plan {
    /// Everything that the authority would refuse, before it is asked.
    pub fn check(&self) -> Vec<Finding> {
        let mut found = self.profile.check();
        found.extend(self.seller.check().into_iter().map(|(field, error)| {
            Finding::of_settings(
                "TILLD-SELLER",
                format!("seller.{field}"),
                Bilingual::new(error.to_string(), "بيانات البائع في هذا الحقل غير صحيحة"),
                Bilingual::new("correct it in the settings", "صحّحها في الإعدادات"),
            )
        }));
        if self.seller.vat.as_str() != self.profile.vat {
            found.push(Finding::of_settings(
                "TILLD-UNIT-SELLER",
                "vat",
                Bilingual::new(
                    "the unit and the seller have different VAT numbers",
                    "الرقم الضريبي للوحدة يختلف عن رقم البائع",
                ),
                Bilingual::new(
                    "write the seller's VAT number in both places",
                    "اكتب الرقم الضريبي للبائع في الموضعين",
                ),
            ));
        }
        found
    }
}
