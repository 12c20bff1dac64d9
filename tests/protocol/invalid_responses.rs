//! Invalid responses: each becomes a diagnostic that names the object, quickly and with little memory. State does not
//! change, and the next apply converges.

use std::time::Duration;

use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, FaultResponse, machine_uuid};
use harness::fake_core::{Action, Core, Error};
use http::StatusCode;
use serde_json::{Value as Json, json};

use super::MACHINE;

const VARIABLE: &str = "durantic_variable";
const DEPLOYMENT: &str = "durantic_machine_deployment";
const NAME: &str = "it";
const GET: &str = "controlplane_api_get_account_variable";
const CREATE: &str = "controlplane_api_create_account_variable";
const UPDATE: &str = "controlplane_api_update_account_variable";
const LIST_MACHINES: &str = "provisioning_api_list_machines";
const GET_MACHINE: &str = "provisioning_api_get_machine";
const START: &str = "provisioning_api_provision_machine";
const POLL: &str = "provisioning_api_get_machine_provision";

/// The time limit of a refresh, generous for a busy machine.
const REFRESH_TIMEOUT: Duration = Duration::from_mins(1);

async fn core(control_plane: &ControlPlane) -> Core {
    let service = rpc::Service::new(provider::program(&provider::durantic::DEFINITION));
    let core = Core::unconfigured(std::sync::Arc::new(service)).await.unwrap();
    let config = json!({
        "endpoint": control_plane.endpoint(),
        "api_token": control_plane.token(),
        "request_timeout": "1s",
        "max_retries": 1,
    });
    core.configure(&config).await.unwrap();
    core
}

fn body(bytes: impl Into<Vec<u8>>) -> FaultKind {
    FaultKind::Respond(FaultResponse {
        body: bytes.into(),
        status: StatusCode::OK,
        ..FaultResponse::json(200)
    })
}

fn rewrite(change: impl Fn(&mut Json) + Send + Sync + 'static) -> FaultKind {
    FaultKind::Rewrite(std::sync::Arc::new(change))
}

/// A control plane, a core with a variable in state, and its configuration.
async fn variable() -> (ControlPlane, Core, Json) {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let mut core = core(&control_plane).await;
    let config = json!({ "name": "GREETING", "value": "hello" });
    core.converge(VARIABLE, NAME, &config).await.unwrap();
    (control_plane, core, config)
}

