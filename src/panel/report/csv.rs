//! A report as a table: section, id, name, figure (RFC 4180). One line a figure, so that any spreadsheet reads it.

use super::Report;
use std::borrow::Cow;

/// The table, with a header line.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut out = String::from("section,id,name,detail,figure\r\n");
    let mut line = |cells: [&str; 5]| {
        let cells: Vec<Cow<'_, str>> = cells.into_iter().map(cell).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    };
    let number = |n: u64| n.to_string();
    line(["report", "period", &report.organisation, if report.public { "public" } else { "panel" }, &report.period]);
    line(["report", "people_period", "What figures of people are of", "", &report.people_period]);
    line(["report", "policy", "Active set of rules", "", &report.policy]);
    for (id, name, n) in [
        ("entries", "Entries of the record book counted", report.entries),
        ("left", "Requests that left, or may have", report.left),
        ("stopped", "Requests that were stopped", report.stopped),
        ("cut", "Times that something was left out of a request that was sent", report.cut),
        ("attempts", "Attempts to reach the Home Office or a linked recipient", report.attempts),
    ] {
        line(["total", id, name, "", &number(n)]);
    }
    for month in &report.by_month {
        for (name, n) in [("left", month.left), ("stopped", month.stopped), ("attempts", month.attempts)] {
            line(["by month", &month.month, name, "", &number(n)]);
        }
    }
    for clause in &report.by_clause {
        line(["stopped by clause", &clause.clause, &clause.title, "", &number(clause.count)]);
    }
    for count in &report.by_recipient {
        line(["stopped by recipient", &count.id, &count.name, "", &number(count.count)]);
    }
    for count in &report.by_connection {
        line(["stopped by connection", &count.id, &count.name, "", &number(count.count)]);
    }
    // Figures of people can be of a longer time than the others.
    let of = |period: &str| if period == report.period { String::new() } else { period.to_owned() };
    let joined = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
        parts.join(" / ")
    };
    for value in &report.values {
        let detail = joined(&[&value.group_name, &value.ground_name, &of(&value.period)]);
        line(["values that left", &value.recipient, &value.name, &detail, &value.shown]);
    }
    for count in &report.events {
        line(["events", &count.id, &count.name, &of(&count.period), &count.shown]);
    }
    for due in &report.due {
        line(["running out", "", due, "", ""]);
    }
    out
}

/// A cell. What a spreadsheet would take for a formula is given a sign that makes it text.
fn cell(text: &str) -> Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !formula && !text.contains([',', '"', '\r', '\n']) {
        return Cow::Borrowed(text);
    }
    let mark = if formula { "'" } else { "" };
    Cow::Owned(format!("\"{mark}{}\"", text.replace('"', "\"\"")))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_text_whatever_it_holds() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a, b", "\"a, b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("@x", "\"'@x\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
