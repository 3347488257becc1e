//! Mail: TLS from the first byte, or STARTTLS; in clear only to a server on this machine (RFC 5321, 3207, 8314).
//!
//! The connection is judged, dialled and made secure by the process around us; lettre speaks on it. STARTTLS is asked
//! for here, so that the certificate is judged like every other. The server's replies are read a byte at a time until
//! then: nothing that came in clear can be taken for something said under TLS.

use super::{
    dial::{Dial, Dialled, Failure, Line},
    outbox::Due,
    text::{self, Letter},
};
use crate::{
    config::{Mail, PASSWORD_FILE},
    ledger::hour::is_of_a_day,
    panel::Panel,
};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret as _;
use std::{
    error, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

/// A reply of the server before TLS, bytes.
const REPLY: usize = 8 << 10;
/// What lettre reads first on a connection whose greeting was read here.
const GREETING: &[u8] = b"220 ready\r\n";

/// Sends one message. When this returns without a failure, the server took it.
pub(super) async fn send(
    panel: &Panel,
    dial: &dyn Dial,
    server: &Mail,
    to: &str,
    id: &str,
    due: &Due,
) -> Result<(), Failure> {
    let letter = text::letter(panel, &due.facts);
    let (envelope, bytes) = written(panel, server, to, id, due, letter).map_err(|_| Failure::Fault)?;
    let dialled = dial.connect("smtp", &server.host, server.port).await?;
    let name = client_name(server);
    let transport = open(dialled, server.tls, &name).await?;
    let hello = ClientId::Domain(name);
    let mut connection =
        AsyncSmtpConnection::connect_with_transport(Box::new(transport), &hello).await.map_err(|e| failure(&e))?;
    if let Some(user) = &server.user {
        let password = dial.secret(PASSWORD_FILE).ok_or(Failure::Secret)?;
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        let signed = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
        signed.map_err(|e| if e.is_transient() { Failure::Later } else { Failure::SignIn })?;
    }
    connection.send(&envelope, &bytes).await.map_err(|e| failure(&e))?;
    // It was taken; how we part changes nothing.
    let _ = connection.quit().await;
    Ok(())
}

/// Who we say we are: the domain that mail comes from.
fn client_name(server: &Mail) -> String {
    server.from.rsplit('@').next().unwrap_or("localhost").to_owned()
}

/// Mail that was made by a machine, so that nobody's absence notes come back (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn written(
    panel: &Panel,
    server: &Mail,
    to: &str,
    id: &str,
    due: &Due,
    letter: Letter,
) -> Result<(Envelope, Vec<u8>), Box<dyn error::Error + Send + Sync>> {
    let (from, to): (Address, Address) = (server.from.parse()?, to.parse()?);
    let envelope = Envelope::new(Some(from.clone()), vec![to.clone()])?;
    let message = Message::builder()
        .message_id(Some(format!("<{id}@{}>", panel.gateway)))
        // Of a message that is kept to the day only: when it is sent, or it would stand in the wrong place of a list.
        .date(if is_of_a_day(&due.facts.kind) { panel.wall() } else { due.at }.into())
        .from(Mailbox::new(Some("Havengate".to_owned()), from))
        .to(Mailbox::new(None, to))
        .subject(letter.subject)
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        .body(letter.body)?;
    Ok((envelope, message.formatted()))
}

/// Makes the connection one that lettre may speak on.
async fn open(dialled: Dialled, tls: bool, name: &str) -> Result<Transport, Failure> {
    let Dialled { mut line, address, secure } = dialled;
    if tls {
        return Ok(Transport { line: secure(line).await?, address, before: &[] });
    }
    reply(&mut line, "220").await?;
    say(&mut line, &format!("EHLO {name}\r\n")).await?;
    let offers = reply(&mut line, "250").await?;
    if offers.iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
        say(&mut line, "STARTTLS\r\n").await?;
        reply(&mut line, "220").await?;
        line = secure(line).await?;
    } else if !address.ip().is_loopback() {
        return Err(Failure::Clear);
    }
    Ok(Transport { line, address, before: GREETING })
}

async fn say(line: &mut Line, text: &str) -> Result<(), Failure> {
    line.write_all(text.as_bytes()).await.map_err(|_| Failure::Unreachable)?;
    line.flush().await.map_err(|_| Failure::Unreachable)
}

/// The lines of a reply with this code, without it.
async fn reply(line: &mut Line, code: &str) -> Result<Vec<String>, Failure> {
    let mut read = Vec::new();
    let mut lines = Vec::new();
    loop {
        let byte = line.read_u8().await.map_err(|_| Failure::Unreachable)?;
        read.push(byte);
        if read.len() > REPLY {
            return Err(Failure::Answer);
        }
        if byte != b'\n' {
            continue;
        }
        let text = String::from_utf8(std::mem::take(&mut read)).map_err(|_| Failure::Answer)?;
        let (said, rest) = text.split_at_checked(3).ok_or(Failure::Answer)?;
        if said != code {
            return Err(if said.starts_with('4') { Failure::Later } else { Failure::Rejected });
        }
        lines.push(rest.get(1..).unwrap_or_default().trim().to_owned());
        if !rest.starts_with('-') {
            return Ok(lines);
        }
        if lines.len() > 100 {
            return Err(Failure::Answer);
        }
    }
}

/// The server's own words stay with it: they may repeat an address.
fn failure(error: &Error) -> Failure {
    if error.is_permanent() {
        Failure::Rejected
    } else if error.is_transient() {
        Failure::Later
    } else if error.is_timeout() {
        Failure::Timeout
    } else if error.is_response() || error.is_client() {
        Failure::Answer
    } else {
        Failure::Unreachable
    }
}

/// A connection for lettre, whose greeting may have been read already.
#[derive(Debug)]
struct Transport {
    line: Line,
    address: SocketAddr,
    before: &'static [u8],
}

impl AsyncTokioStream for Transport {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl AsyncRead for Transport {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.before.is_empty() {
            return Pin::new(&mut self.line).poll_read(cx, into);
        }
        let (now, later) = self.before.split_at(self.before.len().min(into.remaining()));
        into.put_slice(now);
        self.before = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.line).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_shutdown(cx)
    }
}
