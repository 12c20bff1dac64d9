//! What the simulated control plane promises, seen from outside.

// Tells clippy that the helpers are tests as well: they may unwrap.
#![cfg(test)]

mod addresses;
mod client;
mod collections;
mod contract;
mod control;
mod dialects;
mod faults;
mod refusals;
mod runs;
mod snapshots;
