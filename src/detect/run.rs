//! Looking at folded text: tokens, and runs of short tokens read as one.

use super::{cue::Near, fold::LETTER, words};

/// Folded text. Reading outside it gives a zero byte.
#[derive(Clone, Copy)]
pub(super) struct Text<'t>(pub(super) &'t [u8]);

pub(super) const DIGIT: u8 = 1;
pub(super) const UPPER: u8 = 2;
pub(super) const LOWER: u8 = 4;

static CLASS: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = match b as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => LOWER,
            _ => 0,
        };
        b += 1;
    }
    table
}

#[inline(always)]
fn class(b: u8) -> u8 {
    CLASS.get(b as usize).copied().unwrap_or(0)
}

/// A letter or digit. A letter that has no counterpart in ASCII is none of these: in scripts written without spaces it
/// stands beside what is looked for as a space does.
#[inline(always)]
pub(super) fn is_alnum(b: u8) -> bool {
    class(b) != 0
}

/// A letter or digit of any alphabet.
pub(super) fn is_of_a_word(b: u8) -> bool {
    is_alnum(b) || b == LETTER
}

impl<'t> Text<'t> {
    #[inline(always)]
    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    pub(super) fn at(self, i: usize) -> u8 {
        self.0.get(i).copied().unwrap_or(0)
    }

    /// The byte before.
    #[inline(always)]
    pub(super) fn before(self, i: usize) -> u8 {
        i.checked_sub(1).map_or(0, |i| self.at(i))
    }

    #[inline(always)]
    pub(super) fn slice(self, from: usize, to: usize) -> &'t [u8] {
        self.0.get(from..to).unwrap_or_default()
    }

    /// The end of the token that begins here, and the classes of what is in it.
    #[inline(always)]
    pub(super) fn token(self, start: usize) -> (usize, u8) {
        let rest = self.0.get(start..).unwrap_or_default();
        let (mut n, mut seen) = (0, 0);
        for b in rest {
            let class = class(*b);
            if class == 0 {
                break;
            }
            (n, seen) = (n + 1, seen | class);
        }
        (start + n, seen)
    }

    /// The token that begins here.
    pub(super) fn word(self, start: usize) -> &'t [u8] {
        self.slice(start, self.token(start).0)
    }

    /// Where a stretch of such bytes ends.
    pub(super) fn while_at(self, start: usize, of: impl Fn(u8) -> bool) -> usize {
        start + self.0.get(start..).unwrap_or_default().iter().take_while(|b| of(**b)).count()
    }

    /// As [`Text::while_at`], looking no further than that: for what may be looked for again further on.
    pub(super) fn while_within(self, start: usize, most: usize, of: impl Fn(u8) -> bool) -> usize {
        start + self.slice(start, (start + most).min(self.len())).iter().take_while(|b| of(**b)).count()
    }

    /// Where a stretch of such bytes that ends here begins, looking no further back than that.
    pub(super) fn while_before(self, end: usize, most: usize, of: impl Fn(u8) -> bool) -> usize {
        let from = end.saturating_sub(most);
        end - self.slice(from, end).iter().rev().take_while(|b| of(**b)).count()
    }

    /// Past spaces.
    pub(super) fn spaces(self, start: usize) -> usize {
        self.while_at(start, |b| matches!(b, b' ' | b'\t'))
    }

    /// The decimal digits from here, at most 18 of them: their value and end.
    pub(super) fn integer(self, start: usize) -> Option<(u64, usize)> {
        let end = self.while_at(start, |b| b.is_ascii_digit());
        if end == start || end - start > 18 {
            return None;
        }
        let value = self.slice(start, end).iter().fold(0u64, |n, b| n * 10 + u64::from(b - b'0'));
        Some((value, end))
    }

    /// Past white space with at most one line break, and whether there is one. `None`: there are more, or it is wider
    /// than any page is indented.
    pub(super) fn blank(self, start: usize) -> Option<(usize, bool)> {
        let (mut at, mut broken) = (start, false);
        loop {
            match self.at(at) {
                b' ' | b'\t' if at < start + WIDEST => at += 1,
                b' ' | b'\t' => return None,
                b'\r' | b'\n' if broken => return None,
                b'\r' if self.at(at + 1) == b'\n' => (at, broken) = (at + 2, true),
                b'\r' | b'\n' => (at, broken) = (at + 1, true),
                _ => return Some((at, broken)),
            }
        }
    }

    /// The gap between two tokens that may be read as one: a hyphen or a dot, a space or two, or other white space with
    /// at most one line break, as wrapped and indented text has it. Its kind, where it ends, and whether a line does.
    #[inline(always)]
    fn gap(self, at: usize) -> Option<(u8, usize, bool)> {
        match self.at(at) {
            b @ (b' ' | b'-' | b'.') if is_alnum(self.at(at + 1)) => Some((b, at + 1, false)),
            b' ' | b'\t' | b'\r' | b'\n' | b'-' => self.wide_gap(at),
            _ => None,
        }
    }

    #[inline(never)]
    fn wide_gap(self, at: usize) -> Option<(u8, usize, bool)> {
        let (b, next) = (self.at(at), self.at(at + 1));
        match b {
            // People press the space bar twice.
            b' ' if next == b' ' && is_alnum(self.at(at + 2)) => Some((b, at + 2, false)),
            b' ' | b'\t' | b'\r' | b'\n' => self.blank(at).map(|(to, broken)| (WIDE, to, broken)),
            // A line may be wrapped after a hyphen.
            b'-' => self.blank(at + 1).filter(|(_, broken)| *broken).map(|(to, _)| (b, to, true)),
            _ => None,
        }
    }

    /// Whether a digit follows the gap that begins here.
    #[inline(never)]
    pub(super) fn digit_after_gap(self, at: usize) -> bool {
        match self.at(at) {
            b' ' | b'\t' | b'\r' | b'\n' | b'-' | b'.' => {
                self.at(at + 1).is_ascii_digit()
                    || self.gap(at).is_some_and(|(_, next, _)| self.at(next).is_ascii_digit())
            }
            _ => false,
        }
    }

    /// Tokens from here with such gaps between them, and one line break in all, read as one in capitals.
    pub(super) fn gather(self, start: usize) -> Run {
        let mut run = Run { bytes: [0; MOST], place: [0; MOST], gap: [0; MOST], len: 0, cut: false, start };
        let (mut at, mut gap, mut broken) = (start, 0, false);
        loop {
            let b = self.at(at);
            if class(b) == 0 {
                match self.gap(at) {
                    Some((kind, next, line)) if run.len > 0 && gap == 0 && !(line && broken) => {
                        (gap, at, broken) = (kind, next, broken | line);
                        continue;
                    }
                    _ => break,
                }
            }
            let (Some(to), Some(place), Some(between)) =
                (run.bytes.get_mut(run.len), run.place.get_mut(run.len), run.gap.get_mut(run.len))
            else {
                run.cut = true;
                break;
            };
            (*to, *place, *between) = (b.to_ascii_uppercase(), (at - start) as u16, gap);
            run.len += 1;
            gap = 0;
            at += 1;
        }
        run
    }
}

