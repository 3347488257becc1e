//! Tokens: where a string, a number or a literal ends, and whether it is what RFC 8259 allows.
//!
//! Every function may be asked again with more bytes: `None` means that the token goes on.

use super::tape::Scalar;
use wide::u8x16;

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where it is.
    pub(super) at: usize,
    /// The last byte one must have read to know.
    pub(super) seen: usize,
    /// What, without repeating it.
    pub(super) what: &'static str,
}

impl Fault {
    pub(super) const fn here(at: usize, what: &'static str) -> Self {
        Self { at, seen: at, what }
    }
}

/// The longest number, in bytes. Longer ones carry no quantity; the bound keeps re-reading cheap.
const NUMBER: usize = 1024;

/// How far a string has been read that has not ended yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Partial {
    /// Bytes read, from the opening quote; 0 before it.
    read: usize,
    escaped: bool,
    wide: bool,
}

impl Partial {
    /// Whether a string was cut.
    pub(super) const fn has_begun(&self) -> bool {
        self.read > 0
    }
}

/// A whole string.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    /// After the closing quote.
    pub(super) end: usize,
    pub(super) scalar: Scalar,
    /// Holds escapes.
    pub(super) escaped: bool,
}

/// The first byte that is not white space, if any has come yet; moves `pos` to it.
#[inline]
pub(super) fn significant(buf: &[u8], pos: &mut usize) -> Option<u8> {
    loop {
        let byte = *buf.get(*pos)?;
        if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
            return Some(byte);
        }
        *pos += 1;
    }
}

/// The end of the scalar at `start`, where it is there whole and needs no second look; `None` says nothing.
#[inline]
pub(super) fn quick(buf: &[u8], start: usize) -> Option<(usize, Scalar)> {
    let rest = buf.get(start..)?;
    match rest.first()? {
        b'"' => quick_text(buf, start),
        b'0'..=b'9' => Some((quick_integer(buf, start)?, Scalar::Number)),
        b't' if rest.starts_with(b"true") => Some((start + 4, Scalar::Bool)),
        b'f' if rest.starts_with(b"false") => Some((start + 5, Scalar::Bool)),
        b'n' if rest.starts_with(b"null") => Some((start + 4, Scalar::Null)),
        _ => None,
    }
}

/// The end of a string of plain ASCII that is there whole.
#[inline]
pub(super) fn quick_text(buf: &[u8], start: usize) -> Option<(usize, Scalar)> {
    let mut at = start + 1;
    let mut dots = 0;
    loop {
        // Most strings end within the first block, and a loop that is not gone round is guessed right.
        let block = Block::of(buf.get(at..)?.first_chunk()?);
        let (stops, wide) = (block.stops(), block.wide());
        if stops | wide == 0 {
            dots |= block.dots();
            at += Block::BYTES;
            continue;
        }
        // No byte beyond ASCII before the one that stops it.
        let before = stops.wrapping_sub(1) & !stops;
        at += stops.trailing_zeros() as usize;
        if wide & before != 0 || buf.get(at) != Some(&b'"') {
            return None;
        }
        let scalar = if dots | block.dots() & before == 0 { Scalar::Simple } else { Scalar::Text };
        return Some((at + 1, scalar));
    }
}

/// The end of an integer of a few digits, with what follows it in sight.
#[inline]
fn quick_integer(buf: &[u8], start: usize) -> Option<usize> {
    let digits = buf.get(start..)?.iter().take(16).take_while(|b| b.is_ascii_digit()).count();
    let end = start + digits;
    let leading_zero = digits > 1 && buf.get(start) == Some(&b'0');
    (!leading_zero && matches!(buf.get(end), Some(b',' | b'}'))).then_some(end)
}

/// Reads the string whose opening quote is at `start`. UTF-8 and escapes are checked.
#[inline]
pub(super) fn text(buf: &[u8], start: usize, partial: &mut Partial) -> Result<Option<Text>, Fault> {
    if !partial.has_begun()
        && let Some((end, scalar)) = quick_text(buf, start)
    {
        return Ok(Some(Text { end, scalar, escaped: false }));
    }
    long_text(buf, start, partial)
}

