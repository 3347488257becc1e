//! A labelled set that somebody made who had not seen the rules: texts with what must not survive in each, and documents
//! in which nothing is to be found.
//!
//! `HAVENGATE_DETECT_TABLE=1 cargo nextest run --test detect --no-capture labelled` prints what is found of each family
//! and every miss and false alarm.

use crate::{
    clean::AGAINST,
    found,
    rules::{LIMITS, Record, Rules, field, record, searching, withhold},
};
use havengate::{
    detect::{Cue, Detected, worth_scanning},
    flow::{Act, Category, Form},
    policy::integration::FieldRule,
    screen::{Judge, KnownBy, Person, Ruling, json::JsonScreener},
};
use serde_json::Value;
use std::collections::BTreeMap;

const POSITIVES: &str = include_str!("labelled/positives.jsonl");
const CLEAN: &str = include_str!("labelled/clean.jsonl");

/// Families that say where somebody is.
const LOCATION: &[&str] = &[
    "dms",
    "easting_northing",
    "geohash",
    "geojson_in_text",
    "gml_kml",
    "iso6709",
    "latlon_decimal",
    "map_url",
    "mgrs",
    "os_grid",
    "plus_code",
    "postcode",
    "postcode_partial_by_cue",
    "postcode_special",
    "prose_sleep_site",
    "split_keys",
    "street_address",
    "telemetry",
    "uprn",
    "utm",
    "what3words",
    "wkb_hex",
    "wkt",
];

/// A text with the stretches that must not survive.
struct Positive {
    key: String,
    text: String,
    family: String,
    spans: Vec<String>,
}

fn lines(of: &str) -> impl Iterator<Item = Value> {
    of.lines().map(|line| serde_json::from_str(line).unwrap())
}

fn positives() -> Vec<Positive> {
    let text = |of: &Value, name: &str| of[name].as_str().unwrap().to_owned();
    let of = |line: Value| Positive {
        key: text(&line, "key"),
        text: text(&line, "text"),
        family: text(&line, "family"),
        spans: line["spans"].as_array().unwrap().iter().map(|span| span.as_str().unwrap().to_owned()).collect(),
    };
    lines(POSITIVES).map(of).collect()
}

/// Where a stretch stands in its text: not in the middle of a longer number.
fn places(text: &str, span: &str) -> Vec<(usize, usize)> {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let all = text.match_indices(span).map(|(at, span)| (at, at + span.len()));
    let apart = |(from, to): &(usize, usize)| {
        !(digit(text[..*from].chars().next_back()) && digit(span.chars().next())
            || digit(text[*to..].chars().next()) && digit(span.chars().next_back()))
    };
    let whole: Vec<_> = all.clone().filter(apart).collect();
    if whole.is_empty() { all.collect() } else { whole }
}

/// What screening a member of this name finds.
fn screened(one: &Positive) -> Vec<Detected> {
    if worth_scanning(one.text.as_bytes(), Cue::of_key(&one.key)) { found(&one.text, &one.key) } else { Vec::new() }
}

/// Whether no core of the stretch survives: nine tenths of its letters and digits lie in something that was found,
/// wherever it stands. Of a phrase that says where somebody sleeps, any part will do; what is named in it is a stretch
/// of its own.
fn is_found(one: &Positive, number: usize, finds: &[Detected]) -> bool {
    let span = &one.spans[number];
    let phrase = one.family == "prose_sleep_site" && number == 0;
    places(&one.text, span).iter().all(|(from, to)| {
        let (mut all, mut covered) = (0, 0);
        for (at, c) in one.text[*from..*to].char_indices().filter(|(_, c)| c.is_alphanumeric()) {
            let place = from + at;
            all += c.len_utf8();
            covered += if finds.iter().any(|find| find.start <= place && place < find.end) { c.len_utf8() } else { 0 };
        }
        if phrase { covered > 0 } else { covered * 10 >= all * 9 }
    })
}

/// Lets everything leave but what was found.
struct Finds;

impl Judge for Finds {
    searching!();
    fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
        if rule.category.as_str() == OPERATIONAL { Ruling::Send(Form::Raw) } else { withhold() }
    }
    fn holds(&self, _: &FieldRule, _: &Category) -> bool {
        false
    }
    fn is_operational(&self, rule: &FieldRule) -> bool {
        rule.category.as_str() == OPERATIONAL
    }
    fn known_by(&self, _: &FieldRule) -> KnownBy {
        KnownBy::Nothing
    }
    fn pseudonym(&self, _: &Category, _: &str) -> String {
        unreachable!()
    }
}

const OPERATIONAL: &str = "hg:Operational";

/// What is withheld of a whole document, all of which is operational.
fn alarms(document: &Value) -> Vec<String> {
    let listed = |path: &str| FieldRule { category: Category::parse(OPERATIONAL).unwrap(), ..field(path) };
    let fields = vec![listed("$..*"), listed("$")];
    let rules = Rules::of(&[Record { fields, ..record("$", "$['no such member']", &[]) }]);
    let mut screener = JsonScreener::new(rules.compile(), LIMITS, Person::Unknown);
    screener.push(document.to_string().as_bytes(), &mut Finds).unwrap();
    let screened = screener.finish(&mut Finds).unwrap();
    let withheld = screened.findings().listed;
    withheld.iter().filter(|one| one.act != Act::Sent).map(|one| one.rule.category.as_str().to_owned()).collect()
}

