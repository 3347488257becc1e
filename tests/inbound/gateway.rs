//! A gateway whose exchange reads requests as the real one does and then says what it read.

use havengate::{
    config::{Caller, Limits, Proof},
    flow::DecisionId,
    gate::{
        accept::{Call, Drained, Entrance, Exchange, Peer},
        body,
        callers::Callers,
        head,
        respond::{self, AnswerBody, Sent},
    },
    verdict::{Code, Refusal},
};
use http::{HeaderMap, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Mutex, Semaphore, mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// No test waits longer than this for what must happen.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// A bound that a test lets pass.
pub(crate) const SHORT: Duration = Duration::from_millis(150);

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was read to its end: caller, host, path, body.
    Read(String, String, String, String),
    /// It is in flight until [`Gateway::release`].
    Held,
    /// The exchange refused it.
    Refused(Code),
    /// The way in refused it; the exchange never saw it.
    Unseen(Code),
}

pub(crate) struct Recorder {
    callers: Callers,
    body: body::Bounds,
    outcomes: mpsc::UnboundedSender<Outcome>,
    /// Requests to `/hold` wait for one of these.
    held: Arc<Semaphore>,
}

impl Recorder {
    async fn read(&self, call: Call) -> Result<Response<AnswerBody>, Refusal> {
        let (mut parts, inbound) = call.request.into_parts();
        let app = self.callers.authenticate(&call.peer, &mut parts.headers)?;
        let flow = head::canonical(parts, app, call.peer.server_name.as_deref())?;
        let path = flow.path.join("/");
        match path.as_str() {
            "panic" => panic!("a fault in a request"),
            "hold" => {
                let _ = self.outcomes.send(Outcome::Held);
                self.held.acquire().await.unwrap().forget();
            }
            "early" => return Err(Refusal::plain(Code::RouteUnknown, "No connection has this address.")),
            "endless" => return Ok(Response::new(endless())),
            _ => {}
        }
        let media = (path != "none").then_some("application/json");
        let reading = body::read_type(&flow.headers, inbound.is_end_stream(), media)?;
        let mut intake = body::Intake::new(&reading, self.body);
        let mut bytes = Vec::new();
        let mut arriving = body::Arriving::new(inbound, self.body)?;
        while let Some(chunk) = arriving.next().await? {
            intake.feed(chunk);
            while let Some(piece) = intake.next()? {
                bytes.extend_from_slice(&piece);
            }
        }
        intake.finish()?;
        let body = String::from_utf8(bytes).unwrap();
        let answer = format!("read {path} {body}");
        let _ = self.outcomes.send(Outcome::Read(flow.app.to_string(), flow.host.to_string(), path, body));
        Ok(Response::new(Full::new(Bytes::from(answer)).map_err(|never| match never {}).boxed_unsync()))
    }
}

/// An answer that goes on for as long as the caller takes it.
fn endless() -> AnswerBody {
    struct Zeros;
    impl hyper::body::Body for Zeros {
        type Data = Bytes;
        type Error = body::BoxError;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Frame<Bytes>, body::BoxError>>> {
            std::task::Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'0'; 16 << 10])))))
        }
    }
    Zeros.boxed_unsync()
}

impl Exchange for Recorder {
    async fn exchange(self: Arc<Self>, call: Call) -> Response<AnswerBody> {
        match self.read(call).await {
            Ok(response) => response,
            Err(refusal) => {
                let _ = self.outcomes.send(Outcome::Refused(refusal.code));
                respond::refused(&refusal, Some(DecisionId::from_bytes([1; 16])), Sent::No)
            }
        }
    }

