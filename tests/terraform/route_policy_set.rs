//! `durantic_route_policy_set`

use acceptance::resources;
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, FaultResponse};
use serde_json::{Value as Json, json};

use super::workflows::workflow_tests;
use super::{applied, changes, control_plane, string, workspace};

workflow_tests!(resources::route_policy_set());

const ADDRESS: &str = "durantic_route_policy_set.it";
const CREATE_RULE: &str = "controlplane_api_create_route_policy_rule";
const UPDATE_RULE: &str = "controlplane_api_update_route_policy_rule";

/// A set with these arguments and rules, each with its sequence and action.
fn configuration(arguments: &str, rules: &[(i64, &str)]) -> String {
    let rules: Vec<String> = rules
        .iter()
        .map(|(sequence, action)| {
            format!("  rules {{\n    sequence = {sequence}\n    action = \"{action}\"\n  }}\n")
        })
        .collect();
    format!(
        "resource \"durantic_route_policy_set\" \"it\" {{\n  name = \"it\"\n{arguments}\n{}}}\n",
        rules.concat()
    )
}

/// The sequences in state, in the order of state.
fn sequences(workspace: &Workspace) -> Vec<i64> {
    let state = workspace.state(ADDRESS);
    let rules = state["rules"].as_array().cloned().unwrap_or_default();
    rules
        .iter()
        .filter_map(|rule| rule["sequence"].as_i64())
        .collect()
}

/// The sequences in the control plane.
fn existing(control_plane: &ControlPlane) -> Vec<i64> {
    let set = control_plane
        .find(Collection::RoutePolicySets, "it")
        .expect("the set");
    let rules = set["rules"].as_array().cloned().unwrap_or_default();
    rules
        .iter()
        .filter_map(|rule| rule["sequence"].as_i64())
        .collect()
}

/// Applies `before`, then `after`, and returns the requests of the second apply.
async fn sent(before: &str, after: &str) -> Vec<String> {
    let (control_plane, workspace) = applied(before).await;
    workspace.plans_empty().await;
    control_plane.log().clear();
    workspace.configure(after);
    workspace.apply().await;
    let sent = requests(&control_plane);
    workspace.plans_empty().await;
    sent
}

/// The requests: each operation with the rule's sequence and action or the set's default action.
fn requests(control_plane: &ControlPlane) -> Vec<String> {
    let entries = control_plane.log().changes().into_iter();
    entries
        .zip(changes(control_plane))
        .map(|(entry, operation)| {
            let body = entry.body.unwrap_or_default();
            let values = ["sequence", "action", "default_action"].map(|field| body[field].clone());
            let values = values.iter().filter(|value| !value.is_null());
            values.fold(operation, |text, value| format!("{text} {value}"))
        })
        .collect()
}

#[tokio::test]
async fn rule_added_at_the_top_is_one_create() {
    let before = configuration("", &[(10, "accept"), (20, "reject")]);
    let after = configuration("", &[(5, "reject"), (10, "accept"), (20, "reject")]);
    assert_eq!(
        sent(&before, &after).await,
        ["create_route_policy_rule 5 \"reject\""]
    );
}

#[tokio::test]
async fn another_order_of_rules_sends_no_request() {
    let before = configuration("", &[(10, "accept"), (20, "reject"), (30, "accept")]);
    let after = configuration("", &[(30, "accept"), (10, "accept"), (20, "reject")]);
    assert_eq!(sent(&before, &after).await, Vec::<String>::new());
}

#[tokio::test]
async fn removed_rule_is_one_delete() {
    let before = configuration("", &[(10, "accept"), (20, "reject"), (30, "accept")]);
    let after = configuration("", &[(20, "reject"), (30, "accept")]);
    assert_eq!(sent(&before, &after).await, ["delete_route_policy_rule"]);
}

#[tokio::test]
async fn changed_rule_sends_only_the_changed_fields() {
    let before = configuration("", &[(10, "accept"), (20, "accept")]);
    let after = configuration("", &[(10, "accept"), (20, "reject")]);
    assert_eq!(
        sent(&before, &after).await,
        ["update_route_policy_rule \"reject\""]
    );
}

