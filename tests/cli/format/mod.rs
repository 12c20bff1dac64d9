//! Formats files as `terraform fmt` does: compared with the real Terraform.

mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tools::address::Address;
use tools::hcl::format::format;
use tools::hcl::token::{Kind, tokens};
use tools::upgrade::module::File;

use crate::home::Home;

/// Every file of the upgrade's cases and of the examples, unchanged and with random spaces.
#[tokio::test]
async fn format_equals_terraform_fmt() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for directory in ["crates/tools/tests/upgrade", "examples"] {
        collect(&root.join(directory), &mut files);
    }
    assert!(files.len() > 40, "the files are missing");
    let mut random = fastrand::Rng::with_seed(13);
    let mut configurations = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        if hcl_is_valid(&text) {
            for _ in 0..3 {
                configurations.push((file.clone(), with_random_spaces(&text, &mut random)));
            }
            configurations.push((file, text));
        }
    }
    let formatted = terraform_fmt(configurations.iter().map(|(_, text)| text)).await;
    for ((file, text), expected) in configurations.iter().zip(formatted) {
        let expected = expected.unwrap_or_else(|| panic!("terraform rejects {}:\n{text}", file.display()));
        assert_eq!(
            format(text),
            expected,
            "{} with other spaces:\n{text}",
            file.display()
        );
    }
}

/// A file for each seed from 0; `FORMAT_FILES=100000` tests more.
#[tokio::test]
async fn format_equals_terraform_fmt_for_random_files() {
    let count = std::env::var("FORMAT_FILES").map_or(600, |count| count.parse().unwrap());
    let configurations: Vec<String> = (0..count).map(random::file).collect();
    let formatted = terraform_fmt(&configurations).await;
    let mut valid = 0;
    for (seed, (text, expected)) in configurations.iter().zip(formatted).enumerate() {
        let Some(expected) = expected else { continue };
        assert_eq!(format(text), expected, "seed {seed}:\n{text}");
        valid += 1;
    }
    assert!(valid * 10 > configurations.len() * 9, "only {valid} are valid");
}

/// Each text after `terraform fmt`; `None` if it rejects the text.
async fn terraform_fmt(configurations: impl IntoIterator<Item = &String>) -> Vec<Option<String>> {
    let home = Home::new(&[]);
    let mut names = Vec::new();
    for (number, text) in configurations.into_iter().enumerate() {
        names.push(format!("{number}.tf"));
        home.write(&names[number], text);
    }
    let run = home.terraform(&["fmt"]).await;
    let read = |name: &String| std::fs::read_to_string(home.work().join(name)).unwrap();
    let is_rejected = |name: &String| run.stderr.contains(&format!("on {name} line"));
    names
        .iter()
        .map(|name| (!is_rejected(name)).then(|| read(name)))
        .collect()
}

/// The upgraded files pass `terraform fmt -check` and `terraform validate`.
#[tokio::test]
async fn upgrade_writes_a_valid_configuration() {
    let home = Home::new(&[(
        "main.tf",
        "terraform {\n  required_providers {\n    durantic=\"~> 1.3\"\n  }\n}\nresource \"durantic_mesh_network\" \
         \"net\" {\n  name=\"net\"\n  network_cidr = \"10.1.0.0/24\"\n}\n",
    )]);
    home.provider(&["install"]).await.succeeds();
    let check = home.provider(&["0.13upgrade", "-check"]).await;
    assert_eq!(check.status, Some(1), "{}", check.stdout);
    home.provider(&["0.13upgrade", "-yes"]).await.succeeds();
    home.terraform(&["fmt", "-check"]).await.succeeds();
    home.terraform(&["init"]).await.succeeds();
    home.terraform(&["validate"]).await.succeeds();
    home.provider(&["0.13upgrade", "-check"]).await.succeeds();
}

/// Each case of the upgrade: its name, its input files and the expected files.
fn cases() -> Vec<(String, Files, Files)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/tools/tests/upgrade");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            cases.push((name, files(&path.join("input")), files(&path.join("expected"))));
        }
    }
    assert!(cases.len() >= 23, "the cases are missing");
    cases
}

const CALL: &str = "module \"case\" {\n  source = \"./module\"\n}\n";

const CALL_WITH_PROVIDER: &str = r#"terraform {
  required_providers {
    durantic = {
      source = "durantic/durantic"
    }
  }
}

