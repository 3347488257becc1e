//! References of the Home Office and what hangs on them, and CHAIN numbers. Most have no public check digit and mean
//! other things elsewhere, so they speak only by a cue.

use super::{
    Hit, Kind,
    cue::Cue,
    hit,
    official::all,
    run::{Run, Text, cue_after, is_alnum},
};

/// Those that begin with a digit. `after` is the cue that follows the number.
pub(super) fn digits(text: Text<'_>, run: &Run, cue: u64, after: u64) -> Hit {
    if let Some(one) = uan(run).or_else(|| spaced_uan(text, run)) {
        return Some(one);
    }
    if let Some(one) = asylum_support(text, run)
        && (if cue == 0 { cue_after(text, one.end) } else { cue }) & Cue::ARC != 0
    {
        return Some(one);
    }
    let cue = cue | after;
    if cue & (Cue::CHAIN | Cue::CID | Cue::ARC | Cue::SHARE | Cue::PORT | Cue::HO | Cue::UKVI) == 0 {
        return None;
    }
    let n = run.first();
    let alone = run.digits() >= n && run.slice(0, n).iter().all(u8::is_ascii_digit);
    let end = run.end_of(n)?;
    let whole = run.ends(n) && !glued(text, end);
    // CHAIN client number: digits, no public format: "CHAIN no. 98765".
    if cue & Cue::CHAIN != 0 && alone && whole && (4..=10).contains(&n) {
        return all(run, n, Kind::Chain);
    }
    // Person and case numbers of CID and Atlas: seven to nine digits, no check digit: "CID 12345678".
    if cue & Cue::CID != 0 && alone && whole && (7..=9).contains(&n) {
        return all(run, n, Kind::HomeOffice);
    }
    share(text, run, cue, |_| 0)
}

/// Whether a number goes on: 12,345 or 12.5 or 12/34.
fn glued(text: Text<'_>, end: usize) -> bool {
    matches!(text.at(end), b',' | b'.' | b'/' | b':' | b'%') && text.at(end + 1).is_ascii_digit()
        || text.at(end) == b'%'
}

/// Unique Application Number: 3434 (older 1212) and three more groups of four: `3434-0123-4567-8901`.
fn uan(run: &Run) -> Hit {
    let begins = matches!(run.slice(0, 4), b"3434" | b"1212");
    let shape =
        begins && run.is(b"DDDDDDDDDDDDDDDD") && run.gaps_only(16, &[4, 8, 12], b" -\n") && run.gaps_all(&[4, 8, 12]);
    if shape { all(run, 16, Kind::HomeOffice) } else { None }
}

/// `3434 - 0123 - 4567 - 8901`.
fn spaced_uan(text: Text<'_>, run: &Run) -> Hit {
    let begins = matches!(run.slice(0, 4), b"3434" | b"1212");
    if !begins {
        return None;
    }
    let mut at = run.start;
    for group in 0..4 {
        let (_, end) = text.integer(at).filter(|(_, end)| *end == at + 4)?;
        at = if group == 3 { end } else { end + 3 };
        if group < 3 && text.slice(end, end + 3) != b" - " {
            return None;
        }
    }
    if !is_alnum(text.at(at)) { hit(run.start, at, Kind::HomeOffice) } else { None }
}

/// Asylum support (NASS) reference: year, month and five digits, with a cue: `18/05/01234`.
fn asylum_support(text: Text<'_>, run: &Run) -> Hit {
    let (year, sign) = (run.start, text.at(run.start + 2));
    if !matches!(sign, b'/' | b'-') {
        return None;
    }
    let month = text.integer(year + 3)?;
    let end = text.while_at(month.1 + 1, |b| b.is_ascii_digit());
    let shape = text.at(month.1) == sign
        && month.1 == year + 5
        && (1..=12).contains(&month.0)
        && (5..=6).contains(&(end - month.1 - 1))
        && !is_alnum(text.at(end));
    if shape { hit(run.start, end, Kind::ResidencePermit) } else { None }
}

/// Those that begin with a letter. `after(end)` gives the cue that follows.
pub(super) fn code(text: Text<'_>, run: &Run, cue: u64, after: impl Fn(usize) -> u64) -> Hit {
    permit(run, cue, &after)
        .or_else(|| global_web_form(run))
        .or_else(|| card(run, cue, &after))
        .or_else(|| port(text, run, cue))
        .or_else(|| file(text, run, cue, &after))
        .or_else(|| share(text, run, cue, &after))
}

/// Residence permit: two letters, a digit or X, six digits, as one word. Those issued begin with R or Z; with a cue any,
/// and in parts: `ZU1234567`, `RSX123456`.
fn permit(run: &Run, cue: u64, after: impl Fn(usize) -> u64) -> Hit {
    let shape = run.begins(b"LLADDDDDD") && run.ends(9);
    let third = run.at(2).is_ascii_digit() || run.at(2) == b'X';
    let cued = || (cue | run.end_of(9).map_or(0, after)) & (Cue::BRP | Cue::HO) != 0;
    let whole = run.first() == 9 && (matches!(run.at(0), b'R' | b'Z') || cued());
    let parted = cue & Cue::BRP != 0 && run.gaps_only(9, &[2, 3, 5, 6], b" -\n");
    if shape && third && (whole || parted) { all(run, 9, Kind::ResidencePermit) } else { None }
}

