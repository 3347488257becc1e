//! The kernel's rules for XML, one by one.

use super::{HOUSING, cases, compile, screen, screen_pieces, whole};
use crate::rules::{LIMITS, Rules, everything, field, only, record, withhold, year};
use havengate::{
    flow::{Act, Form},
    policy::integration::{Denied, FieldRule, Unlisted},
    screen::{Person, Ruling},
    verdict::Code,
};

/// A document of cases in the housing namespace, with the table's prefix.
fn document(cases: &str) -> String {
    format!("<h:Cases xmlns:h=\"{HOUSING}\">{cases}</h:Cases>")
}

/// What is left of the cases.
fn left(rules: &Rules, ruling: impl Fn(&Person, &FieldRule) -> Ruling, cases: &str) -> String {
    let sent = screen(rules, ruling, &document(cases)).unwrap();
    let sent = sent.strip_prefix(&format!("<h:Cases xmlns:h=\"{HOUSING}\"")).unwrap();
    sent.strip_prefix(">").and_then(|s| s.strip_suffix("</h:Cases>")).unwrap_or(sent).to_owned()
}

#[test]
fn only_what_is_listed_leaves() {
    let rules = cases(&["@ref", "h:Name/h:Given", "h:Bed/@size", "h:Bed"]);
    let body = "
        <?pi QQ123456C?><!-- QQ123456C -->
        <h:Case ref=\"a\" dob='1987-04-02'>stray
            <h:Name><h:Given>A<![CDATA[<n>]]>a &amp; &#66;</h:Given><h:Family>Z</h:Family></h:Name>
            <h:Bed size='2' floor='1'>up</h:Bed><Bed size='3'>no</Bed><h:Other><h:Name/></h:Other>
        </h:Case><h:Stray>x</h:Stray>";
    let expected = "<h:Case ref=\"a\"><h:Name><h:Given>A&lt;n&gt;a &amp; B</h:Given></h:Name>\
                    <h:Bed size=\"2\">up</h:Bed></h:Case>";
    assert_eq!(left(&rules, everything, body), expected);
    let screened = screen_pieces(&compile(&rules), LIMITS, everything, [document(body).as_bytes()]).unwrap();
    // dob, stray, Family, floor, Bed, Other, Stray.
    assert_eq!(screened.findings().unlisted, 7);
}

#[test]
fn a_text_is_joined_before_it_is_judged() {
    let rules = cases(&["h:Ni"]);
    for spelling in ["QQ12&#51;456C", "QQ<!-- x -->123456C", "QQ1<![CDATA[2345]]>6C", "Q<?p?>Q&#x31;23456C"] {
        let body = format!("<h:Case ref='a'><h:Ni>{spelling}</h:Ni></h:Case>");
        assert_eq!(left(&rules, everything, &body), "<h:Case><h:Ni>QQ123456C</h:Ni></h:Case>");
        // As somebody's id, too.
        let body = format!("<h:Case ref='{}'><h:Ni>x</h:Ni></h:Case>", "QQ12&#51;456C");
        assert_eq!(left(&rules, only("QQ123456C"), &body), "<h:Case><h:Ni>x</h:Ni></h:Case>");
    }
    let mut by_text = cases(&["h:Ni"]);
    by_text.records[0].subject = Some("h:Ref".to_owned());
    let body = "<h:Case><h:Ni>x</h:Ni><h:Ref>Q<!-- -->Q<![CDATA[1]]></h:Ref></h:Case>";
    assert_eq!(left(&by_text, only("QQ1"), body), "<h:Case><h:Ni>x</h:Ni></h:Case>");
}

#[test]
fn consent_of_one_client_opens_nothing_of_another() {
    let rules = cases(&["h:Name"]);
    let body = "<h:Case><h:Name>Ana</h:Name></h:Case><h:Case ref='b'><h:Name>Ben</h:Name></h:Case>\
                <h:Case ref='a'><h:Name>Cy</h:Name></h:Case>";
    assert_eq!(left(&rules, only("a"), body), "<h:Case/><h:Case/><h:Case><h:Name>Cy</h:Name></h:Case>");
}

