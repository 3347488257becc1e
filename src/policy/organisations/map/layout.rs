//! Where everything of the picture stands, in its own units: a box for each organisation, a line for each link.
//!
//! Lines leave a box on its right, each with room for its words, and arrive on the left of the next. A line that
//! leads back runs below all boxes.

use super::{Edge, Map};
use crate::policy::organisations::words;

/// Width of a box.
pub(super) const BOX: f64 = 264.0;
/// The straight part of a line, under its words.
pub(super) const WORDS: f64 = 208.0;
/// From one column to the next.
const COLUMN: f64 = BOX + WORDS + 130.0;
/// Left and right of everything.
pub(super) const MARGIN: f64 = 60.0;
/// Above the boxes: title and subtitle.
const TOP: f64 = 96.0;
/// Between two lines of text.
pub(super) const LEADING: f64 = 17.0;
/// Between two lines that leave a box: one line of words above each and one below.
const LEAVING: f64 = 36.0;
/// Between two lines that arrive.
const ARRIVING: f64 = 18.0;
/// Between two boxes of a column.
const BETWEEN: f64 = 26.0;
/// Characters of a line in a box.
const LETTERS: usize = 36;
/// Systems named in a box; of more it is said how many.
const SYSTEMS: usize = 5;

/// The picture.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) boxes: Vec<Frame>,
    /// As [`Map::edges`].
    pub(super) lines: Vec<Line>,
    pub(super) width: f64,
    /// Below the boxes and the lines that lead back.
    pub(super) bottom: f64,
}

/// An organisation's box.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) height: f64,
    /// Lines of the name, set bold.
    pub(super) name: Vec<String>,
    /// Lines about its systems.
    pub(super) systems: Vec<String>,
}

/// A link's line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Where it leaves.
    pub(super) start: (f64, f64),
    /// Where it arrives.
    pub(super) end: (f64, f64),
    /// Below everything, where it leads back: at this height, and at these distances from its boxes.
    pub(super) back: Option<(f64, f64)>,
}

pub(super) fn layout(map: &Map<'_>) -> Layout {
    let columns = 1 + map.places.iter().map(|p| p.steps).max().unwrap_or(0);
    let mut boxes: Vec<Frame> = (0..map.places.len()).map(|i| written(map, i)).collect();
    let order = ordered(map, columns);
    let tall = |column: &Vec<usize>, boxes: &[Frame]| {
        column.iter().filter_map(|i| boxes.get(*i)).map(|b| b.height + BETWEEN).sum::<f64>()
    };
    let tallest = order.iter().map(|c| tall(c, &boxes)).fold(0.0, f64::max);
    for (n, column) in order.iter().enumerate() {
        let mut y = TOP + (tallest - tall(column, &boxes)) / 2.0;
        for i in column {
            if let Some(place) = boxes.get_mut(*i) {
                (place.x, place.y) = (MARGIN + COLUMN * float(n), y);
                y += place.height + BETWEEN;
            }
        }
    }
    let (lines, below) = lines(map, &boxes, TOP + tallest);
    let width = 2.0 * MARGIN + BOX + COLUMN * float(columns.saturating_sub(1));
    Layout { boxes, lines, width, bottom: below + 20.0 }
}

