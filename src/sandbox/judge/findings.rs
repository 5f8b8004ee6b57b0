//! What a judgement finds: entries with the platform's codes and categories (fatoora-api.md section 3.2).

use serde_json::{Value, json};

/// The categories of the platform's messages; `Chain` is the sandbox's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Category {
    Xsd,
    En16931,
    Ksa,
    Certificate,
    Hashing,
    Qr,
    Signature,
    Business,
    Uuid,
    Duplicate,
    Chain,
}

impl Category {
    pub(in crate::sandbox) const ALL: [Category; 11] = [
        Category::Xsd,
        Category::En16931,
        Category::Ksa,
        Category::Certificate,
        Category::Hashing,
        Category::Qr,
        Category::Signature,
        Category::Business,
        Category::Uuid,
        Category::Duplicate,
        Category::Chain,
    ];

    pub(in crate::sandbox) fn text(self) -> &'static str {
        match self {
            Category::Xsd => "XSD validation",
            Category::En16931 => "EN_16931",
            Category::Ksa => "KSA",
            Category::Certificate => "CERTIFICATE_ERRORS",
            Category::Hashing => "INVOICE_HASHING_ERRORS",
            Category::Qr => "QRCODE_VALIDATION",
            Category::Signature => "SIGNATURE_ERRORS",
            Category::Business => "BUSINESS_RULES",
            Category::Uuid => "MISSING_UUID_IN_INVOICE",
            Category::Duplicate => "Duplicate-Invoice",
            Category::Chain => "CHAIN",
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Finding {
    pub(in crate::sandbox) code: String,
    pub(in crate::sandbox) category: Category,
    pub(in crate::sandbox) message: String,
}

/// Everything found about one document.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Findings {
    pub(in crate::sandbox) errors: Vec<Finding>,
    pub(in crate::sandbox) warnings: Vec<Finding>,
}

/// More entries of one code than this are not listed.
const MAX_PER_CODE: usize = 20;

impl Findings {
    pub(in crate::sandbox) fn error(&mut self, category: Category, code: &str, message: impl Into<String>) {
        push(&mut self.errors, category, code, message.into());
    }

    pub(in crate::sandbox) fn warning(&mut self, category: Category, code: &str, message: impl Into<String>) {
        push(&mut self.warnings, category, code, message.into());
    }

    /// Adds a business rule's finding; its category follows from the code.
    pub(in crate::sandbox) fn rule(&mut self, error: bool, code: &str, message: impl Into<String>) {
        let ksa = code.contains("KSA") || code.starts_with("BR-CUSTOM");
        let category = if ksa { Category::Ksa } else { Category::En16931 };
        if error {
            self.error(category, code, message);
        } else {
            self.warning(category, code, message);
        }
    }

    pub(in crate::sandbox) fn absorb(&mut self, other: Findings) {
        self.errors.extend(other.errors);
        self.warnings.extend(other.warnings);
    }

    /// Takes over everything as warnings.
    pub(in crate::sandbox) fn absorb_as_warnings(&mut self, other: Findings) {
        self.warnings.extend(other.errors);
        self.warnings.extend(other.warnings);
    }

    pub(in crate::sandbox) fn codes(&self) -> Vec<String> {
        self.errors.iter().chain(&self.warnings).map(|f| f.code.clone()).collect()
    }

    pub(in crate::sandbox) fn schema_valid(&self) -> bool {
        !self.errors.iter().any(|f| f.category == Category::Xsd)
    }

    /// The `validationResults` object.
    pub(in crate::sandbox) fn to_json(&self) -> Value {
        let status = match (self.errors.is_empty(), self.warnings.is_empty()) {
            (false, _) => "ERROR",
            (true, false) => "WARNING",
            (true, true) => "PASS",
        };
        let info = json!({"type": "INFO", "code": "XSD_ZATCA_VALID", "category": "XSD validation",
            "message": "Complied with UBL 2.1 standards in line with ZATCA specifications", "status": "PASS"});
        json!({
            "infoMessages": if self.schema_valid() { vec![info] } else { Vec::new() },
            "warningMessages": entries(&self.warnings, "WARNING"),
            "errorMessages": entries(&self.errors, "ERROR"),
            "status": status,
        })
    }
}

fn push(list: &mut Vec<Finding>, category: Category, code: &str, message: String) {
    if list.iter().filter(|f| f.code == code).count() < MAX_PER_CODE {
        list.push(Finding { code: code.to_owned(), category, message });
    }
}

fn entries(list: &[Finding], kind: &str) -> Vec<Value> {
    list.iter()
        .map(|f| {
            json!({"type": kind, "code": f.code, "category": f.category.text(), "message": f.message, "status": kind})
        })
        .collect()
}
