//! Durable commits beside raw group-committed file appends, in one run on one disk.
//!
//! `cargo bench --bench commits`. Both sides do the same: writers wait each for its own acknowledgement, one
//! thread takes whatever waits, makes it durable with one sync, and acknowledges. The raw side appends the
//! bytes that the record book would keep (the leaf and its detail rows) to one file and calls `fdatasync`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench that meets something unexpected stops there"
)]

#[path = "support/disk.rs"]
mod disk;

use disk::fdatasync_p50;
use havengate::{
    consent::{ActOfConsent, Capacity, ConsentAct, Explained, Grant, Interpreter, Item, Use},
    flow::{
        Act, Category, ConsentId, DecisionId, Form, Group, IntegrationId, OperationId, Purpose, SubjectLabel, SystemId,
    },
    ledger::{
        Assert, Change, Detail, Ledger, Opening, Permission, Tx, anchor_path,
        leaf::{Decided, Kind, Leaf},
        verify,
    },
    policy::PolicyHash,
};
use jiff::{SignedDuration, Timestamp};
use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

const EACH: Duration = Duration::from_secs(3);
const POLICY: PolicyHash = PolicyHash([7; 32]);
/// Clients with a consent that many requests use, each in a different way.
const GRANTS: u64 = 1000;
/// A leaf and two detail rows, as they come out below.
const BYTES: usize = 1000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("runtime");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commits");
    _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("a directory");
    println!("fdatasync of a 4 KiB append, p50: {:.2} ms", fdatasync_p50(&directory).as_secs_f64() * 1e3);
    println!("writers       raw/s    permit/s   ratio   CPU µs   consent/s   ratio   CPU µs");
    for writers in [1, 8, 64] {
        let raw = runtime.block_on(raw(&directory.join(format!("raw-{writers}")), writers));
        let plain = runtime.block_on(permits(&directory.join(format!("plain-{writers}.db")), writers, false));
        let consented = runtime.block_on(permits(&directory.join(format!("consented-{writers}.db")), writers, true));
        println!(
            "{writers:>7} {raw:>11.0} {:>11.0} {:>7.2} {:>8.0} {:>11.0} {:>7.2} {:>8.0}",
            plain.0,
            plain.0 / raw,
            plain.1,
            consented.0,
            consented.0 / raw,
            consented.1
        );
    }
    _ = std::fs::remove_dir_all(&directory);
}

