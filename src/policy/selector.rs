//! RFC 9535 selectors, compiled together into one matcher that is walked once.
use std::marker::PhantomData;
/// A deterministic automaton over member names and array indices; each state accepts a set of targets.
#[derive(Debug)]
pub struct Matcher<T> {
    _t: PhantomData<T>,
}
