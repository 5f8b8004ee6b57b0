//! Every row of the table, with the bodies that were seen and those that must
//! not be believed.

use super::*;
use DocumentCall::{Check, Clearance, Reporting};

const CALLS: [DocumentCall; 3] = [Check, Reporting, Clearance];

const HTML: &str =
    "<html>\r\n<head><title>503 Service Unavailable</title></head>\r\n<body>nginx</body></html>\r\n";
const RUBBISH: &[u8] = b"\x1f\x8b not what you asked for \x00\xff\xfe <<<>>>";

fn read(call: DocumentCall, http: u16, body: &str) -> Verdict {
    verdict(call, http, &Headers::default(), body.as_bytes())
}

/// A body in the present shape.
fn body(
    reporting: &str,
    clearance: &str,
    validation: &str,
    warnings: &str,
    errors: &str,
    cleared: &str,
) -> String {
    format!(
        r#"{{"validationResults":{{"infoMessages":[{{"type":"INFO","code":"XSD_ZATCA_VALID","category":"XSD validation","message":"ok","status":"PASS"}}],
        "warningMessages":[{warnings}],"errorMessages":[{errors}],"status":"{validation}"}},
        "reportingStatus":{reporting},"clearanceStatus":{clearance},"clearedInvoice":{cleared},"qrSellertStatus":null,"qrBuyertStatus":null}}"#
    )
}

fn reported() -> String {
    body("\"REPORTED\"", "null", "PASS", "", "", "null")
}

fn cleared() -> String {
    body("null", "\"CLEARED\"", "PASS", "", "", "\"PEludm9pY2UvPg==\"")
}

const ERROR: &str =
    r#"{"type":"ERROR","code":"BR-KSA-15","category":"KSA","message":"wrong","status":"ERROR"}"#;
const WARNING: &str =
    r#"{"type":"WARNING","code":"BR-KSA-98","category":"KSA","message":"late","status":"WARNING"}"#;
const DUPLICATE: &str = r#"{"type":"ERROR","code":"Invoice-Errors","category":"Duplicate-Invoice","message":"Invoice was already Reported successfully earlier.","status":"ERROR"}"#;

fn acceptance(verdict: Verdict) -> Acceptance {
    match verdict {
        Verdict::Accepted(acceptance) => acceptance,
        other => panic!("not accepted: {other:?}"),
    }
}

#[test]
fn status_200_and_202_with_words_of_success() {
    let plain = acceptance(read(Reporting, 200, &reported()));
    assert_eq!((plain.accepted, plain.repeated, plain.with_warnings), (Accepted::Reported, false, false));
    assert_eq!(plain.messages.len(), 1);

    let late =
        acceptance(read(Reporting, 202, &body("\"REPORTED\"", "null", "WARNING", WARNING, "", "null")));
    assert!(late.with_warnings && late.messages.iter().any(|message| message.code == "BR-KSA-98"));
    assert!(
        acceptance(read(Reporting, 202, &reported())).with_warnings,
        "the status code alone says warnings"
    );
    let word = acceptance(read(Reporting, 200, &reported().replace("REPORTED", "REPORTED_WITH_WARNINGS")));
    assert!(word.with_warnings);

    let clear = acceptance(read(Clearance, 200, &cleared()));
    assert_eq!(
        (clear.accepted, clear.cleared.as_deref()),
        (Accepted::Cleared, Some(b"<Invoice/>".as_slice()))
    );
    assert_eq!(acceptance(read(Check, 200, &reported())).accepted, Accepted::Reported);
    assert_eq!(
        acceptance(read(Check, 202, &body("null", "\"CLEARED\"", "WARNING", "", "", "null"))).accepted,
        Accepted::Cleared
    );
}

