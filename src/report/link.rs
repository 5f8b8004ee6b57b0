//! Watches the network by netlink, so that documents leave as soon as the line
//! is back. The kernel tells of links, addresses and routes; only what newly
//! comes up rings, not the renewals of what was there.
//!
//! Without netlink (a sandbox that forbids `AF_NETLINK`) nothing is lost but
//! speed: the queue itself asks every 30 seconds.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType};
use tokio::net::UnixDatagram;

use super::machine::Wake;
use super::wakes::Wakes;

/// RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR, RTMGRP_IPV6_ROUTE.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// Rings [`Wake::Network`] whenever a link, address or route comes up. Runs
/// until dropped; an error means that the kernel does not let us listen.
pub async fn watch(wakes: Arc<Wakes>) -> io::Result<()> {
    let socket = open()?;
    let mut links = Links::default();
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        let news = match socket.recv(&mut buffer).await {
            Ok(length) => links.take(&buffer[..length]),
            // Some news were lost: take it that something came up.
            Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => true,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => false,
            Err(error) => return Err(error),
        };
        if news {
            wakes.ring(Wake::Network);
        }
    }
}

/// The netlink socket in the clothes of a datagram socket: all that is done
/// with it is `recv`, which does not look at the address family.
fn open() -> io::Result<UnixDatagram> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    // No protocol means number 0, which is NETLINK_ROUTE.
    let socket = net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
    UnixDatagram::from_std(std::os::unix::net::UnixDatagram::from(socket))
}

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const IFF_LOOPBACK: u32 = 0x8;
const IFF_RUNNING: u32 = 0x40;
/// `IFA_F_TENTATIVE`, `IFA_F_OPTIMISTIC`.
const TENTATIVE: u8 = 0x40;
const OPTIMISTIC: u8 = 0x04;
/// `IFA_ADDRESS`, `IFA_LOCAL`.
const ADDRESS_KEYS: &[u16] = &[1, 2];
/// `RTA_DST`, `RTA_OIF`, `RTA_GATEWAY`.
const ROUTE_KEYS: &[u16] = &[1, 4, 5];
/// A till has a handful; a machine with more is told once too often.
const MOST: usize = 1024;

/// What is known to be up.
#[derive(Debug, Default)]
struct Links {
    running: BTreeSet<u32>,
    /// Addresses and routes by what identifies them.
    known: BTreeSet<Vec<u8>>,
}

impl Links {
    /// Reads one datagram; true if something came up that was not there before.
    fn take(&mut self, datagram: &[u8]) -> bool {
        let mut rest = datagram;
        let mut news = false;
        while let Some((length, kind)) = header(rest) {
            news |= self.message(kind, &rest[16..length]);
            // Messages are aligned to four bytes.
            let next = length.next_multiple_of(4).min(rest.len());
            rest = &rest[next..];
        }
        news
    }

    fn message(&mut self, kind: u16, body: &[u8]) -> bool {
        match kind {
            RTM_NEWLINK | RTM_DELLINK => self.link(kind == RTM_NEWLINK, body),
            RTM_NEWADDR | RTM_DELADDR => {
                // struct ifaddrmsg: family, prefix, flags, scope, index. Scope 254 is this host.
                let inside = body.get(3).is_none_or(|scope| *scope == 254);
                let head = [&body[..body.len().min(2)], body.get(4..8).unwrap_or_default()].concat();
                // An IPv6 address serves only after the kernel has seen that nobody else has it.
                let serves = body.get(2).is_some_and(|flags| flags & (TENTATIVE | OPTIMISTIC) != TENTATIVE);
                !inside && self.entry(kind == RTM_NEWADDR && serves, head, body, 8, ADDRESS_KEYS)
            }
            RTM_NEWROUTE | RTM_DELROUTE => {
                // struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags. Type 1 is unicast.
                let unicast = body.get(7) == Some(&1);
                let head = [&body[..body.len().min(2)], body.get(4..5).unwrap_or_default()].concat();
                unicast && self.entry(kind == RTM_NEWROUTE, head, body, 12, ROUTE_KEYS)
            }
            _ => false,
        }
    }

    /// struct ifinfomsg: family, pad, type (2), index (4), flags (4), change (4).
    fn link(&mut self, up: bool, body: &[u8]) -> bool {
        let (Some(index), Some(flags)) = (word(body, 4), word(body, 8)) else { return false };
        if flags & IFF_LOOPBACK != 0 {
            return false;
        }
        if up && flags & IFF_RUNNING != 0 {
            return self.running.insert(index);
        }
        self.running.remove(&index);
        // The kernel drops routes of a dead link without a word.
        self.known.clear();
        false
    }

    fn entry(&mut self, up: bool, mut key: Vec<u8>, body: &[u8], fixed: usize, keys: &[u16]) -> bool {
        key.push(fixed as u8);
        let mut rest = body.get(fixed..).unwrap_or_default();
        while let Some((length, kind)) = attribute(rest) {
            if keys.contains(&kind) {
                key.extend_from_slice(&rest[..length]);
            }
            let next = length.next_multiple_of(4).min(rest.len());
            rest = &rest[next..];
        }
        if !up {
            self.known.remove(&key);
            return false;
        }
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.known.insert(key)
    }
}

