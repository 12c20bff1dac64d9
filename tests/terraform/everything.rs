//! All resources and data sources in one configuration, with every dialect of the control plane.

use std::collections::BTreeSet;

use harness::control_plane::{Collection, Dialect};
use provider::durantic::DEFINITION;
use schema::Import;
use serde_json::json;

use super::{machine, quick, workspace};

/// The configuration. A comment after a value has the value of the second apply.
pub(super) const EVERYTHING: &str = include_str!("../data/everything.tf");

/// The configuration of the second apply.
pub(super) fn changed() -> String {
    let lines = EVERYTHING.lines().map(|line| {
        let marked = line
            .split_once(" # ")
            .and_then(|(code, other)| Some((code.split_once('=')?, other)));
        match marked {
            Some(((name, _), other)) => format!("{name}= {other}\n"),
            None => format!("{line}\n"),
        }
    });
    lines.collect()
}

/// Import blocks for every resource in this state.
fn imports(instances: &[(String, serde_json::Value)]) -> String {
    let bindings = DEFINITION.resources.iter().map(|binding| binding.schema);
    let blocks = bindings.map(|schema| {
        let address = format!("durantic_{}.it", schema.name);
        let Import::By(pattern) = &schema.import else {
            panic!("{address} can be imported");
        };
        let found = instances.iter().find(|(present, _)| *present == address);
        let (_, attributes) = found.unwrap_or_else(|| panic!("{address} is in state"));
        let id = &attributes[pattern.trim_matches(['{', '}'])];
        format!("import {{\n  to = {address}\n  id = {id}\n}}\n")
    });
    blocks.collect()
}

async fn check_lifecycle(dialect: Dialect) {
    let control_plane = quick()
        .dialect(dialect)
        .start()
        .await
        .expect("the control plane starts");
    let workspace = workspace(&control_plane, EVERYTHING);
    workspace.apply().await;
    assert_eq!(
        workspace.outputs().await,
        json!({ "found": ["node-1", "node-2"], "images": 4, "machines": ["node-1", "node-2", "node-3"] })
    );
    workspace.plans_empty().await;

    workspace.configure(&changed());
    let expected: BTreeSet<String> = DEFINITION
        .resources
        .iter()
        .map(|binding| match binding.schema.name.as_ref() {
            name @ "machine_deployment" => format!("durantic_{name}.it: delete,create"),
            name => format!("durantic_{name}.it: update"),
        })
        .collect();
    let changes: BTreeSet<String> = workspace.plan().await.changes().into_iter().collect();
    assert_eq!(changes, expected);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(control_plane.runs().len(), 2);
    workspace.plans_empty().await;

    let instances = workspace.instances();
    std::fs::remove_file(workspace.path().join("terraform.tfstate")).expect("the state is lost");
    workspace.write("imports.tf", &imports(&instances));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 2, "an import installs nothing");
    workspace.plans_empty().await;
    for (address, attributes) in workspace.instances() {
        let before = instances.iter().find(|(present, _)| *present == address);
        let (_, before) = before.unwrap_or_else(|| panic!("{address} was there before"));
        assert_eq!(attributes["uuid"], before["uuid"], "{address}");
    }

    for number in [1, 2] {
        let released = control_plane.update(Collection::Machines, &machine(number), |machine| {
            machine.insert("role_names".to_owned(), json!([]));
        });
        released.expect("the machine is released");
    }
    std::fs::remove_file(workspace.path().join("imports.tf")).expect("the imports are done");
    workspace.destroy().await;
    for collection in [
        Collection::MeshNetworks,
        Collection::Vips,
        Collection::Routes,
        Collection::RoutePolicySets,
    ] {
        assert_eq!(control_plane.objects(collection), [], "{collection:?}");
    }
    for collection in [
        Collection::Secrets,
        Collection::SecretsBackends,
        Collection::Variables,
    ] {
        assert_eq!(control_plane.objects(collection), [], "{collection:?}");
    }
    assert_eq!(
        control_plane.objects(Collection::MachineRoles).len(),
        1,
        "only the official role is left"
    );
    assert_eq!(
        control_plane.objects(Collection::RegistryCredentials).len(),
        1,
        "only the seeded credential is left"
    );
    assert_eq!(control_plane.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn lifecycle_with_the_default_dialect() {
    check_lifecycle(Dialect::Default).await;
}

#[tokio::test]
async fn lifecycle_with_the_paths_of_the_published_document() {
    check_lifecycle(Dialect::Other).await;
}

#[tokio::test]
async fn lifecycle_with_old_field_names_and_no_document() {
    check_lifecycle(Dialect::Old).await;
}

#[test]
fn configuration_has_every_resource_and_data_source() {
    let bindings = |kind, bindings: &'static [engine::Binding]| {
        let names = bindings.iter().map(|binding| &binding.schema.name);
        names
            .map(move |name| format!("{kind} \"durantic_{name}\""))
            .collect::<Vec<_>>()
    };
    let mut all = bindings("resource", DEFINITION.resources);
    all.extend(bindings("data", DEFINITION.data_sources));
    assert_eq!(all.len(), 21);
    for block in all {
        assert!(EVERYTHING.contains(&block), "{block} is missing");
    }
}
