//! Runs the real Terraform, each configuration in a directory of its own.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "test support: a failure ends the test"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use harness::control_plane::ControlPlane;
use harness::secrets::{Place, Secrets};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::process::Command;

/// The message if Terraform is missing.
pub const MISSING: &str = "`terraform` is not on PATH. These tests drive the real Terraform: install version 1.11 or \
                           later (https://developer.hashicorp.com/terraform/install) and run them again.";

/// The `terraform` program on PATH.
///
/// # Errors
/// If it is missing. The error is the message for the user.
pub fn terraform() -> Result<PathBuf, &'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("terraform{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path)
        .map(|folder| folder.join(&name))
        .find(|file| file.is_file())
        .ok_or(MISSING)
}

/// The Terraform or `OpenTofu` in `TERRAFORM=/path/to/it`, for a test that needs a newer one than that on PATH. Without it, the test is
/// skipped: a line says so.
///
/// # Panics
/// If the program cannot be run, or is older than the test wants: `(1, 12)` is version 1.12.
pub fn newer(test: &str, wanted: (u32, u32)) -> Option<PathBuf> {
    let (major, minor) = wanted;
    let Some(path) = std::env::var_os("TERRAFORM") else {
        // The test runner would hide `eprintln!`.
        let line = format!(
            "{test} is skipped: it needs Terraform {major}.{minor} or later in TERRAFORM=/path/to/terraform\n"
        );
        let _ = std::io::stderr().write_all(line.as_bytes());
        return None;
    };
    let path = PathBuf::from(path);
    let shown = path.display();
    let output = std::process::Command::new(&path)
        .args(["version", "-json"])
        .env("CHECKPOINT_DISABLE", "1")
        // OpenTofu warns in front of the JSON if this file is missing.
        .env_remove("TF_CLI_CONFIG_FILE")
        .output();
    let output = output.unwrap_or_else(|error| panic!("failed to run TERRAFORM={shown}: {error}"));
    let json: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let version = json["terraform_version"].as_str().unwrap_or_default().to_owned();
    let mut parts = version.split('.').map(str::parse::<u32>);
    let found = match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => panic!("TERRAFORM={shown} is no Terraform: `version -json` has no version"),
    };
    assert!(
        found >= wanted,
        "{test} needs Terraform {major}.{minor} or later, and TERRAFORM={shown} is {version}"
    );
    Some(path)
}

/// The provider to test: the one that was built with the tests, or the one in `PROVIDER=/path/to/it`.
///
/// # Panics
/// If `PROVIDER` is not a file.
pub fn provider(built: &'static str) -> &'static Path {
    static PROVIDER: OnceLock<PathBuf> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        let built = PathBuf::from(built);
        let Some(other) = std::env::var_os("PROVIDER") else {
            return built;
        };
        // The tests write a folder beside the program, so the program must be inside of the build folder.
        let beside = built.with_file_name(format!(
            "provider-from-environment{}",
            std::env::consts::EXE_SUFFIX
        ));
        if let Err(error) = link(Path::new(&other), &beside) {
            panic!(
                "failed to use the provider in PROVIDER={}: {error}",
                other.display()
            );
        }
        beside
    })
}

/// A provider to test: its program and its source address.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    /// The program.
    pub binary: &'a Path,
    /// The namespace and type of its source address, such as `durantic/durantic`.
    pub address: &'a str,
}

impl<'a> Provider<'a> {
    /// A program as the provider for Durantic.
    fn durantic(binary: &'a Path) -> Self {
        let address = "durantic/durantic";
        Provider { binary, address }
    }

    /// The local name in configurations.
    fn name(self) -> &'a str {
        self.address.rsplit('/').next().unwrap_or_default()
    }

    /// The name of the program that Terraform looks for.
    fn program(self) -> String {
        format!("terraform-provider-{}", self.name())
    }
}

/// A directory with a configuration, and the provider that Terraform uses in it.
///
/// All output and logs (at TRACE) of Terraform and the provider are searched for the secrets of the test.
pub struct Workspace {
    directory: TempDir,
    environment: Vec<(String, String)>,
    /// The name of the provider's program, which identifies its lines in the log.
    program: String,
    /// The secrets of every control plane that it was connected to.
    secrets: Vec<Secrets>,
    /// Another Terraform than the one on PATH.
    terraform: Option<PathBuf>,
}

