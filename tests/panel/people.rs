//! People with accounts that they opened themselves: by invitation, with a passphrase and an app.

use crate::{
    browser::{Browser, Seen},
    world::World,
};
use havengate::panel::access::{
    Role,
    invitation::{self, Invited},
    totp::Secret,
};

/// Somebody and what they know.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) passphrase: String,
    pub(crate) secret: Secret,
    pub(crate) recovery: Vec<String>,
}

pub(crate) const PASSPHRASE: &str = "nine herons under a lamp";

impl World {
    /// Whoever runs the machine invites somebody.
    pub(crate) async fn invited(&self, role: Role) -> Invited {
        let panel = self.running.panel();
        invitation::invite(panel.store(), role, None, panel.now()).await.unwrap()
    }

    /// Somebody with an account, opened on the page.
    pub(crate) async fn person(&self, role: Role, name: &str) -> Person {
        let invited = self.invited(role).await;
        let (person, seen) = joined(&mut self.anybody(), &invited.code, name, || self.running.panel().wall()).await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        person
    }

    /// Signs in with the code of this moment.
    pub(crate) async fn sign_in(&self, person: &Person) -> (Browser, Seen) {
        let code = person.secret.code(self.running.panel().wall());
        self.try_in(&person.name, &person.passphrase, &code).await
    }

    pub(crate) async fn try_in(&self, name: &str, passphrase: &str, code: &str) -> (Browser, Seen) {
        let mut browser = self.anybody();
        let seen = browser.send("/sign-in", &[("name", name), ("passphrase", passphrase), ("code", code)]).await;
        (browser, seen)
    }
}

/// Goes through `/invitation` as a person does.
pub(crate) async fn joined(
    browser: &mut Browser,
    code: &str,
    name: &str,
    now: impl Fn() -> jiff::Timestamp,
) -> (Person, Seen) {
    assert_eq!(browser.get("/invitation").await.status, 200);
    let seen = browser.send("/invitation", &[("invitation", code)]).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    let secret = Secret::parse(&seen.value("secret")).unwrap();
    let (text, shown) = (secret.text(), secret.code(now()));
    let fields = [
        ("invitation", code),
        ("secret", text.as_str()),
        ("name", name),
        ("passphrase", PASSPHRASE),
        ("again", PASSPHRASE),
        ("code", &shown),
    ];
    let seen = browser.send("/invitation", &fields).await;
    let recovery =
        seen.text.split("<li class=\"code\">").skip(1).map(|code| code.split('<').next().unwrap().to_owned());
    let (name, passphrase, recovery) = (name.to_owned(), PASSPHRASE.to_owned(), recovery.collect());
    (Person { name, passphrase, secret, recovery }, seen)
}
