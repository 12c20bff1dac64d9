//! `doctor` reports each fault with its remedy, and no fault in a working setup.

use std::path::PathBuf;

use acceptance::terraform::Run;
use harness::control_plane::ControlPlane;

use crate::NETWORK;
use crate::home::Home;
use crate::release::serve;

const VERSIONS: &str = "terraform {\n  required_providers {\n    durantic = {\n      source  = \"durantic/durantic\"\n      \
                        version = \"~> 1.3\"\n    }\n  }\n}\n";

/// A home directory with a configuration, and the provider installed.
async fn installed() -> Home {
    let home = Home::new(&[("main.tf", NETWORK), ("versions.tf", VERSIONS)]);
    home.provider(&["install"]).await.succeeds();
    home
}

fn package(home: &Home) -> PathBuf {
    let platform = tools::package::platform::Platform::current();
    home.plugins()
        .join("registry.terraform.io/durantic/durantic/1.3.0")
        .join(platform.to_string())
}

fn program(home: &Home) -> PathBuf {
    package(home).join("terraform-provider-durantic_v1.3.0")
}

/// Asserts that the doctor reports one problem with this text and this remedy.
async fn finds(home: &Home, expected: &str, remedy: &str) {
    let run = home.provider(&["doctor", "--offline"]).await;
    assert_finds(&run, expected, remedy);
}

