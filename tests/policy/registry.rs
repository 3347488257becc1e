//! Whose host is it: deny beats allow, then the nearest claim.

use super::with;
use havengate::{
    flow::{Host, SystemId},
    policy::{
        Class, Policy, Registry,
        organisations::{About, HostPattern, System, SystemKind},
    },
};

fn system(id: &str, linked: Class, hosts: &[&str]) -> (SystemId, System) {
    let pattern = |h: &&str| match (h.strip_prefix("*."), h.split_once('/')) {
        (Some(x), _) => HostPattern::Below(x.into()),
        (None, Some((host, path))) => {
            HostPattern::Path(Host::parse(host).unwrap(), path.split('/').map(str::to_owned).collect())
        }
        _ => HostPattern::Exact(Host::parse(h).unwrap()),
    };
    let id = SystemId::parse(id).unwrap();
    let system = System {
        id: id.clone(),
        organisation: "o".parse().unwrap(),
        name: "O".into(),
        kind: SystemKind::Support,
        hosts: hosts.iter().map(pattern).collect(),
        addresses: Vec::new(),
        certificate_organisations: Vec::new(),
        assessed: None,
        undertaking: None,
        safeguarding_approved: None,
        chain: Vec::new(),
        linked,
        home_office_forum: false,
        forum: None,
        associated: None,
        about: About::default(),
    };
    (id, system)
}

#[test]
fn the_nearest_claim_wins_and_a_root_always() {
    let registry = Registry::new(
        [
            system("root", Class::Root, &["root.example", "*.root.example", "shared.example/report/crime"]),
            system("wide", Class::Clear, &["*.council.example", "shared.example"]),
            system("near", Class::Clear, &["refer.council.example", "*.deep.council.example", "shared.example/report"]),
            system("number", Class::Clear, &["192.0.2.7"]),
        ]
        .into(),
    );
    let of = |host: &str, path: &str| {
        let path: Vec<String> = path.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect();
        registry.system_of(&Host::parse(host).unwrap(), &path).map(|s| s.id.as_str())
    };
    for (host, path, expected) in [
        ("root.example", "", Some("root")),
        ("a.b.root.example", "x", Some("root")),
        ("notroot.example", "", None),
        ("council.example", "", None),
        ("a.council.example", "", Some("wide")),
        ("REFER.council.example.", "", Some("near")),
        ("deep.council.example", "", Some("wide")),
        ("a.deep.council.example", "", Some("near")),
        ("shared.example", "", Some("wide")),
        ("shared.example", "report", Some("near")),
        ("shared.example", "reports", Some("wide")),
        ("shared.example", "report/crime/now", Some("root")),
        ("shared.example", "report/crimes", Some("near")),
        ("192.0.2.7", "", Some("number")),
        ("[::ffff:192.0.2.7]", "", Some("number")),
        ("192.0.2.8", "", None),
    ] {
        assert_eq!(of(host, path), expected, "{host}/{path}");
    }
    assert!(registry.root_by_host(&Host::parse("shared.example").unwrap()).is_none());
    assert!(registry.root_by_host(&Host::parse("x.root.example").unwrap()).is_some());
}

#[test]
fn nobody_is_known_to_an_empty_registry() {
    let host = Host::parse("a.example").unwrap();
    assert!(Registry::default().system_of(&host, &[]).is_none());
}

/// One system with mail domains and tenants besides.
fn found_by(id: &str, linked: Class, mail: &[&str], tenants: &[&str]) -> (SystemId, System) {
    let (id, mut system) = system(id, linked, &[]);
    system.hosts.extend(mail.iter().map(|m| match m.strip_prefix("*.") {
        Some(x) => HostPattern::MailBelow(x.to_owned()),
        None => HostPattern::Mail((*m).to_owned()),
    }));
    system.hosts.extend(tenants.iter().map(|t| HostPattern::Tenant((*t).to_owned())));
    (id, system)
}

#[test]
fn mail_reaches_everybody_who_claims_the_domain() {
    let registry = Registry::new(
        [
            found_by("housing", Class::Clear, &["council.example", "housing.council.example"], &["Ab1"]),
            found_by("status", Class::Associated, &["council.example"], &["T-9"]),
            found_by("rest", Class::Unassessed, &["*.council.example"], &["ab1"]),
        ]
        .into(),
    );
    let mail = |domain: &str| registry.systems_of_mail(domain).map(|s| s.id.to_string()).collect::<Vec<_>>();
    assert_eq!(mail("council.example"), ["housing", "status"]);
    assert_eq!(mail("housing.council.example"), ["housing"]);
    assert_eq!(mail("a.b.council.example"), ["rest"]);
    assert!(mail("notcouncil.example").is_empty() && mail("example").is_empty());
    let tenant = |id: &str| registry.systems_of_tenant(id).map(|s| s.id.to_string()).collect::<Vec<_>>();
    assert_eq!(tenant("Ab1"), ["housing"]);
    assert_eq!(tenant("ab1"), ["rest"]);
    assert!(tenant("AB1").is_empty(), "in another case it is nobody's");
    assert_eq!(tenant("t-9"), ["status"], "unless that somebody is linked");
}

#[test]
fn linked_names_are_found_with_the_gravest_first() {
    let registry = Registry::new(
        [
            found_by("linked", Class::Associated, &["linked.example"], &[]),
            found_by("root", Class::Root, &["root.example"], &[]),
            found_by("clear", Class::Clear, &["clear.example"], &[]),
        ]
        .into(),
    );
    let found = |text: &str| registry.linked_within(text).iter().map(|s| s.id.to_string()).collect::<Vec<_>>();
    assert_eq!(found("a@linked.example b@root.example c@clear.example"), ["root", "linked"]);
    assert_eq!(found("c@clear.example"), [""; 0]);
    assert_eq!(Registry::default().linked_within("root.example").len(), 0);
}

/// After a version that brings another core, the set that was active before it can still be compared with.
#[test]
fn the_recipients_of_an_older_set_can_be_read_whatever_its_core_was() {
    let older =
        with("roots.toml", "[[organisation]]\nid = \"border-force\"", "[[organisation]]\nid = \"border-farce\"");
    assert!(Policy::compile(&older).is_err());
    let registry = Registry::of(&older).unwrap();
    assert!(registry.system(&SystemId::parse("riverside-council/housing-referrals").unwrap()).is_some());
    assert_eq!(Registry::of(&with("organisations.toml", "", "[[organisation")).map(|_| ()), None);
}
