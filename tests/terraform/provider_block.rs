//! The provider's own configuration.

use acceptance::terraform::Workspace;
use harness::control_plane::ControlPlane;

use super::{control_plane, provider, quick, workspace};

const NETWORK: &str =
    "resource \"durantic_mesh_network\" \"net\" {\n  name = \"net\"\n  network_cidr = \"10.1.0.0/24\"\n}\n";

#[tokio::test]
async fn missing_api_token_error_names_both_ways_to_set_it() {
    let workspace = Workspace::unconfigured(provider(), NETWORK);
    let output = workspace.run(&["plan"]).await.fails();
    for expected in [
        "Missing API token",
        "api_token",
        "DURANTIC_API_TOKEN",
        "API Tokens page",
    ] {
        assert!(output.contains(expected), "{expected}: {output}");
    }
    let empty = Workspace::unconfigured(provider(), NETWORK).with("DURANTIC_API_TOKEN", "");
    assert!(empty.run(&["plan"]).await.fails().contains("Missing API token"));
}

#[tokio::test]
async fn invalid_provider_argument_is_reported_with_its_line() {
    for (arguments, expected) in [
        ("endpoint = \"ftp://host\"", "endpoint"),
        ("endpoint = \"host\"", "endpoint"),
        ("ca_cert_file = \"/nowhere.pem\"", "/nowhere.pem"),
        ("request_timeout = \"soon\"", "request_timeout"),
        ("max_retries = 21", "max_retries"),
        ("max_retries = -1", "max_retries"),
    ] {
        let text = format!("provider \"durantic\" {{\n  api_token = \"dur_x\"\n  {arguments}\n}}\n{NETWORK}");
        let output = Workspace::unconfigured(provider(), &text)
            .run(&["plan"])
            .await
            .fails();
        assert!(output.contains(expected), "{arguments}: {output}");
        assert!(
            output.contains("on main.tf line 3, in provider \"durantic\""),
            "{arguments}: {output}"
        );
    }
    let workspace = Workspace::unconfigured(provider(), NETWORK)
        .with("DURANTIC_API_TOKEN", "dur_x")
        .with("DURANTIC_INSECURE_SKIP_VERIFY", "perhaps");
    assert!(
        workspace
            .run(&["plan"])
            .await
            .fails()
            .contains("DURANTIC_INSECURE_SKIP_VERIFY")
    );
}

fn two_aliases(first: &ControlPlane, second: &ControlPlane) -> String {
    let block = |alias: &str, control_plane: &ControlPlane| {
        format!(
            "provider \"durantic\" {{\n  alias = \"{alias}\"\n  endpoint = \"{}\"\n  api_token = \"{}\"\n}}\n\
             resource \"durantic_mesh_network\" \"{alias}\" {{\n  provider = durantic.{alias}\n  name = \"{alias}\"\n  \
             network_cidr = \"10.1.0.0/24\"\n}}\n",
            control_plane.endpoint(),
            control_plane.token()
        )
    };
    format!("{}{}", block("first", first), block("second", second))
}

#[tokio::test]
async fn provider_block_overrides_the_environment() {
    use harness::control_plane::Collection;
    let (first, second) = (control_plane().await, control_plane().await);
    let workspace = Workspace::unconfigured(provider(), &two_aliases(&first, &second))
        .with("DURANTIC_ENDPOINT", "http://127.0.0.1:9")
        .with("DURANTIC_API_TOKEN", "dur_unknown");
    workspace.apply().await;
    assert!(first.find(Collection::MeshNetworks, "first").is_some());
    assert!(second.find(Collection::MeshNetworks, "second").is_some());
    assert!(second.find(Collection::MeshNetworks, "first").is_none());
}

/// A workspace whose provider block refers to a resource that does not exist yet.
fn unknown(control_plane: &ControlPlane, argument: &str, value: &str, rest: &str) -> Workspace {
    let text = format!(
        "resource \"terraform_data\" \"later\" {{\n  input = sensitive(\"{value}\")\n}}\n\
         provider \"durantic\" {{\n  {argument} = terraform_data.later.output\n}}\n{rest}"
    );
    workspace(control_plane, &text)
}

