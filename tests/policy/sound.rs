//! What of the registry is refused because people would be shown something else, or somebody else would be meant.

use super::{findings, with};

const OWN: &str = "organisations.toml";
const FIRST: &str = "[[organisation]]";

/// What is found where this is added before the first organisation.
fn added(text: &str) -> String {
    findings(&with(OWN, FIRST, &format!("{text}\n[[organisation]]")))
}

fn newtown(organisation: &str, system: &str) -> String {
    added(&format!(
        "[[organisation]]\nid = \"newtown\"\n{organisation}\n[[organisation.system]]\nkind = \"support\"\n{system}\n"
    ))
}

#[test]
fn texts_show_as_they_are_written() {
    for text in ["N\\u001B[2J", "N\\u0007", "N\\nB", "N\\u202Etxt"] {
        let found = newtown(&format!("name = \"{text}\""), "id = \"newtown/beds\"");
        assert!(found.contains("control character") && found.contains("organisations.toml:"), "{text}: {found}");
        for key in ["note = \"X\"", "evidence = [\"X\"]"] {
            let key = key.replace('X', text);
            let found = newtown("name = \"N\"", &format!("id = \"newtown/beds\"\n{key}"));
            assert!(found.contains("control character"), "{key}: {found}");
        }
        let reason = format!("{{ on = 2026-01-01, until = 2026-02-01, by = \"panel\", reason = \"{text}\" }}");
        let found = newtown("name = \"N\"", &format!("id = \"newtown/beds\"\nassessed = {reason}"));
        assert!(found.contains("control character"), "{reason}: {found}");
    }
}

#[test]
fn nothing_is_empty_and_ids_have_their_form() {
    for (organisation, system, part) in [
        ("name = \" \"", "id = \"newtown/beds\"", "the name is empty"),
        ("name = \"N\"", "id = \"newtown/beds\"\nnote = \"\"", "the note is empty"),
        ("name = \"N\"", "id = \"newtown/beds\"\nevidence = [\"\"]", "the evidence is empty"),
        ("name = \"N\"", "id = \"newtown/\"", "is not the id of a system"),
        ("name = \"N\"", "id = \"newtown/a/b\"", "is not the id of a system"),
    ] {
        let found = newtown(organisation, system);
        assert!(found.contains(part), "{system}: {found}");
    }
}

#[test]
fn what_belongs_to_a_root_or_to_anybody_is_said() {
    for (entry, part) in [
        ("mail_domains = [\"hmpo.gov.uk\"]", "error: `hmpo.gov.uk` belongs to `"),
        ("mail_domains = [\"x.homeoffice.gov.uk\"]", "a root"),
        ("paths = [\"www.gov.uk/report-immigration-crime/now\"]", "belongs to `home-office/report-immigration-crime`"),
        ("tenants = [\"00dexample0000001\"]", "tenant id is claimed by"),
        ("mail_domains = [\"gmail.com\"]", "warning: `gmail.com` is where anybody"),
        ("hosts = [\"co.uk\"]", "warning: `co.uk` is a public suffix"),
        ("hosts = [\"intranet\"]", "warning: `intranet` has no dot"),
    ] {
        let found = newtown("name = \"N\"", &format!("id = \"newtown/beds\"\n{entry}"));
        assert!(found.contains(part), "{entry}: {found}");
    }
}

#[test]
fn a_contested_link_says_what_is_contested() {
    let link = "[[link]]\nfrom = \"harbour-crm\"\nto = \"home-office\"\nkind = \"shares-with\"\nstatus = \"contested\"\n\
                confidence = \"high\"\nevidence = [\"page\"]\n";
    assert!(added(link).contains("says nowhere what is uncertain"), "{}", added(link));
}
