//! The sandbox's certificate authorities: keys made at the start, compliance and production certificates.

use std::str::FromStr;
use std::time::Duration;

use der::{DateTime, Encode};
use k256::ecdsa::signature::Signer;
use k256::ecdsa::{DerSignature, Signature, SigningKey};
use serde::Serialize;
use x509_cert::TbsCertificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

use super::SandboxError;
use super::certificate::CertificateFacts;
use super::config::Instruments;
use super::csr::CheckedRequest;
use super::digest;
use super::environment::Environment;

/// Validity of the authorities' own certificates, seconds: about twenty years.
const CA_VALIDITY: i64 = 20 * (365 * 86_400 + 6 * 3600);

/// The authorities of one environment.
pub(super) struct Authority {
    root: Issuer,
    compliance: Issuer,
    production: Issuer,
    clearance_key: SigningKey,
    /// The certificate that stamps cleared documents.
    pub(super) clearance: CertificateFacts,
    /// The production certificate that the official sandbox hands to everybody; nobody has its key.
    pub(super) canned: String,
}

struct Issuer {
    name: Name,
    key: SigningKey,
    certificate: String,
}

/// Which authority signs a CSID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CsidKind {
    /// For the compliance checks alone.
    Compliance,
    /// For reporting and clearance.
    Production,
}

impl Authority {
    /// Makes keys and CA certificates from the configured randomness.
    pub(super) fn create(env: Environment, instruments: &Instruments) -> Result<Authority, SandboxError> {
        let root = Issuer::self_signed("CN=Sandbox Root CA,DC=gov,DC=local", instruments)?;
        let compliance = Issuer::self_signed("CN=eInvoicing", instruments)?;
        let name = format!("CN={},DC=extgazt,DC=gov,DC=local", env.production_issuer());
        let production = root.subordinate(&name, instruments)?;
        let clearance_key = new_key(instruments)?;
        let subject = parse_name("CN=Sandbox Clearance Stamp,O=Sandbox Fatoora,C=SA")?;
        let stamping = public_key(&clearance_key)?;
        let text = issue_to(&production, subject, stamping, Vec::new(), CA_VALIDITY, instruments)?;
        let clearance = CertificateFacts::read(&text)
            .ok_or_else(|| SandboxError::Authority("the clearance certificate cannot be read back".into()))?;
        let canned = canned(&production, instruments)?;
        Ok(Authority { root, compliance, production, clearance_key, clearance, canned })
    }

    /// Issues a CSID for a checked request, good for `lifetime` seconds: base64 of the DER certificate.
    pub(super) fn issue_csid(
        &self,
        kind: CsidKind,
        request: &CheckedRequest,
        lifetime: i64,
        instruments: &Instruments,
    ) -> Result<String, SandboxError> {
        let issuer = match kind {
            CsidKind::Compliance => &self.compliance,
            CsidKind::Production => &self.production,
        };
        let extensions = vec![request.subject_alt_name.clone()];
        let (subject, key) = (request.subject.clone(), request.public_key.clone());
        issue_to(issuer, subject, key, extensions, lifetime, instruments)
    }

    /// Stamps the 32 raw bytes of an invoice hash for clearance; DER.
    pub(super) fn stamp(&self, hash: &[u8; 32]) -> Vec<u8> {
        let signature: Signature = self.clearance_key.sign(hash);
        signature.to_der().as_bytes().to_vec()
    }

    /// The CA certificates as base64 DER: root, compliance, production.
    pub(super) fn ca_certificates(&self) -> [&str; 3] {
        [&self.root.certificate, &self.compliance.certificate, &self.production.certificate]
    }
}

impl Issuer {
    fn self_signed(name: &str, instruments: &Instruments) -> Result<Issuer, SandboxError> {
        let (name, key) = (parse_name(name)?, new_key(instruments)?);
        let profile =
            Profile { issuer: name.clone(), subject: name.clone(), authority: true, extra: Vec::new() };
        let certificate = build(profile, &key, public_key(&key)?, CA_VALIDITY, instruments)?;
        Ok(Issuer { name, key, certificate })
    }

    fn subordinate(&self, name: &str, instruments: &Instruments) -> Result<Issuer, SandboxError> {
        let (name, key) = (parse_name(name)?, new_key(instruments)?);
        let profile =
            Profile { issuer: self.name.clone(), subject: name.clone(), authority: true, extra: Vec::new() };
        let certificate = build(profile, &self.key, public_key(&key)?, CA_VALIDITY, instruments)?;
        Ok(Issuer { name, key, certificate })
    }
}

