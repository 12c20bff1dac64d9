//! `0.13upgrade`: adds a `required_providers` entry for each provider.
//!
//! The output and the prompt are those of the retired command:
//! <https://github.com/hashicorp/terraform/blob/v0.13.7/command/013_config_upgrade.go>.
//!
//! Tests: `crates/tools/tests/upgrade/main.rs`, `tests/cli/format/mod.rs`.

use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::context::{CommandError, Console, Context, Status, block_on, print_error};
use super::installation::{Location, ProviderInstallation};
use crate::address::{Address, Namespace};
use crate::package::files;
use crate::upgrade::module::{Module, ModuleError};
use crate::upgrade::registry::{LookupError, Registry};
use crate::upgrade::{self, Change};

const PUBLIC_REGISTRY: &str = "https://registry.terraform.io";

/// The explanation before the prompt, in Terraform's words.
const EXPLANATION: &str = "\
This command will update the configuration files in the given directory to use
the new provider source features from Terraform v0.13. It will also highlight
any providers for which the source cannot be detected, and advise how to
proceed.

We recommend using this command in a clean version control work tree, so that
you can easily see the proposed changes as a diff against the latest commit.
If you have uncommited changes already present, we recommend aborting this
command and dealing with them before running this command again.
";

/// The advice after the upgrade, in Terraform's words.
const ADVICE: &str = "\
Use your version control system to review the proposed changes, make any
necessary adjustments, and then commit.
";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status, as of the retired Terraform command: 0 on success, with or without warnings, and if you cancel; 1 on failure or \
if the command line is invalid. With --check: 0 if no file would change, 1 if a file would change, 2 on failure.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Arguments {
    /// Directory of the configuration [default: the working directory]
    #[arg(value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Skip the confirmation prompt
    #[arg(long)]
    yes: bool,
    /// List the files that would change, without changing them; exit with status 1 if there are any
    #[arg(long)]
    check: bool,
    /// Print a diff of the changes
    #[arg(long)]
    diff: bool,
    /// Registry to query for the source addresses of providers
    #[arg(long, value_name = "URL", conflicts_with = "offline", default_value = PUBLIC_REGISTRY)]
    registry: String,
    /// Do not query a registry; mark unknown source addresses with a TODO comment
    #[arg(long)]
    offline: bool,
}

/// Upgrades the configuration in a directory, and returns the exit status.
pub fn run(context: &Context, arguments: &Arguments, console: &mut Console<'_>) -> Status {
    match upgrade(context, arguments, console) {
        Ok(status) => status,
        // With --check, status 1 means that a file would change.
        Err(error) if arguments.check => print_error(console, &error, Status::UsageError),
        Err(error) => print_error(console, &error, Status::Failure),
    }
}

fn upgrade(
    context: &Context,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let (directory, place_in_prompt) = match arguments.directories.as_slice() {
        [] => (context.directory.clone(), "in the current directory".to_owned()),
        [directory] => (
            context.directory.join(directory),
            format!("in {}", directory.display()),
        ),
        _ => {
            return Err(CommandError::new(
                "too many arguments",
                "Give one directory. The command does not process subdirectories.",
            ));
        }
    };
    let module = Module::load(&directory).map_err(|error| {
        let remedy = match &error {
            ModuleError::NotAModule(_) => "Give a directory that contains `.tf` files.",
            ModuleError::File { .. } => "Check that the file exists and that you can read it.",
            ModuleError::Syntax { .. } => {
                "Correct the file, then run the command again. No file was changed."
            }
        };
        CommandError::new(error, remedy)
    })?;
    if !arguments.yes && !arguments.check && !confirm(&place_in_prompt, console)? {
        writeln!(console.output, "Upgrade cancelled.")?;
        return Ok(Status::Success);
    }
    let separator = "-".repeat(78);
    if !arguments.check {
        writeln!(console.output, "{separator}\n")?;
    }

    let registry = registry(context, arguments);
    let own = context.own_address()?;
    let plan = block_on(upgrade::plan(&module, &registry, &own))?.map_err(|error| {
        CommandError::new(
            error,
            "Correct the entry, then run the command again. No file was changed.",
        )
    })?;
    if arguments.diff {
        for change in &plan.changes {
            write!(console.output, "{}", diff(change))?;
        }
    }
    if !arguments.check {
        for change in &plan.changes {
            write(&directory, change)?;
        }
    }
    for warning in &plan.warnings {
        writeln!(
            console.errors,
            "Warning: {}\n  {}\n",
            warning.summary, warning.detail
        )?;
    }
    if arguments.check {
        for change in &plan.changes {
            writeln!(console.output, "{}", change.name)?;
        }
        return Ok(if plan.changes.is_empty() {
            Status::Success
        } else {
            Status::Failure
        });
    }
    if !plan.warnings.is_empty() {
        writeln!(console.output, "{separator}\n")?;
    }
    write!(console.output, "Upgrade complete!\n\n{ADVICE}")?;
    Ok(Status::Success)
}

/// Asks for confirmation. Only `yes` confirms.
fn confirm(place: &str, console: &mut Console<'_>) -> Result<bool, CommandError> {
    let question = if place == "in the current directory" {
        "Would you like to upgrade the module in the current directory?".to_owned()
    } else {
        format!("Would you like to upgrade the module {place}?")
    };
    write!(
        console.output,
        "{EXPLANATION}\n{question}\n  Only 'yes' will be accepted to confirm.\n\n  Enter a value: "
    )?;
    console.output.flush()?;
    let mut answer = String::new();
    console.input.read_line(&mut answer)?;
    writeln!(console.output)?;
    Ok(answer.trim_end_matches(['\r', '\n']) == "yes")
}

/// The registry to query, unless the CLI configuration or `--offline` forbids it.
fn registry(context: &Context, arguments: &Arguments) -> Registry {
    if arguments.offline {
        return Registry::unavailable(LookupError::Offline);
    }
    let legacy = Address::parse("-/any").ok();
    let installation = ProviderInstallation::read(context);
    let is_direct = installation.methods.iter().any(|method| {
        let is_allowed = legacy.as_ref().is_none_or(|address| {
            debug_assert_eq!(*address.namespace(), Namespace::Legacy);
            method.selection.allows(address)
        });
        method.location == Location::Direct && is_allowed
    });
    if is_direct || arguments.registry != PUBLIC_REGISTRY {
        Registry::at(&arguments.registry, &context.user_agent())
    } else {
        Registry::unavailable(LookupError::NoDirect)
    }
}

fn write(directory: &Path, change: &Change) -> Result<(), CommandError> {
    files::write(&directory.join(&change.name), files::Mode::Plain, |file| {
        std::io::Write::write_all(file, change.after.as_bytes())
    })?;
    Ok(())
}

fn diff(change: &Change) -> String {
    let before = change.before.as_deref().unwrap_or_default();
    let old = if change.before.is_some() {
        format!("old/{}", change.name)
    } else {
        "/dev/null".to_owned()
    };
    TextDiff::from_lines(before, &change.after)
        .unified_diff()
        .header(&old, &format!("new/{}", change.name))
        .to_string()
}
