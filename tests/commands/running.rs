//! Commands that speak to a running gateway, over the real control socket.

use super::{havengate, said};
use havengate::gate::control::{Bounds, Command, ControlHandler, ControlSocket, Reply};
use serde_json::json;
use std::{path::Path, sync::Arc};

/// Answers what a gateway would, from what the test said.
struct Gateway(Reply);

impl ControlHandler for Gateway {
    async fn handle(&self, _: Command, _: Option<u32>) -> Reply {
        self.0.clone()
    }
}

/// A gateway in a home for as long as the test needs it.
fn with_gateway(home: &Path, reply: Reply, test: impl FnOnce()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let socket = runtime.block_on(ControlSocket::bind(&home.join("control.sock"))).unwrap();
    runtime.spawn(socket.serve(Arc::new(Gateway(reply)), Bounds::default(), std::future::pending()));
    test();
}

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("havengate.toml"), "").unwrap();
    home
}

#[test]
fn reload_says_what_the_gateway_says() {
    let home = home();
    let done = Reply::Done { text: "Policy 3f is in force.".into(), data: json!({ "policy": "3f" }) };
    with_gateway(home.path(), done, || {
        let (exit, out, _) = said(havengate(home.path()).args(["policy", "reload"]));
        assert_eq!((exit, out.as_str()), (Some(0), "Policy 3f is in force.\n"));
        let (_, out, _) = said(havengate(home.path()).args(["--json", "policy", "reload"]));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), json!({ "policy": "3f" }));
    });
    let refused = Reply::Refused { text: "local.cedar:3: not a policy; the last good set stays in force".into() };
    with_gateway(home.path(), refused, || {
        let (exit, _, err) = said(havengate(home.path()).args(["policy", "reload"]));
        assert_eq!(exit, Some(3));
        assert!(err.contains("the last good set stays in force"), "{err}");
    });
}

#[test]
fn without_a_gateway_reload_says_so() {
    let home = home();
    let (exit, _, err) = said(havengate(home.path()).args(["policy", "reload"]));
    assert_eq!(exit, Some(5));
    assert!(err.contains("no gateway is running in ") && err.contains("mend: start it"), "{err}");
}
