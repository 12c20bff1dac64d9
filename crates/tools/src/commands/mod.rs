//! What the provider's program does when a person runs it.
//!
//! Nothing here is touched when Terraform starts the plugin: `main` comes here only where there are arguments.
//!
//! | module | command |
//! |---|---|
//! | `address` | `address`: what a source string means |
//! | `install` | `install` and `uninstall`: the way into a plugin directory and out of it |
//! | `doctor` | `doctor`: why Terraform does not find or start this provider |
//! | `upgrade` | `0.13upgrade`: one `required_providers` entry for each provider |
//! | [`survey`] | where Terraform would look, for all of them |
//! | `context` | what every command gets and gives |
//! | `probe` | what `doctor` asks the program for |
//!
//! Tests: `tests/cli/install.rs`.

mod address;
mod context;
mod doctor;
mod install;
mod probe;
pub mod survey;
mod upgrade;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use context::complain;

pub use context::{CommandError, Console, Context, Identity, Status, block_on};
pub use probe::{Finding, Problem, ProviderBlock};

/// What `--help` says of the program after its description.
const ABOUT: &str = "Terraform starts this program as a plugin. Use these commands to install it and to solve problems with it";

/// What `--help` says, and `-h` does not.
const STATUS: &str =
    "Exit status: 0 on success, 1 on failure or if problems were found, 2 if the command line is invalid.";

#[derive(Debug, Parser)]
#[command(
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "With --debug as its only argument, the program starts the provider for use in a debugger, and prints the \
                  TF_REATTACH_PROVIDERS variable that connects Terraform to it."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Explain a source address: its host, namespace and type, and the path of an installed provider.
    Address(address::Arguments),
    /// Install this program into a plugin directory, and print the `required_providers` block for it.
    Install(install::Arguments),
    /// Remove a provider that `install` installed.
    Uninstall(install::UninstallArguments),
    /// Find out why Terraform cannot find or start this provider.
    Doctor(doctor::Arguments),
    /// Add a `required_providers` entry for each provider of a configuration, as `terraform 0.13upgrade` did.
    #[command(name = "0.13upgrade")]
    Upgrade(upgrade::Arguments),
}

/// Runs the command that the process was started with.
pub fn main(identity: Identity) -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (output, errors, input) = (std::io::stdout(), std::io::stderr(), std::io::stdin());
    let mut console = Console {
        output: &mut output.lock(),
        errors: &mut errors.lock(),
        input: &mut input.lock(),
    };
    let status = match Context::of_process(identity) {
        Ok(context) => run(&context, &arguments, &mut console),
        Err(error) => complain(&mut console, &error, Status::Bad),
    };
    ExitCode::from(status as u8)
}

/// Runs a command.
pub fn run(context: &Context, arguments: &[OsString], console: &mut Console<'_>) -> Status {
    let about = format!("{} {ABOUT}", context.identity.description);
    let command = Arguments::command()
        .long_about(format!("{about}.\n\n{STATUS}"))
        .about(about)
        .display_name(context.program_name())
        .bin_name(context.program_name());
    let with_name =
        std::iter::once(OsString::from(context.program_name())).chain(arguments.iter().map(two_dashes));
    let parsed = command
        .try_get_matches_from(with_name)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => {
            let _ = write!(console.errors, "{error}");
            // The retired command knew one way to fail only.
            let is_upgrade = arguments.first().is_some_and(|first| first == "0.13upgrade");
            return if is_upgrade { Status::Bad } else { Status::Misused };
        }
        Err(help) => {
            let _ = write!(console.output, "{help}");
            return Status::Good;
        }
    };
    let outcome = match arguments.command {
        Command::Address(arguments) => address::run(context, &arguments, console),
        Command::Install(arguments) => install::install(context, &arguments, console),
        Command::Uninstall(arguments) => install::uninstall(context, &arguments, console),
        Command::Doctor(arguments) => doctor::run(context, &arguments, console),
        Command::Upgrade(arguments) => return upgrade::run(context, &arguments, console),
    };
    outcome.unwrap_or_else(|error| complain(console, &error, Status::Bad))
}

/// Terraform's own flags have one dash: `-yes` is `--yes`.
fn two_dashes(argument: &OsString) -> OsString {
    let is_word = |text: &str| text.len() > 2 && text.starts_with('-') && !text.starts_with("--");
    match argument.to_str() {
        Some(text) if is_word(text) && text.as_bytes().get(1).is_some_and(u8::is_ascii_lowercase) => {
            OsString::from(format!("-{text}"))
        }
        _ => argument.clone(),
    }
}
