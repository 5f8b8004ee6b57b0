//! tilld: an offline-first point-of-sale daemon that signs, stores, prints and
//! reports ZATCA Phase 2 invoices. This file is the map of the house;
//! ARCHITECTURE.md tells the story and `tests/house.rs` holds the arrows.

// Pure: no I/O, no clock, no randomness; everything arrives as an argument.
pub mod chain; // ICV, previous-invoice hash, the append rule
pub mod check; // the judgement of any document: structure, rules, stamp, QR, chain
pub mod doctor; // facts about a till -> checks with remedies
pub mod invoice; // what a sale means: request -> draft -> priced document
pub mod money; // halalas, rates, quantities, the one rounding rule
pub mod receipt; // a stored document as paper: blocks, raster, ESC/POS, PNG
pub mod rules; // EN 16931 and KSA rules on what a document says
pub mod schema; // the structure of UBL 2.1 invoices: elements, order, types
pub mod stamp; // invoice hash, XAdES, QR, verification
pub mod text; // every message in English and Arabic
pub mod ubl; // canonical UBL 2.1 bytes, and reading them back
pub mod xml; // anybody's XML: a parser that trusts nothing, the tree, canonical forms

// Edges: each the only folder that names its library.
pub mod fatoora; // HTTP client of the platform: wire types, answer -> verdict
pub mod keys; // the till's key, sealed at rest; the CSR
pub mod ledger; // SQLite: the chain of documents, the queue, the print jobs
pub mod printer; // transports to the paper

// Flows.
pub mod archive; // a period as a ZIP for an auditor, and its verification offline
pub mod onboard; // device identity: key -> CSR -> CSIDs -> active
pub mod report; // the queue's state machine and its driver

// Faces.
pub mod api; // local HTTP/JSON on a Unix socket, and its client
pub mod cli; // one file per subcommand
pub mod config; // TOML fragments -> merged -> validated settings
pub mod daemon; // wiring, order of start and stop
pub mod sandbox; // a Fatoora that really checks
