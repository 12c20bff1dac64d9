//! `adopt`: writes the configuration of an account, and proves that its plan only imports.
//!
//! Tests: `tests/terraform/adopt.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use engine::{Definition, identity};
use indicatif::{ProgressBar, ProgressStyle};
use schema::Resource;
use value::glob;

use super::context::{CommandError, Console, Context, Status, block_on, print_error};
use super::probe::ProviderBlock;
use crate::address::Address;
use crate::adopt::account::{Account, Connection, Kind, Reading, kinds, read};
use crate::adopt::blocks::{Added, Change, Options};
use crate::adopt::existing::{Existing, Reader};
use crate::adopt::managed::planned;
use crate::adopt::place::{Place, PlaceError};
use crate::adopt::plan::{Plan, WriteError, plan, sorted};
use crate::adopt::present::{Present, State};
use crate::adopt::terraform::Terraform;
use crate::package::files;
use crate::package::version::Version;

/// The first version with import blocks.
const IMPORT_BLOCKS: (u64, u64) = (1, 5);
/// The first version in which the ID of an import block can be an expression.
const IMPORT_EXPRESSIONS: (u64, u64) = (1, 6);
/// The first version with write-only arguments and ephemeral variables.
const WRITE_ONLY: (u64, u64) = (1, 11);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 if everything was adopted, and the plan, if there is one, only imports; 1 if an object could not be adopted, or the plan \
changes anything; 2 if the command line is invalid. With --check: 0 if Terraform manages everything, 2 if not, 1 if that is not known or \
the command line is invalid.

The connection is that of the provider: its block in DIR, or the environment variables.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Arguments {
    /// Directory of the configuration, which is created if it does not exist [default: the working directory]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Adopt only these kinds, such as `vip` and `machine_role`
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    only: Vec<String>,
    /// Adopt only objects whose name matches this pattern, such as `web-*`
    #[arg(long, value_name = "GLOB")]
    r#match: Option<String>,
    /// Adopt machines as deployments, which install them, instead of configurations
    #[arg(long)]
    deployments: bool,
    /// Adopt official objects as well, which the account can see but does not own
    #[arg(long)]
    include_official: bool,
    /// A state whose objects are managed already, beside that of DIR; may be repeated
    #[arg(long, value_name = "FILE")]
    state: Vec<PathBuf>,
    /// Version of the Terraform that reads the result [default: that of the one on PATH]
    #[arg(long, value_name = "VERSION")]
    terraform_version: Option<String>,
    /// Print the files and resources that would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// List the objects that Terraform does not manage, and write nothing; exit with status 2 if there are any
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
}