/// The errors that the provider reported.
fn reported(result: Result<impl Sized, Error>, name: &str) -> String {
    match result {
        Ok(_) => panic!("{name}: no error was reported"),
        Err(error @ Error::Reported(_)) => error.to_string(),
        Err(error) => panic!("{name}: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_keeps_state_after_an_invalid_response() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let many = format!("[{}0]", "0,".repeat(3_000_000));
    let mut zipped = FaultResponse::json(200);
    zipped
        .headers
        .push(("content-encoding".to_owned(), "gzip".to_owned()));
    zipped.body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xed, 0xc1, 1, 1];
    let other = machine_uuid(9);
    let table: Vec<(&str, FaultKind, &str)> = vec![
        ("deep", body(deep), "is not JSON"),
        ("huge", FaultKind::Huge(33 * 1024 * 1024), "larger than 32 MiB"),
        ("many values", body(many), "more than 2000000 values"),
        ("HTML", body("<html><body>Welcome</body></html>"), "is not JSON"),
        (
            "not UTF-8",
            body(b"{\"name\": \"\xff\xfe\"}".to_vec()),
            "is not JSON",
        ),
        ("zipped", FaultKind::Respond(zipped), "is cut off"),
        (
            "slow",
            FaultKind::Slow(Duration::from_secs(20)),
            "did not complete its response within 1s",
        ),
        ("empty", body(""), "has no body"),
        ("JSON null", body("null"), "returned null"),
        ("a list", body("[]"), "returned a list"),
        ("a string", body("\"ok\""), "returned a string"),
        (
            "a list for a name",
            rewrite(|body| body["name"] = json!(["GREETING"])),
            "should be a string, but is a list",
        ),
        (
            "an object for a value",
            rewrite(|body| body["value"] = json!({})),
            "should be a string, but is an object",
        ),
        (
            "a number for the uuid",
            rewrite(|body| body["uuid"] = json!(7)),
            "has a `uuid` in an invalid format",
        ),
        (
            "a path for the uuid",
            rewrite(|body| body["uuid"] = json!("../../x")),
            "has a `uuid` in an invalid format",
        ),
        (
            "another uuid",
            rewrite(move |body| body["uuid"] = json!(other)),
            "`uuid` of another object",
        ),
    ];
    for (name, fault, expected) in table {
        let (control_plane, mut core, config) = variable().await;
        let before = core.stored(VARIABLE, NAME).cloned();
        control_plane.fault(Fault::new(GET, fault));
        let refreshed = tokio::time::timeout(REFRESH_TIMEOUT, core.refresh(VARIABLE, NAME)).await;
        let error = reported(
            refreshed.unwrap_or_else(|_| panic!("{name}: the refresh takes too long")),
            name,
        );
        assert!(error.contains(expected), "{name}: {error}");
        assert!(
            error.contains("variable \"GREETING\"") || error.contains("(at "),
            "{name}: {error}"
        );
        assert_eq!(core.stored(VARIABLE, NAME).cloned(), before, "{name}");

        control_plane.clear_faults();
        let plan = core.plan(VARIABLE, NAME, &config).await.unwrap();
        assert_eq!(plan.action, Action::NoOp, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn create_keeps_the_object_after_an_invalid_response() {
    let table: Vec<(&str, FaultKind, &str)> = vec![
        (
            "a path for the uuid",
            rewrite(|body| body["uuid"] = json!("../x")),
            "in an invalid format",
        ),
        (
            "a list for a time",
            rewrite(|body| body["created_at"] = json!([])),
            "should be a string",
        ),
    ];
    for (name, fault, expected) in table {
        let control_plane = ControlPlane::builder().start().await.unwrap();
        let mut core = core(&control_plane).await;
        let config = json!({ "name": "GREETING", "value": "hello" });
        control_plane.fault(Fault::new(CREATE, fault).times(1));
        let error = reported(core.converge(VARIABLE, NAME, &config).await, name);
        assert!(error.contains(expected), "{name}: {error}");
        assert!(
            core.stored(VARIABLE, NAME).is_some(),
            "{name}: the object is not in state"
        );
        core.converge(VARIABLE, NAME, &config).await.unwrap();
        let plan = core.plan(VARIABLE, NAME, &config).await.unwrap();
        assert_eq!(plan.action, Action::NoOp, "{name}");
        assert_eq!(control_plane.objects(Collection::Variables).len(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn create_finds_the_object_that_its_response_does_not_identify() {
    let table: Vec<(&str, FaultKind)> = vec![
        ("no uuid", rewrite(|body| body["uuid"] = Json::Null)),
        ("a list", rewrite(|body| *body = json!([]))),
        ("null", rewrite(|body| *body = Json::Null)),
    ];
    for (name, fault) in table {
        let control_plane = ControlPlane::builder().start().await.unwrap();
        let mut core = core(&control_plane).await;
        let config = json!({ "name": "GREETING", "value": "hello" });
        control_plane.fault(Fault::new(CREATE, fault).times(1));
        core.converge(VARIABLE, NAME, &config).await.expect(name);
        let plan = core.plan(VARIABLE, NAME, &config).await.unwrap();
        assert_eq!(plan.action, Action::NoOp, "{name}");
        assert_eq!(control_plane.objects(Collection::Variables).len(), 1, "{name}");
        assert_eq!(control_plane.log().count(CREATE), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_for_a_required_attribute_is_drift() {
    let (control_plane, mut core, config) = variable().await;
    control_plane.fault(Fault::new(GET, rewrite(|body| body["value"] = Json::Null)));
    core.refresh(VARIABLE, NAME).await.unwrap();
    let plan = core.plan(VARIABLE, NAME, &config).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    core.apply(plan).await.unwrap();
    control_plane.clear_faults();
    let plan = core.plan(VARIABLE, NAME, &config).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
    core.destroy(VARIABLE, NAME).await.unwrap();
    assert_eq!(control_plane.objects(Collection::Variables).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn update_with_an_empty_response_refreshes_the_object() {
    let (control_plane, mut core, _) = variable().await;
    control_plane.fault(Fault::new(UPDATE, rewrite(|body| *body = Json::Null)));
    let config = json!({ "name": "GREETING", "value": "goodbye" });
    core.converge(VARIABLE, NAME, &config).await.unwrap();
    let updated = control_plane.find(Collection::Variables, "GREETING").unwrap();
    assert_eq!(core.state(VARIABLE, NAME)["updated_at"], updated["updated_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn error_detail_escapes_control_characters() {
    let (control_plane, mut core, _) = variable().await;
    let mut response = FaultResponse::json(422);
    response.body = json!({ "detail": "no\r\n\u{1b}[31mError: all is lost\u{7}\u{202e}" })
        .to_string()
        .into_bytes();
    control_plane.fault(Fault::new(UPDATE, FaultKind::Respond(response)));
    let config = json!({ "name": "GREETING", "value": "goodbye" });
    let error = reported(core.converge(VARIABLE, NAME, &config).await, "a message");
    let is_harmless =
        |character: char| character == '\n' || !(character.is_control() || character == '\u{202e}');
    assert!(error.chars().all(is_harmless), "{error:?}");
    assert!(!error.contains("\nError: all is lost"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lookup_ignores_invalid_list_elements() {
    let strange = |body: &mut Json| {
        let list = body.as_array_mut().unwrap();
        list.splice(
            0..0,
            [
                json!(null),
                json!(7),
                json!("node-1"),
                json!([]),
                json!({}),
                json!({ "hostname": null }),
            ],
        );
    };
    let twice = |body: &mut Json| {
        let list = body.as_array_mut().unwrap();
        list.extend(list.clone());
    };
    let table: Vec<(&str, FaultKind, Result<(), &str>)> = vec![
        ("foreign objects", rewrite(strange), Ok(())),
        (
            "duplicates",
            rewrite(twice),
            Err("2 machines have the hostname \"node-1\"."),
        ),
        (
            "not a list",
            rewrite(|body| *body = json!({ "machines": [] })),
            Err("expected a list, got an object"),
        ),
        ("null", body("null"), Err("expected a list, got null")),
    ];
    for (name, fault, expected) in table {
        let control_plane = ControlPlane::builder().start().await.unwrap();
        let core = core(&control_plane).await;
        control_plane.fault(Fault::new(LIST_MACHINES, fault));
        let found = core
            .read_data_source("durantic_machine", &json!({ "hostname": "node-1" }))
            .await;
        match expected {
            Ok(()) => {
                let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(found.get("uuid").as_str(), Some(MACHINE), "{name}");
            }
            Err(expected) => {
                let error = reported(found, name);
                assert!(error.contains(expected), "{name}: {error}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn start_with_an_invalid_provision_uuid_is_followed_by_the_machine() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let mut core = core(&control_plane).await;
    let config = json!({ "machine_uuid": MACHINE, "role_names": ["base"] });
    control_plane
        .fault(Fault::new(START, rewrite(|body| body["provision_uuid"] = json!("../../x"))).times(1));
    core.converge(DEPLOYMENT, NAME, &config).await.unwrap();
    assert_eq!(control_plane.runs().len(), 1, "one installation");
    let plan = core.plan(DEPLOYMENT, NAME, &config).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
}

#[tokio::test(flavor = "multi_thread")]
async fn run_messages_escape_control_characters() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let mut core = core(&control_plane).await;
    let token = control_plane.token().to_owned();
    let message = format!("a\r\nError: \u{1b}[2J {token} {}", "x".repeat(5000));
    let invalid = rewrite(move |body| {
        body["status"] = json!("error\u{1b}[31m");
        body["is_terminal"] = json!(true);
        for field in ["error_message", "current_step", "current_message"] {
            body[field] = json!(message);
        }
    });
    control_plane.fault(Fault::new(POLL, invalid).times(1));
    let config = json!({ "machine_uuid": MACHINE, "role_names": ["base"] });
    let error = reported(core.converge(DEPLOYMENT, NAME, &config).await, "a run");
    assert!(error.contains("with the status `error [31m`"), "{error}");
    assert!(error.contains("a Error: [2J (redacted) xxx"), "{error}");
    let is_harmless = |character: char| character == '\n' || !character.is_control();
    assert!(error.chars().all(is_harmless) && error.len() < 5000, "{error:?}");
    core.converge(DEPLOYMENT, NAME, &config).await.unwrap();
    let plan = core.plan(DEPLOYMENT, NAME, &config).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_refresh_after_a_run_is_a_warning() {
    let table = [
        FaultKind::Garbage,
        FaultKind::Respond(FaultResponse::json(500)),
        body("[]"),
        rewrite(|body| body["uuid"] = json!(machine_uuid(9))),
    ];
    for fault in table {
        let name = format!("{fault:?}");
        let control_plane = ControlPlane::builder().start().await.unwrap();
        let mut core = core(&control_plane).await;
        let config = json!({ "machine_uuid": MACHINE, "role_names": ["base"] });
        let plan = core.plan(DEPLOYMENT, NAME, &config).await.unwrap();
        control_plane.fault(Fault::new(GET_MACHINE, fault));
        core.apply(plan)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let warnings = core.plugin().take_warnings();
        let is_expected = |summary: &str| summary.contains("Failed to refresh the object after its run");
        assert!(
            warnings.iter().any(|warning| is_expected(&warning.summary)),
            "{name}: {warnings:?}"
        );
        assert_eq!(
            core.state(DEPLOYMENT, NAME)["provision_status"],
            "completed",
            "{name}"
        );

        control_plane.clear_faults();
        let plan = core.plan(DEPLOYMENT, NAME, &config).await.unwrap();
        assert_eq!(plan.action, Action::NoOp, "{name}");
        assert_eq!(control_plane.runs().len(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn create_never_adopts_the_object_of_another_resource() {
    let (control_plane, mut core, config) = variable().await;
    let error = reported(core.converge(VARIABLE, "other", &config).await, "the same name");
    assert!(error.contains("409 Conflict"), "{error}");
    assert!(core.stored(VARIABLE, "other").is_none());

    // Nor an object that another client has just created.
    let created = json!({ "name": "THEIRS", "value": "hello" });
    let created = created.as_object().unwrap().clone();
    control_plane.create(Collection::Variables, created).unwrap();
    let config = json!({ "name": "THEIRS", "value": "hello" });
    let error = reported(
        core.converge(VARIABLE, "other", &config).await,
        "another client's object",
    );
    assert!(error.contains("409 Conflict"), "{error}");
}
