//! `terraform query` of Terraform from version 1.14 on, which `TERRAFORM=/path` names: without it, these tests are skipped.

use std::collections::{BTreeMap, BTreeSet};

use acceptance::resources;
use acceptance::terraform::{Run, Workspace, newer};
use harness::control_plane::{Collection, ControlPlane, Fault, machine_uuid};
use serde_json::{Value as Json, json};

use crate::{changes, quick, workspace};

const WANTED: (u32, u32) = (1, 14);

/// A control plane with objects of every kind.
async fn account(machines: u32) -> ControlPlane {
    let builder = quick().machines(machines).objects(27);
    builder.start().await.expect("the control plane starts")
}

/// A `list` block of each resource.
fn lists() -> String {
    let blocks = resources::all()
        .into_iter()
        .map(|resource| list(resource.name, ""));
    blocks.collect()
}

/// A `list` block with these lines, which has the name of its resource.
fn list(resource: &str, lines: &str) -> String {
    format!("list \"durantic_{resource}\" \"{resource}\" {{\n  provider = durantic\n{lines}}}\n")
}

/// Writes the list blocks, and runs them.
async fn query(workspace: &Workspace, lists: &str, options: &[&str]) -> Run {
    workspace.write("all.tfquery.hcl", lists);
    let arguments: Vec<&str> = ["query"].into_iter().chain(options.iter().copied()).collect();
    workspace.run(&arguments).await
}

/// The results of each resource in the output of `query -json`.
fn results(run: &Run) -> BTreeMap<String, Vec<Json>> {
    let mut results: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for line in run.stdout.lines() {
        let line: Json = serde_json::from_str(line).expect("JSON");
        if line["type"] == "list_resource_found" {
            let found = line["list_resource_found"].clone();
            let name = found["resource_type"].as_str().expect("a type");
            results.entry(name.to_owned()).or_default().push(found);
        }
    }
    results
}

/// The warnings and errors in the output of `query -json`, without that about the provider's development.
fn diagnostics(run: &Run) -> Vec<Json> {
    let lines = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).expect("JSON"));
    let diagnostics = lines.filter(|line| line["type"] == "diagnostic");
    diagnostics
        .map(|mut line| line["diagnostic"].take())
        .filter(|diagnostic| diagnostic["summary"] != "Provider development overrides are in effect")
        .collect()
}

/// The uuids of the objects that a query lists: the official ones are not the account's own.
fn uuids(control_plane: &ControlPlane, collection: Collection) -> BTreeSet<String> {
    let objects = control_plane.objects(collection).into_iter();
    let own = objects.filter(|object| object.get("is_official") != Some(&json!(true)));
    own.map(|object| object["uuid"].as_str().expect("a uuid").to_owned())
        .collect()
}

#[tokio::test]
async fn query_lists_every_resource() {
    let Some(terraform) = newer("query_lists_every_resource", WANTED) else {
        return;
    };
    let control_plane = account(3).await;
    let workspace = workspace(&control_plane, "").with_terraform(&terraform);
    let run = query(&workspace, &lists(), &["-json"]).await.succeeds();
    assert_eq!(diagnostics(&run), Vec::<Json>::new());
    let results = results(&run);
    for resource in resources::all() {
        let listed = &results[&format!("durantic_{}", resource.name)];
        let identity = |found: &Json| {
            let identity = found["identity"].as_object().expect("an identity");
            let uuid = identity.values().next().and_then(Json::as_str);
            uuid.expect("a uuid").to_owned()
        };
        let found: BTreeSet<String> = listed.iter().map(identity).collect();
        assert_eq!(
            found,
            uuids(&control_plane, resource.collection),
            "{}",
            resource.name
        );
    }
    assert_eq!(
        results["durantic_machine_deployment"][0]["display_name"],
        "node-1"
    );
    let shown = query(&workspace, &lists(), &[]).await.succeeds().printed();
    let row = format!(
        "list.durantic_machine_config.machine_config machine_uuid={} node-2",
        machine_uuid(2)
    );
    assert!(shown.contains(&row), "{shown}");
}

/// The import of a whole account: what Terraform writes needs no change.
#[tokio::test]
async fn written_configuration_plans_imports_only() {
    let Some(terraform) = newer("written_configuration_plans_imports_only", WANTED) else {
        return;
    };
    let control_plane = account(3).await;
    let texts = [
        "${path.module} %{ if",
        "one\r\ntwo\n",
        "  e\u{301} ",
        "<<EOT\nEOT",
        "\"\\",
        "7",
        "",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let variable = json!({"name": format!("unusual_{number}"), "value": text, "description": text});
        let variable = variable.as_object().expect("an object").clone();
        let created = control_plane.create(Collection::Variables, variable);
        created.expect("the variable is created");
    }
    let settings = json!({"target_disk": "/dev/sda", "role_names": ["role-2", "role-1"]});
    let changed = control_plane.update(Collection::Machines, &machine_uuid(1), |machine| {
        machine.extend(settings.as_object().expect("an object").clone());
    });
    changed.expect("the machine is changed");

    let workspace = workspace(&control_plane, "").with_terraform(&terraform);
    let option = ["-generate-config-out=generated.tf"];
    // Two resources of one machine are a conflict.
    let lists: String = resources::all()
        .into_iter()
        .filter(|resource| resource.name != "machine_deployment")
        .map(|resource| list(resource.name, ""))
        .collect();
    query(&workspace, &lists, &option).await.succeeds();
    let written = std::fs::read_to_string(workspace.path().join("generated.tf")).expect("the written file");
    assert!(
        !written.contains("created_at") && written.contains("target_disk"),
        "{written}"
    );
    assert!(written.contains("null # sensitive"), "{written}");

    let plan = workspace.plan().await;
    assert_eq!(plan.changes(), Vec::<String>::new());
    let imported = plan.0.to_string().matches("\"importing\"").count();
    let collections: BTreeSet<Collection> = resources::all()
        .iter()
        .map(|resource| resource.collection)
        .collect();
    let count = |collection| uuids(&control_plane, collection).len();
    assert_eq!(imported, collections.into_iter().map(count).sum::<usize>());
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(changes(&control_plane), Vec::<String>::new());
}

