//! The certificate request: PKCS#10 as the authority wants it (csr.md sections
//! 1 to 3). Every string type and the order of every part are fixed here.

use der::asn1::{Any, BitString, OctetString, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::oid::ObjectIdentifier;
use der::pem::LineEnding;
use der::{Decode as _, Encode as _, EncodePem as _};
use thiserror::Error;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::request::{CertReq, CertReqInfo, ExtensionReq, Version};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::{TillKey, UnitProfile};
use crate::fatoora::Environment;
use crate::invoice::Finding;
use crate::stamp::{Signer as _, SignerError};

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANIZATION_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// The unit's serial stands under surname; tools print both as `SN`.
const SURNAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.4");
const USER_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1");
const TITLE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.12");
const REGISTERED_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.26");
const BUSINESS_CATEGORY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.15");
const TEMPLATE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// Why there is no request.
#[derive(Debug, Error)]
pub enum CsrError {
    #[error("the unit's profile has {} findings; the first one: {}", .0.len(), .0.first().map_or("", |f| &f.message.en))]
    Profile(Vec<Finding>),
    #[error(transparent)]
    Signer(#[from] SignerError),
    #[error("the certificate request cannot be written: {0}")]
    Encoding(#[from] der::Error),
}

/// The request of this unit for `environment`, as PEM with LF line ends.
///
/// # Errors
/// [`CsrError::Profile`] with every finding of [`UnitProfile::check`], before
/// anything is built.
pub fn build(profile: &UnitProfile, environment: Environment, key: &TillKey) -> Result<String, CsrError> {
    let findings = profile.check();
    if !findings.is_empty() {
        return Err(CsrError::Profile(findings));
    }
    let mut attributes = SetOfVec::new();
    attributes.insert(ExtensionReq(extensions(profile, environment)?).try_into()?)?;
    let info = CertReqInfo {
        version: Version::V1,
        subject: subject(profile)?,
        public_key: SubjectPublicKeyInfoOwned::from_der(&key.public_key_der())?,
        attributes,
    };
    let signature = key.sign_message(&info.to_der()?)?;
    let algorithm = AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None };
    let request = CertReq { info, algorithm, signature: BitString::from_bytes(&signature)? };
    Ok(request.to_pem(LineEnding::LF)?)
}

fn subject(profile: &UnitProfile) -> der::Result<Name> {
    name(vec![
        (COUNTRY, Any::encode_from(&PrintableStringRef::new("SA")?)?),
        (ORGANIZATION_UNIT, utf8(&profile.organization_unit)?),
        (ORGANIZATION, utf8(&profile.organization)?),
        (COMMON_NAME, utf8(&profile.common_name)?),
    ])
}

fn extensions(profile: &UnitProfile, environment: Environment) -> der::Result<Vec<Extension>> {
    let unit = name(vec![
        (SURNAME, utf8(&profile.serial)?),
        (USER_ID, utf8(&profile.vat)?),
        (TITLE, utf8(&profile.title)?),
        (REGISTERED_ADDRESS, utf8(&profile.location)?),
        (BUSINESS_CATEGORY, utf8(&profile.category)?),
    ])?;
    let alternative = SubjectAltName(vec![GeneralName::DirectoryName(unit)]);
    Ok(vec![
        extension(TEMPLATE_NAME, utf8(environment.template())?.to_der()?)?,
        extension(SUBJECT_ALT_NAME, alternative.to_der()?)?,
    ])
}

fn extension(extn_id: ObjectIdentifier, value: Vec<u8>) -> der::Result<Extension> {
    Ok(Extension { extn_id, critical: false, extn_value: OctetString::new(value)? })
}

fn utf8(text: &str) -> der::Result<Any> {
    Any::encode_from(&Utf8StringRef::new(text)?)
}

/// A name of single-valued parts in the order given. [`Name`] has no
/// constructor for that, so it is read back from its encoding.
fn name(parts: Vec<(ObjectIdentifier, Any)>) -> der::Result<Name> {
    let mut sequence = Vec::with_capacity(parts.len());
    for (oid, value) in parts {
        let mut part = SetOfVec::new();
        part.insert(AttributeTypeAndValue { oid, value })?;
        sequence.push(RelativeDistinguishedName::from(part));
    }
    Name::from_der(&RdnSequence::from(sequence).to_der()?)
}

#[cfg(test)]
mod tests {
    use super::super::SoftwareSigner;
    use super::super::profile::tests::arabic;
    use super::*;
    use der::DecodePem as _;
    use k256::ecdsa::signature::Verifier as _;
    use k256::ecdsa::{DerSignature, VerifyingKey};
    use k256::pkcs8::DecodePublicKey as _;

    fn signer() -> TillKey {
        TillKey::Software(SoftwareSigner::from_scalar(&[9; 32]).unwrap())
    }

    fn contains(der: &[u8], part: &[u8]) -> bool {
        der.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn is_signed_by_the_key_that_it_names() {
        let pem = build(&arabic(), Environment::Sandbox, &signer()).unwrap();
        assert!(pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
        assert!(pem.ends_with("-----END CERTIFICATE REQUEST-----\n") && !pem.contains('\r'));
        let request = CertReq::from_pem(&pem).unwrap();
        let key = VerifyingKey::from_public_key_der(&request.info.public_key.to_der().unwrap()).unwrap();
        let signature = DerSignature::from_bytes(request.signature.raw_bytes()).unwrap();
        key.verify(&request.info.to_der().unwrap(), &signature).unwrap();
    }

    #[test]
    fn subject_and_unit_are_in_their_order() {
        let pem = build(&arabic(), Environment::Sandbox, &signer()).unwrap();
        let request = CertReq::from_pem(&pem).unwrap();
        let oids = |name: &Name| name.iter().map(|part| part.oid.to_string()).collect::<Vec<_>>();
        assert_eq!(oids(&request.info.subject), ["2.5.4.6", "2.5.4.11", "2.5.4.10", "2.5.4.3"]);
        let der = request.to_der().unwrap();
        let mut at = 0;
        let profile = arabic();
        let unit = [&profile.serial, &profile.vat, &profile.title, &profile.location, &profile.category];
        for text in unit {
            let mut value = vec![0x0c, text.len() as u8];
            value.extend_from_slice(text.as_bytes());
            let found = der[at..].windows(value.len()).position(|w| w == value);
            at += found.unwrap_or_else(|| panic!("{text} is not a UTF8String after the one before"));
        }
        assert!(contains(&der, &[0x06, 3, 0x55, 4, 6, 0x13, 2, b'S', b'A']), "C is not a PrintableString");
        assert!(contains(&der, &[0x06, 3, 0x55, 4, 4, 0x0c]), "the serial is not under surname");
    }

    #[test]
    fn each_environment_has_its_template_as_utf8string() {
        for environment in Environment::ALL {
            let pem = build(&arabic(), environment, &signer()).unwrap();
            let der = CertReq::from_pem(&pem).unwrap().to_der().unwrap();
            let template = environment.template();
            let mut value = vec![0x04, template.len() as u8 + 2, 0x0c, template.len() as u8];
            value.extend_from_slice(template.as_bytes());
            assert!(contains(&der, &value), "{environment}");
        }
    }

    #[test]
    fn a_bad_profile_builds_nothing() {
        let mut profile = arabic();
        profile.vat = "1".into();
        profile.title = "1".into();
        match build(&profile, Environment::Production, &signer()) {
            Err(CsrError::Profile(findings)) => assert_eq!(findings.len(), 2),
            other => panic!("{other:?}"),
        }
    }

    /// Writes the requests of every kind of unit for every environment into the
    /// directory that `TILLD_CSR_OUT` names, for judges outside of this program.
    #[test]
    fn requests_for_outside_judges() {
        let mut english = arabic();
        english.organization_unit = "Olaya Branch".into();
        english.organization = "Al-Noor Grocery (Riyadh), Co.".into();
        english.category = "Retail".into();
        english.title = "0100".into();
        let mut group = arabic();
        group.vat = "399999999910003".into();
        group.organization_unit = "3999999999".into();
        let out = std::env::var_os("TILLD_CSR_OUT").map(std::path::PathBuf::from);
        for (word, profile) in [("arabic", arabic()), ("english", english), ("group", group)] {
            for environment in Environment::ALL {
                let pem = build(&profile, environment, &signer()).unwrap();
                CertReq::from_pem(&pem).unwrap();
                if let Some(out) = &out {
                    std::fs::write(out.join(format!("{word}.{environment}.pem")), pem).unwrap();
                }
            }
        }
    }
}
