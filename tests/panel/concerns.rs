//! Concerns: anybody writes, only panel members read, only the code's holder reads the answer, nothing vanishes unseen.

use crate::{
    breaches,
    browser::{Browser, Seen},
    demands,
    stops::{Lines, big, fill_hidden, leaves, shown, told},
    world::World,
};
use havengate::panel::{
    access::{
        Role,
        account::{self, Closed},
        keys,
    },
    sealed,
};
use hyper::header;

const TEXT: &str = "The manager mails the sleep sites to <b>Priti</b> & Co. every Friday. Quokka.";

pub(crate) async fn give(browser: &mut Browser, text: &str) -> Seen {
    fill_hidden(browser, "/concern", "/concern", &["code", "once"], &[("text", text)]).await
}

/// The page of the newest concern.
async fn newest(member: &mut Browser) -> String {
    let list = member.get("/concerns").await;
    let (_, rest) = list.text.split_once("href=\"/concerns/").unwrap_or_else(|| panic!("{}", list.text));
    format!("/concerns/{}", rest.split('"').next().unwrap())
}

/// No file of the home holds this, written plainly or as a form.
#[track_caller]
fn nowhere(world: &World, words: &str) {
    let mut files = 0;
    for entry in std::fs::read_dir(world.home.path()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        files += 1;
        let found = bytes.windows(words.len()).any(|w| w.eq_ignore_ascii_case(words.as_bytes()));
        assert!(!found, "{} holds {words}", path.display());
    }
    assert!(files >= 2, "nothing was looked at");
}

#[tokio::test]
async fn a_concern_is_read_by_members_and_by_nobody_else() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let received = give(&mut world.anybody(), TEXT).await;
    assert_eq!(received.status, 200, "{}", received.words());
    let code = shown(&received, "code");
    assert_eq!((code.len(), code.split(' ').count()), (29, 6), "{code}");
    assert!(received.words().contains("It is shown only this once"), "{}", received.words());

    let list = member.get("/concerns").await;
    assert!(list.words().contains("Concern 1 Friday 20 November 2026 waits for an answer"), "{}", list.words());
    assert!(!list.text.contains("Quokka"));
    let page = newest(&mut member).await;
    let one = member.get(&page).await;
    assert_eq!(one.headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
    assert!(one.text.contains("&#60;b&#62;Priti&#60;/b&#62; &#38; Co. every Friday. Quokka."), "{}", one.text);
    for role in [Role::Worker, Role::Operator] {
        let mut other = world.signed(role).await;
        for path in ["/concerns", page.as_str()] {
            let seen = other.get(path).await;
            assert!(seen.status == 403 && !seen.text.contains("Quokka"), "{role} {path}");
        }
        for action in ["answer", "close", "share"] {
            assert_eq!(other.send(&format!("{page}/{action}"), &[("text", "x")]).await.status, 403, "{role} {action}");
        }
    }
    nowhere(&world, "Quokka");
    nowhere(&world, &code);
    nowhere(&world, &code.replace(' ', ""));
}

#[tokio::test]
async fn the_record_book_holds_the_sealed_texts_hash_and_nothing_else() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    give(&mut world.anybody(), TEXT).await;
    let all = leaves(&world, "concern.received").await;
    assert_eq!((all.len(), told(&world, "concern").await), (1, 1));
    let keys: Vec<_> = all[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["boot", "day", "extra", "gateway", "type"]);
    let extra = all[0]["extra"].as_object().unwrap();
    assert_eq!((extra.len(), extra["sha256"].as_str().unwrap().len()), (1, 64));

    assert!(!member.get("/concerns").await.words().contains("missing"));
    let panel = world.running.panel();
    let id: String =
        panel.store().read(|db| db.query_row("SELECT id FROM concern_texts", [], |r| r.get(0))).await.unwrap();
    panel
        .store()
        .write(move |db| {
            db.execute("UPDATE concern_texts SET sealed = replace(sealed, '\"text\"', '\"tixt\"') WHERE id = ?1", [id])
        })
        .await
        .unwrap();
    let page = newest(&mut member).await;
    let changed = member.get(&page).await;
    assert!(changed.words().contains("This was changed since it came in"), "{}", changed.words());
    panel.store().write(|db| db.execute("DELETE FROM concern_texts", [])).await.unwrap();
    assert!(member.get("/concerns").await.words().contains("1 text is missing."));
}

