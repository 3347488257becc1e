//! The difference for a person: what leaves, what stays and why, what leaves in another form.

use super::{
    Counts,
    document::{self, Line, Step},
    place,
    text::{self, Compared},
};
use crate::{
    flow::{Act, Reason},
    gate::rehearsal::report::{Told, ToldField, because},
    policy::integration::{BodyRules, Denied, FieldRule, Format},
};
use std::{borrow::Cow, collections::HashMap, fmt::Write as _};

/// Everything that is shown.
pub(super) struct Shown<'s> {
    pub(super) told: &'s Told,
    pub(super) counts: &'s Counts,
    pub(super) notes: &'s [String],
    /// The operation's, where the request came that far.
    pub(super) rules: Option<&'s BodyRules>,
    pub(super) before: &'s [u8],
    /// `None`: nothing leaves.
    pub(super) after: Option<&'s [u8]>,
    pub(super) colours: bool,
}

/// What becomes of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Leaves,
    Stays,
    Changes,
}

impl Shown<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = String::from("Nothing was sent: this is what the gateway would do.\n");
        if let (Some(connection), Some(operation), Some(recipient)) =
            (&self.told.connection, &self.told.operation, &self.told.recipient)
        {
            let _ = writeln!(text, "{connection}, operation {operation}, to {recipient}");
        }
        text.push('\n');
        self.body(&mut text);
        self.reasons(&mut text);
        for note in self.notes {
            let _ = writeln!(text, "note: {note}");
        }
        text.push_str(&self.summary());
        text
    }

    fn body(&self, text: &mut String) {
        let (Ok(before), Ok(after)) =
            (std::str::from_utf8(self.before), std::str::from_utf8(self.after.unwrap_or_default()))
        else {
            let after = self.after.map_or(0, <[u8]>::len);
            let _ = writeln!(text, "bytes that are not text: {} in, {after} out\n", self.before.len());
            return;
        };
        if before.is_empty() && after.is_empty() {
            return;
        }
        let format = self.rules.map(|r| &r.format);
        let done = match format {
            Some(Format::Json | Format::Batch(_)) => self.document(text, before, after),
            Some(Format::JsonLines) => self.lines(text, before, after),
            _ => None,
        };
        if done.is_none() {
            self.plain(text, before, after, format == Some(&Format::Form));
        }
        text.push('\n');
    }

    /// JSON Lines: document by document, where as many came out.
    fn lines(&self, text: &mut String, before: &str, after: &str) -> Option<()> {
        let documents = |t: &'_ str| t.lines().filter(|l| !l.trim().is_empty()).count();
        if self.after.is_some() && documents(before) != documents(after) {
            return None;
        }
        let mut after = after.lines().filter(|l| !l.trim().is_empty());
        for (i, line) in before.lines().filter(|l| !l.trim().is_empty()).enumerate() {
            let _ = writeln!(text, "  line {}", i + 1);
            self.document(text, line, after.next().unwrap_or_default())?;
        }
        Some(())
    }

    fn document(&self, text: &mut String, before: &str, after: &str) -> Option<()> {
        let before = document::lines(before)?;
        let after = match self.after {
            Some(_) => document::lines(after)?,
            None => Vec::new(),
        };
        let left: HashMap<(&[Step], bool), &str> =
            after.iter().map(|l| ((l.place.as_slice(), l.end), l.text.as_str())).collect();
        for line in &before {
            self.line(text, line, left.get(&(line.place.as_slice(), line.end)).copied());
        }
        Some(())
    }

    fn line(&self, text: &mut String, line: &Line, left: Option<&str>) {
        let is_value = !line.end && !matches!(line.text.as_str(), "{" | "[");
        let listed = self.rules.filter(|_| is_value).map(|r| place::rules(r, &line.place)).unwrap_or_default();
        let (mark, instead) = match left {
            Some(left) if left == line.text || !is_value => (Mark::Leaves, None),
            // A withheld value whose place is filled is withheld all the same.
            Some(left) if fills(left, &listed) => (Mark::Stays, Some(left)),
            Some(left) => (Mark::Changes, Some(left)),
            None => (Mark::Stays, None),
        };
        let indent = "  ".repeat(line.place.len());
        let key = line.key.as_ref().map(|k| format!("{k}: ")).unwrap_or_default();
        let mut shown = format!("{indent}{key}{}", line.text);
        if let (Mark::Changes, Some(left)) = (mark, instead) {
            let _ = write!(shown, " → {left}");
        }
        let why = match (mark, is_value) {
            (Mark::Leaves, _) | (_, false) => String::new(),
            _ => self.why(&listed, mark, instead),
        };
        self.write(text, mark, &shown, &why);
    }

    /// What was found of the rules that list a place: where several do, or several people stand there, what fits best.
    fn field(&self, listed: &[&FieldRule], mark: Mark) -> Option<&ToldField> {
        let of = |rule: &&FieldRule| {
            let all = || self.told.fields.iter().filter(|f| f.path == rule.path);
            let fits = |f: &&ToldField| (f.act == Act::Stripped) == (mark == Mark::Stays) && f.act != Act::Sent;
            all().find(fits).or_else(|| all().find(|f| f.act != Act::Sent)).or_else(|| all().next())
        };
        listed.iter().find_map(of)
    }

    fn why(&self, listed: &[&FieldRule], mark: Mark, instead: Option<&str>) -> String {
        let Some(field) = self.field(listed, mark) else {
            return match (self.after, listed.first()) {
                (Some(_), None) => "no rule lists it".to_owned(),
                (Some(_), Some(rule)) => format!("{} {}", rule.path, rule.category),
                (None, rule) => rule.map(|rule| self.stops(rule)).unwrap_or_default(),
            };
        };
        let mut why = format!("{} {}", field.path, field.category);
        match (mark, field.code) {
            (Mark::Changes, None) => {
                let _ = write!(why, ": leaves as {}", field.form);
            }
            (_, Some(code)) => {
                let rule = field.reasons.first().map(|r| format!(" ({})", r.rule)).unwrap_or_default();
                let _ = write!(why, ": {code}{rule}");
            }
            _ => {}
        }
        if let (Mark::Stays, Some(left)) = (mark, instead) {
            let _ = write!(why, "; {left} stands there");
        }
        why
    }

    /// Of a request that is refused: whether it is this place that stops it.
    fn stops(&self, rule: &FieldRule) -> String {
        let refused = self.told.refused.as_ref();
        let here = refused.and_then(|r| r.reasons.iter().find(|reason| reason.path.as_ref() == Some(&rule.path)));
        here.map(|reason| format!("{} {}: this stops it ({})", rule.path, rule.category, reason.rule))
            .unwrap_or_default()
    }

    fn plain(&self, text: &mut String, before: &str, after: &str, form: bool) {
        let split = |t: &'_ str| -> Vec<String> {
            let end = if form { '&' } else { '\n' };
            // XML is often one long line: an element a line says more.
            let markup = if t.trim_start().starts_with('<') { t.replace("><", ">\n<") } else { t.to_owned() };
            markup.split_terminator(end).map(str::to_owned).collect()
        };
        let (before, after) = (split(before), split(after));
        let (before, after): (Vec<&str>, Vec<&str>) =
            (before.iter().map(String::as_str).collect(), after.iter().map(String::as_str).collect());
        for line in text::compare(&before, &after) {
            match line {
                Compared::Same(line) => self.write(text, Mark::Leaves, line, ""),
                Compared::Gone(line) => self.write(text, Mark::Stays, line, ""),
                Compared::Instead(line) => self.write(text, Mark::Changes, line, ""),
            }
        }
    }

    fn write(&self, text: &mut String, mark: Mark, line: &str, why: &str) {
        let line = quiet(line);
        let why = if why.is_empty() { String::new() } else { format!("    # {}", quiet(why)) };
        let (sign, on, dim, off) = match (mark, self.colours) {
            (Mark::Leaves, false) => (' ', "", "", ""),
            (Mark::Stays, false) => ('-', "", "", ""),
            (Mark::Changes, false) => ('~', "", "", ""),
            (Mark::Leaves, true) => (' ', "", "\x1b[2m", "\x1b[0m"),
            (Mark::Stays, true) => ('-', "\x1b[31;9m", "\x1b[2m", "\x1b[0m"),
            (Mark::Changes, true) => ('~', "\x1b[33m", "\x1b[2m", "\x1b[0m"),
        };
        let why = if why.is_empty() { why } else { format!("{dim}{why}{off}") };
        let _ = writeln!(text, "{sign} {on}{line}{off}{why}");
    }

    /// Each withheld place with what would change it, or why all of it is refused.
    fn reasons(&self, text: &mut String) {
        match &self.told.refused {
            Some(refused) => {
                let _ = writeln!(text, "REFUSED at the step {}: {} ({})", refused.step, refused.detail, refused.code);
                text.push_str(&because(&refused.reasons, "  "));
            }
            None => self.remedies(text),
        }
        text.push('\n');
    }

    /// Each rule that keeps something back, once, with the places it keeps and what would change that.
    fn remedies(&self, text: &mut String) {
        let mut rules: Vec<(&Reason, Vec<String>)> = Vec::new();
        for field in self.told.fields.iter().filter(|f| f.act == Act::Stripped) {
            let Some(reason) = field.reasons.first() else { continue };
            let times = if field.count == 1 { String::new() } else { format!(" × {}", field.count) };
            let place = format!("{} ({}){times}", field.path, field.category);
            match rules.iter_mut().find(|(known, _)| known.rule == reason.rule && known.remedy == reason.remedy) {
                Some((_, places)) => places.push(place),
                None => rules.push((reason, vec![place])),
            }
        }
        for (reason, places) in rules {
            let clause = reason.clause.map(|c| format!("{c} ")).unwrap_or_default();
            let _ = writeln!(text, "{clause}{} keeps {}", reason.rule, places.join(", "));
            let _ = writeln!(text, "  what would change it: {}", reason.remedy);
        }
        if self.told.unlisted > 0 {
            let _ = writeln!(text, "What no rule lists stays: list it in policies/integrations/, or take it out");
        }
    }

    fn summary(&self) -> String {
        let values = |n: u64| if n == 1 { "1 value".to_owned() } else { format!("{n} values") };
        match &self.told.refused {
            Some(refused) => format!("Refused ({}): nothing leaves.\n", refused.code),
            None => {
                let Counts { leave, withheld } = self.counts;
                let verb = if *leave == 1 { "leaves" } else { "leave" };
                format!("{} {verb}, {withheld} withheld, {} unlisted.\n", values(*leave), self.told.unlisted)
            }
        }
    }
}

/// Whether it is what `denied` leaves in a place: nothing of the value.
fn fills(left: &str, listed: &[&FieldRule]) -> bool {
    let fixed = |rule: &&FieldRule| match &rule.denied {
        Denied::Const(text) => serde_json::to_string(text.as_ref()).is_ok_and(|text| text == left),
        _ => false,
    };
    matches!(left, "null" | "\"\"") || listed.iter().any(fixed)
}

/// A body may hold what moves a terminal's cursor or hides text.
fn quiet(line: &str) -> Cow<'_, str> {
    let loud = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
    };
    if !line.contains(loud) {
        return Cow::Borrowed(line);
    }
    Cow::Owned(line.chars().map(|c| if loud(c) { '\u{fffd}' } else { c }).collect())
}
