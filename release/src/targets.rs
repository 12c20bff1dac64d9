//! The targets of a release, and how the program is built for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use tools::package::platform::Platform;

use crate::{Program, ReleaseError};

/// The package of the program.
const PACKAGE: &str = "terraform-provider-durantic";

/// A target of the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Rust's name of the target.
    pub triple: &'static str,
    /// Terraform's name of the operating system.
    pub os: &'static str,
    /// Terraform's name of the processor architecture.
    pub arch: &'static str,
    /// The operating system on which it is built, as in `std::env::consts::OS`.
    pub built_on: &'static str,
    /// The C compiler that the build of the cryptography needs, unless it is the system's own.
    pub c_compiler: Option<&'static str>,
}

/// The targets of the release. On Linux the program is statically linked, so that it runs on any distribution.
pub const TARGETS: [Target; 5] = [
    Target {
        triple: "x86_64-unknown-linux-musl",
        os: "linux",
        arch: "amd64",
        built_on: "linux",
        c_compiler: Some("x86_64-linux-musl-gcc"),
    },
    Target {
        triple: "aarch64-unknown-linux-musl",
        os: "linux",
        arch: "arm64",
        built_on: "linux",
        c_compiler: Some("aarch64-linux-musl-gcc"),
    },
    Target {
        triple: "x86_64-apple-darwin",
        os: "darwin",
        arch: "amd64",
        built_on: "macos",
        c_compiler: None,
    },
    Target {
        triple: "aarch64-apple-darwin",
        os: "darwin",
        arch: "arm64",
        built_on: "macos",
        c_compiler: None,
    },
    Target {
        triple: "x86_64-pc-windows-msvc",
        os: "windows",
        arch: "amd64",
        built_on: "windows",
        c_compiler: None,
    },
];

impl Target {
    /// The platform of the package.
    pub fn platform(&self) -> Platform {
        Platform {
            os: self.os.to_owned(),
            arch: self.arch.to_owned(),
        }
    }

    /// What this machine lacks to build the target, and how to get it; `None` if it can build the target.
    pub fn missing_requirement(&self) -> Option<String> {
        if self.built_on != std::env::consts::OS {
            return Some(format!("requires a machine with {}", self.built_on));
        }
        if !has_standard_library(self.triple) {
            return Some(format!(
                "requires the standard library: run `rustup target add {}`",
                self.triple
            ));
        }
        let compiler = self
            .c_compiler
            .filter(|_| self.installed_c_compiler().is_none())?;
        Some(format!(
            "requires `{compiler}`, or `musl-gcc` on a machine of this architecture (Debian package musl-tools)"
        ))
    }

    /// The C compiler for the target on this machine; `None` if there is none, or the system's own is used.
    fn installed_c_compiler(&self) -> Option<&'static str> {
        let is_native = self.triple.starts_with(std::env::consts::ARCH);
        let native = is_native.then_some("musl-gcc");
        let usable = self.c_compiler.into_iter().chain(self.c_compiler.and(native));
        usable.into_iter().find(|compiler| is_on_path(compiler))
    }
}

/// Builds the program for a target, or for this machine if there is none. The program does not contain paths of this
/// machine.
///
/// # Errors
///
/// [`ReleaseError::Command`], if the build fails.
pub fn build(workspace: &Path, target: Option<&Target>) -> Result<Program, ReleaseError> {
    let triple = target.map(|target| target.triple);
    let platform = target.map_or_else(Platform::current, Target::platform);
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let remapped: Vec<(PathBuf, &str)> = [(Some(workspace.to_owned()), "/provider"), (home, "/cargo")]
        .into_iter()
        .filter_map(|(path, name)| Some((path?, name)))
        .collect();
    let flags = |option: &str, separator: &str| {
        let flags: Vec<String> = remapped
            .iter()
            .map(|(path, name)| format!("{option}={}={name}", path.display()))
            .collect();
        flags.join(separator)
    };
    let mut rust_flags = flags("--remap-path-prefix", "\u{1f}");
    if triple.is_some_and(|triple| triple.ends_with("-musl")) {
        rust_flags.push_str("\u{1f}-Ctarget-feature=+crt-static");
    }
    let directory = workspace.join("target").join("release-assets");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(workspace)
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            PACKAGE,
            "--target-dir",
        ])
        .arg(&directory)
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags)
        .env("SOURCE_DATE_EPOCH", "0");
    // Microsoft's C compiler does not have this flag, and does not need it: it does not embed paths.
    if platform.os != "windows" {
        command.env("CFLAGS", flags("-ffile-prefix-map", " "));
    }
    if let Some(triple) = triple {
        command.args(["--target", triple]);
    }
    if let Some((triple, compiler)) = triple.zip(target.and_then(Target::installed_c_compiler)) {
        command.env(format!("CC_{}", triple.replace('-', "_")), compiler);
    }
    run(&mut command)?;
    let built = match triple {
        Some(triple) => directory.join(triple),
        None => directory,
    };
    let path = built
        .join("release")
        .join(format!("{PACKAGE}{}", platform.executable_suffix()));
    Ok(Program { platform, path })
}

/// The programs that other machines have built, in `DIR/OS_ARCH/`.
///
/// # Errors
///
/// [`ReleaseError::File`], if the directory cannot be read.
pub fn prebuilt(directory: &Path) -> Result<Vec<Program>, ReleaseError> {
    let entries = std::fs::read_dir(directory).map_err(|error| ReleaseError::File {
        path: directory.to_owned(),
        error,
    })?;
    let mut programs: Vec<Program> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let platform: Platform = path.file_name()?.to_str()?.parse().ok()?;
            let program = path.join(format!("{PACKAGE}{}", platform.executable_suffix()));
            Some(Program {
                platform,
                path: program,
            })
        })
        .collect();
    programs.sort_by(|one, other| one.platform.cmp(&other.platform));
    Ok(programs)
}

fn has_standard_library(triple: &str) -> bool {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", triple])
        .output();
    output.is_ok_and(|output| {
        let directory = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some())
    })
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn run(command: &mut Command) -> Result<(), ReleaseError> {
    let failed = |reason: String| ReleaseError::Command {
        command: format!("cargo build --package {PACKAGE}"),
        reason,
    };
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}
