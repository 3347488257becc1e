//! Parts: what leaves of them, in the order they came, and what is no body of parts that can be read in one way only.

use crate::{
    flat::Flat,
    rules::{LIMITS, Rules, everything, field, pseudonym, record, withhold},
};
use havengate::{
    detect::Places,
    flow::{Act, Category},
    policy::{
        integration::{
            BodyRules, Denied, FieldRule, Format, Holding, PartRules, Parts, RecordRules, SubjectSource, Target,
            Unlisted,
        },
        selector::{Matcher, Selector},
    },
    screen::{
        Findings, Judge, KnownBy, Person, Received, Ruling,
        body::{BodyScreener, Limits},
    },
    verdict::{Code, Refusal},
};
use proptest::prelude::*;
use std::sync::Arc;

/// What a form's parts may be.
struct Form {
    unlisted: Unlisted,
    subject: Option<&'static str>,
    fields: Vec<FieldRule>,
    list: Vec<PartRules>,
}

impl Form {
    fn about(subject: Option<&'static str>) -> Self {
        Self { unlisted: Unlisted::Strip, subject, fields: vec![], list: vec![] }
    }

    fn part(mut self, name: &str, media: &str, holds: Holding) -> Self {
        self.list.push(PartRules {
            name: name.into(),
            media: media.to_owned(),
            repeated: false,
            filename: None,
            holds,
        });
        self
    }

    fn rule(&mut self, rule: FieldRule) -> u16 {
        self.fields.push(rule);
        u16::try_from(self.fields.len() - 1).unwrap()
    }

    fn text(mut self, name: &str, denied: Denied) -> Self {
        let rule = self.rule(FieldRule { denied, ..field(name) });
        self.part(name, "text/plain", Holding::Text(rule))
    }

    fn file(mut self, name: &str, media: &str) -> Self {
        let category = havengate::flow::Category::parse("hg:Document").unwrap();
        let rule = self.rule(FieldRule { category, ..field(name) });
        self.part(name, media, Holding::Bytes(rule))
    }

    fn json(self, name: &str, subject: Option<&str>, fields: &[&str]) -> Self {
        let mut rules = Rules::of(&[record("$", "$.ref", fields)]);
        rules.records[0].subject = subject.map(str::to_owned);
        let rules = rules.compile();
        self.part(name, "application/json", Holding::Document(rules))
    }

    fn csv(self, name: &str, fields: &[&str]) -> Self {
        let rules = Flat::of(Format::of("text/csv").unwrap(), "ref", fields).compile();
        self.part(name, "text/csv", Holding::Document(rules))
    }

    fn repeated(mut self) -> Self {
        self.list.last_mut().unwrap().repeated = true;
        self
    }

    /// Its file's name leaves by this rule.
    fn named(mut self, rule: FieldRule) -> Self {
        let rule = self.rule(rule);
        self.list.last_mut().unwrap().filename = Some(rule);
        self
    }

    fn block(mut self) -> Self {
        self.unlisted = Unlisted::Block;
        self
    }

    fn compile(self) -> Arc<BodyRules> {
        let subject = match self.subject {
            None => SubjectSource::Path("reference".to_owned()),
            Some(_) => SubjectSource::None,
        };
        let parts = Parts { list: self.list, subject: self.subject.map(Into::into) };
        Arc::new(BodyRules {
            keys: Default::default(),
            media: "multipart/form-data".to_owned(),
            limit: None,
            format: Format::Multipart(Arc::new(parts)),
            unlisted: self.unlisted,
            envelope: vec![],
            matcher: Matcher::compile(&[(Selector::root(), Target::Record(0))]).unwrap(),
            records: vec![RecordRules {
                aggregate: None,
                key: None,
                subject,
                fields: self.fields.into_iter().map(Arc::new).collect(),
                choices: vec![],
                dependants: None,
                matcher: Matcher::compile(&[]).unwrap(),
            }],
        })
    }
}

/// Decides as the function says; looks for what one value withholds in the others.
struct Plain<F>(F, bool);

impl<F: Fn(&Person, &FieldRule) -> Ruling> Judge for Plain<F> {
    fn bytes(&self, rule: &FieldRule) -> havengate::screen::Bytes {
        match rule.category.as_str() {
            "hg:Document" => havengate::screen::Bytes::Document,
            _ => havengate::screen::Bytes::Other,
        }
    }
    fn judge(&mut self, person: &Person, rule: &FieldRule) -> Ruling {
        (self.0)(person, rule)
    }
    fn names(&mut self, _: Option<&FieldRule>, _: &str) -> Option<Arc<Refusal>> {
        None
    }
    fn reads_every(&self, _: &FieldRule) -> bool {
        false
    }
    fn detects(&self) -> bool {
        self.1
    }
    fn places(&self) -> Option<&Places> {
        None
    }
    fn holds(&self, _: &FieldRule, _: &Category) -> bool {
        false
    }
    fn is_operational(&self, _: &FieldRule) -> bool {
        true
    }
    fn known_by(&self, _: &FieldRule) -> KnownBy {
        KnownBy::Words
    }
    fn pseudonym(&self, _: &Category, value: &str) -> String {
        pseudonym(value)
    }
    fn today(&self) -> jiff::civil::Date {
        crate::rules::TODAY
    }
}

