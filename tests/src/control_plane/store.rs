//! What the control plane knows: the objects of every collection, and the one engine that changes them.
//!
//! An object is kept in the form in which it is *written* (`image_uuid`, `machine_uuids`, a secret's `value`)
//! and answered in the form of the operation's schema: its own fields and those its collection adds
//! (`image`, `machines`), without the fields the schema does not name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clock::Clock;
use super::collections::{self, Collection};
use super::contract::{Action, Operation};
use super::problem::Problem;
use super::runs::Runs;

/// An object in the form in which it is written.
pub type Object = Map<String, Value>;

/// Everything the control plane knows.
pub struct Store {
    /// The time.
    pub clock: Arc<Clock>,
    /// How long things take.
    pub times: Times,
    /// The provision runs.
    pub runs: Runs,
    /// The addresses that are taken in each mesh network.
    pub addresses: BTreeMap<String, BTreeSet<u32>>,
    tables: BTreeMap<Collection, Table>,
}

/// How long the control plane takes for what it does.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// From the start of a provision run to its end.
    pub install: Duration,
    /// Until an agent has taken a change of its configuration.
    pub config_push: Duration,
}

/// The objects of a collection in the order in which they were made.
#[derive(Default)]
struct Table {
    objects: BTreeMap<u64, Object>,
    positions: BTreeMap<String, u64>,
}

static EMPTY: Table = Table {
    objects: BTreeMap::new(),
    positions: BTreeMap::new(),
};

impl Store {
    /// A control plane that knows nothing yet.
    pub fn new(clock: Arc<Clock>, times: Times) -> Self {
        Self {
            clock,
            times,
            runs: Runs::default(),
            addresses: BTreeMap::new(),
            tables: BTreeMap::new(),
        }
    }

    /// Does what an operation asks for and gives the body of the answer.
    pub fn call(
        &mut self,
        operation: &Operation,
        parameters: &[String],
        body: Option<Object>,
    ) -> Result<Option<Value>, Problem> {
        let collection = operation.collection;
        let uuid = parameters.first().map_or("", String::as_str);
        let inner = parameters.get(1).map_or("", String::as_str);
        let body = body.unwrap_or_default();
        let object = match operation.action {
            Action::List => {
                self.settle();
                let objects = self
                    .objects(collection)
                    .map(|object| self.answer(operation, object));
                return Ok(Some(objects.collect()));
            }
            Action::Create => self.create(collection, body)?,
            Action::Get => self.get(collection, uuid)?.clone(),
            Action::Update => self.update(collection, uuid, |object| object.extend(body))?,
            Action::Delete => {
                self.delete(collection, uuid)?;
                return Ok(None);
            }
            Action::CreateRule => collections::route_policy::create_rule(self, uuid, body)?,
            Action::UpdateRule => collections::route_policy::update_rule(self, uuid, inner, body)?,
            Action::DeleteRule => {
                collections::route_policy::delete_rule(self, uuid, inner)?;
                return Ok(None);
            }
            Action::Provision => {
                let run = self.start_run(uuid, &body)?;
                return Ok(Some(
                    json!({ "message": "Provision started", "provision_uuid": run }),
                ));
            }
            Action::GetRun => return self.run_answer(uuid, inner).map(Some),
        };
        Ok(Some(self.answer(operation, &object)))
    }

    /// The objects of a collection in the order in which they were made.
    pub fn objects(&self, collection: Collection) -> impl Iterator<Item = &Object> {
        self.table(collection).objects.values()
    }

    /// An object of a collection, as it is now.
    pub fn get(&mut self, collection: Collection, uuid: &str) -> Result<&Object, Problem> {
        if collection == Collection::Machines {
            self.settle_machine(uuid);
        }
        self.peek(collection, uuid).ok_or_else(Problem::not_found)
    }

    /// An object of a collection, as it was when it was last looked at.
    pub fn peek(&self, collection: Collection, uuid: &str) -> Option<&Object> {
        let table = self.table(collection);
        table.objects.get(table.positions.get(uuid)?)
    }

    /// The first object of a collection with a value in a field.
    pub fn find(&self, collection: Collection, field: &str, value: &str) -> Option<&Object> {
        self.objects(collection)
            .find(|object| text(object, field) == value)
    }

