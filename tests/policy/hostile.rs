//! Whatever stands in the files, compiling answers: it never panics and never permits by accident.

use havengate::policy::{Policy, case::Case, shipped};
use proptest::prelude::*;

const FILES: [&str; 6] = [
    "organisations.toml",
    "charter.toml",
    "categories.local.toml",
    "local.cedar",
    "integrations/inform-riverside.toml",
    "integrations/x.toml",
];

/// Words of the files, so that more than the first key is reached.
const WORDS: [&str; 40] = [
    "id",
    "=",
    "\"inform-riverside\"",
    "\n",
    "[[operation]]",
    "[operation.body]",
    "[[operation.body.record]]",
    "{",
    "}",
    "[",
    "]",
    ",",
    ".",
    "\"$.a\"",
    "\"$..*\"",
    "\"pd:Name\"",
    "select",
    "subject",
    "\"body:$.a\"",
    "dependants",
    "fields",
    "[[organisation]]",
    "[[organisation.system]]",
    "[[link]]",
    "from",
    "to",
    "\"home-office\"",
    "kind",
    "\"housing\"",
    "hosts",
    "\"*.x.example\"",
    "2026-10-01",
    "true",
    "-1",
    "1e9",
    "'",
    "\"\"\"",
    "\u{202e}",
    "café",
    "#",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_answered(file in 0..FILES.len(), text in "\\PC{0,200}") {
        answered(FILES[file], &text);
    }

    #[test]
    fn arbitrary_words_are_answered(file in 0..FILES.len(), words in prop::collection::vec(0..WORDS.len(), 0..60)) {
        let text: Vec<&str> = words.iter().map(|w| WORDS[*w]).collect();
        answered(FILES[file], &text.join(" "));
    }

    #[test]
    fn a_damaged_file_is_answered(file in 0..FILES.len(), at in 0.0..1.0f64, cut in 0..40usize, put in "\\PC{0,12}") {
        let sources = shipped::sources();
        let Some(text) = sources.get(FILES[file]) else { return Ok(()) };
        let chars: Vec<char> = text.chars().collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in the text")]
        let at = (chars.len() as f64 * at) as usize;
        let changed: String = chars[..at].iter().chain(put.chars().collect::<Vec<_>>().iter()).chain(chars.iter().skip(at + cut)).collect();
        answered(FILES[file], &changed);
    }

    #[test]
    fn arbitrary_cases_are_answered(request in "\\PC{0,200}", consent in "\\PC{0,100}", expect in "\\PC{0,100}") {
        let _ = Case::parse("x", &request, Some(&consent), &expect);
    }
}

fn answered(file: &str, text: &str) {
    let mut sources = shipped::sources();
    sources.insert(file, text);
    if let Err(found) = Policy::compile(&sources) {
        assert!(found.iter().any(|d| d.severity == havengate::policy::Severity::Error));
        assert!(found.iter().all(|d| !d.message.is_empty() && !d.mend.is_empty()));
        for d in found {
            let _ = d.line(sources.get(&d.file).unwrap_or_default());
        }
    }
}
