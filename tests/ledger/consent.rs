//! Uses are counted, repeated, given back; endings take effect at once.

use crate::book::*;
use havengate::{
    consent::{Grant, Use},
    ledger::{Assert, AssertFailure, Change, Ledger, LedgerError, Tx, leaf::Kind, leaf::Leaf},
};

async fn spend(ledger: &Ledger, grant: &Grant, digest: u8) -> Result<havengate::ledger::Receipt, AssertFailure> {
    permit(ledger, consented(fresh(), grant, digest)).await
}

#[tokio::test]
async fn the_same_use_within_a_day_is_a_retry_and_a_different_one_spends() {
    let book = Book::new();
    let ledger = book.ready().await;
    let grant = grant(&book, "a", "amina", 2);
    ledger.append(issue(&grant)).await.unwrap();
    let first = spend(&ledger, &grant, 1).await.unwrap();
    let again = spend(&ledger, &grant, 1).await.unwrap();
    assert_eq!((first.retry_of(), again.retry_of()), (None, Some(first.decision())));
    assert_eq!(leaf(&ledger, again.decision()).await["retry_of"], first.decision().to_string());
    assert_eq!(ledger.view().state(&grant.jti).uses, 1);
    spend(&ledger, &grant, 2).await.unwrap();
    assert_eq!(spend(&ledger, &grant, 3).await.unwrap_err(), AssertFailure::ConsentSpent);
    assert!(spend(&ledger, &grant, 2).await.unwrap().retry_of().is_some(), "a retry when all is spent");
    book.pass(hours(23));
    spend(&ledger, &grant, 1).await.unwrap();
    book.pass(hours(1));
    assert_eq!(
        spend(&ledger, &grant, 1).await.unwrap_err(),
        AssertFailure::ConsentSpent,
        "retries do not lengthen the day"
    );
}

#[tokio::test]
async fn another_operation_item_or_person_is_another_use() {
    let book = Book::new();
    let ledger = book.ready().await;
    let grant = grant(&book, "a", "amina", 1);
    ledger.append(issue(&grant)).await.unwrap();
    spend(&ledger, &grant, 1).await.unwrap();
    let with = |f: &dyn Fn(&mut havengate::consent::Use)| {
        let mut tx = consented(fresh(), &grant, 1);
        tx.asserts.iter_mut().for_each(|a| {
            if let Assert::Spend(using) = a {
                f(using);
            }
        });
        tx
    };
    let operation = with(&|u| u.operation = "inform-riverside/update".into());
    assert_eq!(permit(&ledger, operation).await.unwrap_err(), AssertFailure::ConsentSpent);
    let bound = with(&|u| (u.digest, u.max_uses) = ([2; 32], 100));
    assert_eq!(permit(&ledger, bound).await.unwrap_err(), AssertFailure::ConsentSpent, "the kept bound holds");
    let borrowed = with(&|u| u.subject = subject("bilal"));
    assert_eq!(permit(&ledger, borrowed).await.unwrap_err(), AssertFailure::ConsentDiffers);
    let item = with(&|u| u.item = "i2".into());
    assert_eq!(permit(&ledger, item).await.unwrap().retry_of(), None);
    let mut twice = consented(fresh(), &grant, 9);
    twice.asserts.retain(|a| !matches!(a, Assert::Spend(_)));
    let item = |digest| Assert::Spend(havengate::consent::Use { item: "i3".into(), ..using(&grant, digest) });
    twice.asserts.extend([item(9), item(9)]);
    permit(&ledger, twice.clone()).await.expect("the same use named twice is one");
    twice.leaf.decision = Some(fresh());
    twice.asserts.extend([item(8)]);
    assert_eq!(permit(&ledger, twice).await.unwrap_err(), AssertFailure::ConsentSpent);
}