#[tokio::test]
async fn nothing_is_kept_or_logged_of_who_writes() {
    let world = World::new().await;
    let _member = world.signed(Role::Panel).await;
    let lines = Lines::default();
    let writer = lines.clone();
    let all =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(all);
    let mut anybody = world.anybody().with_cookie("__Host-havengate=abcdefghijklmnopqrstuvwxyz; Path=/");
    let received = give(&mut anybody, TEXT).await;
    let code = shown(&received, "code");
    for seen in [
        received,
        anybody.send("/concern/answers", &[("code", &code)]).await,
        anybody.send("/concern/answers", &[("code", "wrong")]).await,
        anybody.get("/concern/answers").await,
    ] {
        assert!(seen.headers.get(header::SET_COOKIE).is_none());
        assert_eq!(seen.headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
    }
    drop(guard);
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for word in ["Quokka", "/concern", "havengate::panel", code.as_str()] {
        assert!(!logged.contains(word), "{word}: {logged}");
    }
    let days = "SELECT group_concat(day) FROM concern_texts";
    let kept: String =
        world.running.panel().store().read(move |db| db.query_row(days, [], |r| r.get(0))).await.unwrap();
    assert_eq!(kept, "2026-11-20", "the day and no hour");
}

#[tokio::test]
async fn whoever_has_the_code_reads_the_answer_and_adds_to_it() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let code = shown(&give(&mut world.anybody(), TEXT).await, "code");
    let page = newest(&mut member).await;
    let to = format!("{page}/answer");
    let answer = [("text", "We look into it <i>on Monday</i>. Wombat.")];
    let answered = fill_hidden(&mut member, &page, &to, &["csrf", "once"], &answer).await;
    assert_eq!(answered.location(), page, "{}", answered.words());
    nowhere(&world, "Wombat");
    let mut anybody = world.anybody();
    let typed = code.to_ascii_lowercase().replace(' ', "-");
    let thread = anybody.send("/concern/answers", &[("code", &typed)]).await;
    assert!(thread.text.contains("We look into it &#60;i&#62;on Monday&#60;/i&#62;. Wombat."), "{}", thread.text);
    assert!(!thread.text.contains("Quokka"), "what was written is not shown again");

    let (code_again, once) = (thread.value("code"), thread.value("once"));
    let more = [("code", code_again.as_str()), ("once", once.as_str()), ("text", "It goes on. Numbat.")];
    for _ in 0..2 {
        let added = anybody.send("/concern/add", &more).await;
        assert!(added.words().contains("The panel has what you added."), "{}", added.words());
    }
    assert_eq!(leaves(&world, "concern.received").await.len(), 2, "the same form twice is one text");
    let one = member.get(&page).await;
    assert!(one.text.contains("Numbat") && one.words().contains("waits for an answer"), "{}", one.words());

    let csrf = one.value("csrf");
    let close = format!("{page}/close");
    assert_eq!(member.send(&close, &[("csrf", &csrf)]).await.location(), page);
    assert_eq!(member.send(&close, &[("csrf", &csrf)]).await.status, 409);
    assert!(
        anybody.send("/concern/answers", &[("code", &code)]).await.words().contains("The panel closed this concern.")
    );
    let again = [
        ("csrf", csrf.as_str()),
        ("once", one.text.split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap()),
        ("text", "x"),
    ];
    assert_eq!(member.send(&to, &again).await.status, 303);
    assert_eq!(member.send(&to, &again).await.status, 409, "the same answer twice is one");
}

