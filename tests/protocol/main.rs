//! The provider in this process, driven by the fake core, which checks each response as Terraform does.

// For clippy: the helpers count as tests, which may unwrap.
#![cfg(test)]

mod broken_hook;
mod collections;
mod concurrency;
mod contract_objects;
mod declared_server;
mod every_key;
mod generate;
mod generated;
mod identities;
mod invalid_responses;
mod lifecycle;
mod lists;
mod lookups;
mod properties;
mod release;
mod request_faults;
mod soak;
mod walkthrough;
mod workflows;

use harness::control_plane::ControlPlane;
use proptest::test_runner::{Config, RngSeed};

/// The uuid of the seeded machine `node-1`.
const MACHINE: &str = "00000000-0000-4000-8000-000000000001";

/// The settings of a property test: this many cases and this seed, unless `PROPTEST_CASES` and `PROPTEST_RNG_SEED` have others.
fn proptest_config(cases: u32, seed: u64) -> Config {
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(seed);
    }
    config
}

/// A file with the certificate of a control plane; `None` without TLS.
fn certificate(control_plane: &ControlPlane) -> Option<tempfile::NamedTempFile> {
    let text = control_plane.certificate()?;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Some(file)
}
