//! Request bodies (fatoora-api.md section 3). All fields are strings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;

use crate::chain::InvoiceHash;

/// One document as it is sent: the same three things at every attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// `cbc:UUID` of the document.
    pub uuid: Uuid,
    /// The document's invoice hash.
    pub hash: InvoiceHash,
    /// The stored bytes, unchanged.
    pub xml: Vec<u8>,
}

impl Submission {
    pub(super) fn body(&self) -> Vec<u8> {
        json!({
            "invoiceHash": self.hash.to_base64(),
            "uuid": self.uuid.to_string(),
            "invoice": STANDARD.encode(&self.xml),
        })
        .to_string()
        .into_bytes()
    }
}

/// Body of `POST /compliance` and of the renewal: base64 of the PEM text.
pub(super) fn csr_body(csr_pem: &str) -> Vec<u8> {
    json!({ "csr": STANDARD.encode(csr_pem) }).to_string().into_bytes()
}

/// Body of `POST /production/csids`.
pub(super) fn production_body(request_id: &str) -> Vec<u8> {
    json!({ "compliance_request_id": request_id }).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_what_the_interface_says() {
        let submission = Submission {
            uuid: Uuid::from_u128(0x8e6000cf1a984e17b7b4a2c21fa3dd01),
            hash: InvoiceHash::new([0; 32]),
            xml: b"<Invoice/>".to_vec(),
        };
        assert_eq!(
            String::from_utf8(submission.body()).expect("JSON"),
            "{\"invoiceHash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\
             \"uuid\":\"8e6000cf-1a98-4e17-b7b4-a2c21fa3dd01\",\"invoice\":\"PEludm9pY2UvPg==\"}"
        );
        assert_eq!(csr_body("ab"), b"{\"csr\":\"YWI=\"}");
        assert_eq!(production_body("12\"3"), b"{\"compliance_request_id\":\"12\\\"3\"}");
    }
}
