//! Detectors: what identifies or locates a person is found wherever it stands, however it is spelled (DATA-3).
//!
//! [`scan`] reads one value. Look-alike letters, full-width and zero-width characters are folded first (`fold`); then
//! the text is passed once, and at each word or number the few rules that can begin there look at what follows. Rules
//! with check digits speak alone; shapes that mean many things (eight digits, a letter and seven digits) speak only
//! where the value's key ([`Cue`]) or the words just before it say what they are. [`Places`] is the organisation's own
//! list of sites, [`Known`] the record's own withheld values.
//!
//! Found: what stands in [`Kind`]. Not found: names in prose (unless the record holds them), places described in words
//! that no list and no phrase of sleeping out (in English) gives away, and what somebody encodes on purpose.

mod bank_account;
mod birth;
mod codes;
mod contact;
mod coordinates;
mod cue;
mod escape;
mod fold;
mod glance;
mod glued;
mod grid;
mod immigration;
mod inline;
mod kind;
mod known;
mod link;
mod notation;
mod number;
mod official;
mod overlap;
mod pairs;
mod places;
mod postcode;
mod prose;
mod run;
mod whole;
mod words;

pub use cue::Cue;
pub use kind::Kind;
pub use known::Known;
pub use places::{Digest, Place, Places};

use cue::Near;
use fold::Folded;
use run::{Text, is_alnum};
use words::role;

/// What was found: bytes `start..end` of the text are of this category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detected {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What it is.
    pub category: Kind,
}

/// Finds everything in one text, in order of where it begins.
///
/// An address, a phrase of sleeping out, a link and an e-mail address are made of other words, and what stands in one is
/// found too, each to be decided for itself: whoever may have the address may not have the number between its street and
/// its postcode. Of all other finds that overlap, one stays.
///
/// What is found is added to `found`. Nothing is allocated where nothing is found and the text is ASCII.
pub fn scan(text: &str, cue: Cue, places: Option<&Places>, found: &mut Vec<Detected>) {
    let folded = Folded::of(text);
    let first = found.len();
    let mut finder = Finder {
        text: Text(&folded.bytes),
        cue: cue.0 & !Cue::WHERE,
        near: Near::new(),
        found: &mut *found,
        inside: false,
    };
    finder.whole(cue.0);
    finder.pass(0);
    if let Some(spaced) = folded.spaced() {
        let text = Text(&spaced);
        Finder { text, cue: cue.0 & !Cue::WHERE, near: Near::new(), found: &mut *found, inside: false }.pass(0);
    }
    if let Some(places) = places {
        places.find(&folded.bytes, |start, end, kind| found.push(Detected { start, end, category: kind }));
    }
    for one in found.iter_mut().skip(first) {
        (one.start, one.end) = folded.place(one.start, one.end);
    }
    overlap::settle(found, first);
}

/// [`scan`], of a JSON number by its exact text.
pub fn scan_number(text: &str, cue: Cue, found: &mut Vec<Detected>) {
    scan(text, cue, None, found);
}

/// A cheap test whether [`scan`] could find anything without a list of places: `false` means that it finds nothing.
pub fn worth_scanning(text: &[u8], cue: Cue) -> bool {
    if cue.0 & !Cue::OTHER != 0 {
        return !text.is_empty();
    }
    text.len() >= SHORTEST && !(cue == Cue::NONE && number::is_time(text)) && glance::worth(text, None)
}

/// [`worth_scanning`], or whether [`Known::find`] could find anything: both in one look.
pub fn worth_looking(text: &[u8], cue: Cue, known: &Known) -> bool {
    if cue.0 & !Cue::OTHER != 0 {
        return !text.is_empty();
    }
    if text.len() < SHORTEST || cue == Cue::NONE && number::is_time(text) {
        return known.may_stand_in(text);
    }
    glance::worth(text, Some(known))
}

/// The shortest thing that speaks for itself is a postcode, M11AE.
const SHORTEST: usize = 5;

