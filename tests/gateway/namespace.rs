//! Real addresses: the whole gateway in a network namespace of its own, in which public, private and metadata
//! addresses are somebody who listens and DNS says whatever a trick needs.

use crate::{
    support::{
        dns::{Dns, Question},
        standin::Standin,
    },
    world::{Plan, World, connection},
};
use havengate::verdict::Code;
use std::{future::Future, process::Command, thread};

/// The recipient and what it may be taken for. All are on the namespace's own loopback device.
const PUBLIC: &str = "81.2.69.10";
const PUBLIC_V6: &str = "2a02:6b8::10";
const PRIVATE: &str = "10.9.9.9";
const METADATA: &str = "169.254.169.254";

const NEED: &str = r#"{"beds":1}"#;
const HOST: &str = "beds.public.example";
const TRICKED: &str = "beds.tricked.example";

struct Namespace(String);

impl Namespace {
    /// `Err` says why there can be none here.
    fn new() -> Result<Self, String> {
        let this = Self(format!("hgn{}", std::process::id()));
        ip(&format!("netns add {}", this.0))?;
        ip(&format!("-n {} link set lo up", this.0))?;
        for address in [PUBLIC, PRIVATE, METADATA] {
            ip(&format!("-n {} address add {address}/32 dev lo", this.0))?;
        }
        ip(&format!("-n {} address add {PUBLIC_V6}/128 dev lo nodad", this.0))?;
        Ok(this)
    }

    /// Runs in a thread of its own, because a thread that has moved into a namespace stays there; threads that it
    /// starts are there too.
    fn run(&self, inside: impl AsyncFnOnce() + Send + 'static) {
        let file = format!("/run/netns/{}", self.0);
        let inside = thread::spawn(move || {
            let namespace = std::fs::File::open(file).unwrap();
            let network = Some(rustix::thread::LinkNameSpaceType::Network);
            rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&namespace), network).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(inside());
        });
        inside.join().unwrap();
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = ip(&format!("netns delete {}", self.0));
    }
}

fn ip(arguments: &str) -> Result<(), String> {
    let output = Command::new("ip").args(arguments.split(' ')).output().map_err(|e| e.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
}

/// What DNS says of [`TRICKED`] in one case, and which rule refuses it.
struct Trick {
    zone: &'static [(&'static str, &'static str)],
    code: Code,
    rule: &'static str,
}

const TRICKS: &[Trick] = &[
    Trick { zone: &[(TRICKED, "A 10.9.9.9")], code: Code::DestinationMismatch, rule: "special-use-address" },
    Trick {
        zone: &[(TRICKED, "A 81.2.69.10"), (TRICKED, "A 10.9.9.9")],
        code: Code::DestinationMismatch,
        rule: "special-use-address",
    },
    Trick {
        zone: &[(TRICKED, "A 81.2.69.10"), (TRICKED, "AAAA ::ffff:10.9.9.9")],
        code: Code::DestinationMismatch,
        rule: "special-use-address",
    },
    Trick { zone: &[(TRICKED, "AAAA 64:ff9b::a09:909")], code: Code::DestinationMismatch, rule: "special-use-address" },
    Trick { zone: &[(TRICKED, "A 169.254.169.254")], code: Code::DestinationMismatch, rule: "special-use-address" },
    Trick { zone: &[(TRICKED, "A 127.0.0.1")], code: Code::DestinationMismatch, rule: "special-use-address" },
    Trick {
        zone: &[(TRICKED, "CNAME www.homeoffice.gov.uk"), ("www.homeoffice.gov.uk", "A 81.2.69.10")],
        code: Code::DestinationLinked,
        rule: "no-home-office",
    },
    Trick {
        zone: &[(TRICKED, "CNAME nrpf.riverside.example"), ("nrpf.riverside.example", "A 81.2.69.10")],
        code: Code::DestinationLinked,
        rule: "associated-only-by-data-2",
    },
    Trick {
        zone: &[(TRICKED, "CNAME a.tricked.example"), ("a.tricked.example", "CNAME beds.tricked.example")],
        code: Code::DestinationUnreachable,
        rule: "name-alias-chain",
    },
];

/// The listeners, each of which keeps what reached it.
struct Listening {
    public: Standin,
    public_v6: Standin,
    others: [Standin; 3],
}

impl Listening {
    async fn new() -> Self {
        let at = async |address: &str| Standin::plain_at(address).await;
        Self {
            public: at(&format!("{PUBLIC}:80")).await,
            public_v6: at(&format!("[{PUBLIC_V6}]:80")).await,
            others: [at(&format!("{PRIVATE}:80")).await, at(&format!("{METADATA}:80")).await, at("127.0.0.1:80").await],
        }
    }

    /// Connections to the public addresses and to the others.
    fn connections(&self) -> (usize, usize) {
        let others = self.others.iter().map(Standin::connections).sum();
        (self.public.connections() + self.public_v6.connections(), others)
    }
}

async fn world(react: impl Fn(&Question) -> Vec<Vec<u8>> + Send + Sync + 'static) -> (World, Dns) {
    let dns = Dns::new(react).await;
    let mut plan = Plan::new();
    let own = plan.sources.0.get_mut("organisations.toml").unwrap();
    for (id, host) in [("public", HOST), ("tricked", TRICKED)] {
        *own += &format!(
            "\n[[organisation]]\nid = \"{id}\"\nname = \"{id}\"\n[[organisation.system]]\nid = \"{id}/beds\"\n\
             kind = \"housing\"\nhosts = [\"{host}\"]\n\
             assessed = {{ on = 2026-10-01, until = 2090-09-30, by = \"panel\", reason = \"Invented.\" }}\n\
             undertaking = {{ sha256 = \"{}\", role = \"Manager\", signed = 2026-10-01, expires = 2090-09-30, \
             except_required_by_law = true, tells_us_first = true }}\n",
            "b9d4163a4537b9a5".repeat(4)
        );
    }
    for (id, host) in [("public", HOST), ("tricked", TRICKED)] {
        let plain = "plain_http = \"a test within its own namespace\"";
        plan = plan.connect(id, &connection(id, &format!("{id}/beds"), &format!("http://{host}"), plain));
    }
    plan.gateway = format!("dns = [\"{}\"]\n", dns.address);
    (plan.start().await, dns)
}

fn inside<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    match Namespace::new() {
        Ok(namespace) => namespace.run(async move || test().await),
        Err(why) => println!("skipped: no network namespaces here: {why}"),
    }
}