#[test]
fn a_subject_is_one_value() {
    let mut rules = cases(&["h:Name"]);
    rules.records[0].subject = Some(".//h:Ref".to_owned());
    let person = |expected: Person| {
        move |person: &Person, rule: &FieldRule| {
            assert_eq!(*person, expected);
            everything(person, rule)
        }
    };
    let case = |refs: &str| format!("<h:Case>{refs}<h:Name>x</h:Name></h:Case>");
    for nobody in ["<h:Ref/>", "<h:Ref></h:Ref>", "<h:Ref><h:Name>x</h:Name></h:Ref>", ""] {
        left(&rules, person(Person::Unknown), &case(nobody));
    }
    for two in
        ["<h:Ref>a</h:Ref><h:Ref>a</h:Ref>", "<h:Ref>a</h:Ref><h:x><h:Ref/></h:x>", "<h:Ref>a<h:Ref>b</h:Ref></h:Ref>"]
    {
        left(&rules, person(Person::Ambiguous), &case(two));
    }
    left(&rules, person(Person::One("a".into())), &case("<h:x><h:Ref>a</h:Ref></h:x>"));
}

#[test]
fn dependants_are_their_own_people() {
    let mut household = record("/h:Cases/h:Case", "@ref", &["h:Name", ".//h:Child/h:Name", ".//h:Child/@id"]);
    household.dependants = Some((".//h:Child".to_owned(), "@id".to_owned()));
    let rules = Rules::of(&[household]);
    let body = "<h:Case ref='a'><h:Child id='c'><h:Name>C</h:Name><h:Child id='g'><h:Name>G</h:Name></h:Child></h:Child>\
                <h:Child><h:Name>D</h:Name></h:Child><h:Name>A</h:Name></h:Case>";
    assert_eq!(
        left(&rules, only("a"), body),
        "<h:Case><h:Child><h:Child/></h:Child><h:Child/><h:Name>A</h:Name></h:Case>"
    );
    assert_eq!(
        left(&rules, only("c"), body),
        "<h:Case><h:Child id=\"c\"><h:Name>C</h:Name><h:Child/></h:Child><h:Child/></h:Case>"
    );
    assert_eq!(
        left(&rules, only("g"), body),
        "<h:Case><h:Child><h:Child id=\"g\"><h:Name>G</h:Name></h:Child></h:Child><h:Child/></h:Case>"
    );
}

#[test]
fn an_element_at_a_listed_place_that_holds_elements_is_unlisted() {
    let rules = cases(&["h:Note", "h:Both", "h:Both/h:In", "h:Attr", "h:Attr/@a"]);
    let body = "<h:Case ref='a'><h:Note>a<h:b>c</h:b></h:Note><h:Both>t<h:In>i</h:In>u</h:Both>\
                <h:Attr a='1'>t<h:x/></h:Attr><h:Note>n</h:Note></h:Case>";
    let expected = "<h:Case><h:Both><h:In>i</h:In></h:Both><h:Attr a=\"1\"/><h:Note>n</h:Note></h:Case>";
    assert_eq!(left(&rules, everything, body), expected);
}

#[test]
fn what_stands_in_a_withheld_values_place() {
    let rule = |path: &str, denied| FieldRule { denied, ..field(path) };
    let mut rules = cases(&[]);
    rules.records[0].fields = vec![
        rule("h:S", Denied::Strip),
        rule("h:E", Denied::Empty),
        rule("h:C", Denied::Const("a\"<b>&é]]>".into())),
        rule("h:A/@s", Denied::Strip),
        rule("h:B/@s", Denied::Strip),
        rule("h:B/@e", Denied::Empty),
        rule("h:B/@c", Denied::Const("\"<'\n".into())),
        rule("h:N", Denied::Null),
    ];
    let body =
        "<h:Case ref='a'><h:S>1</h:S><h:E>2</h:E><h:C>3</h:C><h:A s='4'/><h:B s='5' e='6' c='7'/><h:N>8</h:N></h:Case>";
    let expected = "<h:Case><h:E/><h:C>a\"&lt;b&gt;&amp;é]]&gt;</h:C><h:B e=\"\" c=\"&quot;&lt;'&#10;\"/></h:Case>";
    assert_eq!(left(&rules, |_, _| withhold(), body), expected);
}

