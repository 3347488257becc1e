//! A gateway's home: keys, policies, consents, configuration.

use super::{
    body::{CLIENTS, CONSENTED, OPERATIONAL, STRIPPED, client},
    process::Process,
};
use havengate::{
    config::Config,
    consent::{
        ActOfConsent, Capacity, ConsentAct, Explained, Interpreter,
        issue::{self, Draft, DraftItem},
        keys::Keys,
    },
    flow::Form,
    gate::keys,
    ledger::{Change, Leaf, Ledger, Opening, Tx, leaf::Kind},
    policy::{Sources, shipped},
};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use std::{fmt::Write as _, fs, net::SocketAddr, path::Path};

/// How many policies there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// What came with this version and the bench's connection.
    One,
    /// 500 organisations and 100 connections besides.
    Many,
}

/// Removed when it is dropped.
pub(crate) struct Home {
    directory: tempfile::TempDir,
    address: SocketAddr,
}

impl Home {
    /// Makes a home on the disk that the sources are built on.
    pub(crate) fn make(recipient: SocketAddr, size: Size) -> Self {
        Self::with(recipient, size, "")
    }

    /// The same with more of the configuration.
    pub(crate) fn with(recipient: SocketAddr, size: Size, more: &str) -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let path = directory.path();
        keys::create_dir(&path.join("keys")).expect("keys");
        for (name, text) in sources(size).0 {
            let file = path.join("policies").join(name);
            fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
            fs::write(file, text).expect("a file");
        }
        let address = free_address();
        let text = format!(
            "[gateway]\nname = \"bench\"\nlisten = [\"{address}\"]\n\n[gateway.resolve]\n\
             \"refer.bench.example\" = \"{recipient}\"\n\n[[caller]]\napp = \"bench\"\nloopback = true\n{more}"
        );
        let file = path.join("havengate.toml");
        fs::write(&file, &text).expect("a file");
        let config = Config::parse(&text, &file, []).expect("a configuration");
        Ledger::create(&config.ledger, &Opening::new("bench")).expect("a record book");
        if size == Size::One {
            consents(&config);
        }
        Self { directory, address }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts the gateway and waits until it listens.
    pub(crate) fn run(&self) -> Process {
        Process::gateway(&self.path().join("havengate.toml"), self.address)
    }
}

/// The gateway is told where to listen before it runs.
pub(crate) fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

fn sources(size: Size) -> Sources {
    let mut sources = shipped::sources();
    let mut organisations = sources.get("organisations.toml").unwrap_or_default().to_owned();
    organisations.push_str(&organisation("bench-council", "refer.bench.example"));
    // Others' secrets are not in this home.
    sources.0.retain(|name, _| !name.starts_with("integrations/"));
    sources.insert("integrations/bench.toml", connection("bench", "bench-council", "refer.bench.example"));
    if size == Size::Many {
        for i in 0..500 {
            let (id, host) = (format!("council-{i}"), format!("refer.c{i}.example"));
            organisations.push_str(&organisation(&id, &host));
            let to = if i % 50 == 0 { "nrpf-connect".to_owned() } else { format!("council-{}", (i * 7 + 1) % 500) };
            let _ = write!(
                organisations,
                "[[link]]\nfrom = \"{id}\"\nto = \"{to}\"\nkind = \"shares-with\"\nstatus = \"contested\"\n\
                 confidence = \"low\"\nevidence = [\"page\"]\nnote = \"invented for the bench\"\n"
            );
            if i % 5 == 1 {
                let name = format!("c{i}");
                sources.insert(format!("integrations/{name}.toml"), connection(&name, &id, &host));
            }
        }
    }
    sources.insert("organisations.toml", organisations);
    sources
}

