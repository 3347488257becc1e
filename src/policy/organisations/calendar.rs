//! What runs out, as a calendar file: RFC 5545, one all-day event each, with a reminder two weeks before.
//!
//! The identifier of an event stays when its date moves, so that a renewed undertaking moves in the calendar that
//! took the file before.

use super::due::Due;
use jiff::{Timestamp, civil::Date};

/// Octets of a line, without its end (RFC 5545 section 3.1).
const LINE: usize = 75;

/// The calendar file. `gateway` keeps the events of two organisations apart.
#[must_use]
pub fn calendar(items: &[Due], gateway: &str, now: Timestamp) -> String {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut out = String::new();
    let mut line = |text: &str| fold(text, &mut out);
    for text in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Havengate//destinations due//EN", "CALSCALE:GREGORIAN"] {
        line(text);
    }
    for item in items {
        let (summary, description) = (escaped(&item.summary()), escaped(&item.description()));
        line("BEGIN:VEVENT");
        line(&format!("UID:{}", uid(item, gateway)));
        line(&format!("DTSTAMP:{stamp}"));
        line(&format!("DTSTART;VALUE=DATE:{}", date(item.on)));
        line(&format!("DTEND;VALUE=DATE:{}", date(item.on.saturating_add(jiff::Span::new().days(1)))));
        line(&format!("SUMMARY:{summary}"));
        line(&format!("DESCRIPTION:{description}"));
        line("CATEGORIES:Havengate");
        line("TRANSP:TRANSPARENT");
        line("BEGIN:VALARM");
        line("ACTION:DISPLAY");
        line(&format!("DESCRIPTION:{summary}"));
        line("TRIGGER:-P14D");
        line("END:VALARM");
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    out
}

fn date(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

/// Of what runs out and not of when.
fn uid(item: &Due, gateway: &str) -> String {
    let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in ["havengate-due-v1", gateway, item.thing.as_str(), &item.id] {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let digest = digest.finish();
    let (half, _) = digest.as_ref().split_at(16);
    format!("{}@havengate", data_encoding::HEXLOWER.encode(half))
}

/// TEXT of section 3.3.11. Controls, which it cannot hold, become spaces.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A content line, folded where it is too long, never within a character.
fn fold(text: &str, out: &mut String) {
    let mut length = 0;
    for c in text.chars() {
        if length + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
}
