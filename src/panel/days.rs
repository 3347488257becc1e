//! Days in London, and until when the panel answers a stop: the end of the next working day.

use crate::verdict::destination::london;
use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Weekday, date},
};

/// `Monday 23 November 2026`.
pub(in crate::panel) fn said(day: Date) -> String {
    day.strftime("%A %-d %B %Y").to_string()
}

/// `14:30 on Monday 23 November 2026`, in London.
pub(in crate::panel) fn moment(at: Timestamp) -> String {
    at.to_zoned(london()).strftime("%H:%M on %A %-d %B %Y").to_string()
}

/// The first working day after this one.
pub(super) fn next_working(day: Date) -> Date {
    let mut at = day;
    // There are never more than four days without work in a row; ten end the search whatever the calendar says.
    for _ in 0..10 {
        at = at.saturating_add(1.day());
        if works(at) {
            break;
        }
    }
    at
}

fn works(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !holidays(day.year()).contains(&day)
}

/// The bank holidays of England and Wales in a year: Banking and Financial Dealings Act 1971, schedule 1, the days
/// proclaimed every year since 1978, and Christmas Day and Good Friday by common law; a day at a weekend is kept on
/// the next weekday. A holiday proclaimed for one year only is not among them: an answer is then due a day early.
fn holidays(year: i16) -> [Date; 8] {
    let easter = easter(year);
    let monday_from = |day: Date| first(day, Weekday::Monday);
    let new_year = weekday_from(date(year, 1, 1));
    let (christmas, boxing) = match date(year, 12, 25).weekday() {
        // Saturday and Sunday: Monday and Tuesday instead.
        Weekday::Saturday => (date(year, 12, 27), date(year, 12, 28)),
        // Sunday and Monday: Boxing Day is itself a Monday, so Christmas is kept on Tuesday.
        Weekday::Sunday => (date(year, 12, 27), date(year, 12, 26)),
        // Friday and Saturday.
        Weekday::Friday => (date(year, 12, 25), date(year, 12, 28)),
        _ => (date(year, 12, 25), date(year, 12, 26)),
    };
    [
        new_year,
        easter.saturating_sub(2.days()),
        easter.saturating_add(1.day()),
        monday_from(date(year, 5, 1)),
        monday_from(date(year, 5, 25)),
        monday_from(date(year, 8, 25)),
        christmas,
        boxing,
    ]
}

/// This day, or the Monday after it where it is at a weekend.
fn weekday_from(day: Date) -> Date {
    match day.weekday() {
        Weekday::Saturday | Weekday::Sunday => first(day, Weekday::Monday),
        _ => day,
    }
}

/// The first such weekday from this day on, this day included.
fn first(from: Date, weekday: Weekday) -> Date {
    (0..7).map(|n| from.saturating_add(n.days())).find(|d| d.weekday() == weekday).unwrap_or(from)
}

/// Easter Sunday (the anonymous Gregorian computus: Nature, 20 April 1876; Meeus, Astronomical Algorithms, chapter 8).
fn easter(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    let number = |n: i32| i8::try_from(n).unwrap_or(1);
    Date::new(year, number(n / 31), number(n % 31 + 1)).unwrap_or_else(|_| date(year, 4, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::destination::day_in_london;

    #[test]
    fn holidays_are_those_that_were_published() {
        // gov.uk/bank-holidays, England and Wales.
        let published = [
            (2024, ["01-01", "03-29", "04-01", "05-06", "05-27", "08-26", "12-25", "12-26"]),
            (2025, ["01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"]),
            (2026, ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"]),
            (2027, ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"]),
        ];
        for (year, days) in published {
            let found = holidays(year).map(|d| d.strftime("%m-%d").to_string());
            assert_eq!(found, days.map(str::to_owned), "{year}");
        }
    }

    #[test]
    fn an_answer_is_due_on_the_next_working_day() {
        for (placed, due) in [
            ("2026-11-20", "2026-11-23"),
            ("2026-11-23", "2026-11-24"),
            ("2026-12-24", "2026-12-29"),
            ("2027-03-25", "2027-03-30"),
        ] {
            assert_eq!(next_working(placed.parse().unwrap()).to_string(), due, "{placed}");
        }
        assert_eq!(day_in_london("2026-07-01T23:30:00Z".parse().unwrap()).to_string(), "2026-07-02");
    }
}
