//! What every command gets and gives: where it runs, who reads it, and how it ends.
//!
//! Tests: `tests/cli/install.rs`.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use environment::Environment;

use super::probe::{Finding, ProviderBlock};
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
    /// What the program is, as a sentence: how its `--help` begins.
    pub description: &'static str,
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
    pub(super) fn new(problem: impl std::fmt::Display, remedy: impl Into<String>) -> Self {
        Self {
            problem: format!("{problem}"),
            remedy: remedy.into(),
        }
    }
}

/// A console that is gone is nobody's fault: `address x | head` must not fail with a trace.
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

    /// What a registry or a mirror learns of the program that asks.
    pub(super) fn user_agent(&self) -> String {
        format!("{}/{}", self.program_name(), self.identity.version)
    }

    /// The address that the provider is published under.
    pub(super) fn own_address(&self) -> Result<Address, CommandError> {
        parse_source(self.identity.address)
    }
}

/// An address for a command: what is wrong with it is said as Terraform says it.
pub(super) fn parse_source(source: &str) -> Result<Address, CommandError> {
    Address::parse(source)
        .map(Address::resolved)
        .map_err(|error| CommandError::new(format!("{}: {error}", error.kind.summary()), error.suggestion))
}

/// Prints an error on the console, and gives the status back.
pub(super) fn complain(console: &mut Console<'_>, error: &CommandError, status: Status) -> Status {
    let _ = writeln!(console.errors, "error: {}\n  {}", error.problem, error.remedy);
    status
}

/// Runs what needs the network, on a runtime of its own. What still blocks a thread then, such as a lookup of a name, does
/// not hold up the end.
///
/// # Errors
///
/// [`CommandError`], where the system gives no runtime.
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
