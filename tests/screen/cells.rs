//! Cells that hold others: what leaves, read by an independent parser, is what was judged within them.

use crate::support::pictures;
use crate::{
    flat::{Flat, in_pieces, screen},
    rules::{ButNames, LIMITS, Record, Rules, everything, field, record, withhold},
};
use havengate::{
    flow::{Act, Category},
    policy::integration::{Denied, Dialect, FieldRule, Format, Unlisted, Within},
    policy::selector::Selector,
    screen::{Findings, Person, Ruling, body::BodyScreener},
    verdict::Code,
};
use proptest::prelude::*;

/// What a cell may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inner {
    Json,
    Form,
    Xml,
}

/// A rule for a column whose cells hold a document with these places.
fn holding(column: &str, base64: bool, inner: Inner, fields: Vec<FieldRule>) -> FieldRule {
    let root = if inner == Inner::Form { "" } else { "$" };
    let called = |rule: &FieldRule| FieldRule { path: format!("{column}/{}", rule.path).into(), ..rule.clone() };
    let plain = Rules::of(&[Record { subject: None, fields, ..record(root, "", &[]) }]);
    let mut rules = match inner {
        Inner::Json => plain.compile(),
        Inner::Form => plain.compile_as("application/x-www-form-urlencoded", Format::Form, &|text| {
            if text.is_empty() { Selector::root() } else { Selector::name(text) }
        }),
        Inner::Xml => {
            let mut plain = plain;
            plain.records[0].select = "/".to_owned();
            crate::xml::compile(&plain)
        }
    };
    let body = std::sync::Arc::get_mut(&mut rules).unwrap();
    body.records[0].fields = body.records[0].fields.iter().map(|rule| called(rule).into()).collect();
    FieldRule { within: Some(Within { base64, rules: Some(rules), template: None }), ..other(column) }
}

fn other(path: &str) -> FieldRule {
    FieldRule { category: Category::parse("hg:HousingNeed").unwrap(), ..field(path) }
}

fn table(dialect: Dialect, fields: Vec<FieldRule>) -> Flat {
    Flat { fields, ..Flat::of(Format::Table(dialect), "Ref", &[]) }
}

fn read(dialect: &Dialect, table: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).delimiter(dialect.delimiter).quoting(dialect.quote.is_some());
    reader.quote(dialect.quote.unwrap_or(b'"'));
    let rows = reader.from_reader(table.as_bytes()).into_records();
    rows.map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn base64(text: &str) -> String {
    data_encoding::BASE64.encode(text.as_bytes())
}

/// A cell, quoted.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn names(person: &Person, rule: &FieldRule) -> Ruling {
    let of_another = *person != Person::One("c-1".into());
    if rule.path.to_lowercase().ends_with("name") && of_another { withhold() } else { everything(person, rule) }
}