/// Adopts the account, and returns the exit status.
///
/// # Errors
///
/// [`CommandError`], which says what was written before, if anything was.
pub fn run(
    context: &Context,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let directory = match &arguments.directory {
        Some(directory) => context.directory.join(directory),
        None => context.directory.clone(),
    };
    let is_usable = if arguments.check {
        directory.is_dir()
    } else {
        directory.is_dir() || !directory.exists()
    };
    if !is_usable {
        return Err(CommandError::new(
            format!("`{}` is not a directory", directory.display()),
            "Give the directory of a Terraform configuration.",
        ));
    }
    let usage =
        |console: &mut Console<'_>, error| Ok(print_error(console, &error, usage_status(arguments.check)));
    let pattern = match pattern(arguments.r#match.as_deref()) {
        Ok(pattern) => pattern,
        Err(error) => return usage(console, error),
    };
    let found = Terraform::find(&context.environment, &directory);
    let terraform = found.as_ref().ok().and_then(Option::as_ref);
    let reader = match terraform {
        Some(terraform) if terraform.name == "tofu" => Reader::OpenTofu,
        _ => Reader::Terraform,
    };
    let mut existing = Existing::load(&directory, reader).map_err(|error| {
        CommandError::new(
            error,
            "Correct the file, then run the command again. No file was changed.",
        )
    })?;
    existing.resolve();
    let is_wanted = |name: &str| pattern.as_ref().is_none_or(|pattern| pattern.matches(name));
    // Terraform runs the provider in the directory, to which the paths in its arguments are relative.
    let _created = Created::new(&directory)?;
    std::env::set_current_dir(&directory)?;
    let connection = connect(context, &existing, console)?;
    let kinds = match selected(&connection, arguments) {
        Ok(kinds) => kinds,
        Err(error) => return usage(console, error),
    };
    let version = match version(arguments, terraform) {
        Ok(version) => version,
        Err(error) => return usage(console, error),
    };
    if !arguments.check && !is_from(version.as_ref(), IMPORT_BLOCKS) {
        return Err(CommandError::new(
            "import blocks need Terraform 1.5",
            "Put a newer Terraform on PATH, or pass --terraform-version.",
        ));
    }
    let place = Place::of(&context.environment, &directory, &existing);
    let further = arguments.state.iter();
    let further: Vec<PathBuf> = further.map(|file| context.directory.join(file)).collect();
    let managed = place.managed(connection.definition, terraform, &further);
    let managed = managed.map_err(|error| unknown_state(&error))?;
    let own = context.own_address()?;
    let present = Present {
        prefix: &connection.definition.provider.name,
        provider: existing.provider(|source| is_source(source, &own)),
        existing: &existing,
        managed: &managed,
        include_official: arguments.include_official,
        is_wanted: &is_wanted,
    };
    let account = read_account(&connection, &kinds, &present, !arguments.check)?;
    if arguments.check {
        let is_part = !arguments.only.is_empty() || pattern.is_some();
        return check(&account, &present, is_part, console);
    }
    let source = own.to_string();
    let options = Options {
        has_write_only: is_from(version.as_ref(), WRITE_ONLY),
        has_import_expressions: is_from(version.as_ref(), IMPORT_EXPRESSIONS),
        source: source.strip_prefix("registry.terraform.io/").unwrap_or(&source),
        version: &format!("~> {}.{}", context.version.major, context.version.minor),
        read: &|path| content(&directory.join(path)),
    };
    let plan = plan(connection.definition, &account, &present, &options).map_err(|error| {
        let remedy = match &error {
            WriteError::Required { .. } => format!(
                "Add `{} = {{ source = \"{}\", version = \"{}\" }}` to it.",
                context.identity.name, options.source, options.version
            ),
            WriteError::Source { .. } => format!("Set `source = \"{}\"` in it.", options.source),
        };
        CommandError::new(error, format!("{remedy} No file was changed."))
    })?;
    if !arguments.dry_run {
        write(&directory, &plan)?;
    }
    report(&plan, arguments.dry_run, console)?;
    let is_empty = existing.files.is_empty() && plan.files.is_empty();
    let is_proven = arguments.dry_run
        || is_empty
        || match found {
            Ok(Some(terraform)) => prove(
                connection.definition,
                &directory,
                &place.data,
                &plan.added,
                &terraform,
                console,
            )?,
            Ok(None) => {
                let line = "No plan: neither `terraform` nor `tofu` is on PATH.";
                writeln!(console.output, "{line}")?;
                true
            }
            Err(error) => {
                print_error(console, &unplanned(&error), Status::Failure);
                false
            }
        };
    print_problems("Not adopted", &plan.problems, console)?;
    Ok(if is_proven && plan.problems.is_empty() {
        Status::Success
    } else {
        Status::Failure
    })
}

/// The content of a file; `None` if it does not exist. What is there but cannot be read, such as a link to nothing, is another file.
fn content(path: &Path) -> Option<Vec<u8>> {
    let is_there = std::fs::symlink_metadata(path).is_ok();
    is_there.then(|| std::fs::read(path).unwrap_or_default())
}

/// Writes the files, until one fails.
fn write(directory: &Path, plan: &Plan) -> Result<(), CommandError> {
    let mut written = Vec::new();
    for (name, change) in plan.in_order() {
        if let Err(error) = write_file(&directory.join(name), change) {
            let written = match written.as_slice() {
                [] => "No file was changed.".to_owned(),
                written => format!("Already written: {}.", written.join(", ")),
            };
            return Err(CommandError {
                remedy: format!("{} {written}", error.remedy),
                ..error
            });
        }
        written.push(name.as_str());
    }
    Ok(())
}

/// Writes a file, unless it appeared or was changed while the account was read.
fn write_file(path: &Path, change: &Change) -> Result<(), CommandError> {
    if content(path).as_deref() != change.before.as_ref().map(String::as_bytes) {
        return Err(CommandError::new(
            format!("`{}` was changed meanwhile", path.display()),
            "It stays as it is. Run the command again.",
        ));
    }
    Ok(files::replace(path, &change.after)?)
}

/// A directory that is created, and removed again if nothing is written to it.
struct Created<'a> {
    directory: &'a Path,
    /// The first directory above it that was there.
    root: PathBuf,
}

