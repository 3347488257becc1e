//! Chromium, driven: a ChromeDriver of its own for each test, on a port that the system gives.

use fantoccini::{Client, ClientBuilder};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A browser and its driver. Both end with it.
pub(crate) struct Chromium {
    pub(crate) client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

/// How somebody sits in front of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dark: bool,
    pub(crate) scripts: bool,
}

pub(crate) const DESKTOP: Seat = Seat { width: 1280, height: 900, dark: false, scripts: true };
pub(crate) const PHONE: Seat = Seat { width: 390, height: 844, dark: true, scripts: true };
pub(crate) const NO_SCRIPTS: Seat = Seat { scripts: false, ..DESKTOP };

/// Whether this machine has what these tests want.
pub(crate) fn available() -> bool {
    let there = |name: &str| {
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).exists()))
    };
    let all = there("chromium") && there("chromedriver") && axe().is_some();
    if !all {
        eprintln!("notice: passed over, for want of chromium, chromedriver or axe-core (AXE)");
    }
    all
}

/// axe-core's script.
fn axe() -> Option<PathBuf> {
    let named = std::env::var_os("AXE").map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/axe-core/axe.min.js");
    named.into_iter().chain([usual]).find(|path| path.is_file())
}

impl Chromium {
    pub(crate) async fn open(seat: Seat) -> Self {
        let mut driver =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split("on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok().filter(|port| *port > 0)
            })
            .expect("chromedriver says its port");
        // It goes on writing, and must not be blocked by that.
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        arguments.push(format!("--window-size={},{}", seat.width, seat.height));
        if seat.dark {
            arguments.push("--force-dark-mode".to_owned());
        }
        let scripts = if seat.scripts { 1 } else { 2 };
        let mut options = json!({
            "args": arguments,
            "prefs": { "profile.managed_default_content_settings.javascript": scripts },
        });
        // A window is never narrower than 500 pixels; a phone is.
        if seat.width < 500 {
            let metrics = json!({ "width": seat.width, "height": seat.height, "pixelRatio": 2.0, "touch": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let Value::Object(wanted) = json!({ "goog:chromeOptions": options }) else { unreachable!() };
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self { client, driver, _profile: profile }
    }

    /// What axe-core finds on the page that is shown: rule, and where.
    pub(crate) async fn barriers(&self) -> Vec<String> {
        let script = std::fs::read_to_string(axe().unwrap()).unwrap();
        self.client.execute(&script, vec![]).await.unwrap();
        let run = "const done = arguments[arguments.length - 1]; \
                   axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }) \
                   .then(r => done(r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 200)).join(' | '))), \
                   e => done([String(e)]))";
        let found = self.client.execute_async(run, vec![]).await.unwrap();
        found.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    }

    /// Keeps a picture where somebody asked for them (`SCREENSHOTS`).
    pub(crate) async fn picture(&self, name: &str) {
        if let Some(directory) = std::env::var_os("SCREENSHOTS") {
            let height = self.client.execute("return document.documentElement.scrollHeight", vec![]).await;
            let size = self.client.get_window_size().await.unwrap();
            if let Some(height) = height.ok().and_then(|h| h.as_u64()).and_then(|h| u32::try_from(h).ok()) {
                let tall = (height + 140).clamp(600, 4000);
                self.client.set_window_size(u32::try_from(size.0).unwrap(), tall).await.unwrap();
            }
            let png = self.client.screenshot().await.unwrap();
            self.client.set_window_size(u32::try_from(size.0).unwrap(), u32::try_from(size.1).unwrap()).await.unwrap();
            std::fs::write(Path::new(&directory).join(format!("{name}.png")), png).unwrap();
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Ending the driver ends its browser too.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
