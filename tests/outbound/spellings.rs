//! One host, however it is written where policies, answers and DNS name one.

use crate::{
    support::{
        dns::Dns,
        spellings::{NAME, SPELLINGS, in_a_url},
        standin::{Behaviour, Standin},
    },
    ways::{HOST, Way, gateway, get, named, plain, rules, rules_denying, times, upstream},
};
use havengate::{
    config::Config,
    gate::resolve::Resolver,
    policy::{Policy, Severity, shipped},
};
use hickory_resolver::proto::rr::{Name, RData, Record, rdata::CNAME};
use std::path::Path;

/// A string in TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Whether policies compile with one place of one file changed.
fn compiles(file: &str, from: &str, to: &str) -> bool {
    let mut sources = shipped::sources();
    let text = sources.0.get_mut(file).unwrap();
    assert!(text.contains(from));
    *text = text.replacen(from, to, 1);
    match Policy::compile(&sources) {
        Ok(_) => true,
        Err(found) => !found.iter().any(|d| d.severity == Severity::Error),
    }
}

#[test]
fn in_the_registry() {
    for (spelling, canonical) in SPELLINGS {
        let hosts = format!("hosts = [{}]", quoted(spelling));
        // The connection's URL is at the canonical name: the system is found there or the set is refused.
        let found = compiles("organisations.toml", r#"hosts = ["refer.riverside.example"]"#, &hosts);
        assert_eq!(found, *canonical == Some(NAME), "{spelling:?}");
    }
}

#[test]
fn in_a_connections_url() {
    for (spelling, canonical) in SPELLINGS.iter().filter(|(s, _)| in_a_url(s)) {
        let url = format!("upstream    = {}", quoted(&format!("https://{spelling}/v2")));
        let found = compiles(
            "integrations/inform-riverside.toml",
            r#"upstream    = "https://refer.riverside.example/v2""#,
            &url,
        );
        assert_eq!(found, *canonical == Some(NAME), "{spelling:?}");
    }
    for odd in [
        "https:refer.riverside.example/v2",
        "https:\\\\refer.riverside.example/v2",
        "https:///refer.riverside.example/v2",
        "https://re\tfer.riverside.example/v2",
        " https://refer.riverside.example/v2",
    ] {
        let url = format!("upstream    = {}", quoted(odd));
        let from = r#"upstream    = "https://refer.riverside.example/v2""#;
        assert!(!compiles("integrations/inform-riverside.toml", from, &url), "{odd}");
    }
}

#[test]
fn in_the_configurations_fixed_names() {
    for (spelling, canonical) in SPELLINGS {
        let text = format!(
            "[gateway]\nname = \"test\"\naudience = \"urn:test\"\nlisten = [\"127.0.0.1:0\"]\n[gateway.resolve]\n{} = \"127.0.0.1:1\"\n",
            quoted(spelling)
        );
        let config = Config::parse(&text, Path::new("havengate.toml"), []);
        let found = config.ok().map(|c| c.gateway.resolve.keys().map(ToString::to_string).collect::<Vec<_>>());
        // An address needs no fixing.
        let name = canonical.filter(|c| c.contains(char::is_alphabetic) && !c.starts_with('['));
        assert_eq!(found, name.map(|c| vec![c.to_owned()]), "{spelling:?}");
    }
}

#[tokio::test]
async fn in_a_location() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    let pinned = plain(&standin).await;
    for (spelling, canonical) in SPELLINGS.iter().filter(|(s, _)| s.is_ascii() && !s.contains('\0')) {
        standin.script([Behaviour::redirect(&format!("http://{spelling}/v2/next"))]);
        let answer = way.send(get(&pinned)).await.unwrap();
        let location = answer.headers.get("location").map(|v| v.to_str().unwrap().to_owned());
        match location {
            // The URL standard decodes `%` here, and so does whoever follows; it is the same place.
            Some(own) => assert!(
                own == "/riverside/next" && (*canonical == Some(NAME) || spelling.contains('%')),
                "{spelling}: {own}"
            ),
            None => assert_ne!(*canonical, Some(NAME), "{spelling}"),
        }
        answer.body.collect(100).await.unwrap();
    }
}

#[tokio::test]
async fn in_an_alias() {
    for (spelling, canonical) in SPELLINGS {
        // As the bytes of a name in DNS, dots between labels.
        let labels = spelling.strip_suffix('.').unwrap_or(spelling).split('.').map(str::as_bytes);
        let Ok(target) = Name::from_labels(labels) else { continue };
        let mut target = target;
        target.set_fqdn(true);
        let react = move |q: &crate::support::dns::Question| {
            let mut answer = q.empty();
            if q.name == "alias.example" {
                let alias = RData::CNAME(CNAME(target.clone()));
                answer.0.add_answer(Record::from_rdata(crate::support::dns::absolute("alias.example"), 60, alias));
            }
            answer.only()
        };
        let dns = Dns::new(react).await;
        let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
        let refusal =
            resolver.judge_and_pin(&rules_denying(HOST), &[], &upstream("alias.example", false)).await.unwrap_err();
        // Bytes above ASCII in DNS are not Unicode to anybody, and a number is no name there.
        let is_name = *canonical == Some(NAME) && spelling.is_ascii();
        let reasons = named(&refusal);
        assert_eq!(reasons, if is_name { vec![] } else { vec!["name-answer-unclear"] }, "{spelling:?}: {refusal:?}");
        assert!(dns.asked().iter().all(|q| q.ends_with(" alias.example")), "{:?}", dns.asked());
    }
}

/// What is asked of DNS and what stands in the handshake and in `Host` is the canonical name.
#[tokio::test]
async fn on_the_way_out() {
    let way = Way::new(times()).await;
    let standin = Standin::tls(&way.authority.identity(&[HOST])).await;
    for (spelling, _) in SPELLINGS.iter().filter(|(_, c)| *c == Some(NAME)) {
        let dns = Dns::zone(&[(HOST, "A 127.0.0.1")]).await;
        let resolver = Resolver::new(&gateway(&[], &[dns.address], &[]), &[]);
        let mut upstream = upstream(spelling, false);
        upstream.port = standin.address().port();
        let pinned = resolver.judge_and_pin(&rules(), &["127.0.0.0/8".parse().unwrap()], &upstream).await.unwrap();
        way.get(&pinned).await;
        assert!(dns.asked().iter().all(|q| q.ends_with(&format!(" {HOST}"))), "{:?}", dns.asked());
    }
    let expected = format!("{HOST}:{}", standin.address().port());
    assert!(standin.requests().iter().all(|r| r.header("host").as_ref() == Some(&expected)));
    assert_eq!(standin.connections(), 1, "they are one recipient");
}
