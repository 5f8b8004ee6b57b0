//! The QR code against document, stamp and certificate (signing.md section 7).

use std::collections::BTreeMap;

use super::encoding::strict;
use super::finding::{At, Notes, because, values};
use super::number::same;
use super::select::{PARTY, Step, all, is_invoice, pieces, text};
use super::wording::Check;
use super::x509::Certificate;
use crate::xml::{Node, Ns};

const FIELD: &str = "/Invoice/cac:AdditionalDocumentReference[cbc:ID='QR']/cac:Attachment\
                     /cbc:EmbeddedDocumentBinaryObject";
/// Most characters of base64 in the rules in force.
const MOST: usize = 1000;

/// What a stamp says that the QR code must repeat.
pub(super) struct Stamp<'a> {
    /// Text of `SignatureValue`.
    pub signature: &'a str,
    /// `DigestValue` of the invoice reference.
    pub stated: Option<&'a str>,
    pub certificate: Option<&'a Certificate>,
}

/// Judges the QR code of a document; `hash` is the base64 of its own hash.
pub(super) fn check(
    notes: &mut Notes,
    root: Node<'_>,
    codes: &[String],
    stamp: Option<&Stamp<'_>>,
    hash: &str,
    simplified: bool,
) {
    let Some(code) = codes.first() else { return };
    if codes.len() > 1 {
        let count = codes.len().to_string();
        notes.error(Check::QrCount, At::Path(FIELD), values(&count, "1", "more than one QR text"));
    }
    let tags = container(notes, code);
    if tags.is_empty() {
        return;
    }
    check_document(notes, root, &tags);
    if let Some(stamp) = stamp {
        check_stamp(notes, &tags, stamp, hash, simplified);
    }
}

/// The values by tag, the first of each; empty if the container is broken.
fn container(notes: &mut Notes, code: &str) -> BTreeMap<u8, Vec<u8>> {
    let length = code.chars().count();
    let data = strict(code);
    let items = data.as_ref().ok().map(|data| items(data));
    match (&data, &items) {
        (Err(cause), _) => {
            notes.error(Check::QrBase64, At::Path(FIELD), because(cause));
            return BTreeMap::new();
        }
        (_, Some(Err(at))) => {
            let cause = format!("tag, length and value break off at byte {at}");
            notes.error(Check::QrTlv, At::Path(FIELD), because(&cause));
            return BTreeMap::new();
        }
        _ => {}
    }
    if length > MOST {
        let (found, most) = (length.to_string(), MOST.to_string());
        notes.error(Check::QrLength, At::Path(FIELD), values(&found, &most, "characters of base64"));
    }
    let items = items.and_then(Result::ok).unwrap_or_default();
    check_order(notes, &items);
    let mut tags = BTreeMap::new();
    for (tag, value) in items {
        tags.entry(tag).or_insert_with(|| value.to_vec());
    }
    for (tag, value) in &tags {
        let name = tag.to_string();
        if !(1..=9).contains(tag) {
            notes.error(Check::QrTlvTag, At::Path(FIELD), values(&name, "", "tags are 1 to 9"));
        } else if value.is_empty() {
            notes.error(Check::QrTlvEmpty, At::Path(FIELD), values(&name, "", "the length of this tag is 0"));
        }
    }
    tags
}

fn check_order(notes: &mut Notes, items: &[(u8, &[u8])]) {
    let order: Vec<u8> = items.iter().map(|(tag, _)| *tag).collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let listed = order.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
    if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
        notes.error(Check::QrTlvDup, At::Path(FIELD), values(&listed, "", "each tag may stand once"));
    }
    if sorted != order {
        notes.error(Check::QrTlvOrder, At::Path(FIELD), values(&listed, "", "tags must ascend"));
    }
}

/// Tag, one length byte, value; or the byte where that breaks off.
fn items(data: &[u8]) -> Result<Vec<(u8, &[u8])>, usize> {
    let mut found = Vec::new();
    let mut rest = data;
    while let Some((tag, after)) = rest.split_first() {
        let broken = data.len() - rest.len();
        let (length, after) = after.split_first().ok_or(broken)?;
        let length = usize::from(*length);
        found.push((*tag, after.get(..length).ok_or(broken)?));
        rest = after.get(length..).unwrap_or_default();
    }
    Ok(found)
}

/// What the document says for tags 1 to 5, as it is written.
fn expected(root: Node<'_>) -> [(u8, Check, Option<String>); 5] {
    let [supplier, party] = PARTY;
    let read = |path: &[Step]| text(root, path).map(|text| text.into_owned());
    let part = |name| read(&[(Ns::Cbc, name)]).unwrap_or_else(|| "None".to_owned());
    let name = read(&[supplier, party, (Ns::Cac, "PartyLegalEntity"), (Ns::Cbc, "RegistrationName")]);
    let vat_number = read(&[supplier, party, (Ns::Cac, "PartyTaxScheme"), (Ns::Cbc, "CompanyID")]);
    let issued = format!("{}T{}", part("IssueDate"), part("IssueTime"));
    let payable = read(&[(Ns::Cac, "LegalMonetaryTotal"), (Ns::Cbc, "PayableAmount")]);
    let tax = vat_totals(root).into_iter().flat_map(pieces).next();
    [
        (1, Check::QrTag1, name),
        (2, Check::QrTag2, vat_number),
        (3, Check::QrTag3, Some(issued)),
        (4, Check::QrTag4, payable),
        (5, Check::QrTag5, tax),
    ]
}

