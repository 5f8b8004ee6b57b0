//! DER, read by the letter: a certificate that others accept is read here, and
//! none that is broken.

/// One tag with its content; `whole` includes tag and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    /// First byte of the tag; high tag numbers are told apart by no one here.
    pub tag: u8,
    pub content: &'a [u8],
    pub whole: &'a [u8],
}

/// What does not fit; for the integrator.
pub(super) type Flaw = &'static str;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const PRINTABLE: u8 = 0x13;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const UNIVERSAL: u8 = 0x1c;
pub(super) const BMP: u8 = 0x1e;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Reads one item after the other.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Reader<'a> {
        Reader { rest: data }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next item, whatever its tag.
    pub(super) fn any(&mut self) -> Result<Item<'a>, Flaw> {
        let all = self.rest;
        let (tag, rest) = all.split_first().ok_or("DER ends too early")?;
        let rest = if tag & 0x1f == 0x1f { high_tag(rest)? } else { rest };
        let (length, rest) = length(rest)?;
        let content = rest.get(..length).ok_or("DER ends too early")?;
        self.rest = rest.get(length..).unwrap_or_default();
        let whole = all.get(..all.len() - self.rest.len()).unwrap_or_default();
        Ok(Item { tag: *tag, content, whole })
    }

    /// The next item, which must have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Result<Item<'a>, Flaw> {
        let item = self.any()?;
        if item.tag == tag { Ok(item) } else { Err("another kind of DER value was expected") }
    }

    /// The next item if it has this tag.
    pub(super) fn maybe(&mut self, tag: u8) -> Result<Option<Item<'a>>, Flaw> {
        if self.rest.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), Flaw> {
        if self.rest.is_empty() { Ok(()) } else { Err("data follows the end of a DER value") }
    }
}

/// The only item of some data.
pub(super) fn single(data: &[u8], tag: u8) -> Result<Item<'_>, Flaw> {
    let mut reader = Reader::new(data);
    let item = reader.take(tag)?;
    reader.end()?;
    Ok(item)
}

/// A tag number of 31 or more in base 128, without needless bytes.
fn high_tag(data: &[u8]) -> Result<&[u8], Flaw> {
    let used = data.iter().position(|byte| byte & 0x80 == 0).ok_or("DER ends too early")? + 1;
    let number = data.iter().take(used).fold(0u64, |sum, b| sum.saturating_mul(128) | u64::from(b & 0x7f));
    if used > 4 || number < 31 || data.first() == Some(&0x80) {
        return Err("a DER tag is not written in the shortest form");
    }
    Ok(data.get(used..).unwrap_or_default())
}

fn length(data: &[u8]) -> Result<(usize, &[u8]), Flaw> {
    const WRONG: Flaw = "a DER length is not written in the shortest form";
    let (first, rest) = data.split_first().ok_or("DER ends too early")?;
    if first & 0x80 == 0 {
        return Ok((usize::from(*first), rest));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return Err(WRONG);
    }
    let bytes = rest.get(..count).ok_or("DER ends too early")?;
    let value = bytes.iter().fold(0usize, |sum, b| sum << 8 | usize::from(*b));
    if bytes.first() == Some(&0) || value < 0x80 {
        return Err(WRONG);
    }
    Ok((value, rest.get(count..).unwrap_or_default()))
}

/// The bytes of an integer in the shortest two's complement.
pub(super) fn integer(content: &[u8]) -> Result<&[u8], Flaw> {
    match content {
        [] => Err("an integer has no digits"),
        [0, next, ..] if next & 0x80 == 0 => Err("an integer is not written in the shortest form"),
        [0xff, next, ..] if next & 0x80 != 0 => Err("an integer is not written in the shortest form"),
        _ => Ok(content),
    }
}

/// A natural number, big-endian and without the sign's zero byte.
pub(super) fn natural(content: &[u8]) -> Result<&[u8], Flaw> {
    match integer(content)? {
        [first, ..] if first & 0x80 != 0 => Err("an integer is negative"),
        [0, rest @ ..] => Ok(rest),
        whole => Ok(whole),
    }
}

/// The bytes of a bit string; bits that are not used must be zero.
pub(super) fn bits(content: &[u8]) -> Result<&[u8], Flaw> {
    let (unused, data) = content.split_first().ok_or("a bit string has no content")?;
    let last = data.last().copied().unwrap_or(0);
    let fits = *unused <= 7 && (*unused == 0 || !data.is_empty());
    if !fits || last & ((1u8 << (unused & 7)) - 1) != 0 {
        return Err("a bit string has wrong unused bits");
    }
    Ok(data)
}

/// An object identifier in dots.
pub(super) fn oid(content: &[u8]) -> Result<String, Flaw> {
    const WRONG: Flaw = "an object identifier is broken";
    if content.is_empty() || content.len() > 63 {
        return Err(WRONG);
    }
    let mut arcs: Vec<u128> = Vec::new();
    let mut rest = content;
    while let Some(first) = rest.first() {
        let used = rest.iter().position(|b| b & 0x80 == 0).ok_or(WRONG)? + 1;
        let arc = rest
            .iter()
            .take(used)
            .try_fold(0u128, |sum, b| sum.checked_mul(128).map(|sum| sum | u128::from(b & 0x7f)));
        if *first == 0x80 {
            return Err(WRONG);
        }
        arcs.push(arc.ok_or(WRONG)?);
        rest = rest.get(used..).unwrap_or_default();
    }
    let (first, others) = arcs.split_first().ok_or(WRONG)?;
    let top = (first / 40).min(2);
    let mut text = format!("{top}.{}", first - 40 * top);
    for arc in others {
        text.push('.');
        text.push_str(&arc.to_string());
    }
    Ok(text)
}
