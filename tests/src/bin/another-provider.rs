//! The provider of `examples/another-provider/`, built with the tests.

fn main() -> std::process::ExitCode {
    another_provider::main()
}
