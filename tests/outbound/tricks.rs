//! What a DNS server, or somebody who answers in its place, may try. The recipient listens at the address that the
//! trick leads to: after each refusal it has not seen a connection.

use crate::{
    names::{CDN, ROOT, addresses, ask},
    support::{
        dns::{Dns, Question},
        standin::Standin,
    },
    ways::{HOST, Way, gateway, get, linked, named, rules, rules_denying, times, upstream},
};
use havengate::{
    gate::resolve::{Resolver, Rules},
    verdict::{Code, Refusal},
};
use hickory_resolver::proto::{op::ResponseCode, rr::RecordType};

/// The recipient's server, where DNS should lead.
const THERE: &str = "A 127.0.0.1";
const LOOPBACK: &[&str] = &["127.0.0.0/8"];

/// The way to a recipient that is looked up for each request.
struct Scene {
    way: Way,
    standin: Standin,
    dns: Dns,
    resolver: Resolver,
}

impl Scene {
    async fn new(dns: Dns) -> Self {
        let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
        Self { way: Way::new(times()).await, standin: Standin::plain().await, dns, resolver }
    }

    /// Resolves and sends, as a request does.
    async fn send(&self, rules: &Rules) -> Result<(), Refusal> {
        let mut upstream = upstream(HOST, true);
        upstream.port = self.standin.address().port();
        let listed: Vec<_> = LOOPBACK.iter().map(|n| n.parse().unwrap()).collect();
        let pinned = self.resolver.judge_and_pin(rules, &listed, &upstream).await?;
        let answer = self.way.send(get(&pinned)).await.map_err(|f| f.into_refusal())?;
        answer.body.collect(100).await.unwrap();
        Ok(())
    }

    /// Asserts why nothing was sent, and that nobody was dialled.
    async fn refuses(&self, rules: &Rules) -> Vec<String> {
        let refusal = self.send(rules).await.unwrap_err();
        assert_eq!(self.standin.connections(), 0, "{refusal:?}");
        if refusal == linked() {
            return vec!["linked".into()];
        }
        named(&refusal).into_iter().map(str::to_owned).collect()
    }
}

/// Refused for this reason, whatever it is that DNS does.
async fn refused(react: impl Fn(&Question) -> Vec<Vec<u8>> + Send + Sync + 'static, rule: &str) -> Scene {
    let scene = Scene::new(Dns::new(react).await).await;
    assert_eq!(scene.refuses(&rules()).await, [rule]);
    scene
}

