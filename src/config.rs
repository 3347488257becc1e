//! `havengate.toml` and `HAVENGATE__SECTION__KEY` into one checked [`Config`] (design section 10).
//!
//! `schema` lists every key once; `source` reads file and environment into known keys with their places;
//! `read` types one value; `assemble` joins them and checks what must hold between them. No message ever
//! repeats a value.

mod assemble;
mod callers;
mod fault;
mod notify;
mod read;
mod schema;
mod source;
mod template;

use crate::flow::{App, Host};
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io::Read as _,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

pub use fault::{Fault, Faults, Place};
pub use notify::{Mail, Notify, PASSWORD_FILE, Rhythm, Webhook};
pub use template::{template, template_for};

/// The only variable besides the overrides: which file to read.
pub const CONFIG_VARIABLE: &str = "HAVENGATE_CONFIG";

/// The file that is read when nobody names one.
pub const FILE_NAME: &str = "havengate.toml";

/// No configuration is larger.
const FILE_LIMIT: u64 = 1 << 20;

/// Which file to read: `--config`, then `HAVENGATE_CONFIG`, then `havengate.toml` where we are.
#[must_use]
pub fn locate(flag: Option<&Path>, variable: Option<&OsStr>) -> PathBuf {
    match (flag, variable) {
        (Some(flag), _) => flag.to_owned(),
        (None, Some(variable)) if !variable.is_empty() => PathBuf::from(variable),
        _ => PathBuf::from(FILE_NAME),
    }
}

impl Config {
    /// Reads the file and lays the environment over it.
    ///
    /// # Errors
    /// [`Faults`]: everything that is wrong, each with its place and the mend, never with a value.
    pub fn load(file: &Path, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, Faults> {
        let text = read_file(file)?;
        Self::parse(&text, file, environment)
    }

    /// The same from a text that was read already.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(
        text: &str,
        file: &Path,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Faults> {
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let home = absolute.parent().unwrap_or(&absolute).to_owned();
        let mut source = source::Source::default();
        source.file(file, text);
        source.environment(environment);
        assemble::config(source, &home)
    }

    /// The panel's own store: accounts, figures made from the record book, what is told to whom.
    #[must_use]
    pub fn panel_store(&self) -> PathBuf {
        self.home.join("panel.db")
    }

    /// Where commands speak to a running gateway.
    #[must_use]
    pub fn control_socket(&self) -> PathBuf {
        self.home.join("control.sock")
    }

    /// What is legal but unwise, for `check` and the start.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.callers.is_empty() {
            warnings.push("nobody may call: add a caller with `havengate caller add APP`".to_owned());
        }
        if self.gateway.tls.is_none() && self.gateway.listen.iter().any(|a| !a.ip().is_loopback()) {
            warnings.push("gateway.listen is reachable from other machines in clear: set gateway.tls".to_owned());
        }
        for (name, to) in &self.gateway.resolve {
            let port = to.port.map(|p| format!(" port {p}")).unwrap_or_default();
            warnings.push(format!("{name} is not asked of DNS: it is {}{port}", to.address));
        }
        warnings
    }
}

fn read_file(file: &Path) -> Result<String, Faults> {
    let fault = |message: String, mend: &str| {
        let (place, mend) = (Place::File(file.to_owned()), mend.to_owned());
        Faults::from(Fault { place, key: None, message, mend })
    };
    let open = std::fs::File::open(file).map_err(|e| {
        fault(
            format!("cannot be read: {}", e.kind()),
            "name the file with --config, or make a home directory with `havengate init`",
        )
    })?;
    let mut text = String::new();
    match open.take(FILE_LIMIT + 1).read_to_string(&mut text) {
        Ok(_) if text.len() as u64 > FILE_LIMIT => Err(fault("is larger than 1 MiB".to_owned(), "name the right file")),
        Ok(_) => Ok(text),
        Err(e) => Err(fault(format!("cannot be read as UTF-8 text: {}", e.kind()), "name the right file")),
    }
}

/// Everything the process was told. Relative paths are resolved against the file's directory, the *home*.
#[derive(Debug, Clone)]
pub struct Config {
    /// The directory of `havengate.toml`; holds keys, ledger, spool and `control.sock`.
    pub home: PathBuf,
    /// The callers' side.
    pub gateway: Gateway,
    /// `/metrics`, `/livez`, `/readyz`.
    pub operations: Operations,
    /// The scrutiny panel's pages; absent: none.
    pub panel: Option<Panel>,
    /// How the panel is told, besides its pages.
    pub notify: Notify,
    /// The `policies/` directory.
    pub policies: PathBuf,
    /// The SQLite file, from `ledger.url = "sqlite:ledger.db"`.
    pub ledger: PathBuf,
    /// The directory of keys and secrets, files with mode 0600.
    pub keys: PathBuf,
    /// Where large bodies wait while they are judged, in files without a name: `limits.spool`, or the home.
    pub spool: PathBuf,
    /// Bounds, each with a documented default.
    pub limits: Limits,
    /// How much is logged: a `tracing` filter, `info` by default.
    pub log: String,
    /// Who may call.
    pub callers: Vec<Caller>,
}

