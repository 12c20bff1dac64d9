//! The number of attempts: each call survives `max_retries` faults in a row, whatever its kind.

use std::collections::BTreeSet;

use acceptance::terraform::Workspace;
use harness::control_plane::{Action, Collection, ControlPlane};
use http::Method;

use super::{
    check_lifecycle, count, fault_each, operations, parsed, rewrite, started, stored, string, variable,
    with_block, workspace,
};

const CREATE: &str = "controlplane_api_create_account_variable";
const LIST: &str = "controlplane_api_list_account_variables";
const GET: &str = "controlplane_api_get_account_variable";
const UPDATE: &str = "controlplane_api_update_account_variable";
const DELETE: &str = "controlplane_api_delete_account_variable";
const UPDATE_RULE: &str = "controlplane_api_update_route_policy_rule";

/// The faults that pass, as on a command line.
const PASSING: [&str; 11] = [
    "429",
    "429,retry-after:1",
    "500",
    "502,html",
    "503",
    "504,html",
    "504,html,processed",
    "reset-before",
    "reset-after",
    "truncated",
    "garbage",
];

/// Each call has two faults of a kind before it succeeds, and two retries.
macro_rules! lifecycle_tests {
    ($($name:ident: $fault:literal;)*) => {$(
        #[tokio::test]
        async fn $name() {
            assert!(PASSING.contains(&$fault));
            let control_plane = started(|builder| builder).await;
            control_plane.fault(parsed(concat!("*=", $fault, ",in-a-row:2")));
            check_lifecycle(&control_plane, "max_retries = 2").await;
        }
    )*};
}

lifecycle_tests! {
    every_call_survives_rate_limits: "429";
    every_call_survives_rate_limits_with_a_time: "429,retry-after:1";
    every_call_survives_internal_errors: "500";
    every_call_survives_bad_gateways: "502,html";
    every_call_survives_unavailability: "503";
    every_call_survives_gateway_timeouts: "504,html";
    every_call_survives_late_gateway_timeouts: "504,html,processed";
    every_call_survives_resets: "reset-before";
    every_call_survives_lost_responses: "reset-after";
    every_call_survives_truncated_responses: "truncated";
    every_call_survives_garbage: "garbage";
}

/// Variables `v0`, `v1`, …, one for each kind of fault.
fn variables(value: &str) -> String {
    let names = (0..PASSING.len()).map(|number| variable(&format!("v{number}"), value));
    with_block("max_retries = 1", &names.collect::<String>())
}

/// One variable with this many retries.
fn one(retries: u32, value: &str) -> String {
    // The faults are for the requests of the apply.
    let block = format!("max_retries = {retries}\n  skip_preflight = true");
    with_block(&block, &variable("a", value))
}

/// With one more fault than retries, the error names the request, and the next apply converges.
#[tokio::test]
async fn one_fault_too_many_fails_and_the_next_apply_converges() {
    for fault in PASSING {
        let is_processed = matches!(
            fault,
            "504,html,processed" | "reset-after" | "truncated" | "garbage"
        );
        let control_plane = started(|builder| builder).await;
        let workspace = workspace(&control_plane, &one(1, "1"));
        // A processed create is found by its name, so its list must fail, too.
        control_plane.fault(parsed(&format!("{CREATE}={fault},times:2")));
        if is_processed {
            control_plane.fault(parsed(&format!("{LIST}=503,times:2")));
        }
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains("durantic_variable.a"), "{fault}: {output}");
        control_plane.clear_faults();
        converges(&control_plane, &workspace, is_processed).await;

        workspace.configure(&one(1, "2"));
        control_plane.fault(parsed(&format!("{UPDATE}={fault},times:2")));
        let updated = workspace.run(&["apply", "-auto-approve"]).await;
        // A status of success shows that the update was carried out, so the object is read.
        if !matches!(fault, "truncated" | "garbage") {
            updated.fails();
        }
        workspace.apply().await;
        assert_eq!(stored(&control_plane, "a", "value"), "2", "{fault}");
        workspace.plans_empty().await;

        control_plane.fault(parsed(&format!("{GET}={fault},times:2")));
        workspace.run(&["plan"]).await.fails();
        workspace.plans_empty().await;

        control_plane.fault(parsed(&format!("{DELETE}={fault},times:2")));
        let is_lost_only = fault == "garbage";
        let run = workspace.run(&["destroy", "-auto-approve"]).await;
        if !is_lost_only && !is_processed {
            run.fails();
            assert_eq!(count(&control_plane, "a"), 1, "{fault}");
        }
        workspace.destroy().await;
        assert_eq!(count(&control_plane, "a"), 0, "{fault}");
    }
}

