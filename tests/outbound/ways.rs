//! What the tests of this area start from: a real record book, a resolver with one fixed name, a client.

use crate::{
    book::Book,
    screening,
    support::{authority::Authority, standin::Standin},
};
use havengate::{
    config::{Gateway, Override},
    flow::{DecisionId, Host, IntegrationId, SystemId},
    gate::{
        answer::{Answer, Listed, OwnRoute},
        credentials::Credential,
        resolve::{Denials, Pinned, Resolver, Rules},
        spool::Content,
        tls::ClientTls,
        upstream::{Client, Outgoing, SendFailure, Times},
    },
    ledger::leaf::Kind,
    policy::{
        PolicyHash,
        integration::{Auth, Integration, RouteRule, Upstream},
    },
    verdict::{Code, Refusal},
};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

/// The recipient's name in every test.
pub(crate) const HOST: &str = "refer.riverside.example";
/// Whom consents are addressed to.
pub(crate) const AUDIENCE: &str = "urn:havengate:gateway:test";
/// The policy that is active.
pub(crate) const POLICY: PolicyHash = PolicyHash([7; 32]);
/// A policy that was or will be.
pub(crate) const ANOTHER: PolicyHash = PolicyHash([8; 32]);

/// Long enough never to matter where a time is not what is tested.
const LONG: Duration = Duration::from_secs(30);

pub(crate) fn times() -> Times {
    Times { connect: LONG, head: LONG, write: LONG, quiet: LONG, whole: LONG, idle: LONG }
}

/// For tests of what happens when the recipient is silent.
pub(crate) fn short_times() -> Times {
    let short = Duration::from_millis(300);
    Times { connect: short, head: short, write: short, quiet: short, whole: short * 3, idle: LONG }
}

/// The way out, with everything real behind it.
pub(crate) struct Way {
    pub(crate) book: Book,
    pub(crate) client: Client,
    pub(crate) authority: Authority,
    _roots: tempfile::TempDir,
}

impl Way {
    pub(crate) async fn new(times: Times) -> Self {
        let authority = Authority::new();
        let roots = tempfile::tempdir().unwrap();
        let tls = ClientTls::new(Some(&authority.write(roots.path()))).unwrap();
        Self { book: Book::new().await, client: Client::new(tls, times, POLICY), authority, _roots: roots }
    }

    /// Sends with a fresh receipt.
    pub(crate) async fn send(&self, message: Message) -> Result<Answer, SendFailure> {
        let receipt = self.book.permit(Kind::Decision).await;
        self.client.send(message.outgoing(receipt.decision()), receipt).await
    }

    /// Sends a small request and reads the whole answer.
    pub(crate) async fn get(&self, pinned: &Pinned) -> (u16, String) {
        let answer = self.send(get(pinned)).await.unwrap();
        let status = answer.status.as_u16();
        (status, String::from_utf8(answer.body.collect(1 << 20).await.unwrap()).unwrap())
    }
}

/// Nobody is denied.
pub(crate) fn rules() -> Rules {
    Rules { epoch: POLICY, denials: Arc::new(|_: &Host| None) }
}

/// One host is the Home Office's, and what is below it.
pub(crate) fn rules_denying(root: &'static str) -> Rules {
    let denies = move |host: &Host| {
        let name = host.to_string();
        (name == root || name.ends_with(&format!(".{root}"))).then(linked)
    };
    Rules { epoch: POLICY, denials: Arc::new(denies) }
}

pub(crate) fn linked() -> Refusal {
    Refusal::plain(Code::DestinationLinked, "the Home Office")
}

