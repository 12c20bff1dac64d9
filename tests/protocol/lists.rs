//! `terraform query`: the list resources, and the configuration that is generated for an object. The fake core reads each list as
//! Terraform does, and checks each object.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use acceptance::resources;
use harness::control_plane::{
    Collection, ControlPlane, Dialect, Fault, FaultKind, Object, PageStyle, Paging, Shape, machine_uuid,
};
use harness::fake_core::json::to_json;
use harness::fake_core::{Core, Include, Listed, Named, Query};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};
use value::Value;

const MACHINE: &str = "durantic_machine_config";
const DEPLOYMENT: &str = "durantic_machine_deployment";
const ROLE: &str = "durantic_machine_role";
const VARIABLE: &str = "durantic_variable";
const LIST_MACHINES: &str = "provisioning_api_list_machines";
const GET_MACHINE: &str = "provisioning_api_get_machine";
const LIST_VARIABLES: &str = "controlplane_api_list_account_variables";
const LIST_ROLES: &str = "controlplane_api_list_machine_roles";

/// The number of objects of each collection of [`full`].
const COUNT: u32 = 4;

/// A control plane with some objects of every kind, some of which refer to others.
async fn full() -> ControlPlane {
    let builder = ControlPlane::builder().machines(COUNT).objects(9 * COUNT);
    let control_plane = builder.start().await.unwrap();
    let change = json!({
        "target_disk": "/dev/sda", "role_names": ["role-2", "role-1"], "discovered_ip_addresses": ["192.0.2.7", "192.0.2.3"],
    });
    update(&control_plane, Collection::Machines, &machine_uuid(2), &change);
    control_plane
}

/// The objects of a collection that are the account's own.
fn own(control_plane: &ControlPlane, collection: Collection) -> Vec<Object> {
    let mut objects = control_plane.objects(collection);
    objects.retain(|object| object.get("is_official") != Some(&json!(true)));
    objects
}

fn update(control_plane: &ControlPlane, collection: Collection, uuid: &str, change: &Json) {
    let changed = control_plane.update(collection, uuid, |object| {
        object.extend(change.as_object().unwrap().clone());
    });
    changed.unwrap();
}

/// A control plane with these variables only.
async fn with_variables(names: &[&str]) -> ControlPlane {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    for name in names {
        let variable = json!({"name": name, "value": "v"});
        let variable = variable.as_object().unwrap().clone();
        control_plane.create(Collection::Variables, variable).unwrap();
    }
    control_plane
}

/// Another process of the provider, which retries nothing.
async fn core(control_plane: &ControlPlane) -> Core {
    let service = rpc::Service::new(provider::program(&DEFINITION));
    let core = Core::unconfigured(Arc::new(service)).await.unwrap();
    let config = json!({
        "endpoint": control_plane.endpoint(), "api_token": control_plane.token(), "max_retries": 0,
    });
    core.configure(&config).await.unwrap();
    core
}

fn names(listed: &[Listed]) -> Vec<&str> {
    listed.iter().map(|listed| listed.display_name.as_str()).collect()
}

/// The warnings of the last query: each one's summary and detail.
fn warnings(core: &Core) -> Vec<String> {
    let warnings = core.plugin().take_warnings().into_iter();
    warnings
        .map(|warning| {
            assert!(
                warning.path.is_root(),
                "no argument is to blame: {}",
                warning.path
            );
            format!("{}: {}", warning.summary, warning.detail)
        })
        .collect()
}

/// Asserts that a query reports one error with these words.
async fn assert_refused(core: &Core, type_name: &str, query: Query, words: &str) {
    let failed = core.query(type_name, &query).await;
    let failed = failed.err().unwrap_or_else(|| panic!("{words}: no error"));
    assert_eq!(failed.reported().len(), 1, "{words}: {failed}");
    assert!(failed.to_string().contains(words), "{words}: {failed}");
}

