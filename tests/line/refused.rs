//! Wrong places get nothing: no byte of a document, no credentials.

use tilld::fatoora::probe::{Distrust, Obstacle, Patience, Step, probe};
use tilld::fatoora::{Client, Endpoint, EndpointError, Environment, Fault, Otp, SetupFault, Verdict};
use tilld::report::PauseReason;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::stage::{Got, REPORTED, ca, client, http, https, listen, report, run};

#[test]
fn a_server_that_cannot_prove_itself_gets_nothing() {
    run(async {
        for (certificate, host, distrust) in [
            ("stranger.pem", "localhost", Distrust::Issuer),
            ("expired.pem", "localhost", Distrust::Expired),
            ("platform.pem", "localhost", Distrust::Name),
            ("platform.pem", "127.0.0.1", Distrust::Name),
        ] {
            let (address, got) = https(certificate, http(200, "", REPORTED)).await;
            let base = format!("https://{host}:{}", address.port());
            let client = client(&base);
            let answer = report(&client).await;
            assert_eq!(answer.verdict, Verdict::Setup(SetupFault::Certificate), "{certificate} {host}");
            assert!(answer.http.is_none() && answer.error.is_some());
            let otp = Otp::new("123345").expect("digits");
            let error = client.compliance_csid("PEM", &otp).await.expect_err("refused");
            assert_eq!(error.fault, Fault::Setup(SetupFault::Certificate));
            assert!(error.to_string().contains("does not verify"), "{error}");
            assert_eq!(got.bytes(), b"", "not one byte was decrypted there: {certificate} {host}");

            let endpoint = client.endpoint().clone();
            let probed = tokio::task::spawn_blocking(move || probe(&endpoint, Patience::default()));
            match probed.await.expect("a probe").tls {
                Some(Step::Failed(Obstacle::Untrusted { distrust: found, .. })) => {
                    assert_eq!(found, distrust, "{certificate} {host}");
                }
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn without_the_extra_authority_its_server_is_a_stranger() {
    run(async {
        let (address, got) = https("localhost.pem", http(200, "", REPORTED)).await;
        let base = format!("https://127.0.0.1:{}", address.port());
        let endpoint = Endpoint::new(Environment::Production, Some(&base)).expect("loopback");
        let alone = Client::new(endpoint).expect("client");
        assert_eq!(report(&alone).await.verdict, Verdict::Setup(SetupFault::Certificate));
        assert_eq!(got.bytes(), b"");
        assert!(matches!(report(&client(&base)).await.verdict, Verdict::Accepted(_)));
        assert!(got.text().contains("invoices/reporting/single"), "{}", got.text());
    });
}

#[test]
fn plain_http_to_another_machine_is_refused_before_anything() {
    for address in
        ["http://gw-fatoora.zatca.gov.sa/e-invoicing/core", "http://192.168.1.10:8793/", "http://example.com"]
    {
        let error = Endpoint::new(Environment::Production, Some(address)).expect_err(address);
        assert!(matches!(error, EndpointError::NotLoopback { .. }), "{address}");
        assert!(error.to_string().contains("loopback"), "{error}");
    }
}

#[test]
fn a_redirect_is_followed_nowhere() {
    run(async {
        for (scheme, status) in
            [301, 302, 303, 307, 308].into_iter().flat_map(|status| [("https", status), ("http", status)])
        {
            let elsewhere = Got::default();
            let kept = elsewhere.clone();
            let address = listen(move |mut stream| {
                let kept = kept.clone();
                async move {
                    kept.add(b"connected");
                    let mut bytes = Vec::new();
                    let _ = stream.read_to_end(&mut bytes).await;
                    kept.add(&bytes);
                }
            })
            .await;
            let to = format!("location: {scheme}://{address}/e-invoicing/core/invoices/reporting/single\r\n");
            let (server, _) = https("localhost.pem", http(status, &to, "")).await;
            let client = client(&format!("https://localhost:{}", server.port()));
            let answer = report(&client).await;
            assert_eq!((answer.http, &answer.verdict), (Some(status), &Verdict::Unknown));
            let why = answer.error.expect("a reason");
            assert!(why.contains("not followed") && why.contains(&address.to_string()), "{why}");
            assert_eq!(elsewhere.text(), "", "{status} to {scheme}");
        }
    });
}

/// A server's hello that offers TLS 1.1, and the alert of a server that wants nothing newer.
const HELLO_1_1: &[u8] = &[
    22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0xc0, 0x13, 0,
];
const ALERT_VERSION: &[u8] = &[21, 3, 2, 0, 2, 2, 70];

#[test]
fn tls_that_is_too_old_gets_nothing() {
    run(async {
        for said in [HELLO_1_1, ALERT_VERSION] {
            let got = Got::default();
            let kept = got.clone();
            let address = listen(move |mut stream| {
                let kept = kept.clone();
                async move {
                    let mut bytes = [0; 4096];
                    let length = stream.read(&mut bytes).await.unwrap_or(0);
                    kept.add(&bytes[..length]);
                    let _ = stream.write_all(said).await;
                    let mut rest = Vec::new();
                    let _ = stream.read_to_end(&mut rest).await;
                    kept.add(&rest);
                }
            })
            .await;
            let client = client(&format!("https://localhost:{}", address.port()));
            let answer = report(&client).await;
            assert_eq!(answer.verdict, Verdict::Setup(SetupFault::Tls), "{:?}", answer.error);
            assert_eq!(got.bytes().first(), Some(&22), "a handshake and nothing else");
            got.assert_clean();
            let endpoint = client.endpoint().clone();
            let probed = tokio::task::spawn_blocking(move || probe(&endpoint, Patience::default()));
            assert!(matches!(probed.await.expect("a probe").tls, Some(Step::Failed(Obstacle::Handshake(_)))));
        }
    });
}

#[test]
fn each_refusal_has_its_words() {
    for (fault, word) in [
        (SetupFault::Certificate, "certificate cannot be verified"),
        (SetupFault::Tls, "TLS that may be used"),
        (SetupFault::Proxy, "proxy_credentials_file"),
    ] {
        let reason = PauseReason::Setup(fault);
        let words = reason.message();
        assert!(words.en.contains(word) && words.en.contains("Nothing was sent"), "{}", words.en);
        assert!(words.ar.contains("لم يرسل"), "{}", words.ar);
        assert!(reason.needs_person());
    }
    let endpoint = Endpoint::official(Environment::Production).expect("official");
    let error = Client::new(endpoint.clone().with_extra_ca(b"rubbish".to_vec())).expect_err("no PEM");
    assert!(error.to_string().contains("CA"), "{error}");
    assert!(Client::new(endpoint.with_extra_ca(ca())).is_ok());
}
