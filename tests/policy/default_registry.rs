//! The registry as it is shipped: what each system is, and that no spelling of its hosts makes it anything else.

use havengate::{
    flow::Host,
    policy::{
        Class, Policy, Registry,
        organisations::{HostPattern, System},
        shipped,
    },
};
use jiff::civil::{Date, date};

const DAY: Date = date(2026, 11, 22);

/// Every system that is not a local authority: its class, and the way that leads to the Home Office. A change of
/// the shipped registry that moves one of these is seen here, and should be meant.
const EXPECTED: &[(&str, Class, &str)] = &[
    ("border-force/casework", Class::Root, "is-part-of Home Office"),
    ("border-security-command/network", Class::Root, "is-part-of Home Office"),
    ("chain/database", Class::Associated, "associated Home Office"),
    ("change-grow-live/services", Class::Unassessed, ""),
    ("cifas/databases", Class::Unassessed, "shares-with Home Office"),
    ("city-messages/notifications", Class::Clear, ""),
    ("clearsprings/asylum-accommodation", Class::Root, "processor-for Home Office"),
    ("disclosure-and-barring-service/checks", Class::Root, "is-part-of Home Office"),
    ("dwp/services", Class::Unassessed, "shares-with Home Office"),
    ("gangmasters-and-labour-abuse-authority/intelligence", Class::Root, "is-part-of Home Office"),
    ("gla/rough-sleeping", Class::Unassessed, ""),
    ("harbour-crm/contacts", Class::Clear, ""),
    ("hm-passport-office/passports", Class::Root, "is-part-of Home Office"),
    ("hmrc/services", Class::Associated, "shares-with Home Office"),
    ("home-office/campaigns", Class::Root, ""),
    ("home-office/homelessness-escalations-service", Class::Root, ""),
    ("home-office/immigration-health-surcharge", Class::Root, ""),
    ("home-office/network", Class::Root, ""),
    ("home-office/report-immigration-crime", Class::Root, ""),
    ("home-office/right-to-work", Class::Root, ""),
    ("home-office/view-immigration-status", Class::Root, ""),
    ("home-office/visa-applications", Class::Root, ""),
    ("homeless-link/services", Class::Unassessed, ""),
    ("immigration-advice-authority/register", Class::Root, "is-part-of Home Office"),
    ("immigration-enforcement/casework", Class::Root, "is-part-of Home Office"),
    ("independent-chief-inspector-of-borders-and-immigration/evidence", Class::Root, "is-part-of Home Office"),
    ("independent-family-returns-panel/cases", Class::Root, "is-part-of Home Office"),
    ("london-councils/rough-sleeping-forum", Class::Unassessed, "forum-attended-by Home Office"),
    ("mears/asylum-accommodation", Class::Root, "processor-for Home Office"),
    ("mhclg/delta", Class::Unassessed, "shares-with Home Office"),
    ("migrant-help/asylum-advice-line", Class::Unassessed, "processor-for Home Office"),
    ("migrant-help/charity", Class::Unassessed, ""),
    ("migration-advisory-committee/evidence", Class::Root, "is-part-of Home Office"),
    ("national-fraud-initiative/matching", Class::Unassessed, "shares-with Home Office"),
    ("nrpf-connect/database", Class::Associated, "shares-with Home Office"),
    ("police/forces", Class::Associated, "shares-with Home Office"),
    ("riverside-council/housing-referrals", Class::Clear, ""),
    ("riverside-council/nrpf", Class::Associated, "shares-with NRPF Connect, shares-with Home Office"),
    ("security-industry-authority/licensing", Class::Root, "is-part-of Home Office"),
    ("serco/asylum-accommodation", Class::Root, "processor-for Home Office"),
    ("st-mungos/services", Class::Unassessed, ""),
    ("street-health/outreach", Class::Clear, ""),
    ("streetlink/alerts", Class::Unassessed, ""),
    ("thames-reach/services", Class::Unassessed, ""),
    ("uk-visas-and-immigration/casework", Class::Root, "is-part-of Home Office"),
    ("ukvcas/applications", Class::Root, "processor-for Home Office"),
    ("vfs-global/uk-visas", Class::Unassessed, "processor-for Home Office"),
    ("westbridge-council/adult-safeguarding", Class::Clear, ""),
];

fn registry() -> std::sync::Arc<Registry> {
    Policy::compile(&shipped::sources()).unwrap().registry
}

fn is_council(system: &System) -> bool {
    system.name.ends_with("(local authority)")
}

#[test]
fn each_system_is_what_its_evidence_makes_it() {
    let registry = registry();
    let found: Vec<_> = registry
        .systems
        .values()
        .filter(|s| !is_council(s))
        .map(|s| {
            let chain: Vec<_> = s.chain.iter().map(|c| format!("{} {}", c.kind, c.to)).collect();
            (s.id.as_str().to_owned(), s.class(DAY), chain.join(", "))
        })
        .collect();
    let expected: Vec<_> =
        EXPECTED.iter().map(|(id, class, chain)| ((*id).to_owned(), *class, (*chain).to_owned())).collect();
    assert_eq!(found, expected);
}

