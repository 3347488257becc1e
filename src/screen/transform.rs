//! Making a value rougher. Readers are strict: what cannot be read with certainty is withheld.
//!
//! Each transform also accepts its own output, so that screening twice changes nothing.

use crate::flow::Transform;
use jiff::civil::{Date, DateTime};

/// The rougher form of a value's text, or `None` where it cannot be read. `today` is the day ages are
/// reckoned at.
#[must_use]
pub fn apply(transform: Transform, text: &str, today: Date) -> Option<String> {
    match transform {
        Transform::Year => year(text),
        Transform::Month => month(text),
        Transform::AgeBand => age_band(text, today),
        Transform::PostcodeArea => postcode_area(text),
        Transform::Initial => initial(text),
    }
}

/// `1987-04-02` → `1987`. Also reads `1987-04` and `1987`, as FHIR writes partial dates.
fn year(text: &str) -> Option<String> {
    let (year, _) = partial_date(text)?;
    Some(format!("{year:04}"))
}

/// `1987-04-02` → `1987-04`.
fn month(text: &str) -> Option<String> {
    let (year, month) = partial_date(text)?;
    Some(format!("{year:04}-{:02}", month?))
}

/// Year and, where it is given, month.
fn partial_date(text: &str) -> Option<(i16, Option<i8>)> {
    if let Some(date) = date(text) {
        return Some((date.year(), Some(date.month())));
    }
    match text.as_bytes() {
        [_, _, _, _] => Some((digits(text)?, None)),
        [_, _, _, _, b'-', _, _] => {
            let (year, month) = text.split_once('-')?;
            let first = Date::new(digits(year)?, digits(month)?, 1).ok()?;
            Some((first.year(), Some(first.month())))
        }
        _ => None,
    }
}

/// `1987-04-02`, `1987-04-02T00:00:00`, the same with fraction and offset, or `02/04/1987` (day first, as
/// the sector writes it).
fn date(text: &str) -> Option<Date> {
    match text.as_bytes() {
        [_, _, b'/', _, _, b'/', _, _, _, _] => {
            let mut parts = text.split('/');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            Date::new(digits(year)?, digits(month)?, digits(day)?).ok()
        }
        [_, _, _, _, b'-', _, _, b'-', _, _] => iso_date(text),
        [_, _, _, _, b'-', _, _, b'-', _, _, b'T', ..] => {
            let (day, time) = text.split_once('T')?;
            if !time.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'+' | b'-' | b'Z')) {
                return None;
            }
            // The date is the one that is written; the offset does not move it.
            let local = time.split(['Z', '+', '-']).next()?;
            format!("{day}T{local}").parse::<DateTime>().ok()?;
            iso_date(day)
        }
        _ => None,
    }
}

fn iso_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Date::new(digits(year)?, digits(month)?, digits(day)?).ok()
}

/// A number written in ASCII digits only.
fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The bands: everybody under 18 is one; then to 24, ten years each, and one from 75 on.
const BANDS: [(i16, &str); 8] = [
    (75, "75-and-over"),
    (65, "65-74"),
    (55, "55-64"),
    (45, "45-54"),
    (35, "35-44"),
    (25, "25-34"),
    (18, "18-24"),
    (0, "under-18"),
];
/// Nobody is older; a greater age is another kind of number.
const OLDEST: i16 = 130;

/// A date of birth or an age in whole years to its band.
fn age_band(text: &str, today: Date) -> Option<String> {
    let age = match date(text) {
        Some(born) => age_on(born, today)?,
        None if text.len() <= 3 => digits(text)?,
        None => return BANDS.iter().find(|(_, band)| *band == text).map(|(_, band)| (*band).to_owned()),
    };
    let band = BANDS.iter().find(|(from, _)| (*from..=OLDEST).contains(&age))?;
    Some(band.1.to_owned())
}

/// Completed years; somebody born on 29 February is a year older on 1 March in common years.
fn age_on(born: Date, today: Date) -> Option<i16> {
    if born > today {
        return None;
    }
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    Some(today.year() - born.year() - i16::from(!had_birthday))
}

/// Every postcode area of the United Kingdom and the Crown dependencies.
const AREAS: &str = " AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC \
    EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N \
    NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR \
    TS TW UB W WA WC WD WF WN WR WS WV YO ZE ";

/// `SE15 4QN`, `se154qn`, `SE15` or `SE` → `SE`.
fn postcode_area(text: &str) -> Option<String> {
    let compact: Vec<u8> = match text.split_once(' ') {
        Some((outward, inward)) if inward.len() == 3 => [outward.as_bytes(), inward.as_bytes()].concat(),
        Some(_) => return None,
        None => text.as_bytes().to_vec(),
    };
    let upper = compact.to_ascii_uppercase();
    let letters = upper.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let (area, rest) = upper.split_at_checked(letters)?;
    // Outward: a digit and perhaps another digit or a letter; inward: a digit and two letters.
    let inward = |r: &[u8]| matches!(r, [b'0'..=b'9', b'A'..=b'Z', b'A'..=b'Z']);
    let shape = match rest {
        [] => !text.contains(' '),
        [b'0'..=b'9'] => !text.contains(' '),
        [b'0'..=b'9', b'0'..=b'9' | b'A'..=b'Z'] => !text.contains(' '),
        [b'0'..=b'9', tail @ ..] if tail.len() == 3 => inward(tail),
        [b'0'..=b'9', b'0'..=b'9' | b'A'..=b'Z', tail @ ..] => inward(tail),
        _ => false,
    };
    let area = String::from_utf8(area.to_vec()).ok()?;
    (shape && !area.is_empty() && AREAS.contains(&format!(" {area} "))).then_some(area)
}

