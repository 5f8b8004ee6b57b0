//! A credential bundle belongs to one environment, one taxpayer and one unit:
//! settings that name another are refused, so that no document leaves under
//! the wrong name.

use crate::config::Settings;
use crate::onboard::Identity;

/// Holds the identity against the settings.
///
/// # Errors
/// In words, with what to do, if they belong to different tills.
pub fn check(settings: &Settings, identity: &Identity) -> Result<(), String> {
    let (unit, name) = (&settings.unit, &settings.till.name);
    let wanted = settings.fatoora.environment;
    if identity.environment != wanted {
        return Err(format!(
            "this till's certificate belongs to the {} environment, but the settings name {}; set [fatoora] \
             environment back, or, if the till really moves, get it an identity there with \
             `tilld onboard --replace {name}`\n\
             شهادة هذا الجهاز لبيئة {} بينما تذكر الإعدادات {}: أعد [fatoora] environment كما كانت، أو سجّل الجهاز هناك \
             بالأمر `tilld onboard --replace {name}`",
            identity.environment.word(),
            wanted.word(),
            identity.environment.word(),
            wanted.word()
        ));
    }
    let facts = [
        ("VAT number", &identity.profile.vat, settings.seller.vat.as_str(), "[seller] vat_number"),
        ("unit", &identity.profile.serial, unit.serial_number.as_str(), "[unit] serial_number"),
        ("unit", &identity.profile.common_name, unit.common_name.as_str(), "[unit] common_name"),
    ];
    for (what, found, wanted, key) in facts {
        if found != wanted {
            return Err(format!(
                "this till's certificate is for {what} {found}, but the settings name {wanted}; correct {key}, or, if \
                 this till really becomes another one, get it a new identity with `tilld onboard --replace {name}`\n\
                 شهادة هذا الجهاز تذكر {found} بينما تذكر الإعدادات {wanted}: صحّح {key}، أو سجّل الجهاز من جديد بالأمر \
                 `tilld onboard --replace {name}`"
            ));
        }
    }
    Ok(())
}

/// The settings of the unit that will only be in its next certificate.
pub fn outdated(settings: &Settings, identity: &Identity) -> Vec<&'static str> {
    let (unit, profile) = (&settings.unit, &identity.profile);
    let facts = [
        ("organization_unit", &profile.organization_unit, unit.organization_unit.as_str()),
        ("organization", &profile.organization, unit.organization.as_str()),
        ("title", &profile.title, unit.title.word()),
        ("location", &profile.location, unit.location.as_str()),
        ("category", &profile.category, unit.category.as_str()),
    ];
    facts.into_iter().filter(|(_, found, wanted)| found != wanted).map(|(key, ..)| key).collect()
}