const BOUNDARY: &str = "----XYZ";

type Screened = Result<(Vec<u8>, String, Findings), Refusal>;

fn in_pieces<'a>(
    rules: &Arc<BodyRules>,
    limits: Limits,
    judge: &mut dyn Judge,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Screened {
    let received = Received { boundary: Some(BOUNDARY.to_owned()), ..Received::default() };
    let person = Person::One("from the path".into());
    let mut screener = BodyScreener::received(Arc::clone(rules), limits, person, &received);
    let boundary = screener.boundary().unwrap().to_owned();
    let mut out = Vec::new();
    for piece in pieces {
        screener.push(piece, judge)?;
        out.extend(screener.take());
    }
    let screened = screener.finish(judge)?;
    out.extend(&screened.bytes);
    Ok((out, boundary, screened.findings()))
}

/// The same however it is cut in two and byte by byte.
fn screened(rules: &Arc<BodyRules>, limits: Limits, judge: &mut dyn Judge, body: &[u8]) -> Screened {
    let whole = in_pieces(rules, limits, judge, [body]);
    assert_eq!(whole, in_pieces(rules, limits, judge, body.chunks(1)), "byte by byte");
    for at in 0..=body.len() {
        let (before, after) = body.split_at(at);
        assert_eq!(whole, in_pieces(rules, limits, judge, [before, after]), "cut at {at}");
    }
    whole
}

/// A part as another reader has it: name, file's name, type, content.
type Part = (String, Option<String>, Option<String>, String);

/// What multer reads of a body.
fn read(body: &[u8], boundary: &str) -> Vec<Part> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut form = multer::Multipart::with_reader(body, boundary);
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await.unwrap() {
            let (name, file) = (field.name().unwrap().to_owned(), field.file_name().map(str::to_owned));
            let media = field.content_type().map(ToString::to_string);
            parts.push((name, file, media, String::from_utf8(field.bytes().await.unwrap().to_vec()).unwrap()));
        }
        parts
    })
}

fn leaves(rules: Form, ruling: impl Fn(&Person, &FieldRule) -> Ruling, body: &[u8]) -> Result<Vec<Part>, Refusal> {
    let (out, boundary, _) = screened(&rules.compile(), LIMITS, &mut Plain(ruling, false), body)?;
    Ok(read(&out, &boundary))
}

fn part(head: &str, content: &str) -> String {
    format!("--{BOUNDARY}\r\n{head}\r\n\r\n{content}\r\n")
}

fn text(name: &str, content: &str) -> String {
    part(&format!("Content-Disposition: form-data; name=\"{name}\""), content)
}

fn file(name: &str, filename: &str, media: &str, content: &str) -> String {
    let head =
        format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: {media}");
    part(&head, content)
}

fn body(parts: &[String]) -> Vec<u8> {
    format!("{}--{BOUNDARY}--\r\n", parts.concat()).into_bytes()
}

fn only(id: &'static str) -> impl Fn(&Person, &FieldRule) -> Ruling {
    crate::rules::only(id)
}

fn plain(name: &str, content: &str) -> Part {
    (name.to_owned(), None, None, content.to_owned())
}

#[test]
fn a_part_is_the_picture_that_it_says_it_is_or_nothing_leaves() {
    let form = || Form::about(None).file("pic", "image/jpeg");
    for content in ["Zanele sleeps behind the library", "%PDF-1.4", "\u{ff}\u{d8}"] {
        let sent = body(&[file("pic", "a.jpg", "image/jpeg", content)]);
        let refusal = leaves(form(), everything, &sent).unwrap_err();
        assert_eq!(refusal.code, Code::BodyMalformed);
        assert!(refusal.detail.starts_with("in part 1: the body is"), "{}", refusal.detail);
        assert!(!refusal.detail.contains("Zanele"));
    }
}

