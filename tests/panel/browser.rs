//! A browser without a screen: it keeps the cookie, follows nothing, and fills in forms as they stand on the page.

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request,
    body::Bytes,
    header::{self, HeaderMap},
};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use std::{net::SocketAddr, sync::Arc};
use tokio_rustls::TlsConnector;

/// Somebody in front of the panel's pages.
#[derive(Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    cookie: Option<String>,
    /// Sent with every form, as browsers do.
    pub(crate) origin: Option<String>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Seen {
    /// Where it leads on.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().unwrap())
    }

    /// The value of the first field of this name.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> String {
        let field = format!("name=\"{name}\"");
        let tag =
            self.text.split('<').find(|tag| tag.contains(&field)).unwrap_or_else(|| panic!("{name}\n{}", self.text));
        let (_, value) = tag.split_once("value=\"").unwrap_or_else(|| panic!("{tag}"));
        value.split('"').next().unwrap().to_owned()
    }

    /// The page without its marks, with single spaces.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        let mut inside = false;
        for c in self.text.chars() {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    words.push(' ');
                }
                c if !inside => words.push(c),
                _ => {}
            }
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None, origin: Some("http://127.0.0.1".to_owned()), tls: None }
    }

    /// One that asks for this name over TLS and trusts this authority alone.
    pub(crate) fn over_tls(mut self, name: &'static str, root: rustls_pki_types::CertificateDer<'static>) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        self.tls = Some((TlsConnector::from(Arc::new(config)), ServerName::try_from(name).unwrap()));
        self.origin = Some(format!("https://{name}"));
        self
    }

    /// Takes a `Set-Cookie` line.
    pub(crate) fn with_cookie(mut self, line: &str) -> Self {
        self.cookie = Some(line.split(';').next().unwrap().to_owned()).filter(|c| !c.ends_with('='));
        self
    }

    pub(crate) fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Seen {
        let request = self.request("GET", path).body(Full::new(Bytes::new())).unwrap();
        self.ask(request).await
    }

    /// Sends a form with these fields and no others.
    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form)))
            .unwrap();
        self.ask(request).await
    }

    /// Opens a page, and sends a form of it to the address with its token.
    pub(crate) async fn fill(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Seen {
        let token = self.get(page).await.value("csrf");
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", token.as_str())]).collect();
        self.send(path, &fields).await
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1");
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        match &self.origin {
            Some(origin) if method == "POST" => request.header(header::ORIGIN, origin),
            _ => request,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the test is the browser")]
    pub(crate) async fn ask(&mut self, request: Request<Full<Bytes>>) -> Seen {
        let stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let response = match self.tls.clone() {
            None => spoken(stream, request).await,
            Some((connector, name)) => spoken(connector.connect(name, stream).await.unwrap(), request).await,
        };
        let (parts, body) = response.into_parts();
        if let Some(line) = parts.headers.get(header::SET_COOKIE) {
            *self = self.clone().with_cookie(line.to_str().unwrap());
        }
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        Seen { status: parts.status.as_u16(), headers: parts.headers, text }
    }
}

async fn spoken(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> hyper::Response<hyper::body::Incoming> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}
