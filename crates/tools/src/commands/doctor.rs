//! `doctor`: finds out why Terraform does not find or start this provider.
//!
//! Each check is a function that adds findings, and does not stop the other checks. A check adds no finding if it needs
//! something that another check reported as missing.
//!
//! Tests: `tests/cli/doctor.rs`.

mod configuration;
mod endpoint;
mod packages;
mod remote;

use std::path::PathBuf;

use self::packages::Network;
use super::context::{CommandError, Console, Context, Status, block_on};
use super::installation::ProviderInstallation;
use super::probe::Finding;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Directory of the configuration [default: the working directory]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Send no requests to registries, mirrors or the control plane
    #[arg(long)]
    offline: bool,
}

/// The findings of all checks, in the order of the output.
#[derive(Default)]
struct Findings {
    lines: Vec<Finding>,
}

impl Findings {
    fn passed(&mut self, message: impl Into<String>) {
        self.lines.push(Finding::passed(message));
    }

    fn note(&mut self, message: impl Into<String>) {
        self.lines.push(Finding::Note(message.into()));
    }

    fn problem(&mut self, message: impl Into<String>, remedy: impl Into<String>) {
        self.lines.push(Finding::problem(message, remedy));
    }
}

/// Runs all checks and prints their findings.
///
/// # Errors
///
/// [`CommandError`], if the directory does not exist or the output is closed.
pub fn run(
    context: &Context,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let directory = match &arguments.directory {
        Some(directory) => context.directory.join(directory),
        None => context.directory.clone(),
    };
    if !directory.is_dir() {
        return Err(CommandError::new(
            format!("`{}` is not a directory", directory.display()),
            "Give the directory of a Terraform configuration.",
        ));
    }
    let mut findings = Findings::default();
    let installation = ProviderInstallation::read(context);
    check_cli_configuration(&installation, &mut findings);
    let required = configuration::check(context, &directory, &mut findings)?;
    let network = if arguments.offline {
        Network::Offline
    } else {
        Network::Online
    };
    for provider in &required {
        block_on(packages::check(
            context,
            &directory,
            &installation,
            provider,
            network,
            &mut findings,
        ))?;
    }
    if arguments.offline {
        findings.note("The control plane was not checked (--offline)");
    } else {
        endpoint::check(context, &directory, &mut findings);
    }
    print(&findings, console)
}

fn check_cli_configuration(installation: &ProviderInstallation, findings: &mut Findings) {
    for problem in &installation.problems {
        findings.problem(problem.message.clone(), problem.remedy.clone());
    }
    if installation.problems.is_empty() {
        findings.passed(match &installation.explicit_file {
            Some(file) => format!(
                "Terraform installs providers as configured by `provider_installation` in `{}`",
                file.display()
            ),
            None => {
                "No `provider_installation`: Terraform searches its default plugin directories, then the registry"
                    .to_owned()
            }
        });
    }
}

fn print(findings: &Findings, console: &mut Console<'_>) -> Result<Status, CommandError> {
    let mut count = 0;
    for finding in &findings.lines {
        match finding {
            Finding::Passed(message) => writeln!(console.output, "ok       {message}")?,
            Finding::Note(message) => writeln!(console.output, "note     {message}")?,
            Finding::Problem(problem) => {
                count += 1;
                writeln!(
                    console.output,
                    "problem  {}\n         -> {}",
                    problem.message, problem.remedy
                )?;
            }
        }
    }
    match count {
        0 => writeln!(console.output, "\nNo problems found.")?,
        1 => writeln!(console.output, "\n1 problem found.")?,
        _ => writeln!(console.output, "\n{count} problems found.")?,
    }
    Ok(if count == 0 {
        Status::Success
    } else {
        Status::Failure
    })
}
