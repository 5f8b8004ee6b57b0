//! HTTPS for the sandbox: an authority of its own, written as a PEM file for the
//! till's `extra_ca`, and a certificate for this machine's own names. The
//! authority's key is forgotten at once, so that it can never vouch for anything
//! else. P-256, since TLS knows no secp256k1; ring, because rustls brings it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use der::asn1::{Any, BitString, Ia5String, ObjectIdentifier, OctetString};
use der::{Encode as _, EncodePem as _};
use k256::ecdsa::signature::Keypair;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::Certificate;
use x509_cert::builder::{Builder as _, CertificateBuilder};
use x509_cert::ext::ToExtension as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{
    self, AlgorithmIdentifierOwned, Document, DynSignatureAlgorithmIdentifier, EncodePublicKey,
    SubjectPublicKeyInfoOwned,
};
use x509_cert::time::Validity;

use super::SandboxError;
use super::authority::{Profile, time};

/// The file for the till.
pub(super) const CA_FILE: &str = "ca.pem";
const SERVER_FILE: &str = "server.pem";
const KEY_FILE: &str = "server.key";
/// Seconds: clocks of a test may be apart by a day; ten years.
const DAY: i64 = 86_400;
const VALIDITY: i64 = 3_650 * DAY;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// The server's side of TLS, from the files in `dir`, which are made as of `now`
/// (Unix seconds) if they are not there.
pub(super) fn server(dir: &Path, now: i64) -> Result<Arc<ServerConfig>, SandboxError> {
    let path = |name: &str| dir.join(name);
    if ![CA_FILE, SERVER_FILE, KEY_FILE].iter().all(|name| path(name).is_file()) {
        make(dir, now)?;
    }
    let unusable = |error: &dyn std::fmt::Display| {
        let why = format!("{error}; delete the folder's files, and they are made anew");
        SandboxError::Tls { path: dir.to_owned(), why }
    };
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path(SERVER_FILE)).map_err(|error| unusable(&error))?.collect();
    let chain = chain.map_err(|error| unusable(&error))?;
    let key = PrivateKeyDer::from_pem_file(path(KEY_FILE)).map_err(|error| unusable(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| unusable(&error))?;
    Ok(Arc::new(config))
}

fn make(dir: &Path, now: i64) -> Result<(), SandboxError> {
    let authority = Key::new()?;
    let name = Name::from_str("CN=tilld sandbox TLS authority").map_err(trouble)?;
    let profile = Profile { issuer: name.clone(), subject: name.clone(), authority: true, extra: Vec::new() };
    let ca = authority.certify(profile, &authority, now)?;
    let server = Key::new()?;
    let subject = Name::from_str("CN=localhost").map_err(trouble)?;
    let names = own_names()?.to_extension(&subject, &[]).map_err(trouble)?;
    let profile = Profile { issuer: name, subject, authority: false, extra: vec![names] };
    let certificate = authority.certify(profile, &server, now)?;
    std::fs::create_dir_all(dir).map_err(|error| unwritten(dir, &error))?;
    write(&dir.join(CA_FILE), 0o644, &pem(&ca)?)?;
    write(&dir.join(SERVER_FILE), 0o644, &pem(&certificate)?)?;
    write(&dir.join(KEY_FILE), 0o600, &server.pem()?)
}

/// This machine by the names that a loopback address may have.
fn own_names() -> Result<SubjectAltName, SandboxError> {
    let address =
        |bytes: &[u8]| OctetString::new(bytes.to_vec()).map(GeneralName::IpAddress).map_err(trouble);
    let v6 = std::net::Ipv6Addr::LOCALHOST.octets();
    let localhost = GeneralName::DnsName(Ia5String::new("localhost").map_err(trouble)?);
    Ok(SubjectAltName(vec![localhost, address(&[127, 0, 0, 1])?, address(&v6)?]))
}

fn pem(certificate: &Certificate) -> Result<String, SandboxError> {
    certificate.to_pem(der::pem::LineEnding::LF).map_err(trouble)
}

fn write(path: &Path, mode: u32, text: &str) -> Result<(), SandboxError> {
    let open = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &std::io::Error) -> SandboxError {
    SandboxError::Tls { path: path.to_owned(), why: format!("cannot be written ({error})") }
}

/// A key on P-256.
struct Key {
    pkcs8: Vec<u8>,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Key {
    fn new() -> Result<Key, SandboxError> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(trouble)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).map_err(trouble)?;
        Ok(Key { pkcs8: pkcs8.as_ref().to_vec(), pair, random })
    }

    /// A certificate for the holder of `key`, by this one.
    fn certify(&self, profile: Profile, key: &Key, now: i64) -> Result<Certificate, SandboxError> {
        let mut serial = [0u8; 16];
        self.random.fill(&mut serial).map_err(trouble)?;
        serial[0] = (serial[0] & 0x3f) | 0x40; // positive, and not shorter than it looks
        let serial = SerialNumber::new(&serial).map_err(trouble)?;
        let validity = Validity::new(time(now.saturating_sub(DAY))?, time(now.saturating_add(VALIDITY))?);
        let point = key.verifying_key().info().map_err(trouble)?;
        let mut builder = CertificateBuilder::new(profile, serial, validity, point).map_err(trouble)?;
        let unsigned = builder.finalize(self).map_err(trouble)?;
        let signature = self.pair.sign(&self.random, &unsigned).map_err(trouble)?;
        let signature = BitString::from_bytes(signature.as_ref()).map_err(trouble)?;
        builder.assemble(signature, self).map_err(trouble)
    }

    fn pem(&self) -> Result<String, SandboxError> {
        der::pem::encode_string("PRIVATE KEY", der::pem::LineEnding::LF, &self.pkcs8).map_err(trouble)
    }
}

/// The public half: an uncompressed point.
#[derive(Clone)]
struct Point(Vec<u8>);

impl Point {
    fn info(&self) -> spki::Result<SubjectPublicKeyInfoOwned> {
        let parameters = Some(Any::from(&P256));
        Ok(SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned { oid: EC_PUBLIC_KEY, parameters },
            subject_public_key: BitString::from_bytes(&self.0)?,
        })
    }
}

impl EncodePublicKey for Point {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::try_from(self.info()?.to_der()?)?)
    }
}

impl Keypair for Key {
    type VerifyingKey = Point;

    fn verifying_key(&self) -> Point {
        Point(self.pair.public_key().as_ref().to_vec())
    }
}

impl DynSignatureAlgorithmIdentifier for Key {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned { oid: ECDSA_SHA256, parameters: None })
    }
}

fn trouble(error: impl std::fmt::Display) -> SandboxError {
    SandboxError::Authority(error.to_string())
}

/// Where the authority's certificate lies.
pub(super) fn ca_file(dir: &Path) -> PathBuf {
    dir.join(CA_FILE)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const NOW: i64 = 1_773_514_800;

    #[test]
    fn files_are_made_once_and_the_key_is_nobody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("tls");
        server(&dir, NOW).unwrap();
        let first = std::fs::read(ca_file(&dir)).unwrap();
        server(&dir, NOW + DAY).unwrap();
        assert_eq!(std::fs::read(ca_file(&dir)).unwrap(), first, "a till that trusts it may go on");
        let mode = std::fs::metadata(dir.join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 3, "the authority's key is not kept");
        std::fs::write(dir.join(SERVER_FILE), "rubbish").unwrap();
        let error = server(&dir, NOW).unwrap_err().to_string();
        assert!(error.contains("made anew"), "{error}");
    }
}
