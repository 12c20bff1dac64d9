//! The lookup of many objects: which ones match, what their items lack, and the keys of a map.
//!
//! Tests: below, `crates/engine/tests/tables/lookup.rs`.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use schema::{Attribute, Collection};
use serde_json::Value as Json;
use value::json::json_type;
use value::{Path, Value};

use super::Search;
use crate::api::Error;
use crate::diagnostic::Reported;
use crate::filter::{self, Match};
use crate::list::List;
use crate::naming::noun;
use crate::report::is_gone;
use crate::{summaries, wire};

impl<'a> Search<'a> {
    /// Returns the data source with the objects of a list that match the configuration, in the order of the list.
    ///
    /// A request reads each object whose item lacks an attribute, or a field with which a filter compares, if the declaration says how
    /// (`then`).
    pub(super) async fn many(&mut self, list: &List) -> Result<Value, Reported> {
        let resource = self.resource;
        let into = self.lookup.into.as_deref();
        let Some(into) = into.and_then(|name| resource.attribute(name)) else {
            return Ok(self.config.clone());
        };
        let mut objects = self.candidates(list);
        objects.retain(|item| self.match_of(item) != Match::No);
        if let Some(then) = self.lookup.then.as_deref() {
            // All at once: the API limits how many requests it gets at a time.
            let objects_of = objects.into_iter().map(|item| self.whole(into, then, item));
            let read = try_join_all(objects_of).await;
            objects = read
                .map_err(|error| self.fail(&error))?
                .into_iter()
                .flatten()
                .collect();
        }
        for object in &objects {
            if let Match::NotShown(attribute) = self.match_of(object) {
                return Err(self.not_shown(attribute));
            }
        }
        let found = match into.r#type.collections.first() {
            Some(Collection::Map) => Json::Object(self.keyed(into, objects)?),
            _ => Json::Array(objects),
        };
        let response = Json::Object(std::iter::once((into.name.to_string(), found)).collect());
        self.object(&response)
    }

    fn match_of(&self, object: &Json) -> Match<'a> {
        filter::all(self.narrowing(), object)
    }

    /// Returns the object of an item that may match: the item if it shows everything, otherwise with the fields of the response to a read.
    /// `None` if the object is gone meanwhile, or does not match.
    async fn whole(&self, into: &Attribute, then: &str, item: Json) -> Result<Option<Json>, Error> {
        let (resource, context) = (self.resource, self.context);
        if self.match_of(&item) == Match::Yes && wire::is_complete(&into.attributes, &item) {
            return Ok(Some(item));
        }
        let unexpected = |operation: &str, detail: String| {
            Error::unexpected_response(operation, detail).with_remedy(&*context.api)
        };
        let identity = self.lookup.key.last().and_then(|name| into.attribute(name));
        let known = identity.and_then(|identity| Some((identity, wire::field(identity, &item)?)));
        let Some((identity, known)) = known.filter(|(_, known)| known.is_string()) else {
            let identity = self.lookup.key.last().map(AsRef::as_ref).unwrap_or_default();
            return Err(unexpected(
                &self.lookup.api,
                format!("an object has no `{identity}`"),
            ));
        };
        let path = Value::string(known.as_str().unwrap_or_default());
        let path = Value::object([(identity.name.as_ref(), path)]);
        let response = context.read_nested(resource, &into.attributes, then, &path);
        let response = match response.await {
            Err(error) if is_gone(&error) => return Ok(None),
            response => response?,
        };
        let (Json::Object(mut fields), Json::Object(body)) = (item, &response.body) else {
            let found = json_type(&response.body);
            return Err(unexpected(then, format!("expected an object, got {found}")));
        };
        let found = wire::field(identity, &response.body).filter(|found| !found.is_null());
        if found.is_some_and(|found| !wire::is_equivalent_json(identity, &found, &known)) {
            let detail = format!(
                "expected the object with the `{}` {known}, got another one",
                identity.name
            );
            return Err(unexpected(then, detail));
        }
        fields.extend(body.clone());
        let object = Json::Object(fields);
        Ok(Some(object).filter(|object| self.match_of(object) != Match::No))
    }

    /// The objects by their keys.
    fn keyed(
        &mut self,
        into: &Attribute,
        objects: Vec<Json>,
    ) -> Result<serde_json::Map<String, Json>, Reported> {
        let parts_of = |object: &Json| {
            let attributes = self.lookup.key.iter().filter_map(|name| into.attribute(name));
            let strings = attributes.filter_map(|attribute| {
                let value = Value::string(wire::field(attribute, object)?.as_str()?);
                value
                    .as_str()
                    .filter(|string| !string.is_empty())
                    .map(str::to_owned)
            });
            strings.collect()
        };
        let parts: Vec<Vec<String>> = objects.iter().map(parts_of).collect();
        let names = || self.lookup.key.join("` and `");
        match keys(&parts) {
            Ok(keys) => Ok(keys.into_iter().zip(objects).collect()),
            Err(Ambiguous::Nothing) => {
                let detail = format!(
                    "The control plane returned an object for `{}` without `{}`, which make its key in the map.",
                    into.name,
                    names()
                );
                Err(self.diagnostics.error(&summaries::UNEXPECTED_RESPONSE, detail))
            }
            Err(Ambiguous::Same(key)) => {
                let detail = format!(
                    "The control plane returned several objects for `{}` whose key in the map would be {key:?}: they have the same `{}`.",
                    into.name,
                    names()
                );
                Err(self.diagnostics.error(&summaries::UNEXPECTED_RESPONSE, detail))
            }
        }
    }

    fn not_shown(&mut self, attribute: &Attribute) -> Reported {
        let (name, field) = (
            &attribute.name,
            attribute.wire.read.first().map(AsRef::as_ref).unwrap_or_default(),
        );
        let detail = format!(
            "The lookup of {} compares `{name}` with the field `{field}`, which the control plane's response does not have for every \
             object. Remove `{name}` from the configuration.",
            noun(self.resource)
        );
        let path = Path::root().attribute(name);
        self.diagnostics
            .error_at(path, &summaries::UNEXPECTED_RESPONSE, detail)
    }
}

