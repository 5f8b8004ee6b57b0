//! The policies of a sandbox: given at the start, and changed while it runs.

use serde::Serialize;
use serde_json::Value;

use super::fields::{self, BadField, bad};

const YEAR: i64 = 365 * 86_400 + 6 * 3600;
/// Longest lifetime of anything, so that no date leaves the calendar.
const MAX_LIFETIME: i64 = 50 * YEAR;

/// What to do with a document whose ICV or PIH contradicts what is already known of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainPolicy {
    /// Refuse it (category `CHAIN`). The real platform accepts it, but a till should never get here.
    Strict,
    /// Accept it as the real platform does; the audit tells.
    AuditOnly,
}

/// How `PATCH /production/csids` answers (fatoora-api.md section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RenewalRoad {
    /// 428 with a new compliance CSID, whose checks must be done first.
    #[serde(rename = "428")]
    ComplianceFirst,
    /// 200 with the new production CSID at once.
    #[serde(rename = "200")]
    Direct,
    /// 200 with the same inside `{"value": ..}`.
    #[serde(rename = "200-wrapped")]
    Wrapped,
}

/// What integrators may change, also while the sandbox runs; each by its field's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// An OTP that is always good in the developer portal (the real one takes 123345); `None` for none.
    pub fixed_otp: Option<String>,
    /// Seconds for which an OTP is good; those that are out keep theirs.
    pub otp_lifetime: i64,
    /// Seconds for which a compliance CSID is good from its issue.
    pub compliance_lifetime: i64,
    /// Seconds for which a production CSID is good from its issue.
    pub production_lifetime: i64,
    /// How a renewal answers: `428`, `200`, `200-wrapped`.
    pub renewal: RenewalRoad,
    /// A renewal revokes the old production CSID.
    pub renewal_revokes_old: bool,
    /// Seconds that the old production CSID still lives after its renewal.
    pub renewal_grace: i64,
    /// The developer portal hands out one fixed production certificate, whose key nobody has
    /// (fatoora-api.md section 3.1).
    pub canned_production: bool,
    /// `false`: clearance answers 303 and reporting takes standard documents (a disaster procedure).
    pub clearance_enabled: bool,
    /// What a contradiction in ICV or PIH leads to: `strict`, `audit-only`.
    pub chain: ChainPolicy,
    /// Largest request body in bytes; more is 413.
    pub max_body: usize,
}

impl Default for Settings {
    /// OTP 123345 and OTPs for an hour, CSIDs for five years (csr.md section 5), renewal by compliance checks
    /// with the old CSID revoked at once, clearance on, strict chains, 10 MB bodies.
    fn default() -> Settings {
        Settings {
            fixed_otp: Some("123345".to_owned()),
            otp_lifetime: 3600,
            compliance_lifetime: 5 * YEAR,
            production_lifetime: 5 * YEAR,
            renewal: RenewalRoad::ComplianceFirst,
            renewal_revokes_old: true,
            renewal_grace: 0,
            canned_production: false,
            clearance_enabled: true,
            chain: ChainPolicy::Strict,
            max_body: 10 * 1024 * 1024,
        }
    }
}

impl Settings {
    /// Names of all settings.
    pub const NAMES: [&str; 11] = [
        "fixed_otp",
        "otp_lifetime",
        "compliance_lifetime",
        "production_lifetime",
        "renewal",
        "renewal_revokes_old",
        "renewal_grace",
        "canned_production",
        "clearance_enabled",
        "chain",
        "max_body",
    ];

    /// The settings with some of them changed, as `{"name": value}` says.
    ///
    /// # Errors
    /// Names the field that is unknown or has no fitting value.
    pub fn with(&self, path: &str, changes: &Value) -> Result<Settings, BadField> {
        let mut changed = self.clone();
        for (name, value) in fields::object(path, changes, &Settings::NAMES)? {
            changed.set(name, &fields::inside(path, name), value)?;
        }
        Ok(changed)
    }

