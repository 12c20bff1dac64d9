//! The layout of plugin directories, and the directories that Terraform searches.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation> and
//! <https://github.com/hashicorp/terraform/blob/main/internal/getproviders/filesystem_search.go>.

use std::fs;
use std::path::{Path, PathBuf};

use environment::Environment;

use super::platform::Platform;
use super::version::Version;
use super::{PackageError, archive, files, hash};
use crate::address::Address;

/// The kinds of operating systems, by where Terraform keeps its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux and the BSDs, with the XDG base directories of freedesktop.org.
    Unix,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl System {
    /// The kind of system that this program runs on.
    pub fn current() -> Self {
        match std::env::consts::OS {
            "macos" => Self::MacOs,
            "windows" => Self::Windows,
            _ => Self::Unix,
        }
    }

    /// The directory of Terraform's own files, `~/.terraform.d`; `None` if there is no home directory.
    pub fn settings_directory(self, environment: &Environment) -> Option<PathBuf> {
        Some(match self {
            Self::Windows => app_data(environment)?.join("terraform.d"),
            Self::Unix | Self::MacOs => home(environment)?.join(".terraform.d"),
        })
    }

    /// The path of the CLI configuration, unless `TF_CLI_CONFIG_FILE` names another; `None` if there is no home
    /// directory.
    pub fn config_file(self, environment: &Environment) -> Option<PathBuf> {
        Some(match self {
            Self::Windows => app_data(environment)?.join("terraform.rc"),
            Self::Unix | Self::MacOs => home(environment)?.join(".terraformrc"),
        })
    }

    /// The plugin directories that Terraform searches without a `provider_installation` block, in its order. They need
    /// not exist.
    ///
    /// Source: <https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories>.
    pub fn implied_directories(self, environment: &Environment, working_directory: &Path) -> Vec<PathBuf> {
        let mut directories = vec![working_directory.join("terraform.d").join("plugins")];
        directories.extend(
            self.settings_directory(environment)
                .map(|settings| settings.join("plugins")),
        );
        match self {
            Self::Unix => {
                // The XDG specification says to ignore a base directory that is not absolute.
                let absolute = |path: &Path| path.is_absolute();
                let user = environment
                    .get("XDG_DATA_HOME")
                    .map(PathBuf::from)
                    .filter(|path| absolute(path))
                    .or_else(|| Some(home(environment)?.join(".local").join("share")));
                let system = environment
                    .get("XDG_DATA_DIRS")
                    .unwrap_or("/usr/local/share:/usr/share");
                let system = system.split(':').map(PathBuf::from).filter(|path| absolute(path));
                directories.extend(
                    user.into_iter()
                        .chain(system)
                        .map(|base| base.join("terraform").join("plugins")),
                );
            }
            Self::MacOs => {
                let bases = [home(environment), Some(PathBuf::from("/"))];
                directories.extend(bases.into_iter().flatten().map(|base| {
                    base.join("Library")
                        .join("Application Support")
                        .join("io.terraform")
                        .join("plugins")
                }));
            }
            Self::Windows => directories.extend(
                app_data(environment).map(|base| base.join("HashiCorp").join("Terraform").join("plugins")),
            ),
        }
        directories
    }
}

fn home(environment: &Environment) -> Option<PathBuf> {
    environment.get("HOME").map(PathBuf::from)
}

fn app_data(environment: &Environment) -> Option<PathBuf> {
    environment.get("APPDATA").map(PathBuf::from)
}

/// The two layouts of a package in a plugin directory, as Terraform names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A directory with the program.
    Unpacked,
    /// A zip archive.
    Packed,
}

/// A package in a plugin directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The plugin directory it is in.
    pub root: PathBuf,
    /// The directory with the program, or the zip archive.
    pub path: PathBuf,
    /// The version, from the name of the directory or archive.
    pub version: Version,
    /// The platform, from the name of the directory or archive.
    pub platform: Platform,
    /// Its layout.
    pub form: Form,
}

/// A file or directory that Terraform ignores, although it is where packages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredPath {
    /// Its path.
    pub path: PathBuf,
    /// Why Terraform ignores it, and what to do, as a lowercase fragment.
    pub reason: String,
}

/// The directory of a provider's packages, below a plugin directory.
pub fn provider_directory(root: &Path, address: &Address) -> PathBuf {
    root.join(address.path().iter().collect::<PathBuf>())
}