    async fn refused(self: Arc<Self>, _: Peer, _: HeaderMap, refusal: Refusal) -> Option<DecisionId> {
        let _ = self.outcomes.send(Outcome::Unseen(refusal.code));
        Some(DecisionId::from_bytes([2; 16]))
    }
}

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    outcomes: Mutex<mpsc::UnboundedReceiver<Outcome>>,
    held: Arc<Semaphore>,
    shutdown: oneshot::Sender<()>,
    serving: JoinHandle<Drained>,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let loopback = Caller { app: "local".parse().unwrap(), proof: Proof::Loopback };
        Self::serve(limits, None, &[loopback]).await
    }

    pub(crate) async fn serve(limits: Limits, tls: Option<Arc<rustls::ServerConfig>>, callers: &[Caller]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, outcomes) = mpsc::unbounded_channel();
        let held = Arc::new(Semaphore::new(0));
        let recorder = Recorder {
            callers: Callers::new(callers),
            body: body::Bounds::from(&limits),
            outcomes: sender,
            held: Arc::clone(&held),
        };
        let (shutdown, down) = oneshot::channel();
        let entrance = Entrance::new(Arc::new(recorder), limits, tls);
        let serving = tokio::spawn(entrance.serve(vec![listener], async {
            let _ = down.await;
        }));
        Self { address, outcomes: Mutex::new(outcomes), held, shutdown, serving }
    }

    pub(crate) async fn outcome(&self) -> Outcome {
        timeout(LONG, async { self.outcomes.lock().await.recv().await.unwrap() }).await.expect("an outcome")
    }

    pub(crate) async fn no_more_outcomes(&self) {
        assert!(self.outcomes.lock().await.try_recv().is_err());
    }

    pub(crate) fn release(&self) {
        self.held.add_permits(1);
    }

    /// Lets held requests go on after [`Gateway::stop`].
    pub(crate) fn releaser(&self) -> Arc<Semaphore> {
        Arc::clone(&self.held)
    }

    /// Says that it is to stop; what comes of it is in the handle.
    pub(crate) fn stop(self) -> JoinHandle<Drained> {
        self.shutdown.send(()).unwrap();
        self.serving
    }

    pub(crate) async fn connect(&self) -> Line<TcpStream> {
        Line::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// Sends bytes on a connection of their own and reads every answer until the gateway closes.
    pub(crate) async fn ask(&self, bytes: impl AsRef<[u8]>) -> Vec<Answer> {
        let mut line = self.connect().await;
        line.send(bytes).await;
        line.answers().await
    }

    /// The one answer to bytes after which the gateway closes by itself.
    pub(crate) async fn ask_one(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut answers = self.ask(bytes).await;
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0)
    }
}

/// A caller's end of a connection.
pub(crate) struct Line<S> {
    stream: S,
    received: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, received: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A gateway that has refused may close before all was sent.
        let _ = timeout(LONG, self.stream.write_all(bytes.as_ref())).await.expect("room to write");
        let _ = self.stream.flush().await;
    }

    /// Says that nothing more comes, while still listening.
    pub(crate) async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    pub(crate) async fn answers(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        while let Some(answer) = self.answer().await {
            answers.push(answer);
        }
        answers
    }

    /// The next answer, or the end of the connection.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        loop {
            if let Some((answer, length)) = Answer::read(&self.received) {
                self.received.drain(..length);
                return Some(answer);
            }
            let mut chunk = [0; 4096];
            let read = timeout(LONG, self.stream.read(&mut chunk)).await.expect("an answer or an end");
            match read.unwrap_or(0) {
                0 => {
                    assert!(self.received.is_empty(), "cut off: {}", String::from_utf8_lossy(&self.received));
                    return None;
                }
                n => self.received.extend_from_slice(&chunk[..n]),
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Answer {
    fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
        let headers = String::from_utf8(bytes[..end].to_vec()).unwrap().to_ascii_lowercase();
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        let length = headers.split("content-length: ").nth(1).map_or(0, |l| l.lines().next().unwrap().parse().unwrap());
        let body = String::from_utf8(bytes.get(end..end + length)?.to_vec()).unwrap();
        Some((Self { status, headers, body }, end + length))
    }

    /// Asserts that this is the problem document of `code`, that nothing was sent, and what it says.
    #[track_caller]
    pub(crate) fn assert_refused(&self, code: Code, says: &str) {
        let problem: serde_json::Value = serde_json::from_str(&self.body).expect(&self.body);
        assert_eq!(problem["type"], format!("urn:havengate:problem:{code}"), "{problem}");
        assert_eq!(self.status, code.status().as_u16());
        assert!(problem["detail"].as_str().unwrap().contains(says), "{problem} does not say {says:?}");
        assert!(problem["help"].as_str().unwrap().contains("999"));
        assert!(problem["instance"].as_str().unwrap().starts_with("urn:havengate:decision:"));
        assert!(self.headers.contains("havengate-sent: no\r\n"), "{}", self.headers);
        assert!(self.headers.contains("content-type: application/problem+json\r\n"), "{}", self.headers);
    }

    pub(crate) fn closes(&self) -> bool {
        self.headers.contains("connection: close\r\n")
    }
}

/// A request with a JSON body.
pub(crate) fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: gateway\r\n\r\n")
}
