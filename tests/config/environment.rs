//! `HAVENGATE__SECTION__KEY`.

use super::{parse, refused};
use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, path::Path};

#[test]
fn the_environment_comes_before_the_file() {
    let config = parse(
        "[limits]\nbody = \"1MiB\"\n",
        &[
            ("HAVENGATE__LIMITS__BODY", "16MiB"),
            ("HAVENGATE__LIMITS__DEPTH", "7"),
            ("HAVENGATE__LIMITS__HEAD_TIME", "3s"),
            ("HAVENGATE__GATEWAY__LISTEN", "127.0.0.1:1, [::1]:2"),
            ("HAVENGATE__GATEWAY__TLS__CERTIFICATE", "c.pem"),
            ("HAVENGATE__GATEWAY__TLS__KEY", "/k.pem"),
            ("HAVENGATE__LEDGER__URL", "sqlite:/var/l.db"),
            ("HAVENGATE_CONFIG", "elsewhere.toml"),
            ("HAVENGATES", "not ours"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((config.limits.body, config.limits.depth, config.limits.head_time.as_secs()), (16 << 20, 7, 3));
    assert_eq!(config.gateway.listen.len(), 2);
    let tls = config.gateway.tls.expect("tls");
    assert_eq!((tls.certificate.as_path(), tls.key.as_path()), (Path::new("/home/h/c.pem"), Path::new("/k.pem")));
    assert_eq!(config.ledger, Path::new("/var/l.db"));
}

#[test]
fn any_other_name_is_an_error_that_shows_the_right_one() {
    let cases = [
        (
            "HAVENGATE_LIMITS_BODY",
            "environment variable HAVENGATE_LIMITS_BODY: Havengate knows no such variable\n  mend: write HAVENGATE__LIMITS__BODY",
        ),
        ("HAVENGATE__LIMITS_BODY", "mend: write HAVENGATE__LIMITS__BODY"),
        ("HAVENGATE__limits__body", "mend: write HAVENGATE__LIMITS__BODY"),
        ("havengate__limits__body", "mend: write HAVENGATE__LIMITS__BODY"),
        ("HAVENGATE__LIMITS__BODYY", "mend: unset it"),
        ("HAVENGATE__", "mend: unset it"),
        ("HAVENGATE_CONFIGS", "mend: unset it"),
        ("HAVENGATE__GATEWAY__RESOLVE__A", "read from the file only"),
        ("HAVENGATE__CALLER__0__APP", "read from the file only"),
    ];
    for (name, part) in cases {
        let message = refused("", &[(name, "1MiB")]);
        assert!(message.contains(part), "{name}: {message}");
    }
}

#[test]
fn types_are_the_keys_own() {
    for (name, value) in [
        ("HAVENGATE__LIMITS__DEPTH", "007"),
        ("HAVENGATE__LIMITS__DEPTH", "0x7"),
        ("HAVENGATE__LIMITS__DEPTH", "+7"),
        ("HAVENGATE__LIMITS__DEPTH", ""),
        ("HAVENGATE__LIMITS__BODY", "1048576"),
        ("HAVENGATE__LEDGER__URL", "true"),
        ("HAVENGATE__GATEWAY__LISTEN", ""),
        ("HAVENGATE__GATEWAY__LISTEN", "127.0.0.1:1,"),
    ] {
        let message = refused("", &[(name, value)]);
        assert!(message.starts_with(&format!("environment variable {name}: ")), "{message}");
    }
}

#[test]
fn what_is_not_text_is_refused_without_repeating_it() {
    let name = OsString::from("HAVENGATE__GATEWAY__NAME");
    let value = OsString::from_vec(b"secret\xff".to_vec());
    let faults = havengate::config::Config::parse("", Path::new("h.toml"), [(name, value)]).unwrap_err().to_string();
    assert!(faults.contains("is not UTF-8 text") && !faults.contains("secret"), "{faults}");
}
