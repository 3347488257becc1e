//! Sets of rules: which there were, what each changed in words, what it would have changed before.

use crate::world::{CONNECTION, COUNCIL, World};
use havengate::{
    flow::{Act, Form, Group, SubjectLabel},
    ledger::{
        Assert, Change, Detail, Leaf, Permission, Tx,
        leaf::{Decided, Kind},
    },
    panel::access::Role,
    policy::{Sources, shipped},
};

const FILE: &str = "integrations/inform-riverside.toml";

fn with(changes: &[(&str, &str, &str)]) -> Sources {
    let mut sources = shipped::sources();
    for (file, from, to) in changes {
        let text = sources.get(file).unwrap().to_owned();
        assert!(text.contains(from), "{from}");
        sources.insert(*file, text.replace(from, to));
    }
    sources
}

/// Somebody's phone number is sent, and their nationality held back.
async fn referred(world: &World, person: u32) {
    let leaf = Leaf {
        decision: Some(world.decision()),
        policy: Some(world.policy.hash),
        integration: Some(CONNECTION.parse().unwrap()),
        operation: Some("refer".parse().unwrap()),
        destination: Some(COUNCIL.parse().unwrap()),
        decided: Some(Decided::Allowed),
        counts: [((Group::Contact, "raw", Act::Sent), 1), ((Group::Immigration, "raw", Act::Stripped), 1)].into(),
        ..Leaf::new(Kind::Decision)
    };
    let row = |category: &str, path: &str, act| Detail {
        at: world.ledger.now(),
        subject: SubjectLabel::parse(&format!("k1.person-{person:04}")).ok(),
        consent: None,
        category: category.parse().ok(),
        form: Some(Form::Raw),
        path: Some(path.into()),
        act,
        count: 1,
    };
    let detail =
        vec![row("pd:TelephoneNumber", "$.phone", Act::Sent), row("pd:Nationality", "$.nationality", Act::Stripped)];
    let tx = Tx { asserts: vec![Assert::PolicyActive(world.policy.hash)], leaf, detail, changes: vec![] };
    assert!(matches!(world.ledger.permit(tx).await.unwrap(), Permission::Granted(_)));
}

#[tokio::test]
async fn every_set_is_listed_and_its_difference_said_in_words() {
    let world = World::new().await;
    let less = world.activated(&with(&[(FILE, "\"$.nationality\" = \"pd:Nationality\"\n", "")])).await;
    world.at("2026-11-21T10:00:00Z");
    let back = world.activated(&shipped::sources()).await;
    let mut operator = world.signed(Role::Operator).await;
    let list = operator.get("/policy").await;
    assert_eq!(list.text.matches("The difference in words").count(), 3, "{}", list.text);
    let words = list.words();
    assert!(
        words.contains("21 November 2026 (active now)") && words.contains("Who made a set active is not recorded"),
        "{words}"
    );
    assert!(words.contains(&format!("test, {}", world.ledger.boot())), "{words}");

    let leaf = Leaf { policy: Some(back), ..Leaf::new(Kind::PolicyRejected) };
    world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes: vec![] }).await.unwrap();
    let words = operator.get("/policy").await.words();
    assert!(words.contains("Sets that were not taken up") && words.contains("21 November 2026 (entry 3)"), "{words}");

    let page = operator.get(&format!("/policy/{less}")).await.words();
    let gone = "From now on nationality no longer goes to Riverside Council (example) – housing referrals, exact";
    assert!(page.contains(gone) && page.contains("This lets less out."), "{page}");
    let page = operator.get(&format!("/policy/{back}")).await.words();
    let again = "This lets more out From now on nationality may go to Riverside Council (example) – housing referrals, \
                 exact, with consent and independent immigration advice";
    assert!(page.contains(again) && page.contains("integrations/inform-riverside.toml was changed"), "{page}");
    // The same set was active before, as the first: there is none to compare that with.
    let first = operator.get(&format!("/policy/{back}?entry=0")).await.words();
    assert!(first.contains("It is the first set in the record book"), "{first}");
    for nobody in ["00", "..%2f..", &"0".repeat(64), &back.to_string().to_uppercase()] {
        assert_eq!(operator.get(&format!("/policy/{nobody}")).await.status, 404, "{nobody}");
    }
}