#[tokio::test]
async fn unknown_endpoint_or_api_token_defers_the_check() {
    for (argument, variable) in [
        ("endpoint", "DURANTIC_ENDPOINT"),
        ("api_token", "DURANTIC_API_TOKEN"),
    ] {
        let control_plane = control_plane().await;
        let value = match argument {
            "endpoint" => control_plane.endpoint(),
            _ => control_plane.token(),
        };
        let wrong = if argument == "endpoint" { "not a URL" } else { "" };
        let workspace = unknown(&control_plane, argument, value, NETWORK).with(variable, wrong);
        workspace.apply().await;
        workspace.plans_empty().await;

        let data = "data \"durantic_machine\" \"m\" {\n  hostname = \"node-1\"\n}\n";
        let fresh = unknown(&control_plane, argument, value, data).with(variable, wrong);
        let output = fresh.run(&["plan"]).await.fails();
        assert!(output.contains(&format!("`{argument}`")), "{output}");
        assert!(output.contains("only known after apply"), "{output}");
    }
}

#[tokio::test]
async fn unknown_endpoint_is_validated_during_apply() {
    let control_plane = control_plane().await;
    let workspace = unknown(&control_plane, "endpoint", "ftp://host", NETWORK);
    workspace.run(&["plan"]).await.succeeds();
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("`endpoint` must be a URL"), "{output}");
    assert!(output.contains("in provider \"durantic\""), "{output}");
}

#[tokio::test]
async fn ca_cert_file_and_insecure_skip_verify_allow_tls() {
    let control_plane = quick().tls().start().await.expect("the control plane starts");
    let block = |argument: &str| format!("provider \"durantic\" {{\n  {argument}\n}}\n{NETWORK}");
    let workspace = workspace(&control_plane, &block(""));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("certificate"), "{output}");

    workspace.configure(&block("insecure_skip_verify = true"));
    let output = workspace.apply().await.printed();
    assert!(
        output.contains("Warning: TLS certificate verification disabled"),
        "{output}"
    );
    assert!(output.contains("on main.tf line 2"), "{output}");
    workspace.configure(&block("insecure_skip_verify = false"));
    workspace.run(&["plan"]).await.fails();

    let certificate = control_plane.certificate().expect("a certificate");
    workspace.write("ca.pem", certificate);
    workspace.configure(&block("ca_cert_file = \"ca.pem\""));
    let output = workspace
        .run(&["plan", "-detailed-exitcode"])
        .await
        .succeeds()
        .printed();
    assert!(
        !output.contains("TLS certificate verification disabled"),
        "{output}"
    );
    workspace.configure(&block(""));
    for (variable, value) in [
        ("DURANTIC_CA_CERT_FILE", "ca.pem"),
        ("DURANTIC_INSECURE_SKIP_VERIFY", "true"),
    ] {
        let mut command = workspace.command(&["plan", "-detailed-exitcode"]);
        let output = command
            .env(variable, value)
            .output()
            .await
            .expect("terraform runs");
        assert_eq!(output.status.code(), Some(0), "{variable}");
    }
}

#[tokio::test]
async fn rejected_api_token_is_reported_but_not_shown() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, NETWORK).with("DURANTIC_API_TOKEN", "dur_wrong_token_value");
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("401"), "{output}");
    assert!(!output.contains("dur_wrong_token_value"), "{output}");
}

#[tokio::test]
async fn requests_have_a_user_agent_and_a_request_id() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, NETWORK).with("TF_APPEND_USER_AGENT", "fleet/7");
    workspace.apply().await;
    let create = &control_plane.log().of("controlplane_api_create_mesh_network")[0];
    let agent = create.user_agent.as_deref().unwrap_or_default();
    assert!(
        agent.starts_with(concat!(
            "terraform-provider-durantic/",
            env!("CARGO_PKG_VERSION"),
            " Terraform/1."
        )),
        "{agent}"
    );
    let platform = format!("({}; {})", std::env::consts::OS, std::env::consts::ARCH);
    assert!(agent.ends_with(&format!(" {platform} fleet/7")), "{agent}");
    assert!(create.request_id.is_some());
}
