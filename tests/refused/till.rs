//! A till on a real store, and the way that a request takes through it: read,
//! priced, appended. What refuses it comes back as findings, as the API has them.

use std::sync::Arc;

use serde_json::{Value, json};
use tilld::chain::Head;
use tilld::invoice::returns::{
    Balance, CreditDraft, CreditOf, Lookup, Original, Past, Refund, TakenBack, Wanted, read_credit, refund,
    refund_external,
};
use tilld::invoice::{
    BillingReference, DocumentType, Finding, Kind, Priced, Subtype, Tender, Terms, price, read_sale,
};
use tilld::ledger::{
    self, AppendError, OnRenewal, Order, ReturnOf, ReturnedLine, Store, Stored, Surroundings, TestClock, Unit,
};
use tilld::text::{Bilingual, Problem};

use crate::common::{Seeded, VectorSigner, certificate, seller};
use crate::requests::{Ask, sale};

/// 22 November 2026, 12:00 in Riyadh.
const NOON: i64 = 1_795_338_000;

/// What refuses a request, from wherever on its way.
#[derive(Debug)]
pub struct Found {
    pub rule: String,
    pub message: Bilingual,
    pub remedy: Bilingual,
}

impl From<Finding> for Found {
    fn from(found: Finding) -> Found {
        Found { rule: found.rule.to_owned(), message: found.message, remedy: found.remedy }
    }
}

fn all(found: Vec<Finding>) -> Vec<Found> {
    found.into_iter().map(Found::from).collect()
}

/// The ledger's refusals that are findings on the request; any other is a fault of the test.
fn of_ledger(error: AppendError) -> Vec<Found> {
    match error {
        AppendError::Rules(found) => found
            .into_iter()
            .map(|one| Found { rule: one.rule.into_owned(), message: one.message, remedy: one.remedy })
            .collect(),
        AppendError::BuyerIsSeller => {
            vec![Finding::at("buyer.vat_number", Problem::BuyerIsSeller).into()]
        }
        other => panic!("not a finding: {other}"),
    }
}

pub struct RealTill {
    store: Store,
    _home: tempfile::TempDir,
}

impl RealTill {
    pub fn open() -> RealTill {
        let home = tempfile::tempdir().unwrap();
        let mut uuids = Seeded::new(7);
        let surroundings = Surroundings {
            alone: false,
            random: Box::new(move |bytes| {
                uuids.fill(bytes);
                Ok(())
            }),
            ..Surroundings::new(Arc::new(TestClock::at(NOON)))
        };
        let mut store =
            Store::open_with(&home.path().join("data"), &home.path().join("anchor"), surroundings).unwrap();
        let unit = Unit {
            certificate: certificate(),
            signer: Box::new(VectorSigner::new()),
            seller: seller(),
            environment: "simulation".into(),
            number_prefix: "T07-".into(),
            dictionary: Vec::new(),
            on_renewal: OnRenewal::Restart,
        };
        store.activate(unit).unwrap();
        RealTill { store, _home: home }
    }

    /// How many documents there are, and the last.
    pub fn head(&self) -> (u64, Option<Head>) {
        (self.store.documents(), self.store.head().and_then(|(_, head)| head))
    }

    pub fn ask(&mut self, ask: &Ask) -> Result<Stored, Vec<Found>> {
        match ask {
            Ask::Sale(body) => self.sell(body.to_string().as_bytes()),
            Ask::Text(body) => self.sell(body.as_bytes()),
            Ask::Credit(body) => self.credit(body.to_string().as_bytes()),
        }
    }

    fn sell(&mut self, body: &[u8]) -> Result<Stored, Vec<Found>> {
        let draft = read_sale(body).map_err(all)?;
        let priced = price(&draft).map_err(all)?;
        self.append(draft.kind, draft.terms, priced, None)
    }

