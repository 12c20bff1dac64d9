//! `install` in a clean home directory, followed by `terraform init` and `plan`.

use std::ffi::OsString;
use std::path::Path;

use environment::Environment;
use harness::control_plane::ControlPlane;
use tools::address::Address;
use tools::commands::{Console, Context, Status};
use tools::package::layout::{self, System};
use tools::package::platform::Platform;
use tools::package::version::Version;

use crate::NETWORK;
use crate::home::Home;

/// The block that `install` printed.
fn printed_block(output: &str) -> &str {
    &output[output.find("terraform {").expect("a block is printed")..]
}

async fn installs_and_plans(arguments: &[&str], display: &str) {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let home = Home::new(&[("main.tf", NETWORK)])
        .with("DURANTIC_ENDPOINT", control_plane.endpoint())
        .with("DURANTIC_API_TOKEN", control_plane.token());
    let install: Vec<&str> = ["install"].iter().chain(arguments).copied().collect();
    let run = home.provider(&install).await.succeeds();
    assert!(run.stdout.contains(display), "{}", run.stdout);
    assert_eq!(run.stderr, "");
    home.write("versions.tf", printed_block(&run.stdout));
    home.terraform(&["fmt", "-check"]).await.succeeds();

    let init = home.terraform(&["init"]).await.succeeds();
    assert!(init.stdout.contains(display), "{}", init.stdout);
    let plan = home.terraform(&["plan"]).await.succeeds();
    assert!(plan.stdout.contains("1 to add"), "{}", plan.stdout);

    // A second install changes nothing, and the lock file is still valid.
    let again = home.provider(&install).await.succeeds();
    assert!(again.stdout.starts_with("Already installed"), "{}", again.stdout);
    home.terraform(&["init", "-lockfile=readonly"]).await.succeeds();

    let uninstall: Vec<&str> = ["uninstall"]
        .iter()
        .chain(arguments.iter().filter(|argument| **argument != "--packed"))
        .copied()
        .collect();
    let run = home.provider(&uninstall).await.succeeds();
    assert!(run.stdout.starts_with("Removed"), "{}", run.stdout);
    assert_eq!(
        std::fs::read_dir(home.plugins()).unwrap().count(),
        0,
        "no files are left"
    );
    let run = home.provider(&uninstall).await.succeeds();
    assert!(run.stdout.starts_with("Nothing to remove"), "{}", run.stdout);
}

#[tokio::test]
async fn install_with_the_default_source_is_found_by_terraform() {
    installs_and_plans(&[], "durantic/durantic").await;
}

#[tokio::test]
async fn install_with_another_source_is_found_by_terraform() {
    let source = "example.com/myorg/customplugin";
    installs_and_plans(&["--source", source], source).await;
}

#[tokio::test]
async fn install_packed_with_version_and_port_is_found_by_terraform() {
    let source = "example.com:8443/myorg/customplugin";
    installs_and_plans(&["--source", source, "--version", "2.0.1", "--packed"], source).await;
}