/// Length and type of the netlink message at the start of `bytes`, if it is whole.
fn header(bytes: &[u8]) -> Option<(usize, u16)> {
    let length = usize::try_from(word(bytes, 0)?).ok()?;
    let kind = u16::from_ne_bytes(bytes.get(4..6)?.try_into().ok()?);
    (length >= 16 && length <= bytes.len()).then_some((length, kind))
}

/// Length and type of the attribute at the start of `bytes`, if it is whole.
fn attribute(bytes: &[u8]) -> Option<(usize, u16)> {
    let length = usize::from(u16::from_ne_bytes(bytes.get(0..2)?.try_into().ok()?));
    let kind = u16::from_ne_bytes(bytes.get(2..4)?.try_into().ok()?);
    (length >= 4 && length <= bytes.len()).then_some((length, kind))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + body.len()).expect("small");
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn link(kind: u16, index: u32, flags: u32) -> Vec<u8> {
        message(kind, &[&[0; 4][..], &index.to_ne_bytes(), &flags.to_ne_bytes(), &[0; 4]].concat())
    }

    fn attributed(kind: u16, fixed: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = fixed.to_vec();
        for (kind, value) in attributes {
            body.extend(u16::try_from(4 + value.len()).expect("small").to_ne_bytes());
            body.extend(kind.to_ne_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        message(kind, &body)
    }

    fn address(kind: u16, last: u8, age: u8) -> Vec<u8> {
        flagged(kind, last, age, 0)
    }

    fn flagged(kind: u16, last: u8, age: u8, flags: u8) -> Vec<u8> {
        let fixed = [2, 24, flags, 0, 2, 0, 0, 0];
        attributed(kind, &fixed, &[(1, &[10, 0, 0, last]), (6, &[age; 16])])
    }

    fn route(kind: u16, gateway: u8, class: u8) -> Vec<u8> {
        let fixed = [2, 0, 0, 0, 254, 3, 0, class, 0, 0, 0, 0];
        attributed(kind, &fixed, &[(4, &[2, 0, 0, 0]), (5, &[10, 0, 0, gateway])])
    }

    #[test]
    fn what_comes_up_rings_once() {
        let mut links = Links::default();
        assert!(!links.take(&link(RTM_NEWLINK, 2, 0)));
        assert!(links.take(&link(RTM_NEWLINK, 2, IFF_RUNNING)));
        assert!(!links.take(&link(RTM_NEWLINK, 2, IFF_RUNNING)), "no news");
        assert!(links.take(&address(RTM_NEWADDR, 7, 0)));
        assert!(!links.take(&address(RTM_NEWADDR, 7, 9)), "a renewed lease is no news");
        assert!(links.take(&address(RTM_NEWADDR, 8, 0)));
        assert!(links.take(&route(RTM_NEWROUTE, 1, 1)));
        assert!(!links.take(&route(RTM_NEWROUTE, 1, 1)));
        assert!(!links.take(&route(RTM_NEWROUTE, 1, 3)), "a broadcast route");
        assert!(!links.take(&route(RTM_DELROUTE, 1, 1)));
        assert!(links.take(&route(RTM_NEWROUTE, 1, 1)));
    }

    #[test]
    fn an_address_rings_when_it_may_be_used() {
        let mut links = Links::default();
        assert!(!links.take(&flagged(RTM_NEWADDR, 7, 0, TENTATIVE)));
        assert!(links.take(&flagged(RTM_NEWADDR, 7, 0, 0)));
        assert!(links.take(&flagged(RTM_NEWADDR, 8, 0, TENTATIVE | OPTIMISTIC)));
        assert!(!links.take(&flagged(RTM_NEWADDR, 8, 0, 0)), "known already");
    }

    #[test]
    fn a_dead_link_takes_its_routes_along() {
        let mut links = Links::default();
        links.take(&[link(RTM_NEWLINK, 2, IFF_RUNNING), route(RTM_NEWROUTE, 1, 1)].concat());
        assert!(!links.take(&link(RTM_NEWLINK, 2, 0)));
        assert!(links.take(&link(RTM_NEWLINK, 2, IFF_RUNNING)));
        assert!(links.take(&route(RTM_NEWROUTE, 1, 1)));
    }

    #[test]
    fn the_loopback_says_nothing_and_rubbish_is_survived() {
        let mut links = Links::default();
        assert!(!links.take(&link(RTM_NEWLINK, 1, IFF_RUNNING | IFF_LOOPBACK)));
        assert!(!links.take(&message(RTM_NEWADDR, &[2, 8, 0, 254, 1, 0, 0, 0])));
        let whole = [address(RTM_NEWADDR, 7, 0), route(RTM_NEWROUTE, 1, 1)].concat();
        for end in 0..whole.len() {
            links.take(&whole[..end]);
            let mut broken = whole.clone();
            broken[end] = 0xFF;
            links.take(&broken);
        }
        for kind in 0..64 {
            links.take(&message(kind, &[]));
            links.take(&message(kind, &[0xFF; 3]));
        }
    }
}
