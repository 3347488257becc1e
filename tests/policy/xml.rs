//! XML bodies in a connection's file: what compiles, and what a person is told who mistakes something.

#![expect(clippy::too_many_lines, reason = "one function is one table")]

use super::{findings, with};
use havengate::policy::{
    Policy,
    integration::{Format, SoapAction},
};

const FILE: &str = "integrations/inform-riverside.toml";

/// The connection with one operation that sends a SOAP 1.1 envelope. The line numbers below are its.
const CONNECTION: &str = r##"id          = "inform-riverside"
app         = "inform"
destination = "riverside-council/housing-referrals"
upstream    = "https://refer.riverside.example/v2"
route       = { prefix = "/riverside" }
purpose     = "accommodation"
auth        = { header = "x-api-key", secret = "file:riverside.key" }

[[operation]]
id     = "refer"
method = "POST"
path   = "/soap"

[operation.body]
media      = "text/xml"
unlisted   = "strip"
action     = "urn:example:housing:refer"
namespaces = { soap = "http://schemas.xmlsoap.org/soap/envelope/", h = "urn:example:housing" }
required   = ["h:Name/h:Given"]

[operation.body.envelope]
"/soap:Envelope/soap:Header/h:MessageId" = "hg:Operational"

[[operation.body.record]]
select     = "/soap:Envelope/soap:Body/h:Case"
subject    = "body:@ref"
dependants = "h:Child"

[operation.body.record.fields]
"h:Name/h:Given" = "pd:Name"
"h:Dob"          = { category = "pd:BirthDate", otherwise = "year" }
"h:Need/@code"   = { category = "hg:HousingNeed", denied = "empty" }
"h:Child/h:Dob"  = { category = "pd:BirthDate", otherwise = "age-band" }
"##;

fn found(from: &str, to: &str) -> String {
    assert!(CONNECTION.contains(from), "{from}");
    findings(&with(FILE, "", &CONNECTION.replacen(from, to, 1)))
}

#[test]
fn an_envelope_compiles() {
    let policy = Policy::compile(&with(FILE, "", CONNECTION)).unwrap();
    let integration = policy.integrations.values().find(|i| i.id.as_str() == "inform-riverside").unwrap();
    let body = integration.operations[0].body.as_ref().unwrap();
    let Format::Xml(xml) = &body.format else { panic!("{:?}", body.format) };
    assert_eq!(body.format.action(), Some(&SoapAction::new("urn:example:housing:refer", "text/xml").unwrap()));
    assert_eq!(xml.namespaces.get(xml.namespaces.of_prefix("h").unwrap()), Some(("h", "urn:example:housing")));
    assert!(body.records[0].fields.iter().any(|f| f.required && &*f.path == "h:Name/h:Given"));
    // Names without a prefix can be given a namespace.
    let fhir = CONNECTION
        .replace("text/xml", "application/fhir+xml")
        .replace("action     = \"urn:example:housing:refer\"\n", "")
        .replace("h = ", "\"\" = ")
        .replace("h:", "");
    assert_eq!(findings(&with(FILE, "", &fhir)), findings(&with(FILE, "", CONNECTION)));
}

