//! Tokens: where a tag, a comment, a CDATA section, an instruction or a run of text ends.
//!
//! Every function may be asked again with more bytes: `None` means that the token goes on. What is within a token is
//! looked at once it is whole.

use super::fault::Fault;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Text,
    /// `<name …>` or `<name …/>`.
    Start,
    /// `</name>`.
    End,
    /// `<!-- … -->`.
    Comment,
    /// `<![CDATA[ … ]]>`.
    CData,
    /// `<?target … ?>`, the XML declaration too.
    Instruction,
}

/// How far a token has been read that has not ended yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Partial {
    /// Bytes read from the token's beginning, all of which say nothing about its end.
    read: usize,
    /// The quote that is open.
    quote: Option<u8>,
}

const COMMENT: &[u8] = b"<!--";
const CDATA: &[u8] = b"<![CDATA[";

/// The token at `start` and its end. `at_end`: no more bytes come.
pub(super) fn token(
    buf: &[u8],
    start: usize,
    partial: &mut Partial,
    at_end: bool,
) -> Result<Option<(Token, usize)>, Fault> {
    let rest = buf.get(start..).unwrap_or_default();
    let found = match rest {
        [] => return Ok(None),
        [b'<', ..] => markup(rest, partial).map_err(|fault| fault.after(start))?,
        _ => match find(rest, partial.read, [b'<'; 4]) {
            Some(end) => Some((Token::Text, end)),
            None if at_end => Some((Token::Text, rest.len())),
            None => {
                partial.read = rest.len();
                None
            }
        },
    };
    Ok(found.map(|(token, length)| {
        *partial = Partial::default();
        (token, start + length)
    }))
}

fn markup(rest: &[u8], partial: &mut Partial) -> Result<Option<(Token, usize)>, Fault> {
    match rest.get(1) {
        None => Ok(None),
        Some(b'/') => Ok(end_tag(rest, partial)?.map(|end| (Token::End, end))),
        Some(b'?') => Ok(until(rest, b"?>", 2, partial).map(|end| (Token::Instruction, end))),
        Some(b'!') => declared(rest, partial),
        Some(b'A'..=b'Z' | b'a'..=b'z' | b'_' | b':' | 0x80..) => {
            Ok(start_tag(rest, partial)?.map(|end| (Token::Start, end)))
        }
        Some(0) => Err(Fault::here(1, super::fault::UTF16)),
        Some(_) => Err(Fault::here(0, ("a `<` that begins no tag", "write it as &lt;"))),
    }
}

/// What begins with `<!`. Everything but comments and CDATA belongs to a document type.
fn declared(rest: &[u8], partial: &mut Partial) -> Result<Option<(Token, usize)>, Fault> {
    let known = |prefix: &[u8]| rest.iter().zip(prefix).take_while(|(a, b)| a == b).count();
    let (comment, cdata) = (known(COMMENT), known(CDATA));
    if comment == COMMENT.len() {
        return Ok(comment_end(rest, partial)?.map(|end| (Token::Comment, end)));
    }
    if cdata == CDATA.len() {
        return Ok(until(rest, b"]]>", CDATA.len(), partial).map(|end| (Token::CData, end)));
    }
    let seen = comment.max(cdata);
    if seen == rest.len() {
        return Ok(None);
    }
    let (what, mend) = match seen {
        2 => (
            "a document type declaration, with which entities and other files are brought in",
            "leave the DOCTYPE out, and write out what its entities stand for",
        ),
        _ => ("something that is neither a comment nor CDATA", "take it out"),
    };
    Err(Fault { at: 0, seen: seen + 1, what, mend })
}

/// After `-->`; two hyphens may not stand within (XML 1.0 section 2.5).
fn comment_end(rest: &[u8], partial: &mut Partial) -> Result<Option<usize>, Fault> {
    let mut at = partial.read.max(COMMENT.len());
    loop {
        let Some(hyphen) = find(rest, at, [b'-'; 4]) else {
            partial.read = rest.len();
            return Ok(None);
        };
        match (rest.get(hyphen + 1), rest.get(hyphen + 2)) {
            (Some(b'-'), Some(b'>')) => return Ok(Some(hyphen + 3)),
            (Some(b'-'), Some(_)) => {
                let (what, mend) = ("two hyphens within a comment", "take them out");
                return Err(Fault { at: hyphen, seen: hyphen + 3, what, mend });
            }
            (Some(b'-') | None, None) => {
                partial.read = hyphen;
                return Ok(None);
            }
            _ => at = hyphen + 1,
        }
    }
}

/// After the first `mark` from `from` on.
fn until(rest: &[u8], mark: &[u8], from: usize, partial: &mut Partial) -> Option<usize> {
    let first = *mark.first()?;
    let mut at = partial.read.max(from);
    while let Some(found) = find(rest, at, [first; 4]) {
        let there = rest.get(found..).unwrap_or_default();
        if there.starts_with(mark) {
            return Some(found + mark.len());
        }
        if mark.starts_with(there) {
            partial.read = found;
            return None;
        }
        at = found + 1;
    }
    partial.read = rest.len();
    None
}

fn end_tag(rest: &[u8], partial: &mut Partial) -> Result<Option<usize>, Fault> {
    match find(rest, partial.read.max(2), [b'<', b'>', b'<', b'>']) {
        Some(end) if rest.get(end) == Some(&b'>') => Ok(Some(end + 1)),
        Some(at) => Err(Fault::here(at, ("a `<` within a tag", "end the tag before it"))),
        None => {
            partial.read = rest.len();
            Ok(None)
        }
    }
}

