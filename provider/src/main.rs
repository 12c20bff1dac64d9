//! The program that Terraform starts.

use std::process::ExitCode;

fn main() -> ExitCode {
    provider::main(&provider::durantic::DEFINITION)
}
