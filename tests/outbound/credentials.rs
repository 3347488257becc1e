//! How the gateway authenticates, and what that never gives away.

use crate::{
    book::Book,
    support::standin::{Behaviour, Standin},
    ways::{
        ANOTHER, HOST, Message, Way, gateway, get, integration, linked, named, plain, rules, rules_denying, times,
        upstream,
    },
};
use havengate::{
    flow::SystemId,
    gate::{
        credentials::{Contact, Credential, Credentials, RecordContact, TokenWay},
        resolve::{Resolver, Rules},
    },
    ledger::{Receipt, leaf::Kind},
    policy::integration::{Auth, Upstream},
    verdict::{Code, Refusal, destination::Contactable},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

const TOKEN_HOST: &str = "login.riverside.example";
const TOKEN: &str = r#"{"access_token":"tok-1","token_type":"Bearer","expires_in":3600}"#;

fn secret(keys: &Path, text: &str, mode: u32) {
    let file = keys.join("riverside.key");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
}

/// Records in the real book, and what the token host had seen by then.
struct Contacts<'a> {
    book: &'a Book,
    token_host: &'a Standin,
    made: Mutex<Vec<(Contact, usize)>>,
    refuse: bool,
}

impl RecordContact for Contacts<'_> {
    async fn record(&self, contact: Contact) -> Result<Receipt, Refusal> {
        self.made.lock().unwrap().push((contact, self.token_host.connections()));
        if self.refuse {
            return Err(Refusal::plain(Code::LedgerUnavailable, "the record book cannot be written"));
        }
        Ok(self.book.permit(Kind::Contact).await)
    }
}

