//! The provider of `examples/another-provider/`, built with the tests: its program is this one line.

fn main() -> std::process::ExitCode {
    another_provider::main()
}
