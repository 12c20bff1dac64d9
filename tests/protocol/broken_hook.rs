//! Panics in a hook: the provider reports them and loses no object.

use engine::codec::Codec;
use engine::diagnostic::Reported;
use engine::object::Plan;
use engine::session::Session;
use engine::{Binding, Definition, Hook};
use harness::control_plane::{Collection, ControlPlane};
use harness::fake_core::{Core, Status};
use provider::durantic;
use serde_json::{Value as Json, json};
use value::Value;

const NETWORK: &str = "durantic_mesh_network";

/// Panics in the method that the name of the network selects.
struct Broken;

fn panic_if(object: &Value, place: &str) {
    let is_here = object.get("name").as_str() == Some(place);
    assert!(!is_here, "a table is empty");
}

impl Codec for Broken {
    fn read_response(&self, _: &schema::Resource, _: &mut Json, known: &Value, _: &mut Json) {
        panic_if(known, "read");
    }
}

#[tonic::async_trait]
impl Hook for Broken {
    fn plan(&self, plan: &mut Plan) {
        panic_if(&plan.config, "plan");
    }

    async fn apply(&self, session: &mut Session<'_>) -> Result<(), Reported> {
        panic_if(&session.request.config, "apply");
        Ok(())
    }
}

/// The provider, with the hook of networks replaced.
fn definition() -> &'static Definition {
    let bindings = durantic::DEFINITION.resources.iter().map(|binding| Binding {
        schema: binding.schema,
        hook: if binding.schema.name == "mesh_network" {
            Some(&Broken)
        } else {
            binding.hook
        },
    });
    Box::leak(Box::new(Definition {
        provider: durantic::DEFINITION.provider,
        operations: durantic::DEFINITION.operations,
        resources: Vec::leak(bindings.collect()),
        data_sources: durantic::DEFINITION.data_sources,
        functions: &[],
    }))
}

fn network(name: &str) -> Json {
    json!({ "name": name, "network_cidr": "10.1.0.0/24" })
}

async fn core(control_plane: &ControlPlane) -> Core {
    let started = Core::start(definition(), control_plane.endpoint(), control_plane.token()).await;
    started.unwrap()
}

#[tokio::test]
async fn panic_after_create_is_reported_and_keeps_the_object() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let mut core = core(&control_plane).await;
    let error = core.converge(NETWORK, "it", &network("apply")).await.unwrap_err();
    assert!(!error.is_violation(), "{error}");
    let [diagnostic] = error.reported() else {
        panic!("expected one diagnostic: {error}");
    };
    assert_eq!(diagnostic.summary, "Internal error in the provider");
    assert!(
        diagnostic
            .detail
            .contains("ApplyResourceChange of `durantic_mesh_network`"),
        "{}",
        diagnostic.detail
    );
    assert!(diagnostic.detail.contains("report this"), "{}", diagnostic.detail);

    let created = control_plane.find(Collection::MeshNetworks, "apply").unwrap();
    assert_eq!(core.state(NETWORK, "it")["uuid"], created["uuid"]);
    assert_eq!(core.stored(NETWORK, "it").unwrap().status, Status::Tainted);
    // The process still runs, and the next plan continues from this state.
    core.converge(NETWORK, "it", &network("other")).await.unwrap();
    assert_eq!(control_plane.objects(Collection::MeshNetworks).len(), 1);
}

#[tokio::test]
async fn panic_in_update_keeps_the_change() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let mut core = core(&control_plane).await;
    core.converge(NETWORK, "it", &network("first")).await.unwrap();
    let error = core.converge(NETWORK, "it", &network("apply")).await.unwrap_err();
    assert!(!error.is_violation(), "{error}");
    assert_eq!(core.state(NETWORK, "it")["name"], "apply");
    assert_eq!(core.stored(NETWORK, "it").unwrap().status, Status::Ready);
}

#[tokio::test]
async fn panic_in_plan_or_read_changes_nothing() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let mut core = core(&control_plane).await;
    core.converge(NETWORK, "it", &network("first")).await.unwrap();
    let before = core.stored(NETWORK, "it").cloned();
    let error = core.plan(NETWORK, "it", &network("plan")).await.unwrap_err();
    assert_eq!(error.reported()[0].summary, "Internal error in the provider");
    assert_eq!(core.stored(NETWORK, "it").cloned(), before);

    let error = core.converge(NETWORK, "it", &network("read")).await.unwrap_err();
    assert!(!error.is_violation(), "{error}");
    assert_eq!(
        core.state(NETWORK, "it")["name"],
        "first",
        "the response is not in state"
    );
}
