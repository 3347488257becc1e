//! Mail, taken by a real mail server (aiosmtpd) and by one that misbehaves.

use crate::{
    support::authority::Authority,
    webhook::{secret, until},
    world::{CONNECTION, World},
};
use havengate::{
    flow::Clause,
    ledger::{Change, Leaf, Tx, leaf::Kind},
    panel::access::Role,
    verdict::Code,
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

const NAME: &str = "mail.union.example";

/// The Python that has aiosmtpd; tests/run installs it.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/mailserver/bin/python");
    if python.exists() {
        return Some(python);
    }
    eprintln!("passed over: there is no mail server here; tests/run installs aiosmtpd into target/mailserver");
    None
}

/// A running mail server. It ends when it is dropped.
struct Server {
    port: u16,
    taken: mpsc::UnboundedReceiver<String>,
    child: Child,
    _files: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    async fn start(python: &Path, authority: &Authority, words: &[&str]) -> Self {
        let (files, identity) = (tempfile::tempdir().unwrap(), authority.identity(&[NAME]));
        let (certificate, key) = (files.path().join("c.pem"), files.path().join("k.pem"));
        fs::write(&certificate, &identity.pem.0).unwrap();
        fs::write(&key, &identity.pem.1).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/panel/mailserver.py");
        let mut command = Command::new(python);
        command.arg(script).args([&certificate, &key]).args(words).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, mut taken) = mpsc::unbounded_channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let port = taken.recv().await.unwrap().parse().unwrap();
        Self { port, taken, child, _files: files }
    }

    /// The next message it took.
    async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(std::time::Duration::from_secs(20), self.taken.recv());
        serde_json::from_str(&line.await.expect("no mail came").unwrap()).unwrap()
    }
}

/// A world that sends mail to this port.
async fn world(authority: &Authority, scheme: &str, port: u16, more: &str) -> World {
    let text = format!(
        "[gateway.resolve]\n\"{NAME}\" = \"127.0.0.1:{port}\"\n[notify]\nsmtp = \"{scheme}://{NAME}\"\n\
         from = \"havengate@charity.example\"\nto = [\"panel@union.example\"]\n{more}"
    );
    World::prepared("upstream_roots = \"roots.pem\"", &text, |home| {
        authority.write(home);
        secret(home, "smtp.key", "correct horse\n");
    })
    .await
}

async fn attempt(world: &World) -> String {
    let id = world.refused(CONNECTION, "home-office/network", Code::DestinationLinked, Clause::Data1).await;
    id.to_string()
}

async fn failed_with(world: &World, why: &'static str) {
    let failed = || async {
        let read = move |db: &rusqlite::Connection| {
            db.prepare("SELECT 1 FROM deliveries WHERE why = ?1 AND state = 'waiting'")?.exists([why])
        };
        world.running.panel().store().read(read).await.unwrap()
    };
    until(why, failed).await;
}

/// The body as people read it.
fn decoded(mail: &Value) -> String {
    mail["text"].as_str().unwrap().replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n")
}

