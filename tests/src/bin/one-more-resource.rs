//! A provider with a resource that the shipped one does not have: one TOML file and one line, for the test that this
//! is all it takes.

macros::provider! {
    dir = "../../one-more-resource";
    resource note;
}

fn main() -> std::process::ExitCode {
    provider::main(&DEFINITION)
}