impl Workspace {
    /// A workspace with the provider `binary` as `durantic/durantic`, connected to this control plane.
    ///
    /// # Panics
    /// If Terraform is missing.
    pub fn new(binary: &Path, control_plane: &ControlPlane, configuration: &str) -> Self {
        Self::unconfigured(binary, configuration).connected_to(control_plane)
    }

    /// Connects to this control plane from now on.
    #[must_use]
    pub fn connected_to(self, control_plane: &ControlPlane) -> Self {
        self.with_secrets(control_plane.secrets())
            .with("DURANTIC_ENDPOINT", control_plane.endpoint())
            .with("DURANTIC_API_TOKEN", control_plane.token())
    }

    /// Fails if any output contains one of these secrets, too.
    #[must_use]
    pub fn with_secrets(mut self, secrets: &Secrets) -> Self {
        self.secrets.push(secrets.clone());
        self
    }

    /// A workspace without endpoint and token.
    pub fn unconfigured(binary: &Path, configuration: &str) -> Self {
        Self::for_provider(Provider::durantic(binary), configuration)
    }

    /// A workspace of a provider, without environment variables for it.
    ///
    /// # Panics
    /// If Terraform is missing.
    pub fn for_provider(provider: Provider<'_>, configuration: &str) -> Self {
        if let Err(missing) = terraform() {
            panic!("{missing}");
        }
        let directory = tempfile::Builder::new()
            .prefix("durantic-")
            .tempdir()
            .expect("a temporary directory");
        let rc = directory.path().join("terraform.rc");
        let overrides = provider_directory(provider);
        let overrides = overrides.display();
        let (address, name) = (provider.address, provider.name());
        std::fs::write(
            &rc,
            format!("provider_installation {{\n  dev_overrides {{\n    {address:?} = {:?}\n  }}\n  direct {{}}\n}}\n", overrides.to_string()),
        )
        .expect("the CLI configuration is written");
        let workspace = Self {
            environment: vec![("TF_CLI_CONFIG_FILE".to_owned(), rc.display().to_string())],
            directory,
            program: provider.program(),
            secrets: Vec::new(),
            terraform: None,
        };
        workspace.write("main.tf", configuration);
        workspace.write(
            "versions.tf",
            &format!("terraform {{\n  required_providers {{\n    {name} = {{\n      source = {address:?}\n    }}\n  }}\n}}\n"),
        );
        workspace
    }

    /// Uses this Terraform, from [`newer`], from now on.
    #[must_use]
    pub fn with_terraform(mut self, program: &Path) -> Self {
        self.terraform = Some(program.to_owned());
        self
    }