#[tokio::test]
async fn wrong_codes_are_bounded_and_a_right_one_still_works() {
    let world = World::new().await;
    let _member = world.signed(Role::Panel).await;
    let code = shown(&give(&mut world.anybody(), TEXT).await, "code");
    let mut anybody = world.anybody();
    for n in 0..31 {
        let seen = anybody.send("/concern/answers", &[("code", "BCDF GHJK MNPQ RSTV BCDF GHJK")]).await;
        assert_eq!(seen.status, if n < 30 { 400 } else { 429 });
    }
    assert_eq!(anybody.send("/concern/answers", &[("code", &code)]).await.status, 200);
    let add = [("code", "BCDF"), ("once", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ("text", "x")];
    assert_eq!(anybody.send("/concern/add", &add).await.status, 429);
    assert_eq!(leaves(&world, "concern.received").await.len(), 1);
}

#[tokio::test]
async fn without_a_members_key_nothing_is_taken_and_one_is_told_where_to_go() {
    let world = World::new().await;
    let page = world.anybody().get("/concern").await;
    assert!(page.words().contains("Concerns cannot be taken yet.") && page.text.contains("protect-advice.org.uk"));
    assert!(!page.text.contains("<textarea"));
    let forced = [("code", "bcdfghjkmnpqrstvbcdfghjk"), ("once", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ("text", TEXT)];
    let seen = world.anybody().send("/concern", &forced).await;
    assert_eq!(seen.status, 503);
    assert!(seen.words().contains("Nothing was kept.") && !seen.text.contains("Quokka"), "{}", seen.words());
    nowhere(&world, "Quokka");
    assert!(leaves(&world, "concern.received").await.is_empty());
}

#[tokio::test]
async fn a_newer_member_reads_it_once_an_older_one_lets_them() {
    let world = World::new().await;
    let mut first = world.signed(Role::Panel).await;
    give(&mut world.anybody(), TEXT).await;
    let mut second = world.signed(Role::Panel).await;
    let page = newest(&mut second).await;
    let closed = second.get(&page).await;
    assert!(
        closed.words().contains("before you had an account") && !closed.text.contains("Quokka"),
        "{}",
        closed.words()
    );
    let share = format!("{page}/share");
    assert_eq!(second.fill(&page, &share, &[]).await.status, 303);
    assert!(!second.get(&page).await.text.contains("Quokka"), "one cannot let oneself");
    assert!(first.get(&page).await.words().contains("Let newer members read it"));
    assert_eq!(first.fill(&page, &share, &[]).await.location(), page);
    assert!(second.get(&page).await.text.contains("Quokka"));
    assert!(!first.get("/concerns").await.words().contains("missing"));
}

#[tokio::test]
async fn nobody_closes_the_last_account_that_reads_unawares() {
    let world = World::new().await;
    let (mut first, mut worker) = (world.signed(Role::Panel).await, world.signed(Role::Worker).await);
    give(&mut world.anybody(), TEXT).await;
    breaches::send(&mut worker, &breaches::report(&[])).await;
    demands::send(&mut worker, &demands::demand(&[])).await;
    let page = newest(&mut first).await;
    fill_hidden(&mut first, &page, &format!("{page}/answer"), &["csrf", "once"], &[("text", "We see to it.")]).await;
    let mut second = world.signed(Role::Panel).await;
    let (code, panel) = (world.code(), world.running.panel());
    let close = [("account", "panel-1"), ("code", code.as_str())];
    let refused = second.fill("/members", "/members/close", &close).await;
    assert_eq!(refused.status, 400, "{}", refused.words());
    assert!(refused.words().contains("Nobody else can read 4 of the sealed texts"), "{}", refused.words());
    let by_command = account::close(panel.store(), "panel-1".to_owned(), panel.now()).await.unwrap();
    assert_eq!((by_command, first.get(&page).await.status), (Closed::Last(4), 200));

    let shared = second.fill("/members", "/members/share", &[]).await;
    assert!(shared.words().contains("Every member can read already what you can."), "{}", shared.words());
    assert!(!second.get(&page).await.text.contains("Quokka"), "one cannot let oneself");
    let shared = first.fill("/members", "/members/share", &[]).await;
    assert!(shared.words().contains("Every member can now read 4 texts more."), "{}", shared.words());
    for (page, word) in
        [(page, "Quokka"), (breaches::page(&mut second).await, "Bilby"), (demands::page(&mut second).await, "Quoll")]
    {
        assert!(second.get(&page).await.text.contains(word), "{word}");
    }
    assert_eq!(worker.fill("/account", "/members/share", &[]).await.status, 403);
    // The code was not used up by what was refused.
    let closed = second.fill("/members", "/members/close", &close).await;
    assert!(closed.status == 200 && closed.words().contains("The account is closed."), "{}", closed.words());
    let _third = world.signed(Role::Panel).await;
    let last = account::close_and_lose(panel.store(), "panel-3".to_owned(), panel.now()).await.unwrap();
    assert_eq!(last, Closed::Yes(Role::Panel), "where it is said, they are lost");
}

/// Whoever can write the store asks the one who wrote for a name, in the panel's.
#[tokio::test]
async fn an_answer_that_the_record_book_does_not_know_is_not_shown() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let code = shown(&give(&mut world.anybody(), TEXT).await, "code");
    let page = newest(&mut member).await;
    let words = [("text", "We ask the manager. Wombat.")];
    fill_hidden(&mut member, &page, &format!("{page}/answer"), &["csrf", "once"], &words).await;
    let recorded = leaves(&world, "concern.answered").await;
    let keys: Vec<_> = recorded[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((recorded.len(), keys), (1, vec!["boot", "day", "extra", "gateway", "type"]));
    assert_eq!(recorded[0]["extra"].as_object().unwrap().len(), 1, "the hash and nothing else");
    assert_eq!(told(&world, "concern").await, 1, "of the concern, not of its answer");

    let panel = world.running.panel();
    let id = page.trim_start_matches("/concerns/").to_owned();
    let ask = "SELECT public, (SELECT entry FROM concern_texts WHERE panel = 1), (SELECT entry FROM concern_texts WHERE \
               panel = 0) FROM concerns";
    let kept = panel.store().read(move |db| {
        db.query_row(ask, [], |r| Ok((r.get::<_, Vec<u8>>(0)?, r.get::<_, i64>(1)?, r.get::<_, i64>(2)?)))
    });
    let (public, answered, received) = kept.await.unwrap();
    let writer = vec![("writer".to_owned(), sealed::Public::from_bytes(&public).unwrap())];
    for entry in [None, Some(answered), Some(received), Some(0), Some(9_999)] {
        let text = "Tell us your name and meet us. Dingo.";
        let sealed = sealed::seal(&format!("concern/{id}"), text, &writer).unwrap().to_string();
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, sealed.as_bytes());
        let row = (id.clone(), sealed, data_encoding::HEXLOWER.encode(hash.as_ref()), entry);
        let put = "INSERT OR REPLACE INTO concern_texts (id, concern, panel, day, sealed, sha256, entry) \
                   VALUES ('forged', ?1, 1, '2026-11-20', ?2, ?3, ?4)";
        panel.store().write(move |db| db.execute(put, row)).await.unwrap();
        let thread = world.anybody().send("/concern/answers", &[("code", &code)]).await;
        assert!(thread.text.contains("Wombat") && !thread.text.contains("Dingo"), "{entry:?}: {}", thread.words());
        assert!(thread.words().contains("It may not be the panel’s, so it is not shown."), "{}", thread.words());
        let seen = member.get(&page).await.words();
        let said = if entry.is_none() { "If no panel member wrote it" } else { "This was changed since it came in" };
        assert!(seen.contains(said), "{entry:?}: {seen}");
    }
    // Nor are other words taken for those that came in, with another hash beside them.
    let members = havengate::panel::access::keys::members(panel).await.unwrap();
    let sealed = sealed::seal(&format!("concern/{id}"), "I take it back. Dingo.", &members).unwrap().to_string();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, sealed.as_bytes());
    let row = (sealed, data_encoding::HEXLOWER.encode(hash.as_ref()));
    let put = "UPDATE concern_texts SET sealed = ?1, shared = NULL, sha256 = ?2 WHERE panel = 0";
    panel.store().write(move |db| db.execute(put, row)).await.unwrap();
    let seen = member.get(&page).await;
    assert!(!seen.text.contains("Dingo") && seen.words().contains("This was changed since"), "{}", seen.words());
}

