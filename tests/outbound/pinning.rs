//! Which addresses may be dialled, where no question is asked of anybody.

use crate::ways::{HOST, gateway, linked, named, rules, rules_denying, upstream};
use havengate::{
    flow::{Clause, Host, SystemId},
    gate::resolve::{Pinned, Resolver, Rules},
    policy::{
        Policy,
        integration::Upstream,
        organisations::{Class, HostPattern},
        shipped,
    },
    verdict::{Code, Refusal},
};
use ipnet::IpNet;
use std::{net::SocketAddr, sync::Arc};

fn address(s: &str) -> SocketAddr {
    s.parse().unwrap()
}

async fn literal(host: &str, listed: &[&str]) -> Result<Pinned, Refusal> {
    let listed: Vec<IpNet> = listed.iter().map(|n| n.parse().unwrap()).collect();
    let upstream = Upstream { host: Host::parse(host).unwrap(), ..upstream(HOST, false) };
    Resolver::new(&gateway(&[], &[], &[]), &[]).judge_and_pin(&rules(), &listed, &upstream).await
}

#[tokio::test]
async fn an_override_decides_and_names_the_port() {
    let there = address("127.0.0.1:8123");
    let resolver = Resolver::new(&gateway(&[(HOST, there)], &[], &[]), &[]);
    let pinned = resolver.judge_and_pin(&rules(), &[], &upstream(HOST, false)).await.unwrap();
    assert_eq!(pinned.addresses(), [there]);
    assert_eq!((pinned.port(), pinned.tls(), pinned.authority().as_str()), (443, true, HOST));
}

#[tokio::test]
async fn special_use_addresses_need_to_be_listed() {
    for (host, kind, network) in [
        ("127.0.0.1", "this machine", "127.0.0.0/8"),
        ("2130706433", "this machine", "127.0.0.1/32"),
        ("[::1]", "this machine", "::1/128"),
        ("[::ffff:10.0.0.1]", "a private network", "10.0.0.0/8"),
        ("192.168.7.7", "a private network", "192.168.7.0/24"),
        ("169.254.169.254", "the local link", "169.254.169.254/32"),
        ("100.64.0.1", "shared range", "100.64.0.0/10"),
        ("[fd00:ec2::254]", "a private network", "fd00::/8"),
        ("[64:ff9b::7f00:1]", "this machine", "64:ff9b::/96"),
        ("[2002:a00:1::]", "a private network", "2002:a00::/24"),
        ("[2001:0:808:808::80ff:fffe]", "this machine", "2001::/32"),
    ] {
        let refusal = literal(host, &["198.51.100.0/24"]).await.unwrap_err();
        assert_eq!((refusal.code, named(&refusal)), (Code::DestinationMismatch, vec!["special-use-address"]), "{host}");
        assert!(refusal.detail.contains(kind), "{host}: {}", refusal.detail);
        assert!(!refusal.detail.contains(host), "{host} is repeated");
        literal(host, &[network]).await.unwrap();
    }
    assert_eq!(literal("51.140.0.1", &[]).await.unwrap().address(), Some(address("51.140.0.1:443")));
}

#[tokio::test]
async fn our_own_listeners_are_never_a_recipient() {
    let own = address("127.0.0.1:8443");
    let other = address("127.0.0.1:8444");
    let open = address("0.0.0.0:8443");
    let open6 = address("[::]:8443");
    for (listen, bound) in [(vec![own], vec![]), (vec![], vec![own]), (vec![open], vec![]), (vec![], vec![open6])] {
        let resolver = |to| Resolver::new(&gateway(&[(HOST, to)], &[], &listen), &bound);
        let refusal = resolver(own).judge_and_pin(&rules(), &[], &upstream(HOST, true)).await.unwrap_err();
        assert_eq!((refusal.code, named(&refusal)), (Code::DestinationMismatch, vec!["own-listener"]));
        resolver(other).judge_and_pin(&rules(), &[], &upstream(HOST, true)).await.unwrap();
        // Somebody else's machine with the same port.
        resolver(address("192.0.2.1:8443")).judge_and_pin(&rules(), &[], &upstream(HOST, true)).await.unwrap();
    }
}

#[tokio::test]
async fn the_rules_come_before_an_override_and_after_it() {
    let there = address("127.0.0.1:8123");
    let resolver = Resolver::new(&gateway(&[(HOST, there)], &[], &[]), &[]);
    for denied in [HOST, "riverside.example", "127.0.0.1"] {
        let refusal = resolver.judge_and_pin(&rules_denying(denied), &[], &upstream(HOST, false)).await.unwrap_err();
        assert_eq!(refusal, linked(), "{denied}");
    }
}

#[tokio::test]
async fn the_shipped_roots_are_denied_however_the_way_leads_there() {
    let policy = Arc::new(Policy::compile(&shipped::sources()).unwrap());
    let clear = SystemId::parse("riverside-council/housing-referrals").unwrap();
    let rules = Rules::of(&policy, &clear, &Host::parse(HOST).unwrap(), false);
    assert_eq!(rules.epoch, policy.hash);
    let roots = policy.registry.systems.values().filter(|s| s.linked == Class::Root);
    let hosts: Vec<_> = roots.flat_map(|s| s.hosts.clone()).collect();
    assert!(!hosts.is_empty());
    for pattern in hosts {
        let host = match pattern {
            HostPattern::Exact(host) => host,
            HostPattern::Below(base) => Host::parse(&format!("x.{base}")).unwrap(),
            // Of the rest a resolver knows nothing: the verdict room judges paths, screening judges recipients.
            _ => continue,
        };
        let there = address("127.0.0.1:8123");
        let resolver = Resolver::new(&gateway(&[(&host.to_string(), there)], &[], &[]), &[]);
        let upstream = Upstream { host, ..upstream(HOST, false) };
        let refusal = resolver.judge_and_pin(&rules, &[], &upstream).await.unwrap_err();
        assert_eq!((refusal.code, named(&refusal)), (Code::DestinationLinked, vec!["no-home-office"]));
        assert_eq!(refusal.reasons[0].clause, Some(Clause::Data1));
    }
}

#[tokio::test]
async fn an_embedded_address_is_shown_to_the_rules() {
    let upstream = Upstream { host: Host::parse("[64:ff9b::808:808]").unwrap(), ..upstream(HOST, false) };
    let resolver = Resolver::new(&gateway(&[], &[], &[]), &[]);
    assert!(resolver.judge_and_pin(&rules(), &[], &upstream).await.is_ok());
    let refusal = resolver.judge_and_pin(&rules_denying("8.8.8.8"), &[], &upstream).await.unwrap_err();
    assert_eq!(refusal, linked());
}
