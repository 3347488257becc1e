//! Numbers the state gives a person: National Insurance, NHS, tax, driving licence, passport, vehicle; and accounts.

use super::{
    Hit, Kind, bank_account,
    cue::Cue,
    hit,
    number::{all_same, is_day, luhn, weighted},
    run::{Run, Text, WIDE},
};

/// Those that begin with a digit.
pub(super) fn digits(text: Text<'_>, run: &Run, cue: u64) -> Hit {
    let n = run.digits();
    if n >= 9
        && let Some(one) = nhs(run, cue).or_else(|| utr(run, cue)).or_else(|| passport(run, cue))
    {
        return Some(one);
    }
    if n < 2 {
        return None;
    }
    bank_account::labelled(text, run)
        .or_else(|| bank(run, cue))
        .or_else(|| temporary(run, cue))
        .or_else(|| imei(run, cue))
        .or_else(|| if cue & Cue::PASSPORT != 0 { passport(run, cue) } else { None })
        .or_else(
            || if cue & Cue::DRIVING != 0 && run.is(b"DDDDDDDD") { all(run, 8, Kind::DrivingLicence) } else { None },
        )
}

/// Those that begin with a letter.
pub(super) fn code(text: Text<'_>, run: &Run, cue: u64) -> Hit {
    nino(text, run, cue)
        .or_else(|| stroked_nino(text, run))
        .or_else(|| iban(run))
        .or_else(|| driving_licence(text, run))
        .or_else(|| if cue & Cue::PASSPORT != 0 { passport(run, cue) } else { None })
        .or_else(|| {
            // K1234567890: a tax reference with its letter.
            if cue & Cue::UTR != 0 && run.is(b"KDDDDDDDDDD") && is_utr(run.slice(1, 11)) {
                return all(run, 11, Kind::TaxReference);
            }
            None
        })
}

pub(super) fn all(run: &Run, n: usize, kind: Kind) -> Hit {
    hit(run.start, run.end_of(n)?, kind)
}

/// National Insurance number: two letters, six digits, a suffix A–D; no D F I Q U V in the prefix, no O second, and
/// never BG GB KN NK NT TN ZZ (HMRC NIM39110). Spaces, dots or hyphens between the pairs: `AB 12 34 56 C`. With a cue
/// also without a suffix or with a suffix of another kind. The "A" that begins the next line is no suffix.
fn nino(text: Text<'_>, run: &Run, cue: u64) -> Hit {
    let cued = cue & Cue::NINO != 0;
    let threes = (cued || is_in_threes(text, run)) && run.gaps_only(9, &[2, 5, 8], b" -.\n");
    if !run.begins(b"LLDDDDDD") || !threes && !run.gaps_only(9, &[2, 4, 6, 8], b" -.\n") {
        return None;
    }
    if !is_prefix(run.at(0), run.at(1)) {
        return None;
    }
    let apart = run.gap(8) == WIDE && run.gap(6) == 0 && !threes;
    if run.ends(9) && matches!(run.at(8), b'A'..=b'D') && !apart {
        return all(run, 9, Kind::NationalInsurance);
    }
    if cue & Cue::NINO == 0 {
        return None;
    }
    if run.ends(9) && matches!(run.at(8), b'F' | b'M' | b'P') && !apart {
        return all(run, 9, Kind::NationalInsurance);
    }
    if run.ends(8) { all(run, 8, Kind::NationalInsurance) } else { None }
}

/// `AB 123 456 C`, which may be a reference on the National Grid with the "a" that comes next: nothing comes after this.
fn is_in_threes(text: Text<'_>, run: &Run) -> bool {
    let all = run.gap(2) == b' ' && run.gap(5) == b' ' && run.gap(8) == b' ' && run.ends(9);
    let square = super::grid::is_square(run.at(0), run.at(1));
    all && (!square || run.end_of(9).is_some_and(|end| !matches!(text.at(end), b' ' | b'\n')))
}

