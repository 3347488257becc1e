//! Pairs and their percent-encoding.

use std::borrow::Cow;

/// What is wrong, and at which byte of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// One pair, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair<'b> {
    /// Where it begins in the body.
    pub(super) at: usize,
    pub(super) name: Cow<'b, str>,
    pub(super) value: Cow<'b, str>,
}

/// The pairs of a form, without empty ones.
pub(super) fn pairs(body: &[u8]) -> impl Iterator<Item = Result<Pair<'_>, Fault>> {
    let mut at = 0;
    let pieces = body.split(|byte| *byte == b'&').map(move |piece| {
        let from = at;
        at += piece.len() + 1;
        (from, piece)
    });
    pieces.filter(|(_, piece)| !piece.is_empty()).map(|(at, piece)| pair(at, piece))
}

fn pair(at: usize, piece: &[u8]) -> Result<Pair<'_>, Fault> {
    let middle = piece.iter().position(|byte| *byte == b'=').unwrap_or(piece.len());
    let (name, value) = (piece.get(..middle).unwrap_or_default(), piece.get(middle + 1..).unwrap_or_default());
    let name = decode(at, name, |byte| byte.is_ascii_control())?;
    let odd = |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r' | b'\n');
    let value = decode(at + middle + 1, value, odd)?;
    Ok(Pair { at, name, value })
}

/// Decodes what begins at byte `at`. `odd` says which bytes may not stand in it, encoded or not.
fn decode(at: usize, text: &[u8], odd: impl Fn(u8) -> bool) -> Result<Cow<'_, str>, Fault> {
    let control = |at| Fault { at, what: "a control character" };
    let utf8 = |_| Fault { at, what: "invalid UTF-8 in the name or value" };
    if let Some(place) = text.iter().position(|byte| byte.is_ascii_control()) {
        return Err(control(at + place));
    }
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(utf8);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut place = 0;
    while let Some(byte) = text.get(place) {
        let (byte, width) = match byte {
            b'%' => {
                let digit = |n: usize| text.get(place + n).and_then(|digit| char::from(*digit).to_digit(16));
                let (Some(high), Some(low)) = (digit(1), digit(2)) else {
                    return Err(Fault { at: at + place, what: "a percent sign without two hexadecimal digits" });
                };
                ((high << 4 | low) as u8, 3)
            }
            b'+' => (b' ', 1),
            plain => (*plain, 1),
        };
        if odd(byte) {
            return Err(control(at + place));
        }
        decoded.push(byte);
        place += width;
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|error| utf8(error.utf8_error()))
}
