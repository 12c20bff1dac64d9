//! Reads from lists: random sequences of reads, writes and changes outside Terraform, against a model that knows which values a read may
//! return. A lookup in an apply returns the present value.
//!
//! `PROPTEST_CASES` sets the number of sequences, `PROPTEST_RNG_SEED` the seed.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::object::Walk;
use harness::control_plane::{Builder, Collection, ControlPlane, PageStyle, Paging, Validators};
use harness::fake_core::json::to_json;
use harness::fake_core::{Core, Named, Object as Stored, Plugin, configuration};
use proptest::prelude::{Just, Strategy, prop, prop_oneof};
use proptest::test_runner::{TestCaseError, TestRunner};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use value::Value;

/// The number of sequences without `PROPTEST_CASES`.
const CASES: u32 = 40;

/// The seed without `PROPTEST_RNG_SEED`.
const SEED: u64 = 1;

/// The number of objects.
const SLOTS: usize = 5;

const TYPE: &str = "durantic_variable";
const LIST: &str = "controlplane_api_list_account_variables";
const GET: &str = "controlplane_api_get_account_variable";

/// One step of a sequence. Numbers are slots.
#[derive(Clone, Debug)]
enum Step {
    /// Another command of Terraform begins.
    Command,
    /// Terraform reads these objects at the same time.
    Read(Vec<usize>),
    /// Terraform imports the object.
    Import(usize),
    /// A data source looks up the object by its name.
    LookUp(usize),
    /// Terraform creates the object, changes it, or deletes it.
    Write(usize),
    Delete(usize),
    /// Another client creates the object or changes it, or deletes it.
    ChangeOutside(usize),
    DeleteOutside(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let slot = 0..SLOTS;
    let step = prop_oneof![
        2 => Just(Step::Command),
        8 => prop::collection::vec(slot.clone(), 1..=SLOTS).prop_map(Step::Read),
        2 => slot.clone().prop_map(Step::Import),
        3 => slot.clone().prop_map(Step::LookUp),
        3 => slot.clone().prop_map(Step::Write),
        1 => slot.clone().prop_map(Step::Delete),
        3 => slot.clone().prop_map(Step::ChangeOutside),
        1 => slot.prop_map(Step::DeleteOutside),
    ];
    prop::collection::vec(step, 1..40)
}

fn paging() -> impl Strategy<Value = Option<(PageStyle, usize)>> {
    let styles = [
        PageStyle::Link,
        PageStyle::ItemsOffset,
        PageStyle::ItemsPage,
        PageStyle::ResultsPage,
        PageStyle::ResultsCursor,
    ];
    prop::option::of((prop::sample::select(styles.to_vec()), 1_usize..4))
}

fn validators() -> impl Strategy<Value = Option<Validators>> {
    prop::option::of(prop::sample::select(vec![
        Validators::Etag,
        Validators::LastModified,
        Validators::Both,
    ]))
}

struct Run {
    control_plane: ControlPlane,
    plugin: Arc<Plugin>,
    /// Another process, which plans: a plan for the same object as an earlier one is a conflict.
    planner: Arc<Plugin>,
    state: BTreeMap<usize, Stored>,
    /// The slots whose objects Terraform has created.
    own: BTreeSet<usize>,
    /// The values of each slot so far, each with the number of the event that set it; `None` without an object.
    history: Vec<Vec<(usize, Option<String>)>>,
    /// The number of events so far.
    event: usize,
    /// Whether this command has read an object: then it is a plan, in which lookups share lists, too.
    is_plan: bool,
    /// No read may return a value that ended before this event: the beginning of the command, or the end of its last write.
    bound: usize,
}

fn name(slot: usize) -> String {
    format!("name-{slot}")
}

fn config(slot: usize, text: &str) -> Json {
    json!({"name": name(slot), "value": text})
}

impl Run {
    async fn start(builder: Builder) -> Self {
        let control_plane = builder.start().await.unwrap();
        let plugin = async || {
            let core = Core::start(&DEFINITION, control_plane.endpoint(), control_plane.token());
            Arc::clone(core.await.unwrap().plugin())
        };
        let (plugin, planner) = (plugin().await, plugin().await);
        Self {
            control_plane,
            plugin,
            planner,
            state: BTreeMap::new(),
            own: BTreeSet::new(),
            history: vec![vec![(0, None)]; SLOTS],
            event: 0,
            is_plan: false,
            bound: 0,
        }
    }

