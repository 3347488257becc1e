//! Whose host is it: deny beats allow, then the nearest claim.

use havengate::{
    flow::{Host, SystemId},
    policy::{
        Class, Registry,
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
