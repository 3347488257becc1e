//! How this room reaches the world outside: only through what the process gives it, which judges every address
//! (design section 11, invariant 1).

use crate::flow::{Host, name_closed as closed};
use secrecy::SecretString;
use std::{fmt, net::SocketAddr, pin::Pin};
use tokio::io::{AsyncRead, AsyncWrite};

/// A future that can be sent.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An open connection.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin + fmt::Debug {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + fmt::Debug> Stream for S {}
/// Any of them.
pub type Line = Box<dyn Stream>;
/// Speaks TLS on the connection it came with: the certificate is verified and judged for its host.
pub type Secure = Box<dyn FnOnce(Line) -> Later<'static, Result<Line, Failure>> + Send>;

/// A connection to a judged address, in clear so far.
pub struct Dialled {
    /// The connection.
    pub line: Line,
    /// The address that was judged.
    pub address: SocketAddr,
    /// Makes it secure.
    pub secure: Secure,
}

impl fmt::Debug for Dialled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialled").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The way out for services of our own.
pub trait Dial: Send + Sync {
    /// Judges the host, looks it up, judges its addresses, records the contact and dials: in that order. `service` is
    /// a closed word for the record.
    fn connect<'a>(&'a self, service: &'static str, host: &'a Host, port: u16) -> Later<'a, Result<Dialled, Failure>>;

    /// The one line of a file in the keys directory, where it can be used.
    fn secret(&self, file: &str) -> Option<SecretString>;
}

closed! {
    /// Why something was not delivered.
    Failure {
        /// The registry or the rules for addresses deny it.
        Denied = "denied",
        /// The name leads nowhere.
        Unresolved = "unresolved",
        /// Nobody answers there.
        Unreachable = "unreachable",
        /// The certificate is not the server's own.
        Certificate = "certificate",
        /// The record book did not take the contact.
        NotRecorded = "not-recorded",
        /// It took too long.
        Timeout = "timeout",
        /// A mail server elsewhere that offers no TLS.
        Clear = "clear",
        /// The password or the secret cannot be used.
        Secret = "secret",
        /// The server does not take our user and password.
        SignIn = "sign-in",
        /// The server says not now.
        Later = "later",
        /// The server says no.
        Rejected = "rejected",
        /// It leads elsewhere, which is not followed.
        Redirected = "redirected",
        /// The server failed.
        Server = "server",
        /// What it answered cannot be understood.
        Answer = "answer",
        /// The message could not be written: a fault of ours.
        Fault = "fault",
    }
}

impl Failure {
    /// For people: why, and what to do.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Denied => {
                "The register of recipients does not let us talk to this server: it is linked to the Home Office, or \
                 its address is a private one. Name another server."
            }
            Self::Unresolved => "The server's name leads nowhere. Check it, and this machine's DNS.",
            Self::Unreachable => "Nobody answers there. Check the server and the way to it.",
            Self::Certificate => {
                "The server could not prove who it is, so nothing was sent. Ask its keeper to mend its certificate."
            }
            Self::NotRecorded => "The record book cannot be written, so nothing is sent at all.",
            Self::Timeout => "The server took too long.",
            Self::Clear => "The mail server offers no encryption, so nothing was sent. Ask its keeper for STARTTLS.",
            Self::Secret => "The password or secret file cannot be used. The log says which and why.",
            Self::SignIn => "The mail server does not take our user and password.",
            Self::Later => "The server said: not now.",
            Self::Rejected => "The server refused the message.",
            Self::Redirected => {
                "The server sent us elsewhere, which we do not follow. Use the address it is really at."
            }
            Self::Server => "The server had a fault of its own.",
            Self::Answer => "The server's answer could not be understood.",
            Self::Fault => "The message could not be written. Tell whoever runs Havengate.",
        }
    }

    /// Whether it is about the way there, and the next message would fail the same.
    pub(super) const fn of_the_way(self) -> bool {
        !matches!(self, Self::Rejected | Self::Fault)
    }
}
