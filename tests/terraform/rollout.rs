//! Rollouts: how many machines are installed at once, and what a failure, an interrupt or a killed process leaves.
//!
//! The rules are proved in the engine (`rollout/board/table.rs`).

use std::collections::BTreeSet;
use std::time::Duration;

use acceptance::processes::{finish, kill_terraform, start};
use acceptance::terraform::{Run, Workspace};
use harness::control_plane::{Account, Collection, ControlPlane, Fault, Outcome};
use serde_json::Value as Json;

use crate::interruptions::interrupt;
use crate::{machine, workspace};

const START: &str = "provisioning_api_provision_machine";
const POLL: &str = "provisioning_api_get_machine_provision";
const LIST: &str = "provisioning_api_list_machines";

/// The expression for the machines of a group of [`Fleet`].
const MEMBERS: &str = "members = local.uuids";

/// Machines of one group, from the first one on.
struct Fleet {
    machines: u32,
    /// The trigger of a reinstallation.
    version: u32,
    rollout: String,
    /// Further arguments and blocks.
    arguments: &'static str,
}

impl Fleet {
    fn new(machines: u32, settings: &str) -> Self {
        Self {
            machines,
            version: 1,
            rollout: format!("{{ group = \"web\", {settings} }}"),
            arguments: "",
        }
    }

    fn configuration(&self) -> String {
        let Self {
            machines,
            version,
            rollout,
            arguments,
        } = self;
        format!(
            "locals {{\n  uuids = [for number in range(1, {machines} + 1) : format(\"00000000-0000-4000-8000-%012d\", number)]\n}}\n\
             resource \"durantic_machine_deployment\" \"node\" {{\n  count           = {machines}\n  \
             machine_uuid    = local.uuids[count.index]\n  role_names      = [\"base\"]\n  force_provision = \"{version}\"\n  \
             rollout         = {rollout}\n  {arguments}\n}}\n"
        )
    }

    /// An account in which this fleet is installed, and the workspace in which the next version is configured.
    async fn installed(&mut self) -> (ControlPlane, Workspace) {
        let control_plane = account(self.machines, Duration::ZERO).await;
        let rollout = std::mem::replace(&mut self.rollout, "null".to_owned());
        let workspace = workspace(&control_plane, &self.configuration());
        workspace.apply().await;
        self.rollout = rollout;
        self.version += 1;
        workspace.configure(&self.configuration());
        control_plane.set_install_time(Duration::from_millis(500));
        (control_plane, workspace)
    }
}

/// A control plane with so many machines.
async fn account(machines: u32, install_time: Duration) -> ControlPlane {
    let builder = ControlPlane::builder()
        .machines(machines)
        .install_time(install_time);
    builder.start().await.expect("the control plane starts")
}

async fn apply(workspace: &Workspace) -> Run {
    workspace.run(&["apply", "-auto-approve", "-no-color"]).await
}

/// The numbers of the machines of the runs after the first `skipped`, in order.
fn installed(control_plane: &ControlPlane, skipped: usize) -> Vec<u32> {
    let runs = control_plane.runs().into_iter().skip(skipped);
    runs.map(|run| number(&run.machine_uuid)).collect()
}

fn number(uuid: &str) -> u32 {
    let (_, digits) = uuid.rsplit_once('-').expect("a uuid");
    digits.parse().expect("the uuid of a seeded machine")
}

fn set_online(account: &Account, number: u32, is_online: bool) {
    let changed = account.update(Collection::Machines, &machine(number), |machine| {
        machine.insert("is_online".to_owned(), Json::Bool(is_online));
    });
    changed.expect("the machine is there");
}

/// Makes every run fail from the start with this number on. The next one is 1.
fn fail_from(control_plane: &ControlPlane, start: u64, machines: u32) {
    control_plane.before(START, start, move |account| {
        for number in 1..=machines {
            account.script_run(&machine(number), Outcome::Error);
        }
    });
}

/// A deployment in state.
#[derive(Debug)]
struct Instance {
    status: String,
    is_tainted: bool,
}

impl Instance {
    fn is_held(&self) -> bool {
        self.is_tainted && self.status == "held (completed)"
    }

    fn is_sound(&self) -> bool {
        !self.is_tainted && self.status == "completed"
    }
}

