//! Large bodies: judged to their end before a byte leaves, in little memory, in files that nobody can find.

use crate::{
    caller::{Answer, LONG, Line, post},
    process::Process,
    support::small_disk::with_a_small_disk,
    world::{Around, COUNCIL, Home, Plan, World, connection},
};
use havengate::verdict::Code;
use std::path::Path;

const TARGET: &str = "/rows/needs";
const ROW: &str = r#"{"beds":2},"#;

/// A gateway with a connection whose one operation takes bodies of many rows, of this size at most.
fn plan(limit: &str) -> Plan {
    let text = connection("rows", COUNCIL, "https://refer.riverside.example/v2", "")
        .replace("unlisted = \"strip\"", &format!("unlisted = \"block\"\nlimit = \"{limit}\""))
        .replace("[[operation.body.record]]", "[[operation.body.record]]\nselect = \"$.rows[*]\"");
    Plan::new().connect("rows", &text)
}

/// Sends so many rows and what ends them, by and by.
async fn send(line: &mut Line, rows: usize, last: &str) {
    let end = format!("{last}]}}");
    let length = r#"{"rows":["#.len() + rows * ROW.len() + end.len();
    line.send(format!(
        "POST {TARGET} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{{\"rows\":["
    ))
    .await;
    let many = ROW.repeat(100_000);
    for _ in 0..rows / 100_000 {
        line.send(&many).await;
    }
    line.send(ROW.repeat(rows % 100_000)).await;
    line.send(end).await;
}

async fn ask(address: std::net::SocketAddr, rows: usize, last: &str) -> Answer {
    let mut line = Line::open(address).await;
    send(&mut line, rows, last).await;
    line.answer().await
}