#[tokio::test]
async fn who_activated_a_set_is_said_as_its_entry_says_it() {
    let world = World::new().await;
    let mut operator = world.signed(Role::Operator).await;
    for (extra, said) in [
        (vec![], "by whom is not recorded"),
        (vec![("by", "start")], "at the gateway's start"),
        (vec![("by", "signal")], "by a signal to the program"),
        (vec![("by", "command"), ("user", "1042")], "by the command policy reload of the machine's user number 1042"),
    ] {
        let mut leaf = Leaf::new(Kind::PolicyActivated);
        leaf.policy = Some(world.policy.hash);
        leaf.extra = extra.into_iter().map(|(name, word)| (name, word.to_owned())).collect();
        let sources = serde_json::to_string(&shipped::sources().0).unwrap();
        let changes = vec![Change::ActivatePolicy { hash: world.policy.hash, sources }];
        world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
        let words = operator.get(&format!("/policy/{}", world.policy.hash)).await.words();
        assert!(words.replace("&#39;", "'").contains(said), "{said}: {words}");
    }
}

#[tokio::test]
async fn where_nothing_moves_only_the_files_are_named() {
    let world = World::new().await;
    let same = world.activated(&with(&[(FILE, "# Housing referrals", "# Our housing <b>referrals</b>")])).await;
    let mut member = world.signed(Role::Panel).await;
    let page = member.get(&format!("/policy/{same}")).await.words();
    assert!(page.contains("No difference in what may go where."), "{page}");
    assert!(page.contains("integrations/inform-riverside.toml was changed"), "{page}");
    // Another version of Havengate wrote this one, or so it looks.
    let other = world.activated(&with(&[("local.cedar", "permit (", "allow (")])).await;
    let page = member.get(&format!("/policy/{other}")).await.words();
    assert!(page.contains("cannot read one of the two sets any more"), "{page}");
    assert!(page.contains("local.cedar was changed") && !page.contains("No difference"), "{page}");
}

#[tokio::test]
async fn a_rule_s_text_and_a_link_s_evidence_can_be_opened_and_hold_no_marks() {
    let world = World::new().await;
    let link = "\n[[link]]\nfrom = \"riverside-council\"\nto = \"home-office\"\nkind = \"shares-with\"\ncarries = \"all\"\n\
                status = \"in-force\"\nconfidence = \"high\"\nevidence = [\"Minutes <script>alert(1)</script>\"]\n";
    let mut sources = shipped::sources();
    let text = sources.get("organisations.toml").unwrap().to_owned() + link;
    sources.insert("organisations.toml", text);
    let hash = world.activated(&sources).await;
    let page = world.signed(Role::Panel).await.get(&format!("/policy/{hash}")).await;
    assert!(page.text.contains("Minutes &#60;script&#62;") && !page.text.contains("<script>"), "{}", page.text);
    let words = page.words();
    assert!(words.contains("By the connection inform-riverside nothing can go to"), "{words}");
    assert!(words.contains("What may go by it Operation need: CHAIN number, exact, with consent and"), "{words}");
    assert!(words.contains("The evidence Minutes"), "{words}");
}

