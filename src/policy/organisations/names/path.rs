//! Whose is the path that stands after a host?
//!
//! Read once for all who claim paths of the host, without copying. Dot segments are resolved, empty segments and the
//! punctuation of a sentence left out. Paths within paths (`a.example/a.example/…`) would be read again and again, so
//! there is a bound for each text: what goes beyond it counts as everybody's who claims a path of the host.

use super::super::fold::Folded;
use crate::flow::SystemId;

/// How many bytes of paths may be looked at in a text. More than its length only where paths stand within paths.
pub(super) const fn allowed(text_length: usize) -> usize {
    text_length.saturating_mul(4).saturating_add(1024)
}

/// Those of the claims (a path in lower case, and whose it is) that the path after a host lies at or below. A path that
/// leaves one again (`/a/../b`) has been there: who reads it decides whether it is resolved.
pub(super) fn owners<'n>(
    text: &Folded<'_>,
    end: usize,
    mut claims: Vec<(&[String], &'n SystemId)>,
    left: &mut usize,
) -> Vec<&'n SystemId> {
    let after = path(text.bytes.get(end..).unwrap_or_default());
    let longest = claims.iter().map(|(path, _)| path.len()).max().unwrap_or(0);
    let (mut first, mut depth): (Vec<&[u8]>, usize) = (Vec::new(), 0);
    let mut owners = Vec::new();
    let Some(mut rest) = after else { return owners };
    while let Some((_, segment)) = rest.split_first() {
        let word = segment.iter().take(*left).take_while(|b| of_a_word(**b)).count();
        // The separator is looked at, too.
        let Some(then) = left.checked_sub(word + 1) else {
            *left = 0;
            owners.extend(claims.into_iter().map(|(_, system)| system));
            return owners;
        };
        *left = then;
        match segment.get(..word).unwrap_or_default() {
            b".." => {
                depth = depth.saturating_sub(1);
                first.truncate(depth);
            }
            b"" | b"." => {}
            name => {
                if depth == first.len() && depth < longest {
                    first.push(without_dots(name));
                    claims.retain(|(path, system)| {
                        let here = path.len() == first.len() && lies_at(&first, path, text.has_seam_after(end));
                        if here {
                            owners.push(*system);
                        }
                        !here
                    });
                    if claims.is_empty() {
                        return owners;
                    }
                }
                depth += 1;
            }
        }
        rest = segment.get(word..).unwrap_or_default();
        if !matches!(rest.first(), Some(b'/' | b'\\')) {
            break;
        }
    }
    owners
}

/// From its first separator on; `None` where what follows the host is no path.
fn path(after: &[u8]) -> Option<&[u8]> {
    let after = after.strip_prefix(b".").unwrap_or(after);
    let after = match after.split_first() {
        Some((b':', port)) => port.get(port.iter().position(|b| !b.is_ascii_digit())?..)?,
        _ => after,
    };
    matches!(after.first(), Some(b'/' | b'\\')).then_some(after)
}

/// Without the full stop of a sentence.
fn without_dots(name: &[u8]) -> &[u8] {
    let dots = name.iter().rev().take_while(|b| **b == b'.').count();
    name.get(..name.len() - dots).unwrap_or_default()
}

const fn of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Where something went, the path may have ended there.
fn lies_at(found: &[&[u8]], path: &[String], may_have_ended: bool) -> bool {
    let (Some((last, before)), Some((found_last, found_before))) = (path.split_last(), found.split_last()) else {
        return false;
    };
    let same = |found: &[u8], name: &String| found.eq_ignore_ascii_case(name.as_bytes());
    let begins = || found_last.get(..last.len()).is_some_and(|begin| same(begin, last));
    found_before.iter().zip(before).all(|(found, name)| same(found, name))
        && (same(found_last, last) || (may_have_ended && begins()))
}
