//! The data sources of objects that another configuration manages: `data.durantic_machine_role`, `durantic_mesh_network`,
//! `durantic_registry_credential`, `durantic_secret`, `durantic_variable` and `durantic_vip`.

use acceptance::resources::fields;
use harness::control_plane::{Collection, Fault, FaultKind, FaultResponse};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};

use super::{applied, assert_not_stored, control_plane, machine, workspace};

/// Each type with the collection of its objects, and the arguments that an object needs beside its name.
fn types() -> [(&'static str, Collection, Json); 6] {
    [
        ("machine_role", Collection::MachineRoles, json!({})),
        (
            "mesh_network",
            Collection::MeshNetworks,
            json!({ "network_cidr": "10.9.0.0/24" }),
        ),
        (
            "registry_credential",
            Collection::RegistryCredentials,
            json!({ "registry_url": "ghcr.io", "username": "robot", "password": "concealed" }),
        ),
        ("secret", Collection::Secrets, json!({ "value": "concealed" })),
        ("variable", Collection::Variables, json!({ "value": "shown" })),
        (
            "vip",
            Collection::Vips,
            json!({ "address": "10.9.1.1", "machine_uuids": [machine(1)] }),
        ),
    ]
}

/// One resource of each type.
fn resources() -> String {
    let blocks = types().map(|(name, _, arguments)| {
        let arguments = fields(&arguments).map(|(name, value)| format!("  {name} = {value}\n"));
        let arguments: Vec<String> = arguments.collect();
        format!(
            "resource \"durantic_{name}\" \"it\" {{\n  name = \"shared-1\"\n{}}}\n",
            arguments.concat()
        )
    });
    blocks.concat()
}

/// A data source of each type, with one argument.
fn data_sources(label: &str, argument: impl Fn(&str) -> String) -> String {
    let blocks = types().map(|(name, ..)| {
        let argument = argument(name);
        format!("data \"durantic_{name}\" \"{label}\" {{\n  {argument}\n}}\n")
    });
    blocks.concat()
}

#[tokio::test]
async fn objects_of_another_configuration_are_found_by_name_and_by_uuid() {
    let (control_plane, owner) = applied(&resources()).await;
    let by_name = data_sources("name", |_| "name = \"shared-1\"".to_owned());
    let by_uuid = data_sources("uuid", |name| {
        format!("uuid = {}", owner.state(&format!("durantic_{name}.it"))["uuid"])
    });
    let workspace = workspace(&control_plane, &format!("{by_name}{by_uuid}"));
    workspace.apply().await;
    workspace.plans_empty().await;
    owner
        .run(&["apply", "-refresh-only", "-auto-approve"])
        .await
        .succeeds();
    for (name, _, arguments) in types() {
        let found = workspace.state(&format!("data.durantic_{name}.name"));
        assert_eq!(found, workspace.state(&format!("data.durantic_{name}.uuid")));
        let managed = owner.state(&format!("durantic_{name}.it"));
        for (attribute, value) in fields(&found) {
            assert_eq!(*value, managed[attribute], "{name}.{attribute}");
        }
        let missing: Vec<&String> = fields(&managed)
            .map(|(attribute, _)| attribute)
            .filter(|attribute| found.get(attribute.as_str()).is_none())
            .collect();
        let secret = ["password", "value"]
            .into_iter()
            .find(|secret| arguments[*secret] == "concealed");
        let expected: Vec<String> = secret.map_or_else(Vec::new, |secret| {
            ["", "_wo", "_wo_version"]
                .map(|suffix| format!("{secret}{suffix}"))
                .into()
        });
        assert_eq!(missing, expected.iter().collect::<Vec<_>>(), "{name}");
    }
    workspace.plan().await;
    assert_not_stored(&workspace, "concealed").await;
}

#[tokio::test]
async fn unknown_and_ambiguous_names_are_errors_on_the_argument() {
    let (control_plane, _owner) = applied(&resources()).await;
    let workspace = workspace(&control_plane, "");
    for (name, ..) in types() {
        workspace.configure(&format!(
            "data \"durantic_{name}\" \"it\" {{\n  name = \"shared-2\"\n}}\n"
        ));
        let output = workspace.run(&["plan"]).await.fails();
        let noun = name.replace('_', " ");
        for expected in [
            "on main.tf line 2",
            &format!("no {noun} with name \"shared-2\""),
            "Closest: \"shared-1\"",
        ] {
            assert!(output.contains(expected), "{name}: {output}");
        }
    }
    for binding in DEFINITION.data_sources {
        let schema = binding.schema;
        let Some((name, collection, _)) = types().into_iter().find(|(name, ..)| *name == schema.name) else {
            continue;
        };
        // The control plane has no such objects: it rejects the second.
        let first = control_plane.find(collection, "shared-1").expect("the object");
        let mut second = first.clone();
        second.insert("uuid".to_owned(), json!(machine(9)));
        let response = FaultResponse {
            body: json!([first, second]).to_string().into_bytes(),
            ..FaultResponse::json(200)
        };
        let list = schema.lookups.iter().find(|lookup| lookup.pick.is_some());
        let list = list.expect("a lookup by name").api.to_string();
        control_plane.fault(Fault::new(list, FaultKind::Respond(response)));
        workspace.configure(&format!(
            "data \"durantic_{name}\" \"it\" {{\n  name = \"shared-1\"\n}}\n"
        ));
        let output = workspace.run(&["plan"]).await.fails();
        let first = first["uuid"].as_str().expect("a UUID");
        for expected in [first, &machine(9), "on main.tf line 2", "Look it up by `uuid`"] {
            assert!(output.contains(expected), "{name}: {output}");
        }
    }
}

#[tokio::test]
async fn objects_of_the_same_plan_are_found_in_its_apply() {
    let by_uuid = data_sources("uuid", |name| format!("uuid = durantic_{name}.it.uuid"));
    let by_name = data_sources("name", |name| {
        format!("name = durantic_{name}.it.name\n  depends_on = [durantic_{name}.it]")
    });
    let (_control_plane, workspace) = applied(&format!("{}{by_uuid}{by_name}", resources())).await;
    for (name, ..) in types() {
        let found = workspace.state(&format!("data.durantic_{name}.uuid"));
        assert_eq!(found["name"], "shared-1");
        assert_eq!(found, workspace.state(&format!("data.durantic_{name}.name")));
    }
    workspace.plans_empty().await;
}

#[tokio::test]
async fn lookup_needs_exactly_one_of_uuid_and_name() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, "");
    for (arguments, expected) in [
        ("", "Exactly one of `uuid`, `name` must be set"),
        (
            "name = \"a\"\n  uuid = \"00000000-0000-4000-8000-000000000001\"",
            "Only one of `uuid`, `name` can be set",
        ),
        ("uuid = \"shared-1\"", "must be a UUID"),
    ] {
        workspace.configure(&data_sources("it", |_| arguments.to_owned()));
        let output = workspace.run(&["validate"]).await.fails();
        assert_eq!(
            output.matches(expected).count(),
            types().len(),
            "{arguments}: {output}"
        );
    }
}
