//! The Terraform or `OpenTofu` on `PATH`: its version, the state that it shows, and the plan that proves what was written.
//!
//! The output in JSON is described in <https://developer.hashicorp.com/terraform/internals/machine-readable-ui>.
//!
//! Tests: below, `tests/terraform/adopt.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use environment::Environment;
use serde_json::Value as Json;

use super::blocks::Added;
use crate::package::files::is_executable;
use crate::package::version::Version;

/// The programs that can read the result, in the order in which they are looked for.
const PROGRAMS: [&str; 2] = ["terraform", "tofu"];

/// A Terraform or `OpenTofu`.
#[derive(Clone, Debug)]
pub struct Terraform {
    /// Its path.
    pub program: PathBuf,
    /// Its name: `terraform` or `tofu`.
    pub name: &'static str,
    /// Its version.
    pub version: Version,
}

/// What a plan says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proof {
    /// The addresses to which it imports.
    pub imports: Vec<String>,
    /// What it would change beside that: each address with the action.
    pub differences: Vec<String>,
    /// Its errors.
    pub errors: Vec<String>,
    /// Whether it came to an end.
    pub is_complete: bool,
    /// The plan, as `show -json` has it.
    pub plan: Json,
}

impl Proof {
    /// Whether it imports, and changes nothing.
    pub fn has_only_imports(&self) -> bool {
        self.is_complete && self.differences.is_empty() && self.errors.is_empty()
    }

    /// Adds a difference for each added object that the plan does not import, and for each imported one that has a second address.
    /// `planned` has the addresses of each object of the plan.
    pub fn compare(&mut self, added: &[Added], planned: &BTreeMap<String, Vec<String>>) {
        for added in added
            .iter()
            .filter(|added| !self.imports.contains(&added.address))
        {
            self.differences.push(format!("{}: not imported", added.address));
        }
        for addresses in planned.values() {
            if addresses.len() > 1 && addresses.iter().any(|address| self.imports.contains(address)) {
                let addresses = addresses.join(", ");
                self.differences.push(format!("{addresses}: the same object"));
            }
        }
    }

    /// Reads the output of `plan -json`.
    pub fn parse(output: &str) -> Self {
        let mut proof = Self::default();
        for line in output.lines() {
            let Ok(message) = serde_json::from_str::<Json>(line) else {
                continue;
            };
            let text = |path: &[&str]| {
                let found = path.iter().try_fold(&message, |json, key| json.get(key));
                found.and_then(Json::as_str).unwrap_or_default().to_owned()
            };
            match text(&["type"]).as_str() {
                "planned_change" => {
                    let action = text(&["change", "action"]);
                    if message.pointer("/change/importing").is_some() {
                        proof.imports.push(text(&["change", "resource", "addr"]));
                    }
                    if !matches!(action.as_str(), "noop" | "import" | "read") {
                        let address = text(&["change", "resource", "addr"]);
                        proof.differences.push(format!("{address}: {action}"));
                    }
                }
                "change_summary" => proof.is_complete = true,
                "diagnostic" if text(&["diagnostic", "severity"]) == "error" => {
                    let summary = text(&["diagnostic", "summary"]);
                    let detail = text(&["diagnostic", "detail"]);
                    let address = text(&["diagnostic", "address"]);
                    let place = if address.is_empty() {
                        String::new()
                    } else {
                        format!("{address}: ")
                    };
                    proof
                        .errors
                        .push(format!("{place}{summary}. {detail}").trim_end().to_owned());
                }
                _ => {}
            }
        }
        proof
    }
}

