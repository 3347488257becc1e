//! Tables, forms and bodies that are one value: what may be said of them in a connection's file, and what not.

#![expect(clippy::too_many_lines, reason = "each function is one table")]

use super::{findings, with};
use havengate::policy::{Policy, integration::BodyRules};

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

fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(body, expected)| (body, expected, connection(body).replace(FILE, "at")))
        .filter(|(_, expected, found)| found != *expected)
        .map(|(body, expected, found)| format!("{body}\nexpected\n{expected}\nfound\n{found}\n"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const RECORD: &str = "[[operation.body.record]]\nsubject = \"body:Ref\"\n[operation.body.record.fields]\n";

#[test]
fn tables() {
    let csv = |dialect: &str, rest: &str| {
        format!("media = \"text/csv\"\nunlisted = \"strip\"\n{dialect}\n{RECORD}\"First Name\" = \"pd:Name\"\n{rest}")
    };
    let rows = [
        (csv("", ""), ""),
        (csv(r#"dialect = { delimiter = ";", quote = "'", header = true, columns = ["SSN", "Other"] }"#, ""), ""),
        (csv(r#"dialect = { header = false, columns = ["Ref", "First Name", "Z"] }"#, ""), ""),
        (
            csv(
                "required = [\"First Name\"]",
                "'=x' = { category = \"pd:Name\", denied = { const = \"a, \\\"b\\\"\" } }",
            ),
            "",
        ),
        (
            csv(r#"dialect = { delimiter = "," , sep = ";" }"#, ""),
            "at:16 error: unknown key `sep`; known here: delimiter, quote, header, columns",
        ),
        (
            csv(r#"dialect = { delimiter = ";;" }"#, ""),
            r#"at:16 error: `;;` is not known here; write ",", ";", "\t", "|", ":" or "^""#,
        ),
        (
            csv(r#"dialect = { quote = "`" }"#, ""),
            r#"at:16 error: ``` is not known here; write "\"" or "'", or "" where no cell is quoted"#,
        ),
        (
            csv("dialect = { header = false }", ""),
            "at:16 error: nothing names the columns of a table without a header row; add `columns = [\"…\", \"…\"]`, in their order",
        ),
        (
            csv(r#"dialect = { header = false, columns = ["Ref", "FirstName"] }"#, ""),
            "at:20 error: there is no column `First Name`; did you mean `FirstName`? list every column under `dialect.columns`, in their order",
        ),
        (
            csv(r#"dialect = { columns = ["SSN", " ssn", ""] }"#, ""),
            "at:16 error: ` ssn` stands here twice, or differs only in capitals or spaces around it; name the columns apart\n\
             at:16 error: a column has no name; name the columns apart",
        ),
        (
            csv("", "Sex = { category = \"pd:Name\", denied = \"null\" }"),
            "at:21 error: a table has no null; write \"strip\" or \"empty\"",
        ),
        (
            csv("dialect = { quote = \"\" }", "Sex = { category = \"pd:Name\", denied = { const = \"a,b\" } }"),
            "at:21 error: this cannot stand in a cell; write it without control characters and, where cells are not quoted, in one line without delimiters",
        ),
        (
            csv("", "[operation.body.envelope]\nA = \"hg:Operational\""),
            "at:22 error: every row of a table is a record, and nothing stands outside records; list it under `[operation.body.record.fields]`",
        ),
        (
            csv("", "[[operation.body.record]]\n"),
            "at:21 error: every row of a table is a record, all of one kind; keep one `[[operation.body.record]]`",
        ),
        (
            csv("", "")
                .replace("subject = \"body:Ref\"", "subject = \"body:Ref\"\nselect = \"$[*]\"\ndependants = \"$.c\""),
            "at:19 error: every row of a table is a record already; take `select` out\n\
             at:20 error: every row of a table is a record about one person; take `dependants` out, and give each person a record of their own",
        ),
        (
            csv("", "").replace("subject = \"body:Ref\"", "subject = \"Ref\""),
            "at:18 error: this does not say where the client's id is; write body:ref, path:reference, query:id or header:X-Ref",
        ),
        (
            csv("", "").replace("subject = \"body:Ref\"", ""),
            "at:17 warning: `First Name` is about a person and nothing says about whom; add `subject = \"body:…\"`; without it nothing about a person leaves",
        ),
        (
            csv("content = \"hg:FreeText\"\nsubject = \"path:who\"", ""),
            "at:16 error: bodies of this media type hold values of their own; list its fields under `[operation.body.record.fields]`\n\
             at:17 error: a body says in its records whom they are about; move it to the `[[operation.body.record]]` that it is about",
        ),
    ];
    check(&rows.iter().map(|(body, expected)| (body.as_str(), *expected)).collect::<Vec<_>>());
}

#[test]
fn cells_that_hold_others() {
    let csv = |rest: &str| {
        format!("media = \"text/csv\"\nunlisted = \"strip\"\n{RECORD}\"First Name\" = \"pd:Name\"\n{rest}")
    };
    let rows = [
        (csv("P = { encoding = \"json\", fields = { \"$.name\" = \"pd:Name\" } }"), ""),
        (csv("P = { encoding = [\"base64\", \"form\"], unlisted = \"block\", fields = { name = \"pd:Name\" } }"), ""),
        (
            csv(
                "P = { encoding = \"xml\", namespaces = { h = \"urn:h\" }, fields = { \"h:Case/h:Name\" = \"pd:Name\" } }",
            ),
            "",
        ),
        (csv("P = { encoding = \"base64\", category = \"pd:Name\" }"), ""),
        (
            csv("P = { encoding = \"json\", fields = { name = \"pd:Name\" } }"),
            "at:20 error: 'name' is not an RFC 9535 selector; write it like $.clients[*].firstName, and names with other characters like $['first name']",
        ),
        (
            csv("P = { encoding = \"csv\", fields = { A = \"pd:Name\" } }"),
            "at:20 error: nothing says what `P` holds; add `category = \"…\"`, or `encoding` with the `fields` that are within it\n\
             at:20 error: `csv` is not known here; known: json, xml, base64, form; or [\"base64\", \"json\"]",
        ),
        (
            csv("P = { encoding = \"json\", denied = \"null\", fields = { \"$.name\" = \"pd:Name\" } }"),
            "at:20 error: a table has no null; write \"strip\" or \"empty\"",
        ),
    ];
    check(&rows.iter().map(|(body, expected)| (body.as_str(), *expected)).collect::<Vec<_>>());
}

#[test]
fn what_is_within_is_named_from_the_outside_in() {
    let paths = |record: &str| {
        let text = format!(
            "id = \"street-health\"\napp = \"inform\"\ndestination = \"street-health/outreach\"\n\
             upstream = \"https://referrals.street-health.example/api\"\nroute = {{ prefix = \"/street-health\" }}\n\
             purpose = \"health\"\n[[operation]]\nid = \"upload\"\nmethod = \"POST\"\npath = \"/upload\"\n\
             [operation.body]\nmedia = \"text/csv\"\nunlisted = \"strip\"\n{RECORD}{record}"
        );
        let policy = Policy::compile(&with(FILE, "", &text)).unwrap();
        let integration = policy.integrations.values().find(|i| i.id.as_str() == "street-health").unwrap();
        let body = integration.operations[0].body.as_ref().unwrap();
        let mut all = Vec::new();
        named(body, &mut all);
        all.sort();
        all
    };
    fn named(body: &BodyRules, all: &mut Vec<String>) {
        for rule in body.rules() {
            all.push(rule.path.to_string());
            rule.within.iter().filter_map(|within| within.rules.as_ref()).for_each(|rules| named(rules, all));
        }
    }
    assert_eq!(
        paths(
            "P = { encoding = \"json\", fields = { \"$.x\" = { encoding = \"form\", fields = { name = \"pd:Name\" } } } }"
        ),
        ["P", "P/$.x", "P/$.x/name"]
    );
    assert_eq!(
        paths(
            "Q = \"hg:Operational\"\n[[operation.body.record.answers]]\nquestion = \"Q\"\nanswer = \"A\"\n\
             [operation.body.record.answers.table]\n\"who?\" = { encoding = \"json\", fields = { \"$.name\" = \"pd:Name\" } }"
        ),
        ["A where Q is \"who?\"", "A where Q is \"who?\"/$.name", "Q"]
    );
}

#[test]
fn questions_and_answers_of_a_table() {
    let table = |dialect: &str, more: &str| {
        format!(
            "media = \"text/csv\"\nunlisted = \"strip\"\n{dialect}\n{RECORD}Question = \"hg:Operational\"\n\
             [[operation.body.record.answers]]\nquestion = \"Question\"\n{more}"
        )
    };
    let pairs = "answer = \"Answer\"\ntable = { \"What is your nationality?\" = \"pd:Nationality\", beds = \"hg:HousingNeed\" }";
    let rows = [
        (table("", pairs), ""),
        (table(r#"dialect = { header = false, columns = ["Ref", "Question", "Answer"] }"#, pairs), ""),
        (
            table("", pairs).replace("[operation.body]", "").replace(
                "unlisted = \"strip\"\n",
                "unlisted = \"strip\"\nrequired = [\"Answer where Question is \\\"beds\\\"\"]\n",
            ),
            "",
        ),
        (
            table("", &format!("select = \"$[*]\"\n{pairs}")),
            "at:23 error: every row of a table is one question with its answer; take `select` out",
        ),
        (
            table("", &pairs.replace("\"Answer\"", "\"Question\"")),
            "at:20 error: `Question` is the column of answers; take it out of `fields`: the question says what the answer holds\n\
             at:23 error: `Question` is the question's own column; name the column that holds the answers",
        ),
        (
            table("", &pairs.replace("\"Answer\"", "\"Ref\"")),
            "at:23 error: the column that says whom a row is about holds no answers; name another column",
        ),
        (
            table(r#"dialect = { header = false, columns = ["Ref", "Question"] }"#, pairs),
            "at:23 error: there is no column `Answer`; list every column under `dialect.columns`, in their order",
        ),
        (
            table("", &pairs.replace("hg:HousingNeed", "hg:NoSuch")),
            "at:24 error: there is no category `hg:NoSuch`; categories are listed in `categories.toml`",
        ),
    ];
    check(&rows.iter().map(|(body, expected)| (body.as_str(), *expected)).collect::<Vec<_>>());
}

#[test]
fn forms() {
    let form = |rest: &str| {
        format!(
            "media = \"application/x-www-form-urlencoded\"\nunlisted = \"strip\"\n{RECORD}\"need[]\" = \"hg:HousingNeed\"\n{rest}"
        )
    };
    let rows = [
        (form(""), ""),
        (
            form("note = { category = \"hg:FreeText\", denied = \"null\" }"),
            "at:20 error: a form has no null; write \"strip\" or \"empty\"",
        ),
        (
            form("[[operation.body.record]]\n"),
            "at:20 error: a form is one record, all of one kind; keep one `[[operation.body.record]]`",
        ),
        (
            form("").replace("unlisted", "dialect = { header = true }\nunlisted"),
            "at:15 error: only a table has a dialect; take it out, or write `media = \"text/csv\"`",
        ),
    ];
    check(&rows.iter().map(|(body, expected)| (body.as_str(), *expected)).collect::<Vec<_>>());
}

#[test]
fn bodies_that_are_one_value() {
    let whole = |media: &str, rest: &str| format!("media = \"{media}\"\nunlisted = \"strip\"\n{rest}");
    let note = "content = \"hg:FreeText\"\nsubject = \"path:who\"\n";
    let scan = "content = \"hg:Document\"\nsubject = \"path:who\"\n";
    let not_looked_into = "at:16 warning: nobody looks into a PDF or an office file: the names of authors, tracked changes, hidden sheets and pictures with their places leave with it; list a picture instead (\"image/jpeg\"), which is cleaned, or say so to the panel before it permits documents in `local.cedar`".to_owned();
    let rows = [
        (whole("text/plain", note), ""),
        (
            whole(
                "text/plain",
                "content = { category = \"pd:BirthDate\", otherwise = \"year\", denied = { const = \"x\" } }\nsubject = \"path:who\"\nrequired = [\"content\"]",
            ),
            "",
        ),
        (whole("image/jpeg", scan), ""),
        (whole("application/pdf", scan), &not_looked_into),
        (whole("application/octet-stream", scan), &not_looked_into),
        (
            whole("image/heic", scan),
            "at:14 error: no document of this media type leaves; have it converted to image/jpeg or image/png, from which place and time can be taken out",
        ),
        (
            whole("application/zip", scan),
            "at:14 error: no document of this media type leaves; pictures (JPEG, PNG, GIF, WebP), PDF and office files (.docx, .xlsx, .pptx, .odt, .ods, .odp) can be listed",
        ),
        (
            whole("text/plain", scan),
            "at:16 error: a text is no document: it leaves by what it says; write \"hg:FreeText\", or what the text holds",
        ),
        (whole("application/octet-stream", note), ""),
        (
            whole("text/plain", "content = \"hg:FreeText\""),
            "at:16 warning: the body is about a person and nothing says about whom; add `subject = \"path:…\"` (or query:…, header:…); without it nothing about a person leaves",
        ),
        (
            whole("text/plain", "subject = \"path:who\""),
            "at:14 error: nothing says what this body holds; add `content = \"hg:FreeText\"`, or what the body holds",
        ),
        (
            whole("text/plain", &format!("{note}{RECORD}")),
            "at:18 error: this body is one value and has no places in it; write `content = \"hg:FreeText\"` and, where it is about somebody, `subject = \"path:…\"`",
        ),
        (
            whole("text/plain", "content = { category = \"hg:FreeText\", denied = \"strip\" }\nsubject = \"path:who\""),
            "at:16 error: the whole body is this one value; write \"block\", \"empty\" or { const = \"…\" }",
        ),
        (
            whole("text/plain", &note.replace("path:who", "body:Ref")),
            "at:17 error: this does not say where the client's id is; write path:reference, query:id or header:X-Ref",
        ),
        (
            whole("application/pdf", note),
            "at:16 error: a body of application/pdf is a document, whatever else it holds; write \"hg:Document\", or a category of your own below it",
        ),
        (
            whole("image/jpeg", "content = \"pd:Picture\"\nsubject = \"path:who\""),
            "at:16 error: a body of image/jpeg is a document, whatever else it holds; write \"hg:Document\", or a category of your own below it",
        ),
        (
            whole("application/octet-stream", "content = \"hg:Operational\""),
            "at:16 error: nobody can tell that bytes which are not read are about no person; write \"hg:Document\", or a category that says whose data it can hold",
        ),
        (
            whole(
                "application/octet-stream",
                "content = { category = \"hg:CaseNote\", denied = \"empty\" }\nsubject = \"path:who\"",
            ),
            "at:16 error: nothing can stand in place of a body that is not text; take `denied` out: a withheld body always stops the request",
        ),
        (
            whole(
                "application/octet-stream",
                "content = { category = \"pd:Name\", otherwise = \"initial\" }\nsubject = \"path:who\"",
            ),
            "at:16 error: bytes that are not read have no rougher form; take `otherwise` out",
        ),
        (
            whole("Application/PDF", scan),
            "at:14 error: this is not a media type; write it in lower case and without parameters, such as \"application/pdf\"",
        ),
        (
            whole("application/fhir+json", scan),
            "at:16 error: bodies of this media type hold values of their own; list its fields under `[operation.body.record.fields]`\n\
             at:17 error: a body says in its records whom they are about; move it to the `[[operation.body.record]]` that it is about",
        ),
        (
            whole("multipart/mixed", scan),
            "at:14 error: bodies of this media type hold values of their own; list its fields; only a format that has none leaves as one value",
        ),
    ];
    check(&rows.iter().map(|(body, expected)| (body.as_str(), *expected)).collect::<Vec<_>>());
}
