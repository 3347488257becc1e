//! One value into its type. Every message says what was expected and none says what was found.

use super::{
    fault::{Fault, Place},
    schema::{self, Key, Kind},
    source::{Given, Raw},
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// Reads known keys, collecting what is wrong.
pub(super) struct Reader<'a> {
    /// Where relative paths begin.
    pub home: &'a Path,
    /// What was given.
    pub given: BTreeMap<&'static str, Given>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// What was expected of a value, with the mend.
pub(super) struct Expected(pub String, pub String);

impl Reader<'_> {
    /// A key's value, its default, or `None` for an absent key without one or a value at fault.
    pub(super) fn read<T>(&mut self, path: &str, parse: fn(&Given, &Key) -> Result<T, Expected>) -> Option<T> {
        let key = schema::find(path)?;
        let fallback;
        let given = match self.given.get(path) {
            Some(given) => given,
            None if key.default => {
                fallback = default(key)?;
                &fallback
            }
            None => return None,
        };
        match parse(given, key) {
            Ok(value) => Some(value),
            Err(Expected(message, mend)) => {
                let fault = Fault { place: given.place.clone(), key: Some(path.to_owned()), message, mend };
                self.faults.push(fault);
                None
            }
        }
    }

    /// A path below the home directory, or an absolute one.
    pub(super) fn path(&mut self, path: &str) -> Option<PathBuf> {
        self.read(path, file_name).map(|p| self.home.join(p))
    }

    /// Where a key was given, if it was.
    pub(super) fn place(&self, path: &str) -> Option<Place> {
        self.given.get(path).map(|g| g.place.clone())
    }

    /// Something is wrong with a key, or with several together.
    pub(super) fn fault(&mut self, place: Place, key: &str, message: &str, mend: &str) {
        let (message, mend) = (message.to_owned(), mend.to_owned());
        self.faults.push(Fault { place, key: Some(key.to_owned()), message, mend });
    }
}

/// The default, read by the same path as a file's value.
fn default(key: &Key) -> Option<Given> {
    let place = Place::Environment("(default)".to_owned());
    let raw = match key.value {
        "[]" => Raw::List(Vec::new()),
        v => match v.strip_prefix('[').and_then(|v| v.strip_suffix(']')) {
            Some(inner) => Raw::Variable(inner.trim_matches('"').to_owned()),
            None => match v.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
                Some(text) => Raw::Text(text.to_owned()),
                None => Raw::Integer(v.to_owned()),
            },
        },
    };
    Some(Given { raw, place })
}

/// Any text that is not empty.
pub(super) fn text(given: &Given) -> Result<&str, Expected> {
    match &given.raw {
        Raw::Text(s) | Raw::Variable(s) if !s.is_empty() && !s.contains(|c: char| c.is_control()) => Ok(s),
        Raw::Text(_) | Raw::Variable(_) => Err(Expected(
            "is empty or holds a control character".to_owned(),
            "write a value, or remove the key".to_owned(),
        )),
        raw => Err(Expected(format!("expected text, found {}", raw.kind()), "put the value in \"quotes\"".to_owned())),
    }
}

/// A gateway's name.
pub(super) fn name(given: &Given, _: &Key) -> Result<String, Expected> {
    let text = text(given)?;
    if is_name(text) {
        return Ok(text.to_owned());
    }
    Err(Expected(
        "expected 1 to 64 lower-case letters, digits, '-', '_' and '.'".to_owned(),
        "use your domain, such as \"charity.example\"".to_owned(),
    ))
}

/// Whether a text is a gateway's name, which stands in every record.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// An audience: a URN or an https URL.
pub(super) fn audience(given: &Given, _: &Key) -> Result<String, Expected> {
    let text = text(given)?;
    let printable = text.len() <= 256 && text.bytes().all(|b| b.is_ascii_graphic());
    if printable && (text.starts_with("urn:") || text.starts_with("https://")) {
        return Ok(text.to_owned());
    }
    Err(Expected(
        "expected a name that begins with urn: or https://, of at most 256 printable characters".to_owned(),
        "write one such as \"urn:havengate:gateway:charity.example\"".to_owned(),
    ))
}

/// One `address:port`.
pub(super) fn address(given: &Given, _: &Key) -> Result<SocketAddr, Expected> {
    socket(text(given)?)
}

fn socket(text: &str) -> Result<SocketAddr, Expected> {
    text.trim().parse().map_err(|_| {
        Expected(
            "expected an IP address and a port".to_owned(),
            "write one such as \"127.0.0.1:8080\" or \"[::1]:8080\"; names are not looked up here".to_owned(),
        )
    })
}

/// A list of `address:port`.
pub(super) fn addresses(given: &Given, _: &Key) -> Result<Vec<SocketAddr>, Expected> {
    let list: Vec<SocketAddr> = match &given.raw {
        Raw::List(items) => items.iter().map(|i| socket(text(i)?)).collect::<Result<_, _>>()?,
        Raw::Variable(list) if list.is_empty() => Vec::new(),
        Raw::Variable(list) => list.split(',').map(socket).collect::<Result<_, _>>()?,
        raw => {
            let message = format!("expected a list of addresses, found {}", raw.kind());
            return Err(Expected(message, "put it in brackets: [\"127.0.0.1:8080\"]".to_owned()));
        }
    };
    let twice = list.iter().enumerate().any(|(i, a)| a.port() != 0 && list.iter().skip(i + 1).any(|b| a == b));
    if twice {
        return Err(Expected("the same address stands twice".to_owned(), "remove one of them".to_owned()));
    }
    Ok(list)
}