#[tokio::test]
async fn every_resource_lists_its_objects_with_one_request() {
    let control_plane = full().await;
    for resource in resources::all() {
        let type_name = format!("durantic_{}", resource.name);
        let core = core(&control_plane).await;
        control_plane.log().clear();
        let listed = core.query(&type_name, &Query::default()).await.unwrap();

        let label = if resource.collection == Collection::Machines {
            "hostname"
        } else {
            "name"
        };
        let identity = if resource.collection == Collection::Machines {
            "machine_uuid"
        } else {
            "uuid"
        };
        let own = own(&control_plane, resource.collection);
        let expected: Vec<(Json, Json)> = own
            .iter()
            .map(|object| (json!({ identity: object["uuid"] }), object[label].clone()))
            .collect();
        let actual: Vec<(Json, Json)> = listed
            .iter()
            .map(|listed| (to_json(&listed.identity), json!(listed.display_name)))
            .collect();
        assert!(expected.len() >= 4, "{type_name}");
        assert_eq!(actual, expected, "{type_name}");
        assert_eq!(warnings(&core), Vec::<String>::new(), "{type_name}");
        let counts = control_plane.log().counts();
        let operation = resource.schema().api.list.as_deref();
        let requests: Vec<&str> = counts
            .keys()
            .map(String::as_str)
            .filter(|operation| *operation != "openapi")
            .collect();
        let listed_by = operation.unwrap_or(LIST_MACHINES);
        assert_eq!(requests, [listed_by], "{type_name}");
        assert_eq!(control_plane.log().count(listed_by), 1, "{type_name}");
    }
}

/// Terraform shows them beside each other, and imports the object with what the list has.
#[tokio::test]
async fn listed_resource_is_the_imported_one() {
    let control_plane = full().await;
    for resource in resources::all() {
        let type_name = format!("durantic_{}", resource.name);
        let first = core(&control_plane).await;
        control_plane.log().clear();
        let listed = first.query(&type_name, &Query::default().whole()).await.unwrap();
        let is_machine = resource.collection == Collection::Machines;
        let reads: usize = control_plane
            .log()
            .counts()
            .iter()
            .filter(|(operation, _)| operation.contains("_get_"))
            .map(|(operation, _)| control_plane.log().count(operation))
            .sum();
        // Only the items of machines are abbreviated.
        assert_eq!(reads, if is_machine { listed.len() } else { 0 }, "{type_name}");
        let mut second = core(&control_plane).await;
        for (number, listed) in listed.iter().enumerate() {
            let name = format!("it{number}");
            let named = Named::Identity(&listed.identity);
            let imported = second.import_named(&type_name, &name, named).await.unwrap();
            assert_eq!(to_json(&listed.state), to_json(&imported), "{type_name}");
        }
        if is_machine {
            let state = to_json(&listed[1].state);
            assert_eq!(state["target_disk"], "/dev/sda");
            assert_eq!(
                state["discovered_ip_addresses"],
                json!(["192.0.2.7", "192.0.2.3"])
            );
        }
    }
}

/// Terraform configures a provider once, and then reads all `list` blocks at the same time.
#[tokio::test]
async fn two_lists_of_machines_share_their_requests() {
    let control_plane = full().await;
    let core = core(&control_plane).await;
    let plugin = core.plugin();
    let list = async |type_name| {
        let empty = plugin.list_resource(type_name).unwrap().block.empty();
        plugin.list(type_name, &empty, Include::Resource, 100).await
    };
    let (configs, deployments) = tokio::join!(list(MACHINE), list(DEPLOYMENT));
    assert_eq!(names(&configs.unwrap()), names(&deployments.unwrap()));
    assert_eq!(control_plane.log().count(LIST_MACHINES), 1);
}