/// Applies again, after an import if the first apply could not find the object that it had created.
async fn converges(control_plane: &ControlPlane, workspace: &Workspace, is_processed: bool) {
    let run = workspace.run(&["apply", "-auto-approve"]).await;
    if is_processed && run.status != Some(0) {
        let output = run.fails();
        let uuid = stored(control_plane, "a", "uuid");
        let uuid = uuid.as_str().expect("the object exists");
        assert!(
            output.contains(&format!("terraform import ADDRESS {uuid}")),
            "{output}"
        );
        workspace
            .run(&["import", "durantic_variable.a", uuid])
            .await
            .succeeds();
        workspace.apply().await;
    } else {
        run.succeeds();
    }
    assert_eq!(count(control_plane, "a"), 1);
    workspace.plans_empty().await;
}

/// A create is sent again only if a list since the last attempt showed that its name is free.
#[tokio::test]
async fn create_is_repeated_only_after_the_list_showed_a_free_name() {
    let control_plane = started(|builder| builder).await;
    fault_each(&control_plane, &[Action::Create], "502,html,times:2");
    let workspace = workspace(&control_plane, &with_block("max_retries = 2", super::EVERYTHING));
    workspace.apply().await;
    let entries = control_plane.log().all();
    let creates: BTreeSet<&str> = operations(&[Action::Create]).into_iter().collect();
    let mut repeated = 0;
    for (index, entry) in entries.iter().enumerate() {
        let earlier = entries[..index]
            .iter()
            .rposition(|other| other.call == entry.call);
        let (true, Some(earlier)) = (creates.contains(&*entry.operation), earlier) else {
            continue;
        };
        repeated += 1;
        let between = &entries[earlier..index];
        let is_free = |other: &harness::control_plane::Entry| {
            other.method == Method::GET && other.path == entry.path && other.status == Some(200)
        };
        assert!(between.iter().any(is_free), "{entry:?}");
    }
    assert_eq!(repeated, 2 * 9, "each of the nine kinds of objects");
}

#[tokio::test]
async fn create_is_not_repeated_while_the_list_fails() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed(&format!("{CREATE}=502,html")));
    control_plane.fault(parsed(&format!("{LIST}=503")));
    let workspace = workspace(&control_plane, &one(1, "1"));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(control_plane.log().count(CREATE), 1, "{output}");
    control_plane.clear_faults();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(count(&control_plane, "a"), 1);
}

/// The object appears between two attempts of a create whose first attempt seemed to fail.
#[tokio::test]
async fn create_that_a_gateway_lost_is_found_after_its_second_attempt() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed(&format!("{CREATE}=500,times:1")));
    control_plane.fault(parsed(&format!("{CREATE}=reset-after,times:1")));
    let workspace = workspace(&control_plane, &one(2, "1"));
    workspace.apply().await;
    assert_eq!(
        (
            control_plane.log().count(CREATE),
            control_plane.log().count_processed(CREATE)
        ),
        (2, 1)
    );
    assert_eq!(count(&control_plane, "a"), 1);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn updates_and_deletes_are_repeated_after_an_internal_error() {
    let control_plane = started(|builder| builder).await;
    let workspace = workspace(&control_plane, &variables("1"));
    workspace.apply().await;
    workspace.configure(&variables("2"));
    for fault in PASSING {
        control_plane.fault(parsed(&format!("{UPDATE}={fault},times:1,in-a-row:1")));
        control_plane.fault(parsed(&format!("{DELETE}={fault},times:1,in-a-row:1")));
    }
    // One variable after the other, so that each meets one fault.
    workspace
        .run(&["apply", "-auto-approve", "-parallelism=1"])
        .await
        .succeeds();
    workspace.plans_empty().await;
    workspace
        .run(&["destroy", "-auto-approve", "-parallelism=1"])
        .await
        .succeeds();
    assert!(control_plane.objects(Collection::Variables).is_empty());
}