#[track_caller]
fn assert_finds(run: &Run, expected: &str, remedy: &str) {
    assert_eq!(run.status, Some(1), "{}\n{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("\n1 problem found."), "{}", run.stdout);
    let problem = run.stdout.split("problem  ").nth(1).unwrap();
    assert!(problem.contains(expected), "{expected}: {}", run.stdout);
    assert!(problem.contains(remedy), "{remedy}: {}", run.stdout);
}

#[tokio::test]
async fn doctor_finds_no_problem_in_a_working_setup() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let home = installed()
        .await
        .with("DURANTIC_ENDPOINT", control_plane.endpoint())
        .with("DURANTIC_API_TOKEN", control_plane.token());
    home.terraform(&["init"]).await.succeeds();
    let run = home.provider(&["doctor"]).await.succeeds();
    assert!(run.stdout.contains("No problems found."), "{}", run.stdout);
    assert!(
        run.stdout.contains("starts and uses plugin protocol 6"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("The lock file has the checksum of"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("accepts the token"), "{}", run.stdout);
    assert!(
        !run.stdout.contains(control_plane.token()),
        "the token is not printed"
    );
}

#[tokio::test]
async fn doctor_finds_a_damaged_cli_configuration() {
    let home = installed().await;
    home.write("~/.terraformrc", "provider_installation {\n  direct {\n}\n");
    finds(&home, "has a syntax error: line 4", "Correct that line").await;
}

#[tokio::test]
async fn doctor_finds_a_missing_cli_configuration() {
    let home = installed()
        .await
        .with("TF_CLI_CONFIG_FILE", "/nowhere/terraform.rc");
    finds(
        &home,
        "`/nowhere/terraform.rc` (TF_CLI_CONFIG_FILE) does not exist",
        "Unset TF_CLI_CONFIG_FILE",
    )
    .await;
}

#[tokio::test]
async fn doctor_finds_a_provider_that_no_installation_method_allows() {
    let home = installed().await;
    home.write(
        "~/.terraformrc",
        "provider_installation {\n  direct {\n    exclude = [\"durantic/*\"]\n  }\n}\n",
    );
    finds(
        &home,
        "No block of `provider_installation` allows `durantic/durantic`",
        "Add a `direct {}` block",
    )
    .await;
}

#[tokio::test]
async fn doctor_finds_a_missing_mirror() {
    let home = installed().await;
    home.write(
        "~/.terraformrc",
        "provider_installation {\n  filesystem_mirror {\n    path = \"/nowhere/mirror\"\n  }\n  direct {}\n}\n",
    );
    finds(&home, "`/nowhere/mirror` does not exist", "correct the path").await;
}

#[tokio::test]
async fn doctor_finds_a_dev_override_without_a_program() {
    let home = installed().await;
    home.write("~/empty/readme", "");
    let rc = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"durantic/durantic\" = {:?}\n  }}\n  direct {{}}\n}}\n",
        home.path().join("empty").display().to_string()
    );
    home.write("~/.terraformrc", &rc);
    finds(
        &home,
        "does not contain `terraform-provider-durantic`",
        "Build the provider into",
    )
    .await;
}

#[tokio::test]
#[cfg(unix)]
async fn doctor_finds_a_program_that_is_not_executable() {
    use std::os::unix::fs::PermissionsExt;
    let home = installed().await;
    std::fs::set_permissions(program(&home), std::fs::Permissions::from_mode(0o644)).unwrap();
    finds(&home, "is not executable", "chmod +x").await;
}

#[tokio::test]
async fn doctor_finds_a_program_for_another_architecture() {
    let home = installed().await;
    let mut head = vec![0; 64];
    head[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\x00");
    head[18] = 0x03; // 386
    std::fs::remove_file(program(&home)).unwrap();
    std::fs::write(program(&home), head).unwrap();
    finds(
        &home,
        "is for linux_386, but this machine is",
        "Install the package for",
    )
    .await;
}

#[tokio::test]
async fn doctor_finds_a_package_for_another_platform() {
    let home = installed().await;
    let other = package(&home).with_file_name("plan9_arm");
    std::fs::rename(package(&home), other).unwrap();
    finds(
        &home,
        "is installed for plan9_arm, but not for",
        "Install the package for this platform",
    )
    .await;
}

#[tokio::test]
async fn doctor_finds_an_unmet_version_constraint() {
    let home = installed().await;
    home.write("versions.tf", &VERSIONS.replace("~> 1.3", ">= 2.0"));
    finds(
        &home,
        "the only version on disk is 1.3.0; Terraform does not query the registry",
        "Install a matching version",
    )
    .await;
    let output = home.terraform(&["init"]).await.fails();
    assert!(output.contains("no available releases match"), "{output}");
}

#[tokio::test]
async fn doctor_finds_another_checksum_in_the_lock_file() {
    let home = installed().await;
    home.terraform(&["init"]).await.succeeds();
    let lock = std::fs::read_to_string(home.work().join(".terraform.lock.hcl")).unwrap();
    let start = lock.find("\"h1:").unwrap();
    let mut other = lock.clone();
    other.replace_range(start..start + 8, "\"h1:AAAA");
    assert_ne!(lock, other);
    home.write(".terraform.lock.hcl", &other);
    finds(
        &home,
        "The lock file does not have the checksum of",
        "terraform providers lock",
    )
    .await;
    let output = home.terraform(&["init"]).await.fails();
    assert!(output.contains("checksums"), "{output}");
}

#[tokio::test]
async fn doctor_accepts_the_checksum_of_a_zip_in_the_lock_file() {
    let home = Home::new(&[("main.tf", NETWORK), ("versions.tf", VERSIONS)]);
    home.provider(&["install", "--packed"]).await.succeeds();
    home.terraform(&["init"]).await.succeeds();
    let lock = std::fs::read_to_string(home.work().join(".terraform.lock.hcl")).unwrap();
    let start = lock.find("h1:").unwrap();
    let end = start + lock[start..].find('"').unwrap();
    let directory = home.plugins().join("registry.terraform.io/durantic/durantic");
    let zip = std::fs::read_dir(directory)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut other = lock.clone();
    other.replace_range(start..end, &tools::package::hash::of_archive(&zip).unwrap());
    home.write(".terraform.lock.hcl", &other);
    let run = home.provider(&["doctor", "--offline"]).await.succeeds();
    assert!(
        run.stdout.contains("The lock file has the checksum of"),
        "{}",
        run.stdout
    );
    // Terraform accepts it, too.
    std::fs::remove_dir_all(home.work().join(".terraform")).unwrap();
    home.terraform(&["init"]).await.succeeds();
    // Neither accepts another zip.
    home.write(".terraform.lock.hcl", &other.replace("zh:", "zh:0"));
    finds(
        &home,
        "The lock file does not have the checksum of",
        "terraform providers lock",
    )
    .await;
}

#[tokio::test]
async fn doctor_mentions_a_possibly_newer_version_in_a_registry() {
    let home = installed().await;
    let rc = format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n  direct {{}}\n}}\n",
        home.plugins().display().to_string()
    );
    home.write("~/.terraformrc", &rc);
    let run = home.provider(&["doctor", "--offline"]).await.succeeds();
    assert!(
        run.stdout
            .contains("unless a registry or mirror has a newer matching version"),
        "{}",
        run.stdout
    );
}

