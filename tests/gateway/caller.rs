//! The case system's end of a connection: bytes out, answers in.

use havengate::{flow::DecisionId, verdict::Code};
use serde_json::Value;
use std::{fmt, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// No test waits longer than this for what must happen.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// One connection.
pub(crate) struct Line<S = TcpStream> {
    stream: S,
    received: Vec<u8>,
}

impl Line {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(crate) const fn over(stream: S) -> Self {
        Self { stream, received: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A gateway that has refused may close before all was sent.
        let _ = timeout(LONG, self.stream.write_all(bytes.as_ref())).await.expect("room to write");
        let _ = self.stream.flush().await;
    }

    /// The next answer; one that was cut off is not whole. `None`: the connection ended before any.
    pub(crate) async fn try_answer(&mut self) -> Option<Answer> {
        self.try_answer_within(LONG).await
    }

    async fn try_answer_within(&mut self, time: Duration) -> Option<Answer> {
        let mut ended = false;
        loop {
            if let Some((answer, length)) = Answer::read(&self.received, ended) {
                self.received.drain(..length);
                return Some(answer);
            }
            if ended {
                return None;
            }
            let mut chunk = [0; 16 << 10];
            match timeout(time, self.stream.read(&mut chunk)).await.expect("an answer or an end").unwrap_or(0) {
                0 => ended = true,
                n => self.received.extend_from_slice(&chunk[..n]),
            }
        }
    }

    /// The next answer, which may take longer than others.
    pub(crate) async fn answer_within(&mut self, time: Duration) -> Answer {
        self.try_answer_within(time).await.expect("an answer")
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("an answer")
    }

    /// Sends a head that asks to be told when to go on, and waits until the gateway reads the body: by then the
    /// request has its route and its policy.
    pub(crate) async fn begin(&mut self, target: &str, length: usize) {
        self.send(format!(
            "POST {target} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n\r\n"
        ))
        .await;
        let told = self.answer().await;
        assert_eq!(told.status, 100, "{told:?}");
    }
}

/// What came back.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and fields.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Its end arrived.
    pub(crate) whole: bool,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.head, self.text(), if self.whole { "" } else { "… cut off" })
    }
}

impl Answer {
    fn read(bytes: &[u8], ended: bool) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Self { status, head, body: Vec::new(), whole: true };
        let rest = &bytes[end..];
        let body = if (100..200).contains(&status) || status == 204 || status == 304 {
            Some((Vec::new(), 0))
        } else if answer.header("transfer-encoding").is_some() {
            unchunked(rest)
        } else {
            let length: usize = answer.header("content-length").map_or(0, |l| l.parse().unwrap());
            rest.get(..length).map(|body| (body.to_vec(), length))
        };
        match body {
            Some((body, length)) => {
                answer.body = body;
                Some((answer, end + length))
            }
            None if ended => {
                answer.whole = false;
                answer.body = rest.to_vec();
                Some((answer, bytes.len()))
            }
            None => None,
        }
    }

    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let fields = self.head.lines().skip(1).filter_map(|l| l.split_once(':'));
        fields.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values = self.values(name);
        assert!(values.len() < 2, "{name} stands twice: {}", self.head);
        values.into_iter().next()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn decision(&self) -> DecisionId {
        self.header("havengate-decision").unwrap_or_else(|| panic!("no decision: {self:?}")).parse().unwrap()
    }

    pub(crate) fn sent(&self) -> Option<String> {
        self.header("havengate-sent")
    }

    pub(crate) fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap().to_owned()
    }

    /// Asserts that it is the problem document of `code`, first because of `rule`.
    #[track_caller]
    pub(crate) fn assert_problem(&self, code: Code, rule: Option<&str>) {
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:havengate:problem:{code}"), "{problem}");
        assert_eq!(self.status, code.status().as_u16(), "{problem}");
        assert_eq!(problem["status"], self.status, "{problem}");
        assert_eq!(problem["reasons"].get(0).map(|r| r["rule"].as_str().unwrap()), rule, "{problem}");
        assert!(problem["help"].as_str().unwrap().contains("999"), "{problem}");
        assert_eq!(self.header("content-type").as_deref(), Some("application/problem+json"), "{}", self.head);
        if let Some(decision) = self.header("havengate-decision") {
            assert_eq!(problem["instance"], format!("urn:havengate:decision:{decision}"));
        }
    }
}

/// A chunked body and how long it was on the wire; `None` while its end is missing.
fn unchunked(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let line = bytes[at..].windows(2).position(|w| w == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[at..at + line]).unwrap(), 16).unwrap();
        at += line + 2;
        body.extend_from_slice(bytes.get(at..at + size)?);
        at += size + 2;
        if bytes.len() < at {
            return None;
        }
        if size == 0 {
            return Some((body, at));
        }
    }
}

/// A request with a JSON body, after which the connection closes.
pub(crate) fn post(target: &str, body: &str) -> Vec<u8> {
    request("POST", target, "Connection: close\r\n", body)
}

/// The same with more fields, each ended by CRLF.
pub(crate) fn request(method: &str, target: &str, fields: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         {fields}\r\n{body}"
    )
    .into_bytes()
}

/// Sends bytes on a connection of their own and reads the first answer.
pub(crate) async fn ask(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Answer {
    let mut line = Line::open(address).await;
    line.send(bytes).await;
    line.answer().await
}
