//! What a policy still says once DNS and certificates have spoken: it only adds denials, and not to the recipient
//! that it has let through.

use crate::{
    names::{CDN, addresses},
    support::{dns::Dns, standin::Standin},
    ways::{HOST, Way, gateway, named, pin, post, times, upstream},
};
use havengate::{
    flow::{Clause, Host, SystemId},
    gate::{
        resolve::{Resolver, Rules},
        upstream::{FailureKind, Sent},
    },
    policy::{Policy, shipped},
    verdict::{Code, Refusal},
};
use rcgen::{
    DnType, DnValue,
    string::{BmpString, TeletexString, UniversalString},
};
use std::sync::Arc;

/// Somebody who works for the Home Office, somebody who shares with it, and two who share a host.
const MORE: &str = r#"
[[organisation]]
id = "vendor"
name = "Vendor Ltd"
[[organisation.system]]
id = "vendor/visas"
kind = "government"
hosts = ["visas.vendor.example"]
addresses = ["51.140.0.0/24", "2a00:aaaa::/32"]
certificate_organisations = ["Vendor Visas Ltd"]
[[link]]
from = "vendor"
to = "home-office"
kind = "processor-for"
carries = ["vendor/visas"]
status = "in-force"
confidence = "high"
evidence = ["invented"]
[[organisation]]
id = "linked"
name = "Linked Co"
[[organisation.system]]
id = "linked/db"
kind = "housing"
hosts = ["db.linked.example", "shared.example"]
addresses = ["51.141.0.0/24"]
certificate_organisations = ["Linked Co"]
[[link]]
from = "linked"
to = "home-office"
kind = "shares-with"
status = "in-force"
confidence = "high"
evidence = ["invented"]
[[organisation]]
id = "neighbour"
name = "Neighbour"
[[organisation.system]]
id = "neighbour/desk"
kind = "support"
paths = ["shared.example/desk"]
addresses = ["51.141.0.77"]
"#;

const CLEAR: &str = "riverside-council/housing-referrals";

fn policy() -> Arc<Policy> {
    let mut sources = shipped::sources();
    sources.0.get_mut("organisations.toml").unwrap().push_str(MORE);
    Arc::new(Policy::compile(&sources).unwrap_or_else(|e| panic!("{e:?}")))
}

fn rules(to: &str, host: &str) -> Rules {
    rules_for(to, host, false)
}

fn rules_for(to: &str, host: &str, emergency: bool) -> Rules {
    Rules::of(&policy(), &SystemId::parse(to).unwrap(), &Host::parse(host).unwrap(), emergency)
}

/// The rule that said no.
fn why(refusal: Option<Refusal>) -> Option<String> {
    refusal.map(|r| {
        assert_eq!((r.code, r.reasons[0].clause), (Code::DestinationLinked, Some(Clause::Data1)));
        named(&r)[0].to_owned()
    })
}

const ROOT: Option<&str> = Some("no-home-office");
const ASSOCIATED: Option<&str> = Some("associated-only-by-data-2");

#[test]
fn aliases_and_addresses_of_somebody_linked_are_denied() {
    for (to, at, host, expected) in [
        (CLEAR, HOST, HOST, None),
        (CLEAR, HOST, CDN, None),
        (CLEAR, HOST, "harbour.crm.example", None),
        (CLEAR, HOST, "51.142.0.1", None),
        (CLEAR, HOST, "www.homeoffice.gov.uk", ROOT),
        (CLEAR, HOST, "visas.vendor.example", ROOT),
        (CLEAR, HOST, "51.140.0.7", ROOT),
        (CLEAR, HOST, "[2a00:aaaa::7]", ROOT),
        (CLEAR, HOST, "db.linked.example", ASSOCIATED),
        (CLEAR, HOST, "51.141.0.7", ASSOCIATED),
        (CLEAR, HOST, "nrpf.riverside.example", ASSOCIATED),
        ("linked/db", "db.linked.example", "db.linked.example", None),
        ("linked/db", "db.linked.example", "shared.example", None),
        ("linked/db", "db.linked.example", "51.141.0.7", None),
        ("linked/db", "db.linked.example", "nrpf.riverside.example", ASSOCIATED),
        ("linked/db", "db.linked.example", "51.140.0.7", ROOT),
        // Its own host was judged by path already, and the address is one it lists itself.
        ("neighbour/desk", "shared.example", "shared.example", None),
        ("neighbour/desk", "shared.example", "51.141.0.77", None),
        ("neighbour/desk", "shared.example", "51.141.0.78", ASSOCIATED),
        ("neighbour/desk", "shared.example", "db.linked.example", ASSOCIATED),
    ] {
        let found = why(rules(to, at).denials.denies(&Host::parse(host).unwrap()));
        assert_eq!(found.as_deref(), expected, "{host} on the way to {to}");
    }
}

