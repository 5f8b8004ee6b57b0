use super::*;
use crate::keys::{Machine, Wrapping};
use crate::stamp::Signer as _;

fn vault() -> (tempfile::TempDir, Vault) {
    let directory = tempfile::tempdir().unwrap();
    let machine = Machine::from_facts(vec![("board serial number", "1000".to_owned())]);
    let wrapping = Wrapping::new(None, machine).unwrap();
    let vault = Vault::open(&directory.path().join("vault"), &wrapping).unwrap();
    (directory, vault)
}

fn profile() -> UnitProfile {
    let text = || "x".to_owned();
    UnitProfile {
        common_name: text(),
        organization_unit: text(),
        organization: text(),
        serial: text(),
        vat: text(),
        title: text(),
        location: text(),
        category: text(),
    }
}

/// The record as layout 1 declared it, field for field.
#[derive(Serialize)]
struct First {
    version: u32,
    device: Device,
    environment: String,
    profile: UnitProfile,
    key: Option<String>,
    csr: Option<String>,
    compliance: Option<FirstCsid>,
    last: Option<FirstPending>,
    awaiting: bool,
    production: Option<FirstCsid>,
}

#[derive(Serialize)]
struct FirstCsid {
    request_id: String,
    token: String,
    secret: String,
}

#[derive(Serialize)]
struct FirstPending {
    uuid: String,
    icv: u64,
    hash: String,
    xml: String,
}

fn first(device: Device) -> First {
    let csid = |n: u8| FirstCsid {
        request_id: format!("12345678{n:05}"),
        token: "VE9LRU4=".to_owned(),
        secret: format!("secret {n}"),
    };
    First {
        version: 1,
        device,
        environment: "simulation".to_owned(),
        profile: profile(),
        key: Some(STANDARD.encode([7; 32])),
        csr: Some("a request".to_owned()),
        compliance: Some(csid(1)),
        last: Some(FirstPending {
            uuid: "5d3a6a52-0f2a-4c6e-9d35-2f6f3c1b7e10".to_owned(),
            icv: 6,
            hash: InvoiceHash::new([9; 32]).to_base64(),
            xml: STANDARD.encode("<Invoice/>"),
        }),
        awaiting: true,
        production: Some(csid(2)),
    }
}

/// In every state that layout 1 had, a till of then goes on now.
#[test]
fn a_record_of_the_first_layout_is_read_whole() {
    let (_directory, vault) = vault();
    let id = || "1234567800001".to_owned();
    let states = [
        (Device::KeyMade, r#""key_made""#),
        (Device::CsrMade { unanswered: 1 }, r#"{"csr_made":{"unanswered":1}}"#),
        (Device::OtpRefused { answer_lost: true }, r#"{"otp_refused":{"answer_lost":true}}"#),
        (Device::Compliance { request_id: id() }, r#"{"compliance":{"request_id":"1234567800001"}}"#),
        (
            Device::Checking { request_id: id(), done: 5, of: 6 },
            r#"{"checking":{"request_id":"1234567800001","done":5,"of":6}}"#,
        ),
        (Device::Active { until: 9 }, r#"{"active":{"until":9}}"#),
        (Device::Expired { since: 9 }, r#"{"expired":{"since":9}}"#),
        (Device::Revoked, r#""revoked""#),
    ];
    for (device, written) in states {
        let old = serde_json::to_string(&first(device.clone())).unwrap();
        assert!(old.starts_with(&format!("{{\"version\":1,\"device\":{written},")), "{old}");
        vault.put("device", old.as_bytes()).unwrap();
        let record = Record::load(&vault, Place::Device).unwrap().unwrap();
        assert_eq!((&record.device, record.road, record.place), (&device, Road::Onboarding, Place::Device));
        assert_eq!(record.environment().unwrap(), Environment::Simulation);
        assert_eq!((&record.profile, record.csr.as_deref()), (&profile(), Some("a request")));
        assert_eq!(record.compliance.as_ref().unwrap().request_id, id());
        assert_eq!(*record.credentials().unwrap().secret, "secret 2");
        assert_eq!(record.pending().unwrap().submission().unwrap().xml, b"<Invoice/>");
        assert_eq!(record.head().unwrap().unwrap().icv, Icv::new(6).unwrap());
        let key = record.signer(&KeyStore::Vault).unwrap();
        let same = KeyStore::Vault.generate(&mut |buffer| buffer.fill(7)).unwrap();
        assert_eq!(key.public_key_der(), same.public_key_der());

        record.save(&vault).unwrap();
        assert!(vault.get("device").unwrap().unwrap().starts_with(b"{\"version\":2,"));
        assert_eq!(Record::load(&vault, Place::Device).unwrap().unwrap(), record);
        assert!(!format!("{record:?}").contains(&STANDARD.encode([7; 32])));
    }
}

#[test]
fn a_layout_of_the_future_is_not_guessed_at() {
    let (_directory, vault) = vault();
    vault.put("successor", b"{\"version\":3,\"later\":true}").unwrap();
    assert!(matches!(Record::load(&vault, Place::Successor), Err(RecordError::Newer { found: 3 })));
    assert!(Record::load(&vault, Place::Device).unwrap().is_none());
}

#[test]
fn each_place_has_its_own_record() {
    let (_directory, vault) = vault();
    let blank = |place, road| Record::blank(place, road, Environment::Production, &profile());
    let places = [Place::Device, Place::Successor, Place::Former(1), Place::Former(27)];
    for (place, road) in places.into_iter().zip([Road::Onboarding, Road::Renewal].into_iter().cycle()) {
        blank(place, road).save(&vault).unwrap();
        assert_eq!(Record::load(&vault, place).unwrap().unwrap(), blank(place, road));
    }
    assert!(Record::load(&vault, Place::Former(2)).unwrap().is_none());
    let moved = blank(Place::Successor, Road::Renewal).at(Place::Former(2));
    moved.save(&vault).unwrap();
    assert_eq!(Record::load(&vault, Place::Former(2)).unwrap().unwrap(), moved);
}
