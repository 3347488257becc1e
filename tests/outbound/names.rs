//! Names that are asked of DNS: what is asked, what of the answer is judged, and what is dialled in the end.

use crate::{
    support::dns::{Dns, Question},
    ways::{HOST, gateway, linked, named, rules, rules_denying, upstream},
};
use havengate::{
    gate::resolve::{Pinned, Resolver, Rules},
    verdict::{Code, Refusal},
};
use hickory_resolver::proto::rr::RecordType;

pub(crate) const CDN: &str = "riverside.cdn.example";
pub(crate) const ROOT: &str = "edge.homeoffice.example";

/// Asks for the recipient with a new resolver; only the named special-use networks are listed for it.
pub(crate) async fn ask(dns: &Dns, rules: &Rules, listed: &[&str]) -> Result<Pinned, Refusal> {
    let listed: Vec<_> = listed.iter().map(|n| n.parse().unwrap()).collect();
    let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
    resolver.judge_and_pin(rules, &listed, &upstream(HOST, false)).await
}

type Zone = &'static [(&'static str, &'static str)];

async fn pinned(zone: Zone) -> Result<Pinned, Refusal> {
    ask(&Dns::zone(zone).await, &rules(), &[]).await
}

pub(crate) fn addresses(pinned: &Pinned) -> Vec<String> {
    pinned.addresses().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn both_families_are_asked_by_absolute_name_alone() {
    let dns = Dns::zone(&[(HOST, "A 51.140.0.1"), (HOST, "AAAA 2a00::1")]).await;
    let pinned = ask(&dns, &rules(), &[]).await.unwrap();
    assert_eq!(addresses(&pinned), ["51.140.0.1:443", "[2a00::1]:443"]);
    let mut asked = dns.asked();
    asked.sort();
    assert_eq!(asked, ["A refer.riverside.example", "AAAA refer.riverside.example"]);
}

#[tokio::test]
async fn one_family_is_enough() {
    assert_eq!(addresses(&pinned(&[(HOST, "A 51.140.0.1")]).await.unwrap()), ["51.140.0.1:443"]);
    assert_eq!(addresses(&pinned(&[(HOST, "AAAA 2a00::1")]).await.unwrap()), ["[2a00::1]:443"]);
}

#[tokio::test]
async fn a_denied_name_is_not_asked_about() {
    let dns = Dns::zone(&[(HOST, "A 51.140.0.1")]).await;
    assert_eq!(ask(&dns, &rules_denying("riverside.example"), &[]).await.unwrap_err(), linked());
    assert_eq!(dns.asked(), [""; 0]);
}

const ALIASES: Zone =
    &[(HOST, "CNAME riverside.cdn.example"), (CDN, "CNAME edge.homeoffice.example"), (ROOT, "A 51.140.0.1")];

#[tokio::test]
async fn an_alias_can_only_add_a_denial() {
    assert_eq!(addresses(&pinned(ALIASES).await.unwrap()), ["51.140.0.1:443"]);
    for denied in ["homeoffice.example", CDN, "51.140.0.1"] {
        let dns = Dns::zone(ALIASES).await;
        assert_eq!(ask(&dns, &rules_denying(denied), &[]).await.unwrap_err(), linked(), "{denied}");
    }
}

/// A server that does not follow aliases itself shows what is asked of it.
#[tokio::test]
async fn an_alias_is_judged_before_anything_is_asked_about_it() {
    let one_at_a_time = || {
        Dns::new(|question| {
            let zone: Vec<_> = ALIASES.iter().copied().filter(|(name, _)| *name == question.name).collect();
            question.from(&zone).only()
        })
    };
    let dns = one_at_a_time().await;
    assert_eq!(addresses(&ask(&dns, &rules(), &[]).await.unwrap()), ["51.140.0.1:443"]);
    assert_eq!(dns.asked_for(RecordType::A), [HOST, CDN, ROOT]);
    assert_eq!(dns.asked_for(RecordType::AAAA), [HOST, CDN, ROOT]);
    let dns = one_at_a_time().await;
    assert_eq!(ask(&dns, &rules_denying("homeoffice.example"), &[]).await.unwrap_err(), linked());
    assert!(!dns.asked().iter().any(|q| q.contains("homeoffice")), "{:?}", dns.asked());
    let dns = one_at_a_time().await;
    assert_eq!(ask(&dns, &rules_denying(CDN), &[]).await.unwrap_err(), linked());
    assert!(dns.asked().iter().all(|q| q.ends_with(HOST)), "{:?}", dns.asked());
}

/// A resolver that followed an alias and found no address of one family proves it with the zone's SOA, or not.
#[tokio::test]
async fn an_alias_without_addresses_of_one_family_is_no_failure() {
    for (proof, questions) in [(Some("cdn.example"), 1), (Some("elsewhere.example"), 2), (None, 2)] {
        let dns = Dns::new(move |question| {
            if question.v4() {
                return question.from(&[(HOST, "CNAME riverside.cdn.example"), (CDN, "A 51.140.0.1")]).only();
            }
            let answer = question.from(&[(HOST, "CNAME riverside.cdn.example")]);
            proof.map_or(answer.clone(), |zone| answer.authority(zone, 60, "SOA 60")).only()
        })
        .await;
        assert_eq!(addresses(&ask(&dns, &rules(), &[]).await.unwrap()), ["51.140.0.1:443"]);
        assert_eq!(dns.asked_for(RecordType::AAAA).len(), questions, "{proof:?}");
    }
}

#[tokio::test]
async fn one_bad_address_refuses_the_whole_answer() {
    let mixed: Zone = &[(HOST, "A 51.140.0.1"), (HOST, "A 51.140.0.2"), (HOST, "AAAA 2a00::1")];
    for denied in ["51.140.0.2", "[2a00::1]"] {
        let dns = Dns::zone(mixed).await;
        assert_eq!(ask(&dns, &rules_denying(denied), &[]).await.unwrap_err(), linked(), "{denied}");
    }
    for inside in [
        &[(HOST, "A 51.140.0.1"), (HOST, "A 10.0.0.1")][..],
        &[(HOST, "A 51.140.0.1"), (HOST, "AAAA ::1")],
        &[(HOST, "A 127.0.0.1")],
        &[(HOST, "A 169.254.169.254")],
        &[(HOST, "A 0.0.0.0")],
        &[(HOST, "AAAA fd00::7")],
        &[(HOST, "AAAA fe80::1")],
        &[(HOST, "AAAA ::ffff:169.254.169.254")],
        &[(HOST, "AAAA ::127.0.0.1")],
        &[(HOST, "AAAA ::ffff:0:127.0.0.1")],
        &[(HOST, "AAAA 64:ff9b::10.0.0.1")],
        &[(HOST, "AAAA 64:ff9b:1::8.8.8.8")],
        &[(HOST, "AAAA 2002:7f00:1::")],
        &[(HOST, "AAAA 2a00::5efe:10.0.0.1")],
    ] {
        let refusal = pinned(inside).await.unwrap_err();
        let want = (Code::DestinationMismatch, vec!["special-use-address"]);
        assert_eq!((refusal.code, named(&refusal)), want, "{inside:?}");
    }
}

#[tokio::test]
async fn a_private_address_that_is_listed_is_pinned() {
    let dns = Dns::zone(&[(HOST, "A 10.0.0.7")]).await;
    assert_eq!(addresses(&ask(&dns, &rules(), &["10.0.0.0/24"]).await.unwrap()), ["10.0.0.7:443"]);
}

#[tokio::test]
async fn this_machines_own_name_is_not_a_recipient() {
    let dns = Dns::zone(&[]).await;
    let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
    for (host, rule) in [
        ("localhost", "special-use-address"),
        ("LOCALHOST.", "special-use-address"),
        ("refer.localhost", "special-use-address"),
        ("refer.invalid", "name-resolution"),
        ("refer.onion", "name-resolution"),
    ] {
        let refusal = resolver.judge_and_pin(&rules(), &[], &upstream(host, false)).await.unwrap_err();
        assert_eq!(named(&refusal), [rule], "{host}");
    }
    assert_eq!(dns.asked(), [""; 0], "these are known without asking");
    let alias = pinned(&[(HOST, "CNAME refer.localhost")]).await.unwrap_err();
    assert_eq!(named(&alias), ["special-use-address"]);
}

#[tokio::test]
async fn another_server_is_asked_only_where_the_first_gave_no_whole_answer() {
    let two = |q: &Question| q.empty().with(HOST, 60, "CNAME a.example").with(HOST, 60, "CNAME b.example").only();
    const CLEAN: Zone = &[(HOST, "A 51.140.0.1")];
    let asked = async |first: &Dns| {
        let second = Dns::zone(CLEAN).await;
        let resolver = Resolver::new(&gateway(&[], &[first.address, second.address], &[]), &[]);
        let pinned = resolver.judge_and_pin(&rules(), &[], &upstream(HOST, false)).await;
        (pinned.map(|p| addresses(&p)).map_err(|e| e.reasons[0].rule.to_string()), second.asked().len())
    };
    assert_eq!(asked(&Dns::new(two).await).await, (Err("name-answer-unclear".to_owned()), 0));
    let circle = Dns::zone(&[(HOST, "CNAME a.example"), ("a.example", "CNAME refer.riverside.example")]).await;
    assert_eq!(asked(&circle).await, (Err("name-alias-chain".to_owned()), 0));
    let (pinned, questions) = asked(&Dns::new(|_| Vec::new()).await).await;
    assert_eq!((pinned, questions > 0), (Ok(vec!["51.140.0.1:443".to_owned()]), true));
}
