//! Every rule of the language has a bad example, and every bad example its exact text.
//!
//! `tests/ui/FAMILY/RULE.toml` is read as the declaration `RULE.toml`, beside the good ones of `tests/ui/good`, and must
//! give the text of `RULE.txt`. A comment in its first line may say otherwise:
//!
//! - `# as: data/machine.toml` reads it under another name,
//! - `# without: provider.toml` takes a good file away.
//!
//! What stands behind `--` in the file's name tells examples of one rule apart. In `recovery/` several rules meet.
//!
//! `BLESS=1 cargo test -p schema --test ui` writes the texts; read them before you commit them.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use schema::{Source, Sources};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui");

struct Example {
    path: PathBuf,
    family: String,
    stem: String,
}

impl Example {
    /// The rule it breaks, which `recovery/` leaves open.
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

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

fn good() -> Sources {
    Sources::read(&Path::new(FOLDER).join("good"), "schema").unwrap()
}

fn examples() -> Vec<Example> {
    let families = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let families = families.filter(|family| family.is_dir() && !family.ends_with("good"));
    let examples = families.flat_map(|family| {
        toml_files(&family).into_iter().map(move |path| Example {
            family: family.file_name().unwrap().to_str().unwrap().to_owned(),
            stem: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            path,
        })
    });
    examples.collect()
}

#[test]
fn good_declarations_have_no_problem() {
    let (model, problems) = schema::load(&good());
    assert_eq!(problems, []);
    assert!(!model.declarations.is_empty() && !model.operations.is_empty());
}

#[test]
fn bad_examples_give_their_texts() {
    let mut faults = Vec::new();
    for example in examples() {
        let (_, problems) = schema::load(&example.sources());
        let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let text = format!("{}\n", text.join("\n\n"));
        let expected = example.path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, &text).unwrap();
        }
        let name = format!("{}/{}", example.family, example.stem);
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        if text != expected {
            faults.push(format!("== {name}\n-- expected\n{expected}-- found\n{text}"));
        }
        if let Some(rule) = example.rule() {
            let broken: BTreeSet<&str> = problems.iter().map(|problem| problem.rule).collect();
            if broken != BTreeSet::from([rule]) {
                faults.push(format!("== {name} breaks {broken:?}\n{text}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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
