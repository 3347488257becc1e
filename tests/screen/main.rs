//! The screening room: selectors against an oracle, the JSON kernel against a plain model of its rules.

mod selector;
