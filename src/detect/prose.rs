//! Where somebody sleeps, in words.
//!
//! A place out of doors is a sleep site where the words around it say so: somebody sleeps, is bedded down, camps there;
//! somebody is seen or found there and it is a thing that people sleep in; a tent stands somewhere; somebody stays where
//! nobody lives who has a home; or it is all that the value says. Where somebody sleeps at once beside, behind or under
//! something, or in one thing among others, and it is no bed, no home and no time, it need be no known place: "sleeps
//! behind the electricity substation". "Bridge the gap", "doorway to opportunity", "tent sale", "slept well at the hostel",
//! "63% had slept in a tent" have none of that.

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
    let has = |role: u32| word.role & role != 0;
    if is_share(text, start) || is_category(text, start) {
        return None;
    }
    let mut from = None;
    if has(role::SLEEP) {
        from = sleeping(text, start, end);
    }
    if from.is_none() && has(role::CAMP) {
        from = pitched(text, start, end);
    }
    if from.is_none() && has(role::STAY) {
        from = staying(text, start, end);
    }
    if from.is_none() && has(role::HOMELESS) {
        from = homeless(text, start, end);
    }
    // People live in shelters, but not in those at a stop.
    let stop = |(at, _): (usize, Word)| begins(text, at, &[b"bus", b"tram", b"waiting"]);
    let home = begins(text, start, &[b"shelter"]) && !before(text, start).take(1).any(stop);
    if from.is_none() && has(role::SITE) && !home {
        from = found_at(text, start, end, word);
    }
    let from = from?;
    let mut to = clause_end(text, end);
    for _ in 0..3 {
        let Some(next) = wrapped(text, to) else { break };
        to = clause_end(text, next);
    }
    hit(from, to, Kind::SleepSite)
}

/// Whether a share of many goes before: "63% had slept in a tent".
fn is_share(text: Text<'_>, start: usize) -> bool {
    let ahead = text.slice(start.saturating_sub(24), start);
    let Some(sign) = ahead.iter().rposition(|b| *b == b'%') else { return false };
    let at = start - ahead.len() + sign;
    text.before(at).is_ascii_digit()
        && begins(
            text,
            text.spaces(at + 1),
            &[b"of", b"had", b"have", b"were", b"are", b"said", b"reported", b"slept", b"sleep"],
        )
}

/// Whether this stands in a name for what many do, and says nothing of where: "Living in a tent", "Sleeping in a car: 6",
/// "People sleeping in tents rose from 5 to 9".
fn is_category(text: Text<'_>, at: usize) -> bool {
    let ends = |b: u8| matches!(b, b'.' | b':' | b';' | b'\n' | b'\r' | b'|' | b'"' | b'{' | b'[');
    let begin = text.while_at(text.while_before(at, 64, |b| !ends(b)), |b| matches!(b, b' ' | b'\t'));
    if begin + 64 <= at {
        return false;
    }
    let (mut head, mut things, mut plain, mut many, mut last) = (false, 0, true, false, begin);
    for (from, to, w) in (Words { text, at: begin }).take(AROUND) {
        let is = |of: &[&[u8]]| begins(text, from, of);
        if things > 0 && is(&[b"rose", b"fell", b"increased", b"decreased"]) {
            return true;
        }
        if text.at(from).is_ascii_digit() {
            return things > 0 && many && is_count(text, from);
        }
        let leads =
            is(&[b"people", b"those", b"households", b"adults", b"clients", b"persons", b"number", b"of", b"total"]);
        let said =
            is(&[b"sleeping", b"living", b"staying", b"camping", b"squatting", b"sleepers", b"homeless", b"rough"]);
        let joins = is(&[b"in", b"on", b"or", b"and", b"other"]);
        let one = is(&[b"a", b"an"]);
        let thing = w.role & (role::SITE | role::ROUGH) != 0
            || is(&[b"cars", b"vans", b"vehicle", b"vehicles", b"squats", b"parks"]);
        let several = matches!(text.before(to), b's' | b'S');
        if from > begin && text.at(from).is_ascii_uppercase() || !(leads || said || joins || one || thing && head) {
            return false;
        }
        head |= said;
        many |= one || thing && several;
        things += u32::from(thing);
        let home =
            [&b"tent"[..], b"tents", b"squat", b"squats", b"car", b"cars", b"van", b"vans", b"vehicle", b"vehicles"];
        plain &= !thing || is(&home) || is(&[b"caravan", b"caravans", b"boat", b"boats", b"lorry"]);
        last = to;
    }
    let signs = text.while_at(last, |b| matches!(b, b' ' | b'\t' | b':' | b'=' | b'(' | b',' | b'"' | b'|'));
    let over = text.slice(last, text.len()).iter().all(|b| matches!(b, b' ' | b'.' | b'\n' | b'\r'));
    many && things > 0 && (over && plain || signs > last && is_count(text, signs))
}

