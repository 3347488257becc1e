//! Tables of counts: what may be said of them in a connection's file, and which of them nobody may make.

use super::{findings, with};

const FILE: &str = "integrations/street-health.toml";

/// A connection that sends a table of counts, whose `aggregate` begins on line 15.
fn table(media: &str, aggregate: &str) -> String {
    let text = format!(
        "id = \"street-health\"\napp = \"inform\"\ndestination = \"street-health/outreach\"\n\
         upstream = \"https://referrals.street-health.example/api\"\nroute = {{ prefix = \"/street-health\" }}\n\
         purpose = \"statistics\"\n\n[[operation]]\nid = \"counts\"\nmethod = \"POST\"\npath = \"/counts\"\n\
         [operation.body]\nmedia = \"{media}\"\nunlisted = \"block\"\n[operation.body.aggregate]\n{aggregate}"
    );
    findings(&with(FILE, "", &text)).replace(FILE, "at")
}

const DECIDED: &str = "crossed = { by = \"panel\", on = 2026-10-01, until = 2027-03-31, \
    minutes_sha256 = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" }";

#[test]
fn a_table_of_counts_is_one_kind_of_record() {
    let json = "select = \"$.cells[*]\"\ndimensions = { \"$.nationality\" = \"pd:Nationality\", \"$.month\" = \"hg:Operational\" }\n";
    assert_eq!(table("application/json", &format!("{json}count = [\"$.people\"]")), "");
    let csv = "dimensions = { Nationality = \"pd:Nationality\" }\ncount = [\"People\", \"Nights\"]\nfields = { Source = \"hg:Operational\" }";
    assert_eq!(table("text/csv", csv), "");
    for (media, aggregate, expected) in [
        ("application/json", json.to_owned(), "at:15 error: the key `count` is missing; add `count = …` to this table"),
        (
            "application/json",
            format!("{json}count = []"),
            "at:15 error: a table of counts needs both; name at least one dimension and where the count is",
        ),
        (
            "application/json",
            format!("{json}count = [\"$.a[-1]\"]"),
            "at:18 error: '$.a[-1]' counts from the end of an array; count from the front, or use [*]; the end is not known while a body is read",
        ),
        (
            "text/csv",
            format!("select = \"$\"\n{csv}"),
            "at:16 error: a table's rows are not selected; take it out: every row of a table is a cell",
        ),
        (
            "application/xml",
            csv.to_owned(),
            "at:15 error: a table of counts cannot be read in this format; send the table as JSON or CSV",
        ),
    ] {
        assert_eq!(table(media, &aggregate), expected);
    }
}

#[test]
fn who_and_where_together_need_the_panel() {
    let both =
        "dimensions = { Nationality = \"pd:Nationality\", Borough = \"hg:LocalAuthority\" }\ncount = [\"People\"]\n";
    assert_eq!(
        table("text/csv", both),
        "at:15 error: this table crosses nationality, immigration or ethnicity with places; take one of the two out; \
         if the panel decides otherwise, add `crossed = { by = \"panel\", on = …, until = …, minutes_sha256 = \"…\" }`"
    );
    assert_eq!(table("text/csv", &format!("{both}{DECIDED}")), "");
    let one = "dimensions = { Borough = \"hg:LocalAuthority\" }\ncount = [\"People\"]\n";
    assert_eq!(
        table("text/csv", &format!("{one}{DECIDED}")),
        "at:18 warning: this table crosses nothing that needs a decision; take `crossed` out"
    );
}

#[test]
fn what_tells_people_apart_is_no_dimension() {
    for category in ["pd:Name", "hg:NhsNumber", "pd:BirthDate", "pd:EmailAddress", "hg:FreeText", "hg:ChainNumber"] {
        let found = table("text/csv", &format!("dimensions = {{ X = \"{category}\" }}\ncount = [\"People\"]\n"));
        assert_eq!(
            found,
            format!(
                "at:16 error: `{category}` tells people apart; count by something that many people share, such as an age \
                 band, a month or a local authority"
            )
        );
    }
}

