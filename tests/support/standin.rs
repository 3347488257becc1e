//! A recipient that keeps exactly the bytes it was sent and answers as it is told.
//!
//! HTTP/1.1 is spoken by hand over the socket, so that what is recorded is what stood on the wire and what is
//! answered can be as wrong as a test likes. HTTP/2 goes through hyper.

use super::authority::{Authority, Identity};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Bytes, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// What it does with the next request, or with the next connection.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Answers, with `Content-Length`.
    Answer { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    /// Writes exactly these bytes and goes on reading requests.
    Raw(Vec<u8>),
    /// Writes exactly these bytes, then closes. With no bytes: reads the request and hangs up.
    RawThenClose(Vec<u8>),
    /// Writes exactly these bytes, then resets the connection. With no bytes: reads the request and resets.
    RawThenReset(Vec<u8>),
    /// Writes exactly these bytes, then stays silent with the connection open.
    RawThenStall(Vec<u8>),
    /// Writes these bytes one by one, pausing before each.
    Trickle { bytes: Vec<u8>, pause: Duration },
    /// Reads the head of the request and then no more.
    StallAfterHead,
    /// Closes a connection as soon as it is accepted.
    CloseOnAccept,
    /// Resets a connection as soon as it is accepted.
    ResetOnAccept,
    /// Accepts a connection and never reads from it.
    NeverRead,
}

impl Behaviour {
    /// A JSON answer.
    pub fn json(status: u16, body: &str) -> Self {
        let headers = vec![("Content-Type".into(), "application/json".into())];
        Self::Answer { status, headers, body: body.as_bytes().to_vec() }
    }

    /// An answer with these headers and an empty body.
    pub fn headers(status: u16, headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        Self::Answer { status, headers, body: Vec::new() }
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::headers(302, &[("Location", location)])
    }

    /// Reads the request and never answers.
    pub fn stall() -> Self {
        Self::RawThenStall(Vec::new())
    }

    /// Not HTTP.
    pub fn garbage() -> Self {
        Self::RawThenClose(b"220 mail.example ESMTP ready\r\n".to_vec())
    }

    /// Promises more than it sends.
    pub fn short_body() -> Self {
        Self::RawThenClose(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":".to_vec())
    }

    /// A head of this many bytes.
    pub fn huge_head(bytes: usize) -> Self {
        let mut raw = b"HTTP/1.1 200 OK\r\nX-Long: ".to_vec();
        raw.resize(raw.len() + bytes, b'x');
        raw.extend_from_slice(b"\r\nContent-Length: 0\r\n\r\n");
        Self::RawThenClose(raw)
    }

    /// Interim answers before the real one (RFC 9110 section 15.2).
    pub fn informational() -> Self {
        let raw = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n\
                   HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        Self::Raw(raw.as_bytes().to_vec())
    }

    /// Switches protocols unasked.
    pub fn switching() -> Self {
        Self::RawThenStall(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n".to_vec(),
        )
    }

    fn on_accept(&self) -> bool {
        matches!(self, Self::CloseOnAccept | Self::ResetOnAccept | Self::NeverRead)
    }
}

/// One request as it stood on the wire. Over HTTP/2 the head is written out as HTTP/1.1 would have it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// From the request line to the empty line, both included.
    pub head: Vec<u8>,
    /// The body, with its chunk framing if it had one.
    pub body: Vec<u8>,
    /// On which connection it came, from 0.
    pub connection: usize,
}

impl Recorded {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.head).into_owned()
    }

    /// `POST /referrals HTTP/1.1`.
    pub fn line(&self) -> String {
        self.text().lines().next().unwrap_or_default().to_owned()
    }

    /// Every value of a header, in order.
    pub fn values(&self, name: &str) -> Vec<String> {
        let lines = self.text();
        let fields = lines.lines().skip(1).filter_map(|l| l.split_once(':'));
        fields.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned()).collect()
    }

    /// A header's only value.
    pub fn header(&self, name: &str) -> Option<String> {
        let values = self.values(name);
        assert!(values.len() < 2, "{name} stands twice");
        values.into_iter().next()
    }

    /// The names of all headers, lower case, in order.
    pub fn names(&self) -> Vec<String> {
        let lines = self.text();
        lines.lines().skip(1).filter_map(|l| l.split_once(':')).map(|(n, _)| n.to_ascii_lowercase()).collect()
    }

    /// The body as text.
    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A recipient on a loopback port. It ends when it is dropped.
pub struct Standin {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    script: Mutex<VecDeque<Behaviour>>,
    requests: watch::Sender<Vec<Recorded>>,
    raw: Mutex<Vec<Vec<u8>>>,
    accepted: AtomicUsize,
    handshakes: AtomicUsize,
    ended: watch::Sender<usize>,
}

#[derive(Clone)]
enum Speaks {
    Plain,
    Tls(TlsAcceptor),
    Http2(TlsAcceptor),
}