/// An import of a deployment installs nothing.
#[tokio::test]
async fn written_deployments_are_imported_without_a_run() {
    let Some(terraform) = newer("written_deployments_are_imported_without_a_run", WANTED) else {
        return;
    };
    let control_plane = account(2).await;
    let workspace = workspace(&control_plane, "").with_terraform(&terraform);
    let deployments = list(
        "machine_deployment",
        "  config {\n    hostname = \"node-*\"\n  }\n",
    );
    let option = ["-generate-config-out=generated.tf"];
    query(&workspace, &deployments, &option).await.succeeds();
    let plan = workspace.plan().await;
    assert_eq!(plan.changes(), Vec::<String>::new());
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(workspace.instances().len(), 2);
    workspace.plans_empty().await;
    assert!(control_plane.runs().is_empty());
}

#[tokio::test]
async fn list_that_is_cut_warns() {
    let Some(terraform) = newer("list_that_is_cut_warns", WANTED) else {
        return;
    };
    let control_plane = account(130).await;
    let workspace = workspace(&control_plane, "").with_terraform(&terraform);
    let cut = list("machine_config", "");
    let run = query(&workspace, &cut, &[]).await.succeeds();
    let shown = run.printed();
    assert_eq!(shown.matches("machine_uuid=").count(), 100);
    let warning =
        "Showing 100 of 130 machine config objects. Set `limit` in the `list` block to at least 130.";
    assert!(
        shown.contains("Warning: The list is cut") && shown.contains(warning),
        "{shown}"
    );

    let whole = list("machine_config", "  limit = 130\n");
    let run = query(&workspace, &whole, &["-json"]).await.succeeds();
    assert_eq!(results(&run)["durantic_machine_config"].len(), 130);
    assert_eq!(diagnostics(&run), Vec::<Json>::new());
}

#[tokio::test]
async fn objects_that_cannot_be_read_are_warnings() {
    let Some(terraform) = newer("objects_that_cannot_be_read_are_warnings", WANTED) else {
        return;
    };
    let control_plane = account(3).await;
    control_plane.fault(Fault::status("provisioning_api_get_machine", 403).times(1));
    let workspace = workspace(&control_plane, "").with_terraform(&terraform);
    let whole = list("machine_config", "  include_resource = true\n");
    let run = query(&workspace, &whole, &["-json"]).await.succeeds();
    assert_eq!(results(&run)["durantic_machine_config"].len(), 2);
    let warned = diagnostics(&run);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert_eq!(warned[0]["summary"], "Objects are missing from the list");
    assert_eq!(warned[0]["severity"], "warning");

    control_plane.fault(Fault::status("controlplane_api_list_machine_roles", 403));
    let roles = list("machine_role", "");
    let failed = query(&workspace, &roles, &[]).await.fails();
    assert!(failed.contains("Error: Failed to list the objects"), "{failed}");
}

#[tokio::test]
async fn invalid_list_blocks_are_refused() {
    let Some(terraform) = newer("invalid_list_blocks_are_refused", WANTED) else {
        return;
    };
    let control_plane = account(1).await;
    let workspace = workspace(&control_plane, "").with_terraform(&terraform);
    let config = |line: &str| format!("  config {{\n    {line}\n  }}\n");
    // The line of the argument: Terraform shows it.
    for (resource, lines, words, line) in [
        (
            "machine_config",
            config("hostname = \"[\""),
            "`hostname` must be a pattern",
            4,
        ),
        (
            "machine_config",
            config("mesh_network_uuid = \"mesh\""),
            "`mesh_network_uuid` must be",
            4,
        ),
        (
            "machine_config",
            config("role_name = \"\""),
            "`role_name` must have at least 1 character",
            4,
        ),
        (
            "variable",
            config("size = 1"),
            "An argument named \"size\" is not expected here",
            4,
        ),
        (
            "variable",
            "  limit = 1.5\n".to_owned(),
            "must be a whole number",
            3,
        ),
        (
            "variable",
            "  limit = -1\n".to_owned(),
            "must be greater than or equal to zero",
            3,
        ),
    ] {
        workspace.write("all.tfquery.hcl", &list(resource, &lines));
        for command in [&["query"][..], &["validate", "-query"]] {
            let failed = workspace.run(command).await.fails();
            let place = format!("all.tfquery.hcl line {line}");
            assert!(
                failed.contains(words) && failed.contains(&place),
                "{words}: {failed}"
            );
        }
    }
    let log = control_plane.log();
    assert_eq!(log.count("provisioning_api_list_machines"), 0);
    assert_eq!(log.count("controlplane_api_list_account_variables"), 0);
}
