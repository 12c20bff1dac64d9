//! Further cases of each kind of inference.

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::control_plane::{Collection, ControlPlane, Dialect, Fault, FaultKind, FaultResponse, Seed};
use serde_json::{Value as Json, json};

use super::warnings;
use crate::{applied, control_plane, machine, quick, workspace};

const GET: &str = "controlplane_api_get_account_variable";
const CREATE: &str = "controlplane_api_create_account_variable";
const CREATE_RULE: &str = "controlplane_api_create_route_policy_rule";
const UPDATE_RULE: &str = "controlplane_api_update_route_policy_rule";
const GET_SET: &str = "controlplane_api_get_route_policy_set";
const OTHER_TOKEN: &str = "dur_other_account";

fn variables(names: &[&str]) -> String {
    let blocks = names.iter().map(|name| {
        format!("resource \"durantic_variable\" \"{name}\" {{\n  name = \"{name}\"\n  value = \"v\"\n}}\n")
    });
    blocks.collect()
}

fn age(control_plane: &ControlPlane) {
    control_plane.advance(Duration::from_mins(2));
}

fn uuid_of(control_plane: &ControlPlane, collection: Collection, name: &str) -> String {
    let object = control_plane.find(collection, name).expect("the object");
    object["uuid"].as_str().expect("a uuid").to_owned()
}

fn delete(control_plane: &ControlPlane, name: &str) {
    let uuid = uuid_of(control_plane, Collection::Variables, name);
    control_plane
        .delete(Collection::Variables, &uuid)
        .expect("it is deleted");
    age(control_plane);
}

fn rewrite(change: impl Fn(&mut Json) + Send + Sync + 'static) -> FaultKind {
    FaultKind::Rewrite(Arc::new(change))
}

fn rule(sequence: u32, action: &str) -> String {
    format!("  rules {{\n    sequence = {sequence}\n    action = \"{action}\"\n  }}\n")
}

fn set(rules: &str) -> String {
    format!("resource \"durantic_route_policy_set\" \"it\" {{\n  name = \"it\"\n{rules}}}\n")
}

