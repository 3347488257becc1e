//! Broken files: the finding says where, what and how to mend it.

use crate::facts::{LOCAL, categories, category, charter, sources};
use havengate::{
    flow::Group,
    policy::{
        CategoryFacts, Diagnostic,
        charter::{CedarSources, Charter, Effect, FLOOR, Mentioned, SCHEMA},
    },
    verdict::{Code, rules},
};

fn findings(local: &str) -> Vec<Diagnostic> {
    Charter::compile(&sources(local), &categories()).expect_err("accepted")
}

/// The one finding for `local`, and the text it points at.
fn finding(local: &str) -> (String, String) {
    let found = findings(local);
    assert_eq!(found.len(), 1, "{found:#?}");
    let d = &found[0];
    assert_eq!(d.file, "local.cedar");
    assert!(!d.mend.is_empty() && !d.message.is_empty());
    (d.message.clone(), local[d.span.clone().expect("a span")].to_owned())
}

#[test]
fn local_rules_are_read_strictly() {
    let all = "permit (principal, action, resource);";
    for (local, message, at) in [
        (all.to_owned(), "a rule without @id", all),
        (format!("@id(\"Not A Name\") {all}"), "@id may hold only", "@id(\"Not A Name\") permit"),
        (format!("@id(\"a\") @claws(\"DATA-3\") {all}"), "@claws means nothing here", "@id(\"a\") @claws"),
        (format!("@id(\"a\") @clause(\"DATA-9\") {all}"), "@clause is not one of DATA-1", "@id(\"a\")"),
        (format!("@id(\"not-permitted\") {all}"), "the gateway's own", "@id"),
        (format!("@id(\"no-sleep-site\") {all}"), "the first is in floor.cedar", "@id"),
        (format!("@id(\"a\") {all}\n@id(\"a\") {all}"), "a second rule named a", "@id"),
        ("@id(\"a\") permit (principal == ?principal, action, resource);".to_owned(), "template", "@id"),
        ("@id(\"a\") permit (principal, action, resource".to_owned(), "unexpected end of input", ""),
        (format!("@id(\"a\") {} when {{ context.clas == 1 }};", &all[..all.len() - 1]), "clas", "context.clas"),
        (
            format!("@id(\"a\") {} when {{ context.class == HG::Class::\"rot\" }};", &all[..all.len() - 1]),
            "rot",
            "HG::Class::\"rot\"",
        ),
        (
            "@id(\"a\") permit (principal, action == HG::Action::\"disclose\", resource) when { context.category in \
             HG::Category::\"pd:Nmae\" };"
                .to_owned(),
            "no category is named pd:Nmae",
            "\"pd:Nmae\"",
        ),
    ] {
        let (said, pointed) = finding(&local);
        assert!(said.contains(message), "{local}: {said}");
        assert!(pointed.starts_with(at), "{local}: {pointed}");
    }
}

#[test]
fn every_finding_is_told_at_once() {
    let found =
        findings("permit (principal, action, resource);\n@id(\"b\") @what forbid (principal, action, resource);");
    let said: Vec<_> = found.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(said, ["a rule without @id", "@what means nothing here"]);
}

#[test]
fn floor_and_schema_are_this_builds() {
    let floor = FLOOR.replace("\"root\"", "\"clear\"");
    let schema = format!("{SCHEMA}\n");
    let found = Charter::compile(&CedarSources { floor: &floor, local: LOCAL, schema: &schema }, &categories())
        .expect_err("accepted");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[0].file, "floor.cedar");
    assert_eq!(found[0].span.clone().unwrap().start, FLOOR.find("root").unwrap());
    assert_eq!(
        (found[1].file.as_str(), found[1].span.clone()),
        ("schema.cedarschema", Some(SCHEMA.len()..SCHEMA.len() + 1))
    );
    assert!(found.iter().all(|d| d.mend.contains("local.cedar")));
}

#[test]
fn a_rule_that_can_never_apply_is_a_warning() {
    let local = format!(
        "{LOCAL}\n@id(\"never\") forbid (principal, action == HG::Action::\"contact\", resource) when {{ false }};"
    );
    let charter = charter(&local);
    assert_eq!(charter.warnings().len(), 1);
    assert!(local[charter.warnings()[0].span.clone().unwrap()].starts_with("@id(\"never\")"));
}

