//! A span of days that figures are asked for.

use jiff::{ToSpan as _, civil::Date};
use std::{fmt, str::FromStr};

/// Days from the first to the last, both in it. Days are UTC days, as the record book's entries have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    from: Date,
    to: Date,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Days,
    Month,
    Quarter,
    Year,
}

/// What was written is neither `2026-11`, `2026-Q4` nor `2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a month as 2026-11, a quarter as 2026-Q4, or a year as 2026")]
pub struct NoPeriod;

impl Period {
    /// The month that a day is in.
    #[must_use]
    pub fn month_of(day: Date) -> Self {
        Self { from: day.first_of_month(), to: day.last_of_month(), kind: Kind::Month }
    }

    /// The quarter of the calendar year that a day is in.
    #[must_use]
    pub fn quarter_of(day: Date) -> Self {
        let first = (day.month() - 1) / 3 * 3;
        let month = |month: i8| Date::new(day.year(), month, 1).unwrap_or(day);
        Self { from: month(first + 1), to: month(first + 3).last_of_month(), kind: Kind::Quarter }
    }

    /// The year that a day is in.
    #[must_use]
    pub fn year_of(day: Date) -> Self {
        Self { from: day.first_of_year(), to: day.last_of_year(), kind: Kind::Year }
    }

    /// So many days, of which this one is the last.
    #[must_use]
    pub fn days_to(to: Date, days: u16) -> Self {
        Self { from: to.saturating_sub(i32::from(days.saturating_sub(1)).days()), to, kind: Kind::Days }
    }

    /// From one day to another, both in it.
    #[must_use]
    pub fn between(from: Date, to: Date) -> Self {
        Self { from, to: to.max(from), kind: Kind::Days }
    }

    /// The first day.
    #[must_use]
    pub const fn from(&self) -> Date {
        self.from
    }

    /// The last day.
    #[must_use]
    pub const fn to(&self) -> Date {
        self.to
    }

    /// The one before, as long in its own kind: the month before a month.
    #[must_use]
    pub fn before(&self) -> Self {
        let last = self.from.saturating_sub(1.day());
        match self.kind {
            Kind::Days => Self { from: last.saturating_sub(self.to - self.from), to: last, kind: Kind::Days },
            Kind::Month => Self::month_of(last),
            Kind::Quarter => Self::quarter_of(last),
            Kind::Year => Self::year_of(last),
        }
    }

    /// The one after.
    #[must_use]
    pub fn after(&self) -> Self {
        let first = self.to.saturating_add(1.day());
        match self.kind {
            Kind::Days => Self { from: first, to: first.saturating_add(self.to - self.from), kind: Kind::Days },
            Kind::Month => Self::month_of(first),
            Kind::Quarter => Self::quarter_of(first),
            Kind::Year => Self::year_of(first),
        }
    }

    /// Every day of it.
    pub fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let to = self.to;
        self.from.series(1.day()).take_while(move |day| *day <= to)
    }

    /// The months of a year, in order; none of anything else.
    #[must_use]
    pub fn months(&self) -> Vec<Self> {
        if self.kind == Kind::Year { self.parts() } else { Vec::new() }
    }

    /// What figures of people are made of: the months of a quarter or a year, in order; anything else is one part.
    pub(super) fn parts(&self) -> Vec<Self> {
        let months = std::iter::successors(Some(Self::month_of(self.from)), |m| Some(m.after()));
        match self.kind {
            Kind::Quarter => months.take(3).collect(),
            Kind::Year => months.take(12).collect(),
            Kind::Days | Kind::Month => vec![*self],
        }
    }

    /// As an address has it: `2026-11`, `2026-Q4`, `2026`, `2026-10-24..2026-11-22`.
    #[must_use]
    pub fn key(&self) -> String {
        match self.kind {
            Kind::Days => format!("{}..{}", self.from, self.to),
            Kind::Month => format!("{:04}-{:02}", self.from.year(), self.from.month()),
            Kind::Quarter => format!("{:04}-Q{}", self.from.year(), (self.from.month() + 2) / 3),
            Kind::Year => format!("{:04}", self.from.year()),
        }
    }

    /// The bounds as tables by day have them.
    pub(super) fn bounds(&self) -> (String, String) {
        (self.from.to_string(), self.to.to_string())
    }

    /// Which tables to ask, by the end of their names, and the bounds as these have them: whole months are asked by
    /// month.
    pub(super) fn grain(&self) -> (&'static str, (String, String)) {
        let month = |day: Date| day.to_string().get(..7).map(str::to_owned).unwrap_or_default();
        match self.kind {
            // A year before the first is written otherwise, and had no record book.
            Kind::Month | Kind::Quarter | Kind::Year if self.from.year() >= 0 => {
                ("_months", (month(self.from), month(self.to)))
            }
            _ => ("", self.bounds()),
        }
    }

    /// Too long to be told day by day.
    pub(super) fn is_long(&self) -> bool {
        self.kind == Kind::Year
    }
}

