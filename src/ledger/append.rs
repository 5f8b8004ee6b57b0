//! The one transaction of a sale. Every check that can refuse runs before a
//! number is taken; number, link, stamp, queue entry, print job and
//! idempotency key become durable together or not at all.

use uuid::Uuid;

use super::backlog::Report;
use super::database::{Durability, signed};
use super::document::{Stored, kind_number, tenders_text};
use super::gate::broken_rules;
use super::ids::{ChainId, DocumentId, PrintJobId, RANDOM};
use super::paid::{Content, Paid};
use super::state::{PrintState, ReportState};
use super::store::Unit;
use super::{AppendError, ReturnOf, StorageError, Store, keys, prints, returns};
use crate::chain::{Head, Link};
use crate::invoice::{Buyer, Header, Invoice, InvoiceNumber, IssueMoment, Kind, Priced, Subtype, Terms};
use crate::stamp::{self, Sealed};

/// A priced sale that asks for its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub kind: Kind,
    pub terms: Terms,
    pub priced: Priced,
    /// The POS application's own number of the sale.
    pub reference: Option<String>,
    pub idempotency: Option<Idempotency>,
    /// Whether a receipt is wanted: at once, but of a standard document when the
    /// authority has taken it.
    pub print: bool,
    /// What a credit note takes back of a document in this ledger; none on other
    /// documents, and on a note whose original is elsewhere.
    pub returns: Option<ReturnOf>,
    /// The rejected document that this one replaces. It keeps its number and, if
    /// simplified, its moment of issue.
    pub corrects: Option<DocumentId>,
}

/// What makes a repeated request the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// As the caller chose it.
    pub key: String,
    pub body_sha256: [u8; 32],
}

/// What a new document takes from the store.
struct Place {
    id: DocumentId,
    link: Link,
    /// The number counter after it; a correction leaves it where it is.
    serial: u64,
    number: InvoiceNumber,
    moment: IssueMoment,
    /// When it is stamped: the moment of issue, but now for a correction that
    /// keeps an earlier one, so that today's certificate is valid at it.
    signed: IssueMoment,
    uuid: Uuid,
}

impl Store {
    /// Numbers, links, stamps, verifies and stores a sale. When it returns, the
    /// document survives a power cut. On an error nothing was taken.
    pub fn append(&mut self, order: Order) -> Result<Stored, AppendError> {
        // Ahead of the transaction: this thread is the only writer, so nothing
        // can come between.
        let earlier = order.idempotency.as_ref().map(|key| self.recall(key)).transpose()?.flatten();
        if let Some(earlier) = earlier {
            return Ok(earlier);
        }
        let Ready { place, stored, packed, rest } = self.prepare(order)?;
        self.commit(&place, &stored, &packed, rest)?;
        self.advance(&place, &stored);
        Ok(stored)
    }

    /// Whether [`Store::append`] would refuse. Nothing is taken.
    pub fn rehearse(&mut self, order: Order) -> Result<(), AppendError> {
        self.prepare(order).map(drop)
    }

    /// Everything that can refuse.
    fn prepare(&mut self, order: Order) -> Result<Ready, AppendError> {
        self.check_buyer(order.terms.buyer.as_ref())?;
        let corrected = self.check_correction(&order)?;
        self.check_return(&order)?;
        let paid = pack_paid(&order.priced)?;
        let place = self.next_place(corrected.as_ref())?;
        let (invoice, rest) = self.invoice(&place, order)?;
        let sealed = self.seal(&invoice, &place)?;
        // Behind the stamp, since the rules bound the QR code as well; still
        // nothing is taken.
        let broken = broken_rules(&invoice, &place.link, &sealed.qr, place.signed.unix());
        if !broken.is_empty() {
            return Err(AppendError::Rules(broken));
        }
        let xml = self.packer(place.id.chain())?.pack(&sealed.xml)?;
        let stored = stored(&place, &invoice, &sealed, &rest);
        Ok(Ready { place, stored, packed: Packed { xml, paid }, rest })
    }

