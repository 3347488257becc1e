//! Each mistake a person can make in a policy file, and what they are told: file, line, what, and the mend.

#![expect(clippy::too_many_lines, reason = "each function is one table")]

use super::{findings, with};

const STREET_HEALTH: &str = "integrations/street-health.toml";
const RIVERSIDE: &str = "integrations/inform-riverside.toml";
const OWN: &str = "organisations.toml";

/// (file, what stands there, what is written instead, what is found).
type Row<'a> = (&'static str, &'static str, &'a str, &'static str);

fn check(rows: &[Row<'_>]) {
    let mut wrong = Vec::new();
    for (file, from, to, expected) in rows {
        let found = findings(&with(file, from, to));
        if found != *expected {
            wrong.push(format!("{file}: {from} -> {to}\nexpected\n{expected}\nfound\n{found}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn reading() {
    check(&[
        (
            RIVERSIDE,
            "app         =",
            "apps        =",
            "integrations/inform-riverside.toml:7 error: unknown key `apps`; did you mean `app`? known here: id, app, destination, upstream, plain_http, route, purpose, auth, client_certificate, upstream_roots, approval, operation",
        ),
        (
            RIVERSIDE,
            r#"purpose     = "accommodation""#,
            r#"purpose     = "acommodation""#,
            "integrations/inform-riverside.toml:11 error: `acommodation` is not known here; did you mean `accommodation`? known: accommodation, health, support, immigration-advice, client-message, safeguarding, statistics, operations",
        ),
        (
            RIVERSIDE,
            r#"purpose     = "accommodation"
"#,
            "",
            "integrations/inform-riverside.toml:1 error: the key `purpose` is missing; add `purpose = …` to this table",
        ),
        (
            RIVERSIDE,
            r#"purpose     = "accommodation""#,
            r#"purpose     = "accommodation"
purpose     = "health""#,
            "integrations/inform-riverside.toml:12 error: the key stands here twice; keep one of them",
        ),
        (
            RIVERSIDE,
            r#"purpose     = "accommodation""#,
            "purpose     = 7",
            "integrations/inform-riverside.toml:11 error: expected a string, found integer `7`; correct the value",
        ),
        (
            RIVERSIDE,
            r#"purpose     = "accommodation""#,
            r#"purpose     = "accommodation"#,
            r#"integrations/inform-riverside.toml:11 error: invalid basic string, expected `"`; correct the TOML"#,
        ),
        (
            RIVERSIDE,
            r#"app         = "inform""#,
            r#"app         = "In Form""#,
            "integrations/inform-riverside.toml:7 error: `In Form` may hold only lower-case letters, digits, '-', '_', '.' and '/'; correct the value",
        ),
        (
            RIVERSIDE,
            r#""$.beds"       = "hg:HousingNeed""#,
            r#""$.beds"       = "hg:HousingNeeds""#,
            "integrations/inform-riverside.toml:96 error: there is no category `hg:HousingNeeds`; did you mean `hg:HousingNeed`? categories are listed in `categories.toml`",
        ),
        (
            RIVERSIDE,
            r#""$.beds"       = "hg:HousingNeed""#,
            r#""$.beds"       = "HousingNeed""#,
            "integrations/inform-riverside.toml:96 error: `HousingNeed` may hold only 'pd:' or 'hg:' and then letters and digits; correct the value",
        ),
        (
            RIVERSIDE,
            r#""$.beds"       = "hg:HousingNeed""#,
            r#""$.beds"       = { categry = "hg:HousingNeed" }"#,
            "integrations/inform-riverside.toml:96 error: unknown key `categry`; did you mean `category`? known here: category, otherwise, only, denied, detected, encoding, fields, unlisted, one_of, language, template, parameters, namespaces",
        ),
        (
            OWN,
            r#"kind = "housing""#,
            r#"kind = "house""#,
            "organisations.toml:27 error: `house` is not known here; known: housing, health, safeguarding, immigration-adviser, funder, relay, forum, supplier, support, government",
        ),
        (
            OWN,
            "on = 2026-10-01",
            r#"on = "2026-10-01""#,
            "organisations.toml:30 error: `2026-10-01` is not a day; write one such as 2026-10-01, without quotes",
        ),
        (
            OWN,
            "on = 2026-10-01",
            "on = 2026-10-01T00:00:00Z",
            "organisations.toml:30 error: `2026-10-01T00:00:00Z` is not a day; write one such as 2026-10-01, without quotes",
        ),
        (
            OWN,
            r#"kind = "shares-with""#,
            r#"kind = "share-with""#,
            "organisations.toml:91 error: `share-with` is not known here; did you mean `shares-with`? known: is-part-of, processor-for, shares-with, forum-attended-by, operated-by, policy-contact",
        ),
        (
            OWN,
            r#"carries = "all""#,
            r#"carries = "everything""#,
            "organisations.toml:252 error: `everything` is not known here; known: all",
        ),
        (
            "charter.toml",
            "[clause.DATA-1]",
            "[clause.DATA-9]",
            "charter.toml:1 error: the clause DATA-1 is missing; add `[clause.DATA-1]` with `title` and `summary`; refusals cite it\n\
            charter.toml:7 error: the charter has no clause `DATA-9`; did you mean `DATA-1`? a clause of your own goes under `[added.…]`",
        ),
        (
            "charter.toml",
            r#"title   = "Piece by piece""#,
            r#"title   = """#,
            "charter.toml:33 error: this is empty; say in plain English what the clause asks",
        ),
    ]);
}

#[test]
fn the_set() {
    check(&[
        (
            "categories.toml",
            "coarse = true",
            "coarse = false",
            "categories.toml:83 error: the file was changed here; an organisation adds to the core and never loosens it; put back the file that came with this version; your own go into `categories.local.toml`",
        ),
        (
            "roots.toml",
            "root = true",
            "root = false",
            "roots.toml:16 error: the file was changed here; an organisation adds to the core and never loosens it; put back the file that came with this version; your own go into `organisations.toml`",
        ),
        (
            "floor.cedar",
            "forbid",
            "permit",
            "floor.cedar:1 error: the file was changed here; an organisation adds to the core and never loosens it; put back the file that came with this version; your own rules go into `local.cedar`",
        ),
        (
            "organisation.toml",
            "",
            "",
            "organisation.toml:1 error: no part of Havengate reads this file; rename it to `organisations.toml`, or take it out of the directory",
        ),
        (
            "integrations/x/y.toml",
            "",
            "",
            "integrations/x/y.toml:1 error: no part of Havengate reads this file; take it out; connections go into `integrations/<id>.toml`, cases into `cases/`",
        ),
        (
            "categories.local.toml",
            "",
            r#"[category]
"hg:Pet" = { label = "Pet", parent = "hg:SuportNeed" }"#,
            "categories.local.toml:2 error: there is no category `hg:SuportNeed`; did you mean `hg:SupportNeed`? name a category of `categories.toml`",
        ),
        (
            "categories.local.toml",
            "",
            r#"[category]
"hg:FreeText" = { label = "Text", parent = "hg:Operational" }"#,
            "categories.local.toml:2 error: `hg:FreeText` is a core category; take it out, or give your category a name of its own: the core is not redefined",
        ),
        (
            "categories.local.toml",
            "",
            r#"[category]
"hg:Pet" = { label = "Pet", parent = "hg:SupportNeed", group = "operational" }"#,
            "categories.local.toml:2 error: unknown key `group`; known here: label, parent",
        ),
        (
            "categories.local.toml",
            "",
            r#"[category]
"hg:A" = { label = "A", parent = "hg:B" }
"hg:B" = { label = "B", parent = "hg:A" }"#,
            "categories.local.toml:2 error: the category is its own ancestor; name another parent\n\
            categories.local.toml:3 error: the category is its own ancestor; name another parent",
        ),
        (
            "local.cedar",
            r#"@id("contact-permitted-recipients")
permit (principal, action"#,
            r#"@id("contact-permitted-recipients")
permit (principal == HG::Integration::"inform-riversid", action"#,
            "local.cedar:9 error: there is no connection `inform-riversid`: the rule would never apply; did you mean `inform-riverside`? correct the name, or take the rule out",
        ),
    ]);
}

#[test]
fn recipients() {
    check(&[
        (
            OWN,
            r#"hosts = ["refer.riverside.example"]"#,
            r#"hosts = ["refer.riverside.example", "harbour.crm.example"]"#,
            "organisations.toml:28 error: `harbour.crm.example` is claimed by `harbour-crm/contacts` too; leave it with the system that answers there; on a shared host, tell them apart with `paths`",
        ),
        (
            OWN,
            r#"hosts = ["refer.riverside.example"]"#,
            r#"hosts = ["refer.riverside.example", "apply.homeoffice.gov.uk"]"#,
            "organisations.toml:28 error: `apply.homeoffice.gov.uk` belongs to `home-office/network`, a root; take it out: what answers there is the Home Office, whoever it is said to be",
        ),
        (
            OWN,
            r#"hosts = ["refer.riverside.example"]"#,
            r#"hosts = ["refer.riverside.example", "*.gov.uk"]"#,
            "organisations.toml:28 error: `*.gov.uk` is a wildcard over the public suffix `gov.uk`; name the organisation's own domain: under this one anybody can have a name",
        ),
        (
            OWN,
            r#"hosts = ["refer.riverside.example"]"#,
            r#"hosts = ["refer.riverside.example", "https://x.example/"]"#,
            "organisations.toml:28 error: `https://x.example/` holds more than a host and a port; write a host alone, such as refer.riverside.example",
        ),
        (
            OWN,
            r#"hosts = ["refer.riverside.example"]"#,
            r#"hosts = ["refer.riverside.example"]
paths = ["www.gov.uk/%70"]"#,
            "organisations.toml:29 error: `www.gov.uk/%70` is not a host and a path; write a host and a path without `%`, `?` or `#`, such as www.gov.uk/report-immigration-crime",
        ),
        (
            OWN,
            r#"hosts = ["refer.riverside.example"]"#,
            r#"hosts = ["refer.riverside.example"]
addresses = ["10.0.0.0/99"]"#,
            "organisations.toml:29 error: `10.0.0.0/99` is not an address; write an address or a network, such as 10.20.0.0/16",
        ),
        (
            OWN,
            r#"hosts = ["refer.riverside.example"]"#,
            r#"hosts = ["refer.riverside.example"]
addresses = ["::ffff:10.2.0.0/112"]"#,
            "organisations.toml:29 error: `::ffff:10.2.0.0/112` is IPv4 written as IPv6, which no address is compared with; write `10.2.0.0/16`",
        ),
        (
            OWN,
            "on = 2026-10-01, until = 2027-09-30",
            "on = 2027-10-01, until = 2026-09-30",
            "organisations.toml:30 error: the dates are the wrong way round; exchange or correct them",
        ),
        (
            OWN,
            "signed = 2026-09-21, expires = 2027-09-30",
            "signed = 2028-09-21, expires = 2027-09-30",
            "organisations.toml:31 error: the dates are the wrong way round; exchange or correct them",
        ),
        (
            OWN,
            r#"by = "panel", reason"#,
            r#"by = "manager", reason"#,
            "organisations.toml:30 error: `manager` is not known here; known: panel, organisation",
        ),
        (
            OWN,
            r#"sha256 = "b9d4"#,
            r#"sha256 = "B9d4"#,
            "organisations.toml:31 error: this is not a SHA-256; write the 64 lower-case hexadecimal digits that `sha256sum` prints for the signed document",
        ),
        (
            OWN,
            "except_required_by_law = true, tells_us_first = true",
            "except_required_by_law = true, tells_us_first = false",
            "organisations.toml:31 warning: the undertaking excepts what the law requires and promises no warning; ask that they tell you before a disclosure the law requires, so that it can be challenged",
        ),
        (
            OWN,
            r#"to = "nrpf-connect""#,
            r#"to = "nrpf-conect""#,
            "organisations.toml:90 error: the link leads nowhere: there is no `nrpf-conect`; did you mean `nrpf-connect`? add it as an `[[organisation]]`, or correct the id",
        ),
        (
            OWN,
            r#"carries = ["riverside-council/nrpf"]"#,
            r#"carries = ["riverside-council/nrfp"]"#,
            "organisations.toml:92 error: there is no system `riverside-council/nrfp`; did you mean `riverside-council/nrpf`? add it as an `[[organisation.system]]`, or correct the id",
        ),
        (
            OWN,
            r#"to = "nrpf-connect""#,
            r#"to = "riverside-council/housing-referrals""#,
            "organisations.toml:89 error: the link leads from an organisation to itself; name two organisations: within one, data is taken to be where the law says it is",
        ),
        (
            OWN,
            "since = 2016-09-01\nended = 2017-02-28",
            "since = 2017-09-01\nended = 2017-02-28",
            "organisations.toml:427 error: the link ended before it began; correct the dates",
        ),
        (
            OWN,
            r#"status = "ended"
confidence"#,
            r#"status = "in-force"
confidence"#,
            r#"organisations.toml:428 error: the link has ended and is in-force; write `status = "ended"`, or take `ended` out"#,
        ),
        (
            OWN,
            r#"id = "riverside-council/nrpf""#,
            r#"id = "riverside/nrpf""#,
            "organisations.toml:34 error: `riverside/nrpf` is not a system of `riverside-council`; write `riverside-council/…`: a system's id begins with its organisation's\n\
            organisations.toml:92 error: there is no system `riverside-council/nrpf`; add it as an `[[organisation.system]]`, or correct the id",
        ),
        (
            OWN,
            r#"id = "harbour-crm"
"#,
            r#"id = "riverside-council"
"#,
            "integrations/salesforce-contact.toml:7 error: there is no system `harbour-crm/contacts`; add it to `organisations.toml`\n\
            integrations/salesforce-contact.toml:11 error: no system of the registry answers at the token host; add the host to this destination's `hosts`, or to a system of its own that is assessed\n\
            organisations.toml:41 error: the organisation `riverside-council` stands here twice; give one of them another id, or join them",
        ),
        (
            OWN,
            r#"id = "harbour-crm"
"#,
            r#"id = "home-office"
"#,
            "integrations/salesforce-contact.toml:7 error: there is no system `harbour-crm/contacts`; add it to `organisations.toml`\n\
            integrations/salesforce-contact.toml:11 error: no system of the registry answers at the token host; add the host to this destination's `hosts`, or to a system of its own that is assessed\n\
            organisations.toml:41 error: the organisation `home-office` stands here twice; take it out: `roots.toml` holds it, and what it holds is not changed here",
        ),
        (
            OWN,
            r#"name = "Harbour CRM (example)""#,
            r#"name = "Harbour CRM (example)"
root = true"#,
            "integrations/salesforce-contact.toml:7 warning: `harbour-crm/contacts` is the Home Office or works for it: every request is refused; take the connection out\n\
            organisations.toml:43 error: `root` stands only in `roots.toml`; take it out, and add a `[[link]]` to `home-office` that says how they are connected",
        ),
        (
            OWN,
            r#"note = "The page does not name it."
"#,
            "",
            r#"organisations.toml:356 error: an uncertain link says nowhere what is uncertain; add `note = "…"` that says what is uncertain and how it can be confirmed"#,
        ),
        (
            OWN,
            r#"evidence = ["HMRC manual CCM3260: a gateway with UK Visas and Immigration, on request and unasked"]"#,
            "evidence = []",
            "organisations.toml:276 error: a link without evidence is a rumour; add where it is written: a page, a document, when it was read",
        ),
        (
            OWN,
            r#"kind = "policy-contact""#,
            r#"kind = "policy-contact"
carries = "all""#,
            "organisations.toml:459 error: policy contact carries no client data; take `carries` out, or give the link the kind that says how client data passes",
        ),
        (
            OWN,
            r#"tenants = ["00DExample0000001"]"#,
            r#"forum = { state = "present", since = 2026-01-01 }"#,
            r#"organisations.toml:48 error: a system of kind supplier has no forum state; write `kind = "forum"`, or take `forum` out"#,
        ),
        (
            OWN,
            r#"safeguarding = { approved_on = 2026-10-01, by = "panel" }
"#,
            "",
            r#"integrations/westbridge-safeguarding.toml:12 warning: the panel has not approved `westbridge-council/adult-safeguarding` for emergencies: no emergency disclosure is possible; ask the panel, and add `safeguarding = { approved_on = …, by = "panel" }` to the system"#,
        ),
    ]);
}

#[test]
fn connections() {
    check(&[
        (
            RIVERSIDE,
            r#"id          = "inform-riverside""#,
            r#"id          = "riverside""#,
            "integrations/inform-riverside.toml:6 error: the id is not the file's name; rename the file to `riverside.toml`, or correct the id",
        ),
        (
            RIVERSIDE,
            r#"destination = "riverside-council/housing-referrals""#,
            r#"destination = "riverside-council/housing-referal""#,
            "integrations/inform-riverside.toml:8 error: there is no system `riverside-council/housing-referal`; did you mean `riverside-council/housing-referrals`? add it to `organisations.toml`",
        ),
        (
            RIVERSIDE,
            r#"destination = "riverside-council/housing-referrals""#,
            r#"destination = "riverside-council/nrpf""#,
            "integrations/inform-riverside.toml:8 warning: `riverside-council/nrpf` is associated and the panel has not approved this connection: every request is refused; ask the panel, and add `approval` with the minutes' SHA-256\n\
            integrations/inform-riverside.toml:8 warning: `riverside-council/nrpf` has given no undertaking not to pass data on: every request is refused; ask for one, and add `undertaking` in `organisations.toml`\n\
            integrations/inform-riverside.toml:9 error: `refer.riverside.example` belongs to `riverside-council/housing-referrals`; name that system as the `destination`, or correct the URL",
        ),
        (
            RIVERSIDE,
            r#"upstream    = "https://refer.riverside.example/v2""#,
            r#"upstream    = "https://refer.lakeside.example/v2""#,
            "integrations/inform-riverside.toml:9 error: `refer.lakeside.example` is not among the destination's hosts; add it to the `hosts` of `riverside-council/housing-referrals` in `organisations.toml`",
        ),
        (
            RIVERSIDE,
            r#"upstream    = "https://refer.riverside.example/v2""#,
            r#"upstream    = "http://refer.riverside.example/v2""#,
            r#"integrations/inform-riverside.toml:9 error: the URL is plain http and no reason is given; use https, or give a reason: plain_http = "…"; anybody on the way could read what is sent"#,
        ),
        (
            RIVERSIDE,
            r#"upstream    = "https://refer.riverside.example/v2""#,
            r#"upstream    = "http://refer.riverside.example/v2"
plain_http = "their test server has no certificate""#,
            "integrations/inform-riverside.toml:10 warning: what is sent here can be read and changed by anybody on the way; move to https as soon as the recipient can",
        ),
        (
            RIVERSIDE,
            r#"upstream    = "https://refer.riverside.example/v2""#,
            r#"upstream    = "https://refer.riverside.example/v2"
plain_http = "why not""#,
            "integrations/inform-riverside.toml:9 error: `plain_http` is given and the URL is https; take `plain_http` out\n\
            integrations/inform-riverside.toml:10 warning: what is sent here can be read and changed by anybody on the way; move to https as soon as the recipient can",
        ),
        (
            RIVERSIDE,
            r#"upstream    = "https://refer.riverside.example/v2""#,
            r#"upstream    = "https://u:p@refer.riverside.example/v2""#,
            "integrations/inform-riverside.toml:9 error: the URL holds a user name or password; take it out, and use `auth` with a secret in the keys directory",
        ),
        (
            RIVERSIDE,
            r#"upstream    = "https://refer.riverside.example/v2""#,
            r#"upstream    = "https://refer.riverside.example/v2?key=1""#,
            "integrations/inform-riverside.toml:9 error: the URL holds a query or a fragment; take it out: an operation lists its own query",
        ),
        (
            RIVERSIDE,
            r#"route       = { prefix = "/riverside" }"#,
            r#"route       = { prefix = "/crm" }"#,
            "integrations/salesforce-contact.toml:9 error: `inform-riverside` has the same route for the same app; give one of them another prefix or host, or let another app call it",
        ),
        (
            RIVERSIDE,
            r#"route       = { prefix = "/riverside" }"#,
            r#"route       = { prefix = "/crm/sobjects" }"#,
            "integrations/salesforce-contact.toml:9 warning: requests meant for `salesforce-contact` go to `inform-riverside`, whose prefix is longer; choose prefixes of which neither begins the other",
        ),
        (
            RIVERSIDE,
            r#"route       = { prefix = "/riverside" }"#,
            r#"route       = { prefix = "riverside" }"#,
            "integrations/inform-riverside.toml:10 error: this is not a path prefix; write it from the first `/`, decoded, such as /riverside",
        ),
        (
            RIVERSIDE,
            r#"route       = { prefix = "/riverside" }"#,
            r#"route       = { prefix = "/riverside", host = "x.example" }"#,
            r#"integrations/inform-riverside.toml:10 error: a route is a prefix or a host; write one of { prefix = "/riverside" } and { host = "riverside.gateway.local" }"#,
        ),
        (
            RIVERSIDE,
            r#"secret = "file:riverside.key""#,
            r#"secret = "hunter2""#,
            "integrations/inform-riverside.toml:12 error: this does not name a secret's file; write `file:` and the name of a file in the keys directory, such as file:riverside.key",
        ),
        (
            RIVERSIDE,
            r#"secret = "file:riverside.key""#,
            r#"secret = "file:../riverside.key""#,
            "integrations/inform-riverside.toml:12 error: this does not name a secret's file; write `file:` and the name of a file in the keys directory, such as file:riverside.key",
        ),
        (
            RIVERSIDE,
            r#"auth        = { header = "x-api-key", secret = "file:riverside.key" }"#,
            r#"auth        = { header = "x-api-key" }"#,
            r#"integrations/inform-riverside.toml:12 error: `auth` is not one whole way to authenticate; write one of { header = "…", secret = "file:…" }, { passthrough = true }, { oauth2 = {…} }"#,
        ),
        (
            "integrations/salesforce-contact.toml",
            "https://login.crm.example/",
            "https://login.elsewhere.example/",
            "integrations/salesforce-contact.toml:11 error: no system of the registry answers at the token host; add the host to this destination's `hosts`, or to a system of its own that is assessed",
        ),
        (
            RIVERSIDE,
            r#"purpose     = "accommodation""#,
            r#"purpose     = "accommodation"
approval = { by = "panel", on = 2027-01-01, until = 2026-01-01, minutes_sha256 = "00" }"#,
            "integrations/inform-riverside.toml:12 error: the dates are the wrong way round; exchange or correct them\n\
            integrations/inform-riverside.toml:12 error: this is not a SHA-256; write the 64 lower-case hexadecimal digits that `sha256sum` prints for the signed document",
        ),
    ]);
}

#[test]
fn operations() {
    check(&[
        (
            RIVERSIDE,
            r#"id      = "need""#,
            r#"id      = "refer""#,
            "integrations/inform-riverside.toml:46 error: the operation `refer` stands here twice; give one of them another id: records name operations by it",
        ),
        (
            RIVERSIDE,
            r#"method  = "POST""#,
            r#"method  = "post""#,
            "integrations/inform-riverside.toml:16 error: `post` is not a method the gateway carries; did you mean `POST`? known: GET, HEAD, POST, PUT, PATCH, DELETE",
        ),
        (
            RIVERSIDE,
            r#"method  = "POST""#,
            r#"method  = "CONNECT""#,
            "integrations/inform-riverside.toml:16 error: `CONNECT` is not a method the gateway carries; known: GET, HEAD, POST, PUT, PATCH, DELETE",
        ),
        (
            RIVERSIDE,
            r#"method  = "POST""#,
            r#"method  = "GET""#,
            "integrations/inform-riverside.toml:21 error: a GET request carries no body; take `[operation.body]` out, or correct the method",
        ),
        (
            RIVERSIDE,
            r#"method      = "POST""#,
            r#"method      = "PUT""#,
            r#"integrations/inform-riverside.toml:47 warning: PUT replaces what the recipient holds: whatever is stripped here is erased there; use PATCH where the recipient offers it, or write `unlisted = "block"` and `denied = "block"`"#,
        ),
        (
            RIVERSIDE,
            r#"path        = "/referrals/{reference}""#,
            r#"path        = "/referrals/{reference}/{part}""#,
            r#"integrations/inform-riverside.toml:48 error: nothing says what `{part}` holds; add `path_fields = { part = "pd:Identifier" }` with what it holds"#,
        ),
        (
            RIVERSIDE,
            r#"path        = "/referrals/{reference}""#,
            r#"path        = "/referrals""#,
            "integrations/inform-riverside.toml:49 error: the path has no parameter `reference`; write it into the path as `{…}`, or take the rule out\n\
            integrations/inform-riverside.toml:58 error: the path has no parameter `reference`; name a parameter of the operation's `path`",
        ),
        (
            RIVERSIDE,
            r#"path        = "/referrals/{reference}""#,
            r#"path        = "/referrals/x{reference}""#,
            "integrations/inform-riverside.toml:48 error: `x{reference}` is neither text nor a parameter; a parameter is a whole segment: /referrals/{reference}",
        ),
        (
            RIVERSIDE,
            r#"path        = "/referrals/{reference}""#,
            r#"path        = "/ref%65rrals/{reference}""#,
            "integrations/inform-riverside.toml:48 error: `/ref%65rrals/{reference}` is not a path template; write it from the first `/`, decoded, without `%`, `?`, `#` or empty segments",
        ),
        (
            RIVERSIDE,
            r#"path   = "/batches""#,
            r#"path   = "/{reference}"
path_fields = { reference = "hg:Operational" }"#,
            "",
        ),
        (
            RIVERSIDE,
            r#"path   = "/batches""#,
            r#"path   = "/{kind}/x"
path_fields = { kind = "hg:Operational" }"#,
            "integrations/inform-riverside.toml:77 error: some path is this operation's and `refer`'s; make one path narrower throughout, or join the two",
        ),
        (
            RIVERSIDE,
            r#"path_fields = { reference = "pd:Identifier" }"#,
            r#"path_fields = { reference = { category = "pd:Identifier", denied = "strip" } }"#,
            "integrations/inform-riverside.toml:49 error: nothing can stand in place of a path parameter; take `denied` out: a withheld path parameter always stops the request",
        ),
        (
            RIVERSIDE,
            r#"query   = { area = "hg:LocalAuthority" }"#,
            r#"query   = { area = { category = "hg:LocalAuthority", denied = "null" } }"#,
            r#"integrations/inform-riverside.toml:18 error: a query has no null; write "strip" or "empty""#,
        ),
        (
            RIVERSIDE,
            r#"headers = ["Idempotency-Key"]"#,
            r#"headers = ["Consent-Token"]"#,
            "integrations/inform-riverside.toml:19 error: `consent-token` never leaves: it is between the caller and the gateway; take it out",
        ),
        (
            RIVERSIDE,
            r#"headers = ["Idempotency-Key"]"#,
            r#"headers = ["Transfer-Encoding"]"#,
            "integrations/inform-riverside.toml:19 error: `transfer-encoding` never leaves: the gateway writes it itself; take it out",
        ),
        (
            RIVERSIDE,
            r#"headers = ["Idempotency-Key"]"#,
            r#"headers = ["Idempotency Key"]"#,
            "integrations/inform-riverside.toml:19 error: `Idempotency Key` is not a header's name; write its name alone, such as Idempotency-Key",
        ),
        (
            RIVERSIDE,
            r#"headers = ["Idempotency-Key"]"#,
            r#"headers = ["Idempotency-Key", "idempotency-key"]"#,
            "integrations/inform-riverside.toml:19 error: `idempotency-key` stands here twice; keep one of them",
        ),
        (
            RIVERSIDE,
            r#"headers = ["Idempotency-Key"]"#,
            r#"headers = ["Cookie"]"#,
            "integrations/inform-riverside.toml:19 warning: `cookie` can hold anything, and nothing looks into it; take it out unless the recipient cannot do without it",
        ),
        (
            RIVERSIDE,
            r#"headers = ["Idempotency-Key"]"#,
            r#"headers = { X-Case = "pd:Identifer" }"#,
            "integrations/inform-riverside.toml:19 error: there is no category `pd:Identifer`; did you mean `pd:Identifier`? categories are listed in `categories.toml`",
        ),
        (
            RIVERSIDE,
            r#"headers = ["Idempotency-Key"]"#,
            r#"headers = { X-Case = { category = "pd:Identifier", denied = "null" } }"#,
            r#"integrations/inform-riverside.toml:19 error: this cannot stand in a header; write "strip", "block" or { const = "…" } in plain ASCII"#,
        ),
        (
            RIVERSIDE,
            r#"headers = ["Idempotency-Key"]"#,
            r#"headers = { X-HTTP-Method-Override = "opaque" }"#,
            "integrations/inform-riverside.toml:19 error: `x-http-method-override` never leaves: some servers let it replace the method or the path that was judged; take it out",
        ),
        (
            RIVERSIDE,
            r#"headers = ["Idempotency-Key"]"#,
            r#"subject = "query:area""#,
            "integrations/inform-riverside.toml:19 error: an operation with a body says in its records whom they are about; move it to the `[[operation.body.record]]` that it is about",
        ),
        (
            STREET_HEALTH,
            r#"path   = "/clinics""#,
            "path   = \"/clinics/{patient}\"\npath_fields = { patient = \"pd:Identifier\" }",
            r#"integrations/street-health.toml:51 warning: `patient` is about a person and nothing says about whom; add `subject = "path:…"` (or query:…, header:…); without it nothing about a person leaves"#,
        ),
        (
            STREET_HEALTH,
            r#"path   = "/clinics""#,
            "path   = \"/clinics\"\nsubject = \"body:$.ref\"",
            "integrations/street-health.toml:54 error: this does not say where the client's id is; write path:reference, query:id or header:X-Ref",
        ),
        (
            STREET_HEALTH,
            r#"path   = "/clinics""#,
            "path   = \"/clinics/{patient}\"\npath_fields = { patient = \"pd:Identifier\" }\nsubject = \"path:patient\"",
            "",
        ),
    ]);
}

#[test]
fn bodies() {
    check(&[
        (
            RIVERSIDE,
            "[[operation.body.record]]\nsubject = \"path:reference\"\n",
            "[[operation.body.record]]\nselect = \"$.other\"\nsubject = \"query:id\"\n[operation.body.record.fields]\n\
             [[operation.body.record]]\nselect = \"$.main\"\nsubject = \"path:reference\"\n",
            "integrations/inform-riverside.toml:59 warning: the query parameter `id` names the client and is not listed; list it under `query` if the recipient needs it; otherwise it is only read here\n\
             integrations/inform-riverside.toml:63 error: two records name two people of one request; name one place in the request for all records, or say within each record whom it is about",
        ),
        (
            RIVERSIDE,
            r#"media    = "application/json""#,
            r#"media    = "application/pdf""#,
            r#"integrations/inform-riverside.toml:22 error: this media type cannot be screened; write "application/json", "application/xml", "text/csv", "application/x-www-form-urlencoded" or "text/plain", in lower case and without parameters; what is no list of values leaves as one `content`"#,
        ),
        (
            RIVERSIDE,
            r#"unlisted = "strip""#,
            r#"unlisted = "drop""#,
            "integrations/inform-riverside.toml:23 error: `drop` is not known here; known: strip, block",
        ),
        (
            RIVERSIDE,
            r#"required = ["$.firstName"]"#,
            r#"required = ["$.firstname"]"#,
            "integrations/inform-riverside.toml:55 error: `$.firstname` is required and names no field; did you mean `$.firstName`? write it as the field is listed, relative to its record",
        ),
        (
            RIVERSIDE,
            r#""$.beds"       = "hg:HousingNeed""#,
            r#""$.beds"       = "hg:HousingNeed"
"$['beds']" = "hg:Priority""#,
            "integrations/inform-riverside.toml:97 error: `$.beds` and `$['beds']` can select the same place; keep one of the two rules",
        ),
        (
            RIVERSIDE,
            r#""$.beds"       = "hg:HousingNeed""#,
            r#""$.beds[?length(@.*)>1]" = "hg:HousingNeed""#,
            "integrations/inform-riverside.toml:96 error: '$.beds[?length(@.*)>1]' gives length(…) several places; name one place, such as length(@.codes), or write value(…) or count(…)",
        ),
        (
            RIVERSIDE,
            r#""$.beds"       = "hg:HousingNeed""#,
            r#""$.beds[?match(@.code,'\\\\d+')]" = "hg:HousingNeed""#,
            r"integrations/inform-riverside.toml:96 error: '$.beds[?match(@.code,'\\d+')]' has the pattern '\d+', which has \d, which RFC 9485 does not have; write [0-9] or \p{Nd}",
        ),
        (
            RIVERSIDE,
            r#"select     = "$.clients[*]""#,
            r#"select     = "$.clients[?@.id==1]""#,
            "integrations/inform-riverside.toml:88 error: `$.clients[?@.id==1]` has a filter, which cannot be decided here; select all of them with [*]; only `[operation.body.record.fields]` may have filters",
        ),
        (
            RIVERSIDE,
            "[operation.body.record.fields]\n\"$.ref\"        = { category = \"pd:Identifier\", otherwise = \"pseudonym\" }\n\"$.firstName\"  = \"pd:Name\"",
            "[[operation.body.record.answers]]\nselect = \"$.q\"\nquestion = \"$.id\"\nanswer = \"$.a\"\n\
             table = { nationality = \"pd:Nationality\", window = \"hg:NoSuch\" }\n\
             [operation.body.record.fields]\n\"$.firstName\"  = \"pd:Name\"",
            "integrations/inform-riverside.toml:93 error: '$.q' does not select elements one by one, each with its question at one place; end it with [*], such as $.answers[*], and name one place within each, such as $.id\n\
             integrations/inform-riverside.toml:96 error: there is no category `hg:NoSuch`; categories are listed in `categories.toml`",
        ),
        (
            RIVERSIDE,
            r#""$.beds"       = "hg:HousingNeed""#,
            r#""beds"         = "hg:HousingNeed""#,
            "integrations/inform-riverside.toml:96 error: 'beds' is not an RFC 9535 selector; write it like $.clients[*].firstName, and names with other characters like $['first name']",
        ),
        (
            RIVERSIDE,
            r#""$.dob"        = { category = "pd:BirthDate", otherwise = "age-band" }"#,
            r#""$.dob"        = { category = "pd:BirthDate", otherwise = "ageband" }"#,
            "integrations/inform-riverside.toml:31 error: `ageband` is not a form; did you mean `age-band`? known: year, month, age-band, postcode-area, initial, pseudonym",
        ),
        (
            RIVERSIDE,
            r#""$.dob"        = { category = "pd:BirthDate", otherwise = "age-band" }"#,
            r#""$.dob"        = { category = "pd:BirthDate", otherwise = "postcode-area" }"#,
            "integrations/inform-riverside.toml:31 error: `postcode-area` means nothing for `pd:BirthDate`; for `pd:BirthDate` there is: year, month, age-band",
        ),
        (
            RIVERSIDE,
            r#""$.note"       = "hg:FreeText""#,
            r#""$.note"       = { category = "hg:FreeText", otherwise = "initial" }"#,
            "integrations/inform-riverside.toml:43 error: `initial` means nothing for `hg:FreeText`; take `otherwise` out: `hg:FreeText` leaves exactly or not at all",
        ),
        (
            RIVERSIDE,
            r#""$.note"       = "hg:FreeText""#,
            r#""$.note"       = { category = "hg:FreeText", only = true }"#,
            "integrations/inform-riverside.toml:43 error: `only` says that only `otherwise` may leave, and there is none; add `otherwise`, or take `only` out",
        ),
        (
            RIVERSIDE,
            r#""$.note"       = "hg:FreeText""#,
            r#""$.note"       = { category = "hg:FreeText", denied = "remove" }"#,
            r#"integrations/inform-riverside.toml:43 error: `remove` is not known here; known: strip, null, empty, block, { const = "…" }"#,
        ),
        (
            RIVERSIDE,
            r#"subject = "body:$.ref""#,
            r#"subject = "$.ref""#,
            "integrations/inform-riverside.toml:26 error: this does not say where the client's id is; write body:$.ref, path:reference, query:id or header:X-Ref",
        ),
        (
            RIVERSIDE,
            r#"subject = "body:$.ref""#,
            r#"subject = "body:$.refs[*]""#,
            "integrations/inform-riverside.toml:26 error: `$.refs[*]` can select several places; name one place, without `*`, `..`, unions or slices",
        ),
        (
            RIVERSIDE,
            r#"subject = "path:reference""#,
            r#"subject = "path:referense""#,
            "integrations/inform-riverside.toml:58 error: the path has no parameter `referense`; did you mean `reference`? name a parameter of the operation's `path`",
        ),
        (
            RIVERSIDE,
            r#"subject = "path:reference"
"#,
            "",
            r#"integrations/inform-riverside.toml:57 warning: `$.firstName` is about a person and nothing says about whom; add `subject = "body:$.…"`; without it nothing about a person leaves"#,
        ),
        (
            RIVERSIDE,
            r#"subject = "body:$.ref""#,
            r#"subject = "query:client""#,
            "integrations/inform-riverside.toml:26 warning: the query parameter `client` names the client and is not listed; list it under `query` if the recipient needs it; otherwise it is only read here",
        ),
        (
            RIVERSIDE,
            r#"subject    = "body:$.ref""#,
            r#"subject    = "header:X-Ref""#,
            r#"integrations/inform-riverside.toml:90 error: nothing says where a dependant's own id is; write { select = "$.children[*]", subject = "$.ref" }"#,
        ),
        (
            RIVERSIDE,
            r#"dependants = "$.children[*]""#,
            r#"dependants = { select = "$.children[*]", subject = "$.id", name = "x" }"#,
            "integrations/inform-riverside.toml:90 error: unknown key `name`; known here: select, subject",
        ),
        (
            RIVERSIDE,
            r#"dependants = "$.children[*]""#,
            r#"dependants = "$""#,
            "integrations/inform-riverside.toml:90 error: the record would be its own dependant; select the people within the record, such as $.children[*]",
        ),
        (
            RIVERSIDE,
            r#"select     = "$.clients[*]"
"#,
            "",
            "integrations/inform-riverside.toml:84 error: `$.batchId` lies within the record `$`; list it under `[operation.body.record.fields]`, or give the record a `select`: without one, the whole document is one record\n\
            integrations/inform-riverside.toml:85 error: `$.sentAt` lies within the record `$`; list it under `[operation.body.record.fields]`, or give the record a `select`: without one, the whole document is one record",
        ),
        (
            RIVERSIDE,
            r#"select     = "$.clients[*]""#,
            r#"select     = "$.*""#,
            "integrations/inform-riverside.toml:84 error: `$.batchId` lies within the record `$.*`; list it under `[operation.body.record.fields]`, relative to the record\n\
            integrations/inform-riverside.toml:85 error: `$.sentAt` lies within the record `$.*`; list it under `[operation.body.record.fields]`, relative to the record",
        ),
        (
            RIVERSIDE,
            r#"[[operation.body.record]]
select     = "$.clients[*]""#,
            r#"[[operation.body.record]]
select = "$.clients[*].partner"

[[operation.body.record]]
select     = "$.clients[*]""#,
            "integrations/inform-riverside.toml:88 error: the record `$.clients[*].partner` lies within the record `$.clients[*]`; make it a `dependants` of the outer record, or select them apart",
        ),
        (
            RIVERSIDE,
            r#""$.sentAt"  = "hg:Operational""#,
            r#""$['batchId']" = "hg:Operational""#,
            "integrations/inform-riverside.toml:85 error: `$.batchId` and `$['batchId']` can select the same place; keep one of the two rules",
        ),
        // A rule speaks of one value; what is within an object has rules of its own.
        (
            RIVERSIDE,
            r#""$.need.type"  = "hg:HousingNeed""#,
            r#""$.need" = "hg:HousingNeed"
"$.need.type"  = "hg:HousingNeed""#,
            "",
        ),
    ]);
}

#[test]
fn links_of_answers() {
    const CRM: &str = "integrations/salesforce-contact.toml";
    const PAGE: &str = r#"path        = "/query/{page}"
path_fields = { page = "hg:Operational" }

[operation.response]
links = ["$.nextRecordsUrl", "$.records[*].attributes.url"]"#;
    let with_links = |links: &str| PAGE.replace(r#"["$.nextRecordsUrl", "$.records[*].attributes.url"]"#, links);
    let filtered = with_links(r#"["$.records[?@.url].url"]"#);
    let twice = with_links(r#"["$.next", "$..next"]"#);
    let nothing = with_links("[]");
    let misspelt = PAGE.replace("links =", "link =");
    let coded = PAGE.replace("path_fields", "headers = [\"Accept-Encoding\"]\npath_fields");
    check(&[
        (
            CRM,
            PAGE,
            &filtered,
            "integrations/salesforce-contact.toml:85 error: `$.records[?@.url].url` has a filter, which cannot be decided here; select all of them with [*]; only `[operation.body.record.fields]` may have filters",
        ),
        (
            CRM,
            PAGE,
            &twice,
            "integrations/salesforce-contact.toml:85 error: `$.next` and `$..next` can select the same place; keep one of the two rules",
        ),
        (
            CRM,
            PAGE,
            &nothing,
            "integrations/salesforce-contact.toml:85 error: `links` lists nothing; name the places of links, such as \"$.nextRecordsUrl\", or take `[operation.response]` out",
        ),
        (
            CRM,
            PAGE,
            &misspelt,
            "integrations/salesforce-contact.toml:85 error: unknown key `link`; did you mean `links`? known here: links",
        ),
        (
            CRM,
            PAGE,
            &coded,
            "integrations/salesforce-contact.toml:85 error: links cannot be read where `accept-encoding` is sent; take `accept-encoding` out of `headers`: an answer that is coded or partial is not passed on",
        ),
        (
            CRM,
            "method      = \"GET\"\npath        = \"/query/{page}\"",
            "method      = \"HEAD\"\npath        = \"/query/{page}\"",
            "integrations/salesforce-contact.toml:84 error: the answer to HEAD has no body; take `[operation.response]` out, or correct the method",
        ),
    ]);
}