#[test]
fn a_stripped_text_leaves_the_attributes_that_may_leave() {
    let rules = cases(&["h:Name", "h:Name/@lang"]);
    let name_only =
        |_: &Person, rule: &FieldRule| if &*rule.path == "h:Name" { withhold() } else { Ruling::Send(Form::Raw) };
    let body = "<h:Case ref='a'><h:Name lang='en'>Ana</h:Name><h:Name>Ben</h:Name></h:Case>";
    assert_eq!(left(&rules, name_only, body), "<h:Case><h:Name lang=\"en\"/></h:Case>");
    let findings = screen_pieces(&compile(&rules), LIMITS, name_only, [document(body).as_bytes()]).unwrap().findings();
    let acts: Vec<_> = findings.listed.iter().map(|f| (&*f.rule.path, f.act, f.count)).collect();
    assert_eq!(acts, [("h:Name", Act::Stripped, 2), ("h:Name/@lang", Act::Sent, 1)]);
}

#[test]
fn an_element_whose_value_is_an_attribute_goes_with_it() {
    let rules = cases(&["h:Born/@value", "h:Sex/@value"]);
    let no_dates =
        |_: &Person, rule: &FieldRule| if rule.path.contains("Born") { withhold() } else { Ruling::Send(Form::Raw) };
    let body = "<h:Case ref='a'><h:Born value='1987-04-02'/><h:Born value='x'><h:ext/></h:Born><h:Sex value='f'>t</h:Sex>\
                <h:Sex id='1'/></h:Case>";
    assert_eq!(left(&rules, no_dates, body), "<h:Case><h:Sex value=\"f\"/></h:Case>");
}

#[test]
fn rougher_forms_are_written_and_empty_values_stay_empty() {
    let mut rules = cases(&[]);
    rules.records[0].fields = vec![
        year("h:Dob"),
        year("h:Born/@value"),
        FieldRule { otherwise: Some(Form::Pseudonym), only: true, ..field("h:Id") },
    ];
    let body = "<h:Case ref='a'><h:Dob>19<!---->87-04-02</h:Dob><h:Dob/><h:Dob>soon</h:Dob>\
                <h:Born value='1987-04-02'/><h:Born value='x'/><h:Id>12</h:Id></h:Case>";
    let expected = "<h:Case><h:Dob>1987</h:Dob><h:Dob/><h:Born value=\"1987\"/><h:Id>p:2\"</h:Id></h:Case>";
    assert_eq!(left(&rules, everything, body), expected);
}

#[test]
fn only_our_own_prefixes_and_declarations_leave() {
    let rules = cases(&["@ref", "h:Name", "h:Name/@h:a", "h:Name/@xml:lang", "h:Name/@xsi:type"]);
    let named = |prefix: &str| {
        format!(
            "<{prefix}:Cases xmlns:{prefix}='{HOUSING}' xmlns:QQ123456C='urn:QQ123456C'>\
             <{prefix}:Case ref='a' QQ123456C:ref='b'><{prefix}:Name {prefix}:a='1' xml:lang='en'>x</{prefix}:Name>\
             </{prefix}:Case></{prefix}:Cases>"
        )
    };
    let expected = format!(
        "<h:Cases xmlns:h=\"{HOUSING}\"><h:Case ref=\"a\"><h:Name h:a=\"1\" xml:lang=\"en\">x</h:Name></h:Case></h:Cases>"
    );
    assert_eq!(screen(&rules, everything, &named("h")).unwrap(), expected);
    assert_eq!(screen(&rules, everything, &named("AB987654C")).unwrap(), expected);
    // Names without a prefix keep none; what needs a prefix gets ours where it is first needed.
    let body = format!(
        "<Cases xmlns='{HOUSING}'><Case ref='a'><Name xmlns:p='{HOUSING}' p:a='1'>x</Name><p xmlns=''/></Case></Cases>"
    );
    let expected = format!(
        "<Cases xmlns=\"{HOUSING}\"><Case ref=\"a\"><Name xmlns:h=\"{HOUSING}\" h:a=\"1\">x</Name></Case></Cases>"
    );
    assert_eq!(screen(&rules, everything, &body).unwrap(), expected);
}

