//! The command line.
//!
//! Tests: `docs-gen/tests/commands.rs`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Documentation from what the provider serves.
#[derive(Debug, Parser)]
#[command(name = "docs-gen", version)]
pub struct Options {
    /// The repository: where `docs/`, `examples/` and `templates/` are.
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    pub root: PathBuf,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Writes the Registry's pages to `docs/`.
    Registry(Registry),
    /// Checks pages, guides and examples, and prints every problem with its place.
    Validate(Validate),
    /// Checks that `docs/` is what `registry` would write, and validates it: what CI calls.
    Check,
    /// Builds the static site.
    Site(Site),
    /// Prints what `terraform providers schema -json` prints for this provider.
    Schema,
    /// Prints everything that is known of the provider, as JSON.
    Facts(Source),
    /// Writes `llms.txt`, `llms-full.txt`, `provider.docs.json` and a Markdown page of every object.
    Llms(Llms),
    /// Prints what changed between two files of `docs-gen facts`, as a fragment of a changelog.
    Diff {
        /// The older file.
        old: PathBuf,
        /// The newer file.
        new: PathBuf,
    },
}

/// Which provider is documented: this one, unless a schema is given.
#[derive(Clone, Debug, Default, Args)]
pub struct Source {
    /// Document the provider of this output of `terraform providers schema -json` instead.
    #[arg(long, value_name = "FILE", requires = "provider_name")]
    pub providers_schema: Option<PathBuf>,

    /// Name of that provider, with or without `terraform-provider-`.
    #[arg(long, value_name = "NAME")]
    pub provider_name: Option<String>,

    /// Name of that provider on its pages, where it is another.
    #[arg(long, value_name = "NAME", requires = "provider_name")]
    pub rendered_provider_name: Option<String>,

    /// Leave out what is deprecated as a whole.
    #[arg(long)]
    pub ignore_deprecated: bool,

    /// Its examples [default: `examples` of the repository].
    #[arg(long, value_name = "DIR")]
    pub examples: Option<PathBuf>,

    /// Its guides are in the folder `guides` of this one [default: `templates` of the repository].
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
}

/// Options of `registry`.
#[derive(Debug, Args)]
pub struct Registry {
    /// Which provider.
    #[command(flatten)]
    pub source: Source,

    /// Write nothing; print how the files differ, and fail if they do.
    #[arg(long)]
    pub check: bool,

    /// How the pages look.
    #[arg(long, value_enum, default_value_t = Style::Rich)]
    pub style: Style,

    /// Where the pages go [default: `docs` of the repository].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl Registry {
    /// The command that writes what `--check` compares with.
    pub fn repair(&self, root: &Path) -> String {
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

/// A word of a command, as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=:@".contains(letter);
    if word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// How the Registry's pages look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Style {
    /// Everything that is known.
    #[default]
    Rich,
    /// Byte for byte what `tfplugindocs` 0.25 writes.
    Tfplugindocs,
}

/// Options of `validate`.
#[derive(Debug, Default, Args)]
pub struct Validate {
    /// Which provider.
    #[command(flatten)]
    pub source: Source,

    /// Folder that holds `docs/` or `website/docs/` [default: the repository].
    #[arg(long, value_name = "DIR")]
    pub provider_dir: Option<PathBuf>,

    /// Subcategories that a guide may have, separated by commas [default: any].
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub allowed_guide_subcategories: Option<Vec<String>>,

    /// Subcategories that any other page may have, separated by commas [default: any].
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub allowed_resource_subcategories: Option<Vec<String>>,
}

/// Options of `site`.
#[derive(Debug, Args)]
pub struct Site {
    /// Which provider.
    #[command(flatten)]
    pub source: Source,

    /// Where the site goes; other versions that are there already stay.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Version that is documented: its folder in the site, and an entry of the switcher.
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
}

/// Options of `llms`.
#[derive(Debug, Args)]
pub struct Llms {
    /// Which provider.
    #[command(flatten)]
    pub source: Source,

    /// Where the files go.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