    fn append(
        &mut self,
        kind: Kind,
        terms: Terms,
        priced: Priced,
        returns: Option<ReturnOf>,
    ) -> Result<Stored, Vec<Found>> {
        let order = Order {
            kind,
            priced,
            terms,
            reference: None,
            idempotency: None,
            print: false,
            returns,
            corrects: None,
        };
        self.store.append(order).map_err(of_ledger)
    }

    fn credit(&mut self, body: &[u8]) -> Result<Stored, Vec<Found>> {
        let CreditDraft { of, reason, tenders, note, .. } = read_credit(body).map_err(all)?;
        let (original, wanted) = match of {
            CreditOf::External(draft) => {
                let priced = refund_external(&draft).map_err(all)?;
                return self.append(draft.kind, draft.terms, priced, None);
            }
            CreditOf::Kept { original: Lookup::Number(number), wanted } => (number, wanted),
            CreditOf::Kept { .. } => panic!("originals are named by number here"),
        };
        let id = self.store.by_number(original.as_str()).unwrap().first().unwrap().id;
        let original = self.store.original(id).unwrap().unwrap();
        let Refund { priced, taken } = refund_of(&original, &wanted, &tenders)?;
        let terms = Terms {
            buyer: original.invoice.header.terms.buyer.clone(),
            billing_references: vec![BillingReference {
                number: original.stored.number.clone(),
                date: Some(original.stored.issued.date()),
            }],
            reason: Some(reason.text()),
            note,
            ..Terms::default()
        };
        let lines = (1..).zip(&taken).map(|(note_line, one)| ReturnedLine {
            note_line,
            original_line: one.line,
            quantity: one.quantity,
            refund: one.refund,
        });
        let returns = ReturnOf { original: id, lines: lines.collect() };
        let kind = Kind { document: DocumentType::CreditNote, ..original.stored.kind };
        self.append(kind, terms, priced, Some(returns))
    }

    /// Asks for what must be refused: nothing is taken, every finding has its
    /// words, and the next sale has the next ICV and number.
    #[track_caller]
    pub fn refused(&mut self, ask: &Ask) -> Vec<Found> {
        let before = self.head();
        let found = self.ask(ask).map(|stored| stored.number).expect_err("it got through");
        assert_eq!(self.head(), before, "something was taken");
        assert!(!found.is_empty());
        for one in &found {
            for words in [&one.message, &one.remedy] {
                let arabic = words.ar.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
                assert!(words.en.len() > 3 && arabic, "{one:?}");
            }
        }
        let (documents, head) = before;
        let next = self.ask(&Ask::Sale(sale())).unwrap();
        assert_eq!(next.icv.get(), head.map_or(0, |head| head.icv.get()) + 1);
        assert_eq!(next.number, format!("T07-{:06}", documents + 1));
        found
    }

    /// Puts something into the ledger that later requests are about.
    pub fn accepted(&mut self, ask: &Ask) -> String {
        self.ask(ask).unwrap_or_else(|found| panic!("{found:#?}")).number
    }

    /// A credit of some of a document of this till.
    pub fn credit_of(number: &str, what: &str, wanted: Value) -> Ask {
        Ask::Credit(json!({"original": {"number": number}, what: wanted, "reason": {"text": "عدل عنه"}}))
    }
}

fn refund_of(original: &ledger::Original, wanted: &Wanted, tenders: &[Tender]) -> Result<Refund, Vec<Found>> {
    let past = original.returned.iter().map(|one| Past {
        vat: one.tax,
        returns: one
            .lines
            .iter()
            .map(|line| TakenBack { line: line.original_line, quantity: line.quantity, refund: line.refund })
            .collect(),
    });
    let past: Vec<Past> = past.collect();
    let kept = Original::from_priced(original.stored.kind, &original.invoice.priced).unwrap();
    assert_eq!(original.stored.kind.subtype, Subtype::Simplified);
    refund(&Balance::replay(kept, &past).unwrap(), wanted, tenders).map_err(all)
}
