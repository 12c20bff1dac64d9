//! The control plane's own clock: the `Date` of its responses, and the order of its timestamps.

use std::time::Duration;

use harness::control_plane::{ControlPlane, Fault, machine_uuid};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::client::{Client, uuid};

const LIST: &str = "controlplane_api_list_machine_roles";

/// A control plane with a stopped clock that differs from that of this machine by this time.
async fn shifted(hours: i64) -> (ControlPlane, Client) {
    let builder = ControlPlane::builder().stopped_clock();
    let builder = builder.clock_shift(SignedDuration::from_hours(hours));
    let control_plane = builder.start().await.unwrap();
    let client = Client::new(&control_plane);
    (control_plane, client)
}

fn date(response: &reqwest::Response) -> Timestamp {
    let date = response.headers()["date"].to_str().unwrap();
    DateTimeParser::new().parse_timestamp(date).unwrap()
}

fn moment(object: &Value, field: &str) -> Timestamp {
    object[field].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_response_has_the_date_of_the_shifted_clock() {
    for hours in [-7, 7] {
        let (control_plane, client) = shifted(hours).await;
        let expected = Timestamp::now() + SignedDuration::from_hours(hours);
        for fault in [None, Some(Fault::html(LIST, 404)), Some(Fault::status(LIST, 503))] {
            control_plane.clear_faults();
            if let Some(fault) = fault {
                control_plane.fault(fault);
            }
            let difference = date(&client.send(LIST, &[], None).await.unwrap()).duration_since(expected);
            assert!(difference.abs() < SignedDuration::from_mins(5), "{difference}");
        }
        let role = client
            .ok(
                "controlplane_api_create_machine_role",
                &[],
                Some(json!({ "name": "a" })),
            )
            .await;
        let difference = moment(&role, "created_at").duration_since(expected);
        assert!(difference.abs() < SignedDuration::from_mins(5), "{difference}");
    }
}

#[tokio::test]
async fn date_moves_with_the_clock() {
    let (control_plane, client) = shifted(0).await;
    let before = date(&client.send(LIST, &[], None).await.unwrap());
    control_plane.advance(Duration::from_mins(3));
    let after = date(&client.send(LIST, &[], None).await.unwrap());
    assert_eq!(after.duration_since(before), SignedDuration::from_mins(3));
}

#[tokio::test]
async fn timestamps_show_whether_a_run_started_after_a_role_changed() {
    let (control_plane, client) = shifted(0).await;
    let role = json!({ "name": "a" });
    let role = client
        .ok("controlplane_api_create_machine_role", &[], Some(role))
        .await;
    let run = control_plane.start_run(&machine_uuid(1)).unwrap();
    let get = "provisioning_api_get_machine_provision";
    let run = client.ok(get, &[&machine_uuid(1), &run], None).await;
    assert!(
        moment(&role, "updated_at") < moment(&run, "created_at"),
        "{role} {run}"
    );

    let template = json!({ "template_data": "#cloud-config\n" });
    let update = "controlplane_api_update_machine_role";
    let changed = client.ok(update, &[uuid(&role)], Some(template.clone())).await;
    assert!(
        moment(&run, "created_at") < moment(&changed, "updated_at"),
        "{run} {changed}"
    );
    let unchanged = client.ok(update, &[uuid(&role)], Some(template)).await;
    assert_eq!(unchanged["updated_at"], changed["updated_at"]);
}