    fn set(&mut self, name: &str, path: &str, value: &Value) -> Result<(), BadField> {
        let lifetime = || fields::number(path, value, 1, MAX_LIFETIME);
        match name {
            "fixed_otp" => self.fixed_otp = fixed_otp(path, value)?,
            "otp_lifetime" => self.otp_lifetime = lifetime()?,
            "compliance_lifetime" => self.compliance_lifetime = lifetime()?,
            "production_lifetime" => self.production_lifetime = lifetime()?,
            "renewal" => self.renewal = fields::word(path, value, &ROADS)?,
            "renewal_revokes_old" => self.renewal_revokes_old = fields::truth(path, value)?,
            "renewal_grace" => self.renewal_grace = fields::number(path, value, 0, MAX_LIFETIME)?,
            "canned_production" => self.canned_production = fields::truth(path, value)?,
            "clearance_enabled" => self.clearance_enabled = fields::truth(path, value)?,
            "chain" => self.chain = fields::word(path, value, &CHAINS)?,
            "max_body" => {
                let bytes = fields::number(path, value, 1, 1 << 30)?;
                self.max_body = usize::try_from(bytes).unwrap_or(usize::MAX);
            }
            _ => return Err(bad(path, "is not known here")),
        }
        Ok(())
    }
}

const ROADS: [(&str, RenewalRoad); 3] = [
    ("428", RenewalRoad::ComplianceFirst),
    ("200", RenewalRoad::Direct),
    ("200-wrapped", RenewalRoad::Wrapped),
];

const CHAINS: [(&str, ChainPolicy); 2] =
    [("strict", ChainPolicy::Strict), ("audit-only", ChainPolicy::AuditOnly)];

fn fixed_otp(path: &str, value: &Value) -> Result<Option<String>, BadField> {
    match value {
        Value::Null => Ok(None),
        Value::String(digits) if is_otp(digits) => Ok(Some(digits.clone())),
        _ => Err(bad(path, "must be a text of six digits, or null for none")),
    }
}

/// Six ASCII digits.
pub(super) fn is_otp(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_setting_can_be_read_back_and_changed() {
        let default = Settings::default();
        let shown = serde_json::to_value(&default).unwrap();
        let names: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, Settings::NAMES);
        assert_eq!(default.with("", &shown).unwrap(), default);
        let changes = json!({"fixed_otp": null, "otp_lifetime": 60, "renewal": "200-wrapped", "renewal_grace": 5,
            "chain": "audit-only", "clearance_enabled": false, "canned_production": true, "max_body": 10});
        let changed = default.with("", &changes).unwrap();
        assert_eq!((changed.renewal, changed.renewal_grace), (RenewalRoad::Wrapped, 5));
        assert_eq!((changed.fixed_otp.clone(), changed.max_body), (None, 10));
        assert_eq!(default.with("", &serde_json::to_value(&changed).unwrap()).unwrap(), changed);
    }

    #[test]
    fn nothing_changes_by_a_bad_field() {
        for (changes, field) in [
            (json!([]), "the body"),
            (json!({"otp_lifetime": 0}), "otp_lifetime"),
            (json!({"otp_lifetime": 60, "production_lifetime": "long"}), "production_lifetime"),
            (json!({"compliance_lifetime": i64::MAX}), "compliance_lifetime"),
            (json!({"renewal": 428}), "renewal"),
            (json!({"fixed_otp": "12345"}), "fixed_otp"),
            (json!({"chain": "loose"}), "chain"),
            (json!({"renewal_revokes_old": "yes"}), "renewal_revokes_old"),
            (json!({"max_body": -1}), "max_body"),
            (json!({"clearance": false}), "clearance"),
        ] {
            assert_eq!(Settings::default().with("", &changes).unwrap_err().field, field, "{changes}");
        }
        let nested = Settings::default().with("settings", &json!({"chain": 1})).unwrap_err();
        assert_eq!(nested.to_string(), "settings.chain: must be one of strict, audit-only");
    }
}
