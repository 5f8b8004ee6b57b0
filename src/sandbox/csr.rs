//! Checking a certificate request as the platform does (csr.md sections 1 to 4).

use der::asn1::{Any, ObjectIdentifier};
use der::{Decode, DecodePem, Encode, Tag, Tagged};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, ExtensionReq};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::certificate::{self as names, directory_name, name_value};
use super::digest;
use super::environment::Environment;

const OID_EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");
const OID_SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const OID_TEMPLATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2");
const OID_ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// A request that may be answered with a certificate.
#[derive(Clone)]
pub(super) struct CheckedRequest {
    pub(super) subject: Name,
    /// The extension as it came, copied into the certificate.
    pub(super) subject_alt_name: Extension,
    pub(super) public_key: SubjectPublicKeyInfoOwned,
    /// VAT number.
    pub(super) uid: String,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestFault {
    /// `Invalid-CSR` with this explanation.
    Invalid(String),
    /// The certificate template does not belong to this environment; the CA's own refusal.
    Template(String),
}

fn invalid(reason: impl Into<String>) -> RequestFault {
    RequestFault::Invalid(reason.into())
}

/// Checks the `csr` field: base64 of PEM text.
pub(super) fn check(field: &str, env: Environment) -> Result<CheckedRequest, RequestFault> {
    let pem = digest::from_base64(field).ok_or_else(|| invalid("csr is not base64 of the PEM text"))?;
    let request = CertReq::from_pem(&pem).map_err(|_| invalid("csr holds no PEM certificate request"))?;
    let key = names::secp256k1_key(&request.info.public_key)
        .ok_or_else(|| invalid("the key is not a point on the named curve secp256k1"))?;
    let body = request.info.to_der().map_err(|_| invalid("the request cannot be encoded"))?;
    let signature = request.signature.as_bytes().unwrap_or_default();
    if request.algorithm.oid != OID_ECDSA_SHA256 || !digest::verifies(&key, &body, signature) {
        return Err(invalid("the request's signature is not a valid ecdsa-with-SHA256 of its own key"));
    }
    let extensions = extensions(&request)?;
    check_template(&extensions, env)?;
    let alternative = single(&extensions, OID_SUBJECT_ALT_NAME, "subjectAltName")?;
    let san = SubjectAltName::from_der(alternative.extn_value.as_bytes())
        .map_err(|_| invalid("subjectAltName cannot be read"))?;
    let unit = directory_name(&san).ok_or_else(|| invalid("subjectAltName holds no directoryName"))?;
    let uid = check_unit(unit)?;
    check_subject(&request.info.subject, &uid)?;
    Ok(CheckedRequest {
        subject: request.info.subject.clone(),
        subject_alt_name: alternative.clone(),
        public_key: request.info.public_key.clone(),
        uid,
    })
}

fn extensions(request: &CertReq) -> Result<Vec<Extension>, RequestFault> {
    let mut requests = request.info.attributes.iter().filter(|a| a.oid == OID_EXTENSION_REQUEST);
    let (Some(attribute), None) = (requests.next(), requests.next()) else {
        return Err(invalid("the request needs exactly one extensionRequest attribute"));
    };
    let value = attribute.values.iter().next().ok_or_else(|| invalid("extensionRequest is empty"))?;
    let der = value.to_der().map_err(|_| invalid("extensionRequest cannot be read"))?;
    let list = ExtensionReq::from_der(&der).map_err(|_| invalid("extensionRequest cannot be read"))?;
    Ok(list.0)
}

fn single<'a>(
    extensions: &'a [Extension],
    oid: ObjectIdentifier,
    name: &str,
) -> Result<&'a Extension, RequestFault> {
    let mut found = extensions.iter().filter(|e| e.extn_id == oid);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(invalid(format!("the request needs exactly one extension {name}"))),
    }
}

fn check_template(extensions: &[Extension], env: Environment) -> Result<(), RequestFault> {
    let extension = single(extensions, OID_TEMPLATE, "certificateTemplateName")?;
    let value = Any::from_der(extension.extn_value.as_bytes())
        .map_err(|_| invalid("certificateTemplateName cannot be read"))?;
    if !matches!(value.tag(), Tag::Utf8String | Tag::PrintableString) {
        return Err(invalid("certificateTemplateName is neither UTF8String nor PrintableString"));
    }
    let name = names::string_value(&value).unwrap_or_default();
    if name == env.template() { Ok(()) } else { Err(RequestFault::Template(name)) }
}

