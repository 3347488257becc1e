//! The real binary, as a service manager runs it.

use crate::{caller::LONG, world::Home};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// `havengate run`, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<String>>,
    told: mpsc::Receiver<String>,
    reading: Option<JoinHandle<()>>,
}

/// `havengate … COMMAND` in a home.
pub(crate) fn havengate(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("havengate"));
    command.arg("--config").arg(&home.file).args(arguments).stdin(Stdio::null());
    command
}

impl Process {
    /// Starts it and waits until it listens.
    pub(crate) fn start(home: &Home) -> Self {
        let mut child =
            havengate(home, &["run"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (log, (tell, told)) = (Arc::new(Mutex::new(String::new())), mpsc::channel());
        let kept = Arc::clone(&log);
        let reading = std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                kept.lock().unwrap().push_str(&format!("{line}\n"));
                let _ = tell.send(line);
            }
        });
        let mut process =
            Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), log, told, reading: Some(reading) };
        let line = process.wait_for_log("\"listening\"");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        process.address = line["address"].as_str().unwrap().parse().unwrap();
        process
    }

    /// Runs one that must not come up: how it ended and what it said.
    pub(crate) fn fails(home: &Home) -> (i32, String) {
        let output = havengate(home, &["run"]).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// The next line of the log that holds `text`.
    pub(crate) fn wait_for_log(&self, text: &str) -> String {
        loop {
            match self.told.recv_timeout(LONG) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(_) => panic!("the log never said {text}: {}", self.log()),
            }
        }
    }

    /// Everything it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// `kill -9`, and everything it logged.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reading.take().unwrap().join().unwrap();
        self.log()
    }

    /// Waits until it has ended by itself: its exit code and everything it logged.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + LONG;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.log());
            // std has no wait with a deadline; how long this takes decides nothing.
            std::thread::sleep(Duration::from_millis(5));
        };
        self.reading.take().unwrap().join().unwrap();
        (status.code(), self.log())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
