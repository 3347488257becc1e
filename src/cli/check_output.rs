//! How `havengate check` speaks.

pub mod diagnostics;