/// The council shares another system's cases with a network that the Home Office reads; its duty-to-refer system is
/// open all the same, and so would be any other council's that somebody assessed.
#[test]
fn a_council_is_not_shut_out_for_what_another_of_its_systems_does() {
    let registry = registry();
    let refer = registry.system(&"riverside-council/housing-referrals".parse().unwrap()).unwrap();
    let nrpf = registry.system(&"riverside-council/nrpf".parse().unwrap()).unwrap();
    assert_eq!((refer.class(DAY), nrpf.class(DAY)), (Class::Clear, Class::Associated));

    let mut sources = shipped::sources();
    let own = sources.0.get_mut("organisations.toml").unwrap();
    *own += r#"
[[organisation]]
id = "barnet"
name = "Barnet"
[[organisation.system]]
id = "barnet/duty-to-refer"
kind = "housing"
hosts = ["refer.barnet.gov.uk"]
assessed = { on = 2026-10-01, until = 2027-09-30, by = "panel", reason = "Apart from the team for people without recourse." }
"#;
    let registry = Policy::compile(&sources).unwrap().registry;
    let of = |host: &str| registry.system_of(&Host::parse(host).unwrap(), &[]).unwrap();
    assert_eq!(
        (of("refer.barnet.gov.uk").class(DAY), of("www.barnet.gov.uk").class(DAY)),
        (Class::Clear, Class::Unassessed)
    );
    assert_eq!(of("www.barnet.gov.uk").name, "Barnet (local authority)");
}

#[test]
fn councils_are_known_and_nobody_assessed_them() {
    let registry = registry();
    let councils: Vec<_> = registry.systems.values().filter(|s| is_council(s)).collect();
    assert!(councils.len() > 390);
    assert!(councils.iter().all(|s| s.class(DAY) == Class::Unassessed && s.chain.is_empty()));
    let whose = |sources: &havengate::policy::Sources| {
        let registry = Policy::compile(sources).unwrap().registry;
        registry.system_of(&Host::parse("york.gov.uk").unwrap(), &[]).unwrap().id.to_string()
    };
    let mut sources = shipped::sources();
    assert_eq!(whose(&sources), "york-gov-uk/network");
    let own = "\n[[organisation]]\nid = \"york\"\nname = \"York\"\n[[organisation.system]]\nid = \"york/all\"\n\
               kind = \"housing\"\nhosts = [\"york.gov.uk\", \"*.york.gov.uk\"]\n";
    sources.0.get_mut("organisations.toml").unwrap().push_str(own);
    assert_eq!(whose(&sources), "york/all", "the organisation's own file counts");
}

/// Ways to write a name that browsers and clients take for the same (UTS 46, RFC 1034).
fn spellings(name: &str) -> Vec<String> {
    let wide = |c: char| if c.is_ascii_alphanumeric() { char::from_u32(c as u32 + 0xfee0).unwrap() } else { c };
    let dotted = |dot: &str| name.replace('.', dot);
    vec![
        name.to_owned(),
        name.to_uppercase(),
        format!("{name}."),
        name.chars().map(wide).collect(),
        dotted("\u{3002}"),
        dotted("\u{ff0e}"),
        dotted("\u{ff61}"),
        name.chars().flat_map(|c| [c, '\u{ad}']).collect(),
        format!("{}\u{200b}", name.replacen('.', "\u{2060}.", 1)),
    ]
}

#[test]
fn no_spelling_of_a_host_makes_it_another() {
    let registry = registry();
    let mut tried = 0;
    for system in registry.systems.values() {
        for pattern in &system.hosts {
            let (name, path): (String, &[String]) = match pattern {
                HostPattern::Exact(Host::Name(name)) => (name.clone(), &[]),
                HostPattern::Below(name) => (format!("a.b.{name}"), &[]),
                HostPattern::Path(Host::Name(name), path) => (name.clone(), path),
                _ => continue,
            };
            for spelling in spellings(&name) {
                let host = Host::parse(&spelling).unwrap_or_else(|e| panic!("{spelling}: {e}"));
                let found = registry.system_of(&host, path).map(|s| s.id.as_str());
                // A host of the Home Office is the Home Office's whichever of its systems claims it.
                let root = registry.root_by_host(&host).map(|s| s.id.as_str());
                assert!(found == Some(system.id.as_str()) || root.is_some(), "{spelling}: {found:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 7_000, "{tried}");
}

#[test]
fn one_path_of_a_shared_host_is_the_home_offices_and_the_others_are_not() {
    let registry = registry();
    let of = |path: &[&str]| {
        let path: Vec<_> = path.iter().map(|s| (*s).to_owned()).collect();
        registry.system_of(&Host::parse("WWW.GOV.UK.").unwrap(), &path).map(|s| s.id.to_string())
    };
    let linked = Some("home-office/report-immigration-crime".to_owned());
    assert_eq!(of(&["report-immigration-crime"]), linked);
    assert_eq!(of(&["report-immigration-crime", "online"]), linked);
    assert_eq!(of(&["report-immigration-crimes"]), None);
    assert_eq!(of(&["council-tax"]), None);
    assert_eq!(of(&[]), None);
}
