//! The way to the platform, one step after the other: name, connection, TLS,
//! answer. What is asked is a plain GET of the base path without credentials,
//! which costs nothing and changes nothing; any HTTP answer is an answer.
//! Every wait is bounded.

mod http;
mod line;
mod shown;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConnection, StreamOwned};

use super::endpoint::Endpoint;
use super::proxy::Proxy;
use super::tls::{self, Watch};
pub use http::Reply;
use line::Line;
pub use shown::Shown;

/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 4;

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    pub step: Duration,
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { step: Duration::from_secs(3), whole: Duration::from_secs(8) }
    }
}

/// What became of the steps. Those behind a failed one are `NotTaken`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    pub host: String,
    pub port: u16,
    /// `http://HOST:PORT` of the proxy in between: name and connection are its own.
    pub proxy: Option<String>,
    pub name: Step<Vec<IpAddr>>,
    pub connection: Step<SocketAddr>,
    /// None on plain http, which only loopback has.
    pub tls: Option<Step<Session>>,
    pub answer: Step<Reply>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<T> {
    Done { value: T, took: Duration },
    Failed(Obstacle),
    NotTaken,
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The name could not be resolved; the system's words.
    NoAddress(String),
    /// Nothing came within this time.
    Slow(Duration),
    Refused,
    Unreachable(String),
    /// The proxy opens no way to the platform: its status, 407 if it wants a name
    /// and a password.
    Proxy(u16),
    /// It does not speak TLS, or ended the handshake.
    Handshake(String),
    /// Its certificate does not verify.
    Untrusted {
        distrust: Distrust,
        certificate: Option<Shown>,
    },
    /// It ended the connection, or what came is no HTTP.
    NoAnswer(String),
}

/// Why a server's certificate does not verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    Issuer,
    Expired,
    NotYet,
    Name,
    Other(String),
}

/// An encrypted connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `TLSv1_3`.
    pub version: String,
    pub certificate: Option<Shown>,
}

/// Takes the steps. Blocks for at most [`Patience::whole`].
pub fn probe(endpoint: &Endpoint, patience: Patience) -> Probe {
    let begun = Instant::now();
    let walk = Walk { endpoint, patience, end: begun + patience.whole };
    let secure = endpoint.is_secure();
    let proxy = endpoint.proxy();
    let (host, port) = proxy.map_or((endpoint.host(), endpoint.port()), |proxy| (proxy.host(), proxy.port()));
    let mut probe = Probe {
        host: endpoint.host().to_owned(),
        port: endpoint.port(),
        proxy: proxy.map(Proxy::address),
        name: walk.timed(|| resolve(host, port, walk.left())),
        connection: Step::NotTaken,
        tls: secure.then_some(Step::NotTaken),
        answer: Step::NotTaken,
    };
    let Step::Done { value: addresses, .. } = &probe.name else { return probe };
    let mut stream = None;
    probe.connection = walk.timed(|| walk.connect(addresses, port, &mut stream));
    let Some(stream) = stream else { return probe };
    if secure {
        let mut session = None;
        probe.tls = Some(walk.timed(|| walk.encrypt(stream, &mut session)));
        if let Some(mut session) = session {
            probe.answer = walk.timed(|| walk.ask(&mut session));
        }
    } else {
        let mut line = Line::new(stream);
        probe.answer = walk.timed(|| walk.ask(&mut line));
    }
    probe
}

/// What the steps share.
struct Walk<'a> {
    endpoint: &'a Endpoint,
    patience: Patience,
    end: Instant,
}

