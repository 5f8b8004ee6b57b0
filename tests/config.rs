//! The configuration as a whole: the example file, drop-ins, and every kind of
//! mistake with its words.

use std::path::{Path, PathBuf};

use tilld::config::{self, ConfigError, KeySettings, PrintPolicy, Settings};
use tilld::fatoora::Environment;
use tilld::printer::Target;
use tilld::receipt::PaperWidth;

const EXAMPLE: &str = include_str!("../assets/tilld.example.toml");

fn parse(text: &str) -> Result<Settings, ConfigError> {
    config::parse(&[(PathBuf::from("t.toml"), text.to_owned())])
}

/// The example with one line replaced; the line must be there.
fn example_with(line: &str, instead: &str) -> String {
    assert!(EXAMPLE.lines().any(|l| l == line), "{line} is not in the example");
    EXAMPLE.replacen(line, instead, 1)
}

fn findings(text: &str) -> Vec<String> {
    parse(text).expect_err("must be refused").findings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_is_a_valid_configuration() {
    let settings = parse(EXAMPLE).unwrap();
    assert_eq!(settings.till.number_prefix, "T07-");
    assert_eq!(settings.till.anchor, Path::new("/var/lib/tilld-anchor/high-water"));
    assert_eq!(settings.seller.vat.as_str(), "399999999900003");
    assert_eq!(settings.seller.address.country, "SA");
    assert_eq!(settings.fatoora.environment, Environment::Sandbox);
    assert_eq!(settings.printer.target, Some(Target::Tcp { host: "192.168.1.50".into(), port: 9100 }));
    assert_eq!(settings.printer.width, PaperWidth::Mm80);
    assert_eq!(settings.printer.print, PrintPolicy::Always);
    assert_eq!(settings.api.max_body, 1_048_576);
    assert_eq!(settings.sources, [PathBuf::from("t.toml")]);
}

#[test]
fn the_example_names_every_key_in_its_section() {
    let mut section = "";
    let mut named = Vec::new();
    for line in EXAMPLE.lines() {
        if let Some(path) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = path;
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ") {
            named.push(format!("{section}.{key}"));
        }
    }
    for known in config::SECTIONS.iter().filter(|known| !known.path.is_empty()) {
        for (key, accepted) in known.keys {
            assert!(!accepted.is_empty());
            let full = format!("{}.{key}", known.path);
            let is_section = config::SECTIONS.iter().any(|other| other.path == full);
            assert!(is_section || named.contains(&full), "{full} is not in the example");
        }
    }
}

#[test]
fn defaults_stand_in_for_what_may_be_left_out() {
    let optional = [
        "number_prefix",
        "data_dir",
        "anchor",
        "chain_on_renewal",
        "base_url",
        "in_flight",
        "clearance_wait_seconds",
        "clearance_offline",
        "alarm_hours",
        "timeout_seconds",
        "width",
        "print",
        "header_ar",
        "header_en",
        "footer_ar",
        "footer_en",
        "socket",
        "max_body",
        "level",
        "store",
        "province",
        "additional_street",
        "additional_number",
    ];
    let short: String = EXAMPLE
        .lines()
        .filter(|line| !optional.iter().any(|key| line.starts_with(&format!("{key} ="))))
        .map(|line| format!("{line}\n"))
        .collect();
    let settings = parse(&short).unwrap();
    assert_eq!(settings.till.number_prefix, "T07-");
    assert_eq!(settings.till.data_dir, Path::new("/var/lib/tilld"));
    assert_eq!(settings.till.anchor, Path::new("/var/lib/tilld-anchor/high-water"));
    assert_eq!(settings.api.socket, Path::new(config::DEFAULT_SOCKET));
    assert_eq!((settings.fatoora.in_flight, settings.api.max_body), (2, 1_048_576));
    assert_eq!(settings.fatoora.alarm_hours, [12, 20, 23, 24]);
    assert_eq!((settings.alarms.command, settings.alarms.timeout_seconds), (None, 10));
    assert_eq!(settings.seller.address.province, None);
}

const HOURS: &str = "alarm_hours = [12, 20, 23, 24]";
const COMMAND: &str = "# command = [\"/usr/local/bin/page-support\", \"T07\"]";