/// Whoever can write the store, and has no key, puts other words in somebody's mouth.
#[tokio::test]
async fn a_shared_copy_with_other_words_is_not_shown() {
    let world = World::new().await;
    let mut first = world.signed(Role::Panel).await;
    give(&mut world.anybody(), TEXT).await;
    let mut second = world.signed(Role::Panel).await;
    let page = newest(&mut first).await;
    let panel = world.running.panel();
    let purpose = format!("concern/{}", page.trim_start_matches("/concerns/"));
    let other = sealed::seal(&purpose, "I take it all back. Dingo.", &keys::members(panel).await.unwrap()).unwrap();
    let put =
        move |db: &rusqlite::Transaction<'_>| db.execute("UPDATE concern_texts SET shared = ?1", [other.to_string()]);
    panel.store().write(put).await.unwrap();
    let seen = first.get(&page).await;
    assert!(seen.text.contains("Quokka") && !seen.text.contains("Dingo"), "{}", seen.words());
    assert!(seen.words().contains("Somebody changed this in the store."), "{}", seen.words());
    let seen = second.get(&page).await;
    assert!(!seen.text.contains("Dingo") && seen.words().contains("before you had an account"), "{}", seen.words());
    // Letting newer members read it goes by what came in.
    assert_eq!(first.fill(&page, &format!("{page}/share"), &[]).await.status, 303);
    let seen = second.get(&page).await;
    assert!(seen.text.contains("Quokka") && !seen.words().contains("Somebody changed"), "{}", seen.words());
}