#[tokio::test]
async fn doctor_finds_another_version_in_the_lock_file() {
    let home = installed().await;
    home.terraform(&["init"]).await.succeeds();
    let lock = std::fs::read_to_string(home.work().join(".terraform.lock.hcl")).unwrap();
    home.write(".terraform.lock.hcl", &lock.replace("\"1.3.0\"", "\"1.3.9\""));
    finds(
        &home,
        "The lock file has version 1.3.9 of `durantic/durantic`, but the only version on disk is 1.3.0",
        "terraform init -upgrade",
    )
    .await;
}

#[tokio::test]
async fn doctor_finds_a_missing_source() {
    let home = Home::new(&[("main.tf", NETWORK)]);
    home.provider(&["install"]).await.succeeds();
    finds(
        &home,
        "Terraform uses `hashicorp/durantic`",
        "source = \"durantic/durantic\"",
    )
    .await;
}

#[tokio::test]
async fn doctor_finds_an_invalid_version_directory() {
    let home = installed().await;
    let version = package(&home).parent().unwrap().to_owned();
    std::fs::create_dir(version.with_file_name("v1.4.0")).unwrap();
    finds(
        &home,
        "v1.4.0",
        "not a version: rename it, for example to `1.4.0`",
    )
    .await;
}

#[tokio::test]
async fn doctor_finds_a_program_with_another_name() {
    let home = installed().await;
    std::fs::rename(program(&home), package(&home).join("durantic")).unwrap();
    finds(
        &home,
        "does not contain a program whose name begins with",
        "finds the program by its name",
    )
    .await;
}

#[tokio::test]
async fn doctor_finds_a_damaged_zip() {
    let home = installed().await;
    home.provider(&["uninstall"]).await.succeeds();
    let platform = tools::package::platform::Platform::current();
    home.write(
        &format!("~/.terraform.d/plugins/registry.terraform.io/durantic/durantic/terraform-provider-durantic_1.3.0_{platform}.zip"),
        "PK but not for long",
    );
    finds(
        &home,
        "failed to read the zip archive",
        "Install the package again",
    )
    .await;
}

#[tokio::test]
async fn doctor_finds_an_unreachable_endpoint() {
    let home = installed()
        .await
        .with("DURANTIC_ENDPOINT", "http://127.0.0.1:9")
        .with("DURANTIC_API_TOKEN", "dur_canary");
    let run = home.provider(&["doctor"]).await;
    assert_finds(&run, "Failed to reach the control plane", "->");
    assert!(!run.stdout.contains("dur_canary"), "{}", run.stdout);
}

#[tokio::test]
async fn doctor_finds_a_server_that_is_no_control_plane() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let endpoint = format!("{}/wrong", control_plane.endpoint());
    let home = installed()
        .await
        .with("DURANTIC_ENDPOINT", &endpoint)
        .with("DURANTIC_API_TOKEN", control_plane.token());
    home.terraform(&["init"]).await.succeeds();
    let run = home.provider(&["doctor"]).await;
    assert_finds(
        &run,
        &format!("The server at `{endpoint}` is not a control plane"),
        &format!(
            "the server at `{endpoint}` responded with status 404, and it has no `/api/openapi.json`. So no Durantic control \
             plane answers there: check the host and the path of `endpoint`"
        ),
    );
}

#[tokio::test]
async fn doctor_names_the_known_hosts_if_a_name_is_unknown() {
    // A label of a host name has at most 63 characters, so this name is invalid and no server is asked for it.
    let endpoint = format!("http://{}.invalid", "a".repeat(64));
    let home = installed()
        .await
        .with("DURANTIC_ENDPOINT", &endpoint)
        .with("DURANTIC_API_TOKEN", "dur_canary");
    let run = home.provider(&["doctor"]).await;
    assert_finds(
        &run,
        "Failed to reach the control plane",
        "Other known endpoints are `https://api.durantic.io` (the default of this version), `https://api.app.durantic.dev` (the default of \
         the published provider 1.1 and 1.2), `https://api.demo.durantic.dev` (the default of the published provider 1.0). If you meant \
         one of them, set it as `endpoint` or in DURANTIC_ENDPOINT.",
    );
    assert!(!run.stdout.contains("dur_canary"), "{}", run.stdout);
}

