//! The control socket, asked well and badly over the real thing.

use havengate::gate::control::{
    Bounds, ClientRef, Command, ControlError, ControlHandler, ControlSocket, End, MAX_LINE, Reply, call,
};
use serde_json::{Value, json};
use std::{os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    sync::{Semaphore, oneshot},
    task::JoinHandle,
};

/// Answers with what it was asked; `explain` waits for leave, `ledger.verify` panics, `status` is too long.
struct Echo {
    leave: Semaphore,
    done: Semaphore,
}

impl ControlHandler for Echo {
    async fn handle(&self, command: Command, _: Option<u32>) -> Reply {
        match &command {
            Command::LedgerVerify => panic!("a fault"),
            Command::Status => {
                return Reply::Done { text: String::new(), data: json!("x".repeat(MAX_LINE)) };
            }
            Command::Explain { .. } => {
                self.leave.acquire().await.unwrap().forget();
                self.done.add_permits(1);
            }
            _ => {}
        }
        Reply::Done { text: "done".into(), data: serde_json::to_value(&command).unwrap() }
    }
}

struct Gateway {
    path: PathBuf,
    echo: Arc<Echo>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _home: tempfile::TempDir,
}

const LINE_TIME: Duration = Duration::from_millis(300);

async fn gateway() -> Gateway {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("control.sock");
    let socket = ControlSocket::bind(&path).await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let echo = Arc::new(Echo { leave: Semaphore::new(0), done: Semaphore::new(0) });
    let bounds = Bounds { line_time: LINE_TIME, connections: 4 };
    let task = tokio::spawn(socket.serve(Arc::clone(&echo), bounds, async {
        let _ = stopped.await;
    }));
    Gateway { path, echo, stop, task, _home: home }
}

impl Gateway {
    /// Sends bytes as they are; everything that comes back until the end.
    async fn raw(&self, bytes: &[u8], close: bool) -> Vec<Value> {
        let mut stream = UnixStream::connect(&self.path).await.unwrap();
        // It may hang up before all was sent; what it said before counts.
        let _ = stream.write_all(bytes).await;
        if close {
            stream.shutdown().await.unwrap();
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let text = String::from_utf8(answer).unwrap();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    async fn still_serves(&self) {
        let reply = call(&self.path, &Command::Reload).await.unwrap();
        assert_eq!(reply, Reply::Done { text: "done".into(), data: json!({"command": "reload"}) });
    }
}

#[tokio::test]
async fn a_command_is_carried_out_and_answered() {
    let gateway = gateway().await;
    let mode = std::fs::metadata(&gateway.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let end =
        End::Client { app: "inform".parse().unwrap(), client: ClientRef::new("C-1\u{2028}é").unwrap(), died: true };
    let command = Command::ConsentEnd(end);
    match call(&gateway.path, &command).await.unwrap() {
        Reply::Done { data, .. } => assert_eq!(serde_json::from_value::<Command>(data).unwrap(), command),
        other => panic!("{other:?}"),
    }
    let answers = gateway.raw(b"{\"command\":\"reload\"}\n{\"command\":\"reload\"}\r\n", true).await;
    assert_eq!(answers.len(), 2);
}

#[tokio::test]
async fn what_is_no_command_is_answered_and_the_next_is_served() {
    let gateway = gateway().await;
    let long = vec![b'['; MAX_LINE + 1];
    for (bytes, close, said) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], false, "not one JSON object"),
        (b"\xff\xfe\x00\n", false, "not one JSON object"),
        (b"\n", false, "not one JSON object"),
        (b"{\"command\":\"stop.lift\"}\n", false, "unknown command"),
        (b"{\"command\":\"reload\",\"Amina\":1}\n", false, "unknown command, key"),
        (
            b"{\"command\":\"consent.end\",\"with\":{\"consent\":\"Amina Khan\"}}\n",
            false,
            "unknown command, key or value",
        ),
        (b"{\"command\":\"reload\"} {}\n", false, "not one JSON object"),
        (b"{\"command\":\"rel", true, "ends in the middle"),
        (b"{\"command\":\"rel", false, "did not arrive whole in time"),
        (b"", false, "did not arrive whole in time"),
        (&long, false, "longer than 64 KiB"),
        (&[b'[', b'\n'].repeat(2), false, "not one JSON object"),
    ] {
        let answers = gateway.raw(bytes, close).await;
        assert_eq!(answers.len(), 1, "{said}");
        assert_eq!(answers[0]["reply"], "invalid");
        let text = answers[0]["with"]["text"].as_str().unwrap();
        assert!(text.contains(said), "{text}");
        assert!(!text.contains("Amina"), "{text}");
        gateway.still_serves().await;
    }
    assert!(gateway.raw(b"", true).await.is_empty());
}