/// After the `>` that is in no quotes.
fn start_tag(rest: &[u8], partial: &mut Partial) -> Result<Option<usize>, Fault> {
    let mut at = partial.read.max(1);
    loop {
        let found = match partial.quote {
            Some(quote) => find(rest, at, [quote, b'<', quote, b'<']),
            None => find(rest, at, [b'>', b'"', b'\'', b'<']),
        };
        let Some(found) = found else {
            partial.read = rest.len();
            return Ok(None);
        };
        match (rest.get(found), partial.quote) {
            (Some(b'<'), _) => {
                return Err(Fault::here(found, ("a `<` within a tag", "write it as &lt;, or end the tag before it")));
            }
            (_, Some(_)) => partial.quote = None,
            (Some(b'>'), None) => return Ok(Some(found + 1)),
            (quote, None) => partial.quote = quote.copied(),
        }
        at = found + 1;
        partial.read = at;
    }
}

/// How long the text is that ends at the next `<` and means itself, for whoever reads it and whoever writes it; `None`
/// where it goes on, or has anything in it that needs a second look.
#[inline]
pub(super) fn plain_text(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    for block in bytes.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*block);
        // `<` and `>` differ in this bit; 0xEF begins U+FFFE and U+FFFF.
        let tags = zero_low((word | (ONES * 2)) ^ (ONES * b'>' as u64));
        let odd = tags
            | (word.wrapping_sub(ONES * 0x20) & !word)
            | zero_low(word ^ (ONES * 0xEF))
            | zero_low(word ^ (ONES * b'&' as u64))
            | zero_low(word ^ (ONES * b']' as u64));
        let odd = odd & (ONES << 7);
        if odd != 0 {
            let at = from + (odd.trailing_zeros() / 8) as usize;
            return (bytes.get(at) == Some(&b'<')).then_some(at);
        }
        from += 8;
    }
    let rest = bytes.get(from..)?;
    let length = rest.iter().position(|b| *b < b' ' || matches!(b, b'<' | b'>' | b'&' | b']' | 0xEF))?;
    (rest.get(length) == Some(&b'<')).then_some(from + length)
}

/// [`zero`], where only the highest bit of each byte counts.
#[inline(always)]
const fn zero_low(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word
}

/// The first of these four bytes from `from` on; fewer are given more than once.
#[inline(always)]
pub(super) fn find(bytes: &[u8], from: usize, of: [u8; 4]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let (blocks, short) = rest.as_chunks::<8>();
    let first = |word: &[u8; 8]| {
        let marks = marks(u64::from_le_bytes(*word), of);
        (marks != 0).then(|| (marks.trailing_zeros() / 8) as usize)
    };
    for (n, block) in blocks.iter().enumerate() {
        if let Some(at) = first(block) {
            return Some(from + n * 8 + at);
        }
    }
    match rest.last_chunk::<8>() {
        // What it shares with the last block has none.
        Some(last) if !short.is_empty() => Some(bytes.len() - 8 + first(last)?),
        Some(_) => None,
        None => Some(from + short.iter().position(|b| of.contains(b))?),
    }
}

/// Eight bytes at once: the lowest bit set is in the first byte that is one of these; bits above it mean nothing. (The
/// classic zero-byte test on words; borrows only go upwards.)
#[inline(always)]
const fn marks(word: u64, [a, b, c, d]: [u8; 4]) -> u64 {
    zero(word ^ (ONES * a as u64))
        | zero(word ^ (ONES * b as u64))
        | zero(word ^ (ONES * c as u64))
        | zero(word ^ (ONES * d as u64))
}

pub(super) const ONES: u64 = 0x0101_0101_0101_0101;

#[inline(always)]
pub(super) const fn zero(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every token of a text, given in pieces of this size, or the fault.
    fn tokens(text: &[u8], piece: usize) -> Result<Vec<(Token, usize)>, Fault> {
        let (mut found, mut at, mut partial, mut end) = (Vec::new(), 0, Partial::default(), 0);
        while end < text.len() {
            end = (end + piece).min(text.len());
            while let Some((kind, next)) = token(&text[..end], at, &mut partial, end == text.len())? {
                found.push((kind, next));
                at = next;
            }
        }
        Ok(found)
    }

    #[test]
    fn tokens_end_where_they_do() {
        let text = br#"<?a ?> x<b c="d>" e='"'/>y<!-- - > --></b><![CDATA[ ]] ]]]]>z"#;
        let kinds: Vec<_> = tokens(text, 100).unwrap().iter().map(|(kind, _)| *kind).collect();
        use Token::{CData, Comment, End, Instruction, Start, Text};
        assert_eq!(kinds, [Instruction, Text, Start, Text, Comment, End, CData, Text]);
    }

    proptest! {
        #[test]
        fn a_plain_text_has_nothing_odd_in_it(text in "[ -;=?-\\\\^-~é]{0,30}", after in "[<>&\\]\n\u{ffff}]?", more in "[ -~]{0,20}") {
            let bytes = format!("{text}{after}{more}");
            let odd = bytes.bytes().position(|b| b < b' ' || b"<>&]\xef".contains(&b));
            let expected = odd.filter(|at| bytes.as_bytes()[*at] == b'<');
            prop_assert_eq!(plain_text(bytes.as_bytes()), expected);
        }

        #[test]
        fn cuts_do_not_show(text in "(<!--|-->|<!\\[CDATA\\[|\\]\\]>|[<>/!?a'\"= -]|<a b=\"|x{17}){0,12}", piece in 1usize..9) {
            prop_assert_eq!(tokens(text.as_bytes(), piece), tokens(text.as_bytes(), 1000));
        }
    }
}