/// A line of the example, what stands there instead, and what the one finding says.
#[test]
fn each_mistake_names_file_line_key_and_what_is_accepted() {
    let table = [
        (
            "name = \"T07\"",
            "nmae = \"T07\"\nname = \"T07\"",
            "till.nmae is not a key of [till]; accepted: name, number_prefix, data_dir, anchor, witness, chain_on_renewal",
        ),
        ("name = \"T07\"", "name = 7", "till.name is of the wrong kind (integer); accepted: 1 to 20"),
        ("name = \"T07\"", "name = \"T 07\"", "till.name is not a usable name"),
        (
            "number_prefix = \"T07-\"",
            "number_prefix = \"T/\"",
            "till.number_prefix cannot begin an invoice number",
        ),
        ("data_dir = \"/var/lib/tilld\"", "data_dir = \"data\"", "till.data_dir is not an absolute path"),
        (
            "data_dir = \"/var/lib/tilld\"",
            "data_dir = \"/var/../lib\"",
            "till.data_dir is not an absolute path",
        ),
        (
            "anchor = \"/var/lib/tilld-anchor/high-water\"",
            "anchor = \"/var/lib/tilld/mark\"",
            "till.anchor lies in data_dir",
        ),
        (
            "# witness = \"/mnt/office/T07.high-water\"",
            "witness = \"/var/lib/tilld-anchor/high-water\"",
            "till.witness is the anchor itself",
        ),
        (
            "chain_on_renewal = \"restart\"",
            "chain_on_renewal = \"anew\"",
            "till.chain_on_renewal is not one of the accepted words; accepted: restart or continue",
        ),
        (
            "vat_number = \"399999999900003\"",
            "vat_number = \"123\"",
            "seller.vat_number is refused: a VAT number has 15 digits",
        ),
        (
            "vat_number = \"399999999900003\"",
            "vat_number = 399999999900003",
            "seller.vat_number is of the wrong kind (integer)",
        ),
        (
            "vat_number = \"399999999900003\"",
            "vat_number = \"399999999910003\"",
            "unit.organization_unit is refused: the VAT number is that of a VAT group",
        ),
        ("id_scheme = \"CRN\"", "id_scheme = \"XYZ\"", "seller.id_scheme is refused"),
        (
            "id = \"1010010000\"",
            "id = \"12\"",
            "seller.id is refused: an identifier of scheme CRN has 10 digits",
        ),
        (
            "building = \"2322\"",
            "building = \"23\"",
            "seller.address.building is refused: the building number has exactly 4 digits",
        ),
        ("postal_code = \"23333\"", "postal_code = 23333", "seller.address.postal_code is of the wrong kind"),
        (
            "province = \"منطقة الرياض\"",
            "country = \"SA\"",
            "seller.address.country is not a key of [seller.address]",
        ),
        (
            "serial_number = \"1-Tilld|2-1.0|3-6f4d20e0-6bfe-4a80-9389-7dabe6620f12\"",
            "serial_number = \"T07\"",
            "unit.serial_number is refused: the unit",
        ),
        ("title = \"1100\"", "title = \"1111\"", "unit.title is refused: the title does not say"),
        (
            "category = \"Retail\"",
            "category = \"Retail & more\"",
            "unit.category is refused: this field has the character `&`",
        ),
        (
            "environment = \"sandbox\"",
            "environment = \"prod\"",
            "fatoora.environment is not one of the accepted words; accepted: sandbox, simulation or production",
        ),
        (
            "# base_url = \"http://127.0.0.1:8793/e-invoicing/developer-portal\"",
            "base_url = \"https://example.com\"",
            "fatoora.base_url is refused: the platform address `https://example.com` points to another host",
        ),
        (
            "in_flight = 2",
            "in_flight = 5",
            "fatoora.in_flight is 5, out of range; accepted: a whole number from 1 to 4",
        ),
        ("in_flight = 2", "in_flight = 1.5", "fatoora.in_flight is of the wrong kind (float)"),
        (HOURS, "alarm_hours = [12, 25]", "fatoora.alarm_hours is [12, 25]; accepted: a list of 1 to 4"),
        (HOURS, "alarm_hours = [20, 12]", "fatoora.alarm_hours is [20, 12]; accepted: a list of 1 to 4"),
        (HOURS, "alarm_hours = [12, 12]", "fatoora.alarm_hours is [12, 12]; accepted: a list of 1 to 4"),
        (HOURS, "alarm_hours = [0]", "fatoora.alarm_hours is [0]; accepted: a list of 1 to 4"),
        (HOURS, "alarm_hours = []", "fatoora.alarm_hours is []; accepted: a list of 1 to 4"),
        (HOURS, "alarm_hours = [1, 2, 3, 4, 5]", "fatoora.alarm_hours is [1, 2, 3, 4, 5]; accepted: a list"),
        (HOURS, "alarm_hours = 12", "fatoora.alarm_hours is of the wrong kind (integer)"),
        (
            COMMAND,
            "command = []",
            "alarms.command names no program; accepted: a program by its absolute path",
        ),
        (COMMAND, "command = [\"page-support\"]", "alarms.command is not an absolute path without .."),
        (COMMAND, "command = \"/bin/true\"", "alarms.command is of the wrong kind (string)"),
        ("timeout_seconds = 10", "timeout_seconds = 0", "alarms.timeout_seconds is 0, out of range"),
        (
            "target = \"tcp:192.168.1.50:9100\"",
            "target = \"tcp:printer:0\"",
            "printer.target is not a printer; accepted: tcp:HOST:PORT",
        ),
        (
            "target = \"tcp:192.168.1.50:9100\"",
            "target = \"file:receipts\"",
            "printer.target names a folder without its full path",
        ),
        ("width = 80", "width = 76", "printer.width is 76; accepted: the paper in millimetres, 80 or 58"),
        ("print = \"always\"", "print = \"sometimes\"", "printer.print is not one of the accepted words"),
        (
            "header_en = [\"Welcome\"]",
            "header_en = [\"Welcome\", 3]",
            "printer.header_en is of the wrong kind (array)",
        ),
        (
            "header_en = [\"Welcome\"]",
            "header_en = [\"a\\nb\"]",
            "printer.header_en does not fit on a receipt",
        ),
        ("max_body = 1048576", "max_body = -1", "api.max_body is -1, out of range"),
        (
            "max_body = 1048576",
            "max_body = 99999999999999999999",
            "api.max_body is of the wrong kind (integer)",
        ),
        (
            "socket = \"/run/tilld/tilld.sock\"",
            "socket = \"tilld.sock\"",
            "api.socket is not an absolute path",
        ),
        (
            "store = \"vault\"",
            "store = \"tpm\"",
            "keys.store is not one of the accepted words; accepted: vault (a software key, sealed in data_dir) or pkcs11",
        ),
        (
            "# pkcs11_pin_file = \"/etc/tilld/hsm-pin\"",
            "pkcs11_pin_file = \"/etc/tilld/hsm-pin\"",
            "keys.pkcs11_pin_file is set, but the store is not pkcs11",
        ),
        ("level = \"info\"", "level = \"loud\"", "log.level is not one of the accepted words"),
        ("[log]", "[logs]\n[log]", "logs is not a section of this file; accepted: till, seller"),
        ("[till]", "log2 = 1\n[till]", "log2 is not a section of this file"),
    ];
    for (line, instead, says) in table {
        let found = findings(&example_with(line, instead));
        assert_eq!(found.len(), 1, "{instead}: {found:?}");
        let number = EXAMPLE.lines().position(|l| l == line).unwrap() + 1;
        // The unit is judged by the VAT number, so that finding stands elsewhere.
        let here = format!("t.toml:{number}: {says}");
        let elsewhere = found[0].split_once(": ").is_some_and(|(_, rest)| rest.starts_with(says));
        assert!(
            found[0].starts_with(&here) || says.starts_with("unit.organization_unit") && elsewhere,
            "{found:?}"
        );
        assert!(found[0].contains("; accepted: "), "{found:?}");
    }
}

