//! The kinds of notices: what each is called, and whether it waits.

use crate::panel::access::audit::Did;

/// What is said of a kind.
#[derive(Debug)]
pub(super) struct Kind {
    /// As notices name it.
    pub name: &'static str,
    /// Once, after "Havengate: ".
    pub one: &'static str,
    /// Several: after their number.
    pub many: &'static str,
    /// What somebody should know besides.
    pub about: &'static str,
    /// Told at once, not in a digest.
    pub at_once: bool,
}

/// Every kind that has words of its own.
const KINDS: &[Kind] = &[
    Kind {
        name: "attempt",
        one: "an attempt to reach the Home Office was stopped",
        many: "attempts to reach the Home Office were stopped",
        about: "Nothing was sent. Somebody or something tried to share with the Home Office, or with a recipient or a \
                forum that is linked to it. Ask why at your next meeting, or sooner.",
        at_once: true,
    },
    Kind {
        name: "safeguarding",
        one: "data was shared in an emergency",
        many: "emergency disclosures were recorded",
        about: "A support worker recorded a danger to life, to a child or to an adult at risk. Review it within 72 hours.",
        at_once: true,
    },
    Kind {
        name: "safeguarding-overdue",
        one: "an emergency disclosure waits for its review",
        many: "emergency disclosures wait for their review",
        about: "It should have been reviewed within 72 hours.",
        at_once: true,
    },
    Kind {
        name: "stop",
        one: "a stop was placed (down tools)",
        many: "stops were placed (down tools)",
        about: "A worker stopped a flow. Answer within a working day. Only a panel member can lift it.",
        at_once: true,
    },
    Kind {
        name: "stop-answered",
        one: "a stop was answered",
        many: "stops were answered",
        about: "The answer stands on the page of stops.",
        at_once: false,
    },
    Kind {
        name: "stop-overdue",
        one: "a stop waits for an answer",
        many: "stops wait for an answer",
        about: "A working day has passed since it was placed.",
        at_once: true,
    },
    Kind {
        name: "stop-lifted",
        one: "a stop was lifted",
        many: "stops were lifted",
        about: "The reason stands on the page of stops.",
        at_once: true,
    },
    Kind {
        name: "stop-limit",
        one: "one sheet's code placed all the stops that it can in an hour",
        many: "times that one sheet's code placed all the stops that it can in an hour",
        about: "Either much goes wrong at once, or somebody has the sheet who should not. Look at the page of stops. There \
                you can also withdraw the sheet and make another.",
        at_once: true,
    },
    Kind {
        name: "stop-code",
        one: "a sheet with a code to place stops was made or withdrawn",
        many: "sheets with a code to place stops were made or withdrawn",
        about: "If no panel member did that, ask who: without a sheet, workers cannot stop anything with a code. The page \
                of stops lists the sheets.",
        at_once: true,
    },
    Kind {
        name: "policy",
        one: "the rules changed, or a change was refused",
        many: "changes of the rules",
        about: "The page about policy says in words what is different now.",
        at_once: true,
    },
    Kind {
        name: "recipient",
        one: "a recipient was closed",
        many: "recipients were closed",
        about: "A link to the Home Office was found, or an assessment or a no-onward-sharing undertaking ended. Nothing \
                goes there any more. The page about recipients says what had gone.",
        at_once: true,
    },
    Kind {
        name: "account",
        one: "something changed about who may sign in",
        many: "changes about who may sign in",
        about: "An account of these pages was invited, opened, locked or closed, or a panel member made a token with \
                which a machine can read the figures.",
        at_once: true,
    },
    Kind {
        name: "concern",
        one: "somebody raised a concern",
        many: "concerns were raised",
        about: "Sign in to read it. It does not say who wrote it; do not try to find out.",
        at_once: true,
    },
    Kind {
        name: "breach",
        one: "a breach was reported",
        many: "breaches were reported",
        about: "Data may have been shared against the charter. The regulator must hear of some breaches within 72 hours.",
        at_once: true,
    },
    Kind {
        name: "breach-overdue",
        one: "the regulator must hear of a breach now",
        many: "times that the regulator must hear of a breach now",
        about: "The 72 hours are over, or are within a day, and nobody wrote down that the regulator was told or need not \
                be. The page about breaches says which, and until when.",
        at_once: true,
    },
    Kind {
        name: "told",
        one: "it was changed to whom these messages go",
        many: "changes of to whom these messages go",
        about: "Whoever runs the gateway changed it. Ask who did, and whether the right people hear of alarms now. The page \
                of messages lists them.",
        at_once: true,
    },
    Kind {
        name: "book-unsound",
        one: "a check did not find the record book in order",
        many: "checks that did not find the record book in order",
        about: "It may have been changed, or its disk may be failing. Nothing that the pages say is sure until it is known \
                why. Tell your IT team, and keep every copy.",
        at_once: true,
    },
    Kind {
        name: "demand",
        one: "somebody demanded data",
        many: "demands for data were recorded",
        about: "A request is not an order. Nothing happens by itself.",
        at_once: true,
    },
    Kind {
        name: "clock",
        one: "the gateway's clock went back",
        many: "times the gateway's clock went back",
        about: "The gateway went on with the later time. Tell your IT team.",
        at_once: false,
    },
    Kind { name: "digest", one: "what happened since the last summary", many: "summaries", about: "", at_once: true },
    Kind {
        name: "test",
        one: "this is a test",
        many: "tests",
        about: "Nothing happened. Somebody wanted to know whether messages arrive.",
        at_once: true,
    },
];