#[test]
fn listed_parts_leave_in_their_order_and_others_go() {
    let form = || {
        Form::about(None)
            .text("note", Denied::Strip)
            .file("scan", "application/pdf")
            .json("client", None, &["$.name", "$.beds"])
            .csv("rows", &["Name"])
            .text("town", Denied::Const("Withheld".into()))
    };
    let sent = body(&[
        text("secret", "Ada was here"),
        text("town", "Leeds"),
        file("scan", "Zsófia Okonjo consent.pdf", "application/pdf", "%PDF-1.4\r\n--\r\n--x\n"),
        part(
            "content-disposition:form-data; name=client\r\nContent-Type: application/json; charset=\"UTF-8\"",
            "{ \"name\": \"Ada\",\r\n \"ni\": \"QQ123456C\" }",
        ),
        part(
            "Content-Disposition: form-data; name=\"note\"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8BIT\r\nX-Client: Ada",
            "met at\r\n6",
        ),
    ]);
    let pdf = "%PDF-1.4\r\n--\r\n--x\n".to_owned();
    assert_eq!(
        leaves(form(), everything, &sent).unwrap(),
        [
            plain("town", "Leeds"),
            ("scan".into(), Some("file.pdf".into()), Some("application/pdf".into()), pdf),
            ("client".into(), None, Some("application/json".into()), "{\"name\":\"Ada\"}".into()),
            ("note".into(), None, Some("text/plain; charset=utf-8".into()), "met at\r\n6".into()),
        ]
    );
    let (_, _, found) = in_pieces(&form().compile(), LIMITS, &mut Plain(everything, false), [&*sent]).unwrap();
    assert_eq!(found.unlisted, 3, "a part, a header and a member");
    let nothing = leaves(form(), |_: &Person, _: &FieldRule| withhold(), &sent).unwrap();
    assert_eq!(
        nothing,
        [plain("town", "Withheld"), ("client".into(), None, Some("application/json".into()), "{}".into()),]
    );
    assert_eq!(leaves(form(), everything, &body(&[text("x", "1")])).unwrap(), [], "and no part is a body too");
    assert_eq!(leaves(form(), everything, &body(&[])).unwrap(), []);
}

#[test]
fn what_leaves_is_written_by_us() {
    let rules = Form::about(None).text("note", Denied::Strip).compile();
    let (out, boundary, _) =
        screened(&rules, LIMITS, &mut Plain(everything, false), &body(&[text("note", "hello")])).unwrap();
    let expected =
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--{boundary}--\r\n");
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    assert!(boundary.len() <= 70 && boundary != BOUNDARY);
    let clash = body(&[text("note", &format!("x\r\n--{boundary}\r\n"))]);
    let refusal = screened(&rules, LIMITS, &mut Plain(everything, false), &clash).unwrap_err();
    assert_eq!(refusal.code, Code::BodyMalformed);
    assert!(refusal.detail.ends_with("send it again with another boundary"), "{}", refusal.detail);
}

#[test]
fn a_body_is_about_the_person_that_a_part_names() {
    let form = || {
        Form::about(Some("ref")).text("name", Denied::Strip).json("client", None, &["$.name"]).json(
            "own",
            Some("$.ref"),
            &["$.name"],
        )
    };
    let (name, client) = (text("name", "Ada"), text("client", "{\"name\":\"Ada\"}"));
    let own = text("own", "{\"name\":\"Bo\",\"ref\":\"C-2\"}");
    let sent = body(&[name.clone(), text("ref", "C-1"), client.clone(), own.clone()]);
    let expected = |name: bool, client: &str, own: &str| {
        let name = name.then(|| plain("name", "Ada"));
        name.into_iter().chain([plain("client", client), plain("own", own)]).collect::<Vec<_>>()
    };
    assert_eq!(leaves(form(), only("C-1"), &sent).unwrap(), expected(true, "{\"name\":\"Ada\"}", "{}"));
    assert_eq!(leaves(form(), only("C-2"), &sent).unwrap(), expected(false, "{}", "{\"name\":\"Bo\"}"));
    assert_eq!(leaves(form(), only("from the path"), &sent).unwrap(), expected(false, "{}", "{}"));
    assert_eq!(leaves(form(), only("C-1"), &body(&[name.clone(), own])).unwrap(), [plain("own", "{}")], "nobody says");
    let refusal = leaves(form(), everything, &body(&[name, client, text("ref", "C-1")])).unwrap_err();
    assert_eq!(refusal.code, Code::BodyMalformed);
    assert_eq!(refusal.detail, "part 2 came before `ref`, which says whom it is about; send `ref` first");
    // It leaves only where it is listed, and is no reason to stop.
    let listed = Form::about(Some("ref")).text("ref", Denied::Strip);
    assert_eq!(leaves(listed, only("C-1"), &body(&[text("ref", "C-1")])).unwrap(), [plain("ref", "C-1")]);
    assert_eq!(leaves(form().block(), everything, &body(&[text("ref", "C-1")])).unwrap(), []);
    let twice = leaves(form(), everything, &body(&[text("ref", "C-1"), text("ref", "C-2")])).unwrap_err();
    assert!(twice.detail.contains("a listed name for the second time"), "{}", twice.detail);
}

