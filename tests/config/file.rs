//! `havengate.toml`.

use super::{parse, refused};
use havengate::{
    config::{Limits, Proof, locate, template, template_for},
    flow::Host,
};
use proptest::prelude::*;
use std::{ffi::OsStr, path::Path, time::Duration};

#[test]
fn an_empty_file_is_every_default_and_opens_nothing() {
    let config = parse("", &[]).expect("defaults");
    assert_eq!(format!("{:?}", config.limits), format!("{:?}", Limits::default()));
    assert_eq!(config.home, Path::new("/home/h"));
    assert_eq!(config.ledger, Path::new("/home/h/ledger.db"));
    assert_eq!(config.policies, Path::new("/home/h/policies"));
    assert_eq!(config.keys, Path::new("/home/h/keys"));
    assert_eq!(config.gateway.audience, "urn:havengate:gateway:havengate");
    assert_eq!(config.gateway.listen, ["127.0.0.1:8080".parse().unwrap()]);
    assert!(config.callers.is_empty() && config.operations.listen.is_none() && config.gateway.tls.is_none());
    assert_eq!(config.control_socket(), Path::new("/home/h/control.sock"));
}

#[test]
fn the_template_is_the_defaults() {
    let template = parse(&template(), &[]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(format!("{template:?}"), format!("{:?}", parse("", &[]).unwrap()));
    let named = parse(&template_for("charity.example").unwrap(), &[]).unwrap();
    assert_eq!(template_for("a\"b"), None);
    assert_eq!(named.gateway.name, "charity.example");
    assert_eq!(named.gateway.audience, "urn:havengate:gateway:charity.example");
}

#[test]
fn every_example_of_the_template_can_be_used() {
    let mut text = String::new();
    for line in template().lines() {
        let example = line.strip_prefix("# ").filter(|l| {
            let key = l.split(" = ").next().unwrap_or_default();
            let named = l.contains(" = ") && !key.contains(' ') && !l.contains('<') && !l.contains("loopback");
            named || l.starts_with('[')
        });
        text.push_str(example.unwrap_or(line));
        text.push('\n');
    }
    let config = parse(&text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert!(config.gateway.tls.is_some_and(|t| t.client_roots.is_some()), "{text}");
    assert_eq!(config.gateway.resolve.len(), 1);
    assert_eq!(config.callers.first().map(|c| &c.proof), Some(&Proof::San("inform.charity.example".into())));
    let mail = config.notify.mail.expect("mail");
    assert_eq!((mail.port, mail.tls, mail.to.as_slice()), (465, true, &["panel@union.example".to_owned()][..]));
    assert_eq!(config.notify.webhooks.first().map(|w| w.events.len()), Some(2), "{text}");
    assert!(config.operations.listen.is_some() && config.gateway.upstream_roots.is_some());
}

#[test]
fn a_full_file_is_read() {
    let digest = "ab".repeat(32);
    let text = format!(
        r#"
        gateway.resolve = {{ "Refer.Riverside.Example." = "127.0.0.1:8443", "b.example" = "::1" }}
        [gateway]
        name = "charity.example"
        listen = ["127.0.0.1:8080", "[::1]:8080"]
        [limits]
        body = "16MiB"
        head_time = "2500ms"
        depth = 9
        [[caller]]
        app = "inform"
        token_sha256 = "{digest}"
        [[caller]]
        app = "sheets"
        loopback = true
        "#
    );
    let text = text.replacen("gateway.resolve", "[gateway.resolve]\n#", 1);
    let text = text.replacen(
        "[gateway]",
        "\"Refer.Riverside.Example.\" = \"127.0.0.1:8443\"\n\"b.example\" = \"::1\"\n[gateway]",
        1,
    );
    let config = parse(&text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(config.limits.body, 16 << 20);
    assert_eq!(config.limits.head_time, Duration::from_millis(2500));
    assert_eq!(config.limits.depth, 9);
    let over = config.gateway.resolve.get(&Host::Name("refer.riverside.example".into())).expect("canonical");
    assert_eq!((over.address.to_string().as_str(), over.port), ("127.0.0.1", Some(8443)));
    assert_eq!(config.gateway.resolve.get(&Host::Name("b.example".into())).map(|o| o.port), Some(None));
    assert_eq!(config.callers.first().map(|c| c.proof.clone()), Some(Proof::Token([0xab; 32])));
}

/// With the panel's pages, which messages need.
macro_rules! told {
    ($text:expr) => {
        concat!("[panel]\nlisten = \"127.0.0.1:1\"\nurl = \"http://localhost\"\nclients = 4\n", $text)
    };
}
macro_rules! mailed {
    ($smtp:literal, $from:literal, $to:literal) => {
        told!(concat!("[notify]\nsmtp = \"", $smtp, "\"\nfrom = \"", $from, "\"\nto = [\"", $to, "\"]"))
    };
}
macro_rules! hooked {
    ($url:literal, $secret:literal, $events:literal) => {
        told!(concat!("[[webhook]]\nurl = \"", $url, "\"\nsecret = \"", $secret, "\"\nevents = ", $events))
    };
}

/// A file, and what is said of it.
const FAULTS: &[(&str, &str)] = &[
    (
        "[limits]\nbodyy = \"1MiB\"",
        "havengate.toml:2:1: limits.bodyy: there is no such key\n  mend: the keys of [limits] are head, headers, body",
    ),
    (
        "[limit]\nbody = 1",
        "havengate.toml:1:2: limit: there is no such key\n  mend: the sections are gateway, operations",
    ),
    (
        "[limits]\n  body = 8388608",
        "havengate.toml:2:10: limits.body: expected a size from 1KiB to 1GiB\n  mend: write a number and B, KiB, MiB or GiB in quotes, such as \"8MiB\"",
    ),
    ("limits.body = \"0MiB\"", "limits.body: expected a size from 1KiB to 1GiB"),
    ("limits.body = \"8 MiB\"", "limits.body: expected a size"),
    ("limits.body = \"99999999999999999999GiB\"", "limits.body: expected a size"),
    ("limits.depth = 0", "limits.depth: expected a whole number from 1 to 512"),
    ("limits.depth = 0x10", "limits.depth: expected a whole number"),
    (
        "limits.depth = \"64\"",
        "limits.depth: expected a whole number from 1 to 512\n  mend: write one such as 64, without quotes",
    ),
    ("limits.depth = 1.5", "limits.depth: expected a whole number"),
    ("limits.head_time = \"0s\"", "limits.head_time: expected a time from 10ms to 300s"),
    ("limits.head_time = 10", "limits.head_time: expected a time"),
    ("limits.head_time = \"10\"", "limits.head_time: expected a time"),
    ("limits.head_time = \"90d\"", "limits.head_time: expected a time"),
    ("limits.record = \"16MiB\"", "havengate.toml:1:17: limits.record: one record may be larger than the whole body"),
    ("gateway = 3", "havengate.toml:1:1: gateway: is a section\n  mend: write [gateway]"),
    ("gateway.listen = \"127.0.0.1:8080\"", "gateway.listen: expected a list of addresses, found text"),
    ("gateway.listen = [\"localhost:8080\"]", "gateway.listen: expected an IP address and a port"),
    ("gateway.listen = []", "gateway.listen: nobody could call"),
    ("gateway.listen = [\"[::1]:80\", \"[::1]:80\"]", "gateway.listen: the same address stands twice"),
    ("gateway.name = \"Charity Ltd\"", "gateway.name: expected 1 to 64 lower-case letters"),
    ("gateway.audience = \"charity\"", "gateway.audience: expected a name that begins with urn: or https://"),
    ("[gateway.tls]\ncertificate = \"c.pem\"", "havengate.toml:1:10: gateway.tls.key: is missing"),
    ("gateway.resolve = \"x\"", "gateway.resolve: is a section"),
    (
        "[gateway.resolve]\n\"a.example\" = \"b.example\"",
        "havengate.toml:2:15: gateway.resolve.a.example: expected an IP address",
    ),
    ("[gateway.resolve]\n\"127.0.0.1\" = \"127.0.0.2\"", "gateway.resolve.127.0.0.1: the key is not a host name alone"),
    ("[gateway.resolve]\n\"a.example\" = \"::1\"\n\"A.example.\" = \"::2\"", "another spelling of this name"),
    ("operations.listen = \"127.0.0.1:8080\"", "operations.listen: is the gateway's own address"),
    ("ledger.url = \"postgres://u:p@h/d\"", "ledger.url: this build keeps the record book in SQLite only"),
    ("ledger.url = \"sqlite://ledger.db\"", "ledger.url: expected \"sqlite:\" and a path"),
    ("ledger.url = \"ledger.db\"", "ledger.url: expected \"sqlite:\" and a path"),
    ("log.filter = \"loud\"", "log.filter: expected a level"),
    ("policies.directory = \"\"", "policies.directory: is empty"),
    ("keys.directory = [1]", "keys.directory: expected text, found a list"),
    ("[caller]\napp = \"x\"", "havengate.toml:1:2: caller: expected entries of a list\n  mend: write [[caller]]"),
    ("[[caller]]\nloopback = true", "havengate.toml:1:1: caller.app: is missing"),
    ("[[caller]]\napp = \"x\"", "caller: needs one way to prove who calls, and only one"),
    ("[[caller]]\napp = \"x\"\nloopback = true\nsan = \"x.example\"", "caller: needs one way to prove who calls"),
    ("[[caller]]\napp = \"x\"\nloopback = false", "caller.loopback: may only be true"),
    (
        "[[caller]]\napp = \"x\"\ntoken_sha256 = \"abc\"",
        "havengate.toml:3:16: caller.token_sha256: expected 64 hexadecimal digits",
    ),
    ("[[caller]]\napp = \"x\"\ntoken = \"abc\"", "caller.token: there is no such key"),
    ("[[caller]]\napp = \"x\"\nsan = \"x.example\"", "caller: a certificate name needs gateway.tls.client_roots"),
    (
        "[[caller]]\napp = \"x\"\nloopback = true\n[[caller]]\napp = \"y\"\nloopback = true",
        "havengate.toml:4:1: caller: another caller already has loopback = true",
    ),
    (
        "[notify]\nsmtp = \"smtps://mail.example\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]",
        "havengate.toml:2:8: notify: needs the panel's pages\n  mend: set panel.listen",
    ),
    (told!("[notify]\nsmtp = \"smtps://mail.example\"\nto = [\"c@d.example\"]"), "notify.from: is missing"),
    (told!("[notify]\nfrom = \"a@b.example\""), "notify.from: there is no mail server"),
    (
        mailed!("smtp://u:secret@mail.example", "a@b.example", "c@d.example"),
        "notify.smtp: expected smtps:// or smtp://",
    ),
    (
        mailed!("https://mail.example", "a@b.example", "c@d.example"),
        "notify.smtp: expected smtps:// or smtp:// and a host",
    ),
    (
        mailed!("smtp://mail.example", "a@b.example\\r\\nBcc: x@y.example", "c@d.example"),
        "notify.from: is empty or holds a control character",
    ),
    (
        mailed!("smtp://mail.example", "Panel <a@b.example>", "c@d.example"),
        "notify.from: expected a mail address without a name",
    ),
    (
        mailed!("smtp://mail.example", "a@b.example", "c@d.example\", \"C@d.example"),
        "notify.to: expected 1 to 20 different addresses",
    ),
    ("[notify]\ndigest = \"hourly\"", "notify.digest: expected daily, weekly or never"),
    ("[webhook]\nurl = \"x\"", "havengate.toml:1:2: webhook: expected entries of a list\n  mend: write [[webhook]]"),
    (told!("[[webhook]]\nurl = \"https://h.example/x\""), "havengate.toml:5:1: webhook.secret: is missing"),
    (hooked!("http://h.example/x", "file:a.key", "[\"stop\"]"), "webhook.url: expected https and a host"),
    (hooked!("https://u:p@h.example/x", "file:a.key", "[\"stop\"]"), "webhook.url: expected https and a host"),
    (hooked!("https://h.example/x", "whsec_abc", "[\"stop\"]"), "webhook.secret: expected \"file:\""),
    (hooked!("https://h.example/x", "file:../a.key", "[\"stop\"]"), "webhook.secret: expected \"file:\""),
    (hooked!("https://h.example/x", "file:a.key", "[\"A\"]"), "webhook.events: expected a list of kinds"),
    (told!("[[webhook]]\ntoken = \"abc\""), "webhook.token: there is no such key"),
    ("[limits]\ndepth = 1\ndepth = 2", "havengate.toml:3:1: this is not TOML: duplicate key"),
    ("limits.depth = ", "havengate.toml:1:16: this is not TOML"),
    ("\u{feff}\n\nlimits.depth = 0", "havengate.toml:3:16: limits.depth"),
];

#[test]
fn each_fault_names_its_place_and_the_mend() {
    for (text, part) in FAULTS {
        let message = refused(text, &[]);
        assert!(message.contains(part), "{text}\n--- said\n{message}\n--- expected\n{part}");
        assert!(message.contains("\n  mend: "), "{message}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let faults = parse("limits.depth = 0\nlimits.body = 1\nx = 1", &[("HAVENGATE_X", "1")]).unwrap_err();
    assert_eq!(faults.list().len(), 4, "{faults}");
    assert_eq!(serde_json::to_value(faults.list()).unwrap()[0]["place"]["at"]["line"], 3);
}

#[test]
fn a_missing_file_says_how_to_make_one() {
    let missing = Path::new("/nowhere/havengate.toml");
    let message = havengate::config::Config::load(missing, []).unwrap_err().to_string();
    assert!(message.contains("/nowhere/havengate.toml: cannot be read: entity not found"), "{message}");
    assert!(message.contains("havengate init"), "{message}");
}

#[test]
fn the_file_is_found_by_flag_then_variable_then_here() {
    let (flag, variable) = (Path::new("/a.toml"), OsStr::new("/b.toml"));
    assert_eq!(locate(Some(flag), Some(variable)), flag);
    assert_eq!(locate(None, Some(variable)), Path::new("/b.toml"));
    assert_eq!(locate(None, Some(OsStr::new(""))), Path::new("havengate.toml"));
}

#[test]
fn what_is_unwise_is_told() {
    let text = "[gateway]\nlisten = [\"0.0.0.0:80\"]\n[gateway.resolve]\n\"a.example\" = \"127.0.0.1:1\"";
    let warnings = parse(text, &[]).unwrap().warnings().join("\n");
    for part in ["nobody may call", "in clear", "a.example is not asked of DNS: it is 127.0.0.1 port 1"] {
        assert!(warnings.contains(part), "{warnings}");
    }
}

proptest! {
    /// A value at fault, whatever it is, never comes back in a message.
    #[test]
    fn no_message_repeats_a_value(secret in "[A-Z]{12,20}", key in 0..9usize, quote in any::<bool>()) {
        let key = ["gateway.name", "gateway.listen", "gateway.audience", "limits.body", "limits.depth",
            "ledger.url", "log.filter", "operations.listen", "gateway.resolve.x"][key];
        let value = if quote { format!("\"=={secret}\"") } else { secret.clone() };
        if let Err(faults) = parse(&format!("{key} = {value}\n[[caller]]\napp = {value}"), &[]) {
            prop_assert!(!faults.to_string().contains(&secret), "{}", faults);
            let json = serde_json::to_string(faults.list()).unwrap();
            prop_assert!(!json.contains(&secret), "{json}");
        }
    }

    /// Whatever the file holds, reading it ends in a configuration or in faults.
    #[test]
    fn no_text_breaks_the_reader(text in "(\\[?\\[?(gateway|limits|caller|ledger)?[.a-z\\]= \"0-9\n{},]{0,12}){0,12}") {
        let _ = parse(&text, &[]);
    }
}
