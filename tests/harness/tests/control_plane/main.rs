//! Tests of the simulated control plane through its API.

// For clippy: the helpers count as tests, which may unwrap.
#![cfg(test)]

mod accounts;
mod addresses;
mod behaviour;
mod client;
mod clock;
mod collections;
mod contract;
mod control;
mod dialects;
mod faults;
mod list_lag;
mod paging;
mod proxy;
mod rejections;
mod runs;
mod samples;
mod snapshots;
mod validators;
