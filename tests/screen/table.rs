//! Tables: what leaves of them, and what is no table that can be read in one way only.

use crate::{
    flat::{Flat, in_pieces, screen},
    rules::{LIMITS, everything, only, withhold, year},
};
use havengate::{
    flow::Act,
    policy::{
        integration::{BodyRules, Denied, Dialect, FieldRule, Format, Unlisted},
        selector::Selector,
    },
    screen::{
        Person, Ruling,
        body::{BodyScreener, Limits},
    },
    verdict::{Code, Refusal},
};

fn csv(fields: &[&str]) -> Flat {
    Flat::of(Format::Table(Dialect::csv()), "PersonalID", fields)
}

fn dialect(change: impl FnOnce(&mut Dialect)) -> Format {
    let mut dialect = Dialect::csv();
    change(&mut dialect);
    Format::Table(dialect)
}

fn nothing(_: &Person, _: &FieldRule) -> Ruling {
    withhold()
}

/// In the shape of HMIS CSV's Client.csv: invented people.
const CLIENTS: &str = "PersonalID,FirstName,LastName,SSN,DOB,Sex,Notes,UserID\r\n\
    C-001,Ferelith,\"Okonjo-Baptiste\",999-00-1234,1987-04-02,1,\"Said: \"\"ring after 6\"\"\r\nat the day centre\",staff7\r\n\
    C-002,\"Zsófia\",Ó Dálaigh,\"\",1990-06-09,0,,staff7\r\n\
    C-003,Tamsin,Quillfeather,,,99,=HYPERLINK(\"\"x\"\"),staff9\r\n";

#[test]
fn listed_columns_leave_and_every_other_cell_is_emptied() {
    let clients = CLIENTS.replace("=HYPERLINK(\"\"x\"\")", "\"=HYPERLINK(\"\"x\"\")\"");
    let mut rules = csv(&["FirstName", "Sex", "Notes"]);
    rules.fields.push(year("DOB"));
    let out = screen(&rules, everything, clients.as_bytes()).unwrap();
    assert_eq!(
        out,
        "PersonalID,FirstName,withheld_3,withheld_4,DOB,Sex,Notes,withheld_8\r\n\
         ,Ferelith,,,1987,1,\"Said: \"\"ring after 6\"\"\r\nat the day centre\",\r\n\
         ,\"Zsófia\",,,1990,0,,\r\n\
         ,Tamsin,,,,99,\"=HYPERLINK(\"\"x\"\")\",\r\n"
    );
}

#[test]
fn a_row_is_about_the_person_it_names_and_about_nobody_else() {
    let clients = "FirstName,DOB,PersonalID\nAda,1987-04-02,C-001\nBea,1990-06-09,C-002\nCy,1991-01-01,\n";
    let rules = csv(&["FirstName", "DOB", "PersonalID"]);
    let out = screen(&rules, only("C-002"), clients.as_bytes()).unwrap();
    assert_eq!(out, "FirstName,DOB,PersonalID\n,,\nBea,1990-06-09,C-002\n,,\n");
    let (_, found) = in_pieces(&rules, LIMITS, only("C-002"), [clients.as_bytes()]).unwrap();
    let sent: Vec<_> = found.listed.iter().filter(|f| f.act == Act::Sent).map(|f| (&f.person, f.count)).collect();
    let bea = Person::One("C-002".into());
    assert_eq!(sent, [(&bea, 1), (&bea, 1), (&bea, 1)]);
    assert_eq!(found.unlisted, 0);
}

#[test]
fn a_withheld_cell_holds_what_its_rule_says() {
    let body = b"PersonalID,A,B\n1,x,\"y\nz\"\n2,,\"\"\n";
    let rules = csv(&["A", "B"]).denied("B", &Denied::Const("kept, \"here\"".into()));
    let out = screen(&rules, nothing, body).unwrap();
    // The second row's empty cells look like withheld ones.
    assert_eq!(out, "PersonalID,A,B\n,,\"kept, \"\"here\"\"\"\n,,\"kept, \"\"here\"\"\"\n");
    let (_, found) = in_pieces(&rules, LIMITS, nothing, [&body[..]]).unwrap();
    let counts: Vec<_> = found.listed.iter().map(|f| (&*f.rule.path, f.act, f.count)).collect();
    assert_eq!(counts, [("A", Act::Stripped, 1), ("B", Act::Stripped, 1)], "empty cells are not counted");
    assert_eq!(found.unlisted, 2, "the ids");
    let out = screen(&rules, everything, body).unwrap();
    assert_eq!(out, "PersonalID,A,B\n,x,\"y\nz\"\n,,\"\"\n", "what leaves keeps its quoting");
}