const TOKEN: &str =
    "store = \"pkcs11\"\npkcs11_module = \"/usr/lib/softhsm/libsofthsm2.so\"\npkcs11_token = \"till T07\"";

#[test]
fn a_security_token_is_taken_by_a_program_that_knows_tokens() {
    let text = example_with("store = \"vault\"", TOKEN);
    if tilld::keys::TOKENS_SUPPORTED {
        let (module, token) = ("/usr/lib/softhsm/libsofthsm2.so".into(), "till T07".to_owned());
        let wanted = KeySettings::Pkcs11 { module, token, pin_file: None };
        assert_eq!(parse(&text).unwrap().keys, wanted);
    } else {
        let found = findings(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("keys.store is pkcs11, but this tilld was built without PKCS#11"),
            "{found:?}"
        );
        assert!(found[0].contains("cargo build --release --features hsm"), "{found:?}");
    }
    assert_eq!(parse(EXAMPLE).unwrap().keys, KeySettings::Vault);
}

#[test]
fn what_reaches_a_token_must_be_whole() {
    let wrong = [
        ("pkcs11_token = \"till T07\"", "", "keys.pkcs11_token is missing"),
        ("pkcs11_token = \"till T07\"", "pkcs11_token = \" T07\"", "keys.pkcs11_token cannot be the label"),
        ("pkcs11_token = \"till T07\"", "pkcs11_token = \"\"", "keys.pkcs11_token cannot be the label"),
        (
            "pkcs11_module = \"/usr/lib/softhsm/libsofthsm2.so\"",
            "pkcs11_module = \"libsofthsm2.so\"",
            "keys.pkcs11_module is not an absolute path",
        ),
        (
            "store = \"pkcs11\"",
            "store = \"pkcs11\"\npkcs11_pin_file = \"pin\"",
            "keys.pkcs11_pin_file is not an",
        ),
        (
            "store = \"pkcs11\"",
            "store = \"pkcs11\"\npkcs11_pin = \"1234\"",
            "keys.pkcs11_pin is not a key of [keys]",
        ),
    ];
    for (line, instead, says) in wrong {
        assert!(TOKEN.contains(line));
        let found = findings(&example_with("store = \"vault\"", &TOKEN.replace(line, instead)));
        let ours: Vec<_> = found.iter().filter(|found| !found.contains("built without PKCS#11")).collect();
        assert_eq!(ours.len(), 1, "{instead}: {found:?}");
        assert!(ours[0].contains(says) && !ours[0].contains("1234"), "{found:?}");
    }
}

