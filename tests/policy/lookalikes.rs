//! Names that are not what they look like, and files of a connection's own for TLS.

use super::{findings, with};

const OWN: &str = "organisations.toml";
const RIVERSIDE: &str = "integrations/inform-riverside.toml";
const HOSTS: &str = r#"hosts = ["safeguarding.westbridge.example"]"#;

fn hosts(line: &str) -> String {
    findings(&with(OWN, HOSTS, &format!("{HOSTS}\n{line}")))
}

#[test]
fn a_name_that_looks_like_a_roots_is_refused() {
    for (line, entry, root) in [
        ("paths = [\"h\u{43e}meoffice.gov.uk/refer\"]", "h\u{43e}meoffice.gov.uk/refer", "homeoffice.gov.uk"),
        ("paths = [\"homeoffi\u{441}e.g\u{3bf}v.uk/a\"]", "homeoffi\u{441}e.g\u{3bf}v.uk/a", "homeoffice.gov.uk"),
        ("paths = [\"refer.home\u{43e}ffice.gov.uk/a\"]", "refer.home\u{43e}ffice.gov.uk/a", "homeoffice.gov.uk"),
        ("mail_domains = [\"home0ffice.gov.uk\"]", "home0ffice.gov.uk", "homeoffice.gov.uk"),
        ("mail_domains = [\"horneoffice.gov.uk\"]", "horneoffice.gov.uk", "homeoffice.gov.uk"),
        ("mail_domains = [\"*.xn--hmeoffice-02h.gov.uk\"]", "*.xn--hmeoffice-02h.gov.uk", "homeoffice.gov.uk"),
    ] {
        assert_eq!(
            hosts(line),
            format!(
                "organisations.toml:83 error: `{entry}` looks like `{root}`, the Home Office's, and is not; take it out; \
                 if the recipient sent it to you, ask whoever you know there"
            ),
        );
    }
    // The same name in other clothes is the root's own.
    let found = hosts("paths = [\"HOMEO\u{fb03}CE.gov.uk./x\"]");
    assert!(found.contains("belongs to `home-office/network`, a root"), "{found}");
}

#[test]
fn a_name_of_two_scripts_is_warned_of() {
    let found = hosts("mail_domains = [\"riversid\u{435}.example\"]");
    assert!(found.starts_with("organisations.toml:83 warning: `xn--riversid-j8g.example` mixes"), "{found}");
    for honest in [
        "\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.example",
        "caf\u{e9}.example",
        "\u{6771}\u{4eac}\u{30bf}\u{30ef}\u{30fc}.example",
    ] {
        assert_eq!(hosts(&format!("mail_domains = [\"{honest}\"]")), findings(&with(OWN, HOSTS, HOSTS)), "{honest}");
    }
}

#[test]
fn what_certificates_are_made_out_to_is_not_empty() {
    let found = hosts("certificate_organisations = [\"Riverside Council\", \" \"]");
    assert!(found.starts_with("organisations.toml:83 error: this is empty; write the organisation (O)"), "{found}");
}

#[test]
fn a_client_certificate_is_two_files_of_the_keys_directory() {
    let auth = r#"auth        = { header = "x-api-key", secret = "file:riverside.key" }"#;
    let with = |line: &str| findings(&with(RIVERSIDE, auth, &format!("{auth}\n{line}")));
    let sound = with(
        "client_certificate = { certificate = \"file:us.pem\", key = \"file:us.key\" }\nupstream_roots = \"file:theirs.pem\"",
    );
    assert_eq!(sound, findings(&super::with(RIVERSIDE, auth, auth)));
    for (line, says) in [
        ("client_certificate = { certificate = \"us.pem\", key = \"file:us.key\" }", "does not name a secret's file"),
        (
            "client_certificate = { certificate = \"file:us.pem\", key = \"file:../us.key\" }",
            "does not name a secret's file",
        ),
        ("client_certificate = { certificate = \"file:us.pem\" }", "the key `key` is missing"),
        ("upstream_roots = \"/etc/ssl/ca.pem\"", "does not name a secret's file"),
    ] {
        let found = with(line);
        assert!(found.contains(says), "{line}: {found}");
    }
    let plain = super::with(
        RIVERSIDE,
        "https://refer.riverside.example/v2\"",
        "http://refer.riverside.example/v2\"\nplain_http = \"a tunnel\"\nupstream_roots = \"file:theirs.pem\"",
    );
    assert!(findings(&plain).contains("plain http has no certificates"), "{}", findings(&plain));
}