#[test]
fn a_blocking_cell_stops_the_table_but_not_where_it_is_empty() {
    let rules = csv(&["A"]).denied("A", &Denied::Block);
    assert_eq!(screen(&rules, nothing, b"PersonalID,A\n1,\n2,\"\"\n").unwrap(), "PersonalID,A\n,\n,\n");
    let refusal = screen(&rules, nothing, b"PersonalID,A\n1,\n2,secret\n").unwrap_err();
    assert_eq!(refusal.code, Code::ConsentMissing);
    assert!(refusal.detail.starts_with("A may not leave and stops the request"), "{}", refusal.detail);
}

#[test]
fn an_unlisted_cell_stops_the_table_where_the_operation_says_so() {
    let mut rules = csv(&["A"]);
    rules.unlisted = Unlisted::Block;
    assert_eq!(screen(&rules, everything, b"PersonalID,A,Z\n1,x,\n").unwrap(), "PersonalID,A,withheld_3\n,x,\n");
    let refusal = screen(&rules, everything, b"PersonalID,A,Z\n1,x,\n2,y,secret\n").unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.detail.contains("row 3, column 3, at byte 24"), "{}", refusal.detail);
    assert!(!refusal.detail.contains("secret") && !refusal.detail.contains('Z'));
}

#[test]
fn names_of_columns_leave_only_where_the_connection_knows_them() {
    let body = b"PersonalID,A,SSN,Ferelith Okonjo,withheld_4\n1,x,2,3,4\n";
    let mut rules = csv(&["A"]);
    assert_eq!(screen(&rules, everything, body).unwrap(), "PersonalID,A,withheld_3,withheld_4,withheld_5\n,x,,,\n");
    rules.format = dialect(|d| d.columns = vec!["SSN".into(), "withheld_4".into()]);
    let out = screen(&rules, everything, body).unwrap();
    assert_eq!(out, "PersonalID,A,SSN,withheld_4_,withheld_4\n,x,,,\n");
}

#[test]
fn a_table_without_a_header_row_has_its_columns_from_the_dialect() {
    let mut rules = csv(&["A"]);
    rules.format = dialect(|d| {
        d.header = false;
        d.columns = vec!["PersonalID".into(), "A".into(), "B".into()];
    });
    assert_eq!(screen(&rules, only("1"), b"1,x,y\n2,z,w").unwrap(), ",x,\n,,");
    assert_eq!(screen(&rules, everything, b"").unwrap(), "");
    for (body, what) in [
        (&b"PersonalID,A,B\n1,x,y\n"[..], "a header row, which the dialect says there is none of in row 1, at byte 0"),
        (b"1,x,y\n1,x\n", "2 cells under 3 columns in row 2, at byte 6"),
    ] {
        let refusal = screen(&rules, everything, body).unwrap_err();
        assert!(refusal.detail.contains(what), "{}", refusal.detail);
    }
}

#[test]
fn other_dialects() {
    let mut rules = csv(&["A", "B"]).denied("B", &Denied::Const("x;'y".into()));
    rules.format = dialect(|d| (d.delimiter, d.quote) = (b';', Some(b'\'')));
    let only_a = |_: &Person, rule: &FieldRule| {
        if &*rule.path == "A" { Ruling::Send(havengate::flow::Form::Raw) } else { withhold() }
    };
    let out = screen(&rules, only_a, b"PersonalID;A;B\n1;'it''s; \"so\"';2\n2;a,b\t;3\n").unwrap();
    assert_eq!(out, "PersonalID;A;B\n;'it''s; \"so\"';'x;''y'\n;a,b\t;'x;''y'\n");
    rules.format = Format::Table(Dialect::tsv());
    let out =
        screen(&rules.denied("B", &Denied::Const("gone".into())), only_a, b"PersonalID\tA\tB\n1\tsays \"x\", 'y'\t2\n");
    assert_eq!(out.unwrap(), "PersonalID\tA\tB\n\tsays \"x\", 'y'\tgone\n");
}

