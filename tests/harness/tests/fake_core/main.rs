//! The fake Terraform finds what the real one finds.

// Tells clippy that the helpers are tests as well: they may unwrap.
#![cfg(test)]

mod checker;
mod liar;
mod outcomes;
