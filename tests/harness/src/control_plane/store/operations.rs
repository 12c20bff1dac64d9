//! The operations of the API on the stored objects. A `Behaviour` adds the rules of each collection.

use std::ops::Range;

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Leaving, List, Object, Store, Times, string};
use crate::control_plane::collection::Collection;
use crate::control_plane::collections;
use crate::control_plane::contract::{Action, Operation};
use crate::control_plane::problem::Problem;

impl Store {
    /// Performs an operation and returns the body of the response.
    ///
    /// # Errors
    /// If the control plane rejects the request.
    pub fn perform(
        &mut self,
        operation: &Operation,
        parameters: &[String],
        body: Option<Object>,
    ) -> Result<Option<Value>, Problem> {
        let collection = operation.collection;
        let uuid = parameters.first().map_or("", String::as_str);
        let inner = parameters.get(1).map_or("", String::as_str);
        let body = body.unwrap_or_default();
        self.remove_deleted();
        if operation.method != Method::GET && !self.is_usable(uuid) {
            return Err(Problem::not_found());
        }
        let object = match operation.action {
            Action::List => {
                let list = self.list(collection);
                return Ok(Some(list.representations(operation, 0..list.keys.len())));
            }
            Action::Create => {
                let created = self.create(collection, body)?;
                self.hide(string(&created, "uuid"));
                created
            }
            Action::Get => {
                let object = self.get(collection, uuid)?.clone();
                if !self.is_visible(uuid) {
                    return Err(Problem::not_found());
                }
                object
            }
            Action::Update => self.update(collection, uuid, |object| object.extend(body))?,
            Action::Delete => {
                self.delete(collection, uuid)?;
                return Ok(None);
            }
            Action::CreateRule => collections::route_policy::create_rule(self, uuid, body)?,
            Action::UpdateRule => collections::route_policy::update_rule(self, uuid, inner, body)?,
            Action::DeleteRule => {
                self.delete_rule(uuid, inner)?;
                return Ok(None);
            }
            Action::Provision => {
                let run = self.start_run(uuid, &body)?;
                self.hide(&run);
                return Ok(Some(
                    json!({ "message": "Provision started", "provision_uuid": run }),
                ));
            }
            Action::GetRun if !self.is_visible(inner) => return Err(Problem::not_found()),
            Action::GetRun => return self.run_response(uuid, inner).map(Some),
        };
        Ok(Some(self.representation(operation, &object)))
    }