/// The path at which Terraform looks for a package.
pub fn package_path(
    root: &Path,
    address: &Address,
    version: &Version,
    platform: &Platform,
    form: Form,
) -> PathBuf {
    let directory = provider_directory(root, address);
    match form {
        Form::Unpacked => directory.join(version.to_string()).join(platform.to_string()),
        Form::Packed => directory.join(archive_name(address, version, platform)),
    }
}

/// The file name of a zip archive, in a plugin directory and among the files of a release.
pub fn archive_name(address: &Address, version: &Version, platform: &Platform) -> String {
    format!("{}_{version}_{platform}.zip", address.program())
}

/// The file name of the program in a package.
pub fn program_name(address: &Address, version: &Version, platform: &Platform) -> String {
    format!("{}_v{version}{}", address.program(), platform.executable_suffix())
}

/// The packages of a provider in a plugin directory, newest first, and the paths there that Terraform ignores.
pub fn scan(root: &Path, address: &Address) -> (Vec<Package>, Vec<IgnoredPath>) {
    let mut packages = Vec::new();
    let mut ignored = Vec::new();
    for path in entries(&provider_directory(root, address)) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if path.is_dir() {
            match Version::parse(name) {
                Ok(version) => scan_version(root, &path, &version, &mut packages, &mut ignored),
                Err(_) => ignored.push(IgnoredPath {
                    reason: format!(
                        "the name of the directory is not a version: rename it, for example to `{}`",
                        name.strip_prefix('v')
                            .filter(|rest| Version::parse(rest).is_ok())
                            .unwrap_or("1.3.0")
                    ),
                    path,
                }),
            }
        } else if let Some(stem) = name.strip_suffix(".zip") {
            let rest = stem.strip_prefix(&format!("{}_", address.program()));
            let parts = rest.and_then(|rest| rest.split_once('_'));
            let parsed = parts.and_then(|(version, platform)| {
                Some((Version::parse(version).ok()?, platform.parse().ok()?))
            });
            match parsed {
                Some((version, platform)) => packages.push(Package {
                    root: root.to_owned(),
                    path,
                    version,
                    platform,
                    form: Form::Packed,
                }),
                None => ignored.push(IgnoredPath {
                    path,
                    reason: format!(
                        "the name of the zip archive is not valid: rename it to `{}_VERSION_OS_ARCH.zip`",
                        address.program()
                    ),
                }),
            }
        } else if name.starts_with("terraform-provider-") {
            ignored.push(IgnoredPath {
                path,
                reason: "the program is outside of a version directory, where Terraform does not find it: use `install` to install it"
                    .to_owned(),
            });
        }
    }
    packages.sort_by(|one, other| other.version.cmp(&one.version).then(one.path.cmp(&other.path)));
    (packages, ignored)
}

fn scan_version(
    root: &Path,
    directory: &Path,
    version: &Version,
    packages: &mut Vec<Package>,
    ignored: &mut Vec<IgnoredPath>,
) {
    for path in entries(directory) {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        match name.parse::<Platform>() {
            Ok(platform) if path.is_dir() => packages.push(Package {
                root: root.to_owned(),
                path,
                version: version.clone(),
                platform,
                form: Form::Unpacked,
            }),
            _ if files::is_staging(name) => {}
            _ => ignored.push(IgnoredPath {
                reason: format!(
                    "the name is not a platform, for example `{}`: use `install` to create the directory",
                    Platform::current()
                ),
                path,
            }),
        }
    }
}

/// The paths in a directory, sorted; empty if the directory does not exist.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

impl Package {
    /// The `h1:` checksum.
    ///
    /// # Errors
    ///
    /// [`PackageError`], if the package cannot be read.
    pub fn hash(&self) -> Result<String, PackageError> {
        match self.form {
            Form::Unpacked => hash::of_directory(&self.path),
            Form::Packed => hash::of_archive_content(&self.path),
        }
    }

    /// The program that Terraform would start; `None` for a zip archive, or if the directory has no program.
    pub fn program(&self, address: &Address) -> Option<PathBuf> {
        if self.form == Form::Packed {
            return None;
        }
        program_in(&self.path, address)
    }

