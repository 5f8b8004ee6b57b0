//! What the demo did, as JSON and in words.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::wire::{Queue, Sale, Status};
use crate::money::Halalas;
use crate::receipt::PaperWidth;

/// One invoice of the morning.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    pub number: String,
    pub uuid: String,
    pub icv: u64,
    pub issued_at: String,
    pub hash: String,
    pub net: String,
    pub vat: String,
    pub payable: String,
    #[serde(skip)]
    pub qr: String,
}

impl Document {
    /// From the till's answer to a sale.
    pub fn of(sale: &Sale) -> Result<Document, String> {
        Ok(Document {
            number: sale.number.clone(),
            uuid: sale.uuid.clone(),
            icv: sale.icv,
            issued_at: sale.issued_at.clone(),
            hash: sale.hash.clone(),
            net: sale.totals.net.clone(),
            vat: sale.totals.vat.clone(),
            payable: sale.totals.payable.clone(),
            qr: sale.qr.clone(),
        })
    }
}

#[derive(Debug, Default, Serialize)]
struct Totals {
    documents: usize,
    net: String,
    vat: String,
    payable: String,
}

/// `summary.json`. Amounts in riyals, timings in milliseconds.
#[derive(Debug, Serialize)]
pub struct Summary {
    paper_dots: usize,
    totals: Totals,
    queue: Option<Queue>,
    timings_ms: BTreeMap<&'static str, u64>,
    documents: Vec<Document>,
}

impl Summary {
    pub fn new(width: PaperWidth) -> Summary {
        Summary {
            paper_dots: width.dots(),
            totals: Totals::default(),
            queue: None,
            timings_ms: BTreeMap::new(),
            documents: Vec::new(),
        }
    }

    pub fn timing(&mut self, step: &'static str, milliseconds: u64) {
        self.timings_ms.insert(step, milliseconds);
    }

    pub fn set(&mut self, documents: &[Document], status: &Status) {
        let sum = |amount: fn(&Document) -> &str| -> String {
            let sum: Halalas = documents.iter().filter_map(|one| Halalas::parse(amount(one)).ok()).sum();
            sum.to_string()
        };
        self.totals = Totals {
            documents: documents.len(),
            net: sum(|one| &one.net),
            vat: sum(|one| &one.vat),
            payable: sum(|one| &one.payable),
        };
        self.queue = Some(status.queue.clone());
        self.documents = documents.to_vec();
    }

    /// The few lines that end the demo.
    pub fn words(&self) -> String {
        let Totals { documents, net, vat, payable } = &self.totals;
        let total: u64 = self.timings_ms.values().sum();
        format!(
            "{documents} invoices, {payable} SAR with VAT ({net} net, {vat} VAT), all reported, in {}.{:01} s",
            total / 1000,
            total % 1000 / 100
        )
    }
}
