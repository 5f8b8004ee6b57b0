//! The sandbox over TLS, and its stalled handshake.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tilld::fatoora::{Client, Endpoint, Environment, SetupFault, Verdict};
use tilld::sandbox::{self, FaultRule, Sandbox, SandboxConfig, SandboxHandle};

use crate::stage::{report, run};

async fn start(dir: &std::path::Path) -> SandboxHandle {
    let mut drawn = 0_u64;
    let entropy = Arc::new(Mutex::new(move |buffer: &mut [u8]| {
        for byte in buffer {
            drawn = drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x5a5a);
            *byte = drawn.to_be_bytes()[0];
        }
    }));
    let mut config = SandboxConfig::new(([127, 0, 0, 1], 0).into(), Arc::new(|| 1_773_514_800), entropy);
    config.tls = Some(dir.to_owned());
    Sandbox::start(config).await.expect("a sandbox")
}

fn client(base: &str, ca: Option<&std::path::Path>, patience: Duration) -> Client {
    let mut endpoint = Endpoint::new(Environment::Production, Some(base)).expect("loopback");
    if let Some(ca) = ca {
        endpoint = endpoint.with_extra_ca(std::fs::read(ca).expect("a file"));
    }
    Client::within(endpoint, patience).expect("client")
}

fn rules(sandbox: &SandboxHandle, rules: serde_json::Value) {
    let rules = rules.as_array().expect("a list").iter().map(|rule| FaultRule::read(rule).expect("a rule"));
    sandbox.set_faults(rules.collect());
}

#[test]
fn a_till_that_trusts_its_authority_speaks_tls_with_it() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let sandbox = start(dir.path()).await;
        let base = sandbox.base_url(sandbox::Environment::Core);
        assert!(base.starts_with("https://127.0.0.1:"), "{base}");
        let patient = Duration::from_secs(30);
        let stranger = client(&base, None, patient);
        assert_eq!(report(&stranger).await.verdict, Verdict::Setup(SetupFault::Certificate));
        assert!(sandbox.calls().is_empty(), "nothing was sent");
        let ca = sandbox.ca_file().expect("TLS").to_owned();
        for host in ["127.0.0.1", "localhost"] {
            let trusting = client(&base.replace("127.0.0.1", host), Some(&ca), patient);
            // The sandbox knows no such credentials, which is an answer.
            assert_eq!(report(&trusting).await.verdict, Verdict::Setup(SetupFault::Credentials), "{host}");
        }
        assert_eq!(sandbox.calls().len(), 2);
        let plain = client(&base.replace("https", "http"), None, patient);
        assert_eq!(report(&plain).await.verdict, Verdict::Lost, "plain http is not understood there");

        // The faults of answers are the same inside TLS.
        let trusting = client(&base, Some(&ca), patient);
        rules(&sandbox, json!([{"action": "drop"}, {"action": "reset"}, {"action": "html-503"}]));
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(report(&trusting).await.verdict);
        }
        assert_eq!(seen, [Verdict::Lost, Verdict::Lost, Verdict::Unavailable]);
        sandbox.unplug().await.expect("unplugged");
        assert_eq!(report(&client(&base, Some(&ca), patient)).await.verdict, Verdict::Offline);
        sandbox.plug_in().await.expect("plugged in");
        assert_eq!(report(&trusting).await.verdict, Verdict::Setup(SetupFault::Credentials));
        sandbox.stop().await;
    });
}

#[test]
fn a_stalled_handshake_ends_as_offline_and_the_next_one_goes() {
    run(async {
        let dir = tempfile::tempdir().expect("a folder");
        let sandbox = start(dir.path()).await;
        let base = sandbox.base_url(sandbox::Environment::Core);
        let ca = sandbox.ca_file().expect("TLS").to_owned();
        rules(&sandbox, json!([{"action": "tls-stall", "seconds": 3600}]));
        let hasty = client(&base, Some(&ca), Duration::from_millis(400));
        assert_eq!(report(&hasty).await.verdict, Verdict::Offline);
        assert!(sandbox.calls().is_empty());
        let patient = client(&base, Some(&ca), Duration::from_secs(30));
        assert_eq!(report(&patient).await.verdict, Verdict::Setup(SetupFault::Credentials));
        sandbox.stop().await;
    });
}