/// How much of what was labelled was found.
#[derive(Default)]
struct Score {
    texts: usize,
    /// Texts in which something was found: where the whole value goes, all of it.
    touched: usize,
    spans: usize,
    found: usize,
    missed: Vec<String>,
}

impl Score {
    fn recall(&self) -> f64 {
        self.found as f64 / self.spans.max(1) as f64
    }
}

fn together<'s>(scores: impl Iterator<Item = &'s Score>) -> f64 {
    let (found, spans) = scores.fold((0, 0), |(found, spans), one| (found + one.found, spans + one.spans));
    found as f64 / f64::from(u32::try_from(spans.max(1)).unwrap())
}

fn scores() -> BTreeMap<String, Score> {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for one in positives() {
        let finds = screened(&one);
        let score = scores.entry(one.family.clone()).or_default();
        score.texts += 1;
        score.touched += usize::from(!finds.is_empty());
        for (number, span) in one.spans.iter().enumerate() {
            score.spans += 1;
            if is_found(&one, number, &finds) {
                score.found += 1;
            } else {
                let what: Vec<_> = finds.iter().map(|f| (f.category, &one.text[f.start..f.end])).collect();
                score.missed.push(format!("{} {:?}: {span:?} of {:?} gave {what:?}", one.family, one.key, one.text));
            }
        }
    }
    scores
}

fn is_table() -> bool {
    std::env::var_os("HAVENGATE_DETECT_TABLE").is_some()
}

#[test]
fn what_others_labelled_is_found() {
    let scores = scores();
    let location = together(scores.iter().filter(|(name, _)| LOCATION.contains(&name.as_str())).map(|(_, s)| s));
    let all = together(scores.values());
    if is_table() {
        println!("| family | texts | with a find | stretches | found |\n|---|---|---|---|---|");
        for (name, score) in &scores {
            let touched = score.touched as f64 / score.texts as f64 * 100.0;
            let recall = score.recall() * 100.0;
            println!("| {name} | {} | {touched:.1} % | {} | {recall:.1} % |", score.texts, score.spans);
        }
        let (touched, texts) = scores.values().fold((0, 0), |(a, b), s| (a + s.touched, b + s.texts));
        println!("\nPlaces: {:.2} %, everything: {:.2} %.", location * 100.0, all * 100.0);
        println!("Texts with a find: {touched} of {texts}.");
        for missed in scores.values().flat_map(|score| &score.missed) {
            println!("missed {missed}");
        }
    }
    assert!(LOCATION.iter().all(|name| scores.contains_key(*name)));
    assert!(location >= 0.95, "places: {location}");
    assert!(all >= 0.97, "everything: {all}");
    for (name, score) in scores.iter().filter(|(name, _)| *name != "prose_sleep_site" && *name != "dob_by_cue") {
        assert!(score.recall() >= 0.93, "{name}: {}: {:?}", score.recall(), score.missed.first());
    }
}

#[test]
fn what_others_call_clean_is_clean() {
    let (mut whys, mut alarmed): (BTreeMap<String, (usize, usize)>, Vec<String>) = (BTreeMap::new(), Vec::new());
    let mut documents = 0usize;
    for line in lines(CLEAN) {
        let (why, finds) = (line["why"].as_str().unwrap(), alarms(&line["document"]));
        let count = whys.entry(why.to_owned()).or_default();
        (count.0, documents) = (count.0 + 1, documents + 1);
        if !finds.is_empty() {
            count.1 += 1;
            alarmed.push(format!("{why}: {} gave {finds:?}", line["document"]));
        }
    }
    let share = alarmed.len() as f64 / f64::from(u32::try_from(documents).unwrap());
    if is_table() {
        println!("| why it is clean | documents | false alarms |\n|---|---|---|");
        for (why, (all, alarms)) in whys.iter().filter(|(_, (_, alarms))| *alarms > 0) {
            println!("| {why} | {all} | {alarms} |");
        }
        println!("\nClean: {documents}, with a false alarm: {} ({:.2} %).", alarmed.len(), share * 100.0);
        for one in &alarmed {
            println!("alarm {one}");
        }
    }
    assert!(documents > 1600, "{documents}");
    assert!(share <= 0.01, "{share}: {alarmed:?}");
}

#[test]
fn what_was_written_against_the_rules_is_mostly_clean() {
    let alarmed: Vec<_> =
        AGAINST.iter().map(|text| (text, found(text, ""))).filter(|(_, finds)| !finds.is_empty()).collect();
    if is_table() {
        println!("Against the rules: {}, with a false alarm: {}.", AGAINST.len(), alarmed.len());
    }
    assert!(alarmed.len() <= 6, "{alarmed:?}");
}