impl<'a> Created<'a> {
    fn new(directory: &'a Path) -> Result<Self, CommandError> {
        let mut above = directory.ancestors();
        let root = above.find(|directory| directory.exists()).unwrap_or(directory);
        std::fs::create_dir_all(directory).map_err(|error| {
            CommandError::new(
                format!("failed to create `{}`: {error}", directory.display()),
                "Give a directory in which you may write.",
            )
        })?;
        let root = root.to_owned();
        Ok(Self { directory, root })
    }
}

impl Drop for Created<'_> {
    fn drop(&mut self) {
        files::remove_empty_directories(self.directory, &self.root);
    }
}

/// Whether a source is that of the provider, on any host: each registry and mirror has it on its own.
fn is_source(source: &str, own: &Address) -> bool {
    Address::parse(source).is_ok_and(|address| {
        let address = address.resolved();
        (address.namespace(), address.type_name()) == (own.namespace(), own.type_name())
    })
}

/// The status of an invalid command line: for `--check`, it is no answer.
pub fn usage_status(is_check: bool) -> Status {
    if is_check {
        Status::Failure
    } else {
        Status::UsageError
    }
}

fn pattern(text: Option<&str>) -> Result<Option<glob::Pattern>, CommandError> {
    let Some(text) = text else { return Ok(None) };
    glob::parse(text).map(Some).ok_or_else(|| {
        CommandError::new(
            format!("`{text}` is not a pattern"),
            "Write a pattern such as `web-*`, in quotes.",
        )
    })
}

/// Connects to the account, with the provider block of the directory. An argument that only Terraform can evaluate counts only if an
/// environment variable has its value.
fn connect(
    context: &Context,
    existing: &Existing,
    console: &mut Console<'_>,
) -> Result<Connection, CommandError> {
    let own = context.own_address()?;
    let provider = existing.provider(|source| is_source(source, &own));
    let name = provider.unwrap_or(context.identity.name);
    let arguments = existing.providers.get(name);
    let arguments = || arguments.into_iter().flatten();
    let block: ProviderBlock = arguments()
        .filter_map(|(name, argument)| Some((name.clone(), argument.value.clone()?)))
        .collect();
    let connected = (context.identity.connect)(&block, &context.environment);
    for (name, argument) in arguments().filter(|(_, argument)| argument.value.is_none()) {
        let variable = (context.identity.variable)(name);
        let place = format!("`{name}` of the provider block in `{}`", argument.file);
        let used = variable.filter(|variable| context.environment.get(variable).is_some());
        let Some(used) = used else {
            let remedy = variable.map_or_else(
                || "Write it as a string.".to_owned(),
                |variable| format!("Set the environment variable {variable} to its value."),
            );
            let problem = format!("only Terraform can evaluate {place}");
            return Err(CommandError::new(problem, remedy));
        };
        writeln!(
            console.errors,
            "{place} is an expression, so {used} is used instead."
        )?;
    }
    connected.map_err(|problem| CommandError::new(problem.message, problem.remedy))
}

/// The kinds to adopt.
fn selected(connection: &Connection, arguments: &Arguments) -> Result<Vec<Kind>, CommandError> {
    let prefix = &connection.definition.provider.name;
    let all = kinds(connection.definition, arguments.deployments);
    for word in &arguments.only {
        let named = all
            .iter()
            .find_map(|kind| Some((kind, kind.named(word, prefix)?)));
        let Some((kind, resource)) = named else {
            let known: Vec<&str> = all.iter().map(|kind| kind.resource().name.as_ref()).collect();
            let suggestion = schema::nearest(word, known.iter().copied())
                .map(|name| format!("Did you mean `{name}`? "))
                .unwrap_or_default();
            return Err(CommandError::new(
                format!("`{word}` is not a kind of object"),
                format!("{suggestion}The kinds are {}.", known.join(", ")),
            ));
        };
        if resource.name != kind.resource().name && !arguments.check {
            let other = &kind.resource().name;
            let flag = if arguments.deployments { "Remove" } else { "Add" };
            return Err(CommandError::new(
                format!("these objects are adopted as `{other}`, not as `{word}`"),
                format!("{flag} --deployments, or pass `{other}`."),
            ));
        }
    }
    let is_selected = |kind: &Kind| {
        let mut words = arguments.only.iter();
        arguments.only.is_empty() || words.any(|word| kind.named(word, prefix).is_some())
    };
    Ok(all.into_iter().filter(is_selected).collect())
}