    /// The objects that a list operation shows.
    pub fn list(&mut self, collection: Collection) -> List<'_> {
        self.remove_deleted();
        if collection == Collection::Machines {
            self.update_machines_to_now();
        }
        let moment = self.clock.now().checked_sub(self.times.list_lag);
        if let (Some(past), Some(moment)) = (&mut self.past, moment) {
            past.move_to(moment);
        }
        let store = self.past.as_ref().map_or(&*self, |past| &past.content);
        let objects = store.table(collection).objects.iter();
        let mut last_change = store.last_change(collection, None);
        let shown = objects.filter(|(_, object)| {
            let Some(visible_at) = self.visible_at.get(string(object, "uuid")) else {
                return true;
            };
            let is_visible = Some(*visible_at) <= moment;
            if is_visible {
                last_change = last_change.max(*visible_at);
            }
            is_visible
        });
        let (keys, objects) = shown.unzip();
        List {
            store,
            keys,
            objects,
            last_change,
        }
    }

    /// Hides a new object or run for the times of replication and propagation.
    fn hide(&mut self, uuid: &str) {
        let now = self.clock.now();
        let Times {
            replication,
            propagation,
            ..
        } = self.times;
        if !replication.is_zero() {
            self.visible_at
                .insert(uuid.to_owned(), now.saturating_add(replication));
        }
        if !propagation.is_zero() {
            self.usable_at
                .insert(uuid.to_owned(), now.saturating_add(propagation));
        }
    }

    /// Whether reads and lists show an object or a run already.
    fn is_visible(&self, uuid: &str) -> bool {
        let visible_at = self.visible_at.get(uuid);
        visible_at.is_none_or(|visible_at| self.clock.now() >= *visible_at)
    }

    /// Whether requests may change an object already.
    fn is_usable(&self, uuid: &str) -> bool {
        let usable_at = self.usable_at.get(uuid);
        usable_at.is_none_or(|usable_at| self.clock.now() >= *usable_at)
    }

    /// Removes the deleted objects and rules whose time is over.
    pub fn remove_deleted(&mut self) {
        let now = self.clock.now();
        let is_gone = |leaving: &Leaving| leaving.gone_at <= now;
        while self.leaving.first().is_some_and(is_gone)
            && let Some(Leaving {
                gone_at,
                collection,
                uuid,
                rule,
            }) = self.leaving.pop_first()
        {
            self.change_at = Some(gone_at);
            // An object that is gone already needs no removal.
            let _ = match rule {
                Some(rule) => collections::route_policy::delete_rule(self, &uuid, &rule),
                None => self
                    .peek(collection, &uuid)
                    .cloned()
                    .ok_or_else(Problem::not_found)
                    .map(|object| drop(self.remove(collection, object))),
            };
            self.change_at = None;
        }
    }

    /// Marks an object or a rule as deleted. A second delete changes nothing.
    fn leave(&mut self, collection: Collection, uuid: &str, rule: Option<&str>) {
        let is_same = |leaving: &Leaving| leaving.uuid == uuid && leaving.rule.as_deref() == rule;
        if !self.leaving.iter().any(is_same) {
            self.leaving.insert(Leaving {
                gone_at: self.clock.now().saturating_add(self.times.linger),
                collection,
                uuid: uuid.to_owned(),
                rule: rule.map(str::to_owned),
            });
        }
    }

    fn delete_rule(&mut self, set: &str, rule: &str) -> Result<(), Problem> {
        collections::route_policy::find(self, set, rule)?;
        if self.times.linger.is_zero() {
            return collections::route_policy::delete_rule(self, set, rule);
        }
        self.leave(Collection::RoutePolicySets, set, Some(rule));
        Ok(())
    }

    /// An object of a collection, updated to the current time.
    ///
    /// # Errors
    /// If the object does not exist.
    pub fn get(&mut self, collection: Collection, uuid: &str) -> Result<&Object, Problem> {
        if collection == Collection::Machines {
            self.update_machine_to_now(uuid);
        }
        self.peek(collection, uuid).ok_or_else(Problem::not_found)
    }

    /// Creates an object of a collection. A missing `uuid` and missing times are added.
    ///
    /// # Errors
    /// If the name is taken or a rule of the collection rejects the object.
    pub fn create(&mut self, collection: Collection, body: Object) -> Result<Object, Problem> {
        let now = self.clock.timestamp(self.clock.change());
        let mut object = collection.behaviour().defaults();
        object.insert("uuid".to_owned(), json!(Uuid::new_v4().to_string()));
        object.insert("created_at".to_owned(), json!(now));
        object.insert("updated_at".to_owned(), json!(now));
        object.extend(body);
        self.check(collection, &mut object, None)?;
        self.put(collection, object.clone());
        Ok(object)
    }

    /// Changes an object of a collection, and the objects that depend on it.
    ///
    /// # Errors
    /// If the object does not exist, the name is taken or a rule of the collection rejects the change.
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
            let now = self.clock.timestamp(self.clock.change());
            object.insert("updated_at".to_owned(), json!(now));
        }
        self.put(collection, object.clone());
        collection.behaviour().updated(self, &previous, &object);
        Ok(object)
    }

    /// Changes an object of a collection without a copy and without the rules of its collection.
    ///
    /// # Errors
    /// If the object does not exist, and the error of `change`.
    pub fn change_in_place(
        &mut self,
        collection: Collection,
        uuid: &str,
        change: impl FnOnce(&mut Object) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let table = self.tables.entry(collection).or_default();
        let position = *table.positions.get(uuid).ok_or_else(Problem::not_found)?;
        let object = table.objects.get_mut(&position).ok_or_else(Problem::not_found)?;
        change(object)?;
        let now = self.clock.timestamp(self.clock.change());
        object.insert("updated_at".to_owned(), json!(now));
        self.touch(collection, position, self.change_time());
        Ok(())
    }

    /// Deletes an object of a collection, and the references to it. The object stays for the time of `Times::linger`.
    ///
    /// # Errors
    /// If the object does not exist or is in use.
    fn delete(&mut self, collection: Collection, uuid: &str) -> Result<(), Problem> {
        let object = self.get(collection, uuid)?.clone();
        collection.behaviour().check_delete(self, &object)?;
        if self.times.linger.is_zero() {
            self.remove(collection, object);
        } else {
            self.leave(collection, uuid, None);
        }
        Ok(())
    }

    /// Deletes an object even if it is in use.
    pub fn remove(&mut self, collection: Collection, object: Object) -> Object {
        let at = self.change_time();
        let table = self.tables.entry(collection).or_default();
        if let Some(&position) = table.positions.get(string(&object, "uuid")) {
            table.take(position, at);
            self.record(collection, position, at);
        }
        collection.behaviour().deleted(self, &object);
        object
    }

    /// The representation of an object in the response of an operation: exactly the fields of its schema.
    pub fn representation(&self, operation: &Operation, object: &Object) -> Value {
        let mut complete = object.clone();
        operation.collection.behaviour().complete(self, &mut complete);
        let properties = operation
            .success_schema()
            .map_or(&[][..], |schema| &schema.properties);
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
            string(other, "uuid") != string(object, "uuid")
                && behaviour.shares_names(other) == behaviour.shares_names(object)
        };
        let name = string(object, "name");
        if object.contains_key("name") && self.named(collection, name).any(taken) {
            return Err(Problem::conflict(format!(
                "{} with the name '{name}' exists already",
                collection.noun()
            )));
        }
        behaviour.check(self, object, previous)
    }
}

impl List<'_> {
    /// The representations of the objects at these positions in the response of a list operation.
    pub fn representations(&self, operation: &Operation, positions: Range<usize>) -> Value {
        let objects = self.objects.get(positions).unwrap_or_default().iter();
        objects
            .map(|object| self.store.representation(operation, object))
            .collect()
    }
}