/// Runs `writers` loops for a while and gives their rate a second.
async fn rate<F: Future<Output = ()> + Send + 'static>(
    writers: usize,
    time: Duration,
    once: impl Fn(u64) -> F + Send + Sync + 'static,
) -> f64 {
    let (once, done) = (Arc::new(once), Arc::new(AtomicU64::new(0)));
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (once, done) = (Arc::clone(&once), Arc::clone(&done));
            tokio::spawn(async move {
                while start.elapsed() < time {
                    once(done.fetch_add(1, Ordering::Relaxed)).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a writer");
    }
    done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

async fn raw(path: &Path, writers: usize) -> f64 {
    let mut file = File::create(path).expect("a file");
    let (jobs, queue) = mpsc::sync_channel::<(Vec<u8>, tokio::sync::oneshot::Sender<()>)>(1024);
    let thread = std::thread::spawn(move || {
        while let Ok((mut bytes, reply)) = queue.recv() {
            let mut replies = vec![reply];
            while replies.len() < 512
                && let Ok((more, reply)) = queue.try_recv()
            {
                bytes.extend(more);
                replies.push(reply);
            }
            file.write_all(&bytes).expect("a write");
            file.sync_data().expect("a sync");
            replies.into_iter().for_each(|reply| _ = reply.send(()));
        }
    });
    let rate = rate(writers, EACH, move |_| {
        let jobs = jobs.clone();
        async move {
            let (reply, answer) = tokio::sync::oneshot::channel();
            jobs.try_send((vec![b'x'; BYTES], reply)).expect("room");
            answer.await.expect("an acknowledgement");
        }
    })
    .await;
    thread.join().expect("the thread");
    rate
}

/// Permissions a second, and the processor time of the writer's thread for each, in microseconds.
async fn permits(path: &Path, writers: usize, consented: bool) -> (f64, f64) {
    Ledger::create(path, &Opening::new("bench")).expect("a record book");
    let ledger = Arc::new(Ledger::open(path, Opening::new("bench")).expect("a record book"));
    let mut leaf = Leaf::new(Kind::PolicyActivated);
    leaf.policy = Some(POLICY);
    let changes = vec![Change::ActivatePolicy { hash: POLICY, sources: "{}".into() }];
    ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.expect("a record");
    for n in 0..GRANTS {
        let (leaf, changes) = (Leaf::new(Kind::ConsentIssued), vec![Change::Issue(grant(n, &destination()))]);
        ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.expect("a record");
    }
    let permit = |first: u64| {
        let shared = Arc::clone(&ledger);
        move |n| {
            let ledger = Arc::clone(&shared);
            async move {
                let tx = request(first + n, consented);
                match ledger.permit(tx).await {
                    Ok(Permission::Granted(_)) => {}
                    other => panic!("{other:?}"),
                }
            }
        }
    };
    // Until the write-ahead log has its full length and is written over, as it is ever after.
    let mut full = path.as_os_str().to_owned();
    full.push("-wal");
    let (mut warm, mut before) = (1 << 40, 0);
    while std::fs::metadata(&full).is_ok_and(|m| m.len() > before) {
        before = std::fs::metadata(&full).map_or(0, |m| m.len());
        rate(256, Duration::from_millis(500), permit(warm)).await;
        warm += 1 << 32;
    }
    let (worked, size) = (writer_time(), ledger.head().size);
    let rate = rate(writers, EACH, permit(0)).await;
    let each = (writer_time() - worked).as_secs_f64() * 1e6 / (ledger.head().size - size) as f64;
    ledger.close().await.expect("a clean end");
    drop(ledger);
    let start = Instant::now();
    let size = Ledger::open(path, Opening::new("bench")).expect("the record book again").head().size;
    let opened = start.elapsed().as_secs_f64();
    let start = Instant::now();
    assert!(verify::verify(path).expect("a report").is_sound());
    let verified = start.elapsed().as_secs_f64();
    eprintln!("{writers} writers: {size} entries opened in {opened:.3} s, verified offline in {verified:.3} s");
    for file in [PathBuf::from(path), anchor_path(path)] {
        std::fs::remove_file(file).expect("removed");
    }
    (rate, each)
}

/// How long the writer's thread has been on a processor.
fn writer_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux").filter_map(Result::ok);
    let writers = tasks.filter(|t| std::fs::read_to_string(t.path().join("comm")).is_ok_and(|c| c.trim() == "ledger"));
    let spent = writers.filter_map(|t| std::fs::read_to_string(t.path().join("schedstat")).ok());
    Duration::from_nanos(spent.filter_map(|s| s.split(' ').next()?.parse::<u64>().ok()).sum())
}

fn destination() -> SystemId {
    SystemId::parse("riverside-council/housing-referrals").expect("a name")
}

/// A referral: two detail rows; with consent, one that the record book issued is spent once more.
fn request(n: u64, consented: bool) -> Tx {
    let mut id = [0; 16];
    // Spread over the look-up table as random ids are.
    id[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    let integration = IntegrationId::parse("inform-riverside").expect("a name");
    let destination = destination();
    let mut leaf = Leaf::new(Kind::Decision);
    leaf.decision = Some(DecisionId::from_bytes(id));
    leaf.integration = Some(integration.clone());
    leaf.operation = Some(OperationId::parse("refer").expect("a name"));
    leaf.destination = Some(destination.clone());
    leaf.decided = Some(Decided::Allowed);
    leaf.policy = Some(POLICY);
    leaf.counts.insert((Group::Identity, "raw", Act::Sent), 1);
    leaf.counts.insert((Group::Location, "raw", Act::Stripped), 1);
    let grant = grant(n % GRANTS, &destination);
    let row = |category, act| Detail {
        at: Timestamp::now(),
        subject: Some(grant.subject.clone()),
        consent: consented.then(|| grant.jti.clone()),
        category: Some(Category::parse(category).expect("a category")),
        form: Some(Form::Raw),
        path: Some("$.firstName".into()),
        act,
        count: 1,
    };
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&n.to_be_bytes());
    let detail = vec![row("pd:Name", Act::Sent), row("pd:Location", Act::Stripped)];
    let mut asserts = vec![Assert::PolicyActive(POLICY), Assert::NotStopped { integration, destination }];
    if consented {
        asserts.push(Assert::GrantLive { jti: grant.jti.clone(), expires: grant.expires });
        asserts.push(Assert::Spend(Use {
            jti: grant.jti.clone(),
            item: "i1".into(),
            subject: grant.subject.clone(),
            operation: "inform-riverside/refer".into(),
            digest,
            max_uses: grant.max_uses,
        }));
    }
    Tx { asserts, leaf, detail, changes: vec![] }
}

fn grant(n: u64, destination: &SystemId) -> Grant {
    let at = Timestamp::now();
    Grant {
        jti: ConsentId::parse(&format!("{:026}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).expect("an id"),
        subject: SubjectLabel::parse(&format!("k1.{n:043}")).expect("a label"),
        not_before: at,
        expires: at + SignedDuration::from_hours(24),
        max_uses: u32::MAX,
        items: vec![Item {
            id: "i1".into(),
            destination: destination.clone(),
            category: Category::parse("pd:Name").expect("a category"),
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
