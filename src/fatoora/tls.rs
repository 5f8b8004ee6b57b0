//! TLS by rustls with the ring provider, named here and nowhere else: a
//! process-wide default provider is neither needed nor set.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use thiserror::Error;

use super::verdict::SetupFault;

/// The TLS side cannot be set up as configured.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error("the extra CA file has no readable PEM certificate: {0}")]
    ExtraCa(String),
    #[error("TLS cannot be set up: {0}")]
    Provider(#[from] rustls::Error),
}

/// TLS 1.2 and 1.3 with the public web's root certificates and, where
/// configured, one more authority. Verification cannot be switched off.
pub(super) fn config(extra_ca_pem: Option<&[u8]>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(extra_ca_pem)?)
        .with_no_client_auth();
    Ok(config)
}

/// As [`config`], with the same verification, and a watch that keeps the
/// certificate which the server showed, verified or not.
pub(super) fn watched(extra_ca_pem: Option<&[u8]>) -> Result<(ClientConfig, Watch), TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = Arc::new(roots(extra_ca_pem)?);
    let judge = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .build()
        .map_err(|error| TlsError::Provider(rustls::Error::General(error.to_string())))?;
    let watch = Watch(Arc::new(Watching { judge, seen: Mutex::new(None) }));
    let verifier: Arc<dyn ServerCertVerifier> = Arc::<Watching>::clone(&watch.0);
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // Every judgement is left to the usual verifier; the watch only listens.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok((config, watch))
}

/// The certificate that a server showed.
pub(super) struct Watch(Arc<Watching>);

impl Watch {
    /// In DER; none before the server showed one.
    pub fn seen(&self) -> Option<Vec<u8>> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug)]
struct Watching {
    judge: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<Vec<u8>>>,
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.to_vec());
        self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

fn roots(extra_ca_pem: Option<&[u8]>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = extra_ca_pem {
        add(&mut roots, pem)?;
    }
    Ok(roots)
}

fn add(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), TlsError> {
    let mut found = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| TlsError::ExtraCa(error.to_string()))?;
        roots.add(certificate).map_err(|error| TlsError::ExtraCa(error.to_string()))?;
        found += 1;
    }
    match found {
        0 => Err(TlsError::ExtraCa("the file holds none".to_owned())),
        _ => Ok(()),
    }
}

/// What of TLS stands behind an error: a server certificate that does not verify
/// (wrong authority, wrong name, expired), or no version or cipher in common.
pub(super) fn fault(error: &(dyn std::error::Error + 'static)) -> Option<SetupFault> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(fault) = own_fault(error) {
            return Some(fault);
        }
        next = error.source();
    }
    None
}

/// An `io::Error` shows its inner error only through `get_ref`.
fn own_fault(error: &(dyn std::error::Error + 'static)) -> Option<SetupFault> {
    if let Some(io) = error.downcast_ref::<std::io::Error>() {
        return io.get_ref().and_then(|inner| fault(inner));
    }
    match error.downcast_ref::<rustls::Error>()? {
        // A revocation list that cannot be fetched is no verdict on the server; none is used.
        rustls::Error::InvalidCertificate(CertificateError::UnknownRevocationStatus) => None,
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            Some(SetupFault::Certificate)
        }
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        ) => Some(SetupFault::Tls),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        for bad in ["", "rubbish", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(config(Some(bad.as_bytes())), Err(TlsError::ExtraCa(_))), "{bad}");
        }
        assert!(config(None).is_ok());
    }

    #[test]
    fn certificate_errors_are_found_inside_others() {
        let inner = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let outer = std::io::Error::other(inner);
        assert_eq!(fault(&outer), Some(SetupFault::Certificate));
        let old = rustls::Error::PeerIncompatible(rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13);
        assert_eq!(fault(&std::io::Error::other(old)), Some(SetupFault::Tls));
        let alert = rustls::Error::AlertReceived(AlertDescription::ProtocolVersion);
        assert_eq!(fault(&alert), Some(SetupFault::Tls));
        assert_eq!(fault(&std::io::Error::other("reset")), None);
        assert_eq!(fault(&rustls::Error::HandshakeNotComplete), None);
    }
}
