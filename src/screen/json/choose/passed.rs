//! Names that rules with filters let through, on the chance that something in their values is chosen. Where nothing is,
//! they must not leave: RFC 9535 selects nothing there.

use crate::{
    policy::{
        integration::RecordRules,
        selector::{NameKey, State, Step, UNLISTED},
    },
    screen::json::{
        tape::{Item, Kind},
        text,
    },
};

/// Takes out every member in which nothing is listed and whose name a rule with a filter lets through without naming
/// it, unless another rule names it; how many, and where the first of them is. Elements stay, for the others' indices.
pub(super) fn drop_members(items: &mut Vec<Item>, rules: &RecordRules, buf: &[u8]) -> Option<(u64, usize)> {
    let bare = bare(items)?;
    let mut walk = Walk { rules, buf, open: Vec::new() };
    let (mut dropped, mut first, mut within) = (0, None, 0u32);
    let mut kept: Vec<Item> = Vec::with_capacity(items.len());
    for (item, bare) in items.iter().zip(bare) {
        match item.kind {
            Kind::Open if within > 0 => within += 1,
            Kind::Close if within > 0 => within -= 1,
            _ if within > 0 => {}
            _ => {
                let named_by_none = walk.pass(item);
                let before = kept.last().copied().filter(|name| name.value == item.name);
                let is_listed = before.is_some_and(|name| name.kind == Kind::Key);
                if !(bare && named_by_none) || is_listed {
                    kept.push(*item);
                    continue;
                }
                // What would have been asked of the name.
                if before.is_some_and(|name| matches!(name.kind, Kind::Wild(_))) {
                    kept.pop();
                }
                (dropped, within) = (dropped + 1, 1);
                first.get_or_insert(item.value as usize);
                walk.open.pop();
            }
        }
    }
    let first = first?;
    *items = kept;
    Some((dropped, first))
}

/// For each item whether it opens a member in which nothing is listed; `None` where none does.
fn bare(items: &[Item]) -> Option<Vec<bool>> {
    let mut bare = vec![false; items.len()];
    let (mut any, mut open) = (false, Vec::new());
    for (at, item) in items.iter().enumerate() {
        match item.kind {
            Kind::Open => open.push((at, item.name_end > item.name, false)),
            Kind::Close => {
                let Some((from, is_member, holds)) = open.pop() else { continue };
                if let Some(bare) = bare.get_mut(from).filter(|_| is_member && !holds) {
                    (*bare, any) = (true, true);
                }
                if let Some((_, _, around)) = open.last_mut() {
                    *around |= holds;
                }
            }
            Kind::Field(_) | Kind::Key => {
                if let Some((_, _, holds)) = open.last_mut() {
                    *holds = true;
                }
            }
            Kind::Choice(_) | Kind::Wild(_) | Kind::Gap => {}
        }
    }
    any.then_some(bare)
}

/// A way along the tape, with how far the rules with filters have come. It takes every filter to hold.
struct Walk<'a> {
    rules: &'a RecordRules,
    buf: &'a [u8],
    open: Vec<Frame>,
}

struct Frame {
    state: State,
    /// Which choices come this far, and how many of their segments lead here.
    ways: Vec<(usize, usize)>,
    /// The index of the element that comes next.
    elements: u64,
}

impl Walk<'_> {
    /// Goes on by one item. Whether it opens a member whose name some rule with a filter lets through, and none names.
    fn pass(&mut self, item: &Item) -> bool {
        let is_member = item.name_end > item.name;
        match item.kind {
            Kind::Close => {
                self.open.pop();
                return false;
            }
            Kind::Open => {}
            Kind::Gap | Kind::Field(_) | Kind::Choice(_) => {
                if let Some(frame) = self.open.last_mut() {
                    frame.elements += 1;
                }
                return false;
            }
            Kind::Key | Kind::Wild(_) => return false,
        }
        let Some(around) = self.open.last_mut() else {
            // The record itself.
            let ways = (0..self.rules.choices.len()).map(|choice| (choice, 0)).collect();
            self.open.push(Frame { state: self.rules.matcher.start(), ways, elements: 0 });
            return false;
        };
        let automaton = self.rules.matcher.automaton();
        let raw = self.buf.get(item.name as usize + 1..(item.name_end as usize).saturating_sub(1));
        let name = text::decode(raw.unwrap_or_default());
        let (state, ordinal) = if is_member {
            automaton.member(around.state, NameKey::new(name.as_bytes()), name.as_bytes())
        } else {
            (automaton.element(around.state, around.elements), UNLISTED)
        };
        let place = if is_member { Place::Member(&name) } else { Place::Element(around.elements) };
        let (ways, unnamed) = place.follow(&around.ways, self.rules);
        around.elements += 1;
        self.open.push(Frame { state, ways, elements: 0 });
        is_member && unnamed && ordinal == UNLISTED
    }
}

enum Place<'a> {
    Member(&'a str),
    Element(u64),
}

impl Place<'_> {
    /// The ways on from here, and whether one of them would lead through a place of any name.
    fn follow(&self, ways: &[(usize, usize)], rules: &RecordRules) -> (Vec<(usize, usize)>, bool) {
        let (mut next, mut unnamed) = (Vec::new(), false);
        for (choice, segments) in ways {
            let selector = rules.choices.get(*choice).map(|(_, selector)| selector.segments());
            let Some(segment) = selector.and_then(|all| all.get(*segments)) else { continue };
            if segment.descendant {
                next.push((*choice, *segments));
                unnamed = true;
            }
            for step in &segment.steps {
                let leads = match (step, self) {
                    (Step::Wildcard | Step::Filter(_), _) => {
                        unnamed = true;
                        true
                    }
                    (Step::Name(name), Self::Member(member)) => **name == **member,
                    (Step::Elements(from, to), Self::Element(at)) => from <= at && at < to,
                    _ => false,
                };
                if leads {
                    next.push((*choice, segments + 1));
                }
            }
        }
        next.sort_unstable();
        next.dedup();
        (next, unnamed)
    }
}
