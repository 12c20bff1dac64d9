//! The sample objects of the simulated control plane, as Terraform has them: their configuration and their state.

use std::collections::BTreeMap;

use harness::control_plane::{Collection, SAMPLE_COLLECTIONS, machine_uuid, sample_uuid};
use serde_json::{Value as Json, json};

use crate::terraform::Workspace;

const CONFIGURATION: &str = include_str!("../data/samples.tf");

/// The number of machines in the default seed.
const MACHINES: u32 = 3;

/// The name of the resource of a collection of sample objects, without the provider's prefix.
pub fn resource(collection: Collection) -> String {
    let name = collection.name().replace('-', "_");
    name.strip_suffix('s').unwrap_or(&name).to_owned()
}

/// The number of sample objects of each collection, if there are this many in all.
pub fn counts(objects: u32) -> BTreeMap<Collection, u32> {
    let collections = SAMPLE_COLLECTIONS.iter().cycle();
    let mut counts = BTreeMap::new();
    for (collection, _) in collections.zip(0..objects) {
        let count: &mut u32 = counts.entry(*collection).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

/// The configuration of this many sample objects, in a control plane with the machines of the default seed.
pub fn configuration(objects: u32) -> String {
    configuration_with(&counts(objects))
}

/// The configuration of this many sample objects of one collection.
pub fn configuration_of(collection: Collection, count: u32) -> String {
    configuration_with(&BTreeMap::from([(collection, count)]))
}

/// Import blocks for this many sample objects.
pub fn imports(objects: u32) -> String {
    let samples = counts(objects)
        .into_iter()
        .flat_map(|(collection, count)| (1..=count).map(move |number| (collection, number)));
    let blocks = samples.map(|(collection, number)| {
        let address = format!("durantic_{}.sample[{}]", resource(collection), number - 1);
        let uuid = sample_uuid(collection, number);
        format!("import {{\n  to = {address}\n  id = {uuid:?}\n}}\n")
    });
    blocks.collect()
}

fn configuration_with(counts: &BTreeMap<Collection, u32>) -> String {
    let count = SAMPLE_COLLECTIONS.map(|collection| {
        format!(
            "    {} = {}\n",
            resource(collection),
            counts.get(&collection).unwrap_or(&0)
        )
    });
    let machines: Vec<String> = (1..=MACHINES).map(machine_uuid).collect();
    format!(
        "{CONFIGURATION}\nlocals {{\n  machines = {machines:?}\n  count = {{\n{}  }}\n}}\n",
        count.concat()
    )
}

/// Writes a state file with this many sample objects, and reads them.
///
/// This is faster than to create them: while Terraform applies changes, it writes the whole state after each one.
///
/// # Panics
/// If Terraform fails.
pub async fn adopt(workspace: &Workspace, objects: u32) {
    adopt_counts(workspace, counts(objects)).await;
}

/// Does what [`adopt`] does, for this many sample objects of one collection.
///
/// # Panics
/// If Terraform fails.
pub async fn adopt_of(workspace: &Workspace, collection: Collection, count: u32) {
    adopt_counts(workspace, BTreeMap::from([(collection, count)])).await;
}

async fn adopt_counts(workspace: &Workspace, counts: BTreeMap<Collection, u32>) {
    let resources = counts.into_iter().map(|(collection, count)| {
        let instances = (1..=count).map(|number| attributes(collection, number));
        instances_of(&resource(collection), "sample", instances)
    });
    refresh(workspace, resources.collect()).await;
}

/// Writes a state file with these resources of [`instances_of`], and reads their objects.
///
/// # Panics
/// If Terraform fails.
pub async fn refresh(workspace: &Workspace, resources: Vec<Json>) {
    let state = json!({
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 1,
        "lineage": "c0000000-0000-4000-8000-000000000001",
        "outputs": {},
        "resources": resources,
    });
    workspace.write("terraform.tfstate", &state.to_string());
    let command = ["apply", "-refresh-only", "-auto-approve", "-parallelism=50"];
    workspace.run(&command).await.succeeds();
}

/// A resource with `count` in a state file, whose instances have these attributes.
pub fn instances_of(resource: &str, name: &str, attributes: impl Iterator<Item = Json>) -> Json {
    let instances = attributes.enumerate().map(
        |(index, attributes)| json!({ "index_key": index, "schema_version": 0, "attributes": attributes }),
    );
    json!({
        "mode": "managed",
        "type": format!("durantic_{resource}"),
        "name": name,
        "provider": "provider[\"registry.terraform.io/durantic/durantic\"]",
        "instances": instances.collect::<Vec<_>>(),
    })
}

/// What a refresh of the sample object with this number does not find out: its identity, and what the API never returns.
fn attributes(collection: Collection, number: u32) -> Json {
    let uuid = sample_uuid(collection, number);
    match collection {
        Collection::Secrets => json!({ "uuid": uuid, "value": format!("sample-secret-{number}") }),
        Collection::RegistryCredentials => {
            json!({ "uuid": uuid, "password": format!("sample-password-{number}") })
        }
        _ => json!({ "uuid": uuid }),
    }
}