#[tokio::test]
async fn filters_select_objects() {
    let control_plane = ControlPlane::builder().machines(5).start().await.unwrap();
    for (name, cidr) in [("one", "10.9.0.0/24"), ("two", "10.8.0.0/24")] {
        let network = json!({"name": name, "network_cidr": cidr});
        let network = network.as_object().unwrap().clone();
        control_plane.create(Collection::MeshNetworks, network).unwrap();
    }
    for role in ["web", "db"] {
        let role = json!({ "name": role });
        let role = role.as_object().unwrap().clone();
        control_plane.create(Collection::MachineRoles, role).unwrap();
    }
    let network = control_plane.find(Collection::MeshNetworks, "one").unwrap()["uuid"].clone();
    let network = network.as_str().unwrap();
    for (number, change) in [
        (
            1,
            json!({"hostname": "web-1", "role_names": ["web", "db"], "mesh_network_uuid": network}),
        ),
        (
            2,
            json!({"hostname": "web-2", "role_names": ["web"], "is_online": false}),
        ),
        (
            3,
            json!({"hostname": "db-1", "role_names": ["db"], "mesh_network_uuid": network, "is_online": false}),
        ),
        (4, json!({"hostname": "Web-9", "role_names": []})),
    ] {
        update(
            &control_plane,
            Collection::Machines,
            &machine_uuid(number),
            &change,
        );
    }
    let upper = network.to_uppercase();
    #[rustfmt::skip]
    let rows = [
        (json!({}), vec!["web-1", "web-2", "db-1", "Web-9", "node-5"]),
        (json!({"hostname": null}), vec!["web-1", "web-2", "db-1", "Web-9", "node-5"]),
        (json!({"hostname": "*"}), vec!["web-1", "web-2", "db-1", "Web-9", "node-5"]),
        (json!({"hostname": "web-*"}), vec!["web-1", "web-2"]),
        (json!({"hostname": "web-1"}), vec!["web-1"]),
        (json!({"hostname": "?b-1"}), vec!["db-1"]),
        (json!({"hostname": "web"}), vec![]),
        (json!({"role_name": "db"}), vec!["web-1", "db-1"]),
        (json!({"role_name": "d"}), vec![]),
        (json!({"role_name": "d*"}), vec![]),
        (json!({"mesh_network_uuid": network}), vec!["web-1", "db-1"]),
        (json!({"mesh_network_uuid": upper}), vec!["web-1", "db-1"]),
        (json!({"mesh_network_uuid": machine_uuid(1)}), vec![]),
        (json!({"is_online": true}), vec!["web-1", "Web-9", "node-5"]),
        (json!({"is_online": false}), vec!["web-2", "db-1"]),
        (json!({"hostname": "web-*", "is_online": false}), vec!["web-2"]),
        (json!({"mesh_network_uuid": network, "role_name": "web", "is_online": true, "hostname": "w*"}), vec!["web-1"]),
        (json!({"hostname": "web-*", "role_name": "db", "is_online": false}), vec![]),
    ];
    let core = core(&control_plane).await;
    for (config, expected) in rows {
        for type_name in [MACHINE, DEPLOYMENT] {
            for query in [Query::of(config.clone()), Query::of(config.clone()).whole()] {
                let listed = core.query(type_name, &query).await.unwrap();
                assert_eq!(names(&listed), expected, "{config}");
            }
        }
    }
    assert_eq!(warnings(&core), Vec::<String>::new());
    assert_eq!(
        names(
            &core
                .query(ROLE, &Query::of(json!({"name": "?eb"})))
                .await
                .unwrap()
        ),
        ["web"]
    );
}

#[tokio::test]
async fn filters_of_names_are_patterns() {
    let control_plane = with_variables(&["a", "ab", "A", "a*", "[x]", "b/a"]).await;
    let core = core(&control_plane).await;
    #[rustfmt::skip]
    let rows = [
        ("a", vec!["a"]), ("a*", vec!["a", "ab", "a*"]), ("*a", vec!["a", "b/a"]), ("[ab]", vec!["a"]), ("a[*]", vec!["a*"]),
        ("?", vec!["a", "A"]), ("x", vec![]),
    ];
    for (pattern, expected) in rows {
        let query = Query::of(json!({ "name": pattern }));
        let listed = core.query(VARIABLE, &query).await.unwrap();
        assert_eq!(names(&listed), expected, "{pattern:?}");
    }
}

#[tokio::test]
async fn official_roles_are_left_out() {
    let control_plane = full().await;
    let core = core(&control_plane).await;
    let objects = control_plane.objects(Collection::MachineRoles);
    let is_official = |name: &str| {
        let mut objects = objects.iter();
        objects.any(|object| object["name"] == name && object["is_official"] == json!(true))
    };
    assert!(is_official("base"));
    for query in [Query::default(), Query::default().whole()] {
        let listed = core.query(ROLE, &query).await.unwrap();
        assert_eq!(listed.len(), COUNT as usize);
        assert!(!names(&listed).into_iter().any(is_official));
    }
    let query = Query::of(json!({"name": "base"}));
    assert!(core.query(ROLE, &query).await.unwrap().is_empty());
    // They do not count for the limit.
    core.query(ROLE, &Query::default().limit(COUNT.into()))
        .await
        .unwrap();
    assert_eq!(warnings(&core), Vec::<String>::new());
}

