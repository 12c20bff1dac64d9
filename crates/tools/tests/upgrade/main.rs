//! The command `0.13upgrade`. Each case is a directory: the command changes the files in `input` to those in `expected`.
//!
//! `UPDATE_EXPECTED=1` writes the results to `expected`; review the diff.

#![cfg(test)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use axum::extract::Path as Segments;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use environment::Environment;
use serde_json::{Value, json};
use tools::commands::{Console, Context, Identity, Status, run};
use tools::package::layout::System;
use tools::package::platform::Platform;
use tools::package::version::Version;

/// The files of a directory: contents by name.
type Files = BTreeMap<String, String>;

/// The result of a command, with the files after it.
struct Outcome {
    status: Status,
    output: String,
    errors: String,
    files: Files,
}

#[test]
fn upgrade_writes_the_expected_files_of_each_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("input").is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() >= 23, "cases are missing");
    let mut failures = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let input = read(&case.join("input"));
        let outcome = upgrade(&input, &["-yes", "--registry", registry()]);
        assert_eq!(outcome.status, Status::Success, "{name}: {}", outcome.errors);
        assert!(outcome.output.contains("Upgrade complete!"), "{name}");
        let mut found = outcome.files.clone();
        if !outcome.errors.is_empty() {
            found.insert("warnings.txt".to_owned(), outcome.errors.clone());
        }
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            write(&case.join("expected"), &found);
        }
        let expected = read(&case.join("expected"));
        for file in found.keys().chain(expected.keys()) {
            let (found, expected) = (found.get(file), expected.get(file));
            if found != expected {
                failures.push(format!("{name}/{file}: {found:#?}\nshould be {expected:#?}"));
            }
        }

        // --check reports the same without changing files. A second upgrade changes nothing.
        let check = upgrade(&input, &["--check", "--registry", registry()]);
        let expected = if outcome.files == input {
            Status::Success
        } else {
            Status::Failure
        };
        assert_eq!(check.status, expected, "{name}: {}", check.output);
        assert_eq!(check.files, input, "{name}: --check must change nothing");
        let again = upgrade(&outcome.files, &["--check", "--registry", registry()]);
        assert_eq!(
            again.status,
            Status::Success,
            "{name}: {} would change again",
            again.output
        );
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn upgrade_changes_no_file_if_it_fails() {
    let module = |content: &str| Files::from([("main.tf".to_owned(), content.to_owned())]);
    for (input, arguments, expected) in [
        (Files::new(), &["-yes"][..], "is not a module directory"),
        (
            [".hidden.tf", "main.tf~", "#main.tf#", "main.txt"]
                .map(|name| (name.to_owned(), "resource \"a_b\" \"c\" {}\n".to_owned()))
                .into(),
            &["-yes"],
            "is not a module directory",
        ),
        (
            module("resource \"a_b\" \"c\" {}\n"),
            &["-yes", "nowhere"],
            "is not a module directory",
        ),
        (
            module("resource \"a_b\" \"c\" {}\n"),
            &["-yes", "one", "two"],
            "too many arguments",
        ),
        (
            module("resource \"a_b\" {"),
            &["-yes"],
            "failed to load the configuration: `main.tf`",
        ),
        (
            module("terraform {\n  required_version = \"~> 0.12.0\"\n}\nresource \"a_b\" \"c\" {}\n"),
            &["-yes"],
            "unsupported Terraform Core version",
        ),
        (
            module("terraform {\n  required_providers {\n    a = { source = \"a/b/c/d\" }\n  }\n}\n"),
            &["-yes"],
            "the entry `a` in `main.tf` is invalid",
        ),
        (
            module("terraform {\n  required_providers {\n    a = \"latest\"\n  }\n}\n"),
            &["-yes"],
            "`latest` is not a version constraint",
        ),
        (
            module("resource \"a_b\" \"c\" {}\n"),
            &["-nonsense"],
            "unexpected argument",
        ),
    ] {
        let outcome = upgrade(&input, &[arguments, &["--registry", registry()]].concat());
        assert_eq!(outcome.status, Status::Failure, "{expected}");
        assert!(
            outcome.errors.contains(expected),
            "{expected}: {}",
            outcome.errors
        );
        assert_eq!(outcome.files, input, "{expected}");
    }
    let outcome = upgrade(&module("a {"), &["--check"]);
    assert_eq!(
        outcome.status,
        Status::UsageError,
        "with --check, status 1 means that a file would change"
    );
}