/// A connection with OAuth, its token host, and everything between.
struct Scene {
    way: Way,
    standin: Standin,
    token_host: Standin,
    credentials: Credentials,
    resolver: Resolver,
    system: SystemId,
    keys: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let (way, standin, token_host) = (Way::new(times()).await, Standin::plain().await, Standin::plain().await);
        let keys = tempfile::tempdir().unwrap();
        secret(keys.path(), "s3cret&more\n", 0o600);
        let fixed = [(HOST, standin.address()), (TOKEN_HOST, token_host.address())];
        Self {
            way,
            standin,
            credentials: Credentials::new(keys.path().to_owned()),
            resolver: Resolver::new(&gateway(&fixed, &[], &[]), &[]),
            token_host,
            system: SystemId::parse("riverside-council/login").unwrap(),
            keys,
        }
    }

    fn contacts(&self, refuse: bool) -> Contacts<'_> {
        Contacts { book: &self.way.book, token_host: &self.token_host, made: Mutex::default(), refuse }
    }

    async fn credential(
        &self,
        auth: Auth,
        received: &HeaderMap,
        rules: &Rules,
        contact: &Contacts<'_>,
    ) -> Result<Credential, Refusal> {
        let (resolver, client, system) = (&self.resolver, &self.way.client, &self.system);
        let contactable = Contactable { not_after: None, emergency: false };
        let way = TokenWay { resolver, client, rules, listed: &[], system, contactable, contact };
        self.credentials.of(&integration(auth), received, &way).await
    }

    /// Asks for a credential and sends a request with it.
    async fn send(
        &self,
        auth: Auth,
        received: &[(HeaderName, &'static str)],
    ) -> Result<Vec<(String, String)>, Refusal> {
        let headers: HeaderMap = received.iter().map(|(n, v)| (n.clone(), HeaderValue::from_static(v))).collect();
        let credential = self.credential(auth, &headers, &rules(), &self.contacts(false)).await?;
        assert!(!format!("{credential:?}").contains("s3cret"));
        let message = Message { credential, ..get(&plain(&self.standin).await) };
        // The caller's own `Authorization` is in the head and leaves only as a credential.
        let message = received.iter().fold(message, |m, (name, value)| m.with(&format!("{name}: {value}")));
        self.way.send(message).await.unwrap().body.collect(100).await.unwrap();
        let request = self.standin.requests().pop().unwrap();
        let names = request.names().into_iter().filter(|n| n != "host");
        Ok(names.map(|n| (n.clone(), request.header(&n).unwrap())).collect())
    }
}

fn with_secret(prefix: &str) -> Auth {
    let name = HeaderName::from_static("x-api-key");
    Auth::Header { name, secret_file: "riverside.key".into(), prefix: prefix.into() }
}

fn oauth(scope: &str) -> Auth {
    let token = Upstream { base: vec!["oauth2".into(), "token".into()], ..upstream(TOKEN_HOST, true) };
    Auth::OAuth2 { token, client_id: "haven gate".into(), secret_file: "riverside.key".into(), scope: scope.into() }
}

#[tokio::test]
async fn a_secret_in_a_header() {
    let scene = Scene::new().await;
    let sent = scene.send(with_secret(""), &[]).await.unwrap();
    assert_eq!(sent, [("x-api-key".into(), "s3cret&more".into())]);
    let sent = scene.send(with_secret("Key "), &[(HeaderName::from_static("x-api-key"), "forged")]).await.unwrap();
    assert_eq!(sent, [("x-api-key".into(), "Key s3cret&more".into())]);
    secret(scene.keys.path(), "rotated\n", 0o600);
    assert_eq!(scene.send(with_secret(""), &[]).await.unwrap()[0].1, "s3cret&more");
    scene.credentials.forget();
    assert_eq!(scene.send(with_secret(""), &[]).await.unwrap()[0].1, "rotated");
}

#[tokio::test]
async fn a_secret_that_others_can_read_is_not_used() {
    let scene = Scene::new().await;
    for (text, mode) in [("s3cret", 0o644), ("s3cret", 0o660), ("s3cret\nX-Evil: 1", 0o600), ("", 0o600)] {
        secret(scene.keys.path(), text, mode);
        let refusal = scene.send(with_secret(""), &[]).await.unwrap_err();
        assert_eq!((refusal.code, named(&refusal)), (Code::Internal, vec!["credential"]));
        assert!(!format!("{refusal:?}").contains("s3cret"));
    }
    assert_eq!(scene.standin.connections(), 0);
}

#[tokio::test]
async fn authorization_leaves_only_where_the_connection_says_so() {
    let scene = Scene::new().await;
    let theirs = [(header::AUTHORIZATION, "Bearer theirs")];
    assert_eq!(scene.send(Auth::None, &theirs).await.unwrap(), []);
    assert_eq!(scene.send(with_secret(""), &theirs).await.unwrap(), [("x-api-key".into(), "s3cret&more".into())]);
    assert_eq!(scene.send(Auth::Passthrough, &[]).await.unwrap(), []);
    let sent = scene.send(Auth::Passthrough, &theirs).await.unwrap();
    assert_eq!(sent, [("authorization".into(), "Bearer theirs".into())]);
    let mut two = HeaderMap::new();
    two.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer a"));
    two.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer b"));
    let refusal = scene.credential(Auth::Passthrough, &two, &rules(), &scene.contacts(false)).await.unwrap_err();
    assert_eq!((refusal.code, named(&refusal)), (Code::RequestMalformed, vec!["one-authorization"]));
}

#[tokio::test]
async fn a_token_is_fetched_once_recorded_first_and_kept() {
    let scene = Scene::new().await;
    scene.token_host.script([Behaviour::json(200, TOKEN)]);
    let contacts = scene.contacts(false);
    let none = HeaderMap::new();
    let rules = rules();
    let one = || scene.credential(oauth("referrals:write"), &none, &rules, &contacts);
    let (a, b, c) = tokio::join!(one(), one(), one());
    for credential in [a, b, c] {
        let message = Message { credential: credential.unwrap(), ..get(&plain(&scene.standin).await) };
        scene.way.send(message).await.unwrap();
    }
    for request in scene.standin.received(3).await {
        assert_eq!(request.header("authorization").as_deref(), Some("Bearer tok-1"));
    }
    let made = contacts.made.into_inner().unwrap();
    assert_eq!(made.len(), 1, "one fetch serves all");
    assert_eq!((made[0].0.system.as_str(), made[0].1), ("riverside-council/login", 0), "recorded before the dial");
    let asked = scene.token_host.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line(), "POST /oauth2/token HTTP/1.1");
    let basic = data_encoding::BASE64.encode(b"haven+gate:s3cret%26more");
    assert_eq!(asked[0].header("authorization"), Some(format!("Basic {basic}")));
    assert_eq!(asked[0].header("host").as_deref(), Some(TOKEN_HOST));
    assert_eq!(asked[0].body_text(), "grant_type=client_credentials&scope=referrals%3Awrite");
}