/// Why an object has no key of its own.
#[derive(Debug, PartialEq, Eq)]
enum Ambiguous {
    /// None of the attributes has a value.
    Nothing,
    /// Another object has the same values.
    Same(String),
}

/// Makes a key of each object from its strings: the first one, to which those that share a key append their next one after a slash,
/// until all keys differ.
fn keys(parts: &[Vec<String>]) -> Result<Vec<String>, Ambiguous> {
    let mut rest: Vec<_> = parts.iter().map(|parts| parts.iter()).collect();
    let firsts = rest
        .iter_mut()
        .map(|rest| rest.next().cloned().ok_or(Ambiguous::Nothing));
    let mut keys: Vec<String> = firsts.collect::<Result<_, _>>()?;
    loop {
        let mut seen = BTreeSet::new();
        let repeated = keys.iter().filter(|key| !seen.insert(*key));
        let shared: BTreeSet<String> = repeated.cloned().collect();
        if shared.is_empty() {
            return Ok(keys);
        }
        let mut stuck = shared.clone();
        for (key, rest) in keys.iter_mut().zip(&mut rest) {
            if shared.contains(key)
                && let Some(next) = rest.next()
            {
                stuck.remove(key);
                *key = format!("{key}/{next}");
            }
        }
        if let Some(key) = stuck.pop_first() {
            return Err(Ambiguous::Same(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ() {
        let same = |key: &str| Err(Ambiguous::Same(key.to_owned()));
        // Objects with their strings, and their keys.
        for (objects, expected) in [
            ("", Ok("")),
            ("a,1 b,2", Ok("a b")),
            ("a,1 b,2 a,3", Ok("a/1 b a/3")),
            ("a,1,x a,1,y a,2,z", Ok("a/1/x a/1/y a/2")),
            // One has no name.
            ("1 a,2", Ok("1 a")),
            ("1 1,2", Ok("1 1/2")),
            ("1 1 1,2", same("1")),
            // A name that looks like the key of others.
            ("a,1 a,2 a/1,3", Ok("a/1 a/2 a/1/3")),
            ("a,1 a,1", same("a/1")),
            ("1 1", same("1")),
            ("a,1 a,1 b,2 b,2", same("a/1")),
            (",", Err(Ambiguous::Nothing)),
            ("a ,", Err(Ambiguous::Nothing)),
        ] {
            let strings = |object: &str| {
                let strings = object.split(',').filter(|string| !string.is_empty());
                strings.map(str::to_owned).collect()
            };
            let parts: Vec<Vec<String>> = objects.split_whitespace().map(strings).collect();
            let found = keys(&parts).map(|keys| keys.join(" "));
            assert_eq!(found, expected.map(str::to_owned), "{objects:?}");
        }
    }
}
