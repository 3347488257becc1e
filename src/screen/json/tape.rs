//! What a record keeps, noted while it is read and written when its subject is known.

/// One thing to write: a kept bracket, or a listed value. Offsets are into the screener's buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Of the member's name with its quotes; empty (and equal to `value`) in an array.
    pub(super) name: u32,
    /// End of the name.
    pub(super) name_end: u32,
    /// Of the value.
    pub(super) value: u32,
    /// End of the value; of an opening bracket, after the bracket.
    pub(super) end: u32,
    /// Whom it is about: 0 is the record's subject, others its dependants in order.
    pub(super) person: u32,
    /// Which rule lists it, for [`Kind::Field`]: its place in the record's (or the envelope's) rules.
    pub(super) rule: u16,
    pub(super) kind: Kind,
}

impl Item {
    /// Whether nothing but the colon stands between the name, if it has one, and the value.
    #[inline(always)]
    pub(super) const fn is_tight(&self) -> bool {
        self.name_end == self.name || self.value == self.name_end + 1
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    /// A listed scalar.
    Field(Scalar),
    /// A scalar whose rule is chosen when the record is whole. `rule` is the one without a filter, if there is one.
    Choice(Scalar),
    /// The name of the member that comes next, which is a value. `value` to `end` is the name.
    Key,
    /// The name of the member that comes next, which only a wildcard lets through. `person` is the rule, by the tally's
    /// count, under which it is recorded if it does not leave. Whether it stands in a record, which may withhold it.
    Wild(bool),
    /// An element that does not leave: `null` keeps the others' indices.
    Gap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Text,
    /// A string that is known to be ASCII without escapes, dots and percent signs: it holds no host's name.
    Simple,
    Number,
    Bool,
    Null,
}

/// What was found where a subject's id should be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hit {
    Nothing,
    /// A value that names nobody: null, a boolean, a container, an empty string.
    Nobody,
    /// A string or a number: offsets of its text, without quotes.
    Id {
        from: u32,
        to: u32,
    },
    /// More than one value.
    Several,
}

impl Hit {
    /// Takes note of a value at the subject's place.
    pub(super) fn add(&mut self, scalar: Option<Scalar>, from: usize, to: usize) {
        *self = match (*self, scalar) {
            (Self::Nothing, Some(Scalar::Text | Scalar::Simple)) if to > from + 2 => {
                Self::Id { from: from as u32 + 1, to: to as u32 - 1 }
            }
            (Self::Nothing, Some(Scalar::Number)) => Self::Id { from: from as u32, to: to as u32 },
            (Self::Nothing, _) => Self::Nobody,
            _ => Self::Several,
        };
    }
}

/// The items of the record that is being read, or of what stands outside records since the last writing.
#[derive(Debug, Default)]
pub(super) struct Tape {
    pub(super) items: Vec<Item>,
    /// The record's subject, then its dependants'.
    pub(super) hits: Vec<Hit>,
}

impl Tape {
    /// Follows the buffer when its first `by` bytes go.
    pub(super) fn shift(&mut self, by: usize) {
        let by = by as u32;
        for item in &mut self.items {
            for offset in [&mut item.name, &mut item.name_end, &mut item.value, &mut item.end] {
                *offset = offset.wrapping_sub(by);
            }
        }
        for hit in &mut self.hits {
            if let Hit::Id { from, to } = hit {
                (*from, *to) = (from.wrapping_sub(by), to.wrapping_sub(by));
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.hits.clear();
    }
}
