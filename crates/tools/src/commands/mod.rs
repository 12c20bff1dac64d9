//! The commands of the provider's program that people run.
//!
//! Terraform starts the program without arguments; then `main` uses nothing of this module.
//!
//! | module | command |
//! |---|---|
//! | `adopt` | `adopt`: writes the configuration of an account |
//! | `address` | `address`: explains a source address |
//! | `install` | `install` and `uninstall`: put the program into a plugin directory, and remove it |
//! | `doctor` | `doctor`: finds out why Terraform does not find or start this provider |
//! | `template` | `template check`: checks templates of user data, and renders one |
//! | `upgrade` | `0.13upgrade`: adds a `required_providers` entry for each provider |
//! | [`installation`] | the directories, mirrors and registries from which Terraform installs providers |
//! | `context` | the environment, console, exit status and errors of all commands |
//! | `probe` | the findings of `doctor`, and the provider block for its connection check |
//! | `hosts` | the hosts of the API, if the connection check shows that the endpoint may be the wrong one |
//!
//! Tests: `tests/cli/install.rs`.

mod address;
mod adopt;
mod context;
mod doctor;
mod hosts;
mod install;
pub mod installation;
mod probe;
mod template;
mod upgrade;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use context::print_error;

pub use context::{CommandError, Console, Context, Identity, Status, block_on};
pub use hosts::{Doubt, KnownHost, KnownHosts};
pub use probe::{Finding, Problem, ProviderBlock};

/// The second sentence of `--help`, after the description of the provider.
const ABOUT: &str = "Terraform starts this program as a plugin. Use these commands to install it and to solve problems with it";

/// The exit statuses, which only `--help` prints, not `-h`.
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
    /// Write the configuration of an account, with import blocks.
    Adopt(adopt::Arguments),
    /// Explain a source address: its host, namespace and type, and the path of an installed provider.
    Address(address::Arguments),
    /// Install this program into a plugin directory, and print the `required_providers` block for it.
    Install(install::Arguments),
    /// Remove a provider that `install` installed.
    Uninstall(install::UninstallArguments),
    /// Find out why Terraform cannot find or start this provider.
    Doctor(doctor::Arguments),
    /// Check templates of user data, and render one.
    Template(template::Arguments),
    /// Add a `required_providers` entry for each provider of a configuration, as `terraform 0.13upgrade` did.
    #[command(name = "0.13upgrade")]
    Upgrade(upgrade::Arguments),
}

/// Runs the command of the process's arguments.
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
        Err(error) => print_error(&mut console, &error, Status::Failure),
    };
    ExitCode::from(status as u8)
}

/// Runs the command of these arguments, and returns its exit status.
pub fn run(context: &Context, arguments: &[OsString], console: &mut Console<'_>) -> Status {
    let about = format!("{} {ABOUT}", context.identity.description);
    let command = Arguments::command()
        .long_about(format!("{about}.\n\n{STATUS}"))
        .about(about)
        .display_name(context.program_name())
        .bin_name(context.program_name());
    let with_name =
        std::iter::once(OsString::from(context.program_name())).chain(arguments.iter().map(with_two_dashes));
    let parsed = command
        .try_get_matches_from(with_name)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => {
            let _ = write!(console.errors, "{error}");
            return match arguments.first().and_then(|first| first.to_str()) {
                // The retired Terraform command had only one exit status for failures.
                Some("0.13upgrade") => Status::Failure,
                Some("adopt") => adopt::usage_status(
                    arguments
                        .iter()
                        .any(|argument| with_two_dashes(argument) == "--check"),
                ),
                _ => Status::UsageError,
            };
        }
        Err(help) => {
            let _ = write!(console.output, "{help}");
            return Status::Success;
        }
    };
    let outcome = match arguments.command {
        Command::Adopt(arguments) => adopt::run(context, &arguments, console),
        Command::Address(arguments) => address::run(context, &arguments, console),
        Command::Install(arguments) => install::install(context, &arguments, console),
        Command::Uninstall(arguments) => install::uninstall(context, &arguments, console),
        Command::Doctor(arguments) => doctor::run(context, &arguments, console),
        Command::Template(arguments) => template::run(context, &arguments, console),
        Command::Upgrade(arguments) => return upgrade::run(context, &arguments, console),
    };
    outcome.unwrap_or_else(|error| print_error(console, &error, Status::Failure))
}

/// Adds a second dash to a flag with one, such as `-yes`, because Terraform's own flags have one.
fn with_two_dashes(argument: &OsString) -> OsString {
    let is_word = |flag: &str| flag.len() > 2 && flag.starts_with('-') && !flag.starts_with("--");
    match argument.to_str() {
        Some(flag) if is_word(flag) && flag.as_bytes().get(1).is_some_and(u8::is_ascii_lowercase) => {
            OsString::from(format!("-{flag}"))
        }
        _ => argument.clone(),
    }
}
