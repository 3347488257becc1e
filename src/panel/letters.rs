//! Codes that people type from paper: groups of letters of which none looks like another.

use super::wrong::Wrong;

/// No vowels, so that no words come about; nothing that looks like `i`, `l`, `o` or a digit.
const LETTERS: &[u8; 20] = b"bcdfghjkmnpqrstvwxyz";
/// Letters of a group.
const GROUP: usize = 4;
/// Nobody types more than this for a code.
const TYPED: usize = 200;

/// A new code of so many groups: 17.28 bits each. It is shown once; [`digest`] is what may be kept.
///
/// # Errors
/// [`Wrong::Broken`] when there is no randomness.
pub(super) fn code(groups: usize) -> Result<String, Wrong> {
    let mut groups_of_letters = Vec::with_capacity(groups);
    for _ in 0..groups {
        let group: Result<String, Wrong> = (0..GROUP).map(|_| letter()).collect();
        groups_of_letters.push(group?);
    }
    Ok(groups_of_letters.join(" "))
}

/// One letter, each as likely as the others.
fn letter() -> Result<char, Wrong> {
    loop {
        let mut byte = [0; 1];
        aws_lc_rs::rand::fill(&mut byte).map_err(|_| Wrong::broken("the random source failed"))?;
        let [byte] = byte;
        // 240 is the last multiple of 20 in a byte: what is above would favour some letters.
        if byte < 240 {
            return Ok(LETTERS.get(usize::from(byte) % LETTERS.len()).copied().map_or('b', char::from));
        }
    }
}

/// What a typed code comes to, whatever its spaces, hyphens and case: lower-case letters without anything between.
pub(super) fn plain(typed: &str) -> String {
    typed.chars().take(TYPED).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether this could be a code of so many groups.
pub(super) fn is_code(typed: &str, groups: usize) -> bool {
    let plain = plain(typed);
    plain.len() == groups * GROUP && plain.bytes().all(|b| LETTERS.contains(&b))
}

/// SHA-256 of a typed code.
pub(super) fn digest(typed: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, plain(typed).as_bytes()).as_ref());
    bytes
}

/// Whether two secrets, or what was made of them, are the same, without telling by time where they differ.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_in_any_case_with_and_without_spaces() {
        let code = code(4).unwrap();
        assert_eq!(code.len(), 19, "{code}");
        assert!(code.bytes().all(|b| b == b' ' || LETTERS.contains(&b)), "{code}");
        let typed = code.to_ascii_uppercase().replace(' ', "-");
        assert!(same(&digest(&code), &digest(&typed)) && same(&digest(&code), &digest(&code.replace(' ', ""))));
        assert!(!same(&digest(&code), &digest(&super::code(4).unwrap())));
    }
}