#[tokio::test]
async fn install_warns_if_terraform_will_not_use_the_package() {
    let home = Home::new(&[("~/.terraformrc", "provider_installation {\n  direct {}\n}\n")]);
    let run = home.provider(&["install"]).await.succeeds();
    assert!(
        run.stderr.contains("Terraform will not find this package"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains(".terraformrc"), "{}", run.stderr);

    let home = Home::new(&[]);
    home.provider(&["install", "--version", "9.0.0"]).await.succeeds();
    let run = home.provider(&["install"]).await.succeeds();
    assert!(run.stderr.contains("version 9.0.0 in"), "{}", run.stderr);

    let lock = "provider \"registry.terraform.io/durantic/durantic\" {\n  version = \"1.3.0\"\n  hashes = [\n    \
                \"h1:other\",\n  ]\n}\n";
    let home = Home::new(&[(".terraform.lock.hcl", lock)]);
    let run = home.provider(&["install"]).await.succeeds();
    assert!(
        run.stderr.contains("does not have the checksum of this package"),
        "{}",
        run.stderr
    );

    let home = Home::new(&[]);
    let elsewhere = home.path().join("mirror");
    let run = home
        .provider(&["install", "--plugin-dir", elsewhere.to_str().unwrap()])
        .await
        .succeeds();
    assert!(run.stderr.contains("-plugin-dir="), "{}", run.stderr);
}

#[tokio::test]
async fn install_warns_of_packages_in_other_directories() {
    let home = Home::new(&[]);
    let elsewhere = home.path().join(".local/share/terraform/plugins");
    let first = home.work().join("terraform.d/plugins");
    let into = |directory: &Path| directory.to_str().unwrap().to_owned();
    home.provider(&["install", "--version", "1.0.0", "--plugin-dir", &into(&elsewhere)])
        .await
        .succeeds();
    let run = home.provider(&["install"]).await.succeeds();
    let warning = format!(
        "Terraform prefers this package to the older version 1.0.0 in `{}",
        elsewhere.display()
    );
    assert!(run.stderr.contains(&warning), "{}", run.stderr);
    assert_eq!(run.stderr.matches("warning: ").count(), 1, "{}", run.stderr);

    home.provider(&[
        "uninstall",
        "--version",
        "1.0.0",
        "--plugin-dir",
        &into(&elsewhere),
    ])
    .await
    .succeeds();
    home.provider(&["install", "--plugin-dir", &into(&first)])
        .await
        .succeeds();
    let run = home.provider(&["install"]).await.succeeds();
    let warning = format!("Terraform prefers the same version in `{}", first.display());
    assert!(run.stderr.contains(&warning), "{}", run.stderr);
    assert!(
        run.stderr.contains("searches that directory first"),
        "{}",
        run.stderr
    );
}

/// Runs `install` for another program and home directory.
fn install_from(program: &Path, home: &Path) -> Status {
    let context = Context {
        identity: provider::identity(&provider::durantic::DEFINITION),
        environment: Environment::from_iter([("HOME", home.to_str().unwrap())]),
        directory: home.to_owned(),
        program: program.to_owned(),
        version: Version::new(1, 3, 0),
        system: System::Unix,
        platform: Platform::current(),
    };
    let mut console = Console {
        output: &mut Vec::new(),
        errors: &mut Vec::new(),
        input: &mut &b""[..],
    };
    tools::commands::run(&context, &[OsString::from("install")], &mut console)
}

#[test]
fn install_is_atomic() {
    use std::io::Write;
    let home = tempfile::tempdir().unwrap();
    let plugins = home.path().join(".terraform.d/plugins");
    let address = Address::parse("durantic/durantic").unwrap();
    // The program comes through a pipe, so it stays half written until the test sends the rest.
    let pipe = home.path().join("program");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let content = b"program\n".repeat(64 * 1024);
    std::thread::scope(|scope| {
        let installing = scope.spawn(|| install_from(&pipe, home.path()));
        let mut writer = std::fs::File::options().write(true).open(&pipe).unwrap();
        writer.write_all(&content).unwrap();
        let (packages, ignored) = layout::scan(&plugins, &address);
        assert_eq!((packages, ignored), (Vec::new(), Vec::new()));
        drop(writer);
        assert_eq!(installing.join().unwrap(), Status::Success);
    });
    let (packages, _) = layout::scan(&plugins, &address);
    let program = packages[0].program(&address).unwrap();
    assert_eq!(std::fs::read(&program).unwrap(), content);
    let version = packages[0].path.parent().unwrap();
    assert_eq!(
        std::fs::read_dir(version).unwrap().count(),
        1,
        "no other files are left"
    );
}

#[test]
fn failed_install_leaves_no_files() {
    let home = tempfile::tempdir().unwrap();
    // A directory can be opened, but not read.
    assert_eq!(install_from(home.path(), home.path()), Status::Failure);
    let plugins = home.path().join(".terraform.d/plugins");
    assert_eq!(std::fs::read_dir(plugins).unwrap().count(), 0);
}

#[tokio::test]
async fn uninstall_removes_the_ignored_files_of_a_killed_install() {
    let home = Home::new(&[("main.tf", NETWORK)]);
    let run = home.provider(&["install"]).await.succeeds();
    home.write("versions.tf", printed_block(&run.stdout));
    home.write(
        "~/.terraform.d/plugins/registry.terraform.io/durantic/durantic/1.3.0/.staging-x/half",
        "half",
    );
    home.terraform(&["init"]).await.succeeds();
    let doctor = home.provider(&["doctor", "--offline"]).await.succeeds();
    assert!(!doctor.stdout.contains(".staging"), "{}", doctor.stdout);
    home.provider(&["uninstall"]).await.succeeds();
    assert_eq!(std::fs::read_dir(home.plugins()).unwrap().count(), 0);
}

#[tokio::test]
async fn install_packed_replaces_the_unpacked_version() {
    let home = Home::new(&[]);
    home.provider(&["install"]).await.succeeds();
    let run = home.provider(&["install", "--packed"]).await.succeeds();
    assert!(run.stdout.starts_with("Installed"), "{}", run.stdout);
    let directory = home.plugins().join("registry.terraform.io/durantic/durantic");
    let names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(names[0].contains("_1.3.0_"), "{names:?}");
}

#[tokio::test]
async fn exit_status_is_2_for_usage_errors_and_1_for_failures() {
    let home = Home::new(&[]);
    assert_eq!(home.provider(&["install", "--nonsense"]).await.status, Some(2));
    assert_eq!(
        home.provider(&["install", "--version", "latest"]).await.status,
        Some(2)
    );
    assert_eq!(home.provider(&["nonsense"]).await.status, Some(2));
    let run = home.provider(&["install", "--source", "a/b/c/d"]).await;
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr.contains("Invalid provider source string"),
        "{}",
        run.stderr
    );
    let run = home.provider(&["address", "terraform-provider-x/y z"]).await;
    assert_eq!(run.status, Some(1));
    for help in [
        &["--help"][..],
        &["-help"],
        &["address", "--help"],
        &["0.13upgrade", "-help"],
    ] {
        let run = home.provider(help).await.succeeds();
        assert!(
            run.stdout.contains("Usage: terraform-provider-durantic"),
            "{}",
            run.stdout
        );
    }
    let run = home
        .provider(&["address", "Durantic/durantic", "--json"])
        .await
        .succeeds();
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(found["full"], "registry.terraform.io/durantic/durantic");
    assert_eq!(found["display"], "durantic/durantic");
    assert!(
        found["path"]
            .as_str()
            .unwrap()
            .ends_with("terraform-provider-durantic_v1.3.0")
    );
}
