//! A sandbox with its own time and seeded randomness, and plain HTTP to it: one call per connection.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tilld::sandbox::{Clock, Entropy, Environment, Sandbox, SandboxConfig, SandboxHandle};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const VECTOR: &str = include_str!("../data/simplified-388.signed.xml");
pub const GENESIS: &str =
    "NWZlY2ViNjZmZmM4NmYzOGQ5NTI3ODZjNmQ2OTZjNzljMmRiYzIzOWRkNGU5MWI0NjcyOWQ3M2EyN2ZiNTdlOQ==";
/// 2026-03-14T22:00:00 in Riyadh, an hour after the documents' issue.
pub const NOW: i64 = 1_773_514_800;
pub const VAT: &str = "399999999900003";
pub const ENV: Environment = Environment::Simulation;

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

pub fn unb64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

pub fn sha(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub fn hex_digest(text: &str) -> String {
    b64(sha(text).iter().map(|b| format!("{b:02x}")).collect::<String>())
}

pub struct World {
    pub handle: SandboxHandle,
    pub time: Arc<AtomicI64>,
}

pub async fn world(change: impl FnOnce(&mut SandboxConfig)) -> World {
    let time = Arc::new(AtomicI64::new(NOW));
    let clock: Clock = {
        let time = time.clone();
        Arc::new(move || time.load(Ordering::SeqCst))
    };
    let mut counter = 0u64;
    let entropy: Entropy = Arc::new(Mutex::new(move |buffer: &mut [u8]| {
        for chunk in buffer.chunks_mut(32) {
            counter += 1;
            chunk.copy_from_slice(&sha(counter.to_be_bytes())[..chunk.len()]);
        }
    }));
    let mut config = SandboxConfig::new(([127, 0, 0, 1], 0).into(), clock, entropy);
    change(&mut config);
    World { handle: Sandbox::start(config).await.unwrap(), time }
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn codes(&self, list: &str) -> Vec<String> {
        let body = self.json();
        let entries = body["validationResults"][list].as_array().cloned().unwrap_or_default();
        entries.iter().map(|e| e["code"].as_str().unwrap().to_owned()).collect()
    }
}

pub async fn raw_call(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    // A peer that refuses early may close before it has read everything; its answer counts.
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8(bytes).unwrap();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, head: head.to_owned(), text: body.to_owned() })
}

pub async fn call(
    handle: &SandboxHandle,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    raw_call(handle.address(), request.as_bytes()).await
}

pub async fn api(
    handle: &SandboxHandle,
    method: &str,
    tail: &str,
    extra: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let path = format!("{}{tail}", ENV.prefix());
    let mut headers = vec![("Accept-Version", "V2"), ("Content-Type", "application/json")];
    headers.extend_from_slice(extra);
    call(handle, method, &path, &headers, &body.to_string()).await.unwrap()
}
