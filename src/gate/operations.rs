//! The listener for monitoring: `/metrics`, `/livez`, `/readyz` and nothing else.
//!
//! It answers only `GET` and `HEAD`, keeps no connection, and is bounded in connections, bytes and time, so that
//! it cannot hurt the gateway beside it.

use crate::metrics::Metrics;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, fmt, future::Future, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// Connections open at once. Monitoring needs one or two.
const CONNECTIONS: usize = 16;
/// A request's head.
const HEAD: Duration = Duration::from_secs(5);
/// A whole connection.
const CONNECTION: Duration = Duration::from_secs(20);
/// How often counted fields are shown.
const HOUR: Duration = Duration::from_secs(3600);
/// hyper's least.
const BUFFER: usize = 8192;

/// Whether the gateway can serve, and in closed words why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// It cannot: `the record book cannot be written`, `stopping`. Never holds data.
    NotReady(&'static str),
}

/// What the listener answers from.
#[derive(Clone)]
pub struct Operations {
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// Asked for every `/readyz`: must be quick.
    pub ready: Arc<dyn Fn() -> Readiness + Send + Sync>,
    /// Asked before every `/metrics` to bring gauges up to date: must be quick.
    pub refresh: Arc<dyn Fn(&Metrics) + Send + Sync>,
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").finish_non_exhaustive()
    }
}

/// Serves until `stop` is ready. Connections that are open then end by themselves, in at most 20 seconds.
pub async fn serve(listener: TcpListener, operations: Operations, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut hourly = tokio::time::interval_at(tokio::time::Instant::now() + HOUR, HOUR);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = hourly.tick() => operations.metrics.flush(),
            accepted = accept(&listener, &places) => {
                if let Some((stream, place)) = accepted {
                    tokio::spawn(connection(stream, operations.clone(), place));
                }
            }
        }
    }
}

/// A connection and its place. Without a free place none is accepted: the kernel holds the rest.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    if let Ok((stream, _)) = listener.accept().await {
        return Some((stream, place));
    }
    // Out of file descriptors, most likely: let others finish before asking again.
    tokio::time::sleep(Duration::from_millis(100)).await;
    None
}

async fn connection(stream: TcpStream, operations: Operations, place: OwnedSemaphorePermit) {
    let service = service_fn(move |request| {
        let response = answer(&request, &operations);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false)
        .max_buf_size(BUFFER)
        .max_headers(32)
        .serve_connection(TokioIo::new(stream), service);
    let _ = tokio::time::timeout(CONNECTION, connection).await;
    drop(place);
}

fn answer(request: &Request<Incoming>, operations: &Operations) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    if !matches!(path, "/metrics" | "/livez" | "/readyz") {
        return plain(StatusCode::NOT_FOUND, "not found\n".to_owned());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match path {
        "/metrics" => {
            (operations.refresh)(&operations.metrics);
            let mut response = plain(StatusCode::OK, operations.metrics.render());
            let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, format);
            response
        }
        "/readyz" => match (operations.ready)() {
            Readiness::Ready => plain(StatusCode::OK, "ready\n".to_owned()),
            Readiness::NotReady(why) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
        },
        _ => plain(StatusCode::OK, "alive\n".to_owned()),
    }
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    struct Running {
        at: std::net::SocketAddr,
        ready: Arc<AtomicBool>,
        stop: tokio::sync::oneshot::Sender<()>,
        task: tokio::task::JoinHandle<()>,
    }

    async fn start() -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let ready = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&ready);
        let operations = Operations {
            metrics: Arc::new(Metrics::new().unwrap()),
            ready: Arc::new(move || match flag.load(Ordering::Relaxed) {
                true => Readiness::Ready,
                false => Readiness::NotReady("the record book cannot be written"),
            }),
            refresh: Arc::new(|m| m.stops(7)),
        };
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(serve(listener, operations, async move {
            let _ = stopped.await;
        }));
        Running { at, ready, stop, task }
    }

    #[expect(clippy::disallowed_methods, reason = "the test is the caller")]
    async fn ask(at: std::net::SocketAddr, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    async fn get(at: std::net::SocketAddr, target: &str) -> String {
        ask(at, format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await
    }

    #[tokio::test]
    async fn it_answers_three_paths_and_nothing_else() {
        let running = start().await;
        let metrics = get(running.at, "/metrics").await;
        assert!(metrics.starts_with("HTTP/1.1 200 OK\r\n") && metrics.contains("version=0.0.4"), "{metrics}");
        assert!(metrics.contains("\nhavengate_stops 7\n"), "{metrics}");
        assert!(get(running.at, "/livez").await.ends_with("\r\n\r\nalive\n"));
        assert!(get(running.at, "/readyz").await.ends_with("\r\n\r\nready\n"));
        for other in ["/", "/metrics/", "/debug/pprof", "/livez%20", "//metrics"] {
            assert!(get(running.at, other).await.starts_with("HTTP/1.1 404 "), "{other}");
        }
        let post = ask(running.at, b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await;
        assert!(post.starts_with("HTTP/1.1 405 ") && post.contains("allow: GET, HEAD"), "{post}");
    }

    #[tokio::test]
    async fn it_says_why_it_is_not_ready_and_stays_alive() {
        let running = start().await;
        running.ready.store(false, Ordering::Relaxed);
        let answer = get(running.at, "/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.ends_with("not ready: the record book cannot be written\n"), "{answer}");
        assert!(get(running.at, "/livez").await.starts_with("HTTP/1.1 200 "));
    }

    #[tokio::test]
    async fn a_large_head_is_refused_and_others_are_still_served() {
        let running = start().await;
        let mut large = b"GET /livez HTTP/1.1\r\nHost: x\r\n".to_vec();
        for i in 0..2000 {
            large.extend_from_slice(format!("X-{i}: {}\r\n", "a".repeat(50)).as_bytes());
        }
        let answer = ask(running.at, &large).await;
        assert!(!answer.contains("200 OK"), "{answer}");
        assert!(get(running.at, "/livez").await.starts_with("HTTP/1.1 200 "));
    }

    #[tokio::test]
    async fn it_ends_when_told() {
        let running = start().await;
        running.stop.send(()).unwrap();
        running.task.await.unwrap();
    }
}
