//! A home directory for one test, and the programs that run in it.

use std::path::{Path, PathBuf};

use acceptance::terraform::{Run, terraform};
use tempfile::TempDir;
use tokio::process::Command;

use crate::provider;

/// A home directory, with a configuration in `work`.
pub struct Home {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

impl Home {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::Builder::new().prefix("home-").tempdir().unwrap();
        let home = Self {
            directory,
            environment: Vec::new(),
        };
        std::fs::create_dir(home.work()).unwrap();
        for (name, text) in files {
            home.write(name, text);
        }
        home
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// The directory of the user's plugins.
    pub fn plugins(&self) -> PathBuf {
        self.path().join(".terraform.d").join("plugins")
    }

    /// Writes a file of the configuration, or of the home directory if the name begins with `~/`.
    pub fn write(&self, name: &str, text: &str) {
        let path = match name.strip_prefix("~/") {
            Some(name) => self.path().join(name),
            None => self.work().join(name),
        };
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub async fn terraform(&self, arguments: &[&str]) -> Run {
        let program = terraform().unwrap_or_else(|missing| panic!("{missing}"));
        self.run(&program, arguments).await
    }

    pub async fn provider(&self, arguments: &[&str]) -> Run {
        self.run(provider(), arguments).await
    }

    pub async fn run(&self, program: &Path, arguments: &[&str]) -> Run {
        let output = Command::new(program)
            .current_dir(self.work())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("NO_COLOR", "1")
            .env("TF_CLI_ARGS", "-no-color")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .args(arguments)
            .kill_on_drop(true)
            .stdin(std::process::Stdio::null())
            .output()
            .await
            .unwrap();
        Run {
            command: format!("{} {}", program.display(), arguments.join(" ")),
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