/// A set with rules of these sequences and descriptions.
fn set(rules: &[(u32, &str)]) -> String {
    let rules = rules.iter().map(|(sequence, description)| {
        format!(
            "  rules {{\n    sequence = {sequence}\n    action = \"reject\"\n    description = \"{description}\"\n  }}\n"
        )
    });
    with_block(
        "max_retries = 2",
        &format!(
            "resource \"durantic_route_policy_set\" \"it\" {{\n  name = \"set\"\n{}}}\n",
            rules.collect::<String>()
        ),
    )
}

#[tokio::test]
async fn rule_requests_survive_two_faults_of_each_kind() {
    for fault in PASSING {
        let control_plane = started(|builder| builder).await;
        let rules = [Action::CreateRule, Action::UpdateRule, Action::DeleteRule];
        fault_each(&control_plane, &rules, &format!("{fault},in-a-row:2"));
        let workspace = workspace(&control_plane, &set(&[(10, "a"), (20, "b")]));
        workspace.apply().await;
        workspace.configure(&set(&[(10, "c"), (30, "b"), (40, "d")]));
        workspace.apply().await;
        let stored = control_plane.find(Collection::RoutePolicySets, "set");
        let rules = stored.expect("the set exists")["rules"].clone();
        let rules: Vec<(u64, &str)> = rules
            .as_array()
            .expect("rules")
            .iter()
            .map(|rule| {
                (
                    rule["sequence"].as_u64().unwrap_or_default(),
                    rule["description"].as_str().unwrap_or_default(),
                )
            })
            .collect::<Vec<_>>()
            .clone();
        assert_eq!(rules, [(10, "c"), (30, "b"), (40, "d")], "{fault}");
        workspace.plans_empty().await;
        workspace.destroy().await;
    }
}

#[tokio::test]
async fn rule_with_a_fault_too_many_is_named_and_converges() {
    let control_plane = started(|builder| builder).await;
    let workspace = workspace(&control_plane, &set(&[(10, "a"), (20, "b")]));
    workspace.apply().await;
    workspace.configure(&set(&[(10, "c"), (20, "d")]));
    control_plane.fault(parsed(&format!("{UPDATE_RULE}=500,times:3")));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("500"), "{output}");
    workspace.apply().await;
    workspace.plans_empty().await;
}

/// Lists of data sources and reads of objects: two broken responses, then a whole one.
#[tokio::test]
async fn reads_and_lists_of_data_sources_are_repeated() {
    for fault in PASSING {
        let control_plane = started(|builder| builder).await;
        let data = "data \"durantic_machine\" \"m\" {\n  hostname = \"node-1\"\n}\n\
                    data \"durantic_image\" \"i\" {\n  name = \"Ubuntu 24.04\"\n}\n\
                    data \"durantic_images\" \"all\" {}\n\
                    output \"uuid\" {\n  value = data.durantic_machine.m.uuid\n}\n";
        let workspace = workspace(&control_plane, &with_block("max_retries = 2", data));
        control_plane.fault(parsed(&format!("*={fault},in-a-row:2")));
        workspace.apply().await;
        assert_eq!(workspace.outputs().await["uuid"], super::machine(1), "{fault}");
    }
}