#[test]
fn the_second_shape_of_success() {
    let older =
        r#"{"invoiceHash":"x","status":"REPORTED","clearedInvoice":null,"warnings":null,"errors":null}"#;
    assert!(!acceptance(read(Reporting, 200, older)).with_warnings);
    let warned = older.replace(
        "\"warnings\":null",
        "\"warnings\":[{\"code\":\"NEW-1\",\"category\":\"?\",\"message\":null}]",
    );
    let warned = acceptance(read(Reporting, 202, &warned));
    assert_eq!(warned.messages[0].code, "NEW-1", "an unknown code passes through");
    let wrapped = format!("{{\"value\":{older}}}");
    assert!(matches!(read(Reporting, 200, &wrapped), Verdict::Accepted(_)));
}

#[test]
fn success_codes_with_rubbish_are_not_believed() {
    for http in [200, 202, 208, 409] {
        for call in CALLS {
            assert_eq!(verdict(call, http, &Headers::default(), RUBBISH), Verdict::Unknown);
            let truncated = reported();
            for text in [
                "",
                HTML,
                "{}",
                "null",
                "[]",
                "\"REPORTED\"",
                "{\"reportingStatus\":null}",
                "{\"reportingStatus\":7,\"status\":200}",
                r#"{"validationResults":{"infoMessages":[],"warningMessages":[],"errorMessages":[],"status":"PASS"}}"#,
                &truncated[..truncated.len() - 1],
            ] {
                assert_eq!(read(call, http, text), Verdict::Unknown, "{http} {text}");
            }
        }
    }
    let failing = [
        body("\"NOT_REPORTED\"", "null", "ERROR", "", ERROR, "null"),
        body("\"REPORTED\"", "null", "ERROR", "", ERROR, "null"),
        body("\"UNREPORTED\"", "null", "PASS", "", "", "null"),
    ];
    for text in &failing {
        assert_eq!(read(Reporting, 200, text), Verdict::Unknown, "{text}");
    }
}

#[test]
fn clearance_without_the_cleared_document_is_not_done() {
    for cleared in ["null", "\"\"", "\"%%%\"", "7"] {
        for http in [200, 202, 208] {
            let text = body("null", "\"CLEARED\"", "PASS", "", "", cleared);
            assert_eq!(read(Clearance, http, &text), Verdict::Unknown, "{http} {cleared}");
        }
    }
}

#[test]
fn duplicates_are_success() {
    for text in [
        body("\"NOT_REPORTED\"", "null", "ERROR", "", DUPLICATE, "null"),
        body("\"NOT_REPORTED\"", "null", "ERROR", "", &DUPLICATE.replace("Invoice was already Reported successfully earlier.", "Invoice Hash Previously Submitted"), "null"),
        body("\"NOT_REPORTED\"", "null", "ERROR", "", &DUPLICATE.replace("Duplicate-Invoice", "BUSINESS_RULES"), "null"),
        r#"{"message":"Invoice Hash Previously Submitted","reportingStatus":"REPORTED_SUCCESSFULLY_EARLIER"}"#.to_owned(),
        r#"{"message":"Invoice Hash Previously Submitted"}"#.to_owned(),
        r#"{"invoiceHash":"x","status":"NOT_REPORTED","warnings":[],"errors":["Invoice-Errors: Invoice was already Reported successfully earlier."]}"#.to_owned(),
    ] {
        let before = acceptance(read(Reporting, 409, &text));
        assert_eq!((before.accepted, before.repeated), (Accepted::Reported, true), "{text}");
    }
    let before = acceptance(read(Clearance, 208, &cleared()));
    assert!(before.repeated && before.cleared.is_some());
    let other = body("\"NOT_REPORTED\"", "null", "ERROR", "", ERROR, "null");
    assert_eq!(read(Reporting, 409, &other), Verdict::Unknown, "a conflict of another kind");

    // Unasked for, and not held against what was sent.
    let unasked = body("\"REPORTED\"", "null", "PASS", "", "", "\"PEEvPg==\"");
    assert_eq!(acceptance(read(Reporting, 200, &unasked)).cleared, None);
}

#[test]
fn status_303_means_something_for_a_clearance_only() {
    let text = r#"{"message":"Clearance is deactivated. Please use the /invoices/reporting/single endpoint instead."}"#;
    assert!(matches!(read(Clearance, 303, text), Verdict::ClearanceOff { messages } if messages.len() == 1));
    assert_eq!(read(Clearance, 303, HTML), Verdict::ClearanceOff { messages: Vec::new() });
    assert_eq!(read(Reporting, 303, text), Verdict::Unknown);
    assert_eq!(read(Check, 303, text), Verdict::Unknown);
}