impl Walk<'_> {
    fn timed<T>(&self, step: impl FnOnce() -> Result<T, Obstacle>) -> Step<T> {
        let begun = Instant::now();
        match step() {
            Ok(value) => Step::Done { value, took: begun.elapsed() },
            Err(obstacle) => Step::Failed(obstacle),
        }
    }

    /// The time for the next step.
    fn left(&self) -> Duration {
        self.patience.step.min(self.end.saturating_duration_since(Instant::now()))
    }

    /// The first address that takes a connection.
    fn connect(
        &self,
        addresses: &[IpAddr],
        port: u16,
        stream: &mut Option<TcpStream>,
    ) -> Result<SocketAddr, Obstacle> {
        let whole = self.left();
        let share = whole / u32::try_from(addresses.len().clamp(1, MOST_ADDRESSES)).unwrap_or(1);
        let mut last = Obstacle::NoAddress("the name has no address".to_owned());
        for address in addresses.iter().take(MOST_ADDRESSES) {
            let address = SocketAddr::new(*address, port);
            // A wait of zero is an error of its own.
            match TcpStream::connect_timeout(&address, share.max(Duration::from_millis(1))) {
                Ok(connected) => {
                    *stream = Some(self.tunnel(connected)?);
                    return Ok(address);
                }
                Err(error) => last = obstacle(&error, share, Obstacle::Unreachable),
            }
        }
        Err(last)
    }

    /// Through the proxy, if there is one.
    fn tunnel(&self, stream: TcpStream) -> Result<TcpStream, Obstacle> {
        let Some(proxy) = self.endpoint.proxy() else { return Ok(stream) };
        let within = self.left();
        let mut line = Line::new(stream);
        line.until(Instant::now() + within);
        let opened = http::connect(&mut line, self.endpoint, proxy);
        match opened.map_err(|error| obstacle(&error, within, Obstacle::Unreachable))? {
            200 => Ok(line.into_stream()),
            status => Err(Obstacle::Proxy(status)),
        }
    }

    fn encrypt(
        &self,
        stream: TcpStream,
        session: &mut Option<StreamOwned<ClientConnection, Line>>,
    ) -> Result<Session, Obstacle> {
        let within = self.left();
        let handshake = |text: String| Obstacle::Handshake(text);
        let name = ServerName::try_from(self.endpoint.host().to_owned())
            .map_err(|error| handshake(error.to_string()))?;
        let (config, watch) =
            tls::watched(self.endpoint.extra_ca()).map_err(|error| handshake(error.to_string()))?;
        let connection =
            ClientConnection::new(Arc::new(config), name).map_err(|error| handshake(error.to_string()))?;
        let mut open = StreamOwned::new(connection, Line::new(stream));
        open.sock.until(Instant::now() + within);
        while open.conn.is_handshaking() {
            if let Err(error) = open.conn.complete_io(&mut open.sock) {
                return Err(refused_handshake(&error, within, &watch));
            }
        }
        let version = open.conn.protocol_version().map_or("TLS".to_owned(), |version| {
            version.as_str().map_or_else(|| "TLS".to_owned(), str::to_owned)
        });
        *session = Some(open);
        Ok(Session { version, certificate: watch.seen().and_then(|der| Shown::read(&der)) })
    }

    fn ask<S: http::Exchange>(&self, stream: &mut S) -> Result<Reply, Obstacle> {
        let within = self.left();
        stream.until(Instant::now() + within);
        http::get(stream, self.endpoint).map_err(|error| obstacle(&error, within, Obstacle::NoAnswer))
    }
}

/// In a thread of its own, because a resolver cannot be told how long to take;
/// one that is given up ends by itself.
fn resolve(host: &str, port: u16, within: Duration) -> Result<Vec<IpAddr>, Obstacle> {
    let (tell, told) = mpsc::channel();
    let bare = host.to_owned();
    let look = move || {
        let found = (bare.as_str(), port)
            .to_socket_addrs()
            .map(|found| found.map(|address| address.ip()).collect::<Vec<IpAddr>>());
        // Nobody listens any more: given up.
        let _ = tell.send(found);
    };
    std::thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(look)
        .map_err(|error| Obstacle::NoAddress(error.to_string()))?;
    match told.recv_timeout(within) {
        Ok(Ok(mut addresses)) => {
            addresses.dedup();
            if addresses.is_empty() {
                return Err(Obstacle::NoAddress("the name has no address".to_owned()));
            }
            Ok(addresses)
        }
        Ok(Err(error)) => Err(Obstacle::NoAddress(error.to_string())),
        Err(_) => Err(Obstacle::Slow(within)),
    }
}

fn obstacle(error: &io::Error, within: Duration, other: impl FnOnce(String) -> Obstacle) -> Obstacle {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Obstacle::Slow(within),
        io::ErrorKind::ConnectionRefused => Obstacle::Refused,
        _ => other(error.to_string()),
    }
}

fn refused_handshake(error: &io::Error, within: Duration, watch: &Watch) -> Obstacle {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::InvalidCertificate(fault)) = inner else {
        return obstacle(error, within, Obstacle::Handshake);
    };
    use CertificateError as E;
    let distrust = match fault {
        E::UnknownIssuer => Distrust::Issuer,
        E::Expired | E::ExpiredContext { .. } => Distrust::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => Distrust::NotYet,
        E::NotValidForName | E::NotValidForNameContext { .. } => Distrust::Name,
        other => Distrust::Other(format!("{other:?}").chars().take(120).collect()),
    };
    let certificate = watch.seen().and_then(|der| Shown::read(&der));
    Obstacle::Untrusted { distrust, certificate }
}

#[cfg(test)]
mod tests;
