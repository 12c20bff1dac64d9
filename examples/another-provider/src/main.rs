//! The program that Terraform starts.

fn main() -> std::process::ExitCode {
    another_provider::main()
}
