//! Whatever goes in: what an independent parser finds in the output is exactly what may leave, and what no independent
//! parser reads we do not read either.

use super::{HOUSING, XSI, cases, compile, screen_pieces};
use crate::rules::{LIMITS, Rules, everything, field, record};
use havengate::{
    screen::xml::outline::{self, Element},
    verdict::Code,
};
use proptest::prelude::*;
use quick_xml::{NsReader, events::Event, name::ResolveResult};
use std::fmt::Write as _;

/// A small document: what it means, and a way to spell it.
#[derive(Debug, Clone)]
struct Node {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Node>,
}

const NAMES: [&str; 6] = ["h:Case", "h:Name", "h:Given", "Given", "h:Note", "o:Name"];
const ATTRIBUTES: [&str; 5] = ["ref", "id", "h:id", "xml:lang", "o:id"];

fn value() -> impl Strategy<Value = String> {
    "[a-c<>&\"'\\]é\u{1F600} \n\t]{0,6}"
}

fn node() -> impl Strategy<Value = Node> {
    let attributes = proptest::sample::subsequence(&ATTRIBUTES[..], 0..3)
        .prop_flat_map(|names| {
            let n = names.len();
            (Just(names), proptest::collection::vec(value(), n))
        })
        .prop_map(|(names, values)| names.into_iter().zip(values).collect::<Vec<_>>());
    let leaf = (proptest::sample::select(&NAMES[..]), attributes, value()).prop_map(|(name, attributes, text)| Node {
        name,
        attributes,
        text,
        children: vec![],
    });
    leaf.prop_recursive(4, 24, 4, |inner| {
        (inner.clone(), proptest::collection::vec(inner, 0..4)).prop_map(|(mut node, children)| {
            node.children = children;
            node
        })
    })
}

/// A text in one of its spellings.
fn spell(text: &str, choice: &mut u64, quoted: bool) -> String {
    let mut out = String::new();
    for c in text.chars() {
        *choice = choice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match (*choice >> 33) % 6 {
            0 => write!(out, "&#{};", u32::from(c)).unwrap(),
            1 => write!(out, "&#x{:X};", u32::from(c)).unwrap(),
            2 if !quoted && c != ']' => write!(out, "<![CDATA[{c}]]>").unwrap(),
            3 if !quoted => write!(out, "<!-- QQ -->{}", plain(c, quoted)).unwrap(),
            4 if !quoted => write!(out, "<?q QQ?>{}", plain(c, quoted)).unwrap(),
            _ => out.push_str(&plain(c, quoted)),
        }
    }
    out
}

fn plain(c: char, quoted: bool) -> String {
    match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\n' | '\t' if quoted => format!("&#{};", u32::from(c)),
        c => c.to_string(),
    }
}

impl Node {
    fn write(&self, out: &mut String, choice: &mut u64) {
        write!(out, "<{}", self.name).unwrap();
        for (name, value) in &self.attributes {
            write!(out, " {name} = \"{}\"", spell(value, choice, true)).unwrap();
        }
        write!(out, ">{}", spell(&self.text, choice, false)).unwrap();
        for child in &self.children {
            child.write(out, choice);
            out.push('\n');
        }
        write!(out, "</{}>", self.name).unwrap();
    }

    /// The values that a rule lists, each with its way from the record.
    fn permitted(&self, path: &str, rules: &[&str], found: &mut Vec<(String, String)>) {
        let way = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        for (name, value) in &self.attributes {
            let at = way(&format!("@{name}"));
            if rules.contains(&at.as_str()) {
                found.push((at, value.clone()));
            }
        }
        if self.children.is_empty() && rules.contains(&path) && !self.text.is_empty() {
            found.push((path.to_owned(), self.text.clone()));
        }
        for child in &self.children {
            child.permitted(&way(child.name), rules, found);
        }
    }
}

