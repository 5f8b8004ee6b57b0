//! The QR payload: tag, one length byte, value, in ascending tags, as base64
//! (signing.md section 7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// The longest text that the oldest rule set in force accepts (BR-CL-KSA-14).
pub const MAX_TEXT: usize = 700;

/// The values of a QR code; tag 9 stands on simplified documents only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrFields {
    /// Tag 1: BT-27, cut to 255 bytes at a character's border.
    pub seller: String,
    /// Tag 2.
    pub vat_number: String,
    /// Tag 3: `IssueDate`T`IssueTime` as in the XML.
    pub issued: String,
    /// Tag 4: text of `PayableAmount`.
    pub payable: String,
    /// Tag 5: text of the first `TaxTotal`.
    pub tax: String,
    /// Tag 6: base64 of the invoice hash.
    pub hash: String,
    /// Tag 7: base64 of the DER signature.
    pub signature: String,
    /// Tag 8: DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// Tag 9: the CA's signature over the certificate, DER.
    pub certificate_signature: Option<Vec<u8>>,
}

/// Why a QR payload cannot be made or read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QrError {
    /// More characters of base64 than readers take.
    #[error(
        "the QR text has {0} characters; readers accept at most 700: shorten the seller's name (BR-CL-KSA-14)"
    )]
    TooLong(usize),
    /// A value does not fit the one byte of its length.
    #[error("QR tag {0} is longer than 255 bytes")]
    ValueTooLong(u8),
    /// The payload is not base64.
    #[error("the QR text is not base64")]
    Base64,
    /// Tag, length and value do not fill the payload in rising order; the offset of the first misfit.
    #[error("the QR data breaks off or its tags are out of order at byte {0}")]
    Structure(usize),
    /// A tag that must be there is not.
    #[error("QR tag {0} is missing")]
    Missing(u8),
    /// A tag that holds text is not UTF-8.
    #[error("QR tag {0} is not text")]
    Text(u8),
}

impl QrFields {
    /// The base64 text that XML and paper carry.
    pub fn encode(&self) -> Result<String, QrError> {
        let mut data = Vec::with_capacity(512);
        let texts = [&self.vat_number, &self.issued, &self.payable, &self.tax, &self.hash, &self.signature];
        push(&mut data, 1, cut(&self.seller, 255).as_bytes())?;
        for (tag, text) in (2..).zip(texts) {
            push(&mut data, tag, text.as_bytes())?;
        }
        push(&mut data, 8, &self.public_key)?;
        if let Some(signature) = &self.certificate_signature {
            push(&mut data, 9, signature)?;
        }
        let text = STANDARD.encode(data);
        if text.len() > MAX_TEXT { Err(QrError::TooLong(text.len())) } else { Ok(text) }
    }

    /// Reads a payload; tags must ascend from 1 without gap, to 8 or 9.
    pub fn decode(text: &str) -> Result<QrFields, QrError> {
        let data = STANDARD.decode(text).map_err(|_| QrError::Base64)?;
        let mut values = Vec::with_capacity(9);
        let mut at = 0;
        while at < data.len() {
            let (tag, length) = match data[at..] {
                [tag, length, ..] => (tag, usize::from(length)),
                _ => return Err(QrError::Structure(at)),
            };
            let value = data.get(at + 2..at + 2 + length).ok_or(QrError::Structure(at))?;
            if usize::from(tag) != values.len() + 1 || tag > 9 {
                return Err(QrError::Structure(at));
            }
            values.push(value.to_vec());
            at += 2 + length;
        }
        let mut values = values.into_iter().zip(1u8..);
        let mut next = |tag: u8| values.next().map(|(value, _)| value).ok_or(QrError::Missing(tag));
        let mut text = |tag: u8| String::from_utf8(next(tag)?).map_err(|_| QrError::Text(tag));
        Ok(QrFields {
            seller: text(1)?,
            vat_number: text(2)?,
            issued: text(3)?,
            payable: text(4)?,
            tax: text(5)?,
            hash: text(6)?,
            signature: text(7)?,
            public_key: next(8)?,
            certificate_signature: next(9).ok(),
        })
    }
}

fn push(data: &mut Vec<u8>, tag: u8, value: &[u8]) -> Result<(), QrError> {
    let length = u8::try_from(value.len()).map_err(|_| QrError::ValueTooLong(tag))?;
    data.extend([tag, length]);
    data.extend(value);
    Ok(())
}

/// The longest beginning of at most `bytes` bytes that ends with a whole character.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> QrFields {
        QrFields {
            seller: "متجر".into(),
            vat_number: "399999999900003".into(),
            issued: "2026-03-14T21:05:09".into(),
            payable: "47.25".into(),
            tax: "5.25".into(),
            hash: "h".repeat(44),
            signature: "s".repeat(96),
            public_key: vec![8; 88],
            certificate_signature: Some(vec![9; 71]),
        }
    }

    #[test]
    fn round_trips_and_counts_bytes_not_characters() {
        let text = fields().encode().unwrap();
        assert_eq!(STANDARD.decode(&text).unwrap()[..2], [1, 8]);
        assert_eq!(QrFields::decode(&text).unwrap(), fields());
    }

    #[test]
    fn broken_payloads_are_named() {
        let data = STANDARD.decode(fields().encode().unwrap()).unwrap();
        let shorter = STANDARD.encode(&data[..data.len() - 1]);
        assert!(matches!(QrFields::decode(&shorter), Err(QrError::Structure(_))));
        assert_eq!(QrFields::decode(""), Err(QrError::Missing(1)));
        assert_eq!(QrFields::decode("AgA="), Err(QrError::Structure(0)));
        assert_eq!(QrFields::decode("***"), Err(QrError::Base64));
        let long = QrFields { seller: "م".repeat(120), ..fields() };
        assert!(matches!(long.encode(), Err(QrError::TooLong(_))));
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(cut("aم", 2), "a");
        assert_eq!(cut("مم", 4), "مم");
    }
}