#[tokio::test]
async fn list_that_is_cut_says_so_first() {
    let control_plane = ControlPlane::builder().machines(150).start().await.unwrap();
    let core = core(&control_plane).await;
    let listed = core.query(MACHINE, &Query::default()).await.unwrap();
    assert_eq!(listed.len(), 100);
    // The core reads no further than the 100th object, so it has seen the warning before.
    let warned = warnings(&core);
    let [warning] = warned.as_slice() else {
        panic!("{warned:?}");
    };
    assert!(
        warning.starts_with("The list is cut: Showing 100 of 150 machine config objects.")
            && warning.contains("at least 150"),
        "{warning}"
    );

    let listed = core.query(MACHINE, &Query::default().limit(200)).await.unwrap();
    assert_eq!((listed.len(), warnings(&core).len()), (150, 0));
    let listed = core.query(MACHINE, &Query::default().limit(150)).await.unwrap();
    assert_eq!((listed.len(), warnings(&core).len()), (150, 0));
    let listed = core.query(MACHINE, &Query::default().limit(1)).await.unwrap();
    assert_eq!((listed.len(), warnings(&core).len()), (1, 1));
    assert_eq!(control_plane.log().count(GET_MACHINE), 0);

    // Only the objects that match count, and only those that are shown are read.
    let some = Query::of(json!({"hostname": "node-1?"})).whole();
    let listed = core.query(MACHINE, &some).await.unwrap();
    assert_eq!((listed.len(), warnings(&core).len()), (10, 0));
    let listed = core.query(MACHINE, &some.limit(3)).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert!(warnings(&core)[0].contains("Showing 3 of 10"));
    assert_eq!(control_plane.log().count(GET_MACHINE), 13);
}

#[tokio::test]
async fn object_that_cannot_be_read_costs_only_itself() {
    let control_plane = full().await;
    let rewrite = |change: fn(&mut Json)| FaultKind::Rewrite(Arc::new(change));
    let faults: Vec<(&str, Fault, &str)> = vec![
        ("forbidden", Fault::status(GET_MACHINE, 403), "403"),
        ("an error of the server", Fault::status(GET_MACHINE, 500), "500"),
        ("a page of a proxy", Fault::html(GET_MACHINE, 404), "404"),
        ("no JSON", Fault::new(GET_MACHINE, FaultKind::Garbage), "JSON"),
        (
            "another machine",
            Fault::new(
                GET_MACHINE,
                rewrite(|body| body["uuid"] = json!(machine_uuid(77))),
            ),
            "of another object",
        ),
        (
            "another type",
            Fault::new(GET_MACHINE, rewrite(|body| body["role_names"] = json!({}))),
            "should be a list",
        ),
    ];
    for (what, fault, words) in faults {
        control_plane.clear_faults();
        control_plane.fault(fault.times(1));
        let core = core(&control_plane).await;
        let listed = core.query(MACHINE, &Query::default().whole()).await.unwrap();
        let warned = warnings(&core);
        let [warning] = warned.as_slice() else {
            panic!("{what}: {warned:?}");
        };
        let shown: BTreeSet<&str> = names(&listed).into_iter().collect();
        let all = ["node-1", "node-2", "node-3", "node-4"];
        let missing: Vec<&str> = all.into_iter().filter(|name| !shown.contains(name)).collect();
        let [missing] = missing.as_slice() else {
            panic!("{what}: {shown:?}");
        };
        assert!(
            warning.starts_with("Objects are missing from the list: "),
            "{warning}"
        );
        assert!(warning.contains(&format!("{missing:?}: ")), "{what}: {warning}");
        assert!(warning.contains(words), "{what}: {warning}");
        assert_eq!(shown.len(), 3, "{what}");
    }
}

type Change = fn(&mut Json);