/// GWF reference of a visa application: GWF and nine digits: `GWF 987654321`.
fn global_web_form(run: &Run) -> Hit {
    let shape = run.is(b"GWFDDDDDDDDD") && run.gaps_only(12, &[3], b" -\n");
    if shape { all(run, 12, Kind::HomeOffice) } else { None }
}

/// Application registration card: three letters and seven or eight digits, ASC and ARC always, others with a cue:
/// `ASC1234567`.
fn card(run: &Run, cue: u64, after: impl Fn(usize) -> u64) -> Hit {
    let n = if run.is(b"LLLDDDDDDD") {
        10
    } else if run.is(b"LLLDDDDDDDD") {
        11
    } else {
        return None;
    };
    let known = matches!(run.slice(0, 3), b"ASC" | b"ARC");
    let cued = || (cue | run.end_of(n).map_or(0, after)) & (Cue::ARC | Cue::HO | Cue::PORT) != 0;
    if (known || cued()) && run.gaps_only(n, &[3], b" -\n") { all(run, n, Kind::ResidencePermit) } else { None }
}

/// Places whose references are known to be ports' (practice, no public list).
const PORTS: [&[u8]; 14] =
    [b"ASC", b"EDD", b"LGW", b"LHR", b"TN5", b"TN1", b"TN2", b"TN3", b"TN4", b"STN", b"MAN", b"DOV", b"BHX", b"NSA"];

/// Port reference: two to four letters, a stroke, six to eight digits, perhaps a stroke and a dependant's number; the
/// ports known, others with a cue: `EDD/7654321`, `ACX/1234567/8`.
fn port(text: Text<'_>, run: &Run, cue: u64) -> Hit {
    let n = run.first();
    let stroke = run.start + n;
    if !(2..=4).contains(&n) || !matches!(text.at(stroke), b'/' | b' ' | b'-') {
        return None;
    }
    let end = text.while_at(stroke + 1, |b| b.is_ascii_digit());
    let count = end - stroke - 1;
    let cued = cue & (Cue::PORT | Cue::HO) != 0 || cue & Cue::ARC != 0 && text.at(stroke) == b'/';
    let known = PORTS.contains(&run.slice(0, n)) && text.at(stroke) == b'/';
    let shape = (6..=8).contains(&count) && !is_alnum(text.at(end)) && run.at(0).is_ascii_uppercase();
    let letter = run.slice(0, n).iter().filter(|b| b.is_ascii_uppercase()).count() >= 2;
    let dependant = text.while_at(end + 1, |b| b.is_ascii_digit());
    let end = if text.at(end) == b'/' && (2..=3).contains(&(dependant - end)) { dependant } else { end };
    if shape && letter && (cued || known) { hit(run.start, end, Kind::HomeOffice) } else { None }
}

/// Home Office file: a letter and seven digits, perhaps a stroke and a dependant's number; UKVI customer: K and eight
/// digits; both with a cue: `M1234567/2`, `K12345678`.
fn file(text: Text<'_>, run: &Run, cue: u64, after: impl Fn(usize) -> u64) -> Hit {
    let gaps: &[usize] = if cue & Cue::HO != 0 { &[1, 3, 4, 5, 8] } else { &[1, 8] };
    if !run.begins(b"LDDDDDDD") || !run.gaps_only(9, gaps, b" -\n") {
        return None;
    }
    let n = if run.is(b"LDDDDDDD") {
        8
    } else if run.is(b"KDDDDDDDD") && run.gap(8) == 0 {
        9
    } else {
        return None;
    };
    let end = run.end_of(n)?;
    let dependant = text.while_at(end + 1, |b| b.is_ascii_digit());
    let stroke = n == 8 && text.at(end) == b'/' && (1..=3).contains(&dependant.saturating_sub(end + 1));
    let end = if stroke { dependant } else { end };
    let wanted = if n == 8 { Cue::HO | Cue::CID } else { Cue::UKVI | Cue::HO };
    if (cue | after(end)) & wanted == 0 { None } else { hit(run.start, end, Kind::HomeOffice) }
}

/// Share code: nine letters and digits, W, R or S in front, often 3-3-3. With a cue; without one only where it stands in
/// threes in capitals and each three has both letters and digits: `W1X-2Y3-Z4A`. With a date of birth it opens the whole
/// eVisa.
fn share(text: Text<'_>, run: &Run, cue: u64, after: impl Fn(usize) -> u64) -> Hit {
    let grouped = run.gap(3) != 0 && run.gap(6) != 0;
    if !run.begins(b"AAAAAAAAA") || !run.ends(9) || !run.gaps_only(9, &[3, 6], b" -\n") || !run.gaps_all(&[3, 6]) {
        return None;
    }
    let code = run.slice(0, 9);
    let digits = code.iter().filter(|b| b.is_ascii_digit()).count();
    let end = run.end_of(9)?;
    let capitals = !text.slice(run.start, end).iter().any(u8::is_ascii_lowercase);
    let kind = matches!(run.at(0), b'W' | b'R' | b'S');
    let cued = cue & Cue::SHARE != 0 || kind && after(end) & Cue::SHARE != 0;
    let fits = if cued {
        digits > 0 && digits < 9 || grouped && capitals && digits == 0
    } else {
        let mixed = |three: &[u8]| three.iter().any(u8::is_ascii_digit) && three.iter().any(u8::is_ascii_uppercase);
        grouped && capitals && kind && code.chunks(3).all(mixed)
    };
    if fits { hit(run.start, end, Kind::ShareCode) } else { None }
}
