//! One setting for every official rule that only settings can break.

use std::path::PathBuf;

use tilld::config::{self, ConfigError, Settings};

const EXAMPLE: &str = include_str!("../../assets/tilld.example.toml");

/// A setting that would break a rule.
pub struct Entry {
    pub rule: &'static str,
    /// Section and key.
    section: &'static str,
    key: &'static str,
    /// What stands there instead; none if the key is left out.
    value: Option<String>,
    /// What is said of it.
    says: &'static str,
}

pub fn read(text: String) -> Result<Settings, ConfigError> {
    config::parse(&[(PathBuf::from("tilld.toml"), text)])
}

/// The example as it is.
pub fn example() -> String {
    EXAMPLE.to_owned()
}

impl Entry {
    /// The example with this setting.
    pub fn settings(&self) -> String {
        let mut section = "";
        let mut hits = 0;
        let mut text = String::new();
        for line in EXAMPLE.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name;
            }
            let whole = self.key.is_empty() && section == self.section;
            if whole || (section == self.section && line.starts_with(&format!("{} = ", self.key))) {
                hits += 1;
                if let Some(value) = &self.value {
                    text += &format!("{} = \"{value}\"\n", self.key);
                }
            } else {
                text += &format!("{line}\n");
            }
        }
        assert!(hits > 0, "{} is not in the example", self.rule);
        text
    }

    /// Whether one of the findings is on this setting and says why.
    pub fn is_in(&self, error: &ConfigError) -> bool {
        let key = if self.key.is_empty() {
            format!("{}.street", self.section)
        } else {
            format!("{}.{}", self.section, self.key)
        };
        // Scheme and number are judged together.
        let key =
            if key == "seller.id_scheme" && self.says.starts_with("BR-") { "seller.id".into() } else { key };
        let such = |one: &&config::ConfigFinding| one.key == key && one.problem.contains(self.says);
        error.findings.iter().find(such).is_some_and(|one| !one.accepted.is_empty())
    }
}

const SELLER: &str = "seller";
const ADDRESS: &str = "seller.address";

pub fn table() -> Vec<Entry> {
    let set = |rule, section, key, value: &str, says| Entry {
        rule,
        section,
        key,
        value: Some(value.to_owned()),
        says,
    };
    let without = |rule, section, key| Entry { rule, section, key, value: None, says: "is missing" };
    let letters = |count: usize| "x".repeat(count);
    vec![
        without("BR-06", SELLER, "name"),
        set("BR-06", SELLER, "name", "", "BR-KSA-F-06-C10"),
        // The section as a whole.
        without("BR-08", ADDRESS, ""),
        set("BR-CL-KSA-14", SELLER, "name", &letters(151), "BR-CL-KSA-14"),
        set("BR-KSA-F-06-C10", SELLER, "name", " ", "BR-KSA-F-06-C10"),
        set("BR-KSA-F-06-C10", SELLER, "name", &letters(1001), "BR-KSA-F-06-C10"),
        set("BR-KSA-F-06-C1", "till", "number_prefix", &letters(122), "cannot begin an invoice number"),
        without("BR-KSA-39", SELLER, "vat_number"),
        set("BR-KSA-39", SELLER, "vat_number", "", "BR-KSA-40"),
        set("BR-KSA-40", SELLER, "vat_number", "399999999900004", "BR-KSA-40"),
        set("BR-KSA-40", SELLER, "vat_number", "39999999990003", "BR-KSA-40"),
        without("BR-KSA-08", SELLER, "id"),
        without("BR-KSA-08", SELLER, "id_scheme"),
        set("BR-KSA-08", SELLER, "id_scheme", "TIN", "CRN, MOM"),
        set("BR-KSA-08", SELLER, "id", "1010-010000", "BR-KSA-08"),
        set("BR-KSA-F-08", SELLER, "id", "101001000", "BR-KSA-F-08"),
        set("BR-KSA-F-09", SELLER, "id_scheme", "700", "BR-KSA-F-09"),
        set("BR-KSA-F-13", SELLER, "id", "1111111190", "BR-KSA-F-13"),
        without("BR-KSA-09", ADDRESS, "street"),
        without("BR-KSA-09", ADDRESS, "building"),
        without("BR-KSA-09", ADDRESS, "district"),
        without("BR-KSA-09", ADDRESS, "city"),
        without("BR-KSA-09", ADDRESS, "postal_code"),
        set("BR-KSA-37", ADDRESS, "building", "232", "BR-KSA-37"),
        set("BR-KSA-37", ADDRESS, "building", "٢٣٢٢", "BR-KSA-37"),
        set("BR-KSA-66", ADDRESS, "postal_code", "2333", "BR-KSA-66"),
        set("BR-KSA-F-06-C4", ADDRESS, "street", " ", "BR-KSA-F-06-C4"),
        set("BR-KSA-F-06-C4", ADDRESS, "street", &letters(1001), "BR-KSA-F-06-C4"),
        set("BR-KSA-F-06-C6", ADDRESS, "additional_street", &letters(128), "BR-KSA-F-06-C6"),
        set("BR-KSA-F-06-C7", ADDRESS, "city", "", "BR-KSA-F-06-C7"),
        set("BR-KSA-F-06-C7", ADDRESS, "city", &letters(128), "BR-KSA-F-06-C7"),
        set("BR-KSA-F-06-C8", ADDRESS, "province", &letters(128), "BR-KSA-F-06-C8"),
        set("BR-KSA-F-06-C9", ADDRESS, "district", "", "BR-KSA-F-06-C9"),
        set("BR-KSA-F-06-C9", ADDRESS, "district", &letters(128), "BR-KSA-F-06-C9"),
    ]
}
