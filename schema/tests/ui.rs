//! Every rule of the language has a bad example, and every bad example has its exact diagnostics.
//!
//! `tests/ui/FAMILY/RULE.toml` is loaded as the declaration `RULE.toml`, together with the good ones of `tests/every-key`, and
//! must have the diagnostics of `RULE.snap`. A comment in its first line can change that:
//!
//! - `# as: data/machine.toml` loads it under another name,
//! - `# without: provider.toml` removes a good file.
//!
//! The part of a file's name after `--` distinguishes the examples of a rule. The examples in `recovery/` break several rules.
//!
//! `INSTA_UPDATE=always cargo test -p schema --test ui` updates the snapshots; read them before you commit them.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use schema::{Source, Sources};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui");

struct Example {
    path: PathBuf,
    family: String,
    stem: String,
}

impl Example {
    /// The rule that it breaks; `None` in `recovery/`.
    fn rule(&self) -> Option<&str> {
        (self.family != "recovery").then(|| self.stem_of_rule())
    }

    fn stem_of_rule(&self) -> &str {
        self.stem.split("--").next().unwrap()
    }

    fn sources(&self) -> Sources {
        let text = fs::read_to_string(&self.path).unwrap();
        let first = text.lines().next().unwrap_or_default();
        let mut sources = good();
        if let Some(without) = first.strip_prefix("# without: ") {
            sources.files.retain(|file| file.name != without);
            return sources;
        }
        let name = first
            .strip_prefix("# as: ")
            .map_or_else(|| format!("{}.toml", self.stem_of_rule()), str::to_owned);
        sources.files.retain(|file| file.name != name);
        sources.files.push(Source { name, text });
        sources
    }
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn good() -> Sources {
    Sources::read(&Path::new(FOLDER).with_file_name("every-key"), "schema").unwrap()
}

fn families() -> impl Iterator<Item = PathBuf> {
    let families = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    families.filter(|family| family.is_dir())
}

fn examples() -> Vec<Example> {
    let examples = families().flat_map(|family| {
        files(&family, "toml").into_iter().map(move |path| Example {
            family: family.file_name().unwrap().to_str().unwrap().to_owned(),
            stem: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            path,
        })
    });
    examples.collect()
}

#[test]
fn load_reports_no_problem_in_good_declarations() {
    let (model, problems) = schema::load(&good());
    assert_eq!(problems, []);
    assert!(!model.declarations.is_empty() && !model.operations.is_empty());
}

/// Compares the diagnostics of an example with its snapshot.
fn assert_expected(example: &Example, found: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(example.path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(example.stem.as_str(), found));
}

#[test]
fn load_reports_the_diagnostics_of_bad_examples() {
    let mut faults = Vec::new();
    for example in examples() {
        let (_, problems) = schema::load(&example.sources());
        let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let found = found.join("\n\n");
        let name = format!("{}/{}", example.family, example.stem);
        // Compare all examples before failing, because one changed message can change many.
        if catch_unwind(|| assert_expected(&example, &found)).is_err() {
            faults.push(format!("== {name} does not match its snapshot"));
        }
        if let Some(rule) = example.rule() {
            let broken: BTreeSet<&str> = problems.iter().map(|problem| problem.rule).collect();
            if broken != BTreeSet::from([rule]) {
                faults.push(format!("== {name} breaks {broken:?}\n{found}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_snapshot_has_an_example() {
    let unused: Vec<PathBuf> = families()
        .flat_map(|family| files(&family, "snap"))
        .filter(|snapshot| !snapshot.with_extension("toml").is_file())
        .collect();
    assert_eq!(unused, Vec::<PathBuf>::new());
}

#[test]
fn every_rule_has_an_example() {
    let examples = examples();
    let shown: BTreeSet<&str> = examples.iter().filter_map(Example::rule).collect();
    let rules = schema::rules();
    let all: BTreeSet<&str> = rules.iter().copied().collect();
    assert_eq!(all.len(), rules.len(), "two rules have one id");
    assert_eq!(
        all.difference(&shown).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "rules without an example"
    );
    assert_eq!(
        shown.difference(&all).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "examples without a rule"
    );
}
