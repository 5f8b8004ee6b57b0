//! A place in the source that moves forward, and the small words of XML:
//! space, names, quoted values, and what runs up to an end mark.

use super::chars::{is_name_part, is_name_start, is_space};
use super::error::Fault;
use super::{MAX_NAME, dom::Span};

pub(super) struct Scanner<'s> {
    pub source: &'s str,
    pub at: usize,
    line: u32,
    counted: usize,
}

impl<'s> Scanner<'s> {
    pub fn new(source: &'s str) -> Scanner<'s> {
        Scanner { source, at: 0, line: 1, counted: 0 }
    }

    /// The line of the current place, from 1.
    pub fn line(&mut self) -> u32 {
        let passed = self.source.as_bytes().get(self.counted..self.at).unwrap_or_default();
        let breaks = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.counted = self.at.max(self.counted);
        self.line
    }

    pub fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or("")
    }

    pub fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    /// Steps over the mark if it stands here.
    pub fn eat(&mut self, mark: &str) -> bool {
        let here = self.rest().starts_with(mark);
        if here {
            self.at += mark.len();
        }
        here
    }

    /// Steps over white space; whether there was any.
    pub fn space(&mut self) -> bool {
        let before = self.at;
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        self.at > before
    }

    /// What stands before the mark, stepping over both; none if there is no such mark.
    pub fn until(&mut self, mark: &str) -> Option<&'s str> {
        let rest = self.rest();
        let found = rest.find(mark)?;
        self.at += found + mark.len();
        rest.get(..found)
    }

    /// A name without colon.
    pub fn ncname(&mut self) -> Result<&'s str, Fault> {
        let rest = self.rest();
        let mut letters = rest.char_indices();
        if !letters.next().is_some_and(|(_, c)| is_name_start(c)) {
            return Err(Fault::Name);
        }
        let len = letters.find(|(_, c)| !is_name_part(*c)).map_or(rest.len(), |(at, _)| at);
        let name = rest.get(..len).unwrap_or("");
        if len > MAX_NAME && name.chars().count() > MAX_NAME {
            return Err(Fault::LongName);
        }
        self.at += len;
        Ok(name)
    }

    /// A name that may have a prefix: the whole, and the bytes of the prefix.
    pub fn qname(&mut self) -> Result<(Span, usize), Fault> {
        let start = self.at;
        let first = self.ncname()?.len();
        let mut prefix = 0;
        if self.eat(":") {
            self.ncname()?;
            prefix = first;
        }
        if self.peek() == Some(b':') {
            return Err(Fault::Name);
        }
        Ok((span(start, self.at), prefix))
    }

    /// What stands between two equal quotation marks.
    pub fn quoted(&mut self) -> Option<&'s str> {
        let mark = match self.peek()? {
            b'"' => "\"",
            b'\'' => "'",
            _ => return None,
        };
        self.at += 1;
        self.until(mark)
    }
}

/// The piece of the source between two places. Documents are far below 4 GiB.
pub(super) fn span(from: usize, to: usize) -> Span {
    Span { at: from as u32, len: to.saturating_sub(from) as u32 }
}