#[test]
fn a_certificate_of_somebody_linked_is_denied() {
    for (to, name, wildcard, expected) in [
        (CLEAR, HOST, false, None),
        (CLEAR, "riverside.example", true, None),
        (CLEAR, "cdn.example", true, None),
        (CLEAR, "homeoffice.gov.uk", false, ROOT),
        (CLEAR, "homeoffice.gov.uk", true, ROOT),
        (CLEAR, "x.homeoffice.gov.uk", true, ROOT),
        (CLEAR, "vendor.example", true, ROOT),
        (CLEAR, "vendor.example", false, None),
        (CLEAR, "51.140.0.7", false, ROOT),
        (CLEAR, "db.linked.example", false, ASSOCIATED),
        // One certificate for all that a council runs.
        (CLEAR, "nrpf.riverside.example", false, None),
        ("linked/db", "db.linked.example", false, None),
        ("linked/db", "nrpf.riverside.example", false, ASSOCIATED),
    ] {
        let host = Host::parse(name).unwrap();
        let at = if to == CLEAR { HOST } else { "db.linked.example" };
        let found = why(rules(to, at).denials.denies_certificate(&host, wildcard));
        assert_eq!(found.as_deref(), expected, "{name} on the way to {to}");
    }
    for (to, name, expected) in [
        (CLEAR, "Home Office", ROOT),
        (CLEAR, "HOME\u{a0}OFFICE ", ROOT),
        (CLEAR, "Immigration Enforcement", ROOT),
        (CLEAR, "vendor visas ltd", ROOT),
        (CLEAR, "Vendor Ltd", None),
        (CLEAR, "Home Office Furniture Ltd", None),
        (CLEAR, "Riverside Council (example)", None),
        (CLEAR, "linked co", ASSOCIATED),
        ("linked/db", "Linked Co", None),
    ] {
        let found = why(rules(to, HOST).denials.denies_organisation(name));
        assert_eq!(found.as_deref(), expected, "{name} on the way to {to}");
    }
}

/// As the charter: an emergency passes to associated systems too, and never to a root.
#[tokio::test]
async fn an_emergency_is_held_back_by_roots_alone() {
    const TEAM: &str = "westbridge-council/adult-safeguarding";
    let denials = rules_for(TEAM, HOST, true).denials;
    for (host, expected) in [("db.linked.example", None), ("51.141.0.7", None), ("apply.homeoffice.gov.uk", ROOT)] {
        let host = Host::parse(host).unwrap();
        assert_eq!(why(denials.denies(&host)).as_deref(), expected);
        assert_eq!(why(denials.denies_certificate(&host, false)).as_deref(), expected);
    }
    assert_eq!(why(denials.denies_organisation("Linked Co")), None);
    assert_eq!(why(denials.denies_organisation("Home Office")).as_deref(), ROOT);
    // What was let through for it is of no use to anybody else.
    let way = Way::new(times()).await;
    let standin = Standin::tls(&way.authority.identity(&[HOST, "db.linked.example"])).await;
    let as_is = pin(&standin, false, &rules_for(TEAM, HOST, true)).await;
    let other = pin(&standin, false, &rules_for(TEAM, HOST, false)).await;
    let retire = as_is.rules().epoch;
    way.client.retire(retire);
    way.get(&as_is).await;
    way.get(&as_is).await;
    assert_eq!(standin.connections(), 1);
    let refusal = way.send(post(&other, "{}")).await.unwrap_err().into_refusal();
    assert_eq!(named(&refusal), ["associated-only-by-data-2"]);
    assert_eq!((standin.connections(), standin.requests().len()), (2, 2));
}

