//! Callers: each sends its next request when it has the answer to its last.

use super::{body::Body, recipient::end_of_message};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// No two requests of one run of the bench are the same use.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// What came of one measurement.
pub(crate) struct Measured {
    took: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Measured {
    pub(crate) fn requests(&self) -> f64 {
        self.latencies.len() as f64
    }

    /// Requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests() / self.took.as_secs_f64()
    }

    /// The latency that this part of requests did not exceed.
    pub(crate) fn at(&self, part: f64) -> Duration {
        self.latencies[((self.latencies.len() - 1) as f64 * part) as usize]
    }
}

/// Sends for so long over so many connections, on this thread.
pub(crate) fn run(body: &Body, connections: usize, each: Duration, to: SocketAddr) -> Measured {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let start = Instant::now();
    let body = Arc::new(body.clone());
    let mut latencies = runtime.block_on(async {
        let callers: Vec<_> =
            (0..connections).map(|_| tokio::spawn(call(Arc::clone(&body), start + each, to))).collect();
        let mut latencies = Vec::new();
        for caller in callers {
            latencies.extend(caller.await.expect("a caller"));
        }
        latencies
    });
    let took = start.elapsed();
    latencies.sort();
    Measured { took, latencies }
}

/// Sends so many requests a second for so long, each at its time whether or not those before are answered, on this
/// thread. A latency counts from that time.
pub(crate) fn steadily(body: &Body, rate: u32, each: Duration, to: SocketAddr) -> Measured {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (start, body) = (Instant::now(), Arc::new(body.clone()));
    let requests = (each.as_secs_f64() * f64::from(rate)) as u32;
    let free = Arc::new(Mutex::new(Vec::new()));
    let mut latencies = runtime.block_on(async {
        let mut sent = Vec::new();
        for n in 0..requests {
            let due = start + Duration::from_secs(1) * n / rate;
            tokio::time::sleep_until(due.into()).await;
            sent.push(tokio::spawn(one(Arc::clone(&body), due, Arc::clone(&free), to)));
        }
        let mut latencies = Vec::new();
        for request in sent {
            latencies.push(request.await.expect("a request"));
        }
        latencies
    });
    let took = start.elapsed();
    latencies.sort();
    Measured { took, latencies }
}

/// One request over a connection that is free, or a new one.
async fn one(body: Arc<Body>, due: Instant, free: Arc<Mutex<Vec<TcpStream>>>, to: SocketAddr) -> Duration {
    let kept = free.lock().expect("a list").pop();
    let mut stream = match kept {
        Some(stream) => stream,
        None => TcpSocket::new_v4().expect("a socket").connect(to).await.expect("a connection"),
    };
    stream.set_nodelay(true).expect("no delay");
    let mut request = body.request.clone();
    body.number(&mut request, NEXT.fetch_add(1, Ordering::Relaxed));
    stream.write_all(&request).await.expect("sent");
    let mut answer = Vec::with_capacity(4096);
    while end_of_message(&answer).is_none() {
        assert!(stream.read_buf(&mut answer).await.expect("an answer") > 0, "the proxy hung up");
    }
    let took = due.elapsed();
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
    free.lock().expect("a list").push(stream);
    took
}

async fn call(body: Arc<Body>, until: Instant, to: SocketAddr) -> Vec<Duration> {
    let mut stream = TcpSocket::new_v4().expect("a socket").connect(to).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let mut request = body.request.clone();
    let mut answer = Vec::with_capacity(4096);
    let mut latencies = Vec::new();
    while Instant::now() < until {
        body.number(&mut request, NEXT.fetch_add(1, Ordering::Relaxed));
        let start = Instant::now();
        stream.write_all(&request).await.expect("sent");
        answer.clear();
        while end_of_message(&answer).is_none() {
            assert!(stream.read_buf(&mut answer).await.expect("an answer") > 0, "the proxy hung up");
        }
        latencies.push(start.elapsed());
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
    }
    latencies
}

/// Sends one request, and gives what the gateway says it removed.
pub(crate) fn removed(body: &Body, gateway: SocketAddr) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut stream = TcpSocket::new_v4().expect("a socket").connect(gateway).await.expect("a connection");
        let mut request = body.request.clone();
        body.number(&mut request, NEXT.fetch_add(1, Ordering::Relaxed));
        stream.write_all(&request).await.expect("sent");
        let mut answer = Vec::new();
        while end_of_message(&answer).is_none() {
            assert!(stream.read_buf(&mut answer).await.expect("an answer") > 0, "the gateway hung up");
        }
        let text = String::from_utf8_lossy(&answer);
        let removed = text.lines().filter_map(|line| line.split_once(": ")).find(|(n, _)| *n == "havengate-removed");
        removed.map(|(_, value)| value.to_owned()).unwrap_or_else(|| panic!("it was not forwarded: {text}"))
    })
}
