//! The running daemon: whether it answers, who it is, what it says.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::Told;
use super::bounded::{Visitor, start};
use crate::api::client::{Client, ClientError};
use crate::api::wire::Status;
use crate::doctor::{Known, Service, ServiceAnswer, could_not};
use crate::text::Bilingual;

/// Asks the daemon behind a socket.
pub(super) fn ask(socket: &Path, within: Duration) -> (Service, Option<Told>) {
    let path = socket.to_owned();
    let answer = start("service", within, Visitor::This, move || question(&path, within)).get();
    let socket = socket.display().to_string();
    match answer {
        Ok(Ok((status, peer))) => {
            let answer = facts(&status, peer.as_ref());
            let told = Told { status, uid: peer.map(|peer| peer.uid) };
            (Service::Answers(Box::new(answer)), Some(told))
        }
        Ok(Err(Silence::Stopped)) => (Service::Stopped { socket }, None),
        Ok(Err(Silence::Because(because))) => (Service::Unknown(because), None),
        // Nothing but waiting takes so long here.
        Ok(Err(Silence::Hangs)) | Err(_) => (Service::Hangs { socket, seconds: within.as_secs() }, None),
    }
}

/// What a socket says that was only guessed, because the configuration that names
/// it is not known: silence there is no news of the till.
pub(super) fn guessed(service: Service) -> Service {
    match service {
        Service::Stopped { .. } => Service::Unknown(Bilingual::new(
            "which socket the till has is not known without its configuration, and nobody answers on the usual one",
            "لا يُعرف مقبس الجهاز من دون إعداداته، ولا أحد يجيب على المقبس المعتاد",
        )),
        other => other,
    }
}

enum Silence {
    Stopped,
    Hangs,
    Because(Bilingual),
}

struct Peer {
    pid: i32,
    uid: u32,
}

fn question(socket: &Path, within: Duration) -> Result<(Status, Option<Peer>), Silence> {
    let other = |error: &dyn std::fmt::Display| {
        let what = Bilingual::new("the daemon could not be asked", "تعذر سؤال الخدمة");
        Silence::Because(could_not(what, &error.to_string()))
    };
    let client = Client::new(socket).map_err(|error| other(&error))?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| other(&error))?;
    let limit = within.saturating_sub(Duration::from_millis(250));
    let answer = runtime.block_on(async { tokio::time::timeout(limit, client.status()).await });
    match answer {
        Ok(Ok(status)) => Ok((status, peer(socket))),
        Ok(Err(ClientError::NotRunning(_))) => Err(Silence::Stopped),
        Ok(Err(ClientError::Denied(socket))) => Err(Silence::Because(Bilingual::new(
            format!("this user may not use the socket {}", socket.display()),
            format!("لا يسمح لهذا المستخدم باستعمال المقبس {}", socket.display()),
        ))),
        Ok(Err(error)) => Err(other(&error)),
        Err(_) => Err(Silence::Hangs),
    }
}

/// The process behind the socket, as the kernel knows it.
fn peer(socket: &Path) -> Option<Peer> {
    let stream = UnixStream::connect(socket).ok()?;
    let peer = rustix::net::sockopt::socket_peercred(&stream).ok()?;
    Some(Peer { pid: peer.pid.as_raw_nonzero().get(), uid: peer.uid.as_raw() })
}

fn facts(status: &Status, peer: Option<&Peer>) -> ServiceAnswer {
    let reason = status.selling.reason.as_ref();
    let without = || Bilingual::new("look into the log for the reason", "السبب في سجل الخدمة");
    let not_selling = reason.map(|words| Bilingual::new(words.en.as_str(), words.ar.as_str()));
    ServiceAnswer {
        till: status.till.clone(),
        version: status.version.clone(),
        // An address that is overridden stands behind it, in brackets.
        environment: status.environment.split_whitespace().next().unwrap_or_default().to_owned(),
        not_selling: (!status.selling.ready).then(|| not_selling.unwrap_or_else(without)),
        core_limit: core_limit(peer),
    }
}

/// Its soft limit on core dumps (`/proc/PID/limits`, which everybody may read).
fn core_limit(peer: Option<&Peer>) -> Known<u64> {
    let unknown = || Bilingual::new("the limits of the daemon cannot be read", "تعذرت قراءة حدود الخدمة");
    let peer = peer.ok_or_else(unknown)?;
    let text = fs::read_to_string(format!("/proc/{}/limits", peer.pid))
        .map_err(|error| could_not(unknown(), &error.to_string()))?;
    limit(&text).ok_or_else(unknown)
}

fn limit(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max core file size"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        bytes => bytes.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_on_a_socket_that_was_guessed_says_nothing() {
        let socket = || "/run/tilld/tilld.sock".to_owned();
        assert!(matches!(guessed(Service::Stopped { socket: socket() }), Service::Unknown(_)));
        let hangs = guessed(Service::Hangs { socket: socket(), seconds: 4 });
        assert!(matches!(hangs, Service::Hangs { .. }));
    }

    #[test]
    fn the_limit_is_the_soft_one() {
        let head = "Limit                     Soft Limit           Hard Limit           Units     \n";
        let line =
            |soft: &str| format!("{head}Max core file size        {soft}                    9   bytes\n");
        assert_eq!(limit(&line("0")), Some(0));
        assert_eq!(limit(&line("unlimited")), Some(u64::MAX));
        assert_eq!(limit(head), None);
    }
}