/// One pass through one text.
struct Finder<'t, 'f> {
    text: Text<'t>,
    /// Of the key.
    cue: u64,
    /// Of the words just passed.
    near: Near,
    found: &'f mut Vec<Detected>,
    /// Reading what stands in something that was found.
    inside: bool,
}

/// Something that a rule found, or `None`.
type Hit = Option<Detected>;

fn hit(start: usize, end: usize, category: Kind) -> Hit {
    Some(Detected { start, end, category })
}

impl Finder<'_, '_> {
    /// What the key alone makes of the whole value.
    fn whole(&mut self, cue: u64) {
        if cue != 0
            && let Some(one) = whole::find(self.text, cue)
        {
            self.push(one);
        }
    }

    /// Reads from here to the end of the text.
    fn pass(&mut self, from: usize) {
        let mut at = from;
        while at < self.text.len() {
            let b = self.text.at(at);
            at = match b {
                b' ' => at + 1,
                b if is_alnum(b) => self.token(at),
                b => self.sign(at, b).unwrap_or(at + 1),
            };
        }
    }

    /// A run of letters and digits, and what begins with it. Returns where to go on.
    fn token(&mut self, start: usize) -> usize {
        let (end, seen) = self.text.token(start);
        if let Some(to) = number::uuid(self.text, start, end) {
            return to;
        }
        let one = if seen & run::DIGIT != 0 { self.numeric(start, end, seen) } else { self.word(start, end) };
        match one {
            Next::Found(one) => {
                let to = one.end.max(end);
                self.push(one);
                self.near.clear();
                to
            }
            Next::Link(one) => {
                self.push(one);
                self.near.clear();
                self.inside(end, one.end)
            }
            Next::Skip(to) => to.max(end),
            Next::Nothing => end,
        }
    }

    fn numeric(&mut self, start: usize, end: usize, seen: u8) -> Next {
        let (text, cue) = (self.text, self.cue | self.near.cue());
        let all_digits = seen & (run::UPPER | run::LOWER) == 0;
        if end - start >= 20 {
            let next = inline::long(text, start, end, seen, cue);
            return match next {
                Next::Skip(_) => self.glued(start, end).map_or(next, Next::Found),
                found => found,
            };
        }
        let word = words::look(text.slice(start, end));
        if word.cue | u64::from(word.role) != 0 {
            self.near.pass(word);
            if word.role & role::HOST != 0
                && let Some(one) = link::bare(text, start, end)
            {
                return Next::Link(one);
            }
            // w3w, latitudeE7: what says what comes is nothing itself.
            if word.cue != 0 {
                return Next::Nothing;
            }
        }
        let one = if text.at(start).is_ascii_digit() {
            if let Some(to) = number::technical(text, start, end, cue) {
                return Next::Skip(to);
            }
            self.digits(start, end, all_digits, cue)
        } else {
            self.code(start, cue).or_else(|| self.glued(start, end))
        };
        one.or_else(|| inline::short(text, start, end)).map_or(Next::Nothing, Next::Found)
    }

    /// What a cue is written on to, in a token that is nothing as a whole: `tel07700900123`, `NIAB123456C`.
    #[inline(never)]
    fn glued(&self, start: usize, end: usize) -> Hit {
        glued::each(self.text.slice(start, end)).find_map(|(length, cue)| {
            let from = start + length;
            // As if it began the text: some rules look at what stands before.
            let rest = Finder { text: Text(self.text.slice(from, self.text.len())), found: &mut Vec::new(), ..*self };
            let all_digits = rest.text.slice(0, end - from).iter().all(u8::is_ascii_digit);
            let cue = self.cue | cue;
            let one = match rest.text.at(0) {
                b'0'..=b'9' if number::technical(rest.text, 0, end - from, cue).is_some() => None,
                b'0'..=b'9' => rest.digits(0, end - from, all_digits, cue),
                _ => rest.code(0, cue),
            }?;
            hit(from + one.start, from + one.end, one.category)
        })
    }

