//! Starting a sandbox and the handle that drives it: passwords, plug, audit, book, stop.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::audit::{self, Audit};
use super::book::{Accepted, Call};
use super::config::SandboxConfig;
use super::environment::Environment;
use super::faults::FaultRule;
use super::office::{Desk, Office};
use super::otp::Wanted;
use super::registry::CsidEntry;
use super::settings::Settings;
use super::wire::{Conn, Line, PlugListener};
use super::{SandboxError, http, tls};

/// A simulated Fatoora; see [`Sandbox::start`].
pub struct Sandbox;

enum Plug {
    /// Listening; the task accepts connections.
    In(JoinHandle<()>),
    /// Not listening; the bound socket keeps the port, so that connections are refused.
    Out(TcpSocket),
    /// Between two states, or stopped.
    Moving,
}

/// Drives a running sandbox. Dropping it ends the sandbox too, without waiting.
pub struct SandboxHandle {
    office: Arc<Office>,
    address: SocketAddr,
    line: Arc<Line>,
    plug: Mutex<Plug>,
    secure: Option<TlsAcceptor>,
    ca_file: Option<PathBuf>,
}

impl Sandbox {
    /// Makes the authorities, listens, and serves on the current tokio runtime.
    ///
    /// # Errors
    /// [`SandboxError::Listen`] when the address is taken, [`SandboxError::Authority`] when the randomness
    /// gives no keys.
    pub async fn start(config: SandboxConfig) -> Result<SandboxHandle, SandboxError> {
        let (asked, folder) = (config.listen, config.tls.clone());
        let office = Arc::new(Office::open(config)?);
        let now = office.instruments.machine_now();
        let secure = folder.as_deref().map(|dir| tls::server(dir, now)).transpose()?;
        let failed = |source| SandboxError::Listen { address: asked, source };
        let listener = TcpListener::bind(asked).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let line = Line::new();
        let secure = secure.map(TlsAcceptor::from);
        let plug = Mutex::new(Plug::In(serve(&office, &line, secure.clone(), listener)));
        Ok(SandboxHandle {
            office,
            address,
            line,
            plug,
            secure,
            ca_file: folder.as_deref().map(tls::ca_file),
        })
    }
}

fn serve(
    office: &Arc<Office>,
    line: &Arc<Line>,
    secure: Option<TlsAcceptor>,
    inner: TcpListener,
) -> JoinHandle<()> {
    let service = http::router(office.clone()).into_make_service_with_connect_info::<Conn>();
    let listener = PlugListener::new(inner, secure, line.clone(), office.clone());
    tokio::spawn(async move {
        // Serving ends only when this task is aborted.
        let _ = axum::serve(listener, service).await;
    })
}

impl SandboxHandle {
    /// Where it listens; the port is real even if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base URL of an environment, without a slash at its end.
    pub fn base_url(&self, env: Environment) -> String {
        format!("{}{}", self.root(), env.prefix())
    }

    /// The PEM file that a till must trust to reach it; `None` on plain http.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    fn root(&self) -> String {
        let scheme = if self.secure.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Issues a one-time password of six digits, bound to a VAT number if one is given. Good for as long as the
    /// settings say.
    pub fn issue_otp(&self, env: Environment, vat: Option<&str>) -> String {
        let mut desk = self.office.desk();
        let Desk { otps, settings, .. } = &mut *desk;
        let wanted = Wanted { env, vat, lifetime: None, digits: None };
        // Only wanted digits can be taken.
        otps.issue(&wanted, settings, &self.office.instruments).unwrap_or_default()
    }

    /// The policies of this moment.
    pub fn settings(&self) -> Settings {
        self.office.settings()
    }