fn organisation(id: &str, host: &str) -> String {
    let today = Timestamp::now().in_tz("Europe/London").expect("a time zone").date();
    let (before, after) = (today.saturating_sub(30.days()), today.saturating_add(300.days()));
    format!(
        "\n[[organisation]]\nid = \"{id}\"\nname = \"{id} (example)\"\n[[organisation.system]]\nid = \"{id}/referrals\"\n\
         kind = \"housing\"\nhosts = [\"{host}\", \"api.{host}\"]\n\
         assessed = {{ on = {before}, until = {after}, by = \"panel\", reason = \"invented for the bench\" }}\n\
         undertaking = {{ sha256 = \"{}\", role = \"Head of Housing\", signed = {before}, expires = {after}, \
         except_required_by_law = true, tells_us_first = true }}\n",
        "b9d4163a4537b9a5".repeat(4)
    )
}

fn connection(id: &str, organisation: &str, host: &str) -> String {
    let mut fields = String::new();
    for (name, category) in STRIPPED {
        let _ = writeln!(fields, "\"$.{name}\" = \"{category}\"");
    }
    for (name, category, _) in CONSENTED {
        let _ = writeln!(fields, "\"$.{name}\" = \"{category}\"");
    }
    for i in 0..OPERATIONAL {
        let _ = writeln!(fields, "\"$.need{i}\" = \"hg:HousingNeed\"");
    }
    let operation = |id: &str, path: &str, limit: &str, select: &str| {
        format!(
            "\n[[operation]]\nid = \"{id}\"\nmethod = \"POST\"\npath = \"{path}\"\n\n[operation.body]\n\
             media = \"application/json\"\nunlisted = \"strip\"\n{limit}\n[[operation.body.record]]\n{select}\
             subject = \"body:$.ref\"\n\n[operation.body.record.fields]\n{fields}"
        )
    };
    format!(
        "id = \"{id}\"\napp = \"bench\"\ndestination = \"{organisation}/referrals\"\nupstream = \"http://{host}\"\n\
         plain_http = \"a bench on this machine\"\nroute = {{ prefix = \"/{id}\" }}\npurpose = \"accommodation\"\n\
         {}{}{}",
        operation("refer", "/referrals", "", ""),
        operation("refer-batch", "/batches", "", "select = \"$.clients[*]\"\n"),
        operation("refer-all", "/all", "limit = \"2GiB\"\n", "select = \"$.clients[*]\"\n")
    )
}

/// Every client agreed to what the bench sends of them.
fn consents(config: &Config) {
    let keys = keys::load_dir(&config.keys).expect("keys");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let ledger = Ledger::open(&config.ledger, Opening::new("bench")).expect("a record book");
        for n in 0..CLIENTS {
            let (leaf, changes) = (Leaf::new(Kind::ConsentIssued), vec![Change::Issue(grant(&keys, n))]);
            ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.expect("a record");
        }
        ledger.close().await.expect("a clean end");
    });
}

fn grant(keys: &Keys, n: u64) -> havengate::consent::Grant {
    let now = Timestamp::now();
    let at = now - SignedDuration::from_hours(1);
    let items = CONSENTED.iter().map(|(_, category, _)| DraftItem {
        category: category.parse().expect("a category"),
        form: Form::Raw,
        path: None,
    });
    let draft = Draft {
        destination: "bench-council/referrals".parse().expect("a system"),
        purpose: "accommodation".parse().expect("a purpose"),
        items: items.collect(),
        declined: Vec::new(),
        not_before: at,
        expires: now + SignedDuration::from_hours(24 * 14),
        max_uses: 10_000,
        consent: ConsentAct {
            act: ActOfConsent::SignedOnDevice,
            at,
            explained: Explained { purpose: at, necessity: at, risks: at, alternatives: at },
            capacity: Capacity::Presumed,
            interpreter: Interpreter::NotNeeded,
            spoke_alone: true,
            own_language: true,
        },
        advice: None,
    };
    let subject = keys.subjects.label(&"bench".parse().expect("an app"), &client(n));
    issue::grant(&draft, subject, u128::from(n).to_be_bytes(), now).expect("a consent")
}
