//! `docs-gen`: see `docs-gen --help`.
//!
//! Tests: `docs-gen/tests/commands.rs`.

use std::process::ExitCode;

use clap::Parser;
use docs_gen::options::Options;

fn main() -> ExitCode {
    match docs_gen::commands::run(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