#[test]
fn a_missing_key_is_named_without_a_line() {
    let found = findings(&example_with("city = \"الرياض\"", ""));
    assert_eq!(found, ["t.toml: seller.address.city is missing; accepted: 1 to 127 characters"]);
    let found = findings("");
    for key in [
        "till.name",
        "seller.name",
        "seller.vat_number",
        "seller.address.street",
        "unit.title",
        "fatoora.environment",
        "printer.target",
    ] {
        assert!(found.iter().any(|f| f.contains(&format!("{key} is missing"))), "{key}: {found:?}");
    }
}

#[test]
fn all_mistakes_come_at_once() {
    let text = example_with("name = \"T07\"", "name = 7\nnmae = 1")
        .replace("level = \"info\"", "level = \"loud\"")
        .replace("width = 80", "width = 1")
        .replace("id = \"1010010000\"", "");
    let found = findings(&text);
    assert_eq!(found.len(), 5, "{found:?}");
    let said = parse(&text).unwrap_err().to_string();
    assert!(said.starts_with("the configuration has 5 things to mend:\n  t.toml:"), "{said}");
}

#[test]
fn what_is_not_toml_is_said_with_its_line() {
    let found = findings(&example_with("name = \"T07\"", "name = T07"));
    let number = EXAMPLE.lines().position(|l| l == "name = \"T07\"").unwrap() + 1;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("t.toml:{number}: this file is not TOML here")), "{found:?}");
    let twice = findings(&example_with("name = \"T07\"", "name = \"T07\"\nname = \"T08\""));
    assert!(twice[0].contains("duplicate key"), "{twice:?}");
}

