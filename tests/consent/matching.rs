//! Which grant answers for a field.

use crate::world::*;
use havengate::{
    consent::{
        Capacity, Grant, GrantState, Interpreter, View,
        matching::{Match, NotLive, Question, find},
    },
    flow::{Category, Purpose, SubjectLabel, SystemId},
    policy::charter::Advice,
};
use std::sync::Arc;

/// A question about C-1's exact name for the council, to be changed.
struct Asked {
    view: View,
    presented: Vec<Arc<Grant>>,
    subject: Vec<SubjectLabel>,
    system: SystemId,
    category: Category,
    purpose: Purpose,
    form: &'static str,
    now: i64,
    immigration: bool,
    associated: bool,
}

impl Asked {
    fn new(grants: impl IntoIterator<Item = Grant>) -> Self {
        let mut view = View::default();
        grants.into_iter().for_each(|g| view.add_grant(g));
        Self {
            view,
            presented: Vec::new(),
            subject: subjects().labels(&"inform".parse().unwrap(), "C-1"),
            system: COUNCIL.parse().unwrap(),
            category: "pd:Name".parse().unwrap(),
            purpose: Purpose::Accommodation,
            form: "raw",
            now: NOW,
            immigration: false,
            associated: false,
        }
    }

    fn state(mut self, id: u8, state: GrantState) -> Self {
        self.view.set_state(grant("C-1", &["pd:Name"], id).jti, state);
        self
    }

    fn ask(&self) -> Match {
        find(&Question {
            view: &self.view,
            presented: &self.presented,
            subject: &self.subject,
            system: &self.system,
            category: &self.category,
            purpose: self.purpose,
            form: self.form.parse().unwrap(),
            path: "$.firstName",
            now: at(self.now),
            immigration: self.immigration,
            associated: self.associated,
        })
    }
}

fn used(m: &Match) -> Option<(u8, &str)> {
    let ids = 0..=9;
    m.used.as_ref().map(|(g, item)| {
        let id = ids.clone().find(|i| grant("C-1", &["pd:Name"], *i).jti == g.jti).unwrap();
        (id, item.as_str())
    })
}

fn changed(id: u8, change: impl FnOnce(&mut Grant)) -> Grant {
    let mut grant = grant("C-1", &["pd:BirthDate", "pd:Name"], id);
    change(&mut grant);
    grant
}

#[test]
fn a_grant_of_this_person_answers() {
    let m = Asked::new([grant("C-1", &["pd:BirthDate", "pd:Name"], 1)]).ask();
    assert!(m.consent_item && m.consent_live && m.explained && m.active && m.this_person && !m.consent_path);
    assert_eq!((m.advice, used(&m), m.why_not_live), (Advice::Obtained, Some((1, "i2")), None));
}

#[test]
fn no_grant_says_no_and_accuses_nobody() {
    let m = Asked::new([grant("C-2", &["pd:Name"], 1)]).ask();
    assert!(!m.consent_item && !m.consent_live && !m.explained && !m.active && m.this_person);
    assert_eq!((m.advice, m.used, m.why_not_live), (Advice::None, None, None));
}

#[test]
fn items_are_exact() {
    let asked = || Asked::new([grant("C-1", &["pd:Identifying", "pd:BirthDate=generalised:year", "pd:Name"], 1)]);
    assert!(asked().ask().consent_item);
    for other in [
        Asked { category: "pd:FirstName".parse().unwrap(), ..asked() },
        Asked { category: "hg:Name".parse().unwrap(), ..asked() },
        Asked { category: "pd:BirthDate".parse().unwrap(), ..asked() },
        Asked { category: "pd:BirthDate".parse().unwrap(), form: "generalised:month", ..asked() },
        Asked { form: "pseudonym", ..asked() },
        Asked { purpose: Purpose::Support, ..asked() },
        Asked { system: "riverside-council".parse().unwrap(), ..asked() },
        Asked { system: "riverside-council/housing-referrals/x".parse().unwrap(), ..asked() },
    ] {
        let m = other.ask();
        assert!(!m.consent_item && m.used.is_none(), "{} {}", other.category, other.form);
    }
}

#[test]
fn a_path_is_compared_as_text_and_only_narrows() {
    let with = |path: &'static str| changed(1, |g| g.items[1].path = Some(path.into()));
    let m = Asked::new([with("$.firstName")]).ask();
    assert!(m.consent_item && m.consent_path);
    for path in ["$['firstName']", "$.firstname", "$.*", "$"] {
        assert!(!Asked::new([with(path)]).ask().consent_item, "{path}");
    }
}

#[test]
fn every_way_not_to_be_live_has_its_name() {
    let asked = || Asked::new([grant("C-1", &["pd:Name"], 1)]);
    let hours = |n: i64| Some(at(NOW - n * 3600));
    let state = |ended, uses, last_use| GrantState { ended, uses, last_use };
    for (asked, expected) in [
        (asked().state(1, state(hours(1), 0, None)), Some(NotLive::Ended)),
        (Asked { now: NOW + 14 * 86_400, ..asked() }, Some(NotLive::Expired)),
        (Asked { now: NOW + 14 * 86_400 - 1, ..asked() }, None),
        (Asked { now: NOW - 161, ..asked() }, Some(NotLive::NotYet)),
        (Asked { now: NOW - 160, ..asked() }, None),
        (asked().state(1, state(None, 1, hours(25))), Some(NotLive::Spent)),
        (asked().state(1, state(None, 1, None)), Some(NotLive::Spent)),
        (asked().state(1, state(None, 1, hours(24))), None),
        (asked().state(1, state(None, 0, hours(25))), None),
        // An end by the person is said before anything else.
        (Asked { now: NOW + 99 * 86_400, ..asked() }.state(1, state(hours(1), 9, hours(99))), Some(NotLive::Ended)),
    ] {
        let m = asked.ask();
        assert_eq!(m.why_not_live, expected);
        assert_eq!((m.consent_live, m.used.is_some()), (expected.is_none(), expected.is_none()));
        assert!(m.consent_item && m.this_person);
    }
}

