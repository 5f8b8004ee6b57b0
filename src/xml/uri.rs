//! The grammar of URI references (RFC 3986), as far as the reading of
//! namespaces and of `xsd:anyURI` needs it.

/// Whether the text is a URI or a relative reference.
pub fn is_reference(text: &str) -> bool {
    is_absolute(text) || relative(text)
}

/// Whether the text is a URI with a scheme.
pub fn is_absolute(text: &str) -> bool {
    rest_after_scheme(text).is_some_and(hierarchy)
}

/// What follows `scheme:`.
fn rest_after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let mut letters = scheme.bytes();
    let first = letters.next().is_some_and(|b| b.is_ascii_alphabetic());
    let others = letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    (first && others).then_some(rest)
}

/// A reference without scheme: its first step may not hold a colon.
fn relative(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or("");
    let colon_first = !text.starts_with('/') && path.split('/').next().unwrap_or("").contains(':');
    !colon_first && hierarchy(text)
}

/// Authority, path, query and fragment.
fn hierarchy(text: &str) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let tail = |part: &str| made_of(part, |b| b"!$&'()*+,;=:@/?".contains(&b));
    let (valid_authority, path) = match text.strip_prefix("//") {
        Some(rest) => {
            let (name, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            (authority(name), path)
        }
        None => (true, text),
    };
    valid_authority && made_of(path, |b| b"!$&'()*+,;=:@/".contains(&b)) && tail(query) && tail(fragment)
}

/// `user@host:port`, of which all may be missing.
fn authority(text: &str) -> bool {
    let (user, place) = text.split_once('@').unwrap_or(("", text));
    let (host_is_valid, port) = match place.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((_, port)) => (true, port),
            None => (false, ""),
        },
        None => {
            let (host, port) = place.split_at(place.find(':').unwrap_or(place.len()));
            (made_of(host, |b| b"!$&'()*+,;=".contains(&b)), port)
        }
    };
    host_is_valid && made_of(user, |b| b"!$&'()*+,;=:".contains(&b)) && valid_port(port)
}

/// Nothing, or a colon and a number that fits.
fn valid_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<i32>().is_ok(),
        None => text.is_empty(),
    }
}

/// Unreserved characters, escapes like `%41`, and what else is allowed there.
fn made_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = |offset: usize| bytes.get(at + offset).is_some_and(u8::is_ascii_hexdigit);
        match byte {
            b'%' if hex(1) && hex(2) => at += 3,
            b'%' => return false,
            b if b.is_ascii_alphanumeric() || b"-._~".contains(b) || allowed(*b) => at += 1,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_urns_are_told_from_other_texts() {
        let absolute = ["urn:", "http://[::1]/", "urn:%41", "urn:a?b?c", "http://u@h:80/", "http:///x", "A:"];
        let relative = ["foo", "/a//b", "//a", "#a", "?a", "./a:b", "a/b:c", "", "a?"];
        let neither =
            ["1a:b", "a b", "http://[x/", "http://a]", "urn:a[b]", "urn:%4", "urn:a#b#c", "urn:{a}"];
        let more =
            ["http://a:b/", "http://u@@h/", "x_y:b", ":a", "a%", "//a:b", "http://a:", "urn:\u{e9}", "a|b"];
        for text in absolute {
            assert!(is_absolute(text) && is_reference(text), "{text}");
        }
        for text in relative {
            assert!(!is_absolute(text) && is_reference(text), "{text}");
        }
        for text in neither.into_iter().chain(more) {
            assert!(!is_reference(text), "{text}");
        }
    }
}
