//! Values on their way: read only as far as is needed, and what becomes of them.

use crate::{detect::Cue, policy::integration::Denied, screen::dotted::dotted};
use std::borrow::Cow;

/// A permitted value, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::screen) enum Outcome<'a> {
    /// It leaves as it is.
    Raw,
    /// It leaves as this text.
    Text(String),
    /// It does not leave.
    Withheld(&'a Denied),
}

/// A value as rules see it.
#[derive(Debug, Clone)]
pub(in crate::screen) enum Value<'a> {
    /// A string's text.
    Text(Cow<'a, str>),
    /// A number's, exactly as it is spelled.
    Number(Cow<'a, str>),
    /// `true` or `false`.
    Bool(Cow<'a, str>),
    /// `null`: there is nothing to make rougher.
    Null,
}

/// A value where it lies, read only as far as is needed.
pub(in crate::screen) trait Lying<'v> {
    /// Whether it could hold the name of a host ([`crate::screen::dotted`]).
    fn is_dotted(&mut self) -> bool;
    /// Its bytes.
    fn glimpse(&self) -> Glimpse<'v>;
    /// What its own key says of it, where that is data and not the rule's.
    fn key(&self) -> Cue {
        Cue::NONE
    }
    /// What the names say that a wildcard let through, its own or the nearest around it. Asked of every value.
    fn said(&self) -> Cue {
        Cue::NONE
    }
    /// The value.
    fn read(self) -> Value<'v>;
}

/// A value that is text already.
pub(in crate::screen) struct Plain<'v>(pub(in crate::screen) &'v str);

impl<'v> Lying<'v> for Plain<'v> {
    fn is_dotted(&mut self) -> bool {
        dotted(self.0.as_bytes())
    }
    fn glimpse(&self) -> Glimpse<'v> {
        Glimpse::Text(self.0.as_bytes())
    }
    fn read(self) -> Value<'v> {
        Value::Text(Cow::Borrowed(self.0))
    }
}

/// A value before it is read: enough to know whether it must be.
#[derive(Debug, Clone, Copy)]
pub(in crate::screen) enum Glimpse<'v> {
    /// A string's bytes; where they hold escapes, they are read in any case.
    Text(&'v [u8]),
    /// A number's.
    Number(&'v [u8]),
    /// Nothing can be in it.
    Word,
}