    /// Sets an environment variable for every command.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(present, _)| present != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The directory with the configuration.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file of the configuration.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("a file of the configuration is written");
    }

    /// Replaces the configuration.
    pub fn configure(&self, configuration: &str) {
        self.write("main.tf", configuration);
    }

    /// A Terraform command that is not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let program = self.terraform.clone();
        let program = program.unwrap_or_else(|| terraform().unwrap_or_else(|missing| panic!("{missing}")));
        let mut command = self.program(&program);
        command.args(arguments);
        command
    }

    /// A shell script in the same directory and environment.
    pub fn shell(&self, commands: &str) -> Command {
        let mut command = self.program(Path::new("sh"));
        command.args(["-e", "-c", commands]);
        command
    }

    /// Runs another program in the same directory and environment, which may fail.
    ///
    /// # Panics
    /// If the program cannot be started.
    pub async fn run_program(&self, program: &Path, arguments: &[&str]) -> Run {
        let output = self.program(program).args(arguments).output();
        Run::new(arguments, &output.await.expect("the program runs"))
    }

    fn program(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("TMPDIR", std::env::temp_dir())
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("TF_CLI_ARGS", "-no-color")
            .env("TF_LOG", "TRACE")
            .env("TF_LOG_PATH", self.log())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .kill_on_drop(true);
        command
    }

    /// Runs a Terraform command, which may fail.
    pub async fn run(&self, arguments: &[&str]) -> Run {
        let output = self.command(arguments).output().await.expect("terraform runs");
        let run = Run::new(arguments, &output);
        // These commands may print secrets.
        if !matches!(
            arguments.first(),
            Some(&("show" | "output" | "state" | "console"))
        ) {
            self.search(Place::Output, &run.command, &run.stdout);
        }
        self.search(Place::Log, &run.command, &run.stderr);
        run
    }

    fn log(&self) -> PathBuf {
        self.path().join("terraform.log")
    }

    fn search(&self, place: Place, name: &str, text: &str) {
        for secrets in &self.secrets {
            secrets.assert_absent(place, name, text);
        }
    }

    /// Applies the configuration.
    ///
    /// # Panics
    /// If the command fails.
    pub async fn apply(&self) -> Run {
        self.run(&["apply", "-auto-approve"]).await.succeeds()
    }

    /// Destroys everything.
    ///
    /// # Panics
    /// If the command fails.
    pub async fn destroy(&self) -> Run {
        self.run(&["destroy", "-auto-approve"]).await.succeeds()
    }

    /// Plans and returns the plan.
    ///
    /// # Panics
    /// If the command fails.
    pub async fn plan(&self) -> Plan {
        self.run(&["plan", "-out=tfplan"]).await.succeeds();
        self.show("tfplan").await
    }

    /// Reads a saved plan.
    ///
    /// # Panics
    /// If the file is not a plan.
    pub async fn show(&self, file: &str) -> Plan {
        let shown = self.run(&["show", "-json", file]).await.succeeds();
        Plan(serde_json::from_str(&shown.stdout).expect("a plan in JSON"))
    }

    /// Asserts that the plan is empty.
    ///
    /// # Panics
    /// If the plan has changes. The message is Terraform's own rendering of them.
    pub async fn plans_empty(&self) {
        let run = self.run(&["plan", "-detailed-exitcode"]).await;
        assert_eq!(
            run.status,
            Some(0),
            "the plan should be empty:\n{}\n{}",
            run.stdout,
            run.stderr
        );
    }

    /// The attributes of a resource instance in state, by address; null if it is not in state.
    ///
    /// # Panics
    /// If the state file is not JSON.
    pub fn state(&self, address: &str) -> Json {
        let instances = self.instances();
        let found = instances.into_iter().find(|(present, _)| present == address);
        found.map(|(_, attributes)| attributes).unwrap_or_default()
    }

    /// Every resource instance of the root module in state: its address and its attributes.
    ///
    /// # Panics
    /// If the state file is not JSON.
    pub fn instances(&self) -> Vec<(String, Json)> {
        let text = self.state_file();
        if text.is_empty() {
            return Vec::new();
        }
        let state: Json = serde_json::from_str(&text).expect("state in JSON");
        let resources = state["resources"].as_array().cloned().unwrap_or_default();
        resources
            .iter()
            .flat_map(|resource| {
                let prefix = if resource["mode"] == "data" { "data." } else { "" };
                let text = |key: &str| resource[key].as_str().unwrap_or_default().to_owned();
                let address = format!("{prefix}{}.{}", text("type"), text("name"));
                let instances = resource["instances"].as_array().cloned().unwrap_or_default();
                instances.into_iter().map(move |instance| {
                    let key = match &instance["index_key"] {
                        Json::Null => String::new(),
                        key => format!("[{key}]"),
                    };
                    (format!("{address}{key}"), instance["attributes"].clone())
                })
            })
            .collect()
    }

    /// The content of the state file; empty if there is no state file.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn state_file(&self) -> String {
        match std::fs::read_to_string(self.path().join("terraform.tfstate")) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.expect("the state file is read"),
        }
    }

    /// The outputs, by name.
    pub async fn outputs(&self) -> Json {
        let run = self.run(&["output", "-json"]).await.succeeds();
        let outputs: serde_json::Map<String, Json> =
            serde_json::from_str(&run.stdout).expect("outputs in JSON");
        outputs
            .into_iter()
            .map(|(name, output)| (name, output["value"].clone()))
            .collect()
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let log = std::fs::read(self.log()).unwrap_or_default();
            self.search(
                Place::Log,
                "the log",
                &of_provider(&String::from_utf8_lossy(&log), &self.program),
            );
        }
    }
}