/// An import reads the object; two faults do not stop it.
#[tokio::test]
async fn import_survives_two_faults() {
    for fault in ["500", "truncated", "garbage", "reset-after"] {
        let control_plane = started(|builder| builder).await;
        let workspace = workspace(&control_plane, &one(2, "1"));
        workspace.apply().await;
        let uuid = string(&workspace, "durantic_variable.a", "uuid");
        workspace
            .run(&["state", "rm", "durantic_variable.a"])
            .await
            .succeeds();
        control_plane.fault(parsed(&format!("*={fault},in-a-row:2")));
        workspace
            .run(&["import", "durantic_variable.a", &uuid])
            .await
            .succeeds();
        workspace.plans_empty().await;
    }
}

const SECRETS: &str = "resource \"durantic_secret\" \"it\" {\n  name = \"TOKEN\"\n  value = \"concealed-mine\"\n}\n\
    resource \"durantic_registry_credential\" \"it\" {\n  name = \"ghcr\"\n  registry_url = \"ghcr.io\"\n  \
    username = \"robot\"\n  password = \"concealed-mine\"\n}\n";

const WRITE_ONLY: &str = "resource \"durantic_secret\" \"it\" {\n  name = \"TOKEN\"\n  value_wo = \"concealed-mine\"\n  \
    value_wo_version = 1\n}\n\
    resource \"durantic_registry_credential\" \"it\" {\n  name = \"ghcr\"\n  registry_url = \"ghcr.io\"\n  \
    username = \"robot\"\n  password_wo = \"concealed-mine\"\n  password_wo_version = 1\n}\n";

/// The API does not return the value, so it is sent again to the object that was created while the request was in flight.
#[tokio::test]
async fn lost_create_of_a_secret_is_recovered_with_its_value() {
    for fault in ["reset-after", "504,html,processed", "truncated", "garbage"] {
        for (configuration, hours) in [(SECRETS, 0), (WRITE_ONLY, 0), (SECRETS, -7), (SECRETS, 7)] {
            let shift = jiff::SignedDuration::from_hours(hours);
            let control_plane = started(|builder| builder.clock_shift(shift)).await;
            fault_each(&control_plane, &[Action::Create], &format!("{fault},times:1"));
            let workspace = workspace(&control_plane, configuration);
            workspace.apply().await;
            for (collection, name, field) in [
                (Collection::Secrets, "TOKEN", "value"),
                (Collection::RegistryCredentials, "ghcr", "password"),
            ] {
                let objects = control_plane.objects(collection);
                let mut found = objects.iter().filter(|object| object["name"] == name);
                let value = found.next().map(|object| &object[field]);
                assert_eq!(value, Some(&"concealed-mine".into()), "{fault}");
                assert_eq!(found.count(), 0, "{fault}");
            }
            workspace.plans_empty().await;
            workspace.destroy().await;
            assert!(control_plane.objects(Collection::Secrets).is_empty());
        }
    }
}

/// A fault that no retry can pass is reported at once.
#[tokio::test]
async fn rejected_requests_are_not_repeated() {
    for status in [400, 401, 403, 409, 422] {
        let control_plane = started(|builder| builder).await;
        control_plane.fault(parsed(&format!("{CREATE}={status}")));
        let workspace = workspace(&control_plane, &one(4, "1"));
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains(&status.to_string()), "{output}");
        assert_eq!(control_plane.log().count(CREATE), 1, "{status}");
    }
}

/// A list that is no list is not taken for an empty one.
#[tokio::test]
async fn create_is_not_repeated_after_a_list_of_another_shape() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed(&format!("{CREATE}=reset-after")));
    control_plane.fault(rewrite(LIST, |list| {
        *list = serde_json::json!({ "variables": [] });
    }));
    let workspace = workspace(&control_plane, &one(2, "1"));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(control_plane.log().count(CREATE), 1);
    assert_eq!(count(&control_plane, "a"), 1);
}