/// Every text and attribute that quick-xml finds below the records, texts joined. Panics on what it does not read.
fn leaves(body: &str) -> Vec<(String, String)> {
    let mut reader = NsReader::from_str(body);
    let (mut path, mut texts, mut found): (Vec<String>, Vec<String>, _) = (vec![], vec![String::new()], vec![]);
    let expanded = |ns: ResolveResult<'_>, local: &str| match ns {
        ResolveResult::Bound(ns) if ns.as_ref() == HOUSING => format!("h:{local}"),
        ResolveResult::Bound(ns) if ns.as_ref() == "http://www.w3.org/XML/1998/namespace" => {
            format!("xml:{local}")
        }
        ResolveResult::Unbound => local.to_owned(),
        other => panic!("{other:?} left"),
    };
    loop {
        let (ns, event) = reader.read_resolved_event().unwrap();
        let empty = matches!(event, Event::Empty(_));
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                path.push(expanded(ns, tag.local_name().as_ref()));
                texts.push(String::new());
                let way = path.get(2..).unwrap_or_default().join("/");
                for attribute in tag.attributes() {
                    let attribute = attribute.unwrap();
                    let name = attribute.key.as_ref().to_owned();
                    if name.starts_with("xmlns") {
                        assert!([HOUSING, XSI].contains(&&*attribute.value));
                        continue;
                    }
                    let (ns, local) = reader.resolver().resolve_attribute(attribute.key);
                    let name = expanded(ns, local.as_ref());
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap().into_owned();
                    found.push((if way.is_empty() { format!("@{name}") } else { format!("{way}/@{name}") }, value));
                }
                if empty {
                    path.pop();
                    texts.pop();
                }
            }
            Event::End(_) => {
                let text = texts.pop().unwrap();
                if !text.is_empty() {
                    found.push((path.get(2..).unwrap_or_default().join("/"), text));
                }
                path.pop();
            }
            Event::Text(text) => texts.last_mut().unwrap().push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let spelled = format!("&{};", &*reference);
                texts.last_mut().unwrap().push_str(&quick_xml::escape::unescape(&spelled).unwrap());
            }
            Event::Eof => return found,
            other => panic!("{other:?} left"),
        }
    }
}

/// Whether a sample says what an independent parser says.
fn is_same(ours: &Element, theirs: roxmltree::Node<'_, '_>) -> bool {
    let named = |ours: &outline::Name, ns: Option<&str>, local: &str| {
        *ours.namespace == *ns.unwrap_or_default() && ours.local == local
    };
    let children: Vec<_> = theirs.children().filter(roxmltree::Node::is_element).collect();
    let attributes: Vec<_> = theirs.attributes().collect();
    let text: String = theirs.children().filter(roxmltree::Node::is_text).filter_map(|t| t.text()).collect();
    // roxmltree forgets the end of a line that stands before a reference (XML 1.0 section 2.11).
    let text = text.replace('\r', "\n");
    named(&ours.name, theirs.tag_name().namespace(), theirs.tag_name().name())
        && ours.text == text
        && ours.attributes.len() == attributes.len()
        && ours.attributes.iter().zip(attributes).all(|((n, v), a)| named(n, a.namespace(), a.name()) && v == a.value())
        && ours.children.len() == children.len()
        && ours.children.iter().zip(children).all(|(ours, theirs)| is_same(ours, theirs))
}

const LISTED: [&str; 7] =
    ["@ref", "h:Name", "h:Name/@id", "h:Name/h:Given", "h:Name/h:Given/@xml:lang", "h:Note/Given", "h:Case/@h:id"];

