//! The certification authority behind the fake: real certificates for real
//! requests, under its own key.

use std::time::Duration;

use der::{DecodePem as _, Encode as _};
use k256::ecdsa::{DerSignature, SigningKey};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder as _, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, ExtensionReq};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

use crate::fake::NOW;

pub struct Ca(SigningKey);

struct Unit {
    subject: Name,
    extensions: Vec<Extension>,
}

impl BuilderProfile for Unit {
    fn get_issuer(&self, _: &Name) -> Name {
        "CN=TEST-SubCA-1,DC=test".parse().unwrap()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(self.extensions.clone())
    }
}

impl Ca {
    pub fn new() -> Ca {
        Ca(SigningKey::from_slice(&[0xca; 32]).unwrap())
    }

    /// The certificate for a request: its subject, its alternative name, its key.
    pub fn certificate(&self, pem: &str, serial: u32, until: i64) -> Vec<u8> {
        let request = CertReq::from_pem(pem).unwrap();
        let asked = request.info.attributes.iter().find(|a| a.oid.to_string() == "1.2.840.113549.1.9.14");
        let value = asked.unwrap().values.get(0).unwrap();
        let mut extensions = Vec::from(value.decode_as::<ExtensionReq>().unwrap());
        extensions.retain(|extension| extension.extn_id.to_string() == "2.5.29.17");
        let moment = |unix: i64| {
            let time = std::time::UNIX_EPOCH + Duration::from_secs(unix as u64);
            Time::try_from(time).unwrap()
        };
        let validity = Validity::new(moment(NOW - 60), moment(until));
        let unit = Unit { subject: request.info.subject.clone(), extensions };
        let key: SubjectPublicKeyInfoOwned = request.info.public_key;
        let builder = CertificateBuilder::new(unit, SerialNumber::from(serial), validity, key).unwrap();
        builder.build::<_, DerSignature>(&self.0).unwrap().to_der().unwrap()
    }
}
