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