#[test]
fn a_file_is_called_what_its_rule_lets() {
    let form = || Form::about(None).file("scan", "application/pdf").repeated();
    let files = body(&[
        file("scan", "Ada \"Okonjo\".pdf".replace('"', "%22").as_str(), "application/pdf", "%PDF-1"),
        file("scan", "b.pdf", "application/pdf", "%PDF-2"),
        file("scan", "", "application/octet-stream", ""),
    ]);
    let names = |form: Form, ruling: &dyn Fn(&Person, &FieldRule) -> Ruling| -> Vec<String> {
        leaves(form, ruling, &files).unwrap().into_iter().map(|part| part.1.unwrap()).collect()
    };
    assert_eq!(names(form(), &everything), ["file.pdf", "file-2.pdf"]);
    assert_eq!(names(form().named(field("scan/filename")), &everything), ["Ada %22Okonjo%22.pdf", "b.pdf"]);
    let withheld = |_: &Person, rule: &FieldRule| {
        if *rule.path == *"scan" { everything(&Person::Unknown, rule) } else { withhold() }
    };
    assert_eq!(names(form().named(field("scan/filename")), &withheld), ["file.pdf", "file-2.pdf"]);
    let instead = FieldRule { denied: Denied::Const("a\"b\\c".into()), ..field("scan/filename") };
    assert_eq!(names(form().named(instead), &withheld), ["a%22b_c", "a%22b_c"]);
    let refusal = leaves(form(), everything, &body(&[file("scan", "", "application/pdf", "x")])).unwrap_err();
    assert_eq!(refusal.detail, "part 1 is a file without a name that is not empty");
}

#[test]
fn what_one_part_withholds_is_looked_for_in_the_others() {
    let form = || {
        Form::about(None)
            .text("note", Denied::Strip)
            .text("name", Denied::Strip)
            .file("scan", "application/pdf")
            .named(field("scan/filename"))
    };
    let sent = body(&[
        text("note", "spoke to Okonjo"),
        file("scan", "okonjo.pdf", "application/pdf", "%PDF-"),
        text("name", "Zsófia Okonjo"),
    ]);
    let ruling = |_: &Person, rule: &FieldRule| {
        if *rule.path == *"name" { withhold() } else { everything(&Person::Unknown, rule) }
    };
    let (out, boundary, found) = screened(&form().compile(), LIMITS, &mut Plain(ruling, true), &sent).unwrap();
    assert_eq!(
        read(&out, &boundary),
        [("scan".into(), Some("file.pdf".into()), Some("application/pdf".into()), "%PDF-".into())]
    );
    assert!(found.listed.iter().any(|f| &*f.rule.path == "note" && f.act == Act::Stripped));
}