/// The most memory that a process ever had, in MiB.
fn peak(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

fn entries(directory: &Path) -> usize {
    std::fs::read_dir(directory).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_megabytes_pass_in_little_memory_or_not_at_all() {
    const ROWS: usize = (200 << 20) / ROW.len();
    let around = Around::new().await;
    let home = around.home(&plan("1GiB"));
    let process = Process::start(&home);
    assert_eq!(ask(process.address, 10, r#"{"beds":3}"#).await.status, 200);
    around.arrived_one();
    let idle = peak(&process);

    let refused = ask(process.address, ROWS / 5, r#"{"beds":3,"name":"Ada"}"#).await;
    refused.assert_problem(Code::FieldBlocked, Some("listed"));
    assert_eq!(refused.sent().as_deref(), Some("no"));
    assert!(around.arrived().is_empty(), "not a byte of the rows before it");

    let mut line = Line::open(process.address).await;
    send(&mut line, ROWS, r#"{"beds":3}"#).await;
    let answer = line.answer_within(LONG * 4).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let received = around.arrived_one();
    assert_eq!(received.body.len(), r#"{"rows":[]}"#.len() + ROWS * ROW.len() + r#"{"beds":3}"#.len());
    assert!(received.body.ends_with(br#"{"beds":2},{"beds":3}]}"#));
    assert_eq!(received.header("content-length"), Some(received.body.len().to_string()));
    let after = peak(&process);
    eprintln!("peak {idle} MiB idle, {after} MiB after");
    assert!(after <= idle + 64, "{idle} MiB before, {after} MiB after");
}

#[tokio::test]
async fn an_operation_has_a_limit_of_its_own() {
    let mut small = plan("1MiB");
    small.sections = "[limits]\nbody = \"2MiB\"\n".to_owned();
    let world = small.start().await;
    let (received, _) = world.forwarded(&ask(world.address(), 90_000, r#"{"beds":3}"#).await).await;
    assert_eq!(received.body.len(), 90_000 * ROW.len() + 21);
    let answer = ask(world.address(), 100_000, r#"{"beds":3}"#).await;
    assert!(answer.detail().contains("1048576 bytes"), "{}", answer.detail());
    world.refused(&answer, Code::BodyTooLarge, None).await;
    // Others have the gateway's.
    let large = format!("{{\"note\":\"{}\"}}", "x".repeat(2 << 20));
    world.refused(&world.post("/riverside/needs", &large).await, Code::BodyTooLarge, None).await;
}

#[tokio::test]
async fn a_body_on_disk_arrives_as_it_was_judged_and_leaves_no_file() {
    let plan = plan("64MiB").limits("spool = \"spool\"");
    let around = Around::new().await;
    let home = around.home(&plan);
    std::fs::create_dir(&home.config.spool).unwrap();
    let spool = home.config.spool.clone();
    let world = World::run(around, home).await;
    for rows in [95_000, 96_000, 300_000] {
        let (received, _) = world.forwarded(&ask(world.address(), rows, r#"{"beds":3}"#).await).await;
        let sent = format!("{{\"rows\":[{}{{\"beds\":3}}]}}", ROW.repeat(rows));
        assert!(received.body == sent.as_bytes(), "{rows} rows");
        assert_eq!(entries(&spool), 0);
    }
    // A caller who goes away in the middle leaves nothing either.
    let mut line = world.line().await;
    line.begin(TARGET, 5 << 20).await;
    line.send(format!("{{\"rows\":[{}", ROW.repeat(300_000))).await;
    assert_eq!(entries(&spool), 0, "it has no name while it is used");
    drop(line);
    assert!(world.around.arrived().is_empty());
    let _kept = world.stop().await;
    assert_eq!(entries(&spool), 0);
}

#[tokio::test]
async fn a_gateway_killed_in_the_middle_leaves_no_file() {
    let around = Around::new().await;
    let home: Home = around.home(&plan("64MiB").limits("spool = \"spool\""));
    std::fs::create_dir(&home.config.spool).unwrap();
    let process = Process::start(&home);
    let mut line = Line::open(process.address).await;
    line.begin(TARGET, 5 << 20).await;
    line.send(format!("{{\"rows\":[{}", ROW.repeat(400_000))).await;
    process.kill();
    assert_eq!(entries(&home.config.spool), 0);
    assert!(around.arrived().is_empty());
}

#[test]
fn on_a_full_disk_a_large_body_is_refused() {
    with_a_small_disk(2, "large::on_a_spool_disk_that_fills");
}

#[tokio::test]
async fn on_a_spool_disk_that_fills() {
    let Some(disk) = std::env::var_os("SMALL_DISK") else { return };
    let world = plan("64MiB").limits(&format!("spool = \"{}\"", Path::new(&disk).display())).start().await;
    let answer = ask(world.address(), 500_000, r#"{"beds":3}"#).await;
    assert_eq!(answer.header("retry-after").as_deref(), Some("5"));
    world.refused(&answer, Code::Overloaded, Some("spool")).await;
    // What it held is free again, and small requests never needed it.
    world.forwarded(&ask(world.address(), 120_000, r#"{"beds":3}"#).await).await;
    world.forwarded(&world.ask(post("/riverside/needs", "{\"priority\":\"high\"}")).await).await;
    println!("done on a small disk");
}

#[tokio::test]
async fn all_large_bodies_together_have_so_much_room() {
    let world = plan("64MiB").limits("spool_total = \"2MiB\"").start().await;
    let answer = ask(world.address(), 500_000, r#"{"beds":3}"#).await;
    assert!(answer.detail().contains("limits.spool_total"), "{}", answer.detail());
    world.refused(&answer, Code::Overloaded, Some("spool")).await;
    world.forwarded(&ask(world.address(), 120_000, r#"{"beds":3}"#).await).await;
}

#[tokio::test]
async fn all_bodies_together_have_so_much_memory() {
    let world = plan("64MiB").limits("memory = \"3MiB\"").start().await;
    let mut line = world.line().await;
    line.begin(TARGET, 5 << 20).await;
    let answer = ask(world.address(), 200_000, r#"{"beds":3}"#).await;
    world.refused(&answer, Code::Overloaded, Some("memory")).await;
    // Small ones go by, and so does the next when the first has gone.
    world.forwarded(&world.ask(post("/riverside/needs", "{\"priority\":\"high\"}")).await).await;
    drop(line);
    while ask(world.address(), 200_000, r#"{"beds":3}"#).await.status != 200 {}
    world.around.arrived_one();
}

#[tokio::test]
async fn without_a_place_for_large_bodies_no_gateway_starts() {
    let around = Around::new().await;
    let home = around.home(&Plan::new().limits("spool = \"nowhere\""));
    let (exit, said) = Process::fails(&home);
    assert!(exit == 5 && said.contains("limits.spool"), "{exit}: {said}");
}