#[test]
fn whatever_stands_in_a_cell_is_looked_at_as_its_dimensions_are() {
    let one = "dimensions = { Nationality = \"pd:Nationality\" }\ncount = [\"People\"]\n";
    let crossed = "at:15 error: this table crosses nationality, immigration or ethnicity with places; take one of the two \
                   out; if the panel decides otherwise, add `crossed = { by = \"panel\", on = …, until = …, minutes_sha256 = \"…\" }`";
    let place = "fields = { Borough = \"hg:LocalAuthority\" }\n";
    assert_eq!(table("text/csv", &format!("{one}{place}")), crossed);
    assert_eq!(table("text/csv", &format!("{one}{place}{DECIDED}")), "");
    for category in [
        "pd:Name",
        "pd:OfficialID",
        "hg:HomeOfficeReference",
        "pd:BirthDate",
        "pd:Passport",
        "pd:TelephoneNumber",
        "hg:CaseNote",
        "hg:Document",
    ] {
        let found = table("text/csv", &format!("{one}fields = {{ X = \"{category}\" }}\n"));
        let expected = format!(
            "at:18 error: `{category}` tells people apart; take it out: what stands beside a count of people says nothing of \
             one of them"
        );
        assert_eq!(found.lines().find(|line| line.contains("error")), Some(&*expected), "{found}");
    }
    let beside =
        "fields = { Source = \"hg:ServiceLocation\", Asked = \"hg:StaffContact\", Need = \"hg:HousingNeed\" }\n";
    assert_eq!(table("text/csv", &format!("{one}{beside}")), "");
}

#[test]
fn nothing_is_within_a_cells_values() {
    let plain = "send each of the values that are within by itself, and list it with its category";
    for (within, key) in [
        (
            "{ encoding = \"json\", fields = { \"$.nationality\" = \"pd:Nationality\", \"$.name\" = \"pd:Name\" } }",
            "$.all",
        ),
        ("{ encoding = [\"base64\", \"json\"], fields = { \"$.month\" = \"hg:Operational\" } }", "$.all"),
        ("{ encoding = \"base64\", category = \"hg:Operational\" }", "$.all"),
        ("{ language = \"soql\", template = \"WHERE Name = :name\", parameters = { name = \"pd:Name\" } }", "$.q"),
    ] {
        for (dimensions, fields) in
            [(format!("\"{key}\" = {within}"), String::new()), (String::new(), format!("\"{key}\" = {within}"))]
        {
            let line = if fields.is_empty() { 16 } else { 18 };
            let text = format!(
                "dimensions = {{ \"$.month\" = \"hg:Operational\"{}{dimensions} }}\ncount = [\"$.people\"]\nfields = {{ {fields} }}\n",
                if dimensions.is_empty() { "" } else { ", " }
            );
            let found = table("application/json", &text);
            assert_eq!(
                found,
                format!("at:{line} error: a cell of a table of counts holds plain values; {plain}"),
                "{text}"
            );
        }
    }
    for within in [
        "{ encoding = \"json\", fields = { \"$.name\" = \"pd:Name\" } }",
        "{ encoding = \"base64\", category = \"hg:Operational\" }",
    ] {
        let text = format!("dimensions = {{ Month = \"hg:Operational\", All = {within} }}\ncount = [\"People\"]\n");
        let found = table("text/csv", &text);
        assert_eq!(found, format!("at:16 error: a cell of a table of counts holds plain values; {plain}"), "{text}");
    }
}

#[test]
fn a_place_in_a_cell_is_listed_once() {
    let twice = "dimensions = { \"$.month\" = \"hg:Operational\" }\ncount = [\"$.people\"]\nfields = { \"$['people']\" = \"hg:Operational\" }\n";
    let found = table("application/json", twice);
    assert!(found.ends_with("can select the same place; keep one of the two rules"), "{found}");
}