module "case" {
  source = "./module"
  providers = {
    durantic.west = durantic
  }
}
"#;

type Files = BTreeMap<String, String>;

/// The configuration files of a directory, by name.
fn files(directory: &Path) -> Files {
    let mut paths = Vec::new();
    collect(directory, &mut paths);
    let read = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, std::fs::read_to_string(path).ok()?))
    };
    paths.iter().filter_map(read).collect()
}

/// The full source addresses of a module's required providers.
fn sources(files: &Files) -> BTreeSet<String> {
    let parsed = files
        .iter()
        .filter(|(name, _)| !name.contains("override") && !name.starts_with('.'))
        .map(|(name, text)| File::parse(name.clone(), text.clone()).unwrap());
    parsed
        .flat_map(|file| {
            let sources = file.entries().filter_map(|entry| entry.source.map(str::to_owned));
            sources.collect::<Vec<_>>()
        })
        .map(|source| Address::parse(&source).unwrap().full())
        .collect()
}

#[tokio::test]
async fn upgrade_cases_are_formatted_and_read_by_terraform() {
    for (case, input, expected) in cases() {
        let home = Home::new(&[]);
        for (name, text) in &expected {
            // Without the backend: its initialisation would need every provider.
            home.write(name, &text.replace("backend \"local\" {}\n", "\n"));
        }
        let run = home.terraform(&["providers"]).await.succeeds();
        for source in sources(&expected) {
            let expected = format!("provider[{source}]");
            assert!(
                run.stdout.contains(&expected),
                "{case}: {expected}: {}",
                run.stdout
            );
        }
        let home = Home::new(&[]);
        for (name, text) in expected
            .iter()
            .filter(|(name, text)| input.get(*name) != Some(text))
        {
            home.write(name, text);
        }
        let run = home.terraform(&["fmt", "-check"]).await;
        assert_eq!(run.status, Some(0), "{case}: {}", run.stdout);
    }
}

#[tokio::test]
async fn upgrade_cases_with_durantic_providers_are_valid() {
    let mut count = 0;
    for (case, _, expected) in cases() {
        let sources = sources(&expected);
        if sources.is_empty() || !sources.iter().all(|source| source.ends_with("/durantic")) {
            continue;
        }
        // Called as a module: `configuration_aliases` is valid in no other way.
        let home = Home::new(&[]);
        for (name, text) in &expected {
            home.write(&format!("module/{name}"), text);
        }
        let has_aliases = expected
            .values()
            .any(|text| text.contains("configuration_aliases"));
        home.write("main.tf", if has_aliases { CALL_WITH_PROVIDER } else { CALL });
        for source in &sources {
            for version in ["1.3.0", "2.0.0"] {
                home.provider(&["install", "--source", source, "--version", version])
                    .await
                    .succeeds();
            }
        }
        home.terraform(&["init"]).await.succeeds();
        let run = home.terraform(&["validate"]).await;
        assert_eq!(run.status, Some(0), "{case}: {}", run.stderr);
        count += 1;
    }
    assert!(count >= 3, "only {count} cases");
}

fn hcl_is_valid(text: &str) -> bool {
    !text.is_empty() && File::parse(String::new(), text.to_owned()).is_ok()
}

/// The same tokens with random spaces between them, except in templates, where spaces have a meaning.
fn with_random_spaces(text: &str, random: &mut fastrand::Rng) -> String {
    let mut result = String::new();
    let mut templates = 0;
    let tokens = tokens(text);
    for (index, token) in tokens.iter().enumerate() {
        templates -= i32::from(matches!(token.kind, Kind::CloseQuote | Kind::CloseHeredoc));
        let before = index.checked_sub(1).map(|index| tokens[index].kind);
        let is_word = |kind| matches!(kind, Kind::Identifier | Kind::Number);
        let needs_space = before.is_some_and(is_word) && is_word(token.kind);
        let allows_no_space =
            templates > 0 || before.is_some_and(|kind| kind == Kind::Dot) || token.kind == Kind::Dot;
        let count = if allows_no_space {
            0
        } else {
            random.usize(0..4).max(usize::from(needs_space))
        };
        result.push_str(&" ".repeat(count));
        result.push_str(&token.text);
        templates += i32::from(matches!(token.kind, Kind::OpenQuote | Kind::OpenHeredoc));
    }
    result
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            files.push(path);
        }
    }
    files.sort();
}