#[test]
fn the_default_namespace_is_taken_back_where_a_name_is_in_none() {
    let rules = Rules::of(&[record("/h:Cases", "@ref", &["b", "b/h:c"])]);
    let body = format!("<Cases xmlns='{HOUSING}'><b xmlns=''>x<c xmlns='{HOUSING}'>y</c></b><b>no</b></Cases>");
    let expected =
        "<Cases xmlns=\"urn:example:housing\"><b xmlns=\"\"><c xmlns=\"urn:example:housing\">y</c></b></Cases>";
    assert_eq!(screen(&rules, everything, &body).unwrap(), expected);
}

#[test]
fn a_wildcard_means_elements_whose_namespace_is_known_and_never_attributes() {
    let rules = cases(&["*"]);
    let body = "<h:Case ref='a' x='1'><h:A b='2'>1</h:A><B>2</B><c:C xmlns:c='urn:other'>3</c:C></h:Case>";
    assert_eq!(left(&rules, everything, body), "<h:Case><h:A>1</h:A><B>2</B></h:Case>");
    let rules = cases(&["@*", ".//h:B/@*"]);
    let body =
        "<h:Case ref='a' x='1'><h:A b='2'>1</h:A><h:B c='3' xmlns:o='urn:o' o:d='4' xml:lang='en'>5</h:B></h:Case>";
    assert_eq!(
        left(&rules, everything, body),
        "<h:Case ref=\"a\" x=\"1\"><h:A/><h:B c=\"3\" xml:lang=\"en\"/></h:Case>"
    );
}

#[test]
fn the_records_own_text_and_the_whole_document() {
    let mut rules = Rules::of(&[record("/h:Cases/h:Case", "@ref", &[".", "@ref"])]);
    assert_eq!(
        left(&rules, only("a"), "<h:Case ref='a'>t</h:Case><h:Case ref='b'>u</h:Case>"),
        "<h:Case ref=\"a\">t</h:Case>"
    );
    rules.records[0].subject = None;
    assert_eq!(left(&rules, only("from the path"), "<h:Case ref='a'>t</h:Case>"), "<h:Case ref=\"a\">t</h:Case>");
    let rules = whole("h:Cases/@ref", &["h:Cases/h:Name"]);
    let body = format!("<h:Cases xmlns:h='{HOUSING}' ref='a'><h:Name>x</h:Name></h:Cases>");
    assert_eq!(
        screen(&rules, only("a"), &body).unwrap(),
        format!("<h:Cases xmlns:h=\"{HOUSING}\"><h:Name>x</h:Name></h:Cases>")
    );
}

#[test]
fn an_envelope_is_about_nobody() {
    let mut rules = cases(&["h:Name"]);
    rules.envelope = vec![field("/h:Cases/h:Batch"), field("/h:Cases/@sent")];
    let body = format!("<h:Cases xmlns:h='{HOUSING}' sent='1' by='2'><h:Batch>3</h:Batch><h:Case ref='a'/></h:Cases>");
    let unknown = |person: &Person, rule: &FieldRule| {
        assert_eq!(*person, Person::Unknown);
        everything(person, rule)
    };
    let expected = format!("<h:Cases xmlns:h=\"{HOUSING}\" sent=\"1\"><h:Batch>3</h:Batch><h:Case/></h:Cases>");
    assert_eq!(screen(&rules, unknown, &body).unwrap(), expected);
}

