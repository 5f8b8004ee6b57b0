//! Through a proxy of the network: TLS from end to end, and what stands in the way.

use std::net::SocketAddr;
use std::process::Command;

use tilld::fatoora::probe::{Obstacle, Patience, Probe, Step, probe};
use tilld::fatoora::{Client, Endpoint, Environment, Proxy, SetupFault, Verdict};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::stage::{BODY, Got, REPORTED, TOKEN, ca, client, http, https, listen, report, run, take};

const PLATFORM: &str = "gw-fatoora.zatca.gov.sa:443";

/// A proxy that answers every request with `says` and, if that is a 200, leads
/// to `server`. Keeps all that the till sent to it.
async fn proxy(says: &'static str, server: SocketAddr) -> (SocketAddr, Got) {
    let got = Got::default();
    let kept = got.clone();
    let address = listen(move |mut stream| {
        let kept = kept.clone();
        async move {
            if take(&mut stream, &kept).await.is_none() || stream.write_all(says.as_bytes()).await.is_err() {
                return;
            }
            if says.contains(" 200 ") {
                lead(stream, server, &kept).await;
            }
        }
    })
    .await;
    (address, got)
}

async fn lead(mut till: TcpStream, server: SocketAddr, kept: &Got) {
    let mut server = TcpStream::connect(server).await.expect("the server");
    let (mut from_till, mut to_till) = till.split();
    let (mut from_server, mut to_server) = server.split();
    let out = async {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = tokio::io::AsyncReadExt::read(&mut from_till, &mut bytes).await {
            kept.add(&bytes[..length]);
            if to_server.write_all(&bytes[..length]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = out => {}
        _ = tokio::io::copy(&mut from_server, &mut to_till) => {}
    }
}

/// The platform's own address, by way of a proxy.
fn through(proxy: SocketAddr, credentials: Option<&str>) -> Endpoint {
    let mut proxy = Proxy::parse(&format!("http://{proxy}")).expect("a proxy");
    if let Some(line) = credentials {
        proxy = proxy.with_credentials(line.as_bytes()).expect("a line");
    }
    let endpoint = Endpoint::official(Environment::Production).expect("official");
    endpoint.with_extra_ca(ca()).with_proxy(proxy)
}

async fn probed(endpoint: &Endpoint) -> Probe {
    let endpoint = endpoint.clone();
    tokio::task::spawn_blocking(move || probe(&endpoint, Patience::default())).await.expect("a probe")
}

#[test]
fn documents_go_through_it_inside_tls() {
    run(async {
        let (server, at_server) = https("platform.pem", http(200, "", REPORTED)).await;
        let (proxy, at_proxy) = proxy("HTTP/1.1 200 Connection established\r\n\r\n", server).await;
        let endpoint = through(proxy, Some("till:proxy-hush"));
        let client = Client::new(endpoint.clone()).expect("client");
        let answer = report(&client).await;
        assert!(matches!(answer.verdict, Verdict::Accepted(_)), "{answer:?}");
        let (seen, told) = (at_server.text(), at_proxy.text());
        assert!(
            seen.contains(TOKEN) && seen.contains(BODY) && seen.starts_with("POST /e-invoicing/core/"),
            "{seen}"
        );
        assert!(!seen.to_ascii_lowercase().contains("proxy-authorization"), "the proxy's secret is its own");
        assert!(told.starts_with(&format!("CONNECT {PLATFORM} HTTP/1.1\r\n")), "{told}");
        // Basic of till:proxy-hush.
        assert!(told.contains("dGlsbDpwcm94eS1odXNo"), "{told}");
        assert!(!told.contains(TOKEN) && !told.contains(BODY), "the till's own goes to the platform alone");
        assert!(!format!("{client:?} {answer:?}").contains("hush"));

        let walked = probed(&endpoint).await;
        assert_eq!(walked.proxy.as_deref(), Some(format!("http://{proxy}").as_str()));
        assert_eq!(walked.host, "gw-fatoora.zatca.gov.sa");
        assert!(matches!(walked.tls, Some(Step::Done { .. })), "{walked:?}");
        assert!(matches!(&walked.answer, Step::Done { value, .. } if value.status == 200), "{walked:?}");
    });
}

#[test]
fn a_proxy_that_opens_encryption_gets_nothing() {
    run(async {
        let (opener, got) = https("stranger.pem", http(200, "", REPORTED)).await;
        let (proxy, at_proxy) = proxy("HTTP/1.1 200 OK\r\n\r\n", opener).await;
        let client = Client::new(through(proxy, None)).expect("client");
        assert_eq!(report(&client).await.verdict, Verdict::Setup(SetupFault::Certificate));
        assert_eq!(got.bytes(), b"");
        at_proxy.assert_clean();
    });
}

#[test]
fn a_proxy_in_the_way_is_told_apart() {
    run(async {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let refusing = [
            ("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n", 407),
            ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", 403),
            ("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n", 502),
        ];
        for (says, status) in refusing {
            let (proxy, got) = proxy(says, nowhere).await;
            let endpoint = through(proxy, Some("till:wrong"));
            let answer = report(&Client::new(endpoint.clone()).expect("client")).await;
            let wanted = match status {
                407 => Verdict::Setup(SetupFault::Proxy),
                _ => Verdict::Offline,
            };
            assert_eq!(answer.verdict, wanted, "{status}: {:?}", answer.error);
            assert!(!got.text().contains(TOKEN) && !got.text().contains(BODY));
            assert_eq!(probed(&endpoint).await.connection, Step::Failed(Obstacle::Proxy(status)));
        }
        // It dies after it has taken the connection, or is not there at all.
        let (dying, _) = proxy("", nowhere).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let dead = listener.local_addr().expect("bound");
        drop(listener);
        for address in [dying, dead] {
            let answer = report(&Client::new(through(address, None)).expect("client")).await;
            assert_eq!(answer.verdict, Verdict::Offline, "{:?}", answer.error);
        }
        assert_eq!(probed(&through(dead, None)).await.connection, Step::Failed(Obstacle::Refused));
    });
}

#[test]
fn this_machine_is_reached_without_it() {
    run(async {
        let (server, got) = https("localhost.pem", http(200, "", REPORTED)).await;
        let nowhere = Proxy::parse("http://127.0.0.1:1").expect("a proxy");
        let base = format!("https://localhost:{}", server.port());
        let endpoint = client(&base).endpoint().clone().with_proxy(nowhere);
        assert!(matches!(
            report(&Client::new(endpoint).expect("client")).await.verdict,
            Verdict::Accepted(_)
        ));
        assert!(got.text().contains(BODY));
    });
}

/// The process of the test below; nothing by itself.
#[test]
fn child_with_proxies_in_its_environment() {
    let Ok(base) = std::env::var("TILLD_TEST_BASE") else { return };
    run(async {
        let endpoint = Endpoint::new(Environment::Production, Some(&base)).expect("loopback");
        let answer = report(&Client::new(endpoint).expect("client")).await;
        assert!(matches!(answer.verdict, Verdict::Accepted(_)), "{answer:?}");
    });
}

#[test]
fn proxies_in_the_environment_are_ignored() {
    run(async {
        let at_server = Got::default();
        let kept = at_server.clone();
        let server = listen(move |mut stream| {
            let kept = kept.clone();
            async move {
                while take(&mut stream, &kept).await.is_some() {
                    let _ = stream.write_all(http(200, "", REPORTED).as_bytes()).await;
                }
            }
        })
        .await;
        let (trap, got) = proxy("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n", server).await;
        let trap = format!("http://{trap}");
        let mut child = Command::new(std::env::current_exe().expect("this program"));
        child.args(["--exact", "proxied::child_with_proxies_in_its_environment"]);
        child
            .env("TILLD_TEST_BASE", format!("http://{server}"))
            .env_remove("NO_PROXY")
            .env_remove("no_proxy");
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            child.env(name, &trap);
        }
        let output =
            tokio::task::spawn_blocking(move || child.output()).await.expect("a child").expect("it ran");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(at_server.text().contains(BODY));
        assert_eq!(got.text(), "");
    });
}