fn vat_totals(root: Node<'_>) -> Vec<Node<'_>> {
    if is_invoice(root) { all(root, &[(Ns::Cac, "TaxTotal"), (Ns::Cbc, "TaxAmount")]) } else { Vec::new() }
}

/// What the words of the specification would allow instead: the total with VAT,
/// and the VAT in the document's currency.
fn other_basis(root: Node<'_>, tag: u8) -> Option<(Check, String)> {
    if tag == 4 {
        let total = text(root, &[(Ns::Cac, "LegalMonetaryTotal"), (Ns::Cbc, "TaxInclusiveAmount")])?;
        return Some((Check::QrTag4Basis, total.into_owned()));
    }
    let currency = text(root, &[(Ns::Cbc, "DocumentCurrencyCode")]).unwrap_or_default();
    let mut amounts =
        vat_totals(root).into_iter().filter(|node| node.attribute("currencyID") == Some(&currency));
    amounts.find_map(|node| pieces(node).into_iter().next()).map(|text| (Check::QrTag5Basis, text))
}

fn check_document(notes: &mut Notes, root: Node<'_>, tags: &BTreeMap<u8, Vec<u8>>) {
    for (tag, id, want) in expected(root) {
        let shown = want.as_deref().unwrap_or("-");
        let Some(value) = tags.get(&tag) else {
            let cause = format!("tag {tag} is missing");
            notes.error(id, At::Path(FIELD), values("-", shown, &cause));
            continue;
        };
        let Ok(got) = std::str::from_utf8(value) else {
            notes.error(
                Check::QrUtf8,
                At::Path(FIELD),
                values(&tag.to_string(), "", "the value is not UTF-8"),
            );
            continue;
        };
        match tag {
            4 | 5 => check_amount(notes, root, (tag, id), got, want.as_deref()),
            3 if got.trim_end_matches('Z') == shown.trim_end_matches('Z') => {}
            _ if Some(got) == want.as_deref() => {}
            _ => {
                let cause = format!("tag {tag} differs from the document");
                notes.error(id, At::Path(FIELD), values(got, shown, &cause));
            }
        }
    }
}

/// Amounts are compared by value; another way of writing or another basis earns a warning.
fn check_amount(notes: &mut Notes, root: Node<'_>, (tag, id): (u8, Check), got: &str, want: Option<&str>) {
    let shown = want.unwrap_or("-");
    let at = At::Path(FIELD);
    let other = other_basis(root, tag);
    // A text that is no number, on either side, ends the comparison as an error.
    let equal = want.map(|want| same(got, want));
    let equal_other = other.as_ref().map(|(_, text)| same(got, text));
    match (equal, other, equal_other) {
        (Some(Ok(true)), ..) if Some(got) == want => {}
        (Some(Ok(true)), ..) => {
            let cause = format!("tag {tag} has the right value, written differently");
            notes.warn(id, at, values(got, shown, &cause));
        }
        (Some(Ok(false)), Some((basis, _)), Some(Ok(true))) => {
            let cause = format!("tag {tag} has the amount of another field; the official samples do not");
            notes.warn(basis, at, values(got, shown, &cause));
        }
        _ => {
            let cause = format!("tag {tag} differs from the document, or one of the two is no number");
            notes.error(id, at, values(got, shown, &cause));
        }
    }
}

fn check_stamp(
    notes: &mut Notes,
    tags: &BTreeMap<u8, Vec<u8>>,
    stamp: &Stamp<'_>,
    hash: &str,
    simplified: bool,
) {
    let needed = [
        (6, Check::QrTag6, true),
        (7, Check::QrTag7, true),
        (8, Check::QrTag8, true),
        (9, Check::QrTag9, simplified),
    ];
    for (tag, id, _) in needed.iter().filter(|(tag, _, needed)| *needed && !tags.contains_key(tag)) {
        notes.error(*id, At::Path(FIELD), because(&format!("tag {tag} is missing")));
    }
    if let Some(value) = tags.get(&6) {
        let got = latin(value);
        if stamp.stated != Some(got.as_str()) {
            let cause = "tag 6 is not the DigestValue that the stamp states";
            notes.error(Check::QrTag6, At::Path(FIELD), values(&got, stamp.stated.unwrap_or("-"), cause));
        }
        if got != hash {
            let cause = "tag 6 is not the base64 of the document's own hash";
            notes.error(Check::QrTag6, At::Path(FIELD), values(&got, hash, cause));
        }
    }
    if tags.get(&7).is_some_and(|value| latin(value) != stamp.signature) {
        notes.error(Check::QrTag7, At::Path(FIELD), because("tag 7 is not the text of ds:SignatureValue"));
    }
    let Some(certificate) = stamp.certificate else {
        return notes.error(
            Check::QrNoCert,
            At::Path(FIELD),
            because("no certificate to compare tags 8 and 9 with"),
        );
    };
    if tags.get(&8).is_some_and(|value| *value != certificate.public_key) {
        notes.error(Check::QrTag8, At::Path(FIELD), because("tag 8 is not the DER SubjectPublicKeyInfo"));
    }
    if tags.get(&9).is_some_and(|value| *value != certificate.signature) {
        notes.error(
            Check::QrTag9,
            At::Path(FIELD),
            because("tag 9 is not the DER signature of the certificate"),
        );
    }
}

/// Bytes as characters, one for one.
fn latin(value: &[u8]) -> String {
    value.iter().map(|byte| char::from(*byte)).collect()
}

/// A QR code that is not there.
pub(super) fn missing(notes: &mut Notes, fails: bool, cause: &str) {
    if fails {
        notes.error(Check::QrMissing, At::Path(FIELD), because(cause));
    } else {
        notes.warn(Check::QrMissing, At::Path(FIELD), because(cause));
    }
}

/// The payloads of a document, usually one.
pub(super) fn codes(root: Node<'_>) -> Vec<String> {
    super::select::reference_texts(root, "QR", &super::select::ATTACHED)
}
