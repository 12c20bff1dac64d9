//! `0.13upgrade`, one directory for each case: what is in `input` becomes what is in `expected`.
//!
//! `UPDATE_EXPECTED=1` writes what is found; read it before you keep it.

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

/// Name, contents: a directory without directories.
type Files = BTreeMap<String, String>;

/// What a command came to.
struct Outcome {
    status: Status,
    output: String,
    errors: String,
    files: Files,
}

#[test]
fn every_input_becomes_what_is_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("input").is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() >= 23, "the cases are gone");
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

        // --check tells the same without doing it, and a second time nothing is left to do.
        let check = upgrade(&input, &["--check", "--registry", registry()]);
        let wanted = if outcome.files == input {
            Status::Success
        } else {
            Status::Failure
        };
        assert_eq!(check.status, wanted, "{name}: {}", check.output);
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
fn what_is_refused_changes_nothing() {
    let module = |text: &str| Files::from([("main.tf".to_owned(), text.to_owned())]);
    for (input, arguments, wanted) in [
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
        assert_eq!(outcome.status, Status::Failure, "{wanted}");
        assert!(outcome.errors.contains(wanted), "{wanted}: {}", outcome.errors);
        assert_eq!(outcome.files, input, "{wanted}");
    }
    let outcome = upgrade(&module("a {"), &["--check"]);
    assert_eq!(outcome.status, Status::UsageError, "under --check 1 is an answer");
}

#[test]
fn only_yes_is_yes() {
    let input = Files::from([("main.tf".to_owned(), "resource \"aws_x\" \"y\" {}\n".to_owned())]);
    for (answer, is_upgraded) in [("yes\n", true), ("YES\n", false), ("y\n", false), ("", false)] {
        let outcome = answered(&input, &["--registry", registry()], answer);
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
fn another_directory_is_named_in_the_question() {
    let input = Files::from([("main.tf".to_owned(), "resource \"aws_x\" \"y\" {}\n".to_owned())]);
    let outcome = answered(&input, &["--registry", registry(), "./."], "yes\n");
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
fn a_file_that_is_written_can_be_read_by_everybody() {
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
fn a_difference_is_shown() {
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
fn offline_only_the_providers_own_source_is_known() {
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
fn a_registry_that_fails_is_a_warning() {
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
fn a_cli_configuration_without_direct_keeps_the_registry_out() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(
        home.path().join(".terraformrc"),
        "provider_installation {\n  direct {\n    exclude = [\"registry.terraform.io/*/*\"]\n  }\n}\n",
    )
    .unwrap();
    let input = Files::from([("main.tf".to_owned(), "resource \"aws_x\" \"y\" {}\n".to_owned())]);
    let outcome = in_home(home.path(), &input, &["-yes"], "");
    assert!(outcome.errors.contains("no `direct` block"), "{}", outcome.errors);
}

fn upgrade(input: &Files, arguments: &[&str]) -> Outcome {
    answered(input, arguments, "")
}

fn answered(input: &Files, arguments: &[&str], answer: &str) -> Outcome {
    let home = tempfile::tempdir().unwrap();
    in_home(home.path(), input, arguments, answer)
}

fn in_home(home: &Path, input: &Files, arguments: &[&str], answer: &str) -> Outcome {
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
    for (name, text) in files {
        std::fs::write(directory.join(name), text).unwrap();
    }
}

/// The URL of a registry that knows a few providers.
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
                let router = Router::new().route("/v1/providers/{namespace}/{name}/versions", get(answer));
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        url
    })
}

async fn answer(Segments((namespace, name)): Segments<(String, String)>) -> (StatusCode, Json<Value>) {
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
