//! A real record book, so that every receipt in these tests is a real one.

use crate::ways::POLICY;
use havengate::{
    flow::{DecisionId, IntegrationId, SystemId},
    ledger::{
        Assert, Change, Leaf, Ledger, Opening, Permission, Receipt, Tx,
        leaf::{Decided, Kind},
    },
};
use std::sync::atomic::{AtomicU8, Ordering};

/// A record book that gives out receipts.
pub(crate) struct Book {
    ledger: Ledger,
    next: AtomicU8,
    _home: tempfile::TempDir,
}

impl Book {
    pub(crate) async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("ledger.db");
        Ledger::create(&path, &Opening::new("test")).unwrap();
        let ledger = Ledger::open(&path, Opening::new("test")).unwrap();
        let mut leaf = Leaf::new(Kind::PolicyActivated);
        leaf.policy = Some(POLICY);
        let changes = vec![Change::ActivatePolicy { hash: POLICY, sources: "{}".into() }];
        ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
        Self { ledger, next: AtomicU8::new(1), _home: home }
    }

    /// A durable allow for a new decision.
    pub(crate) async fn permit(&self, kind: Kind) -> Receipt {
        let mut leaf = Leaf::new(kind);
        leaf.decision = Some(DecisionId::from_bytes([self.next.fetch_add(1, Ordering::SeqCst); 16]));
        leaf.decided = Some(Decided::Allowed);
        leaf.policy = Some(POLICY);
        leaf.integration = Some(IntegrationId::parse("inform-riverside").unwrap());
        leaf.destination = Some(SystemId::parse("riverside-council/housing-referrals").unwrap());
        let asserts = vec![Assert::PolicyActive(POLICY)];
        match self.ledger.permit(Tx { asserts, leaf, detail: vec![], changes: vec![] }).await.unwrap() {
            Permission::Granted(receipt) => receipt,
            Permission::Refused(failure) => panic!("{failure:?}"),
        }
    }
}