    /// Makes an object of a collection; its `uuid` and times are added where they are missing.
    pub fn create(&mut self, collection: Collection, body: Object) -> Result<Object, Problem> {
        let now = self.clock.timestamp(self.clock.now());
        let mut object = collection.behaviour().defaults();
        object.insert("uuid".to_owned(), json!(Uuid::new_v4().to_string()));
        object.insert("created_at".to_owned(), json!(now));
        object.insert("updated_at".to_owned(), json!(now));
        object.extend(body);
        self.check(collection, &mut object, None)?;
        self.put(collection, object.clone());
        Ok(object)
    }

    /// Changes an object of a collection and what depends on it.
    pub fn update(
        &mut self,
        collection: Collection,
        uuid: &str,
        change: impl FnOnce(&mut Object),
    ) -> Result<Object, Problem> {
        let previous = self.get(collection, uuid)?.clone();
        let mut object = previous.clone();
        change(&mut object);
        object.insert("uuid".to_owned(), json!(uuid));
        self.check(collection, &mut object, Some(&previous))?;
        if object != previous {
            let now = self.clock.timestamp(self.clock.now());
            object.insert("updated_at".to_owned(), json!(now));
        }
        self.put(collection, object.clone());
        collection.behaviour().updated(self, &previous, &object);
        Ok(object)
    }

    /// Deletes an object of a collection and what refers to it.
    pub fn delete(&mut self, collection: Collection, uuid: &str) -> Result<Object, Problem> {
        let object = self.get(collection, uuid)?.clone();
        collection.behaviour().check_delete(self, &object)?;
        Ok(self.remove(collection, object))
    }

    /// Takes an object away, whoever still uses it.
    pub fn remove(&mut self, collection: Collection, object: Object) -> Object {
        let table = self.tables.entry(collection).or_default();
        if let Some(position) = table.positions.remove(text(&object, "uuid")) {
            table.objects.remove(&position);
        }
        collection.behaviour().deleted(self, &object);
        object
    }

    /// Keeps an object as it is, without any check.
    pub fn put(&mut self, collection: Collection, object: Object) {
        let table = self.tables.entry(collection).or_default();
        let next = table
            .objects
            .last_key_value()
            .map_or(0, |(last, _)| last.saturating_add(1));
        let position = *table
            .positions
            .entry(text(&object, "uuid").to_owned())
            .or_insert(next);
        table.objects.insert(position, object);
    }

    /// Sets a field of every object of a collection that has a certain value in it.
    pub fn replace(&mut self, collection: Collection, field: &str, from: &Value, to: &Value) {
        let table = self.tables.entry(collection).or_default();
        for object in table.objects.values_mut() {
            match object.get_mut(field) {
                Some(Value::Array(items)) => {
                    items
                        .iter_mut()
                        .filter(|item| *item == from)
                        .for_each(|item| *item = to.clone());
                }
                Some(value) if value == from => *value = to.clone(),
                _ => {}
            }
        }
    }

    /// The answer an operation gives for an object: what its schema names, and nothing else.
    pub fn answer(&self, operation: &Operation, object: &Object) -> Value {
        let mut complete = object.clone();
        operation.collection.behaviour().complete(self, &mut complete);
        let properties = operation.answer().map_or(&[][..], |schema| &schema.properties);
        properties
            .iter()
            .filter_map(|name| Some((name.clone(), complete.remove(name)?)))
            .collect::<Object>()
            .into()
    }

    fn check(
        &mut self,
        collection: Collection,
        object: &mut Object,
        previous: Option<&Object>,
    ) -> Result<(), Problem> {
        let behaviour = collection.behaviour();
        let taken = |other: &Object| {
            text(other, "name") == text(object, "name")
                && text(other, "uuid") != text(object, "uuid")
                && behaviour.shares_names(other) == behaviour.shares_names(object)
        };
        if object.contains_key("name") && self.objects(collection).any(taken) {
            let name = text(object, "name");
            return Err(Problem::conflict(format!(
                "{} with the name '{name}' exists already",
                collection.noun()
            )));
        }
        behaviour.check(self, object, previous)
    }

    fn table(&self, collection: Collection) -> &Table {
        self.tables.get(&collection).unwrap_or(&EMPTY)
    }
}

/// A text in an object; empty where there is none.
pub fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A switch in an object; off where there is none.
pub fn is_set(object: &Object, field: &str) -> bool {
    object.get(field).and_then(Value::as_bool).unwrap_or_default()
}

/// The texts of a list in an object; none where there is no list.
pub fn texts<'a>(object: &'a Object, field: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    object
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