impl Standin {
    /// HTTP/1.1 in clear.
    pub async fn plain() -> Self {
        Self::plain_at("127.0.0.1:0").await
    }

    /// The same at an address, in a network namespace that has it.
    pub async fn plain_at(address: &str) -> Self {
        Self::start(Speaks::Plain, TcpListener::bind(address).await.unwrap()).await
    }

    /// HTTP/1.1 over TLS.
    pub async fn tls(identity: &Identity) -> Self {
        Self::start(Speaks::Tls(acceptor(identity, b"http/1.1")), here().await).await
    }

    /// HTTP/2 over TLS.
    pub async fn http2(identity: &Identity) -> Self {
        Self::start(Speaks::Http2(acceptor(identity, b"h2")), here().await).await
    }

    /// HTTP/1.1 over TLS, for those who show a certificate of this authority.
    pub async fn mutual(identity: &Identity, authority: &Authority) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.root()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let speaks = Speaks::Tls(acceptor_with(identity, b"http/1.1", verifier.build().unwrap()));
        Self::start(speaks, here().await).await
    }

    async fn start(speaks: Speaks, listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::default(),
            requests: watch::channel(Vec::new()).0,
            raw: Mutex::default(),
            accepted: AtomicUsize::new(0),
            handshakes: AtomicUsize::new(0),
            ended: watch::channel(0).0,
        });
        let of_task = shared.clone();
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let connection = of_task.accepted.fetch_add(1, Ordering::SeqCst);
                of_task.raw.lock().unwrap().push(Vec::new());
                let (shared, speaks) = (of_task.clone(), speaks.clone());
                tokio::spawn(async move {
                    shared.clone().serve(stream, speaks, connection).await;
                    shared.ended.send_modify(|n| *n += 1);
                });
            }
        });
        Self { address, shared, accepting }
    }

    /// What it does next, in order. With nothing left it answers `200 {"ok":true}`.
    pub fn script(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.shared.script.lock().unwrap().extend(behaviours);
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every whole request so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.requests.borrow().clone()
    }

    /// Every byte received so far, after TLS, connection by connection; requests that were cut off included.
    pub fn bytes(&self) -> Vec<u8> {
        self.shared.raw.lock().unwrap().concat()
    }

    /// How many connections it accepted.
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many TLS handshakes it completed.
    pub fn handshakes(&self) -> usize {
        self.shared.handshakes.load(Ordering::SeqCst)
    }

    /// Waits until this many requests have come.
    pub async fn received(&self, requests: usize) -> Vec<Recorded> {
        let mut seen = self.shared.requests.subscribe();
        let waiting = async { seen.wait_for(|r| r.len() >= requests).await.unwrap().clone() };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("the requests did not come")
    }

    /// Waits until this many connections have ended.
    pub async fn ended(&self, connections: usize) {
        let mut seen = self.shared.ended.subscribe();
        let waiting = async { seen.wait_for(|n| *n >= connections).await.map(|n| *n) };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("the connections did not end").unwrap();
    }
}

async fn here() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

impl Drop for Standin {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn acceptor(identity: &Identity, protocol: &[u8]) -> TlsAcceptor {
    acceptor_with(identity, protocol, rustls::server::WebPkiClientVerifier::no_client_auth())
}

fn acceptor_with(
    identity: &Identity,
    protocol: &[u8],
    verifier: Arc<dyn rustls::server::danger::ClientCertVerifier>,
) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key())
        .unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

trait Socket: AsyncRead + AsyncWrite + Unpin + Send {
    /// The next close is a reset.
    fn reset(&self);
}

impl Socket for TcpStream {
    fn reset(&self) {
        self.set_zero_linger().unwrap();
    }
}

impl Socket for TlsStream<TcpStream> {
    fn reset(&self) {
        self.get_ref().0.set_zero_linger().unwrap();
    }
}

