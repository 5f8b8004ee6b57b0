//! Judges any ZATCA document, ours or another's, signed or not: XML, structure,
//! official rules, hash, signed properties, certificate, signature, QR code,
//! place in the chain. Nothing is assumed of the bytes; nothing is read but
//! what is given.

mod certificate;
mod chain;
mod content;
mod der;
mod encoding;
mod extra;
mod finding;
mod given;
mod hash;
mod moment;
mod names;
mod number;
mod pih;
mod qr;
mod select;
mod signature;
mod signed_properties;
mod wording;
mod x509;

#[cfg(test)]
mod tests;

pub use chain::{ChainJudgement, ChainLink, chain};
pub use finding::{Status, Verdict, is_failure};
pub use given::{GivenError, given_certificate};

use crate::chain::InvoiceHash;
use crate::rules::{Finding, Layer, Severity};
use crate::xml::{Dom, Node};
use finding::Notes;
use wording::Check;

/// What a judgement may know besides the document.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Now, seconds since 1970 UTC; rules compare it in Riyadh time.
    pub now: i64,
    /// The PIH that the document must carry.
    pub pih: Option<String>,
    /// DER of the certificate that the document must embed, see [`given_certificate`].
    pub certificate: Option<Vec<u8>>,
    /// A standard document without a stamp fails as well; else it awaits clearance.
    pub require_signature: bool,
}

/// What a document says of itself, for people and for [`chain`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// BT-1.
    pub number: Option<String>,
    /// KSA-1.
    pub uuid: Option<String>,
    /// BT-3.
    pub type_code: Option<String>,
    /// KSA-2; empty if it is not there.
    pub type_name: String,
    /// KSA-16 as written, blanks around it aside.
    pub icv: Option<String>,
    /// KSA-13 as written, blanks around it aside.
    pub pih: Option<String>,
    /// Base64 of the hash computed from the content; `None` if it has no canonical form.
    pub hash: Option<String>,
}

/// The whole judgement of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Each layer of [`Layer::ALL`], in that order.
    pub layers: Vec<(Layer, Status)>,
    /// All findings, layer by layer.
    pub findings: Vec<Finding>,
    /// `None` if the document could not be read.
    pub facts: Option<Facts>,
}

impl Judgement {
    /// How the document came out; `strict` turns warnings into failures, except BR-KSA-98.
    pub fn verdict(&self, strict: bool) -> Verdict {
        if self.findings.iter().any(|found| is_failure(found, strict)) {
            Verdict::Fail
        } else if self.findings.is_empty() {
            Verdict::Pass
        } else {
            Verdict::Warn
        }
    }
}

/// Judges the bytes of one document.
pub fn judge(bytes: &[u8], options: &Options) -> Judgement {
    let mut board = Board::default();
    let facts = match Dom::parse(bytes) {
        Ok(dom) => {
            content::structure(&mut board, &dom);
            content::rules(&mut board, &dom, options.now);
            let facts = stamp_layers(&mut board, &dom, options);
            let mut notes = Notes::new(Layer::Extra);
            extra::check(&mut notes, dom.root());
            board.close(notes);
            Some(facts)
        }
        Err(error) => {
            board.put(Layer::Xsd, vec![content::unreadable(&error)]);
            None
        }
    };
    board.judgement(facts)
}

/// The layers as they are finished; a layer that never is was skipped.
#[derive(Default)]
struct Board(Vec<(Layer, Vec<Finding>)>);

impl Board {
    fn put(&mut self, layer: Layer, findings: Vec<Finding>) {
        self.0.push((layer, findings));
    }

    fn close(&mut self, notes: Notes) {
        self.put(notes.layer, notes.findings);
    }

    fn judgement(mut self, facts: Option<Facts>) -> Judgement {
        self.0.sort_by_key(|(layer, _)| *layer);
        let status = |layer: Layer| match self.0.iter().find(|(done, _)| *done == layer) {
            None => Status::Skip,
            Some((_, findings)) if findings.iter().any(|found| found.severity == Severity::Error) => {
                Status::Fail
            }
            Some(_) => Status::Pass,
        };
        let layers = Layer::ALL.into_iter().map(|layer| (layer, status(layer))).collect();
        let findings = self.0.into_iter().flat_map(|(_, findings)| findings).collect();
        Judgement { layers, findings, facts }
    }
}

