//! The pages of list resources: what they say follows from the declarations.

#![cfg(test)]

use std::path::{Path, PathBuf};

use docs_gen::examples::Examples;
use docs_gen::facts::{Documentation, Group, Object, declared};
use docs_gen::kind::Kind;
use docs_gen::registry;
use provider::durantic::DEFINITION;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn documentation() -> Documentation {
    declared::documentation(&DEFINITION, "0.0.0", &Examples::new(root().join("examples"))).expect("the facts")
}

fn lists(documentation: &Documentation) -> Vec<&Object> {
    let objects = documentation.objects.iter();
    objects
        .filter(|object| object.kind == Kind::ListResource)
        .collect()
}

#[test]
fn every_list_resource_has_its_filters_as_optional_arguments() {
    let documentation = documentation();
    let lists = lists(&documentation);
    assert_eq!(lists.len(), DEFINITION.listed().count());
    for binding in DEFINITION.listed() {
        let name = format!("durantic_{}", binding.schema.name);
        let list = lists.iter().find(|list| list.name == name).expect("a page");
        let mut declared: Vec<&str> = binding
            .schema
            .filters
            .iter()
            .map(|filter| &*filter.name)
            .collect();
        declared.sort_unstable();
        let documented: Vec<&str> = list.attributes.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(documented, declared, "{name}");
        assert!(list.attributes.iter().all(|one| one.group == Group::Optional));
        assert!(list.attributes.iter().all(|one| one.change.is_none()));
    }
}

#[test]
fn pages_of_a_resource_and_its_list_link_to_each_other() {
    let documentation = documentation();
    let pages = registry::pages(&documentation, &root().join("templates")).expect("the pages");
    for list in lists(&documentation) {
        let stem = list.stem("durantic");
        let guide = "[Bring an account under Terraform](../guides/adopting-an-account.md)";
        let page = |folder: &str| pages.get(&format!("{folder}/{stem}.md")).expect("a page");
        assert!(page("list-resources").contains(&format!("(../resources/{stem}.md)")));
        assert!(page("list-resources").contains(guide));
        assert!(page("resources").contains(&format!("(../list-resources/{stem}.md)")));
    }
}

#[test]
fn pages_describe_what_is_special_about_a_list() {
    let documentation = documentation();
    let description = |name: &str| {
        let list = documentation.object(Kind::ListResource, name);
        list.expect("a list resource").description.as_str()
    };
    let official = "Objects with `is_official = true`, which are not the account's own, are left out.";
    let machines =
        "It lists all objects that the data source [`durantic_machine`](../data-sources/machine.md) finds.";
    let same = |stem: &str| format!("[`durantic_{stem}`]({stem}.md) lists the same objects.");
    let import =
        "an import does not reinstall them. A create of the resource does, unless `on_create` is `adopt`.";

    let (role, vip) = (description("durantic_machine_role"), description("durantic_vip"));
    assert!(role.contains(official) && !vip.contains(official));
    let secrets = "`terraform query -json` prints the sensitive value of `config` in clear text";
    let (backend, secret) = (
        description("durantic_secrets_backend"),
        description("durantic_secret"),
    );
    assert!(backend.contains(secrets) && !secret.contains("sensitive value"));
    let (config, deployment) = (
        description("durantic_machine_config"),
        description("durantic_machine_deployment"),
    );
    assert!(config.contains(machines) && deployment.contains(machines) && !vip.contains("It lists all"));
    assert!(config.contains(&same("machine_deployment")) && deployment.contains(&same("machine_config")));
    assert!(deployment.contains(import) && !config.contains("reinstall"));
    for list in lists(&documentation) {
        let text = &list.description;
        assert!(text.contains("Terraform 1.14 or later") && text.contains("`NAME.tfquery.hcl`"));
        let arguments = ["provider", "config", "limit", "include_resource"];
        let is_described = |argument: &&str| text.contains(&format!("\n- `{argument}`"));
        assert!(arguments.iter().all(is_described), "{text}");
    }
}

#[test]
fn operations_are_those_of_the_declaration_that_lists_the_objects() {
    let documentation = documentation();
    let ids = |name: &str| {
        let list = documentation.object(Kind::ListResource, name);
        let operations = list.expect("a list resource").operations.iter();
        operations
            .map(|operation| (operation.step.as_str(), operation.id.as_str()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids("durantic_vip"),
        [
            ("list", "controlplane_api_list_vips"),
            ("read an object", "controlplane_api_get_vip")
        ]
    );
    assert_eq!(
        ids("durantic_machine_config"),
        [
            ("list", "provisioning_api_list_machines"),
            ("read an object", "provisioning_api_get_machine")
        ]
    );
}
