//! The files of `policies/` as text and as strict mirrors of their TOML. Nothing here knows what they mean.

pub(in crate::policy) mod categories;
pub(in crate::policy) mod charter;
pub(in crate::policy) mod integration;
pub(in crate::policy) mod organisations;
pub(in crate::policy) mod places;
pub(in crate::policy) mod read;

use super::{
    PolicyHash,
    diagnostic::{Problems, place},
    shipped,
};
use std::collections::BTreeMap;

/// A value and where it stands in its file.
pub(in crate::policy) type At<T> = toml::Spanned<T>;

/// The files of a `policies/` directory, by relative path (`integrations/inform-riverside.toml`) and text.
/// `cases/` and `README.md` are not part of it: they decide nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(pub BTreeMap<String, String>);

impl Sources {
    /// Adds a file by its path below `policies/`, with `/` between directories. `README.md` and everything
    /// below `cases/` is left out. Answers whether the file is part of the set.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) -> bool {
        let path = path.into();
        let counts = counts(&path);
        if counts {
            self.0.insert(path, text.into());
        }
        counts
    }

    /// A file's text.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// SHA-256 of `"havengate-policy-v1" 00` and then, for each file in byte order of its path:
    /// the path's length in bytes as 8 bytes big-endian, the path, the text's length likewise, the text.
    /// The same files give the same hash on every machine; any changed byte or name gives another.
    #[must_use]
    pub fn hash(&self) -> PolicyHash {
        let mut digest = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        digest.update(b"havengate-policy-v1\0");
        for part in self.0.iter().filter(|(path, _)| counts(path)).flat_map(|(path, text)| [path, text]) {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        let mut hash = [0; 32];
        // SHA-256 gives exactly 32 bytes, so every byte of `hash` is written.
        hash.iter_mut().zip(digest.finish().as_ref()).for_each(|(to, from)| *to = *from);
        PolicyHash(hash)
    }

    /// The connections' files.
    pub(in crate::policy) fn integrations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|(path, _)| is_integration(path)).map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Files nobody knows, files that are missing, and core files that were changed.
    pub(in crate::policy) fn check_names(&self, problems: &mut Problems) {
        for path in self.0.keys().filter(|p| counts(p) && !is_known(p)) {
            let known = KNOWN.iter().copied().chain(shipped::CORE.iter().map(|(name, _)| *name));
            let mend = match read::did_you_mean(path, known) {
                Some(name) => format!("rename it to `{name}`, or take it out of the directory"),
                None => "take it out; connections go into `integrations/<id>.toml`, cases into `cases/`".to_owned(),
            };
            problems.error(place(path, None), "no part of Havengate reads this file", mend);
        }
        for name in KNOWN.iter().filter(|name| !OPTIONAL.contains(name) && !self.0.contains_key(**name)) {
            let mend = "put it back; `havengate init` writes a starting one";
            problems.error(place(name, None), "the file is missing", mend);
        }
        for &(name, core) in shipped::CORE {
            self.check_core(name, core, problems);
        }
    }

    fn check_core(&self, name: &str, core: &str, problems: &mut Problems) {
        let (at, message) = match self.get(name) {
            Some(text) if text == core => return,
            Some(text) => (place(name, first_difference(text, core)), "the file was changed here"),
            None => (place(name, None), "the file is missing"),
        };
        let mend = match name {
            "categories.toml" => {
                "put back the file that came with this version; your own go into `categories.local.toml`"
            }
            "roots.toml" => "put back the file that came with this version; your own go into `organisations.toml`",
            "floor.cedar" => "put back the file that came with this version; your own rules go into `local.cedar`",
            _ => "put back the file that came with this version",
        };
        problems.error(
            place(at.file, at.span),
            format!("{message}; an organisation adds to the core and never loosens it"),
            mend,
        );
    }
}

/// The organisation's own files, each of which must be there but for [`OPTIONAL`].
const KNOWN: &[&str] =
    &["charter.toml", "councils.toml", "local.cedar", "organisations.toml", LOCAL_CATEGORIES, super::places::FILE];

/// Those that need not be there.
const OPTIONAL: [&str; 2] = [LOCAL_CATEGORIES, super::places::FILE];

/// The organisation's own categories.
pub(in crate::policy) const LOCAL_CATEGORIES: &str = "categories.local.toml";

fn counts(path: &str) -> bool {
    path != "README.md" && !path.starts_with("cases/")
}

fn is_known(path: &str) -> bool {
    is_integration(path) || KNOWN.contains(&path) || shipped::CORE.iter().any(|(name, _)| *name == path)
}

fn is_integration(path: &str) -> bool {
    path.strip_prefix("integrations/")
        .and_then(|name| name.strip_suffix(".toml"))
        .is_some_and(|id| !id.is_empty() && !id.contains('/') && !id.starts_with('.'))
}

/// The first line of `text` that differs from `core`, as a byte range.
fn first_difference(text: &str, core: &str) -> std::ops::Range<usize> {
    let same = text.bytes().zip(core.bytes()).take_while(|(a, b)| a == b).count();
    let line = text.as_bytes().get(..same).and_then(|t| t.iter().rposition(|b| *b == b'\n')).map_or(0, |i| i + 1);
    let end = text.bytes().enumerate().skip(line).find(|(_, b)| *b == b'\n').map_or(text.len(), |(i, _)| i);
    line.min(end)..end
}
