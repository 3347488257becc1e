//! The messages of one connection, one after the other, as a push parser without input or output.

use super::{
    WireFault,
    chunk::Chunked,
    head::{Framing, HeadScan},
};
use crate::config::Limits;

/// Bounds of a request's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes, the empty line included.
    pub head: usize,
    /// Fields.
    pub fields: usize,
}

/// Heads above this would not fit what HTTP libraries take as one target or header.
const LARGEST_HEAD: usize = 60 << 10;

impl From<&Limits> for Bounds {
    fn from(limits: &Limits) -> Self {
        Self { head: limits.head.min(LARGEST_HEAD), fields: limits.headers }
    }
}

/// Where in the stream of messages the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before the first byte of a message.
    Between,
    /// In a head that is not whole.
    Head,
    /// In a body.
    Body,
}

/// Checks every message of a connection. See [`Parser::advance`].
#[derive(Debug)]
pub struct Parser {
    bounds: Bounds,
    state: State,
}

#[derive(Debug)]
enum State {
    Head(HeadScan),
    Length(u64),
    Chunked(Chunked),
    Broken(WireFault),
}

impl Parser {
    /// At the start of a connection.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, state: State::Head(HeadScan::default()) }
    }

    /// Where the next byte is. After a fault: in what the fault was found in is no longer told apart, and
    /// it is [`Place::Body`].
    #[must_use]
    pub const fn place(&self) -> Place {
        match &self.state {
            State::Head(scan) if scan.started() => Place::Head,
            State::Head(_) => Place::Between,
            State::Length(_) | State::Chunked(_) | State::Broken(_) => Place::Body,
        }
    }

    /// How many of the first bytes of `pending` may be passed on.
    ///
    /// `pending` is every byte that was received and not yet passed on, the earlier ones the same as at the
    /// last call. A head is passed on whole or not at all; a body's bytes are passed on as they come; one
    /// call never goes past the end of a message. The answers add up to the same for every way of splitting
    /// the same bytes.
    ///
    /// # Errors
    /// [`WireFault`], once everything before it was passed on; from then on always the same.
    pub fn advance(&mut self, pending: &[u8]) -> Result<usize, WireFault> {
        match &mut self.state {
            State::Broken(fault) => Err(*fault),
            State::Head(scan) => match scan.advance(pending, self.bounds) {
                Ok(None) => Ok(0),
                Ok(Some((length, framing))) => {
                    self.state = match framing {
                        Framing::None | Framing::Length(0) => State::Head(HeadScan::default()),
                        Framing::Length(n) => State::Length(n),
                        Framing::Chunked => State::Chunked(Chunked::START),
                    };
                    Ok(length)
                }
                Err(fault) => self.broken(0, fault),
            },
            State::Length(left) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(pending.len());
                *left -= taken as u64;
                if *left == 0 {
                    self.state = State::Head(HeadScan::default());
                }
                Ok(taken)
            }
            State::Chunked(chunked) => {
                let (taken, fault) = chunked.advance(pending);
                if *chunked == Chunked::Done {
                    self.state = State::Head(HeadScan::default());
                }
                match fault {
                    Some(fault) => self.broken(taken, fault),
                    None => Ok(taken),
                }
            }
        }
    }

    fn broken(&mut self, taken: usize, fault: WireFault) -> Result<usize, WireFault> {
        self.state = State::Broken(fault);
        if taken == 0 { Err(fault) } else { Ok(taken) }
    }
}