/// The five fields of the unit, in their order; gives the VAT number.
fn check_unit(unit: &Name) -> Result<String, RequestFault> {
    let order = [
        (names::OID_SURNAME, "SN"),
        (names::OID_UID, "UID"),
        (names::OID_TITLE, "title"),
        (names::OID_ADDRESS, "registeredAddress"),
        (names::OID_CATEGORY, "businessCategory"),
    ];
    if unit.iter().count() != order.len() || unit.iter().zip(order).any(|(atv, (oid, _))| atv.oid != oid) {
        return Err(invalid("subjectAltName needs SN, UID, title, registeredAddress, businessCategory"));
    }
    for (oid, name) in order {
        required(unit, oid, name)?;
    }
    let serial = required(unit, names::OID_SURNAME, "SN")?;
    if !is_unit_serial(&serial) {
        return Err(invalid("SN must have the form 1-..|2-..|3-.."));
    }
    let uid = required(unit, names::OID_UID, "UID")?;
    if !is_vat_number(&uid) {
        return Err(invalid("UID must be a VAT number: 15 digits, the first and the last one 3"));
    }
    let title = required(unit, names::OID_TITLE, "title")?;
    if !matches!(title.as_str(), "1000" | "0100" | "1100") {
        return Err(invalid("title must be 1000, 0100 or 1100"));
    }
    Ok(uid)
}

fn check_subject(subject: &Name, uid: &str) -> Result<(), RequestFault> {
    let long = |text: &str| text.chars().count() > 64;
    let common = required(subject, names::OID_COMMON_NAME, "CN")?;
    let unit = required(subject, names::OID_UNIT, "OU")?;
    let organization = required(subject, names::OID_ORGANIZATION, "O")?;
    if required(subject, names::OID_COUNTRY, "C")? != "SA" {
        return Err(invalid("C must be SA"));
    }
    if long(&common) || long(&unit) || long(&organization) {
        return Err(invalid("CN, OU and O have at most 64 characters"));
    }
    let member = unit.len() == 10 && unit.bytes().all(|b| b.is_ascii_digit());
    if uid.as_bytes().get(10) == Some(&b'1') && !member {
        return Err(invalid("a VAT group (11th digit 1) needs the member's 10-digit TIN as OU"));
    }
    Ok(())
}

fn required(name: &Name, oid: ObjectIdentifier, label: &str) -> Result<String, RequestFault> {
    let value = name_value(name, oid).unwrap_or_default();
    if value.trim().is_empty() || value.chars().any(char::is_control) {
        return Err(invalid(format!("{label} is missing, empty or has control characters")));
    }
    Ok(value)
}

/// `^1-[^|]+\|2-[^|]+\|3-[^|]+$`
fn is_unit_serial(text: &str) -> bool {
    let parts: Vec<&str> = text.split('|').collect();
    parts.len() == 3
        && parts
            .iter()
            .zip(["1-", "2-", "3-"])
            .all(|(part, head)| part.strip_prefix(head).is_some_and(|rest| !rest.is_empty()))
}

/// `^3\d{13}3$` (BR-KSA-40)
pub(super) fn is_vat_number(text: &str) -> bool {
    text.len() == 15
        && text.bytes().all(|b| b.is_ascii_digit())
        && text.starts_with('3')
        && text.ends_with('3')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert!(is_unit_serial("1-A|2-B|3-C"));
        for bad in ["1-A|2-B", "1-|2-B|3-C", "2-A|1-B|3-C", "1-A|2-B|3-C|4-D", "1-A|2-B|3-"] {
            assert!(!is_unit_serial(bad), "{bad}");
        }
        assert!(is_vat_number("399999999900003"));
        for bad in ["39999999990000", "399999999900004", "299999999900003", "39999999990000a", "3٩٩"] {
            assert!(!is_vat_number(bad), "{bad}");
        }
    }

    #[test]
    fn rubbish_is_an_invalid_request() {
        for bad in ["", "!!", "AAAA", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0="] {
            assert!(matches!(check(bad, Environment::Core), Err(RequestFault::Invalid(_))));
        }
    }
}