#[inline(never)]
fn long_text(buf: &[u8], start: usize, partial: &mut Partial) -> Result<Option<Text>, Fault> {
    let mut at = start + partial.read.max(1);
    loop {
        at = plain(buf, at, &mut partial.wide);
        match buf.get(at) {
            Some(b'"') => break,
            Some(b'\\') => match escape(buf, at)? {
                Some(next) => {
                    partial.escaped = true;
                    at = next;
                }
                None => return Ok(pause(partial, at - start)),
            },
            Some(_) => return Err(Fault::here(at, "a control character in a string, which must be escaped")),
            None => return Ok(pause(partial, at - start)),
        }
    }
    if partial.wide {
        utf8(buf, start + 1, at)?;
    }
    let text = Text { end: at + 1, scalar: Scalar::Text, escaped: partial.escaped };
    *partial = Partial::default();
    Ok(Some(text))
}

fn pause(partial: &mut Partial, read: usize) -> Option<Text> {
    partial.read = read;
    None
}

#[cold]
fn utf8(buf: &[u8], start: usize, end: usize) -> Result<(), Fault> {
    let fault = |e: std::str::Utf8Error| Fault { at: start + e.valid_up_to(), seen: end, what: "invalid UTF-8" };
    std::str::from_utf8(buf.get(start..end).unwrap_or_default()).map(|_| ()).map_err(fault)
}

/// The first quote, backslash or control character from `at` on, or the end of what there is.
#[inline]
fn plain(buf: &[u8], mut at: usize, wide: &mut bool) -> usize {
    while let Some(chunk) = buf.get(at..).and_then(<[u8]>::first_chunk) {
        let block = Block::of(chunk);
        *wide |= block.wide() != 0;
        match block.stops() {
            0 => at += Block::BYTES,
            stops => return at + stops.trailing_zeros() as usize,
        }
    }
    while let Some(byte) = buf.get(at) {
        if matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            break;
        }
        *wide |= byte & 0x80 != 0;
        at += 1;
    }
    at
}

/// Bytes looked at together: what is said of them is a bit for each, the first one's the lowest.
struct Block([u8x16; 2]);

impl Block {
    const BYTES: usize = 32;

    #[inline(always)]
    fn of(bytes: &[u8; Self::BYTES]) -> Self {
        let half = |half: Option<&[u8; 16]>| half.map_or(u8x16::ZERO, |half| u8x16::new(*half));
        Self([half(bytes.first_chunk()), half(bytes.last_chunk())])
    }

    /// Quotes, backslashes, control characters.
    #[inline(always)]
    fn stops(&self) -> u32 {
        self.mask(|half| {
            let control = half.min(u8x16::splat(0x1f)).simd_eq(half);
            half.simd_eq(u8x16::splat(b'"')) | half.simd_eq(u8x16::splat(b'\\')) | control
        })
    }

    /// Dots and percent signs.
    #[inline(always)]
    fn dots(&self) -> u32 {
        self.mask(|half| half.simd_eq(u8x16::splat(b'.')) | half.simd_eq(u8x16::splat(b'%')))
    }

    /// Bytes beyond ASCII.
    #[inline(always)]
    fn wide(&self) -> u32 {
        self.mask(|half| half)
    }

    #[inline(always)]
    fn mask(&self, of: impl Fn(u8x16) -> u8x16) -> u32 {
        let [low, high] = self.0;
        of(low).to_bitmask() | of(high).to_bitmask() << 16
    }
}

/// The end of the escape at `at`: RFC 8259 section 7, surrogates only in pairs.
#[cold]
fn escape(buf: &[u8], at: usize) -> Result<Option<usize>, Fault> {
    match buf.get(at + 1) {
        None => Ok(None),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(Some(at + 2)),
        Some(b'u') => match unit(buf, at)? {
            None => Ok(None),
            Some(0xDC00..=0xDFFF) => Err(Fault { at, seen: at + 5, what: "half of a surrogate pair in a string" }),
            Some(0xD800..=0xDBFF) => low_surrogate(buf, at),
            Some(_) => Ok(Some(at + 6)),
        },
        Some(_) => Err(Fault { at, seen: at + 1, what: "an escape that JSON does not have" }),
    }
}

