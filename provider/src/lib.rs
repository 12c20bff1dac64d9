//! The Terraform provider for Durantic: its declarations, hooks, provider block and remedies. Everything that is not
//! specific to Durantic is in the crates under `crates/`.
//!
//! Tests: `tests/`.

mod connection;
pub mod durantic;
pub mod functions;
pub mod hooks;
mod remedies;
mod settings;
pub mod summaries;
pub mod templates;

use std::process::ExitCode;

use engine::Definition;
use rpc::{Mode, Program};
use tools::commands;

pub use remedies::remedy;

/// The program that serves a definition with this provider's connection settings.
pub const fn program(definition: &'static Definition) -> Program {
    Program {
        definition,
        version: env!("CARGO_PKG_VERSION"),
        crates: &["client", "provider", "terraform_provider"],
        connect: settings::connect,
    }
}

/// The description of the provider for the commands of its program.
pub fn identity(definition: &'static Definition) -> commands::Identity {
    commands::Identity {
        name: &definition.provider.name,
        address: &definition.provider.address,
        description: env!("CARGO_PKG_DESCRIPTION"),
        version: env!("CARGO_PKG_VERSION"),
        probe: connection::probe,
        connect: connection::connect,
        variable: connection::variable,
        names: || templates::NAMES,
    }
}

/// Serves the provider, or runs a command.
///
/// Terraform starts the program without arguments. With `--debug`, it serves any Terraform that has its address in
/// `TF_REATTACH_PROVIDERS`. Any other arguments are one of the [`commands`].
pub fn main(definition: &'static Definition) -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.peek().is_none() {
        rpc::serve(program(definition), Mode::Managed)
    } else if arguments.any(|argument| argument == "--debug" || argument == "-debug") {
        rpc::serve(program(definition), Mode::Debug)
    } else {
        commands::main(identity(definition))
    }
}
