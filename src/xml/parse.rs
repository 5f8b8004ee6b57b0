//! From text to a tree: what stands around the document element, and the
//! content. Tags are in `tag`. Every step moves forward, and
//! what is open lies on a stack of our own, so hostile input ends quickly.

use std::collections::{HashMap, HashSet};

use super::chars::is_char;
use super::dom::{Attr, Declaration, Dom, Element, Entry, Kind, Span};
use super::encoding::{declaration, decode};
use super::error::{Fault, XmlError};
use super::namespace::Ns;
use super::scan::{Scanner, span};
use super::tag::Raw;
use super::{MAX_BYTES, MAX_ENTITIES, MAX_NODES};

/// An element whose end tag has not come yet.
pub(super) struct Open {
    pub id: u32,
    pub name: Span,
    /// How many declarations were in force before it.
    pub scope: usize,
}

pub(super) struct Parser<'s> {
    pub scan: Scanner<'s>,
    pub pool: String,
    pub nodes: Vec<Entry>,
    pub elements: Vec<Element>,
    pub attributes: Vec<Attr>,
    pub declarations: Vec<Declaration>,
    pub instructions: Vec<Span>,
    pub uris: Vec<(String, Ns)>,
    pub uri_index: HashMap<String, u32>,
    /// For each prefix the URIs it stood for, innermost last.
    pub scope: HashMap<&'s str, Vec<u32>>,
    /// The prefixes in the order of their declaration, to take them back.
    pub declared: Vec<&'s str>,
    pub open: Vec<Open>,
    pub ids: HashSet<String>,
    pub raw: Vec<Raw>,
    entities: usize,
}

impl Dom {
    /// Reads a document.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line: not well-formed, not UTF-8,
    /// a document type declaration, or beyond the bounds of this module.
    pub fn parse(bytes: &[u8]) -> Result<Dom, XmlError> {
        if bytes.len() > MAX_BYTES {
            return Err(XmlError { fault: Fault::Size, line: 1 });
        }
        let (source, mark) = decode(bytes)?;
        let mut parser = Parser::new(source);
        let read = parser.document(mark);
        read.map_err(|fault| XmlError { fault, line: parser.scan.line() })?;
        Ok(Dom {
            source: source.to_owned(),
            pool: parser.pool,
            nodes: parser.nodes,
            elements: parser.elements,
            attributes: parser.attributes,
            declarations: parser.declarations,
            instructions: parser.instructions,
            uris: parser.uris.into_iter().map(|(uri, _)| uri).collect(),
            mark,
        })
    }
}