#[test]
fn drop_ins_are_read_in_order_and_blamed_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let main = dir.path().join("tilld.toml");
    let folder = dir.path().join("tilld.toml.d");
    std::fs::write(&main, EXAMPLE).unwrap();
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("20-b.toml"), "[printer]\nwidth = 58\n").unwrap();
    std::fs::write(folder.join("10-a.toml"), "[printer]\nwidth = 80\nprint = \"never\"\n").unwrap();
    std::fs::write(folder.join(".hidden.toml"), "not toml").unwrap();
    std::fs::write(folder.join("readme.txt"), "not toml").unwrap();
    let settings = config::load(&main).unwrap();
    assert_eq!(settings.printer.width, PaperWidth::Mm58);
    assert_eq!(settings.printer.print, PrintPolicy::Never);
    assert_eq!(settings.printer.header.english, ["Welcome"]);
    assert_eq!(settings.sources.len(), 3);

    std::fs::write(folder.join("30-c.toml"), "\n[printer]\nwidth = 77\n").unwrap();
    let error = config::load(&main).unwrap_err();
    assert_eq!(error.findings.len(), 1);
    assert_eq!(error.findings[0].origin.file, folder.join("30-c.toml"));
    assert_eq!(error.findings[0].origin.line, Some(3));
}

#[test]
fn files_that_cannot_be_read_are_findings() {
    let dir = tempfile::tempdir().unwrap();
    let error = config::load(&dir.path().join("none.toml")).unwrap_err();
    assert!(error.to_string().contains("none.toml: this file cannot be read"), "{error}");

    let main = dir.path().join("tilld.toml");
    let pem = dir.path().join("ca.pem");
    let asks = |pem: &Path| {
        example_with("in_flight = 2", &format!("in_flight = 2\nextra_ca = \"{}\"", pem.display()))
    };
    std::fs::write(&main, asks(&pem)).unwrap();
    let error = config::load(&main).unwrap_err();
    assert!(error.to_string().contains("fatoora.extra_ca names"), "{error}");
    std::fs::write(&pem, "no certificate").unwrap();
    assert!(config::load(&main).unwrap_err().to_string().contains("holds no PEM certificate"));
    std::fs::write(&pem, "-----BEGIN CERTIFICATE-----\n").unwrap();
    assert_eq!(config::load(&main).unwrap().fatoora.extra_ca, Some(pem));
}

#[test]
fn whom_to_tell_of_alarms_and_when() {
    let text = example_with(HOURS, "alarm_hours = [6, 18]").replace(COMMAND, &COMMAND[2..]);
    let settings = parse(&text).unwrap();
    assert_eq!(settings.fatoora.alarm_hours, [6, 18]);
    let command = ["/usr/local/bin/page-support", "T07"].map(str::to_owned);
    assert_eq!(settings.alarms.command.as_deref(), Some(&command[..]));
}

#[test]
fn a_proxy_is_an_address_and_never_a_password() {
    let with = |lines: &str| parse(&example_with("in_flight = 2", &format!("in_flight = 2\n{lines}")));
    let plain = with("proxy = \"http://192.168.1.1:3128/\"").unwrap();
    assert_eq!(plain.fatoora.proxy.as_deref(), Some("http://192.168.1.1:3128"));
    assert_eq!(plain.fatoora.proxy_credentials_file, None);
    let named =
        with("proxy = \"http://proxy\"\nproxy_credentials_file = \"/etc/tilld/proxy-credentials\"").unwrap();
    assert_eq!(
        named.fatoora.proxy_credentials_file.as_deref(),
        Some(Path::new("/etc/tilld/proxy-credentials"))
    );
    for (lines, key, says) in [
        ("proxy = \"http://till:hush@192.168.1.1:3128\"", "fatoora.proxy", "proxy_credentials_file"),
        ("proxy = \"https://192.168.1.1:3128\"", "fatoora.proxy", "http://HOST:PORT"),
        ("proxy = \"192.168.1.1:3128\"", "fatoora.proxy", "http://HOST:PORT"),
        ("proxy_credentials_file = \"/x/y\"", "fatoora.proxy_credentials_file", "no proxy is"),
        (
            "proxy = \"http://p:1\"\nproxy_credentials_file = \"y\"",
            "fatoora.proxy_credentials_file",
            "absolute",
        ),
    ] {
        let error = with(lines).unwrap_err().to_string();
        assert!(error.contains(key) && error.contains(says) && !error.contains("hush"), "{error}");
    }
}