/// What a certificate says beside its key and validity.
pub(super) struct Profile {
    pub(super) issuer: Name,
    pub(super) subject: Name,
    pub(super) authority: bool,
    pub(super) extra: Vec<Extension>,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        spk: SubjectPublicKeyInfoRef<'_>,
        issuer_spk: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let mut list = self.extra.clone();
        let subject = tbs.subject();
        let usage = if self.authority {
            list.push(BasicConstraints { ca: true, path_len_constraint: None }.to_extension(subject, &list)?);
            KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign)
        } else {
            KeyUsage(KeyUsages::DigitalSignature.into())
        };
        list.push(usage.to_extension(subject, &list)?);
        list.push(SubjectKeyIdentifier::try_from(spk)?.to_extension(subject, &list)?);
        let issuer_id = SubjectKeyIdentifier::try_from(issuer_spk)?;
        let authority_id = AuthorityKeyIdentifier { key_identifier: Some(issuer_id.0), ..Default::default() };
        list.push(authority_id.to_extension(subject, &list)?);
        Ok(list)
    }
}

/// One certificate with made-up facts and a key that is forgotten at once (fatoora-api.md section 3.1).
fn canned(issuer: &Issuer, instruments: &Instruments) -> Result<String, SandboxError> {
    let subject =
        parse_name("CN=TST-886431145-399999999900003,O=Canned Sandbox Certificate,OU=Riyadh Branch,C=SA")?;
    let unit = parse_name(
        "2.5.4.15=Supply activities,2.5.4.26=RRRD2929,2.5.4.12=1100,\
         0.9.2342.19200300.100.1.1=399999999900003,2.5.4.4=1-TST|2-TST|3-ed22f1d8-e6a2-1118-9b58-d9a8f11e445f",
    )?;
    let alternative = SubjectAltName(vec![GeneralName::DirectoryName(unit)]);
    let extension = alternative.to_extension(&subject, &[]).map_err(trouble)?;
    let key = public_key(&new_key(instruments)?)?;
    issue_to(issuer, subject, key, vec![extension], CA_VALIDITY, instruments)
}

fn issue_to(
    issuer: &Issuer,
    subject: Name,
    key: SubjectPublicKeyInfoOwned,
    extra: Vec<Extension>,
    lifetime: i64,
    instruments: &Instruments,
) -> Result<String, SandboxError> {
    let profile = Profile { issuer: issuer.name.clone(), subject, authority: false, extra };
    build(profile, &issuer.key, key, lifetime, instruments)
}

fn build(
    profile: Profile,
    signer: &SigningKey,
    key: SubjectPublicKeyInfoOwned,
    lifetime: i64,
    instruments: &Instruments,
) -> Result<String, SandboxError> {
    let now = instruments.now();
    let validity = Validity::new(time(now)?, time(now.saturating_add(lifetime))?);
    let builder =
        CertificateBuilder::new(profile, serial_number(instruments)?, validity, key).map_err(trouble)?;
    let certificate = builder.build::<_, DerSignature>(signer).map_err(trouble)?;
    Ok(digest::base64(&certificate.to_der().map_err(trouble)?))
}

/// 20 bytes; the top bits make it positive and of full length.
fn serial_number(instruments: &Instruments) -> Result<SerialNumber, SandboxError> {
    let mut bytes = instruments.random::<20>();
    bytes[0] = (bytes[0] & 0x3f) | 0x40;
    SerialNumber::new(&bytes).map_err(trouble)
}

pub(super) fn time(unix: i64) -> Result<Time, SandboxError> {
    let since = Duration::from_secs(u64::try_from(unix).unwrap_or(0));
    Ok(Time::from(DateTime::from_unix_duration(since).map_err(trouble)?))
}

/// A private key from the configured randomness; the few values that are no key are drawn again.
fn new_key(instruments: &Instruments) -> Result<SigningKey, SandboxError> {
    (0..8)
        .find_map(|_| SigningKey::from_slice(&instruments.random::<32>()).ok())
        .ok_or_else(|| SandboxError::Authority("the source of randomness gives no usable key".into()))
}

fn public_key(key: &SigningKey) -> Result<SubjectPublicKeyInfoOwned, SandboxError> {
    SubjectPublicKeyInfoOwned::from_key(key.verifying_key()).map_err(trouble)
}

fn parse_name(text: &str) -> Result<Name, SandboxError> {
    Name::from_str(text).map_err(trouble)
}

fn trouble(error: impl std::fmt::Display) -> SandboxError {
    SandboxError::Authority(error.to_string())
}
