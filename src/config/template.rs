//! The file that `havengate init` writes: every key with its default and what it is for.

use super::schema::{SECTIONS, keys_of};
use std::fmt::Write as _;

const HEAD: &str = "\
# Havengate's configuration. Every key stands here with its default; a line that begins with `# key =`
# is an example of a key that has none. Unknown keys are errors.
#
# Times are a number and ms, s, m or h: \"30s\". Sizes are a number and B, KiB, MiB or GiB: \"8MiB\".
# Paths are relative to this file's directory.
#
# The environment comes before the file: HAVENGATE__LIMITS__BODY=16MiB is limits.body, and a list is
# separated by commas. [gateway.resolve], [[caller]] and [[webhook]] are read from this file only.
";

const RESOLVE: &str = "# \"refer.riverside.example\" = \"127.0.0.1:8443\"\n";

const CALLER: &str = "\
#
# [[caller]]
# app = \"inform\"
# token_sha256 = \"<64 hexadecimal digits: the SHA-256 of what it sends in Havengate-Token>\"
# san = \"inform.charity.example\"   # instead: a DNS or URI name of its client certificate
# loopback = true                  # instead: any connection from this machine; one app only
";

const WEBHOOK: &str = "\
#
# [[webhook]]
# url = \"https://hooks.union.example/havengate\"
# secret = \"file:union.key\"          # one line in the keys directory, mode 0600: whsec_ and base64
# events = [\"attempt\", \"stop\"]     # which kinds; without it, every kind
";

/// The template, with the default name.
#[must_use]
pub fn template() -> String {
    let mut text = HEAD.to_owned();
    for (section, about) in SECTIONS {
        text.push('\n');
        comment(&mut text, about);
        match *section {
            "caller" => text.push_str(CALLER),
            "webhook" => text.push_str(WEBHOOK),
            "gateway.resolve" => {
                text.push_str("[gateway.resolve]\n");
                text.push_str(RESOLVE);
            }
            section => keys(&mut text, section),
        }
    }
    text
}

/// The template for a gateway of this name; `None` when it is not a name (at most 64 lower-case letters, digits,
/// `-`, `_` and `.`).
#[must_use]
pub fn template_for(name: &str) -> Option<String> {
    let line = format!("\nname = \"{name}\"\n");
    super::read::is_name(name).then(|| template().replacen("\nname = \"havengate\"\n", &line, 1))
}

fn keys(text: &mut String, section: &str) {
    // An empty [gateway.tls] is an error: its header is part of the example.
    let mark = if section == "gateway.tls" { "# " } else { "" };
    let _ = writeln!(text, "{mark}[{section}]");
    for (name, key) in keys_of(section) {
        comment(text, key.about);
        let mark = if key.default { "" } else { "# " };
        let _ = writeln!(text, "{mark}{name} = {}", key.value);
    }
}

fn comment(text: &mut String, about: &str) {
    for line in about.lines() {
        let _ = writeln!(text, "# {line}");
    }
}
