//! Processes that end during a request, for every operation: checks the number of objects and runs, and that the next apply
//! converges. An object whose create was aborted must be imported first.
//!
//! Each process ends after the control plane has performed the request, and before the response arrives.

use std::time::Duration;

use acceptance::processes::{finish, group, kill_terraform, providers, start};
use acceptance::requests::RequestKind;
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind};
use nix::sys::signal::{Signal, kill};
use tokio::process::Child;

use super::{MACHINE, workspace};

/// The way in which the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Abort {
    Interrupt,
    TwoInterrupts,
    KillProvider,
    KillTerraform,
}

use Abort::{Interrupt, KillProvider, KillTerraform, TwoInterrupts};
use RequestKind::{Create, Delete, Poll, Read, Start, Update};

const EVERY_ABORT: [Abort; 4] = [Interrupt, TwoInterrupts, KillProvider, KillTerraform];

#[tokio::test(flavor = "multi_thread")]
async fn aborted_create_reports_its_object_for_import() {
    check_every_abort(Create).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aborted_read_loses_nothing() {
    check_every_abort(Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aborted_update_is_detected_by_the_next_plan() {
    check_every_abort(Update).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aborted_delete_has_deleted_the_object() {
    check_every_abort(Delete).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aborted_start_waits_for_its_run() {
    check_every_abort(Start).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aborted_poll_waits_for_its_run() {
    check_every_abort(Poll).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aborted_create_of_a_policy_set_keeps_its_rules() {
    let rule = "controlplane_api_create_route_policy_rule";
    let control_plane = ControlPlane::builder()
        .start()
        .await
        .expect("the control plane starts");
    let text = "resource \"durantic_route_policy_set\" \"it\" {\n  name = \"edge\"\n  rules {\n    sequence = 20\n  }\n  \
                rules {\n    sequence = 10\n  }\n}\n";
    let workspace = workspace(&control_plane, text);
    let late = FaultKind::Delay(Duration::from_mins(10));
    control_plane.fault(Fault::new(rule, late).times(1));
    let apply = start(&workspace, &["apply", "-auto-approve"]);
    control_plane.log().wait_for(rule, 1).await;
    abort(KillProvider, &workspace, apply).await;

    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    import_as_reported(&control_plane, &workspace, Collection::RoutePolicySets, &output).await;
    workspace.apply().await;
    workspace.plans_empty().await;
    let log = control_plane.log();
    assert_eq!(log.count_processed(rule), 2, "each rule is created once");
    assert_eq!(log.count("controlplane_api_delete_route_policy_set"), 0);
    let rules = workspace.state("durantic_route_policy_set.it")["rules"].clone();
    assert_eq!(
        (&rules[0]["sequence"], &rules[1]["sequence"]),
        (&20.into(), &10.into())
    );
}

/// Runs the import command of an error about the only object of a collection.
async fn import_as_reported(
    control_plane: &ControlPlane,
    workspace: &Workspace,
    collection: Collection,
    output: &str,
) {
    let objects = control_plane.objects(collection);
    assert_eq!(objects.len(), 1);
    let uuid = objects[0]["uuid"].as_str().expect("a uuid");
    let command = format!("terraform import ADDRESS {uuid}");
    assert!(output.contains(&command), "{output}");
    let address = match collection {
        Collection::Variables => "durantic_variable.it",
        _ => "durantic_route_policy_set.it",
    };
    workspace.run(&["import", address, uuid]).await.succeeds();
}

async fn check_every_abort(request: RequestKind) {
    for abort_by in EVERY_ABORT {
        check_abort(abort_by, request).await;
    }
}

async fn check_abort(abort_by: Abort, request: RequestKind) {
    let name = format!("{abort_by:?} in {request:?}");
    let control_plane = ControlPlane::builder()
        .install_time(Duration::from_mins(10))
        .stopped_clock()
        .start()
        .await
        .expect("the control plane starts");
    let workspace = workspace(&control_plane, &configuration(request, "before"));
    if matches!(request, Read | Update | Delete) {
        workspace.apply().await;
    }
    workspace.configure(&configuration(request, "after"));
    let seen = control_plane.log().count(request.operation());
    if request != Poll {
        let late = FaultKind::Delay(Duration::from_mins(10));
        control_plane.fault(Fault::new(request.operation(), late).times(1));
    }

    let command = if request == Delete { "destroy" } else { "apply" };
    let apply = start(&workspace, &[command, "-auto-approve"]);
    control_plane.log().wait_for(request.operation(), seen + 1).await;
    abort(abort_by, &workspace, apply).await;

    let objects = || match request {
        Start | Poll => control_plane.runs().len(),
        _ => control_plane.objects(Collection::Variables).len(),
    };
    assert_eq!(objects(), usize::from(request != Delete), "{name}");

    let apply = start(&workspace, &[command, "-auto-approve"]);
    if matches!(request, Start | Poll) {
        // The run ends once the next apply polls it or sends a start.
        let log = control_plane.log();
        let (polls, starts) = (log.count(Poll.operation()) + 1, log.count(Start.operation()) + 1);
        tokio::select! {
            () = log.wait_for(Poll.operation(), polls) => {}
            () = log.wait_for(Start.operation(), starts) => {}
        }
        control_plane.advance(Duration::from_mins(20));
    }
    let (status, output) = finish(apply).await;
    if request == Create {
        assert_eq!(status, Some(1), "{name}: {output}");
        import_as_reported(&control_plane, &workspace, Collection::Variables, &output).await;
        workspace.apply().await;
    } else {
        assert_eq!(status, Some(0), "{name}: {output}");
    }
    if request != Delete {
        workspace.plans_empty().await;
    }
    assert_eq!(
        objects(),
        usize::from(request != Delete),
        "{name}: after the next apply"
    );
    assert_eq!(control_plane.violations(), Vec::<String>::new(), "{name}");
}

async fn abort(abort_by: Abort, workspace: &Workspace, apply: Child) {
    let signal = |pid, signal| kill(pid, signal).expect("a signal is sent");
    match abort_by {
        Interrupt => signal(group(&apply), Signal::SIGINT),
        TwoInterrupts => {
            signal(group(&apply), Signal::SIGINT);
            signal(group(&apply), Signal::SIGINT);
        }
        KillProvider => {
            for provider in providers(apply.id().expect("terraform runs")) {
                signal(provider, Signal::SIGKILL);
            }
        }
        KillTerraform => return kill_terraform(workspace, apply).await,
    }
    finish(apply).await;
}

fn configuration(request: RequestKind, value: &str) -> String {
    match request {
        Start | Poll => format!(
            "resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
             role_names = [\"base\"]\n}}\n"
        ),
        // During a refresh, Terraform does not forward an interrupt to the provider, so a read ends at its timeout.
        _ => format!(
            "provider \"durantic\" {{\n  request_timeout = \"2s\"\n}}\n\
             resource \"durantic_variable\" \"it\" {{\n  name = \"GREETING\"\n  value = \"{value}\"\n}}\n"
        ),
    }
}
