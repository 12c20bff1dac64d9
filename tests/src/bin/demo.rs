//! `cargo demo`: deploys a role to a machine, with the real Terraform and the simulated control plane.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use acceptance::terraform;
use clap::Parser;
use harness::control_plane::{Collection, ControlPlane};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

/// Deploy a role to a machine, with the real Terraform and a simulated control plane.
#[derive(Parser)]
#[command(name = "cargo demo", version)]
struct Options {
    /// Duration of an installation.
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    install_time: Duration,

    /// Number of enrolled machines; the first is deployed.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    machines: u16,

    /// Keep the control plane running and the folder in place, and print how to continue by hand.
    #[arg(long)]
    keep: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    value::duration::parse(text).ok_or_else(|| "expected a duration such as 20s or 1m30s".to_owned())
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::new("starting", error)),
    };
    match runtime.block_on(demo(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    eprintln!("\nThe demo failed while {}: {}", failure.doing, failure.reason);
    ExitCode::FAILURE
}

/// The reason of a failure, and the step during which it happened.
struct Failure {
    doing: String,
    reason: String,
}

impl Failure {
    fn new(doing: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self {
            doing: doing.into(),
            reason: reason.to_string(),
        }
    }
}

async fn demo(options: &Options) -> Result<(), Failure> {
    let started = Instant::now();
    let screen = Screen::new();
    terraform::terraform().map_err(|missing| {
        Failure::new(
            "finding Terraform",
            missing
                .replace("These tests drive", "The demo drives")
                .replace("run them", "run it"),
        )
    })?;

    screen.title("Building the provider");
    let binary = build_provider().await?;

    let control_plane = ControlPlane::builder()
        .machines(options.machines.into())
        .install_time(options.install_time)
        .start()
        .await
        .map_err(|error| Failure::new("starting the simulated control plane", error))?;
    let control_plane = Arc::new(control_plane);
    screen.title(&format!(
        "The simulated control plane listens at {}",
        control_plane.endpoint()
    ));
    let machines = control_plane.objects(Collection::Machines);
    let hostname = machines
        .first()
        .and_then(|machine| machine.get("hostname")?.as_str())
        .unwrap_or_default()
        .to_owned();

    let stage = Stage::new(&binary, &control_plane, &hostname)?;
    let outcome = tokio::select! {
        outcome = stage.run(&screen, &control_plane) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::new("waiting", "interrupted")),
    };
    if options.keep {
        return stage.keep(&screen, &control_plane, outcome).await;
    }
    let mesh_ip = outcome?;
    screen.title(&format!(
        "Done in {:.0?}: {hostname} was deployed with the address {mesh_ip} in the mesh, and everything was removed again",
        started.elapsed()
    ));
    Ok(())
}

/// Builds the shipped program and returns its path.
async fn build_provider() -> Result<PathBuf, Failure> {
    let doing = "building the provider";
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let child = Command::new(cargo)
        .args([
            "build",
            "--package",
            "terraform-provider-durantic",
            "--bin",
            "terraform-provider-durantic",
        ])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| Failure::new(doing, error))?;
    let output = child
        .wait_with_output()
        .await
        .map_err(|error| Failure::new(doing, error))?;
    if !output.status.success() {
        return Err(Failure::new(doing, "see the errors of the compiler above"));
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| {
            message
                .pointer("/target/name")
                .is_some_and(|name| name == "terraform-provider-durantic")
        })
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .ok_or_else(|| Failure::new(doing, "cargo did not report the path of the program"))
}

