//! Reading a QR code's TLV: one byte tag, one byte length, value (signing.md section 7).

/// The values of tags 1..=9 in order; a tag that is absent at the end is simply not there.
///
/// `None` when tags do not ascend from 1 without a gap, a length runs over the end, or a tag above 9 appears.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut values = Vec::new();
    let mut rest = bytes;
    while let [tag, length, tail @ ..] = rest {
        let length = usize::from(*length);
        if usize::from(*tag) != values.len() + 1 || *tag > 9 || tail.len() < length {
            return None;
        }
        let (value, after) = tail.split_at(length);
        values.push(value);
        rest = after;
    }
    rest.is_empty().then_some(values)
}

/// One entry; a value longer than 255 bytes is cut at a UTF-8 boundary.
pub(super) fn write(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    let mut end = value.len().min(255);
    while end > 0 && end < value.len() && value[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    out.push(tag);
    out.push(u8::try_from(end).unwrap_or(u8::MAX)); // at most 255
    out.extend_from_slice(&value[..end]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascending_tags_only() {
        assert_eq!(read(&[1, 1, b'a', 2, 0]).unwrap(), vec![&b"a"[..], &b""[..]]);
        assert_eq!(read(&[]).unwrap().len(), 0);
        for bad in [&[2, 0][..], &[1, 0, 3, 0], &[1, 0, 1, 0], &[1, 2, 0], &[1], &[1, 0, 2]] {
            assert!(read(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let mut out = Vec::new();
        let name = "ش".repeat(128); // 256 bytes
        write(&mut out, 1, name.as_bytes());
        assert_eq!(out[1], 254);
        assert_eq!(std::str::from_utf8(&out[2..]).unwrap().chars().count(), 127);
    }
}
