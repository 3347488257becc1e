//! Breaches (TRANS-2): sharing by any channel that somebody became aware of. The panel is told at once, and the record
//! keeps asking for what must follow: the regulator, the people concerned, the recipient, the forum.
//!
//! | what | where |
//! |---|---|
//! | reporting, for everybody signed in | `report` |
//! | the panel's list and one breach | `list` |
//! | what must follow, and until when | `steps`; `remind` of the regulator |
//! | what is kept | `kept` |

mod kept;
mod list;
mod remind;
mod report;
mod steps;

use super::{
    Panel,
    confidential::Place,
    follow::Read,
    routes::{EVERYBODY_SIGNED, PANEL, Route},
    wrong::Wrong,
};
use crate::flow::name_closed as closed;
use jiff::Timestamp;
use rusqlite::Transaction;

pub(super) use remind::remind;
pub use steps::Step;

/// The tables of this area. Words are sealed to the panel's members; everything else is from closed lists.
/// `entry` is where it stands in the record book; none: that is not confirmed.
pub(super) const TABLES: &str = "
CREATE TABLE breaches (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
    recipient TEXT NOT NULL, happened TEXT NOT NULL, data TEXT NOT NULL, aware INTEGER NOT NULL, told INTEGER NOT NULL,
    sealed TEXT, reporter TEXT, entry INTEGER) STRICT;
CREATE TABLE breach_steps (n INTEGER PRIMARY KEY, once TEXT NOT NULL UNIQUE, breach TEXT NOT NULL, step TEXT NOT NULL,
    state TEXT NOT NULL, day TEXT NOT NULL, sealed TEXT) STRICT;
CREATE INDEX breach_steps_of ON breach_steps (breach, step);
";

/// Where its sealed texts are.
pub(super) const SEALED: &[Place] = &[
    Place {
        list: "SELECT number, 'breach/' || id, sealed, NULL FROM breaches \
               WHERE number > ?1 AND sealed NOT NULL ORDER BY number LIMIT ?2",
        keep: "UPDATE breaches SET sealed = ?2 WHERE number = ?1",
    },
    Place {
        list: "SELECT n, 'breach/' || breach, sealed, NULL FROM breach_steps \
               WHERE n > ?1 AND sealed NOT NULL ORDER BY n LIMIT ?2",
        keep: "UPDATE breach_steps SET sealed = ?2 WHERE n = ?1",
    },
];

/// Takes in the entry of a breach, and notes it where that was not confirmed.
pub(super) fn recorded(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    db.prepare_cached("UPDATE breaches SET entry = ?2 WHERE id = ?1 AND entry IS NULL")?
        .execute((read.extra("breach").unwrap_or_default(), read.index))
        .map(drop)
}

closed! {
    /// How data was shared.
    Channel {
        /// By phone.
        Phone = "phone",
        /// By email.
        Email = "email",
        /// On paper.
        Paper = "paper",
        /// By a system that sends past the gateway.
        System = "system",
        /// Through the gateway itself.
        Gateway = "gateway",
        /// In a meeting or on a mailing list.
        Forum = "forum",
        /// In conversation.
        Spoken = "spoken",
        /// Another way, or nobody knows.
        Other = "other",
    }
}

impl Channel {
    const fn label(self) -> &'static str {
        match self {
            Self::Phone => "By phone or text message",
            Self::Email => "By email",
            Self::Paper => "On paper",
            Self::System => "By a computer system, past the gateway",
            Self::Gateway => "Through the gateway",
            Self::Forum => "In a forum: a meeting or a mailing list",
            Self::Spoken => "In conversation",
            Self::Other => "Another way, or not known",
        }
    }
}

closed! {
    /// Roughly when it happened.
    Happened {
        /// Within a day.
        Today = "today",
        /// Within a week.
        Week = "week",
        /// Within a month.
        Month = "month",
        /// Within a year.
        Year = "year",
        /// Earlier.
        Earlier = "earlier",
        /// Again and again until now.
        Ongoing = "ongoing",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

impl Happened {
    const fn label(self) -> &'static str {
        match self {
            Self::Today => "Today or yesterday",
            Self::Week => "In the last week",
            Self::Month => "In the last month",
            Self::Year => "In the last year",
            Self::Earlier => "Longer ago",
            Self::Ongoing => "It goes on",
            Self::Unknown => "Not known",
        }
    }
}

closed! {
    /// What was shared.
    Data {
        /// Names, dates of birth, identifiers.
        Identity = "identity",
        /// Ways to reach somebody.
        Contact = "contact",
        /// Where somebody is or sleeps.
        Location = "location",
        /// Immigration status, and what bears on it.
        Immigration = "immigration",
        /// Health, ethnicity, faith, sexuality, offences.
        Special = "special",
        /// Notes and messages.
        FreeText = "free-text",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

impl Data {
    const fn label(self) -> &'static str {
        match self {
            Self::Identity => "Names, dates of birth, numbers that stand for a person",
            Self::Contact => "Ways to reach somebody: phone, email, address",
            Self::Location => "Where somebody is or sleeps",
            Self::Immigration => "Immigration status, nationality, and what bears on it",
            Self::Special => "Health, ethnicity, faith, sexuality, offences",
            Self::FreeText => "Notes, letters, messages",
            Self::Unknown => "Not known yet",
        }
    }
}

/// The pages of this area.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/breaches", PANEL, list::list),
        Route::get("/breaches/new", EVERYBODY_SIGNED, report::form),
        Route::post("/breaches/new", EVERYBODY_SIGNED, report::report),
        Route::get("/breaches/{id}", PANEL, list::one),
        Route::post("/breaches/{id}/step", PANEL, list::step),
        Route::post("/breaches/{id}/share", PANEL, list::share),
    ]
}

/// A breach of which something is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its address ends in this.
    pub id: String,
    /// Its number, for people.
    pub number: i64,
    /// Until when the regulator is told, where that is not done (UK GDPR Article 33(1)).
    pub regulator_by: Option<Timestamp>,
    /// What is left to do, in order.
    pub left: Vec<Step>,
    /// What of it is overdue.
    pub overdue: Vec<Step>,
}

/// Every breach of which something is left to do, the newest first.
///
/// # Errors
/// [`Wrong`] when the store fails.
pub async fn open(panel: &Panel) -> Result<Vec<Open>, Wrong> {
    let mut open = Vec::new();
    for breach in kept::open(panel).await? {
        let left = steps::left(&breach, panel.now());
        if !left.is_empty() {
            let step = |wanted: fn(&steps::Left) -> bool| left.iter().filter(|l| wanted(l)).map(|l| l.step).collect();
            let regulator = left.iter().any(|l| l.step == Step::Regulator);
            open.push(Open {
                id: breach.id.clone(),
                number: breach.number,
                regulator_by: regulator.then(|| steps::regulator_by(breach.aware)),
                left: step(|_| true),
                overdue: step(|l| l.overdue),
            });
        }
    }
    Ok(open)
}