    /// Rules for what begins with a digit.
    #[inline(always)]
    fn digits(&self, start: usize, end: usize, all: bool, cue: u64) -> Hit {
        let text = self.text;
        if !all
            && text.slice(start, start + 4).iter().any(|b| matches!(b, b'd' | b'D'))
            && let Some(one) = coordinates::at(text, start, cue)
        {
            return Some(one);
        }
        if all && end - start <= 4 {
            if let Some(one) = coordinates::at(text, start, cue) {
                return Some(one);
            }
            if cue & Cue::BIRTH != 0
                && let Some(one) =
                    birth::at(text, start, self.cue & Cue::BIRTH != 0).or_else(|| birth::named_parts(text, start))
            {
                return Some(one);
            }
            if text.at(end) == b','
                && let Some(one) = grid::thousands(text, start, end, cue)
            {
                return Some(one);
            }
            // 30 U 699301 5710228
            if text.at(end) == b' '
                && text.at(end + 1).is_ascii_uppercase()
                && text.at(end + 2) == b' '
                && let Some(one) = grid::zoned(text, start)
            {
                return Some(one);
            }
            // A number in prose, the commonest of all, and nothing else.
            let goes_on = match text.at(end) {
                b'.' | b'-' | b':' | b'/' | b')' => true,
                b' ' if text.at(end + 1) == b'-' => true,
                b' ' | b'\t' | b'\r' | b'\n' => text.digit_after_gap(end),
                _ => false,
            };
            if !goes_on && cue == 0 {
                // 22 July 1994 (DOB)
                let named = text.at(end) == b' ' && birth::is_month(text.word(end + 1));
                let date = if named { birth::at(text, start, false) } else { None };
                return date.filter(|one| self.born(one.end, cue));
            }
        } else if cue & (Cue::BIRTH | Cue::OTHER) != 0
            && let Some(one) = birth::serial(text, start, end)
        {
            return Some(one);
        } else if all && let Some(one) = coordinates::whole_degrees(text, start, end, cue) {
            return Some(one);
        }
        if let Some(one) = contact::address_of_device(text, start, end, cue) {
            return Some(one);
        }
        let run = text.gather(start);
        official::digits(text, &run, cue)
            .or_else(|| immigration::digits(text, &run, cue, self.after(end, cue)))
            .or_else(|| grid::digits(text, &run, start, end, cue))
            .or_else(|| contact::phone(text, &run, start, cue).filter(|one| !self.is_other(*one)))
            .or_else(|| codes::digits(text, &run, start, end, cue))
            .or_else(|| birth::at(text, start, self.cue & Cue::BIRTH != 0).filter(|one| self.born(one.end, cue)))
    }

    /// Whether it is all of a value that its key says is something else: an invoice's number may look like a landline's.
    fn is_other(&self, one: Detected) -> bool {
        let own = self.cue & (Cue::OTHER | Cue::PHONE) == Cue::OTHER && one.start == 0 && one.end == self.text.len();
        own && self.text.slice(0, 2) != b"07" && !self.text.slice(0, 3).starts_with(b"44")
    }

    /// Whether words say that a date is one of birth: before it, or just after it.
    fn born(&self, end: usize, cue: u64) -> bool {
        (cue | self.after(end, cue)) & Cue::BIRTH != 0
    }

    /// The cue in the few words after a value: `98765 (CHAIN)`. Only looked for where nothing before says anything: that
    /// the whole is a place says nothing of the words in it.
    fn after(&self, end: usize, cue: u64) -> u64 {
        const PLACES: u64 = Cue::SLEEP | Cue::ADDRESS | Cue::PLACE;
        if cue & !PLACES != 0 { 0 } else { run::cue_after(self.text, end) }
    }

