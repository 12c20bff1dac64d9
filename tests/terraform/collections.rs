//! One list answers the refreshes of all objects of a resource, and the lookups of a data source: how many requests that takes, and that
//! a plan shows the same as with a request for each object.

mod changes;
mod failures;
mod paging;

use std::collections::BTreeMap;

use acceptance::samples;
use acceptance::terraform::Workspace;
use harness::control_plane::{Builder, Collection, ControlPlane, DOCUMENT_OPERATION, SAMPLE_COLLECTIONS};

use super::{quick, workspace};

const LIST_VARIABLES: &str = "controlplane_api_list_account_variables";
const GET_VARIABLE: &str = "controlplane_api_get_account_variable";
const LIST_MACHINES: &str = "provisioning_api_list_machines";

/// A control plane with this many sample objects, and a workspace whose state has them.
async fn adopted(builder: Builder, objects: u32) -> (ControlPlane, Workspace) {
    let control_plane = builder.objects(objects).start().await;
    let control_plane = control_plane.expect("the control plane starts");
    let workspace = workspace(&control_plane, &samples::configuration(objects));
    samples::adopt(&workspace, objects).await;
    control_plane.log().clear();
    (control_plane, workspace)
}

/// A control plane with this many variables as the only managed objects, and a workspace whose state has them.
async fn variables(builder: Builder, count: u32) -> (ControlPlane, Workspace) {
    let objects = count * u32::try_from(SAMPLE_COLLECTIONS.len()).expect("there are nine");
    let control_plane = builder.objects(objects).start().await;
    let control_plane = control_plane.expect("the control plane starts");
    let workspace = workspace(
        &control_plane,
        &samples::configuration_of(Collection::Variables, count),
    );
    samples::adopt_of(&workspace, Collection::Variables, count).await;
    control_plane.log().clear();
    (control_plane, workspace)
}

/// The requests since the log was cleared.
#[derive(Debug, Default, PartialEq, Eq)]
struct Requests {
    /// The number of requests for each list.
    lists: BTreeMap<String, usize>,
    /// The number of requests for one object, by operation.
    objects: BTreeMap<String, usize>,
    documents: usize,
}

impl Requests {
    /// Takes them from the log.
    fn take(control_plane: &ControlPlane) -> Self {
        let mut requests = Self::default();
        for entry in control_plane.log().all() {
            let operation = entry.operation;
            assert_eq!(entry.method.as_str(), "GET", "{operation}");
            if operation == DOCUMENT_OPERATION {
                requests.documents += 1;
            } else if operation.contains("_api_list_") {
                *requests.lists.entry(operation).or_default() += 1;
            } else {
                *requests.objects.entry(operation).or_default() += 1;
            }
        }
        control_plane.log().clear();
        requests
    }

    fn lists(&self) -> usize {
        self.lists.values().sum()
    }

    fn objects(&self) -> usize {
        self.objects.values().sum()
    }

    /// Whether each operation has requests for at most this many objects, or for one more: on a busy machine, Terraform may send the
    /// first read long before the others.
    fn has_objects(&self, count: usize) -> bool {
        self.objects.values().all(|requests| *requests <= count + 1)
    }
}

/// Plans, asserts that the plan is empty, and returns the requests.
async fn requests_of_empty_plan(control_plane: &ControlPlane, workspace: &Workspace) -> Requests {
    control_plane.log().clear();
    workspace.plans_empty().await;
    Requests::take(control_plane)
}

/// Lookups of this many machines by host name.
fn lookups(machines: u32) -> String {
    format!(
        "data \"durantic_machine\" \"node\" {{\n  count = {machines}\n  hostname = \"node-${{count.index + 1}}\"\n  \
         not_found_ok = false\n}}\n"
    )
}

#[tokio::test]
async fn refresh_takes_one_list_for_each_resource() {
    let (control_plane, workspace) = adopted(quick(), 90).await;
    // All reads begin at once, so that none of them is the only one.
    let workspace = workspace.with("TF_CLI_ARGS_plan", "-parallelism=90");
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    assert_eq!(requests.lists.len(), 9, "{requests:?}");
    assert_eq!(requests.lists(), 9, "{requests:?}");
    assert!(requests.has_objects(0), "{requests:?}");
    assert_eq!(requests.documents, 1, "{requests:?}");
}

#[tokio::test]
async fn one_read_after_another_takes_one_request_more() {
    let (control_plane, workspace) = adopted(quick(), 45).await;
    let workspace = workspace.with("TF_CLI_ARGS_plan", "-parallelism=1");
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    let highest = |counts: &BTreeMap<String, usize>| counts.values().copied().max();
    assert_eq!(highest(&requests.lists), Some(1), "{requests:?}");
    assert_eq!(highest(&requests.objects), Some(1), "{requests:?}");
    assert_eq!(requests.documents, 1, "{requests:?}");
}

