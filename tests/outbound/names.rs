//! Names that are asked of DNS: a server on loopback that says what the test likes and keeps what it was asked.

use crate::ways::{HOST, gateway, linked, named, rules, rules_denying, upstream};
use havengate::{
    gate::resolve::{Pinned, Resolver, Rules},
    verdict::{Code, Refusal},
};
use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, AAAA, CNAME},
    },
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{net::UdpSocket, task::JoinHandle};

struct Dns {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Everything it knows: owner and what it says, as `A 192.0.2.1`, `AAAA …` or `CNAME …`.
type Zone = &'static [(&'static str, &'static str)];

impl Dns {
    async fn new(zone: Zone, code: ResponseCode) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (socket.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let kept = asked.clone();
        let serving = tokio::spawn(async move {
            let mut buffer = [0; 1500];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                let question = Message::from_vec(&buffer[..length]).unwrap();
                kept.lock().unwrap().push(question.queries[0].name().to_ascii());
                socket.send_to(&answer(&question, zone, code), from).await.unwrap();
            }
        });
        Self { address, asked, serving }
    }

    /// Asks for the recipient; only the named special-use networks are listed for it.
    async fn ask(&self, rules: &Rules, listed: &[&str]) -> Result<Pinned, Refusal> {
        let listed: Vec<_> = listed.iter().map(|n| n.parse().unwrap()).collect();
        let resolver = Resolver::new(&gateway(&[], &[self.address], &[]), &[]);
        resolver.judge_and_pin(rules, &listed, &upstream(HOST, false)).await
    }
}

/// Everything in the zone that the question could want, the whole chain of aliases and whatever stands under `+`.
fn answer(question: &Message, zone: Zone, code: ResponseCode) -> Vec<u8> {
    let query = question.queries[0].clone();
    let mut message = Message::response(question.metadata.id, question.metadata.op_code);
    message.metadata.recursion_available = true;
    message.metadata.response_code = code;
    let mut owner = query.name().to_ascii().trim_end_matches('.').to_owned();
    for (name, says) in zone {
        let (kind, value) = says.split_once(' ').unwrap();
        let unasked = name.strip_prefix('+');
        if unasked.is_none() && *name != owner {
            continue;
        }
        let data = match kind {
            "CNAME" => RData::CNAME(CNAME(absolute(value))),
            "A" => RData::A(A(value.parse().unwrap())),
            _ => RData::AAAA(AAAA(value.parse().unwrap())),
        };
        if data.record_type() == RecordType::CNAME || data.record_type() == query.query_type() {
            message.add_answer(Record::from_rdata(absolute(unasked.unwrap_or(name)), 60, data));
        }
        if kind == "CNAME" {
            owner = value.to_owned();
        }
    }
    message.add_query(query);
    message.to_vec().unwrap()
}

fn absolute(name: &str) -> Name {
    Name::from_ascii(format!("{name}.")).unwrap()
}

async fn pinned(zone: Zone) -> Result<Pinned, Refusal> {
    Dns::new(zone, ResponseCode::NoError).await.ask(&rules(), &[]).await
}

fn addresses(pinned: &Pinned) -> Vec<String> {
    pinned.addresses().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn both_families_are_asked_by_absolute_name_alone() {
    let dns = Dns::new(&[(HOST, "A 51.140.0.1"), (HOST, "AAAA 2a00::1")], ResponseCode::NoError).await;
    let pinned = dns.ask(&rules(), &[]).await.unwrap();
    assert_eq!(addresses(&pinned), ["51.140.0.1:443", "[2a00::1]:443"]);
    assert_eq!(*dns.asked.lock().unwrap(), ["refer.riverside.example.", "refer.riverside.example."]);
}

#[tokio::test]
async fn one_family_is_enough() {
    assert_eq!(addresses(&pinned(&[(HOST, "A 51.140.0.1")]).await.unwrap()), ["51.140.0.1:443"]);
    assert_eq!(addresses(&pinned(&[(HOST, "AAAA 2a00::1")]).await.unwrap()), ["[2a00::1]:443"]);
}

#[tokio::test]
async fn a_denied_name_is_not_asked_about() {
    let dns = Dns::new(&[(HOST, "A 51.140.0.1")], ResponseCode::NoError).await;
    assert_eq!(dns.ask(&rules_denying("riverside.example"), &[]).await.unwrap_err(), linked());
    assert!(dns.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_alias_can_only_add_a_denial() {
    const ZONE: Zone = &[
        (HOST, "CNAME riverside.cdn.example"),
        ("riverside.cdn.example", "CNAME edge.homeoffice.example"),
        ("edge.homeoffice.example", "A 51.140.0.1"),
    ];
    assert_eq!(addresses(&pinned(ZONE).await.unwrap()), ["51.140.0.1:443"]);
    for denied in ["homeoffice.example", "riverside.cdn.example", "51.140.0.1"] {
        let dns = Dns::new(ZONE, ResponseCode::NoError).await;
        assert_eq!(dns.ask(&rules_denying(denied), &[]).await.unwrap_err(), linked(), "{denied}");
    }
}

#[tokio::test]
async fn one_bad_address_refuses_the_whole_answer() {
    let mixed: Zone = &[(HOST, "A 51.140.0.1"), (HOST, "A 51.140.0.2"), (HOST, "AAAA 2a00::1")];
    for denied in ["51.140.0.2", "[2a00::1]"] {
        let dns = Dns::new(mixed, ResponseCode::NoError).await;
        assert_eq!(dns.ask(&rules_denying(denied), &[]).await.unwrap_err(), linked(), "{denied}");
    }
    for inside in [
        &[(HOST, "A 51.140.0.1"), (HOST, "A 10.0.0.1")][..],
        &[(HOST, "A 51.140.0.1"), (HOST, "AAAA ::1")],
        &[(HOST, "A 127.0.0.1")],
        &[(HOST, "AAAA ::ffff:169.254.169.254")],
    ] {
        let refusal = pinned(inside).await.unwrap_err();
        assert_eq!((refusal.code, named(&refusal)), (Code::DestinationMismatch, vec!["special-use-address"]));
    }
}

#[tokio::test]
async fn a_private_address_that_is_listed_is_pinned() {
    let dns = Dns::new(&[(HOST, "A 10.0.0.7")], ResponseCode::NoError).await;
    assert_eq!(addresses(&dns.ask(&rules(), &["10.0.0.0/24"]).await.unwrap()), ["10.0.0.7:443"]);
}

#[tokio::test]
async fn an_address_of_another_name_is_not_pinned() {
    let zone: Zone = &[(HOST, "A 51.140.0.1"), ("+elsewhere.example", "A 51.140.0.66")];
    assert_eq!(addresses(&pinned(zone).await.unwrap()), ["51.140.0.1:443"]);
}

#[tokio::test]
async fn no_answer_is_unreachable() {
    for code in [ResponseCode::ServFail, ResponseCode::Refused, ResponseCode::NXDomain, ResponseCode::NoError] {
        let refusal = Dns::new(&[], code).await.ask(&rules(), &[]).await.unwrap_err();
        assert_eq!((refusal.code, named(&refusal)), (Code::DestinationUnreachable, vec!["name-resolution"]), "{code}");
    }
}

#[tokio::test]
async fn this_machines_own_name_is_not_a_recipient() {
    let dns = Dns::new(&[], ResponseCode::NoError).await;
    let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
    for host in ["localhost", "LOCALHOST.", "refer.localhost"] {
        let refusal = resolver.judge_and_pin(&rules(), &[], &upstream(host, false)).await.unwrap_err();
        assert_eq!(named(&refusal), ["special-use-address"], "{host}");
    }
}