const UNKNOWN: Kind = Kind {
    name: "other",
    one: "something was written into the record book for you",
    many: "things were written into the record book for you",
    about: "Look at the panel's pages.",
    at_once: false,
};

/// What is said of an account, once and several times; `None` where nothing is told of it.
pub(super) const fn account(did: Did) -> Option<(&'static str, &'static str)> {
    match did {
        Did::Invited => Some(("somebody was invited to the panel", "people were invited to the panel")),
        Did::Confirmed => Some(("an invitation to the panel was confirmed", "invitations to the panel were confirmed")),
        Did::Opened => Some(("an account of the panel was opened", "accounts of the panel were opened")),
        Did::Locked => Some(("too many wrong tries locked an account", "times that wrong tries locked an account")),
        Did::Closed => Some(("an account of the panel was closed", "accounts of the panel were closed")),
        Did::TokenMade => Some(("a token to read the figures was made", "tokens to read the figures were made")),
        Did::SignedIn | Did::TokenEnded => None,
    }
}

/// What is said of a kind; one that is not known here gets general words.
pub(super) fn of(name: &str) -> &'static Kind {
    KINDS.iter().find(|k| k.name == name).unwrap_or(&UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    fn sources(dir: &Path, found: &mut String) {
        for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                sources(&entry, found);
            } else if entry.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&entry).unwrap();
                found.push_str(text.split("#[cfg(test)]\nmod tests {").next().unwrap());
            }
        }
    }

    /// The text of a constant, by its name without the module's.
    fn constant<'t>(text: &'t str, name: &str) -> BTreeSet<&'t str> {
        let start = format!("const {name}: &str = \"");
        text.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
    }

    #[test]
    fn every_kind_that_is_queued_anywhere_has_words_of_its_own() {
        let mut text = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
        let mut queued = BTreeSet::new();
        for rest in text.split("Change::Notify { kind: ").skip(1) {
            let kind = rest.split(" }").next().unwrap().trim();
            match kind.strip_prefix('"') {
                Some(literal) => drop(queued.insert(literal.trim_end_matches('"'))),
                None => {
                    let found = constant(&text, kind.rsplit("::").next().unwrap());
                    assert!(!found.is_empty(), "{kind}: neither a text nor a constant");
                    queued.extend(found);
                }
            }
        }
        assert!(queued.len() > 12, "{queued:?}");
        for kind in queued {
            assert_eq!(of(kind).name, kind, "{kind} is queued and has no words of its own");
        }
    }

    #[test]
    fn words_read_well_and_what_cannot_wait_does_not() {
        for kind in KINDS {
            assert!(!kind.one.is_empty() && !kind.many.is_empty() && kind.one != kind.many, "{}", kind.name);
            assert!(!kind.one.ends_with('.') && (kind.about.is_empty() || kind.about.ends_with('.')), "{}", kind.name);
        }
        for urgent in [
            "attempt",
            "stop",
            "stop-limit",
            "stop-code",
            "safeguarding-overdue",
            "account",
            "concern",
            "breach",
            "breach-overdue",
            "told",
            "book-unsound",
            "demand",
        ] {
            assert!(of(urgent).at_once, "{urgent}");
        }
    }
}
