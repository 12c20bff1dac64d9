//! The command-line options.
//!
//! Tests: `docs-gen/tests/commands.rs`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Generate and check the documentation of the provider.
#[derive(Debug, Parser)]
#[command(name = "docs-gen", version)]
pub struct Options {
    /// Directory of the repository, with `docs/`, `examples/` and `templates/`.
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    pub root: PathBuf,

    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the pages for the Terraform Registry to `docs/`.
    Registry(Registry),
    /// Write the values for `terraform test` to `examples/testing/mocks/` and the guide on testing.
    Mocks(Mocks),
    /// Check pages, guides and examples, and print each problem with its location.
    Validate(Validate),
    /// Check that the outputs of `registry` and `mocks` are up to date, then run `validate` (for CI).
    Check,
    /// Build the static site.
    Site(Site),
    /// Print the schema of this provider, as `terraform providers schema -json` does.
    Schema,
    /// Print all documented facts about the provider as JSON.
    Facts(Source),
    /// Write `llms.txt`, `llms-full.txt`, `provider.docs.json` and a Markdown page for each object.
    Llms(Llms),
    /// Compare two outputs of `docs-gen facts`, and print the changes as a changelog fragment.
    Diff {
        /// Output of `docs-gen facts` for the older version.
        old: PathBuf,
        /// Output of `docs-gen facts` for the newer version.
        new: PathBuf,
    },
}

/// The provider to document: this one, unless `--providers-schema` names the schema of another.
#[derive(Clone, Debug, Default, Args)]
pub struct Source {
    /// Document the provider in this output of `terraform providers schema -json` [default: this provider].
    #[arg(long, value_name = "FILE", requires = "provider_name")]
    pub providers_schema: Option<PathBuf>,

    /// Name of the provider in that output, with or without `terraform-provider-`.
    #[arg(long, value_name = "NAME")]
    pub provider_name: Option<String>,

    /// Name of the provider on its pages [default: the name of the provider].
    #[arg(long, value_name = "NAME", requires = "provider_name")]
    pub rendered_provider_name: Option<String>,

    /// Omit deprecated resources, data sources, functions and attributes.
    #[arg(long)]
    pub ignore_deprecated: bool,

    /// Directory of the examples [default: `examples` in the repository].
    #[arg(long, value_name = "DIR")]
    pub examples: Option<PathBuf>,

    /// Directory with the folder `guides` [default: `templates` in the repository].
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
}

/// Options of `mocks`.
#[derive(Debug, Args)]
pub struct Mocks {
    /// Compare without writing the file; print a diff and exit with status 1 if it differs.
    #[arg(long)]
    pub check: bool,
}

/// Options of `registry`.
#[derive(Debug, Args)]
pub struct Registry {
    /// The provider to document.
    #[command(flatten)]
    pub source: Source,

    /// Compare without writing files; print a diff and exit with status 1 if files differ.
    #[arg(long)]
    pub check: bool,

    /// Style of the pages.
    #[arg(long, value_enum, default_value_t = Style::Rich)]
    pub style: Style,

    /// Directory to write the pages to [default: `docs` in the repository].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl Registry {
    /// The command that brings the pages up to date, for the message of `--check`.
    pub fn update_command(&self, root: &Path) -> String {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let source = &self.source;
        let options = [
            (
                "--root",
                (root != Path::new(".")).then(|| root.display().to_string()),
            ),
            ("--providers-schema", path(&source.providers_schema)),
            ("--provider-name", source.provider_name.clone()),
            ("--rendered-provider-name", source.rendered_provider_name.clone()),
            ("--examples", path(&source.examples)),
            ("--templates", path(&source.templates)),
            (
                "--style",
                (self.style == Style::Tfplugindocs).then(|| "tfplugindocs".to_owned()),
            ),
            ("--out", path(&self.out)),
        ];
        let mut command = "cargo docs-gen registry".to_owned();
        if source.ignore_deprecated {
            command.push_str(" --ignore-deprecated");
        }
        for (name, value) in options {
            if let Some(value) = value {
                let _ = write!(command, " {name} {}", quoted(&value));
            }
        }
        command
    }
}

/// A word of a command, quoted for a shell if necessary.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=:@".contains(letter);
    if word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The style of the Registry's pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Style {
    /// All documented facts.
    #[default]
    Rich,
    /// The same pages as `tfplugindocs` 0.25, byte for byte.
    Tfplugindocs,
}

/// Options of `validate`.
#[derive(Debug, Default, Args)]
pub struct Validate {
    /// The provider to document.
    #[command(flatten)]
    pub source: Source,

    /// Directory with `docs/` or `website/docs/` [default: the repository].
    #[arg(long, value_name = "DIR")]
    pub provider_dir: Option<PathBuf>,

    /// Comma-separated subcategories that guides may use [default: any].
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub allowed_guide_subcategories: Option<Vec<String>>,

    /// Comma-separated subcategories that all other pages may use [default: any].
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub allowed_resource_subcategories: Option<Vec<String>>,
}

/// Options of `site`.
#[derive(Debug, Args)]
pub struct Site {
    /// The provider to document.
    #[command(flatten)]
    pub source: Source,

    /// Directory to write the site to; sites of other versions in it are kept.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Documented version: the name of its folder and its entry in the version switcher [default: the version of the
    /// provider, or `latest` for another provider].
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
}

/// Options of `llms`.
#[derive(Debug, Args)]
pub struct Llms {
    /// The provider to document.
    #[command(flatten)]
    pub source: Source,

    /// Directory to write the files to.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
