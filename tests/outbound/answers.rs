//! What comes back, and what does not.

use crate::{
    support::standin::{Behaviour, Standin},
    ways::{Message, Way, bare, get, plain, short_times, times},
};
use havengate::{
    gate::{
        answer::{Answer, AnswerError, Listed, OwnRoute, Unreadable, Withheld},
        upstream::Times,
    },
    policy::{
        integration::AnswerRules,
        selector::{Matcher, Selector},
    },
};
use http_body::Body;
use std::{sync::Arc, time::Duration};

async fn answered(behaviour: Behaviour) -> (Answer, Standin) {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    standin.script([behaviour]);
    (way.send(get(&plain(&standin).await)).await.unwrap(), standin)
}

fn lines(answer: &Answer) -> Vec<(&str, &str)> {
    answer.headers.iter().map(|(n, v)| (n.as_str(), v.to_str().unwrap())).collect()
}

#[tokio::test]
async fn headers_that_lead_around_us_are_dropped() {
    let dropped = [
        ("Connection", "close, X-Hop"),
        ("X-Hop", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Authenticate", "Basic"),
        ("Trailer", "X-T"),
        ("Upgrade", "h2c"),
        ("Alt-Svc", "h3=\":443\""),
        ("Set-Cookie", "a=b"),
        ("Set-Cookie2", "a=b"),
        ("Strict-Transport-Security", "max-age=1"),
        ("Clear-Site-Data", "*"),
        ("Forwarded", "for=10.0.0.1"),
        ("X-Forwarded-For", "10.0.0.1"),
        ("Via", "1.1 inner"),
        ("Havengate-Sent", "no"),
        ("Havengate-Decision", "forged"),
        ("Consent-Token", "x"),
        ("Report-To", "{}"),
        ("NEL", "{}"),
        ("X-Accel-Redirect", "/internal"),
    ];
    let kept = [("ETag", "\"1\""), ("Retry-After", "5"), ("WWW-Authenticate", "Bearer"), ("X-Request-Id", "7")];
    let (answer, _standin) = answered(Behaviour::headers(401, &[&dropped[..], &kept[..]].concat())).await;
    assert_eq!(answer.status, 401);
    let kept: Vec<_> = kept.iter().map(|(n, v)| (n.to_lowercase(), v.to_string())).collect();
    let got: Vec<_> = lines(&answer).iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
    assert_eq!(got, kept);
    assert_eq!(answer.withheld, Withheld::default());
}

#[tokio::test]
async fn a_redirect_is_the_callers_to_follow_through_us() {
    let (answer, standin) = answered(Behaviour::redirect("/v2/referrals/7?step=2")).await;
    assert_eq!(answer.status, 302);
    assert_eq!(lines(&answer), [("location", "/riverside/referrals/7?step=2")]);
    assert_eq!(answer.withheld, Withheld::default());
    assert_eq!((standin.connections(), standin.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_link_elsewhere_is_withheld_and_counted() {
    for elsewhere in
        ["https://evil.example/v2/x", "//evil.example", "/v1/other", "http://refer.riverside.example:81/v2/"]
    {
        let refresh = format!("0; url={elsewhere}");
        let headers = [
            ("Location", elsewhere),
            ("Content-Location", "/v2/referrals/7"),
            ("Link", "</v2/referrals?page=2>; rel=\"next\", <https://evil.example/>; rel=\"prev\""),
            ("Operation-Location", elsewhere),
            ("Refresh", &refresh),
        ];
        let (answer, _standin) = answered(Behaviour::headers(307, &headers)).await;
        assert_eq!(answer.status, 307);
        let kept =
            [("content-location", "/riverside/referrals/7"), ("link", "</riverside/referrals?page=2>; rel=\"next\"")];
        assert_eq!(lines(&answer), kept, "{elsewhere}");
        assert_eq!(answer.withheld.headers, ["location", "link", "operation-location", "refresh"], "{elsewhere}");
        assert_eq!(answer.withheld.links(), 4);
    }
}

#[tokio::test]
async fn two_locations_are_none() {
    let (answer, _standin) = answered(Behaviour::headers(302, &[("Location", "/v2/a"), ("Location", "/v2/b")])).await;
    assert_eq!((lines(&answer).len(), answer.withheld.links()), (0, 1));
}

#[tokio::test]
async fn without_a_route_every_link_is_withheld() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    standin.script([Behaviour::redirect("/v2/a")]);
    let message = Message { route: OwnRoute::none(), ..get(&plain(&standin).await) };
    assert_eq!(way.send(message).await.unwrap().withheld.headers, ["location"]);
}

#[tokio::test]
async fn the_body_knows_its_length_and_trailers_are_dropped() {
    let (answer, _standin) = answered(Behaviour::json(201, r#"{"id":7}"#)).await;
    assert_eq!(answer.body.size_hint().exact(), Some(8));
    assert_eq!(lines(&answer), [("content-type", "application/json")]);
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n\
                    3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: leaked\r\n\r\n";
    let (answer, _standin) = answered(Behaviour::Raw(chunked.to_vec())).await;
    assert!(lines(&answer).is_empty());
    let whole = http_body_util::BodyExt::collect(answer.body).await.unwrap();
    assert!(whole.trailers().is_none());
    assert_eq!(whole.to_bytes(), "abcde");
}

#[tokio::test]
async fn an_answer_to_head_keeps_the_length_it_speaks_of() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    standin.script(vec![Behaviour::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n".to_vec()); 2]);
    let pinned = plain(&standin).await;
    for _ in 0..2 {
        let answer = way.send(bare(&pinned, "HEAD /referrals")).await.unwrap();
        assert_eq!(lines(&answer), [("content-length", "1234")]);
        assert_eq!(answer.body.collect(10).await.unwrap(), b"");
    }
    assert_eq!(standin.connections(), 1);
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_an_error_and_never_the_whole() {
    let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n".to_vec();
    let bad = [&chunk[..], b"zz\r\n"].concat();
    let cases = [
        ("too short", Behaviour::short_body(), AnswerError::Broken),
        ("no last chunk", Behaviour::RawThenClose(chunk.clone()), AnswerError::Broken),
        ("a bad chunk", Behaviour::RawThenClose(bad), AnswerError::Broken),
        ("a reset", Behaviour::RawThenReset(chunk.clone()), AnswerError::Broken),
        ("silence", Behaviour::RawThenStall(chunk), AnswerError::Timeout),
    ];
    for (name, behaviour, error) in cases {
        let (way, standin) = (Way::new(short_times()).await, Standin::plain().await);
        standin.script([behaviour]);
        let pinned = plain(&standin).await;
        // A reset may overtake the head, which is then a failure to answer at all.
        match way.send(get(&pinned)).await {
            Ok(answer) => assert_eq!(answer.body.collect(1000).await.unwrap_err(), error, "{name}"),
            Err(failure) => assert_eq!(failure.sent(), havengate::gate::upstream::Sent::Unknown, "{name}"),
        }
        way.get(&pinned).await;
        assert_eq!(standin.connections(), 2, "{name}: the broken connection was used again");
    }
}

#[tokio::test]
async fn a_trickle_ends_at_the_whole_answers_time() {
    let slow = |pause| Behaviour::Trickle {
        bytes: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789".to_vec(),
        pause: Duration::from_millis(pause),
    };
    let way = Way::new(times()).await;
    let standin = Standin::plain().await;
    standin.script([slow(2)]);
    let answer = way.send(get(&plain(&standin).await)).await.unwrap();
    assert_eq!(answer.body.collect(10).await.unwrap(), b"123456789");

    let whole = Duration::from_millis(30);
    let way = Way::new(Times { whole, ..times() }).await;
    let standin = Standin::plain().await;
    standin.script([slow(20)]);
    let answer = way.send(get(&plain(&standin).await)).await.unwrap();
    assert_eq!(answer.body.collect(10).await.unwrap_err(), AnswerError::Timeout);
}

#[tokio::test]
async fn a_reader_may_bound_what_it_takes() {
    let (answer, _standin) = answered(Behaviour::json(200, "123456789")).await;
    assert_eq!(answer.body.collect(8).await.unwrap_err(), AnswerError::TooLarge);
}

/// An answer of an operation that lists places of links.
async fn listed(behaviour: Behaviour) -> (Answer, Way, Standin) {
    let (way, standin) = (Way::new(short_times()).await, Standin::plain().await);
    standin.script([behaviour]);
    let links = ["$.next", "$.records[*].attributes.url", "$['@odata.nextLink']"];
    let set: Vec<_> = (0..).zip(links).map(|(i, s)| (Selector::parse(s).unwrap(), i)).collect();
    let rules = AnswerRules { links: links.map(Into::into).to_vec(), matcher: Matcher::compile(&set).unwrap() };
    let listed = Listed { rules: Arc::new(rules), bytes: 4096, depth: 8 };
    let answer = way.send(Message { listed: Some(listed), ..get(&plain(&standin).await) }).await.unwrap();
    (answer, way, standin)
}

fn typed(status: u16, kind: &str, more: &str, body: &[u8]) -> Behaviour {
    let head =
        format!("HTTP/1.1 {status} Answer\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{more}\r\n", body.len());
    Behaviour::Raw([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn listed_links_become_our_own_and_every_other_byte_stays() {
    let body = r#"{ "done":false, "next" : "\/v2/query/2?x=1", "records":[ {"attributes":{"url":"http://refer.riverside.example:80/v2/a"},"Name":"\u0041"},
        {"attributes":{"url":"query/7"}} ],"url":"https://evil.example/" }"#;
    let expected = r#"{ "done":false, "next" : "/riverside/query/2?x=1", "records":[ {"attributes":{"url":"/riverside/a"},"Name":"\u0041"},
        {"attributes":{"url":"/riverside/query/7"}} ],"url":"https://evil.example/" }"#;
    let more = "ETag: \"1\"\r\nContent-Digest: sha-256=:x:\r\nX-Id: 7\r\n";
    let (answer, way, standin) = listed(typed(200, "application/json; charset=UTF-8", more, body.as_bytes())).await;
    assert_eq!(answer.withheld, Withheld::default());
    assert_eq!(answer.body.size_hint().exact(), Some(expected.len() as u64));
    assert_eq!(answer.headers["etag"], "W/\"1\"");
    assert_eq!(
        (answer.headers.contains_key("content-digest"), &answer.headers["x-id"]),
        (false, &"7".parse().unwrap())
    );
    assert_eq!(String::from_utf8(answer.body.collect(4096).await.unwrap()).unwrap(), expected);
    way.get(&plain(&standin).await).await;
    assert_eq!(standin.connections(), 1, "the connection was read to its end and used again");
}

#[tokio::test]
async fn listed_links_elsewhere_are_withheld_and_counted() {
    let body = r#"{"next":"https://evil.example/v2/x","records":[{"attributes":{"url":"//evil.example/"}},{"attributes":{"url":"/v1/x"}}],"@odata.nextLink":"https:\/\/evil.example/"}"#;
    let (answer, _way, _standin) =
        listed(typed(200, "application/vnd.api+json", "Location: https://evil.example/\r\n", body.as_bytes())).await;
    let places: Vec<_> = answer.withheld.places.iter().map(|(place, n)| (&**place, *n)).collect();
    assert_eq!(places, [("$.next", 1), ("$.records[*].attributes.url", 2), ("$['@odata.nextLink']", 1)]);
    assert_eq!((answer.withheld.links(), answer.withheld.body), (5, None));
    let text = String::from_utf8(answer.body.collect(4096).await.unwrap()).unwrap();
    assert_eq!(
        text,
        r#"{"next":null,"records":[{"attributes":{"url":null}},{"attributes":{"url":null}}],"@odata.nextLink":null}"#
    );
}

#[tokio::test]
async fn an_answer_without_a_listed_link_is_not_touched() {
    let body = "{\"rows\":[1,2]}\n";
    let (answer, _way, _standin) = listed(typed(200, "application/json", "ETag: \"1\"\r\n", body.as_bytes())).await;
    assert_eq!((&answer.headers["etag"], &answer.withheld), (&"\"1\"".parse().unwrap(), &Withheld::default()));
    assert_eq!(answer.body.collect(4096).await.unwrap(), body.as_bytes());
    for empty in [typed(200, "text/html", "", b""), Behaviour::Raw(b"HTTP/1.1 204 Nothing\r\n\r\n".to_vec())] {
        let (answer, _way, _standin) = listed(empty).await;
        assert_eq!((&answer.withheld, answer.body.collect(1).await.unwrap().len()), (&Withheld::default(), 0));
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_withheld_with_what_speaks_of_it() {
    let json = "application/json";
    let huge = [b"\"", &[b'x'; 5000][..], b"\""].concat();
    let cut = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"next\":".to_vec();
    for (behaviour, why) in [
        (typed(200, "text/html", "", b"<a href='https://evil.example/'>next</a>"), Unreadable::Media),
        (typed(503, "text/plain", "", b"busy"), Unreadable::Media),
        (typed(200, "application/json; charset=utf-16", "", b"\"\0x\0\"\0"), Unreadable::Media),
        (typed(200, json, "Content-Type: text/html\r\n", b"{}"), Unreadable::Media),
        (typed(200, json, "Content-Encoding: gzip\r\n", b"\x1f\x8b"), Unreadable::Coding),
        (typed(200, json, "", b"{\"next\":\"https://evil.example/\",}"), Unreadable::Malformed),
        (typed(200, json, "", b"\xef\xbb\xbf{}"), Unreadable::Malformed),
        (typed(200, json, "", &b"[".repeat(9)), Unreadable::Malformed),
        (typed(200, json, "", &huge), Unreadable::TooLarge),
        (Behaviour::RawThenClose(cut.clone()), Unreadable::Broken),
        (Behaviour::RawThenStall(cut), Unreadable::Timeout),
    ] {
        let (answer, _way, _standin) = listed(behaviour).await;
        assert_eq!(answer.withheld.body, Some(why));
        assert!(lines(&answer).is_empty(), "{why}: {:?}", lines(&answer));
        assert_eq!(answer.body.collect(1).await.unwrap(), b"", "{why}");
    }
}