    /// The first answer to a request that was made before, needing no identity
    /// and no clock. The same key with another body is an error.
    pub fn recall(&self, request: &Idempotency) -> Result<Option<Stored>, AppendError> {
        let Some(found) = keys::find(&self.db, &request.key)? else { return Ok(None) };
        let earlier = self.document(found.document)?;
        let earlier = earlier.ok_or(StorageError::NoDocument(found.document))?;
        if !found.is_body(&request.body_sha256) {
            return Err(AppendError::KeyConflict { number: earlier.number });
        }
        Ok(Some(Stored { replayed: true, ..earlier }))
    }

    /// The next place in the chain. A correction takes number and moment of the
    /// document that it replaces.
    fn next_place(&mut self, corrected: Option<&Stored>) -> Result<Place, AppendError> {
        let active = self.active()?;
        let chain = active.chain;
        let tip = self.chains.get(&chain).and_then(|chain| chain.tip());
        let link = Link::after(tip);
        let full = || StorageError::Internal { detail: "the chain has no ICV left".into() };
        let id = DocumentId::new(chain, link.icv).ok_or_else(full)?;
        let signed = self.moment()?;
        let (serial, number, moment) = match corrected {
            None => {
                let serial = self.serial + 1;
                (serial, format!("{}{serial:06}", active.unit.number_prefix), signed)
            }
            Some(of) if of.kind.subtype == Subtype::Simplified => (self.serial, of.number.clone(), of.issued),
            Some(of) => (self.serial, of.number.clone(), signed),
        };
        let number = InvoiceNumber::parse(&number).map_err(|e| AppendError::Seal(e.to_string()))?;
        let mut random = [0u8; RANDOM];
        (self.random)(&mut random)
            .map_err(|e| StorageError::Internal { detail: format!("no randomness: {e}") })?;
        let uuid = self.uuid_key.uuid(id, random);
        Ok(Place { id, link, serial, number, moment, signed, uuid })
    }

    /// The buyer of an invoice is somebody else than the seller (BR-CUSTOM-VALIDATION-01).
    fn check_buyer(&self, buyer: Option<&Buyer>) -> Result<(), AppendError> {
        let active = self.active()?;
        match buyer.and_then(|buyer| buyer.vat.as_ref()) {
            Some(vat) if *vat == active.unit.seller.vat => Err(AppendError::BuyerIsSeller),
            _ => Ok(()),
        }
    }

    fn invoice(&self, place: &Place, order: Order) -> Result<(Invoice, Rest), AppendError> {
        let active = self.active()?;
        let header = Header {
            kind: order.kind,
            number: place.number.clone(),
            uuid: place.uuid,
            issued: place.moment,
            seller: active.unit.seller.clone(),
            terms: order.terms.issued(order.kind, place.moment),
        };
        let rest = Rest {
            reference: order.reference,
            idempotency: order.idempotency,
            print: order.print,
            returns: order.returns,
            corrects: order.corrects,
        };
        Ok((Invoice { header, priced: order.priced }, rest))
    }

    fn seal(&self, invoice: &Invoice, place: &Place) -> Result<Sealed, AppendError> {
        let active = self.active()?;
        let Unit { certificate, signer, .. } = &active.unit;
        stamp::seal_at(invoice, &place.link, place.signed, certificate, signer.as_ref())
            .map_err(|e| AppendError::Seal(e.to_string()))
    }