#[test]
fn a_byte_order_mark_is_read_over_and_line_ends_stay() {
    let rules = csv(&["A"]);
    let out = screen(&rules, everything, b"\xef\xbb\xbfPersonalID,A\r\n1,x\n2,y").unwrap();
    assert_eq!(out, "PersonalID,A\r\n,x\n,y");
    assert_eq!(screen(&rules, everything, b"\xef\xbb\xbf\"PersonalID\",A").unwrap(), "\"PersonalID\",A");
}

#[test]
fn the_only_cell_of_a_row_is_emptied_so_that_the_row_stays() {
    let rules = Flat::of(Format::Table(Dialect::csv()), "A", &["A"]);
    let out = screen(&rules, only("x"), b"A\nx\ny\n\"\"\nx").unwrap();
    assert_eq!(out, "A\nx\n\"\"\n\"\"\nx");
}

/// Bodies, and what is said of them.
const MALFORMED: [(&[u8], &str); 38] = [
    (b"", "no header row in row 1, at byte 0"),
    (b"\xef\xbb\xbf", "no header row in row 1, at byte 3"),
    (b"\xef\xbb\xbf\xef\xbb\xbfA,B\n", "a second byte order mark in row 1, at byte 3"),
    (b"\xff\xfeA\0,\0B\0", "a control character in a cell in row 1, at byte 3"),
    (b"\n", "an empty line in row 1, at byte 0"),
    (b"\r\n", "an empty line in row 1, at byte 0"),
    (b"A,B\n\n1,2\n", "an empty line in row 2, at byte 4"),
    (b"A,B\n1,2\n\n", "an empty line in row 3, at byte 8"),
    (b"A,B\r\n1,2\r\n\r\n", "an empty line in row 3, at byte 10"),
    (b"A,B\n1\n", "1 cells under 2 columns in row 2, at byte 4"),
    (b"A,B\n1,2,3\n", "3 cells under 2 columns in row 2, at byte 4"),
    (b"A,B\n1,2\n3,4,", "3 cells under 2 columns in row 3, at byte 8"),
    (b"A,B\n\"1\n2\",\"3\n4\"\n5\n", "1 cells under 2 columns in row 3, at byte 16"),
    (b"A,B\n1,x\"y\n", "a quote in a cell that does not begin with one in row 2, at byte 7"),
    (b"A,B\n1, \"y\"\n", "a quote in a cell that does not begin with one in row 2, at byte 7"),
    (b"A,B\n1,\"x\"y\n", "between a closing quote and the end of its cell in row 2, at byte 9"),
    (b"A,B\n1,\"x\" \n", "between a closing quote and the end of its cell in row 2, at byte 9"),
    (b"A,B\n1,\"x\\\"y\"\n", "between a closing quote and the end of its cell in row 2, at byte 10"),
    (b"A,B\n1,\"x\n2,y\n", "a quoted cell that does not end in row 2, at byte 6"),
    (b"A,B\n1,\"", "a quoted cell that does not end in row 2, at byte 6"),
    (b"A,B\n1,2\nA,B\n3,4\n", "the header row once more; send each table by itself in row 3, at byte 8"),
    (b"A,B\n1,2\n\"A\",\"B\"", "the header row once more; send each table by itself in row 3, at byte 8"),
    (b"sep=;\nA;B\n", "Excel's `sep=` line"),
    (b"sep=,\r\nA,B\n", "Excel's `sep=` line"),
    (b"\xef\xbb\xbfSEP=\t\nA\tB\n", "Excel's `sep=` line"),
    (b"\"sep=;\"\nA;B\n", "Excel's `sep=` line"),
    (b"A,B\n1,x\0y\n", "a control character in a cell in row 2, at byte 7"),
    (b"A,B\n1,\"x\0y\"\n", "a control character in a cell in row 2, at byte 8"),
    (b"A,B\n1,x\x0by\n", "a control character in a cell in row 2, at byte 7"),
    (b"A,B\n1,x\x7fy\n", "a control character in a cell in row 2, at byte 7"),
    (b"A,B\r1,2\r", "a carriage return without a line feed in row 1, at byte 3"),
    (b"A,B\n1,2\r", "a carriage return without a line feed in row 2, at byte 7"),
    (b"A,B\n1,\"2\"\rx", "a carriage return without a line feed in row 2, at byte 9"),
    (b"A,B\n1,caf\xe9\n", "invalid UTF-8 in row 2, at byte 9"),
    (b"A,B,A\n1,2,3\n", "a column's name for the second time"),
    (
        b"A,B, a\n1,2,3\n",
        "a column's name for the second time, if only in other capitals or with spaces around it in row 1, at byte 4",
    ),
    (b"A,,B\n1,2,3\n", "a column without a name in row 1, at byte 2"),
    (b"A,\" \"\n1,2\n", "a column without a name in row 1, at byte 2"),
];

