//! What stands beside a body and was not read with it: a request's path, query and headers, or what the requests of a
//! batch are called. What the body withholds is looked for in it.
//!
//! A body may withhold more than can be looked for at once, and is long gone by the time that these are decided; so what
//! it withholds is compared with them as it passes, and only what stands in one of them is kept.

use super::tally::{Outer, Rules, Tally, Taught};
use crate::verdict::{Code, Refusal};

/// Values that are looked for together.
const TOGETHER: usize = 64;

/// Values that a body may withhold between two takings; one more may be none of them.
const MOST: usize = 2048;

/// So many bytes of a body withhold fewer than [`MOST`], unless it is one record.
pub(super) const PIECE: usize = 8 << 10;

/// Texts beside a body, and what of all it withholds stands in one of them.
#[derive(Debug, Default)]
pub(super) struct Beside {
    texts: Vec<String>,
    held: Vec<Taught>,
}

impl Beside {
    pub(super) fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        // What is looked for has three letters or digits at least.
        let texts = texts.filter(|text| text.chars().filter(|c| c.is_alphanumeric()).nth(2).is_some());
        Self { texts: texts.map(str::to_owned).collect(), held: Vec::new() }
    }

    /// Whether anything is looked for at all.
    pub(super) const fn listens(&self) -> bool {
        !self.texts.is_empty()
    }

    /// Takes note of what was withheld.
    ///
    /// # Errors
    /// When that is so much at once that not all of it was told.
    pub(super) fn add(&mut self, withheld: &[Taught]) -> Result<(), Refusal> {
        if self.texts.is_empty() || withheld.is_empty() {
            return Ok(());
        }
        if withheld.len() > MOST {
            let detail = format!(
                "one record holds more than {MOST} values that may not leave, and path, query, headers or names beside it \
                 were to be searched for them; send it in smaller records"
            );
            return Err(Refusal::plain(Code::BodyTooLarge, detail));
        }
        for few in withheld.chunks(TOGETHER) {
            let mut tally = Tally::new(Rules::listed([]), 0);
            tally.within_record(Outer::of(few.iter())?);
            if self.texts.iter().any(|text| tally.withholds_name(0, text)) {
                self.held.extend_from_slice(few);
            }
        }
        Ok(())
    }

    /// What stands in one of the texts, and perhaps more.
    pub(super) fn held(&self) -> &[Taught] {
        &self.held
    }
}