/// The callers' listener and the way out.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// This gateway's name in records: an identifier.
    pub name: String,
    /// The `aud` that consent tokens must name: `urn:havengate:gateway:charity.example`.
    pub audience: String,
    /// Where callers connect.
    pub listen: Vec<SocketAddr>,
    /// TLS for callers; without it the listener speaks HTTP/1.1 in clear.
    pub tls: Option<Tls>,
    /// Names that are not asked of DNS: shown by `check`, recorded at boot. A port replaces the URL's.
    pub resolve: BTreeMap<Host, Override>,
    /// DNS servers; empty is the system's.
    pub dns: Vec<SocketAddr>,
    /// A PEM file of certification authorities for recipients; absent is the system's.
    pub upstream_roots: Option<PathBuf>,
}

/// A fixed answer in place of DNS. Being listed here also lists a special-use address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Override {
    /// The address.
    pub address: IpAddr,
    /// Another port than the URL's.
    pub port: Option<u16>,
}

/// TLS for callers.
#[derive(Debug, Clone)]
pub struct Tls {
    /// PEM chain.
    pub certificate: PathBuf,
    /// PEM key.
    pub key: PathBuf,
    /// PEM authorities for callers' certificates (mTLS); absent: no client certificates are asked for.
    pub client_roots: Option<PathBuf>,
}

/// The operations listener.
#[derive(Debug, Clone)]
pub struct Operations {
    /// Where; absent: none.
    pub listen: Option<SocketAddr>,
}

/// The scrutiny panel's pages.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Where browsers connect.
    pub listen: SocketAddr,
    /// How people reach it: scheme, host and port.
    pub url: url::Url,
    /// The organisation's name, as pages show it; empty where none was given.
    pub organisation: String,
    /// About how many clients the organisation works with in a year.
    pub clients: usize,
    /// TLS; without it the listener is on loopback.
    pub tls: Option<Tls>,
}

/// One calling system.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Its name in policies.
    pub app: App,
    /// How it proves it.
    pub proof: Proof,
}

/// How a caller proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// SHA-256 of the secret in `Havengate-Token`.
    Token([u8; 32]),
    /// A DNS or URI subject alternative name of its client certificate.
    San(String),
    /// Any connection from a loopback address. One app at most.
    Loopback,
}

/// Bounds. At the bound a request is refused.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A request head, bytes. 32 KiB.
    pub head: usize,
    /// Header fields. 100.
    pub headers: usize,
    /// A request body, bytes. 8 MiB.
    pub body: usize,
    /// One record, bytes. 1 MiB.
    pub record: usize,
    /// Nesting of a body. 64.
    pub depth: usize,
    /// Members of one object. 10,000.
    pub members: usize,
    /// People that one request may be about. 1,000.
    pub people: usize,
    /// Connections open at once. 1,024.
    pub connections: usize,
    /// Requests in flight at once. 256.
    pub requests: usize,
    /// From connection to the first byte, and the whole head. 10 s.
    pub head_time: Duration,
    /// Between two requests of a connection. 60 s.
    pub idle_time: Duration,
    /// The whole body. 60 s.
    pub body_time: Duration,
    /// Dialling a recipient, TLS included. 10 s.
    pub connect_time: Duration,
    /// From the last request byte to the answer's head. 60 s.
    pub upstream_time: Duration,
    /// From SIGTERM to the end. 30 s.
    pub drain_time: Duration,
    /// Disk that large bodies in flight may take together, bytes. 4 GiB.
    pub spool_total: usize,
    /// Memory that bodies in flight may need together, bytes. 512 MiB.
    pub memory: usize,
    /// A commit's acknowledgement. 5 s.
    pub ledger_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            head: 32 << 10,
            headers: 100,
            body: 8 << 20,
            record: 1 << 20,
            depth: 64,
            members: 10_000,
            people: 1000,
            connections: 1024,
            requests: 256,
            head_time: s(10),
            idle_time: s(60),
            body_time: s(60),
            connect_time: s(10),
            upstream_time: s(60),
            drain_time: s(30),
            spool_total: 4 << 30,
            memory: 512 << 20,
            ledger_time: s(5),
        }
    }
}
