//! `tilld check` from the outside: verdicts, exit codes, what is read and what is not.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const SIGNED: &str = include_str!("vectors/simplified-388.signed.xml");

fn check(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tilld")).arg("check").args(args).current_dir(dir).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    out(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rules(document: &Value) -> Vec<&str> {
    document["findings"].as_array().unwrap().iter().map(|found| found["rule"].as_str().unwrap()).collect()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn altered() -> String {
    SIGNED.replacen("</cbc:Name>", "!</cbc:Name>", 1)
}

#[test]
fn a_folder_is_judged_file_by_file_in_the_order_of_names() {
    let dir = folder(&[("b.xml", SIGNED), ("a/z.xml", &altered()), ("c.txt", "no"), ("a/y.xml", "<a")]);
    let result = check(dir.path(), &["--json", "."]);
    assert_eq!(code(&result), 1);
    let documents = lines(&result);
    let names: Vec<&str> = documents.iter().map(|one| one["file"].as_str().unwrap()).collect();
    assert_eq!(names, ["./a/y.xml", "./a/z.xml", "./b.xml"]);
    assert_eq!(rules(&documents[0]), ["XML-WELLFORMED"]);
    assert_eq!(documents[0]["verdict"], "fail");
    assert!(rules(&documents[1]).contains(&"HASH-VALUE"));
    let finding =
        &documents[1]["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "HASH-VALUE").unwrap();
    assert_eq!(finding["layer"], "hash");
    assert_eq!(finding["severity"], "error");
    for key in
        ["field", "message", "message_ar", "remedy", "remedy_ar", "cashier", "cashier_ar", "integrator"]
    {
        assert!(!finding[key].as_str().unwrap().is_empty(), "{key}");
    }
}

#[test]
fn a_sound_document_passes_and_strictness_leaves_the_clock_alone() {
    let dir = folder(&[("one.xml", SIGNED)]);
    for args in [&["one.xml"][..], &["--strict", "one.xml"], &["--strict", "--require-signature", "one.xml"]]
    {
        let result = check(dir.path(), args);
        assert_eq!(code(&result), 0, "{}", out(&result));
        assert!(!out(&result).contains("error "));
    }
    let layout =
        SIGNED.replacen("                                            <xades:Cert>", " <xades:Cert>", 1);
    fs::write(dir.path().join("two.xml"), layout).unwrap();
    let result = check(dir.path(), &["two.xml"]);
    assert_eq!(code(&result), 1, "the digest no longer fits");
    assert!(out(&result).contains("SP-LAYOUT") && out(&result).contains("To do:"));
    let arabic = check(dir.path(), &["--lang", "ar", "two.xml"]);
    assert!(out(&arabic).contains("المطلوب:"));
}

#[test]
fn expectations_are_given_as_options() {
    let dir = folder(&[("one.xml", SIGNED), ("cert.txt", include_str!("vectors/test-cert-b64.txt"))]);
    assert_eq!(code(&check(dir.path(), &["--certificate", "cert.txt", "one.xml"])), 0);
    assert_eq!(code(&check(dir.path(), &["--certificate", "one.xml", "one.xml"])), 2);
    let result = check(dir.path(), &["--json", "--pih", "AAAA", "one.xml"]);
    assert_eq!(code(&result), 1);
    assert!(rules(&lines(&result)[0]).contains(&"PIH-VALUE"));
}

#[test]
fn a_chain_is_judged_across_documents() {
    let dir = folder(&[("one.xml", SIGNED)]);
    let result = check(dir.path(), &["--json", "--chain", "one.xml"]);
    assert_eq!(code(&result), 0);
    let chain = &lines(&result)[1];
    assert_eq!((&chain["chain"], &chain["documents"]), (&Value::from("pass"), &Value::from(1)));
    let twice = check(dir.path(), &["--json", "--chain", "one.xml", "one.xml"]);
    assert_eq!(code(&twice), 1);
    assert_eq!(rules(&lines(&twice)[2]), ["CHAIN-UUID", "CHAIN-ICV", "CHAIN-PIH"]);
    let later = check(dir.path(), &["--json", "--chain", "--pih", "AAAA", "one.xml"]);
    assert_eq!(rules(&lines(&later)[1]), ["CHAIN-FIRST-PIH"]);
}

#[test]
fn what_cannot_be_read_is_a_matter_of_usage() {
    let dir = folder(&[("one.xml", SIGNED), ("empty/readme.txt", "no documents")]);
    for args in [&[][..], &["missing.xml"], &["empty"], &["--nonsense"], &["/dev/null"]] {
        let result = check(dir.path(), args);
        assert_eq!(code(&result), 2, "{args:?}");
        assert!(!result.stderr.is_empty() && result.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn what_can_be_read_is_judged_all_the_same() {
    let dir = folder(&[("one.xml", SIGNED), ("folder/TWO.XML", SIGNED)]);
    let result = check(dir.path(), &["--json", "one.xml", "missing.xml", "folder"]);
    assert_eq!(code(&result), 2);
    let lines = lines(&result);
    let told: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| (line["file"].as_str().unwrap(), line["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("missing.xml", "fail"), ("one.xml", "warn"), ("folder/TWO.XML", "warn")]);
    assert_eq!(rules(&lines[0]), ["IO"]);
}

#[test]
fn pipes_and_devices_are_not_read_and_large_files_not_to_their_end() {
    let dir = folder(&[]);
    let pipe = dir.path().join("pipe.xml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(code(&check(dir.path(), &["pipe.xml"])), 2);
    assert_eq!(code(&check(dir.path(), &["."])), 2, "a folder with a pipe alone has no documents");
    let large = fs::File::create(dir.path().join("large.xml")).unwrap();
    large.set_len(1 << 40).unwrap();
    let result = check(dir.path(), &["--json", "large.xml"]);
    assert_eq!(code(&result), 1);
    assert_eq!(rules(&lines(&result)[0]), ["XML-SIZE"]);
}
