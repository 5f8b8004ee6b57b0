//! Dates and times are Riyadh's, whatever the process takes for its own zone.

mod common;

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{VectorSigner, certificate, seller};
use tilld::chain::Link;
use tilld::invoice::{Draft, Header, Invoice, InvoiceNumber, IssueMoment, price, read_sale};
use tilld::{stamp, ubl};

/// Seconds since 1970, and date and time in Riyadh: around midnight, on a leap
/// day, at the turn of a year, and when clocks elsewhere are set forward.
const MOMENTS: [(i64, &str, &str); 6] = [
    (1_773_521_999, "2026-03-14", "23:59:59"),
    (1_773_522_000, "2026-03-15", "00:00:00"),
    (1_835_384_400, "2028-02-29", "00:00:00"),
    (1_835_470_799, "2028-02-29", "23:59:59"),
    (1_798_750_800, "2027-01-01", "00:00:00"),
    (1_772_953_200, "2026-03-08", "10:00:00"),
];

fn draft() -> Draft {
    let line = r#"{"name":"تمر سكري","quantity":1,"shelf_price":"23.00","vat":"S"}"#;
    let address = r#"{"street":"التحلية","city":"Dubai","country":"AE","postal_code":"00000"}"#;
    let buyer = format!(r#"{{"name":"شركة","id":{{"scheme":"OTH","value":"X1"}},"address":{address}}}"#);
    let body = format!(r#"{{"subtype":"standard","buyer":{buyer},"lines":[{line}]}}"#);
    read_sale(body.as_bytes()).unwrap()
}

#[test]
fn a_document_states_riyadhs_date_and_time() {
    for (unix, date, time) in MOMENTS {
        let (draft, issued) = (draft(), IssueMoment::from_unix(unix).unwrap());
        let priced = price(&draft).unwrap();
        let header = Header {
            kind: draft.kind,
            number: InvoiceNumber::parse("T07-000001").unwrap(),
            uuid: uuid::Uuid::from_u64_pair(1, 2),
            issued,
            seller: seller(),
            terms: draft.terms.issued(draft.kind, issued),
        };
        let invoice = Invoice { header, priced };
        let sealed = stamp::seal(&invoice, &Link::after(None), &certificate(), &VectorSigner::new()).unwrap();
        let xml = String::from_utf8(sealed.xml.clone()).unwrap();
        assert!(xml.contains(&format!("<cbc:IssueDate>{date}</cbc:IssueDate>")), "{date}");
        assert!(xml.contains(&format!("<cbc:IssueTime>{time}</cbc:IssueTime>")), "{time}");
        assert!(xml.contains(&format!("<cbc:ActualDeliveryDate>{date}</cbc:ActualDeliveryDate>")), "{date}");
        assert!(xml.contains(&format!("<xades:SigningTime>{date}T{time}</xades:SigningTime>")), "{time}");
        let qr = STANDARD.decode(&sealed.qr).unwrap();
        let stated = format!("{date}T{time}");
        assert!(qr.windows(stated.len()).any(|bytes| bytes == stated.as_bytes()), "{stated}");
        assert_eq!(ubl::read(&sealed.xml).unwrap().issued.unix(), unix);
    }
}

#[test]
fn the_zone_of_the_process_changes_nothing() {
    let this = std::env::current_exe().unwrap();
    for zone in ["UTC", "America/New_York", "Pacific/Kiritimati", ":no/such/zone"] {
        let inner = "a_document_states_riyadhs_date_and_time";
        let run = Command::new(&this).args(["--exact", inner]).env("TZ", zone).output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{zone}: {said}");
    }
}
