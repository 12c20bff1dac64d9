//! The engine's rules, each as a row or a few lines, without a server and without Terraform.
//!
//! A row has the name of a rule, its input and the expected result. Declarations are TOML whose keys need no `doc`,
//! values are JSON in which [`support::UNKNOWN`] is an unknown value. [`support::prove`] runs all rows of a table,
//! and prints each broken rule with the expected and the actual result.

#![cfg(test)]

mod absence;
mod adopted;
mod apply;
mod change;
mod collection;
mod conflicts;
mod equal;
mod fill;
mod filter;
mod follow;
mod generate;
mod identity;
mod import;
mod inventory;
mod job;
mod lookup;
mod moved;
mod plan;
mod preflight;
mod private;
mod read;
mod recover;
mod references;
mod replacement;
mod report;
mod rollout;
mod support;
mod takeover;
mod validate;
mod wire;