    /// Rules for what begins with a letter and has digits in it or after it.
    fn code(&self, start: usize, cue: u64) -> Hit {
        let text = self.text;
        let run = text.gather(start);
        official::code(text, &run, cue)
            .or_else(|| immigration::code(text, &run, cue, |end| self.after(end, cue)))
            .or_else(|| postcode::find(text, &run, start, cue, |end| self.after(end, cue)))
            .or_else(|| grid::code(text, &run, start, cue))
            .or_else(|| coordinates::hemisphere(text, start))
            .or_else(|| official::vehicle(text, &run, cue))
            .or_else(|| codes::code(text, &run, start, cue))
            .or_else(|| contact::address_of_device(text, start, text.token(start).0, cue))
    }

    fn word(&mut self, start: usize, end: usize) -> Next {
        let text = self.text;
        if end - start >= 20 {
            return inline::long(text, start, end, run::UPPER, self.cue);
        }
        let word = words::look(text.slice(start, end));
        if word.role & role::NOTATION != 0
            && let Some(one) = notation::at(text, start, end, &mut self.near)
        {
            return Next::Found(one);
        }
        if word.role & role::HOST != 0
            && let Some(one) = link::bare(text, start, end)
        {
            return Next::Link(one);
        }
        if word.role & (role::PHRASE) != 0
            && let Some(one) = prose::at(text, start, end, word)
        {
            // Whatever else stands in the phrase is read as in any other.
            self.push(one);
        }
        if word.role & role::FILLING_AT == role::FILLING_AT
            && end - start == 2
            && let Some(one) = contact::written_email(text, start)
        {
            return Next::Found(one);
        }
        let before = self.cue | self.near.cue();
        self.near.pass(paired(text, start, end, word));
        let gap = text.at(end);
        let next = text.at(end + 1);
        let short = end - start <= 5 && matches!(gap, b' ' | b'-' | b'/' | b'.' | b':' | b'=' | b'\t' | b'\n' | b'\r');
        let number = short && (next.is_ascii_digit() || !is_alnum(next) && text.digit_after_gap(end));
        let pair = end - start == 2 && gap == b'-' && text.slice(start, end).iter().all(u8::is_ascii_hexdigit);
        let found = if word.role & role::MONTH != 0 && text.at(end + 1).is_ascii_digit() {
            birth::month_first(text, start, end).filter(|one| self.born(one.end, before))
        } else if number || pair || short && before & Cue::SHARE != 0 {
            self.code(start, before)
        } else if before & (Cue::SHARE | Cue::GEOHASH | Cue::W3W) != 0 {
            codes::word(text, start, end, before).or_else(|| self.code(start, before))
        } else {
            inline::encoded(text, start, end)
        };
        found.map_or(Next::Nothing, Next::Found)
    }