#[tokio::test]
async fn what_did_not_leave_is_given_back_once_and_not_under_a_retry_that_did() {
    let book = Book::new();
    let ledger = book.ready().await;
    let grant = grant(&book, "a", "amina", 1);
    ledger.append(issue(&grant)).await.unwrap();
    let first = spend(&ledger, &grant, 1).await.unwrap();
    ledger.append(outcome(first.decision(), "no")).await.unwrap();
    assert_eq!(ledger.view().state(&grant.jti), Default::default());
    let second = spend(&ledger, &grant, 2).await.unwrap();
    let retry = spend(&ledger, &grant, 2).await.unwrap();
    assert_eq!(retry.retry_of(), Some(second.decision()));
    ledger.append(outcome(second.decision(), "no")).await.unwrap();
    ledger.append(outcome(second.decision(), "no")).await.unwrap();
    assert_eq!(ledger.view().state(&grant.jti).uses, 1, "the retry rests on it");
    assert_eq!(spend(&ledger, &grant, 3).await.unwrap_err(), AssertFailure::ConsentSpent);
    ledger.append(outcome(retry.decision(), "yes")).await.unwrap();
    ledger.append(outcome(retry.decision(), "no")).await.unwrap();
    assert_eq!(ledger.view().state(&grant.jti).uses, 1, "what left is not given back");
    assert!(ledger.verify_live().await.unwrap().is_sound());
}

#[tokio::test]
async fn consent_ends_expires_and_is_unknown() {
    let book = Book::new();
    let ledger = book.ready().await;
    let unknown = grant(&book, "u", "amina", 9);
    assert_eq!(spend(&ledger, &unknown, 1).await.unwrap_err(), AssertFailure::ConsentUnknown);
    let ended = grant(&book, "e", "amina", 9);
    ledger.append(issue(&ended)).await.unwrap();
    assert!(matches!(ledger.append(issue(&ended)).await, Err(LedgerError::Conflict(_))), "one id, one consent");
    ledger.append(end(&ended.jti)).await.unwrap();
    assert_eq!(ledger.view().state(&ended.jti).ended, Some(book.now()));
    let id = fresh();
    assert_eq!(permit(&ledger, consented(id, &ended, 1)).await.unwrap_err(), AssertFailure::ConsentEnded);
    assert_eq!(leaf(&ledger, id).await["code"], "consent-changed");
    let expires = grant(&book, "x", "amina", 9);
    ledger.append(issue(&expires)).await.unwrap();
    spend(&ledger, &expires, 1).await.unwrap();
    book.pass(hours(99));
    let mut longer = consented(fresh(), &expires, 1);
    longer.asserts[2] = Assert::GrantLive { jti: expires.jti.clone(), expires: book.now() + hours(9) };
    assert_eq!(permit(&ledger, longer).await.unwrap_err(), AssertFailure::ConsentExpired, "the kept expiry holds");
}

fn remembering(grant: &Grant, digest: u8) -> Tx {
    let mut tx = consented(fresh(), grant, digest);
    tx.changes.push(Change::Remember(grant.clone()));
    tx
}

#[tokio::test]
async fn a_token_is_remembered_and_can_be_ended_before_it_was_ever_seen() {
    let book = Book::new();
    let ledger = book.ready().await;
    let token = grant(&book, "t", "amina", 1);
    permit(&ledger, remembering(&token, 1)).await.unwrap();
    permit(&ledger, remembering(&token, 1)).await.expect("remembering is idempotent");
    assert_eq!(ledger.view().grants(&token.subject).len(), 0, "a token counts only where it is shown");
    assert!(ledger.view().by_id(&token.jti).is_none());
    let forged = Grant { max_uses: 1000, ..token.clone() };
    assert_eq!(permit(&ledger, remembering(&forged, 2)).await.unwrap_err(), AssertFailure::ConsentDiffers);
    ledger.append(end(&token.jti)).await.unwrap();
    assert_eq!(permit(&ledger, remembering(&token, 1)).await.unwrap_err(), AssertFailure::ConsentEnded);

    let unseen = grant(&book, "n", "amina", 1);
    ledger.append(end(&unseen.jti)).await.unwrap();
    assert!(ledger.view().state(&unseen.jti).ended.is_some());
    assert_eq!(permit(&ledger, remembering(&unseen, 1)).await.unwrap_err(), AssertFailure::ConsentEnded);
}