#[tokio::test]
async fn an_attempt_is_mailed_at_once_over_starttls() {
    let Some(python) = python() else { return };
    let authority = Authority::new();
    let mut server = Server::start(&python, &authority, &["starttls", "password"]).await;
    let world = world(&authority, "smtp", server.port, "user = \"havengate\"").await;
    let decision = attempt(&world).await;
    let mail = server.next().await;
    assert_eq!((&mail["tls"], &mail["login"]), (&true.into(), &"havengate".into()));
    assert_eq!((&mail["from"], &mail["to"][0]), (&"havengate@charity.example".into(), &"panel@union.example".into()));
    let text = decoded(&mail);
    for part in [
        "Subject: Havengate: an attempt to reach the Home Office was stopped\n",
        "Auto-Submitted: auto-generated\n",
        "Date: Fri, 20 Nov 2026 10:00:00 +0000\n",
        "Clause: DATA-1. We do not give data to the Home Office",
        "Recipient: Home Office",
        "Connection: inform-riverside\n",
        &format!("Its number: {decision}\n"),
        "Look: http://127.0.0.1/\n",
        "Danger to life: phone 999 now. Nothing here stops you.",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
    let id = text.lines().find_map(|l| l.strip_prefix("Message-ID: ")).unwrap();
    assert!(id.starts_with("<n") && id.contains("-mail-") && id.ends_with("@test>"), "{id}");
}

#[tokio::test]
async fn tls_from_the_first_byte_and_clear_text_to_this_machine_only() {
    let Some(python) = python() else { return };
    let authority = Authority::new();
    let mut server = Server::start(&python, &authority, &["tls"]).await;
    let world_one = world(&authority, "smtps", server.port, "").await;
    attempt(&world_one).await;
    assert_eq!(server.next().await["to"][0], "panel@union.example");
    let mut server = Server::start(&python, &authority, &["clear"]).await;
    let world_two = world(&authority, "smtp", server.port, "").await;
    attempt(&world_two).await;
    assert_eq!(server.next().await["tls"], false);
}

#[tokio::test]
async fn another_ones_certificate_gets_no_mail() {
    let Some(python) = python() else { return };
    let (authority, other) = (Authority::new(), Authority::new());
    for (how, scheme) in [("starttls", "smtp"), ("tls", "smtps")] {
        let server = Server::start(&python, &other, &[how]).await;
        let world = world(&authority, scheme, server.port, "").await;
        attempt(&world).await;
        failed_with(&world, "certificate").await;
    }
}

#[tokio::test]
async fn a_server_that_says_no_or_not_now_is_asked_again_and_its_words_go_nowhere() {
    let Some(python) = python() else { return };
    let authority = Authority::new();
    for (word, why) in [("busy", "later"), ("no", "rejected")] {
        let server = Server::start(&python, &authority, &["starttls", word]).await;
        let world = world(&authority, "smtp", server.port, "").await;
        attempt(&world).await;
        failed_with(&world, why).await;
        let page = world.signed(Role::Operator).await.get("/messages").await;
        assert!(!page.text.contains("panel@") && !page.text.contains("4.2.0"), "{}", page.text);
        assert!(page.words().contains("email 1, at union.example"), "{}", page.text);
    }
    let server = Server::start(&python, &authority, &["starttls", "password"]).await;
    let world = world(&authority, "smtp", server.port, "user = \"havengate\"").await;
    secret(world.home.path(), "smtp.key", "wrong horse");
    attempt(&world).await;
    failed_with(&world, "sign-in").await;
}

#[tokio::test]
async fn what_can_wait_comes_in_one_mail_at_eight() {
    let Some(python) = python() else { return };
    let authority = Authority::new();
    let mut server = Server::start(&python, &authority, &["starttls"]).await;
    let world = world(&authority, "smtp", server.port, "").await;
    for kind in ["clock", "clock", "something-new"] {
        let changes = vec![Change::Notify { kind }];
        let leaf = Leaf::new(Kind::ClockAnomaly);
        world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
    }
    attempt(&world).await;
    assert!(decoded(&server.next().await).contains("an attempt to reach the Home Office"));
    world.at("2026-11-21T08:00:01Z");
    let text = decoded(&server.next().await);
    for part in [
        "Subject: Havengate: what happened since the last summary\n",
        "- 2 times the gateway's clock went back\n",
        "- something was written into the record book for you\n",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
    // The next one has nothing to say, and says nothing: what comes is the test that was asked for.
    world.at("2026-11-22T08:00:01Z");
    world.signed(Role::Panel).await.fill("/messages", "/messages/test", &[]).await;
    assert!(decoded(&server.next().await).contains("Subject: Havengate: this is a test\n"));
}

#[tokio::test]
async fn secrets_and_addresses_are_in_no_store_and_no_page() {
    let Some(python) = python() else { return };
    let authority = Authority::new();
    let mut server = Server::start(&python, &authority, &["starttls", "password"]).await;
    let world = world(&authority, "smtp", server.port, "user = \"havengate\"").await;
    attempt(&world).await;
    server.next().await;
    until("delivered", || async {
        let read =
            |db: &rusqlite::Connection| db.prepare("SELECT 1 FROM deliveries WHERE state = 'delivered'")?.exists([]);
        world.running.panel().store().read(read).await.unwrap()
    })
    .await;
    let page = world.signed(Role::Operator).await.get("/messages").await.text;
    let mut kept = page.into_bytes();
    for entry in fs::read_dir(world.home.path()).unwrap().flatten().filter(|e| e.path().is_file()) {
        kept.extend(fs::read(entry.path()).unwrap());
    }
    for word in ["correct horse", "panel@union.example", "havengate@charity.example"] {
        assert!(!kept.windows(word.len()).any(|w| w == word.as_bytes()), "{word} is kept");
    }
}

/// A server that offers STARTTLS and sends something along in clear, to be taken for something said under TLS.
#[tokio::test]
async fn what_is_slipped_in_before_tls_is_not_believed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut said = vec![0; 4096];
        stream.write_all(b"220 mail.union.example\r\n").await.unwrap();
        let _ = stream.read(&mut said).await;
        stream.write_all(b"250-mail.union.example\r\n250 STARTTLS\r\n").await.unwrap();
        let _ = stream.read(&mut said).await;
        stream.write_all(b"220 go\r\n250 taken\r\n250 taken\r\n250 taken\r\n354 go\r\n250 taken\r\n").await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        rest
    });
    let world = world(&Authority::new(), "smtp", port, "").await;
    attempt(&world).await;
    failed_with(&world, "unreachable").await;
    let rest = serving.await.unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains("MAIL FROM"), "mail was sent in clear");
}
