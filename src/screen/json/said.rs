//! What the names say that a wildcard let through, of everything in them: a list of values, or the `value` of an object,
//! is what the member is that holds it.

use crate::detect::Cue;

/// Where the writer is among such names. Outside records it goes on from one writing to the next.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// How many containers are open that were kept.
    depth: u32,
    /// Of each open container that such a name names, how deep it is, and what is said of what is in it.
    open: Vec<(u32, Cue)>,
    /// Where in the buffer the name stands whose value comes next, and what it says.
    next: Option<(u32, Cue)>,
    /// Whether there was such a name at all.
    any: bool,
}

impl Said {
    /// A name that begins at `at` was let through. Where it says nothing, what is around it says what it did.
    pub(super) fn name(&mut self, at: u32, name: &str) {
        let own = Cue::of_key(name);
        self.any = true;
        self.next = Some((at, if own == Cue::NONE { self.around() } else { own }));
    }

    /// The name that comes next is a value, and says nothing of others.
    pub(super) const fn is_value(&mut self) {
        self.next = None;
    }

    /// A container begins; where it is a member, its name stands at `name`.
    pub(super) fn open(&mut self, name: Option<u32>) {
        self.depth += 1;
        if let Some((at, cue)) = self.next
            && Some(at) == name
        {
            self.open.push((self.depth, cue));
        }
    }

    /// The innermost container ends.
    pub(super) fn close(&mut self) {
        if self.open.last().is_some_and(|(depth, _)| *depth == self.depth) {
            self.open.pop();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// What is said of a scalar; where it is a member, its name stands at `name`.
    #[inline]
    pub(super) fn of(&self, name: Option<u32>) -> Cue {
        match self.next {
            _ if !self.any => Cue::NONE,
            Some((at, cue)) if Some(at) == name => cue,
            _ => self.around(),
        }
    }

    #[inline]
    fn around(&self) -> Cue {
        self.open.last().map_or(Cue::NONE, |(_, cue)| *cue)
    }

    /// Follows the buffer when its first `by` bytes go.
    pub(super) fn shift(&mut self, by: u32) {
        self.next = self.next.and_then(|(at, cue)| Some((at.checked_sub(by)?, cue)));
    }
}