#[tokio::test]
async fn an_alias_of_somebody_linked_is_refused_before_it_is_asked_about() {
    for (alias, expected) in
        [("db.linked.example", ASSOCIATED), ("eu.homeoffice.gov.uk", ROOT), ("visas.vendor.example", ROOT)]
    {
        let react = move |q: &crate::support::dns::Question| {
            let answer = if q.name == HOST { q.empty().with(HOST, 60, &format!("CNAME {alias}")) } else { q.empty() };
            answer.only()
        };
        let dns = Dns::new(react).await;
        let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
        let refusal = resolver.judge_and_pin(&rules(CLEAR, HOST), &[], &upstream(HOST, false)).await.unwrap_err();
        assert_eq!(named(&refusal).first().copied(), expected, "{alias}");
        assert!(dns.asked().iter().all(|q| q.ends_with(HOST)), "{:?}", dns.asked());
    }
    let cdn = Dns::zone(&[(HOST, "CNAME riverside.cdn.example"), (CDN, "A 51.142.0.1")]).await;
    let resolver = Resolver::new(&gateway(&[], &[cdn.address], &[]), &[]);
    let pinned = resolver.judge_and_pin(&rules(CLEAR, HOST), &[], &upstream(HOST, false)).await.unwrap();
    assert_eq!(addresses(&pinned), ["51.142.0.1:443"]);
}

#[tokio::test]
async fn a_certificate_made_out_to_a_root_gets_nothing_in_any_alphabet() {
    let way = Way::new(times()).await;
    let name = "Home Office";
    let utf8 = |s: &str| DnValue::Utf8String(s.to_owned());
    for (kind, value) in [
        (DnType::OrganizationName, utf8("home  OFFICE")),
        (DnType::OrganizationName, utf8("Ｈｏｍｅ Ｏｆｆｉｃｅ")),
        (DnType::OrganizationName, DnValue::PrintableString(name.try_into().unwrap())),
        (DnType::OrganizationName, DnValue::Ia5String(name.try_into().unwrap())),
        (DnType::OrganizationName, DnValue::BmpString(BmpString::try_from(name).unwrap())),
        (DnType::OrganizationName, DnValue::TeletexString(TeletexString::try_from(name).unwrap())),
        (DnType::OrganizationName, DnValue::UniversalString(UniversalString::try_from(name).unwrap())),
        (DnType::OrganizationalUnitName, utf8("Home Office")),
        (DnType::CommonName, utf8("apply.homeoffice.gov.uk")),
        (DnType::CommonName, DnValue::BmpString(BmpString::try_from("homeoffice.gov.uk").unwrap())),
    ] {
        let identity = way.authority.issue_to(&[HOST], &[(kind.clone(), value.clone())]);
        let standin = Standin::tls(&identity).await;
        let pinned = pin(&standin, false, &rules(CLEAR, HOST)).await;
        let failure = way.send(post(&pinned, "{}")).await.unwrap_err();
        assert_eq!((failure.sent(), standin.bytes().len()), (Sent::No, 0), "{value:?}");
        assert_eq!(named(&failure.into_refusal()), ["no-home-office"], "{kind:?} {value:?}");
    }
    let harmless = [(DnType::OrganizationName, utf8("Riverside Council")), (DnType::CommonName, utf8("Riverside"))];
    let standin = Standin::tls(&way.authority.issue_to(&[HOST], &harmless)).await;
    way.send(post(&pin(&standin, false, &rules(CLEAR, HOST)).await, "{}")).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_two_readers_read_differently_gets_nothing() {
    let way = Way::new(times()).await;
    let utf8 = |s: &str| DnValue::Utf8String(s.to_owned());
    for subject in [
        (DnType::OrganizationName, utf8("Riverside Council\0Home Office")),
        (DnType::OrganizationName, utf8("Riverside\nCouncil")),
        (DnType::OrganizationName, DnValue::BmpString(BmpString::try_from("River\0side").unwrap())),
        (DnType::CommonName, utf8("refer.riverside.example\0.homeoffice.gov.uk")),
    ] {
        let identity = way.authority.issue_to(&[HOST], std::slice::from_ref(&subject));
        let standin = Standin::tls(&identity).await;
        let failure = way.send(post(&pin(&standin, false, &rules(CLEAR, HOST)).await, "{}")).await.unwrap_err();
        assert_eq!((failure.kind(), failure.sent()), (&FailureKind::Certificate, Sent::No), "{subject:?}");
        assert_eq!(standin.bytes(), b"");
    }
}
