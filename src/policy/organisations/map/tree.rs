//! The map as text: from the Home Office back to everybody whose data can get there, or from one place on.

use super::{Edge, Look, Map};
use std::{collections::BTreeSet, fmt::Write as _};

/// The map as an indented tree, with a line of explanation at the end.
#[must_use]
pub fn tree(map: &Map<'_>) -> String {
    let mut walk = Walk { map, shown: BTreeSet::new(), out: String::new() };
    let starts: Vec<usize> = match map.from {
        Some(from) => walk.start(from).into_iter().collect(),
        None => (0..map.places.len()).filter(|i| map.places.get(*i).is_some_and(|p| p.root)).collect(),
    };
    for start in starts {
        walk.head(start);
        walk.below(start, "");
    }
    if map.from.is_none() {
        walk.rest();
    }
    if map.edges.is_empty() {
        walk.out.push_str("No links.\n");
    } else {
        walk.out.push_str(
            "\n■ leads to the Home Office   ◇ may lead there: contested or not certain   · carries nothing now, or \
             leads elsewhere\n",
        );
    }
    walk.out
}

struct Walk<'a> {
    map: &'a Map<'a>,
    shown: BTreeSet<usize>,
    out: String,
}

impl Walk<'_> {
    fn start(&self, from: &str) -> Option<usize> {
        let organisation = from.split('/').next().unwrap_or(from);
        self.map.places.iter().position(|p| p.id.as_str() == organisation)
    }

    fn head(&mut self, at: usize) {
        let Some(place) = self.map.places.get(at) else { return };
        let bodies = match place.bodies {
            0 => String::new(),
            n => format!(", with {n} bodies that are part of it"),
        };
        let _ = writeln!(self.out, "{}{bodies}", place.name);
    }

    /// The links of a place: those that lead to it, or, where the tree begins somewhere, those that leave it.
    fn edges(&self, at: usize) -> Vec<Edge<'_>> {
        let forward = self.map.from.is_some();
        let here = |e: &&Edge<'_>| if forward { e.from == at } else { e.to == at };
        let mut edges: Vec<_> = self.map.edges.iter().filter(here).copied().collect();
        let name = |e: &Edge<'_>| self.map.places.get(if forward { e.to } else { e.from }).map(|p| p.name);
        edges.sort_by(|a, b| (b.look, name(a)).cmp(&(a.look, name(b))));
        edges
    }

    fn below(&mut self, at: usize, indent: &str) {
        self.shown.insert(at);
        let edges: Vec<(usize, String)> = self.edges(at).iter().map(|e| self.said(e)).collect();
        let last = edges.len().saturating_sub(1);
        for (i, (next, text)) in edges.into_iter().enumerate() {
            let (branch, beyond) = if i == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let again = self.shown.contains(&next);
            let more = if again && !self.edges(next).is_empty() { " (see above)" } else { "" };
            let _ = writeln!(self.out, "{indent}{branch}{text}{more}");
            if !again {
                self.below(next, &format!("{indent}{beyond}"));
            }
        }
    }

    fn said(&self, edge: &Edge<'_>) -> (usize, String) {
        let mark = match edge.look {
            Look::Certain => '■',
            Look::Perhaps => '◇',
            Look::Aside | Look::Past => '·',
        };
        let carries = edge.carries().map_or(String::new(), |c| format!("; {c}"));
        let (how, verb) = (format!("{}{carries}", edge.holds()), edge.verb());
        match self.map.from {
            Some(_) => (edge.to, format!("{mark} {verb} {}: {how}", self.map.to(edge))),
            None => (edge.from, format!("{mark} {} {verb} it: {how}", self.map.from(edge))),
        }
    }

    /// Links that lead nowhere near the Home Office.
    fn rest(&mut self) {
        let left: Vec<Edge<'_>> = self.map.edges.iter().filter(|e| !self.shown.contains(&e.to)).copied().collect();
        if left.is_empty() {
            return;
        }
        self.out.push_str("\nOther links\n");
        for edge in left {
            let (from, text) = self.said(&edge);
            let to = self.map.places.get(if from == edge.from { edge.to } else { edge.from }).map_or("", |p| p.name);
            let _ = writeln!(self.out, "  {}", text.replacen(" it:", &format!(" {to}:"), 1));
        }
    }
}