    fn commit(
        &mut self,
        place: &Place,
        stored: &Stored,
        packed: &Packed,
        order: Rest,
    ) -> Result<(), StorageError> {
        let previous = match place.link.previous {
            crate::chain::PreviousHash::Genesis => None,
            crate::chain::PreviousHash::Document(hash) => Some(*hash.bytes()),
        };
        let (id, issued, due_at) = (stored.id.row(), stored.issued.unix(), place.signed.unix());
        self.write(Durability::PowerCut, |db| {
            db.prepare_cached(
                "INSERT INTO documents (id, uuid, number, serial, kind, issued, hash, previous, payable, tax,
                                        change, tenders, reference, print, xml, corrects, paid, currency)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            )?
            .execute(rusqlite::params![
                id,
                stored.uuid.as_bytes(),
                stored.number,
                signed(place.serial),
                kind_number(stored.kind),
                issued,
                stored.hash.bytes(),
                previous,
                stored.payable.get(),
                stored.tax.get(),
                stored.change.get(),
                tenders_text(&stored.tenders),
                stored.reference,
                stored.print,
                packed.xml,
                stored.corrects.map(DocumentId::row),
                packed.paid,
                stored.currency,
            ])?;
            let mut work =
                db.prepare_cached("INSERT INTO work (id, state, due_at, issued) VALUES (?1, ?2, ?3, ?4)")?;
            work.execute((stored.id.part(0), ReportState::Queued.name(), Some(due_at), Some(issued)))?;
            if prints_now(stored) {
                prints::insert(db, PrintJobId::original(stored.id))?;
            }
            if let Some(key) = order.idempotency {
                keys::insert(db, &key, stored.id)?;
            }
            if let Some(of) = order.returns {
                returns::insert(db, stored.id, &of)?;
            }
            Ok(())
        })
    }

    /// The commit stands: memory follows, then the mark.
    fn advance(&mut self, place: &Place, stored: &Stored) {
        let (id, issued) = (stored.id, stored.issued.unix());
        let chain: ChainId = id.chain();
        if let Some(chain) = self.chains.get_mut(&chain) {
            chain.head = Some(Head { icv: id.icv(), hash: stored.hash });
        }
        self.newest = Some(chain);
        self.serial = place.serial;
        self.documents += 1;
        // A correction may be older than the document before it.
        self.last_issued = self.last_issued.max(issued);
        if stored.corrects.is_some() {
            self.backlog.count_corrected(1);
        }
        let due_at = place.signed.unix();
        let standard = stored.kind.subtype == Subtype::Standard;
        let report = Report { state: ReportState::Queued, due_at, issued, tries: 0, began_at: 0, standard };
        self.backlog.set_report(id, report);
        if prints_now(stored) {
            self.backlog.set_print(PrintJobId::original(id), PrintState::Pending);
        }
        self.write_mark();
    }
}

/// Whether the receipt comes with the sale. A standard document is no invoice
/// before the authority has taken it; its receipt comes with that outcome.
fn prints_now(stored: &Stored) -> bool {
    stored.print && stored.kind.subtype == Subtype::Simplified
}

/// A document that nothing stands against any more.
struct Ready {
    place: Place,
    stored: Stored,
    packed: Packed,
    rest: Rest,
}

/// What an order says beside the document.
struct Rest {
    reference: Option<String>,
    idempotency: Option<Idempotency>,
    print: bool,
    returns: Option<ReturnOf>,
    corrects: Option<DocumentId>,
}

/// The document's columns that are kept in a form of the ledger's own.
struct Packed {
    xml: Vec<u8>,
    paid: Option<Vec<u8>>,
}

/// What was paid for each line, as it is kept. Amounts that do not make the
/// document's total would let a later return give back another sum.
fn pack_paid(priced: &Priced) -> Result<Option<Vec<u8>>, AppendError> {
    let (content, paid) = (Content::of(priced), Paid::of(priced));
    content.check(&paid).map_err(AppendError::Seal)?;
    Ok(content.pack(&paid)?)
}

fn stored(place: &Place, invoice: &Invoice, sealed: &Sealed, order: &Rest) -> Stored {
    let Invoice { header, priced } = invoice;
    Stored {
        id: place.id,
        chain: place.id.chain(),
        icv: place.id.icv(),
        uuid: header.uuid,
        number: header.number.as_str().to_owned(),
        kind: header.kind,
        issued: header.issued,
        hash: sealed.hash,
        payable: priced.totals.payable,
        tax: priced.totals.tax,
        reference: order.reference.clone(),
        tenders: priced.tenders.clone(),
        change: priced.change,
        print: order.print,
        corrects: order.corrects,
        currency: header.terms.currency.map(|currency| currency.code.to_owned()),
        replayed: false,
    }
}