#[test]
fn public_addresses_are_reached_and_no_trick_leads_anywhere() {
    inside(|| async {
        let listening = Listening::new().await;
        for trick in TRICKS {
            let zone = trick.zone;
            let (world, dns) = world(move |q| match q.name.as_str() {
                HOST => q.from(&[(HOST, "A 81.2.69.10"), (HOST, "AAAA 2a02:6b8::10")]).only(),
                _ => q.from(zone).only(),
            })
            .await;
            let before = listening.connections();
            let answer = world.post("/tricked/needs", NEED).await;
            world.refused(&answer, trick.code, Some(trick.rule)).await;
            assert_eq!(listening.connections(), before, "{zone:?}");
            assert!(dns.asked().iter().all(|q| !q.contains("homeoffice")), "{zone:?}: {:?}", dns.asked());
            // Others are served meanwhile, at a real public address.
            let answer = world.post("/public/needs", NEED).await;
            assert_eq!((answer.status, answer.sent().as_deref()), (200, Some("yes")), "{answer:?}");
            assert_eq!(listening.connections(), (before.0 + 1, 0));
            world.stop().await;
        }
        let received = [listening.public.requests(), listening.public_v6.requests()].concat();
        assert_eq!(received.len(), TRICKS.len());
        assert!(received.iter().all(|r| r.body_text() == NEED && r.header("host").as_deref() == Some(HOST)));
    });
}

/// First the truth, then somebody's own network (DNS rebinding).
#[test]
fn a_name_that_flips_is_pinned_to_what_was_judged() {
    inside(|| async {
        let listening = Listening::new().await;
        let (world, dns) = world(|q| {
            let says = if q.before == 0 { "81.2.69.10" } else { "10.9.9.9" };
            if q.v4() { q.empty().with(TRICKED, 0, &format!("A {says}")).only() } else { q.empty().only() }
        })
        .await;
        let answer = world.post("/tricked/needs", NEED).await;
        assert_eq!((answer.status, answer.sent().as_deref()), (200, Some("yes")), "{answer:?}");
        let answer = world.post("/tricked/needs", NEED).await;
        world.refused(&answer, Code::DestinationMismatch, Some("special-use-address")).await;
        assert_eq!(listening.connections(), (1, 0));
        assert!(dns.asked().len() >= 3, "a lifetime of nothing is asked again");
    });
}
