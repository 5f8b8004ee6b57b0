//! One provisioning file, read without a till.

use std::fs;
use std::path::PathBuf;

use tilld::config::{self, ConfigError, Existing, OtpPlace, Provision};

use super::{FILE, Place};

fn read(place: &Place) -> Result<Provision, ConfigError> {
    let mut count = 0;
    config::provision(&place.file, &place.config, &mut |bytes| {
        count += 1;
        bytes.fill(count);
    })
}

fn found(place: &Place) -> Vec<String> {
    let error = read(place).expect_err("must be refused");
    assert!(!error.unreadable, "{error}");
    error.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_configuration_has_everything_but_the_onboarding() {
    let place = Place::new("[onboarding]\notp = \"٤٧١١٠٨\"\n");
    let provision = read(&place).unwrap();
    assert!(matches!(&provision.otp, OtpPlace::Inline(otp) if otp.as_str() == "471108"));
    for secret in ["471108", "٤٧١١٠٨", "onboarding"] {
        assert!(!provision.text.contains(secret) && !format!("{provision:?}").contains(secret));
    }
    // What is written is what was judged.
    let written = config::parse(&[(PathBuf::from("x"), provision.text.clone())]).unwrap();
    let settings = &provision.settings;
    assert_eq!((&written.till, &written.unit), (&settings.till, &settings.unit));
    assert_eq!((&written.seller, &written.printer), (&settings.seller, &settings.printer));
    assert_eq!((&written.fatoora, &written.api), (&settings.fatoora, &settings.api));
    assert_eq!(written.printer.header.english, ["Welcome", "to \"us\""]);
    assert_eq!(settings.sources, std::slice::from_ref(&place.config));
}

#[test]
fn the_name_of_the_unit_is_filled_in_once() {
    let place = Place::new("");
    let first = read(&place).unwrap();
    assert_eq!(first.settings.unit.common_name, "T07-399999999900003");
    let serial = first.settings.unit.serial_number.clone();
    assert_eq!(
        serial,
        format!("1-tilld|2-{}|3-01010101-0101-4101-8101-010101010101", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(first.otp, OtpPlace::Elsewhere);
    fs::write(&place.config, &first.text).unwrap();
    // Kept for the same till, also if something else was changed meanwhile.
    place.write(&FILE.replace("in_flight = 2", "in_flight = 1"));
    let again = config::provision(&place.file, &place.config, &mut |_| panic!("nothing is made anew"));
    assert_eq!(again.unwrap().settings.unit.serial_number, serial);
    // Another till's is not taken over, and neither is that of the example.
    place.write(&FILE.replace("T07", "T08"));
    let other = config::provision(&place.file, &place.config, &mut |bytes| bytes.fill(9)).unwrap();
    assert_ne!(other.settings.unit.serial_number, serial);
    place.write(FILE);
    fs::write(&place.config, include_str!("../../assets/tilld.example.toml")).unwrap();
    assert!(read(&place).unwrap().settings.unit.serial_number.contains("01010101"));
    // What the file names itself stays.
    let named = "[unit]\ncommon_name = \"Till 7\"\nserial_number = \"1-a|2-b|3-c\"";
    place.write(&FILE.replace("[unit]", named));
    let unit = read(&place).unwrap().settings.unit;
    assert_eq!((unit.common_name.as_str(), unit.serial_number.as_str()), ("Till 7", "1-a|2-b|3-c"));
}

#[test]
fn drop_ins_of_the_target_are_respected() {
    let place = Place::new("");
    let folder = place.path().join("tilld.toml.d");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("here.toml"), "[unit]\nserial_number = \"1-a|2-b|3-c\"\n[api]\nmax_body = 9999\n")
        .unwrap();
    let provision = read(&place).unwrap();
    assert_eq!(provision.settings.api.max_body, 9999);
    assert_eq!(provision.settings.unit.serial_number, "1-a|2-b|3-c");
    assert!(!provision.text.contains("max_body") && !provision.text.contains("serial_number"));
    assert_eq!(provision.settings.sources.len(), 2);
    fs::write(folder.join("here.toml"), "[api]\nmax_body = 1\n[onboarding]\notp = \"1\"\n").unwrap();
    let words = found(&place).join("\n");
    assert!(words.contains("here.toml:2: api.max_body is 1, out of range"), "{words}");
    assert!(words.contains("here.toml:3: onboarding belongs into a provisioning file"), "{words}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let place = Place::new("[onboarding]\notp = \"47110\"\notp_file = \"otp\"\nnow = true\n");
    let text = fs::read_to_string(&place.file).unwrap();
    place.write(
        &text
            .replace("399999999900003", "39999999990000")
            .replace("\"T07\"", "\"T 07\"")
            .replace("title = \"1100\"", "title = \"1111\"")
            .replace("target = \"none\"", "target = \"lpt1\""),
    );
    place.mode(0o644);
    let words = found(&place);
    let at = |key: &str| {
        let of_key: Vec<_> = words.iter().filter(|words| words.contains(&format!(": {key} "))).collect();
        assert_eq!(of_key.len(), 1, "{key}: {words:#?}");
        assert!(of_key[0].starts_with(place.file.to_str().unwrap()), "{}", of_key[0]);
        assert!(of_key[0].contains("; accepted: "), "{}", of_key[0]);
        of_key[0].clone()
    };
    assert!(at("seller.vat_number").contains("is refused"));
    assert!(at("till.name").contains("toml:3: "));
    assert!(at("unit.title").contains("title"));
    assert!(at("printer.target").contains("is not a printer"));
    assert!(at("onboarding.otp_file").contains("only one of them"));
    assert!(at("onboarding.now").contains("accepted: otp_file, otp"));
    // A name made of a wrong name is no mistake of its own.
    assert_eq!(words.len(), 6, "{words:#?}");
    assert!(!words.iter().any(|words| words.contains("47110")));
}

#[test]
fn an_otp_in_the_file_is_for_its_owner_only() {
    let place = Place::new("[onboarding]\notp = \"471108\"\n");
    for (mode, good) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o666, false)] {
        place.mode(mode);
        match read(&place) {
            Ok(_) => assert!(good, "{mode:o}"),
            Err(error) => {
                let words = error.to_string();
                assert!(!good && words.contains(&format!("(mode 0{mode:o})")), "{words}");
                assert!(words.contains("chmod 600") && !words.contains("471108"), "{words}");
            }
        }
    }
    for (otp, why) in [("\"47110\"", "has fewer than 6 digits"), ("471108", "is of the wrong kind (integer)")]
    {
        place.write(&format!("{FILE}[onboarding]\notp = {otp}\n"));
        let words = found(&place).join("\n");
        assert!(words.contains(&format!("onboarding.otp {why}")) && !words.contains("4711"), "{words}");
    }
}

