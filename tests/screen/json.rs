//! The kernel's rules, one by one.

use crate::rules::{LIMITS, Rules, everything, field, only, record, screen, screen_pieces, withhold, year};
use havengate::{
    flow::{Act, Form, Transform},
    policy::integration::{Denied, FieldRule, Unlisted},
    screen::{Person, Ruling},
    verdict::Code,
};

fn clients() -> Rules {
    let mut rules = Rules::of(&[record("$.clients[*]", "$.ref", &["$.ref", "$.name", "$.need.type", "$.tags[*]"])]);
    rules.envelope.push(field("$.batchId"));
    rules
}

#[test]
fn only_what_is_listed_leaves() {
    let body = r#" { "batchId" : "b1", "secret": {"clients": 1}, "clients": [
        {"ref": "a", "dob": "1987-04-02", "name": "Ana", "need": {"type": "bed", "why": ["x"]}, "tags": ["u", {"v": 1}]},
        "stray", {"name": {"first": "Ben"}, "ref": "b"} ] } "#;
    let expected = concat!(
        r#"{"batchId":"b1","clients":[{"ref":"a","name":"Ana","need":{"type":"bed"},"tags":["u",null]},"#,
        r#"null,{"ref":"b"}]}"#
    );
    assert_eq!(screen(&clients(), everything, body).unwrap(), expected);
}

#[test]
fn numbers_escapes_and_order_stay_as_they_came() {
    let rules = Rules::of(&[record("$", "$.id", &["$.*"])]);
    let body = r#"{"z":1.0e+02,"\u0061":"\u00e9\/é","n":-0,"big":123456789012345678901234567890.10}"#;
    assert_eq!(screen(&rules, everything, body).unwrap(), body);
}

#[test]
fn consent_of_one_client_opens_nothing_of_another() {
    let body = r#"{"clients":[{"name":"Ana","ref":"a"},{"name":"Ben","ref":"b"},{"name":"Cy"}]}"#;
    let expected = r#"{"clients":[{"name":"Ana","ref":"a"},{},{}]}"#;
    assert_eq!(screen(&clients(), only("a"), body).unwrap(), expected);
}

