//! The program: its output, exit status, and the files that it writes.

#![cfg(test)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

fn docs_gen(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_docs-gen"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn llms_and_site_refuse_folders_with_other_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let precious = folder.path().join("1.0.0/precious.txt");
    fs::create_dir_all(precious.parent().expect("a folder")).expect("a folder");
    fs::write(&precious, "mine").expect("a file");

    for arguments in [
        vec!["llms", "--out", text(folder.path())],
        vec!["site", "--out", text(folder.path()), "--version", "1.0.0"],
    ] {
        let refused = docs_gen(&arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(
            errors(&refused).contains("but did not write them"),
            "{}",
            errors(&refused)
        );
        assert_eq!(fs::read_to_string(&precious).expect("it is still there"), "mine");
    }

    // In a folder that it wrote, it updates files and removes old ones.
    let own = folder.path().join("own");
    let arguments = ["llms", "--out", text(&own)];
    assert!(docs_gen(&arguments).status.success());
    fs::write(own.join("resources/old.md"), "left over").expect("a file");
    assert!(docs_gen(&arguments).status.success());
    assert!(!own.join("resources/old.md").exists());
}

#[test]
fn registry_check_prints_diff_and_update_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let docs = folder.path().join("its docs");
    let arguments = ["registry", "--style", "tfplugindocs", "--out", text(&docs)];
    assert!(docs_gen(&arguments).status.success());
    let check: Vec<&str> = arguments.into_iter().chain(["--check"]).collect();
    assert!(docs_gen(&check).status.success());

    let page = docs.join("resources/vip.md");
    let right = fs::read_to_string(&page).expect("the page");
    fs::write(&page, right.replacen("# durantic_vip", "# durantic_vap", 1)).expect("a file");
    let failed = docs_gen(&check);
    assert_eq!(failed.status.code(), Some(1));
    let shown = String::from_utf8_lossy(&failed.stdout);
    assert!(
        shown.contains("resources/vip.md")
            && shown.contains("-# durantic_vap")
            && shown.contains("+# durantic_vip"),
        "{shown}"
    );

    // A shell can run the printed command.
    let message = errors(&failed);
    let command = message.split('`').nth(1).expect("a command");
    let program = format!("'{}' ", env!("CARGO_BIN_EXE_docs-gen"));
    let repaired = Command::new("sh")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .args(["-c", &command.replace("cargo docs-gen ", &program)])
        .status()
        .expect("a shell");
    assert!(repaired.success(), "{command}");
    assert_eq!(fs::read_to_string(&page).expect("the page"), right);
    assert!(docs_gen(&check).status.success());
}

#[test]
fn mocks_check_prints_diff_and_update_command() {
    let root = tempfile::tempdir().expect("a folder");
    let guide = root.path().join("templates/guides/testing.md");
    fs::create_dir_all(guide.parent().expect("a folder")).expect("the folder is made");
    fs::write(&guide, "Text.\n```hcl\n# Values that are old\n```\n").expect("a guide");
    let check = || docs_gen(&["--root", text(root.path()), "mocks", "--check"]);
    let outdated = check();
    assert_eq!(outdated.status.code(), Some(1));
    assert!(
        errors(&outdated).contains("Run `cargo docs-gen mocks`"),
        "{}",
        errors(&outdated)
    );
    let diff = String::from_utf8_lossy(&outdated.stdout).into_owned();
    assert!(
        diff.contains("+mock_resource") && diff.contains("-# Values that are old"),
        "{diff}"
    );

    assert!(docs_gen(&["--root", text(root.path()), "mocks"]).status.success());
    assert!(check().status.success());
    let file = root.path().join("examples/testing/mocks/durantic.tfmock.hcl");
    let written = fs::read_to_string(&file).expect("the file");
    assert!(
        fs::read_to_string(&guide)
            .expect("the guide")
            .contains(written.trim_end())
    );
    fs::write(&file, written + "# changed\n").expect("the file is changed");
    assert_eq!(check().status.code(), Some(1));
}

#[test]
fn validate_prints_problems_to_stderr_with_status_1() {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in [
        ("docs/guides/a.md", "no front matter"),
        ("examples/resources/durantic_vip/resource.tf", "  \n"),
        (
            "examples/resources/durantic_vip/resource_full.tf",
            "resource \"durantic_vip\" \"x\" {\n  nmae = 1\n}\n",
        ),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let root = text(folder.path());
    let output = docs_gen(&["--root", root, "validate"]);
    assert_eq!(output.status.code(), Some(1));
    let printed = errors(&output);
    for wanted in [
        "docs/guides/a.md:1: no frontmatter found",
        "examples/resources/durantic_vip/resource.tf:1: the example is empty",
        "examples/resources/durantic_vip/resource_full.tf:2: `durantic_vip` has no argument `nmae`",
        "missing documentation file for resource: durantic_secret",
    ] {
        assert!(printed.contains(wanted), "{wanted} is not in\n{printed}");
    }
    assert!(output.stdout.is_empty());
    assert!(
        docs_gen(&["validate"]).status.success(),
        "this repository has no problems"
    );
}

#[test]
fn diff_prints_a_changelog_fragment() {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = docs_gen(&["facts"]);
    let mut facts: Json = serde_json::from_slice(&facts.stdout).expect("JSON");
    let write = |name: &str, facts: &Json| {
        let path = folder.path().join(name);
        fs::write(&path, facts.to_string()).expect("a file");
        text(&path).to_owned()
    };
    let old = write("old.json", &facts);
    facts["objects"].as_array_mut().expect("objects").pop();
    let new = write("new.json", &facts);
    let output = docs_gen(&["diff", &old, &new]);
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "BREAKING CHANGES:\n\n* list-resource/durantic_vip: the list resource was removed\n"
    );

    facts["format"] = json!(2);
    let later = write("later.json", &facts);
    let refused = docs_gen(&["diff", &old, &later]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        errors(&refused).contains("later.json` has format version 2"),
        "{}",
        errors(&refused)
    );
    let other = docs_gen(&["diff", &old, "Cargo.toml"]);
    assert!(
        errors(&other).contains("`Cargo.toml` is not the output of `docs-gen facts`"),
        "{}",
        errors(&other)
    );
}

#[test]
fn schema_prints_one_line_like_terraform() {
    let output = docs_gen(&["schema"]);
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(printed.starts_with(r#"{"format_version":"1.0","provider_schemas":{"registry.terraform.io/durantic/durantic":{"provider":{"version":0,"block":{"attributes":{"api_token":{"type":"string","description":"#));
    assert_eq!(printed.matches('\n').count(), 1);
}