#[tokio::test]
async fn ending_all_of_a_person_ends_tokens_not_yet_seen_and_nobody_elses() {
    let book = Book::new();
    let ledger = book.ready().await;
    let (hers, token, his) =
        (grant(&book, "h", "amina", 9), grant(&book, "t", "amina", 9), grant(&book, "o", "bilal", 9));
    ledger.append(issue(&hers)).await.unwrap();
    ledger.append(issue(&his)).await.unwrap();
    let died = tx(Leaf::new(Kind::ConsentEnded), vec![Change::EndAll(subject("amina"))]);
    ledger.append(died).await.unwrap();
    assert_eq!(spend(&ledger, &hers, 1).await.unwrap_err(), AssertFailure::ConsentEnded);
    assert_eq!(permit(&ledger, remembering(&token, 1)).await.unwrap_err(), AssertFailure::ConsentEnded);
    assert!(ledger.view().state(&token.jti).ended.is_some(), "everybody can see now that it is ended");
    spend(&ledger, &his, 1).await.unwrap();
    book.pass(hours(2));
    let later = grant(&book, "l", "amina", 9);
    ledger.append(issue(&later)).await.unwrap();
    spend(&ledger, &later, 1).await.expect("consent given afterwards is consent");
}

/// However the two meet, the record shows an order: nothing is permitted after the ending.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_race_between_ending_and_permission_has_one_order() {
    let book = Book::new();
    let ledger = std::sync::Arc::new(book.ready().await);
    for round in 0..20 {
        let grant = grant(&book, &format!("r{round}"), "amina", 1000);
        ledger.append(issue(&grant)).await.unwrap();
        let permits: Vec<_> = (0..8)
            .map(|n| {
                let (ledger, grant) = (std::sync::Arc::clone(&ledger), grant.clone());
                tokio::spawn(async move { spend(&ledger, &grant, n).await.map(|r| r.index()) })
            })
            .collect();
        let ended = ledger.append(end(&grant.jti)).await.unwrap().index;
        for permit in permits {
            match permit.await.unwrap() {
                Ok(index) => assert!(index < ended, "permitted at {index}, ended at {ended}"),
                Err(failure) => assert_eq!(failure, AssertFailure::ConsentEnded),
            }
        }
        assert!(spend(&ledger, &grant, 99).await.is_err());
    }
    assert!(ledger.verify_live().await.unwrap().is_sound());
}

#[tokio::test]
async fn two_thousand_uses_at_once_are_counted_one_by_one() {
    let book = Book::new();
    let ledger = book.ready().await;
    let grant = grant(&book, "a", "amina", 2_000);
    ledger.append(issue(&grant)).await.unwrap();
    let many = |from: u16, to: u16| {
        let mut tx = request(fresh());
        // Every use twice: named twice it is one use.
        tx.asserts.extend((from..to).chain(from..to).map(|n| {
            let mut digest = [0; 32];
            digest[..2].copy_from_slice(&n.to_be_bytes());
            Assert::Spend(Use { digest, ..using(&grant, 0) })
        }));
        tx
    };
    assert_eq!(permit(&ledger, many(0, 2_001)).await.unwrap_err(), AssertFailure::ConsentSpent);
    permit(&ledger, many(0, 2_000)).await.unwrap();
    assert_eq!(ledger.view().state(&grant.jti).uses, 2_000);
    assert_eq!(permit(&ledger, many(2_000, 2_001)).await.unwrap_err(), AssertFailure::ConsentSpent);
}

#[tokio::test]
async fn more_than_one_record_may_have_is_refused_before_the_writer_sees_it() {
    let book = Book::new();
    let ledger = book.ready().await;
    let mut tx = request(fresh());
    tx.detail = vec![tx.detail[0].clone(); 100_001];
    assert!(matches!(ledger.permit(tx).await, Err(LedgerError::Malformed(why)) if why.contains("more detail rows")));
    let grant = grant(&book, "a", "amina", 9);
    let mut tx = request(fresh());
    tx.asserts.extend(std::iter::repeat_with(|| Assert::Spend(using(&grant, 0))).take(100_000));
    assert!(matches!(ledger.permit(tx).await, Err(LedgerError::Malformed(why)) if why.contains("assertions")));
}