#[test]
fn the_otp_file_is_seen_from_the_folder_of_the_file() {
    let place = Place::new("[onboarding]\notp_file = \"otps/T07\"\n");
    place.mode(0o644);
    assert_eq!(read(&place).unwrap().otp, OtpPlace::File(place.path().join("otps/T07")));
    place.write(&format!("{FILE}[onboarding]\notp_file = \"/run/otp\"\n"));
    assert_eq!(read(&place).unwrap().otp, OtpPlace::File(PathBuf::from("/run/otp")));
    place.write(&format!("{FILE}[onboarding]\notp_file = \"..\"\n"));
    assert!(found(&place)[0].contains("onboarding.otp_file does not name a file"));
}

#[test]
fn what_lies_at_the_target_is_compared_by_its_meaning() {
    let place = Place::new("");
    let existing = |text: &str| {
        fs::write(&place.config, text).unwrap();
        read(&place).unwrap().existing(&place.config).unwrap()
    };
    let provision = read(&place).unwrap();
    assert_eq!(provision.existing(&place.config).unwrap(), Existing::Nothing);
    assert_eq!(existing(include_str!("../../assets/tilld.example.toml")), Existing::Nothing);
    let text = &provision.text;
    assert_eq!(existing(text), Existing::Same);
    assert_eq!(existing(&format!("# by hand\n{text}\n")), Existing::Same);
    assert_eq!(existing(&text.replace("in_flight = 2", "in_flight = 3")), Existing::Other);
    assert_eq!(existing(""), Existing::Other);
    assert_eq!(existing("not TOML"), Existing::Other);
    fs::write(&place.config, b"\xFF\xFE").unwrap();
    assert_eq!(provision.existing(&place.config).unwrap(), Existing::Other);
}

#[test]
fn what_is_no_provisioning_file_is_said() {
    let place = Place::new("");
    for bytes in [&b"\xFF\xFE"[..], &[b'#'; 2 << 20]] {
        fs::write(&place.file, bytes).unwrap();
        assert!(read(&place).unwrap_err().unreadable);
    }
    fs::write(&place.file, "[till\n").unwrap();
    let words = found(&place).join("\n");
    assert!(words.contains("till.toml:1: this file is not TOML here"), "{words}");
    fs::remove_file(&place.file).unwrap();
    assert!(read(&place).unwrap_err().unreadable);
    // A mark at the beginning, as Windows writes it.
    place.write(&format!("\u{FEFF}{FILE}"));
    read(&place).unwrap();
}
