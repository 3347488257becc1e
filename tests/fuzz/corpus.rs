//! What is broken: a connection with one operation for each format, and bodies that it takes.

use havengate::policy::{
    Policy,
    integration::{BodyRules, Integration, RouteRule},
    shipped,
};
use std::sync::{Arc, LazyLock};

const CONNECTION: &str = r#"
id = "broken"
app = "broken"
destination = "riverside-council/housing-referrals"
upstream = "https://refer.riverside.example/services/data/v60.0"
route = { prefix = "/broken" }
purpose = "accommodation"

[[operation]]
id = "json"
method = "POST"
path = "/json"
[operation.body]
media = "application/json"
unlisted = "strip"
[operation.body.envelope]
"$.sent" = "hg:Operational"
[[operation.body.record]]
select = "$.clients[*]"
subject = "body:$.ref"
[operation.body.record.fields]
"$.name" = { category = "pd:Name", denied = "empty" }
"$.beds" = "hg:HousingNeed"
"$.note" = "hg:Operational"
"$.more.*" = "hg:HousingNeed"
"$.list[*].need" = "hg:HousingNeed"

[[operation]]
id = "lines"
method = "POST"
path = "/lines"
[operation.body]
media = "application/x-ndjson"
unlisted = "strip"
[[operation.body.record]]
subject = "body:$.ref"
[operation.body.record.fields]
"$.name" = "pd:Name"
"$.beds" = "hg:HousingNeed"

[[operation]]
id = "xml"
method = "POST"
path = "/xml"
[operation.body]
media = "application/xml"
unlisted = "strip"
namespaces = { h = "urn:example:housing" }
[[operation.body.record]]
select = "/h:Cases/h:Case"
subject = "body:@ref"
[operation.body.record.fields]
"h:Name" = "pd:Name"
"h:Beds" = "hg:HousingNeed"
"h:Beds/@size" = "hg:HousingNeed"
"h:In/h:Note" = "hg:Operational"
"h:Any/*" = "hg:HousingNeed"

[[operation]]
id = "soap"
method = "POST"
path = "/soap"
[operation.body]
media = "text/xml"
unlisted = "strip"
action = "urn:example:housing:refer"
namespaces = { soap = "http://schemas.xmlsoap.org/soap/envelope/", h = "urn:example:housing" }
[operation.body.envelope]
"/soap:Envelope/soap:Header/h:MessageId" = "hg:Operational"
[[operation.body.record]]
select = "/soap:Envelope/soap:Body/h:Case"
subject = "body:@ref"
[operation.body.record.fields]
"h:Name" = "pd:Name"
"h:Need/@code" = { category = "hg:HousingNeed", denied = "empty" }

[[operation]]
id = "csv"
method = "POST"
path = "/csv"
[operation.body]
media = "text/csv"
unlisted = "strip"
[[operation.body.record]]
subject = "body:Ref"
[operation.body.record.fields]
"Name" = "pd:Name"
"Beds" = "hg:HousingNeed"
"Note" = { category = "hg:Operational", denied = { const = "not, given" } }
"Case" = { encoding = "json", fields = { "$.name" = "pd:Name", "$.note" = "hg:Operational", "$.codes[?match(@.code, '[A-Z]+') && length(@.text) < 9].text" = "hg:Operational" } }
"Packed" = { encoding = ["base64", "form"], fields = { "name" = "pd:Name", "note" = "hg:Operational" } }

[[operation]]
id = "form"
method = "POST"
path = "/form"
[operation.body]
media = "application/x-www-form-urlencoded"
unlisted = "strip"
[[operation.body.record]]
subject = "body:ref"
[operation.body.record.fields]
"name" = "pd:Name"
"beds" = "hg:HousingNeed"
"note" = "hg:Operational"

[[operation]]
id = "multipart"
method = "POST"
path = "/multipart"
[operation.body]
media = "multipart/form-data"
unlisted = "strip"
[[operation.body.part]]
name = "beds"
content = "hg:HousingNeed"
[[operation.body.part]]
name = "need"
media = "application/json"
[[operation.body.part.record]]
[operation.body.part.record.fields]
"$.beds" = "hg:HousingNeed"