#[tokio::test]
async fn one_object_of_a_resource_takes_no_list() {
    let (control_plane, workspace) = adopted(quick(), 9).await;
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    assert_eq!((requests.lists(), requests.objects()), (0, 9), "{requests:?}");
}

#[tokio::test]
async fn read_by_object_takes_a_request_for_each_object() {
    let (control_plane, workspace) = adopted(quick(), 36).await;
    let block = |read_by: &str| format!("provider \"durantic\" {{\n  read_by = \"{read_by}\"\n}}\n");
    workspace.write("provider.tf", &block("object"));
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    assert_eq!((requests.lists(), requests.objects()), (0, 36), "{requests:?}");

    let workspace = workspace.with("DURANTIC_READ_BY", "object");
    workspace.write("provider.tf", "");
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    assert_eq!((requests.lists(), requests.objects()), (0, 36), "{requests:?}");

    workspace.write("provider.tf", &block("collection"));
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    assert_eq!(
        requests.lists(),
        9,
        "the block overrides the environment: {requests:?}"
    );
}

#[tokio::test]
async fn invalid_read_by_is_an_error_at_the_argument() {
    let (_control_plane, workspace) = variables(quick(), 1).await;
    for value in ["objects", "Object", ""] {
        workspace.write(
            "provider.tf",
            &format!("provider \"durantic\" {{\n  read_by = \"{value}\"\n}}\n"),
        );
        let output = workspace.run(&["plan"]).await.fails();
        assert!(
            output.contains("on provider.tf line 2, in provider \"durantic\""),
            "{value:?}: {output}"
        );
        assert!(output.contains("`read_by` must be one of"), "{value:?}: {output}");
    }
    let workspace = workspace.with("DURANTIC_READ_BY", "objects");
    workspace.write("provider.tf", "");
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("DURANTIC_READ_BY"), "{output}");
}

#[tokio::test]
async fn lookups_take_one_list() {
    let control_plane = quick().machines(100).start().await;
    let control_plane = control_plane.expect("the control plane starts");
    let images = "data \"durantic_image\" \"ubuntu\" {\n  count = 50\n  name = \"Ubuntu 24.04\"\n}\n\
                  data \"durantic_image\" \"debian\" {\n  count = 50\n  name = \"Debian 13\"\n  is_official = count.index % 2 == 0\n}\n";
    let workspace = workspace(&control_plane, &(lookups(100) + images));
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    let expected = [(LIST_MACHINES, 1), ("provisioning_api_list_images", 1)];
    let expected = expected.map(|(operation, count)| (operation.to_owned(), count));
    assert_eq!(requests.lists, BTreeMap::from(expected));
    // The list of machines lacks some of their attributes; an image is read if its list is from before the lookup.
    assert_eq!(
        requests.objects["provisioning_api_get_machine"], 100,
        "{requests:?}"
    );
    assert!(requests.objects() < 200, "{requests:?}");
}

/// In a plan that has refreshed an object, nothing changes between two lookups.
#[tokio::test]
async fn lookups_of_a_plan_share_a_list_also_if_they_find_nothing() {
    let control_plane = quick().start().await.expect("the control plane starts");
    let workspace = workspace(
        &control_plane,
        "resource \"durantic_variable\" \"it\" {\n  name  = \"it\"\n  value = \"it\"\n}\n\
         data \"durantic_machine\" \"new\" {\n  count    = 20\n  hostname = \"${durantic_variable.it.name}-${count.index}\"\n}\n",
    );
    workspace.apply().await;
    control_plane.log().clear();
    let run = workspace.run(&["plan", "-parallelism=1"]).await.succeeds();
    assert!(run.printed().contains("No changes"), "{}", run.printed());
    let requests = Requests::take(&control_plane);
    assert_eq!(requests.lists.get(LIST_MACHINES), Some(&1), "{requests:?}");
}

#[tokio::test]
async fn imported_objects_are_read_one_by_one() {
    let objects = 90;
    let control_plane = quick().objects(objects).start().await;
    let control_plane = control_plane.expect("the control plane starts");
    let workspace = workspace(&control_plane, &samples::configuration(objects));
    workspace.write("imports.tf", &samples::imports(objects));
    let run = workspace.run(&["plan"]).await.succeeds();
    assert!(
        run.printed().contains("Plan: 90 to import, 0 to add"),
        "{}",
        run.printed()
    );
    let requests = Requests::take(&control_plane);
    assert_eq!((requests.lists(), requests.objects()), (0, 90), "{requests:?}");
    // The state that the import has made is refreshed from lists.
    workspace.apply().await;
    workspace.write("imports.tf", "");
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    assert_eq!(requests.lists(), 9, "{requests:?}");
}