/// Hash to PIH.
fn stamp_layers(board: &mut Board, dom: &Dom, options: &Options) -> Facts {
    let root = dom.root();
    let place = pih::Place::read(root);
    let mut notes = Notes::new(Layer::Pih);
    pih::check(&mut notes, &place, options.pih.as_deref());
    board.close(notes);
    let hash = hash::of_document(dom);
    let type_name = extra::type_name(root);
    let document = Document {
        root,
        hash: hash.as_ref().ok().copied(),
        codes: qr::codes(root),
        simplified: type_name.starts_with("02"),
    };
    let signatures: Vec<Node<'_>> = select::anywhere(root, select::SIGNATURE).collect();
    match signatures.first() {
        None => unsigned(board, &document, options.require_signature),
        Some(first) => signed(board, &document, *first, signatures.len(), options),
    }
    if let Err(error) = &hash {
        let mut notes = Notes::new(Layer::Hash);
        hash::no_form(&mut notes, error);
        board.close(notes);
    }
    let first = |texts: &[String]| texts.first().map(|text| text.trim().to_owned());
    Facts {
        number: extra::fact(root, "ID"),
        uuid: extra::fact(root, "UUID"),
        type_code: extra::fact(root, "InvoiceTypeCode"),
        type_name: type_name.to_owned(),
        icv: first(&place.counters),
        pih: first(&place.hashes),
        hash: document.hash.map(InvoiceHash::to_base64),
    }
}

/// What the stamp's layers ask of a document.
struct Document<'d> {
    root: Node<'d>,
    hash: Option<InvoiceHash>,
    codes: Vec<String>,
    simplified: bool,
}

impl Document<'_> {
    fn hash_text(&self) -> String {
        self.hash.map(InvoiceHash::to_base64).unwrap_or_default()
    }
}

/// A simplified document must be stamped; a standard one is by the platform, at clearance.
fn unsigned(board: &mut Board, document: &Document<'_>, required: bool) {
    let must = document.simplified || required;
    if must {
        for layer in [Layer::Hash, Layer::SignedProperties, Layer::Certificate, Layer::Signature] {
            let mut notes = Notes::new(layer);
            let cause = finding::because("no ds:Signature in the document");
            notes.error(Check::NotSigned, finding::At::Path("/Invoice/ext:UBLExtensions"), cause);
            board.close(notes);
        }
    }
    let mut notes = Notes::new(Layer::Qr);
    if !document.codes.is_empty() {
        let hash = document.hash_text();
        qr::check(&mut notes, document.root, &document.codes, None, &hash, document.simplified);
    } else if must {
        qr::missing(&mut notes, true, "no QR reference with a text");
    } else {
        return;
    }
    board.close(notes);
}

fn signed(board: &mut Board, document: &Document<'_>, signature: Node<'_>, count: usize, options: &Options) {
    let hash = document.hash_text();
    if document.hash.is_some() {
        let mut notes = Notes::new(Layer::Hash);
        hash::check(&mut notes, signature, &hash);
        board.close(notes);
    }
    let mut notes = Notes::new(Layer::SignedProperties);
    signed_properties::check(&mut notes, signature);
    board.close(notes);
    let mut notes = Notes::new(Layer::Certificate);
    let given = options.certificate.as_deref();
    let certificate = certificate::check(&mut notes, document.root, signature, given);
    board.close(notes);
    let mut notes = Notes::new(Layer::Signature);
    if count != 1 {
        let found = count.to_string();
        let values = finding::values(&found, "1", "ds:Signature elements in the document");
        notes.error(Check::SigCount, finding::At::Node(signature), values);
    }
    let text =
        signature::check(&mut notes, document.root, signature, certificate.as_ref(), document.hash.as_ref());
    board.close(notes);
    let mut notes = Notes::new(Layer::Qr);
    if document.codes.is_empty() {
        let fails = document.simplified || options.require_signature;
        qr::missing(&mut notes, fails, "the document is stamped and has no QR reference with a text");
    } else {
        let stated = hash::stated(signature);
        let stamp =
            qr::Stamp { signature: &text, stated: stated.as_deref(), certificate: certificate.as_ref() };
        qr::check(&mut notes, document.root, &document.codes, Some(&stamp), &hash, document.simplified);
    }
    board.close(notes);
}
