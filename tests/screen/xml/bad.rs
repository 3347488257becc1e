//! What is not XML, or is XML in two ways, or would make us fetch or grow: each refused with what, where and what to do,
//! in bounded memory and time, however it is cut.

use super::{HOUSING, compile, screen_pieces};
use crate::rules::{LIMITS, Rules, everything, record};
use havengate::{
    screen::{body::Limits, xml::outline},
    verdict::{Code, Refusal},
};
use std::time::{Duration, Instant};

/// Everything in no namespace, at any depth.
fn anything() -> Rules {
    Rules::of(&[record("/a", "@ref", &[".//*", ".//@*", "."])])
}

fn refused(rules: &Rules, limits: Limits, body: &[u8]) -> Refusal {
    let rules = compile(rules);
    let refuse = |size: usize| match screen_pieces(&rules, limits, everything, body.chunks(size)) {
        Ok(_) => panic!("accepted {}", String::from_utf8_lossy(&body[..body.len().min(200)])),
        Err(refusal) => refusal,
    };
    let whole = refuse(usize::MAX);
    for size in if body.len() < 10_000 { vec![1, 2, 7] } else { vec![4_099] } {
        assert_eq!(refuse(size), whole, "{}", String::from_utf8_lossy(&body[..body.len().min(200)]));
    }
    whole
}

