//! What only the inside can see: a missing fact, an altered floor, words that drifted apart, a full memo.

use super::*;
use crate::{
    flow::{Group, Transform},
    policy::CategoryFacts,
};
use cedar_policy::{Context, EntityUid};

fn categories() -> Categories {
    let name =
        CategoryFacts { label: String::new(), group: Group::Identity, parent: None, coarse: false, holds: Vec::new() };
    Categories([("pd:Name".parse().unwrap(), name)].into())
}

fn assemble(floor: &str) -> Result<Charter, Vec<Diagnostic>> {
    let local = "@id(\"everything\") permit (principal, action, resource);";
    Charter::assemble(&CedarSources { floor, local, schema: SCHEMA }, &categories())
}

fn facts() -> DisclosureFacts {
    DisclosureFacts {
        recipient: RecipientFacts {
            integration: "i".parse().unwrap(),
            system: "s".parse().unwrap(),
            class: Class::Clear,
            kind: SystemKind::Housing,
            purpose: Purpose::Accommodation,
            undertaking: true,
            approved: true,
            stopped: false,
            home_office_forum: false,
            safeguarding_recipient: false,
        },
        category: "pd:Name".parse().unwrap(),
        form: Form::Raw,
        one_subject: true,
        consent_item: true,
        consent_live: true,
        consent_path: true,
        explained: true,
        active: true,
        this_person: true,
        advice: Advice::Obtained,
        safeguarding: false,
        aggregate: false,
    }
}

fn denied_by(ruling: &Ruling) -> Vec<&str> {
    match ruling {
        Ruling::Allow { .. } => Vec::new(),
        Ruling::Deny { by } => by.iter().map(|(r, _)| r.as_str()).collect(),
    }
}

/// Each fact taken away in turn, past the schema that would refuse the request outright.
#[test]
fn a_missing_fact_forbids() {
    let charter = assemble(FLOOR).unwrap();
    for request in [
        charter.vocabulary.contact(&facts().recipient, &charter.schema).unwrap(),
        charter.vocabulary.disclose(&facts(), true, &charter.schema).unwrap(),
    ] {
        assert!(denied_by(&charter.ask(Some(request.clone()))).is_empty(), "the facts themselves are allowed");
        let context: Vec<(String, _)> = request.context().unwrap().clone().into_iter().collect();
        assert!(context.len() >= 8);
        for i in 0..context.len() {
            let mut less = context.clone();
            let (gone, _) = less.remove(i);
            let [from, action, to]: [EntityUid; 3] =
                [request.principal(), request.action(), request.resource()].map(|e| e.unwrap().clone());
            let less = Context::from_pairs(less).unwrap();
            let checked = Request::new(from.clone(), action.clone(), to.clone(), less.clone(), Some(&charter.schema));
            assert!(checked.is_err(), "the schema accepted a request without {gone}");
            let unchecked = Request::new(from, action, to, less, None).unwrap();
            let by = charter.ask(Some(unchecked));
            assert!(denied_by(&by).contains(&"facts-complete"), "{gone}: {by:?}");
        }
    }
    assert_eq!(denied_by(&charter.ask(None)), [CHARTER_ERROR]);
}

#[test]
fn an_altered_floor_is_found_out() {
    let first = "@id(\"no-home-office\")\n@clause(\"DATA-1\")\n@also(\"UNITE-2017\")\nforbid";
    assert!(FLOOR.contains(first));
    for (mended, message) in [
        (first.replace("forbid", "permit"), "the floor may only forbid"),
        (first.replace("@clause(\"DATA-1\")\n", ""), "has not exactly one clause"),
        (first.replace("DATA-1", "DATA-1 DATA-2"), "has not exactly one clause"),
        (first.replace("@id(\"no-home-office\")\n", ""), "a rule without @id"),
        (first.replace("no-home-office", "stopped"), "a second rule named stopped"),
    ] {
        let floor = FLOOR.replace(first, &mended);
        let found = assemble(&floor).unwrap_err();
        assert_eq!(found.len(), 1, "{found:#?}");
        let d = found.first().unwrap();
        assert!(d.message.contains(message), "{message}: {d:?}");
        assert_eq!(d.file, "floor.cedar");
        assert!(floor.get(d.span.clone().unwrap()).unwrap().starts_with('@'), "{d:?}");
        // And the door that users come through takes no other floor at all.
        let sources = CedarSources { floor: &floor, local: "", schema: SCHEMA };
        assert!(Charter::compile(&sources, &categories()).is_err());
    }
}

#[test]
fn a_broken_schema_says_where() {
    let schema = SCHEMA.replace("class: Class,", "class: Clas,");
    let found = Charter::assemble(&CedarSources { floor: FLOOR, local: "", schema: &schema }, &categories());
    let found = found.unwrap_err();
    assert_eq!(found[0].file, "schema.cedarschema");
    assert!(found[0].message.contains("Clas"), "{found:?}");
    let schema = SCHEMA.replace("entity System;", "entity System");
    let found = Charter::assemble(&CedarSources { floor: FLOOR, local: "", schema: &schema }, &categories());
    assert!(found.unwrap_err()[0].span.is_some());
}

/// Every word that Rust can say is one the schema knows, or the request would be refused.
#[test]
fn schema_and_code_speak_the_same_words() {
    let charter = assemble(FLOOR).unwrap();
    let forms = Transform::ALL.iter().map(|t| Form::Generalised(*t)).chain([Form::Raw, Form::Pseudonym]);
    let mut asked = Vec::new();
    asked.extend(forms.map(|form| DisclosureFacts { form, ..facts() }));
    asked.extend([Advice::None, Advice::Declined].map(|advice| DisclosureFacts { advice, ..facts() }));
    let recipient = |r| DisclosureFacts { recipient: r, ..facts() };
    asked.extend(Class::ALL.iter().map(|c| recipient(RecipientFacts { class: *c, ..facts().recipient })));
    asked.extend(SystemKind::ALL.iter().map(|k| recipient(RecipientFacts { kind: *k, ..facts().recipient })));
    asked.extend(Purpose::ALL.iter().map(|p| recipient(RecipientFacts { purpose: *p, ..facts().recipient })));
    for facts in asked {
        assert!(charter.vocabulary.disclose(&facts, true, &charter.schema).is_some(), "{facts:?}");
        assert!(charter.vocabulary.contact(&facts.recipient, &charter.schema).is_some(), "{facts:?}");
    }
    for group in Group::ALL {
        let mut categories = categories();
        categories.0.values_mut().for_each(|f| f.group = *group);
        let local = "@id(\"none\") forbid (principal, action, resource);";
        let sources = CedarSources { floor: FLOOR, local, schema: SCHEMA };
        assert!(Charter::compile(&sources, &categories).is_ok(), "{group}");
    }
}

#[test]
fn a_memo_holds_each_ruling_once_and_no_more_than_it_may() {
    let memo: Memo<usize> = Memo::new();
    let ruling = Ruling::Allow { by: Arc::new([]) };
    for i in 0..memo::CAPACITY + 10 {
        memo.get_or(&i, || ruling.clone());
        memo.get_or(&i, || panic!("decided twice"));
        assert!(memo.len() <= memo::CAPACITY);
    }
}
