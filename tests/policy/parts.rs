//! Bodies of parts: what may be said of them in a connection's file, and what not.

#![expect(clippy::too_many_lines, reason = "a table")]

use super::{findings, with};

const FILE: &str = "integrations/street-health.toml";

/// A connection with one operation, whose body begins on line 14.
fn connection(body: &str) -> String {
    let text = format!(
        "id = \"street-health\"\napp = \"inform\"\ndestination = \"street-health/outreach\"\n\
         upstream = \"https://referrals.street-health.example/api\"\nroute = {{ prefix = \"/street-health\" }}\n\
         purpose = \"health\"\n\n[[operation]]\nid = \"upload\"\nmethod = \"POST\"\npath = \"/upload/{{who}}\"\n\
         path_fields = {{ who = \"pd:Identifier\" }}\n[operation.body]\n{body}"
    );
    findings(&with(FILE, "", &text))
}

fn parts(body: &str, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("[[operation.body.part]]\n{part}\n")).collect();
    format!("media = \"multipart/form-data\"\nunlisted = \"strip\"\n{body}\n{parts}")
}

#[test]
fn parts_say_what_a_body_of_their_own_may_say() {
    let name = "name = \"name\"\ncontent = \"pd:Name\"";
    let told = "subject = \"path:who\"";
    let json =
        "name = \"client\"\nmedia = \"application/json\"\nunlisted = \"block\"\n[[operation.body.part.record]]\n";
    let rows = [
        (parts(told, &[name]), ""),
        (parts("subject = \"part:ref\"", &[name]), ""),
        (parts("subject = \"part:name\"\nrequired = [\"name\"]", &[name]), ""),
        (
            parts(
                told,
                &[
                    name,
                    "name = \"scan\"\nmedia = \"application/pdf\"\ncontent = \"hg:Document\"\nrepeated = true\nfilename = \"hg:Operational\"",
                    &format!("{json}[operation.body.part.record.fields]\n\"$.name\" = \"pd:Name\""),
                ],
            ),
            "at:23 warning: nobody looks into a PDF or an office file: the names of authors, tracked changes, hidden sheets and pictures with their places leave with it; list a picture instead (\"image/jpeg\"), which is cleaned, or say so to the panel before it permits documents in `local.cedar`",
        ),
        (
            parts("", &[name]),
            "at:19 warning: the part `name` is about a person and nothing says about whom; add `subject = \"part:…\"` (or path:…, query:…, header:…) to `[operation.body]`; without it nothing about a person leaves",
        ),
        (
            parts(told, &[]),
            "at:14 error: nothing says which parts this body has; add `[[operation.body.part]]` with a `name` and what it holds",
        ),
        (
            parts("content = \"pd:Name\"", &[name]),
            "at:16 error: a multipart body holds its values in its parts; move it to the `[[operation.body.part]]` that it is said of\n\
             at:19 warning: the part `name` is about a person and nothing says about whom; add `subject = \"part:…\"` (or path:…, query:…, header:…) to `[operation.body]`; without it nothing about a person leaves",
        ),
        (
            parts(told, &[name, name]),
            "at:21 error: the part `name` stands here twice; write `repeated = true` where several may come",
        ),
        (
            parts(told, &["name = \"a%22\"\ncontent = \"pd:Name\""]),
            "at:18 error: readers take this name differently; ask the recipient for a name without quotes, backslashes, percent signs and control characters",
        ),
        (
            parts(told, &["name = \"_charset_\"\ncontent = \"pd:Name\""]),
            "at:18 error: this is no name for a part that holds data; write the form field's name",
        ),
        (
            parts(told, &["name = \"a\""]),
            "at:17 error: nothing says what this part holds; add `content = \"hg:FreeText\"`, or what the part holds",
        ),
        (
            parts(told, &["name = \"a\"\nmedia = \"multipart/mixed\"\ncontent = \"pd:Name\""]),
            "at:19 error: parts within parts cannot be screened; list the parts within it as parts of the body, if the recipient takes them so",
        ),
        (
            parts(told, &["name = \"a\"\nmedia = \"application/pdf\"\ncontent = \"pd:Name\""]),
            "at:20 error: a body of application/pdf is a document, whatever else it holds; write \"hg:Document\", or a category of your own below it",
        ),
        (
            parts(
                told,
                &[
                    "name = \"a\"\nmedia = \"application/pdf\"\ncontent = { category = \"hg:Document\", denied = \"empty\" }",
                ],
            ),
            "at:19 error: nothing can stand in place of bytes that are not read; write \"strip\" or \"block\"\nat:20 warning: nobody looks into a PDF or an office file: the names of authors, tracked changes, hidden sheets and pictures with their places leave with it; list a picture instead (\"image/jpeg\"), which is cleaned, or say so to the panel before it permits documents in `local.cedar`",
        ),
        (
            parts(
                told,
                &[
                    "name = \"a\"\nmedia = \"application/pdf\"\ncontent = { category = \"hg:Document\", one_of = [\"x\"] }",
                ],
            ),
            "at:20 warning: nobody looks into a PDF or an office file: the names of authors, tracked changes, hidden sheets and pictures with their places leave with it; list a picture instead (\"image/jpeg\"), which is cleaned, or say so to the panel before it permits documents in `local.cedar`\nat:20 error: bytes that nobody reads cannot be one of these texts; take it out",
        ),
        (parts(told, &["name = \"a\"\ncontent = { category = \"pd:Name\", one_of = [\"x y\", \"z\"] }"]), ""),
        (
            parts(
                told,
                &[
                    "name = \"a\"\ncontent = { category = \"pd:Name\", one_of = [\"x y\", \" x  y\"], otherwise = \"pseudonym\" }",
                ],
            ),
            "at:19 error: this text stands here twice, or differs only in white space; keep one of them\n\
             at:19 error: a listed text leaves as it is listed; take this out, or `one_of`",
        ),
        (
            parts(told, &["name = \"a\"\ncontent = { category = \"pd:Name\", one_of = [] }"]),
            "at:19 error: no text is listed, so nothing could leave; write the texts that may, or take it out",
        ),
        (
            parts(told, &["name = \"a\"\ncontent = \"pd:Name\"\nunlisted = \"strip\""]),
            "at:20 error: this part is one value and has no places in it; write `content = \"…\"`; where it is required, say so under `[operation.body]`",
        ),
        (
            parts(
                told,
                &["name = \"a\"\ncontent = \"pd:Name\"\nfilename = { category = \"pd:Name\", denied = \"empty\" }"],
            ),
            "at:20 error: this cannot stand in a header; write \"strip\", \"block\" or { const = \"…\" } in plain ASCII",
        ),
        (
            parts(told, &[&format!("{json}subject = \"path:who\"")]),
            "at:22 error: a part does not say whom the request is about; write it as `subject` of `[operation.body]`, for all its parts; a part's record may say body:…",
        ),
        (
            parts("subject = \"part:client\"", &[json]),
            "at:16 error: the part `client` cannot name one person; name a part in plain text that stands once",
        ),
        (
            parts("subject = \"body:$.x\"", &[name]),
            "at:16 error: this does not say where the client's id is; write part:client_ref, path:reference, query:id or header:X-Ref",
        ),
        (
            parts("subject = \"path:who\"\nrequired = [\"nam\"]", &[name]),
            "at:17 error: `nam` is required and names no part; did you mean `name`? name a part that is one value; others say it themselves",
        ),
        (
            "media = \"application/json\"\nunlisted = \"strip\"\n[[operation.body.part]]\nname = \"a\"".to_owned(),
            "at:16 error: a body of this media type has no parts; write `media = \"multipart/form-data\"`, or list the fields of the body itself",
        ),
        (
            parts(told, &["name = \"a\"\ncontent = \"pd:Name\"\nfile = 1"]),
            "at:20 error: unknown key `file`; known here: name, media, repeated, filename, unlisted, required, envelope, record, dialect, content, namespaces",
        ),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .map(|(body, expected)| (body, expected, connection(body).replace(FILE, "at")))
        .filter(|(_, expected, found)| found != *expected)
        .map(|(body, expected, found)| format!("{body}\nexpected\n{expected}\nfound\n{found}\n"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A connection whose query parameter `q` begins on line 13.
fn queried(q: &str) -> String {
    let text = format!(
        "id = \"street-health\"\napp = \"inform\"\ndestination = \"street-health/outreach\"\n\
         upstream = \"https://referrals.street-health.example/api\"\nroute = {{ prefix = \"/street-health\" }}\n\
         purpose = \"health\"\n\n[[operation]]\nid = \"find\"\nmethod = \"GET\"\npath = \"/query\"\n\
         subject = \"query:who\"\nquery = {{ who = \"pd:Identifier\", q = {{ {q} }} }}\n"
    );
    findings(&with(FILE, "", &text)).replace(FILE, "at")
}

#[test]
fn a_query_is_a_template_with_what_its_literals_hold() {
    let name = "parameters = { name = \"pd:Name\" }";
    for (q, expected) in [
        (format!("language = \"soql\", template = \"WHERE N = :name AND D = '2026:01'\", {name}"), ""),
        (format!("language = \"fhir\", template = \"urn:x|:name\", {name}"), ""),
        (
            format!("language = \"sql\", template = \":name\", {name}"),
            "at:13 error: `sql` is not known here; did you mean `soql`? known: soql, fhir",
        ),
        (
            format!("template = \":name\", {name}"),
            "at:13 error: a query needs all three of its keys; write `language = \"soql\"` (or \"fhir\"), `template` and `parameters`",
        ),
        (
            format!("language = \"soql\", template = \"N = ':name'\", {name}"),
            "at:13 error: `:name` cannot be read here; write each parameter once, outside quotes, with something between two of them",
        ),
        (
            format!("language = \"soql\", template = \"N = :names\", {name}"),
            "at:13 error: the template has no `:name`; write it where the literal stands",
        ),
        (
            format!("category = \"pd:Name\", language = \"soql\", template = \":name\", {name}"),
            "at:13 error: a query leaves as its template and its parameters say; take this out",
        ),
    ] {
        assert_eq!(queried(&q), expected, "{q}");
    }
}
