//! Packed bodies and other charsets, over real sockets: what the recipient gets is plain UTF-8, and what cannot be read
//! in one way leaves not a byte.

use crate::{caller::Line, world::World};
use flate2::{Compression, write::GzEncoder};
use havengate::verdict::Code;
use std::io::Write as _;

const NEED: &str = "/riverside/needs";
const BODY: &str = r#"{"need":{"type":"family","beds":2}}"#;

/// A request with these fields and bytes.
fn request(fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {NEED} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: {}\r\n{fields}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn json(fields: &str, body: &[u8]) -> Vec<u8> {
    request(&format!("Content-Type: application/json\r\n{fields}"), body)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn br(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
    out
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0; zstd_safe::compress_bound(bytes.len())];
    let length = zstd_safe::compress(&mut out[..], bytes, 3).unwrap();
    out.truncate(length);
    out
}

#[tokio::test]
async fn what_is_packed_arrives_unpacked_and_says_nothing_of_it() {
    let world = World::start().await;
    let body = BODY.as_bytes();
    for (coding, packed) in [
        ("gzip", gzip(body)),
        ("x-gzip", gzip(body)),
        ("deflate", zlib(body)),
        ("deflate", raw(body)),
        ("br", br(body)),
        ("zstd", zstd(body)),
        ("gzip, br", br(&gzip(body))),
        ("zstd,gzip", gzip(&zstd(body))),
        ("identity", body.to_vec()),
    ] {
        let fields = format!(
            "Content-Encoding: {coding}\r\nContent-Digest: sha-256=:AA==:\r\nContent-MD5: AA==\r\n\
             Digest: sha-256=AA==\r\nRepr-Digest: sha-256=:AA==:\r\n"
        );
        let answer = world.ask(json(&fields, &packed)).await;
        let (received, _) = world.forwarded(&answer).await;
        assert_eq!(received.body, body, "{coding}");
        assert_eq!(received.header("content-length").as_deref(), Some(&*body.len().to_string()));
        for gone in ["content-encoding", "content-digest", "content-md5", "digest", "repr-digest", "transfer-encoding"]
        {
            assert_eq!(received.header(gone), None, "{coding}: {gone}");
        }
    }
}

#[tokio::test]
async fn what_is_not_one_whole_stream_leaves_nothing() {
    let world = World::start().await;
    let body = BODY.as_bytes();
    let (packed, frame) = (gzip(body), zstd(body));
    let damaged: Vec<u8> =
        packed.iter().enumerate().map(|(i, b)| if i + 5 == packed.len() { b ^ 1 } else { *b }).collect();
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, b'x'];
    for (coding, bytes, code, says) in [
        ("gzip", body.to_vec(), Code::BodyMalformed, "damaged"),
        ("br", packed.clone(), Code::BodyMalformed, "says it is br"),
        ("gzip", packed[..packed.len() - 1].to_vec(), Code::BodyMalformed, "ends before"),
        ("gzip", damaged, Code::BodyMalformed, "checksum"),
        ("gzip", [packed.clone(), packed.clone()].concat(), Code::BodyMalformed, "another member"),
        ("gzip", [packed.clone(), vec![0; 8]].concat(), Code::BodyMalformed, "padding"),
        ("zstd", [frame.clone(), skippable.to_vec()].concat(), Code::BodyMalformed, "skippable"),
        ("zstd", [skippable.to_vec(), frame].concat(), Code::BodyMalformed, "does not begin"),
        ("gzip", gzip(&packed), Code::BodyMalformed, "byte 0"),
        ("gzip", gzip(&vec![b' '; 32 << 20]), Code::BodyTooLarge, "100 times"),
        ("gzip, gzip", gzip(&gzip(&vec![b' '; 8 << 20])), Code::BodyTooLarge, "100 times"),
    ] {
        let answer = world.ask(json(&format!("Content-Encoding: {coding}\r\n"), &bytes)).await;
        assert!(answer.detail().contains(says), "{coding} {says}: {}", answer.detail());
        assert_eq!(answer.header("accept-encoding"), None);
        world.refused(&answer, code, None).await;
    }
}

#[tokio::test]
async fn another_coding_is_refused_and_told_which_would_do() {
    let world = World::start().await;
    for coding in ["compress", "gzip, gzip, gzip", "aws-chunked", "gzip;q=1"] {
        let answer = world.ask(json(&format!("Content-Encoding: {coding}\r\n"), b"{}")).await;
        assert_eq!(answer.header("accept-encoding").as_deref(), Some("gzip, deflate, br, zstd"), "{coding}");
        world.refused(&answer, Code::BodyUnsupported, Some("content-coding")).await;
    }
}

