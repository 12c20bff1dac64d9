//! The packages of the workspace, from `cargo metadata`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

use serde::Deserialize;

use crate::modules::Modules;

/// A package of the workspace.
#[derive(Debug, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    manifest_path: PathBuf,
    /// All dependencies in its manifest.
    pub dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

/// A dependency in a manifest.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    /// Name of the package.
    pub name: String,
    /// `dev` or `build`; `None` if it becomes a part of the package.
    pub kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

impl Package {
    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.manifest_path.parent().expect("a manifest is in a folder")
    }

    /// Its manifest.
    pub fn manifest(&self) -> toml::Table {
        let text = fs::read_to_string(&self.manifest_path).expect("the manifest can be read");
        text.parse().expect("the manifest is TOML")
    }

    /// The modules of its library and of each program. File names are relative to its folder.
    pub fn modules(&self) -> Vec<Modules> {
        let read = |file: &str| fs::read_to_string(self.folder().join(file)).ok();
        let targets = self.targets.iter().filter(|target| {
            let shipped = ["lib", "proc-macro", "bin"];
            target.kind.iter().any(|kind| shipped.contains(&kind.as_str()))
        });
        let roots = targets.map(|target| {
            let root = target.src_path.strip_prefix(self.folder());
            let root = root.expect("the file is below the manifest").to_str();
            Modules::read(&root.expect("the path is Unicode").replace('\\', "/"), &read)
        });
        roots.collect()
    }
}

/// The project's folder.
pub fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    folder.expect("the package is in the project").to_owned()
}

/// Every package of the workspace and of `examples/`, sorted by folder.
pub fn packages() -> &'static [Package] {
    static PACKAGES: LazyLock<Vec<Package>> = LazyLock::new(read_packages);
    &PACKAGES
}

fn read_packages() -> Vec<Package> {
    let examples = fs::read_dir(root().join("examples")).expect("the examples exist");
    let mut folders = vec![root()];
    folders.extend(examples.flatten().map(|example| example.path()));
    folders.retain(|folder| folder.join("Cargo.toml").is_file());
    let mut seen = BTreeSet::new();
    let mut packages = Vec::new();
    for folder in folders {
        let json = cargo(&folder, &["metadata", "--no-deps", "--format-version=1"]);
        let metadata: Metadata = serde_json::from_str(&json).expect("cargo writes JSON");
        let found = metadata.packages.into_iter();
        packages.extend(found.filter(|package| seen.insert(package.manifest_path.clone())));
    }
    packages.sort_by(|left, right| left.manifest_path.cmp(&right.manifest_path));
    packages
}

/// All files of the project with one of these extensions, without `target/` and hidden folders other than `.ci/` and
/// `.github/`.
pub fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![root()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                let is_hidden = name.starts_with('.') && name != ".ci" && name != ".github";
                if !is_hidden && name != "target" {
                    pending.push(path);
                }
            } else if extensions.contains(&extension.unwrap_or_default()) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The output of a cargo command. It needs no network, because the dependencies are already there.
pub fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .args(["--frozen", "--quiet"])
        .current_dir(folder)
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?} failed:\n{errors}");
    String::from_utf8(output.stdout).expect("cargo prints Unicode")
}
