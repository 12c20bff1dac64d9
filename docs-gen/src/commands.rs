//! Runs the commands.
//!
//! Tests: `docs-gen/tests/commands.rs`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use provider::durantic::DEFINITION;
use thiserror::Error;

use crate::compat::{self, Names};
use crate::examples::{ExampleError, Examples};
use crate::facts::{self, Documentation, FORMAT};
use crate::files::Files;
use crate::json::{Document, DocumentError, Provider};
use crate::options::{Command, Mocks, Options, Registry, Source, Style, Validate};
use crate::registry::{self, PageError};
use crate::site::{self, SiteError};
use crate::validate::{self, Subcategories};
use crate::{additions, diff, llms, mocks, served};

/// Why a command failed.
#[derive(Debug, Error)]
pub enum CommandError {
    /// A file cannot be read or written.
    #[error("failed to read or write `{}`: {}", .0.display(), .1)]
    File(PathBuf, #[source] std::io::Error),
    /// Standard output cannot be written.
    #[error("failed to write to standard output: {0}")]
    Output(#[from] std::io::Error),
    /// The schema cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The pages cannot be generated.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The pages in the style of tfplugindocs cannot be generated.
    #[error(transparent)]
    Compat(#[from] compat::Error),
    /// A page cannot show an example.
    #[error(transparent)]
    Example(#[from] ExampleError),
    /// The site cannot be built.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The file is not the output of `docs-gen facts`.
    #[error("`{}` is not the output of `docs-gen facts`: {}", .0.display(), .1)]
    Facts(PathBuf, #[source] serde_json::Error),
    /// The file has the format of another version of docs-gen.
    #[error("`{}` has format version {}, but this program reads version {FORMAT}: run `docs-gen facts` again", .0.display(), .1)]
    Format(PathBuf, u32),
    /// The JSON cannot be serialised.
    #[error("failed to write JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Runs a command, and returns the exit status. The status is 1 if `--check` or `validate` finds problems.
///
/// # Errors
///
/// If the command cannot do its work, for example because it cannot read a file.
pub fn run(options: &Options) -> Result<ExitCode, CommandError> {
    let root = &options.root;
    match &options.command {
        Command::Registry(registry) => self::registry(root, registry),
        Command::Check => {
            let registry = Registry {
                source: Source::default(),
                check: true,
                style: Style::Rich,
                out: None,
            };
            let results = [
                self::registry(root, &registry)?,
                mocks(root, &Mocks { check: true })?,
                validate(root, &Validate::default())?,
            ];
            let failed = results.into_iter().find(|result| *result != ExitCode::SUCCESS);
            Ok(failed.unwrap_or(ExitCode::SUCCESS))
        }
        Command::Mocks(options) => mocks(root, options),
        Command::Validate(options) => validate(root, options),
        Command::Schema => {
            let document = served::document(&DEFINITION)?;
            print(&serde_json::to_string(&document)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Facts(source) => {
            print(&serde_json::to_string_pretty(
                &Subject::new(root, source)?.documentation()?,
            )?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Llms(options) => {
            let subject = Subject::new(root, &options.source)?;
            let files = llms::files(&subject.documentation()?, &subject.pages(Style::Rich)?)?;
            let written = files
                .replace(&options.out, llms::FACTS)
                .map_err(|error| CommandError::File(options.out.clone(), error))?;
            eprintln!(
                "{}: {} files, {written} changed",
                options.out.display(),
                files.len()
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Diff { old, new } => {
            let changelog = diff::changelog(&read_facts(old)?, &read_facts(new)?);
            if !changelog.is_empty() {
                print(&changelog)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Site(options) => {
            let subject = Subject::new(root, &options.source)?;
            let documentation = subject.documentation()?;
            let version = match &options.version {
                Some(version) => version.clone(),
                None if documentation.version.is_empty() => "latest".to_owned(),
                None => documentation.version.clone(),
            };
            let started = Instant::now();
            let count = site::build(&documentation, &subject.templates, &options.out, &version)?;
            eprintln!(
                "{}: {count} files in {} ms",
                options.out.join(version).display(),
                started.elapsed().as_millis()
            );
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn print(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

/// The provider that a command documents, with its examples and templates.
pub struct Subject {
    served: Provider,
    ignores_deprecated: bool,
    /// The address of another provider; `None` for this one.
    other_address: Option<String>,
    names: Names,
    examples: Examples,
    /// The folder that has the folder `guides`.
    pub templates: PathBuf,
}

impl Subject {
    /// This provider, or the provider that `source` names.
    ///
    /// # Errors
    ///
    /// If the schema cannot be read or does not have the provider.
    pub fn new(root: &Path, source: &Source) -> Result<Self, CommandError> {
        let examples = Examples::new(source.examples.clone().unwrap_or_else(|| root.join("examples")));
        let templates = source.templates.clone().unwrap_or_else(|| root.join("templates"));
        let own_name = DEFINITION.provider.name.to_string();
        let provider = source.provider_name.clone().unwrap_or(own_name);
        let names = Names {
            rendered: source
                .rendered_provider_name
                .clone()
                .unwrap_or_else(|| provider.clone()),
            provider,
        };
        let document = match &source.providers_schema {
            Some(file) => Document::parse(&read(file)?)?,
            None => served::document(&DEFINITION)?,
        };
        let address = document
            .provider_schemas
            .keys()
            .find(|address| address.rsplit('/').next() == Some(names.short()))
            .cloned()
            .unwrap_or_default();
        let mut served = document.provider(names.short())?.clone();
        if source.ignore_deprecated {
            served = served.without_deprecated();
        }
        Ok(Self {
            served,
            ignores_deprecated: source.ignore_deprecated,
            other_address: source.providers_schema.is_some().then_some(address),
            names,
            examples,
            templates,
        })
    }

    /// All facts about the provider.
    ///
    /// # Errors
    ///
    /// If an example cannot be read, or a schema cannot be documented.
    pub fn documentation(&self) -> Result<Documentation, CommandError> {
        let mut documentation = match &self.other_address {
            None => facts::declared::documentation(&DEFINITION, env!("CARGO_PKG_VERSION"), &self.examples)?,
            Some(address) => {
                facts::served::documentation(&self.served, address, "", &self.names, &self.examples)?
            }
        };
        if self.ignores_deprecated {
            documentation.objects.retain(|object| object.deprecated.is_none());
        }
        Ok(documentation)
    }

    /// The provider's pages for the Registry.
    ///
    /// # Errors
    ///
    /// If an example or a template cannot be used, a schema cannot be documented, or a page is too large.
    pub fn pages(&self, style: Style) -> Result<Files, CommandError> {
        match style {
            Style::Rich => Ok(registry::pages(&self.documentation()?, &self.templates)?),
            Style::Tfplugindocs => {
                let mut files = compat::pages(&self.served, &self.names, &self.examples)?;
                additions::add(&mut files, &self.templates).map_err(PageError::Addition)?;
                registry::check_sizes(&files)?;
                Ok(files)
            }
        }
    }
}

fn read(path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path).map_err(|error| CommandError::File(path.to_owned(), error))
}

fn read_facts(path: &Path) -> Result<Documentation, CommandError> {
    let facts: Documentation =
        serde_json::from_str(&read(path)?).map_err(|error| CommandError::Facts(path.to_owned(), error))?;
    if facts.format == FORMAT {
        Ok(facts)
    } else {
        Err(CommandError::Format(path.to_owned(), facts.format))
    }
}

fn registry(root: &Path, options: &Registry) -> Result<ExitCode, CommandError> {
    let out = options.out.clone().unwrap_or_else(|| root.join("docs"));
    let files = Subject::new(root, &options.source)?.pages(options.style)?;
    if options.check {
        return check(
            &files,
            &out,
            &registry::OWNED_PATHS,
            &options.update_command(root),
        );
    }
    let written = files.write(&out, &registry::OWNED_PATHS);
    let written = written.map_err(|error| CommandError::File(out.clone(), error))?;
    eprintln!("{}: {} pages, {written} changed", out.display(), files.len());
    Ok(ExitCode::SUCCESS)
}

fn mocks(root: &Path, options: &Mocks) -> Result<ExitCode, CommandError> {
    let text = mocks::text(&DEFINITION);
    let guide = mocks::in_guide(&read(&root.join(mocks::GUIDE))?, &text);
    let mut files = Files::default();
    files.insert(mocks::GUIDE, guide);
    files.insert(
        format!("{}/{}.tfmock.hcl", mocks::FOLDER, DEFINITION.provider.name),
        text,
    );
    let owned = [mocks::FOLDER];
    if options.check {
        return check(&files, root, &owned, "cargo docs-gen mocks");
    }
    let written = files.write(root, &owned);
    let written = written.map_err(|error| CommandError::File(root.to_owned(), error))?;
    eprintln!("{}: {written} files changed", mocks::FOLDER);
    Ok(ExitCode::SUCCESS)
}

/// Compares generated files with those in a folder, and prints the difference.
fn check(files: &Files, out: &Path, owned: &[&str], command: &str) -> Result<ExitCode, CommandError> {
    let difference = files.difference(out, owned);
    let difference = difference.map_err(|error| CommandError::File(out.to_owned(), error))?;
    let Some(difference) = difference else {
        return Ok(ExitCode::SUCCESS);
    };
    print(difference.trim_end())?;
    eprintln!(
        "{} is out of date. Run `{command}` and commit the result.",
        out.display()
    );
    Ok(ExitCode::FAILURE)
}

fn validate(root: &Path, options: &Validate) -> Result<ExitCode, CommandError> {
    let provider_dir = options.provider_dir.as_deref().unwrap_or(root);
    let mut subject = Subject::new(root, &options.source)?;
    let folder = subject.examples.path().to_owned();
    // Validation reports the skipped examples as problems.
    subject.examples = subject
        .examples
        .without_unusable()
        .map_err(|error| CommandError::File(folder, error))?;
    let documentation = subject.documentation()?;
    let problems = validate::validate(&validate::Subject {
        root: provider_dir,
        documentation: &documentation,
        definition: subject.other_address.is_none().then_some(&DEFINITION),
        examples: &subject.examples,
        subcategories: Subcategories {
            guides: options.allowed_guide_subcategories.clone(),
            objects: options.allowed_resource_subcategories.clone(),
        },
    })
    .map_err(|error| CommandError::File(provider_dir.to_owned(), error))?;
    for problem in &problems {
        eprintln!("{problem}");
    }
    match problems.len() {
        0 => return Ok(ExitCode::SUCCESS),
        1 => eprintln!("1 problem found"),
        count => eprintln!("{count} problems found"),
    }
    Ok(ExitCode::FAILURE)
}