#[test]
fn upgrade_prompt_accepts_only_yes() {
    let input = Files::from([("main.tf".to_owned(), "resource \"aws_x\" \"y\" {}\n".to_owned())]);
    for (answer, is_upgraded) in [("yes\n", true), ("YES\n", false), ("y\n", false), ("", false)] {
        let outcome = upgrade_with_answer(&input, &["--registry", registry()], answer);
        assert_eq!(outcome.status, Status::Success);
        assert!(
            outcome
                .output
                .contains("Would you like to upgrade the module in the current directory?")
        );
        assert_eq!(outcome.files != input, is_upgraded, "{answer}");
        assert_eq!(
            outcome.output.contains("Upgrade cancelled."),
            !is_upgraded,
            "{answer}"
        );
    }
}

#[test]
fn upgrade_prompt_names_another_directory() {
    let input = Files::from([("main.tf".to_owned(), "resource \"aws_x\" \"y\" {}\n".to_owned())]);
    let outcome = upgrade_with_answer(&input, &["--registry", registry(), "./."], "yes\n");
    assert!(
        outcome
            .output
            .contains("Would you like to upgrade the module in ./.?"),
        "{}",
        outcome.output
    );
    assert_ne!(outcome.files, input);
}

#[test]
#[cfg(unix)]
fn upgrade_writes_files_with_mode_0644() {
    use std::os::unix::fs::PermissionsExt;
    let (home, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = directory.path().join("versions.tf");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    std::fs::write(
        &path,
        "terraform {\n  required_providers {\n    aws = \"1.0\"\n  }\n}\n",
    )
    .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let outcome = run_in(
        home.path(),
        directory.path(),
        &["--yes", "--registry", registry()],
        "",
    );
    assert_eq!((outcome.status, mode()), (Status::Success, 0o644));
}

#[test]
fn upgrade_diff_prints_the_changes() {
    let input = Files::from([("main.tf".to_owned(), "resource \"aws_x\" \"y\" {}\n".to_owned())]);
    let outcome = upgrade(&input, &["-check", "-diff", "--registry", registry()]);
    insta::assert_snapshot!(outcome.output, @r#"
    --- /dev/null
    +++ new/versions.tf
    @@ -0,0 +1,8 @@
    +terraform {
    +  required_providers {
    +    aws = {
    +      source = "hashicorp/aws"
    +    }
    +  }
    +  required_version = ">= 0.13"
    +}
    versions.tf
    "#);
}

#[test]
fn upgrade_offline_knows_only_its_own_source() {
    let input = Files::from([(
        "main.tf".to_owned(),
        "resource \"aws_x\" \"y\" {}\nresource \"durantic_machine_role\" \"z\" {}\n".to_owned(),
    )]);
    let outcome = upgrade(&input, &["-yes", "--offline"]);
    let versions = &outcome.files["versions.tf"];
    assert!(versions.contains("source = \"durantic/durantic\""), "{versions}");
    assert!(
        versions.contains("# source = \"your-registry.example.com/organization/aws\""),
        "{versions}"
    );
    assert!(outcome.errors.contains("Could not detect provider source"));
    assert!(outcome.errors.contains("--offline"));
}

#[test]
fn upgrade_warns_if_the_registry_fails() {
    let input = Files::from([(
        "main.tf".to_owned(),
        "resource \"broken_x\" \"y\" {}\n".to_owned(),
    )]);
    let outcome = upgrade(&input, &["-yes", "--registry", registry()]);
    assert_eq!(outcome.status, Status::Success);
    assert!(outcome.errors.contains("500"), "{}", outcome.errors);
    let outcome = upgrade(&input, &["-yes", "--registry", "http://127.0.0.1:9"]);
    assert_eq!(outcome.status, Status::Success);
    assert!(
        outcome.errors.contains("Could not detect provider source"),
        "{}",
        outcome.errors
    );
}

#[test]
fn upgrade_queries_no_registry_without_direct() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(
        home.path().join(".terraformrc"),
        "provider_installation {\n  direct {\n    exclude = [\"registry.terraform.io/*/*\"]\n  }\n}\n",
    )
    .unwrap();
    let input = Files::from([("main.tf".to_owned(), "resource \"aws_x\" \"y\" {}\n".to_owned())]);
    let outcome = upgrade_with_home(home.path(), &input, &["-yes"], "");
    assert!(outcome.errors.contains("no `direct` block"), "{}", outcome.errors);
}

fn upgrade(input: &Files, arguments: &[&str]) -> Outcome {
    upgrade_with_answer(input, arguments, "")
}

fn upgrade_with_answer(input: &Files, arguments: &[&str], answer: &str) -> Outcome {
    let home = tempfile::tempdir().unwrap();
    upgrade_with_home(home.path(), input, arguments, answer)
}

fn upgrade_with_home(home: &Path, input: &Files, arguments: &[&str], answer: &str) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), input);
    run_in(home, directory.path(), arguments, answer)
}