/// Bodies, what is said of them, and the byte that is named.
const MALFORMED: [(&[u8], &str, usize); 84] = [
    (b"", "an end", 0),
    (b" ", "an end", 1),
    (b"<a>", "an end", 3),
    (b"<a", "an end", 2),
    (b"<a b='", "an end", 6),
    (b"<a>text", "an end", 7),
    (b"<a/><!-- ", "an end", 9),
    (b"<a><![CDATA[x", "an end", 13),
    (b"<a/><?p ", "an end", 8),
    (b"<!-- only -->", "an end", 13),
    (b"<a/><b/>", "a second element", 4),
    (b"<a></a><a></a>", "a second element", 7),
    (b"x<a/>", "text outside", 0),
    (b"<a/> x", "text outside", 5),
    (b"<a/>&#32;", "text outside", 4),
    (b"<![CDATA[x]]><a/>", "text outside", 0),
    (b"<a/><![CDATA[ ]]>", "text outside", 4),
    (b"<!DOCTYPE a><a/>", "document type", 0),
    (b"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "document type", 0),
    (b"<!DOCTYPE a SYSTEM 'http://evil.example/x.dtd'><a/>", "document type", 0),
    (b"<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;&l;'>]><a>&m;</a>", "document type", 0),
    (b"<!doctype a><a/>", "document type", 0),
    (b"<a><!ENTITY x 'y'></a>", "document type", 3),
    (b"<a><!-x--></a>", "neither a comment nor CDATA", 3),
    (b"<a><![cdata[x]]></a>", "neither a comment nor CDATA", 3),
    (b"<a>&x;</a>", "not one of XML's five", 3),
    (b"<a b='&nbsp;'/>", "not one of XML's five", 6),
    (b"<a>AT&T</a>", "begins no reference", 5),
    (b"<a>&#;</a>", "begins no reference", 3),
    (b"<a>&#xZZ;</a>", "begins no reference", 3),
    (b"<a>& b;</a>", "begins no reference", 3),
    (b"<a>&#0;</a>", "a reference to a character", 3),
    (b"<a>&#xD800;</a>", "a reference to a character", 3),
    (b"<a b='&#xFFFF;'/>", "a reference to a character", 6),
    (b"<a>&#1114112;</a>", "a reference to a character", 3),
    (b"<a>\x01</a>", "XML does not allow", 3),
    (b"<a>x\0</a>", "XML does not allow", 4),
    (b"<a b='\x1f'/>", "XML does not allow", 6),
    (b"<a>\xef\xbf\xbe</a>", "XML does not allow", 3),
    (b"<a><!-- \x02 --></a>", "XML does not allow", 8),
    (b"<a><![CDATA[\x03]]></a>", "XML does not allow", 12),
    (b"<a>]]></a>", "`]]>` in text", 3),
    (b"<a>]]]]></a>", "`]]>` in text", 5),
    (b"<a>\xff</a>", "invalid UTF-8", 3),
    (b"<a>caf\xe9</a>", "invalid UTF-8", 6),
    (b"<a b='\xc0\xaf'/>", "invalid UTF-8", 6),
    (b"<a>\xed\xa0\x80</a>", "invalid UTF-8", 3),
    (b"\xfe\xff\0<\0a\0/\0>", "UTF-16", 0),
    (b"\xff\xfe<\0a\0/\0>\0", "UTF-16", 0),
    (b"<\0a\0/\0>\0", "UTF-16", 1),
    (b"\0<\0a\0/\0>", "UTF-16", 0),
    (b"<a></b>", "not the open element's", 3),
    (b"<a><b></a></b>", "not the open element's", 6),
    (b"</a>", "without a start tag", 0),
    (b"<a/></a>", "without a start tag", 4),
    (b"<a b='1' b='2'/>", "for the second time", 9),
    (b"<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>", "for the second time", 35),
    (b"<a xmlns='u' xmlns='u'/>", "for the second time", 13),
    (b"<a xmlns:x='u' xmlns:x='v'/>", "for the second time", 15),
    (b"<x:a/>", "a prefix that is not declared", 1),
    (b"<a x:b='1'/>", "a prefix that is not declared", 3),
    (b"<a><b xmlns:x='u'/><x:b/></a>", "a prefix that is not declared", 20),
    (b"<a xmlns:x=''/>", "stand for nothing", 3),
    (b"<a xmlns:xml='u'/>", "reserved", 3),
    (b"<a xmlns:xmlns='u'/>", "reserved", 3),
    (b"<a xmlns='http://www.w3.org/XML/1998/namespace'/>", "reserved", 3),
    (b"<a b='<'/>", "`<` within a tag", 6),
    (b"<a <b/>", "`<` within a tag", 3),
    (b"<a>x < y</a>", "begins no tag", 5),
    (b"<a><1/></a>", "begins no tag", 3),
    (b"<a><a:b:c/></a>", "no XML name", 4),
    (b"<a b=1/>", "not in quotes", 5),
    (b"<a b/>", "without `=`", 4),
    (b"<a b='1'c='2'/>", "nothing between them", 8),
    (b"<a/ >", "does not end", 2),
    (b"<a><!-- a -- b --></a>", "two hyphens", 10),
    (b"<a><!-- a ---></a>", "two hyphens", 10),
    (b" <?xml version='1.0'?><a/>", "not at the very beginning", 1),
    (b"<a/><?XML x?>", "not at the very beginning", 4),
    (b"<?xml version='1.0' encoding='UTF-16'?><a/>", "another encoding", 20),
    (b"<?xml version='1.0' encoding='windows-1252'?><a/>", "another encoding", 20),
    (b"<?xml version='1.1'?><a/>", "another version", 6),
    (b"<?xml encoding='UTF-8'?><a/>", "XML declaration that is not", 6),
    (b"<a><? x?></a>", "no XML name", 5),
];

#[test]
fn what_is_not_xml_is_refused_with_what_and_where() {
    for (body, what, at) in MALFORMED {
        let refusal = refused(&anything(), LIMITS, body);
        let shown = String::from_utf8_lossy(body);
        assert_eq!(refusal.code, Code::BodyMalformed, "{shown}");
        assert!(refusal.detail.contains(what), "{shown}: {}", refusal.detail);
        assert!(refusal.detail.contains(&format!("at byte {at}, in line 1; ")), "{shown}: {}", refusal.detail);
        // Samples are read as bodies are.
        assert_eq!(outline::read(body, LIMITS, false).unwrap_err(), refusal, "{shown}");
    }
}

#[test]
fn what_is_dropped_is_read_as_strictly() {
    let nothing = Rules::of(&[record("/a/b", "@ref", &["c"])]);
    for inner in
        ["<x>&y;</x>", "<x a='1' a='2'/>", "<x>\u{1}</x>", "<x><!-- -- --></x>", "<x></y>", "<p:x/>", "<x b='&y;'/>"]
    {
        let refusal = refused(&nothing, LIMITS, format!("<a>\n{inner}</a>").as_bytes());
        assert_eq!(refusal.code, Code::BodyMalformed, "{inner}");
        assert!(refusal.detail.contains("in line 2"), "{}", refusal.detail);
    }
}

#[test]
fn nothing_of_the_body_is_repeated() {
    for body in ["<a>QQ123456C&QQ123456C;</a>", "<a QQ123456C='1' QQ123456C='2'/>", "<QQ:a/>", "<a></QQ123456C>"] {
        let refusal = refused(&anything(), LIMITS, body.as_bytes());
        assert!(!refusal.detail.contains("QQ"), "{}", refusal.detail);
    }
}

#[test]
fn endless_nesting_is_refused_at_the_limit() {
    for rules in [anything(), Rules::of(&[record("/a/b", "@ref", &["c"])])] {
        let refusal = refused(&rules, LIMITS, "<a>".repeat(100_000).as_bytes());
        assert!(refusal.detail.contains("more nesting than the limit at byte 192"), "{}", refusal.detail);
    }
}

#[test]
fn two_hundred_thousand_attributes_are_refused_in_no_time() {
    let start = Instant::now();
    let many = |n: usize| (0..n).map(|i| format!(" a{i}=''")).collect::<String>();
    let refusal = refused(&anything(), LIMITS, format!("<a{}/>", many(200_000)).as_bytes());
    assert_eq!(refusal.code, Code::BodyTooLarge);
    let large = Limits { record: 64 << 20, ..LIMITS };
    let refusal = refused(&anything(), large, format!("<a{}/>", many(200_000)).as_bytes());
    assert!(refusal.detail.contains("more attributes than the limit"), "{}", refusal.detail);
    // As many as are allowed, the last one for the second time.
    let refusal = refused(&anything(), LIMITS, format!("<a{} a7=''/>", many(9_999)).as_bytes());
    assert!(refusal.detail.contains("for the second time"), "{}", refusal.detail);
    let declared: String = (0..300).map(|i| format!(" xmlns:a{i}='u'")).collect();
    let refusal = refused(&anything(), LIMITS, format!("<a{declared}/>").as_bytes());
    assert!(refusal.detail.contains("256 namespace declarations"), "{}", refusal.detail);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn what_is_larger_than_a_record_may_be_is_refused() {
    let long = "x".repeat(2 << 20);
    let a = |inner: &str| format!("<a>{inner}</a>");
    for body in [
        a(&long),
        a(&format!("<!--{long}-->")),
        a(&format!("<![CDATA[{long}]]>")),
        a(&format!("<?p {long}?>")),
        a(&format!("<b c='{long}'/>")),
        a(&format!("<{long}/>")),
        a(&"<b/>".repeat(1 << 19)),
        format!("<a {}/>", " ".repeat(2 << 20)),
    ] {
        assert_eq!(refused(&anything(), LIMITS, body.as_bytes()).code, Code::BodyTooLarge, "{:.30}", body);
    }
    let long_name = refused(&anything(), LIMITS, format!("<a><b{}/></a>", "x".repeat(1025)).as_bytes());
    assert!(long_name.detail.contains("1,024 bytes"), "{}", long_name.detail);
    // A text outside records is bounded too, however it comes.
    let mut rules = Rules::of(&[record("/a/b", "@ref", &["c"])]);
    rules.envelope = vec![crate::rules::field("/a/d")];
    let pieces = "x<!-- -->".repeat(200_000);
    assert_eq!(refused(&rules, LIMITS, format!("<a><d>{pieces}</d></a>").as_bytes()).code, Code::BodyTooLarge);
    // Records may follow each other without end.
    let many = format!("<a>{}</a>", "<b ref='1'><c>x</c></b>\n".repeat(100_000));
    let screened = screen_pieces(&compile(&rules), LIMITS, everything, many.as_bytes().chunks(9_001)).unwrap();
    assert_eq!(screened.bytes.len(), "<a></a>".len() + 100_000 * "<b><c>x</c></b>".len());
}

#[test]
fn what_is_unusual_but_xml_is_accepted() {
    for (body, expected) in [
        ("<a/>", "<a/>"),
        ("<a\n/>\n<!-- - -->\n<?p?>\n", "<a/>"),
        ("<?xml version=\"1.0\"?><!--x--><?p x?>\n<a ></a >", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a/>"),
        ("<a>]] ></a>", "<a>]] &gt;</a>"),
        ("<a>\r\nx\ry</a>", "<a>\nx\ny</a>"),
        ("<a>&#13;</a>", "<a>&#13;</a>"),
        ("<a b='x\ny\tz&#10;'/>", "<a b=\"x y z&#10;\"/>"),
        ("<a b='\"' c=\"'>\"/>", "<a b=\"&quot;\" c=\"'>\"/>"),
        (
            "<a>\u{7f}\u{85}\u{2028}\u{fffd}\u{10ffff}\u{feff}</a>",
            "<a>\u{7f}\u{85}\u{2028}\u{fffd}\u{10ffff}\u{feff}</a>",
        ),
        ("<a><é.-·1/></a>", "<a><é.-·1/></a>"),
        ("<a xml:lang='en'/>", "<a xml:lang=\"en\"/>"),
        ("<a><![CDATA[<&]]]]><![CDATA[>]]></a>", "<a>&lt;&amp;]]&gt;</a>"),
        ("<a><!----></a>", "<a/>"),
        ("<a xmlnsx='1'/>", "<a xmlnsx=\"1\"/>"),
    ] {
        assert_eq!(super::screen(&anything(), everything, body).unwrap(), expected, "{body}");
        assert!(roxmltree::Document::parse(body).is_ok(), "{body}");
    }
    let body = format!("<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xmlns:h='{HOUSING}' h:b='1'/>");
    let expected = format!("<a xmlns:h=\"{HOUSING}\" h:b=\"1\"/>");
    assert_eq!(super::screen(&anything(), everything, &body).unwrap(), expected);
}
