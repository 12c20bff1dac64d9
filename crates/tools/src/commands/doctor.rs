//! `doctor`: why Terraform does not find or start this provider.
//!
//! Each check is a function that adds findings; none stops the others. Where a check needs something that another
//! found missing, it says nothing.
//!
//! Tests: `tests/cli/doctor.rs`.

mod configuration;
mod endpoint;
mod packages;
mod remote;

use std::path::PathBuf;

use self::packages::Reach;
use super::context::{CommandError, Console, Context, Status, block_on};
use super::probe::Finding;
use super::survey::Survey;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Directory of the configuration [default: the working directory]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Send no requests to registries, mirrors or the control plane
    #[arg(long)]
    offline: bool,
}

/// What the checks found.
#[derive(Default)]
struct Findings {
    lines: Vec<Finding>,
}

impl Findings {
    fn good(&mut self, text: impl Into<String>) {
        self.lines.push(Finding::good(text));
    }

    fn note(&mut self, text: impl Into<String>) {
        self.lines.push(Finding::Note(text.into()));
    }

    fn bad(&mut self, text: impl Into<String>, remedy: impl Into<String>) {
        self.lines.push(Finding::bad(text, remedy));
    }
}

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
    let survey = Survey::take(context);
    cli_configuration(&survey, &mut findings);
    let wanted = configuration::check(context, &directory, &mut findings)?;
    let reach = if arguments.offline {
        Reach::Disk
    } else {
        Reach::Everywhere
    };
    for wanted in &wanted {
        block_on(packages::check(
            context,
            &directory,
            &survey,
            wanted,
            reach,
            &mut findings,
        ))?;
    }
    if arguments.offline {
        findings.note("The control plane was not checked (--offline)");
    } else {
        endpoint::check(context, &directory, &mut findings);
    }
    report(&findings, console)
}

fn cli_configuration(survey: &Survey, findings: &mut Findings) {
    for problem in &survey.problems {
        findings.bad(problem.text.clone(), problem.remedy.clone());
    }
    if survey.problems.is_empty() {
        findings.good(match &survey.explicit {
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

fn report(findings: &Findings, console: &mut Console<'_>) -> Result<Status, CommandError> {
    let mut count = 0;
    for finding in &findings.lines {
        match finding {
            Finding::Good(text) => writeln!(console.output, "ok       {text}")?,
            Finding::Note(text) => writeln!(console.output, "note     {text}")?,
            Finding::Bad(problem) => {
                count += 1;
                writeln!(
                    console.output,
                    "problem  {}\n         -> {}",
                    problem.text, problem.remedy
                )?;
            }
        }
    }
    match count {
        0 => writeln!(console.output, "\nNo problems found.")?,
        1 => writeln!(console.output, "\n1 problem found.")?,
        _ => writeln!(console.output, "\n{count} problems found.")?,
    }
    Ok(if count == 0 { Status::Good } else { Status::Bad })
}