[[operation]]
id = "create"
method = "POST"
path = "/contacts"
query = { area = "hg:HousingNeed" }
headers = { X-Case = "hg:Operational" }
[operation.body]
media = "application/json"
unlisted = "strip"
[[operation.body.record]]
subject = "body:$.ref"
[operation.body.record.fields]
"$.name" = "pd:Name"
"$.beds" = "hg:HousingNeed"

[[operation]]
id = "batch"
method = "POST"
path = "/batch"
[operation.body]
media = "application/json"
unlisted = "strip"
batch = "salesforce-composite"
operations = ["create"]
"#;

static CONNECTED: LazyLock<Arc<Integration>> = LazyLock::new(|| {
    let mut sources = shipped::sources();
    sources.insert("integrations/broken.toml", CONNECTION.to_owned());
    let policy = Policy::compile(&sources).unwrap();
    let prefix = RouteRule::Prefix(vec!["broken".to_owned()]);
    policy.integrations.values().find(|i| i.route == prefix).unwrap().clone()
});

/// What an operation says of its body.
pub(crate) fn rules(operation: &str) -> Arc<BodyRules> {
    CONNECTED.operations.iter().find(|o| o.id.as_str() == operation).unwrap().body.clone().unwrap()
}

/// What stands between the parts of the multipart bodies here.
pub(crate) const BOUNDARY: &str = "----XYZ";

/// Bodies of one format, and words that mean something in it.
pub(crate) struct Corpus {
    pub(crate) operation: &'static str,
    pub(crate) bodies: &'static [&'static str],
    pub(crate) words: &'static [&'static str],
}

const JSON_WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u005a",
    "\\u0000",
    "\\ud83d",
    "null",
    "1e999",
    "-0",
    "\"note\":",
    "\"beds\":",
    "\"Zs.fika\"",
    "Zs.fika",
    " ",
    "\n",
    "\u{feff}",
    "é",
    "\"name\":\"Idris\"",
    "Idris",
];
const XML_WORDS: &[&str] = &[
    "<",
    ">",
    "/>",
    "</",
    "<h:Beds>",
    "</h:Beds>",
    "<h:Case>",
    "</h:Case>",
    "<h:In><h:Note>",
    "</h:Note></h:In>",
    "&#90;",
    "&amp;",
    "&#x5a;s.fika",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?a ?>",
    "xmlns:h='urn:other'",
    " size=\"",
    "\"",
    "'",
    "Zs.fika",
    "<h:Zs.fika>",
    "é",
    "\u{ffff}",
    "\n",
    "Idris",
    "xmlns=\"urn:example:housing\"",
];