#[tokio::test]
async fn broken_item_costs_only_itself() {
    let control_plane = full().await;
    // The change of the item, the words of the warning, and whether it matters to a list without the resource.
    let rows: Vec<(&str, Change, &str, bool)> = vec![
        (
            "no uuid",
            |item| {
                item.as_object_mut().unwrap().remove("uuid");
            },
            "\"role-2\": The response for machine role has no `uuid`",
            true,
        ),
        ("null", |item| item["uuid"] = Json::Null, "has no `uuid`", true),
        ("a number", |item| item["uuid"] = json!(7), "invalid format", true),
        (
            "no UUID",
            |item| item["uuid"] = json!("x"),
            "invalid format",
            true,
        ),
        (
            "no object",
            |item| *item = json!("role"),
            "but the control plane returned a string",
            true,
        ),
        (
            "no item",
            |item| *item = Json::Null,
            "but the control plane returned null",
            true,
        ),
        (
            "another type",
            |item| item["merge_priority"] = json!([]),
            "\"role-2\": The control plane's field for `merge_priority` should be a whole number",
            false,
        ),
    ];
    for (what, change, words, is_identity) in rows {
        control_plane.clear_faults();
        let rewrite = move |body: &mut Json| {
            let items = body.as_array_mut().unwrap();
            let item = items.iter_mut().find(|item| item["name"] == "role-2");
            change(item.unwrap());
        };
        control_plane.fault(Fault::new(LIST_ROLES, FaultKind::Rewrite(Arc::new(rewrite))));
        for query in [Query::default(), Query::default().whole()] {
            let is_broken = is_identity || query == query.clone().whole();
            let core = core(&control_plane).await;
            let listed = core.query(ROLE, &query).await.unwrap();
            let warned = warnings(&core).concat();
            if is_broken {
                assert_eq!(names(&listed), ["role-1", "role-3", "role-4"], "{what}");
                assert!(warned.contains(words), "{what}: {warned}");
            } else {
                assert_eq!(names(&listed), ["role-1", "role-2", "role-3", "role-4"], "{what}");
                assert_eq!(warned, "", "{what}");
            }
        }
    }
}

#[tokio::test]
async fn many_failures_are_one_warning() {
    let control_plane = ControlPlane::builder().machines(14).start().await.unwrap();
    control_plane.fault(Fault::status(GET_MACHINE, 403));
    let core = core(&control_plane).await;
    let listed = core.query(MACHINE, &Query::default().whole()).await.unwrap();
    assert!(listed.is_empty());
    let warned = warnings(&core);
    assert_eq!(warned.len(), 1);
    assert!(
        warned[0].contains("The list lacks 14 machine config objects"),
        "{warned:?}"
    );
    assert!(warned[0].contains("The same is true of 4 others."), "{warned:?}");
    // Without the objects themselves, nothing is missing.
    assert_eq!(core.query(MACHINE, &Query::default()).await.unwrap().len(), 14);
    assert_eq!(warnings(&core), Vec::<String>::new());
}

#[tokio::test]
async fn object_that_is_deleted_meanwhile_is_left_out() {
    let control_plane = full().await;
    control_plane.before(GET_MACHINE, 1, |account| {
        account.delete(Collection::Machines, &machine_uuid(4)).unwrap();
    });
    let core = core(&control_plane).await;
    let listed = core.query(MACHINE, &Query::default().whole()).await.unwrap();
    assert_eq!(names(&listed), ["node-1", "node-2", "node-3"]);
    assert_eq!(warnings(&core), Vec::<String>::new());
}

#[tokio::test]
async fn list_that_fails_is_one_error() {
    let control_plane = full().await;
    for (fault, words) in [
        (
            Fault::status(LIST_ROLES, 403),
            "The request to list the machine role objects failed.",
        ),
        (Fault::status(LIST_ROLES, 503), "503"),
        (Fault::html(LIST_ROLES, 404), "404"),
        (Fault::new(LIST_ROLES, FaultKind::Garbage), "JSON"),
        (
            Fault::new(
                LIST_ROLES,
                FaultKind::Rewrite(Arc::new(|body| *body = json!({"a": 1}))),
            ),
            "list",
        ),
    ] {
        control_plane.clear_faults();
        control_plane.fault(fault);
        for query in [Query::default(), Query::default().whole()] {
            let core = core(&control_plane).await;
            assert_refused(&core, ROLE, query, words).await;
        }
    }
}

#[tokio::test]
async fn interrupt_ends_a_list() {
    let control_plane = full().await;
    for (operation, is_list) in [(LIST_MACHINES, true), (GET_MACHINE, false)] {
        control_plane.clear_faults();
        let core = core(&control_plane).await;
        let hour = FaultKind::Delay(Duration::from_hours(1));
        control_plane.fault(Fault::new(operation, hour));
        control_plane.log().clear();
        let query = Query::default().whole();
        let listed = core.query(MACHINE, &query);
        let stop = async {
            control_plane.log().wait_for(operation, 1).await;
            core.plugin().stop().await.unwrap();
        };
        let (listed, ()) = tokio::join!(listed, stop);
        let text = match listed {
            Err(failed) if is_list => failed.to_string(),
            Ok(listed) if !is_list && listed.is_empty() => warnings(&core).concat(),
            other => panic!("{operation}: {other:?}"),
        };
        assert!(text.contains("interrupted"), "{operation}: {text}");
    }
}

