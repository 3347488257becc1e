//! Values and names that name a recipient who may not receive anything: withheld by their rule, and counted.

use crate::rules::{LIMITS, Record, Rules, TODAY, field, record, withhold};
use havengate::{
    flow::{Act, Category, Form},
    policy::integration::{Denied, FieldRule, Unlisted},
    screen::{Judge, Person, Ruling, body::ScreenedBody, json::JsonScreener},
    verdict::{Code, Reason, Refusal},
};
use proptest::prelude::*;
use std::sync::Arc;

/// Lets everything leave exactly, unless its text holds `denied.example` or `other.example`.
struct Naming {
    looked_at: Vec<String>,
}

impl Judge for Naming {
    fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
        if &*rule.path == "$.withheld" { withhold() } else { Ruling::Send(rule.forms().next().unwrap()) }
    }
    fn names(&mut self, rule: Option<&FieldRule>, text: &str) -> Option<Arc<Refusal>> {
        self.looked_at.push(text.to_owned());
        let named = ["denied.example", "other.example"].into_iter().find(|name| text.contains(name))?;
        let reason = Reason {
            clause: None,
            rule: named.parse().unwrap(),
            category: rule.map(|r| r.category.clone()),
            path: rule.map(|r| r.path.clone()),
            remedy: String::new(),
        };
        Some(Arc::new(Refusal::plain(Code::RecipientDenied, "It is denied.").because(reason)))
    }
    fn reads_every(&self, rule: &FieldRule) -> bool {
        &*rule.path == "$.to"
    }
    fn detects(&self) -> bool {
        false
    }
    fn places(&self) -> Option<&havengate::detect::Places> {
        None
    }
    fn holds(&self, _: &FieldRule, _: &Category) -> bool {
        false
    }
    fn is_operational(&self, _: &FieldRule) -> bool {
        false
    }
    fn bytes(&self, _: &FieldRule) -> havengate::screen::Bytes {
        havengate::screen::Bytes::Other
    }
    fn known_by(&self, _: &FieldRule) -> havengate::screen::KnownBy {
        havengate::screen::KnownBy::Nothing
    }

    fn pseudonym(&self, _: &Category, value: &str) -> String {
        format!("p{}", value.len())
    }
    fn today(&self) -> jiff::civil::Date {
        TODAY
    }
}

fn screen(rules: &Rules, body: &str) -> (Result<ScreenedBody, Refusal>, Vec<String>) {
    let mut judge = Naming { looked_at: Vec::new() };
    let mut screener = JsonScreener::new(rules.compile(), LIMITS, Person::Unknown);
    let pushed = screener.push(body.as_bytes(), &mut judge);
    let done = pushed.and_then(|()| screener.finish(&mut judge));
    (done, judge.looked_at)
}

fn rules(fields: Vec<FieldRule>) -> Rules {
    Rules::of(&[Record { fields, ..record("$[*]", "$.id", &[]) }])
}

fn with(path: &str, denied: Denied) -> FieldRule {
    FieldRule { denied, ..field(path) }
}

#[test]
fn a_value_is_withheld_as_its_rule_says_and_counted_with_the_reason() {
    let rules = rules(vec![
        field("$.a"),
        with("$.b", Denied::Empty),
        with("$.c", Denied::Const("gone".into())),
        field("$.d[*]"),
        FieldRule { otherwise: Some(Form::Pseudonym), only: true, ..field("$.p") },
        field("$.withheld"),
    ]);
    let body = r#"[{"id":1,"a":"x@denied\u002eexample","b":"denied.example","c":"denied.example","d":["denied.example","ok.example",1.5,"other.example"],"p":"denied.example","withheld":"denied.example"},{"id":2,"a":"denied.example"}]"#;
    let (done, looked_at) = screen(&rules, body);
    let done = done.unwrap();
    assert_eq!(
        String::from_utf8(done.bytes.clone()).unwrap(),
        r#"[{"b":"","c":"gone","d":[null,"ok.example",1.5,null],"p":"p14"},{}]"#
    );
    assert_eq!(looked_at.len(), 7, "only what would leave exactly and could hold a name: {looked_at:?}");
    let findings = done.findings();
    let stripped: Vec<_> = findings
        .listed
        .iter()
        .filter(|f| f.act == Act::Stripped && f.withheld.as_ref().unwrap().code == Code::RecipientDenied)
        .map(|f| {
            let Person::One(id) = &f.person else { panic!("{f:?}") };
            (id.to_string(), f.rule.path.to_string(), f.count, f.withheld.as_ref().unwrap().reasons[0].rule.to_string())
        })
        .collect();
    let row = |id: &str, path: &str, rule: &str| (id.to_owned(), path.to_owned(), 1, rule.to_owned());
    assert_eq!(
        stripped,
        [
            row("1", "$.a", "denied.example"),
            row("1", "$.b", "denied.example"),
            row("1", "$.c", "denied.example"),
            row("1", "$.d[*]", "denied.example"),
            row("1", "$.d[*]", "other.example"),
            row("2", "$.a", "denied.example"),
        ]
    );
    let sent: u64 = findings.listed.iter().filter(|f| f.act == Act::Sent).map(|f| f.count).sum();
    assert_eq!(sent, 2);
}

