//! A proxy as a process: its address, its time on the processor, its memory. Linux's `/proc` tells; elsewhere the
//! figures are zero.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

/// Microseconds on the processor.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    /// All threads.
    pub(crate) all: f64,
    /// Of these, the thread that writes the record book.
    pub(crate) ledger: f64,
}

impl Cpu {
    pub(crate) fn since(self, before: Self) -> Self {
        Self { all: self.all - before.all, ledger: self.ledger - before.ledger }
    }
}

impl Process {
    /// This program again, as the bare proxy.
    pub(crate) fn bare(recipient: SocketAddr) -> Self {
        let this = std::env::current_exe().expect("this program");
        let mut child = Command::new(this)
            .args(["bare", &recipient.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its address");
        Self { child, address: line.trim().parse().expect("its address") }
    }

    /// The real gateway, once it listens. Its log, a line for each decision, is written and thrown away.
    pub(crate) fn gateway(configuration: &Path, address: SocketAddr) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_havengate"))
            .arg("--config")
            .arg(configuration)
            .arg("run")
            .env("TOKIO_WORKER_THREADS", "1")
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let mut this = Self { child, address };
        let begun = Instant::now();
        while !listens(address) {
            assert!(this.child.try_wait().expect("its state").is_none(), "the gateway did not start");
            assert!(begun.elapsed() < Duration::from_secs(60), "the gateway does not listen");
            std::thread::sleep(Duration::from_millis(1));
        }
        this
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Time on the processor until now.
    pub(crate) fn cpu(&self) -> Cpu {
        let mut cpu = Cpu::default();
        for task in fs::read_dir(format!("/proc/{}/task", self.id())).into_iter().flatten().flatten() {
            let read = |name| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            let nanoseconds = read("schedstat").split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0);
            cpu.all += nanoseconds / 1e3;
            if read("comm").trim() == "ledger" {
                cpu.ledger += nanoseconds / 1e3;
            }
        }
        cpu
    }

    /// The most it ever held, and what it holds, in MiB.
    pub(crate) fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_end_matches("kB").trim().parse::<f64>().unwrap_or(0.0) / 1024.0
        };
        (of("VmHWM:"), of("VmRSS:"))
    }
}

/// Whether somebody listens there.
fn listens(address: SocketAddr) -> bool {
    #[expect(clippy::disallowed_methods, reason = "a bench calls its own gateway on loopback")]
    std::net::TcpStream::connect(address).is_ok()
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
