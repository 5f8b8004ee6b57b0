//! Compression without loss: zstd with a raw-content dictionary of the till's
//! own shapes. A packed document is unpacked and compared before it counts.

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{self, CParameter};

use super::StorageError;

/// More than any document or answer has; a frame that claims more is damaged.
const LIMIT: usize = 32 << 20;

/// What begins the dictionary of answers. Our own words for what the authority
/// returns nearly always, so that an ordinary answer packs into some tens of bytes.
pub(super) const ANSWERS: &[u8] = br#"{"validationResults":{"infoMessages":[{"type":"INFO","code":"XSD_ZATCA_VALID","category":"XSD validation","message":"Complied with UBL 2.1 standards in line with ZATCA specifications","status":"PASS"}],"warningMessages":[{"type":"WARNING","code":"BR-KSA-98","category":"KSA","message":"","status":"WARNING"}],"errorMessages":[],"status":"WARNING"},"reportingStatus":"REPORTED","clearanceStatus":"CLEARED","clearedInvoice":null,"qrSellertStatus":null,"qrBuyertStatus":null}{"validationResults":{"infoMessages":[{"type":"INFO","code":"XSD_ZATCA_VALID","category":"XSD validation","message":"Complied with UBL 2.1 standards in line with ZATCA specifications","status":"PASS"}],"warningMessages":[],"errorMessages":[],"status":"PASS"},"reportingStatus":"REPORTED","clearanceStatus":null,"qrSellertStatus":null,"qrBuyertStatus":null}"#;

/// A digested dictionary with contexts that are used again and again.
pub(super) struct Packer {
    compressor: Compressor<'static>,
    decompressor: Decompressor<'static>,
}

impl Packer {
    pub fn new(dictionary: &[u8], level: i32) -> Result<Packer, StorageError> {
        let failed = |e: std::io::Error| StorageError::Internal { detail: format!("zstd: {e}") };
        let mut compressor = Compressor::with_dictionary(level, dictionary).map_err(failed)?;
        // Four bytes that notice a flipped bit in the stored form.
        compressor.set_parameter(CParameter::ChecksumFlag(true)).map_err(failed)?;
        let decompressor = Decompressor::with_dictionary(dictionary).map_err(failed)?;
        Ok(Packer { compressor, decompressor })
    }

    pub fn pack(&mut self, plain: &[u8]) -> Result<Vec<u8>, StorageError> {
        let internal = |detail: String| StorageError::Internal { detail };
        if plain.len() > LIMIT {
            return Err(internal(format!("{} bytes are more than the ledger takes", plain.len())));
        }
        let packed = self.compressor.compress(plain).map_err(|e| internal(format!("zstd: {e}")))?;
        match self.unpack(&packed) {
            Ok(again) if again == plain => Ok(packed),
            _ => Err(internal("compressed bytes did not come back as they were; check the memory".into())),
        }
    }

    pub fn unpack(&mut self, packed: &[u8]) -> Result<Vec<u8>, StorageError> {
        let size = zstd_safe::get_frame_content_size(packed).ok().flatten();
        let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= LIMIT);
        let size = size.ok_or_else(|| StorageError::damaged("a compressed entry has no valid size"))?;
        self.decompressor
            .decompress(packed, size)
            .map_err(|e| StorageError::damaged(format!("a compressed entry does not unpack: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_and_a_flipped_bit_is_noticed() {
        let mut packer = Packer::new(b"the shape of a document, the shape of a line", 3).unwrap();
        for plain in [&b""[..], b"x", b"the shape of a line, the shape of a line", &[0x5A; 70_000]] {
            let packed = packer.pack(plain).unwrap();
            assert_eq!(packer.unpack(&packed).unwrap(), plain);
        }
        let packed = packer.pack(b"the shape of a document: 1,234.50").unwrap();
        for at in 0..packed.len() * 8 {
            let mut flipped = packed.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            let read = packer.unpack(&flipped);
            // Some bits of the frame header say nothing about the content.
            assert!(read.is_err() || read.unwrap() == b"the shape of a document: 1,234.50", "bit {at}");
        }
        assert!(packer.unpack(b"").is_err());
    }

    #[test]
    fn an_ordinary_answer_packs_into_some_tens_of_bytes() {
        let mut packer = Packer::new(ANSWERS, 6).unwrap();
        let half = ANSWERS.len() / 2;
        assert!(packer.pack(&ANSWERS[half..]).unwrap().len() < 40);
    }
}
