//! The API document is optional: a control plane that does not send it costs little time, and changes nothing else.

use std::time::{Duration, Instant};

use harness::control_plane::{Collection, Dialect, Fault, FaultKind};

use super::{check_lifecycle, count, parsed, started, variable, workspace};

const DOCUMENT: &str = "openapi";
const GET: &str = "controlplane_api_get_account_variable";

/// The time that a hanging document may cost a command. A wait with retries takes at least a minute.
const COST: Duration = Duration::from_secs(5);

fn hangs() -> Fault {
    Fault::new(DOCUMENT, FaultKind::Delay(Duration::from_mins(10)))
}

const COMMANDS: [&[&str]; 4] = [
    &["plan"],
    &["apply", "-auto-approve"],
    &["plan"],
    &["destroy", "-auto-approve"],
];

/// The times of the commands, and the number of requests for the document of each.
async fn measured(faults: Vec<Fault>) -> Vec<(Duration, usize)> {
    let control_plane = started(|builder| builder).await;
    for fault in faults {
        control_plane.fault(fault);
    }
    let workspace = workspace(&control_plane, &variable("a", "1"));
    let mut measured = Vec::new();
    for command in COMMANDS {
        let before = control_plane.log().count(DOCUMENT);
        let started = Instant::now();
        workspace.run(command).await.succeeds();
        measured.push((started.elapsed(), control_plane.log().count(DOCUMENT) - before));
    }
    assert!(control_plane.objects(Collection::Variables).is_empty());
    measured
}

/// The only assertion about seconds here: the issue is that each command takes minutes.
#[tokio::test]
async fn hanging_document_costs_a_command_less_than_five_seconds() {
    let usual = measured(Vec::new()).await;
    let hanging = measured(vec![hangs()]).await;
    for (command, (usual, hanging)) in COMMANDS.iter().zip(usual.iter().zip(&hanging)) {
        assert!(
            hanging.0 < usual.0 + COST,
            "{command:?} takes {hanging:?} instead of {usual:?}"
        );
        assert_eq!(hanging.1, usual.1, "{command:?}: one request for each process");
    }
}

/// A failing document is requested once for each process that needs it.
#[tokio::test]
async fn failing_document_is_requested_once() {
    let expected: Vec<usize> = measured(Vec::new())
        .await
        .iter()
        .map(|command| command.1)
        .collect();
    assert_eq!(expected.iter().max(), Some(&2), "a destroy has two processes");
    for fault in [
        "500",
        "503,html",
        "404,html",
        "404",
        "403",
        "garbage",
        "truncated",
        "reset-before",
        "slow:20s",
    ] {
        let fault = parsed(&format!("{DOCUMENT}={fault}"));
        let name = format!("{fault:?}");
        let measured = measured(vec![fault]).await;
        let requests: Vec<usize> = measured.iter().map(|command| command.1).collect();
        assert_eq!(requests, expected, "{name}");
    }
}

/// Everything works with the declared paths, whatever happens to the document.
#[tokio::test]
async fn everything_works_while_the_document_hangs() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(hangs());
    check_lifecycle(&control_plane, "").await;
}

/// The document arrives during the installation that the first process waits for.
#[tokio::test]
async fn hanging_document_does_not_stall_an_installation() {
    let control_plane = started(|builder| builder.install_time(Duration::from_secs(5))).await;
    control_plane.fault(hangs());
    let text = "resource \"durantic_machine_deployment\" \"it\" {\n  \
                machine_uuid = \"00000000-0000-4000-8000-000000000001\"\n  role_names = [\"base\"]\n}\n";
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    assert!(control_plane.log().count(DOCUMENT) <= 2, "one for each process");
    assert_eq!(control_plane.runs().len(), 1);
}

/// Another dialect has other paths. If the first attempt fails, a 404 of the web server makes the process ask once more.
#[tokio::test]
async fn foreign_404_reads_the_document_once_more() {
    for fault in [
        "500,times:1",
        "reset-before,times:1",
        "garbage,times:1",
        "404,html,times:1",
    ] {
        let control_plane = started(|builder| builder.dialect(Dialect::Other)).await;
        control_plane.fault(parsed(&format!("{DOCUMENT}={fault}")));
        let workspace = workspace(&control_plane, &unchecked("a"));
        workspace.apply().await;
        assert_eq!(count(&control_plane, "a"), 1, "{fault}");
        assert_eq!(control_plane.log().count(DOCUMENT), 2, "{fault}");
        workspace.plans_empty().await;
    }
}

/// The second request has the retries of any other.
#[tokio::test]
async fn second_request_for_the_document_is_repeated() {
    let control_plane = started(|builder| builder.dialect(Dialect::Other)).await;
    control_plane.fault(parsed(&format!("{DOCUMENT}=503,times:3")));
    let workspace = workspace(&control_plane, &unchecked("a"));
    workspace.apply().await;
    assert_eq!(control_plane.log().count(DOCUMENT), 4);
    assert_eq!(count(&control_plane, "a"), 1);
}

/// After a first attempt that hung, a 404 is reported without another wait.
#[tokio::test]
async fn foreign_404_after_a_hanging_document_is_reported() {
    let control_plane = started(|builder| builder.dialect(Dialect::Other)).await;
    control_plane.fault(hangs());
    let workspace = workspace(&control_plane, &unchecked("a"));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(control_plane.log().count(DOCUMENT), 1, "{output}");
    assert!(output.contains("404"), "{output}");
}

/// A 404 of the control plane itself is about the object: it needs no retries of the document.
#[tokio::test]
async fn own_404_is_believed_without_the_retries_of_the_document() {
    let control_plane = started(|builder| builder).await;
    control_plane.fault(parsed(&format!("{DOCUMENT}=500,times:1")));
    let workspace = workspace(&control_plane, &unchecked("a"));
    workspace.apply().await;
    let uuid = super::string(&workspace, "durantic_variable.a", "uuid");
    let deleted = control_plane.delete(Collection::Variables, &uuid);
    deleted.expect("it is deleted");
    control_plane.log().clear();
    control_plane.fault(parsed(&format!("{DOCUMENT}=500,times:1")));
    let changes = workspace.plan().await.changes();
    assert_eq!(changes, ["durantic_variable.a: create"]);
    assert!(control_plane.log().count(DOCUMENT) <= 2);
    assert!(control_plane.log().count(GET) >= 1);
}

/// A variable whose plan sends no request.
fn unchecked(name: &str) -> String {
    super::with_block("skip_preflight = true", &variable(name, "1"))
}
