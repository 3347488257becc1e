//! Where somebody sleeps, in words.
//!
//! A place out of doors is a sleep site where the words around it say so: somebody sleeps, is bedded down, camps there;
//! somebody is seen or found there and it is a thing that people sleep in; a tent stands somewhere; or it is all that
//! the value says. "Bridge the gap", "doorway to opportunity", "tent sale", "slept well at the hostel" have none of that.

use super::{
    Hit, Kind,
    fold::LETTER,
    hit,
    run::Text,
    words::{self, Word, role},
};

/// How many words around are looked at.
const AROUND: usize = 9;

/// What a phrase around this word says.
pub(super) fn at(text: Text<'_>, start: usize, end: usize, word: Word) -> Hit {
    let from = if word.role & role::SLEEP != 0 {
        sleeping(text, start, end)?
    } else if word.role & role::CAMP != 0 {
        pitched(text, start, end).or_else(|| found_at(text, start, end, word))?
    } else {
        found_at(text, start, end, word)?
    };
    let mut to = clause_end(text, end);
    for _ in 0..3 {
        let Some(next) = wrapped(text, to) else { break };
        to = clause_end(text, next);
    }
    hit(from, to, Kind::SleepSite)
}

/// Where a wrapped line goes on: after one line break, in small letters. Lines that begin otherwise say something new.
fn wrapped(text: Text<'_>, at: usize) -> Option<usize> {
    text.blank(at).filter(|(next, broken)| *broken && text.at(*next).is_ascii_lowercase()).map(|(next, _)| next)
}

/// The words after a place, up to the end of the clause.
struct Words<'t> {
    text: Text<'t>,
    at: usize,
}

impl Iterator for Words<'_> {
    type Item = (usize, usize, Word);
    fn next(&mut self) -> Option<Self::Item> {
        let text = self.text;
        let signs = text.while_at(self.at, |b| matches!(b, b' ' | b'\t' | b',' | b'-' | b'\'' | b'"' | b'(' | b')'));
        let begins = if matches!(text.at(signs), b'\r' | b'\n') { wrapped(text, signs)? } else { signs };
        let (mut end, _) = text.token(begins);
        if end == begins {
            end = text.while_at(begins, |b| b == LETTER);
        }
        if end == begins || signs > self.at + 4 {
            return None;
        }
        self.at = end;
        Some((begins, end, words::look(text.slice(begins, end))))
    }
}

fn after(text: Text<'_>, at: usize) -> impl Iterator<Item = (usize, usize, Word)> {
    Words { text, at }.take(AROUND)
}

/// The words before, nearest first.
fn before(text: Text<'_>, mut at: usize) -> impl Iterator<Item = (usize, Word)> {
    std::iter::from_fn(move || {
        let mut end = text.while_before(at, 4, |b| matches!(b, b' ' | b'\t' | b',' | b'-' | b'\'' | b'"' | b'('));
        if matches!(text.before(end), b'\r' | b'\n') {
            let line = text.while_before(end, 48, |b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
            wrapped(text, line)?;
            end = text.while_before(line, 2, |b| matches!(b, b',' | b'-'));
        }
        let mut start = text.while_before(end, 24, super::is_alnum);
        if start == end {
            start = text.while_before(end, 24, |b| b == LETTER);
        }
        if start == end {
            return None;
        }
        at = start;
        Some((start, words::look(text.slice(start, end))))
    })
    .take(AROUND)
}

/// "bedded down in the doorway": a word of sleeping, then in at most eight words where, and what out of doors.
fn sleeping(text: Text<'_>, start: usize, end: usize) -> Option<usize> {
    let mut there = false;
    for (_, _, word) in after(text, end) {
        if there && word.role & (role::SITE | role::OUTDOORS) != 0 {
            return Some(start);
        }
        there |= word.role & (role::AT | role::UNDER) != 0;
    }
    None
}

/// "tent behind the car park": a tent, and where.
fn pitched(text: Text<'_>, start: usize, end: usize) -> Option<usize> {
    let mut words = after(text, end);
    let (_, _, next) = words.next()?;
    if next.role & (role::AT | role::UNDER) == 0 || before(text, start).take(2).any(|(_, w)| w.role & role::BUSY != 0) {
        return None;
    }
    words.take(5).any(|(_, _, w)| w.role & (role::SITE | role::OUTDOORS) != 0).then_some(start)
}

/// "usually in the underpass at Exit 3": a place with its preposition, and a word that somebody is there, or a name or
/// number of where it is, or nothing else at all.
fn found_at(text: Text<'_>, start: usize, end: usize, word: Word) -> Option<usize> {
    let roof = word.role & role::ROOF != 0;
    let mut before = before(text, start);
    let mut from = None;
    // in (the) (closed) doorway
    for (at, w) in before.by_ref().take(3) {
        let here = if roof { w.role & role::UNDER != 0 } else { w.role & (role::AT | role::UNDER) != 0 };
        if here {
            from = Some(at);
            break;
        }
        if w.role & role::BUSY != 0 {
            return None;
        }
    }
    let from = from?;
    let alone = from == 0;
    let mut seen = false;
    for (_, w) in before.take(5) {
        if w.role & role::BUSY != 0 {
            return None;
        }
        seen |= w.role & (role::SEEN | role::SLEEP) != 0;
    }
    let mut where_it_is = false;
    let (mut there, mut count) = (false, 0);
    for (begins, ends, w) in after(text, end) {
        if w.role & role::BUSY != 0 && count < 2 {
            return None;
        }
        let named = text.at(begins).is_ascii_uppercase() || text.slice(begins, ends).iter().all(u8::is_ascii_digit);
        where_it_is |= there && count < 5 && named;
        there |= w.role & (role::AT | role::UNDER) != 0 || text.slice(begins, ends).eq_ignore_ascii_case(b"of");
        count += 1;
    }
    (seen || alone && (count == 0 || there) || where_it_is && !alone).then_some(from)
}

/// Where the clause ends.
fn clause_end(text: Text<'_>, from: usize) -> usize {
    let most = (from + 120).min(text.len());
    let mut at = from;
    while at < most {
        match text.at(at) {
            b';' | b'\n' | b'!' | b'?' => return at,
            // St Martin's, Trafalgar Sq. goes on; a sentence does not.
            b'.' if matches!(text.at(at + 1), 0 | b' ' | b'\n')
                && !text.slice(at.saturating_sub(3), at).ends_with(b"St") =>
            {
                return at;
            }
            _ => at += 1,
        }
    }
    while at > from && at < text.len() && super::is_alnum(text.at(at)) && super::is_alnum(text.before(at)) {
        at -= 1;
    }
    while at > from && matches!(text.before(at), b' ' | b',') {
        at -= 1;
    }
    at
}