/// A refresh that finds no change rewrites no private state.
#[tokio::test]
async fn refresh_does_not_change_private_state() {
    let (control_plane, workspace) = applied(include_str!("../../data/everything.tf")).await;
    age(&control_plane);
    let refresh = ["apply", "-refresh-only", "-auto-approve"];
    // The machines joined the network after it was created.
    workspace.run(&refresh).await.succeeds();
    let private = || {
        let state = workspace.state_file();
        let lines = state.lines().filter(|line| line.contains("\"private\""));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let before = private();
    assert!(!before.is_empty(), "the state has private state");
    for _ in 0..2 {
        workspace.run(&refresh).await.succeeds();
        workspace.apply().await;
        assert_eq!(private(), before);
    }
}

#[tokio::test]
async fn refresh_only_after_an_import_has_no_changes() {
    let control_plane = control_plane().await;
    let mut imports = String::new();
    for name in ["a", "b", "c"] {
        let fields = json!({"name": name, "value": "v"});
        let created = control_plane
            .create(Collection::Variables, fields.as_object().expect("fields").clone())
            .expect("created");
        imports.push_str("import {\n");
        imports.push_str(&["  to = durantic_variable.", name, "\n  id = "].concat());
        imports.push_str(&created["uuid"].to_string());
        imports.push_str("\n}\n");
    }
    let workspace = workspace(&control_plane, &(imports + &variables(&["a", "b", "c"])));
    workspace.apply().await;
    let run = workspace
        .run(&["plan", "-refresh-only", "-detailed-exitcode"])
        .await;
    assert_eq!(run.status, Some(0), "{}", run.printed());
}

/// A plan that deletes a rule is applied with the token of another account.
#[tokio::test]
async fn rule_is_not_deleted_by_the_token_of_another_account() {
    let set = |rules: &str| {
        format!("resource \"durantic_route_policy_set\" \"it\" {{\n  name = \"it\"\n{rules}}}\n")
    };
    let (control_plane, workspace) = applied(&set(&(rule(10, "accept") + &rule(20, "reject")))).await;
    age(&control_plane);
    control_plane
        .add_account(OTHER_TOKEN, Seed::empty())
        .expect("an account");
    workspace.configure(&set(&rule(20, "reject")));
    workspace.plan().await;
    let workspace = workspace.with("DURANTIC_API_TOKEN", OTHER_TOKEN);
    let run = workspace.run(&["apply", "tfplan"]).await;
    run.fails();
    let state = workspace.state("durantic_route_policy_set.it");
    assert_eq!(state["rules"].as_array().map(Vec::len), Some(2), "{state}");
}

/// The same with a rule's delete that meets a page of a web server.
#[tokio::test]
async fn page_is_not_the_absence_of_a_rule() {
    let set = |rules: &str| {
        format!("resource \"durantic_route_policy_set\" \"it\" {{\n  name = \"it\"\n{rules}}}\n")
    };
    let (control_plane, workspace) = applied(&set(&(rule(10, "accept") + &rule(20, "reject")))).await;
    control_plane.fault(Fault::html("controlplane_api_delete_route_policy_rule", 404).times(1));
    workspace.configure(&set(&rule(20, "reject")));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    let state = workspace.state("durantic_route_policy_set.it");
    assert_eq!(state["rules"].as_array().map(Vec::len), Some(2), "{state}");
    workspace.apply().await;
    workspace.plans_empty().await;
}

#[tokio::test]
async fn spellings_of_the_endpoint_are_one_place() {
    let control_plane = quick().prefix("durantic").start().await.expect("it starts");
    let workspace = workspace(&control_plane, &variables(&["a"]));
    workspace.apply().await;
    delete(&control_plane, "a");
    let endpoint = control_plane.endpoint().to_owned();
    let mut workspace = workspace;
    for spelling in [
        format!("{endpoint}/"),
        endpoint.replace("http://", "HTTP://"),
        endpoint.replace("/durantic", "/x/../durantic"),
    ] {
        workspace = workspace.with("DURANTIC_ENDPOINT", &spelling);
        let run = workspace.run(&["plan", "-out=tfplan"]).await;
        assert_eq!(run.status, Some(0), "{spelling}: {}", run.printed());
    }
}

#[tokio::test]
async fn destroy_of_fifty_gone_objects_is_fast() {
    let names: Vec<String> = (0..50).map(|number| format!("v{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for arguments in [
        &["destroy", "-auto-approve"][..],
        &["destroy", "-auto-approve", "-refresh=false"],
        &["destroy", "-auto-approve", "-parallelism=1"],
    ] {
        let (control_plane, workspace) = applied(&variables(&names)).await;
        for name in &names {
            let uuid = uuid_of(&control_plane, Collection::Variables, name);
            control_plane
                .delete(Collection::Variables, &uuid)
                .expect("deleted");
        }
        age(&control_plane);
        let started = Instant::now();
        workspace.run(arguments).await.succeeds();
        assert!(started.elapsed() < Duration::from_secs(15));
    }
}

/// The token of one of two accounts is rotated, and the other one's object is looked up with it by mistake.
#[tokio::test]
async fn rotated_token_of_another_account_is_no_evidence() {
    let control_plane = control_plane().await;
    let other = control_plane
        .add_account(OTHER_TOKEN, Seed::empty())
        .expect("an account");
    let provider = |alias: &str, token: &str| {
        let alias = if alias.is_empty() {
            String::new()
        } else {
            format!("  alias = \"{alias}\"\n")
        };
        format!("provider \"durantic\" {{\n{alias}  api_token = \"{token}\"\n}}\n")
    };
    let b = variables(&["b"]).replace("  name", "  provider = durantic.other\n  name");
    let workspace = workspace(
        &control_plane,
        &(provider("", control_plane.token()) + &provider("other", OTHER_TOKEN) + &variables(&["a"]) + &b),
    );
    workspace.apply().await;
    age(&control_plane);
    assert_eq!(other.objects(Collection::Variables).len(), 1);
    // Both aliases are one provider now, with the token of the other account: the object of the first is not gone.
    workspace.configure(&(provider("", OTHER_TOKEN) + &variables(&["a", "b"])));
    workspace.run(&["plan"]).await.fails();
}

#[tokio::test]
async fn tainted_object_that_is_gone_is_destroyed() {
    for arguments in [
        &["destroy", "-auto-approve"][..],
        &["destroy", "-auto-approve", "-refresh=false"],
    ] {
        let (control_plane, workspace) = applied(&variables(&["a"])).await;
        workspace.run(&["taint", "durantic_variable.a"]).await.succeeds();
        delete(&control_plane, "a");
        workspace.run(arguments).await.succeeds();
    }
}

#[tokio::test]
async fn moved_and_imported_objects_keep_their_place() {
    let (control_plane, workspace) = applied(&variables(&["a"])).await;
    let moved = variables(&["a"]).replace("\"a\" {", "\"z\" {")
        + "moved {\n  from = durantic_variable.a\n  to = durantic_variable.z\n}\n";
    workspace.configure(&moved);
    workspace.apply().await;
    let uuid = uuid_of(&control_plane, Collection::Variables, "a");
    workspace
        .run(&["state", "rm", "durantic_variable.z"])
        .await
        .succeeds();
    workspace
        .run(&["import", "durantic_variable.z", &uuid])
        .await
        .succeeds();
    workspace.plans_empty().await;
    delete(&control_plane, "a");
    assert_eq!(workspace.plan().await.changes(), ["durantic_variable.z: create"]);
}

#[tokio::test]
async fn tainted_object_and_the_token_of_another_account() {
    let (control_plane, workspace) = applied(&variables(&["a", "b"])).await;
    age(&control_plane);
    control_plane
        .add_account(OTHER_TOKEN, Seed::empty())
        .expect("an account");
    workspace.run(&["taint", "durantic_variable.a"]).await.succeeds();
    let mut workspace = workspace.with("DURANTIC_API_TOKEN", OTHER_TOKEN);
    for arguments in [
        &["apply", "-auto-approve", "-refresh=false"][..],
        &["destroy", "-auto-approve", "-refresh=false"],
        &["destroy", "-auto-approve"],
        &["apply", "-auto-approve", "-refresh=false"],
    ] {
        workspace.run(arguments).await.fails();
        assert_eq!(workspace.instances().len(), 2, "{arguments:?}");
        assert_eq!(control_plane.objects(Collection::Variables).len(), 2);
    }
    workspace = workspace.with("DURANTIC_API_TOKEN", control_plane.token());
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.objects(Collection::Variables).len(), 2);
}

/// A replacement with `create_before_destroy` whose deposed object cannot be deleted with the token of another account.
#[tokio::test]
async fn deposed_object_and_the_token_of_another_account() {
    let with = |name: &str| {
        format!(
            "resource \"durantic_machine_role\" \"it\" {{\n  name = \"{name}\"\n  lifecycle {{\n    create_before_destroy = true\n    replace_triggered_by = [terraform_data.it]\n  }}\n}}\nresource \"terraform_data\" \"it\" {{\n  input = \"{name}\"\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&with("one")).await;
    age(&control_plane);
    let before = control_plane.objects(Collection::MachineRoles).len();
    control_plane.fault(Fault::status("controlplane_api_delete_machine_role", 409).times(1));
    workspace.configure(&with("two"));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(
        workspace.instances().len(),
        3,
        "the role, the deposed one and the trigger"
    );
    control_plane
        .add_account(OTHER_TOKEN, Seed::empty())
        .expect("an account");
    let workspace = workspace.with("DURANTIC_API_TOKEN", OTHER_TOKEN);
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    workspace
        .run(&["apply", "-auto-approve", "-refresh=false"])
        .await
        .fails();
    assert_eq!(workspace.instances().len(), 3);
    let workspace = workspace.with("DURANTIC_API_TOKEN", control_plane.token());
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.objects(Collection::MachineRoles).len(), before);
}

/// Not of secrets and credentials: their values cannot be compared.
#[tokio::test]
async fn lost_create_of_each_kind_is_found() {
    let kinds = [
        (
            "mesh_network",
            "mesh_network",
            "  network_cidr = \"10.42.0.0/24\"\n",
            Collection::MeshNetworks,
        ),
        (
            "vip",
            "vip",
            "  address = \"192.0.2.1\"\n  machine_uuids = [\"00000000-0000-4000-8000-000000000001\"]\n",
            Collection::Vips,
        ),
        (
            "route",
            "route",
            "  prefixes = [\"192.0.2.0/24\"]\n",
            Collection::Routes,
        ),
        (
            "secrets_backend",
            "secrets_backend",
            "  backend_type = \"vault\"\n  url = \"https://vault.example.com\"\n  config = { a = \"1\" }\n",
            Collection::SecretsBackends,
        ),
        ("machine_role", "machine_role", "", Collection::MachineRoles),
        (
            "route_policy_set",
            "route_policy_set",
            "  rules {\n    sequence = 10\n    action = \"reject\"\n  }\n",
            Collection::RoutePolicySets,
        ),
    ];
    let mut failed = Vec::new();
    for (operation, kind, arguments, collection) in kinds {
        for fault in [FaultKind::ResetAfter, FaultKind::Garbage] {
            let control_plane = control_plane().await;
            let text = format!("{fault:?}");
            let lost = matches!(fault, FaultKind::ResetAfter);
            control_plane.fault(Fault::new(format!("controlplane_api_create_{operation}"), fault).times(1));
            let workspace = workspace(
                &control_plane,
                &format!("resource \"durantic_{kind}\" \"it\" {{\n  name = \"it\"\n{arguments}}}\n"),
            );
            let run = workspace.run(&["apply", "-auto-approve"]).await;
            if lost && run.status != Some(0) {
                failed.push(format!("{kind} {text}: {}", run.printed()));
                continue;
            }
            let count = control_plane
                .objects(collection)
                .iter()
                .filter(|object| object["name"] == "it")
                .count();
            if count != 1 {
                failed.push(format!("{kind} {text}: {count} objects"));
                continue;
            }
            if lost {
                workspace.plans_empty().await;
            } else {
                workspace.apply().await;
                workspace.plans_empty().await;
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// The object exists, but reads and lists do not show it yet, and the response to its create is lost.
#[tokio::test]
async fn lost_create_that_reads_do_not_show_yet_is_not_lost() {
    let control_plane = control_plane().await;
    control_plane.set_replication_time(Duration::from_secs(4));
    control_plane.fault(Fault::new(CREATE, FaultKind::ResetAfter).times(1));
    let workspace = workspace(&control_plane, &variables(&["a"]));
    let run = workspace.run(&["apply", "-auto-approve"]).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let output = if run.status == Some(0) {
        run.printed()
    } else {
        workspace.run(&["plan"]).await.printed()
    };
    assert!(
        run.status == Some(0) || output.contains("terraform import"),
        "{output}"
    );
}

#[tokio::test]
async fn override_of_a_set_is_compared_by_meaning() {
    let control_plane = control_plane().await;
    control_plane.fault(Fault::new(
        "controlplane_api_create_route_policy_set",
        rewrite(|set| set["local_pref"] = json!(50)),
    ));
    control_plane.fault(Fault::new(
        GET_SET,
        rewrite(|set| set["local_pref"] = json!(50.0)),
    ));
    let workspace = workspace(&control_plane, &set("  local_pref = 100\n"));
    workspace.apply().await;
    workspace.plans_empty().await;
}

/// The same for an argument of the set itself.
#[tokio::test]
async fn override_of_a_set_ends_with_its_argument() {
    let control_plane = control_plane().await;
    for operation in [
        "controlplane_api_create_route_policy_set",
        "controlplane_api_update_route_policy_set",
        GET_SET,
    ] {
        control_plane.fault(Fault::new(
            operation,
            rewrite(|set| set["local_pref"] = json!(50)),
        ));
    }
    let workspace = workspace(&control_plane, &set("  local_pref = 100\n"));
    let run = workspace.apply().await;
    assert_eq!(warnings(&run), 1, "{}", run.printed());
    workspace.plans_empty().await;
    workspace.configure(&set(""));
    let run = workspace.apply().await;
    assert_eq!(warnings(&run), 0, "{}", run.printed());
    assert_eq!(
        workspace.plan().await.changes(),
        ["durantic_route_policy_set.it: update"],
        "the difference is shown"
    );
}

/// Another client changes a rule between the plan and an apply that changes another argument of the same rule.
#[tokio::test]
async fn override_is_not_a_change_of_a_rule_outside_terraform() {
    let with = |description: &str| {
        set(&format!(
            "  rules {{\n    sequence = 10\n    action = \"reject\"\n    description = \"{description}\"\n  }}\n"
        ))
    };
    let (control_plane, workspace) = applied(&with("before")).await;
    workspace.configure(&with("after"));
    workspace.plan().await;
    let uuid = uuid_of(&control_plane, Collection::RoutePolicySets, "it");
    control_plane
        .update(Collection::RoutePolicySets, &uuid, |object| {
            object["rules"][0]["action"] = json!("accept");
        })
        .expect("changed");
    let run = workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(warnings(&run), 0, "{}", run.printed());
    assert_eq!(
        workspace.plan().await.changes(),
        ["durantic_route_policy_set.it: update"]
    );
}

/// The response to an update is null, and the one to a rule, too.
#[tokio::test]
async fn empty_responses_are_no_override() {
    for operation in [UPDATE_RULE, "controlplane_api_update_route_policy_set"] {
        let with = |d: &str| {
            set(&format!(
                "  description = \"{d}\"\n  rules {{\n    sequence = 10\n    action = \"reject\"\n    description = \"{d}\"\n  }}\n"
            ))
        };
        let (control_plane, workspace) = applied(&with("before")).await;
        control_plane.fault(Fault::new(operation, rewrite(|body| *body = Json::Null)));
        workspace.configure(&with("after"));
        let run = workspace.apply().await;
        assert_eq!(warnings(&run), 0, "{}", run.printed());
        workspace.plans_empty().await;
    }
}

/// The override of a computed argument ends when another client changes it, and the change is shown.
#[tokio::test]
async fn override_of_a_rule_ends_with_another_value() {
    let control_plane = control_plane().await;
    control_plane.fault(Fault::new(CREATE_RULE, rewrite(|rule| rule["set_med"] = json!(50))).times(1));
    control_plane.fault(Fault::new(
        GET_SET,
        rewrite(|set| set["rules"][0]["set_med"] = json!(50)),
    ));
    let workspace = workspace(
        &control_plane,
        &set("  rules {\n    sequence = 10\n    set_med = 100\n  }\n"),
    );
    workspace.apply().await;
    workspace.plans_empty().await;
    control_plane.clear_faults();
    control_plane.fault(Fault::new(
        GET_SET,
        rewrite(|set| set["rules"][0]["set_med"] = json!(51)),
    ));
    assert_eq!(
        workspace.plan().await.changes(),
        ["durantic_route_policy_set.it: update"]
    );
}

/// The values of a rule in a new policy set whose create was lost, and whose rules another client changed meanwhile.
#[tokio::test]
async fn override_of_an_element_of_a_rule_is_reported_once() {
    let control_plane = control_plane().await;
    for operation in [CREATE_RULE, UPDATE_RULE] {
        control_plane.fault(Fault::new(
            operation,
            rewrite(|rule| rule["set_communities"] = json!(["65000:1"])),
        ));
    }
    control_plane.fault(Fault::new(
        GET_SET,
        rewrite(|set| {
            for rule in set["rules"].as_array_mut().into_iter().flatten() {
                rule["set_communities"] = json!(["65000:1"]);
            }
        }),
    ));
    let with = |d: &str| {
        set(&format!(
            "  rules {{\n    sequence = 10\n    description = \"{d}\"\n    set_communities = [\"65000:1\", \"65000:2\"]\n  }}\n"
        ))
    };
    let workspace = workspace(&control_plane, &with("before"));
    assert_eq!(warnings(&workspace.apply().await), 1);
    workspace.plans_empty().await;
    workspace.configure(&with("after"));
    assert_eq!(warnings(&workspace.apply().await), 0);
    workspace.plans_empty().await;
}
#[tokio::test]
async fn configuration_of_a_backend_is_kept_with_a_null_element() {
    let with = |config: &str| {
        format!(
            "resource \"durantic_secrets_backend\" \"it\" {{\n  name = \"it\"\n  backend_type = \"vault\"\n  url = \"https://vault.example.com\"\n  {config}\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&with("config = { role_id = \"r\", mount_path = \"m\" }")).await;
    for config in ["config = null", "", "config = null\n  enabled = false"] {
        workspace.configure(&with(config));
        workspace.apply().await;
        workspace.plans_empty().await;
        let backend = control_plane.find(Collection::SecretsBackends, "it").expect("it");
        assert_eq!(
            backend["config"],
            json!({"role_id": "r", "mount_path": "m"}),
            "{config}"
        );
    }
    workspace.configure(&with("config = {}"));
    workspace.apply().await;
    workspace.plans_empty().await;
    let backend = control_plane.find(Collection::SecretsBackends, "it").expect("it");
    assert_eq!(backend["config"], json!({}));
}

/// The refusal to list the objects after a taken name.
#[tokio::test]
async fn reason_of_a_gateway_is_in_the_diagnostic() {
    let (control_plane, workspace) = applied(&variables(&["a"])).await;
    let response = FaultResponse {
        body: json!({"message": "blocked by policy 7"}).to_string().into_bytes(),
        ..FaultResponse::json(404)
    };
    control_plane.fault(Fault::new(GET, FaultKind::Respond(response)));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("policy 7"), "{output}");
}

#[tokio::test]
async fn redirect_to_another_prefix_is_not_absence() {
    let control_plane = quick().prefix("durantic").start().await.expect("it starts");
    control_plane.answer_elsewhere(FaultResponse::json(404));
    let workspace = workspace(&control_plane, &variables(&["a", "b"])).with("DURANTIC_READ_BY", "object");
    workspace.apply().await;
    age(&control_plane);
    control_plane.fault(Fault::redirect(GET, 302, "/elsewhere/objects/1"));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("not the control plane's own"), "{output}");
}

/// A machine whose read is redirected once is not installed again.
#[tokio::test]
async fn redirected_read_reinstalls_nothing() {
    let control_plane = quick().prefix("durantic").start().await.expect("it starts");
    control_plane.answer_elsewhere(FaultResponse::json(404));
    let workspace = workspace(
        &control_plane,
        &format!(
            "resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{}\"\n  role_names = []\n}}\n",
            machine(1)
        ),
    );
    workspace.apply().await;
    age(&control_plane);
    control_plane.fault(Fault::redirect("provisioning_api_get_machine", 302, "/maintenance").times(1));
    let run = workspace.run(&["apply", "-auto-approve"]).await;
    println!("{}", run.printed());
    assert_eq!(super::runs(&control_plane), 1, "nothing is installed");
}

#[tokio::test]
async fn declared_path_after_a_lost_document_is_not_absence() {
    let control_plane = quick().dialect(Dialect::Other).start().await.expect("it starts");
    control_plane.answer_elsewhere(FaultResponse::json(404));
    let workspace = workspace(&control_plane, &variables(&["a", "b"]));
    workspace.apply().await;
    age(&control_plane);
    for fault in [
        Fault::html("openapi", 503),
        Fault::html("openapi", 404),
        Fault::html("openapi", 200),
    ] {
        control_plane.clear_faults();
        control_plane.fault(fault);
        let run = workspace.run(&["plan"]).await;
        println!("{}", run.printed());
        run.fails();
    }
    control_plane.clear_faults();
    workspace.plans_empty().await;
}

/// A token without the path of the document: the declared paths are of another version.
#[tokio::test]
async fn lost_document_reinstalls_nothing() {
    let control_plane = quick().dialect(Dialect::Other).start().await.expect("it starts");
    control_plane.answer_elsewhere(FaultResponse::json(404));
    let workspace = workspace(
        &control_plane,
        &format!(
            "resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{}\"\n  role_names = []\n}}\n",
            machine(1)
        ),
    );
    workspace.apply().await;
    age(&control_plane);
    control_plane.fault(Fault::html("openapi", 403).times(1));
    workspace.run(&["apply", "-auto-approve"]).await;
    workspace.run(&["apply", "-auto-approve"]).await;
    assert_eq!(super::runs(&control_plane), 1, "nothing is installed");
}

#[tokio::test]
async fn problem_json_of_a_gateway_is_not_absence() {
    let (control_plane, workspace) = applied(&variables(&["a", "b"])).await;
    let workspace = workspace.with("DURANTIC_READ_BY", "object");
    age(&control_plane);
    let body =
        json!({"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no route matched"});
    let response = FaultResponse {
        headers: vec![("content-type".to_owned(), "application/problem+json".to_owned())],
        body: body.to_string().into_bytes(),
        ..FaultResponse::json(404)
    };
    control_plane.fault(Fault::new(GET, FaultKind::Respond(response)));
    workspace.run(&["plan"]).await.fails();
}

/// Another client creates a rule with the same sequence and another action; then the response to the own create is lost.
#[tokio::test]
async fn rule_of_another_client_is_not_adopted() {
    let (control_plane, workspace) = applied(&set(&rule(10, "accept"))).await;
    workspace.configure(&set(&(rule(10, "accept") + &rule(20, "reject"))));
    workspace.plan().await;
    let uuid = uuid_of(&control_plane, Collection::RoutePolicySets, "it");
    let theirs = json!({"uuid": "99999999-0000-4000-8000-000000000001", "sequence": 20, "action": "accept",
        "enabled": true, "description": "theirs", "match_type": "any", "match_prefixes": [],
        "match_prefix_len_min": null, "match_prefix_len_max": null, "match_communities": [],
        "match_as_path_regex": "", "set_local_pref": null, "set_med": null, "set_communities": [],
        "add_communities": [], "remove_communities": [], "prepend_as_count": 0});
    control_plane
        .update(Collection::RoutePolicySets, &uuid, |object| {
            if let Some(rules) = object["rules"].as_array_mut() {
                rules.push(theirs.clone());
            }
        })
        .expect("changed");
    control_plane.fault(Fault::html(CREATE_RULE, 502).times(1));
    let run = workspace.run(&["apply", "tfplan"]).await;
    println!("{}", run.printed());
    control_plane.clear_faults();
    if run.status == Some(0) {
        let changes = workspace.plan().await.changes();
        assert_eq!(
            changes,
            ["durantic_route_policy_set.it: update"],
            "the difference is shown"
        );
    }
}

/// Two resources with one name and equal values: the create of the first is lost and not processed, that of the second is slow.
#[tokio::test]
async fn object_of_another_resource_of_the_process_is_not_adopted() {
    let control_plane = control_plane().await;
    control_plane.fault(Fault::html(CREATE, 502).times(1));
    control_plane.fault(Fault::new(CREATE, FaultKind::Delay(Duration::from_secs(3))).times(1));
    let two = variables(&["a"]) + &variables(&["a"]).replace("\"a\" {", "\"b\" {");
    let workspace = workspace(&control_plane, &two);
    let run = workspace.run(&["apply", "-auto-approve"]).await;
    println!("{}", run.printed());
    let uuids: Vec<Json> = workspace
        .instances()
        .into_iter()
        .map(|(_, state)| state["uuid"].clone())
        .collect();
    println!("{uuids:?}");
    run.fails();
}

/// A secret with the name, whose value cannot be compared, is created by another client after the own create is lost.
#[tokio::test]
async fn secret_of_another_client_is_not_adopted() {
    let control_plane = control_plane().await;
    control_plane.fault(Fault::html("controlplane_api_create_account_secret", 502).times(1));
    let workspace = workspace(
        &control_plane,
        "resource \"durantic_secret\" \"it\" {\n  name = \"it\"\n  value = \"ours\"\n}\n",
    );
    let apply = workspace.run(&["apply", "-auto-approve"]);
    let theirs = async {
        control_plane
            .log()
            .wait_for("controlplane_api_create_account_secret", 1)
            .await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let fields = json!({"name": "it", "value": "theirs", "description": ""});
        control_plane.create(Collection::Secrets, fields.as_object().expect("fields").clone())
    };
    let (run, theirs) = tokio::join!(apply, theirs);
    println!("{:?} {}", theirs.is_ok(), run.printed());
    if theirs.is_ok() {
        run.fails();
        let changes = control_plane
            .log()
            .count("controlplane_api_update_account_secret");
        assert_eq!(changes, 0, "their secret keeps its value");
    }
}

/// The control plane answers each change of a rule with another MED, and spells the number otherwise when it is read.
#[tokio::test]
async fn override_of_a_rule_is_compared_by_meaning() {
    let control_plane = control_plane().await;
    for operation in [CREATE_RULE, UPDATE_RULE] {
        control_plane.fault(Fault::new(
            operation,
            rewrite(|rule| {
                rule["set_med"] = json!(50);
                rule["match_prefixes"] = json!(["10.0.0.0/8"]);
            }),
        ));
    }
    control_plane.fault(Fault::new(
        GET_SET,
        rewrite(|set| {
            for rule in set["rules"].as_array_mut().into_iter().flatten() {
                rule["set_med"] = json!(50.0);
                rule["match_prefixes"] = json!(["10.0.0.0/8"]);
            }
        }),
    ));
    let rule = "  rules {\n    sequence = 10\n    action = \"accept\"\n    set_med = 100\n    match_type = \"prefix_list\"\n    match_prefixes = [\"10.1.0.0/16\"]\n  }\n";
    let workspace = workspace(&control_plane, &set(rule));
    workspace.apply().await;
    workspace.plans_empty().await;
}

/// An overridden argument of a rule leaves the configuration; the control plane keeps its own value.
#[tokio::test]
async fn override_of_a_rule_ends_with_its_argument() {
    let control_plane = control_plane().await;
    for operation in [CREATE_RULE, UPDATE_RULE] {
        control_plane.fault(Fault::new(operation, rewrite(|rule| rule["set_med"] = json!(50))));
    }
    control_plane.fault(Fault::new(
        GET_SET,
        rewrite(|set| {
            for rule in set["rules"].as_array_mut().into_iter().flatten() {
                rule["set_med"] = json!(50);
            }
        }),
    ));
    let with = |med: &str| {
        set(&format!(
            "  rules {{\n    sequence = 10\n    action = \"accept\"\n{med}  }}\n"
        ))
    };
    let workspace = workspace(&control_plane, &with("    set_med = 100\n"));
    let run = workspace.apply().await;
    assert_eq!(warnings(&run), 1, "{}", run.printed());
    workspace.plans_empty().await;
    workspace.configure(&with(""));
    let run = workspace.apply().await;
    assert_eq!(
        warnings(&run),
        0,
        "there is no configured value: {}",
        run.printed()
    );
    assert_eq!(
        workspace.plan().await.changes(),
        ["durantic_route_policy_set.it: update"],
        "the difference is shown"
    );
}

/// A refused rule.
#[tokio::test]
async fn reason_of_a_rule_is_in_the_diagnostic() {
    let control_plane = control_plane().await;
    control_plane.fault(Fault::detail(CREATE_RULE, 500, "rules are locked until Monday").times(1));
    control_plane.fault(Fault::html(GET_SET, 403));
    let workspace = workspace(&control_plane, &set(&rule(10, "accept")));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("until Monday"), "{output}");
}
