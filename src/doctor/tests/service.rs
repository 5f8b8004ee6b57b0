//! Configuration, daemon and machine.

use super::*;

#[test]
fn the_configuration() {
    let broken = |configuration| {
        with(|facts| {
            facts.configuration = configuration;
            facts.till = None;
        })
    };
    only(&broken(Configuration::Missing { file: "/x".to_owned() }), Subject::Configuration, Level::Critical);
    let wrong = Configuration::Wrong { findings: vec!["a: b".to_owned(), "c: d".to_owned()] };
    let report = broken(wrong);
    only(&report, Subject::Configuration, Level::Critical);
    assert!(check(&report, Subject::Configuration).finding.en.ends_with("a: b\nc: d"));
    assert_eq!(report.headline().en, "TILLD CRITICAL T07: Configuration: 2 to mend");
    only(&broken(Configuration::Denied(because())), Subject::Configuration, Level::Unknown);
}

#[test]
fn the_service() {
    let socket = "/run/tilld/tilld.sock".to_owned();
    let service = |service| with(|facts| facts.service = service);
    only(&service(Service::Stopped { socket: socket.clone() }), Subject::Service, Level::Critical);
    only(&service(Service::Hangs { socket, seconds: 4 }), Subject::Service, Level::Critical);
    only(&service(Service::Unknown(because())), Subject::Service, Level::Unknown);
    only(&answer(|answer| answer.version = "0.9".to_owned()), Subject::Service, Level::Warning);
    only(&answer(|answer| answer.not_selling = Some(because())), Subject::Selling, Level::Critical);
    only(&answer(|answer| answer.core_limit = Ok(1)), Subject::CoreDumps, Level::Critical);
    only(&answer(|answer| answer.core_limit = Err(because())), Subject::CoreDumps, Level::Unknown);
}

#[test]
fn the_machine() {
    only(&with(|facts| facts.machine.has_hardware = false), Subject::Machine, Level::Warning);
    let free = |bytes| with(|facts| facts.machine.memory_available = bytes);
    assert_eq!(free(Ok(limits::MEMORY_WARNING)).level(), Level::Ok);
    only(&free(Ok(limits::MEMORY_WARNING - 1)), Subject::Memory, Level::Warning);
    only(&free(Ok(limits::MEMORY_CRITICAL)), Subject::Memory, Level::Warning);
    only(&free(Ok(limits::MEMORY_CRITICAL - 1)), Subject::Memory, Level::Critical);
    only(&free(Err(because())), Subject::Memory, Level::Unknown);
}