#[tokio::test]
async fn a_set_is_replayed_over_the_month_before_it() {
    let world = World::new().await;
    world.at("2026-10-01T10:00:00Z");
    world.at("2026-11-20T12:00:00Z");
    for person in 0..23 {
        referred(&world, person).await;
    }
    world.at("2026-12-01T12:00:00Z");
    let changes = [
        (FILE, "\"$.phone\"      = \"pd:TelephoneNumber\"\n", ""),
        (FILE, "\"$.nationality\" = \"pd:Nationality\"", "\"$.nationality\" = \"hg:Operational\""),
    ];
    let hash = world.activated(&with(&changes)).await;
    let mut member = world.signed(Role::Panel).await;
    let page = format!("/policy/{hash}");
    let entry = member.get(&page).await.value("entry");
    let begun = member.fill(&page, &format!("{page}/replay"), &[("entry", &entry)]).await;
    assert_eq!(begun.status, 303, "{}", begun.text);
    let words = loop {
        let words = member.get(begun.location()).await.words();
        if !words.contains("It is being worked out.") {
            break words;
        }
        tokio::task::yield_now().await;
    };
    assert!(words.contains("for 1 November 2026 to 1 December 2026: 23 requests."), "{words}");
    let phone = "(connection inform-riverside, operation refer, `$.phone`) would not have left: the place is not listed. \
                 (20 values or more)";
    assert!(words.contains(phone), "{words}");
    let nationality = "(connection inform-riverside, operation refer, `$.nationality`) was held back and could have left, \
                       without consent. (20 values or more)";
    assert!(words.contains(nationality), "{words}");
    assert!(words.contains("It assumes the same consents"), "{words}");
    assert!(!words.contains("person-00"), "{words}");
    let wrong = member.fill(&page, &format!("{page}/replay"), &[("entry", "0")]).await;
    assert_eq!(wrong.status, 404, "another set's entry: {}", wrong.text);
}

/// What a replay comes to of a set that does not list telephone numbers.
async fn replayed_without_phone(world: &World) -> String {
    let hash = world.activated(&with(&[(FILE, "\"$.phone\"      = \"pd:TelephoneNumber\"\n", "")])).await;
    let mut member = world.signed(Role::Panel).await;
    let page = format!("/policy/{hash}");
    let entry = member.get(&page).await.value("entry");
    member.fill(&page, &format!("{page}/replay"), &[("entry", &entry)]).await;
    loop {
        let words = member.get(&page).await.words();
        if words.contains("Worked out on") {
            return words;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn few_people_are_few_in_a_replay_too() {
    let world = World::new().await;
    for _ in 0..15 {
        referred(&world, 1).await;
    }
    let words = replayed_without_phone(&world).await;
    assert!(words.contains("(fewer than 10 values, or of fewer than 10 people)"), "{words}");
}

#[tokio::test]
async fn a_small_charity_is_told_yes_since_the_quarter_began() {
    let world = World::of(49, "").await;
    for person in 0..23 {
        referred(&world, person).await;
    }
    world.at("2026-12-20T12:00:00Z");
    let words = replayed_without_phone(&world).await;
    assert!(words.contains("for 1 October 2026 to 20 December 2026: 23 requests."), "{words}");
    assert!(words.contains("the place is not listed. (yes)") && !words.contains("or more)"), "{words}");
}

#[test]
fn the_command_says_the_same_sentences_and_asks_for_a_second_look() {
    let home = tempfile::tempdir().unwrap();
    let written = |name: &str, sources: &Sources| {
        for (path, text) in &sources.0 {
            let file = home.path().join(name).join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
    };
    written("old", &with(&[(FILE, "\"$.nationality\" = \"pd:Nationality\"\n", "")]));
    written("new", &shipped::sources());
    let diff = |old: &str, new: &str, json: bool| {
        let mut command = assert_cmd::Command::cargo_bin("havengate").unwrap();
        command.env_clear().current_dir(home.path()).args(json.then_some("--json")).args(["policy", "diff", old, new]);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, out, _) = diff("old", "new", false);
    assert!(code == Some(1) && out.contains("From now on nationality may go to Riverside Council"), "{out}");
    assert!(
        out.contains("This lets more out.") && out.contains("- integrations/inform-riverside.toml was changed"),
        "{out}"
    );
    let (code, out, _) = diff("new", "old", false);
    assert!(code == Some(0) && out.contains("nationality no longer goes"), "{out}");
    let (code, out, _) = diff("new", "new", true);
    let data: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(code == Some(0) && data["lets_more_out"] == false, "{out}");
    let (code, _, err) = diff("new", "nowhere", false);
    assert!(code == Some(2) && err.contains("name a directory of policies"), "{err}");
    std::fs::write(home.path().join("old/local.cedar"), "allow;").unwrap();
    let (code, _, err) = diff("old", "new", false);
    assert!(code == Some(3) && err.contains("old does not compile (local.cedar"), "{err}");
}