#[test]
fn the_documents_element_stays_or_nothing_is_sent() {
    let mut rules = Rules::of(&[record("/h:Note", "@ref", &["."])]);
    rules.records[0].subject = None;
    let note = |text: &str| format!("<h:Note xmlns:h='{HOUSING}'>{text}</h:Note>");
    let empty = format!("<h:Note xmlns:h=\"{HOUSING}\"/>");
    assert_eq!(screen(&rules, |_, _| withhold(), &note("x")).unwrap(), empty);
    for body in [note("<h:b/>"), "<Note/>".to_owned(), "<h:Note xmlns:h='urn:other'>x</h:Note>".to_owned()] {
        let refusal = screen(&rules, everything, &body).unwrap_err();
        assert_eq!(refusal.code, Code::FieldBlocked, "{body}");
        assert!(refusal.detail.contains("the document's element at byte 0"), "{}", refusal.detail);
    }
    rules.records[0].fields.push(field("h:b"));
    assert_eq!(screen(&rules, everything, &note("<h:b/>")).unwrap(), empty.replace("/>", "><h:b/></h:Note>"));
}

#[test]
fn unlisted_data_stops_where_the_operation_says_so() {
    let mut rules = cases(&["h:Name"]);
    rules.unlisted = Unlisted::Block;
    let refusal = |case: &str| screen(&rules, everything, &document(case)).unwrap_err();
    let start = document("").find("</").unwrap();
    for (case, at) in [
        ("<h:Case ref='a'><h:X/></h:Case>", 16),
        ("<h:Case ref='a' dob='b'/>", 16),
        ("<h:Case ref='a'>QQ123456C</h:Case>", 16),
        ("<h:Case ref='a'><h:Name>a<h:b/></h:Name></h:Case>", 16),
        ("<!-- --><h:Y/>", 8),
    ] {
        let refusal = refusal(case);
        assert_eq!(refusal.code, Code::FieldBlocked, "{case}");
        assert!(refusal.detail.contains(&format!("at byte {} ", start + at)), "{case}: {}", refusal.detail);
        assert!(!refusal.detail.contains("QQ"));
    }
    // Its own id, comments, instructions and white space are no surprise.
    let fine = "<h:Case ref='a'> <!-- x --><?p?><h:Name>x</h:Name>&#10;<![CDATA[ ]]></h:Case>";
    assert_eq!(left(&rules, everything, fine), "<h:Case><h:Name>x</h:Name></h:Case>");
}

#[test]
fn a_hollow_record_is_not_sent_and_a_blocking_field_stops() {
    let mut rules = cases(&["h:Name", "@ref"]);
    rules.records[0].fields[0].required = true;
    let body = document("<h:Case ref='b'><h:Name>Ben</h:Name></h:Case>");
    let refusal = screen(&rules, only("a"), &body).unwrap_err();
    assert_eq!(refusal.code, Code::ConsentMissing);
    assert!(refusal.detail.contains("h:Name is needed") && !refusal.detail.contains("Ben"), "{}", refusal.detail);
    rules.records[0].fields[0].required = false;
    rules.records[0].fields[1].denied = Denied::Block;
    let refusal = screen(&rules, only("a"), &body).unwrap_err();
    assert!(refusal.detail.contains("@ref may not leave"), "{}", refusal.detail);
}