/// The project's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// A folder with the example, a filesystem mirror with the provider, and a CLI configuration for it.
struct Stage {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Stage {
    fn new(binary: &Path, control_plane: &ControlPlane, hostname: &str) -> Result<Self, Failure> {
        let failure = |error: std::io::Error| Failure::new("copying the example", error);
        let folder = tempfile::Builder::new()
            .prefix("durantic-demo-")
            .tempdir()
            .map_err(failure)?;
        let example = root().join("examples/role-to-running-machine");
        for name in ["main.tf", "web.yaml"] {
            std::fs::copy(example.join(name), folder.path().join(name)).map_err(failure)?;
        }
        let version = env!("CARGO_PKG_VERSION");
        let suffix = std::env::consts::EXE_SUFFIX;
        let mirror = folder.path().join("mirror");
        let package = mirror
            .join("registry.terraform.io/durantic/durantic")
            .join(version)
            .join(format!("{}_{}", go_os(), go_architecture()));
        std::fs::create_dir_all(&package).map_err(failure)?;
        terraform::link(
            binary,
            &package.join(format!("terraform-provider-durantic_v{version}{suffix}")),
        )
        .map_err(failure)?;
        let rc = folder.path().join("terraform.rc");
        let mirror = serde_json::Value::from(mirror.to_string_lossy());
        std::fs::write(
            &rc,
            format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror}\n  }}\n}}\n"),
        )
        .map_err(failure)?;
        let environment = vec![
            ("CHECKPOINT_DISABLE", "1".to_owned()),
            ("DURANTIC_API_TOKEN", control_plane.token().to_owned()),
            ("DURANTIC_ENDPOINT", control_plane.endpoint().to_owned()),
            ("TF_CLI_CONFIG_FILE", rc.to_string_lossy().into_owned()),
            ("TF_VAR_hostname", hostname.to_owned()),
        ];
        Ok(Self { folder, environment })
    }

    /// Runs all steps and returns the machine's address in the mesh.
    async fn run(&self, screen: &Screen, control_plane: &Arc<ControlPlane>) -> Result<String, Failure> {
        self.terraform(screen, &["init"], &[0]).await?;
        self.terraform(screen, &["plan"], &[0]).await?;
        let watcher = screen.watch(control_plane);
        let applied = self.terraform(screen, &["apply", "-auto-approve"], &[0]).await;
        watcher.abort();
        applied?;
        self.terraform(screen, &["output"], &[0]).await?;
        let mesh_ip = self.output("mesh_ip").await?;
        screen.note("A second plan must show no changes:");
        self.terraform(screen, &["plan", "-detailed-exitcode"], &[0])
            .await?;
        self.terraform(screen, &["destroy", "-auto-approve"], &[0])
            .await?;
        Ok(mesh_ip)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .kill_on_drop(true);
        // The user's own settings must not affect the demo.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("TF_") || text.starts_with("DURANTIC_") {
                command.env_remove(&name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    async fn terraform(&self, screen: &Screen, arguments: &[&str], good: &[i32]) -> Result<(), Failure> {
        let doing = format!("running `terraform {}`", arguments.join(" "));
        screen.title(&format!("terraform {}", arguments.join(" ")));
        let colour = if screen.is_terminal {
            &[][..]
        } else {
            &["-no-color"][..]
        };
        let mut command = self.command(&[arguments, colour].concat());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Failure::new(&doing, error))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        tokio::join!(screen.relay(stdout), screen.relay(stderr));
        let status = child.wait().await.map_err(|error| Failure::new(&doing, error))?;
        match status.code() {
            Some(code) if good.contains(&code) => Ok(()),
            Some(code) => Err(Failure::new(doing, format!("it exited with status {code}"))),
            None => Err(Failure::new(doing, "it was ended by a signal")),
        }
    }

    async fn output(&self, name: &str) -> Result<String, Failure> {
        let doing = format!("reading the output `{name}`");
        let output = self.command(&["output", "-raw", name]).output().await;
        let output = output.map_err(|error| Failure::new(&doing, error))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() && !text.is_empty() {
            Ok(text)
        } else {
            Err(Failure::new(doing, "it has no value"))
        }
    }

    /// Keeps everything until the user presses Ctrl-C.
    async fn keep(
        self,
        screen: &Screen,
        control_plane: &ControlPlane,
        outcome: Result<String, Failure>,
    ) -> Result<(), Failure> {
        if let Err(failure) = &outcome {
            screen.note(&format!(
                "The demo failed while {}: {}",
                failure.doing, failure.reason
            ));
        }
        let folder = self.folder.keep();
        screen.title("Everything is kept. Continue in another shell:");
        screen.note(&format!("cd {}", folder.display()));
        for (name, value) in &self.environment {
            screen.note(&format!("export {name}={value}"));
        }
        screen.note("terraform apply");
        screen.note(&format!(
            "curl -H 'Authorization: Bearer {}' {}/api/provisioning/machines/",
            control_plane.token(),
            control_plane.endpoint()
        ));
        screen.note("The control plane runs until you press Ctrl-C here. The folder is not removed.");
        let _ = tokio::signal::ctrl_c().await;
        outcome.map(|_| ())
    }
}

/// The output of the demo: with a progress bar on a terminal, otherwise in plain lines.
struct Screen {
    is_terminal: bool,
    bar: ProgressBar,
}

impl Screen {
    fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
        let bar = if is_terminal {
            ProgressBar::new(100)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("  {prefix} {bar:30} {pos:>3}% {msg}") {
            bar.set_style(style);
        }
        Self { is_terminal, bar }
    }

    fn title(&self, text: &str) {
        self.line(&format!("\n==> {text}"));
    }

    fn note(&self, text: &str) {
        self.line(&format!("    {text}"));
    }

    fn line(&self, text: &str) {
        if self.is_terminal {
            self.bar.println(text);
        } else {
            eprintln!("{text}");
        }
    }

    async fn relay(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(stream) = stream else { return };
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            self.line(&format!("    {line}"));
        }
    }

    /// Shows the progress of the installation, read from the control plane. Terraform only shows that it waits.
    fn watch(&self, control_plane: &Arc<ControlPlane>) -> tokio::task::JoinHandle<()> {
        let (is_terminal, bar, control_plane) =
            (self.is_terminal, self.bar.clone(), Arc::clone(control_plane));
        tokio::spawn(async move {
            let mut last = String::new();
            let mut tick = tokio::time::interval(Duration::from_millis(200));
            loop {
                tick.tick().await;
                let Some(run) = control_plane.runs().into_iter().last() else {
                    continue;
                };
                if is_terminal {
                    bar.set_prefix(run.hostname.clone());
                    bar.set_position(run.progress_percent.into());
                    bar.set_message(run.current_message.clone());
                }
                if run.current_step != last {
                    last.clone_from(&run.current_step);
                    let line = format!(
                        "    [{}] {:>3}% {}: {}",
                        run.hostname, run.progress_percent, run.current_step, run.current_message
                    );
                    if is_terminal {
                        bar.println(line);
                    } else {
                        eprintln!("{line}");
                    }
                }
            }
        })
    }
}

fn go_os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

fn go_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}
