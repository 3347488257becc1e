//! Chunk framing (RFC 9112 section 7.1), without extensions and without trailers.

use super::WireFault;

/// Where in the framing the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunked {
    /// In a size line, with so many digits read.
    Size { digits: u8, size: u64 },
    /// At the line feed of a size line.
    SizeLf { size: u64 },
    /// In data, with so many bytes left.
    Data { left: u64 },
    /// At the carriage return after data.
    DataCr,
    /// At the line feed after data.
    DataLf,
    /// At the carriage return that ends the body.
    EndCr,
    /// At the line feed that ends the body.
    EndLf,
    /// Past the end.
    Done,
}

impl Chunked {
    /// Before the first size line.
    pub(super) const START: Self = Self::Size { digits: 0, size: 0 };

    /// Moves over as much of `bytes` as is well framed. Returns how many bytes that was, and the fault of
    /// the byte after them, where there is one. Stops at the end of the body.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> (usize, Option<WireFault>) {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|r| !r.is_empty()) {
            match self {
                Self::Done => break,
                Self::Data { left } => {
                    let step = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left -= step as u64;
                    taken += step;
                    if *left == 0 {
                        *self = Self::DataCr;
                    }
                }
                _ => match rest.first().map(|b| self.framing_byte(*b)) {
                    Some(Ok(next)) => {
                        *self = next;
                        taken += 1;
                    }
                    Some(Err(fault)) => return (taken, Some(fault)),
                    None => break,
                },
            }
        }
        (taken, None)
    }

    fn framing_byte(self, byte: u8) -> Result<Self, WireFault> {
        match (self, byte) {
            (Self::Size { digits, size }, b) if b.is_ascii_hexdigit() && digits < 16 => {
                let digit = (b as char).to_digit(16).unwrap_or_default();
                Ok(Self::Size { digits: digits + 1, size: (size << 4) | u64::from(digit) })
            }
            (Self::Size { digits: 1.., size }, b'\r') => Ok(Self::SizeLf { size }),
            (Self::Size { digits: 1.., .. }, b';') => Err(WireFault::ChunkExtension),
            (Self::SizeLf { size: 0 }, b'\n') => Ok(Self::EndCr),
            (Self::SizeLf { size }, b'\n') => Ok(Self::Data { left: size }),
            (Self::DataCr, b'\r') => Ok(Self::DataLf),
            (Self::DataLf, b'\n') => Ok(Self::START),
            (Self::DataCr | Self::DataLf, _) => Err(WireFault::ChunkEnd),
            (Self::EndCr, b'\r') => Ok(Self::EndLf),
            (Self::EndLf, b'\n') => Ok(Self::Done),
            (Self::EndCr, _) => Err(WireFault::Trailers),
            _ => Err(WireFault::ChunkSize),
        }
    }
}
