//! HTTP/2, which only TLS agrees on.

use crate::{
    gateway::{Gateway, LONG, Outcome, SHORT},
    tls::Authority,
};
use havengate::{config::Limits, verdict::Code};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http2::{SendRequest, handshake},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::time::timeout;

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn connect(authority: &Authority, gateway: &Gateway) -> SendRequest<Body> {
    let identity = authority.client(&["urn:app:outreach"]);
    let stream = authority.connect(gateway, "gateway.test", Some(identity), "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn request(uri: &str) -> http::request::Builder {
    Request::post(uri).header("content-type", "application/json")
}

fn full(text: &str) -> Body {
    Full::new(Bytes::copy_from_slice(text.as_bytes())).boxed_unsync()
}

async fn send(sender: &mut SendRequest<Body>, request: Request<Body>) -> (u16, HeaderMap, String) {
    let response: Response<Incoming> = timeout(LONG, sender.send_request(request)).await.unwrap().unwrap();
    let (parts, body) = response.into_parts();
    let bytes = timeout(LONG, body.collect()).await.unwrap().unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn requests_are_read_side_by_side() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits::default()).await;
    let mut sender = connect(&authority, &gateway).await;
    let mut second = sender.clone();
    let held =
        tokio::spawn(
            async move { send(&mut second, request("https://gateway.test/hold").body(full("{}")).unwrap()).await },
        );
    assert_eq!(gateway.outcome().await, Outcome::Held);
    let (status, _, body) = send(&mut sender, request("https://gateway.test/a").body(full("[1]")).unwrap()).await;
    assert_eq!((status, body.as_str()), (200, "read a [1]"));
    let read = Outcome::Read("outreach".into(), "gateway.test".into(), "a".into(), "[1]".into());
    assert_eq!(gateway.outcome().await, read);
    gateway.release();
    assert_eq!(held.await.unwrap().2, "read hold {}");
}

#[tokio::test]
async fn what_would_be_refused_in_http1_is_refused_here() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits { body: 1000, ..Limits::default() }).await;
    let mut sender = connect(&authority, &gateway).await;
    let at = "https://gateway.test/a";
    let mut many = request(at);
    for i in 0..200 {
        many = many.header(format!("x-{i}"), "y");
    }
    let trailers = Frames(vec![
        Frame::data(Bytes::from_static(b"{}")),
        Frame::trailers(
            [(http::HeaderName::from_static("x"), http::HeaderValue::from_static("y"))].into_iter().collect(),
        ),
    ])
    .boxed_unsync();
    let latin = http::HeaderValue::from_bytes(b"caf\xe9").unwrap();
    for (request, code, says) in [
        (request(at).header("host", "other.test").body(full("{}")), Code::DestinationMismatch, "two different places"),
        (request("https://other.test/a").body(full("{}")), Code::DestinationMismatch, "TLS handshake"),
        (request("https://gateway.test/a%2Fb").body(full("{}")), Code::RequestMalformed, "slash"),
        (
            request(at).header("content-type", "application/json").body(full("{}")),
            Code::RequestMalformed,
            "two Content-Type",
        ),
        (request(at).header("x", latin).body(full("{}")), Code::RequestMalformed, "outside ASCII"),
        (many.body(full("{}")), Code::RequestMalformed, "more headers"),
        (request(at).body(trailers), Code::RequestMalformed, "trailer"),
        (request(at).body(full(&"0".repeat(1001))), Code::BodyTooLarge, "1000 bytes"),
        (Request::post(at).body(full("{}")), Code::BodyUnsupported, "no Content-Type"),
        (request("https://gateway.test/early").body(full(&"0".repeat(1 << 20))), Code::RouteUnknown, "No connection"),
    ] {
        let (status, headers, body) = send(&mut sender, request.unwrap()).await;
        assert_eq!(status, code.status().as_u16(), "{body}");
        assert!(body.contains(&format!("urn:havengate:problem:{code}")) && body.contains(says), "{body}");
        assert_eq!(headers["havengate-sent"], "no");
        assert!(matches!(gateway.outcome().await, Outcome::Refused(c) | Outcome::Unseen(c) if c == code));
    }
}

#[tokio::test]
async fn one_stream_that_stalls_or_panics_leaves_the_others_alone() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits { body_time: SHORT, ..Limits::default() }).await;
    let mut sender = connect(&authority, &gateway).await;
    let stalled = Never.boxed_unsync();
    let request = |path: &str, body: Body| request(&format!("https://gateway.test{path}")).body(body).unwrap();
    let (status, _, body) = send(&mut sender, request("/a", stalled)).await;
    assert_eq!(status, 408, "{body}");
    let (status, headers, body) = send(&mut sender, request("/panic", full("{}"))).await;
    assert_eq!((status, headers["havengate-sent"].to_str().unwrap()), (500, "unknown"), "{body}");
    assert_eq!(send(&mut sender, request("/b", full("{}"))).await.2, "read b {}");
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_more_ends() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits { idle_time: SHORT, ..Limits::default() }).await;
    let mut sender = connect(&authority, &gateway).await;
    let request = || request("https://gateway.test/a").body(full("{}")).unwrap();
    assert_eq!(send(&mut sender, request()).await.0, 200);
    let ended = async {
        while sender.ready().await.is_ok() && !sender.is_closed() {
            tokio::task::yield_now().await
        }
    };
    timeout(LONG, ended).await.expect("the connection ends");
}

#[tokio::test]
async fn a_stream_whose_answer_nobody_takes_loses_its_place() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits { requests: 1, idle_time: SHORT, ..Limits::default() }).await;
    let mut deaf = connect(&authority, &gateway).await;
    let request = |path: &str| request(&format!("https://gateway.test{path}")).body(full("{}")).unwrap();
    let answer = timeout(LONG, deaf.send_request(request("/endless"))).await.unwrap().unwrap();
    let served = async {
        loop {
            let mut other = connect(&authority, &gateway).await;
            if send(&mut other, request("/a")).await.0 == 200 {
                break;
            }
        }
    };
    timeout(LONG, served).await.expect("its place is free again");
    drop(answer);
}

#[tokio::test]
async fn draining_ends_a_connection_after_its_last_answer() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits::default()).await;
    let mut sender = connect(&authority, &gateway).await;
    let mut second = sender.clone();
    let request = |path: &str| request(&format!("https://gateway.test{path}")).body(full("{}")).unwrap();
    let held = request("/hold");
    let held = tokio::spawn(async move { send(&mut second, held).await });
    assert_eq!(gateway.outcome().await, Outcome::Held);
    assert_eq!(send(&mut sender, request("/a")).await.0, 200);
    let release = gateway.releaser();
    let serving = gateway.stop();
    release.add_permits(1);
    assert_eq!(held.await.unwrap().2, "read hold {}");
    assert_eq!(timeout(LONG, serving).await.unwrap().unwrap().unfinished, 0);
}

/// Frames in order.
struct Frames(Vec<Frame<Bytes>>);

impl hyper::body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready((!self.0.is_empty()).then(|| Ok(self.0.remove(0))))
    }
}

/// A body that never says anything.
struct Never;

impl hyper::body::Body for Never {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}