#[test]
fn a_subject_is_one_string_or_number() {
    let rules = Rules::of(&[record("$[*]", "$..id", &["$.name"])]);
    let named = |id: &'static str, record: &str| screen(&rules, only(id), &format!("[{record}]")).unwrap();
    assert_eq!(named("é/1", r#"{"id":"\u00e9\/1","name":"x"}"#), r#"[{"name":"x"}]"#);
    assert_eq!(named("1.50", r#"{"name":"x","id":1.50}"#), r#"[{"name":"x"}]"#);
    assert_eq!(named("a", r#"{"in":{"id":"a"},"name":"x"}"#), r#"[{"in":{},"name":"x"}]"#);
    for nobody in [r#""""#, "null", "true", "{}", "[\"a\"]"] {
        let unknown = |person: &Person, rule: &FieldRule| {
            assert_eq!(*person, Person::Unknown, "{nobody}");
            everything(person, rule)
        };
        screen(&rules, unknown, &format!(r#"[{{"id":{nobody},"name":"x"}}]"#)).unwrap();
    }
    for two in [r#""id":"a","x":{"id":"a"}"#, r#""id":"a","x":{"id":null}"#, r#""id":{"id":1}"#] {
        let ambiguous = |person: &Person, _: &FieldRule| {
            assert_eq!(*person, Person::Ambiguous, "{two}");
            withhold()
        };
        assert!(!screen(&rules, ambiguous, &format!(r#"[{{{two},"name":"x"}}]"#)).unwrap().contains("name"));
    }
}

#[test]
fn a_subject_from_the_request_and_no_subject() {
    let mut rules = Rules::of(&[record("$", "$.ref", &["$.name"])]);
    rules.records[0].subject = None;
    assert_eq!(screen(&rules, only("from the path"), r#"{"name":"x"}"#).unwrap(), r#"{"name":"x"}"#);
    // Outside records nothing is about anybody.
    rules.records[0].select = "$.client".to_owned();
    rules.envelope.push(field("$.name"));
    assert_eq!(screen(&rules, only("from the path"), r#"{"name":"x"}"#).unwrap(), "{}");
}

#[test]
fn dependants_are_their_own_people() {
    let mut household = record("$", "$.ref", &["$.name", "$.children[*].name", "$.children[*].children[*].name"]);
    household.dependants = Some(("$..children[*]".to_owned(), "$.id".to_owned()));
    let rules = Rules::of(&[household]);
    let body =
        r#"{"children":[{"name":"C","id":"c","children":[{"id":"g","name":"G"}]},{"name":"D"}],"ref":"a","name":"A"}"#;
    let sent = |id| screen(&rules, only(id), body).unwrap();
    assert_eq!(sent("a"), r#"{"children":[{"children":[{}]},{}],"name":"A"}"#);
    assert_eq!(sent("c"), r#"{"children":[{"name":"C","children":[{}]},{}]}"#);
    assert_eq!(sent("g"), r#"{"children":[{"children":[{"name":"G"}]},{}]}"#);
    let people = screen_pieces(&rules, LIMITS, everything, [body.as_bytes()]).unwrap().findings().people;
    assert_eq!(people, ["a", "c", "g"].map(|id| Person::One(id.into())));
}

#[test]
fn what_stands_in_a_withheld_values_place() {
    let rule = |path: &str, denied| FieldRule { denied, ..field(path) };
    let mut rules = Rules::of(&[record("$", "$.ref", &[])]);
    rules.records[0].fields = vec![
        rule("$.s", Denied::Strip),
        rule("$.n", Denied::Null),
        rule("$.e", Denied::Empty),
        rule("$.c", Denied::Const("a\"b\u{1}é".into())),
        rule("$.l[*]", Denied::Strip),
        rule("$.m[*]", Denied::Empty),
    ];
    let body = r#"{"s":1,"n":"x","e":2,"c":null,"l":[1,2],"m":["x"]}"#;
    let expected = r#"{"n":null,"e":"","c":"a\"b\u0001é","l":[null,null],"m":[""]}"#;
    assert_eq!(screen(&rules, |_, _| withhold(), body).unwrap(), expected);
}

#[test]
fn rougher_forms_are_written_as_strings_and_null_stays_null() {
    let form = |path: &str, form| FieldRule { otherwise: Some(form), only: true, ..field(path) };
    let mut rules = Rules::of(&[record("$", "$.ref", &[])]);
    rules.records[0].fields = vec![
        year("$.y[*]"),
        form("$.a", Form::Generalised(Transform::AgeBand)),
        form("$.p[*]", Form::Pseudonym),
        form("$.i[*]", Form::Generalised(Transform::Initial)),
    ];
    let body = r#"{"y":["1987-04-02","\u0031987-04-02","soon",null],"a":39,"p":[12,"12",null,true],"i":["Ana",true]}"#;
    let expected = r#"{"y":["1987","1987",null,null],"a":"35-44","p":["p:2\"","p:2\"",null,"p:4\""],"i":["A",null]}"#;
    assert_eq!(screen(&rules, everything, body).unwrap(), expected);

    let findings = screen_pieces(&rules, LIMITS, everything, [body.as_bytes()]).unwrap().findings();
    let years: Vec<_> = findings.listed.iter().filter(|f| &*f.rule.path == "$.y[*]").collect();
    assert_eq!(years.iter().map(|f| (f.act, f.count)).collect::<Vec<_>>(), [(Act::Generalised, 3), (Act::Stripped, 1)]);
    assert!(years[1].withheld.as_ref().unwrap().detail.contains("cannot be read"));
}

#[test]
fn a_form_the_rule_does_not_name_is_a_fault_of_ours() {
    let rules = Rules::of(&[record("$", "$.ref", &["$.name"])]);
    let refusal = screen(&rules, |_, _| Ruling::Send(Form::Pseudonym), r#"{"name":"x"}"#).unwrap_err();
    assert_eq!(refusal.code, Code::Internal);
}

#[test]
fn a_hollow_record_is_not_sent() {
    let mut rules = clients();
    rules.records[0].fields[1].required = true;
    let refusal = screen(&rules, only("a"), r#"{"clients":[{"ref":"b","name":"Ben"}]}"#).unwrap_err();
    assert_eq!(refusal.code, Code::ConsentMissing);
    assert!(refusal.detail.contains("$.name is needed") && !refusal.detail.contains("Ben"), "{}", refusal.detail);
    // Absent is not withheld.
    assert!(screen(&rules, only("a"), r#"{"clients":[{"ref":"b"}]}"#).is_ok());
    rules.records[0].fields[1] = FieldRule { required: true, ..year("$.name") };
    let unreadable = screen(&rules, everything, r#"{"clients":[{"ref":"b","name":"Ben"}]}"#).unwrap_err();
    assert_eq!(unreadable.code, Code::FieldBlocked);
    assert!(unreadable.detail.contains("$.name is needed"));
}

#[test]
fn a_blocking_field_stops_the_request_and_keeps_a_consent_code() {
    let mut rules = clients();
    rules.records[0].fields[1].denied = Denied::Block;
    let body = r#"{"clients":[{"ref":"b","name":"Ben"}]}"#;
    assert_eq!(screen(&rules, |_, _| withhold(), body).unwrap_err().code, Code::ConsentMissing);
    let internal = |_: &Person, _: &FieldRule| {
        Ruling::Withhold(std::sync::Arc::new(havengate::verdict::Refusal::plain(Code::Internal, "never in this form")))
    };
    let refusal = screen(&rules, internal, body).unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.detail.contains("$.name may not leave"));
}

#[test]
fn unlisted_data_stops_the_request_where_the_operation_says_so() {
    let rules = Rules { unlisted: Unlisted::Block, ..Rules::of(&[record("$", "$.ref", &["$.name", "$.tags[*]"])]) };
    for body in [r#"{"name":"x","dob":1}"#, r#"{"name":{}}"#, r#"{"tags":[[]]}"#, r#""x""#] {
        let refusal = screen(&rules, everything, body).unwrap_err();
        assert_eq!(refusal.code, Code::FieldBlocked, "{body}");
        assert!(refusal.detail.contains("at byte") && !refusal.detail.contains("dob"), "{}", refusal.detail);
    }
    // The subject's place is known to the rules although it does not leave.
    assert_eq!(screen(&rules, everything, r#"{"ref":"a","name":"x"}"#).unwrap(), r#"{"name":"x"}"#);
}

#[test]
fn a_document_that_is_one_value() {
    let rules = Rules::of(&[record("$", "$.ref", &["$.name"])]);
    assert_eq!(screen(&rules, everything, " 12 ").unwrap(), "null");
    assert_eq!(screen(&rules, everything, "[1]").unwrap(), "[null]");
    assert_eq!(screen(&Rules::of(&[record("$", "$", &["$"])]), only("12"), "12").unwrap(), "12");
}

#[test]
fn findings_are_complete() {
    let body = r#"{"batchId":1,"x":{"y":[1,2]},"clients":[{"ref":"a","name":"A"},{"ref":"a","name":"A","tags":[1,2]},{"ref":"b","name":"B"}]}"#;
    let findings = screen_pieces(&clients(), LIMITS, only("a"), [body.as_bytes()]).unwrap().findings();
    let listed: Vec<_> = findings
        .listed
        .iter()
        .map(|f| {
            let person = match &f.person {
                Person::One(id) => id.to_string(),
                other => format!("{other:?}"),
            };
            format!("{person} {} {} {} {}", f.rule.path, f.form, f.act, f.count)
        })
        .collect();
    let expected = [
        "Unknown $.batchId raw stripped 1",
        "a $.ref raw sent 2",
        "a $.name raw sent 2",
        "a $.tags[*] raw sent 2",
        "b $.ref raw stripped 1",
        "b $.name raw stripped 1",
    ];
    assert_eq!(listed, expected);
    assert_eq!(findings.unlisted, 1);
    assert!(findings.listed.iter().all(|f| f.withheld.is_some() == (f.act == Act::Stripped)));
    assert_eq!(findings.people, ["a", "b"].map(|id| Person::One(id.into())));
}

#[test]
fn after_a_refusal_everything_is_refused_and_the_block_is_found() {
    use crate::rules::Once;
    let mut rules = clients();
    rules.records[0].fields[1].denied = Denied::Block;
    let mut judge = Once::new(|_: &Person, _: &FieldRule| withhold());
    let mut screener = havengate::screen::json::JsonScreener::new(rules.compile(), LIMITS, Person::Unknown);
    let first = screener.push(br#"{"clients":[{"ref":"b","name":"Ben"}"#, &mut judge).unwrap_err();
    let blocked: Vec<_> = screener.findings().listed.into_iter().filter(|f| f.act == Act::Blocked).collect();
    assert_eq!((blocked.len(), &*blocked[0].rule.path, blocked[0].count), (1, "$.name", 1));
    assert_eq!(screener.push(b"]}", &mut judge).unwrap_err(), first);
    assert_eq!(screener.finish(&mut judge).unwrap_err(), first);
}
