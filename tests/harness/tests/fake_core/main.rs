//! The fake core finds the violations that Terraform finds.

// For clippy: the helpers count as tests, which may unwrap.
#![cfg(test)]

mod checker;
mod faulty_provider;
mod lists;
mod outcomes;