#[tokio::test]
async fn no_intermediate_state_accepts_more_than_before_or_after() {
    let open = configuration("  default_action = \"accept\"", &[(15, "accept"), (5, "reject")]);
    let closed = configuration("  default_action = \"reject\"", &[(10, "accept"), (20, "reject")]);
    assert_eq!(
        sent(&closed, &open).await,
        [
            "create_route_policy_rule 5 \"reject\"",
            "create_route_policy_rule 15 \"accept\"",
            "update_route_policy_set \"accept\"",
            "delete_route_policy_rule",
            "delete_route_policy_rule",
        ]
    );
    assert_eq!(
        sent(&open, &closed).await,
        [
            "update_route_policy_set \"reject\"",
            "create_route_policy_rule 20 \"reject\"",
            "create_route_policy_rule 10 \"accept\"",
            "delete_route_policy_rule",
            "delete_route_policy_rule",
        ]
    );
}

#[tokio::test]
async fn failed_update_saves_the_existing_rules_in_state() {
    let (control_plane, workspace) = applied(&configuration("", &[(10, "accept"), (20, "reject")])).await;

    control_plane.fault(Fault::status(CREATE_RULE, 400).skip(1).times(1));
    let all = [(1, "reject"), (2, "reject"), (3, "accept"), (20, "reject")];
    workspace.configure(&configuration("  description = \"d\"", &all));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(
        output.contains("The request for rule 2 of route policy set \"it\" failed"),
        "{output}"
    );
    assert!(output.contains("on main.tf line 9"), "{output}");
    assert_eq!(existing(&control_plane), [1, 10, 20]);
    assert_eq!(
        sequences(&workspace),
        [1, 20, 10],
        "in the planned order, rules to delete last"
    );
    assert_eq!(string(&workspace, ADDRESS, "description"), "d");

    control_plane.log().clear();
    workspace.apply().await;
    assert_eq!(
        requests(&control_plane),
        [
            "create_route_policy_rule 2 \"reject\"",
            "create_route_policy_rule 3 \"accept\"",
            "delete_route_policy_rule"
        ]
    );
    assert_eq!(existing(&control_plane), [1, 2, 3, 20]);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn failed_create_saves_the_set_in_state() {
    let control_plane = control_plane().await;
    control_plane.fault(Fault::status(CREATE_RULE, 400).skip(1).times(1));
    let workspace = workspace(
        &control_plane,
        &configuration("", &[(10, "accept"), (20, "reject")]),
    );
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(
        existing(&control_plane),
        [20],
        "rejecting rules are created first"
    );
    assert_eq!(sequences(&workspace), [20]);

    workspace.apply().await;
    assert_eq!(existing(&control_plane), [10, 20]);
    assert_eq!(sequences(&workspace), [10, 20]);
    assert_eq!(
        control_plane.objects(Collection::RoutePolicySets).len(),
        1,
        "no orphan"
    );
    workspace.plans_empty().await;
}

#[tokio::test]
async fn rule_with_a_lost_response_is_created_once() {
    let control_plane = control_plane().await;
    control_plane.fault(Fault::new(CREATE_RULE, FaultKind::ResetAfter).times(1));
    let workspace = workspace(
        &control_plane,
        &configuration("", &[(10, "accept"), (20, "reject")]),
    );
    workspace.apply().await;
    assert_eq!(existing(&control_plane), [10, 20]);
    assert_eq!(control_plane.log().count_processed(CREATE_RULE), 2);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn drift_of_rules_is_undone_one_by_one() {
    let (control_plane, workspace) = applied(&configuration("", &[(20, "reject"), (10, "accept")])).await;
    let uuid = string(&workspace, ADDRESS, "uuid");
    let outside = |change: fn(&mut Vec<Json>)| {
        let changed = control_plane.update(Collection::RoutePolicySets, &uuid, |set| {
            change(set["rules"].as_array_mut().expect("rules"));
        });
        changed.expect("the set is changed");
        control_plane.log().clear();
    };

    outside(|rules| rules[0]["set_med"] = json!(5));
    workspace.apply().await;
    let sent = control_plane.log().of(UPDATE_RULE);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, Some(json!({ "set_med": null })));

    outside(|rules| drop(rules.remove(1)));
    workspace.apply().await;
    assert_eq!(
        requests(&control_plane),
        ["create_route_policy_rule 20 \"reject\""]
    );

    outside(|rules| {
        let mut rule = rules[0].clone();
        rule["sequence"] = json!(15);
        rule["uuid"] = json!("60000000-0000-4000-8000-000000000001");
        rules.push(rule);
    });
    workspace.apply().await;
    assert_eq!(requests(&control_plane), ["delete_route_policy_rule"]);
    assert_eq!(existing(&control_plane), [10, 20]);
    assert_eq!(sequences(&workspace), [20, 10]);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn rejected_rule_field_is_reported_on_its_attribute() {
    let control_plane = control_plane().await;
    let problem =
        json!({ "type": "value_error", "loc": ["body", "payload", "action"], "msg": "is not for you" });
    let response = FaultResponse {
        body: json!({ "detail": [problem] }).to_string().into_bytes(),
        ..FaultResponse::json(422)
    };
    control_plane.fault(Fault::new(CREATE_RULE, FaultKind::Respond(response)));
    let workspace = workspace(&control_plane, &configuration("", &[(10, "accept")]));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("is not for you"), "{output}");
    assert!(output.contains("on main.tf line 6"), "{output}");
}

/// The current control plane rejects them, but another version may not.
#[tokio::test]
async fn drift_to_a_duplicate_sequence_deletes_the_second_rule() {
    let (control_plane, workspace) = applied(&configuration("", &[(10, "accept")])).await;
    let uuid = string(&workspace, ADDRESS, "uuid");
    let mut set = json!(control_plane.find(Collection::RoutePolicySets, "it"));
    let mut twin = set["rules"][0].clone();
    twin["uuid"] = json!("60000000-0000-4000-8000-000000000001");
    set["rules"].as_array_mut().expect("rules").push(twin);
    let response = FaultResponse {
        body: set.to_string().into_bytes(),
        ..FaultResponse::json(200)
    };
    let read = "controlplane_api_get_route_policy_set";
    control_plane.fault(Fault::new(read, FaultKind::Respond(response)).times(2));
    assert_eq!(workspace.plan().await.changes(), [format!("{ADDRESS}: update")]);
    control_plane.log().clear();
    workspace.run(&["apply", "-auto-approve"]).await;
    let entries = control_plane.log().changes();
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let expected =
        format!("/api/controlplane/route-policy-sets/{uuid}/rules/60000000-0000-4000-8000-000000000001");
    assert_eq!(paths, [expected], "the second of them is deleted");
    assert_eq!(sequences(&workspace), [10]);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn duplicate_rule_sequence_is_an_error() {
    let control_plane = control_plane().await;
    let workspace = workspace(
        &control_plane,
        &configuration("", &[(10, "accept"), (10, "reject")]),
    );
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("Duplicate rule sequence"), "{output}");
    assert!(output.contains("on main.tf line 9"), "{output}");

    workspace.configure(&configuration("  rules {}", &[(100, "reject")]));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(
        output.contains("Duplicate rule sequence"),
        "the default is 100: {output}"
    );
}

#[tokio::test]
async fn import_has_the_rules_sorted_by_sequence() {
    let (control_plane, workspace) = applied(&configuration("", &[(20, "reject"), (10, "accept")])).await;
    let uuid = string(&workspace, ADDRESS, "uuid");
    workspace.run(&["state", "rm", ADDRESS]).await.succeeds();
    workspace.run(&["import", ADDRESS, &uuid]).await.succeeds();
    assert_eq!(sequences(&workspace), [10, 20]);

    control_plane.log().clear();
    workspace.apply().await;
    assert_eq!(
        requests(&control_plane),
        Vec::<String>::new(),
        "another order sends no request"
    );
    assert_eq!(sequences(&workspace), [20, 10]);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn dynamic_rules_may_be_unknown_in_a_plan() {
    let control_plane = control_plane().await;
    let text = r#"
resource "terraform_data" "later" {
  input = { first = 7, all = [10, 20] }
}
resource "durantic_route_policy_set" "it" {
  name = "it"
  rules {
    sequence = terraform_data.later.output.first
    action   = "reject"
  }
  dynamic "rules" {
    for_each = terraform_data.later.output.all
    content {
      sequence = rules.value
    }
  }
}
"#;
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    assert_eq!(sequences(&workspace), [7, 10, 20]);
    assert_eq!(existing(&control_plane), [7, 10, 20]);
    workspace.plans_empty().await;
    workspace.configure(&text.replace("first = 7, all = [10, 20]", "first = 5, all = [20]"));
    workspace.apply().await;
    assert_eq!(existing(&control_plane), [5, 20]);
    workspace.plans_empty().await;
}