#[tokio::test]
async fn texts_are_bounded_and_so_are_concerns_in_a_day() {
    let world = World::new().await;
    let _member = world.signed(Role::Panel).await;
    let mut anybody = world.anybody();
    let longest = "\u{1f998}".repeat(20_000);
    assert_eq!(give(&mut anybody, &longest).await.status, 200, "20,000 characters of any script");
    assert_eq!(give(&mut anybody, &"x".repeat(20_001)).await.status, 413);
    assert!(give(&mut anybody, "").await.words().contains("Write what the panel should know."));
    for path in ["/concern", "/concern/answers", "/concern/add"] {
        let request = anybody.request("POST", path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        assert_eq!(anybody.ask(big(request)).await.status, 413, "{path}");
    }
    for code in ["", "short", "<script>alert(1)</script>"] {
        let fields = [("code", code), ("once", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ("text", "x")];
        let seen = anybody.send("/concern", &fields).await;
        assert!(seen.status == 400 && !seen.text.contains("<script>"), "{code}");
    }
    let full = "INSERT INTO tries VALUES ('concerns', ?1, 200) ON CONFLICT (what) DO UPDATE SET n = 200";
    let slot = world.running.panel().now().as_second() / 86_400;
    world.running.panel().store().write(move |db| db.execute(full, [slot])).await.unwrap();
    let seen = give(&mut anybody, TEXT).await;
    assert_eq!(seen.status, 200, "{}", seen.words());
}

/// Somebody floods the page so that nobody else can write.
#[tokio::test]
async fn a_flood_of_concerns_shuts_nobody_out() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let slot = world.running.panel().now().as_second() / 86_400;
    let over =
        move |db: &rusqlite::Transaction<'_>| db.execute("INSERT INTO tries VALUES ('concerns', ?1, 200)", [slot]);
    world.running.panel().store().write(over).await.unwrap();
    let mut others = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let mut other = world.anybody();
        others.spawn(async move { give(&mut other, "Flood.").await.status });
    }
    let seen = give(&mut world.anybody(), TEXT).await;
    assert_eq!(seen.status, 200, "{}", seen.words());
    assert!(others.join_all().await.iter().all(|status| *status == 200));
    let list = leaves(&world, "concern.received").await;
    assert_eq!((list.len(), told(&world, "concern").await), (4, 4), "the record book knows of each");
    // What came before a flood is found.
    let many = |db: &rusqlite::Transaction<'_>| db.execute(&open(600), []);
    world.running.panel().store().write(many).await.unwrap();
    let newest = member.get("/concerns").await;
    assert!(newest.text.contains("Concern 604<") && !newest.text.contains("Concern 1<"));
    assert!(newest.text.contains("href=\"/concerns?after=500\""), "{}", newest.text);
    let older = member.get("/concerns?after=500").await;
    assert!(older.text.contains("Concern 1<") && !older.text.contains("Older concerns"));

    let full = move |db: &rusqlite::Transaction<'_>| db.execute(&open(20_000), []);
    world.running.panel().store().write(full).await.unwrap();
    let seen = give(&mut world.anybody(), TEXT).await;
    assert_eq!(seen.status, 200, "however many are open, the next one is taken: {}", seen.words());
}

