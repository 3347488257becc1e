//! Tables of counts: a cell of a few people goes whole, whatever the rest of the table says.

use crate::rules::{Once, Rules, everything, field, record};
use havengate::{
    flow::{Act, Category},
    policy::integration::{Aggregate, Approval, BodyRules, FieldRule, Format},
    screen::{
        Findings, Person, Ruling,
        body::{BodyScreener, Limits},
    },
    verdict::{Code, Refusal},
};
use std::sync::Arc;

fn listed(path: &str, category: &str) -> FieldRule {
    FieldRule { category: Category::parse(category).unwrap(), ..field(path) }
}

fn table(crossed: Option<Approval>, crosses: bool) -> BodyRules {
    let fields = vec![
        listed("$.nationality", "pd:Nationality"),
        listed("$.month", "hg:Operational"),
        listed("$.people", "hg:Count"),
    ];
    let rules = Rules::of(&[crate::rules::Record { fields, ..record("$.cells[*]", "$.none", &[]) }]);
    let mut rules = Arc::into_inner(rules.compile()).unwrap();
    rules.records[0].aggregate = Some(Aggregate { counts: vec![2], crosses, crossed });
    rules
}

/// Nobody's consent: what is personal leaves only as a group's.
fn groups(person: &Person, rule: &FieldRule) -> Ruling {
    match (person, rule.category.as_str()) {
        (Person::Group, _) | (_, "hg:Operational" | "hg:Count") => everything(person, rule),
        _ => crate::rules::withhold(),
    }
}

fn run(rules: BodyRules, body: &str) -> Result<(String, Findings), Refusal> {
    let limits = Limits { record: 4096, depth: 16, members: 100, people: 10 };
    let mut judge = Once::new(groups);
    let mut screener = BodyScreener::new(Arc::new(rules), limits, Person::Unknown);
    screener.push(body.as_bytes(), &mut judge)?;
    let screened = screener.finish(&mut judge)?;
    let findings = screened.findings();
    Ok((String::from_utf8(screened.bytes).unwrap(), findings))
}

#[test]
fn small_cells_go_and_the_others_stay() {
    let body = r#"{"cells":[
        {"nationality":"x","month":"2026-10","people":10},
        {"people":9,"nationality":"y","month":"2026-10"},
        {"nationality":"z","month":"2026-10","people":0}]}"#;
    let (out, findings) = run(table(None, false), body).unwrap();
    assert_eq!(out, r#"{"cells":[{"nationality":"x","month":"2026-10","people":10},{},{}]}"#);
    let gone: Vec<_> =
        findings.listed.iter().filter(|f| f.act == Act::Stripped).map(|f| (&*f.rule.path, f.count)).collect();
    assert_eq!(gone, [("$.nationality", 2), ("$.month", 2), ("$.people", 2)]);
    let why = findings.listed.iter().find_map(|f| f.withheld.as_ref()).unwrap();
    assert_eq!(why.reasons[0].rule.as_str(), "small-cell");
}

#[test]
fn what_is_no_plain_count_counts_nobody() {
    for count in ["\"10\"", "1e2", "-10", "10.0", "null", "true", "[10]", "{\"n\":10}", "99999999999999999999"] {
        let body = format!(r#"{{"cells":[{{"nationality":"x","people":{count}}}]}}"#);
        assert_eq!(run(table(None, false), &body).unwrap().0, r#"{"cells":[{}]}"#, "{count}");
    }
    assert_eq!(run(table(None, false), r#"{"cells":[{"nationality":"x"}]}"#).unwrap().0, r#"{"cells":[{}]}"#);
}

#[test]
fn a_crossed_table_needs_a_decision_that_holds_today() {
    let body = r#"{"cells":[{"nationality":"x","people":10}]}"#;
    let until = |until| Approval { on: jiff::civil::date(2026, 1, 1), until, minutes_sha256: String::new() };
    let held = until(jiff::civil::date(2026, 11, 21));
    assert_eq!(run(table(Some(held), true), body).unwrap().0, body);
    for crossed in [None, Some(until(jiff::civil::date(2026, 11, 20)))] {
        let refusal = run(table(crossed, true), body).unwrap_err();
        assert_eq!((refusal.code, refusal.reasons[0].rule.as_str()), (Code::FieldBlocked, "crossed-table"));
    }
}

#[test]
fn a_table_in_rows_keeps_its_rows() {
    let columns = ["Nationality", "Month", "People"];
    let flat = crate::flat::Flat::of(Format::of("text/csv").unwrap(), "None", &columns);
    let mut rules = Arc::into_inner(flat.compile()).unwrap();
    rules.records[0].aggregate = Some(Aggregate { counts: vec![2], crosses: false, crossed: None });
    assert!(matches!(rules.format, Format::Table(_)));
    let body = "Nationality,Month,People\nx,2026-10,12\ny,2026-10,3\n\"z\",2026-10,\n";
    let (out, _) = run(rules, body).unwrap();
    assert_eq!(out, "Nationality,Month,People\nx,2026-10,12\n,,\n,,\n");
}
