//! The way in and the way out. Start at `exchange`: one request, as a straight line.
pub mod accept;
pub mod answer;
pub mod body;
pub mod callers;
pub mod control;
pub mod credentials;
pub mod head;
pub mod operations;
pub mod keys;
pub mod resolve;
pub mod respond;
pub mod tls;
pub mod upstream;
pub mod wire;
