//! The gateway's latency with nobody at the panel's pages and with eight browsers that ask for all of them in a loop,
//! in turn, in one run. Gateway and panel are one process with one worker thread, as in the exchange's bench; callers,
//! browsers and the recipient are threads of this one, so that with few processors some of the difference is theirs.

use super::{
    body::Body,
    disk::fdatasync_p50,
    home::{Home, Size, free_address},
    load::{self, Measured},
    recipient,
};
use havengate::panel::{
    access::{Role, invitation, totp::Secret},
    routes::{self, Who},
    store::Store,
};
use jiff::Timestamp;
use std::{
    io::{Read as _, Write as _},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

const CONNECTIONS: usize = 64;
const BROWSERS: usize = 8;
const ROUNDS: usize = 5;
const EACH: Duration = Duration::from_secs(4);
const PASSPHRASE: &str = "nine herons under a lamp";

/// Prints a line a round, and what the panel's pages cost in the middle one.
pub(crate) fn compare(runtime: &Runtime) {
    let pages_at = free_address();
    let more = format!("\n[panel]\nlisten = \"{pages_at}\"\nurl = \"http://{pages_at}\"\nclients = 400\n");
    let home = Home::with(recipient::serve(), Size::One, &more);
    let gateway = home.run();
    wait_for(pages_at);
    let cookie = joined(runtime, &home, pages_at);
    let paths = Arc::new(paths());
    let body = Body::one("4 KiB, one client", 4 << 10);
    body.check(home.address());
    println!(
        "\nThe gateway with {CONNECTIONS} connections, alone and beside {BROWSERS} browsers that ask for {} pages in a \
         loop; {} processors; fdatasync of a 4 KiB append, p50: {:.2} ms",
        paths.len(),
        thread::available_parallelism().map_or(0, usize::from),
        milliseconds(fdatasync_p50(home.path()))
    );
    println!("| round | alone req/s | p50 ms | p99 ms | busy req/s | p50 ms | p99 ms | pages/s | p99 busy : alone |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        // The first round fills caches and pools, and is not counted.
        let each = if round == 0 { EACH / 4 } else { EACH };
        let alone = load::run(&body, CONNECTIONS, each, home.address());
        let (busy, pages) =
            while_busy((pages_at, &cookie, &paths), || load::run(&body, CONNECTIONS, each, home.address()));
        if round == 0 {
            continue;
        }
        let ratio = busy.at(0.99).as_secs_f64() / alone.at(0.99).as_secs_f64();
        ratios.push(ratio);
        let pages = pages as f64 / each.as_secs_f64();
        println!("| {round} | {} | {} | {pages:.0} | {ratio:.2} |", figures(&alone), figures(&busy));
    }
    ratios.sort_by(f64::total_cmp);
    println!("p99 busy : alone, median {:.2}, {:.2} to {:.2}", ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
    drop(gateway);
}

fn figures(measured: &Measured) -> String {
    let (p50, p99) = (milliseconds(measured.at(0.5)), milliseconds(measured.at(0.99)));
    format!("{:.0} | {p50:.2} | {p99:.2}", measured.rate())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Every page that a panel member opens without naming anything. Not the download of the record book: it is no page,
/// and grows with what the bench itself sends.
fn paths() -> Vec<&'static str> {
    let panel = |who: Who| match who {
        Who::Anybody => true,
        Who::Signed(roles) | Who::Token(roles) => roles.contains(&Role::Panel),
    };
    let pages = routes::all().into_iter().filter(|r| r.method == "GET" && !r.path.contains('{') && panel(r.who));
    pages.map(|r| r.path).filter(|path| *path != "/record/entries.ndjson").collect()
}

/// What `work` came to while browsers asked for pages, and how many they got.
fn while_busy<T>(
    (at, cookie, paths): (SocketAddr, &str, &Arc<Vec<&'static str>>),
    work: impl FnOnce() -> T,
) -> (T, u64) {
    let (over, got) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let browsers: Vec<_> = (0..BROWSERS)
        .map(|n| {
            let (over, got, cookie, paths) =
                (Arc::clone(&over), Arc::clone(&got), cookie.to_owned(), Arc::clone(paths));
            thread::spawn(move || {
                // Each begins at another page.
                for path in paths.iter().cycle().skip(n * paths.len() / BROWSERS) {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let answer = said(at, &format!("GET {path} HTTP/1.1\r\ncookie: {cookie}"), "");
                    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
                    got.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let done = work();
    over.store(true, Ordering::Relaxed);
    browsers.into_iter().for_each(|browser| browser.join().expect("a browser"));
    (done, got.load(Ordering::Relaxed))
}

/// The pages come a moment after the gateway.
#[expect(clippy::disallowed_methods, reason = "the bench is the browser")]
fn wait_for(pages: SocketAddr) {
    let begun = Instant::now();
    while std::net::TcpStream::connect(pages).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the panel's pages do not come");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Joins and signs in as the first member does; gives the cookie.
fn joined(runtime: &Runtime, home: &Home, pages: SocketAddr) -> String {
    let store = Store::open(&home.path().join("panel.db")).expect("the panel's store");
    let invited = runtime.block_on(invitation::invite(&store, Role::Panel, None, Timestamp::now())).expect("invited");
    let seen = sent(pages, "/invitation", &[("invitation", &invited.code)]);
    let (_, secret) = seen.split_once("name=\"secret\" value=\"").expect("a secret");
    let secret = Secret::parse(secret.split('"').next().unwrap_or_default()).expect("a secret");
    let (text, code) = (secret.text(), secret.code(Timestamp::now()));
    let fields = [
        ("invitation", invited.code.as_str()),
        ("secret", text.as_str()),
        ("name", "A member"),
        ("passphrase", PASSPHRASE),
        ("again", PASSPHRASE),
        ("code", &code),
    ];
    let seen = sent(pages, "/invitation", &fields);
    let (_, recovery) = seen.split_once("<li class=\"code\">").expect("recovery codes");
    let recovery = recovery.split('<').next().unwrap_or_default();
    let seen = sent(pages, "/sign-in", &[("name", "A member"), ("passphrase", PASSPHRASE), ("code", recovery)]);
    let cookie = seen.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a session");
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// Sends a form.
fn sent(to: SocketAddr, path: &str, fields: &[(&str, &str)]) -> String {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let length = form.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\norigin: http://{to}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}"
    );
    said(to, &head, &form)
}

#[expect(clippy::disallowed_methods, reason = "the bench is the browser")]
fn said(to: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = std::net::TcpStream::connect(to).expect("a connection");
    write!(stream, "{head}\r\nhost: {to}\r\nconnection: close\r\n\r\n{body}").expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}