/// `AB/12/34/56/C`.
fn stroked_nino(text: Text<'_>, run: &Run) -> Hit {
    let whole = text.slice(run.start, run.start + 13).to_ascii_uppercase();
    let [a, b, b'/', d1, d2, b'/', d3, d4, b'/', d5, d6, b'/', b'A'..=b'D'] = whole.as_slice() else { return None };
    let digits = [d1, d2, d3, d4, d5, d6].iter().all(|d| d.is_ascii_digit());
    let apart = !super::is_alnum(text.at(run.start + 13)) && text.before(run.start) != b'/';
    if digits && apart && is_prefix(*a, *b) { hit(run.start, run.start + 13, Kind::NationalInsurance) } else { None }
}

/// Two letters that numbers begin with.
fn is_prefix(first: u8, second: u8) -> bool {
    let bad = |b: u8| matches!(b, b'D' | b'F' | b'I' | b'Q' | b'U' | b'V');
    let never = matches!(
        (first, second),
        (b'B', b'G') | (b'G', b'B') | (b'K', b'N') | (b'N', b'K' | b'T') | (b'T', b'N') | (b'Z', b'Z')
    );
    first.is_ascii_uppercase() && second.is_ascii_uppercase() && !bad(first) && !bad(second) && second != b'O' && !never
}

/// Temporary reference number in place of one: `11 A1 11 11`, with a cue.
fn temporary(run: &Run, cue: u64) -> Hit {
    let shape = cue & Cue::NINO != 0 && run.is(b"DDLDDDDD") && run.gaps_only(8, &[2, 4, 6], b" -\n");
    if shape { all(run, 8, Kind::NationalInsurance) } else { None }
}