    /// Changes policies while it runs.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.office.desk().settings);
    }

    /// Moves the sandbox's clock on by so many seconds, or back.
    pub fn advance_clock(&self, seconds: i64) {
        self.office.instruments.advance(seconds);
    }

    /// Every CSID that was ever issued, in order.
    pub fn csids(&self) -> Vec<CsidEntry> {
        self.office.desk().registry.list(self.office.now())
    }

    /// Revokes a CSID by the serial number of its certificate; `false` when there is none.
    pub fn revoke(&self, csid: &str) -> bool {
        let now = self.office.now();
        !self.office.desk().registry.revoke(Some(now), |c| c.csid() == csid).is_empty()
    }

    /// Pulls the network plug: connections are refused, live ones are cut. Returns when none is left.
    ///
    /// # Errors
    /// [`SandboxError::Listen`] when the port cannot be kept.
    pub async fn unplug(&self) -> Result<(), SandboxError> {
        let task = match self.take_plug() {
            Plug::In(task) => task,
            other => {
                self.put_plug(other);
                return Ok(());
            }
        };
        self.end(task).await;
        self.put_plug(Plug::Out(self.keep_port()?));
        Ok(())
    }

    /// Plugs the network in again, on the same port.
    ///
    /// # Errors
    /// [`SandboxError::Listen`] when the port cannot be listened on.
    pub async fn plug_in(&self) -> Result<(), SandboxError> {
        let socket = match self.take_plug() {
            Plug::Out(socket) => socket,
            Plug::Moving => self.keep_port()?,
            plugged @ Plug::In(_) => {
                self.put_plug(plugged);
                return Ok(());
            }
        };
        let listener = socket.listen(1024).map_err(|source| self.listen_error(source))?;
        self.put_plug(Plug::In(serve(&self.office, &self.line, self.secure.clone(), listener)));
        Ok(())
    }

    /// What the book says about each CSID's chain.
    pub fn audit(&self) -> Audit {
        audit::audit(&self.office.desk().book)
    }

    /// Every document that was reported or cleared, in order of acceptance.
    pub fn accepted(&self) -> Vec<Accepted> {
        self.office.desk().book.accepted.clone()
    }

    /// Every call, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.office.desk().book.calls.clone()
    }

    /// Replaces the fault script.
    pub fn set_faults(&self, rules: Vec<FaultRule>) {
        self.office.desk().faults.set(rules, self.office.instruments.machine_now());
    }

    /// Ends the sandbox; returns when its listener and all connections are gone.
    pub async fn stop(self) {
        match self.take_plug() {
            Plug::In(task) => self.end(task).await,
            Plug::Out(_) | Plug::Moving => {}
        }
    }

    async fn end(&self, task: JoinHandle<()>) {
        task.abort();
        // The task ends by the abort; its result says nothing else.
        let _ = task.await;
        self.line.cut_all();
        self.line.quiet().await;
    }

    fn keep_port(&self) -> Result<TcpSocket, SandboxError> {
        let make = || {
            let socket = if self.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.set_reuseaddr(true)?;
            socket.bind(self.address)?;
            Ok(socket)
        };
        make().map_err(|source| self.listen_error(source))
    }

    fn listen_error(&self, source: std::io::Error) -> SandboxError {
        SandboxError::Listen { address: self.address, source }
    }

    fn take_plug(&self) -> Plug {
        std::mem::replace(&mut *self.plug.lock().unwrap_or_else(PoisonError::into_inner), Plug::Moving)
    }

    fn put_plug(&self, plug: Plug) {
        *self.plug.lock().unwrap_or_else(PoisonError::into_inner) = plug;
    }
}

impl Drop for SandboxHandle {
    fn drop(&mut self) {
        if let Plug::In(task) = self.take_plug() {
            task.abort();
            self.line.cut_all();
        }
    }
}

/// Runs a sandbox by itself, for integrators: prints one line of JSON with the base URLs and an OTP of each
/// environment to `out`, and serves until `cancel` resolves.
///
/// # Errors
/// As [`Sandbox::start`]; [`SandboxError::Announce`] when the line cannot be written.
pub async fn run_standalone(
    config: SandboxConfig,
    out: &mut (dyn Write + Send),
    cancel: impl Future<Output = ()>,
) -> Result<(), SandboxError> {
    let handle = Sandbox::start(config).await?;
    let environments: serde_json::Map<String, serde_json::Value> = Environment::ALL
        .into_iter()
        .map(|env| {
            let entry = json!({"base_url": handle.base_url(env), "otp": handle.issue_otp(env, None)});
            (env.name().to_owned(), entry)
        })
        .collect();
    let line = json!({"environments": environments, "admin_url": format!("{}/admin", handle.root()), "ca_file": handle.ca_file()});
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(SandboxError::Announce)?;
    cancel.await;
    handle.stop().await;
    Ok(())
}
