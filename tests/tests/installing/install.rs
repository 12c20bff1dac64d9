//! `install` on a clean home directory, and what Terraform makes of it.

use acceptance::control_plane::ControlPlane;

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
    assert!(run.stderr.contains("hides this package"), "{}", run.stderr);
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
        run.stderr.contains("does not accept this package"),
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