#[test]
fn rejection_needs_findings() {
    for http in [400, 422] {
        for text in [
            body("\"NOT_REPORTED\"", "null", "ERROR", WARNING, ERROR, "null"),
            r#"{"invoiceHash":"x","status":"NOT_REPORTED","errors":[{"code":"BR-KSA-15","category":"KSA","message":"m"}]}"#.to_owned(),
            r#"{"status":"NOT_CLEARED","errors":["BR-KSA-15: m"]}"#.to_owned(),
        ] {
            let verdict = read(Reporting, http, &text);
            assert!(matches!(&verdict, Verdict::Rejected { messages } if messages.iter().any(|message| message.code == "BR-KSA-15")), "{text}");
            assert!(!verdict.blames_certificate());
        }
        for text in [
            "",
            HTML,
            "{\"validationResults\":{",
            "{}",
            r#"{"errors":[{"code":"Invalid-Request","message":"no uuid"}]}"#,
            r#"{"timestamp":1,"status":400,"error":"Bad Request","message":"no"}"#,
            &body("\"NOT_REPORTED\"", "null", "ERROR", WARNING, "", "null"),
        ] {
            assert!(matches!(read(Reporting, http, text), Verdict::Protocol { .. }), "{http} {text}");
        }
    }
    let permissions = body(
        "\"NOT_REPORTED\"",
        "null",
        "ERROR",
        "",
        &ERROR.replace("BR-KSA-15", "certificate-permissions"),
        "null",
    );
    assert!(read(Reporting, 400, &permissions).blames_certificate());
}

#[test]
fn status_alone_decides_the_rest() {
    let bodies = ["", HTML, "{", "{\"message\":\"x\"}", &reported(), &cleared()].map(str::to_owned);
    for (http, expected) in [
        (401, Verdict::Setup(SetupFault::Credentials)),
        (403, Verdict::Setup(SetupFault::Forbidden)),
        (404, Verdict::Setup(SetupFault::Address)),
        (405, Verdict::Setup(SetupFault::Method)),
        (406, Verdict::Setup(SetupFault::Version)),
        (408, Verdict::Unknown),
        (413, Verdict::TooLarge),
        (415, Verdict::Setup(SetupFault::ContentType)),
        (428, Verdict::Unknown),
        (429, Verdict::Throttled { retry_after: None }),
        (500, Verdict::Unavailable),
        (502, Verdict::Unavailable),
        (503, Verdict::Unavailable),
        (504, Verdict::Lost),
        (599, Verdict::Unavailable),
    ] {
        for call in CALLS {
            for text in &bodies {
                assert_eq!(read(call, http, text), expected, "{http} {text}");
            }
        }
    }
}

#[test]
fn retry_after_is_read_in_both_forms() {
    for (text, expected) in [
        ("7", Some(RetryAfter::Seconds(7))),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(RetryAfter::At(784_111_777))),
        ("presently", None),
    ] {
        let headers = Headers { retry_after: Some(text.to_owned()), ..Headers::default() };
        assert_eq!(verdict(Reporting, 429, &headers, b""), Verdict::Throttled { retry_after: expected });
    }
}

#[test]
fn every_other_code_is_unknown_and_nothing_panics() {
    let known = [200, 202, 208, 303, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429];
    for http in 0..=u16::MAX {
        let verdict = verdict(Reporting, http, &Headers::default(), RUBBISH);
        if !known.contains(&http) && !(500..=599).contains(&http) {
            assert_eq!(verdict, Verdict::Unknown, "{http}");
        }
        assert!(!matches!(verdict, Verdict::Accepted(_) | Verdict::Rejected { .. }), "{http}");
    }
}