#[test]
fn what_is_no_table_is_refused_with_what_and_where() {
    for (body, what) in MALFORMED {
        let shown = String::from_utf8_lossy(body);
        for rules in [csv(&["A", "B"]), csv(&["Other"])] {
            let refusal: Refusal = screen(&rules, everything, body).expect_err(&shown);
            assert_eq!(refusal.code, Code::BodyMalformed, "{shown}");
            assert!(refusal.detail.contains(what), "{shown}: {}", refusal.detail);
        }
    }
}

#[test]
fn without_quoting_nothing_may_look_quoted() {
    let rules = Flat::of(Format::Table(Dialect::tsv()), "A", &["A", "B"]);
    let refusal = screen(&rules, everything, b"A\tB\n1\t\"x\ty\"\n").unwrap_err();
    assert!(refusal.detail.contains("declare `quote` in its dialect in row 2, at byte 6"), "{}", refusal.detail);
    let refusal = screen(&rules, everything, b"A\n1\n").unwrap_err();
    assert!(refusal.detail.contains("a single column"), "{}", refusal.detail);
}

#[test]
fn a_row_over_the_limit_is_refused_before_it_is_held() {
    let rules = csv(&["A"]);
    let limits = Limits { record: 20, members: 3, ..LIMITS };
    let fits = b"PersonalID,A\n1,2345678901234567\n2,\"456789012345678\"\n";
    assert!(in_pieces(&rules, limits, everything, [&fits[..]]).is_ok());
    for body in
        [&b"PersonalID,A\n1,2\n1,234567890123456789\n"[..], b"PersonalID,A\n1,2\n1,\"23456789012345678901234567890"]
    {
        let whole = in_pieces(&rules, limits, everything, [body]).unwrap_err();
        assert_eq!(whole.code, Code::BodyTooLarge);
        assert_eq!(whole.detail, "row 3, at byte 17, has more than 20 bytes, which is the limit");
        assert_eq!(whole, in_pieces(&rules, limits, everything, body.chunks(1)).unwrap_err());
    }
    let wide = in_pieces(&rules, limits, everything, [&b"a,b,c,d\n"[..]]).unwrap_err();
    assert!(wide.detail.contains("more columns than the limit in row 1"), "{}", wide.detail);
}

#[test]
fn a_file_in_a_cell_stays_however_the_cell_is_written() {
    let photo = data_encoding::BASE64.encode(&crate::support::pictures::photo());
    let rules = csv(&["A"]);
    for cell in [photo.clone(), format!("\"{photo}\""), format!("\"data:image/jpeg;base64,{photo}\"")] {
        let body = format!("PersonalID,A\n1,{cell}\n");
        assert_eq!(screen(&rules, everything, body.as_bytes()).unwrap(), "PersonalID,A\n,\n", "{cell}");
    }
}

/// Every identifying value of the fixture, looked for in the output as it is and in other spellings.
#[test]
fn nothing_that_is_denied_is_found_in_any_spelling() {
    let clients = CLIENTS.replace("=HYPERLINK(\"\"x\"\")", "\"=HYPERLINK(\"\"x\"\")\"");
    let mut rules = csv(&["FirstName", "LastName", "Sex", "Notes"]);
    rules.fields.push(year("DOB"));
    let ruling = |person: &Person, rule: &FieldRule| {
        if &*rule.path == "Sex" || &*rule.path == "DOB" { everything(person, rule) } else { withhold() }
    };
    let out = screen(&rules, ruling, clients.as_bytes()).unwrap().to_lowercase();
    for value in [
        "C-001",
        "Ferelith",
        "Okonjo",
        "Baptiste",
        "999-00-1234",
        "1987-04-02",
        "ring after 6",
        "day centre",
        "C-002",
        "Zsófia",
        "Dálaigh",
        "1990-06-09",
        "C-003",
        "Tamsin",
        "Quillfeather",
        "HYPERLINK",
        "staff7",
        "staff9",
    ] {
        let percent: String = value.bytes().map(|b| format!("%{b:02x}")).collect();
        let base64 = data_encoding::BASE64.encode(value.as_bytes()).to_lowercase();
        for spelling in [value.to_lowercase(), havengate::screen::uri::encode(value).to_lowercase(), percent, base64] {
            assert!(!out.contains(&spelling), "{value} as {spelling} in {out}");
        }
    }
    assert!(out.contains("1987") && out.contains("99"), "{out}");
}