impl Shared {
    fn next(&self) -> Behaviour {
        self.script.lock().unwrap().pop_front().unwrap_or_else(|| Behaviour::json(200, r#"{"ok":true}"#))
    }

    fn next_on_accept(&self) -> Option<Behaviour> {
        let mut script = self.script.lock().unwrap();
        script.front().is_some_and(Behaviour::on_accept).then(|| script.pop_front()).flatten()
    }

    fn keep(&self, recorded: Recorded) {
        self.requests.send_modify(|requests| requests.push(recorded));
    }

    async fn serve(self: Arc<Self>, stream: TcpStream, speaks: Speaks, connection: usize) {
        match self.next_on_accept() {
            Some(Behaviour::CloseOnAccept) => return,
            Some(Behaviour::ResetOnAccept) => return stream.set_zero_linger().unwrap(),
            Some(_) => return std::future::pending().await,
            None => {}
        }
        // A connection that ends early is the other side's affair; what it sent was kept.
        let _ = match speaks {
            Speaks::Plain => self.speak(stream, connection).await,
            Speaks::Tls(acceptor) => match acceptor.accept(stream).await {
                Ok(stream) => {
                    self.handshakes.fetch_add(1, Ordering::SeqCst);
                    self.speak(stream, connection).await
                }
                Err(e) => Err(e),
            },
            Speaks::Http2(acceptor) => match acceptor.accept(stream).await {
                Ok(stream) => {
                    self.handshakes.fetch_add(1, Ordering::SeqCst);
                    self.speak_http2(stream, connection).await;
                    Ok(())
                }
                Err(e) => Err(e),
            },
        };
    }

    async fn speak(&self, mut stream: impl Socket, connection: usize) -> io::Result<()> {
        let mut buffer = Vec::new();
        loop {
            let head = loop {
                if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                    break buffer.drain(..at + 4).collect::<Vec<_>>();
                }
                self.read(&mut stream, &mut buffer, connection).await?;
            };
            let behaviour = self.next();
            if matches!(behaviour, Behaviour::StallAfterHead) {
                return std::future::pending().await;
            }
            let mut recorded = Recorded { head, body: Vec::new(), connection };
            recorded.body = self.body(&recorded, &mut stream, &mut buffer, connection).await?;
            self.keep(recorded);
            act(behaviour, &mut stream).await?;
        }
    }

    async fn read(&self, stream: &mut impl Socket, buffer: &mut Vec<u8>, connection: usize) -> io::Result<()> {
        let start = buffer.len();
        buffer.reserve(64 << 10);
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.raw.lock().unwrap()[connection].extend_from_slice(&buffer[start..]);
        Ok(())
    }

    async fn body(
        &self,
        recorded: &Recorded,
        stream: &mut impl Socket,
        buffer: &mut Vec<u8>,
        connection: usize,
    ) -> io::Result<Vec<u8>> {
        let chunked = recorded.header("transfer-encoding").is_some();
        let length = recorded.header("content-length").map_or(0, |v| v.parse::<usize>().unwrap());
        loop {
            let end = if chunked {
                buffer.windows(5).position(|w| w == b"0\r\n\r\n").map(|at| at + 5)
            } else {
                (buffer.len() >= length).then_some(length)
            };
            if let Some(end) = end {
                return Ok(buffer.drain(..end).collect());
            }
            self.read(stream, buffer, connection).await?;
        }
    }

    async fn speak_http2(self: Arc<Self>, stream: TlsStream<TcpStream>, connection: usize) {
        let service = service_fn(move |request: Request<Incoming>| {
            let shared = self.clone();
            async move { shared.answer_http2(request, connection).await }
        });
        let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        // How it ended shows in what the other side saw.
        let _ = serving.serve_connection(TokioIo::new(stream), service).await;
    }

    async fn answer_http2(
        &self,
        request: Request<Incoming>,
        connection: usize,
    ) -> Result<Response<Full<Bytes>>, io::Error> {
        let (parts, body) = request.into_parts();
        let mut head = format!("{} {} HTTP/2\r\n", parts.method, parts.uri).into_bytes();
        for (name, value) in &parts.headers {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        self.raw.lock().unwrap()[connection].extend_from_slice(&head);
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
        self.raw.lock().unwrap()[connection].extend_from_slice(&body);
        let behaviour = self.next();
        self.keep(Recorded { head, body, connection });
        match behaviour {
            Behaviour::Answer { status, headers, body } => {
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                Ok(response.body(Full::new(body.into())).unwrap())
            }
            Behaviour::RawThenStall(_) | Behaviour::StallAfterHead => std::future::pending().await,
            _ => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }
}

/// An error ends the connection.
async fn act(behaviour: Behaviour, stream: &mut impl Socket) -> io::Result<()> {
    let ended = || Err(io::ErrorKind::ConnectionAborted.into());
    match behaviour {
        Behaviour::Answer { status, headers, body } => {
            let mut head = format!("HTTP/1.1 {status} Answer\r\nContent-Length: {}\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("\r\n");
            stream.write_all(&[head.into_bytes(), body].concat()).await?;
            stream.flush().await
        }
        Behaviour::Raw(bytes) => {
            stream.write_all(&bytes).await?;
            stream.flush().await
        }
        Behaviour::RawThenClose(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await?;
            ended()
        }
        Behaviour::RawThenReset(bytes) => {
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            stream.reset();
            ended()
        }
        Behaviour::RawThenStall(bytes) => {
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            std::future::pending().await
        }
        Behaviour::Trickle { bytes, pause } => {
            for byte in bytes {
                tokio::time::sleep(pause).await;
                stream.write_all(&[byte]).await?;
                stream.flush().await?;
            }
            Ok(())
        }
        Behaviour::StallAfterHead | Behaviour::CloseOnAccept | Behaviour::ResetOnAccept | Behaviour::NeverRead => {
            std::future::pending().await
        }
    }
}
