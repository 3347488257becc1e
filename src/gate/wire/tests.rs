use super::*;
use proptest::prelude::*;
use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};

const BOUNDS: Bounds = Bounds { head: 1024, fields: 8 };

/// What was passed on and how it ended, with the bytes arriving in pieces of these sizes (then whole).
fn run(bytes: &[u8], pieces: &[usize]) -> (Vec<u8>, Result<Place, WireFault>) {
    let mut parser = Parser::new(BOUNDS);
    let (mut passed, mut start, mut received, mut pieces) = (Vec::new(), 0, 0, pieces.iter());
    loop {
        received = (received + pieces.next().copied().unwrap_or(bytes.len())).min(bytes.len());
        loop {
            match parser.advance(&bytes[start..received]) {
                Ok(0) => break,
                Ok(n) => {
                    passed.extend_from_slice(&bytes[start..start + n]);
                    start += n;
                }
                Err(fault) => return (passed, Err(fault)),
            }
        }
        if received == bytes.len() {
            return (passed, Ok(parser.place()));
        }
    }
}

fn fault(bytes: &str) -> WireFault {
    run(bytes.as_bytes(), &[]).1.expect_err(bytes)
}

#[test]
fn well_formed_requests_pass_unchanged() {
    for text in [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /a?b=[c]&d={e} HTTP/1.1\r\nhost:\ta:1 \r\nContent-Length: 3\r\n\r\nabc",
        "POST http://a/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n00\r\n\r\n",
        "PUT HTTPS://[::1]:8/?x HTTP/1.1\r\nHost: [::1]:8\r\nContent-Length: 0\r\nExpect: 100-Continue\r\n\r\n",
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n\nGET /2 HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n",
    ] {
        assert_eq!(run(text.as_bytes(), &[]), (text.as_bytes().to_vec(), Ok(Place::Between)), "{text:?}");
    }
}

#[test]
fn each_rule_is_named() {
    use WireFault as F;
    for (line, expected) in [
        ("GET /", F::RequestLine),
        ("GET  / HTTP/1.1", F::RequestLine),
        ("GET / HTTP/1.1 ", F::RequestLine),
        ("", F::RequestLine),
        ("GET / http/1.1", F::RequestLine),
        ("GET / HTTP/1.0", F::Http10),
        ("GET / HTTP/1.2", F::Version),
        ("PRI * HTTP/2.0", F::Http2Preface),
        ("CONNECT a:443 HTTP/1.1", F::Connect),
        ("OPTIONS * HTTP/1.1", F::Asterisk),
        ("G(T / HTTP/1.1", F::Method),
        (" / HTTP/1.1", F::Method),
        ("GET a HTTP/1.1", F::Target),
        ("GET ftp://a/ HTTP/1.1", F::Target),
        ("GET http:///a HTTP/1.1", F::Target),
        ("GET http://u@a/ HTTP/1.1", F::Target),
        ("GET /a\\b HTTP/1.1", F::Target),
        ("GET /{a} HTTP/1.1", F::Target),
        ("GET /a?\" HTTP/1.1", F::Target),
        ("GET /a#b HTTP/1.1", F::Fragment),
        ("GET /\t HTTP/1.1", F::Byte),
        ("GET /é HTTP/1.1", F::Byte),
    ] {
        assert_eq!(fault(&format!("{line}\r\nHost: a\r\n\r\n")), expected, "{line:?}");
    }
    for (fields, expected) in [
        ("", F::HostMissing),
        ("Host:\r\n", F::HostMissing),
        ("Host: a\r\nhost: a\r\n", F::HostTwice),
        ("Host: a\n", F::BareLf),
        ("Host: a\rX: b\r\n", F::BareCr),
        ("Host: a\r\r\n", F::BareCr),
        ("Host: a\r\n b\r\n", F::ObsFold),
        ("Host : a\r\n", F::SpaceBeforeColon),
        (": a\r\n", F::FieldName),
        ("a\r\n", F::FieldName),
        ("H(st: a\r\n", F::FieldName),
        ("Host: a\r\nX: \0\r\n", F::Byte),
        ("Host: a\r\nX: \u{7f}\r\n", F::Byte),
        ("Host: a\r\nX: ü\r\n", F::Byte),
        ("Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n", F::LengthTwice),
        ("Host: a\r\nContent-Length: 1, 1\r\n", F::Length),
        ("Host: a\r\nContent-Length: +1\r\n", F::Length),
        ("Host: a\r\nContent-Length:\r\n", F::Length),
        ("Host: a\r\nContent-Length: 9223372036854775808\r\n", F::Length),
        ("Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", F::LengthAndCoding),
        ("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n", F::LengthAndCoding),
        ("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", F::Coding),
        ("Host: a\r\nTransfer-Encoding: identity\r\n", F::Coding),
        ("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", F::Coding),
        ("Host: a\r\nTransfer-Encoding: \"chunked\"\r\n", F::Coding),
        ("Host: a\r\nUpgrade: h2c\r\n", F::Upgrade),
        ("Host: a\r\nExpect: 200-ok\r\n", F::Expect),
        ("Host: a\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n", F::Expect),
        ("Host: a\r\n1:1\r\n2:1\r\n3:1\r\n4:1\r\n5:1\r\n6:1\r\n7:1\r\n8:1\r\n", F::TooManyFields),
    ] {
        assert_eq!(fault(&format!("POST / HTTP/1.1\r\n{fields}\r\n")), expected, "{fields:?}");
    }
    assert_eq!(fault(&format!("GET /{}", "a".repeat(1024))), F::HeadTooLarge);
}