fn run_in(home: &Path, directory: &Path, arguments: &[&str], answer: &str) -> Outcome {
    let context = Context {
        identity: Identity {
            name: "durantic",
            address: "registry.terraform.io/durantic/durantic",
            description: "The Terraform provider for Durantic.",
            version: "1.3.0",
            probe: |_, _| Vec::new(),
            connect: |_, _| Err(tools::commands::Problem::new("no connection", "")),
            variable: |_| None,
            names: || template::Names::new(&[]),
        },
        environment: Environment::from_iter([("HOME", home.to_str().unwrap())]),
        directory: directory.to_owned(),
        program: PathBuf::from("terraform-provider-durantic"),
        version: Version::new(1, 3, 0),
        system: System::Unix,
        platform: Platform::current(),
    };
    let arguments: Vec<OsString> = std::iter::once("0.13upgrade")
        .chain(arguments.iter().copied())
        .map(OsString::from)
        .collect();
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let status = run(
        &context,
        &arguments,
        &mut Console {
            output: &mut output,
            errors: &mut errors,
            input: &mut answer.as_bytes(),
        },
    );
    Outcome {
        status,
        output: String::from_utf8(output).unwrap(),
        errors: String::from_utf8(errors).unwrap(),
        files: read(directory),
    }
}

fn read(directory: &Path) -> Files {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Files::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn write(directory: &Path, files: &Files) {
    std::fs::create_dir_all(directory).unwrap();
    for (name, content) in files {
        std::fs::write(directory.join(name), content).unwrap();
    }
}

/// The URL of a registry that has a few providers.
fn registry() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let router = Router::new().route("/v1/providers/{namespace}/{name}/versions", get(respond));
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        url
    })
}

async fn respond(Segments((namespace, name)): Segments<(String, String)>) -> (StatusCode, Json<Value>) {
    let versions = |versions: &[&str]| -> Vec<Value> {
        versions
            .iter()
            .map(|version| json!({ "version": version }))
            .collect()
    };
    let document = match (namespace.as_str(), name.as_str()) {
        ("-", "aws" | "null" | "random" | "google") => {
            json!({ "id": format!("hashicorp/{name}"), "versions": versions(&["1.0.0", "2.0.0"]) })
        }
        ("-", "free" | "fresh") => json!({
            "id": format!("hashicorp/{name}"),
            "moved_to": format!("newhome/{name}"),
            "versions": versions(&["1.0.0", "1.1.0"]),
        }),
        ("-", "hesitant") => json!({
            "id": "hashicorp/hesitant",
            "moved_to": "newhome/hesitant",
            "versions": versions(&["1.1.0", "1.0.0"]),
        }),
        ("-", "lost") => json!({
            "id": "hashicorp/lost",
            "moved_to": "newhome/lost",
            "versions": versions(&["1.0.0"]),
        }),
        ("newhome", "fresh" | "hesitant" | "free") => {
            json!({ "id": format!("newhome/{name}"), "versions": versions(&["2.0.0"]) })
        }
        ("-", "broken") => return (StatusCode::INTERNAL_SERVER_ERROR, Json(Value::Null)),
        _ => return (StatusCode::NOT_FOUND, Json(json!({ "errors": ["Not Found"] }))),
    };
    (StatusCode::OK, Json(document))
}
