//! A home as `init` makes it, whose recipients are all at one listener of ours that must stay alone.

use std::{
    fs,
    io::ErrorKind,
    net::TcpListener,
    path::{Path, PathBuf},
};

/// What stands in the recordings about a person, and must stand in no report.
const PERSONAL: &[&str] = &[
    "Amina",
    "Warsame",
    "R-1024",
    "1987",
    "07700",
    "QQ123456C",
    "Somali",
    "Mill Lane",
    "Minnie",
    "Outreach",
    "hostel",
    "E09000028",
    "5f1cc7e09a",
    "eyJzdWIiOiJjYXNlcyJ9",
    "analytics",
    "Mozilla",
];

/// Every connection's host.
const HOSTS: &[&str] = &[
    "refer.riverside.example",
    "api.messages.example",
    "harbour.crm.example",
    "login.crm.example",
    "referrals.street-health.example",
    "safeguarding.westbridge.example",
];

pub(crate) struct Home {
    directory: tempfile::TempDir,
    recipients: TcpListener,
}

impl Home {
    /// Makes it, lets `inform` call from this machine, and sets the gateway to a port that is free.
    pub(crate) fn new() -> Self {
        let recipients = TcpListener::bind("127.0.0.1:0").unwrap();
        recipients.set_nonblocking(true).unwrap();
        let home = Self { directory: tempfile::tempdir().unwrap(), recipients };
        assert_eq!(home.run(&["init", "--name", "charity.example"]).exit, 0);
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let at = home.recipients.local_addr().unwrap();
        let fixed: String = HOSTS.iter().map(|host| format!("\"{host}\" = \"{at}\"\n")).collect();
        home.edit("havengate.toml", |text| {
            text.replace("listen = [\"127.0.0.1:8080\"]", &format!("listen = [\"{free}\"]"))
                .replace("[gateway.resolve]\n", &format!("[gateway.resolve]\n{fixed}"))
        });
        // The samples' undertakings run out one day; these tests should not.
        home.edit("policies/organisations.toml", |text| {
            let lines = text.lines().map(|line| {
                let dated = line.starts_with("assessed") || line.starts_with("undertaking");
                if dated { line.replace(" 2027-", " 2127-") } else { line.to_owned() }
            });
            lines.collect::<Vec<_>>().join("\n")
        });
        assert_eq!(home.run(&["caller", "add", "inform", "--loopback"]).exit, 0);
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let path = self.path().join(name);
        let before = fs::read_to_string(&path).unwrap();
        let after = change(before.clone());
        assert_ne!(before, after, "{name} was to be changed");
        fs::write(path, after).unwrap();
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path().join(name), text).unwrap();
        name.to_owned()
    }

    /// The program, knowing nothing of the environment it was tested in.
    pub(crate) fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_havengate"));
        command.env_clear().current_dir(self.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command().args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Said { exit: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// A rehearsal with `--json`. Its text must hold nothing personal, and nor must the same without `--json`.
    pub(crate) fn rehearse(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let all = [&["rehearse", "--app", "inform", "--gateway", "gateway.charity.example"], arguments].concat();
        let text = self.run(&all);
        let json = self.run(&[&["--json"], &all[..]].concat());
        for said in [&text, &json] {
            nothing_personal(&said.out);
            nothing_personal(&said.err);
        }
        assert_eq!(text.exit, json.exit, "{}{}", text.out, text.err);
        self.nobody_was_sent_anything();
        (json.exit, serde_json::from_str(&json.out).unwrap_or_else(|e| panic!("{e}: {}{}", json.out, json.err)))
    }

    /// Records consent for what a referral needs.
    pub(crate) fn consent(&self) {
        let said = self.run(&[
            "consent",
            "issue",
            "--app",
            "inform",
            "--client",
            "R-1024",
            "--to",
            "riverside-council/housing-referrals",
            "--purpose",
            "accommodation",
            "--item",
            "pd:Identifier",
            "--item",
            "pd:Name@$.firstName",
            "--explained-at",
            "2026-01-02T09:30",
            "--consented-at",
            "2026-01-02T09:45",
            "--act",
            "signed-on-paper",
        ]);
        assert_eq!(said.exit, 0, "{}", said.err);
    }

    pub(crate) fn nobody_was_sent_anything(&self) {
        let accepted = self.recipients.accept();
        assert_eq!(accepted.unwrap_err().kind(), ErrorKind::WouldBlock, "somebody connected to a recipient");
    }

    /// Where the gateway will listen.
    pub(crate) fn gateway(&self) -> String {
        let text = fs::read_to_string(self.path().join("havengate.toml")).unwrap();
        let line = text.lines().find(|l| l.starts_with("listen = ")).unwrap();
        line.split('"').nth(1).unwrap().to_owned()
    }
}

pub(crate) struct Said {
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn nothing_personal(text: &str) {
    for word in PERSONAL {
        assert!(!text.contains(word), "{word} stands in\n{text}");
    }
}

/// A file beside these tests.
pub(crate) fn fixture(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "rehearse", name].iter().collect();
    path.to_str().unwrap().to_owned()
}

/// A referral that needs a name, as one HTTP/1.1 request.
pub(crate) const REFERRAL: &str = "\
POST /riverside/referrals/R-1024 HTTP/1.1
Host: gateway.charity.example
Content-Type: application/json

{\"firstName\":\"Amina\",\"ni\":\"QQ123456C\",\"need\":{\"beds\":1},\"nickname_Minnie\":1}
";
