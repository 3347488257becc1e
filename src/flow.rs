//! The nouns every room speaks: who sends, to whom, what kind of data, in what form, under which clause.
//!
//! Nothing here decides anything and nothing here does I/O. A value of one of these types has been
//! checked once, when it was parsed, and is never checked again.

mod clause;
mod decision_id;
mod form;
mod host;
mod name;
mod refusal;
mod request;

pub(crate) use name::closed as name_closed;

pub use clause::Clause;
pub use decision_id::DecisionId;
pub use form::{Act, Form, Transform};
pub use host::{Host, HostError};
pub use name::{
    App, Category, ConsentId, Group, IntegrationId, NameError, OperationId, OrganisationId, Purpose, RuleId,
    SubjectLabel, SystemId,
};
pub use refusal::{Code, Reason, Refusal};
pub use request::Flow;