/// Served all the same.
async fn served(react: impl Fn(&Question) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Scene {
    let scene = Scene::new(Dns::new(react).await).await;
    scene.send(&rules()).await.unwrap();
    assert_eq!(scene.standin.connections(), 1);
    scene
}

#[tokio::test]
async fn the_plain_case_is_served() {
    let scene = served(|q| q.from(&[(HOST, THERE)]).only()).await;
    assert_eq!(scene.dns.asked().len(), 2, "one question for each family");
}

#[tokio::test]
async fn an_alias_to_a_root_is_refused_and_not_asked_about() {
    let react = |q: &Question| q.from(&[(HOST, "CNAME edge.homeoffice.example")]).only();
    let scene = Scene::new(Dns::new(react).await).await;
    assert_eq!(scene.refuses(&rules_denying("homeoffice.example")).await, ["linked"]);
    assert!(scene.dns.asked().iter().all(|q| q.ends_with(HOST)), "{:?}", scene.dns.asked());
    let whole = |q: &Question| {
        q.from(&[(HOST, "CNAME riverside.cdn.example"), (CDN, "CNAME edge.homeoffice.example"), (ROOT, THERE)]).only()
    };
    let scene = Scene::new(Dns::new(whole).await).await;
    assert_eq!(scene.refuses(&rules_denying("homeoffice.example")).await, ["linked"]);
}

#[tokio::test]
async fn a_denied_address_among_others_refuses_all_of_them() {
    for zone in [
        &[(HOST, THERE), (HOST, "A 51.140.0.66")][..],
        &[(HOST, "A 51.140.0.66"), (HOST, THERE)],
        &[(HOST, THERE), (HOST, "AAAA 64:ff9b::51.140.0.66")],
        &[(HOST, THERE), (HOST, "AAAA ::ffff:51.140.0.66")],
        &[(HOST, THERE), (HOST, "AAAA 64:ff9b:1:338c:0:4200::")],
    ] {
        let scene = Scene::new(Dns::zone(zone).await).await;
        assert_eq!(scene.refuses(&rules_denying("51.140.0.66")).await, ["linked"], "{zone:?}");
    }
    refused(|q| q.from(&[(HOST, THERE), (HOST, "A 10.1.2.3")]).only(), "special-use-address").await;
}

/// Each says that the whole was not seen: what was not seen might have held a denial.
#[tokio::test]
async fn a_failure_of_either_family_refuses_both() {
    for code in [ResponseCode::ServFail, ResponseCode::Refused, ResponseCode::FormErr, ResponseCode::NotImp] {
        for v4 in [true, false] {
            let react = move |q: &Question| {
                if q.v4() == v4 { q.code(code).only() } else { q.from(&[(HOST, THERE), (HOST, "AAAA ::1")]).only() }
            };
            refused(react, "name-server-failed").await;
        }
    }
}

#[tokio::test]
async fn silence_of_one_family_refuses_both_and_a_denial_does_not_wait_for_it() {
    let silent = |q: &Question| if q.v4() { q.from(&[(HOST, THERE)]).only() } else { Vec::new() };
    refused(silent, "name-server-silent").await;
    let scene = Scene::new(Dns::new(silent).await).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(scene.refuses(&rules_denying("127.0.0.1")).await, ["linked"]);
    assert!(begun.elapsed().as_millis() < 1900, "it waited for the silent family");
}

#[tokio::test]
async fn absence_of_one_family_is_common() {
    let soa = |q: &Question| q.empty().authority("riverside.example", 60, "SOA 60");
    served(move |q| if q.v4() { q.from(&[(HOST, THERE)]).only() } else { soa(q).only() }).await;
    served(|q| if q.v4() { q.from(&[(HOST, THERE)]).only() } else { q.code(ResponseCode::NXDomain).only() }).await;
}

#[tokio::test]
async fn a_name_without_addresses_leads_nowhere() {
    refused(|q| q.code(ResponseCode::NXDomain).only(), "name-resolution").await;
    refused(|q| q.empty().only(), "name-resolution").await;
    let alias = |q: &Question| q.from(&[(HOST, "CNAME riverside.cdn.example")]).code(ResponseCode::NXDomain).only();
    refused(alias, "name-resolution").await;
    let referral = |q: &Question| q.empty().authority("example", 60, "NS ns.elsewhere.example").only();
    refused(referral, "name-server-failed").await;
}

#[tokio::test]
async fn aliases_in_a_circle_or_without_end_are_refused() {
    refused(|q| q.empty().with(HOST, 60, "CNAME refer.riverside.example").only(), "name-alias-chain").await;
    let circle = &[(HOST, "CNAME riverside.cdn.example"), (CDN, "CNAME refer.riverside.example")];
    refused(|q| q.from(circle).only(), "name-alias-chain").await;
    let one_at_a_time = |q: &Question| {
        let to = if q.name == HOST { CDN } else { HOST };
        q.empty().with(&q.name, 60, &format!("CNAME {to}")).only()
    };
    refused(one_at_a_time, "name-alias-chain").await;
    let endless = |q: &Question| {
        let depth: usize = q.name.strip_prefix('n').and_then(|n| n.split('.').next()?.parse().ok()).unwrap_or(0);
        q.empty().with(&q.name, 60, &format!("CNAME n{}.cdn.example", depth + 1)).only()
    };
    let scene = refused(endless, "name-alias-chain").await;
    assert!(scene.dns.asked_for(RecordType::A).len() <= 11, "{:?}", scene.dns.asked());
}

/// `n` aliases in one answer.
fn chain(q: &Question, n: usize) -> Vec<Vec<u8>> {
    let name = |i: usize| if i == 0 { HOST.to_owned() } else { format!("n{i}.cdn.example") };
    let mut answer = q.empty();
    for i in 0..n {
        answer = answer.with(&name(i), 60, &format!("CNAME {}", name(i + 1)));
    }
    if q.v4() { answer.with(&name(n), 60, THERE).only() } else { answer.authority("cdn.example", 60, "SOA 60").only() }
}

#[tokio::test]
async fn a_chain_is_followed_so_far_and_no_further() {
    served(|q| chain(q, 10)).await;
    refused(|q| chain(q, 11), "name-alias-chain").await;
}

#[tokio::test]
async fn an_answer_with_two_readings_is_refused() {
    for records in [
        &["CNAME riverside.cdn.example", "CNAME other.cdn.example"][..],
        &["CNAME riverside.cdn.example", "A 127.0.0.1"],
        &["A 127.0.0.1", "CHAOS"],
        &["A 127.0.0.1", "TXT something"],
        &["CNAME 127.0.0.1"],
        &["CNAME a\\.b.cdn.example"],
    ] {
        let react = |q: &Question| records.iter().fold(q.empty(), |a, says| a.with(HOST, 60, says)).only();
        refused(react, "name-answer-unclear").await;
    }
    // A whole zone renamed, and no alias that says so for the name itself.
    refused(|q| q.empty().with("riverside.example", 60, "DNAME homeoffice.example").only(), "name-answer-unclear")
        .await;
    let renamed = |q: &Question| {
        q.empty().with("riverside.example", 60, "DNAME cdn.example").with(HOST, 60, "CNAME refer.cdn.example").only()
    };
    let scene = Scene::new(Dns::new(renamed).await).await;
    assert_eq!(scene.refuses(&rules_denying("refer.cdn.example")).await, ["linked"]);
    let there_is_no_such_address =
        |q: &Question| q.from(&[(HOST, THERE), (HOST, "AAAA ::1")]).code(ResponseCode::NXDomain).only();
    refused(there_is_no_such_address, "name-answer-unclear").await;
}

#[tokio::test]
async fn the_whole_truth_over_tcp_is_believed() {
    let scene = served(|q| if q.tcp { q.from(&[(HOST, THERE)]).only() } else { q.empty().cut().only() }).await;
    assert_eq!(scene.dns.over_tcp(), 2);
    // The part that came over UDP would have been allowed.
    let react = |q: &Question| {
        let part = q.from(&[(HOST, THERE)]);
        if q.tcp { part.with(HOST, 60, "A 51.140.0.66").only() } else { part.cut().only() }
    };
    let scene = Scene::new(Dns::new(react).await).await;
    assert_eq!(scene.refuses(&rules_denying("51.140.0.66")).await, ["linked"]);
}

#[tokio::test]
async fn half_an_answer_is_none() {
    refused(|q| if q.tcp { Vec::new() } else { q.from(&[(HOST, THERE)]).cut().only() }, "name-answer-cut").await;
    refused(|q| q.from(&[(HOST, THERE)]).cut().only(), "name-answer-cut").await;
    let scene = Scene::new(Dns::udp_only(|q| q.from(&[(HOST, THERE)]).cut().only()).await).await;
    assert_eq!(scene.refuses(&rules()).await, ["name-answer-cut"]);
}

#[tokio::test]
async fn forged_answers_are_not_heard() {
    let evil = |q: &Question| q.empty().with(HOST, 60, "A 127.0.0.66");
    let scene = served(move |q| {
        let honest = q.from(&[(HOST, THERE)]).bytes();
        vec![
            vec![0; 3],
            evil(q).forged_id().bytes(),
            evil(q).forged_question("elsewhere.example").bytes(),
            honest,
            evil(q).bytes(),
        ]
    })
    .await;
    assert_eq!(addresses(&ask(&scene.dns, &rules(), LOOPBACK).await.unwrap()), ["127.0.0.1:443"]);
    let only_forged = move |q: &Question| vec![evil(q).forged_id().bytes()];
    refused(only_forged, "name-server-silent").await;
}

#[tokio::test]
async fn garbage_is_no_answer() {
    let garbage = |q: &Question| {
        let mut bytes = q.from(&[(HOST, THERE)]).bytes();
        bytes.truncate(bytes.len() - 3);
        vec![bytes]
    };
    refused(garbage, "name-server-failed").await;
    refused(|q| q.from(&[(HOST, THERE)]).question().only(), "name-server-failed").await;
    refused(
        |q| if q.tcp { q.from(&[(HOST, THERE)]).forged_question("b.example").only() } else { q.empty().cut().only() },
        "name-server-failed",
    )
    .await;
    refused(|_| vec![vec![0xff; 400]], "name-server-silent").await;
}

#[tokio::test]
async fn records_of_other_names_lead_nowhere_and_deny_nothing() {
    let scene = served(|q| {
        q.from(&[(HOST, THERE)])
            .with("elsewhere.example", 60, "A 127.0.0.66")
            .with("edge.homeoffice.example", 60, "CNAME refer.riverside.example")
            .authority(HOST, 60, "A 127.0.0.67")
            .additional(HOST, "A 127.0.0.68")
            .additional("elsewhere.example", "A 10.0.0.1")
            .only()
    })
    .await;
    let pinned = ask(&scene.dns, &rules_denying("homeoffice.example"), LOOPBACK).await.unwrap();
    assert_eq!(addresses(&pinned), ["127.0.0.1:443"]);
    // Nor do they stand in for an answer.
    refused(|q| q.empty().with("elsewhere.example", 60, THERE).additional(HOST, THERE).only(), "name-resolution").await;
}

#[tokio::test]
async fn a_flood_is_judged_whole_and_dialled_in_part() {
    let flood = |q: &Question| {
        if !q.tcp {
            return q.empty().cut().only();
        }
        let many = (0..1000_u16).map(|i| format!("A 127.0.{}.{}", i / 250, i % 250 + 1));
        let answer = many.fold(q.empty(), |a, says| a.with(HOST, 60, &says));
        answer.with(HOST, 60, "A 51.140.0.66").only()
    };
    let dns = Dns::new(flood).await;
    assert_eq!(ask(&dns, &rules(), &["127.0.0.0/8", "51.140.0.0/16"]).await.unwrap().addresses().len(), 16);
    let scene = Scene::new(dns).await;
    assert_eq!(scene.refuses(&rules_denying("51.140.0.66")).await, ["linked"], "the last of 1001");
}

#[tokio::test]
async fn an_answer_is_pinned_and_one_that_flips_is_judged_again() {
    // TTL 0: nothing is kept, every request asks.
    let flips = |q: &Question| {
        let address = if q.before == 0 { "127.0.0.1" } else { "51.140.0.66" };
        if q.v4() { q.empty().with(HOST, 0, &format!("A {address}")).only() } else { q.empty().only() }
    };
    let scene = Scene::new(Dns::new(flips).await).await;
    let denying = rules_denying("51.140.0.66");
    scene.send(&denying).await.unwrap();
    assert_eq!(scene.send(&denying).await.unwrap_err(), linked());
    assert_eq!(scene.standin.connections(), 1, "the connection that is still open is not used either");
    assert_eq!(scene.standin.requests().len(), 1);
    assert_eq!(scene.dns.asked_for(RecordType::A).len(), 2);
    // Rebinding: first a public address, then this machine.
    let rebinds = |q: &Question| {
        let address = if q.before == 0 { "51.140.0.1" } else { "127.0.0.1" };
        if q.v4() { q.empty().with(HOST, 0, &format!("A {address}")).only() } else { q.empty().only() }
    };
    let dns = Dns::new(rebinds).await;
    let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
    let (rules, upstream) = (rules(), upstream(HOST, false));
    let ask = || resolver.judge_and_pin(&rules, &[], &upstream);
    let first = ask().await.unwrap();
    assert_eq!(named(&ask().await.unwrap_err()), ["special-use-address"]);
    assert_eq!(addresses(&first), ["51.140.0.1:443"], "what was pinned stays what it was");
}

#[tokio::test]
async fn an_answer_is_kept_for_its_time_and_judged_each_time() {
    for (ttl, questions) in [(0, 2), (60, 1), (u32::MAX >> 1, 1), (1 << 31, 2)] {
        let react = move |q: &Question| q.empty().with(HOST, ttl, if q.v4() { THERE } else { "AAAA ::1" }).only();
        let dns = Dns::new(react).await;
        let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
        let listed = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let ask = async |rules: Rules| resolver.judge_and_pin(&rules, &listed, &upstream(HOST, false)).await;
        ask(rules()).await.unwrap();
        ask(rules()).await.unwrap();
        assert_eq!(dns.asked_for(RecordType::A).len(), questions, "TTL {ttl}");
        assert_eq!(ask(rules_denying("127.0.0.1")).await.unwrap_err(), linked(), "TTL {ttl}");
    }
}

#[tokio::test]
async fn who_waits_for_the_same_name_shares_the_answer() {
    let dns = Dns::new(|q| q.empty().with(HOST, 0, if q.v4() { THERE } else { "AAAA ::1" }).only()).await;
    let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
    let listed = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let (rules, upstream) = (rules(), upstream(HOST, false));
    let ask = || resolver.judge_and_pin(&rules, &listed, &upstream);
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(dns.asked().len(), 2);
}

#[tokio::test]
async fn another_case_is_the_same_name() {
    let shout = |q: &Question| {
        let mut answer = q.from(&[(HOST, THERE)]);
        answer.0.queries[0].set_name(crate::support::dns::absolute("ReFeR.RiVeRsIdE.ExAmPlE"));
        for record in &mut answer.0.answers {
            record.name = crate::support::dns::absolute("REFER.riverside.EXAMPLE");
        }
        answer.only()
    };
    served(shout).await;
    let alias = |q: &Question| q.empty().with(HOST, 60, "CNAME EDGE.HomeOffice.Example").only();
    let scene = Scene::new(Dns::new(alias).await).await;
    assert_eq!(scene.refuses(&rules_denying("homeoffice.example")).await, ["linked"]);
}

#[tokio::test]
async fn a_dead_server_is_passed_over_and_then_asked_last() {
    let dead = Dns::udp_only(|_| Vec::new()).await;
    let failing = Dns::new(|q| q.code(ResponseCode::ServFail).only()).await;
    let honest = Dns::new(|q| q.empty().with(HOST, 0, if q.v4() { THERE } else { "AAAA ::1" }).only()).await;
    let resolver = Resolver::new(&gateway(&[], &[dead.address, failing.address, honest.address], &[]), &[]);
    let listed = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    for _ in 0..2 {
        resolver.judge_and_pin(&rules(), &listed, &upstream(HOST, false)).await.unwrap();
    }
    assert_eq!((dead.asked().len(), failing.asked().len(), honest.asked().len()), (2, 2, 4));
}

#[tokio::test]
async fn an_answer_that_names_our_own_listener_is_refused() {
    let dns = Dns::zone(&[(HOST, THERE)]).await;
    let own = Standin::plain().await;
    let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[own.address()]);
    let mut upstream = upstream(HOST, true);
    upstream.port = own.address().port();
    let listed = ["127.0.0.0/8".parse().unwrap()];
    let refusal = resolver.judge_and_pin(&rules(), &listed, &upstream).await.unwrap_err();
    assert_eq!((refusal.code, named(&refusal)), (Code::DestinationMismatch, vec!["own-listener"]));
    assert_eq!(own.connections(), 0);
}

#[tokio::test]
async fn one_names_trouble_is_not_anothers() {
    const OTHER: &str = "other.riverside.example";
    let react = |q: &Question| if q.name == HOST { Vec::new() } else { q.from(&[(OTHER, THERE)]).only() };
    let dns = Dns::new(react).await;
    let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
    let listed = ["127.0.0.0/8".parse().unwrap()];
    let (rules, silent, other) = (rules(), upstream(HOST, false), upstream(OTHER, false));
    let troubled = resolver.judge_and_pin(&rules, &listed, &silent);
    let served = async {
        let begun = tokio::time::Instant::now();
        for _ in 0..50 {
            resolver.judge_and_pin(&rules, &listed, &other).await.unwrap();
        }
        begun.elapsed()
    };
    let (troubled, served) = tokio::join!(troubled, served);
    assert_eq!(named(&troubled.unwrap_err()), ["name-server-silent"]);
    assert!(served.as_millis() < 1900, "it waited behind the silent name");
}