impl<'s> Parser<'s> {
    fn new(source: &'s str) -> Parser<'s> {
        let guess = source.len() / 24;
        Parser {
            scan: Scanner::new(source),
            pool: String::new(),
            nodes: Vec::with_capacity(guess.min(MAX_NODES)),
            elements: Vec::with_capacity((guess / 2).min(MAX_NODES)),
            attributes: Vec::new(),
            declarations: Vec::new(),
            instructions: Vec::new(),
            uris: vec![(String::new(), Ns::None), (Ns::Xml.uri().to_owned(), Ns::Xml)],
            uri_index: HashMap::from([(String::new(), 0), (Ns::Xml.uri().to_owned(), 1)]),
            scope: HashMap::from([("xml", vec![1])]),
            declared: Vec::new(),
            open: Vec::new(),
            ids: HashSet::new(),
            raw: Vec::new(),
            entities: 0,
        }
    }

    fn document(&mut self, mark: bool) -> Result<(), Fault> {
        declaration(&mut self.scan, mark)?;
        self.around()?;
        match self.scan.peek() {
            Some(b'<') => self.start_tag()?,
            Some(_) => return Err(Fault::Outside),
            None => return Err(Fault::Empty),
        }
        while !self.open.is_empty() {
            self.content()?;
        }
        self.around()?;
        if self.scan.peek().is_some() { Err(Fault::Outside) } else { Ok(()) }
    }

    /// Space, comments and instructions outside the document element, which are
    /// checked and forgotten.
    fn around(&mut self) -> Result<(), Fault> {
        loop {
            self.scan.space();
            if self.scan.eat("<!--") {
                self.comment()?;
            } else if self.scan.eat("<?") {
                self.instruction()?;
            } else if self.scan.eat("<!DOCTYPE") {
                return Err(Fault::Doctype);
            } else {
                return Ok(());
            }
        }
    }

    fn content(&mut self) -> Result<(), Fault> {
        if self.scan.peek() != Some(b'<') {
            return self.text();
        }
        if self.scan.eat("</") {
            return self.end_tag();
        }
        if self.scan.eat("<!--") {
            let words = self.comment()?;
            return self.push(Kind::Comment, words, 0);
        }
        if self.scan.eat("<![CDATA[") {
            let words = self.scan.until("]]>").ok_or(Fault::Cdata)?;
            let start = self.scan.at - words.len() - "]]>".len();
            return self.character_data(start, words, |parser, words| {
                parser.line_ends(words);
                Ok(())
            });
        }
        if self.scan.eat("<?") {
            let (target, data) = self.instruction()?;
            let extra = self.instructions.len() as u32;
            self.instructions.push(data);
            return self.push(Kind::Instruction, target, extra);
        }
        self.start_tag()
    }

    /// The content of a comment whose beginning has been passed.
    fn comment(&mut self) -> Result<Span, Fault> {
        let start = self.scan.at;
        let words = self.scan.until("--").ok_or(Fault::Comment)?;
        if self.scan.eat(">") { Ok(span(start, start + words.len())) } else { Err(Fault::Comment) }
    }

    /// Target and data of an instruction whose `<?` has been passed.
    fn instruction(&mut self) -> Result<(Span, Span), Fault> {
        let start = self.scan.at;
        let name = self.scan.ncname()?;
        if name.eq_ignore_ascii_case("xml") {
            return Err(Fault::Declaration);
        }
        let target = span(start, self.scan.at);
        if self.scan.eat("?>") {
            return Ok((target, Span::default()));
        }
        if !self.scan.space() {
            return Err(Fault::Instruction);
        }
        let start = self.scan.at;
        let data = self.scan.until("?>").ok_or(Fault::Instruction)?;
        if !data.contains('\r') {
            return Ok((target, span(start, start + data.len())));
        }
        let start = self.pool_end();
        self.line_ends(data);
        Ok((target, span(start, self.pool_end())))
    }

    fn text(&mut self) -> Result<(), Fault> {
        let rest = self.scan.rest();
        let words = rest.get(..rest.find('<').unwrap_or(rest.len())).unwrap_or("");
        if words.is_empty() {
            let name = self.open.last().map_or("", |open| super::dom::slice(self.scan.source, "", open.name));
            return Err(Fault::Unclosed(name.to_owned()));
        }
        if words.contains("]]>") {
            return Err(Fault::Brackets);
        }
        let start = self.scan.at;
        self.scan.at += words.len();
        self.character_data(start, words, |parser, words| parser.resolve(words, false))
    }

    /// Adds the text that begins at `start`, joining it to text directly before it.
    fn character_data(
        &mut self,
        start: usize,
        words: &str,
        decode: impl Fn(&mut Parser<'s>, &str) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if words.is_empty() {
            return Ok(());
        }
        let parent = self.open.last().map_or(0, |open| open.id);
        let before = self.nodes.last().filter(|last| last.kind == Kind::Text && last.parent == parent);
        if let Some(before) = before.map(|entry| entry.span) {
            let start = self.at_pool_end(before);
            decode(self, words)?;
            let whole = span(start, self.pool_end());
            if let Some(last) = self.nodes.last_mut() {
                last.span = whole;
            }
            return Ok(());
        }
        // Within `words` of a CDATA section '&' is a letter, but decoding it is harmless.
        if !words.bytes().any(|byte| byte == b'&' || byte == b'\r') {
            return self.push(Kind::Text, span(start, start + words.len()), 0);
        }
        let start = self.pool_end();
        decode(self, words)?;
        self.push(Kind::Text, span(start, self.pool_end()), 0)
    }

    pub fn pool_end(&self) -> usize {
        self.scan.source.len() + self.pool.len()
    }

    /// Makes sure that the text ends the pool, and says where it begins.
    fn at_pool_end(&mut self, text: Span) -> usize {
        let start = text.at as usize;
        if start >= self.scan.source.len() && start + text.len as usize == self.pool_end() {
            return start;
        }
        let copy = super::dom::slice(self.scan.source, &self.pool, text).to_owned();
        let start = self.pool_end();
        self.pool.push_str(&copy);
        start
    }

    /// Adds a node inside the innermost open element.
    pub fn push(&mut self, kind: Kind, span: Span, extra: u32) -> Result<(), Fault> {
        let id = self.nodes.len();
        if id >= MAX_NODES {
            return Err(Fault::Nodes);
        }
        let parent = self.open.last().map_or(0, |open| open.id);
        let line = self.scan.line();
        self.nodes.push(Entry { kind, parent, end: id as u32 + 1, line, span, extra });
        Ok(())
    }

    /// Copies to the pool with all line ends as `\n`.
    fn line_ends(&mut self, words: &str) {
        let mut pieces = words.split('\r');
        self.pool.push_str(pieces.next().unwrap_or(""));
        for piece in pieces {
            if !piece.starts_with('\n') {
                self.pool.push('\n');
            }
            self.pool.push_str(piece);
        }
    }

    /// Copies to the pool with references resolved and line ends as `\n`; in an
    /// attribute every white space that is written out becomes a blank.
    pub fn resolve(&mut self, words: &str, attribute: bool) -> Result<(), Fault> {
        let special =
            |byte: u8| byte == b'&' || byte == b'\r' || (attribute && (byte == b'\n' || byte == b'\t'));
        let mut rest = words;
        while let Some(at) = rest.bytes().position(special) {
            let (plain, marked) = rest.split_at(at);
            self.pool.push_str(plain);
            let len = if marked.starts_with('&') {
                let (letter, len) = self.reference(marked)?;
                self.pool.push(letter);
                len
            } else {
                self.pool.push(if attribute { ' ' } else { '\n' });
                if marked.starts_with("\r\n") { 2 } else { 1 }
            };
            rest = marked.get(len..).unwrap_or("");
        }
        self.pool.push_str(rest);
        Ok(())
    }

    /// The character that the reference stands for, and the reference's length.
    fn reference(&mut self, text: &str) -> Result<(char, usize), Fault> {
        const NAMED: [(&str, char); 5] =
            [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];
        if let Some((name, letter)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
            self.entities += 1;
            if self.entities > MAX_ENTITIES {
                return Err(Fault::Entities);
            }
            return Ok((*letter, name.len()));
        }
        let number = text.strip_prefix("&#").ok_or(Fault::Entity)?;
        let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
        let mut code: u32 = 0;
        let mut len = 0;
        for digit in digits.chars().map_while(|letter| letter.to_digit(radix)) {
            code = code.saturating_mul(radix).saturating_add(digit);
            len += 1;
        }
        let ended = len > 0 && digits.as_bytes().get(len) == Some(&b';');
        let letter = char::from_u32(code).filter(|_| ended && is_char(code)).ok_or(Fault::Reference)?;
        Ok((letter, text.len() - digits.len() + len + 1))
    }
}