/// The deployments in state, in order; deposed ones, too.
fn instances(workspace: &Workspace) -> Vec<Instance> {
    let state: Json = serde_json::from_str(&workspace.state_file()).expect("a state file");
    let resources = state["resources"].as_array().cloned().unwrap_or_default();
    let deployments = resources
        .iter()
        .filter(|resource| resource["type"] == "durantic_machine_deployment");
    let instances = deployments.filter_map(|deployment| deployment["instances"].as_array().cloned());
    instances
        .flatten()
        .map(|instance| Instance {
            status: instance["attributes"]["provision_status"]
                .as_str()
                .unwrap_or("null")
                .to_owned(),
            is_tainted: instance["status"] == "tainted",
        })
        .collect()
}

/// A deployment of each machine of a group, without a `count`.
fn group(name: &str, machines: std::ops::RangeInclusive<u32>, settings: &str) -> String {
    let (first, last) = (machines.start(), machines.end());
    format!(
        "locals {{\n  {name} = [for number in range({first}, {last} + 1) : format(\"00000000-0000-4000-8000-%012d\", number)]\n}}\n\
         resource \"durantic_machine_deployment\" \"{name}\" {{\n  for_each        = toset(local.{name})\n  \
         machine_uuid    = each.key\n  role_names      = [\"base\"]\n  force_provision = var.release\n  \
         rollout         = {{ group = \"{name}\", members = local.{name}, {settings} }}\n}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_machines_in_three_groups_never_exceed_their_limits() {
    let control_plane = account(200, Duration::from_millis(500)).await;
    let groups = [
        ("one", 1..=10, "max_unavailable = 1", 1),
        ("five", 11..=60, "max_unavailable = \"5\"", 5),
        ("share", 61..=200, "max_unavailable = \"25%\"", 35),
    ];
    let configuration = groups.iter().fold(
        "variable \"release\" {\n  default = \"1\"\n}\n".to_owned(),
        |text, (name, machines, settings, _)| text + &group(name, machines.clone(), settings),
    );
    let workspace = workspace(&control_plane, &configuration);
    for (release, runs) in [("1", 200), ("2", 400)] {
        let release = format!("-var=release={release}");
        let arguments = ["apply", "-auto-approve", "-parallelism=200", &release];
        workspace.run(&arguments).await.succeeds();
        assert_eq!(control_plane.runs().len(), runs);
        for (name, machines, _, limit) in &groups {
            let most = control_plane.most_unavailable(|uuid| machines.contains(&number(uuid)));
            assert!((1..=*limit).contains(&most), "{name}: {most} of {limit}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_machines_than_terraform_has_steps_are_replaced() {
    let mut fleet = Fleet::new(30, "max_unavailable = 4");
    let (control_plane, workspace) = fleet.installed().await;
    apply(&workspace).await.succeeds();
    assert_eq!(installed(&control_plane, 30).len(), 30);
    assert_eq!(control_plane.most_unavailable(|_| true), 4);
    workspace.plans_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_within_a_group_is_replaced_in_order() {
    let node = |number: u32, release: u32| {
        let depends = match number {
            1 => String::new(),
            number => format!("depends_on = [durantic_machine_deployment.node_{}]", number - 1),
        };
        format!(
            "resource \"durantic_machine_deployment\" \"node_{number}\" {{\n  machine_uuid = \"{}\"\n  role_names = [\"base\"]\n  \
             force_provision = \"{release}\"\n  rollout = {{ group = \"web\" }}\n  {depends}\n}}\n",
            machine(number)
        )
    };
    let chain = |release: u32| (1..=3).map(|number| node(number, release)).collect::<String>();
    let control_plane = account(3, Duration::from_millis(500)).await;
    let workspace = workspace(&control_plane, &chain(1));
    workspace.apply().await;
    workspace.configure(&chain(2));
    workspace.apply().await;
    assert_eq!(installed(&control_plane, 0), [1, 2, 3, 1, 2, 3]);
    assert_eq!(control_plane.most_unavailable(|_| true), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_stops_the_rest_and_the_next_apply_goes_on() {
    let mut fleet = Fleet::new(6, "max_unavailable = 1");
    let (control_plane, workspace) = fleet.installed().await;
    fail_from(&control_plane, 3, 6);
    let output = apply(&workspace).await.fails();
    let runs = installed(&control_plane, 6);
    assert_eq!(runs.len(), 3, "the third one failed: {output}");
    assert_eq!(output.matches("Error: Rollout stopped").count(), 3, "{output}");
    let failed = runs[2];
    let words = format!("the change of machine deployment \"node-{failed}\" failed, and `max_failures` is 0");
    assert!(output.contains(&words), "{output}");
    let found = instances(&workspace);
    assert_eq!(found.len(), 6, "nothing is lost: {found:?}");
    assert_eq!(
        found.iter().filter(|instance| instance.is_sound()).count(),
        5,
        "{found:?}"
    );

    control_plane.clear_scripts();
    apply(&workspace).await.succeeds();
    let rest = installed(&control_plane, 9);
    assert_eq!(rest[0], failed, "what failed last time goes first");
    let all: BTreeSet<u32> = runs[..2].iter().chain(&rest).copied().collect();
    assert_eq!((rest.len(), all.len()), (4, 6));
    assert_eq!(control_plane.most_unavailable(|_| true), 1);
    workspace.plans_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_after_the_gate_opened_hands_the_rest_back() {
    let mut fleet = Fleet::new(13, "max_unavailable = 1");
    let (control_plane, workspace) = fleet.installed().await;
    fail_from(&control_plane, 2, 13);
    let output = apply(&workspace).await.fails();
    assert_eq!(installed(&control_plane, 13).len(), 2, "{output}");
    assert!(output.contains("terraform untaint ADDRESS"), "{output}");
    let found = instances(&workspace);
    assert_eq!(found.len(), 13, "nothing is lost: {found:?}");
    assert_eq!(
        found.iter().filter(|instance| instance.is_held()).count(),
        11,
        "{found:?}"
    );
    let changes = control_plane.log().changes().len();

    // With the configuration as it was, what was held is as it should be: no protection, no limit and no warning counts it.
    control_plane.clear_scripts();
    fleet.version = 1;
    fleet.arguments = "reinstall_protection = count.index != 12";
    let done = installed(&control_plane, 13);
    let addresses: Vec<String> = (1..=13)
        .filter(|number| !done.contains(number))
        .map(|number| format!("-target=durantic_machine_deployment.node[{}]", number - 1))
        .collect();
    workspace.configure(&fleet.configuration());
    let mut arguments = vec!["apply", "-auto-approve", "-no-color"];
    arguments.extend(addresses.iter().map(String::as_str));
    let applied = workspace.run(&arguments).await.succeeds();
    assert!(
        !applied.printed().contains("reinstalls machines"),
        "{}",
        applied.printed()
    );
    assert_eq!(installed(&control_plane, 15), [0; 0], "nothing was started");
    assert!(control_plane.log().changes().len() >= changes);

    // With the new one, the rollout goes on.
    fleet.version = 2;
    fleet.arguments = "";
    workspace.configure(&fleet.configuration());
    apply(&workspace).await.succeeds();
    assert_eq!(installed(&control_plane, 15).len(), 12);
    assert_eq!(control_plane.most_unavailable(|_| true), 1);
    workspace.plans_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn role_that_cannot_be_changed_loses_nothing_with_create_before_destroy() {
    let configuration = |description: &str| {
        format!(
            "resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n  merge_priority = {description}\n}}\n\
             resource \"durantic_machine_deployment\" \"node\" {{\n  count = 4\n  \
             machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + 1)\n  \
             role_names = [durantic_machine_role.web.name]\n  follow_roles = true\n  rollout = {{ group = \"web\" }}\n  \
             lifecycle {{\n    create_before_destroy = true\n  }}\n}}\n"
        )
    };
    let control_plane = account(4, Duration::ZERO).await;
    let workspace = workspace(&control_plane, &configuration("1"));
    workspace.apply().await;
    workspace.configure(&configuration("2"));
    control_plane.fault(Fault::status("controlplane_api_update_machine_role", 422));
    apply(&workspace).await.fails();
    assert_eq!(
        instances(&workspace)
            .iter()
            .filter(|instance| instance.is_sound())
            .count(),
        4
    );
    assert_eq!(control_plane.runs().len(), 4);

    control_plane.clear_faults();
    apply(&workspace).await.succeeds();
    assert_eq!(control_plane.runs().len(), 8, "the fleet has rolled over");
    workspace.plans_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn create_before_destroy_keeps_the_old_objects() {
    let mut fleet = Fleet::new(13, &format!("max_unavailable = 2, {MEMBERS}"));
    fleet.arguments = "lifecycle {\n    create_before_destroy = true\n  }";
    let (control_plane, workspace) = fleet.installed().await;
    fail_from(&control_plane, 3, 13);
    let output = apply(&workspace).await.fails();
    let runs = installed(&control_plane, 13);
    assert!((3..=4).contains(&runs.len()), "{runs:?}: {output}");
    let found = instances(&workspace);
    let sound = found.iter().filter(|instance| instance.is_sound()).count();
    assert!(sound >= 11, "the rest is current: {found:?}");

    control_plane.clear_scripts();
    apply(&workspace).await.succeeds();
    assert_eq!(control_plane.most_unavailable(|_| true), 2);
    workspace.plans_empty().await;
    assert_eq!(instances(&workspace).len(), 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupt_ends_the_wait_and_loses_nothing() {
    let mut fleet = Fleet::new(4, "max_unavailable = 1");
    let (control_plane, workspace) = fleet.installed().await;
    control_plane.set_install_time(Duration::from_mins(1));
    let polls = control_plane.log().count(POLL);
    let command = start(&workspace, &["apply", "-auto-approve", "-no-color"]);
    control_plane.log().wait_for(POLL, polls + 1).await;
    let output = interrupt(command).await;
    assert_eq!(
        output.matches("Interrupted before its turn").count(),
        3,
        "{output}"
    );
    let found = instances(&workspace);
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(
        found.iter().filter(|instance| instance.is_sound()).count(),
        3,
        "{found:?}"
    );

    control_plane.set_install_time(Duration::from_millis(500));
    control_plane
        .end_run(&control_plane.runs()[4].uuid, Outcome::Completed)
        .expect("a run");
    apply(&workspace).await.succeeds();
    assert_eq!(installed(&control_plane, 4).len(), 4, "no machine twice");
    assert_eq!(control_plane.most_unavailable(|_| true), 1);
    workspace.plans_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_apply_is_continued() {
    for members in [MEMBERS, ""] {
        let mut fleet = Fleet::new(4, &format!("max_unavailable = 1, {members}"));
        let (control_plane, workspace) = fleet.installed().await;
        control_plane.before(START, 2, |account| {
            account.set_install_time(Duration::from_mins(10));
        });
        let command = start(&workspace, &["apply", "-auto-approve", "-no-color"]);
        control_plane.log().wait_for(START, 6).await;
        kill_terraform(&workspace, command).await;

        control_plane.set_install_time(Duration::from_millis(500));
        let again = start(&workspace, &["apply", "-auto-approve", "-no-color"]);
        // The machine whose run is still active goes first, although Terraform creates it without a word of that.
        control_plane.log().wait_for(START, 7).await;
        let run = control_plane.runs()[5].uuid.clone();
        control_plane.end_run(&run, Outcome::Completed).expect("a run");
        let (status, output) = finish(again).await;
        assert_eq!(status, Some(0), "{output}");
        let runs = installed(&control_plane, 4);
        let machines: BTreeSet<u32> = runs.iter().copied().collect();
        assert_eq!(
            (machines.len(), runs.len()),
            (4, 4),
            "{members}: {runs:?} {output}"
        );
        assert_eq!(control_plane.most_unavailable(|_| true), 1);
        workspace.plans_empty().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn machine_that_is_offline_counts_but_does_not_block_its_own_repair() {
    let mut fleet = Fleet::new(4, &format!("max_unavailable = 1, {MEMBERS}"));
    let (control_plane, workspace) = fleet.installed().await;
    set_online(&control_plane, 3, false);
    apply(&workspace).await.succeeds();
    let runs = installed(&control_plane, 4);
    assert_eq!((runs[0], runs.len()), (3, 4), "the others wait for it: {runs:?}");
    assert_eq!(control_plane.most_unavailable(|_| true), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn machine_that_is_offline_is_repaired_although_others_stand_before_it() {
    let mut fleet = Fleet::new(15, &format!("max_unavailable = 1, {MEMBERS}"));
    let (control_plane, workspace) = fleet.installed().await;
    set_online(&control_plane, 9, false);
    let run = workspace
        .run(&["apply", "-auto-approve", "-no-color", "-parallelism=2"])
        .await;
    let runs = installed(&control_plane, 15);
    assert_eq!(runs.first(), Some(&9), "{}", run.printed());
    assert_eq!(instances(&workspace).len(), 15, "nothing is lost");
    fleet.rollout = format!("{{ group = \"web\", max_unavailable = 10, {MEMBERS} }}");
    workspace.configure(&fleet.configuration());
    workspace.apply().await;
    assert_eq!(installed(&control_plane, 15).len(), 15, "no machine twice");
    workspace.plans_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn member_that_does_not_change_counts_while_it_is_offline() {
    let mut fleet = Fleet::new(4, &format!("max_unavailable = 1, {MEMBERS}"));
    let (control_plane, workspace) = fleet.installed().await;
    set_online(&control_plane, 4, false);
    let target = |number: u32| format!("-target=durantic_machine_deployment.node[{}]", number - 1);
    let lists = control_plane.log().count(LIST);
    let arguments = ["apply", "-auto-approve", "-no-color", &target(1), &target(2)];
    let command = start(&workspace, &arguments);
    control_plane.log().wait_for(LIST, lists + 2).await;
    assert_eq!(installed(&control_plane, 4), [0; 0], "both wait");
    set_online(&control_plane, 4, true);
    let (status, output) = finish(command).await;
    assert_eq!(status, Some(0), "{output}");
    let runs: BTreeSet<u32> = installed(&control_plane, 4).into_iter().collect();
    assert_eq!(runs, BTreeSet::from([1, 2]), "only the targets");
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_share_the_places_of_a_group() {
    let control_plane = account(6, Duration::from_millis(500)).await;
    let block = |alias: &str, first: u32| {
        format!(
            "provider \"durantic\" {{\n  alias = \"{alias}\"\n  endpoint = \"{}\"\n  api_token = \"{}\"\n}}\n\
             resource \"durantic_machine_deployment\" \"{alias}\" {{\n  provider = durantic.{alias}\n  count = 3\n  \
             machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + {first})\n  role_names = [\"base\"]\n  \
             rollout = {{ group = \"web\" }}\n}}\n",
            control_plane.endpoint(),
            control_plane.token()
        )
    };
    let workspace = workspace(&control_plane, &(block("one", 1) + &block("two", 4)));
    apply(&workspace).await.succeeds();
    assert_eq!(control_plane.runs().len(), 6);
    assert_eq!(control_plane.most_unavailable(|_| true), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_does_not_wait() {
    let mut fleet = Fleet::new(3, "max_unavailable = 1");
    let (control_plane, workspace) = fleet.installed().await;
    control_plane.set_install_time(Duration::from_mins(10));
    fleet.machines = 2;
    workspace.configure(&fleet.configuration());
    let polls = control_plane.log().count(POLL);
    let command = start(&workspace, &["apply", "-auto-approve", "-no-color"]);
    control_plane.log().wait_for(POLL, polls + 2).await;
    let output = interrupt(command).await;
    assert!(output.contains("node[2]: Destruction complete"), "{output}");
    assert_eq!(instances(&workspace).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_of_the_provider_block_counts_every_group() {
    let control_plane = account(6, Duration::from_millis(500)).await;
    let mut fleet = Fleet::new(6, "");
    fleet.rollout = "count.index < 3 ? { group = \"web\", max_unavailable = \"3\" } : null".to_owned();
    let workspace =
        workspace(&control_plane, &fleet.configuration()).with("DURANTIC_MAX_CONCURRENT_INSTALLS", "2");
    workspace.apply().await;
    assert_eq!(control_plane.most_unavailable(|_| true), 2);
    fleet.version = 2;
    workspace.configure(&fleet.configuration());
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 12);
    assert_eq!(control_plane.most_unavailable(|_| true), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_change_nothing_else_and_must_agree() {
    let mut fleet = Fleet::new(3, "max_unavailable = 2");
    let (control_plane, workspace) = fleet.installed().await;
    fleet.version = 1;
    workspace.configure(&fleet.configuration());
    let changes = control_plane.log().changes().len();
    apply(&workspace).await.succeeds();
    assert_eq!(control_plane.log().changes().len(), changes, "nothing is sent");
    workspace.plans_empty().await;

    for (rollout, words) in [
        (
            "{ group = \"web\", max_unavailable = count.index + 1 }",
            "have other values of `max_unavailable`",
        ),
        (
            "{ group = \"web\", max_failures = count.index }",
            "have other values of `max_failures`",
        ),
        (
            "{ group = \"web\", members = setsubtract(local.uuids, [local.uuids[count.index]]) }",
            "but not this one",
        ),
        (
            "{ group = \"web-${count.index}\", members = count.index == 0 ? local.uuids : null }",
            "have an object in `members` in common",
        ),
        (
            "{ group = \"web-${count.index}\", members = local.uuids }",
            "have an object in `members` in common",
        ),
        (
            "{ group = \"web\", max_unavailable = 0 }",
            "must be a number above 0",
        ),
        (
            "{ group = \"web\", max_unavailable = \"101%\" }",
            "must be a number above 0",
        ),
        (
            "{ group = \"web\", max_unavailable = \"25%\" }",
            "it needs `members`",
        ),
    ] {
        fleet.rollout = rollout.to_owned();
        workspace.configure(&fleet.configuration());
        let output = workspace.run(&["plan", "-json"]).await.fails();
        assert!(output.contains(words), "{rollout}: {output}");
    }
}
