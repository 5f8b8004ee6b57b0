//! What several test files share: a signer with the public test key, a seller,
//! and the seeded baskets.
#![allow(dead_code)]

pub mod baskets;

use std::sync::Arc;

use k256::ecdsa::signature::Signer as _;
use k256::ecdsa::{DerSignature, SigningKey};
use tilld::chain::InvoiceHash;
use tilld::invoice::{Address, PartyId, Seller, VatNumber};
use tilld::stamp::{Signer, SignerError, StampCertificate};

/// The published scalar of the vectors; worthless, for tests only.
pub const VECTOR_KEY: &str = "90b5f444762b12498a351cf785e5d18e726d9c233af0de82619a03ed831cf6bb";
pub const VECTOR_CERTIFICATE: &str = include_str!("../vectors/test-cert-b64.txt");

pub struct VectorSigner(SigningKey);

impl VectorSigner {
    pub fn new() -> VectorSigner {
        VectorSigner(SigningKey::from_slice(&hex(VECTOR_KEY)).unwrap())
    }
}

impl Signer for VectorSigner {
    fn sign(&self, hash: &InvoiceHash) -> Result<Vec<u8>, SignerError> {
        let signature: DerSignature = self.0.sign(hash.bytes());
        Ok(signature.as_bytes().to_vec())
    }

    fn public_key_der(&self) -> Vec<u8> {
        certificate().public_key_der().to_vec()
    }
}

pub fn certificate() -> StampCertificate {
    StampCertificate::from_base64(VECTOR_CERTIFICATE.trim()).unwrap()
}

pub fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub fn seller() -> Arc<Seller> {
    Arc::new(Seller {
        name: "شركة زاوية القهوة للتجارة & Qahwa Corner".into(),
        vat: VatNumber::parse("399999999900003").unwrap(),
        id: PartyId::seller("CRN", "1010010000").unwrap(),
        address: Address {
            street: "طريق العليا".into(),
            additional_street: None,
            building: "2322".into(),
            additional_number: None,
            district: "العليا".into(),
            city: "الرياض".into(),
            postal_code: "12214".into(),
            province: None,
            country: "SA".into(),
        },
    })
}

/// A small generator with a seed (xorshift64*), so that a failing basket can be made again.
pub struct Seeded(u64);

impl Seeded {
    pub fn new(seed: u64) -> Seeded {
        Seeded(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.between(0, items.len() as u64 - 1) as usize]
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next() as u8;
        }
    }
}