/// The version of the Terraform that reads the result; `None` if it is not known.
fn version(arguments: &Arguments, terraform: Option<&Terraform>) -> Result<Option<Version>, CommandError> {
    let Some(text) = &arguments.terraform_version else {
        return Ok(terraform.map(|terraform| terraform.version.clone()));
    };
    let numbers = text.strip_prefix('v').unwrap_or(text);
    let missing = ".0".repeat(2_usize.saturating_sub(numbers.matches('.').count()));
    Version::parse(&format!("{numbers}{missing}"))
        .map(Some)
        .map_err(|_| {
            CommandError::new(
                format!("`{text}` is not a version"),
                "Write a version such as `1.11` or `1.11.4`.",
            )
        })
}

/// Whether a version has what came with another one. One that is not known has everything.
fn is_from(version: Option<&Version>, (major, minor): (u64, u64)) -> bool {
    version.is_none_or(|version| (version.major, version.minor) >= (major, minor))
}

/// The error of a state that cannot be read.
fn unknown_state(error: &PlaceError) -> CommandError {
    let remedy = match error {
        PlaceError::File { .. } => "A state is a file of Terraform, or the output of `terraform show -json`.",
        PlaceError::State { .. } => {
            "Without the state, managed objects would be adopted again. Pass the output of `terraform show -json` with --state."
        }
        PlaceError::Show(_) => {
            "Without the state, managed objects would be adopted again. Correct the error, or pass the state with --state."
        }
        PlaceError::Elsewhere => {
            "Without the state, managed objects would be adopted again. Run `terraform init` with Terraform on PATH, or pass the output of \
             `terraform show -json` with --state."
        }
    };
    CommandError::new(error, remedy)
}

/// Reads the account, with those objects whole that are new.
fn read_account(
    connection: &Connection,
    kinds: &[Kind],
    present: &Present<'_>,
    is_to_write: bool,
) -> Result<Account, CommandError> {
    let bar = ProgressBar::new(0);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("  {msg} {bar:30} {pos}/{len}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let progress = |resource: &Resource, read: usize, all: usize| {
        bar.set_message(format!("Reading {} objects", engine::naming::noun(resource)));
        bar.set_length(u64::try_from(all).unwrap_or_default());
        bar.set_position(u64::try_from(read).unwrap_or_default());
    };
    let reading = Reading {
        kinds,
        is_whole: &|kind, found| is_to_write && present.state(kind, found) == State::New,
        // One whose name the list does not show may be wanted.
        is_wanted: &|failure| {
            let is_named = failure.name.is_empty() || (present.is_wanted)(&failure.name);
            is_named && (present.include_official || !failure.is_official)
        },
        has_targets: is_to_write,
        progress: &progress,
    };
    let account = block_on(read(connection, &reading));
    bar.finish_and_clear();
    account?.map_err(|problem| {
        CommandError::new(
            problem,
            "No file was written. The command `doctor` of this program checks the connection.",
        )
    })
}

/// Lists what Terraform does not manage. `is_part` says whether the command line selects a part of the account.
fn check(
    account: &Account,
    present: &Present<'_>,
    is_part: bool,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let (mut count, mut managed) = (0, 0);
    for (kind, objects) in &account.objects {
        let noun = engine::naming::noun(kind.resource());
        for found in sorted(objects) {
            let note = match present.state(kind, found) {
                State::New => "",
                State::Written => " (in the configuration, but not applied)",
                State::Managed => {
                    managed += usize::from((present.is_wanted)(&found.name));
                    continue;
                }
                State::Official | State::Unwanted => continue,
            };
            count += 1;
            let id = identity::import_id(kind.resource(), &found.identity).unwrap_or_default();
            writeln!(console.output, "{noun} {:?} {id}{note}", found.name)?;
        }
    }
    let summary = match (count, managed) {
        (0, _) if !account.failures.is_empty() => String::new(),
        (0, 0) if is_part => "Nothing was selected.\n".to_owned(),
        (0, _) if is_part => format!("Terraform manages everything that was selected ({managed}).\n"),
        (0, _) => "Terraform manages everything.\n".to_owned(),
        (1, _) => "\n1 object is not managed.\n".to_owned(),
        _ => format!("\n{count} objects are not managed.\n"),
    };
    write!(console.output, "{summary}")?;
    let orphans = present
        .managed
        .resources()
        .filter(|resource| !present.existing.addresses.contains(*resource));
    let orphans = orphans.collect::<BTreeSet<_>>().len();
    let subject = match orphans {
        0 => String::new(),
        1 => "1 resource is".to_owned(),
        _ => format!("{orphans} resources are"),
    };
    if orphans > 0 {
        writeln!(
            console.output,
            "Note: {subject} in the state, but not in the configuration. The next apply destroys what has no block."
        )?;
    }
    print_problems("Not known", &account.failures, console)?;
    Ok(match (account.failures.is_empty(), count) {
        (false, _) => Status::Failure,
        (true, 0) => Status::Success,
        (true, _) => Status::UsageError,
    })
}