/// The provider's own lines of a log. Terraform also logs the values of its other providers.
fn of_provider(log: &str, program: &str) -> String {
    let mut is_provider = false;
    log.lines()
        .filter(|line| {
            // The further lines of an entry are indented.
            is_provider = line.contains(program) || (is_provider && line.starts_with(' '));
            is_provider
        })
        .fold(String::new(), |text, line| text + line + "\n")
}

/// The result of a command.
#[derive(Debug)]
pub struct Run {
    /// The command.
    pub command: String,
    /// Its exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Run {
    fn new(arguments: &[&str], output: &Output) -> Self {
        Self {
            command: format!("terraform {}", arguments.join(" ")),
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts that the command succeeded.
    ///
    /// # Panics
    /// If it failed.
    #[expect(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "mostly called for the assertion"
    )]
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(
            self.status,
            Some(0),
            "{} failed:\n{}\n{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Asserts that the command failed, and returns its output as [`Run::printed`] does.
    ///
    /// # Panics
    /// If it succeeded.
    #[track_caller]
    pub fn fails(self) -> String {
        assert_ne!(
            self.status,
            Some(0),
            "{} should fail:\n{}",
            self.command,
            self.stdout
        );
        self.printed()
    }

    /// All its output in one line, without Terraform's frames and line breaks.
    pub fn printed(&self) -> String {
        let text = format!("{}\n{}", self.stdout, self.stderr);
        text.replace(['│', '╷', '╵'], " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// A plan in JSON.
#[derive(Debug)]
pub struct Plan(pub Json);

impl Plan {
    /// `ADDRESS: action,action` for each change, sorted, without no-ops and reads.
    pub fn changes(&self) -> Vec<String> {
        let mut changes: Vec<String> = self
            .resources()
            .iter()
            .filter_map(|change| {
                let actions: Vec<&str> = change["change"]["actions"]
                    .as_array()?
                    .iter()
                    .filter_map(Json::as_str)
                    .collect();
                let is_change = actions != ["no-op"] && actions != ["read"];
                is_change.then(|| {
                    format!(
                        "{}: {}",
                        change["address"].as_str().unwrap_or_default(),
                        actions.join(",")
                    )
                })
            })
            .collect();
        changes.sort();
        changes
    }

    /// The change of one address.
    pub fn change(&self, address: &str) -> Json {
        let found = self
            .resources()
            .iter()
            .find(|change| change["address"] == address);
        found.map(|change| change["change"].clone()).unwrap_or_default()
    }

    fn resources(&self) -> &[Json] {
        self.0["resource_changes"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// A directory beside the program, with a link to it under the name that Terraform looks for.
fn provider_directory(provider: Provider<'_>) -> PathBuf {
    let binary = provider.binary;
    let stem = binary.file_stem().unwrap_or_default();
    let directory = binary
        .parent()
        .unwrap_or(Path::new("."))
        .join("terraform")
        .join(stem);
    std::fs::create_dir_all(&directory).expect("a directory beside the binary");
    let name = format!("{}{}", provider.program(), std::env::consts::EXE_SUFFIX);
    link(binary, &directory.join(name)).expect("the provider is linked to where Terraform finds it");
    directory
}

/// Links or copies a file in one atomic step, because other tests may use the target at the same time.
///
/// # Errors
/// If the file system does not allow it.
pub fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    let directory = to.parent().unwrap_or(Path::new("."));
    let staging = tempfile::Builder::new()
        .prefix(".staging-")
        .tempdir_in(directory)?;
    let staged = staging.path().join("provider");
    std::fs::hard_link(from, &staged).or_else(|_| std::fs::copy(from, &staged).map(|_| ()))?;
    std::fs::rename(&staged, to)
}