#[tokio::test]
async fn older_control_plane_lists_the_same_objects() {
    let builder = ControlPlane::builder().machines(COUNT).objects(9 * COUNT);
    let control_plane = builder.dialect(Dialect::Old).start().await.unwrap();
    for resource in resources::all() {
        let type_name = format!("durantic_{}", resource.name);
        let core = core(&control_plane).await;
        let listed = core.query(&type_name, &Query::default().whole()).await.unwrap();
        let own = own(&control_plane, resource.collection);
        assert_eq!(listed.len(), own.len(), "{type_name}");
        assert_eq!(warnings(&core), Vec::<String>::new(), "{type_name}");
    }
}

/// Items that lack a field do not show whether they match, nor the whole object: a request for each object does.
#[tokio::test]
async fn abbreviated_items_are_completed() {
    let control_plane = full().await;
    let only = |operation: &str, fields: &[&str]| {
        let fields = fields.iter().map(ToString::to_string).collect();
        Fault::shaped(operation, Shape::Only(fields))
    };
    control_plane.fault(only(LIST_ROLES, &["uuid", "name", "is_official"]));
    control_plane.fault(only(LIST_MACHINES, &["uuid", "hostname"]));
    let get_role = "controlplane_api_get_machine_role";
    let count = |operation: &str| control_plane.log().count(operation);

    let fresh = core(&control_plane).await;
    let listed = fresh.query(ROLE, &Query::default()).await.unwrap();
    assert_eq!((listed.len(), count(get_role)), (4, 0));
    let listed = fresh.query(ROLE, &Query::default().whole()).await.unwrap();
    assert_eq!((listed.len(), count(get_role)), (4, 4));
    assert_eq!(to_json(listed[0].state.get("merge_priority")), 101);

    update(
        &control_plane,
        Collection::Machines,
        &machine_uuid(3),
        &json!({"is_online": false}),
    );
    let offline = Query::of(json!({"is_online": false}));
    let listed = fresh.query(MACHINE, &offline).await.unwrap();
    assert_eq!((names(&listed), count(GET_MACHINE)), (vec!["node-3"], 4));
    // One that does not match is not read.
    let none = Query::of(json!({"hostname": "web-*", "is_online": false}));
    let listed = fresh.query(MACHINE, &none).await.unwrap();
    assert_eq!((listed.len(), count(GET_MACHINE)), (0, 4));
    assert_eq!(warnings(&fresh), Vec::<String>::new());
}

#[tokio::test]
async fn filter_that_no_response_shows_is_reported() {
    let control_plane = full().await;
    let without = || Shape::Without(vec!["is_online".to_owned()]);
    control_plane.fault(Fault::shaped(LIST_MACHINES, without()));
    control_plane.fault(Fault::shaped(GET_MACHINE, without()));
    let core = core(&control_plane).await;
    let query = Query::of(json!({"is_online": true}));
    let listed = core.query(MACHINE, &query).await.unwrap();
    assert!(listed.is_empty());
    let warned = warnings(&core).concat();
    assert!(
        warned.contains("\"node-1\": ") && warned.contains("`is_online`"),
        "{warned}"
    );
}

#[tokio::test]
async fn list_of_several_pages_is_whole() {
    for style in [PageStyle::Link, PageStyle::ItemsOffset, PageStyle::ResultsCursor] {
        let builder = ControlPlane::builder().machines(7).objects(63);
        let control_plane = builder.paging(Paging::new(style, 3)).start().await.unwrap();
        let core = core(&control_plane).await;
        for type_name in [MACHINE, VARIABLE] {
            let listed = core.query(type_name, &Query::default().whole()).await.unwrap();
            let identities: BTreeSet<String> = listed
                .iter()
                .map(|listed| to_json(&listed.identity).to_string())
                .collect();
            assert_eq!((listed.len(), identities.len()), (7, 7), "{type_name} {style:?}");
        }
        let cut = core.query(VARIABLE, &Query::default().limit(5)).await.unwrap();
        assert_eq!(cut.len(), 5);
        assert!(warnings(&core).concat().contains("Showing 5 of 7"));
    }
}

