//! Writes the configuration of an account: resources with import blocks, whose plan changes nothing.
//!
//! | module | content |
//! |---|---|
//! | [`account`] | what the account has: the objects of each kind, and what they refer to |
//! | [`existing`] | what the configuration in the directory has: names, import blocks, the map of machines |
//! | [`managed`] | what Terraform manages already, from a state |
//! | [`place`] | where that state is |
//! | [`present`] | what is known of an object before anything is written |
//! | [`uses`] | which local values the configuration uses as a whole |
//! | [`names`] | names for resources and files, from the names of objects |
//! | [`references`] | the expressions for the names and identities of other objects |
//! | [`terraform`] | the Terraform or `OpenTofu` on `PATH`: its version, its state, and the plan that proves the result |
//! | [`plan`] | what has to be written; a pure function of all the above, and of the files that `Options::read` returns |
//! | [`blocks`] | the blocks of an object and the files that they are in |
//!
//! The engine knows the objects, and this module the language. No resource is named here: what differs between them is declared.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`, `tests/terraform/adopt.rs`.

pub mod account;
pub mod blocks;
pub mod existing;
pub mod managed;
pub mod names;
pub mod place;
pub mod plan;
pub mod present;
pub mod references;
pub mod terraform;
pub mod uses;
