//! One GET, and as much of the answer as tells who answers.

use std::io::{self, Read, Write};
use std::time::Instant;

use rustls::{ClientConnection, StreamOwned};
use zeroize::Zeroizing;

use super::line::Line;
use crate::fatoora::endpoint::Endpoint;
use crate::fatoora::proxy::Proxy;
use crate::fatoora::verdict::Headers;

/// Bytes of an answer's head that are read; more is no answer of the platform.
const MOST_OF_HEAD: usize = 16 * 1024;
/// Bytes of the body that tell a page from data.
const SOME_OF_BODY: usize = 256;

/// An HTTP answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// The `Date` header: seconds since 1970, UTC.
    pub date: Option<i64>,
    /// A page for people, by its type or its first bytes.
    pub html: bool,
    pub location: Option<String>,
}

/// A line to ask on.
pub(super) trait Exchange: Read + Write {
    /// When every wait on it ends.
    fn until(&mut self, end: Instant);
}

impl Exchange for Line {
    fn until(&mut self, end: Instant) {
        Line::until(self, end);
    }
}

impl Exchange for StreamOwned<ClientConnection, Line> {
    fn until(&mut self, end: Instant) {
        self.sock.until(end);
    }
}

/// Asks for the base path.
pub(super) fn get(stream: &mut impl Exchange, endpoint: &Endpoint) -> io::Result<Reply> {
    let request = format!(
        "GET {} HTTP/1.1\r\nhost: {}\r\nuser-agent: tilld/{}\r\naccept: application/json\r\n\
         accept-version: V2\r\nconnection: close\r\n\r\n",
        endpoint.path(),
        endpoint.authority(),
        env!("CARGO_PKG_VERSION")
    );
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let (head, body) = read(stream)?;
    let mut reply = parse(&head).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "what came is no answer of a web server")
    })?;
    let begins = body.trim_ascii_start();
    let page = |tag: &[u8]| begins.get(..tag.len()).is_some_and(|some| some.eq_ignore_ascii_case(tag));
    reply.html |= page(b"<!doctype html") || page(b"<html");
    Ok(reply)
}

/// Asks a proxy for a way to the platform; gives its status. Nothing behind the
/// head is read, since it belongs to the way.
pub(super) fn connect(stream: &mut Line, endpoint: &Endpoint, proxy: &Proxy) -> io::Result<u16> {
    let (host, port) = (endpoint.host(), endpoint.port());
    let mut request = Zeroizing::new(format!("CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n"));
    if let Some(value) = proxy.authorization() {
        request.push_str("proxy-authorization: ");
        request.push_str(value);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut head = Vec::new();
    let mut byte = [0u8; 1];
    while !head.ends_with(b"\r\n\r\n") && head.len() < MOST_OF_HEAD {
        match stream.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => head.extend_from_slice(&byte),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let reply = parse(&String::from_utf8_lossy(&head));
    reply
        .map(|reply| reply.status)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "what came is no answer of a proxy"))
}

/// The head, and what follows it at once.
fn read(stream: &mut impl Read) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut part = [0u8; 2048];
    loop {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let enough = head.is_some_and(|end| bytes.len() >= end + 4 + SOME_OF_BODY);
        if enough || bytes.len() > MOST_OF_HEAD {
            return Ok(split(bytes, head));
        }
        match stream.read(&mut part) {
            Ok(0) if bytes.is_empty() => {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the connection ended without an answer",
                ));
            }
            Ok(0) => return Ok(split(bytes, head)),
            Ok(count) => bytes.extend_from_slice(part.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The head says all that matters; many a server closes without a word.
            Err(_) if head.is_some() => return Ok(split(bytes, head)),
            Err(error) => return Err(error),
        }
    }
}

fn split(mut bytes: Vec<u8>, head: Option<usize>) -> (String, Vec<u8>) {
    let body = bytes.split_off(head.map_or(bytes.len(), |end| end + 4));
    (String::from_utf8_lossy(&bytes).into_owned(), body)
}

fn parse(head: &str) -> Option<Reply> {
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let version = first.next()?;
    let status: u16 = first.next()?.parse().ok()?;
    if !version.starts_with("HTTP/1.") || !(100..600).contains(&status) {
        return None;
    }
    let mut headers = Headers::default();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = || Some(value.trim().chars().take(500).collect::<String>());
        match name.trim().to_ascii_lowercase().as_str() {
            "date" => headers.date = value(),
            "content-type" => headers.content_type = value(),
            "location" => headers.location = value(),
            _ => {}
        }
    }
    let kind = headers.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    Some(Reply {
        status,
        date: headers.server_time(),
        html: kind.starts_with("text/html") || kind.starts_with("application/xhtml"),
        location: headers.location,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_and_rubbish_is_not() {
        let reply = parse(
            "HTTP/1.1 302 Found\r\nDATE: Sun, 06 Nov 1994 08:49:37 GMT\r\nLocation:  http://login/\r\n",
        );
        let wanted = Reply {
            status: 302,
            date: Some(784_111_777),
            html: false,
            location: Some("http://login/".to_owned()),
        };
        assert_eq!(reply, Some(wanted));
        assert!(parse("HTTP/1.0 200 OK\r\ncontent-type: Text/HTML; charset=utf-8\r\n").unwrap().html);
        for rubbish in ["", "HTTP/1.1", "HTTP/1.1 abc", "SSH-2.0-OpenSSH_9", "HTTP/1.1 999 x", "HTTP/2 200"] {
            assert_eq!(parse(rubbish), None, "{rubbish}");
        }
    }

    #[test]
    fn an_endless_head_ends() {
        let (head, _) = read(&mut std::io::repeat(b'a')).unwrap();
        assert!(head.len() < 2 * MOST_OF_HEAD && parse(&head).is_none());
    }
}