#[test]
fn a_files_name_that_is_withheld_is_looked_for_in_all_parts() {
    let form = || referral().file("scan", "application/pdf").named(field("scan/filename"));
    let files = FieldRule { category: Category::parse("pd:Name").unwrap(), ..field("case/filename") };
    let form = |named: bool| {
        let mut form = form();
        if named {
            let rule = form.rule(files.clone());
            form.list[2].filename = Some(rule);
        }
        form
    };
    let but = |_: &Person, rule: &FieldRule| {
        if rule.path.ends_with("filename") { withhold() } else { everything(&Person::Unknown, rule) }
    };
    let scan = file("scan", "Referral form_Zeynep-2026 Okonkwo.pdf", "application/pdf", "%PDF-");
    let other = |note: &str| case(&format!(r#"{{"note":"{note}"}}"#));
    for (parts, named, left) in [
        (vec![text("note", "zeynep came"), scan.clone()], false, vec!["%PDF-"]),
        (vec![scan.clone(), text("note", "okonkwo's")], false, vec!["%PDF-"]),
        (vec![text("note", "a referral form"), scan.clone()], false, vec!["a referral form", "%PDF-"]),
        (vec![other("hello okonkwo"), scan.clone()], false, vec!["{}", "%PDF-"]),
        (vec![other("hello Ada"), scan], false, vec![r#"{"note":"hello Ada"}"#, "%PDF-"]),
        // Its own file is no other.
        (
            vec![file("case", "Zeynep Okonkwo.json", "application/json", r#"{"note":"hello okonkwo"}"#)],
            true,
            vec!["{}"],
        ),
    ] {
        let sent = body(&parts);
        let (out, boundary, found) = screened(&form(named).compile(), LIMITS, &mut Plain(but, true), &sent).unwrap();
        let contents: Vec<String> = read(&out, &boundary).into_iter().map(|part| part.3).collect();
        assert_eq!(contents, left, "{}", String::from_utf8_lossy(&sent));
        assert!(found.listed.iter().any(|f| f.rule.path.ends_with("filename") && f.act == Act::Stripped));
    }
}

/// A form of a text, a JSON document and a table, of which names may not leave.
fn referral() -> Form {
    let operational = |path: &str| FieldRule { category: Category::parse("hg:HousingNeed").unwrap(), ..field(path) };
    let mut rules = Rules::of(&[record("$", "$.ref", &["$.name"])]);
    rules.records[0].fields.push(operational("$.note"));
    Form::about(None)
        .text("note", Denied::Strip)
        .text("name", Denied::Strip)
        .repeated()
        .part("case", "application/json", Holding::Document(rules.compile()))
        .repeated()
        .csv("rows", &["Name", "Need"])
}

fn but_names(_: &Person, rule: &FieldRule) -> Ruling {
    if rule.path.to_lowercase().ends_with("name") { withhold() } else { everything(&Person::Unknown, rule) }
}

fn case(content: &str) -> String {
    part("Content-Disposition: form-data; name=\"case\"\r\nContent-Type: application/json", content)
}

fn rows(content: &str) -> String {
    part("Content-Disposition: form-data; name=\"rows\"\r\nContent-Type: text/csv", content)
}

#[test]
fn what_a_part_withholds_is_looked_for_in_documents_and_the_other_way_round() {
    let name = text("name", "Zsofia Okonjo");
    let (note, clean) = (text("note", "spoke to Okonjo"), text("note", "spoke to Vale"));
    let (noted, named) = (case(r#"{"note":"Zsofia called"}"#), case(r#"{"name":"Zsofia Okonjo","note":"two beds"}"#));
    let table = rows("ref,Name,Need\r\nC-1,Zsofia Okonjo,room\r\nC-2,Vale,\"Okonjo, again\"\r\n");
    let other = rows("ref,Name,Need\r\nC-1,Vale,Zsofia's room\r\n");
    for (parts, left) in [
        (vec![&name, &noted], vec!["{}"]),
        (vec![&noted, &name], vec!["{}"]),
        (vec![&note, &named], vec![r#"{"note":"two beds"}"#]),
        (vec![&named, &note], vec![r#"{"note":"two beds"}"#]),
        (vec![&named, &noted], vec![r#"{"note":"two beds"}"#, "{}"]),
        (vec![&noted, &named], vec!["{}", r#"{"note":"two beds"}"#]),
        // A row is no other part to the rows beside it.
        (vec![&note, &table], vec![",,room\r\n,,\"Okonjo, again\"\r\n"]),
        (vec![&clean, &other, &named], vec![",,\r\n", r#"{"note":"two beds"}"#]),
        (vec![&clean, &noted], vec!["spoke to Vale", r#"{"note":"Zsofia called"}"#]),
    ] {
        let sent = body(&parts.iter().map(|part| (*part).clone()).collect::<Vec<_>>());
        let (out, boundary, _) = screened(&referral().compile(), LIMITS, &mut Plain(but_names, true), &sent).unwrap();
        let contents: Vec<String> = read(&out, &boundary).into_iter().map(|part| part.3).collect();
        let same = contents.len() == left.len() && contents.iter().zip(&left).all(|(c, l)| c.ends_with(l));
        assert!(same, "{}\n{contents:?}\n{left:?}", String::from_utf8_lossy(&sent));
    }
}

#[test]
fn parts_too_large_to_be_held_are_read_as_they_come_or_refused() {
    let limits = Limits { record: 200, ..LIMITS };
    let many = |name: &str| {
        let rows_of: String = (0..30).map(|i| format!("C-{i},{name},room\r\n")).collect();
        rows(&format!("ref,Name,Need\r\n{rows_of}"))
    };
    let screened =
        |parts: &[String]| screened(&referral().compile(), limits, &mut Plain(but_names, true), &body(parts));
    // What came before a large part is looked for in it, and what it withholds in what comes after.
    let need = many("").replace("room", "Okonjo's room");
    let (out, boundary, _) = screened(&[text("name", "Okonjo"), need, text("note", "for Zsofia")]).unwrap();
    let left = read(&out, &boundary);
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(!left[0].3.contains("Okonjo") && left[0].3.ends_with(",,\r\n"), "{left:?}");
    let (out, boundary, _) = screened(&[many("Zsofia"), text("note", "for Zsofia"), text("note", "x")][..2]).unwrap();
    assert_eq!(read(&out, &boundary).len(), 1);
    // What left before it cannot be searched any more.
    for parts in [
        [text("note", "for Zsofia"), many("Zsofia")],
        [many(""), text("name", "Okonjo")],
        [many(""), case(r#"{"name":"Okonjo"}"#)],
    ] {
        let refusal = screened(&parts).unwrap_err();
        assert_eq!(refusal.code, Code::BodyTooLarge);
        assert_eq!(
            refusal.detail,
            "the form has more than 200 bytes, and by part 2 something is withheld for which the parts before it were \
             not searched; send what is small before what is large, or in a form of its own"
        );
    }
    assert!(screened(&[text("note", "for Zsofia"), many("")]).is_ok());
}

#[test]
fn what_stops_a_body_says_why() {
    let withheld = |_: &Person, _: &FieldRule| withhold();
    let refusal =
        leaves(Form::about(None).text("note", Denied::Block), withheld, &body(&[text("note", "x")])).unwrap_err();
    assert_eq!(refusal.code, Code::ConsentMissing);
    assert!(refusal.detail.starts_with("note may not leave and stops the request"), "{}", refusal.detail);
    let form = || Form::about(None).text("note", Denied::Strip).json("client", None, &["$.name"]).block();
    for (sent, what) in [
        (body(&[text("note", "x"), text("Ada", "y")]), "part 2 at byte 72 is unlisted"),
        (
            body(&[part("Content-Disposition: form-data; name=\"note\"\r\nX-Ada: 1", "x")]),
            "part 1 at byte 11 is unlisted or has a header",
        ),
    ] {
        let refusal = leaves(form(), everything, &sent).unwrap_err();
        assert_eq!(refusal.code, Code::FieldBlocked);
        assert!(refusal.detail.starts_with(what), "{}", refusal.detail);
        assert!(!refusal.detail.contains("Ada"));
    }
    let refusal = leaves(form(), everything, &body(&[file("note", "x.rtf", "application/rtf", "x")])).unwrap_err();
    assert_eq!(refusal.code, Code::BodyUnsupported);
    assert_eq!(refusal.detail, "part 1 is not what is taken under its name: text/plain, in UTF-8 where it is text");
    let refusal = leaves(form(), everything, &body(&[text("note", ""), text("client", "{\"name\":1,}")])).unwrap_err();
    assert_eq!(refusal.code, Code::BodyMalformed);
    assert!(refusal.detail.starts_with("in part 2: "), "{}", refusal.detail);
    // Nobody said where its parts end.
    let mut screener = BodyScreener::new(form().compile(), LIMITS, Person::Unknown);
    let refusal = screener.push(b"", &mut Plain(everything, false)).unwrap_err();
    assert_eq!(
        (refusal.code, &*refusal.detail),
        (Code::BodyUnsupported, "the Content-Type names no boundary, which a multipart body needs")
    );
}

/// Bodies, and what is said of them.
#[expect(clippy::too_many_lines, reason = "a table")]
fn malformed() -> Vec<(String, &'static str)> {
    let disposition =
        |rest: &str| part(&format!("Content-Disposition: form-data; {rest}"), "x") + "--" + BOUNDARY + "--";
    let headers = |rest: &str| {
        part(&format!("Content-Disposition: form-data; name=\"a\"\r\n{rest}"), "x") + "--" + BOUNDARY + "--"
    };
    let good = text("a", "x");
    let end = format!("--{BOUNDARY}--");
    vec![
        (format!("hello\r\n{good}{end}"), "something other than the boundary before the first part at byte 0"),
        (format!("\n{good}{end}"), "something other than the boundary before the first part at byte 0"),
        (format!("{good}{end}\r\nhello"), "something after the last boundary at byte 71"),
        (format!("{good}{end}\r\n{good}{end}"), "something after the last boundary at byte 71"),
        (good.clone(), "the last boundary, with `--` after it, is missing at byte 58"),
        (format!("--{BOUNDARY}"), "the last boundary, with `--` after it, is missing at byte 9"),
        (format!("{good}--{BOUNDARY}\r\nContent-Disp"), "the last boundary, with `--` after it, is missing at byte 81"),
        (String::new(), "the last boundary, with `--` after it, is missing at byte 0"),
        (format!("{good}--{BOUNDARY}-x"), "a line that begins like the boundary and goes on differently at byte 67"),
        (format!("{good}--{BOUNDARY} \r\n"), "a line that begins like the boundary and goes on differently at byte 67"),
        (format!("{good}--{BOUNDARY}Z\r\n"), "a line that begins like the boundary and goes on differently at byte 67"),
        (
            text("a", &format!("y\n--{BOUNDARY}\r\n")) + &end,
            "the boundary within a line, or after a line end that is not CR LF at byte 57",
        ),
        (
            text("a", &format!("y--{BOUNDARY}")) + &end,
            "the boundary within a line, or after a line end that is not CR LF at byte 56",
        ),
        (format!("--{BOUNDARY}\r\n\r\nx\r\n{end}"), "a part without headers at byte 11"),
        (
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{end}"),
            "the boundary within a line, or after a line end that is not CR LF at byte 55",
        ),
        (part("Content-Type: text/plain", "x") + &end, "a part without Content-Disposition at byte 11"),
        (part("Content-Disposition: attachment; name=\"a\"", "x") + &end, "a part that is not form-data at byte 11"),
        (disposition("name=\"a\"; name=\"b\""), "a parameter twice in one Content-Disposition at byte 11"),
        (disposition("name=\"a\"; NAME=a"), "a parameter twice in one Content-Disposition at byte 11"),
        (
            disposition("name=\"a\"; filename*=UTF-8''b"),
            "a name in the encoding of RFC 5987, which RFC 7578 forbids, at byte 11; write name=\"…\" or filename=\"…\" in UTF-8",
        ),
        (
            disposition("name*=UTF-8''a"),
            "a name in the encoding of RFC 5987, which RFC 7578 forbids, at byte 11; write name=\"…\" or filename=\"…\" in UTF-8",
        ),
        (
            disposition("name*0=\"a\""),
            "a name in the encoding of RFC 5987, which RFC 7578 forbids, at byte 11; write name=\"…\" or filename=\"…\" in UTF-8",
        ),
        (
            disposition("name=\"a\\\"; name=\"b\""),
            "a backslash in a name, which readers take differently, at byte 11; write a quote as %22, and a file's name without its folder",
        ),
        (
            disposition("name=\"a\"; filename=\"C:\\x.pdf\""),
            "a backslash in a name, which readers take differently, at byte 11; write a quote as %22, and a file's name without its folder",
        ),
        (disposition("filename=\"b\""), "a part without a name at byte 11"),
        (disposition("name=\"\""), "a part without a name at byte 11"),
        (disposition("name=\"a"), "a Content-Disposition that is not a list of `name=\"value\"` at byte 11"),
        (disposition("name=\"a\"b"), "a Content-Disposition that is not a list of `name=\"value\"` at byte 11"),
        (disposition("name=\"a\";;"), "a Content-Disposition that is not a list of `name=\"value\"` at byte 11"),
        (disposition("name"), "a Content-Disposition that is not a list of `name=\"value\"` at byte 11"),
        (
            disposition("name=\"_charset_\""),
            "a part `_charset_`, which changes how others are read, at byte 11; leave it out, and send all in UTF-8",
        ),
        (
            headers("Content-Disposition: form-data; name=\"b\""),
            "a Content-Disposition, Content-Type or Content-Transfer-Encoding twice in one part at byte 11",
        ),
        (
            headers("Content-Type: text/plain\r\ncontent-type: text/plain"),
            "a Content-Disposition, Content-Type or Content-Transfer-Encoding twice in one part at byte 11",
        ),
        (
            headers("Content-Transfer-Encoding: base64"),
            "a Content-Transfer-Encoding, which RFC 7578 takes away at byte 11; send the part's bytes as they are, and leave it out",
        ),
        (
            headers("Content-Transfer-Encoding: quoted-printable"),
            "a Content-Transfer-Encoding, which RFC 7578 takes away at byte 11; send the part's bytes as they are, and leave it out",
        ),
        (headers(" folded"), "a part's header line that is not a name, a colon and a value in one line at byte 11"),
        (
            headers("Content-Type : text/plain"),
            "a part's header line that is not a name, a colon and a value in one line at byte 11",
        ),
        (headers("X: a\nY: b"), "a control character in a part's headers at byte 11"),
        (headers("X: a\0"), "a control character in a part's headers at byte 11"),
        (format!("{good}{good}{end}"), "a listed name for the second time at byte 69"),
    ]
}

#[test]
fn what_is_read_in_two_ways_is_refused_with_what_and_where() {
    for (sent, what) in malformed() {
        let refusal = leaves(Form::about(None).text("a", Denied::Strip), everything, sent.as_bytes()).expect_err(&sent);
        assert_eq!(refusal.code, Code::BodyMalformed, "{sent}");
        let expected = format!("the body does not have parts that can be read in one way only: {what}");
        assert_eq!(refusal.detail, expected, "{sent}");
    }
}

#[test]
fn bounds_hold() {
    let rules = || Form::about(None).text("a", Denied::Strip).repeated();
    let limits = Limits { members: 1000, ..LIMITS };
    let started = std::time::Instant::now();
    for name in ["a", "b"] {
        let sent = text(name, "x").repeat(100_000);
        let refusal =
            in_pieces(&rules().compile(), limits, &mut Plain(everything, true), [sent.as_bytes()]).unwrap_err();
        assert_eq!(refusal.code, Code::BodyMalformed);
        assert!(refusal.detail.ends_with("more parts than the limit at byte 58011"), "{}", refusal.detail);
    }
    let sent = format!("--{BOUNDARY}\r\n{}", "X: y\r\n".repeat(1 << 18));
    let refusal = in_pieces(&rules().compile(), LIMITS, &mut Plain(everything, false), [sent.as_bytes()]).unwrap_err();
    assert!(refusal.detail.ends_with("a part with more than 8192 bytes of headers at byte 11"), "{}", refusal.detail);
    assert!(started.elapsed().as_secs() < 20);
    let limits = Limits { record: 100, ..LIMITS };
    let refusal =
        screened(&rules().compile(), limits, &mut Plain(everything, false), &body(&[text("a", &"x".repeat(101))]))
            .unwrap_err();
    assert_eq!(
        (refusal.code, &*refusal.detail),
        (Code::BodyTooLarge, "part 1 has more than 100 bytes, which is the limit for one value")
    );
}

#[test]
fn parts_that_are_more_than_a_record_together_leave_as_they_come() {
    let rows: String =
        std::iter::once("ref,Name\n".to_owned()).chain((0..40).map(|i| format!("C-{i},Ada\n"))).collect();
    let rules = || Form::about(Some("ref")).text("a", Denied::Strip).repeated().csv("rows", &["Name"]).compile();
    let limits = Limits { record: 100, ..LIMITS };
    let sent = body(&[
        text("ref", "C-1"),
        text("a", &"x".repeat(60)),
        text("a", &"y".repeat(60)),
        text("rows", &rows),
        text("a", "z"),
    ]);
    let small = screened(&rules(), limits, &mut Plain(everything, false), &sent).unwrap();
    let large = screened(&rules(), LIMITS, &mut Plain(everything, false), &sent).unwrap();
    assert_eq!(small, large);
    assert_eq!(read(&small.0, &small.1).len(), 4);
    let late = body(&[text("a", &"x".repeat(60)), text("a", &"y".repeat(60)), text("ref", "C-1")]);
    let refusal = screened(&rules(), limits, &mut Plain(everything, false), &late).unwrap_err();
    assert_eq!(refusal.detail, "part 2 came before `ref`, which says whom it is about; send `ref` first");
}

proptest! {
    /// What another reader reads of what leaves is what was listed, and only that.
    #[test]
    fn only_listed_parts_leave_and_mean_what_was_judged(
        parts in prop::collection::vec((0usize..4, "[ -~\r\n\u{e9}-]{0,40}"), 0..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        denied in any::<bool>(),
    ) {
        const NAMES: [&str; 4] = ["a", "b[]", "secret", "ünï"];
        let clean = |text: &str| !text.contains("--");
        let parts: Vec<_> = parts.into_iter().filter(|(_, text)| clean(text)).collect();
        let sent = body(&parts.iter().map(|(name, content)| text(NAMES[*name], content)).collect::<Vec<_>>());
        let rules = Form::about(None).text("a", Denied::Strip).repeated().text("b[]", Denied::Strip).repeated().text("ünï", Denied::Strip).repeated();
        let ruling = |_: &Person, rule: &FieldRule| if denied && *rule.path == *"a" { withhold() } else { everything(&Person::Unknown, rule) };
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(sent.len())).collect();
        at.extend([0, sent.len()]);
        at.sort_unstable();
        let pieces: Vec<&[u8]> = at.windows(2).map(|w| &sent[w[0]..w[1]]).collect();
        let (out, boundary, _) = in_pieces(&rules.compile(), LIMITS, &mut Plain(ruling, false), pieces).unwrap();
        let expected: Vec<Part> = parts.iter().filter(|(name, _)| *name != 2 && !(denied && *name == 0)).map(|(name, content)| plain(NAMES[*name], content)).collect();
        prop_assert_eq!(read(&out, &boundary), expected);
    }

    /// No bytes whatever make it panic, or leave where multer reads something else.
    #[test]
    fn whatever_comes_is_refused_or_read_the_same(pieces in prop::collection::vec(prop::sample::select(vec![
        "--", "----XYZ", "------XYZ", "\r\n", "\r\n------XYZ", "\r\n------XYZ\r\n", "\r\n\r\n", "--\r\n", "\n", "x", ": ", "Content-Disposition: form-data; name=\"a\"", "; filename=\"f\"", "\"", "\\",
    ]), 0..24)) {
        let sent = format!("------XYZ\r\nContent-Disposition: form-data; name=\"a\"\r\n{}\r\n------XYZ--", pieces.concat());
        let rules = Form::about(None).text("a", Denied::Strip).repeated().compile();
        let whole = in_pieces(&rules, LIMITS, &mut Plain(everything, false), [sent.as_bytes()]);
        prop_assert_eq!(&whole, &in_pieces(&rules, LIMITS, &mut Plain(everything, false), sent.as_bytes().chunks(1)));
        if let Ok((out, boundary, _)) = whole {
            let contents = |parts: Vec<Part>| parts.into_iter().map(|part| (part.0, part.3)).collect::<Vec<_>>();
            let (out, came) = (contents(read(&out, &boundary)), contents(read(sent.as_bytes(), BOUNDARY)));
            prop_assert!(out.iter().all(|part| came.contains(part)));
        }
    }
}
