//! What is found in a value that its rule does not say.

use crate::rules::{LIMITS, Record, Rules, field, record, searching, withhold};
use havengate::{
    flow::{Act, Category},
    policy::integration::{Denied, Detected, FieldRule, Format, Language, Piece, Template, Within, XmlFormat},
    screen::{Findings, Judge, KnownBy, Person, Ruling, body::BodyScreener, json::JsonScreener},
    verdict::{Code, Refusal},
};
use std::sync::Arc;

/// Lets everything leave but what a category of this list is; a value listed as a service's place may hold places.
struct But(&'static [&'static str]);

impl Judge for But {
    searching!();
    fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
        if self.0.contains(&rule.category.as_str()) {
            return withhold();
        }
        Ruling::Send(rule.forms().next().unwrap())
    }
    fn holds(&self, rule: &FieldRule, found: &Category) -> bool {
        rule.category == *found || rule.category.as_str() == "hg:ServiceLocation"
    }
    fn is_operational(&self, rule: &FieldRule) -> bool {
        rule.category.as_str().starts_with("hg:")
    }
    fn known_by(&self, rule: &FieldRule) -> KnownBy {
        match rule.category.as_str() {
            "pd:Name" => KnownBy::Words,
            "pd:Identifier" => KnownBy::Whole,
            _ => KnownBy::Nothing,
        }
    }
    fn pseudonym(&self, _: &Category, value: &str) -> String {
        format!("~{}", value.len())
    }
}

fn listed(path: &str, category: &str) -> FieldRule {
    FieldRule { category: Category::parse(category).unwrap(), ..field(path) }
}

fn rules(fields: Vec<FieldRule>) -> Rules {
    Rules::of(&[Record { fields, ..record("$[*]", "$.id", &[]) }])
}

fn run(rules: &Rules, denied: &'static [&'static str], body: &str) -> Result<(String, Findings), Refusal> {
    let mut judge = But(denied);
    let mut screener = JsonScreener::new(rules.compile(), LIMITS, Person::Unknown);
    screener.push(body.as_bytes(), &mut judge)?;
    let screened = screener.finish(&mut judge)?;
    let findings = screened.findings();
    Ok((String::from_utf8(screened.bytes).unwrap(), findings))
}

const NINO: &[&str] = &["hg:NationalInsuranceNumber"];

