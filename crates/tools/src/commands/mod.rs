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

mod address;
mod doctor;
mod install;
pub mod survey;
mod upgrade;

pub use doctor::{Finding, ProviderBlock};

use std::ffi::OsString;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use environment::Environment;

use crate::address::Address;
use crate::package::layout::System;
use crate::package::platform::Platform;
use crate::package::version::Version;

/// The provider that the program serves.
#[derive(Clone, Copy)]
pub struct Identity {
    /// Local name, e.g. `durantic`.
    pub name: &'static str,
    /// Source address in full form, e.g. `registry.terraform.io/durantic/durantic`.
    pub address: &'static str,
    /// Version of the program, e.g. `1.3.0`.
    pub version: &'static str,
    /// Whether its API can be called as the configuration asks.
    pub probe: fn(&ProviderBlock, &Environment) -> Vec<Finding>,
}

/// Where a command runs, so that a test can put it anywhere.
pub struct Context {
    /// What the provider is.
    pub identity: Identity,
    /// The variables of the process.
    pub environment: Environment,
    /// Where Terraform would be started.
    pub directory: PathBuf,
    /// This program.
    pub program: PathBuf,
    /// The version of this program.
    pub version: Version,
    /// What decides where Terraform looks.
    pub system: System,
    /// What this program runs on.
    pub platform: Platform,
}

/// The person at the other end.
pub struct Console<'a> {
    /// Results.
    pub output: &'a mut dyn Write,
    /// Complaints.
    pub errors: &'a mut dyn Write,
    /// Answers.
    pub input: &'a mut dyn BufRead,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It did what it was asked for, and the answer is yes.
    Good = 0,
    /// It failed, or the answer is no.
    Bad = 1,
    /// It was not asked in a way that it understands.
    Misused = 2,
}

/// Why a command did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct CommandError {
    /// What is wrong, as a lowercase fragment.
    pub problem: String,
    /// What to do, as a sentence.
    pub remedy: String,
}

impl CommandError {
    fn new(problem: impl std::fmt::Display, remedy: impl Into<String>) -> CommandError {
        CommandError {
            problem: format!("{problem}"),
            remedy: remedy.into(),
        }
    }
}

/// A console that is gone is nobody's fault: `address x | head` must not fail with a trace.
impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> CommandError {
        CommandError::new(
            format!("failed to write the answer: {error}"),
            "Run it again with an output that stays open.",
        )
    }
}

/// The Terraform provider for Durantic. Terraform starts it; these commands help where Terraform does not find it.
///
/// Every command ends with status 0 if all is well, 1 if it is not, and 2 if the command itself was wrong.
#[derive(Debug, Parser)]
#[command(
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "With --debug alone it serves, to be run in a debugger, the Terraform that is told of it by TF_REATTACH_PROVIDERS."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Explain a source string: host, namespace, type, and where the provider would lie on disk.
    Address(address::Arguments),
    /// Put this program where Terraform finds it, and print the block that names it.
    Install(install::Arguments),
    /// Take what `install` put there away again.
    Uninstall(install::UninstallArguments),
    /// Find out why Terraform does not find or start this provider here.
    Doctor(doctor::Arguments),
    /// Give every provider of a configuration its entry in `required_providers`, as `terraform 0.13upgrade` did.
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
    let command = Arguments::command()
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

fn complain(console: &mut Console<'_>, error: &CommandError, status: Status) -> Status {
    let _ = writeln!(console.errors, "error: {}\n  {}", error.problem, error.remedy);
    status
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

impl Context {
    /// The context of this process.
    pub fn of_process(identity: Identity) -> Result<Context, CommandError> {
        let directory = std::env::current_dir().map_err(|error| {
            CommandError::new(
                format!("failed to find the working directory: {error}"),
                "Change to a directory that exists.",
            )
        })?;
        let program = std::env::current_exe().map_err(|error| {
            CommandError::new(
                format!("failed to find this program's own file: {error}"),
                "Start it by its whole path.",
            )
        })?;
        let version = Version::parse(identity.version).map_err(|error| {
            CommandError::new(
                format!("this program has no usable version: {error}"),
                "Report it: this is a bug.",
            )
        })?;
        Ok(Context {
            identity,
            environment: Environment::of_process(),
            directory,
            program,
            version,
            system: System::current(),
            platform: Platform::current(),
        })
    }

    fn program_name(&self) -> String {
        format!("terraform-provider-{}", self.identity.name)
    }

    /// The address that the provider is published under.
    fn own_address(&self) -> Result<Address, CommandError> {
        parse_source(self.identity.address)
    }
}

/// An address for a command: what is wrong with it is said as Terraform says it.
fn parse_source(source: &str) -> Result<Address, CommandError> {
    Address::parse(source)
        .map(Address::resolved)
        .map_err(|error| CommandError::new(format!("{}: {error}", error.kind.summary()), error.suggestion))
}
