//! The steps against servers on loopback that are right and wrong in each way.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use super::*;
use crate::fatoora::Environment;

/// A test authority and keys of nobody: worthless, for tests only.
const AUTHORITY: &str = include_str!("../../../tests/data/tls/authority.pem");
const KEY: &str = include_str!("../../../tests/data/tls/server.key");
const GOOD: &str = include_str!("../../../tests/data/tls/good.pem");
const EXPIRED: &str = include_str!("../../../tests/data/tls/expired.pem");
const NOT_YET: &str = include_str!("../../../tests/data/tls/not-yet.pem");
const OTHER_NAME: &str = include_str!("../../../tests/data/tls/other-name.pem");

const ANSWER: &str =
    "HTTP/1.1 401 Unauthorized\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 0\r\n\r\n";

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

fn look(base: &str, ca: Option<&str>) -> Probe {
    let mut endpoint = Endpoint::new(Environment::Sandbox, Some(base)).unwrap();
    if let Some(ca) = ca {
        endpoint = endpoint.with_extra_ca(ca.as_bytes().to_vec());
    }
    // Long enough on the slowest machine where an answer is expected.
    probe(&endpoint, Patience { step: Duration::from_secs(30), whole: Duration::from_secs(60) })
}

fn hurried(base: &str) -> Probe {
    let endpoint = Endpoint::new(Environment::Sandbox, Some(base)).unwrap();
    probe(&endpoint, Patience { step: Duration::from_millis(200), whole: Duration::from_millis(600) })
}

/// Answers one connection with these bytes; gives what it was asked.
fn plain(answer: &'static str) -> (String, thread::JoinHandle<String>) {
    let (listener, address) = listener();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0u8; 2048];
        let count = stream.read(&mut asked).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&asked[..count]).into_owned()
    });
    (format!("http://{address}/e-invoicing/core"), server)
}

/// A TLS server for one connection.
fn secure(certificate: &str) -> (String, thread::JoinHandle<()>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap())
        .unwrap();
    let (listener, address) = listener();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
        let mut asked = [0u8; 2048];
        // A client that does not trust the certificate asks nothing.
        if stream.read(&mut asked).is_ok_and(|count| count > 0) {
            stream.write_all(ANSWER.as_bytes()).unwrap();
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    (format!("https://{address}/e-invoicing/core"), server)
}

fn value<T>(step: Step<T>) -> T {
    match step {
        Step::Done { value, .. } => value,
        Step::Failed(obstacle) => panic!("{obstacle:?}"),
        Step::NotTaken => panic!("not taken"),
    }
}

#[test]
fn every_step_of_a_good_way_is_told() {
    let (base, server) = secure(GOOD);
    let probe = look(&base, Some(AUTHORITY));
    assert_eq!(value(probe.name), ["127.0.0.1".parse::<IpAddr>().unwrap()]);
    assert_eq!(value(probe.connection).port(), probe.port);
    let session = value(probe.tls.unwrap());
    assert_eq!(session.version, "TLSv1_3");
    let shown = session.certificate.unwrap();
    assert_eq!((shown.subject.as_str(), shown.not_after), ("CN=good.example", 4_733_510_400));
    let reply = value(probe.answer);
    assert_eq!((reply.status, reply.date, reply.html), (401, Some(784_111_777), false));
    server.join().unwrap();
}

#[test]
fn the_question_carries_no_secret() {
    let (base, server) = plain(ANSWER);
    value(look(&base, None).answer);
    let asked = server.join().unwrap().to_ascii_lowercase();
    assert!(asked.starts_with("get /e-invoicing/core http/1.1\r\nhost: 127.0.0.1:"), "{asked}");
    assert!(!asked.contains("authorization") && !asked.contains("otp"), "{asked}");
}

#[test]
fn a_certificate_that_is_not_to_be_trusted_is_named() {
    for (certificate, ca, wanted) in [
        (GOOD, None, Distrust::Issuer),
        (EXPIRED, Some(AUTHORITY), Distrust::Expired),
        (NOT_YET, Some(AUTHORITY), Distrust::NotYet),
        (OTHER_NAME, Some(AUTHORITY), Distrust::Name),
    ] {
        let (base, server) = secure(certificate);
        let probe = look(&base, ca);
        let Some(Step::Failed(Obstacle::Untrusted { distrust, certificate: Some(shown) })) = probe.tls else {
            panic!("{wanted:?}: {:?}", probe.tls)
        };
        assert_eq!((distrust, shown.issuer.as_str()), (wanted, "CN=tilld test authority"));
        assert_eq!(probe.answer, Step::NotTaken, "nothing is asked of it");
        server.join().unwrap();
    }
}

#[test]
fn a_closed_port_is_refused() {
    let (listener, address) = listener();
    drop(listener);
    let probe = look(&format!("http://{address}"), None);
    assert_eq!(probe.connection, Step::Failed(Obstacle::Refused));
    assert_eq!((probe.tls, probe.answer), (None, Step::NotTaken));
}

#[test]
fn a_server_that_says_nothing_is_slow() {
    let (_silent, address) = listener();
    let probe = hurried(&format!("http://{address}"));
    assert!(matches!(probe.answer, Step::Failed(Obstacle::Slow(_))), "{probe:?}");
    let probe = hurried(&format!("https://{address}"));
    assert!(matches!(probe.tls, Some(Step::Failed(Obstacle::Slow(_)))), "{probe:?}");
    assert_eq!(probe.answer, Step::NotTaken);
}

#[test]
fn a_server_that_drips_meets_the_end_of_the_step() {
    let (listener, address) = listener();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(1));
        }
    });
    let probe = hurried(&format!("http://{address}"));
    // A fast machine may have dripped a whole head of rubbish by then.
    assert!(
        matches!(probe.answer, Step::Failed(Obstacle::Slow(_) | Obstacle::NoAnswer(_))),
        "{:?}",
        probe.answer
    );
}

#[test]
fn a_port_that_does_not_speak_tls_is_named() {
    let (base, server) = plain("HTTP/1.1 400 Bad Request\r\n\r\n");
    let probe = look(&base.replace("http://", "https://"), None);
    assert!(matches!(probe.tls, Some(Step::Failed(Obstacle::Handshake(_)))), "{:?}", probe.tls);
    server.join().unwrap();
}

#[test]
fn pages_and_rubbish_are_told_from_the_platform() {
    let page =
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n\r\n <!DOCTYPE HTML><title>Sign in</title>";
    let (base, server) = plain(page);
    assert!(value(look(&base, None).answer).html);
    server.join().unwrap();
    for rubbish in ["220 mail ready\r\n\r\n", "\0\0\0\r\n\r\n"] {
        let (base, server) = plain(rubbish);
        let probe = look(&base, None);
        assert!(matches!(probe.answer, Step::Failed(Obstacle::NoAnswer(_))), "{:?}", probe.answer);
        server.join().unwrap();
    }
}
