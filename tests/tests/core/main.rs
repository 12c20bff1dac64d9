//! The provider under everything that Terraform enforces, without Terraform.

// Tells clippy that the helpers are tests as well: they may unwrap.
#![cfg(test)]

mod broken_hook;
mod checker;
mod derived;
mod everything;
mod generate;
mod liar;
mod lifecycle;
mod lookups;
mod outcomes;
mod properties;
mod walkthrough;