/// `Amina` → `A`. Scripts in which one character is a syllable or a word are withheld: there the first
/// character may be the whole name.
fn initial(text: &str) -> Option<String> {
    let first = text.trim_start_matches(' ').chars().next()?;
    let whole_word = matches!(first, '\u{1100}'..='\u{137f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{10000}'..);
    if !first.is_alphabetic() || whole_word {
        return None;
    }
    let mut upper = first.to_uppercase();
    Some(match (upper.next(), upper.next()) {
        (Some(one), None) => one.to_string(),
        _ => first.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn on(transform: Transform, text: &str) -> Option<String> {
        apply(transform, text, jiff::civil::date(2026, 11, 21))
    }

    fn each(transform: Transform, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(on(transform, text).as_deref(), Some(*expected), "{transform} of {text}");
        }
    }

    #[test]
    fn dates_become_years_and_months() {
        let dates =
            ["1987-04-02", "02/04/1987", "1987-04-02T00:00:00", "1987-04-02T10:30:00.5+01:00", "1987-04-02T10:30Z"];
        for date in dates {
            each(Transform::Year, &[(date, "1987")]);
            each(Transform::Month, &[(date, "1987-04")]);
        }
        each(Transform::Year, &[("1987", "1987"), ("1987-04", "1987")]);
        each(Transform::Month, &[("1987-04", "1987-04")]);
        assert_eq!(on(Transform::Month, "1987"), None);
    }

    #[test]
    fn ages_become_bands() {
        each(
            Transform::AgeBand,
            &[
                ("17", "under-18"),
                ("0", "under-18"),
                ("18", "18-24"),
                ("24", "18-24"),
                ("25", "25-34"),
                ("39", "35-44"),
                ("74", "65-74"),
                ("75", "75-and-over"),
                ("130", "75-and-over"),
                ("2008-11-21", "18-24"),
                ("2008-11-22", "under-18"),
                ("02/04/1987", "35-44"),
                ("2008-02-29", "18-24"),
            ],
        );
    }

    #[test]
    fn postcodes_become_areas() {
        each(
            Transform::PostcodeArea,
            &[
                ("SE15 4QN", "SE"),
                ("se154qn", "SE"),
                ("M1 1AE", "M"),
                ("M11AE", "M"),
                ("EC1A 1BB", "EC"),
                ("W1A 0AX", "W"),
                ("DN55 1PT", "DN"),
                ("B33 8TH", "B"),
                ("SE15", "SE"),
                ("SE", "SE"),
                ("E1", "E"),
                ("W1A", "W"),
            ],
        );
    }

    #[test]
    fn names_become_initials() {
        each(Transform::Initial, &[("Amina", "A"), ("élodie", "É"), ("  omar", "O"), ("ßeta", "ß"), ("Юлия", "Ю")]);
    }

    #[test]
    fn what_cannot_be_read_is_withheld() {
        let unreadable = [
            (
                Transform::Year,
                &[
                    "",
                    "2 April 1987",
                    "1987-13-01",
                    "1987-02-30",
                    "31/04/1987",
                    "4/2/1987",
                    "1987-04-02 x",
                    "+987",
                    "1987-04-02Tx",
                    "1987-04-02T99:00:00",
                    "１９８７",
                    "19870402",
                    "4/02/19877",
                ][..],
            ),
            (Transform::AgeBand, &["", "-1", "131", "thirty", "2027-01-01", "1800-01-01", "35-45", "1987"][..]),
            (
                Transform::PostcodeArea,
                &[
                    "",
                    "XX1 1AA",
                    "SE15  4QN",
                    "SE154Q",
                    "4QN",
                    "SE15 4",
                    "SE155 4QN",
                    "QQ",
                    "SE1 5 4QN",
                    "Hi",
                    "12 High Street",
                    "M 1AE",
                ][..],
            ),
            (Transform::Initial, &["", " ", "1Amina", "(unknown)", "王小明", "김", "\u{301}a"][..]),
        ];
        for (transform, texts) in unreadable {
            for text in texts {
                assert_eq!(on(transform, text), None, "{transform} of {text}");
            }
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "\\PC{0,12}|[0-9]{1,4}(-[0-9]{2}){0,2}|[A-Z]{1,2}[0-9]{0,2}( [0-9][A-Z]{2})?") {
            for transform in Transform::ALL {
                if let Some(once) = on(*transform, &text) {
                    prop_assert_eq!(on(*transform, &once), Some(once.clone()), "{} of {}", transform, text);
                }
            }
        }
    }
}