/// A table of questions, whose answers are decided by these.
fn asking(fields: &[&str], asked: &[&str]) -> std::sync::Arc<BodyRules> {
    let mut rules = std::sync::Arc::try_unwrap(csv(fields).compile()).unwrap();
    let record = &mut rules.records[0];
    for question in asked {
        let place = Selector::answer_where("AssessmentAnswer", "AssessmentQuestion", question);
        record.choices.push((record.fields.len() as u16, place.clone()));
        record.fields.push(std::sync::Arc::new(crate::rules::field(place.as_str())));
    }
    std::sync::Arc::new(rules)
}

#[test]
fn a_question_says_what_its_answer_holds() {
    const ANSWERS: &str = "PersonalID,AssessmentQuestion,AssessmentAnswer\r\n\
        C-001,beds,2\r\nC-001,nationality,Eritrean\r\nC-001,\"say \"\"when\"\"\",\"in, May\"\r\nC-002,Beds,9\r\nC-002,made up,x\r\nC-002,,y\r\nC-002,beds,\r\n";
    let rules = asking(&["AssessmentQuestion"], &["beds", "nationality", "say \"when\""]);
    let not_nationality = |person: &Person, rule: &FieldRule| {
        if rule.path.contains("nationality") { withhold() } else { everything(person, rule) }
    };
    let run = |pieces: &[&[u8]]| {
        let mut judge = crate::rules::Once::new(not_nationality);
        let mut screener = BodyScreener::new(std::sync::Arc::clone(&rules), LIMITS, Person::Unknown);
        let mut out = Vec::new();
        for piece in pieces {
            screener.push(piece, &mut judge).unwrap();
            out.extend(screener.take());
        }
        let screened = screener.finish(&mut judge).unwrap();
        out.extend(&screened.bytes);
        (String::from_utf8(out).unwrap(), screened.findings())
    };
    let (out, found) = run(&[ANSWERS.as_bytes()]);
    assert_eq!(
        out,
        "PersonalID,AssessmentQuestion,AssessmentAnswer\r\n\
         ,beds,2\r\n,nationality,\r\n,\"say \"\"when\"\"\",\"in, May\"\r\n,Beds,\r\n,made up,\r\n,,\r\n,beds,\r\n"
    );
    let paths: Vec<_> = found.listed.iter().map(|f| (&*f.rule.path, f.act, f.count)).collect();
    assert!(
        paths.contains(&("AssessmentAnswer where AssessmentQuestion is \"nationality\"", Act::Stripped, 1)),
        "{paths:?}"
    );
    assert!(
        paths.contains(&("AssessmentAnswer where AssessmentQuestion is \"say \\\"when\\\"\"", Act::Sent, 1)),
        "{paths:?}"
    );
    // Seven ids, and three answers that nobody asked for.
    assert_eq!(found.unlisted, 7 + 3);
    for at in 0..=ANSWERS.len() {
        let (before, after) = ANSWERS.as_bytes().split_at(at);
        assert_eq!(run(&[before, after]), (out.clone(), found.clone()), "cut at {at}");
    }
}

#[test]
fn an_answer_that_two_rules_list_or_that_nothing_asks_for_is_emptied() {
    let twice = asking(&["AssessmentQuestion"], &["beds", "beds"]);
    let once = asking(&["AssessmentQuestion"], &["beds"]);
    for (rules, table, left) in [
        (&twice, "AssessmentQuestion,AssessmentAnswer\nbeds,2\n", "AssessmentQuestion,AssessmentAnswer\nbeds,\n"),
        (&once, "AssessmentAnswer,Other\n2,beds\n", "AssessmentAnswer,withheld_2\n,\n"),
        (&once, "AssessmentAnswer,AssessmentQuestion\n2,beds\n", "AssessmentAnswer,AssessmentQuestion\n2,beds\n"),
    ] {
        let mut judge = crate::rules::Once::new(everything);
        let mut screener = BodyScreener::new(std::sync::Arc::clone(rules), LIMITS, Person::Unknown);
        screener.push(table.as_bytes(), &mut judge).unwrap();
        assert_eq!(String::from_utf8(screener.finish(&mut judge).unwrap().bytes).unwrap(), left);
    }
}
