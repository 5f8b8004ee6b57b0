//! What only the last look at a document finds, as the POS is told of it.

use super::till::{Till, basket};
use serde_json::json;

#[tokio::test]
async fn a_rule_that_only_the_document_breaks_is_a_finding_like_any_other() {
    let till = Till::new();
    let mut note = basket();
    note["document"] = json!("debit_note");
    note["reason"] = json!("Price corrected");
    note["originals"] = json!([{"number": "A-1", "date": "2099-01-01"}]);
    let (code, findings) = till.sell(&note).await.refused();
    let rules: Vec<&str> = findings.iter().map(|(_, rule)| rule.as_str()).collect();
    assert_eq!((code.as_str(), rules), ("invalid-sale", vec!["BR-KSA-04"]));
    assert_eq!(till.documents().await, 0);
    note["originals"] = json!([{"number": "A-1", "date": "2026-01-01"}]);
    assert_eq!(till.sell(&note).await.issued()["icv"], 1);
}
