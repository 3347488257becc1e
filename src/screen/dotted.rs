//! The quick look at an exact value: could it hold the name of a host at all?

/// Whether a text, or a JSON string as it is spelled, could hold a dotted name: it has a dot, the escape of any
/// character, or one of the bytes with which characters begin that stand for a dot (U+2024, U+3002, U+FF0E, U+FF61 and
/// others).
pub(super) fn dotted(text: &[u8]) -> bool {
    text.iter().any(|b| matches!(b, b'.' | 0xE2 | 0xE3 | 0xEF)) || text.windows(2).any(|two| two == b"\\u")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_dot_and_no_escape_of_one_is_missed(text in "[a-z.\\\\/é。．․ßu]{0,40}") {
            let dot = text.contains(['.', '。', '．', '․']) || text.contains("\\u");
            prop_assert_eq!(dotted(text.as_bytes()), dot);
        }
    }
}