#[tokio::test]
async fn object_that_a_list_has_twice_is_one_object() {
    let control_plane = with_variables(&["a", "b"]).await;
    let twice = |body: &mut Json| {
        let items = body.as_array_mut().unwrap();
        let mut first = items[0].clone();
        first["uuid"] = json!(first["uuid"].as_str().unwrap().to_uppercase());
        items.push(first);
    };
    control_plane.fault(Fault::new(LIST_VARIABLES, FaultKind::Rewrite(Arc::new(twice))));
    let core = core(&control_plane).await;
    let listed = core.query(VARIABLE, &Query::default()).await.unwrap();
    assert_eq!(names(&listed), ["a", "b"]);
}

#[tokio::test]
async fn object_without_a_name_is_shown_by_its_identity() {
    let control_plane = full().await;
    update(
        &control_plane,
        Collection::Machines,
        &machine_uuid(2),
        &json!({"hostname": ""}),
    );
    let core = core(&control_plane).await;
    let listed = core.query(MACHINE, &Query::default()).await.unwrap();
    assert_eq!(names(&listed)[1], machine_uuid(2));
}

#[tokio::test]
async fn invalid_filters_are_refused() {
    let control_plane = full().await;
    let core = core(&control_plane).await;
    for (type_name, name, value, words) in [
        (MACHINE, "hostname", "[", "pattern"),
        (MACHINE, "role_name", "", "must have at least 1 character"),
        (MACHINE, "mesh_network_uuid", "mesh", "UUID"),
        (VARIABLE, "name", "a[", "pattern"),
    ] {
        let query = Query::of(json!({ name: value }));
        let failed = core.query(type_name, &query).await.unwrap_err();
        let [diagnostic] = failed.reported() else {
            panic!("{name}: {failed}");
        };
        assert_eq!(diagnostic.path.to_string(), format!("config.{name}"));
        assert!(diagnostic.detail.contains(words), "{name}: {failed}");
    }
    assert!(
        control_plane
            .log()
            .all()
            .iter()
            .all(|entry| entry.operation == "openapi")
    );
}

/// Terraform up to version 1.16 checks the limit itself, and accepts 0.
#[tokio::test]
async fn limit_must_be_a_whole_number_above_zero() {
    let control_plane = full().await;
    let core = core(&control_plane).await;
    let plugin = core.plugin();
    let empty = plugin.list_resource(VARIABLE).unwrap().block.empty();
    let number = |text: &str| Value::Number(value::Number::parse(text).unwrap());
    let validate = async |limit: &Value| plugin.validate_list_with(VARIABLE, &empty, Some(limit)).await;
    for invalid in ["0", "-1", "1.5"] {
        let failed = validate(&number(invalid)).await.unwrap_err();
        assert!(
            failed
                .to_string()
                .contains("`limit` must be a whole number above zero"),
            "{invalid}: {failed}"
        );
    }
    for valid in [number("1"), number("100"), Value::Null, Value::Unknown] {
        validate(&valid).await.unwrap();
    }
    plugin.validate_list(VARIABLE, &empty).await.unwrap();
    assert!(
        core.query(VARIABLE, &Query::default().limit(0))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn unknown_filters_are_not_checked() {
    let control_plane = full().await;
    let core = core(&control_plane).await;
    let plugin = core.plugin();
    let mut config = plugin.list_resource(MACHINE).unwrap().block.empty();
    config.set_attribute("hostname", Value::Unknown);
    plugin.validate_list(MACHINE, &config).await.unwrap();
}

#[tokio::test]
async fn provider_without_a_configuration_validates_but_does_not_list() {
    let service = rpc::Service::new(provider::program(&DEFINITION));
    let core = Core::unconfigured(Arc::new(service)).await.unwrap();
    let plugin = core.plugin();
    let empty = plugin.list_resource(VARIABLE).unwrap().block.empty();
    plugin.validate_list(VARIABLE, &empty).await.unwrap();
    assert_refused(
        &core,
        VARIABLE,
        Query::default(),
        "before it configured the provider",
    )
    .await;
    let invalid = Query::of(json!({"name": "["}));
    assert_refused(&core, VARIABLE, invalid, "pattern").await;
}