/// A gap wider than two spaces, or with a tab or a line break.
pub(super) const WIDE: u8 = b'\n';

/// The widest one.
const WIDEST: usize = 48;

/// Letters and digits that a run holds at most: an IBAN has 34.
const MOST: usize = 36;

/// Short tokens read as one.
pub(super) struct Run {
    /// In capitals.
    bytes: [u8; MOST],
    /// Where each lies, from the start.
    place: [u16; MOST],
    /// What stands before each: a sign, a space, or [`WIDE`].
    gap: [u8; MOST],
    pub(super) len: usize,
    /// Something alphanumeric follows that is not in it.
    cut: bool,
    pub(super) start: usize,
}

impl Run {
    #[inline(always)]
    pub(super) fn at(&self, i: usize) -> u8 {
        self.bytes.get(i).copied().unwrap_or(0)
    }

    #[inline(always)]
    pub(super) fn gap(&self, i: usize) -> u8 {
        if i < self.len { self.gap.get(i).copied().unwrap_or(0) } else { 0 }
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &[u8] {
        self.bytes.get(from..to.min(self.len)).unwrap_or_default()
    }

    /// Whether a token ends after the first `n`.
    #[inline(always)]
    pub(super) fn ends(&self, n: usize) -> bool {
        n == self.len && !self.cut || n < self.len && self.gap(n) != 0
    }

    /// Where the first `n` end in the text.
    pub(super) fn end_of(&self, n: usize) -> Option<usize> {
        if n > self.len {
            return None;
        }
        self.place.get(n.checked_sub(1)?).map(|place| self.start + *place as usize + 1)
    }

    /// Whether it begins with such letters and digits, ending with a token: `L` a letter, `D` a digit, `A` either,
    /// another the character itself.
    #[inline]
    pub(super) fn is(&self, shape: &[u8]) -> bool {
        self.ends(shape.len()) && self.begins(shape)
    }

    /// [`Run::is`], but for the end.
    #[inline]
    pub(super) fn begins(&self, shape: &[u8]) -> bool {
        self.len >= shape.len()
            && self.bytes.iter().zip(shape).all(|(b, s)| match s {
                b'L' => b.is_ascii_uppercase(),
                b'D' => b.is_ascii_digit(),
                b'A' => true,
                s => b == s,
            })
    }

    /// Whether gaps stand only before these, in the first `n`, and only of these kinds.
    pub(super) fn gaps_only(&self, n: usize, before: &[usize], of: &[u8]) -> bool {
        (1..n).all(|i| match self.gap(i) {
            0 => true,
            gap => before.contains(&i) && of.contains(&gap),
        })
    }

    /// Whether all of these gaps are there, or none.
    pub(super) fn gaps_all(&self, before: &[usize]) -> bool {
        let there = before.iter().filter(|i| self.gap(**i) != 0).count();
        there == 0 || there == before.len()
    }

    /// How many digits it begins with, up to the end of a token.
    pub(super) fn digits(&self) -> usize {
        self.slice(0, self.len).iter().take_while(|b| b.is_ascii_digit()).count()
    }

    /// The length of the first token.
    pub(super) fn first(&self) -> usize {
        (1..self.len).find(|i| self.gap(*i) != 0).unwrap_or(self.len)
    }
}

/// The cue in the few words after a value.
pub(super) fn cue_after(text: Text<'_>, end: usize) -> u64 {
    // "98765 (CHAIN)", "98765 is her CHAIN number".
    let mut near = Near::new();
    let mut at = end;
    for _ in 0..5 {
        at = text.while_at(at, |b| matches!(b, b' ' | b'(' | b'[' | b'-')).min(end + 24);
        let (to, seen) = text.token(at);
        if to == at || seen & (UPPER | LOWER) == 0 || to > end + 24 {
            return 0;
        }
        let word = super::paired(text, at, to, words::look(text.slice(at, to)));
        near.pass(word);
        if word.cue != 0 {
            return near.cue();
        }
        if word.role & words::role::FILLING == 0 {
            return 0;
        }
        at = to;
    }
    0
}