/// Whether a number begins here with which a line or cell ends.
fn is_count(text: Text<'_>, at: usize) -> bool {
    let end = text.while_at(at, |b| b.is_ascii_digit() || matches!(b, b',' | b'.' | b'%' | b' ' | b'(' | b')'));
    text.at(at).is_ascii_digit() && matches!(text.at(end), 0 | b'\n' | b'\r' | b'|' | b';' | b'"')
}

/// Whether a whole value, of which it is known that it says where somebody is, names a place out of doors, or says beside
/// what they are: "back of Asda", "car park stairwell lvl 2".
pub(super) fn is_place(text: Text<'_>) -> bool {
    let mut words = Words { text, at: 0 };
    let Some((_, _, first)) = words.next() else { return false };
    let any = |w: Word| w.role & (role::SITE | role::CAMP) != 0;
    let beside = |w: Word| w.role & role::UNDER != 0 || w.role & role::OUT != 0;
    let mut all = Words { text, at: 0 }.take(AROUND);
    beside(first) && words.next().is_some() || all.any(|(_, _, w)| any(w))
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

/// "bedded down in the doorway": a word of sleeping, then in at most eight words where, and what out of doors. Or where it
/// is at once, and it is no bed: "sleeps behind the electricity substation", "sleeping in the old signal box".
fn sleeping(text: Text<'_>, start: usize, end: usize) -> Option<usize> {
    let is = |of: &[&[u8]]| of.iter().any(|w| text.slice(start, end).eq_ignore_ascii_case(w));
    let next = after(text, end).next();
    let next_is = |of: &[&[u8]]| {
        next.is_some_and(|(from, to, _)| of.iter().any(|w| text.slice(from, to).eq_ignore_ascii_case(w)))
    };
    // "Bedding in the new rota"; who surfs does it on a sofa.
    let bed = is(&[b"bedding", b"beds"]) && !next_is(&[b"down"]);
    let mut sofa = before(text, start).take(1);
    let surf = is(&[b"surfing", b"surfs"]) && !sofa.any(|(at, _)| begins(text, at, &[b"sofa", b"couch"]));
    let curled = is(&[b"curled"]) && !next_is(&[b"up"]);
    let many = [b"two".as_slice(), b"three", b"four", b"five", b"six", b"eight", b"ten"];
    if bed || surf || curled || is(&[b"sleeps"]) && next_is(&many) {
        return None;
    }
    if is(&[b"sleeping"]) && next_is(&[b"bag"]) {
        // "in sleeping bag by the doors"
        let bag = next.map_or(end, |(_, to, _)| to);
        return beside(text, bag).then_some(start);
    }
    if next_is(&[b"bags", b"out"]) && !is(&[b"bedded", b"slept", b"sleeps"]) {
        return None;
    }
    if is(&[b"sleep", b"sleeping"]) && next_is(&[b"site", b"spot", b"place", b"location", b"pitch"]) {
        let label = next.map_or(end, |(_, to, _)| to);
        let sign = text.while_at(label, |b| b == b' ').min(label + 2);
        let said = matches!(text.at(sign), b':' | b'=')
            || begins(text, sign, &[b"is"])
            || matches!(text.slice(sign, sign + 2), b"- ");
        let answer = text.while_at(label, |b| matches!(b, b' ' | b':' | b'=' | b'-'));
        let none = begins(text, answer, &[b"none", b"no", b"not", b"unknown", b"null", b"nil", b"declined", b"tbc"]);
        let some = said && !none && text.slice(sign, sign + 12).iter().filter(|b| b.is_ascii_alphabetic()).count() >= 4;
        return (some || !none && beside(text, label)).then_some(start);
    }
    let mut there = false;
    for (_, _, word) in after(text, end) {
        if there && word.role & (role::SITE | role::OUTDOORS) != 0 {
            return Some(start);
        }
        there |= word.role & (role::AT | role::UNDER) != 0;
    }
    if is(&[b"squatting"]) && next.is_some_and(|(_, _, w)| w.role & role::ARTICLE != 0) {
        return Some(start);
    }
    // "Sleeping policeman outside the gate"
    let within = if is(&[b"sleep", b"sleeping", b"sleeps"]) { 0 } else { 2 };
    no_bed(text, end, within, !is(&[b"sleep"])).then_some(start)
}

/// Whether a word begins here.
fn begins(text: Text<'_>, at: usize, words: &[&[u8]]) -> bool {
    words.iter().any(|w| text.word(at).eq_ignore_ascii_case(w))
}

/// How somebody sleeps, before it is said where.
const HOW: &[&[u8]] =
    &[b"rough", b"out", b"down", b"up", b"over", b"alone", b"there", b"again", b"still", b"w", b"outside", b"mostly"];

/// Whether the next words, of which at most so many go before, say where, and nothing in them is a home or a time.
/// `inside`: in or on something will do, if it is one thing among others: "in the old signal box", not "in London".
fn no_bed(text: Text<'_>, end: usize, within: usize, inside: bool) -> bool {
    let (mut count, mut where_to, mut article, mut things) = (0, 0, false, 0);
    let mut last = end;
    for (from, to, w) in after(text, end) {
        let comma = text.slice(last, from).contains(&b',');
        last = to;
        if things > 0 && comma {
            break;
        }
        // "on the landing outside flat 22"
        if things > 0 && w.role & (role::OUT | role::UNDER) != 0 {
            return true;
        }
        if w.role & (role::HOME | role::BUSY | role::MONTH) != 0 {
            return false;
        }
        let place = w.role & (role::AT | role::UNDER);
        if place != 0 && things == 0 && (where_to != 0 || count <= within) {
            where_to |= w.role & (role::OUT | role::UNDER) | 1;
        } else if where_to != 0 {
            let word = text.slice(from, to);
            if text.at(from).is_ascii_digit() && things == 0 && !article {
                return false;
            }
            let filling = w.role & role::ARTICLE != 0 || word.eq_ignore_ascii_case(b"of");
            article |= w.role & role::ARTICLE != 0 && !begins(text, from, &[b"this", b"that", b"some"]);
            things += u32::from(!filling);
            if things >= if article { 3 } else { 5 } {
                break;
            }
        } else if w.role & role::FILLING == 0 && !begins(text, from, HOW) {
            count += 1;
            if count > within {
                return false;
            }
        }
    }
    things > 0 && (where_to > 1 || inside && where_to == 1 && article)
}

/// Whether the next word says that it is beside, behind or under something.
fn beside(text: Text<'_>, end: usize) -> bool {
    no_bed(text, end, 1, false)
}

/// "tent behind the car park": a tent, a mattress, somebody's spot, and where.
fn pitched(text: Text<'_>, start: usize, end: usize) -> Option<usize> {
    // A bivvy bag.
    let (from, to, _) = after(text, end).next()?;
    let end = if begins(text, from, &[b"bag"]) { to } else { end };
    let mut words = after(text, end);
    let (_, _, next) = words.next()?;
    let busy = |w: Word| w.role & role::BUSY != 0;
    if next.role & (role::AT | role::UNDER) == 0
        || before(text, start).take(2).any(|(_, w)| busy(w))
        || after(text, end).any(|(_, _, w)| busy(w))
        || after(text, end)
            .zip(after(text, end).skip(1))
            .any(|((be, ..), (for_, ..))| begins(text, be, &[b"are", b"is"]) && begins(text, for_, &[b"for"]))
    {
        return None;
    }
    let there = words.take(5).any(|(_, _, w)| w.role & (role::SITE | role::OUTDOORS | role::ROUGH) != 0);
    // Anybody may have a spot or a den in something.
    let inside = !begins(text, start, &[b"spot", b"cardboard", b"den"]);
    (there || no_bed(text, end, 0, inside)).then_some(start)
}

/// "living out of a white van", "stays in the bus shelter": where nobody lives who has a home.
fn staying(text: Text<'_>, start: usize, end: usize) -> Option<usize> {
    let (mut there, mut count) = (false, 0);
    for (at, to, w) in after(text, end) {
        // "in a ground floor flat on a bus route", "at the Woods hostel"
        if there && begins(text, at, DWELLINGS) {
            return None;
        }
        if there && w.role & role::ROUGH != 0 {
            let home = after(text, to).next().is_some_and(|(next, ..)| begins(text, next, DWELLINGS));
            return (!home).then_some(start);
        }
        let goes = begins(text, at, &[b"out", b"down", b"up"]);
        there |= goes || w.role & (role::AT | role::UNDER) != 0;
        count += u32::from(there);
        if count > 6 || !there && w.role & role::FILLING == 0 {
            return None;
        }
    }
    None
}

/// Where people live who have a home.
const DWELLINGS: &[&[u8]] = &[
    b"hostel",
    b"hostels",
    b"hotel",
    b"flat",
    b"flats",
    b"home",
    b"project",
    b"accommodation",
    b"unit",
    b"refuge",
    b"scheme",
    b"placement",
];

/// "homeless man in the park", "rough sleeper rear of the community centre".
fn homeless(text: Text<'_>, start: usize, end: usize) -> Option<usize> {
    let sleeper = begins(text, start, &[b"sleeper"]);
    let mut words = after(text, end);
    let somebody = sleeper || words.next().is_some_and(|(_, _, w)| w.role & role::PERSON != 0);
    if !somebody {
        return None;
    }
    let mut there = false;
    for (_, _, w) in after(text, end).take(8) {
        if there && w.role & (role::SITE | role::OUTDOORS | role::ROUGH) != 0 {
            return Some(start);
        }
        there |= w.role & (role::AT | role::UNDER) != 0;
    }
    no_bed(text, end, 1, false).then_some(start)
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
    let Some(from) = from else { return fragment(text, start, end) };
    let alone = is_first(text, from);
    let (mut seen, mut placed) = (false, false);
    for (at, w) in before.take(5) {
        if w.role & role::BUSY != 0 {
            return None;
        }
        // "Please do not leave bedding in the stairwell."
        if begins(text, at, &[b"leave"]) {
            return None;
        }
        let here = role::SEEN | role::SLEEP | role::PERSON | role::STAY | role::CAMP;
        seen |= w.role & here != 0 || begins(text, at, &[b"shelter"]) || placed && begins(text, at, WHO);
        // Somebody is usually there, and so is a meter: without a word for either it is somebody.
        placed |= w.role & role::PLACED != 0;
        seen |= w.role & role::PLACED != 0 && is_first(text, at) && !begins(text, at, &[b"located", b"based"]);
    }
    let (mut where_it_is, mut part) = (false, false);
    // "in underpass, exit 3"
    let (mut there, mut count) = (text.at(end) == b',', 0);
    for (begins, ends, w) in after(text, end) {
        if w.role & role::BUSY != 0 && (count < 2 || w.role & role::HOME != 0) {
            return None;
        }
        let named = text.at(begins).is_ascii_uppercase() || text.slice(begins, ends).iter().all(u8::is_ascii_digit);
        // "stairwell, Block C"
        let generic = self::begins(text, begins, &[b"block", b"level", b"floor", b"exit", b"lift"]);
        where_it_is |= there && count < 5 && named && !generic && !part;
        part = generic;
        there |= w.role & (role::AT | role::UNDER) != 0 || text.slice(begins, ends).eq_ignore_ascii_case(b"of");
        count += 1;
    }
    (seen || alone && (count == 0 || there) || where_it_is && !alone).then_some(from)
}

/// Of whom it is said where they are.
const WHO: &[&[u8]] = &[
    b"client",
    b"clients",
    b"resident",
    b"residents",
    b"males",
    b"females",
    b"men",
    b"women",
    b"person",
    b"people",
    b"gentleman",
    b"lady",
    b"tenant",
    b"youth",
    b"pt",
    b"su",
    b"group",
    b"dad",
    b"mother",
];

/// Whether a sentence, a quotation or an item of a list begins here.
fn is_first(text: Text<'_>, from: usize) -> bool {
    let signs = text.while_before(from, 4, |b| matches!(b, b' ' | b'"' | b'(' | b'*' | b'-' | b'>'));
    let marked = text.slice(signs, from).iter().any(|b| matches!(b, b'"' | b'*' | b'>'))
        || text.slice(signs, from).ends_with(b"- ");
    marked || matches!(text.before(signs), 0 | b'.' | b':' | b'\n')
}

/// "shop doorway next to Greggs": a place that a note begins with, and what it is beside.
fn fragment(text: Text<'_>, start: usize, end: usize) -> Option<usize> {
    let mut from = start;
    if !is_first(text, from) {
        from = before(text, start).take(2).map(|(at, _)| at).find(|at| is_first(text, *at))?;
    }
    let verb = |w: Word| w.role & (role::VERB | role::BUSY) != 0;
    if before(text, start)
        .take_while(|(at, _)| *at >= from)
        .chain(after(text, end).map(|(at, _, w)| (at, w)))
        .any(|(_, w)| verb(w))
    {
        return None;
    }
    let (mut at_last, mut found) = (false, false);
    // Not a doorway to opportunity, nor subway sandwiches.
    let (next, _, w) = after(text, end).next()?;
    let here = w.role & (role::AT | role::UNDER) != 0 || begins(text, next, &[b"of", b"with"]);
    if !here && !begins(text, start, &[b"squat"]) {
        return None;
    }
    for (begin, _, w) in after(text, end).take(6) {
        found |= w.role & (role::OUT | role::UNDER) != 0 || at_last && text.at(begin).is_ascii_uppercase();
        at_last = w.role & role::AT != 0;
    }
    found.then_some(from)
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
