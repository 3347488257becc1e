//! The charter's rules, asked with every kind of fact.

mod facts;
mod files;
mod floor;
mod local;
mod model;
mod pairs;