impl Terraform {
    /// Finds the program that a directory is for: `OpenTofu` if the lock file has its registry, otherwise the first one on `PATH`. One that
    /// does not tell its version cannot be used.
    ///
    /// # Errors
    ///
    /// Why none can be used, if there is one.
    pub fn find(environment: &Environment, directory: &Path) -> Result<Option<Self>, String> {
        let lock = std::fs::read_to_string(directory.join(".terraform.lock.hcl")).unwrap_or_default();
        let mut programs = PROGRAMS;
        if lock.contains("registry.opentofu.org") {
            programs.reverse();
        }
        let path = environment.get("PATH").unwrap_or_default();
        // The programs are started in the directory of the configuration, which is another one.
        let folders: Vec<PathBuf> = std::env::split_paths(path)
            .filter_map(|folder| std::path::absolute(folder).ok())
            .collect();
        let mut problem = Ok(None);
        for name in programs {
            let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
            let mut candidates = folders.iter().map(|folder| folder.join(&file));
            let Some(program) = candidates.find(|candidate| candidate.is_file() && is_executable(candidate))
            else {
                continue;
            };
            match version(&program) {
                Ok(version) => {
                    return Ok(Some(Self {
                        program,
                        name,
                        version,
                    }));
                }
                Err(error) if problem.is_ok() => problem = Err(error),
                Err(_) => {}
            }
        }
        problem
    }

    /// Returns the state of a directory that is initialised, in JSON.
    ///
    /// # Errors
    ///
    /// What the program printed, or why it could not be started.
    pub fn show(&self, directory: &Path) -> Result<String, String> {
        self.run(directory, &["show", "-json", "-no-color"])
    }

    /// Plans, and initialises the directory before, if it is not. `data` is where that leaves what it installs. Calls `initialising` before.
    ///
    /// # Errors
    ///
    /// Why the program could not be started.
    pub fn prove(&self, directory: &Path, data: &Path, initialising: impl FnOnce()) -> Result<Proof, String> {
        let mut proof = self.plan(directory)?;
        if proof.is_complete || !needs_init(data, &proof) {
            return Ok(proof);
        }
        initialising();
        match self.run(directory, &["init", "-input=false", "-no-color"]) {
            Ok(_) => self.plan(directory),
            Err(error) => {
                proof.errors.push(error);
                Ok(proof)
            }
        }
    }

    fn plan(&self, directory: &Path) -> Result<Proof, String> {
        // Only its owner can read it: a plan may have secrets.
        let folder = tempfile::tempdir().map_err(|error| format!("failed to create a directory: {error}"))?;
        let file = folder.path().join("plan");
        let output = command(&self.program, directory)
            .args(["plan", "-json", "-input=false", "-lock=false"])
            .arg(format!("-out={}", file.display()))
            .output()
            .map_err(|error| failed_to_start(&self.program, &error))?;
        let mut proof = Proof::parse(&String::from_utf8_lossy(&output.stdout));
        if !proof.is_complete && proof.errors.is_empty() {
            proof.errors.push(reason(&output));
        }
        if proof.is_complete && proof.errors.is_empty() {
            let file = file.display().to_string();
            let shown = self.run(directory, &["show", "-json", "-no-color", &file]);
            match shown.map(|text| serde_json::from_str(&text)) {
                Ok(Ok(plan)) => proof.plan = plan,
                Ok(Err(error)) => proof.errors.push(format!("the plan cannot be read: {error}")),
                Err(error) => proof.errors.push(error),
            }
        }
        Ok(proof)
    }