#[test]
fn connections_and_recipients_that_rules_name_are_handed_on() {
    let local = "@id(\"a\") forbid (principal == HG::Integration::\"inform-riverside\", action, resource) when { \
                 resource == HG::System::\"river/side\" };";
    let charter = charter(local);
    let named: Vec<_> = charter.mentions().iter().map(|m| (m.of, m.id.as_str(), &local[m.span.clone()])).collect();
    assert_eq!(named.len(), 2);
    assert!(named.contains(&(Mentioned::Integration, "inform-riverside", "\"inform-riverside\"")));
    assert!(named.contains(&(Mentioned::System, "river/side", "\"river/side\"")));
}

#[test]
fn categories_must_be_a_tree() {
    let with = |parent: &str, group| {
        let mut categories = categories();
        let facts = CategoryFacts {
            label: String::new(),
            group,
            parent: Some(category(parent)),
            coarse: false,
            holds: Vec::new(),
        };
        categories.0.insert(category("hg:New"), facts);
        categories
    };
    for (categories, message) in [
        (with("hg:Nowhere", Group::Identity), "one is unknown"),
        (with("hg:New", Group::Identity), "in a circle"),
        (with("pd:Name", Group::Operational), "in the group operational and"),
        (with("hg:Operational", Group::Identity), "in the group operational and"),
    ] {
        let found = Charter::compile(&sources(LOCAL), &categories).expect_err("accepted");
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].file, "categories.toml");
        assert!(found[0].message.contains(message), "{}", found[0].message);
    }
}

#[test]
fn every_floor_rule_forbids_names_a_clause_and_is_explained() {
    let charter = charter(LOCAL);
    let fallback = rules::of(&"somebody-elses-rule".parse().unwrap());
    assert_eq!(fallback.0, Code::FieldBlocked);
    let mut clauses = std::collections::BTreeSet::new();
    for rule in charter.rules().iter().filter(|r| r.file == "floor.cedar") {
        assert_eq!(rule.effect, Effect::Forbid);
        assert!(FLOOR[rule.span.clone()].starts_with(&format!("@id(\"{}\")", rule.id)));
        clauses.extend(rule.clause.into_iter().chain(rule.also.iter().copied()).map(|c| c.as_str()));
        assert_ne!(rules::of(&rule.id), fallback, "{}", rule.id);
    }
    for own in ["not-permitted", "charter-error"] {
        assert_ne!(rules::of(&own.parse().unwrap()), fallback, "{own}");
    }
    let held = [
        "ADVICE",
        "DATA-1",
        "DATA-2",
        "DATA-2i",
        "DATA-2ii",
        "DATA-2iii",
        "DATA-2iv",
        "DATA-3",
        "DATA-4",
        "DATA-5",
        "TOOLS-1",
        "TRANS-1",
        "TRANS-2",
        "UNITE-2017",
    ];
    assert_eq!(clauses.into_iter().collect::<Vec<_>>(), held);
}

#[test]
fn the_rules_have_the_agreed_codes() {
    for (rule, code) in [
        ("no-home-office", Code::DestinationLinked),
        ("associated-only-by-data-2", Code::DestinationLinked),
        ("assessed-only", Code::DestinationUnassessed),
        ("undertaking-required", Code::DestinationUncommitted),
        ("no-home-office-forum", Code::Forum),
        ("stopped", Code::Stopped),
        ("personal-needs-consent", Code::ConsentMissing),
        ("each-discrete-item", Code::ConsentMissing),
        ("explained", Code::ConsentInvalid),
        ("active-and-this-person", Code::ConsentInvalid),
        ("advice-first", Code::ConsentInvalid),
        ("live-consent", Code::ConsentExpired),
        ("no-sleep-site", Code::FieldBlocked),
        ("classified-only", Code::FieldBlocked),
        ("documents-one-by-one", Code::FieldBlocked),
        ("charter-error", Code::Internal),
    ] {
        assert_eq!(rules::of(&rule.parse().unwrap()).0, code, "{rule}");
    }
}