/// A count as a coordinate: pictures have few places.
pub(super) fn float(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// What stands in a box, and how tall that makes it.
fn written(map: &Map<'_>, at: usize) -> Frame {
    let Some(place) = map.places.get(at) else { return Frame::default() };
    let name = wrapped(place.name, 26);
    let mut systems: Vec<String> = if place.root {
        Vec::new()
    } else {
        let short = |id: &str| id.split_once('/').map_or(id, |(_, system)| system).to_owned();
        place.systems.iter().take(SYSTEMS).flat_map(|(id, class)| entry(&short(id.as_str()), *class)).collect()
    };
    if place.root && place.bodies > 0 {
        systems.push(format!("with {} bodies that are part of it", place.bodies));
    } else if place.systems.len() > SYSTEMS && !place.root {
        systems.push(format!("and {} more systems", place.systems.len() - SYSTEMS));
    }
    let count = |of: fn(&Edge<'_>) -> usize| float(map.edges.iter().filter(|e| of(e) == at).count());
    let text = LEADING * float(name.len() + systems.len()) + 18.0;
    let height = text.max(LEAVING * count(|e| e.from) + 8.0).max(ARRIVING * count(|e| e.to) + 12.0);
    Frame { x: 0.0, y: 0.0, height, name, systems }
}

/// A system and its class, on one line or two.
fn entry(system: &str, class: crate::policy::Class) -> Vec<String> {
    wrapped(&format!("{system}: {}", words::class(class)), LETTERS)
}

fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let word: String = match word.chars().count() > letters {
            true => word.chars().take(letters.saturating_sub(1)).chain(['…']).collect(),
            false => word.to_owned(),
        };
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = word,
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// The places of each column from above, the left column first: near to what they are linked with.
fn ordered(map: &Map<'_>, columns: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<Vec<usize>> = (0..columns)
        .map(|n| {
            let here = |i: &usize| map.places.get(*i).is_some_and(|p| columns - 1 - p.steps == n);
            (0..map.places.len()).filter(here).collect()
        })
        .collect();
    for turn in 0..6 {
        let mut at = vec![0.0; map.places.len()];
        for column in &order {
            for (row, i) in column.iter().enumerate() {
                if let Some(at) = at.get_mut(*i) {
                    *at = (float(row) + 0.5) / float(column.len());
                }
            }
        }
        let near = |i: usize, rightward: bool| {
            let others = map.edges.iter().filter_map(|e| match rightward {
                true if e.from == i => Some(e.to),
                false if e.to == i => Some(e.from),
                _ => None,
            });
            let (sum, n) = others.filter_map(|o| at.get(o)).fold((0.0, 0.0), |(s, n), y| (s + y, n + 1.0));
            if n > 0.0 { sum / n } else { at.get(i).copied().unwrap_or_default() }
        };
        for column in &mut order {
            column.sort_by(|a, b| near(*a, turn % 2 == 0).total_cmp(&near(*b, turn % 2 == 0)));
        }
    }
    order
}

/// Each link's two ends, spread over the sides of its boxes, and the lowest point of those that lead back.
fn lines(map: &Map<'_>, boxes: &[Frame], below: f64) -> (Vec<Line>, f64) {
    let spread = |of: &dyn Fn(&Edge<'_>) -> usize, other: &dyn Fn(&Edge<'_>) -> usize| {
        let mut heights = vec![0.0; map.edges.len()];
        for (at, place) in boxes.iter().enumerate() {
            let mut here: Vec<(usize, f64)> = map
                .edges
                .iter()
                .enumerate()
                .filter(|(_, e)| of(e) == at)
                .map(|(i, e)| (i, boxes.get(other(e)).map_or(0.0, |b| b.y + b.height / 2.0)))
                .collect();
            here.sort_by(|a, b| a.1.total_cmp(&b.1));
            let each = place.height / float(here.len().max(1));
            for (n, (i, _)) in here.into_iter().enumerate() {
                if let Some(height) = heights.get_mut(i) {
                    *height = place.y + each * (float(n) + 0.5);
                }
            }
        }
        heights
    };
    let (leaving, arriving) = (spread(&|e| e.from, &|e| e.to), spread(&|e| e.to, &|e| e.from));
    let mut backward = 0;
    let lines = map.edges.iter().zip(leaving.into_iter().zip(arriving)).map(|(edge, (from_y, to_y))| {
        let x = |i: usize| boxes.get(i).map_or(0.0, |b| b.x);
        let back = (x(edge.to) <= x(edge.from)).then(|| {
            backward += 1;
            (below + 12.0 * float(backward), 6.0 * float(backward % 6))
        });
        Line { start: (x(edge.from) + BOX, from_y), end: (x(edge.to), to_y), back }
    });
    let lines: Vec<Line> = lines.collect();
    let lowest = lines.iter().filter_map(|l| l.back).map(|(y, _)| y).fold(below, f64::max);
    (lines, lowest)
}