/// After a flood the panel finds its way back to those that somebody meant.
#[tokio::test]
async fn a_flooded_day_is_closed_at_once_and_nothing_that_came_since() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    assert!(!member.get("/concerns").await.words().contains("floods the page"), "a quiet day is not closed unread");
    let panel = world.running.panel();
    panel.store().write(|db| db.execute(&open(60), [])).await.unwrap();
    let list = member.get("/concerns").await;
    let said = "Close the 60 unanswered ones of Friday 20 November 2026";
    assert!(list.words().contains(said), "{}", list.words());
    let code = shown(&give(&mut world.anybody(), TEXT).await, "code");
    let (csrf, until) = (list.value("csrf"), list.text.split("name=\"until\" value=\"").nth(1).unwrap());
    let until = until.split('"').next().unwrap();
    for (day, until, status) in [("yesterday", "9", 400), ("2026-11-20", "x", 400), ("2026-11-19", until, 409)] {
        let seen = member.send("/concerns/close-day", &[("csrf", &csrf), ("day", day), ("until", until)]).await;
        assert_eq!(seen.status, status, "{day} {until}");
    }
    let close = [("csrf", csrf.as_str()), ("day", "2026-11-20"), ("until", until)];
    assert_eq!(member.send("/concerns/close-day", &close).await.location(), "/concerns");
    let waits = async || {
        let ask = "SELECT group_concat(number) FROM concerns WHERE state = 'new'";
        panel.store().read(move |db| db.query_row(ask, [], |r| r.get::<_, Option<String>>(0))).await.unwrap()
    };
    assert_eq!(waits().await.as_deref(), Some("61"), "what came in since somebody looked waits");
    assert_eq!(member.send("/concerns/close-day", &close).await.status, 409);
    // One that is closed with a flood is opened again by whoever wrote it.
    let page = newest(&mut member).await;
    assert_eq!(member.fill(&page, &format!("{page}/close"), &[]).await.status, 303);
    assert_eq!(waits().await, None);
    let mut anybody = world.anybody();
    let thread = anybody.send("/concern/answers", &[("code", &code)]).await;
    let once = thread.value("once");
    anybody.send("/concern/add", &[("code", &code), ("once", &once), ("text", "I meant it.")]).await;
    assert_eq!(waits().await.as_deref(), Some("61"));
    for role in [Role::Worker, Role::Operator] {
        let mut other = world.signed(role).await;
        assert_eq!(other.send("/concerns/close-day", &close).await.status, 403, "{role}");
    }
}

/// So many concerns that nobody closed, with no text.
fn open(many: u32) -> String {
    format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {many}) \
         INSERT INTO concerns (id, code, public, private, day, state) \
         SELECT 'flood-{many}-' || n, CAST('{many}-' || n AS BLOB), x'00', x'00', '2026-11-20', 'new' FROM n"
    )
}

/// A line of the log would say when somebody wrote or stopped something, or tried to.
#[tokio::test]
async fn what_fails_of_somebody_unnamed_is_not_logged_either() {
    let world = World::new().await;
    let _member = world.signed(Role::Panel).await;
    let mut worker = world.signed(Role::Worker).await;
    let page = world.anybody().get("/concern").await;
    let (code, once) = (page.value("code"), page.value("once"));
    world.ledger.close().await.unwrap();
    let lines = Lines::default();
    let writer = lines.clone();
    let all =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(all);
    let fields = [("code", code.as_str()), ("once", once.as_str()), ("text", TEXT)];
    let seen = world.anybody().send("/concern", &fields).await;
    assert_eq!(seen.status, 503, "the record book is closed: {}", seen.words());
    world.running.panel().store().write(|db| db.execute("DROP TABLE stop_codes", [])).await.unwrap();
    let seen = world.anybody().send("/stop", &[("code", "BCDF GHJK MNPQ RSTV")]).await;
    assert_eq!(seen.status, 500, "the store is broken: {}", seen.words());
    let text = || String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text().contains("havengate::panel"), "{}", text());
    // Whoever has an account is told to ask for the log.
    world.running.panel().store().write(|db| db.execute("ALTER TABLE sessions RENAME TO gone", [])).await.unwrap();
    assert_eq!(worker.get("/account").await.status, 500);
    drop(guard);
    assert!(text().contains("a page of the panel failed"), "{}", text());
}

#[tokio::test]
async fn the_same_form_twice_is_one_concern_with_one_code() {
    let world = World::new().await;
    let _member = world.signed(Role::Panel).await;
    let mut anybody = world.anybody();
    let page = anybody.get("/concern").await;
    let (code, once) = (page.value("code"), page.value("once"));
    let fields = [("code", code.as_str()), ("once", once.as_str()), ("text", TEXT)];
    let (mut other, mut third) = (anybody.clone(), anybody.clone());
    let (a, b, c) = tokio::join!(
        anybody.send("/concern", &fields),
        other.send("/concern", &fields),
        third.send("/concern", &fields)
    );
    for seen in [a, b, c] {
        assert_eq!((seen.status, shown(&seen, "code").replace(' ', "").to_lowercase()), (200, code.clone()));
    }
    let ask = "SELECT (SELECT count(*) FROM concerns), (SELECT count(*) FROM concern_texts)";
    let count =
        world.running.panel().store().read(move |db| db.query_row(ask, [], |r| Ok((r.get(0)?, r.get(1)?)))).await;
    assert_eq!(count.unwrap(), (1, 1));
    let mut hashes: Vec<_> =
        leaves(&world, "concern.received").await.iter().map(|l| l["extra"]["sha256"].to_string()).collect();
    hashes.dedup();
    assert_eq!(hashes.len(), 1);
}
