//! `cargo release-assets`: builds, packs and signs the files of a release.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use release::sign::Key;
use release::targets::{self, TARGETS};
use release::{Program, Release, ReleaseError, assets, mirrors};
use tools::address::Address;
use tools::package::version::Version;

/// Build the files of a release for each target that this machine can build, and list the others.
#[derive(Debug, Parser)]
#[command(name = "cargo release-assets", version)]
struct Arguments {
    /// Directory to write the files to
    #[arg(long, value_name = "DIR", default_value = "target/release-files")]
    out: PathBuf,
    /// Build only this target, for example `x86_64-unknown-linux-musl`; may be repeated [default: all]
    #[arg(long = "target", value_name = "TRIPLE")]
    targets: Vec<String>,
    /// Build only for this machine, to try out a release; on Linux the program is not statically linked
    #[arg(long)]
    host: bool,
    /// Do not build; use only the programs of --prebuilt
    #[arg(long)]
    no_build: bool,
    /// Directory with programs built on other machines, as DIR/OS_ARCH/terraform-provider-durantic
    #[arg(long, value_name = "DIR")]
    prebuilt: Option<PathBuf>,
    /// Build the programs for --prebuilt, without packing and signing them
    #[arg(long)]
    build_only: bool,
    /// Secret RSA key to sign with; the passphrase is read from the environment variable `RELEASE_KEY_PASSPHRASE`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), ReleaseError> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."));
    let key = match &arguments.key {
        Some(path) => Some(Key::read(
            path,
            &std::env::var("RELEASE_KEY_PASSPHRASE").unwrap_or_default(),
        )?),
        None => None,
    };
    let mut programs = match &arguments.prebuilt {
        Some(directory) => targets::prebuilt(directory)?,
        None => Vec::new(),
    };
    programs.extend(build_targets(arguments, workspace, &programs)?);
    programs.sort_by(|one, other| one.platform.cmp(&other.platform));
    let version = env!("CARGO_PKG_VERSION");
    let release = Release {
        address: Address::parse(&provider::durantic::DEFINITION.provider.address)?,
        version: Version::parse(version).map_err(|_| ReleaseError::Version(version.to_owned()))?,
        programs,
    };
    release.check()?;
    let mut output = std::io::stdout();
    let out = workspace.join(&arguments.out);
    if arguments.build_only {
        for program in &release.programs {
            let name = program.path.file_name().unwrap_or_default();
            let to = out.join(program.platform.to_string()).join(name);
            let mut source = std::fs::File::open(&program.path).map_err(|error| ReleaseError::File {
                path: program.path.clone(),
                error,
            })?;
            tools::package::files::write(&to, tools::package::files::Mode::Executable, |file| {
                std::io::copy(&mut source, file).map(|_| ())
            })?;
            let _ = writeln!(output, "{}", to.display());
        }
        return Ok(());
    }
    let directory = out.join("assets");
    let manifest = workspace.join("terraform-registry-manifest.json");
    for path in assets::write(&release, &manifest, &directory, key.as_ref())? {
        let _ = writeln!(output, "{}", path.display());
    }
    let hashes = mirrors::write_filesystem(&release, &directory, &out.join("filesystem-mirror"))?;
    mirrors::write_network(&release, &directory, &out.join("network-mirror"))?;
    let _ = writeln!(output, "{}", hashes.display());
    let _ = writeln!(output, "{}", out.join("filesystem-mirror").display());
    let _ = writeln!(output, "{}", out.join("network-mirror").display());
    if key.is_none() {
        let _ = writeln!(
            output,
            "\nThe release is not signed. The Terraform Registry requires a signature: pass a key with --key FILE."
        );
    }
    Ok(())
}

/// Builds the selected targets that this machine can build, and lists the others on standard error.
fn build_targets(
    arguments: &Arguments,
    workspace: &Path,
    present: &[Program],
) -> Result<Vec<Program>, ReleaseError> {
    let mut programs = Vec::new();
    if arguments.no_build {
        return Ok(programs);
    }
    if arguments.host {
        return Ok(vec![targets::build(workspace, None)?]);
    }
    let mut skipped = Vec::new();
    for target in TARGETS {
        let is_selected =
            arguments.targets.is_empty() || arguments.targets.iter().any(|triple| *triple == target.triple);
        let is_present = present
            .iter()
            .any(|program| program.platform == target.platform());
        if !is_selected || is_present {
            continue;
        }
        match target.missing_requirement() {
            None => programs.push(targets::build(workspace, Some(&target))?),
            Some(reason) if arguments.targets.is_empty() => skipped.push(format!(
                "  {:<14} {:<27} {reason}",
                target.platform().to_string(),
                target.triple
            )),
            Some(reason) => {
                return Err(ReleaseError::Command {
                    command: format!("build {}", target.triple),
                    reason,
                });
            }
        }
    }
    // The list comes last, because it would be lost in the output of a long build.
    if !skipped.is_empty() {
        let _ = writeln!(
            std::io::stderr(),
            "\nThis machine cannot build these targets. Build them on other machines with --build-only, then pass them with --prebuilt:\n{}\n",
            skipped.join("\n")
        );
    }
    Ok(programs)
}
