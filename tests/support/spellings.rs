//! Ways to write a host, for every entrance where one comes in.

/// The name that most of them spell.
pub const NAME: &str = "refer.riverside.example";

/// A spelling, and what it is by our one canonicaliser: `None` is refused. Each entrance may refuse more of them,
/// and none may take one for anything else.
pub const SPELLINGS: &[(&str, Option<&str>)] = &[
    ("refer.riverside.example", Some(NAME)),
    ("REFER.Riverside.EXAMPLE", Some(NAME)),
    ("refer.riverside.example.", Some(NAME)),
    ("refer。riverside．example", Some(NAME)),
    ("ｒｅｆｅｒ.riverside.example", Some(NAME)),
    ("re\u{ad}fer.riverside.example", Some(NAME)),
    ("refer.river\u{200b}side.example", Some(NAME)),
    ("r\u{435}fer.riverside.example", Some("xn--rfer-v4d.riverside.example")),
    ("refer%2Eriverside.example", None),
    ("r%65fer.riverside.example", None),
    ("refer..riverside.example", None),
    ("refer.riverside.example..", None),
    ("user@refer.riverside.example", None),
    ("user:secret@refer.riverside.example", None),
    ("refer.riverside.example@elsewhere.example", None),
    ("refer.riverside.example/elsewhere", None),
    ("refer.riverside.example\\elsewhere", None),
    ("refer.riverside.example#elsewhere", None),
    ("refer.riverside.example,elsewhere.example", None),
    ("[refer.riverside.example]", None),
    ("refer.riverside.example\u{0}.elsewhere.example", None),
    ("127.0.0.7", Some("127.0.0.7")),
    ("127.7", Some("127.0.0.7")),
    ("127.0.0.7.", Some("127.0.0.7")),
    ("2130706439", Some("127.0.0.7")),
    ("0x7f000007", Some("127.0.0.7")),
    ("0x7F.0.0x0.07", Some("127.0.0.7")),
    ("0177.0.0.7", Some("127.0.0.7")),
    ("[::ffff:127.0.0.7]", Some("127.0.0.7")),
    ("[::FFFF:7f00:7]", Some("127.0.0.7")),
    ("[0:0:0:0:0:0:0:1]", Some("[::1]")),
    ("[::1]", Some("[::1]")),
    ("[64:ff9b::7f00:7]", Some("[64:ff9b::7f00:7]")),
    ("::1", None),
    ("[::1", None),
    ("[fe80::1%25eth0]", None),
    ("[fe80::1%eth0]", None),
    ("[127.0.0.7]", None),
    ("127.0.0.08", None),
    ("127.0.0.0.7", None),
    ("256.0.0.1", None),
];

/// Whether HTTP carries it as it is: a URL's host and a header's value in plain ASCII.
pub fn on_the_wire(spelling: &str) -> bool {
    spelling.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
}

/// Whether a URL with this in its host's place has nothing else before its path.
pub fn in_a_url(spelling: &str) -> bool {
    !spelling.contains(['/', '#'])
}
