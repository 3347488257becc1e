//! A record book in a directory of its own, and the transactions that tests write into it.

use havengate::{
    consent::{ActOfConsent, Capacity, ConsentAct, Explained, Grant, Interpreter, Item, Use},
    flow::{
        Act, Category, ConsentId, DecisionId, Form, Group, IntegrationId, OperationId, Purpose, SubjectLabel, SystemId,
    },
    ledger::{
        Assert, Change, Detail, Ledger, Opening, Permission, Receipt, Tx,
        leaf::{Decided, Kind, Leaf},
    },
    policy::PolicyHash,
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

pub(crate) const POLICY: PolicyHash = PolicyHash([7; 32]);

/// A directory, a clock that can be set, and the paths.
pub(crate) struct Book {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) clock: Arc<Mutex<Timestamp>>,
}

impl Book {
    /// An empty record book.
    pub(crate) fn new() -> Self {
        let book = Self {
            directory: tempfile::tempdir().unwrap(),
            clock: Arc::new(Mutex::new("2026-10-24T10:00:00Z".parse().unwrap())),
        };
        Ledger::create(&book.path(), &book.opening()).unwrap();
        book
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("ledger.db")
    }

    pub(crate) fn opening(&self) -> Opening {
        let clock = Arc::clone(&self.clock);
        let mut opening = Opening::new("charity");
        opening.clock = Arc::new(move || *clock.lock().unwrap());
        opening
    }

    pub(crate) fn open(&self) -> Ledger {
        Ledger::open(&self.path(), self.opening()).unwrap()
    }

    /// An open record book with the test's policy active.
    pub(crate) async fn ready(&self) -> Ledger {
        let ledger = self.open();
        ledger.append(activation(POLICY)).await.unwrap();
        ledger
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.clock.lock().unwrap()
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        let mut now = self.clock.lock().unwrap();
        *now += time;
    }

    /// The file behind the record book's back.
    pub(crate) fn raw(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }
}

pub(crate) fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

pub(crate) fn tx(leaf: Leaf, changes: Vec<Change>) -> Tx {
    Tx { asserts: vec![], leaf, detail: vec![], changes }
}

pub(crate) fn activation(policy: PolicyHash) -> Tx {
    let mut leaf = Leaf::new(Kind::PolicyActivated);
    leaf.policy = Some(policy);
    tx(leaf, vec![Change::ActivatePolicy { hash: policy, sources: "{}".into() }])
}

/// A decision id nobody has had.
pub(crate) fn fresh() -> DecisionId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes[8..].copy_from_slice(&u64::from(std::process::id()).to_be_bytes());
    DecisionId::from_bytes(bytes)
}

pub(crate) fn integration() -> IntegrationId {
    IntegrationId::parse("inform-riverside").unwrap()
}

pub(crate) fn destination() -> SystemId {
    SystemId::parse("riverside-council/housing-referrals").unwrap()
}

pub(crate) fn jti(name: &str) -> ConsentId {
    ConsentId::parse(&format!("agreed-{name:-<18}")).unwrap()
}

pub(crate) fn subject(name: &str) -> SubjectLabel {
    SubjectLabel::parse(&format!("k1.subject-{name:_<35}")).unwrap()
}

/// A permission to send two values that need nobody's consent.
pub(crate) fn request(decision: DecisionId) -> Tx {
    let mut leaf = Leaf::new(Kind::Decision);
    leaf.decision = Some(decision);
    leaf.integration = Some(integration());
    leaf.operation = Some(OperationId::parse("refer").unwrap());
    leaf.destination = Some(destination());
    leaf.decided = Some(Decided::Allowed);
    leaf.policy = Some(POLICY);
    leaf.counts.insert((Group::Identity, "raw", Act::Sent), 1);
    leaf.counts.insert((Group::Location, "raw", Act::Stripped), 1);
    let row = |category: &str, act| Detail {
        at: "2026-10-24T09:59:59.5Z".parse().unwrap(),
        subject: Some(subject("amina")),
        consent: None,
        category: Some(Category::parse(category).unwrap()),
        form: Some(Form::Raw),
        path: Some("$.firstName".into()),
        act,
        count: 1,
    };
    Tx {
        asserts: vec![
            Assert::PolicyActive(POLICY),
            Assert::NotStopped { integration: integration(), destination: destination() },
        ],
        leaf,
        detail: vec![row("pd:Name", Act::Sent), row("pd:Location", Act::Stripped)],
        changes: vec![],
    }
}

/// The same, under a consent.
pub(crate) fn consented(decision: DecisionId, grant: &Grant, digest: u8) -> Tx {
    let mut tx = request(decision);
    tx.asserts.push(Assert::GrantLive { jti: grant.jti.clone(), expires: grant.expires });
    tx.asserts.push(Assert::Spend(using(grant, digest)));
    tx.detail.iter_mut().for_each(|row| row.consent = Some(grant.jti.clone()));
    tx
}

pub(crate) fn using(grant: &Grant, digest: u8) -> Use {
    Use {
        jti: grant.jti.clone(),
        item: "i1".into(),
        subject: grant.subject.clone(),
        operation: "inform-riverside/refer".into(),
        digest: [digest; 32],
        max_uses: grant.max_uses,
    }
}

/// A consent of `who` for one item, given an hour ago, for a day.
pub(crate) fn grant(book: &Book, name: &str, who: &str, max_uses: u32) -> Grant {
    let at = book.now() - hours(1);
    Grant {
        jti: jti(name),
        subject: subject(who),
        not_before: at,
        expires: at + hours(100),
        max_uses,
        items: vec![Item {
            id: "i1".into(),
            destination: destination(),
            category: Category::parse("pd:Name").unwrap(),
            purpose: Purpose::Accommodation,
            form: Form::Raw,
            path: None,
        }],
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
    }
}

pub(crate) fn issue(grant: &Grant) -> Tx {
    tx(Leaf::new(Kind::ConsentIssued), vec![Change::Issue(grant.clone())])
}

pub(crate) fn end(jti: &ConsentId) -> Tx {
    tx(Leaf::new(Kind::ConsentEnded), vec![Change::End(jti.clone())])
}

pub(crate) fn outcome(decision: DecisionId, sent: &str) -> Tx {
    let mut leaf = Leaf::new(Kind::Outcome);
    leaf.decision = Some(decision);
    leaf.extra.insert("sent", sent.into());
    let restored = vec![Change::Restore(decision)];
    tx(leaf, if sent == "no" { restored } else { vec![] })
}

/// The receipt, or the reason there is none.
pub(crate) async fn permit(ledger: &Ledger, tx: Tx) -> Result<Receipt, havengate::ledger::AssertFailure> {
    match ledger.permit(tx).await.unwrap() {
        Permission::Granted(receipt) => Ok(receipt),
        Permission::Refused(failure) => Err(failure),
    }
}

/// The leaf of a decision, as JSON.
pub(crate) async fn leaf(ledger: &Ledger, decision: DecisionId) -> serde_json::Value {
    serde_json::from_str(&ledger.decision(decision).await.unwrap().unwrap().leaf).unwrap()
}
