//! Requests that are right, to be made wrong in one place.

use serde_json::{Value, json};

/// A request on its way to the till.
#[derive(Debug)]
pub enum Ask {
    Sale(Value),
    /// A sale whose text is no JSON, or none that a tree can hold.
    Text(String),
    Credit(Value),
}

/// A sale to anybody; what a shop does all day.
pub fn sale() -> Value {
    json!({"lines": [{"name": "تمر", "quantity": 3, "shelf_price": "9.99", "vat": "S"}]})
}

/// A sale to a company in Saudi Arabia.
pub fn standard() -> Value {
    let address = json!({"street": "التحلية", "building": "1", "district": "العليا", "city": "الرياض",
        "postal_code": "12221", "country": "SA"});
    let buyer = json!({"name": "شركة", "vat_number": "311111111100003", "address": address});
    with(with(sale(), "/subtype", json!("standard")), "/buyer", buyer)
}

/// An export of goods to a company abroad.
pub fn export() -> Value {
    let address = json!({"street": "x", "city": "y", "postal_code": "00000", "country": "AE"});
    let buyer = json!({"name": "Co", "id": {"scheme": "OTH", "value": "X1"}, "address": address});
    let body = with(with(standard(), "/flags", json!(["export"])), "/buyer", buyer);
    with(body, "/lines/0/vat", json!({"category": "Z", "reason_code": "VATEX-SA-32"}))
}

/// A document over the supplies of a month.
pub fn summary() -> Value {
    let body = with(with(sale(), "/flags", json!(["summary"])), "/buyer", json!({"name": "خالد"}));
    with(body, "/supply", json!({"date": "2026-10-01", "until": "2026-10-31"}))
}

/// A document in US dollars.
pub fn dollars() -> Value {
    with(standard(), "/currency", json!({"code": "USD", "rate": "3.75"}))
}

/// A debit note.
pub fn note() -> Value {
    let body = with(sale(), "/document", json!("debit_note"));
    with(with(body, "/originals", json!([{"number": "A-1"}])), "/reason", json!("تعديل"))
}

/// A sale with a charge on the whole of it.
pub fn charged() -> Value {
    with(sale(), "/charges", json!([{"amount": 5, "code": "FC", "reason": "توصيل", "vat": "S"}]))
}

/// A sale with a charge on its line.
pub fn charged_line() -> Value {
    with(sale(), "/lines/0/charge", json!({"amount": 5, "code": "FC", "reason": "توصيل"}))
}

/// An invoice that uses up an advance.
pub fn advance() -> Value {
    let one = json!({"number": "A", "date": "2026-01-01", "time": "10:00:00", "vat": "S", "amount": 10});
    with(sale(), "/prepayments", json!([one]))
}

/// A sale of one line with this VAT.
pub fn taxed(vat: Value) -> Value {
    with(sale(), "/lines/0/vat", vat)
}

/// A sale to somebody with this identifier.
pub fn identified(scheme: &str, value: &str) -> Value {
    with(sale(), "/buyer", json!({"name": "خالد", "id": {"scheme": scheme, "value": value}}))
}

/// A credit of a document of another system.
pub fn external() -> Value {
    json!({"original": {"external": {"number": "Z-1", "date": "2026-01-01"}}, "reason": {"text": "عدل عنه"},
        "items": [{"name": "تمر", "quantity": 1, "shelf_price": "9.99", "vat": "S"}]})
}

/// A text of so many letters.
pub fn long(letters: usize) -> Value {
    json!("س".repeat(letters))
}

/// The body with one value changed along a path such as `/buyer/name`; `null` takes it away.
pub fn with(mut body: Value, path: &str, value: Value) -> Value {
    let (parent, key) = path.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        object => object[key] = value,
    }
    body
}