#[test]
fn any_prefix_of_an_answer_is_survived() {
    for text in [reported(), cleared(), body("\"NOT_REPORTED\"", "null", "ERROR", "", DUPLICATE, "null")] {
        for end in 0..text.len() {
            if !text.is_char_boundary(end) {
                continue;
            }
            for (call, http) in [(Reporting, 200), (Clearance, 208), (Reporting, 409), (Check, 202)] {
                assert_eq!(read(call, http, &text[..end]), Verdict::Unknown);
            }
            assert!(matches!(read(Reporting, 400, &text[..end]), Verdict::Protocol { .. }));
        }
    }
}

/// Every status with three digits and every body, for every call: nothing
/// panics, nothing is accepted or rejected but by a status that may and words
/// that say so, and what a status alone decides no body changes.
#[test]
fn only_words_accept_or_reject() {
    let accepting = [
        reported(),
        cleared(),
        body("\"REPORTED\"", "null", "WARNING", WARNING, "", "null"),
        body("\"NOT_REPORTED\"", "null", "ERROR", "", DUPLICATE, "null"),
        r#"{"invoiceHash":"x","status":"REPORTED","warnings":[],"errors":[]}"#.to_owned(),
    ];
    let rejecting = [
        body("\"NOT_REPORTED\"", "null", "ERROR", WARNING, ERROR, "null"),
        body("null", "\"NOT_CLEARED\"", "ERROR", "", ERROR, "null"),
        r#"{"invoiceHash":"x","status":"NOT_REPORTED","errors":["BR-KSA-15: m"]}"#.to_owned(),
    ];
    let silent: Vec<Vec<u8>> =
        ["", HTML, "null", "[]", "{}", "7", "\"CLEARED\"", "{\"reportingStatus\":", "\u{feff}{}"]
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .chain(accepting.iter().chain(&rejecting).map(|text| text.as_bytes()[..text.len() - 1].to_vec()))
            .chain([
                RUBBISH.to_vec(),
                b"{\"status\":200,\"message\":\"REPORTED\"}".to_vec(),
                vec![b'['; 10_000],
            ])
            .collect();
    for http in 100..=999 {
        for call in CALLS {
            for bytes in &silent {
                let verdict = verdict(call, http, &Headers::default(), bytes);
                assert!(!matches!(verdict, Verdict::Accepted(_) | Verdict::Rejected { .. }), "{http}");
            }
            for text in &accepting {
                let accepted = matches!(read(call, http, text), Verdict::Accepted(_));
                assert!(!accepted || [200, 202, 208, 409].contains(&http), "{http} {text}");
            }
            for text in &rejecting {
                let rejected = matches!(read(call, http, text), Verdict::Rejected { .. });
                assert_eq!(rejected, [400, 422].contains(&http), "{http} {text}");
            }
            let decided = read(call, http, "");
            let by_status = matches!(
                decided,
                Verdict::Setup(_)
                    | Verdict::TooLarge
                    | Verdict::Throttled { .. }
                    | Verdict::Unavailable
                    | Verdict::Lost
            );
            for text in accepting.iter().chain(&rejecting).filter(|_| by_status) {
                assert_eq!(read(call, http, text), decided, "{http} {text}");
            }
        }
    }
}

/// Bodies made of the words of true answers in seeded disorder.
#[test]
fn shuffled_answers_never_panic_and_never_contradict_themselves() {
    const PIECES: [&str; 14] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "\"REPORTED\"",
        "\"status\"",
        "\"reportingStatus\"",
        "\"validationResults\"",
        "\"errorMessages\"",
        "\"clearedInvoice\"",
        "\"PEEv\"",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).expect("small")
    };
    for _ in 0..20_000 {
        let text: String = (0..draw(24)).map(|_| PIECES[draw(PIECES.len())]).collect();
        let call = CALLS[draw(CALLS.len())];
        let http = [200, 202, 208, 303, 400, 409, 422][draw(7)];
        match read(call, http, &text) {
            Verdict::Accepted(acceptance) => {
                assert!(text.contains("REPORTED"), "{text}");
                assert!(call != Clearance || acceptance.cleared.is_some(), "{text}");
            }
            Verdict::Rejected { messages } => assert!(!messages.is_empty(), "{text}"),
            _ => {}
        }
    }
}
