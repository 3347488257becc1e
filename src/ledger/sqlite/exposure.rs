//! Reads what went out, a page at a time.

use super::{query, store::integer};
use crate::{
    flow::{Act, DecisionId, Group, SystemId},
    ledger::exposure::{Basis, Left, Page, Sent, Span, left},
};
use rusqlite::Connection;
use serde_json::Value;

/// Entries looked at for one page: a few milliseconds.
const ENTRIES: usize = 1000;
/// What a page may come to when it is written as JSON, in bytes: it must fit on a line of the control socket.
const BYTES: usize = 40_000;
/// What a row comes to at most, and a request without its rows and figures.
const ROW: usize = 340;

/// One page.
pub(super) fn page(db: &Connection, span: &Span) -> Result<Page, rusqlite::Error> {
    let mut select = db.prepare_cached("SELECT idx, leaf FROM leaves WHERE idx >= ?1 ORDER BY idx LIMIT ?2")?;
    let limit = integer(ENTRIES as u64);
    let mut rows = select.query((integer(span.entry), limit))?;
    let mut page = Page { sent: Vec::new(), next: None };
    let (mut looked, mut room, mut row_from) = (0, BYTES, span.row);
    while let Some(row) = rows.next()? {
        let entry = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
        looked += 1;
        let found = serde_json::from_str(row.get_ref(1)?.as_str()?).ok().and_then(|leaf| sent(entry, &leaf, span));
        if let Some((mut sent, decision)) = found
            && let Some(answered) = arrived(db, &decision)?
        {
            let size = ROW + 40 * sent.left.len();
            if room < size + ROW {
                page.next = Some((entry, row_from));
                return Ok(page);
            }
            room -= size;
            (sent.answered, sent.first) = (answered, row_from == 0);
            let next = details(db, &mut sent, row_from, &mut room)?;
            page.sent.push(sent);
            if let Some(n) = next {
                page.next = Some((entry, n));
                return Ok(page);
            }
        }
        row_from = 0;
        page.next = (looked == ENTRIES).then_some((entry + 1, 0));
    }
    Ok(page)
}

/// An allowed decision that is asked about.
fn sent(entry: u64, leaf: &Value, span: &Span) -> Option<(Sent, DecisionId)> {
    let text = |name: &str| leaf.get(name).and_then(Value::as_str);
    if text("type") != Some("decision") || text("decided") != Some("allowed") {
        return None;
    }
    let day = text("day")?.parse().ok().filter(|day| *day >= span.since)?;
    let to =
        SystemId::parse(text("destination")?).ok().filter(|to| span.systems.is_empty() || span.systems.contains(to))?;
    let decision = text("decision")?.parse().ok()?;
    let figure = |count: &Value| {
        let part = |i: usize| count.get(i).and_then(Value::as_str);
        let act: Act = part(2)?.parse().ok()?;
        let group: Group = part(0)?.parse().ok()?;
        left(act).then_some((group, part(1)?.to_owned(), count.get(3).and_then(Value::as_u64)?))
    };
    let mut figures: Vec<(Group, String, u64)> = Vec::new();
    for (group, form, count) in leaf.get("counts").and_then(Value::as_array).into_iter().flatten().filter_map(figure) {
        match figures.iter_mut().find(|f| f.0 == group && f.1 == form) {
            Some(known) => known.2 += count,
            None => figures.push((group, form, count)),
        }
    }
    // An entry that ties no rows to itself never had any.
    let erased = leaf.get("rc").is_some();
    let sent = Sent { entry, day, to, answered: false, first: true, left: figures, erased, rows: Vec::new() };
    Some((sent, decision))
}

/// Whether the recipient answered; `None` where nothing was sent.
fn arrived(db: &Connection, decision: &DecisionId) -> Result<Option<bool>, rusqlite::Error> {
    let Some(known) = query::explain(db, decision)? else { return Ok(Some(false)) };
    let outcomes = known.outcomes.iter().filter_map(|o| serde_json::from_str::<Value>(o).ok());
    let mut answered = Some(false);
    for outcome in outcomes {
        let extra = |name: &str| outcome.get("extra").and_then(|e| e.get(name)).and_then(Value::as_str);
        match (extra("ended"), extra("sent")) {
            (Some("unsent"), _) | (_, Some("no")) => return Ok(None),
            (Some("answered"), _) => answered = Some(true),
            _ => {}
        }
    }
    Ok(answered)
}

/// The rows from one on, until the page is full: then where to go on.
fn details(db: &Connection, sent: &mut Sent, from: u64, room: &mut usize) -> Result<Option<u64>, rusqlite::Error> {
    let mut select = db.prepare_cached("SELECT n, row FROM detail WHERE idx = ?1 ORDER BY n")?;
    let mut rows = select.query([integer(sent.entry)])?;
    let (mut any, mut erased) = (false, false);
    while let Some(row) = rows.next()? {
        any = true;
        let n = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
        if n < from {
            continue;
        }
        if *room < ROW {
            sent.erased = erased;
            return Ok(Some(n));
        }
        let Some(text) = row.get::<_, Option<String>>(1)? else {
            erased = true;
            continue;
        };
        if let Some(left) = one(db, &text)? {
            *room -= ROW;
            sent.rows.push(left);
        }
    }
    // Nothing is kept of an entry that had rows.
    sent.erased = erased || (sent.erased && !any);
    Ok(None)
}

/// A row, where something left.
fn one(db: &Connection, text: &str) -> Result<Option<Left>, rusqlite::Error> {
    let Ok(row) = serde_json::from_str::<Value>(text) else { return Ok(None) };
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let act = text("act").and_then(|a| a.parse::<Act>().ok());
    let (Some(_), Some(category)) = (act.filter(|a| left(*a)), text("category").and_then(|c| c.parse().ok())) else {
        return Ok(None);
    };
    let basis = match text("consent") {
        None => Basis::Nobody,
        Some(id) if db.prepare_cached("SELECT 1 FROM safeguarding WHERE id = ?1")?.exists([id])? => Basis::Emergency,
        Some(_) => Basis::Consent,
    };
    let form = text("form").and_then(|f| f.split(':').next()).unwrap_or("any").to_owned();
    let count = row.get("count").and_then(Value::as_u64).unwrap_or(1);
    let subject = text("subject").and_then(|s| s.parse().ok()).filter(|_| basis != Basis::Nobody);
    Ok(Some(Left { subject, category, form, basis, count }))
}
