//! `havengate consent …`: what is typed becomes a command or a token.

use crate::world::*;
use clap::{CommandFactory as _, Parser};
use havengate::{
    cli::consent::{ConsentCommand, Desk, Failure, Printed, run},
    consent::{issue, token::verify},
    flow::Purpose,
    gate::{
        control::{Command, ControlError, End, Reply},
        keys,
    },
};
use jiff::Timestamp;
use serde_json::json;
use std::{cell::RefCell, path::Path};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    consent: ConsentCommand,
}

/// A ledger that notes what it was asked.
struct Book {
    home: tempfile::TempDir,
    keys: std::path::PathBuf,
    asked: RefCell<Vec<Command>>,
    answer: RefCell<Option<Result<Reply, ControlError>>>,
}

impl Book {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let keys = home.path().join("keys");
        keys::create_dir(&keys).unwrap();
        Self { home, keys, asked: RefCell::default(), answer: RefCell::default() }
    }

    fn try_run(&self, line: &str) -> Result<Printed, Failure> {
        let args = std::iter::once("consent").chain(line.split_whitespace());
        let cli = Cli::try_parse_from(args).map_err(|e| Failure { exit: 2, text: e.to_string() })?;
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(cli.consent, self))
    }

    fn asked(&self, line: &str) -> Command {
        self.try_run(line).unwrap();
        self.asked.borrow_mut().pop().unwrap()
    }
}

impl Desk for Book {
    fn now(&self) -> Timestamp {
        at(NOW)
    }
    fn keys(&self) -> &Path {
        &self.keys
    }
    fn audience(&self) -> &str {
        AUDIENCE
    }
    async fn ask(&self, command: Command) -> Result<Reply, ControlError> {
        self.asked.borrow_mut().push(command);
        self.answer.take().unwrap_or(Ok(Reply::Done { text: "ok".into(), data: json!(null) }))
    }
}

const ISSUE: &str = "issue --app inform --client C-1 --to riverside-council/housing-referrals --item pd:Name@$.firstName \
                     --item pd:BirthDate=generalised:year --purpose accommodation --explained-at 2026-11-21T09:30 \
                     --act signed-on-paper --advice IAA@2026-11-19";

#[test]
fn issue_asks_for_what_was_typed() {
    let book = Book::new();
    let Command::ConsentIssue(asked) = book.asked(ISSUE) else { panic!() };
    assert_eq!((asked.app.as_str(), asked.client.as_str()), ("inform", "C-1"));
    let draft = &asked.draft;
    assert_eq!(draft.items.len(), 2);
    assert_eq!(draft.items[0].path.as_deref(), Some("$.firstName"));
    assert_eq!(draft.items[1].form.to_string(), "generalised:year");
    assert_eq!((draft.not_before, draft.expires, draft.max_uses), (at(NOW), at(NOW + 14 * 86_400), 1));
    assert_eq!(draft.consent.at, at(NOW));
    assert!(issue::grant(draft, label("C-1"), [1; 16], at(NOW)).is_ok());

    let Command::ConsentIssue(asked) = book.asked(&format!("{ISSUE} --expires 2026-11-30 --max-uses 3")) else {
        panic!()
    };
    assert_eq!((asked.draft.expires, asked.draft.max_uses), ("2026-12-01T00:00:00Z".parse().unwrap(), 3));
}

#[test]
fn a_token_signed_here_counts_at_the_gateway() {
    let book = Book::new();
    let made = book.try_run("keygen").unwrap();
    assert_eq!(made.data["issuer"], "https://consent.charity.example");
    let printed = book.try_run(&format!("{ISSUE} --token")).unwrap();
    assert!(book.asked.borrow().is_empty(), "nothing is recorded until it is used");
    let keys = keys::load_dir(&book.keys).unwrap();
    let grant = verify(&printed.text, &keys.issuers, AUDIENCE, at(NOW)).unwrap();
    assert_eq!(grant.subject, keys.subjects.label(&"inform".parse().unwrap(), "C-1"));
    assert_eq!(printed.data["jti"], json!(grant.jti));
}

#[test]
fn keys_are_never_overwritten_and_may_be_made_elsewhere() {
    let book = Book::new();
    let out = book.home.path().join("elsewhere");
    let line = format!("keygen --kid pages-1 --issuer https://pages.example --out {}", out.display());
    assert_eq!(book.try_run(&line).unwrap().data["kid"], "pages-1");
    assert!(out.join("issuers/pages-1.pub").exists());
    let failure = book.try_run(&line).unwrap_err();
    assert_eq!(failure.exit, 3);
    assert!(failure.text.contains("not overwritten"), "{failure}");
    assert_eq!(book.try_run(&format!("{ISSUE} --token")).unwrap_err().exit, 3, "no issuing key in keys/");
    assert_eq!(book.try_run("keygen --kid ../x").unwrap_err().exit, 2);
}