    /// Notes that a slot has this value from now on.
    fn note(&mut self, slot: usize, value: Option<&str>) {
        self.event += 1;
        self.history[slot].push((self.event, value.map(str::to_owned)));
    }

    fn present(&self, slot: usize) -> Option<&str> {
        self.history[slot].last().unwrap().1.as_deref()
    }

    /// The values that a read may return: those that the slot has had since the bound.
    fn allowed(&self, slot: usize) -> Vec<Option<&str>> {
        let history = &self.history[slot];
        let ended = |index: usize| {
            history
                .get(index + 1)
                .is_some_and(|(begin, _)| *begin <= self.bound)
        };
        let indexes = (0..history.len()).filter(|index| !ended(*index));
        indexes.map(|index| history[index].1.as_deref()).collect()
    }

    fn check(&self, what: &str, slot: usize, found: Option<&str>) -> Result<(), TestCaseError> {
        // Only the present shows that an object is gone.
        let is_right = match found {
            None => self.present(slot).is_none(),
            found => self.allowed(slot).contains(&found),
        };
        if is_right {
            return Ok(());
        }
        Err(TestCaseError::fail(format!(
            "{what} of {} returned {found:?}, but it has had {:?} since event {}",
            name(slot),
            self.history[slot],
            self.bound
        )))
    }

