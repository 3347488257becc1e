//! Every form, sent by somebody who means harm: the wrong role, another site, no token, too much, something else.

use crate::{browser::Browser, world::World};
use havengate::panel::{
    access::Role,
    routes::{self, Route, Who},
};
use http_body_util::Full;
use hyper::{body::Bytes, header};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const FORM: &str = "application/x-www-form-urlencoded";

/// Every form and its address, with something in the place of each `{…}`.
fn forms() -> Vec<(Route, String)> {
    let address = |route: &Route| {
        let parts = route.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    routes::all().into_iter().filter(|r| r.method == "POST").map(|r| (r.clone(), address(&r))).collect()
}

fn may(route: &Route, role: Role) -> bool {
    match route.who {
        Who::Anybody => true,
        Who::Signed(roles) | Who::Token(roles) => roles.contains(&role),
    }
}

/// Somebody who may send this form.
async fn allowed(world: &World, route: &Route) -> (Browser, String) {
    let role = Role::ALL.iter().find(|role| may(route, **role)).unwrap();
    let mut browser = world.signed(*role).await;
    let token = browser.get("/account").await.value("csrf");
    (browser, token)
}

#[tokio::test]
async fn every_form_holds_to_its_list_of_roles() {
    let world = World::new().await;
    assert!(forms().len() >= 10);
    for (route, path) in forms() {
        for role in Role::ALL {
            let mut browser = world.signed(*role).await;
            let token = browser.get("/account").await.value("csrf");
            let seen = browser.send(&path, &[("csrf", &token)]).await;
            assert_eq!(seen.status == 403, !may(&route, *role), "{path} for {role}: {}", seen.text);
            assert_ne!(seen.status, 500, "{path} for {role}: {}", seen.text);
            assert!(!seen.text.contains("not of this session"), "{path} for {role}");
        }
        if route.who != Who::Anybody {
            let seen = world.anybody().send(&path, &[]).await;
            assert_eq!((seen.status, seen.location()), (303, "/sign-in?next=/"), "{path}");
        }
    }
}

#[tokio::test]
async fn every_form_of_a_session_needs_its_token() {
    let world = World::new().await;
    for (route, path) in forms().iter().filter(|(route, _)| route.who != Who::Anybody) {
        let (mut browser, token) = allowed(&world, route).await;
        let other = allowed(&world, route).await.1;
        let tries: [&[(&str, &str)]; 5] =
            [&[], &[("csrf", "")], &[("csrf", &other)], &[("CSRF", &token)], &[("csrf", &token), ("csrf", &token)]];
        for fields in tries {
            let seen = browser.send(path, fields).await;
            let said = seen.text.contains("not of this session") || seen.text.contains("came twice");
            assert!(seen.status == 400 && said, "{path} {fields:?}: {}", seen.text);
        }
        assert_eq!(browser.get("/account").await.status, 200, "{path}: nothing was done, not even signed out");
    }
}

#[tokio::test]
async fn a_form_from_another_site_is_not_taken() {
    let world = World::new().await;
    for (route, path) in forms() {
        let (mut browser, token) = allowed(&world, &route).await;
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1.evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
        ] {
            browser.origin = None;
            let request = browser.request("POST", &path).header(name, value).header(header::CONTENT_TYPE, FORM);
            let seen = browser.ask(request.body(Full::new(Bytes::from(format!("csrf={token}")))).unwrap()).await;
            assert!(
                seen.status == 400 && seen.text.contains("from another site"),
                "{path} {name}: {value}: {}",
                seen.text
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_form_is_not_taken() {
    let world = World::new().await;
    for (route, path) in forms() {
        let (mut browser, token) = allowed(&world, &route).await;
        let many = format!("csrf={token}{}", "&a=b".repeat(300));
        let multipart = "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nx\r\n--b--\r\n".to_owned();
        for (kind, body) in [
            ("multipart/form-data; boundary=b", multipart),
            ("application/json", "{}".to_owned()),
            ("text/plain", format!("csrf={token}")),
            ("", format!("csrf={token}")),
            (FORM, format!("csrf={token}&name=%FF%FE")),
            (FORM, many),
        ] {
            let request = browser.request("POST", &path).header(header::CONTENT_TYPE, kind);
            let seen = browser.ask(request.body(Full::new(Bytes::from(body))).unwrap()).await;
            assert!(seen.status == 400 && seen.text.contains("not one of our forms"), "{path} {kind}: {}", seen.text);
        }
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
            let request = browser.request(method, &path).body(Full::new(Bytes::new())).unwrap();
            assert_eq!(browser.ask(request).await.status, 404, "{method} {path}");
        }
    }
}

/// Ten megabytes are announced; the answer comes once more than a form may hold has arrived.
#[tokio::test]
async fn ten_megabytes_are_too_long() {
    let world = World::new().await;
    for (route, path) in forms() {
        let (browser, _) = allowed(&world, &route).await;
        let mut stream = connected(&world).await;
        let cookie = browser.cookie().unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nCookie: {cookie}\r\n\
             Content-Type: {FORM}\r\nContent-Length: 10485760\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b'a'; (256 << 10) + 1]).await.unwrap();
        let mut answer = vec![0; 64];
        stream.read_exact(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
    }
}

/// One computer opens more connections than there are places, and sends half a form on each.
#[tokio::test]
async fn half_sent_forms_keep_nobody_from_stopping_a_flow() {
    let world = World::new().await;
    let head = format!(
        "POST /stop HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Type: {FORM}\r\n\
         Content-Length: 30\r\n\r\ncode="
    );
    let mut held = Vec::new();
    for _ in 0..130 {
        let mut stream = connected(&world).await;
        // Those over the bound are hung up on.
        let _ = stream.write_all(head.as_bytes()).await;
        held.push(stream);
    }
    let ask = async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let mut stream = socket.connect(world.running.address()).await.unwrap();
        stream.write_all(b"GET /stop HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await.unwrap();
        read(&mut stream).await
    };
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), ask).await.expect("no place for anybody else");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("down tools"), "{answer}");
    // And the halves are not waited for: their places come free.
    let wait = std::time::Duration::from_secs(20);
    let late = tokio::time::timeout(wait, read(&mut held[0])).await.expect("half a form keeps its place");
    assert!(late.starts_with("HTTP/1.1 408 ") && late.contains("Nothing was kept of it."), "{late}");
    assert_eq!(world.anybody().get("/stop").await.status, 200);
}

/// All that comes until the other side closes.
async fn read(stream: &mut tokio::net::TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_field_that_comes_twice_is_not_taken() {
    let world = World::new().await;
    for fields in [
        [("name", "Amina"), ("name", "Bo")],
        [("passphrase", "one"), ("passphrase", "two")],
        [("next", "/"), ("next", "/members")],
    ] {
        let seen = world.anybody().send("/sign-in", &fields).await;
        assert!(seen.status == 400 && seen.text.contains("came twice"), "{fields:?}: {}", seen.text);
    }
}

#[expect(clippy::disallowed_methods, reason = "the test is the browser")]
async fn connected(world: &World) -> tokio::net::TcpStream {
    tokio::net::TcpStream::connect(world.running.address()).await.unwrap()
}
