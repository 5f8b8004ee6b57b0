//! Archives that were altered: each alteration is found, also where the manifest
//! was made to fit.

use std::fs::{self, File};
use std::io::{Seek as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tilld::archive::zip::ZipWriter;
use tilld::archive::{self, Verified};

use crate::archive::files;
use crate::shop::{archived, codes};

type Files = Vec<(String, Vec<u8>)>;

/// Writes files as an archive writes them.
fn zipped(files: &Files, to: &Path) {
    let mut zip = ZipWriter::new(tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    files.iter().for_each(|(name, content)| zip.add(name, content).unwrap());
    let (mut file, _) = zip.finish().unwrap();
    file.rewind().unwrap();
    std::io::copy(&mut file, &mut File::create(to).unwrap()).unwrap();
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Alters an archive's files and verifies the result.
fn altered(change: impl FnOnce(&mut Files)) -> Verified {
    let (till, out) = archived();
    let mut files = files(&out);
    change(&mut files);
    let path = till.root.path().join("altered.zip");
    zipped(&files, &path);
    archive::verify(&path).unwrap()
}

/// As [`altered`], and the manifest is made to fit: hashes of all files, totals,
/// and its own hash.
fn resealed(change: impl FnOnce(&mut Files, &mut Value)) -> Verified {
    altered(|files| {
        let at = |files: &Files, wanted: &str| files.iter().position(|(name, _)| name == wanted).unwrap();
        let mut manifest: Value = serde_json::from_slice(&files[at(files, "manifest.json")].1).unwrap();
        change(files, &mut manifest);
        let mut beside = manifest["files"].take();
        let documents = manifest["documents"].as_array_mut().unwrap();
        let own = documents.iter_mut().flat_map(|document| document["files"].as_array_mut().unwrap());
        let mut lists: Vec<&mut Value> = own.collect();
        lists.extend(beside.as_array_mut().unwrap());
        for fact in lists {
            let name = fact["path"].as_str().unwrap();
            let Some((_, content)) = files.iter().find(|(found, _)| found == name) else { continue };
            (fact["bytes"], fact["sha256"]) = (json!(content.len()), json!(hex(content)));
        }
        manifest["files"] = beside;
        let Value::Object(mut header) = manifest else { panic!("no object") };
        let documents = header.remove("documents").unwrap();
        let mut totals = header.remove("totals").unwrap();
        let lines: Vec<String> = documents.as_array().unwrap().iter().map(Value::to_string).collect();
        totals["documents"] = json!(lines.len());
        let header = Value::Object(header).to_string();
        let header = header.strip_suffix('}').unwrap();
        let end = if lines.is_empty() { "" } else { "\n" };
        let text = format!("{header},\"documents\":[\n{}{end}],\"totals\":{totals}}}\n", lines.join(",\n"));
        let hash = format!("{}  manifest.json\n", hex(text.as_bytes()));
        let places = (at(files, "manifest.json"), at(files, "manifest.sha256"));
        (files[places.0].1, files[places.1].1) = (text.into_bytes(), hash.into_bytes());
    })
}

fn found(verified: &Verified, code: &str) {
    assert!(codes(verified).contains(&code), "{code} is not in {:?}", verified.findings);
    let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
    assert!(verified.findings.iter().all(|finding| arabic(&finding.words.ar) && !arabic(&finding.words.en)));
}

fn xml_of(files: &mut Files, icv: u64) -> &mut Vec<u8> {
    let folder = format!("chain-00001/{icv:010}/3");
    &mut files.iter_mut().find(|(name, _)| name.starts_with(&folder)).unwrap().1
}

#[test]
fn nothing_is_found_in_what_was_only_rewritten() {
    assert_eq!(altered(|_| {}).findings, []);
    assert_eq!(resealed(|_, _| {}).findings, []);
}

#[test]
fn files_that_are_changed_missing_or_added_are_found() {
    found(&altered(|files| xml_of(files, 2).push(b' ')), "AUDIT-HASH");
    found(&altered(|files| files.retain(|(name, _)| !name.ends_with("answer-00001.json"))), "AUDIT-MISSING");
    let added = altered(|files| {
        let place = files.iter().position(|(name, _)| name.starts_with("chain")).unwrap();
        files.insert(place, ("b.xml".to_owned(), b"<Invoice/>".to_vec()));
        files.push(("z.txt".to_owned(), Vec::new()));
    });
    assert_eq!(codes(&added), ["AUDIT-EXTRA"]);
    assert_eq!(added.findings.len(), 2);
    found(&altered(|files| files.swap(3, 4)), "AUDIT-ZIP");
    found(&altered(|files| files.insert(4, files[3].clone())), "AUDIT-ZIP");
    found(&altered(|files| files.retain(|(name, _)| name != "manifest.json")), "AUDIT-MANIFEST");
    found(&altered(|files| files.last_mut().unwrap().1[0] ^= 1), "AUDIT-MANIFEST");
    found(&altered(|files| files.clear()), "AUDIT-MANIFEST");
}

#[test]
fn a_changed_document_is_found_although_the_manifest_fits() {
    let changed = resealed(|files, _| {
        let xml = xml_of(files, 2);
        let text = String::from_utf8(xml.clone()).unwrap().replacen("T1-000002", "T1-000012", 1);
        *xml = text.into_bytes();
    });
    found(&changed, "AUDIT-STAMP");
    assert!(changed.findings.iter().any(|finding| finding.icv == Some(2)));
    let swapped = resealed(|files, _| {
        let other = xml_of(files, 1).clone();
        *xml_of(files, 2) = other;
    });
    found(&swapped, "AUDIT-FACTS");
    found(&resealed(|files, _| *xml_of(files, 1) = b"<Invoice/>".to_vec()), "AUDIT-STAMP");
}

#[test]
fn documents_that_are_taken_out_leave_a_gap() {
    for icv in [1, 2, 4, 5] {
        let gap = resealed(|files, manifest| {
            files.retain(|(name, _)| !name.starts_with(&format!("chain-00001/{icv:010}/")));
            manifest["documents"].as_array_mut().unwrap().retain(|document| document["icv"] != icv);
        });
        // The first of the period has nothing before it in the archive.
        let wanted: &[&str] = if icv == 1 { &[] } else { &["AUDIT-CHAIN"] };
        assert_eq!(codes(&gap), wanted, "{icv}");
        assert_eq!(gap.documents, 7);
    }
}

#[test]
fn facts_of_the_manifest_that_are_not_the_documents_are_found() {
    for (member, value) in [
        ("uuid", json!("6f4d20e0-6bfe-4a80-9389-000000000001")),
        ("number", json!("T1-000009")),
        ("hash", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
        ("pih", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
        ("issued", json!("2026-03-14T09:00:00+03:00")),
        ("kind", json!({"subtype": "simplified", "code": "381", "name": "0200000"})),
        ("icv", json!(9)),
    ] {
        let found = resealed(|_, manifest| manifest["documents"][1][member] = value);
        assert!(codes(&found).contains(&"AUDIT-FACTS"), "{member}: {:?}", codes(&found));
    }
    found(&resealed(|_, manifest| manifest["documents"][0]["state"] = json!("Rejected")), "AUDIT-ATTEMPTS");
    found(&resealed(|_, manifest| manifest["documents"][5]["state"] = json!("Reported")), "AUDIT-ATTEMPTS");
    found(&resealed(|_, manifest| manifest["documents"][4]["state"] = json!("Queued")), "AUDIT-FACTS");
    found(
        &resealed(|_, manifest| manifest["documents"][3]["attempts"][0]["number"] = json!(2)),
        "AUDIT-ATTEMPTS",
    );
    found(&resealed(|_, manifest| manifest["to"] = json!("2026-03-15")), "AUDIT-FACTS");
    found(&resealed(|_, manifest| manifest["vat_number"] = json!("300000000000003")), "AUDIT-FACTS");
    found(&resealed(|_, manifest| manifest["format"] = json!("tilld-audit-2")), "AUDIT-MANIFEST");
    found(
        &resealed(|_, manifest| manifest["documents"][0]["unreadable"] = json!("gone")),
        "AUDIT-UNREADABLE",
    );
}

#[test]
fn another_certificate_another_clearance_and_a_cut_log_are_found() {
    let other =
        tilld::stamp::StampCertificate::from_base64(include_str!("../vectors/test-cert-b64.txt").trim());
    let other = other.unwrap();
    let forged = resealed(|_, manifest| {
        let chain = &mut manifest["chains"][0];
        chain["certificate"] =
            json!(format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", other.text()));
        let fingerprint: String = other.fingerprint().iter().map(|byte| format!("{byte:02x}")).collect();
        chain["fingerprint"] = json!(fingerprint);
    });
    found(&forged, "AUDIT-CERTIFICATE");
    found(&resealed(|_, manifest| manifest["chains"][0]["certificate"] = json!("x")), "AUDIT-CERTIFICATE");
    found(&resealed(|_, manifest| manifest["chains"] = json!([])), "AUDIT-CERTIFICATE");
    let cleared = resealed(|files, _| {
        let other = xml_of(files, 1).clone();
        files.iter_mut().find(|(name, _)| name.ends_with("cleared.xml")).unwrap().1 = other;
    });
    assert_eq!(codes(&cleared), ["AUDIT-CLEARED"]);
    let cut = resealed(|files, manifest| {
        let log = &mut files.iter_mut().find(|(name, _)| name == "activities.jsonl").unwrap().1;
        let text = String::from_utf8(log.clone()).unwrap();
        assert!(text.lines().count() >= 3, "{text}");
        let kept: Vec<&str> = text.lines().take(1).chain(text.lines().skip(2)).collect();
        *log = (kept.join("\n") + "\n").into_bytes();
        manifest["activities"]["entries"] = json!(kept.len());
    });
    assert_eq!(codes(&cut), ["AUDIT-LOG"]);
}

#[test]
fn rubbish_of_every_kind_gives_a_finding_and_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.zip");
    for rubbish in [
        &b""[..],
        b"PK",
        b"hello",
        &[0; 22],
        &[0xFF; 5_000],
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        fs::write(&path, rubbish).unwrap();
        assert!(archive::verify(&path).unwrap().findings_total > 0);
    }
    assert!(archive::verify(dir.path()).is_err());
    assert!(archive::verify(&dir.path().join("none")).is_err());
    // A manifest that unpacks to 256 MiB in one line.
    let mut zip = ZipWriter::new(tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    zip.add_from("manifest.json", std::io::Read::take(std::io::repeat(b' '), 1 << 28)).unwrap();
    zip.add("manifest.sha256", b"").unwrap();
    let (mut file, _) = zip.finish().unwrap();
    file.rewind().unwrap();
    std::io::copy(&mut file, &mut File::create(&path).unwrap()).unwrap();
    assert_eq!(codes(&archive::verify(&path).unwrap()), ["AUDIT-MANIFEST"]);
}

#[test]
fn a_cut_or_flipped_archive_never_passes() {
    let (till, out) = archived();
    let bytes = fs::read(&out).unwrap();
    let path = till.root.path().join("hurt.zip");
    let hurt = |bytes: &[u8], what: &str| {
        File::create(&path).unwrap().write_all(bytes).unwrap();
        assert!(archive::verify(&path).unwrap().findings_total > 0, "{what}");
    };
    let step = bytes.len() / 60;
    for at in (0..bytes.len()).step_by(step) {
        hurt(&bytes[..at], &format!("cut at {at}"));
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x04;
        hurt(&flipped, &format!("flipped at {at}"));
    }
}
