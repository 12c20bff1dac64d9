//! The program that Terraform starts.
//!
//! Tests: `tests/terraform/process.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    provider::main(&provider::durantic::DEFINITION)
}
