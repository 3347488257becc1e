//! `limit = "8GiB"`: how large one body may be.

use super::{Problems, place};
use crate::policy::source::At;

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
/// No operation takes more.
const LARGEST: u64 = 1 << 40;

/// Bytes, from a number and a unit as in `havengate.toml`. `None` where it is no size, which is reported.
pub(super) fn compile(file: &str, text: &At<String>, problems: &mut Problems) -> Option<u64> {
    let bytes = bytes(text.get_ref()).filter(|bytes| (1..=LARGEST).contains(bytes));
    if bytes.is_none() {
        let mend = "write a whole number and B, KiB, MiB or GiB without a space, such as \"2GiB\"";
        problems.error(place(file, text.span()), "the limit is not a size from 1B to 1024GiB", mend);
    }
    bytes
}

fn bytes(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let plain = !digits.is_empty() && !digits.starts_with('0');
    digits.parse::<u64>().ok().filter(|_| plain)?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit_and_nothing_else() {
        for (text, size) in [("1B", 1), ("64KiB", 65_536), ("8MiB", 8 << 20), ("8GiB", 8 << 30)] {
            assert_eq!(bytes(text), Some(size), "{text}");
        }
        for text in
            ["", "8", "GiB", "8 GiB", "8GB", "08GiB", "0B", "+8GiB", "8.5GiB", "8gib", "99999999999GiB", "８GiB"]
        {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