/// `November 2026`, `October to December 2026`, `2026`, `24 October to 22 November 2026`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let as_is = |date: Date, format: &str| date.strftime(format).to_string();
        match self.kind {
            Kind::Days if self.from.year() == self.to.year() => {
                write!(f, "{} to {}", as_is(self.from, "%-d %B"), as_is(self.to, "%-d %B %Y"))
            }
            Kind::Days => write!(f, "{} to {}", as_is(self.from, "%-d %B %Y"), as_is(self.to, "%-d %B %Y")),
            Kind::Month => f.write_str(&as_is(self.from, "%B %Y")),
            Kind::Quarter => write!(f, "{} to {}", as_is(self.from, "%B"), as_is(self.to, "%B %Y")),
            Kind::Year => write!(f, "{}", self.from.year()),
        }
    }
}

impl FromStr for Period {
    type Err = NoPeriod;
    fn from_str(s: &str) -> Result<Self, NoPeriod> {
        let digits = |part: &str, length: usize| match part.len() == length && part.bytes().all(|b| b.is_ascii_digit())
        {
            true => part.parse::<i16>().map_err(|_| NoPeriod),
            false => Err(NoPeriod),
        };
        let day = |year: i16, month: i16| {
            i8::try_from(month).ok().and_then(|month| Date::new(year, month, 1).ok()).ok_or(NoPeriod)
        };
        match s.split_once('-') {
            None => Ok(Self::year_of(day(digits(s, 4)?, 1)?)),
            Some((year, rest)) => match rest.strip_prefix('Q') {
                Some(quarter) => match digits(quarter, 1)? {
                    n @ 1..=4 => Ok(Self::quarter_of(day(digits(year, 4)?, n * 3)?)),
                    _ => Err(NoPeriod),
                },
                None => Ok(Self::month_of(day(digits(year, 4)?, digits(rest, 2)?)?)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn periods_are_read_shown_and_followed() {
        for (text, from, to, said, before, after) in [
            ("2026-11", date(2026, 11, 1), date(2026, 11, 30), "November 2026", "2026-10", "2026-12"),
            ("2026-01", date(2026, 1, 1), date(2026, 1, 31), "January 2026", "2025-12", "2026-02"),
            ("2028-02", date(2028, 2, 1), date(2028, 2, 29), "February 2028", "2028-01", "2028-03"),
            ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31), "October to December 2026", "2026-Q3", "2027-Q1"),
            ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31), "January to March 2026", "2025-Q4", "2026-Q2"),
            ("2026", date(2026, 1, 1), date(2026, 12, 31), "2026", "2025", "2027"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!((period.from(), period.to()), (from, to), "{text}");
            assert_eq!((period.key().as_str(), period.to_string().as_str()), (text, said));
            assert_eq!((period.before().key().as_str(), period.after().key().as_str()), (before, after), "{text}");
            assert_eq!(period.before().after(), period);
        }
        let parts = |text: &str| {
            let period: Period = text.parse().unwrap();
            period.parts().iter().map(Period::key).collect::<Vec<_>>()
        };
        assert_eq!(parts("2026-11"), ["2026-11"]);
        assert_eq!(parts("2026-Q4"), ["2026-10", "2026-11", "2026-12"]);
        assert_eq!((parts("2026").len(), parts("9999").len(), parts("9999-Q4").len()), (12, 12, 3));
        let month = Period::days_to(date(2026, 11, 22), 30);
        assert_eq!((month.from(), month.days().count()), (date(2026, 10, 24), 30));
        assert_eq!(month.to_string(), "24 October to 22 November 2026");
        assert_eq!(month.before().days().count(), 30);
    }

    #[test]
    fn anything_else_is_no_period() {
        for text in [
            "",
            "2026-",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-11",
            "2026-Q5",
            "2026-Q0",
            "2026-11-01",
            "+026-11",
            "2026-٠١",
            "２０２６-11",
            "-026",
            "99999",
            "2026-Q",
            "2026-q1",
            "'; DROP TABLE--",
        ] {
            assert_eq!(text.parse::<Period>(), Err(NoPeriod), "{text}");
        }
        // Far away, and empty, but a month.
        assert!("0001-01".parse::<Period>().unwrap().before().key().starts_with("0000"));
        assert!("9999-12".parse::<Period>().unwrap().after().key().len() >= 7);
    }
}
