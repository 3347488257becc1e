//! The whole gateway beside a bare pass-through proxy, in one run, on one disk.
//!
//! `cargo bench --bench exchange` prints the tables in about a minute and a half. Both proxies are processes of
//! their own with one worker thread each: the real `havengate run` in a temporary home, and hyper's server joined
//! to hyper's client with no logic at all. Callers and the recipient are threads of this process. Rounds alternate,
//! so that a busy machine slows both; the ratio within a round is what counts, and the time on the processor for a
//! request, which hardly depends on what else runs.
//!
//! Every request to the gateway is a new use of a consent that it finds in its record book by the record's client,
//! leaves three consented and seventeen operational members, strips ten, and is durable before it is sent.
//!
//! `cargo bench --bench exchange -- gateway 30` runs only the gateway, on 4 KiB bodies for 30 seconds, and prints
//! its process id: for a profiler. `-- beside` measures what one caller feels of others who send large bodies.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench that meets something unexpected stops there"
)]

mod bare;
mod beside;
mod body;
#[path = "../support/disk.rs"]
mod disk;
mod home;
mod load;
mod process;
mod recipient;

use body::Body;
use disk::fdatasync_p50;
use home::{Home, Size};
use load::Measured;
use process::{Cpu, Process};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["bare", recipient] => bare::serve(recipient.parse().expect("an address")),
        ["gateway", seconds] => gateway_alone(Duration::from_secs(seconds.parse().expect("seconds"))),
        ["start"] => starts(),
        ["beside"] => beside::compare(),
        _ => everything(),
    }
}

fn everything() {
    let recipient = recipient::serve();
    let home = Home::make(recipient, Size::One);
    let gateway = home.run();
    let bare = Process::bare(recipient);
    println!(
        "{} processors; fdatasync of a 4 KiB append, p50: {:.2} ms",
        std::thread::available_parallelism().map_or(0, usize::from),
        milliseconds(fdatasync_p50(home.path()))
    );
    let bodies = [Body::one("4 KiB, one client", 4 << 10), Body::one("95 KiB, one client", 95 << 10), Body::batch(24)];
    for body in &bodies {
        body.check(home.address());
    }
    println!("\n{CONNECTIONS} connections; µs are time on the processor for a request");
    for (body, each) in bodies.iter().zip([2500, 2000, 2000]) {
        compare(body, CONNECTIONS, Duration::from_millis(each), (&bare, &gateway), home.address());
    }
    println!("\none connection");
    compare(&bodies[0], 1, Duration::from_millis(1500), (&bare, &gateway), home.address());
    drop((gateway, bare, home));
    starts();
}

/// Bare and real in turn, and what one costs over the other.
fn compare(body: &Body, connections: usize, each: Duration, (bare, gateway): (&Process, &Process), at: SocketAddr) {
    println!(
        "{:<20} {:>10} {:>8} {:>8} {:>6}  {:>10} {:>8} {:>8} {:>7} {:>7}  {:>6}",
        body.name, "bare req/s", "p50 ms", "p99 ms", "µs", "real req/s", "p50 ms", "p99 ms", "µs", "ledger", "ratio"
    );
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        // The first round fills caches, pools and memos, and is not counted.
        let each = if round == 0 { each / 4 } else { each };
        let (plain, cpu) = measure(body, connections, each, bare, bare.address());
        let (real, real_cpu) = measure(body, connections, each, gateway, at);
        if round == 0 {
            continue;
        }
        let ratio = real.rate() / plain.rate();
        ratios.push(ratio);
        println!(
            "{round:<20} {:>10.0} {:>8.2} {:>8.2} {:>6.0}  {:>10.0} {:>8.2} {:>8.2} {:>7.0} {:>7.0}  {ratio:>6.3}",
            plain.rate(),
            milliseconds(plain.at(0.5)),
            milliseconds(plain.at(0.99)),
            cpu.all / plain.requests(),
            real.rate(),
            milliseconds(real.at(0.5)),
            milliseconds(real.at(0.99)),
            real_cpu.all / real.requests(),
            real_cpu.ledger / real.requests(),
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("{:>95} min {:.3} median {:.3} max {:.3}", "", ratios[0], ratios[ROUNDS / 2], ratios[ROUNDS - 1]);
}

fn measure(body: &Body, connections: usize, each: Duration, of: &Process, at: SocketAddr) -> (Measured, Cpu) {
    let before = of.cpu();
    let measured = load::run(body, connections, each, at);
    (measured, of.cpu().since(before))
}

/// How long a start takes and what it holds in memory, with few policies and with many.
fn starts() {
    println!("\nstart until it listens, and memory before the first request");
    println!("{:<48} {:>8} {:>10} {:>10}", "", "ms", "peak MiB", "now MiB");
    for (size, name) in [(Size::One, "one connection"), (Size::Many, "500 organisations, 100 connections")] {
        let home = Home::make(SocketAddr::from(([127, 0, 0, 1], 9)), size);
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let gateway = home.run();
            let took = begun.elapsed();
            let (peak, now) = gateway.memory();
            println!("{name:<48} {:>8.0} {peak:>10.1} {now:>10.1}", milliseconds(took));
        }
    }
}

fn gateway_alone(each: Duration) {
    let home = Home::make(recipient::serve(), Size::One);
    let gateway = home.run();
    println!("process {}", gateway.id());
    let body = Body::one("4 KiB, one client", 4 << 10);
    let (real, cpu) = measure(&body, CONNECTIONS, each, &gateway, home.address());
    println!(
        "{:.0} requests/s, {:.0} µs on the processor, {:.0} of them the ledger's",
        real.rate(),
        cpu.all / real.requests(),
        cpu.ledger / real.requests()
    );
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