#[test]
fn where_it_blocks_or_is_required_nothing_leaves() {
    for rule in [with("$.a", Denied::Block), FieldRule { required: true, ..field("$.a") }] {
        let refusal = screen(&rules(vec![rule]), r#"[{"id":1,"a":"denied.example"}]"#).0.unwrap_err();
        assert_eq!(refusal.code, Code::RecipientDenied);
        assert!(refusal.detail.starts_with("$.a ") && !refusal.detail.contains("denied.example"));
    }
}

#[test]
fn of_a_recipient_every_value_is_looked_at() {
    let (done, looked_at) =
        screen(&rules(vec![field("$.to")]), r#"[{"to":"tenant"},{"to":17},{"to":true},{"to":null}]"#);
    assert_eq!(looked_at, ["tenant", "17", "true"]);
    assert_eq!(done.unwrap().bytes, br#"[{"to":"tenant"},{"to":17},{"to":true},{"to":null}]"#);
}

#[test]
fn a_name_that_a_wildcard_lets_through_counts_as_unlisted() {
    let body = r#"[{"ok.example":1,"x@denied\u002eexample":2,"deep":{"denied.example":3}}]"#;
    let all = rules(vec![field("$..*")]);
    let done = screen(&all, body).0.unwrap();
    assert_eq!(String::from_utf8(done.bytes.clone()).unwrap(), r#"[{"ok.example":1,"deep":{}}]"#);
    assert_eq!(done.findings().unlisted, 2);
    // It is told and recorded like a value.
    let told: Vec<_> = done.findings().listed.into_iter().filter(|f| f.act == Act::Stripped).collect();
    assert_eq!((told.len(), told[0].count, &*told[0].rule.path), (1, 2, "$..*"));
    assert_eq!(told[0].withheld.as_ref().unwrap().code, Code::RecipientDenied);
    let block = Rules { unlisted: Unlisted::Block, ..all };
    assert_eq!(screen(&block, body).0.unwrap_err().code, Code::FieldBlocked);
}

#[test]
fn a_name_on_the_way_to_what_is_listed_is_told_too() {
    let rules = rules(vec![field("$.a"), field("$.by.*.size")]);
    let body = r#"[{"id":1,"a":1,"by":{"x@denied.example":{"size":2},"ok.example":{"size":3}}}]"#;
    let done = screen(&rules, body).0.unwrap();
    assert_eq!(String::from_utf8(done.bytes.clone()).unwrap(), r#"[{"a":1,"by":{"ok.example":{"size":3}}}]"#);
    let findings = done.findings();
    let told = findings.listed.iter().find(|f| f.act == Act::Stripped).unwrap();
    assert_eq!((told.count, &*told.rule.path, &told.person), (1, "$.by.*.size", &Person::Unknown));
}

proptest! {
    /// However a string is escaped and cut, the text that was looked at is the text that leaves.
    #[test]
    fn what_is_looked_at_is_what_leaves(text in "[a-z.\u{e9}。\"\\\\]{0,6}(denied\\.example)?[ -~。]{0,20}", spelling in any::<u64>()) {
        let spelled: String = text.chars().enumerate().map(|(i, c)| match (spelling >> (i % 64) & 1, c) {
            (1, c) if (c as u32) < 0x1_0000 => format!("\\u{:04x}", c as u32),
            (_, '"' | '\\') => format!("\\{c}"),
            (_, c) => c.to_string(),
        }).collect();
        let (done, looked_at) = screen(&rules(vec![field("$.a")]), &format!("[{{\"id\":1,\"a\":\"{spelled}\"}}]"));
        let done: Vec<serde_json::Value> = serde_json::from_slice(&done.unwrap().bytes).unwrap();
        prop_assert_eq!(done[0].get("a").is_none(), text.contains("denied.example"));
        prop_assert!(looked_at.is_empty() || looked_at == [text.clone()]);
        prop_assert_eq!(looked_at.is_empty(), !text.contains(['.', '%', '。', '\\']) && !spelled.contains('\\'));
    }
}