proptest! {
    #[test]
    fn what_leaves_is_exactly_what_may(root in node(), seed in any::<u64>(), cut in 1usize..40) {
        let mut body = format!("<h:Cases xmlns:h='{HOUSING}' xmlns:o='urn:other'><h:Case>");
        let case = Node { name: "h:Case", attributes: vec![("ref", "a".to_owned())], text: String::new(), children: vec![root] };
        body.truncate(body.len() - "<h:Case>".len());
        case.write(&mut body, &mut seed.clone());
        body.push_str("</h:Cases>");
        let rules = compile(&cases(&LISTED));
        let whole = screen_pieces(&rules, LIMITS, everything, [body.as_bytes()]).unwrap();
        let sent = String::from_utf8(whole.bytes).unwrap();
        let mut expected = vec![];
        case.permitted("", &LISTED, &mut expected);
        let mut found = leaves(&sent);
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected, "{}\n{}", body, sent);
        prop_assert!(!sent.contains("QQ") && !sent.contains("<!") && !sent.contains("<?") && !sent.contains("urn:other"));
        prop_assert!(roxmltree::Document::parse(&sent).is_ok(), "{}", sent);
        // The same however it is cut, and again when it is screened again.
        let pieces = screen_pieces(&rules, LIMITS, everything, body.as_bytes().chunks(cut)).unwrap();
        prop_assert_eq!(std::str::from_utf8(&pieces.bytes).unwrap(), &sent);
        let again = screen_pieces(&rules, LIMITS, everything, [sent.as_bytes()]).unwrap();
        prop_assert_eq!(String::from_utf8(again.bytes).unwrap(), sent);
    }

    /// What roxmltree refuses we refuse; what we refuse is a document type, or roxmltree refuses it too.
    #[test]
    fn what_others_do_not_read_we_do_not_read(
        body in "(<a>|</a>|<a/>|<b c='|'/>|<x:a|xmlns:x='u'|[<>&;#x1'\"/=! ?-]|<!--|-->|<!\\[CDATA\\[|\\]\\]>|&lt;|&#|\u{1}|\u{fffe}|é|t|<\\?p|\\?>|\r|\n){0,9}",
        wrap in any::<bool>(),
        cut in 1usize..9,
    ) {
        let body = if wrap { format!("<a>{body}</a>") } else { body };
        let rules = compile(&Rules::of(&[record("/a", "@ref", &[".//*", ".//@*"])]));
        let ours = screen_pieces(&rules, LIMITS, everything, [body.as_bytes()]);
        let theirs = roxmltree::Document::parse(&body);
        let sample = outline::read(body.as_bytes(), LIMITS, false);
        match &ours {
            Ok(screened) => {
                prop_assert!(theirs.is_ok(), "{}: {:?}", body, theirs);
                let same = is_same(&sample.unwrap(), theirs.unwrap().root_element());
                prop_assert!(same, "{} is another sample", body);
                prop_assert!(roxmltree::Document::parse(std::str::from_utf8(&screened.bytes).unwrap()).is_ok());
            }
            Err(refusal) if refusal.code == Code::BodyMalformed => {
                prop_assert_eq!(&sample.unwrap_err(), refusal);
                // roxmltree reads document types where it is asked to, and an instruction whose target is no name.
                let forgiven = ["document type", "no XML name"];
                let forgiven = forgiven.iter().any(|what| refusal.detail.contains(what));
                prop_assert!(theirs.is_err() || forgiven, "{}: {}", body, refusal.detail);
            }
            // Another root than the one that is listed.
            Err(refusal) => prop_assert_eq!(refusal.code, Code::FieldBlocked),
        }
        let pieces = screen_pieces(&rules, LIMITS, everything, body.as_bytes().chunks(cut));
        prop_assert_eq!(pieces.map(|s| s.bytes).map_err(|r| r.detail), ours.map(|s| s.bytes).map_err(|r| r.detail));
    }

    /// No bytes make the kernel panic, and where they are cut never shows, at any limit.
    #[test]
    fn bytes_are_refused_or_read(
        body in proptest::collection::vec(proptest::sample::select(&b"<a>/'\"=!-[]? &;#x1\xc3\xa9\xff\0b:\n"[..]), 0..60),
        limit in 1usize..40,
        cut in 1usize..9,
    ) {
        let mut rules = Rules::of(&[record("/a/b", "@a", &[".//*", "@*"])]);
        rules.envelope = vec![field("/a/a")];
        let rules = compile(&rules);
        let limits = havengate::screen::body::Limits { record: limit, depth: 3, members: 2, people: 2 };
        let mut bodies = vec![body.clone()];
        bodies.push([&b"<a>"[..], &body, b"</a>"].concat());
        bodies.push([&b"<a><b a='1'><x>"[..], &body, b"</x></b></a>"].concat());
        for body in bodies {
            let whole = screen_pieces(&rules, limits, everything, [&body[..]]);
            let pieces = screen_pieces(&rules, limits, everything, body.chunks(cut));
            prop_assert_eq!(pieces.map(|s| s.bytes).map_err(|r| r.detail), whole.map(|s| s.bytes).map_err(|r| r.detail));
        }
    }
}