/// A path, not yet joined to the home directory.
pub(super) fn file_name(given: &Given, _: &Key) -> Result<PathBuf, Expected> {
    text(given).map(PathBuf::from)
}

/// The SQLite file of `sqlite:ledger.db`.
pub(super) fn ledger(given: &Given, _: &Key) -> Result<PathBuf, Expected> {
    let text = text(given)?;
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Err(Expected(
            "this build keeps the record book in SQLite only: there is no PostgreSQL yet".to_owned(),
            "write \"sqlite:ledger.db\"".to_owned(),
        ));
    }
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() && !path.starts_with("//") && !path.contains('?') => Ok(PathBuf::from(path)),
        _ => Err(Expected(
            "expected \"sqlite:\" and a path, without // and without parameters".to_owned(),
            "write \"sqlite:ledger.db\"".to_owned(),
        )),
    }
}

/// A line of text for people.
pub(super) fn words(given: &Given, _: &Key) -> Result<String, Expected> {
    let text = text(given)?.trim();
    match text.chars().count() {
        1..=120 => Ok(text.to_owned()),
        _ => Err(Expected("expected at most 120 characters".to_owned(), "write a shorter name".to_owned())),
    }
}

/// Scheme, host and perhaps a port of people's pages; in clear only on this machine.
pub(super) fn origin(given: &Given, _: &Key) -> Result<url::Url, Expected> {
    let expected = || {
        Expected(
            "expected https and a host, with nothing after it; http only for localhost or 127.0.0.1".to_owned(),
            "write one such as \"https://panel.charity.example\"".to_owned(),
        )
    };
    let url: url::Url = text(given)?.parse().map_err(|_| expected())?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    let safe = url.scheme() == "https" || (url.scheme() == "http" && here);
    if safe && bare && nobody && url.has_host() { Ok(url) } else { Err(expected()) }
}

/// A `tracing` filter: a level, `target=level`, or a list of these.
pub(super) fn filter(given: &Given, _: &Key) -> Result<String, Expected> {
    let text = text(given)?;
    let level = |l: &str| matches!(l, "error" | "warn" | "info" | "debug" | "trace");
    let target = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'));
    // The library takes a misspelt level for a target at `trace`, so each part is checked here.
    let sound = text.split(',').all(|part| match part.split_once('=') {
        Some((t, l)) => target(t) && level(l),
        None => level(part),
    });
    if sound && text.parse::<tracing_subscriber::filter::Targets>().is_ok() {
        return Ok(text.to_owned());
    }
    Err(Expected(
        "expected a level, or a list of target=level".to_owned(),
        "write \"error\", \"warn\", \"info\", \"debug\" or \"trace\"".to_owned(),
    ))
}

/// A whole number within its key's bounds.
pub(super) fn count(given: &Given, key: &Key) -> Result<usize, Expected> {
    let Kind::Count(low, high) = key.kind else { return Err(no_kind()) };
    let digits = match &given.raw {
        Raw::Integer(s) | Raw::Variable(s) => Some(s.as_str()),
        _ => None,
    };
    let expected = || {
        let mend = format!("write one such as {}, without quotes and without a unit", key.value);
        Expected(format!("expected a whole number from {low} to {high}"), mend)
    };
    decimal(digits.ok_or_else(expected)?)
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| (low..=high).contains(n))
        .ok_or_else(expected)
}

/// A number and a unit of bytes, within its key's bounds.
pub(super) fn size(given: &Given, key: &Key) -> Result<usize, Expected> {
    let Kind::Size(low, high) = key.kind else { return Err(no_kind()) };
    let expected = || {
        let message = format!("expected a size from {} to {}", show_size(low), show_size(high));
        Expected(message, format!("write a number and B, KiB, MiB or GiB in quotes, such as {}", key.value))
    };
    let (Raw::Text(text) | Raw::Variable(text)) = &given.raw else { return Err(expected()) };
    quantity(text, &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| (low..=high).contains(n))
        .ok_or_else(expected)
}

/// A number and a unit of time, within its key's bounds.
pub(super) fn time(given: &Given, key: &Key) -> Result<Duration, Expected> {
    let Kind::Time(low, high) = key.kind else { return Err(no_kind()) };
    let expected = || {
        let message = format!("expected a time from {low:?} to {high:?}");
        Expected(message, format!("write a number and ms, s, m or h in quotes, such as {}", key.value))
    };
    let (Raw::Text(text) | Raw::Variable(text)) = &given.raw else { return Err(expected()) };
    quantity(text, &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)])
        .map(Duration::from_millis)
        .filter(|t| (low..=high).contains(t))
        .ok_or_else(expected)
}

/// `30s` with `("s", 1000)` is 30000. A unit is not optional: a bare number hides which one was meant.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(end)?;
    let (_, factor) = units.iter().find(|(u, _)| *u == unit)?;
    decimal(digits)?.checked_mul(*factor)
}

/// Plain decimal digits: no sign, no leading zero, no underscores.
fn decimal(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    if plain { digits.parse().ok() } else { None }
}

fn show_size(bytes: usize) -> String {
    match bytes {
        b if b % (1 << 30) == 0 => format!("{}GiB", b >> 30),
        b if b % (1 << 20) == 0 => format!("{}MiB", b >> 20),
        b if b % (1 << 10) == 0 => format!("{}KiB", b >> 10),
        b => format!("{b}B"),
    }
}

fn no_kind() -> Expected {
    Expected("cannot be read".to_owned(), "remove the key, and tell us".to_owned())
}

impl Raw {
    /// What a value is called.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Variable(_) => "text",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
            Self::Other(name) => name,
        }
    }
}
