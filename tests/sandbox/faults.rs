//! Faults over real sockets, and the network plug.

use serde_json::json;
use tilld::sandbox::{FaultAction, FaultRule};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::till::{key, onboard, report, stamped};
use crate::world::{ENV, GENESIS, World, call, world};

#[tokio::test]
async fn faults_are_played_and_the_admin_face_tells() {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(7);
    let pcsid = onboard(&handle, &key).await;
    let one = stamped(&key, &pcsid.certificate, "0200000", "388", 1, GENESIS);
    let script = json!({"rules": [
        {"action": "503-html", "match": "reporting"},
        {"action": "429", "match": "reporting", "retry_after": 7},
        {"action": "401", "match": "reporting"},
        {"action": "504-after-accept", "match": "reporting"},
    ]});
    let set = call(&handle, "POST", "/admin/faults", &[], &script.to_string()).await.unwrap();
    assert_eq!((set.status, &set.json()["rules"]), (200, &json!(4)));
    let busy = report(&handle, &pcsid, &one).await;
    assert!(busy.status == 503 && busy.text.starts_with("<html>"));
    let limited = report(&handle, &pcsid, &one).await;
    assert!(limited.status == 429 && limited.head.to_lowercase().contains("retry-after: 7"));
    assert_eq!(report(&handle, &pcsid, &one).await.status, 401);
    assert!(handle.accepted().is_empty());
    assert_eq!(report(&handle, &pcsid, &one).await.status, 504);
    assert_eq!(handle.accepted().len(), 1, "accepted, only the answer was lost");
    assert_eq!(report(&handle, &pcsid, &one).await.status, 409);
    handle.set_faults(vec![FaultRule::new(FaultAction::Drop)]);
    assert!(call(&handle, "POST", &format!("{}/compliance", ENV.prefix()), &[], "").await.is_err());
    let bad =
        call(&handle, "POST", "/admin/faults", &[], "{\"rules\":[{\"action\":\"melt\"}]}").await.unwrap();
    assert_eq!(bad.status, 400);
    let otp = call(&handle, "POST", "/admin/otp", &[], "{\"env\":\"core\"}").await.unwrap();
    assert_eq!(otp.json()["otp"].as_str().unwrap().len(), 6);
    let book = call(&handle, "GET", "/admin/book", &[], "").await.unwrap();
    let calls = book.json()["calls"].as_array().unwrap().clone();
    assert_eq!(calls.last().unwrap()["fault"], "drop");
    assert!(!book.text.contains(pcsid.basic.trim_start_matches("Basic ")), "no secret in the book");
    let audit = call(&handle, "GET", "/admin/audit", &[], "").await.unwrap();
    assert_eq!(audit.json()["ok"], true);
    assert_eq!(call(&handle, "GET", "/admin/else", &[], "").await.unwrap().status, 404);
    assert_eq!(call(&handle, "GET", "/admin/otp", &[], "").await.unwrap().status, 405);
    handle.stop().await;
}

#[tokio::test]
async fn the_plug_cuts_live_connections_and_keeps_the_port() {
    let World { handle, .. } = world(|_| {}).await;
    let mut idle = TcpStream::connect(handle.address()).await.unwrap();
    idle.write_all(b"GET /admin/audit HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut head = [0; 12];
    idle.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    handle.unplug().await.unwrap();
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(handle.address()).await.is_err());
    handle.unplug().await.unwrap();
    handle.plug_in().await.unwrap();
    handle.plug_in().await.unwrap();
    assert_eq!(call(&handle, "GET", "/admin/audit", &[], "").await.unwrap().status, 200);
    let address = handle.address();
    handle.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}
