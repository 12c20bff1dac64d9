//! `install` on a clean home directory, and what Terraform makes of it.

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

    // Again changes nothing, and the lock file that was written is accepted.
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
        "nothing is left"
    );
    let run = home.provider(&uninstall).await.succeeds();
    assert!(run.stdout.starts_with("Nothing to remove"), "{}", run.stdout);
}

#[tokio::test]
async fn terraform_finds_what_was_installed() {
    installs_and_plans(&[], "durantic/durantic").await;
}

#[tokio::test]
async fn terraform_finds_it_under_an_address_that_is_in_no_registry() {
    let source = "example.com/myorg/customplugin";
    installs_and_plans(&["--source", source], source).await;
}

#[tokio::test]
async fn terraform_finds_a_zip_of_another_version_on_a_host_with_a_port() {
    let source = "example.com:8443/myorg/customplugin";
    installs_and_plans(&["--source", source, "--version", "2.0.1", "--packed"], source).await;
}

#[tokio::test]
async fn what_hides_a_package_is_warned_of() {
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
async fn an_older_copy_elsewhere_is_warned_of_and_so_is_one_that_terraform_meets_first() {
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

/// `install` of another program than this, into a home directory.
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
fn a_package_is_not_there_before_it_is_whole() {
    use std::io::Write;
    let home = tempfile::tempdir().unwrap();
    let plugins = home.path().join(".terraform.d/plugins");
    let address = Address::parse("durantic/durantic").unwrap();
    // A program that comes through a pipe is half written for as long as the other half is not sent.
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
        "nothing else is left"
    );
}

#[test]
fn an_install_that_fails_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    // A directory can be opened, and not be read.
    assert_eq!(install_from(home.path(), home.path()), Status::Failure);
    let plugins = home.path().join(".terraform.d/plugins");
    assert_eq!(std::fs::read_dir(plugins).unwrap().count(), 0);
}

#[tokio::test]
async fn what_a_killed_install_left_is_no_package_and_goes_with_uninstall() {
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
async fn the_other_form_of_a_version_is_replaced() {
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
async fn a_command_that_is_wrong_ends_with_2_and_one_that_fails_with_1() {
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
