//! The clock and the way to the platform.

use super::*;

#[test]
fn the_clock() {
    let at = |now: i64| with(|facts| facts.now = now);
    let unset = at(limits::CLOCK_EARLIEST - 1);
    assert_eq!(check(&unset, Subject::ClockSet).level, Level::Critical);
    assert_eq!(check(&at(limits::CLOCK_EARLIEST), Subject::ClockSet).level, Level::Ok);
    let last = |ahead: i64| till(|till| till.ledger.as_mut().unwrap().last_issued = Some(NOW + ahead));
    assert_eq!(last(limits::CLOCK_BEHIND).level(), Level::Ok);
    only(&last(limits::CLOCK_BEHIND + 1), Subject::ClockOrder, Level::Critical);
    let kept = |kept| with(|facts| facts.machine.synchronised = kept);
    only(&kept(Ok(false)), Subject::ClockSynchronised, Level::Warning);
    only(&kept(Err(because())), Subject::ClockSynchronised, Level::Unknown);
    let off = |ahead| till(|till| till.clock.authority_ahead = ahead);
    for sign in [1, -1] {
        assert_eq!(off(Ok(sign * limits::CLOCK_OFFSET_WARNING)).level(), Level::Ok);
        only(&off(Ok(sign * (limits::CLOCK_OFFSET_WARNING + 1))), Subject::ClockAuthority, Level::Warning);
        only(&off(Ok(sign * limits::CLOCK_OFFSET_CRITICAL)), Subject::ClockAuthority, Level::Warning);
        only(&off(Ok(sign * (limits::CLOCK_OFFSET_CRITICAL + 1))), Subject::ClockAuthority, Level::Critical);
    }
    assert!(check(&off(Ok(7200)), Subject::ClockAuthority).finding.en.contains("2 h 0 min behind"));
    only(&off(Err(because())), Subject::ClockAuthority, Level::Unknown);
    let offline = till(|till| {
        till.clock.authority_ahead = Err(because());
        till.network.as_mut().unwrap().answer = Step::Failed(NetworkFault::Slow(3));
    });
    only(&offline, Subject::NetworkAnswer, Level::Warning);
    off(Ok(i64::MIN));
}

#[test]
fn the_network_step_by_step() {
    let no_name = network(|network| network.name = Step::Failed(NetworkFault::NoAddress("x".to_owned())));
    only(&no_name, Subject::NetworkName, Level::Warning);
    for fault in
        [NetworkFault::Slow(3), NetworkFault::Refused, NetworkFault::Unreachable("no route".to_owned())]
    {
        let report = network(|network| {
            network.connection = Step::Failed(fault);
            network.tls = Some(Step::NotTaken);
            network.answer = Step::NotTaken;
        });
        only(&report, Subject::NetworkConnection, Level::Warning);
        let behind = [Subject::NetworkTls, Subject::NetworkAnswer];
        assert!(!report.checks.iter().any(|check| behind.contains(&check.subject)), "not taken, not told");
    }
    let closed = |status| {
        network(|network| {
            network.proxy = Some("http://192.168.1.1:3128".to_owned());
            network.connection = Step::Failed(NetworkFault::Proxy(status));
            network.tls = Some(Step::NotTaken);
            network.answer = Step::NotTaken;
        })
    };
    for (status, level) in [(407, Level::Critical), (403, Level::Warning), (502, Level::Warning)] {
        let report = closed(status);
        only(&report, Subject::NetworkConnection, level);
        let said = &check(&report, Subject::NetworkConnection).finding.en;
        assert!(said.contains("192.168.1.1:3128") && said.contains(&status.to_string()), "{said}");
    }
    let dead = network(|network| {
        network.proxy = Some("http://192.168.1.1:3128".to_owned());
        network.connection = Step::Failed(NetworkFault::Refused);
        network.tls = Some(Step::NotTaken);
        network.answer = Step::NotTaken;
    });
    only(&dead, Subject::NetworkConnection, Level::Warning);
    assert!(check(&dead, Subject::NetworkConnection).finding.en.contains("proxy 192.168.1.1:3128"));
    let tls = |step| network(|network| network.tls = Some(step));
    only(&tls(Step::Failed(NetworkFault::Handshake("eof".to_owned()))), Subject::NetworkTls, Level::Warning);
    for trust in [Trust::Issuer, Trust::Expired, Trust::NotYet, Trust::Name, Trust::Other("odd".to_owned())] {
        let fault = NetworkFault::Untrusted {
            trust,
            issuer: Some("CN=Filter".to_owned()),
            subject: Some("CN=gw".to_owned()),
        };
        let report = tls(Step::Failed(fault));
        only(&report, Subject::NetworkTls, Level::Critical);
        assert!(check(&report, Subject::NetworkTls).finding.en.contains("CN=Filter"));
    }
    let ends = |seconds| tls(done(Session { not_after: Some(NOW + seconds), ..Session::default() }));
    only(&ends(limits::TLS_WARNING_DAYS * DAY), Subject::NetworkTls, Level::Warning);
    assert_eq!(ends(limits::TLS_WARNING_DAYS * DAY + 1).level(), Level::Ok);
    assert_eq!(network(|network| network.tls = None).level(), Level::Ok);
    let report = till(|till| till.network = Err(because()));
    only(&report, Subject::NetworkName, Level::Unknown);
}

#[test]
fn any_answer_but_a_page_is_the_platform() {
    let reply =
        |status, html| network(|network| network.answer = done(Reply { status, html, location: None }));
    for status in [200, 401, 403, 404, 405] {
        assert_eq!(reply(status, false).level(), Level::Ok, "{status}");
    }
    for (status, html) in [(200, true), (302, false), (511, false), (503, true), (404, true)] {
        only(&reply(status, html), Subject::NetworkAnswer, Level::Warning);
    }
    assert!(check(&reply(200, true), Subject::NetworkAnswer).remedy.as_ref().unwrap().en.contains("login"));
    let silent = network(|network| network.answer = Step::Failed(NetworkFault::Slow(3)));
    only(&silent, Subject::NetworkAnswer, Level::Warning);
}
