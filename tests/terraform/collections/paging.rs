//! Lists in pages, in each style that APIs have: every object is read, and changes outside of Terraform are seen on each page.

use std::time::Duration;

use acceptance::samples;
use harness::control_plane::{
    Builder, Collection, ControlPlane, Object, PageStyle, Paging, UnknownParameters, sample_uuid,
};
use serde_json::{Value as Json, json};

use super::{LIST_MACHINES, LIST_VARIABLES, Requests, adopted, lookups, requests_of_empty_plan, variables};
use crate::{quick, workspace};

/// The number of objects in each list.
const OBJECTS: u32 = 5;

/// The number of objects on a page: two pages have them all.
const SIZE: usize = 3;

const LATE: &str = "0c000000-0000-4000-8000-000000000001";

/// A lookup of a machine that does not exist yet.
const LOOKUP: &str = "data \"durantic_machine\" \"late\" {\n  hostname = \"late\"\n}\n";

/// How the pages of a list are described, and how the requests for them are treated.
#[derive(Clone, Copy, Debug)]
enum Api {
    Documented,
    /// Its links lead to a server that does not exist.
    Elsewhere,
    Undocumented,
}

fn paged(style: PageStyle, api: Api) -> Builder {
    let paging = Paging::new(style, SIZE);
    let (paging, unknown) = match api {
        Api::Documented => (paging, UnknownParameters::Ignored),
        Api::Elsewhere => (
            paging.undocumented().links_at("http://127.0.0.1:9/internal"),
            UnknownParameters::Ignored,
        ),
        Api::Undocumented => (paging.undocumented(), UnknownParameters::Unprocessable),
    };
    quick()
        .machines(OBJECTS)
        .paging(paging)
        .unknown_parameters(unknown)
}

/// Plans without changes, which takes these requests for lists and objects, and after changes outside of Terraform.
async fn plans_see_every_page(style: PageStyle, api: Api, lists: usize, objects: usize) {
    let (control_plane, workspace) = variables(paged(style, api), OBJECTS).await;
    workspace.write("lookup.tf", LOOKUP);
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    assert_eq!(
        requests.lists[LIST_VARIABLES], lists,
        "{style:?} {api:?}: {requests:?}"
    );
    assert!(requests.has_objects(objects), "{style:?} {api:?}: {requests:?}");
    assert!(requests.objects() >= objects, "{style:?} {api:?}: {requests:?}");

    change_outside(&control_plane);
    let output = "output \"late\" {\n  value = data.durantic_machine.late.uuid\n}\n";
    workspace.write("lookup.tf", &format!("{LOOKUP}{output}"));
    let plan = workspace.plan().await;
    let expected = [
        "durantic_variable.sample[0]: create",
        "durantic_variable.sample[4]: update",
    ];
    assert_eq!(plan.changes(), expected, "{style:?} {api:?}");
    let found = &plan.0["planned_values"]["outputs"]["late"]["value"];
    // Nothing shows that the list has a second page.
    let is_visible = objects == 0;
    assert_eq!(
        *found,
        if is_visible { json!(LATE) } else { Json::Null },
        "{style:?} {api:?}"
    );
}

/// Deletes the first variable, changes the last one, and enrolls a machine.
fn change_outside(control_plane: &ControlPlane) {
    let uuid = |number| sample_uuid(Collection::Variables, number);
    let deleted = control_plane.delete(Collection::Variables, &uuid(1));
    deleted.expect("the variable is deleted");
    let change = |variable: &mut Object| {
        variable.insert("value".to_owned(), json!("changed"));
    };
    let changed = control_plane.update(Collection::Variables, &uuid(OBJECTS), change);
    changed.expect("the variable is changed");
    let Json::Object(machine) = json!({ "uuid": LATE, "hostname": "late" }) else {
        return;
    };
    let enrolled = control_plane.create(Collection::Machines, machine);
    enrolled.expect("the machine is enrolled");
    // Objects that are older than a minute are gone at the first 404.
    control_plane.advance(Duration::from_mins(2));
}

macro_rules! styles {
    ($($name:ident: $style:ident, $api:ident, $lists:literal, $objects:literal;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                plans_see_every_page(PageStyle::$style, Api::$api, $lists, $objects).await;
            }
        )*
    };
}

// The requests for lists are the pages, and one for each parameter that did not select the second page. The requests for objects are
// for those that no page has.
styles! {
    link: Link, Documented, 2, 0;
    link_undocumented: Link, Undocumented, 2, 0;
    link_elsewhere: Link, Elsewhere, 2, 0;
    offset: Offset, Documented, 2, 0;
    offset_undocumented: Offset, Undocumented, 1, 2;
    items_offset: ItemsOffset, Documented, 2, 0;
    items_offset_undocumented: ItemsOffset, Undocumented, 2, 0;
    items_page: ItemsPage, Documented, 2, 0;
    items_page_undocumented: ItemsPage, Undocumented, 3, 0;
    items_page_ignores_parameters: ItemsPage, Elsewhere, 3, 0;
    results_page: ResultsPage, Documented, 2, 0;
    results_page_undocumented: ResultsPage, Undocumented, 2, 0;
    results_page_elsewhere: ResultsPage, Elsewhere, 2, 0;
    results_cursor: ResultsCursor, Documented, 2, 0;
    results_cursor_undocumented: ResultsCursor, Undocumented, 2, 0;
    results_cursor_elsewhere: ResultsCursor, Elsewhere, 2, 0;
}

#[tokio::test]
async fn lookups_read_all_pages() {
    for (style, trials) in [
        (PageStyle::Link, 0),
        (PageStyle::ItemsPage, 1),
        (PageStyle::ResultsCursor, 0),
    ] {
        let builder = quick().machines(40).paging(Paging::new(style, 7).undocumented());
        let control_plane = builder.start().await.expect("the control plane starts");
        let workspace = workspace(&control_plane, &lookups(40));
        let requests = requests_of_empty_plan(&control_plane, &workspace).await;
        assert_eq!(
            requests.lists[LIST_MACHINES],
            6 + trials,
            "{style:?}: {requests:?}"
        );
    }
}

/// The lists of all resources have the same parameter.
#[tokio::test]
async fn lists_of_all_resources_have_pages() {
    let objects = 9 * OBJECTS;
    let paging = Paging::new(PageStyle::ItemsPage, SIZE).undocumented();
    let (control_plane, workspace) = adopted(quick().paging(paging), objects).await;
    assert_eq!(samples::counts(objects).len(), 9);
    let workspace = workspace.with("TF_CLI_ARGS_plan", "-parallelism=45");
    let requests = requests_of_empty_plan(&control_plane, &workspace).await;
    assert_eq!(requests.lists.len(), 9, "{requests:?}");
    assert!(requests.has_objects(0), "{requests:?}");
    // Two pages for each, and one more for those that begin before the parameter is known.
    assert!((19..=27).contains(&requests.lists()), "{requests:?}");
}

/// A list is read only if it takes fewer requests than the objects.
#[tokio::test]
async fn list_of_many_pages_is_not_worth_two_reads() {
    let builder = quick().paging(Paging::new(PageStyle::ItemsOffset, 2));
    let (control_plane, workspace) = variables(builder, 40).await;
    workspace.configure(&samples::configuration_of(Collection::Variables, 3));
    let run = workspace.run(&[
        "plan",
        "-target=durantic_variable.sample[0]",
        "-target=durantic_variable.sample[1]",
    ]);
    run.await.succeeds();
    let requests = Requests::take(&control_plane);
    assert_eq!((requests.lists(), requests.objects()), (1, 2), "{requests:?}");
}
