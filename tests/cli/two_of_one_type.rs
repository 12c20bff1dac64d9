//! Two providers of type `durantic` with different hosts and namespaces in one configuration.

use harness::control_plane::{Collection, ControlPlane};

use crate::home::Home;

#[tokio::test]
async fn two_providers_of_one_type_have_separate_settings() {
    let first = ControlPlane::builder().token("dur_first").start().await.unwrap();
    let second = ControlPlane::builder().token("dur_second").start().await.unwrap();
    let configuration = format!(
        r#"terraform {{
  required_providers {{
    durantic = {{
      source = "durantic/durantic"
    }}
    ours = {{
      source  = "registry.example.com/myorg/durantic"
      version = "2.0.0"
    }}
  }}
}}

provider "durantic" {{
  endpoint  = "{}"
  api_token = "dur_first"
}}

provider "ours" {{
  endpoint  = "{}"
  api_token = "dur_second"
}}

resource "durantic_mesh_network" "public" {{
  name         = "public"
  network_cidr = "10.1.0.0/24"
}}

resource "durantic_mesh_network" "ours" {{
  provider     = ours
  name         = "ours"
  network_cidr = "10.2.0.0/24"
}}
"#,
        first.endpoint(),
        second.endpoint()
    );
    let home = Home::new(&[("main.tf", &configuration)]);
    home.provider(&["install"]).await.succeeds();
    home.provider(&[
        "install",
        "--source",
        "registry.example.com/myorg/durantic",
        "--version",
        "2.0.0",
    ])
    .await
    .succeeds();
    home.terraform(&["init"]).await.succeeds();
    home.terraform(&["apply", "-auto-approve"]).await.succeeds();
    assert!(first.find(Collection::MeshNetworks, "public").is_some());
    assert!(first.find(Collection::MeshNetworks, "ours").is_none());
    assert!(second.find(Collection::MeshNetworks, "ours").is_some());
    assert!(second.find(Collection::MeshNetworks, "public").is_none());

    // State has the provider of each resource, the plan is empty, and the doctor finds both providers.
    let state = std::fs::read_to_string(home.work().join("terraform.tfstate")).unwrap();
    assert!(
        state.contains("provider[\\\"registry.terraform.io/durantic/durantic\\\"]"),
        "{state}"
    );
    assert!(
        state.contains("provider[\\\"registry.example.com/myorg/durantic\\\"]"),
        "{state}"
    );
    let plan = home.terraform(&["plan", "-detailed-exitcode"]).await;
    assert_eq!(plan.status, Some(0), "{}", plan.stdout);
    let doctor = home.provider(&["doctor", "--offline"]).await.succeeds();
    assert_eq!(
        doctor.stdout.matches("starts and uses plugin protocol 6").count(),
        2,
        "{}",
        doctor.stdout
    );
    home.terraform(&["destroy", "-auto-approve"]).await.succeeds();
    assert!(second.find(Collection::MeshNetworks, "ours").is_none());
}
