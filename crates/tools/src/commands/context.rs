//! The input and output of every command: its environment, the console, the exit status and errors.
//!
//! Tests: `tests/cli/install.rs`.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use environment::Environment;
use template::Names;

use super::probe::{Finding, Problem, ProviderBlock};
use crate::address::Address;
use crate::adopt::account::Connection;
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
    /// The first sentence of `--help`.
    pub description: &'static str,
    /// Version of the program, e.g. `1.3.0`.
    pub version: &'static str,
    /// Checks the connection to the provider's API with the arguments of the provider block.
    pub probe: fn(&ProviderBlock, &Environment) -> Vec<Finding>,
    /// Connects to the provider's API with the arguments of the provider block, without a request.
    pub connect: fn(&ProviderBlock, &Environment) -> Result<Connection, Problem>,
    /// The environment variable of an argument of the provider block, if it has one.
    pub variable: fn(&str) -> Option<&'static str>,
    /// The names that templates of user data can use.
    pub names: fn() -> Names,
}

/// The environment of a command, which a test can replace.
pub struct Context {
    /// The provider.
    pub identity: Identity,
    /// The environment variables of the process.
    pub environment: Environment,
    /// The working directory.
    pub directory: PathBuf,
    /// The path of this program.
    pub program: PathBuf,
    /// The version of this program.
    pub version: Version,
    /// The kind of system, which decides where Terraform keeps its files.
    pub system: System,
    /// The platform that this program runs on.
    pub platform: Platform,
}

/// The streams of the terminal.
pub struct Console<'a> {
    /// Standard output, for results.
    pub output: &'a mut dyn Write,
    /// Standard error, for errors and warnings.
    pub errors: &'a mut dyn Write,
    /// Standard input, for confirmations.
    pub input: &'a mut dyn BufRead,
}

/// The exit status of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The command succeeded and found no problems.
    Success = 0,
    /// The command failed or found problems; with `0.13upgrade --check`, a file would change.
    Failure = 1,
    /// The command line is invalid; with `0.13upgrade --check`, the command failed; with `adopt --check`, objects are not managed.
    UsageError = 2,
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct CommandError {
    /// The error, as a lowercase fragment.
    pub problem: String,
    /// The remedy, as a sentence.
    pub remedy: String,
}

impl CommandError {
    pub(super) fn new(problem: impl std::fmt::Display, remedy: impl Into<String>) -> Self {
        Self {
            problem: format!("{problem}"),
            remedy: remedy.into(),
        }
    }
}

/// A closed output is an ordinary error: `address x | head` must not panic.
impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::new(
            format!("failed to write the output: {error}"),
            "Run the command again with an output that stays open.",
        )
    }
}

impl Context {
    /// The context of this process.
    ///
    /// # Errors
    ///
    /// [`CommandError`], if the system does not return the working directory or the path of the program, or if the
    /// version of the program is invalid.
    pub fn of_process(identity: Identity) -> Result<Self, CommandError> {
        let directory = std::env::current_dir().map_err(|error| {
            CommandError::new(
                format!("failed to read the working directory: {error}"),
                "Change to a directory that exists.",
            )
        })?;
        let program = std::env::current_exe().map_err(|error| {
            CommandError::new(
                format!("failed to find the path of this program: {error}"),
                "Start the program by its absolute path.",
            )
        })?;
        let version = Version::parse(identity.version).map_err(|error| {
            CommandError::new(
                format!("this program was built with an invalid version: {error}"),
                "This is a bug in the provider. Please report it.",
            )
        })?;
        Ok(Self {
            identity,
            environment: Environment::from_process(),
            directory,
            program,
            version,
            system: System::current(),
            platform: Platform::current(),
        })
    }

    pub(super) fn program_name(&self) -> String {
        format!("terraform-provider-{}", self.identity.name)
    }

    /// The `User-Agent` of requests to registries and mirrors.
    pub(super) fn user_agent(&self) -> String {
        format!("{}/{}", self.program_name(), self.identity.version)
    }

    /// The address under which the provider is published.
    ///
    /// # Errors
    ///
    /// [`CommandError`], if the address in the declaration is invalid.
    pub(super) fn own_address(&self) -> Result<Address, CommandError> {
        parse_source(self.identity.address)
    }
}

/// Parses a source address of the command line.
///
/// # Errors
///
/// [`CommandError`], with Terraform's summary of the error.
pub(super) fn parse_source(source: &str) -> Result<Address, CommandError> {
    Address::parse(source)
        .map(Address::resolved)
        .map_err(|error| CommandError::new(format!("{}: {error}", error.kind.summary()), error.suggestion))
}

/// Prints an error on the console, and returns the status.
pub(super) fn print_error(console: &mut Console<'_>, error: &CommandError, status: Status) -> Status {
    let _ = writeln!(console.errors, "error: {}\n  {}", error.problem, error.remedy);
    status
}

/// Runs a future on a new runtime. It does not wait for threads that are still blocked at the end, e.g. by a DNS lookup.
///
/// # Errors
///
/// [`CommandError`], if the runtime cannot be started.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        CommandError::new(
            format!("failed to start the asynchronous runtime: {error}"),
            "Close other programs, and run the command again.",
        )
    })?;
    let outcome = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(outcome)
}
