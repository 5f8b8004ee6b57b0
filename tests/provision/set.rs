//! The set of a chain: a template and a table become a file for each till.

use std::path::Path;

use tilld::config::{self, Named, TillFile};

use super::FILE;

fn made(table: &str, template: &str) -> Result<Vec<TillFile>, Vec<String>> {
    let template = template.replace("HERE", "/var/x");
    let named = |path, text| Named { path: Path::new(path), text };
    config::till_files(named("t.csv", table), named("base.toml", &template))
        .map_err(|error| error.findings.iter().map(ToString::to_string).collect())
}

fn found(table: &str, template: &str) -> Vec<String> {
    match made(table, template) {
        Ok(files) => panic!("{} files were made", files.len()),
        Err(found) => found,
    }
}

#[test]
fn each_row_becomes_a_file() {
    let table = "\u{FEFF}till.name,unit.organization_unit,printer.target,fatoora.in_flight,printer.footer_en,onboarding.otp_file\r\n\
        T01,\"Olaya, north\",tcp:10.0.0.1:9100,3,\"Thanks\nCome again\",otp-T01\r\n\
        T02,فرع العليا,,,,otp-T02\r\n,,,,,\r\n";
    let files = made(table, FILE).unwrap_or_else(|found| panic!("{found:#?}"));
    assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["T01.toml", "T02.toml"]);
    let dir = tempfile::tempdir().unwrap();
    let read = |at: usize| {
        let path = dir.path().join(&files[at].name);
        std::fs::write(&path, files[at].text.as_bytes()).unwrap();
        let random = &mut |bytes: &mut [u8]| bytes.fill(at as u8);
        config::provision(&path, &dir.path().join("none.toml"), random).unwrap()
    };
    let (first, second) = (read(0), read(1));
    assert_eq!(first.settings.unit.organization_unit, "Olaya, north");
    assert_eq!(first.settings.fatoora.in_flight, 3);
    assert_eq!(first.settings.printer.footer.english, ["Thanks", "Come again"]);
    assert_eq!(first.settings.unit.common_name, "T01-399999999900003");
    assert!(matches!(&first.otp, config::OtpPlace::File(path) if *path == dir.path().join("otp-T01")));
    assert_eq!(second.settings.unit.organization_unit, "فرع العليا");
    assert_eq!((second.settings.fatoora.in_flight, second.settings.printer.target), (2, None));
    assert_ne!(first.settings.unit.serial_number, second.settings.unit.serial_number);
    // Made again, they are the same files.
    let again = made(table, FILE).unwrap_or_else(|found| panic!("{found:#?}"));
    assert_eq!(again[1].text, files[1].text);
    assert!(!files[0].text.contains("serial_number"));
}

#[test]
fn the_header_is_held_to_the_known_keys() {
    let words = found("till.nmae,till.name,seller,till.name,onboarding.now\nx,T1,x,T1,x\n", FILE);
    let wanted = [
        "till.nmae is not a key",
        "seller is not a key",
        "till.name is there twice",
        "onboarding.now is not",
    ];
    assert_eq!(words.len(), wanted.len(), "{words:#?}");
    for (words, wanted) in words.iter().zip(wanted) {
        assert!(
            words.starts_with(&format!("t.csv:1: {wanted}")) && words.contains("; accepted: "),
            "{words}"
        );
    }
    assert!(found("unit.title\n1100\n", FILE)[0].contains("till.name has no column"));
    assert!(found("till.name\n", FILE)[0].contains("this file has no row of a till"));
    assert!(found("", FILE)[0].contains("this file is empty"));
    assert!(
        found("till.name\n\"T1", FILE)[0].contains("t.csv:2: this file has a quote that is never closed")
    );
}

#[test]
fn every_row_is_judged_and_named() {
    let table = "till.name,unit.title,fatoora.in_flight\nT01,1100,1\nT 2,0100,1\nT03,1111,many\nT04,1000\n";
    let words = found(table, FILE);
    let wanted = [
        "t.csv:3: till.name is not a usable name",
        "t.csv:4: fatoora.in_flight is of the wrong kind (text)",
        "t.csv:4: unit.title is refused",
        "t.csv:5: this file has 2 cells in this row and 3 keys",
    ];
    assert_eq!(words.len(), wanted.len(), "{words:#?}");
    for (words, wanted) in words.iter().zip(wanted) {
        assert!(words.starts_with(wanted), "{words}");
    }
}

#[test]
fn what_all_rows_lack_and_what_the_template_has_wrong_is_said_once() {
    let template = FILE.replace("location = \"RRRD2929\"\n", "").replace("\"23333\"", "\"2333\"");
    let words = found("till.name\nT01\nT02\nT03\n", &template);
    assert_eq!(words.len(), 2, "{words:#?}");
    assert!(words.iter().any(|words| words.starts_with("t.csv: unit.location is missing")), "{words:#?}");
    assert!(words.iter().any(|words| words.starts_with("base.toml:") && words.contains("postal_code")));
    // Missing in one row only: that row is named.
    let words =
        found("till.name,unit.location\nT01,RRRD2929\nT02,\n", &template.replace("2333\"", "23333\""));
    assert_eq!(words.len(), 1, "{words:#?}");
    assert!(words[0].starts_with("t.csv:3: unit.location is missing"), "{words:#?}");
    let broken = found("till.name\nT01\n", "[till\n");
    assert!(broken[0].starts_with("base.toml:1: this file is not TOML here"), "{broken:#?}");
}

#[test]
fn no_two_tills_share_what_must_be_their_own() {
    let table = "till.name,till.number_prefix,unit.common_name,onboarding.otp\n\
        T01,,A,471108\nT02,T01-,B,471109\nT03,,A,471108\nT03,X-,C,471110\n";
    let words = found(table, FILE);
    let wanted = [
        "t.csv:3: till.number_prefix is the same as in line 2",
        "t.csv:4: unit.common_name is the same as in line 2",
        "t.csv:4: onboarding.otp is the same as in line 2",
        "t.csv:5: till.name is the same as in line 4",
    ];
    assert_eq!(words.len(), wanted.len(), "{words:#?}");
    for (words, wanted) in words.iter().zip(wanted) {
        assert!(words.starts_with(wanted) && !words.contains("4711"), "{words}");
    }
    // One name of an OTP file in the template lies beside each till's own file.
    let template = format!("{FILE}[onboarding]\notp_file = \"otp\"\n");
    assert!(made("till.name\nT01\nT02\n", &template).is_ok());
}