/// The control plane is also the proxy that connects to Durantic's hosts.
#[tokio::test]
async fn doctor_names_the_other_hosts_if_one_rejects_the_token() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let home = installed()
        .await
        .with("HTTP_PROXY", control_plane.endpoint())
        .with("DURANTIC_API_TOKEN", "dur_wrong");
    for (host, others) in [
        (
            "api.durantic.io",
            ["api.app.durantic.dev", "api.demo.durantic.dev"],
        ),
        (
            "api.app.durantic.dev",
            ["api.durantic.io", "api.demo.durantic.dev"],
        ),
        (
            "api.demo.durantic.dev",
            ["api.durantic.io", "api.app.durantic.dev"],
        ),
    ] {
        let endpoint = format!("http://{host}");
        let block = format!("provider \"durantic\" {{\n  endpoint = {endpoint:?}\n}}\n");
        home.write("provider.tf", &block);
        let run = home.provider(&["doctor"]).await;
        let remedy = "If your token was created there, set that URL as `endpoint` or in DURANTIC_ENDPOINT.";
        assert_finds(&run, "rejected the token", remedy);
        for other in others {
            assert!(
                run.stdout.contains(&format!("`https://{other}` (")),
                "{}",
                run.stdout
            );
        }
        assert!(
            !run.stdout.contains(&format!("`https://{host}` (")),
            "{}",
            run.stdout
        );
    }
}

#[tokio::test]
async fn doctor_finds_a_missing_or_rejected_token() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let home = installed()
        .await
        .with("DURANTIC_ENDPOINT", control_plane.endpoint());
    let run = home.provider(&["doctor"]).await;
    assert_finds(&run, "Missing API token", "DURANTIC_API_TOKEN");
    let home = home.with("DURANTIC_API_TOKEN", "dur_wrong");
    let run = home.provider(&["doctor"]).await;
    assert_finds(&run, "rejected the token", "token");
    // The token may be one of another host.
    assert!(run.stdout.contains("Other known endpoints are"), "{}", run.stdout);
}

#[tokio::test]
async fn doctor_finds_a_provider_that_no_registry_has() {
    let platform = tools::package::platform::Platform::current();
    let version = |version: &str, os: &str, arch: &str| {
        format!(
            r#"{{"versions": [{{"version": "{version}", "platforms": [{{"os": "{os}", "arch": "{arch}"}}]}}]}}"#
        )
    };
    let served = tempfile::tempdir().unwrap();
    let (url, certificate) = serve(served.path().to_owned()).await;
    let host = url.trim_start_matches("https://").trim_end_matches('/');
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let source = format!("{host}/myorg/durantic");
    let home = Home::new(&[
        ("main.tf", NETWORK),
        ("versions.tf", &VERSIONS.replace("durantic/durantic", &source)),
        ("~/registry.pem", &certificate),
    ]);
    let trusted = home.path().join("registry.pem").display().to_string();
    let home = home
        .with("SSL_CERT_FILE", &trusted)
        .with("DURANTIC_ENDPOINT", control_plane.endpoint())
        .with("DURANTIC_API_TOKEN", control_plane.token());
    let respond = |path: &str, text: &str| {
        let path = served.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let remedy = format!("install --source {source}");
    let doctor = || home.provider(&["doctor"]);
    assert_finds(&doctor().await, "the host is not a provider registry", &remedy);
    respond(
        ".well-known/terraform.json",
        r#"{"providers.v1": "/v1/providers/"}"#,
    );
    assert_finds(&doctor().await, "does not have it", &remedy);
    let listing = "v1/providers/myorg/durantic/versions";
    respond(listing, &version("1.2.0", &platform.os, &platform.arch));
    assert_finds(&doctor().await, "has no matching version (it has 1.2.0)", &remedy);
    respond(listing, &version("1.3.5", "plan9", "arm"));
    assert_finds(&doctor().await, "has 1.3.5 only for other platforms", &remedy);
    respond(listing, &version("1.3.5", &platform.os, &platform.arch));
    let run = doctor().await.succeeds();
    let expected = format!("Terraform uses 1.3.5 from the registry at `{host}`");
    assert!(run.stdout.contains(&expected), "{}", run.stdout);
}
