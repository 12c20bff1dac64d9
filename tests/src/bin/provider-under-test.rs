//! The provider as it is shipped, built with the tests: its program is this one line.

fn main() -> std::process::ExitCode {
    provider::main(&provider::durantic::DEFINITION)
}