#[test]
fn the_declaration_leaves_if_it_was_there() {
    let rules = cases(&["h:Name"]);
    let declared = format!("\u{feff}<?xml version='1.0' standalone=\"no\"?>\r\n{}", document("<h:Case ref='a'/>"));
    let sent = screen(&rules, everything, &declared).unwrap();
    assert!(sent.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><h:Cases "), "{sent}");
    assert!(screen(&rules, everything, &document("")).unwrap().starts_with("<h:Cases "));
}

#[test]
fn a_declared_encoding_is_forgotten_once_the_bytes_were_made_utf_8() {
    use crate::rules::Once;
    use havengate::screen::xml::XmlScreener;
    let rules = compile(&cases(&["h:Name"]));
    let body =
        format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{}", document("<h:Case><h:Name>é</h:Name></h:Case>"));
    let mut screener = XmlScreener::new(rules, LIMITS, Person::Unknown).transcoded();
    let mut judge = Once::new(everything);
    screener.push(body.as_bytes(), &mut judge).unwrap();
    let sent = String::from_utf8(screener.finish(&mut judge).unwrap().bytes).unwrap();
    assert!(sent.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>") && sent.contains("é"), "{sent}");
}

/// Elements are read by what was seen before; here nothing that was seen holds any more. [`screen`] reads each document
/// byte by byte too, where no element is read at once.
#[test]
fn what_was_seen_before_is_read_anew_where_it_means_something_else() {
    let listed = cases(&["h:A", "h:B", "h:In/h:A", "h:In/h:X"]);
    let case = |within: &str| format!("<h:Case>{within}</h:Case>");
    for (body, expected) in [
        // Elements that are missing, come in another order, or twice.
        (
            "<h:A>1</h:A><h:B>2</h:B><h:C>3</h:C>|<h:B>4</h:B>|<h:C>5</h:C><h:A>6</h:A><h:A>7</h:A>",
            "<h:A>1</h:A><h:B>2</h:B>|<h:B>4</h:B>|<h:A>6</h:A><h:A>7</h:A>",
        ),
        // Spelled alike, in another place.
        (
            "<h:A>1</h:A><h:X>2</h:X>|<h:In><h:A>3</h:A><h:X>4</h:X><h:B>5</h:B></h:In><h:X>6</h:X>",
            "<h:A>1</h:A>|<h:In><h:A>3</h:A><h:X>4</h:X></h:In>",
        ),
        // Under another meaning of the prefix, and under the first again.
        ("<h:A>1</h:A>|<h:D xmlns:h='urn:other'><h:A>2</h:A></h:D><h:A>3</h:A>", "<h:A>1</h:A>|<h:A>3</h:A>"),
        // A text that goes on, that is written otherwise, and none.
        (
            "<h:A>1</h:A><h:B>2</h:B>|<h:A>1<!-- -->2</h:A><h:B>&#51;&amp;></h:B>|<h:A></h:A><h:B> </h:B>",
            "<h:A>1</h:A><h:B>2</h:B>|<h:A>12</h:A><h:B>3&amp;&gt;</h:B>|<h:A/><h:B> </h:B>",
        ),
        // An element that holds elements where one held a text.
        ("<h:A>1</h:A><h:B>2</h:B>|<h:A>x<h:B>2</h:B></h:A><h:B>3</h:B>", "<h:A>1</h:A><h:B>2</h:B>|<h:B>3</h:B>"),
    ] {
        let body: String = body.split('|').map(|within| format!("<h:Case ref='a'>\n {within}\n</h:Case>")).collect();
        assert_eq!(left(&listed, everything, &body), expected.split('|').map(case).collect::<String>(), "{body}");
    }
}

#[test]
fn plain_elements_do_not_reach_over_the_limits() {
    let rules = compile(&cases(&["h:A"]));
    let body = document(&"<h:Case ref='a'><h:A>1</h:A><h:A>2</h:A><h:A>3</h:A></h:Case>".repeat(2));
    let run = |limits, piece: usize| {
        screen_pieces(&rules, limits, everything, body.as_bytes().chunks(piece)).map(|s| s.bytes)
    };
    for record in 40..70 {
        let limits = havengate::screen::body::Limits { record, ..LIMITS };
        assert_eq!(run(limits, body.len()), run(limits, 1), "{record}");
    }
    let refused = run(havengate::screen::body::Limits { record: 60, ..LIMITS }, body.len()).unwrap_err();
    assert_eq!(refused.code, Code::BodyTooLarge);
    let flat = havengate::screen::body::Limits { depth: 2, ..LIMITS };
    assert_eq!(run(flat, body.len()).unwrap_err().code, Code::BodyMalformed);
}
