//! One caller beside others: 50 requests a second of 4 KiB, alone and beside 64 connections that each send a body of
//! 1 GiB as fast as the gateway takes it. Gateway and callers share the processors, so that some of the difference is
//! the callers'.

use super::{
    CONNECTIONS,
    body::Body,
    disk::fdatasync_p50,
    home::{Home, Size},
    load::{self, Measured},
    milliseconds, recipient,
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpSocket,
};

const EACH: Duration = Duration::from_secs(20);
const ROUNDS: usize = 3;
const RATE: u32 = 50;
const SIZE: u64 = 1 << 30;

/// Prints a line a round: p99 beside others may be twice what it is alone, and 10 ms.
pub(crate) fn compare() {
    // What may leave of so much must find room, or the others are refused and gone.
    let home = Home::with(recipient::serve(), Size::One, "\n[limits]\nspool_total = \"16GiB\"\n");
    let gateway = home.run();
    let body = Body::one("4 KiB, one client", 4 << 10);
    body.check(home.address());
    println!(
        "{RATE} requests/s of 4 KiB, alone and beside {CONNECTIONS} bodies of 1 GiB; {} processors; fdatasync of a 4 KiB \
         append, p50: {:.2} ms",
        std::thread::available_parallelism().map_or(0, usize::from),
        milliseconds(fdatasync_p50(home.path()))
    );
    println!(
        "| round | alone p50 ms | p99 ms | beside p50 ms | p99 ms | taken of the others MB/s | p99 within 2 x + 10 ms |"
    );
    println!("|---|---|---|---|---|---|---|");
    for round in 1..=ROUNDS {
        // What the disk still does of the round before is not the next one's.
        load::steadily(&body, RATE, EACH / 4, home.address());
        let alone = load::steadily(&body, RATE, EACH, home.address());
        let others = Others::begin(home.address());
        let beside = load::steadily(&body, RATE, EACH, home.address());
        let taken = others.end();
        let at = |measured: &Measured, part| milliseconds(measured.at(part));
        let within = at(&beside, 0.99) <= 2.0 * at(&alone, 0.99) + 10.0;
        println!(
            "| {round} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {} |",
            at(&alone, 0.5),
            at(&alone, 0.99),
            at(&beside, 0.5),
            at(&beside, 0.99),
            taken as f64 / EACH.as_secs_f64() / 1e6,
            if within { "yes" } else { "no" }
        );
    }
    drop(gateway);
}

/// Those who send large bodies, until they are told to end.
struct Others {
    taken: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Others {
    fn begin(to: SocketAddr) -> Self {
        let (taken, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, end) = (Arc::clone(&taken), Arc::clone(&ended));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let unit: Arc<[u8]> = Body::clients(24).into();
                let senders: Vec<_> = (0..CONNECTIONS)
                    .map(|_| tokio::spawn(send(to, Arc::clone(&unit), Arc::clone(&count), Arc::clone(&end))))
                    .collect();
                for sender in senders {
                    sender.await.expect("a sender");
                }
            });
        });
        let this = Self { taken, ended, thread };
        // All have come as far as the spool.
        while this.taken.load(Ordering::Relaxed) < CONNECTIONS as u64 * (4 << 20) {
            assert!(!this.thread.is_finished(), "the others were refused");
            std::thread::sleep(Duration::from_millis(10));
        }
        this.taken.store(0, Ordering::Relaxed);
        this
    }

    fn end(self) -> u64 {
        let taken = self.taken.load(Ordering::Relaxed);
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().expect("the senders");
        taken
    }
}

async fn send(to: SocketAddr, unit: Arc<[u8]>, taken: Arc<AtomicU64>, ended: Arc<AtomicBool>) {
    let mut stream = TcpSocket::new_v4().expect("a socket").connect(to).await.expect("a connection");
    let head = format!(
        "POST /bench/all HTTP/1.1\r\nHost: gateway.bench.example\r\nContent-Type: application/json\r\n\
         Content-Length: {SIZE}\r\n\r\n{{\"clients\":["
    );
    stream.write_all(head.as_bytes()).await.expect("a head");
    let mut sent = 0;
    while sent < SIZE - (1 << 20) && !ended.load(Ordering::Relaxed) {
        for piece in unit.chunks(64 << 10) {
            let written = tokio::select! {
                written = stream.write_all(piece) => written,
                () = until(&ended) => return,
            };
            if written.is_err() {
                let mut answer = Vec::new();
                _ = stream.read_to_end(&mut answer).await;
                panic!("a large body was refused: {}", String::from_utf8_lossy(&answer));
            }
            taken.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        sent += unit.len() as u64;
    }
}

async fn until(ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
