//! What left of a text, line by line: lines that are the same in both, and lines of one alone.

/// Lines compared one by one, when there are more of them than can be compared with each other.
const MOST: usize = 2000;

/// One line of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared<'t> {
    /// In both.
    Same(&'t str),
    /// Only before.
    Gone(&'t str),
    /// Only after.
    Instead(&'t str),
}

/// Compares two lists of lines. Where each has as many, line by line: rows stay rows.
pub(super) fn compare<'t>(before: &[&'t str], after: &[&'t str]) -> Vec<Compared<'t>> {
    if before.len() == after.len() || before.len().max(after.len()) > MOST {
        return one_by_one(before, after);
    }
    // Longest common subsequence: `best` at (i, j) is how many lines the rests have in common.
    let wide = after.len() + 1;
    let mut best = vec![0u16; (before.len() + 1) * wide];
    let get = |best: &[u16], i: usize, j: usize| best.get(i * wide + j).copied().unwrap_or(0);
    for (i, old) in before.iter().enumerate().rev() {
        for (j, new) in after.iter().enumerate().rev() {
            let longest =
                if old == new { get(&best, i + 1, j + 1) + 1 } else { get(&best, i + 1, j).max(get(&best, i, j + 1)) };
            if let Some(cell) = best.get_mut(i * wide + j) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    loop {
        match (before.get(i), after.get(j)) {
            (Some(old), Some(new)) if old == new => {
                found.push(Compared::Same(old));
                (i, j) = (i + 1, j + 1);
            }
            (Some(old), new) if new.is_none() || get(&best, i + 1, j) >= get(&best, i, j + 1) => {
                found.push(Compared::Gone(old));
                i += 1;
            }
            (_, Some(new)) => {
                found.push(Compared::Instead(new));
                j += 1;
            }
            _ => return found,
        }
    }
}

fn one_by_one<'t>(before: &[&'t str], after: &[&'t str]) -> Vec<Compared<'t>> {
    let mut found = Vec::new();
    for i in 0..before.len().max(after.len()) {
        match (before.get(i), after.get(i)) {
            (Some(old), Some(new)) if old == new => found.push(Compared::Same(old)),
            (old, new) => {
                found.extend(old.map(|old| Compared::Gone(old)));
                found.extend(new.map(|new| Compared::Instead(new)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Compared::*, *};

    #[test]
    fn what_is_gone_and_what_stands_instead() {
        assert_eq!(compare(&["a", "b", "c"], &["a", "c"]), [Same("a"), Gone("b"), Same("c")]);
        assert_eq!(compare(&["a", "b"], &["a", "x"]), [Same("a"), Gone("b"), Instead("x")]);
        assert_eq!(compare(&[], &["x"]), [Instead("x")]);
        assert_eq!(compare(&["x"], &[]), [Gone("x")]);
    }
}