/// One organisation gets nothing, whatever its hosts.
pub(crate) struct Organisation(pub(crate) &'static str);

impl Denials for Organisation {
    fn denies(&self, _host: &Host) -> Option<Refusal> {
        None
    }
    fn denies_organisation(&self, name: &str) -> Option<Refusal> {
        (name == self.0).then(linked)
    }
}

pub(crate) fn gateway(resolve: &[(&str, SocketAddr)], dns: &[SocketAddr], listen: &[SocketAddr]) -> Gateway {
    let fixed = |a: &SocketAddr| Override { address: a.ip(), port: Some(a.port()) };
    Gateway {
        name: "test".into(),
        audience: AUDIENCE.into(),
        listen: listen.to_vec(),
        tls: None,
        resolve: resolve.iter().map(|(h, a)| (Host::parse(h).unwrap(), fixed(a))).collect::<BTreeMap<_, _>>(),
        dns: dns.to_vec(),
        upstream_roots: None,
    }
}

pub(crate) fn upstream(host: &str, plain: bool) -> Upstream {
    Upstream {
        host: Host::parse(host).unwrap(),
        port: if plain { 80 } else { 443 },
        plain_http: plain.then(|| "a test on loopback".into()),
        base: vec!["v2".into()],
    }
}

/// Pins the stand-in as the recipient, by override.
pub(crate) async fn pin(standin: &Standin, plain: bool, rules: &Rules) -> Pinned {
    let resolver = Resolver::new(&gateway(&[(HOST, standin.address())], &[], &[]), &[]);
    resolver.judge_and_pin(rules, &[], &upstream(HOST, plain)).await.unwrap()
}

pub(crate) async fn plain(standin: &Standin) -> Pinned {
    pin(standin, true, &rules()).await
}

pub(crate) async fn secure(standin: &Standin) -> Pinned {
    pin(standin, false, &rules()).await
}

/// A connection whose route is `/riverside`.
pub(crate) fn integration(auth: Auth) -> Integration {
    Integration {
        id: IntegrationId::parse("inform-riverside").unwrap(),
        app: havengate::flow::App::parse("inform").unwrap(),
        destination: SystemId::parse("riverside-council/housing-referrals").unwrap(),
        upstream: upstream(HOST, true),
        route: RouteRule::Prefix(vec!["riverside".into()]),
        purpose: havengate::flow::Purpose::Accommodation,
        auth,
        client_certificate: None,
        upstream_roots: None,
        approval: None,
        operations: vec![],
    }
}

/// A request before it is screened.
pub(crate) struct Message {
    pub(crate) pinned: Pinned,
    /// How links in the answer are turned back.
    pub(crate) route: OwnRoute,
    /// Where links stand in the answer.
    pub(crate) listed: Option<Listed>,
    pub(crate) credential: Credential,
    /// Method and target below the route, then headers, line by line.
    pub(crate) head: Vec<String>,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn with(self, line: &str) -> Self {
        let head = self.head.into_iter().chain([line.to_owned()]).collect();
        Self { head, ..self }
    }

    /// Screened, and ready to be sent with the receipt of this decision.
    pub(crate) fn outgoing(self, decision: DecisionId) -> Outgoing {
        let screened = screening::screen(decision, &self.head, &self.body).unwrap();
        let content = Content::untaken(&screened).unwrap();
        Outgoing::screened(&screened, content, self.pinned, self.route, self.listed, self.credential).unwrap()
    }
}

/// A request with only a first line.
pub(crate) fn bare(pinned: &Pinned, first: &str) -> Message {
    Message {
        pinned: pinned.clone(),
        route: OwnRoute::of(&integration(Auth::None)),
        listed: None,
        credential: Credential::none(),
        head: vec![first.to_owned()],
        body: String::new(),
    }
}

pub(crate) fn get(pinned: &Pinned) -> Message {
    bare(pinned, "GET /referrals?area=Leeds")
}

/// A referral that needs this; see [`needing`].
pub(crate) fn post(pinned: &Pinned, need: &str) -> Message {
    Message { body: needing(need), ..bare(pinned, "POST /referrals") }
}

/// The body of a referral.
pub(crate) fn needing(need: &str) -> String {
    format!(r#"{{"need":"{need}"}}"#)
}

/// The rules that a refusal names.
pub(crate) fn named(refusal: &Refusal) -> Vec<&str> {
    refusal.reasons.iter().map(|r| r.rule.as_str()).collect()
}
