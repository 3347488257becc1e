//! `havengate places`: where people sleep rough and where refuges are, so that the gateway finds them in whatever
//! leaves. The places themselves are kept nowhere: the list holds digests under a key of this home.

mod list;

use super::{Context, Exit, Failure, Printed, destinations::save};
use crate::{
    detect::{Digest, Kind, Places},
    gate::{
        keys::{self, KeysError},
        policy_files,
    },
    policy::{
        Policy, Sources,
        places::{FILE, kind_name, kind_of},
    },
};
use data_encoding::HEXLOWER;
use list::List;
use serde_json::json;
use std::{
    collections::BTreeSet,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::PathBuf,
};
use zeroize::Zeroizing;

/// Keep the list of sleep sites and refuges.
#[derive(Debug, clap::Subcommand)]
pub enum PlacesCommand {
    /// Add places, one a line on standard input
    ///
    /// A place is what people call it: `Old Mill Arches`. One to eight words; capitals, spaces, hyphens and look-alike
    /// letters make no difference. The gateway then finds it within any value and withholds that value.
    ///
    /// Only a digest under keys/places.key is kept, in policies/places.toml. A place is never an argument, so that it
    /// stands in no shell history.
    #[command(after_long_help = ADD)]
    Add(Add),
    /// Show how many places are listed, of which kind and since when; never the places
    List,
    /// Take places off the list: one a line on standard input, or by the digest that `list` shows
    Remove(Remove),
    /// Say whether places are listed: one a line on standard input
    ///
    /// Ends with 0 where every one is, and with 1 where one is not.
    Test,
}

const ADD: &str = "\
Examples:
  havengate places add                        # then type one place a line, and Ctrl-D
  havengate places add --kind refuge < refuges.txt
  havengate policy reload                     # a running gateway takes the list up";

/// What `places add` is told.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// What they are
    #[arg(long, default_value = "sleep-site", value_name = "sleep-site|refuge", value_parser = kind)]
    kind: Kind,
    /// For people who read the list. It must not say where the place is
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// What `places remove` is told.
#[derive(Debug, clap::Args)]
pub struct Remove {
    /// The beginning of a digest, as `list` shows it, instead of the place
    #[arg(long, value_name = "HEX")]
    digest: Option<String>,
}

fn kind(name: &str) -> Result<Kind, String> {
    kind_of(name).ok_or_else(|| "write sleep-site or refuge".to_owned())
}

/// Carries it out.
pub(super) fn run(command: PlacesCommand, context: &Context) -> Result<Printed, Failure> {
    let config = context.load()?;
    let home = Home { file: config.policies.join(FILE), policies: config.policies, keys: config.keys };
    match command {
        PlacesCommand::Add(args) => add(&args, &home),
        PlacesCommand::List => Ok(listed(&home.list()?)),
        PlacesCommand::Remove(args) => remove(&args, &home),
        PlacesCommand::Test => test(&home),
    }
}

/// Where the list and its key are.
struct Home {
    policies: PathBuf,
    keys: PathBuf,
    file: PathBuf,
}