#[test]
fn each_rule_of_chunks_is_named() {
    use WireFault as F;
    for (body, expected) in [
        ("\r\n", F::ChunkSize),
        ("g\r\n", F::ChunkSize),
        ("1 \r\n", F::ChunkSize),
        ("0x1\r\n", F::ChunkSize),
        ("-1\r\n", F::ChunkSize),
        ("1\n", F::ChunkSize),
        ("00000000000000001\r\n", F::ChunkSize),
        ("1;a=b\r\n", F::ChunkExtension),
        ("1\r\nab\r\n", F::ChunkEnd),
        ("1\r\na\n", F::ChunkEnd),
        ("0\r\nX: y\r\n\r\n", F::Trailers),
        ("0\r\n\rX", F::ChunkSize),
    ] {
        let text = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        assert_eq!(fault(&text), expected, "{body:?}");
    }
}

#[test]
fn a_faulty_head_is_never_passed_on_even_after_a_good_request() {
    let good = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    let (passed, end) = run(format!("{good}GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").as_bytes(), &[]);
    assert_eq!((passed, end), (good.as_bytes().to_vec(), Err(WireFault::HostTwice)));
}

/// Bytes near the grammar: mostly right, so that they get far.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => Just(b"POST / HTTP/1.1\r\n".to_vec()),
        4 => Just(b"Host: a\r\n".to_vec()),
        3 => Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        2 => Just(b"Content-Length: 5\r\n".to_vec()),
        4 => Just(b"\r\n".to_vec()),
        3 => Just(b"3\r\nabc\r\n".to_vec()),
        3 => Just(b"0\r\n\r\n".to_vec()),
        2 => Just(b"hello".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        1 => "[ -~\r\n\t]{0,12}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

/// A stream that gives these pieces and then ends.
struct Pieces(VecDeque<Vec<u8>>);

impl AsyncRead for Pieces {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(mut piece) = self.0.pop_front() {
            let rest = piece.split_off(piece.len().min(out.remaining()));
            out.put_slice(&piece);
            if !rest.is_empty() {
                self.0.push_front(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// What a reader that takes `step` bytes at a time gets of a wire, and how it ends.
fn read(pieces: Vec<Vec<u8>>, step: usize) -> (Vec<u8>, Option<End>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut wire = Wire::new(Pieces(pieces.into()), BOUNDS, Duration::MAX / 4, Duration::MAX / 4);
        let (mut all, mut chunk) = (Vec::new(), vec![0; step]);
        while let Ok(n @ 1..) = wire.read(&mut chunk).await {
            all.extend_from_slice(&chunk[..n]);
        }
        (all, wire.end())
    })
}

proptest! {
    #[test]
    fn a_reader_sees_what_the_parser_passed(bytes in nearly(), cuts in 1usize..40, step in 1usize..64) {
        let (passed, verdict) = run(&bytes, &[]);
        let (seen, end) = read(bytes.chunks(cuts).map(<[u8]>::to_vec).collect(), step);
        prop_assert_eq!(seen, passed);
        match (verdict, end) {
            (Err(fault), Some(End::Head(f) | End::Body(f))) => prop_assert_eq!(fault, f),
            (Ok(Place::Head), Some(End::Head(f))) => prop_assert_eq!(f, WireFault::HeadCut),
            (Ok(Place::Between | Place::Body), Some(End::Closed)) => {}
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn every_splitting_gives_the_same_verdict(bytes in nearly(), pieces in prop::collection::vec(1usize..9, 0..200)) {
        let whole = run(&bytes, &[]);
        prop_assert_eq!(&run(&bytes, &vec![1; bytes.len()]), &whole);
        prop_assert_eq!(&run(&bytes, &pieces), &whole);
        prop_assert!(bytes.starts_with(&whole.0));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let (passed, _) = run(&bytes, &[]);
        prop_assert!(bytes.starts_with(&passed));
    }

    #[test]
    fn what_passes_is_what_the_http_library_takes(target in "/[!-~]{0,20}", name in "[!-9;-~]{1,8}", value in "[ -~]{0,8}") {
        let head = format!("POST {target} HTTP/1.1\r\nHost: a\r\n{name}:{value}\r\n\r\n");
        if run(head.as_bytes(), &[]).1 == Ok(Place::Between) {
            prop_assert!(http::Uri::try_from(target.as_str()).is_ok());
            prop_assert!(http::HeaderName::try_from(name.as_str()).is_ok());
            prop_assert!(http::HeaderValue::try_from(value.as_str()).is_ok());
        }
    }
}
