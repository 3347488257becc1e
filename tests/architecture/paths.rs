//! A source's code without comments, texts and tests, and every path in it with `use` groups spelled out.

/// The code before the tests, with comments and the insides of texts as spaces. Lines stay where they are.
pub(crate) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = match (at(i), at(i + 1)) {
            ('/', '/') => find(&chars, i, |j| at(j) == '\n'),
            ('/', '*') => find(&chars, i + 2, |j| at(j) == '*' && at(j + 1) == '/') + 2,
            ('"', _) => string(&chars, i),
            ('r', '"' | '#') if !word(at(i.wrapping_sub(1))) || at(i.wrapping_sub(1)) == 'b' => raw(&chars, i),
            ('\'', '\\') => find(&chars, i + 3, |j| at(j) == '\'') + 1,
            ('\'', _) if at(i + 2) == '\'' => i + 3,
            _ => i,
        };
        if end == i {
            out.push(at(i));
            i += 1;
        }
        while i < end.min(chars.len()) {
            out.push(if at(i) == '\n' { '\n' } else { ' ' });
            i += 1;
        }
    }
    match out.find("#[cfg(test)]") {
        Some(tests) => out.split_at(tests).0.to_owned(),
        None => out,
    }
}

fn find(chars: &[char], from: usize, is: impl Fn(usize) -> bool) -> usize {
    (from..chars.len()).find(|j| is(*j)).unwrap_or(chars.len())
}

/// The end of `"…"`.
fn string(chars: &[char], start: usize) -> usize {
    let mut i = start + 1;
    while let Some(c) = chars.get(i) {
        match c {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// The end of `r#"…"#`; the start itself where it is none (`r#type`).
fn raw(chars: &[char], start: usize) -> usize {
    let hashes = chars.iter().skip(start + 1).take_while(|c| **c == '#').count();
    if chars.get(start + 1 + hashes) != Some(&'"') {
        return start;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let from = start + 2 + hashes;
    find(chars, from, |j| chars.get(j..j + closing.len()) == Some(&closing)) + closing.len()
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Every path with its line: `use a::{b, c::D}` gives `a::b` and `a::c::D`; a macro's name keeps its `!`.
pub(crate) fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let tokens = tokens(code);
    let mut i = 0;
    while i < tokens.len() {
        match tokens.get(i) {
            Some((_, t)) if t.starts_with(word) => i = tree(&tokens, i, "", &mut found),
            _ => i += 1,
        }
    }
    found
}

/// Reads one path or group from a token on; returns the token after it.
fn tree(tokens: &[(usize, String)], mut i: usize, prefix: &str, found: &mut Vec<(usize, String)>) -> usize {
    let text = |i: usize| tokens.get(i).map_or("", |t| t.1.as_str());
    let line = tokens.get(i).map_or(0, |t| t.0);
    let mut path = prefix.to_owned();
    loop {
        match text(i) {
            "{" => {
                i += 1;
                while !matches!(text(i), "}" | "") {
                    i = if text(i) == "," { i + 1 } else { tree(tokens, i, &path, found).max(i + 1) };
                }
                return i + 1;
            }
            "*" => {
                found.push((line, path));
                return i + 1;
            }
            segment if segment.starts_with(word) => {
                path = if path.is_empty() { segment.to_owned() } else { format!("{path}::{segment}") };
                i += 1;
            }
            _ => return i,
        }
        match (text(i), text(i + 1)) {
            ("::", next) if next == "{" || next == "*" || next.starts_with(word) => i += 1,
            ("!", _) => {
                found.push((line, path + "!"));
                return i + 1;
            }
            ("as", _) if !prefix.is_empty() => {
                found.push((line, path));
                return i + 2;
            }
            _ => {
                found.push((line, path));
                return i;
            }
        }
    }
}

/// Words, `::` and single signs, with their lines.
fn tokens(code: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (n, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                c => c.len_utf8(),
            };
            let (token, after) = rest.split_at(length);
            found.push((n + 1, token.to_owned()));
            rest = after.trim_start();
        }
    }
    found
}
