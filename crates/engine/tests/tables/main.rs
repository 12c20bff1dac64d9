//! The engine's rules, each as a row or a few lines, without a server and without Terraform.
//!
//! A row says a rule in plain words, what it starts from, and what follows from it. Declarations are TOML whose keys need
//! no `doc`, values are JSON in which [`support::UNKNOWN`] stands for what is not known yet, and [`support::prove`] runs all
//! rows of a table and prints each rule that is broken, with what it expects and what is.

#![cfg(test)]

mod apply;
mod change;
mod equal;
mod fill;
mod identity;
mod job;
mod lookup;
mod plan;
mod private;
mod read;
mod recover;
mod support;
mod validate;
mod wire;