#[test]
fn json_in_a_cell_is_screened_and_written_again() {
    let payload = holding("Payload", false, Inner::Json, vec![field("$.name"), other("$.beds")]);
    let rules = table(Dialect::csv(), vec![payload, other("Area")]);
    let amina = "{\"name\":\"Am\\u0069na, \\\"A\\\"\",\r\n \"beds\":2,\"dob\":\"1987-04-02\"}";
    let body = format!(
        "Ref,Payload,Area\r\nc-1,{},north\r\nc-2,{},south\r\nc-3,[],east\r\nc-4,,west\r\n",
        quoted(amina),
        quoted(r#"{"name":"Omar","beds":1}"#)
    );
    let out = screen(&rules, names, body.as_bytes()).unwrap();
    assert_eq!(
        read(&Dialect::csv(), &out),
        [
            ["Ref", "Payload", "Area"],
            ["", r#"{"name":"Am\u0069na, \"A\"","beds":2}"#, "north"],
            ["", r#"{"beds":1}"#, "south"],
            ["", "[]", "east"],
            ["", "", "west"],
        ]
    );
    let (_, found) = in_pieces(&rules, LIMITS, names, [body.as_bytes()]).unwrap();
    let said: Vec<_> = found.listed.iter().map(|f| &*f.rule.path).collect();
    assert!(said.contains(&"Payload/$.name") && said.contains(&"Payload/$.beds"), "{said:?}");
}

#[test]
fn forms_xml_and_base64_stand_in_cells() {
    let xml = r#"<Case xmlns:o="urn:other"><Need o:by="staff">2 &lt; 3, "beds"</Need><Name>Omar</Name></Case>"#;
    let left = r#"<Case><Need>2 &lt; 3, "beds"</Need></Case>"#;
    let xml_rules = || vec![field("Case/Name"), other("Case/Need")];
    let json = r#"{"need":"a, \"b\"","name":"Omar"}"#;
    for (rule, sent, left) in [
        (holding("P", false, Inner::Xml, xml_rules()), xml.to_owned(), left.to_owned()),
        (holding("P", true, Inner::Xml, xml_rules()), base64(xml), base64(left)),
        (
            holding("P", false, Inner::Form, vec![field("name"), other("need")]),
            "need=a%2C+b&name=Omar".to_owned(),
            "need=a%2C%20b".to_owned(),
        ),
        (
            holding("P", true, Inner::Json, vec![field("$.name"), other("$.need")]),
            base64(json),
            base64(r#"{"need":"a, \"b\""}"#),
        ),
    ] {
        let rules = table(Dialect::csv(), vec![rule.clone(), other("Area")]);
        let body = format!("Area,P,Ref\nx,{},c-2\n", quoted(&sent));
        let out = screen(&rules, names, body.as_bytes()).unwrap();
        assert_eq!(read(&Dialect::csv(), &out)[1], ["x", left.as_str(), ""], "{sent}");
        // Without quoting, what came can leave again.
        let rules = table(Dialect::tsv(), vec![rule, other("Area")]);
        let body = format!("Area\tP\tRef\nx\t{sent}\tc-2\n");
        let out = screen(&rules, names, body.as_bytes()).unwrap();
        assert_eq!(out, format!("Area\tP\tRef\nx\t{left}\t\n"));
    }
}

#[test]
fn a_cell_that_cannot_be_read_as_its_rule_says_is_withheld() {
    let rule = |base64, denied| FieldRule { denied, ..holding("P", base64, Inner::Json, vec![field("$.name")]) };
    for (base64, cell) in [
        (false, "Amina"),
        (false, " "),
        (false, r#"{"name":1,"name":2}"#),
        (false, "{} {}"),
        (false, r#"{"name":"Amina""#),
        (true, "eyJuYW1lIjoxfR=="),
        (true, "eyJu YW1lIjoxfQ=="),
        (true, "{}"),
    ] {
        for (denied, left) in [(Denied::Strip, ""), (Denied::Const("not, given".into()), "not, given")] {
            let rules = table(Dialect::csv(), vec![rule(base64, denied)]);
            let body = format!("Ref,P\nc-1,{}\n", quoted(cell));
            let out = screen(&rules, names, body.as_bytes()).unwrap();
            assert_eq!(read(&Dialect::csv(), &out)[1], ["", left], "{cell}");
            let (_, found) = in_pieces(&rules, LIMITS, names, [body.as_bytes()]).unwrap();
            let told = found.listed.iter().filter_map(|f| f.withheld.as_ref()).flat_map(|why| &why.reasons);
            assert!(told.into_iter().any(|reason| reason.rule.as_str() == "readable-within"), "{found:?}");
        }
    }
    let rules = table(Dialect::csv(), vec![rule(false, Denied::Block)]);
    let refusal = screen(&rules, names, b"Ref,P\nc-1,Amina\n").unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.reasons.iter().any(|r| r.rule.as_str() == "readable-within"), "{refusal:?}");
    assert!(!refusal.detail.contains("Amina"));
}

#[test]
fn what_no_cell_could_hold_is_withheld() {
    // A tab that is a reference within XML, and a text that stands in a withheld value's place.
    let tab = holding("P", false, Inner::Xml, vec![other("Case/Need")]);
    let rules = table(Dialect::tsv(), vec![tab]);
    let out = screen(&rules, everything, b"Ref\tP\nc-1\t<Case><Need>a&#9;b</Need></Case>\n").unwrap();
    assert!(!out.contains("a\tb") && read(&Dialect::tsv(), &out).iter().all(|row| row.len() == 2), "{out:?}");
    let (_, found) =
        in_pieces(&rules, LIMITS, everything, [&b"Ref\tP\nc-1\t<Case><Need>a&#9;b</Need></Case>\n"[..]]).unwrap();
    assert!(found.listed.iter().all(|f| f.act == Act::Stripped), "{found:?}");

    let deleted = FieldRule { denied: Denied::Const("\u{7f}".into()), ..field("$.name") };
    let rules = table(Dialect::csv(), vec![holding("P", false, Inner::Json, vec![deleted])]);
    let out = screen(&rules, names, b"Ref,P\nc-2,\"{\"\"name\"\":\"\"Omar\"\"}\"\n").unwrap();
    assert_eq!(out, "Ref,P\n,\n");
    // A text alone begins with a quote, which no cell of this dialect may.
    let rules = table(Dialect::tsv(), vec![holding("P", true, Inner::Json, vec![other("$")])]);
    let sent = format!("Ref\tP\nc-1\t{}\n", base64("\"x\""));
    assert_eq!(screen(&rules, everything, sent.as_bytes()).unwrap(), sent.replace("c-1", ""));
}

#[test]
fn documents_and_texts_in_base64_stand_in_cells() {
    let packed = |category: &str| FieldRule {
        category: Category::parse(category).unwrap(),
        within: Some(Within { base64: true, rules: None, template: None }),
        ..field("P")
    };
    let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    let (photo, cleaned) = (encode(&pictures::photo()), encode(&pictures::photo_cleaned()));
    let words = encode(b"a, \"b\"");
    for (category, sent, left) in [
        ("hg:Document", photo.as_str(), cleaned.as_str()),
        ("hg:Document", &words, ""),
        ("hg:HousingNeed", &words, &words),
        ("hg:HousingNeed", &photo, ""),
        ("hg:HousingNeed", "a, b", ""),
    ] {
        let rules = table(Dialect::csv(), vec![packed(category)]);
        let out = screen(&rules, everything, format!("Ref,P\nc-1,{}\n", quoted(sent)).as_bytes()).unwrap();
        assert_eq!(read(&Dialect::csv(), &out)[1], ["", left], "{category}");
    }
}

#[test]
fn something_within_a_cell_can_stop_the_request() {
    let needed = FieldRule { required: true, ..field("$.name") };
    let rules = table(Dialect::csv(), vec![holding("P", false, Inner::Json, vec![needed])]);
    let body = b"Ref,P\nc-1,\"{\"\"name\"\":\"\"Amina\"\"}\"\nc-2,\"{\"\"name\"\":\"\"Omar\"\"}\"\n";
    let refusal = screen(&rules, names, body).unwrap_err();
    assert!(refusal.detail.contains("is needed and may not leave"), "{}", refusal.detail);
}

/// What leaves of a table when names do not, however it is cut.
fn but_names(rules: &Flat, body: &str) -> (String, Findings) {
    let run = |pieces: &[&[u8]]| {
        let mut screener = BodyScreener::new(rules.compile(), LIMITS, Person::Unknown);
        let mut out = Vec::new();
        for piece in pieces {
            screener.push(piece, &mut ButNames).unwrap();
            out.extend(screener.take());
        }
        let screened = screener.finish(&mut ButNames).unwrap();
        out.extend(&screened.bytes);
        (String::from_utf8(out).unwrap(), screened.findings())
    };
    let whole = run(&[body.as_bytes()]);
    for at in 0..=body.len() {
        let (before, after) = body.as_bytes().split_at(at);
        assert_eq!(run(&[before, after]), whole, "cut at {at}");
    }
    whole
}

#[test]
fn what_is_withheld_within_a_cell_leaves_in_none_beside_it_and_the_other_way_round() {
    let payload = holding("P", false, Inner::Json, vec![field("$.name"), other("$.note")]);
    let scan = holding("X", true, Inner::Xml, vec![field("Case/Fullname"), other("Case/Note")]);
    let rules = table(Dialect::csv(), vec![payload, scan, field("Name"), other("Note")]);
    let header = "Note,P,X,Name\n";
    let fine = format!("fine,{},,\n", quoted(r#"{"note":"Zanele"}"#));
    for (row, left) in [
        // Within a cell, and beside it.
        (format!("for Zanele,{},,\n", quoted(r#"{"name":"Zan\u0065le"}"#)), ",{},,\n"),
        (format!("Omar,{},,\n", quoted(r#"{"name":"Zanele"}"#)), "Omar,{},,\n"),
        // In its own column, and within two others.
        (
            format!(
                "fine,{},{},Zanele\n",
                quoted(r#"{"note":"zanele's"}"#),
                base64("<Case><Note>for Zan&#101;le</Note></Case>")
            ),
            "fine,{},@,\n",
        ),
        // Within one cell, and within another.
        (
            format!(
                "fine,{},{},\n",
                quoted(r#"{"note":"with Zanele"}"#),
                base64("<Case><Fullname>Zanele</Fullname></Case>")
            ),
            "fine,{},@,\n",
        ),
    ] {
        // The next row knows nothing of it.
        let (out, found) = but_names(&rules, &format!("{header}{row}{fine}"));
        assert_eq!(out, format!("{header}{}{fine}", left.replace('@', &base64("<Case/>"))), "{row}");
        let known = found.listed.iter().filter_map(|f| f.withheld.as_ref());
        let known = known.flat_map(|why| &why.reasons).any(|reason| reason.rule.as_str() == "known-value");
        assert_eq!(known, !left.starts_with("Omar"), "{found:?}");
    }
}

#[test]
fn names_within_a_cell_that_only_a_filter_lets_through_go_where_it_does_not_hold() {
    let rules = || vec![other("$.people[?@.ok == true].v"), other("$.l[?@.share == true].tags.*.v")];
    for (within, left) in [
        (r#"{"people":{"Zorblatt Quux":{"ok":false,"v":1}}}"#, r#"{"people":{}}"#),
        (r#"{"l":[{"share":false,"tags":{"Zorblatt clinic":{"v":1}}}]}"#, r#"{"l":[{"tags":{}}]}"#),
    ] {
        let rules = table(Dialect::csv(), vec![holding("P", false, Inner::Json, rules())]);
        let out = screen(&rules, everything, format!("Ref,P\nc-1,{}\n", quoted(within)).as_bytes()).unwrap();
        assert_eq!(read(&Dialect::csv(), &out)[1], ["", left]);
    }
}

#[test]
fn unlisted_things_within_a_cell_are_counted_or_stop_the_request() {
    let body = b"Ref,P\nc-1,\"{\"\"a\"\":1,\"\"b\"\":{\"\"c\"\":2}}\"\n";
    let rule = || holding("P", false, Inner::Json, vec![other("$.a")]);
    let rules = table(Dialect::csv(), vec![rule()]);
    let (out, found) = in_pieces(&rules, LIMITS, everything, [&body[..]]).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "Ref,P\n,\"{\"\"a\"\":1}\"\n");
    assert_eq!(found.unlisted, 2);
    let mut rule = rule();
    let inner = rule.within.as_mut().unwrap().rules.as_mut().unwrap();
    std::sync::Arc::get_mut(inner).unwrap().unlisted = Unlisted::Block;
    let refusal = screen(&table(Dialect::csv(), vec![rule]), everything, body).unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
}

fn document() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        (-9i64..99).prop_map(Into::into),
        "[a,;\"'\t\n\\\\ é]{0,5}".prop_map(Into::into)
    ];
    let members = |inner| proptest::collection::vec((proptest::sample::select(&["a", "b", "c"][..]), inner), 0..4);
    leaf.prop_recursive(2, 12, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            members(inner)
                .prop_map(|m| serde_json::Value::Object(m.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())),
        ]
    })
}

/// What `$.a`, `$.b` and `$.c.a` leave of a document where `$.b` is withheld.
fn expected(document: &serde_json::Value) -> serde_json::Value {
    let Some(members) = document.as_object() else {
        return if document.is_array() {
            document.as_array().unwrap().iter().map(|_| serde_json::Value::Null).collect()
        } else {
            serde_json::Value::Null
        };
    };
    let plain = |value: &serde_json::Value| !value.is_object() && !value.is_array();
    let kept = members.iter().filter_map(|(name, value)| match (name.as_str(), value) {
        ("a", value) if plain(value) => Some((name.clone(), value.clone())),
        ("c", serde_json::Value::Object(c)) => {
            let kept = c.iter().filter(|(name, value)| *name == "a" && plain(value));
            Some((name.clone(), serde_json::Value::Object(kept.map(|(n, v)| (n.clone(), v.clone())).collect())))
        }
        ("c", serde_json::Value::Array(c)) => Some((name.clone(), c.iter().map(|_| serde_json::Value::Null).collect())),
        _ => None,
    });
    serde_json::Value::Object(kept.collect())
}

proptest! {
    #[test]
    fn what_leaves_within_a_cell_is_what_was_judged(
        documents in proptest::collection::vec((document(), any::<bool>()), 1..5),
        encoded in any::<bool>(), semicolons in any::<bool>(), apostrophes in any::<bool>(), cut in 0usize..300,
    ) {
        let mut dialect = Dialect::csv();
        dialect.delimiter = if semicolons { b';' } else { b',' };
        dialect.quote = Some(if apostrophes { b'\'' } else { b'"' });
        let rules = vec![other("$.a"), field("$.b"), other("$.c.a")];
        let rules = table(dialect.clone(), vec![holding("P", encoded, Inner::Json, rules), other("After")]);
        let ruling = |person: &Person, rule: &FieldRule| {
            if rule.path.ends_with("$.b") { withhold() } else { everything(person, rule) }
        };
        let mut writer = csv::WriterBuilder::new();
        writer.delimiter(dialect.delimiter).quote(dialect.quote.unwrap());
        let mut writer = writer.from_writer(Vec::new());
        writer.write_record(["Ref", "P", "After"]).unwrap();
        for (number, (document, pretty)) in documents.iter().enumerate() {
            let text = if *pretty { serde_json::to_string_pretty(document).unwrap() } else { document.to_string() };
            let text = if encoded { base64(&text) } else { text };
            writer.write_record([&format!("c-{number}"), &text, "x"]).unwrap();
        }
        let body = writer.into_inner().unwrap();
        let whole = in_pieces(&rules, LIMITS, ruling, [&body[..]]);
        let (before, after) = body.split_at(cut.min(body.len()));
        prop_assert_eq!(&whole, &in_pieces(&rules, LIMITS, ruling, [before, after]));
        let out = String::from_utf8(whole.unwrap().0).unwrap();
        for (row, (document, _)) in read(&dialect, &out).iter().skip(1).zip(&documents) {
            let said = if encoded {
                String::from_utf8(data_encoding::BASE64.decode(row[1].as_bytes()).unwrap()).unwrap()
            } else {
                row[1].clone()
            };
            let (said, expected): (serde_json::Value, _) = (serde_json::from_str(&said).unwrap(), expected(document));
            prop_assert_eq!(said, expected, "{}", document);
            prop_assert_eq!((row.len(), &*row[0], &*row[2]), (3, "", "x"));
        }
        prop_assert_eq!(read(&dialect, &out).len(), documents.len() + 1);
    }
}
