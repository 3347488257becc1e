//! Every key there is, once: its kind, its bounds, its default and what it is for.
//!
//! The file's reader, the environment's reader, the defaults and the template all come from this table, so
//! none of them can know a key that the others do not.

use std::time::Duration;

/// One setting.
#[derive(Debug)]
pub(super) struct Key {
    /// Dotted: `limits.body`. In the environment `HAVENGATE__LIMITS__BODY`.
    pub path: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// The value in TOML: the default, or an example where there is none.
    pub value: &'static str,
    /// Absent from the file means `value`; otherwise it means none.
    pub default: bool,
    /// For the template, in lines of a comment.
    pub about: &'static str,
}

/// What a value is, with its bounds, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name: at most 64 lower-case letters, digits, `-`, `_` and `.`.
    Name,
    /// `urn:…` or `https://…`.
    Audience,
    /// `address:port`.
    Address,
    /// A list of `address:port`; in the environment separated by commas.
    Addresses,
    /// A path, relative to the file's directory.
    Path,
    /// `sqlite:` and a path.
    Ledger,
    /// A `tracing` filter.
    Filter,
    /// A number and `ms`, `s`, `m` or `h`.
    Time(Duration, Duration),
    /// A number and `B`, `KiB`, `MiB` or `GiB`.
    Size(usize, usize),
    /// A whole number.
    Count(usize, usize),
    /// A line of text for people.
    Words,
    /// The beginning of a web address: scheme, host and perhaps a port.
    Origin,
    /// A mail server: `smtps://host:465` or `smtp://host:587`.
    MailServer,
    /// One mail address, without a name.
    Mail,
    /// A list of mail addresses; in the environment separated by commas.
    Mails,
    /// `daily`, `weekly` or `never`.
    Rhythm,
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}
const fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}
const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

const fn key(path: &'static str, kind: Kind, value: &'static str, about: &'static str) -> Key {
    Key { path, kind, value, default: true, about }
}
const fn optional(path: &'static str, kind: Kind, example: &'static str, about: &'static str) -> Key {
    Key { path, kind, value: example, default: false, about }
}

/// What stands above each section in the template, in the template's order.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("gateway", "The side that your systems call, and the way out to recipients."),
    (
        "gateway.tls",
        "TLS for callers. Without it the listener speaks HTTP/1.1 in clear, which is for this machine only.",
    ),
    (
        "gateway.resolve",
        "Names that are not asked of DNS, with a fixed address and, perhaps, another port than the URL's.\n\
         `havengate check` shows them and every start records them.",
    ),
    ("operations", "What monitoring asks: /metrics, /livez, /readyz and nothing else."),
    ("panel", "The scrutiny panel's pages. Without `listen` there are none. They are for people, not for systems."),
    (
        "notify",
        "How the panel is told, besides its pages. No message ever holds personal data. Needs panel.listen.\n\
         Addresses need not be the employer's. The server is looked up in the registry like every recipient.",
    ),
    ("policies", "The rules: what an organisation edits and its panel reviews."),
    ("ledger", "The record book."),
    ("keys", "Keys and secrets."),
    ("limits", "Bounds. At a bound a request is refused, never let through. Every one has a default."),
    ("log", "The log goes to standard error, one JSON object a line. It never holds personal data."),
    (
        "caller",
        "Who may call: one [[caller]] for each way a system proves who it is.\n\
         `havengate caller add APP` appends one and prints its token once.",
    ),
    (
        "webhook",
        "Systems that are told what the panel is told: one [[webhook]] each, signed by the Standard Webhooks scheme.",
    ),
];

