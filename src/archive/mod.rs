//! A period of a till as one ZIP for an auditor: written from the ledger, and
//! verified anywhere without the till.

pub mod zip;
