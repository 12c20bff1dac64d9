//! Lists that fail, or whose items lack a field: objects are read one by one.

use std::time::Duration;

use harness::control_plane::{Fault, FaultKind, Shape};

use super::{GET_VARIABLE, LIST_MACHINES, LIST_VARIABLES, lookups, requests_of_empty_plan, variables};
use crate::{quick, workspace};

/// A provider block without retries and with a short timeout.
const IMPATIENT: &str = "provider \"durantic\" {\n  max_retries     = 0\n  request_timeout = \"2s\"\n}\n";

/// The ways in which a list fails.
fn faults(operation: &str) -> [Fault; 4] {
    [
        Fault::status(operation, 403),
        Fault::status(operation, 500),
        Fault::new(operation, FaultKind::Delay(Duration::from_mins(10))),
        Fault::new(operation, FaultKind::Garbage),
    ]
}

#[tokio::test]
async fn failed_list_is_replaced_by_requests_for_objects() {
    let (control_plane, workspace) = variables(quick(), 8).await;
    workspace.write("provider.tf", IMPATIENT);
    for fault in faults(LIST_VARIABLES) {
        let described = format!("{fault:?}");
        control_plane.fault(fault);
        let requests = requests_of_empty_plan(&control_plane, &workspace).await;
        assert_eq!(
            requests.objects.get(GET_VARIABLE),
            Some(&8),
            "{described}: {requests:?}"
        );
        // One that hangs has no entry in the log yet.
        assert!(requests.lists() <= 1, "{described}: {requests:?}");
        control_plane.clear_faults();
    }
}

#[tokio::test]
async fn failed_list_is_an_error_of_a_lookup() {
    let control_plane = quick().start().await.expect("the control plane starts");
    let workspace = workspace(&control_plane, &lookups(3));
    workspace.write("provider.tf", IMPATIENT);
    for (fault, expected) in
        faults(LIST_MACHINES)
            .into_iter()
            .zip(["403", "500", "did not respond within", "JSON"])
    {
        control_plane.fault(fault);
        let output = workspace.run(&["plan"]).await.fails();
        assert!(output.contains("Error: "), "{output}");
        assert!(output.contains(expected), "{expected}: {output}");
        control_plane.clear_faults();
    }
    workspace.plans_empty().await;
}

#[tokio::test]
async fn list_without_a_field_is_replaced_by_requests_for_objects() {
    let (control_plane, workspace) = variables(quick(), 8).await;
    for field in ["description", "value", "updated_at", "uuid"] {
        let without = Shape::Without(vec![field.to_owned()]);
        control_plane.fault(Fault::shaped(LIST_VARIABLES, without));
        let requests = requests_of_empty_plan(&control_plane, &workspace).await;
        assert_eq!(requests.lists(), 1, "{field}: {requests:?}");
        assert_eq!(requests.objects(), 8, "{field}: {requests:?}");
        control_plane.clear_faults();
    }
}

/// The items have other values than the objects: the plan shows the objects.
#[tokio::test]
async fn list_with_other_values_is_replaced_by_requests_for_objects() {
    let (control_plane, workspace) = variables(quick(), 8).await;
    let null = Shape::Null(vec!["description".to_owned(), "value".to_owned()]);
    control_plane.fault(Fault::shaped(LIST_VARIABLES, null));
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    assert_eq!((requests.lists(), requests.objects()), (1, 8), "{requests:?}");
}
