//! The order of checks, once: a [`Flow`](crate::flow::Flow) becomes [`Admitted`], then [`Consented`], or a
//! [`Refusal`]. Pure: `now`, the policy and the view are arguments.

pub mod refusal;
pub mod rules;

pub use refusal::{Code, Reason, Refusal};
