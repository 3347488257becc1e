//! A stand-in external database: a TLS server on loopback that keeps exactly the bytes it received.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// The stand-in, running until it is dropped.
#[derive(Debug)]
pub(super) struct StandIn {
    address: SocketAddr,
    authority: String,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    task: tokio::task::JoinHandle<()>,
}

impl StandIn {
    /// Starts one that shows a certificate for `names`, signed by an authority made for the occasion.
    ///
    /// # Errors
    /// When no loopback port is free or no certificate can be made.
    pub(super) async fn start(names: Vec<String>) -> io::Result<Self> {
        let (authority, acceptor) = identity(names).map_err(io::Error::other)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let record = received.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, record) = (acceptor.clone(), record.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = serve(stream, &record).await;
                    }
                });
            }
        });
        Ok(Self { address, authority, received, task })
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authority that signed its certificate, PEM.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Takes everything received since the last call: one entry a request, head and body.
    pub(super) fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.received.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads requests and answers each with `201`. Bytes are kept before they are understood, so that even a
/// request that makes no sense would be seen.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, record: &Mutex<Vec<Vec<u8>>>) -> io::Result<()> {
    loop {
        let mut bytes = Vec::new();
        let outcome = read_request(&mut stream, &mut bytes).await;
        if !bytes.is_empty() {
            record.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
        }
        if !outcome? {
            return Ok(());
        }
        let body = br#"{"status":"received"}"#;
        let head =
            format!("HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        stream.flush().await?;
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|l| l.strip_prefix("content-length:"))
                .map_or(Ok(0), |v| v.trim().parse::<usize>())
                .map_err(io::Error::other)?;
            if bytes.len() >= end + 4 + length {
                return Ok(true);
            }
        }
        let n = stream.read(&mut chunk).await?;
        if n == 0 {
            return Ok(false);
        }
        bytes.extend_from_slice(chunk.get(..n).unwrap_or_default());
    }
}

fn identity(names: Vec<String>) -> Result<(String, TlsAcceptor), Box<dyn std::error::Error + Send + Sync>> {
    let mut params = rcgen::CertificateParams::new(Vec::new())?;
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    params.distinguished_name.push(rcgen::DnType::CommonName, "Havengate demonstration authority");
    a_few_days(&mut params);
    let ca_key = rcgen::KeyPair::generate()?;
    let ca = params.self_signed(&ca_key)?;
    let issuer = rcgen::Issuer::new(params, ca_key);

    let mut params = rcgen::CertificateParams::new(names)?;
    a_few_days(&mut params);
    let key = rcgen::KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls_pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )?;
    Ok((ca.pem(), TlsAcceptor::from(Arc::new(config))))
}

/// rcgen's default validity is from 1975 to 4096.
fn a_few_days(params: &mut rcgen::CertificateParams) {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day =
        |d: jiff::civil::Date| rcgen::date_time_ymd(d.year().into(), d.month().unsigned_abs(), d.day().unsigned_abs());
    params.not_before = day(today.saturating_sub(jiff::Span::new().days(1)));
    params.not_after = day(today.saturating_add(jiff::Span::new().days(30)));
}
