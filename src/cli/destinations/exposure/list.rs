//! The list of references. A list that is read wrongly finds nobody, and then nobody is told: so it is refused.

use crate::{
    cli::{Exit, Failure},
    gate::control::ClientRef,
};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// No list of references is longer, in bytes.
const LIST: u64 = 64 << 20;
/// What columns of references are called.
const HEADINGS: [&str; 16] = [
    "id",
    "ref",
    "reference",
    "references",
    "client",
    "clients",
    "client id",
    "client ref",
    "client reference",
    "client number",
    "case",
    "case id",
    "case number",
    "case reference",
    "record id",
    "name",
];

/// Reads them, one a line.
pub(super) fn references(path: &Path) -> Result<Vec<ClientRef>, Failure> {
    let failed = |e: io::Error| Failure::system(path, &e);
    let mut text = String::new();
    let mut read = |from: &mut dyn Read| from.take(LIST + 1).read_to_string(&mut text);
    match path.as_os_str() == "-" {
        true => read(&mut io::stdin().lock()).map_err(failed)?,
        false => read(&mut File::open(path).map_err(failed)?).map_err(failed)?,
    };
    if text.len() as u64 > LIST {
        return Err(Failure::new(Exit::Usage, "the list of references is longer than 64 MiB"));
    }
    parsed(&text).map_err(|text| Failure::new(Exit::Usage, text))
}

fn parsed(text: &str) -> Result<Vec<ClientRef>, String> {
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(str::trim).enumerate();
    let used: Vec<(usize, &str)> = lines.filter(|(_, line)| !line.is_empty()).collect();
    let Some((n, first)) = used.first() else {
        return Err("the list of references is empty\n  mend: write one reference a line".to_owned());
    };
    let split = used.iter().filter(|(_, line)| line.contains([',', ';', '\t', '"'])).count();
    if split * 2 > used.len() {
        return Err(
            "the list looks like a table: most lines hold commas, semicolons, tabs or quotation marks\n  mend: \
                    write one reference a line and nothing else: the one column of the table, without quotation marks"
                .to_owned(),
        );
    }
    let plain = first.trim_matches('"').to_lowercase().replace(['_', '-', '.'], " ");
    if HEADINGS.contains(&plain.trim_end_matches('s')) || HEADINGS.contains(&plain.as_str()) || plain == "clientid" {
        return Err(format!("line {} of the list looks like a heading\n  mend: take it out", n + 1));
    }
    let read = used.into_iter().map(|(n, line)| {
        let wrong =
            || format!("line {} of the list is no client reference: 1 to 256 bytes without control characters", n + 1);
        ClientRef::new(line).ok_or_else(wrong)
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_line_and_nothing_else() {
        let read = parsed("\u{feff}R-1\r\n\n  R-2 \nDoe, J\n").unwrap();
        assert_eq!(read.iter().map(ClientRef::as_str).collect::<Vec<_>>(), ["R-1", "R-2", "Doe, J"]);
        for (text, part) in [
            ("", "is empty"),
            (" \r\n\n", "is empty"),
            ("R-1,Amina\nR-2,Ben\n", "looks like a table"),
            ("\"R-1\"\n\"R-2\"\n", "looks like a table"),
            ("R-1;a\nR-2\tb\nR-3\n", "looks like a table"),
            ("Client ID\nR-1\n", "looks like a heading"),
            ("client_reference\nR-1\n", "looks like a heading"),
            ("R-1\nR\u{7}2\n", "line 2 of the list is no"),
        ] {
            let said = parsed(text).unwrap_err();
            assert!(said.contains(part) && !said.contains("Amina"), "{text:?}: {said}");
        }
    }
}
