//! Processes that end in the middle of a request, for every operation: how many objects and runs there are, and that the
//! next apply converges.
//!
//! Each cell breaks off once the control plane has carried the request out, and before its answer arrives.

use std::time::Duration;

use acceptance::processes::{finish, group, kill_terraform, providers, start};
use acceptance::requests::With;
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind};
use nix::sys::signal::{Signal, kill};
use tokio::process::Child;

use super::{MACHINE, workspace};

/// How it breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Interrupt,
    TwoInterrupts,
    KillProvider,
    KillTerraform,
}

use How::{Interrupt, KillProvider, KillTerraform, TwoInterrupts};
use With::{Create, Delete, Poll, Read, Start, Update};

const EVERY_HOW: [How; 4] = [Interrupt, TwoInterrupts, KillProvider, KillTerraform];

#[tokio::test(flavor = "multi_thread")]
async fn in_a_create_the_object_is_found_again() {
    play(Create).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_read_nothing_is_lost() {
    play(Read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_update_the_next_plan_sees_what_was_done() {
    play(Update).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_delete_the_object_is_gone() {
    play(Delete).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_start_the_run_is_waited_for() {
    play(Start).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_poll_the_run_is_waited_for() {
    play(Poll).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_taken_over_with_the_rules_that_it_has() {
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
    break_off(KillProvider, &workspace, apply).await;

    let said = workspace.apply().await.said();
    assert!(said.contains("Adopted an existing object"), "{said}");
    workspace.plans_empty().await;
    let log = control_plane.log();
    assert_eq!(log.count_processed(rule), 2, "each rule is made once");
    assert_eq!(log.count("controlplane_api_delete_route_policy_set"), 0);
    let rules = workspace.state("durantic_route_policy_set.it")["rules"].clone();
    assert_eq!(
        (&rules[0]["sequence"], &rules[1]["sequence"]),
        (&20.into(), &10.into())
    );
}

async fn play(with: With) {
    for how in EVERY_HOW {
        cell(how, with).await;
    }
}

async fn cell(how: How, with: With) {
    let name = format!("{how:?} in {with:?}");
    let control_plane = ControlPlane::builder()
        .install_time(Duration::from_mins(10))
        .stopped_clock()
        .start()
        .await
        .expect("the control plane starts");
    let workspace = workspace(&control_plane, &configuration(with, "before"));
    if matches!(with, Read | Update | Delete) {
        workspace.apply().await;
    }
    workspace.configure(&configuration(with, "after"));
    let seen = control_plane.log().count(with.operation());
    if with != Poll {
        let late = FaultKind::Delay(Duration::from_mins(10));
        control_plane.fault(Fault::new(with.operation(), late).times(1));
    }

    let command = if with == Delete { "destroy" } else { "apply" };
    let apply = start(&workspace, &[command, "-auto-approve"]);
    control_plane.log().wait_for(with.operation(), seen + 1).await;
    break_off(how, &workspace, apply).await;

    let objects = || match with {
        Start | Poll => control_plane.runs().len(),
        _ => control_plane.objects(Collection::Variables).len(),
    };
    assert_eq!(objects(), usize::from(with != Delete), "{name}");

    let apply = start(&workspace, &[command, "-auto-approve"]);
    if matches!(with, Start | Poll) {
        // The run ends once the next apply looks for it.
        let log = control_plane.log();
        let (polls, starts) = (log.count(Poll.operation()) + 1, log.count(Start.operation()) + 1);
        tokio::select! {
            () = log.wait_for(Poll.operation(), polls) => {}
            () = log.wait_for(Start.operation(), starts) => {}
        }
        control_plane.advance(Duration::from_mins(20));
    }
    let (status, said) = finish(apply).await;
    assert_eq!(status, Some(0), "{name}: {said}");
    if with != Delete {
        workspace.plans_empty().await;
    }
    assert_eq!(objects(), usize::from(with != Delete), "{name}: in the end");
    assert_eq!(control_plane.violations(), Vec::<String>::new(), "{name}");
}

async fn break_off(how: How, workspace: &Workspace, apply: Child) {
    let signal = |pid, signal| kill(pid, signal).expect("a signal is sent");
    match how {
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

fn configuration(with: With, value: &str) -> String {
    match with {
        Start | Poll => format!(
            "resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
             role_names = [\"base\"]\n}}\n"
        ),
        // Terraform does not tell a provider of an interrupt while it refreshes, so a read ends when its time is over.
        _ => format!(
            "provider \"durantic\" {{\n  request_timeout = \"2s\"\n}}\n\
             resource \"durantic_variable\" \"it\" {{\n  name = \"GREETING\"\n  value = \"{value}\"\n}}\n"
        ),
    }
}