#[tokio::test]
async fn a_byte_at_a_time_gains_no_time() {
    let gateway = gateway().await;
    let mut stream = UnixStream::connect(&gateway.path).await.unwrap();
    let (mut read, mut write) = stream.split();
    let drip = async {
        loop {
            if write.write_all(b" ").await.is_err() {
                std::future::pending::<()>().await;
            }
            // The drip itself: a byte now and then must not keep the line open.
            tokio::time::sleep(LINE_TIME / 10).await;
        }
    };
    let mut answer = String::new();
    let whole = tokio::time::timeout(LINE_TIME * 10, read.read_to_string(&mut answer));
    tokio::select! { _ = whole => {} () = drip => {} }
    assert!(answer.contains("did not arrive whole in time"), "{answer}");
}

#[tokio::test]
async fn many_silent_connections_do_not_keep_others_out() {
    let gateway = gateway().await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(UnixStream::connect(&gateway.path).await.unwrap());
    }
    gateway.still_serves().await;
}

#[tokio::test]
async fn a_fault_of_ours_is_an_answer_and_not_the_end() {
    let gateway = gateway().await;
    match call(&gateway.path, &Command::LedgerVerify).await.unwrap() {
        Reply::Refused { text } => assert!(text.contains("fault of ours"), "{text}"),
        other => panic!("{other:?}"),
    }
    gateway.still_serves().await;
    match call(&gateway.path, &Command::Status).await.unwrap() {
        Reply::Done { text, .. } => assert!(text.contains("longer than 64 KiB"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_command_runs_to_its_end_when_the_asker_has_gone() {
    let gateway = gateway().await;
    let mut stream = UnixStream::connect(&gateway.path).await.unwrap();
    let line = b"{\"command\":\"explain\",\"with\":{\"decision\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}}\n";
    stream.write_all(line).await.unwrap();
    drop(stream);
    gateway.still_serves().await;
    gateway.echo.leave.add_permits(1);
    gateway.echo.done.acquire().await.unwrap().forget();
}

#[tokio::test]
async fn one_gateway_and_no_other_file_in_its_place() {
    let gateway = gateway().await;
    assert!(matches!(ControlSocket::bind(&gateway.path).await, Err(ControlError::Running(_))));
    gateway.still_serves().await;
    gateway.stop.send(()).unwrap();
    gateway.task.await.unwrap();
    assert!(!gateway.path.exists(), "the socket goes with the gateway");
    assert!(matches!(call(&gateway.path, &Command::Reload).await, Err(ControlError::NotRunning(_))));

    // Left over from a crash: nobody answers, so it is replaced.
    drop(std::os::unix::net::UnixListener::bind(&gateway.path).unwrap());
    assert!(matches!(call(&gateway.path, &Command::Reload).await, Err(ControlError::NotRunning(_))));
    drop(ControlSocket::bind(&gateway.path).await.unwrap());

    std::fs::write(&gateway.path, "x").unwrap();
    assert!(matches!(ControlSocket::bind(&gateway.path).await, Err(ControlError::NotASocket(_))));
    assert_eq!(std::fs::read(&gateway.path).unwrap(), b"x");
}