    /// A sign that something begins with, or stands in the middle of.
    #[inline(always)]
    fn sign(&mut self, at: usize, b: u8) -> Option<usize> {
        let text = self.text;
        let cue = self.cue | self.near.cue();
        let one = match b {
            b'@' => contact::email(text, at)?,
            b':' if text.at(at + 1) == b'/' && text.at(at + 2) == b'/' => return self.link(at),
            b':' if text.at(at + 1) == b':' || text.at(at + 1).is_ascii_hexdigit() => contact::colon(text, at, cue)?,
            b'/' => codes::three_slashes(text, at).or_else(|| inline::slash(text, at))?,
            // In a link it is a space, and the word before it says what comes.
            b'+' if self.inside && cue != 0 => return None,
            b'+' => codes::plus(text, at).or_else(|| contact::plus(text, at, cue))?,
            b'<' => official::readable_zone(text, at)?,
            b'\n' => {
                let end = text.while_before(at, 8, |b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
                self.near.end_line(matches!(text.before(end), b':' | b'='));
                return None;
            }
            // What stands just before it is a label: "passport; 925665416".
            b';' if self.near.is_label() => return None,
            b';' | b'!' | b'?' => {
                self.near.clear();
                return None;
            }
            fold::LETTER => return Some(self.foreign(at)),
            _ => return None,
        };
        self.push(one);
        self.near.clear();
        Some(if b == b'@' { self.inside(at + 1, one.end) } else { one.end.max(at + 1) })
    }

    /// Letters of another script, and what is written on to them as in scripts without spaces: all of it one word more
    /// between a cue and its value, unless it is a cue itself.
    #[inline(never)]
    fn foreign(&mut self, at: usize) -> usize {
        let end = self.text.while_at(at, |b| b == fold::LETTER);
        match (is_alnum(self.text.before(at)), is_alnum(self.text.at(end))) {
            (false, false) => self.near.pass(words::Word { cue: 0, role: 0 }),
            (true, true) => self.near.goes_on(),
            // Counted with what it is written on to.
            _ => {}
        }
        end
    }

    fn link(&mut self, at: usize) -> Option<usize> {
        let one = link::find(self.text, at)?;
        self.push(one);
        Some(self.inside(at + 1, one.end))
    }

    /// Goes on within something that was found, up to its end: what stands around it is no part of what is read there,
    /// and what is read there says nothing of what comes after. Returns where to go on.
    #[inline(never)]
    fn inside(&mut self, from: usize, end: usize) -> usize {
        if self.inside {
            return from;
        }
        let (text, near) = (self.text, self.near);
        (self.text, self.near, self.inside) = (Text(text.slice(0, end)), Near::new(), true);
        self.pass(from);
        (self.text, self.near, self.inside) = (text, near, false);
        end.max(from)
    }

    /// Adds what was found.
    fn push(&mut self, one: Detected) {
        if one.end > one.start {
            self.found.push(one);
        }
    }
}

/// What a word means with the word before it: "Home Office", "case id".
fn paired(text: Text<'_>, start: usize, end: usize, word: words::Word) -> words::Word {
    let after = |first: &[u8]| {
        let from = start.saturating_sub(first.len() + 1);
        text.slice(from, start).get(..first.len()).is_some_and(|w| w.eq_ignore_ascii_case(first))
    };
    let cue = match end - start {
        // post-code, p/code; right to work code
        4 if text.slice(start, end).eq_ignore_ascii_case(b"code") => {
            if after(b"post") || after(b"p") && text.before(start) == b'/' {
                Cue::POSTCODE
            } else if after(b"work") || after(b"rent") {
                Cue::SHARE
            } else {
                return word;
            }
        }
        // what 3 words, three word address
        4 if text.slice(start, end).eq_ignore_ascii_case(b"hash") && after(b"geo") => Cue::GEOHASH,
        // An application registration card is no vehicle's.
        4 if text.slice(start, end).eq_ignore_ascii_case(b"card") && after(b"registration") => Cue::ARC,
        // "Supply chain 2024 review"
        5 if text.slice(start, end).eq_ignore_ascii_case(b"chain")
            && [&b"supply"[..], b"food", b"cold"].into_iter().any(after) =>
        {
            return words::Word { cue: 0, ..word };
        }
        5 if text.slice(start, end).eq_ignore_ascii_case(b"words") && (after(b"what 3") || after(b"what three")) => {
            Cue::W3W
        }
        7 if text.slice(start, end).eq_ignore_ascii_case(b"address") && after(b"word") => Cue::W3W,
        6 if text.slice(start, end).eq_ignore_ascii_case(b"office") && after(b"home") => Cue::HO,
        // H.O., H/O
        1 if matches!(text.at(start), b'o' | b'O') && after(b"h") && text.before(start) != b' ' => Cue::HO,
        3 if text.slice(start, end).eq_ignore_ascii_case(b"ins") && after(b"nat") => Cue::NINO,
        2 if text.slice(start, end).eq_ignore_ascii_case(b"id") && (after(b"case") || after(b"person")) => Cue::CID,
        _ => return word,
    };
    words::Word { cue: word.cue | cue, ..word }
}

/// What a token led to.
enum Next {
    Found(Detected),
    /// Something that is read further inside.
    Link(Detected),
    /// Nothing, up to here.
    Skip(usize),
    Nothing,
}