pub(crate) const ALL: &[Corpus] = &[
    Corpus {
        operation: "json",
        bodies: &[
            r#"{"sent":"now","clients":[{"ref":"a-1","name":"Idris","beds":2,"note":"for Idris","more":{"a":1,"Idris":2,"Zs.fika":3},"x":{"y":["Zs.fika"]}},{"ref":"b","note":"Zs.fika","list":[{"need":"a bed"},{"need":"Z\u0073.fika"}]}]}"#,
            "{\n  \"clients\": [ {\"beds\": 1.50, \"name\": null}, {\"list\": [ ]} ],\n \"Zs.fika\": true }\n",
        ],
        words: JSON_WORDS,
    },
    Corpus {
        operation: "lines",
        bodies: &[
            "{\"ref\":\"a\",\"beds\":1,\"name\":\"Zs.fika\"}\n{\"ref\":\"b\",\"beds\":\"Zs.fika\"}\r\n{\"beds\":[]}",
        ],
        words: JSON_WORDS,
    },
    Corpus {
        operation: "xml",
        bodies: &[
            "<?xml version=\"1.0\"?><h:Cases xmlns:h=\"urn:example:housing\"><h:Case ref=\"a\"><h:Name>Idris</h:Name><h:Beds size='2'>1</h:Beds><h:In><h:Note>n</h:Note></h:In><h:Any><h:Idris>1</h:Idris><h:Zs.fika>2</h:Zs.fika></h:Any></h:Case><h:Case ref='b'><h:Name>Zs.fika</h:Name><h:Beds>2</h:Beds><h:Beds>Zs.&#102;ika</h:Beds><h:X>Zs.fika</h:X></h:Case></h:Cases>",
            "<Cases xmlns='urn:example:housing'>\n <Case><Beds>1</Beds><Beds>2</Beds>\n<Beds>3<!-- Zs.fika --></Beds></Case>\n <Case><Beds>4</Beds><In><Note>Zs.<![CDATA[fika]]></Note></In></Case>\n</Cases>",
        ],
        words: XML_WORDS,
    },
    Corpus {
        operation: "soap",
        bodies: &[
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:h=\"urn:example:housing\"><s:Header><h:MessageId>m-1</h:MessageId></s:Header><s:Body><h:Case ref=\"a\"><h:Name>Zs.fika</h:Name><h:Need code=\"x\" other='Zs.fika'/></h:Case></s:Body></s:Envelope>",
        ],
        words: XML_WORDS,
    },
    Corpus {
        operation: "csv",
        bodies: &[
            "Ref,Name,Beds,Note,Other\na-1,Idris,2,for Idris,x\nb-2,Zs.fika,\"1\",\"a \"\"b\"\"\",Zs.fika\n,,,,\n",
            "\u{feff}Beds,Zs.fika,Ref\r\n1,2,3\r\n\"Zs.fika\",5,6",
            "Case,Beds,Packed\n\"{\"\"name\"\":\"\"Zs.fika\"\",\"\"note\"\":\"\"a, b\"\"}\",2,bmFtZT1acy5maWthJm5vdGU9YQ==\n\"{\"\"codes\"\":[{\"\"code\"\":\"\"AB\"\",\"\"text\"\":\"\"bed\"\"},{\"\"text\"\":\"\"Zs.fika\"\",\"\"code\"\":\"\"b\"\"}]}\",Idris,bm90ZT1acy5maWth\n",
        ],
        words: &[
            "\"\"note\"\":",
            "\\u005as.fika",
            "{",
            "]",
            "bm90ZT1acy5maWth",
            "\"\"code\"\":\"\"A\"\",",
            ",",
            "\"",
            "\"\"",
            "\n",
            "\r\n",
            "\r",
            "\t",
            "Zs.fika",
            "Idris",
            "é",
            "\u{feff}",
            ";",
            "\0",
            "Note",
            ",,",
        ],
    },
    Corpus {
        operation: "form",
        bodies: &["ref=a&name=Zs.fika&beds=2&note=for+them%21&x=Zs.fika", "beds=%5As.fika&note=&&x=a%20b"],
        words: &["&", "=", "+", "%", "%5A", "%5a%73", "%00", "%FF", "Zs.fika", "note=", "&beds=", ";", "é", "\n"],
    },
    Corpus {
        operation: "multipart",
        bodies: &[
            "------XYZ\r\nContent-Disposition: form-data; name=\"beds\"\r\n\r\n2\r\n------XYZ\r\nContent-Disposition: form-data; name=\"need\"\r\nContent-Type: application/json\r\n\r\n{\"beds\":1,\"name\":\"Zs.fika\"}\r\n------XYZ\r\nContent-Disposition: form-data; name=\"other\"; filename=\"Zs.fika\"\r\n\r\nZs.fika\r\n------XYZ--\r\n",
        ],
        words: &[
            "------XYZ",
            "--",
            "\r\n",
            "\r\n\r\n",
            "\n",
            "Content-Disposition: form-data; name=\"beds\"",
            "\"",
            "\\",
            ";",
            "filename=\"Zs.fika\"",
            "Zs.fika",
            "Content-Type: application/json",
            ": ",
            "\r\n------XYZ\r\n",
            "é",
        ],
    },
    Corpus {
        operation: "batch",
        bodies: &[
            r#"{"allOrNone":true,"compositeRequest":[{"method":"POST","url":"/services/data/v60.0/contacts?area=N%201&x=Zs.fika","referenceId":"c0","httpHeaders":{"X-Case":"A-1"},"body":{"name":"Zs.fika","ref":"A-1","beds":2}},{"method":"POST","url":"/services/data/v60.0/contacts","referenceId":"c1","body":{"beds":"@{c0.id}"}}]}"#,
        ],
        words: JSON_WORDS,
    },
];
