//! Counter and previous hash (signing.md section 8).

use super::encoding::strict;
use super::finding::{At, Notes, because, values};
use super::select::{ATTACHED, reference_texts};
use super::wording::Check;
use crate::chain::GENESIS_PIH;
use crate::xml::{Node, Ns};

const ICV_FIELD: &str = "/Invoice/cac:AdditionalDocumentReference[cbc:ID='ICV']/cbc:UUID";
const PIH_FIELD: &str = "/Invoice/cac:AdditionalDocumentReference[cbc:ID='PIH']/cac:Attachment\
                         /cbc:EmbeddedDocumentBinaryObject";

/// What a document says of its place in the chain, every text of each kind.
pub(super) struct Place {
    pub counters: Vec<String>,
    pub hashes: Vec<String>,
}

impl Place {
    pub(super) fn read(root: Node<'_>) -> Place {
        Place {
            counters: reference_texts(root, "ICV", &[(Ns::Cbc, "UUID")]),
            hashes: reference_texts(root, "PIH", &ATTACHED),
        }
    }
}

/// Judges the form of both, and the hash against the one that is expected.
pub(super) fn check(notes: &mut Notes, place: &Place, given: Option<&str>) {
    let one = match place.counters.as_slice() {
        [one] => is_counter(one.trim()),
        _ => false,
    };
    if !one {
        let found = if place.counters.is_empty() { "-".to_owned() } else { place.counters.join(", ") };
        notes.error(
            Check::Icv,
            At::Path(ICV_FIELD),
            values(&found, "", "one whole number above zero, in digits"),
        );
    }
    let [value] = place.hashes.as_slice() else {
        let count = place.hashes.len().to_string();
        return notes.error(
            Check::PihCount,
            At::Path(PIH_FIELD),
            values(&count, "1", "texts of the PIH reference"),
        );
    };
    let data = match strict(value) {
        Ok(data) => data,
        Err(cause) => return notes.error(Check::PihBase64, At::Path(PIH_FIELD), values(value, "", cause)),
    };
    let hex = data.len() == 64 && data.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if data.len() != 32 && !hex {
        let found = data.len().to_string();
        notes.error(Check::PihLength, At::Path(PIH_FIELD), values(&found, "32", "bytes behind the base64"));
    }
    if data.len() == 64 && value != GENESIS_PIH {
        let cause = "base64 of 64 characters of hex instead of base64 of 32 bytes";
        notes.warn(Check::PihHex, At::Path(PIH_FIELD), because(cause));
    }
    if let Some(given) = given.filter(|given| !given.is_empty() && *given != value) {
        notes.error(
            Check::PihValue,
            At::Path(PIH_FIELD),
            values(value, given, "PIH is not the one that was given"),
        );
    }
}

fn is_counter(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit))
}