#[test]
fn a_borrowed_token_is_told_apart_from_none() {
    let theirs = Arc::new(grant("C-2", &["pd:Name"], 1));
    let m = Asked { presented: vec![Arc::clone(&theirs)], ..Asked::new([]) }.ask();
    assert!(!m.this_person && !m.consent_item && m.used.is_none());
    // A grant of their own answers whatever else was presented.
    let m = Asked { presented: vec![Arc::clone(&theirs)], ..Asked::new([grant("C-1", &["pd:Name"], 2)]) }.ask();
    assert!(m.this_person && used(&m) == Some((2, "i1")));
    // Somebody else's token about something else accuses nobody.
    let other = Arc::new(grant("C-2", &["pd:BirthDate"], 3));
    assert!(Asked { presented: vec![other], ..Asked::new([]) }.ask().this_person);
    // A record with no subject: what was presented is not its own.
    let m = Asked { presented: vec![theirs], subject: Vec::new(), ..Asked::new([]) }.ask();
    assert!(!m.this_person && !m.consent_item);
}

#[test]
fn a_grant_under_an_older_key_still_answers() {
    let old = subjects().labels(&"inform".parse().unwrap(), "C-1").remove(1);
    assert!(old.as_str().starts_with("k2."));
    let m = Asked::new([changed(1, |g| g.subject = old)]).ask();
    assert_eq!(used(&m), Some((1, "i2")));
}

#[test]
fn who_agreed_and_who_interpreted() {
    let with = |capacity, interpreter, own| {
        changed(1, |g| {
            g.consent.capacity = capacity;
            g.consent.interpreter = interpreter;
            g.consent.own_language = own;
        })
    };
    let active = |grant, associated, immigration| Asked { associated, immigration, ..Asked::new([grant]) }.ask().active;
    let best = || with(Capacity::BestInterests, Interpreter::NotNeeded, true);
    assert!(active(best(), false, true) && !active(best(), true, false));
    let family = || with(Capacity::Presumed, Interpreter::Family, true);
    assert!(active(family(), true, false) && !active(family(), false, true));
    assert!(!active(with(Capacity::Presumed, Interpreter::None, false), false, false));
    assert!(active(with(Capacity::Presumed, Interpreter::None, true), false, false));
    assert!(active(with(Capacity::ChildCompetent, Interpreter::Professional, false), true, true));
}

#[test]
fn advice_counts_only_when_independent_and_before() {
    let advice = |state: &'static str, independent, when| {
        let grant = changed(1, |g| {
            let a = g.advice.as_mut().unwrap();
            (a.state, a.independent, a.at) = (state.parse().unwrap(), independent, at(when));
        });
        Asked::new([grant]).ask().advice
    };
    assert_eq!(advice("obtained", true, NOW - 100), Advice::Obtained);
    assert_eq!(advice("obtained", true, NOW - 99), Advice::None);
    assert_eq!(advice("obtained", false, NOW - 500), Advice::None);
    assert_eq!(advice("declined-after-offer", true, NOW - 500), Advice::Declined);
    assert_eq!(Asked::new([changed(1, |g| g.advice = None)]).ask().advice, Advice::None);
}

#[test]
fn explained_after_agreeing_is_not_explained() {
    let grant = changed(1, |g| g.consent.explained.alternatives = at(NOW - 499));
    assert!(!Asked::new([grant]).ask().explained);
}

#[test]
fn the_grant_that_satisfies_most_is_chosen() {
    let later = |g: &mut Grant| g.expires = at(NOW + 20 * 86_400);
    let path = |g: &mut Grant| g.items[1].path = Some("$.firstName".into());
    // Nearer its end first, other things equal; whatever the order they were recorded in.
    for order in [[1, 2], [2, 1]] {
        let grants = order.map(|id| {
            changed(id, |g| {
                if id == 2 {
                    later(g)
                }
            })
        });
        assert_eq!(used(&Asked::new(grants).ask()), Some((1, "i2")));
    }
    // Live before ended.
    let both = || [grant("C-1", &["pd:Name"], 1), changed(2, later)];
    let ended = GrantState { ended: Some(at(NOW)), ..GrantState::default() };
    assert_eq!(used(&Asked::new(both()).state(1, ended).ask()), Some((2, "i2")));
    // One with uses left before one that only a retry may use.
    let spent = GrantState { ended: None, uses: 1, last_use: Some(at(NOW - 60)) };
    assert_eq!(used(&Asked::new(both()).state(1, spent).ask()), Some((2, "i2")));
    assert_eq!(used(&Asked::new([grant("C-1", &["pd:Name"], 1)]).state(1, spent).ask()), Some((1, "i1")));
    // An associated recipient needs the path, anybody else may need the advice.
    let pair = || {
        [
            changed(1, |g| {
                path(g);
                g.advice = None;
            }),
            changed(2, later),
        ]
    };
    assert_eq!(used(&Asked { associated: true, ..Asked::new(pair()) }.ask()), Some((1, "i2")));
    assert_eq!(used(&Asked { immigration: true, ..Asked::new(pair()) }.ask()), Some((2, "i2")));
    // Explained and active come before both.
    let silent = changed(1, |g| {
        path(g);
        g.consent.capacity = Capacity::BestInterests;
    });
    assert_eq!(used(&Asked { associated: true, ..Asked::new([silent, changed(2, later)]) }.ask()), Some((2, "i2")));
}