    fn run(&self, directory: &Path, arguments: &[&str]) -> Result<String, String> {
        let output = command(&self.program, directory)
            .args(arguments)
            .output()
            .map_err(|error| failed_to_start(&self.program, &error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let first = arguments.first().copied().unwrap_or_default();
        Err(format!("`{} {first}` failed: {}", self.name, reason(&output)))
    }
}

/// Whether a plan failed because the directory is not initialised for it.
fn needs_init(data: &Path, proof: &Proof) -> bool {
    let advice = ["terraform init", "tofu init"];
    let is_advised = |error: &String| advice.iter().any(|advice| error.contains(advice));
    let is_advised = proof.errors.iter().any(is_advised);
    !data.is_dir() || is_advised
}

/// The version of a program.
fn version(program: &Path) -> Result<Version, String> {
    // The directory may not exist yet.
    let output = command(program, Path::new("."))
        .env_remove("TF_CLI_ARGS")
        .env_remove("TF_CLI_ARGS_version")
        .args(["version", "-json"])
        .output()
        .map_err(|error| failed_to_start(program, &error))?;
    let json: Option<Json> = serde_json::from_slice(&output.stdout).ok();
    let version = json
        .as_ref()
        .and_then(|json| json.get("terraform_version")?.as_str());
    let version = version.and_then(|version| Version::parse(version).ok());
    version.ok_or_else(|| {
        format!(
            "`{} version -json` failed: {}",
            program.display(),
            reason(&output)
        )
    })
}

/// Why a run failed: what it printed, or else its status.
fn reason(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    match errors.trim() {
        "" => output.status.to_string(),
        errors => errors.to_owned(),
    }
}

fn failed_to_start(program: &Path, error: &std::io::Error) -> String {
    format!("failed to start `{}`: {error}", program.display())
}

/// A run without questions. It has the arguments that the user's environment adds, such as the variables of a plan.
fn command(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(directory)
        .env("TF_IN_AUTOMATION", "1")
        .env("TF_INPUT", "0")
        .stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proof_has_imports_differences_and_errors() {
        let change = |address: &str, action: &str| {
            let mut change = serde_json::json!({
                "type": "planned_change",
                "change": { "resource": { "addr": address, "resource_type": "a" }, "action": action },
            });
            if action == "import" {
                change["change"]["importing"] = serde_json::json!({ "id": "ID" });
            }
            change.to_string()
        };
        let summary = serde_json::json!({ "type": "change_summary", "changes": { "add": 0, "import": 2 } });
        let error = serde_json::json!({
            "type": "diagnostic",
            "diagnostic": { "severity": "error", "summary": "Bad", "detail": "Very.", "address": "a.b" },
        });
        let warning = serde_json::json!({ "type": "diagnostic", "diagnostic": { "severity": "warning" } });
        let output = |lines: &[String]| Proof::parse(&lines.join("\n"));
        let proof = output(&[
            change("a.b", "import"),
            change("a.c", "noop"),
            warning.to_string(),
            summary.to_string(),
        ]);
        assert!(proof.has_only_imports());
        assert_eq!(proof.imports.len(), 1);
        let proof = output(&[
            change("a.b", "update"),
            change("a.c", "create"),
            summary.to_string(),
        ]);
        assert_eq!(proof.differences, ["a.b: update", "a.c: create"]);
        assert!(!proof.has_only_imports());
        let proof = output(&[error.to_string()]);
        assert_eq!(proof.errors, ["a.b: Bad. Very."]);
        assert!(!proof.has_only_imports());
        // Each added object must be imported, and no imported one may have a second address.
        let added = |address: &str| Added {
            address: address.to_owned(),
            noun: String::new(),
            name: String::new(),
            file: String::new(),
        };
        let twice = |addresses: [&str; 2]| {
            BTreeMap::from([("key".to_owned(), addresses.map(str::to_owned).to_vec())])
        };
        for (address, planned, expected) in [
            ("a.b", BTreeMap::new(), &[][..]),
            ("a.c", BTreeMap::new(), &["a.c: not imported"]),
            ("a.b", twice(["a.b", "m.a.b"]), &["a.b, m.a.b: the same object"]),
            // Neither is imported: the user's own affair.
            ("a.b", twice(["a.d", "a.e"]), &[]),
        ] {
            let mut proof = output(&[change("a.b", "import"), summary.to_string()]);
            proof.compare(&[added(address)], &planned);
            assert_eq!(proof.differences, expected);
        }
        // A plan that was killed says nothing.
        assert!(!output(&["{".to_owned()]).has_only_imports());
    }
}