fn low_surrogate(buf: &[u8], high: usize) -> Result<Option<usize>, Fault> {
    let lone = |seen| Fault { at: high, seen, what: "half of a surrogate pair in a string" };
    let at = high + 6;
    for (offset, expected) in [(0, b'\\'), (1, b'u')] {
        match buf.get(at + offset) {
            None => return Ok(None),
            Some(byte) if *byte == expected => {}
            Some(_) => return Err(lone(at + offset)),
        }
    }
    match unit(buf, at)? {
        None => Ok(None),
        Some(0xDC00..=0xDFFF) => Ok(Some(at + 6)),
        Some(_) => Err(lone(at + 5)),
    }
}

/// The UTF-16 unit of the `\uXXXX` at `at`.
fn unit(buf: &[u8], at: usize) -> Result<Option<u32>, Fault> {
    let mut unit = 0;
    for place in at + 2..at + 6 {
        let Some(byte) = buf.get(place) else { return Ok(None) };
        let Some(digit) = char::from(*byte).to_digit(16) else {
            return Err(Fault { at, seen: place, what: "a \\u escape without four hexadecimal digits" });
        };
        unit = unit << 4 | digit;
    }
    Ok(Some(unit))
}

/// The end of the number at `start`: RFC 8259 section 6. `at_end`: no more bytes come.
#[inline]
pub(super) fn number(buf: &[u8], start: usize, at_end: bool) -> Result<Option<usize>, Fault> {
    // However far one reads before saying so, a number that is too long is only ever called that.
    match number_end(buf, start, at_end) {
        Ok(end) if end - start <= NUMBER => Ok((end < buf.len() || at_end).then_some(end)),
        Err(fault) if fault.at - start <= NUMBER => Err(fault),
        _ => Err(Fault { at: start, seen: start + NUMBER, what: "a number of more than 1,024 characters" }),
    }
}

#[inline]
fn number_end(buf: &[u8], start: usize, at_end: bool) -> Result<usize, Fault> {
    let mut at = start + usize::from(buf.get(start) == Some(&b'-'));
    at = match buf.get(at) {
        Some(b'0') => at + 1,
        _ => digits(buf, at, at_end)?,
    };
    if buf.get(at) == Some(&b'.') {
        at = digits(buf, at + 1, at_end)?;
    }
    if let Some(b'e' | b'E') = buf.get(at) {
        let sign = usize::from(matches!(buf.get(at + 1), Some(b'+' | b'-')));
        at = digits(buf, at + 1 + sign, at_end)?;
    }
    Ok(at)
}

/// After at least one digit; or the end of what there is.
#[inline]
fn digits(buf: &[u8], start: usize, at_end: bool) -> Result<usize, Fault> {
    let mut at = start;
    while buf.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    if at == start && (at < buf.len() || at_end) {
        return Err(Fault::here(at, "a number without a digit where one must stand"));
    }
    Ok(at)
}

/// The end of `true`, `false` or `null` at `start`.
#[inline]
pub(super) fn literal(buf: &[u8], start: usize, word: &'static [u8]) -> Result<Option<usize>, Fault> {
    for (at, expected) in (start..).zip(word) {
        match buf.get(at) {
            None => return Ok(None),
            Some(byte) if byte == expected => {}
            Some(_) => return Err(Fault::here(at, "a word that is not true, false or null")),
        }
    }
    Ok(Some(start + word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slow(buf: &[u8]) -> usize {
        buf.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)).unwrap_or(buf.len())
    }

    proptest! {
        #[test]
        fn plain_finds_what_a_plain_loop_finds(
            text in "[a\"\\\\\u{1f} \u{7f}\u{80}!#é]{0,60}", from in 0usize..8,
        ) {
            let buf = text.as_bytes();
            let from = from.min(buf.len());
            prop_assert_eq!(plain(buf, from, &mut false), from + slow(&buf[from..]));
        }

        #[test]
        fn wide_is_never_missed(prefix in "[a-z]{0,40}") {
            let mut wide = false;
            plain(format!("{prefix}é\"").as_bytes(), 0, &mut wide);
            prop_assert!(wide);
        }
    }
}