/// Every key, in the template's order.
pub(super) const KEYS: &[Key] = &[
    key("gateway.name", Kind::Name, r#""havengate""#, "This gateway's name in records, such as your domain."),
    optional(
        "gateway.audience",
        Kind::Audience,
        r#""urn:havengate:gateway:charity.example""#,
        "What consent tokens must name as `aud`. Without it: \"urn:havengate:gateway:\" and the name above.",
    ),
    key("gateway.listen", Kind::Addresses, r#"["127.0.0.1:8080"]"#, "Where callers connect."),
    key("gateway.dns", Kind::Addresses, "[]", "DNS servers for recipients' names. Empty: the system's."),
    optional(
        "gateway.upstream_roots",
        Kind::Path,
        r#""roots.pem""#,
        "A PEM file of certification authorities for recipients. Without it: the system's.",
    ),
    optional("gateway.tls.certificate", Kind::Path, r#""keys/gateway.pem""#, "The certificate chain, PEM."),
    optional("gateway.tls.key", Kind::Path, r#""keys/gateway-key.pem""#, "Its private key, PEM, mode 0600."),
    optional(
        "gateway.tls.client_roots",
        Kind::Path,
        r#""keys/callers.pem""#,
        "Authorities for callers' own certificates, PEM. Needed by any [[caller]] with `san`.",
    ),
    optional("operations.listen", Kind::Address, r#""127.0.0.1:9464""#, "Where. Without it there is no such listener."),
    optional("panel.listen", Kind::Address, r#""127.0.0.1:8443""#, "Where people's browsers connect."),
    optional(
        "panel.url",
        Kind::Origin,
        r#""https://panel.charity.example""#,
        "How people reach it: https, or http on this machine only. Needed with panel.listen.",
    ),
    optional("panel.organisation", Kind::Words, r#""Riverside Outreach""#, "Your name, as pages and reports show it."),
    optional(
        "panel.clients",
        Kind::Count(1, 10_000_000),
        "400",
        "About how many clients you work with in a year. Needed with panel.listen: under 50, figures about people are\n\
         shown as yes or no by quarter, so that nobody is found by them.",
    ),
    optional("panel.certificate", Kind::Path, r#""keys/panel.pem""#, "The certificate chain of its name, PEM."),
    optional("panel.key", Kind::Path, r#""keys/panel-key.pem""#, "Its private key, PEM, mode 0600."),
    optional(
        "notify.smtp",
        Kind::MailServer,
        r#""smtps://mail.charity.example:465""#,
        "The mail server: smtps:// is TLS from the first byte; smtp:// with a port such as 587 is STARTTLS, which is\n\
         required unless the server is on this machine. Without it no mail is sent.",
    ),
    optional(
        "notify.user",
        Kind::Words,
        r#""havengate@charity.example""#,
        "Who signs in to it; the password is the one line of smtp.key in the keys directory, mode 0600.",
    ),
    optional(
        "notify.from",
        Kind::Mail,
        r#""havengate@charity.example""#,
        "Whom mail comes from. Needed with notify.smtp.",
    ),
    optional("notify.to", Kind::Mails, r#"["panel@union.example"]"#, "Whom mail goes to. Needed with notify.smtp."),
    key(
        "notify.digest",
        Kind::Rhythm,
        r#""daily""#,
        "daily, weekly or never: a mail at 08:00 with what does not need to be known at once.",
    ),
    key("policies.directory", Kind::Path, r#""policies""#, "The directory."),
    key("ledger.url", Kind::Ledger, r#""sqlite:ledger.db""#, "\"sqlite:\" and a path."),
    key("keys.directory", Kind::Path, r#""keys""#, "The directory, mode 0700, with files of mode 0600."),
    key("limits.head", Kind::Size(KIB, MIB), r#""32KiB""#, "A request's head."),
    key("limits.headers", Kind::Count(1, 1000), "100", "Header fields of a request."),
    key(
        "limits.body",
        Kind::Size(KIB, 1024 * MIB),
        r#""8MiB""#,
        "A request's body, unpacked, where its operation has no `limit`.",
    ),
    optional(
        "limits.spool",
        Kind::Path,
        r#""spool""#,
        "Where permitted bodies over 1 MiB wait while the rest is judged, in files without a name. Without it: here.",
    ),
    key(
        "limits.spool_total",
        Kind::Size(MIB, 1024 * 1024 * MIB),
        r#""4GiB""#,
        "Disk that those of all requests together may take.",
    ),
    key(
        "limits.memory",
        Kind::Size(MIB, 1024 * 1024 * MIB),
        r#""512MiB""#,
        "Memory that the bodies of all requests together may need while they are judged.",
    ),
    key("limits.record", Kind::Size(KIB, 64 * MIB), r#""1MiB""#, "One record of a body. At most limits.body."),
    key("limits.depth", Kind::Count(1, 512), "64", "Nesting of a body."),
    key("limits.members", Kind::Count(1, 1_000_000), "10000", "Members of one object in a body."),
    key("limits.people", Kind::Count(1, 100_000), "1000", "People that one request may be about."),
    key("limits.connections", Kind::Count(1, 65_536), "1024", "Callers' connections open at once."),
    key("limits.requests", Kind::Count(1, 65_536), "256", "Requests in flight at once."),
    key("limits.head_time", Kind::Time(ms(10), s(300)), r#""10s""#, "From connection to the end of the first head."),
    key("limits.idle_time", Kind::Time(ms(10), s(3600)), r#""60s""#, "Between two requests of a connection."),
    key(
        "limits.body_time",
        Kind::Time(ms(10), s(3600)),
        r#""60s""#,
        "A request's whole body; beyond limits.body a large one must keep up 256 KiB/s.",
    ),
    key("limits.connect_time", Kind::Time(ms(10), s(120)), r#""10s""#, "Connecting to a recipient, with TLS."),
    key("limits.upstream_time", Kind::Time(ms(10), s(3600)), r#""60s""#, "A recipient's answer, to its head."),
    key("limits.drain_time", Kind::Time(ms(10), s(600)), r#""30s""#, "From SIGTERM to the end."),
    key("limits.ledger_time", Kind::Time(ms(10), s(60)), r#""5s""#, "The record book's acknowledgement."),
    key(
        "log.filter",
        Kind::Filter,
        r#""info""#,
        "error, warn, info, debug or trace, or a tracing filter. Libraries never log below warn: their\n\
         debug output can hold headers.",
    ),
];

/// The key at a path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.path == path)
}

/// Whether a path is a section that holds keys.
pub(super) fn is_section(path: &str) -> bool {
    SECTIONS.iter().any(|(s, _)| *s == path)
}

/// The keys that stand directly in a section, by their last part.
pub(super) fn keys_of(section: &str) -> impl Iterator<Item = (&'static str, &'static Key)> + use<'_> {
    KEYS.iter().filter_map(move |k| k.path.rsplit_once('.').filter(|(s, _)| *s == section).map(|(_, name)| (name, k)))
}