/// NHS number: ten digits, the last a check digit modulo 11 with weights 10 to 2 (NHS Data Dictionary); whole or
/// 3-3-4. Numbers are given out only with 3, 4, 6, 7 or 9 in front, which leaves the seconds of a clock alone.
/// `943 476 5919`. A row of a table that goes on (`312 405 1203 88`) is none unless a cue says so.
fn nhs(run: &Run, cue: u64) -> Hit {
    let grouped = run.gap(3) != 0;
    // Whoever says what it is may group it as they like.
    let usual = run.gaps_only(10, &[3, 6], b" -.\n") && run.gaps_all(&[3, 6]) || cue & Cue::NHS != 0;
    if !run.is(b"DDDDDDDDDD") || !usual {
        return None;
    }
    let columns = run.gap(3) == WIDE && run.gap(6) == WIDE || run.gap(3) != b'-' && run.at(10).is_ascii_digit();
    if grouped && columns && cue & Cue::NHS == 0 {
        return None;
    }
    let other = !grouped && cue & (Cue::OTHER | Cue::UTR | Cue::PHONE | Cue::UPRN) != 0 && cue & Cue::NHS == 0;
    if other || !matches!(run.at(0), b'3' | b'4' | b'6' | b'7' | b'9') {
        return None;
    }
    let number = run.slice(0, 10);
    let sum = weighted(number, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if sum == 0 { 0 } else { 11 - sum };
    let fits = check < 10 && u32::from(run.at(9) - b'0') == check && !all_same(number);
    if fits { all(run, 10, Kind::Nhs) } else { None }
}

/// Unique taxpayer reference: ten digits, the first a check digit (weights 6 7 8 9 10 5 4 3 2, modulo 11), with a cue;
/// otherwise one number of ten digits in eleven would be one. `1955839661`.
fn utr(run: &Run, cue: u64) -> Hit {
    if cue & Cue::UTR == 0
        || !run.begins(b"DDDDDDDDDD")
        || !run.gaps_only(10, &[5], b" -\n") && !run.gaps_only(10, &[3, 6], b" -\n")
    {
        return None;
    }
    let n = if run.ends(10) {
        10
    } else if run.at(10) == b'K' && run.ends(11) {
        11
    } else {
        return None;
    };
    if is_utr(run.slice(0, 10)) { all(run, n, Kind::TaxReference) } else { None }
}

fn is_utr(number: &[u8]) -> bool {
    const CHECK: &[u8; 11] = b"21987654321";
    let Some((first, rest)) = number.split_first() else { return false };
    let sum = weighted(rest, &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    CHECK.get(sum as usize) == Some(first)
}

/// Passport: nine digits, or an older letter and six digits or six and a letter, with a cue (ICAO 9303; NHS Data
/// Dictionary). `925665416`.
fn passport(run: &Run, cue: u64) -> Hit {
    if cue & Cue::PASSPORT == 0 {
        return None;
    }
    if run.is(b"DDDDDDDDD") && run.gaps_only(9, &[3, 6], b" \n") {
        return all(run, 9, Kind::Passport);
    }
    let older = (run.is(b"LDDDDDD") || run.is(b"DDDDDDL")) && run.gaps_only(7, &[1, 6], b" \n");
    if older { all(run, 7, Kind::Passport) } else { None }
}

/// The machine-readable zone of a passport (`P<GBR…`) or residence permit (`IRGBR…<<…`), from a `<` (ICAO 9303).
pub(super) fn readable_zone(text: Text<'_>, at: usize) -> Hit {
    let of = |b: u8| b.is_ascii_alphanumeric() || b == b'<';
    let start = text.while_before(at, 48, |b| b.is_ascii_alphanumeric());
    let end = text.while_within(at, 100, of);
    let head = text.slice(start, start + 5);
    if at == start + 1 && text.at(start).eq_ignore_ascii_case(&b'P') && end >= at + 6 {
        let letters = text.slice(at + 1, at + 4).iter().all(|b| b.is_ascii_alphabetic() || *b == b'<');
        let filled = text.slice(at + 1, end).contains(&b'<') || end - start > 20;
        return if letters && filled { hit(start, second_line(text, end), Kind::Passport) } else { None };
    }
    if at == start + 28
        && let Some(one) = lone_line(text, start, end)
    {
        return Some(one);
    }
    let permit = [b"IRGBR", b"IXGBR", b"CRGBR"].iter().any(|p| head.eq_ignore_ascii_case(*p));
    if permit { hit(start, second_line(text, end), Kind::ResidencePermit) } else { None }
}

/// The second line of a passport alone, `9256654166GBR8002295F3001012<<<<<<<<<<<<<<02`, with its check digits: number,
/// country, born, sex, runs out (ICAO 9303-4).
fn lone_line(text: Text<'_>, start: usize, end: usize) -> Hit {
    let line = text.slice(start, start + 28);
    let checked = |from: usize, to: usize| {
        let value = |b: u8| match b {
            b'0'..=b'9' => u32::from(b - b'0'),
            b'A'..=b'Z' => u32::from(b - b'A') + 10,
            _ => 0,
        };
        let field = line.get(from..to).unwrap_or_default();
        let sum: u32 = field.iter().zip([7, 3, 1].iter().cycle()).map(|(b, weight)| value(*b) * weight).sum();
        line.get(to).is_some_and(|check| u32::from(check.wrapping_sub(b'0')) == sum % 10)
    };
    let country = line.get(10..13).is_some_and(|code| code.iter().all(u8::is_ascii_alphabetic));
    let sex = matches!(line.get(20), Some(b'M' | b'F' | b'X'));
    let last = text.while_at(end, |b| b.is_ascii_digit());
    let fits = country && sex && checked(0, 9) && checked(13, 19) && checked(21, 27);
    if fits { hit(start, last, Kind::Passport) } else { None }
}

/// The end of the lines that go with one.
fn second_line(text: Text<'_>, mut end: usize) -> usize {
    for _ in 0..2 {
        let next = text.while_at(end, |b| matches!(b, b'\r' | b'\n' | b' '));
        let to = text.while_at(next, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'<');
        if next == end || to - next < 28 {
            break;
        }
        end = to;
    }
    end
}

/// Driving licence of Great Britain: five characters of the surname filled with 9, decade, month (01–12, or 51–62),
/// day, year, two initials or 9, a character and two letters; an issue number may follow (DVLA's layout).
/// `MORGA753116SM9IJ`.
fn driving_licence(text: Text<'_>, run: &Run) -> Hit {
    if !run.begins(b"LAAAADDDDDDAAALL") || !run.ends(16) || !run.gaps_only(16, &[5, 11], b" -\n") {
        return None;
    }
    let surname = run.slice(0, 5);
    let letters = surname.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let filled = surname.iter().skip(letters).all(|b| *b == b'9');
    let number = |from: usize| u64::from(run.at(from) - b'0') * 10 + u64::from(run.at(from + 1) - b'0');
    let (month, day) = (number(6), number(8));
    let month = if month > 50 { month - 50 } else { month };
    let initials = run.slice(11, 13).iter().all(|b| b.is_ascii_uppercase() || *b == b'9');
    if !filled || !initials || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let end = run.end_of(16)?;
    let issue = text.at(end) == b' '
        && text.at(end + 1).is_ascii_digit()
        && text.at(end + 2).is_ascii_digit()
        && !super::is_alnum(text.at(end + 3));
    hit(run.start, if issue { end + 3 } else { end }, Kind::DrivingLicence)
}

/// Vehicle registration: current `AB51 ABC` (age 02–29 or 51–79), prefix `A123 BCD`, suffix `ABC 123D`, Northern Ireland
/// `YIZ 1234`; no I or Q where none is given out. In capitals, unless a cue says so or it is written as one word: "at 12
/// the" is prose.
pub(super) fn vehicle(text: Text<'_>, run: &Run, cue: u64) -> Hit {
    let cued = cue & Cue::VEHICLE != 0;
    let capitals = |n: usize| {
        let end = run.end_of(n).unwrap_or(run.start);
        !text.slice(run.start, end).iter().any(u8::is_ascii_lowercase)
    };
    let random = |from: usize| run.slice(from, from + 3).iter().all(|b| !matches!(b, b'I' | b'Q'));
    let spaced = |n: usize, at: usize| run.gaps_only(n, &[at], b" -");
    // GD 59 TLO, where something says what it is.
    let current = spaced(7, 4) || cued && run.gaps_only(7, &[2, 4], b" -");
    if run.is(b"LLDDLLL") && current && random(4) {
        let age = (run.at(2) - b'0') * 10 + run.at(3) - b'0';
        let area = run.slice(0, 2).iter().all(|b| !matches!(b, b'I' | b'Q' | b'Z'));
        let written = cued || capitals(7) || run.gap(4) == 0;
        if matches!(age, 2..=29 | 51..=79) && area && written {
            return all(run, 7, Kind::Vehicle);
        }
    }
    let digits = run.slice(1, 5).iter().take_while(|b| b.is_ascii_digit()).count();
    let n = 4 + digits;
    let prefix: &[u8] = match digits {
        1 => b"LDLLL",
        2 => b"LDDLLL",
        _ => b"LDDDLLL",
    };
    let enough = digits == 3 || cued;
    if enough
        && run.is(prefix)
        && spaced(n, 1 + digits)
        && random(n - 3)
        && !matches!(run.at(0), b'I' | b'O' | b'Q' | b'U' | b'Z')
        && (cued || capitals(n))
    {
        return all(run, n, Kind::Vehicle);
    }
    if run.is(b"LLLDDDL")
        && spaced(7, 3)
        && random(0)
        && !matches!(run.at(6), b'I' | b'O' | b'Q' | b'U' | b'Z')
        && (cued || capitals(7))
    {
        return all(run, 7, Kind::Vehicle);
    }
    // ABC 12D of a classic, by a cue.
    let short = if run.is(b"LLLDDL") { 2 } else { usize::from(run.is(b"LLLDL")) };
    if short > 0 && cued && spaced(4 + short, 3) && random(0) {
        return all(run, 4 + short, Kind::Vehicle);
    }
    let northern = run.is(b"LLLDDDD") && spaced(7, 3) && (cued || capitals(7) && run.slice(1, 3) == b"IZ");
    if northern { all(run, 7, Kind::Vehicle) } else { None }
}

/// Sort code and account number: six digits and eight, `08-99-99 66374958`. Each alone by a cue. (The modulus check
/// needs a table that is not ours to ship.)
fn bank(run: &Run, cue: u64) -> Hit {
    let sort = run.begins(b"DDDDDD") && run.gaps_only(6, &[2, 4], b" -") && run.gaps_all(&[2, 4]);
    if sort && run.is(b"DDDDDDDDDDDDDD") && run.gaps_only(14, &[2, 4, 6], b" -\n") && run.gap(6) != 0 {
        let number = |from: usize| run.slice(from, from + 2);
        // 123456 20261121: the second is a day.
        let dated = matches!(number(6), b"19" | b"20") && run.gap(2) != b'-';
        // Two numbers of a list.
        let listed = run.gap(6) == WIDE && run.gap(2) != b'-';
        if !dated && !listed || cue & (Cue::BANK | Cue::SORT) != 0 {
            return all(run, 14, Kind::BankAccount);
        }
    }
    // Words between the two: "08-99-99, account 66374958".
    if cue & Cue::SORT != 0 && sort && run.ends(6) {
        return all(run, 6, Kind::BankAccount);
    }
    let account = cue & Cue::BANK != 0 && run.is(b"DDDDDDDD") && run.gaps_only(8, &[4], b" \n");
    if account { all(run, 8, Kind::Account) } else { None }
}

/// IBAN: two letters, two check digits, up to thirty letters and digits of the length its country has; modulo 97 it is 1
/// (ISO 13616). Whole or in fours: `GB29 NWBK 6016 1331 9268 19`.
fn iban(run: &Run) -> Hit {
    if !run.begins(b"LLDDAAAAAAAAAAA") {
        return None;
    }
    let country = run.slice(0, 2);
    let n = LENGTHS.iter().find(|(c, _)| c.as_slice() == country)?.1;
    if !run.ends(n) || !(1..n).all(|i| run.gap(i) == 0 || i % 4 == 0 && run.gap(i) != b'.') {
        return None;
    }
    let (head, body) = (run.slice(0, 4), run.slice(4, n));
    let rest = body.iter().chain(head).fold(0u32, |rest, b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        b => (rest * 100 + u32::from(b - b'A') + 10) % 97,
    });
    let check = (run.at(2), run.at(3));
    if rest == 1 && check != (b'0', b'0') && n <= run.len { all(run, n, Kind::Account) } else { None }
}

/// How long the IBANs of a country are (SWIFT's registry).
const LENGTHS: [(&[u8; 2], usize); 36] = [
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"CH", 21),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DK", 18),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GR", 27),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IT", 27),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"NL", 18),
    (b"NO", 15),
    (b"PK", 24),
    (b"PL", 28),
    (b"PT", 25),
    (b"RO", 24),
    (b"SE", 24),
    (b"SK", 24),
    (b"TR", 26),
];

/// IMEI: fifteen digits that pass Luhn's check, whole or 2-6-6-1, beginning as telephones of this country's networks do;
/// with a cue any, and the sixteen of an IMEISV (GSMA TS.06). `49-015420-323751-8`.
fn imei(run: &Run, cue: u64) -> Hit {
    let cued = cue & Cue::IMEI != 0;
    if run.is(b"DDDDDDDDDDDDDDD") && run.gaps_only(15, &[2, 6, 8, 14], b" -\n") && luhn(run.slice(0, 15)) {
        let known = matches!(run.slice(0, 2), b"01" | b"35" | b"86" | b"49" | b"99");
        let other = cue & Cue::OTHER != 0;
        let fits = !all_same(run.slice(0, 15)) && (cued || known && !other);
        return if fits { all(run, 15, Kind::Device) } else { None };
    }
    if cued && run.is(b"DDDDDDDDDDDDDDDD") { all(run, 16, Kind::Device) } else { None }
}

/// Whether eight digits are a day, as `YYYYMMDD`.
pub(super) fn compact_day(value: u64) -> bool {
    is_day(value / 10_000, value / 100 % 100, value % 100)
}