#[test]
fn a_value_that_holds_what_may_not_leave_is_withheld_as_its_rule_says() {
    let note = |denied, detected| rules(vec![FieldRule { denied, detected, ..listed("$.note", "hg:HousingNeed") }]);
    let body = r#"[{"note":"two beds"},{"note":"for AB123456C please"},{"note":"AB 12 34 56\u0020C"}]"#;
    for (denied, detected, expected) in [
        (Denied::Strip, Detected::Value, r#"[{"note":"two beds"},{},{}]"#),
        (Denied::Empty, Detected::Value, r#"[{"note":"two beds"},{"note":""},{"note":""}]"#),
        (
            Denied::Strip,
            Detected::Span,
            r#"[{"note":"two beds"},{"note":"for [removed] please"},{"note":"[removed]"}]"#,
        ),
        (
            Denied::Block,
            Detected::Span,
            r#"[{"note":"two beds"},{"note":"for [removed] please"},{"note":"[removed]"}]"#,
        ),
    ] {
        let (out, findings) = run(&note(denied, detected), NINO, body).unwrap();
        assert_eq!(out, expected);
        let found: Vec<_> = findings.listed.iter().filter(|f| NINO.contains(&f.rule.category.as_str())).collect();
        assert_eq!((found.len(), found[0].act, found[0].count, &*found[0].rule.path), (1, Act::Stripped, 2, "$.note"));
        let why = found[0].withheld.as_ref().unwrap();
        assert!(why.reasons.iter().any(|r| r.rule.as_str().starts_with("detect-")), "{why:?}");
    }
    for (denied, detected) in [(Denied::Block, Detected::Value), (Denied::Strip, Detected::Block)] {
        let refusal = run(&note(denied, detected), NINO, body).unwrap_err();
        assert_eq!(refusal.code, Code::ConsentMissing);
        assert!(refusal.detail.contains("$.note may not leave and stops the request"), "{}", refusal.detail);
        assert!(!refusal.detail.contains("123456"));
    }
}

#[test]
fn what_may_leave_leaves_and_is_recorded_as_what_it_is() {
    let rules = rules(vec![listed("$.note", "hg:HousingNeed")]);
    let body = r#"[{"id":"c-1","note":"AB123456C"}]"#;
    let (out, findings) = run(&rules, &[], body).unwrap();
    assert_eq!(out, r#"[{"note":"AB123456C"}]"#);
    let found = findings.listed.iter().find(|f| NINO.contains(&f.rule.category.as_str())).unwrap();
    assert_eq!((found.act, &found.person), (Act::Sent, &Person::One("c-1".into())));
}

#[test]
fn what_a_category_may_hold_is_no_surprise() {
    let rules = rules(vec![listed("$.where", "hg:ServiceLocation"), listed("$.need", "hg:HousingNeed")]);
    let body = r#"[{"where":"Day Centre, 1 Mill Road, Leeds LS1 4AP","need":"near LS1 4AP"}]"#;
    let (out, _) = run(&rules, &["pd:PostalCode"], body).unwrap();
    assert_eq!(out, r#"[{"where":"Day Centre, 1 Mill Road, Leeds LS1 4AP"}]"#);
}

#[test]
fn a_name_that_its_own_field_withholds_leaves_in_no_other_value_of_the_record() {
    let rules = rules(vec![
        listed("$.need", "hg:HousingNeed"),
        listed("$.name", "pd:Name"),
        listed("$.ref", "pd:Identifier"),
        FieldRule { detected: Detected::Span, ..listed("$.more", "hg:HousingNeed") },
    ]);
    // The name comes after the text that holds it, and belongs to its own record only.
    let body = r#"[{"need":"a bed for Amina","more":"Rahman's, c-4711.","name":"Amina Rahman","ref":"c-4711"},{"need":"a bed for Amina","name":"Omar","more":"x"}]"#;
    let (out, findings) = run(&rules, &["pd:Name", "pd:Identifier"], body).unwrap();
    assert_eq!(out, r#"[{"more":"[removed]'s, [removed]."},{"need":"a bed for Amina","more":"x"}]"#);
    let known = |r: &havengate::verdict::Reason| r.rule.as_str() == "known-value";
    let because = findings.listed.iter().filter_map(|f| f.withheld.as_ref());
    assert!(because.into_iter().any(|why| why.reasons.iter().any(known)));
}

/// The whole body in pieces of this size.
fn in_pieces(rules: &Rules, body: &str, size: usize) -> String {
    let mut judge = But(&["pd:Name"]);
    let mut screener = JsonScreener::new(rules.compile(), LIMITS, Person::Unknown);
    for piece in body.as_bytes().chunks(size) {
        screener.push(piece, &mut judge).unwrap();
    }
    String::from_utf8(screener.finish(&mut judge).unwrap().bytes).unwrap()
}

#[test]
fn a_name_withheld_outside_records_leaves_nowhere_outside_them_however_the_body_is_cut() {
    let envelope = [
        ("$.note", "hg:HousingNeed"),
        ("$.sender", "pd:Name"),
        ("$.x[*]", "hg:HousingNeed"),
        ("$.last", "hg:HousingNeed"),
    ];
    let envelope = envelope.iter().map(|(path, category)| listed(path, category)).collect();
    let record = Record { fields: vec![listed("$.need", "hg:HousingNeed")], ..record("$.clients[*]", "$.id", &[]) };
    let rules = Rules { envelope, ..Rules::of(&[record]) };
    let body = r#"{"note":"ask Zorblatt","sender":"Zorblatt","x":["one","to Zorblatt"],"clients":[{"need":"a bed"}],"x2":1,"last":"Zorblatt again"}"#;
    let expected = r#"{"x":["one",null],"clients":[{"need":"a bed"}]}"#;
    for size in 1..=body.len() {
        assert_eq!(in_pieces(&rules, body, size), expected, "{size}");
    }
    // Far from where it was withheld.
    let many = vec!["\"plain\""; 30_000].join(",");
    let body = format!(r#"{{"sender":"Zorblatt","x":[{many}],"last":"see Zorblatt","note":"a bed"}}"#);
    let expected = format!(r#"{{"x":[{many}],"note":"a bed"}}"#);
    for size in [body.len(), 100_000, 4_097, 331] {
        assert_eq!(in_pieces(&rules, &body, size), expected, "{size}");
    }
}

#[test]
fn what_is_withheld_in_base64_is_looked_for_as_what_it_says() {
    let within = Some(Within { base64: true, rules: None, template: None });
    let rules = rules(vec![FieldRule { within, ..listed("$.p", "pd:Name") }, listed("$.n", "hg:HousingNeed")]);
    let body = r#"[{"p":"Wm9yYmxhdHQ=","n":"see Zorblatt"},{"p":"Wm9yYmxhdHQ=","n":"two beds"}]"#;
    assert_eq!(run(&rules, &["pd:Name"], body).unwrap().0, r#"[{},{"n":"two beds"}]"#);
}

#[test]
fn a_number_is_no_base64() {
    let within = Some(Within { base64: true, rules: None, template: None });
    let rule = FieldRule { within, ..listed("$.p", "hg:HousingNeed") };
    let body = r#"[{"p":12345},{"p":true},{"p":null},{"p":"QQ=="}]"#;
    let (out, _) = run(&rules(vec![rule.clone()]), &[], body).unwrap();
    assert_eq!(out, r#"[{},{},{"p":null},{"p":"QQ=="}]"#);
    let refusal = run(&rules(vec![FieldRule { denied: Denied::Block, ..rule }]), &[], body).unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
}

#[test]
fn a_key_that_a_wildcard_lets_through_says_what_its_value_is() {
    let rules = rules(vec![listed("$.answers.*", "hg:Operational")]);
    let body = r#"[{"answers":{"latitude":51.50799,"beds":51.50799,"chainNumber":"123456","room":"123456"}}]"#;
    let (out, _) = run(&rules, &["pd:GPSCoordinate", "hg:ChainNumber"], body).unwrap();
    assert_eq!(out, r#"[{"answers":{"beds":51.50799,"room":"123456"}}]"#);
}

/// Under one rule in the whole document, where nothing about anybody leaves: what leaves, however it is cut.
fn under(path: &str, body: &str) -> String {
    let fields = vec![listed(path, "hg:Operational")];
    let in_record = Rules::of(&[Record { subject: None, fields: fields.clone(), ..record("$", "", &[]) }]);
    let outside = Rules { envelope: fields, ..Rules::of(&[]) };
    let mut all = [in_record, outside].into_iter().flat_map(|rules| {
        let rules = rules.compile();
        [1, 3, body.len()].map(|piece| {
            let mut judge = But(&["pd:BirthDate", "hg:ChainNumber"]);
            let mut screener = JsonScreener::new(Arc::clone(&rules), LIMITS, Person::Unknown);
            for piece in body.as_bytes().chunks(piece) {
                screener.push(piece, &mut judge).unwrap();
            }
            String::from_utf8(screener.finish(&mut judge).unwrap().bytes).unwrap()
        })
    });
    let first = all.next().unwrap();
    assert!(all.all(|other| other == first), "{path}");
    first
}

#[test]
fn a_key_that_a_wildcard_lets_through_says_what_is_in_it() {
    for (path, body, expected) in [
        (
            "$.z.*[*]",
            r#"{"z":{"dob":["1987-04-02"],"opened":["1987-04-02"],"chainNumber":["98765"],"beds":["98765",98765]}}"#,
            r#"{"z":{"dob":[null],"opened":["1987-04-02"],"chainNumber":[null],"beds":["98765",98765]}}"#,
        ),
        (
            "$.d..*",
            r#"{"d":{"dob":["1987-04-02"],"by":{"chain":{"n":98765},"beds":98765},"more":["1987-04-02"]}}"#,
            r#"{"d":{"dob":[null],"by":{"chain":{},"beds":98765},"more":["1987-04-02"]}}"#,
        ),
        (
            "$.x.*.value",
            r#"{"x":{"dob":{"value":"1987-04-02","n":1},"chainNumber":{"value":"98765"},"beds":{"value":"98765"}}}"#,
            r#"{"x":{"dob":{},"chainNumber":{},"beds":{"value":"98765"}}}"#,
        ),
        (
            "$..value",
            r#"{"dob":"1987-04-02","x":{"dob":{"a":{"value":"1987-04-02"}},"value":"1987-04-02"},"value":"98765"}"#,
            r#"{"x":{"dob":{"a":{}},"value":"1987-04-02"},"value":"98765"}"#,
        ),
    ] {
        assert_eq!(under(path, body), expected, "{path}");
    }
}

#[test]
fn an_elements_or_attributes_name_that_a_wildcard_lets_through_says_what_its_value_is() {
    let denied: &[&str] = &["pd:BirthDate", "hg:ChainNumber"];
    for (path, body, expected) in [
        (
            "x/*",
            "<r><x><chainNumber>98765</chainNumber><dob>1987-04-02</dob><beds>98765</beds><dob a='1'>1987-04-02</dob></x>\
             <x><dob>1987-04-02</dob><opened>1987-04-02</opened></x></r>",
            "<r><x><beds>98765</beds></x><x><opened>1987-04-02</opened></x></r>",
        ),
        (
            "@*",
            "<r dob='1987-04-02' chain='98765' beds='98765' opened='1987-04-02'/>",
            "<r beds=\"98765\" opened=\"1987-04-02\"/>",
        ),
        (
            "x/*/value",
            "<r><x><dob><value>1987-04-02</value></dob><beds><value>98765</value></beds><chain><value>98765</value>\
             <value>98765</value></chain></x></r>",
            "<r><x><dob/><beds><value>98765</value></beds><chain/></x></r>",
        ),
        (
            "x/*/@value",
            "<r><x><dob value='1987-04-02'/><opened value='1987-04-02'/></x></r>",
            "<r><x><opened value=\"1987-04-02\"/></x></r>",
        ),
        (
            ".//value",
            "<r><x><dob><a><value>1987-04-02</value></a></dob><value>1987-04-02</value></x></r>",
            "<r><x><dob><a/></dob><value>1987-04-02</value></x></r>",
        ),
    ] {
        assert_eq!(xml_but(denied, "/r", &[(path, "hg:Operational")], body).unwrap().0, expected, "{path}");
    }
}

#[test]
fn a_name_that_a_wildcard_lets_through_is_searched_too() {
    let rules = rules(vec![listed("$.by.*", "hg:HousingNeed")]);
    let body = r#"[{"by":{"beds":1,"AB123456C":2,"AB 12 34 56\u0020C":3,"M1 1AE":4}}]"#;
    let (out, findings) = run(&rules, NINO, body).unwrap();
    assert_eq!(out, r#"[{"by":{"beds":1,"M1 1AE":4}}]"#);
    let gone: Vec<_> = findings.listed.iter().filter(|f| f.act == Act::Stripped).collect();
    assert_eq!((gone.len(), gone[0].count, &*gone[0].rule.path, &gone[0].person), (1, 2, "$.by.*", &Person::Unknown));
    let why = gone[0].withheld.as_ref().unwrap();
    assert!(why.reasons.iter().any(|r| r.rule.as_str().starts_with("detect-")), "{why:?}");
    assert!(!format!("{why:?}").contains("123456"));
    // A name that the file itself holds is nobody's data.
    let own = Rules::of(&[Record {
        fields: vec![listed("$.by['AB123456C']", "hg:HousingNeed")],
        ..record("$[*]", "$.id", &[])
    }]);
    assert_eq!(run(&own, NINO, body).unwrap().0, r#"[{"by":{"AB123456C":2}}]"#);
    let xml = XmlFormat::default();
    let format = Format::Xml(Arc::new(xml));
    let place = |text: &str| format.selector(text).unwrap();
    let rules =
        Rules::of(&[Record { subject: None, fields: vec![listed(".//*", "hg:HousingNeed")], ..record("/r", "", &[]) }]);
    let compiled = rules.compile_as("application/xml", format.clone(), &place);
    let mut judge = But(NINO);
    let mut screener = BodyScreener::new(compiled, LIMITS, Person::Unknown);
    screener.push(b"<r><beds>1</beds><AB123456C>2</AB123456C></r>", &mut judge).unwrap();
    let screened = screener.finish(&mut judge).unwrap();
    assert_eq!(String::from_utf8(screened.bytes.clone()).unwrap(), "<r><beds>1</beds></r>");
    assert_eq!(screened.findings().listed.iter().filter(|f| f.act == Act::Stripped).count(), 1);
}

#[test]
fn a_withheld_literal_of_a_query_leaves_in_no_other_value_either() {
    let (language, fixed) = (Language::Soql, |text: &str| Piece::Text(text.into()));
    let pieces = vec![
        fixed("SELECT Id FROM Contact WHERE LastName = "),
        Piece::Literal(0),
        fixed(" AND Note__c = "),
        Piece::Literal(1),
    ];
    let name = FieldRule { denied: Denied::Empty, ..listed("$.q/n", "pd:Name") };
    let noted = FieldRule { denied: Denied::Empty, ..listed("$.q/o", "hg:Operational") };
    let template = Template { language, pieces, rules: vec![Arc::new(name), Arc::new(noted)] };
    let within = Within { base64: false, rules: None, template: Some(Arc::new(template)) };
    let rules = rules(vec![
        FieldRule { within: Some(within), ..listed("$.q", "hg:Operational") },
        listed("$.name", "pd:Name"),
        listed("$.n1", "hg:Operational"),
    ]);
    let query =
        |name: &str, note: &str| format!("SELECT Id FROM Contact WHERE LastName = '{name}' AND Note__c = '{note}'");
    for (sent, left) in [
        ((query("Warsame", "open"), "", "saw warsame"), (query("", "open"), None)),
        ((query("Warsame", "open"), "", "saw Ada"), (query("", "open"), Some("saw Ada"))),
        // And the other way round, and beside each other.
        ((query("Warsame", "ask Amina"), "Amina", "x"), (query("", ""), Some("x"))),
        ((query("Warsame", "ask warsame"), "", "x"), (query("", ""), Some("x"))),
    ] {
        let ((q, name, n1), (left, noted)) = (sent, left);
        let body = serde_json::json!([{ "n1": n1, "q": q, "name": name }]).to_string();
        let (out, _) = run(&rules, &["pd:Name"], &body).unwrap();
        let out: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((out[0]["q"].as_str(), out[0]["n1"].as_str()), (Some(left.as_str()), noted), "{body}");
    }
}

#[test]
fn a_withheld_name_is_no_members_name_either() {
    let rules = rules(vec![
        listed("$.name", "pd:Name"),
        listed("$.said.*", "hg:HousingNeed"),
        listed("$.said.*.when", "hg:HousingNeed"),
        listed("$.where", "hg:ServiceLocation"),
    ]);
    let body = r#"[{"said":{"Zan\u0065le":"yes","Zanele's room":{"when":1},"beds":{"when":2}},"where":"with Zanele","name":"Zanele"}]"#;
    let (out, findings) = run(&rules, &["pd:Name"], body).unwrap();
    assert_eq!(out, r#"[{"said":{"beds":{"when":2}}}]"#);
    let of = |path: &str| {
        let found = findings.listed.iter().filter(|f| &*f.rule.path == path && f.act == Act::Stripped);
        found.map(|f| f.count).sum::<u64>()
    };
    assert_eq!((of("$.said.*"), of("$.where")), (2, 1));
}

/// Of XML with one rule per path in its cases; nothing that names somebody leaves.
fn xml(select: &str, fields: &[(&str, &str)], body: &str) -> Result<(String, Findings), Refusal> {
    xml_but(&["pd:Name"], select, fields, body)
}

/// The same, where none of these leaves.
fn xml_but(
    denied: &'static [&'static str],
    select: &str,
    fields: &[(&str, &str)],
    body: &str,
) -> Result<(String, Findings), Refusal> {
    let format = Format::Xml(Arc::new(XmlFormat::default()));
    let fields = fields.iter().map(|(path, category)| listed(path, category)).collect();
    let rules = Rules::of(&[Record { subject: None, fields, ..record(select, "", &[]) }]);
    let compiled = rules.compile_as("application/xml", format.clone(), &|text| format.selector(text).unwrap());
    let run = |piece: usize| {
        let mut judge = But(denied);
        let mut screener = BodyScreener::new(Arc::clone(&compiled), LIMITS, Person::Unknown);
        for piece in body.as_bytes().chunks(piece) {
            screener.push(piece, &mut judge)?;
        }
        let screened = screener.finish(&mut judge)?;
        let findings = screened.findings();
        Ok((String::from_utf8(screened.bytes).unwrap(), findings))
    };
    let whole = run(body.len());
    assert_eq!(run(1), whole);
    whole
}

/// How many values a rule's names withheld for being known, and that nothing else was withheld under it.
fn known_names(findings: &Findings, path: &str) -> u64 {
    let of = findings.listed.iter().filter(|f| &*f.rule.path == path && f.act == Act::Stripped);
    of.map(|found| {
        let why = found.withheld.as_ref().unwrap();
        assert!(why.reasons.iter().any(|r| r.rule.as_str() == "known-value"), "{why:?}");
        assert!(!format!("{why:?}").contains("Zanele"));
        found.count
    })
    .sum()
}

#[test]
fn a_withheld_name_is_no_elements_or_attributes_name_either() {
    // The name comes after what is named by it.
    let body = "<r><c><said><Zanele>yes</Zanele><Room-of-Zanele><when>1</when><b><when>3</when></b></Room-of-Zanele>\
                <beds><when>2</when></beds></said><with Zanele='x' beds='2'/><name>Zanele</name></c>\
                <c><said><Zanele>hers</Zanele></said><name>Omar</name></c></r>";
    let fields = [
        ("name", "pd:Name"),
        ("said/*", "hg:HousingNeed"),
        ("said/*/when", "hg:HousingNeed"),
        ("with/@*", "hg:HousingNeed"),
    ];
    let (out, findings) = xml("/r/c", &fields, body).unwrap();
    // What one record withholds is nothing that another must keep.
    let expected = "<r><c><said><beds><when>2</when></beds></said><with beds=\"2\"/></c>\
                    <c><said><Zanele>hers</Zanele></said></c></r>";
    assert_eq!(out, expected);
    assert_eq!((known_names(&findings, "said/*"), known_names(&findings, "with/@*")), (2, 1));
    // Elements on the way to what `.//` selects, and records that a wildcard lets through.
    let body =
        "<r><c><Zanele><deep><note>a</note></deep></Zanele><deep><note>b</note></deep><name>Zanele</name></c></r>";
    let (out, findings) = xml("/r/c", &[("name", "pd:Name"), (".//note", "hg:HousingNeed")], body).unwrap();
    assert_eq!(out, "<r><c><deep><note>b</note></deep></c></r>");
    assert_eq!(known_names(&findings, ".//note"), 1);
    let body = "<r><Zanele><note>a</note><name>Zanele</name></Zanele><case><note>b</note><name>Omar</name></case></r>";
    let (out, findings) = xml("/r/*", &[("note", "hg:HousingNeed"), ("name", "pd:Name")], body).unwrap();
    assert_eq!(out, "<r><case><note>b</note></case></r>");
    assert_eq!(known_names(&findings, "note"), 1);
    // A name that the file itself holds is nobody's data.
    let body = "<r><c><Zanele>a</Zanele><name>Zanele</name></c></r>";
    let (out, _) = xml("/r/c", &[("name", "pd:Name"), ("Zanele", "hg:HousingNeed")], body).unwrap();
    assert_eq!(out, "<r><c><Zanele>a</Zanele></c></r>");
}

#[test]
fn a_documents_element_that_is_named_by_what_it_withholds_is_no_document() {
    let fields = [("*/name", "pd:Name"), ("*/note", "hg:HousingNeed")];
    let sent = xml("/", &fields, "<case><note>a</note><name>Zanele</name></case>").unwrap().0;
    assert_eq!(sent, "<case><note>a</note></case>");
    let refusal = xml("/", &fields, "<Zanele><note>a</note><name>Zanele</name></Zanele>").unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.detail.contains("the name of the document's element"), "{}", refusal.detail);
    assert!(!format!("{refusal:?}").contains("Zanele"));
}

/// A pair of degrees in an array is found number by number: by what its key says, or by the number beside it.
#[test]
fn coordinates_in_an_array_are_a_place() {
    let all = |path: &str| rules(vec![listed(path, "hg:HousingNeed")]);
    let gps: &[&str] = &["pd:GPSCoordinate"];
    for (path, body, expected) in [
        ("$.coord[*]", r#"[{"coord":[51.507351,-0.127758]}]"#, r#"[{"coord":[null,null]}]"#),
        ("$.coord[0]", r#"[{"coord":[51.507351,"-0.127758"]}]"#, r#"[{"coord":[null,null]}]"#),
        (
            "$.d..*",
            r#"[{"d":{"geo":{"type":"Point","coordinates":[-0.127758,51.507351]}}}]"#,
            r#"[{"d":{"geo":{"type":"Point","coordinates":[null,null]}}}]"#,
        ),
        (
            "$.d..*",
            r#"[{"d":{"ring":[ [ -0.1277 , 51.507 ], [13.40495, 52.52001, 34.5], [1.5, 2.5] ]}}]"#,
            r#"[{"d":{"ring":[[null,null],[null,null,34.5],[1.5,2.5]]}}]"#,
        ),
        ("$.d..*", r#"[{"d":{"shares":[0.12345,0.23456,0.64199],"n":[3.5,51.5]}}]"#, ""),
    ] {
        let (out, _) = run(&all(path), gps, body).unwrap();
        assert_eq!(out, if expected.is_empty() { body } else { expected }, "{path}");
    }
}