#[test]
fn xml_in_a_value_compiles_and_is_named_from_the_outside_in() {
    let xml = r#""h:Dob" = { encoding = ["base64", "xml"], namespaces = { d = "urn:d" }, fields = { "d:Doc/d:Dob" = "pd:BirthDate", "d:Doc/@ref" = "pd:Identifier" } }"#;
    let text = CONNECTION.replace(r#""h:Dob"          = { category = "pd:BirthDate", otherwise = "year" }"#, xml);
    let policy = Policy::compile(&with(FILE, "", &text)).unwrap();
    let integration = policy.integrations.values().find(|i| i.id.as_str() == "inform-riverside").unwrap();
    let fields = &integration.operations[0].body.as_ref().unwrap().records[0].fields;
    let within = fields.iter().find_map(|f| f.within.as_ref()).unwrap();
    let inner = within.rules.as_ref().unwrap();
    assert!(within.base64 && matches!(&inner.format, Format::Xml(xml) if xml.namespaces.of_prefix("d").is_some()));
    let paths: Vec<_> = inner.records[0].fields.iter().map(|f| &*f.path).collect();
    assert_eq!(paths, ["h:Dob/d:Doc/d:Dob", "h:Dob/d:Doc/@ref"]);
}

#[test]
fn mistakes_are_named_with_what_to_write() {
    let rows = [
        (
            "\"h:Dob\" ",
            "\"x:Dob\" ",
            "31 error: 'x:Dob' uses the prefix `x`, which is not declared; did you mean `h`? add `x = \"…\"` to `namespaces` under `[operation.body]`",
        ),
        (
            "\"h:Dob\" ",
            "\"h:Dob/text()\" ",
            "31 error: 'h:Dob/text()' calls a function or tests a kind of node; leave it out: naming an element means its text",
        ),
        (
            "\"h:Dob\" ",
            "\"$.dob\" ",
            "31 error: '$.dob' is written for JSON; name the place as XPath does: h:Name/h:Given, @id",
        ),
        (
            "\"h:Dob\" ",
            "\"/soap:Envelope/h:Dob\" ",
            "31 error: `/soap:Envelope/h:Dob` begins at the document, and here places are named from the record; write the way from the record's element down, without the first `/`",
        ),
        (
            "\"h:Dob\" ",
            "\"//h:Dob\" ",
            "31 error: `//h:Dob` begins at the document, and here places are named from the record; write `.//h:Dob`",
        ),
        (
            "\"/soap:Envelope/soap:Header/h:MessageId\"",
            "\"soap:Header/h:MessageId\"",
            "22 error: `soap:Header/h:MessageId` does not begin at the document; begin it with `/` and the document's element, such as /soap:Envelope/soap:Body/h:Case, or with `//`",
        ),
        (
            "\"/soap:Envelope/soap:Body/h:Case\"",
            "\"/soap:Envelope/@id\"",
            "25 error: a record is an element, and `/soap:Envelope/@id` is an attribute; name the element",
        ),
        (
            "\"h:Child\"",
            "\"h:Child/@id\"",
            "27 error: a dependant is an element, and `h:Child/@id` is an attribute; name the element",
        ),
        (
            "body:@ref",
            "body:.//h:Ref",
            "26 error: `.//h:Ref` can select several places; name one place, without `*` or `//`",
        ),
        (
            "\"h:Dob\"          = { category = \"pd:BirthDate\", otherwise = \"year\" }",
            "\"h:Dob\" = { encoding = \"xml\", fields = { \"d:Doc/d:Dob\" = \"pd:BirthDate\" } }",
            "31 error: 'd:Doc/d:Dob' uses the prefix `d`, which is not declared; add `d = \"…\"` to `namespaces` beside `encoding`",
        ),
        (
            "\"h:Dob\"          = { category = \"pd:BirthDate\", otherwise = \"year\" }",
            "\"h:Dob\" = { encoding = \"xml\", fields = { \"/Doc/Dob\" = \"pd:BirthDate\" } }",
            "31 error: `/Doc/Dob` begins with a slash; write `Doc/Dob`: the way from the document within begins with its element",
        ),
        (
            "\"h:Dob\"          = { category = \"pd:BirthDate\", otherwise = \"year\" }",
            "\"h:Dob\" = { encoding = \"xml\", fields = { \"Doc/Dob\" = \"pd:BirthDate\", \".//Dob\" = \"pd:BirthDate\" } }",
            "31 error: `Doc/Dob` and `.//Dob` can select the same place; keep one of the two rules",
        ),
        (
            "\"h:Dob\"          = { category = \"pd:BirthDate\", otherwise = \"year\" }",
            "\"h:Dob\" = { encoding = \"json\", namespaces = { d = \"urn:d\" }, fields = { \"$.dob\" = \"pd:BirthDate\" } }",
            "31 error: `namespaces` is for XML; take it out, or correct `encoding`",
        ),
        (
            "\"h:Dob\"          = { category = \"pd:BirthDate\", otherwise = \"year\" }",
            "\"h:Dob\" = { category = \"pd:BirthDate\", namespaces = { d = \"urn:d\" } }",
            "31 error: nothing says how what is within is written; add `encoding = \"json\"`, or take `fields`, `namespaces` and `unlisted` out",
        ),
        (
            "\"h:Dob\"          = { category = \"pd:BirthDate\", otherwise = \"year\" }",
            "\"h:Dob\" = { encoding = \"xlm\", fields = { \"Doc/Dob\" = \"pd:BirthDate\" } }",
            "31 error: `xlm` is not known here; did you mean `xml`? known: json, xml, base64, form; or [\"base64\", \"json\"]",
        ),
        (
            "denied = \"empty\"",
            "denied = \"null\"",
            "32 error: XML has no null; write \"strip\", \"empty\" or { const = \"…\" }",
        ),
        (
            "denied = \"empty\"",
            "denied = { const = \"\\u0001\" }",
            "32 error: this text cannot stand in XML; take the control characters out",
        ),
        (
            "h = \"urn:example:housing\"",
            "h = \"http://schemas.xmlsoap.org/soap/envelope/\"",
            "18 error: two prefixes stand for one namespace; keep one of them",
        ),
        (
            "h = \"urn:example:housing\"",
            "xml = \"urn:example:housing\"",
            "18 error: `xml` always stands for its own namespace; take it out; `@xml:lang` can be used without",
        ),
        (
            "h = \"urn:example:housing\"",
            "\"1\" = \"urn:example:housing\"",
            "18 error: this cannot be a prefix; write letters and digits, beginning with a letter; \"\" for no prefix",
        ),
        (
            "h = \"urn:example:housing\"",
            "h = \"\"",
            "18 error: a namespace has no empty name; write its URI, or take the line out: such names are in none",
        ),
        (
            "\"urn:example:housing:refer\"",
            "\"urn:a b\"",
            "17 error: this cannot be a SOAP action; write its URI in plain ASCII, without spaces and quotes",
        ),
        (
            "\"text/xml\"",
            "\"application/xml\"",
            "17 error: `action` is for SOAP bodies; take it out, or write media = \"text/xml\" (SOAP 1.1) or \"application/soap+xml\" (SOAP 1.2)",
        ),
        (
            "\"text/xml\"  ",
            "\"application/json\"",
            "18 error: `namespaces` is for XML bodies; take it out, or correct `media`",
        ),
        (
            "\"text/xml\"  ",
            "\"application/json\"",
            "17 error: `action` is for XML bodies; take it out, or correct `media`",
        ),
    ];
    let mut wrong = Vec::new();
    for (from, to, expected) in rows {
        let from = from.trim_end();
        let found = found(from, to.trim_end());
        if !found.lines().any(|line| line == format!("{FILE}:{expected}")) {
            wrong.push(format!("{from} -> {to}\nexpected\n{expected}\nfound\n{found}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