#[test]
fn end_and_emergency() {
    let book = Book::new();
    let id = "abcdefghijklmnopqrstuvwx23";
    assert_eq!(book.asked(&format!("end {id}")), Command::ConsentEnd(End::Consent(id.parse().unwrap())));
    match book.asked("end --client C-1 --app inform --died") {
        Command::ConsentEnd(End::Client { client, died: true, .. }) => assert_eq!(client.as_str(), "C-1"),
        other => panic!("{other:?}"),
    }
    match book.asked("emergency --app inform --client C-1 --to ambulance/999 --ground life") {
        Command::ConsentEmergency(e) => assert_eq!(e.ground.as_str(), "life"),
        other => panic!("{other:?}"),
    }
    for wrong in
        ["end", "end x --client C-1 --app inform", "end --client C-1", "end x --died", "emergency --ground flood"]
    {
        assert_eq!(book.try_run(wrong).unwrap_err().exit, 2, "{wrong}");
    }
    assert!(book.asked.borrow().is_empty());
}

#[test]
fn a_no_is_recorded_too_and_of_nobody() {
    let book = Book::new();
    let Command::ConsentIssue(asked) =
        book.asked(&format!("{ISSUE} --declined pd:Nationality --declined pd:BirthDate"))
    else {
        panic!()
    };
    let declined: Vec<_> = asked.draft.declined.iter().map(|i| i.category.as_str()).collect();
    assert_eq!(declined, ["pd:Nationality", "pd:BirthDate"]);
    assert!(issue::grant(&asked.draft, label("C-1"), [1; 16], at(NOW)).is_ok(), "the exact date is not the year");
    match book.asked("declined --to riverside-council/housing-referrals --purpose accommodation --items 4") {
        Command::ConsentDeclined(declined) => {
            assert_eq!((declined.items, declined.purpose), (4, Purpose::Accommodation))
        }
        other => panic!("{other:?}"),
    }
    for wrong in [
        "declined --to a/b --purpose accommodation --items 0",
        "declined --to a/b --purpose accommodation",
        "declined --to a/b --purpose accommodation --items 3 --client C-1",
        &format!("{ISSUE} --token --declined pd:Nationality"),
    ] {
        assert_eq!(book.try_run(wrong).unwrap_err().exit, 2, "{wrong}");
    }
    assert!(book.asked.borrow().is_empty());
}

#[test]
fn what_only_the_worker_knows_is_never_assumed() {
    let book = Book::new();
    for needed in ["--explained-at 2026-11-21T09:30", "--act signed-on-paper", "--purpose accommodation"] {
        let failure = book.try_run(&ISSUE.replace(needed, "")).unwrap_err();
        assert_eq!(failure.exit, 2);
        assert!(failure.text.contains(needed.split(' ').next().unwrap()), "{failure}");
    }
    for wrong in ["--expires 2026-11-30 --days 3", "--days 0", "--max-uses 0", "--item Name", "--consented-at noon"] {
        assert_eq!(book.try_run(&format!("{ISSUE} {wrong}")).unwrap_err().exit, 2, "{wrong}");
    }
}

#[test]
fn help_teaches() {
    let mut cli = Cli::command();
    cli.clone().debug_assert();
    let issue = cli.find_subcommand_mut("issue").unwrap().render_long_help().to_string();
    for word in ["Example", "--item pd:BirthDate=generalised:year", "possible values", "[default: 14]"] {
        assert!(issue.contains(word), "{issue}");
    }
    assert!(cli.render_help().to_string().contains("phone 999 now"));
}

#[test]
fn an_emergency_that_cannot_be_recorded_says_that_nothing_stops_you() {
    let book = Book::new();
    book.answer.replace(Some(Err(ControlError::Timeout)));
    let failure = book.try_run("emergency --app inform --client C-1 --to ambulance/999 --ground life").unwrap_err();
    assert!(failure.text.ends_with("Danger to life: phone 999 now. Nothing here stops you."), "{failure}");
}

#[test]
fn a_refusal_and_a_gateway_that_is_away_have_their_exit_codes() {
    let book = Book::new();
    for (answer, exit) in [
        (Ok(Reply::Refused { text: "no such recipient".into() }), 1),
        (Ok(Reply::Invalid { text: "The line …".into() }), 5),
        (Err(ControlError::NotRunning("control.sock".into())), 5),
    ] {
        book.answer.replace(Some(answer));
        assert_eq!(book.try_run(ISSUE).unwrap_err().exit, exit);
    }
}
