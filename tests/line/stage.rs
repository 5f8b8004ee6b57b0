//! Servers on loopback that keep what reaches them, and a client that is sent there.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tilld::chain::InvoiceHash;
use tilld::fatoora::{Answer, Authority, Client, Credentials, Endpoint, Environment, Submission};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

pub const REPORTED: &str = r#"{"validationResults":{"infoMessages":[],"warningMessages":[],"errorMessages":[],"status":"PASS"},"reportingStatus":"REPORTED","clearanceStatus":null}"#;
/// What must not reach a wrong place: the credentials as they are sent, and the
/// document's own text as it is sent.
pub const TOKEN: &str = "VE9LRU46aHVzaA==";
pub const BODY: &str = "invoiceHash";

pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(60), test).await.expect("the test hangs");
    });
}

pub fn submission() -> Submission {
    Submission {
        uuid: uuid::Uuid::from_u128(0x8e60_00cf_1a98_4e17_b7b4_a2c2_1fa3_dd01),
        hash: InvoiceHash::new([7; 32]),
        xml: b"<Invoice>1</Invoice>".to_vec(),
    }
}

pub async fn report(client: &Client) -> Answer {
    Authority::report(client, &Credentials::new("TOKEN", "hush"), &submission()).await
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/line").join(name)
}

pub fn ca() -> Vec<u8> {
    std::fs::read(fixture("ca.pem")).expect("a fixture")
}

/// A client for an address of this machine that trusts the tests' authority.
pub fn client(base: &str) -> Client {
    let endpoint = Endpoint::new(Environment::Production, Some(base)).expect("loopback");
    Client::new(endpoint.with_extra_ca(ca())).expect("client")
}

/// Everything that reached a server, in the clear where it was decrypted.
#[derive(Clone, Default)]
pub struct Got(Arc<Mutex<Vec<u8>>>);

impl Got {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("lock")).into_owned()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("lock").clone()
    }

    pub fn add(&self, bytes: &[u8]) {
        self.0.lock().expect("lock").extend_from_slice(bytes);
    }

    /// Neither credentials nor a document.
    pub fn assert_clean(&self) {
        let text = self.text().to_ascii_lowercase();
        for secret in [TOKEN, BODY, "authorization"] {
            assert!(!text.contains(&secret.to_ascii_lowercase()), "{secret} in {text}");
        }
    }
}

/// Listens; each connection is a task of `serve`.
pub async fn listen<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

fn acceptor(certificate: &str) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(fixture(certificate)).expect("a fixture");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("PEM");
    let key = PrivateKeyDer::from_pem_file(fixture("server.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("one key");
    TlsAcceptor::from(Arc::new(config))
}

/// An HTTPS server that answers every request alike and keeps what it decrypts.
pub async fn https(certificate: &str, answer: String) -> (SocketAddr, Got) {
    let (acceptor, got) = (acceptor(certificate), Got::default());
    let kept = got.clone();
    let address = listen(move |stream| {
        let (acceptor, kept, answer) = (acceptor.clone(), kept.clone(), answer.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            while take(&mut stream, &kept).await.is_some() {
                if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    (address, got)
}

/// One request, kept; none when the connection ends.
pub async fn take(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), got: &Got) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().expect("a length")) {
                return Some(text);
            }
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => {
                got.add(&more[..length]);
                bytes.extend_from_slice(&more[..length]);
            }
        }
    }
}

pub fn http(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}