/// Prints what was written, and how many objects were not.
fn report(plan: &Plan, is_dry: bool, console: &mut Console<'_>) -> Result<(), CommandError> {
    let mut by_file: BTreeMap<&str, usize> = BTreeMap::new();
    for added in &plan.added {
        *by_file.entry(&added.file).or_default() += 1;
    }
    let verb = if is_dry { "would write" } else { "wrote" };
    let (texts, configuration): (Vec<_>, Vec<_>) =
        plan.files.iter().partition(|(file, _)| file.contains('/'));
    for (file, change) in configuration {
        let what = match by_file.get(file.as_str()) {
            Some(1) => " (1 object)".to_owned(),
            Some(count) => format!(" ({count} objects)"),
            None => String::new(),
        };
        let added = if change.before.is_some() {
            ", at its end"
        } else {
            ""
        };
        writeln!(console.output, "{verb} {file}{what}{added}")?;
    }
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for (file, _) in texts {
        let folder = file.split('/').next().unwrap_or_default();
        *folders.entry(folder).or_default() += 1;
    }
    for (folder, count) in folders {
        let files = if count == 1 { "file" } else { "files" };
        writeln!(console.output, "{verb} {folder}/ ({count} {files})")?;
    }
    if is_dry {
        for added in &plan.added {
            writeln!(
                console.output,
                "{}  {} {:?}",
                added.address, added.noun, added.name
            )?;
        }
    }
    let left = |state: State| plan.left.get(&state).copied().unwrap_or_default();
    let adopted = if is_dry { "to adopt" } else { "adopted" };
    let mut counts = vec![format!("{} {adopted}", plan.added.len())];
    for (state, text) in [
        (State::Managed, "managed already"),
        (State::Written, "in the configuration already"),
        (State::Official, "official left out"),
        (State::Unwanted, "do not match"),
    ] {
        if left(state) > 0 {
            counts.push(format!("{} {text}", left(state)));
        }
    }
    writeln!(console.output, "Objects: {}.", counts.join(", "))?;
    for note in &plan.notes {
        writeln!(console.output, "Note: {note}")?;
    }
    Ok(())
}

fn print_problems(heading: &str, problems: &[String], console: &mut Console<'_>) -> Result<(), CommandError> {
    if problems.is_empty() {
        return Ok(());
    }
    writeln!(console.errors, "\n{heading}:")?;
    for problem in problems {
        writeln!(console.errors, "- {}", problem.replace('\n', "\n  "))?;
    }
    Ok(())
}

/// The error of a plan that could not be made.
fn unplanned(error: &str) -> CommandError {
    CommandError::new(
        format!("the plan could not be made: {error}"),
        "The files are written. Correct the error, and plan.",
    )
}

/// Plans, and prints whether the plan only imports. Returns false if it does not, or if there is no plan.
fn prove(
    definition: &Definition,
    directory: &Path,
    data: &Path,
    added: &[Added],
    terraform: &Terraform,
    console: &mut Console<'_>,
) -> Result<bool, CommandError> {
    let initialising = || {
        let _ = writeln!(console.output, "Running `{} init` for the plan", terraform.name);
    };
    let mut proof = match terraform.prove(directory, data, initialising) {
        Ok(proof) => proof,
        Err(error) => {
            print_error(console, &unplanned(&error), Status::Failure);
            return Ok(false);
        }
    };
    if proof.is_complete {
        let planned = planned(definition, &proof.plan);
        proof.compare(added, &planned);
    }
    if proof.has_only_imports() {
        writeln!(console.output, "Plan: only imports: {}", proof.imports.len())?;
        return Ok(true);
    }
    if proof.is_complete {
        let imports = proof.imports.len();
        writeln!(console.output, "Plan: imports: {imports}, and it differs:")?;
    } else {
        writeln!(
            console.output,
            "No plan, because `{} plan` failed:",
            terraform.name
        )?;
    }
    for line in proof.differences.iter().chain(&proof.errors) {
        writeln!(console.output, "- {}", line.replace('\n', "\n  "))?;
    }
    Ok(false)
}