    fn uuid(&self, slot: usize) -> Option<String> {
        let object = self.control_plane.find(Collection::Variables, &name(slot))?;
        Some(object["uuid"].as_str().unwrap().to_owned())
    }

    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Command => {
                self.plugin.begin_walk().await.unwrap();
                self.event += 1;
                self.bound = self.event;
                self.is_plan = false;
            }
            Step::Read(slots) => self.read(slots).await?,
            Step::Import(slot) => self.import(*slot).await?,
            Step::LookUp(slot) => self.look_up(*slot).await?,
            Step::Write(slot) => self.write(*slot, true).await?,
            Step::Delete(slot) => self.write(*slot, false).await?,
            Step::ChangeOutside(slot) => {
                let text = format!("outside {}", self.event);
                if let Some(uuid) = self.uuid(*slot) {
                    let change = |object: &mut serde_json::Map<_, _>| {
                        object.insert("value".to_owned(), json!(text));
                    };
                    self.control_plane
                        .update(Collection::Variables, &uuid, change)
                        .unwrap();
                } else {
                    let mut object = config(*slot, &text).as_object().unwrap().clone();
                    object.insert("created_at".to_owned(), json!("2026-01-01T00:00:00Z"));
                    self.own.remove(slot);
                    self.control_plane.create(Collection::Variables, object).unwrap();
                }
                self.note(*slot, Some(&text));
            }
            Step::DeleteOutside(slot) => {
                // The provider waits ten seconds for a young object that is not found.
                let is_young = self.own.contains(slot);
                if let Some(uuid) = self.uuid(*slot).filter(|_| !is_young) {
                    self.control_plane.delete(Collection::Variables, &uuid).unwrap();
                    self.note(*slot, None);
                }
            }
        }
        Ok(())
    }

    async fn read(&mut self, slots: &[usize]) -> Result<(), TestCaseError> {
        self.is_plan |= slots.iter().any(|slot| self.state.contains_key(slot));
        let mut reads = JoinSet::new();
        for slot in slots {
            let Some(stored) = self.state.get(slot).cloned() else {
                continue;
            };
            let (slot, plugin) = (*slot, Arc::clone(&self.plugin));
            reads.spawn(async move { (slot, plugin.read(TYPE, &stored).await) });
        }
        while let Some(read) = reads.join_next().await {
            let (slot, read) = read.unwrap();
            let found = read.map_err(|error| TestCaseError::fail(error.to_string()))?;
            if found.state.is_null() {
                // Another client may have created another object under the name.
                let uuid = self
                    .state
                    .remove(&slot)
                    .map(|stored| to_json(stored.state.get("uuid")));
                let is_gone =
                    uuid.is_none() || uuid.as_ref().and_then(Json::as_str) != self.uuid(slot).as_deref();
                if !is_gone {
                    self.check("the read", slot, None)?;
                }
                continue;
            }
            self.check("the read", slot, found.state.get("value").as_str())?;
            self.state.insert(slot, found);
        }
        Ok(())
    }

    async fn import(&mut self, slot: usize) -> Result<(), TestCaseError> {
        let Some(uuid) = self.uuid(slot).filter(|_| !self.state.contains_key(&slot)) else {
            return Ok(());
        };
        let imported = self.plugin.import(TYPE, Named::Id(&uuid)).await;
        let imported = imported.map_err(|error| TestCaseError::fail(error.to_string()))?;
        self.state.insert(slot, imported);
        self.read(&[slot]).await
    }

    async fn look_up(&self, slot: usize) -> Result<(), TestCaseError> {
        let schema = &self.plugin.data_source(TYPE).unwrap().block;
        let config = configuration::read(schema, &json!({"name": name(slot)})).unwrap();
        let found = match self.plugin.read_data_source(TYPE, &config).await {
            Ok(found) => found.get("value").as_str().map(str::to_owned),
            Err(error) if error.to_string().contains("has no variable") => None,
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        // Other providers and programs write between two lookups of one apply, but not of one plan.
        let is_right = if self.is_plan {
            self.allowed(slot).contains(&found.as_deref())
        } else {
            found.as_deref() == self.present(slot)
        };
        if is_right {
            return Ok(());
        }
        let present = self.present(slot);
        Err(TestCaseError::fail(format!(
            "the lookup of {} returned {found:?}, but it has {present:?}",
            name(slot)
        )))
    }

    /// Creates or changes the object of a slot, or deletes it.
    async fn write(&mut self, slot: usize, is_kept: bool) -> Result<(), TestCaseError> {
        let stored = self.state.get(&slot).cloned();
        let exists = self.uuid(slot);
        let in_state = stored
            .as_ref()
            .map(|stored| stored.state.get("uuid").as_str().map(str::to_owned));
        // A name that another client has taken, and an object that is gone, are tested elsewhere.
        if exists != in_state.clone().flatten() || (in_state.is_none() && !is_kept) {
            return Ok(());
        }
        if stored.is_none() {
            self.own.insert(slot);
        }
        let before = stored.unwrap_or_default();
        let prior = before.state.clone();
        let text = format!("own {}", self.event);
        let schema = &self.plugin.resource(TYPE).unwrap().block;
        let config = if is_kept {
            configuration::read(schema, &config(slot, &text)).unwrap()
        } else {
            Value::Null
        };
        let mut proposed = config.clone();
        if is_kept {
            for computed in ["uuid", "created_at", "updated_at"] {
                let value = if prior.is_null() {
                    Value::Unknown
                } else {
                    prior.get(computed).clone()
                };
                proposed.set_attribute(computed, value);
            }
        }
        let failed = |error: String| TestCaseError::fail(error);
        self.planner.begin_walk().await.unwrap();
        let plan = self
            .planner
            .plan(TYPE, &before, &proposed, &config, Walk::Plan)
            .await;
        let plan = plan.map_err(|error| failed(error.to_string()))?;
        let applied = self.plugin.apply(TYPE, &prior, &plan.object(), &config).await;
        let applied = applied.map_err(|error| failed(error.to_string()))?;
        if !applied.errors.is_empty() || !applied.violations.is_empty() {
            return Err(failed(format!("{:?} {:?}", applied.errors, applied.violations)));
        }
        match applied.state.map_err(failed)? {
            Some(state) if !state.is_null() => {
                self.note(slot, Some(&text));
                self.check("the write", slot, state.get("value").as_str())?;
                let stored = Stored {
                    state,
                    private: applied.private,
                    identity: applied.identity,
                };
                self.state.insert(slot, stored);
            }
            _ => {
                self.note(slot, None);
                self.state.remove(&slot);
            }
        }
        self.bound = self.event;
        Ok(())
    }
}

#[test]
fn reads_return_values_since_the_last_write_and_the_beginning_of_the_command() {
    let config = super::proptest_config(CASES, SEED);
    let runtime = Runtime::new().unwrap();
    let (lists, gets) = (Cell::new(0), Cell::new(0));
    let strategy = (steps(), paging(), validators());
    let result = TestRunner::new(config).run(&strategy, |(steps, paging, validators)| {
        let mut builder = ControlPlane::builder();
        if let Some((style, size)) = paging {
            builder = builder.paging(Paging::new(style, size));
        }
        if let Some(validators) = validators {
            builder = builder.validators(validators);
        }
        runtime.block_on(async {
            let mut run = Run::start(builder).await;
            for step in &steps {
                run.step(step).await?;
            }
            lists.set(lists.get() + run.control_plane.log().count(LIST));
            gets.set(gets.get() + run.control_plane.log().count(GET));
            Ok(())
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (lists, gets) = (lists.get(), gets.get());
    assert!(lists > 0 && gets > 0, "{lists} lists and {gets} reads");
}