#[tokio::test]
async fn western_text_arrives_in_utf_8_and_says_so() {
    let world = World::start().await;
    for charset in ["iso-8859-1", "windows-1252", "\"Latin1\""] {
        let typed = |body: &[u8]| request(&format!("Content-Type: application/json; charset={charset}\r\n"), body);
        let (received, _) =
            world.forwarded(&world.ask(typed(b"{\"need\":{\"type\":\"caf\xe9 \x93x\x94\"}}")).await).await;
        assert_eq!(String::from_utf8(received.body.clone()).unwrap(), "{\"need\":{\"type\":\"café “x”\"}}");
        assert_eq!(received.header("content-type").as_deref(), Some("application/json; charset=utf-8"));
        let answer = world.ask(typed(b"{\"need\":{\"type\":\"\x9d\"}}")).await;
        assert!(answer.detail().contains("Byte 17 "), "{}", answer.detail());
        world.refused(&answer, Code::BodyMalformed, None).await;
    }
    let typed = |kind: &str, body: &[u8]| request(&format!("Content-Type: {kind}\r\n"), body);
    for (kind, body, code, says) in [
        ("application/json; charset=utf-16", &b"\xff\xfe{\0}\0"[..], Code::BodyUnsupported, "charset"),
        ("application/json; charset=utf-7", b"{}", Code::BodyUnsupported, "charset"),
        ("application/json; charset=us-ascii", b"{\"beds\":\"\xc3\xa9\"}", Code::BodyMalformed, "us-ascii"),
        ("application/json; charset=iso-8859-1", b"\xef\xbb\xbf{}", Code::BodyMalformed, "byte order mark"),
        ("application/json; profile=x", b"{}", Code::BodyUnsupported, "parameter"),
        ("application/json; charset=utf-8; charset=iso-8859-1", b"{}", Code::BodyUnsupported, "twice"),
        ("application/json", b"{\"beds\":\"\xe9\"}", Code::BodyMalformed, "UTF-8"),
    ] {
        let answer = world.ask(typed(kind, body)).await;
        assert!(answer.detail().contains(says), "{kind}: {}", answer.detail());
        world.refused(&answer, code, None).await;
    }
    // Packed and Western at once.
    let fields = "Content-Type: application/json; charset=windows-1252\r\nContent-Encoding: gzip\r\n";
    let answer = world.ask(request(fields, &gzip(b"{\"need\":{\"type\":\"\x80\"}}"))).await;
    assert_eq!(world.forwarded(&answer).await.0.body, "{\"need\":{\"type\":\"€\"}}".as_bytes());
}

#[tokio::test]
async fn what_odata_clients_say_of_their_json_goes_on() {
    let world = World::start().await;
    let kind = "application/json;odata.metadata=minimal;IEEE754Compatible=true";
    let (received, _) =
        world.forwarded(&world.ask(request(&format!("Content-Type: {kind}\r\n"), BODY.as_bytes())).await).await;
    assert_eq!(received.header("content-type").as_deref(), Some(kind));
}

#[tokio::test]
async fn a_body_signed_by_its_sender_is_refused() {
    let world = World::start().await;
    for field in [
        "Signature-Input: sig1=(\"@method\" \"content-digest\");created=1\r\nSignature: sig1=:AA==:",
        "X-Hub-Signature-256: sha256=00",
        "X-JWS-Signature: a..b",
        "Authorization: AWS4-HMAC-SHA256 Credential=x",
    ] {
        let answer = world.ask(json(&format!("{field}\r\n"), BODY.as_bytes())).await;
        assert!(answer.detail().contains("signed the body"), "{field}: {}", answer.detail());
        world.refused(&answer, Code::BodyUnsupported, None).await;
    }
}

#[tokio::test]
async fn nobody_is_told_to_go_on_with_what_will_be_refused() {
    let world = World::start().await;
    let expect = |target: &str, fields: &str| {
        format!("POST {target} HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\nExpect: 100-continue\r\n{fields}\r\n")
    };
    let typed = "Content-Type: application/json\r\n";
    for (request, code) in [
        (expect("/nowhere/needs", typed), Code::RouteUnknown),
        (expect("/linked/needs", typed), Code::DestinationLinked),
        (expect("/lapsed/needs", typed), Code::DestinationUncommitted),
        (expect(NEED, &format!("{typed}Content-Encoding: compress\r\n")), Code::BodyUnsupported),
        (expect(NEED, "Content-Type: text/plain\r\n"), Code::BodyUnsupported),
        (expect(NEED, typed).replace("Length: 2", "Length: 99999999"), Code::BodyTooLarge),
    ] {
        let mut line = Line::open(world.address()).await;
        line.send(request).await;
        let answer = line.answer().await;
        assert_eq!(answer.status, code.status().as_u16(), "{answer:?}");
        assert!(world.around.arrived().is_empty());
    }
}