impl Home {
    /// The list as it is. No file is an empty list.
    fn list(&self) -> Result<List, Failure> {
        match std::fs::read_to_string(&self.file) {
            Ok(text) => List::read(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(List::default()),
            Err(error) => Err(Failure::system(&self.file, &error)),
        }
    }

    /// The key, which has to be the one the list was made with. Whether it was made now.
    fn key(&self, list: &List) -> Result<(crate::consent::subject::PlacesKey, bool), Failure> {
        let (key, made) = match keys::load_places(&self.keys) {
            // Where there is a list, its key is lost: another would find nothing.
            Err(KeysError::Missing(_)) if list.key.is_none() => {
                keys::create_places(&self.keys)?;
                (keys::load_places(&self.keys)?, true)
            }
            other => (other?, false),
        };
        if list.key.as_ref().is_some_and(|mark| *mark != HEXLOWER.encode(&key.id())) {
            let text = "policies/places.toml was made with another key than keys/places.key\n  mend: put the key back from \
                        your backup; where it is lost, take places.toml away and add every place again";
            return Err(Failure::new(Exit::Configuration, text));
        }
        Ok((key, made))
    }

    /// Opens the list to change it. Standard input is read before: whoever waits at a keyboard keeps nobody out, and
    /// takes nothing back that others listed meanwhile.
    fn open(&self) -> Result<Opened, Failure> {
        if !self.file.exists() {
            return Ok(Opened { target: None, list: List::default() });
        }
        let target = save::Target::open(&self.file)?;
        let list = List::read(target.text())?;
        Ok(Opened { target: Some(target), list })
    }

    /// Writes a list that the whole policy set compiles with, in place of the one it was made from and of no other.
    fn write(&self, target: Option<&save::Target>, text: &str) -> Result<(), Failure> {
        let mut sources =
            policy_files::read(&self.policies).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
        sources.insert(FILE, text);
        compiled(&sources)?;
        match target {
            Some(target) => target.replace(text),
            None => save::first(&self.file, text.as_bytes()),
        }
    }
}

/// The list as it is and, where there is one, its file.
struct Opened {
    target: Option<save::Target>,
    list: List,
}

fn compiled(sources: &Sources) -> Result<Policy, Failure> {
    Policy::compile(sources).map_err(|found| super::check::invalid(&found, sources))
}

fn add(args: &Add, home: &Home) -> Result<Printed, Failure> {
    let phrases = phrases("places, one a line; end with Ctrl-D. They are not kept")?;
    let Opened { target, mut list } = home.open()?;
    let (key, made) = home.key(&list)?;
    let digests = digests(&phrases, key.secret())?;
    let mut known: BTreeSet<String> = list.places.iter().map(|p| p.digest.clone()).collect();
    let (mut added, mut single) = (0_u64, 0_u64);
    for (words, digest) in digests {
        if known.insert(HEXLOWER.encode(&digest)) {
            list.add(&key.id(), (args.kind, words, digest), args.note.as_deref(), super::today());
            added += 1;
            single += u64::from(words == 1);
        }
    }
    if added > 0 {
        home.write(target.as_ref(), &list.text)?;
    }
    let mut text = format!("{added} added, {} on the list.\n", known.len());
    if single > 0 {
        text.push_str(&format!(
            "note: {single} of one word alone: whatever holds that word is withheld. Where that is too much, remove it and \
             add the longer name\n"
        ));
    }
    if made {
        text.push_str("Made keys/places.key: back it up; without it the list finds nothing. Restart the gateway.\n");
    } else if added > 0 {
        text.push_str("A running gateway takes it up with: havengate policy reload\n");
    }
    let data = json!({ "added": added, "listed": known.len(), "of_one_word": single, "key_made": made });
    Ok(Printed::done(text, data))
}

fn remove(args: &Remove, home: &Home) -> Result<Printed, Failure> {
    let phrases = match &args.digest {
        Some(begin) if begin.len() < 8 => {
            return Err(Failure::new(Exit::Usage, "--digest takes at least the first 8 digits that `list` shows"));
        }
        Some(_) => None,
        None => Some(phrases("the places to take off, one a line; end with Ctrl-D")?),
    };
    let Opened { target, list } = home.open()?;
    let wanted: BTreeSet<String> = match (&args.digest, phrases) {
        (Some(begin), _) => {
            list.places.iter().map(|p| p.digest.clone()).filter(|d| d.starts_with(begin.as_str())).collect()
        }
        (None, phrases) => {
            let (key, _) = home.key(&list)?;
            digests(&phrases.unwrap_or_default(), key.secret())?.iter().map(|(_, d)| HEXLOWER.encode(d)).collect()
        }
    };
    let before = list.places.len();
    let text = list.without(&wanted)?;
    let left = List::read(&text)?.places.len();
    if left == before {
        return Err(Failure::new(Exit::Finding, "no such place is on the list; nothing was changed"));
    }
    home.write(target.as_ref(), &text)?;
    let removed = before - left;
    let said = format!(
        "{removed} removed, {left} on the list.\nA running gateway takes it up with: havengate policy reload\n"
    );
    Ok(Printed::done(said, json!({ "removed": removed, "listed": left })))
}

fn test(home: &Home) -> Result<Printed, Failure> {
    let phrases = phrases("places, one a line; end with Ctrl-D")?;
    let list = home.list()?;
    let found: Vec<bool> = if list.key.is_some() {
        let (key, _) = home.key(&list)?;
        let known: BTreeSet<&str> = list.places.iter().map(|p| p.digest.as_str()).collect();
        digests(&phrases, key.secret())?.iter().map(|(_, d)| known.contains(HEXLOWER.encode(d).as_str())).collect()
    } else {
        vec![false; phrases.lines().filter(|l| !l.trim().is_empty()).count()]
    };
    let mut text = String::new();
    for (i, listed) in found.iter().enumerate() {
        text.push_str(&format!("line {}: {}\n", i + 1, if *listed { "listed" } else { "not listed" }));
    }
    let exit = if found.iter().all(|f| *f) { Exit::Ok } else { Exit::Finding };
    Ok(Printed { text, data: json!({ "listed": found }), exit })
}

fn listed(list: &List) -> Printed {
    let mut text = match list.places.len() {
        0 => "No place is listed. `havengate places add` lists some.\n".to_owned(),
        1 => "1 place is listed.\n".to_owned(),
        n => format!("{n} places are listed.\n"),
    };
    for place in &list.places {
        let note = place.note.as_deref().map(|n| format!("  {n}")).unwrap_or_default();
        let mark = place.digest.get(..8).unwrap_or_default();
        let words = if place.words == 1 { "1 word ".to_owned() } else { format!("{} words", place.words) };
        text.push_str(&format!("  {:<10}  {}  {words}  {mark}{note}\n", place.kind, place.added));
    }
    let places: Vec<_> = list
        .places
        .iter()
        .map(|p| json!({ "kind": p.kind, "added": p.added, "words": p.words, "digest": p.digest, "note": p.note }))
        .collect();
    Printed::done(text, json!({ "places": places }))
}

/// Each phrase's digest. What is wrong with one is said by its line, never by its text.
fn digests(phrases: &str, key: &[u8]) -> Result<Vec<(u8, Digest)>, Failure> {
    let mut found = Vec::new();
    for (i, line) in phrases.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        found.push(Places::digest(key, line).ok_or_else(|| {
            let text = format!(
                "line {} has no word, or more than eight; nothing was changed\n  mend: write what people call the place, \
                 such as: Old Mill Arches",
                i + 1
            );
            Failure::new(Exit::Usage, text)
        })?);
    }
    if found.is_empty() {
        return Err(Failure::new(Exit::Usage, "no place was given\n  mend: write one a line on standard input"));
    }
    Ok(found)
}

/// The longest list that is read at once, in bytes.
const MOST: usize = 1 << 20;

/// Standard input, wiped once it was read. A longer list is refused whole: nobody is told of places as listed that are
/// not.
fn phrases(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let input = io::stdin();
    if input.is_terminal() {
        let _ = writeln!(io::stderr(), "{prompt}");
    }
    let unreadable = || Failure::new(Exit::Usage, "standard input is not UTF-8 text, or cannot be read");
    // With room to spare, so that it is not moved and left behind somewhere.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST + 64));
    input.lock().take(MOST as u64 + 1).read_to_end(&mut bytes).map_err(|_| unreadable())?;
    if bytes.len() > MOST {
        let text = "standard input is longer than 1 MiB; nothing was changed\n  mend: give the list in several parts";
        return Err(Failure::new(Exit::Usage, text));
    }
    String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|e| {
        drop(Zeroizing::new(e.into_bytes()));
        unreadable()
    })
}