#[tokio::test]
async fn a_token_is_fetched_anew_when_it_must_be() {
    let scene = Scene::new().await;
    let token = |n: usize, life: u32| {
        Behaviour::json(200, &format!(r#"{{"access_token":"tok-{n}","token_type":"Bearer","expires_in":{life}}}"#))
    };
    scene.token_host.script([token(1, 0), token(2, 3600), token(3, 3600), token(4, 3600), token(5, 3600)]);
    let told = AtomicUsize::new(0);
    let next = async |rules: Rules, want: &str| {
        let credential = scene.credential(oauth(""), &HeaderMap::new(), &rules, &scene.contacts(false)).await.unwrap();
        let message = Message { credential, ..get(&plain(&scene.standin).await) };
        scene.way.send(message).await.unwrap().body.collect(100).await.unwrap();
        let at = told.fetch_add(1, Ordering::SeqCst);
        assert_eq!(scene.standin.requests()[at].header("authorization").as_deref(), Some(want));
    };
    next(rules(), "Bearer tok-1").await;
    next(rules(), "Bearer tok-2").await;
    next(rules(), "Bearer tok-2").await;
    scene.credentials.rejected(&integration(Auth::None).id);
    next(rules(), "Bearer tok-3").await;
    next(Rules { epoch: ANOTHER, ..rules() }, "Bearer tok-4").await;
    scene.credentials.forget();
    next(rules(), "Bearer tok-5").await;
    assert_eq!(scene.token_host.requests()[0].body_text(), "grant_type=client_credentials");
}

#[tokio::test]
async fn a_token_host_that_says_no_is_not_quoted() {
    let error = r#"{"error":"invalid_client","error_description":"s3cret&more is wrong"}"#;
    for behaviour in [
        Behaviour::json(400, error),
        Behaviour::json(401, error),
        Behaviour::json(500, error),
        Behaviour::redirect("https://evil.example/token"),
        Behaviour::json(200, error),
        Behaviour::json(200, r#"{"access_token":"s3cret\r\nX: y","token_type":"Bearer"}"#),
        Behaviour::short_body(),
        Behaviour::garbage(),
    ] {
        let scene = Scene::new().await;
        scene.token_host.script([behaviour.clone(), Behaviour::json(200, TOKEN)]);
        let refusal = scene.send(oauth(""), &[]).await.unwrap_err();
        assert_eq!(refusal.code, Code::DestinationUnreachable, "{behaviour:?}");
        assert!(!format!("{refusal:?}").contains("s3cret"), "{refusal:?}");
        assert_eq!((scene.token_host.connections(), scene.standin.connections()), (1, 0));
        // The next request asks again.
        assert_eq!(scene.send(oauth(""), &[]).await.unwrap(), [("authorization".into(), "Bearer tok-1".into())]);
    }
}

#[tokio::test]
async fn those_who_waited_share_a_failure() {
    let scene = Scene::new().await;
    scene.token_host.script(vec![Behaviour::json(503, ""); 9]);
    let (contacts, none, rules) = (scene.contacts(false), HeaderMap::new(), rules());
    let one = || scene.credential(oauth(""), &none, &rules, &contacts);
    let (a, b, c) = tokio::join!(one(), one(), one());
    for outcome in [a, b, c] {
        assert_eq!(outcome.unwrap_err().code, Code::DestinationUnreachable);
    }
    assert_eq!(scene.token_host.requests().len(), 1);
    one().await.unwrap_err();
    assert_eq!(scene.token_host.requests().len(), 2, "one who comes later asks again");
}

#[tokio::test]
async fn no_record_no_dial() {
    let scene = Scene::new().await;
    let contacts = scene.contacts(true);
    let refusal = scene.credential(oauth(""), &HeaderMap::new(), &rules(), &contacts).await.unwrap_err();
    assert_eq!(refusal.code, Code::LedgerUnavailable);
    assert_eq!((contacts.made.into_inner().unwrap().len(), scene.token_host.connections()), (1, 0));
}

#[tokio::test]
async fn a_token_host_is_judged_like_any_recipient() {
    let scene = Scene::new().await;
    let contacts = scene.contacts(false);
    let denied = rules_denying(TOKEN_HOST);
    let refusal = scene.credential(oauth(""), &HeaderMap::new(), &denied, &contacts).await.unwrap_err();
    assert_eq!(refusal, linked());
    let inside = Auth::OAuth2 {
        token: upstream("169.254.169.254", true),
        client_id: "x".into(),
        secret_file: "riverside.key".into(),
        scope: String::new(),
    };
    let refusal = scene.credential(inside, &HeaderMap::new(), &rules(), &contacts).await.unwrap_err();
    assert_eq!(named(&refusal), ["special-use-address"]);
    assert!(contacts.made.into_inner().unwrap().is_empty());
    assert_eq!(scene.token_host.connections(), 0);
}
