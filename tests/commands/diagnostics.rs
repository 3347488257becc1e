//! Findings about policy files, as text that is compared whole: it is what an IT team reads first.

use havengate::{
    cli::check_output::diagnostics::{data, text},
    policy::{Diagnostic, Severity, Sources},
};

const FILE: &str = "id  = \"inform-riverside\"\napp = \"inform\"\npurpose = \"housing\"\n";

fn sources() -> Sources {
    let mut sources = Sources::default();
    sources.0.insert("integrations/inform.toml".to_owned(), FILE.to_owned());
    sources
}

fn finding(severity: Severity, file: &str, part: Option<&str>, message: &str, mend: &str) -> Diagnostic {
    let span = part.and_then(|p| FILE.find(p).map(|start| start..start + p.len()));
    Diagnostic { severity, file: file.to_owned(), span, message: message.to_owned(), mend: mend.to_owned() }
}

fn purpose() -> Diagnostic {
    let file = "integrations/inform.toml";
    let message = "purpose is not one of accommodation health support";
    finding(Severity::Error, file, Some("\"housing\""), message, "write purpose = \"accommodation\"")
}

#[test]
fn a_person_sees_the_line_the_mark_and_the_mend() {
    let shown = text(&[purpose()], &sources(), "policies", false);
    let expected = "  \
  × purpose is not one of accommodation health support
   ╭─[policies/integrations/inform.toml:3:11]
 2 │ app = \"inform\"
 3 │ purpose = \"housing\"
   ·           ─────────
   ╰────
  help: write purpose = \"accommodation\"
1 error, 0 warnings
";
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn errors_come_first_and_a_finding_without_a_place_names_its_file() {
    let warning = finding(Severity::Warning, "local.cedar", None, "nothing is permitted", "write a permit");
    let beyond = Diagnostic { span: Some(900..901), ..purpose() };
    let shown = text(&[warning, beyond], &sources(), "/etc/havengate/policies/", false);
    let expected = "  \
  × /etc/havengate/policies/integrations/inform.toml: purpose is not one of accommodation health support
  help: write purpose = \"accommodation\"
  ⚠ /etc/havengate/policies/local.cedar: nothing is permitted
  help: write a permit
1 error, 1 warning
";
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn colours_are_only_for_who_can_see_them() {
    assert!(!text(&[purpose()], &sources(), "policies", false).contains('\u{1b}'));
    assert!(text(&[purpose()], &sources(), "policies", true).contains('\u{1b}'));
    assert_eq!(text(&[], &sources(), "policies", true), "");
}

#[test]
fn a_machine_gets_line_and_column() {
    let expected = serde_json::json!([{
        "severity": "error", "file": "integrations/inform.toml", "line": 3, "column": 11,
        "message": "purpose is not one of accommodation health support", "mend": "write purpose = \"accommodation\"",
    }]);
    assert_eq!(data(&[purpose()], &sources()), expected);
    let nowhere = finding(Severity::Warning, "local.cedar", None, "m", "");
    assert_eq!(data(&[nowhere], &sources())[0]["line"], serde_json::Value::Null);
}