    /// The first 4096 bytes of the program; `None` if there is no program.
    ///
    /// # Errors
    ///
    /// [`PackageError`], if the package cannot be read.
    pub fn program_head(&self, address: &Address) -> Result<Option<Vec<u8>>, PackageError> {
        const LENGTH: u64 = 4096;
        match (self.form, self.program(address)) {
            (Form::Packed, _) => archive::head(&self.path, &address.program(), LENGTH),
            (Form::Unpacked, Some(program)) => {
                use std::io::Read;
                let mut head = Vec::new();
                let file =
                    fs::File::open(&program).map_err(PackageError::file("failed to open", &program))?;
                file.take(LENGTH)
                    .read_to_end(&mut head)
                    .map_err(PackageError::file("failed to read", &program))?;
                Ok(Some(head))
            }
            (Form::Unpacked, None) => Ok(None),
        }
    }
}

/// The program of a provider in a directory: the first file, by name, with the prefix `terraform-provider-TYPE`.
///
/// Source: <https://github.com/hashicorp/terraform/blob/main/internal/providercache/cached_provider.go>.
pub fn program_in(directory: &Path, address: &Address) -> Option<PathBuf> {
    let prefix = address.program();
    entries(directory).into_iter().find(|path| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let rest = name.strip_prefix(&prefix);
        path.is_file() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '.']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directories(system: System, variables: &[(&str, &str)]) -> Vec<String> {
        let environment = variables.iter().copied().collect::<Environment>();
        system
            .implied_directories(&environment, Path::new("/project"))
            .iter()
            .map(|path| path.display().to_string().replace('\\', "/"))
            .collect()
    }

    #[test]
    #[cfg(unix)]
    fn implied_directories_are_in_terraforms_order() {
        assert_eq!(
            directories(System::Unix, &[("HOME", "/home/me")]),
            [
                "/project/terraform.d/plugins",
                "/home/me/.terraform.d/plugins",
                "/home/me/.local/share/terraform/plugins",
                "/usr/local/share/terraform/plugins",
                "/usr/share/terraform/plugins",
            ]
        );
        let xdg = [
            ("HOME", "/home/me"),
            ("XDG_DATA_HOME", "/data"),
            ("XDG_DATA_DIRS", "/a:relative:/b"),
        ];
        assert_eq!(
            directories(System::Unix, &xdg)[2..],
            [
                "/data/terraform/plugins",
                "/a/terraform/plugins",
                "/b/terraform/plugins"
            ]
        );
        assert_eq!(
            directories(System::MacOs, &[("HOME", "/Users/me")]),
            [
                "/project/terraform.d/plugins",
                "/Users/me/.terraform.d/plugins",
                "/Users/me/Library/Application Support/io.terraform/plugins",
                "/Library/Application Support/io.terraform/plugins",
            ]
        );
        assert_eq!(
            directories(System::Windows, &[("APPDATA", "C:/Users/me/AppData/Roaming")]),
            [
                "/project/terraform.d/plugins",
                "C:/Users/me/AppData/Roaming/terraform.d/plugins",
                "C:/Users/me/AppData/Roaming/HashiCorp/Terraform/plugins",
            ]
        );
        assert_eq!(
            directories(System::Windows, &[]),
            ["/project/terraform.d/plugins"]
        );
    }

    #[test]
    fn scan_finds_packages_and_ignored_paths() {
        let root = tempfile::tempdir().unwrap();
        let address = Address::parse("example.com/myorg/customplugin").unwrap();
        let base = provider_directory(root.path(), &address);
        for path in [
            "1.3.0/linux_amd64",
            "1.10.0/darwin_arm64",
            "v1.4.0/linux_amd64",
            "1.3.0/linux",
        ] {
            fs::create_dir_all(base.join(path)).unwrap();
        }
        fs::write(
            base.join("terraform-provider-customplugin_1.2.0_linux_amd64.zip"),
            "",
        )
        .unwrap();
        fs::write(base.join("customplugin.zip"), "").unwrap();
        fs::write(base.join("terraform-provider-customplugin"), "").unwrap();
        let (packages, ignored) = scan(root.path(), &address);
        let found: Vec<String> = packages
            .iter()
            .map(|package| format!("{} {} {:?}", package.version, package.platform, package.form))
            .collect();
        assert_eq!(
            found,
            [
                "1.10.0 darwin_arm64 Unpacked",
                "1.3.0 linux_amd64 Unpacked",
                "1.2.0 linux_amd64 Packed"
            ]
        );
        assert_eq!(ignored.len(), 4, "{ignored:?}");
        assert!(ignored.iter().any(|path| path.reason.contains("`1.4.0`")));
    }
}
