//! Demands: a register of who asked for data, by what power, and what was answered. Nothing here is automatic: a
//! request is not an order.

pub(super) mod kept;
mod list;
mod record;

use super::{
    confidential::Place,
    routes::{EVERYBODY_SIGNED, PANEL, Route},
};
use crate::flow::name_closed as closed;

/// The tables of this area. Words are sealed to the panel's members. `entry` is where it stands in the record book; none:
/// that is not confirmed.
pub(super) const TABLES: &str = "
CREATE TABLE demands (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, who TEXT NOT NULL, power TEXT NOT NULL,
    seen INTEGER NOT NULL, document TEXT, day TEXT NOT NULL, answer TEXT NOT NULL, sealed TEXT, entry INTEGER) STRICT;
CREATE TABLE demand_answers (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, demand TEXT NOT NULL, answer TEXT NOT NULL,
    day TEXT NOT NULL, sealed TEXT, entry INTEGER) STRICT;
";

/// Where its sealed texts are.
pub(super) const SEALED: &[Place] = &[
    Place {
        list: "SELECT number, 'demand/' || id, sealed, NULL FROM demands \
               WHERE number > ?1 AND sealed NOT NULL ORDER BY number LIMIT ?2",
        keep: "UPDATE demands SET sealed = ?2 WHERE number = ?1",
    },
    Place {
        list: "SELECT n, 'demand/' || demand, sealed, NULL FROM demand_answers \
               WHERE n > ?1 AND sealed NOT NULL ORDER BY n LIMIT ?2",
        keep: "UPDATE demand_answers SET sealed = ?2 WHERE n = ?1",
    },
];

closed! {
    /// Who asked.
    Asker {
        /// The Home Office and its bodies.
        HomeOffice = "home-office",
        /// A police force.
        Police = "police",
        /// A council.
        Council = "council",
        /// Another part of government.
        Government = "government",
        /// A court or tribunal.
        Court = "court",
        /// A funder or commissioner.
        Funder = "funder",
        /// Another charity or a housing provider.
        Charity = "charity",
        /// Somebody else.
        Other = "other",
    }
}

impl Asker {
    const fn label(self) -> &'static str {
        match self {
            Self::HomeOffice => "The Home Office, Immigration Enforcement, Border Force",
            Self::Police => "The police",
            Self::Council => "A council",
            Self::Government => "Another part of government",
            Self::Court => "A court or tribunal",
            Self::Funder => "A funder or commissioner",
            Self::Charity => "Another charity, or a landlord",
            Self::Other => "Somebody else",
        }
    }
}

closed! {
    /// The power that was claimed.
    Power {
        /// None.
        None = "none",
        /// A contract or a funding agreement.
        Contract = "contract",
        /// An exemption of the Data Protection Act 2018, Schedule 2.
        Exemption = "dpa-exemption",
        /// The Immigration Act 2016, section 55.
        ImmigrationAct = "immigration-act-2016-s55",
        /// A warrant to enter premises.
        Warrant = "warrant",
        /// The Police and Criminal Evidence Act 1984.
        Pace = "pace",
        /// An order of a court.
        Order = "court-order",
        /// Something else, or not clear.
        Other = "other",
    }
}

impl Power {
    const fn label(self) -> &'static str {
        match self {
            Self::None => "None: they just asked",
            Self::Contract => "A contract or funding agreement",
            Self::Exemption => "An exemption of the Data Protection Act 2018, Schedule 2 (such as paragraph 2 or 4)",
            Self::ImmigrationAct => "Immigration Act 2016, section 55",
            Self::Warrant => "A warrant to enter",
            Self::Pace => "Police and Criminal Evidence Act 1984 (PACE)",
            Self::Order => "An order of a court",
            Self::Other => "Another one, or it is not clear",
        }
    }

    /// What it really obliges to. Where that is not certain, it says so.
    const fn obliges(self) -> &'static str {
        match self {
            Self::None => "Obliges to nothing. A request is not an order.",
            Self::Contract => {
                "Not an order of a court. What was signed may have consequences, but personal data still needs a \
                 lawful basis. Take advice before answering."
            }
            Self::Exemption => {
                "Permits, never obliges. It lifts some duties of whoever may rely on it; it does not make anybody \
                 hand data over. Take advice before answering."
            }
            Self::ImmigrationAct => {
                "About information for the Home Office. Do not take it from a letter that it binds us. Take advice \
                 before answering."
            }
            Self::Warrant => {
                "Read it: who issued it, for which address, on which day, to find what or whom. To enter is not to be \
                 answered: take advice before handing over any record."
            }
            Self::Pace => {
                "A letter that names the Act is not an order. A warrant, or a production order by a judge, is: read \
                 what it names, and take advice at once. Records of people's welfare may have special protection."
            }
            Self::Order => {
                "Binds whom it names, for what it names and no more. Check that it is real and whom it names, note the \
                 date by which it wants an answer, and take advice at once: it may be challenged."
            }
            Self::Other => "Ask for it in writing, with the law's name and section. Take advice before answering.",
        }
    }
}

closed! {
    /// What was answered.
    Answer {
        /// Nothing yet.
        Open = "open",
        /// In writing, please.
        Writing = "asked-for-writing",
        /// An adviser is asked.
        Advice = "advice-taken",
        /// No.
        Refused = "refused",
        /// What an order named, and no more.
        Complied = "complied-by-order",
    }
}

impl Answer {
    const fn label(self) -> &'static str {
        match self {
            Self::Open => "Not answered yet",
            Self::Writing => "We asked for it in writing",
            Self::Advice => "We are taking advice",
            Self::Refused => "We refused",
            Self::Complied => "We complied with an order, as far as it went",
        }
    }
}

/// The pages of this area.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/demands", PANEL, list::list),
        Route::get("/demands/new", EVERYBODY_SIGNED, record::form),
        Route::post("/demands/new", EVERYBODY_SIGNED, record::record),
        Route::get("/demands/{id}", PANEL, list::one),
        Route::post("/demands/{id}/answer", PANEL, list::answer),
        Route::post("/demands/{id}/share", PANEL, list::share),
    ]
}
