//! The rules of a policy set: values that the control plane normalises, and many rules in one set.

use std::time::Instant;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use serde_json::{Value as Json, json};

use super::{rewrite, started, workspace};

const UPDATE_RULE: &str = "controlplane_api_update_route_policy_rule";
const CREATE_RULE: &str = "controlplane_api_create_route_policy_rule";

/// The operations whose response has a rule or a set with its rules.
const RETURNING: [&str; 5] = [
    CREATE_RULE,
    UPDATE_RULE,
    "controlplane_api_get_route_policy_set",
    "controlplane_api_list_route_policy_sets",
    "controlplane_api_update_route_policy_set",
];

/// A change of a rule in a response.
type Change = fn(&mut Json);

fn set(rules: &str) -> String {
    format!("resource \"durantic_route_policy_set\" \"it\" {{\n  name = \"set\"\n{rules}}}\n")
}

fn rule(sequence: usize, arguments: &str) -> String {
    format!("  rules {{\n    sequence = {sequence}\n    action = \"reject\"\n    {arguments}\n  }}\n")
}

/// Lets the control plane return the rule 10 otherwise than it was written.
fn normalise(control_plane: &ControlPlane, change: Change) {
    for operation in RETURNING {
        control_plane.fault(rewrite(operation, move |body| each_rule(body, change)));
    }
}

fn each_rule(body: &mut Json, change: Change) {
    if let Some(items) = body.as_array_mut() {
        for item in items {
            each_rule(item, change);
        }
    } else if let Some(rules) = body.get_mut("rules") {
        each_rule(rules, change);
    } else if body.get("sequence") == Some(&json!(10)) {
        change(body);
    }
}

fn lower(value: &mut Json) {
    *value = json!(value.as_str().unwrap_or_default().to_lowercase());
}

/// Arguments of a rule, and how a control plane normalises the rule.
const NORMALISED: [(&str, Change); 7] = [
    ("description = \" spaced \"", |rule| {
        rule["description"] = json!(rule["description"].as_str().unwrap_or_default().trim());
    }),
    (
        "match_type = \"prefix_list\"\n    match_prefixes = [\"2001:DB8::/32\"]",
        |rule| {
            let prefixes = rule["match_prefixes"].as_array_mut();
            prefixes.into_iter().flatten().for_each(lower);
        },
    ),
    (
        "match_type = \"prefix_list\"\n    match_prefixes = [\"10.1.2.3/8\"]",
        |rule| rule["match_prefixes"] = json!(["10.0.0.0/8"]),
    ),
    (
        "match_type = \"community\"\n    match_communities = [\"65000:0100\"]",
        |rule| rule["match_communities"] = json!(["65000:100"]),
    ),
    ("set_communities = [\"65000:2\", \"65000:1\"]", |rule| {
        rule["set_communities"] = json!(["65000:1", "65000:2"]);
    }),
    // A rule that rejects sets nothing.
    ("set_med = 5", |rule| rule["set_med"] = Json::Null),
    ("set_local_pref = 5000", |rule| {
        rule["set_local_pref"] = json!(4095);
    }),
];

#[tokio::test]
async fn normalised_values_of_rules_are_no_perpetual_change() {
    for (arguments, change) in NORMALISED {
        let control_plane = started(|builder| builder).await;
        normalise(&control_plane, change);
        let workspace = workspace(&control_plane, &set(&(rule(10, arguments) + &rule(20, ""))));
        // The provider may refuse a value that is not canonical, before anything is sent.
        if workspace.run(&["validate"]).await.status != Some(0) {
            continue;
        }
        workspace.apply().await;
        workspace.plans_empty().await;
        workspace.apply().await;
        assert_eq!(control_plane.log().count(UPDATE_RULE), 0, "{arguments}");

        // A change of another rule, and of this one.
        workspace.configure(&set(&(rule(10, arguments) + &rule(20, "enabled = false"))));
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(control_plane.log().count(UPDATE_RULE), 1, "{arguments}");
        workspace.configure(&set(
            &(rule(10, &format!("{arguments}\n    enabled = false")) + &rule(20, ""))
        ));
        workspace.apply().await;
        workspace.plans_empty().await;
    }
}

/// Another client changes a rule whose value was normalised: that is drift.
#[tokio::test]
async fn drift_of_a_normalised_rule_is_planned() {
    let control_plane = started(|builder| builder).await;
    let (arguments, change) = NORMALISED[0];
    normalise(&control_plane, change);
    let workspace = workspace(&control_plane, &set(&rule(10, arguments)));
    workspace.apply().await;
    let uuid = super::string(&workspace, "durantic_route_policy_set.it", "uuid");
    let changed = control_plane.update(Collection::RoutePolicySets, &uuid, |set| {
        set["rules"][0]["description"] = json!("outside");
    });
    changed.expect("it is changed");
    assert_eq!(
        workspace.plan().await.changes(),
        ["durantic_route_policy_set.it: update"]
    );
}

/// A configuration that a normalised value equals from now on has no difference either.
#[tokio::test]
async fn configuration_may_adopt_the_normalised_value() {
    let control_plane = started(|builder| builder).await;
    let (arguments, change) = NORMALISED[0];
    normalise(&control_plane, change);
    let workspace = workspace(&control_plane, &set(&rule(10, arguments)));
    workspace.apply().await;
    workspace.configure(&set(&rule(10, "description = \"spaced\"")));
    workspace.apply().await;
    workspace.plans_empty().await;
}

/// Applies a set with this many rules, and returns the workspace and the seconds.
async fn applied(control_plane: &ControlPlane, count: usize) -> (Workspace, f64) {
    let rules: String = (1..=count).map(|number| rule(number, "")).collect();
    let workspace = workspace(control_plane, &set(&rules));
    let started = Instant::now();
    workspace.apply().await;
    (workspace, started.elapsed().as_secs_f64())
}

/// The seconds are printed, not asserted: they depend on the machine.
#[tokio::test]
async fn many_rules_take_one_request_each() {
    let mut seconds = Vec::new();
    for count in [200, 800] {
        let control_plane = started(|builder| builder).await;
        let (workspace, taken) = applied(&control_plane, count).await;
        seconds.push((count, taken));
        assert_eq!(control_plane.log().changes().len(), count + 1);
        let stored = control_plane.find(Collection::RoutePolicySets, "set");
        let stored = stored.expect("the set exists");
        assert_eq!(stored["rules"].as_array().map(Vec::len), Some(count));
        workspace.plans_empty().await;

        let rules: String = (1..=count)
            .map(|number| rule(number, "enabled = false"))
            .collect();
        workspace.configure(&set(&rules));
        workspace.apply().await;
        assert_eq!(control_plane.log().count(UPDATE_RULE), count);
    }
    println!("seconds for each number of rules: {seconds:?}");
}
