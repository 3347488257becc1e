//! `<home>/control.sock`: how commands reach a running gateway, which alone holds the ledger.
//!
//! One JSON object a line in, one a line out. Only our own user and root may speak; the list of commands is
//! closed. There is deliberately none that lifts a stop: that takes a panel member with a second factor.

mod client;
mod command;
mod line;
mod server;

pub use client::call;
pub use command::{ClientRef, Command, Declined, Emergency, End, IssueGrant, Reply};
pub use server::{Bounds, ControlHandler, ControlSocket};

/// The longest line in either direction, in bytes, without its end.
pub const MAX_LINE: usize = 64 << 10;

/// Why the control socket could not be used, and the mend.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens.
    #[error("no gateway is running here (nobody answers at {0})")]
    NotRunning(String),
    /// Somebody listens already.
    #[error("a gateway is running already (somebody answers at {0}); stop it first")]
    Running(String),
    /// Something else is in the socket's place.
    #[error("{0} is there and is not a socket; move it away")]
    NotASocket(String),
    /// Another user's.
    #[error("the control socket belongs to another user; run this as the gateway's user or as root")]
    Stranger,
    /// A command or answer over 64 KiB.
    #[error("the command or its answer is longer than 64 KiB")]
    TooLong,
    /// No answer in time. What was asked may have been done.
    #[error("the gateway did not answer in time; look with `havengate status` before you ask again")]
    Timeout,
    /// Closed without an answer, or something that is no answer.
    #[error("the gateway closed the connection without an answer; look at its log before you ask again")]
    NoAnswer,
    /// The system refused.
    #[error("the control socket could not be used: {0}")]
    Io(#[from] std::io::Error),
}

/// Whether a process of user `peer` may speak with one of user `ours`.
const fn may_speak(peer: u32, ours: u32) -> bool {
    peer == ours || peer == 0
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_our_own_user_and_root_may_speak() {
        assert!(super::may_speak(1000, 1000) && super::may_speak(0, 1000) && super::may_speak(0, 0));
        assert!(!super::may_speak(1001, 1000) && !super::may_speak(1000, 0));
    }
}
