//! The shipped provider, built with the tests.

fn main() -> std::process::ExitCode {
    provider::main(&provider::durantic::DEFINITION)
}
