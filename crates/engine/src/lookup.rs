//! `ReadDataSource`: looks up an existing object, or a list of objects.
//!
//! Tests: `crates/engine/tests/tables/lookup.rs`, `tests/protocol/lookups.rs`.

mod many;

use std::sync::Arc;

use schema::{Attribute, Expect, Lookup, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;
use value::json::json_type;
use value::{Path, Value};

use crate::absence::Patience;
use crate::api::{Error, ErrorKind};
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::list::{Index, List};
use crate::misses::Miss;
use crate::naming::{self, MAX_SUGGESTIONS, capitalised, noun};
use crate::report::{self, Action, is_gone};
use crate::{absence, filter, shape, summaries, wire};

/// Looks up the object, or the list of objects, that the configuration describes.
///
/// # Errors
///
/// [`Reported`] if no object or several match, an argument is missing, or a request fails.
pub async fn lookup(
    resource: &Resource,
    context: &Context,
    config: &Value,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let selected = resource
        .lookups
        .iter()
        .find(|lookup| lookup.by.as_deref().is_none_or(|by| !config.get(by).is_null()));
    let Some(lookup) = selected else {
        return Err(diagnostics.error(
            &summaries::MISSING_LOOKUP_ARGUMENT,
            format!(
                "To look up a {}, set one of the arguments that identify it.",
                noun(resource)
            ),
        ));
    };
    let mut search = Search {
        resource,
        context,
        config,
        lookup,
        diagnostics,
    };
    search.run().await
}

struct Search<'a> {
    resource: &'a Resource,
    context: &'a Context,
    config: &'a Value,
    lookup: &'a Lookup,
    diagnostics: &'a mut Diagnostics,
}

/// The result of an attempt.
enum Found {
    One(Value),
    /// No object matches those of this list, if there is one.
    None(Option<Arc<List>>),
}

impl<'a> Search<'a> {
    async fn run(&mut self) -> Result<Value, Reported> {
        let mut patience = Patience::default();
        loop {
            let is_in_list = self.lookup.pick.is_some() || self.lookup.expect == Expect::Many;
            let found = if is_in_list {
                self.find_in_list().await?
            } else {
                self.find_object().await?
            };
            let list = match found {
                Found::One(found) => return Ok(found),
                Found::None(list) => list,
            };
            // Not every part of the control plane may have it yet.
            if !self.is_own_and_young() || !patience.pause(self.context).await {
                return self.not_found(list.as_deref());
            }
        }
    }

    async fn find_object(&mut self) -> Result<Found, Reported> {
        let found = self.context.read(self.resource, &self.lookup.api, self.config);
        match found.await {
            Ok(response) if response.body.is_object() => {
                let found = self.details(&response.body, true).await?;
                Ok(found.map_or(Found::None(None), Found::One))
            }
            Ok(response) => Err(self.no_object(&response.body)),
            Err(error) if is_gone(&error) => Ok(Found::None(None)),
            Err(error) => Err(self.fail(&error)),
        }
    }

    /// Looks up objects in a list. One that was read before only shows where an object is: a request for the object shows what it is
    /// now. Whether none or several match, and which objects there are, a list from now on decides. In a plan, a recent list is of the
    /// present: no other provider or program changes anything between two lookups.
    async fn find_in_list(&mut self) -> Result<Found, Reported> {
        let started = Instant::now();
        let is_planning = self.context.process.is_planning();
        let is_single = self.lookup.expect == Expect::One && self.lookup.then.is_some();
        let mut since = (!is_single && !is_planning).then_some(started);
        loop {
            let (resource, lookup) = (self.resource, self.lookup);
            let list = self.context.whole_list(resource, &lookup.api, self.config, since);
            let list = list.await.map_err(|error| self.fail(&error))?;
            let is_present = is_planning || list.began.is_none_or(|began| began >= started);
            if lookup.expect == Expect::Many {
                return self.many(&list).await.map(Found::One);
            }
            let found = match self.matching(&list).as_slice() {
                [one] => self.details(one, is_present).await?,
                [_, _, ..] if !is_present => None,
                several @ [_, _, ..] => return Err(self.ambiguous(several)),
                [] => None,
            };
            match found {
                Some(found) => return Ok(Found::One(found)),
                None if is_present => return Ok(Found::None(Some(list))),
                None => since = Some(started),
            }
        }
    }

    fn is_own_and_young(&self) -> bool {
        let by = self.lookup.by.as_deref();
        let by = by.and_then(|by| self.resource.attribute(by));
        by.is_some_and(|by| {
            let wanted = self.config.get(&by.name).as_str().unwrap_or_default();
            absence::is_own_and_young(&self.context.process, &self.resource.name, by, wanted)
        })
    }

    fn fail(&mut self, error: &Error) -> Reported {
        report::request_error(
            self.diagnostics,
            Action::LookUp,
            self.resource,
            self.config,
            error,
        )
    }

    fn no_object(&mut self, found: &Json) -> Reported {
        let remedy = self
            .context
            .api
            .remedy(ErrorKind::UnexpectedResponse)
            .unwrap_or_default();
        let detail = format!(
            "The lookup of a {} expects an object, but the control plane returned {}. {remedy}",
            noun(self.resource),
            json_type(found)
        );
        self.diagnostics
            .error(&summaries::UNEXPECTED_RESPONSE, detail.trim_end())
    }

    /// The objects of a list that match the configuration.
    fn matching(&self, list: &List) -> Vec<Json> {
        let mut found = self.candidates(list);
        found.retain(|candidate| self.is_narrow_match(candidate));
        found
    }

    /// The objects of a list that have the wanted value of `by`; all of them without `pick`.
    fn candidates(&self, list: &List) -> Vec<Json> {
        let (Some(field), Some(by)) = (&self.lookup.pick, &self.lookup.by) else {
            return list.objects().collect();
        };
        let wanted = wire::to_json(self.config.get(by));
        let positions = picked(list, field).get(&wanted.to_string()).cloned();
        let positions = positions.unwrap_or_default().into_iter();
        positions.map(|position| list.object(position)).collect()
    }

    /// Whether an object that was found in a list still matches the configuration, as far as the response shows.
    fn is_match(&self, object: &Json) -> bool {
        let picked = match (&self.lookup.pick, &self.lookup.by) {
            (Some(field), Some(by)) => {
                wire::find(object, field).is_none_or(|found| found == wire::to_json(self.config.get(by)))
            }
            _ => true,
        };
        picked && self.is_narrow_match(object)
    }

    /// Whether one object, which is looked up by another attribute, matches those that narrow the lookup. A missing bool counts as false.
    fn is_narrow_match(&self, candidate: &Json) -> bool {
        self.narrowing().all(|(attribute, wanted)| {
            let field = wire::field(attribute, candidate).unwrap_or(Json::Bool(false));
            filter::matches(attribute, wanted, &field)
        })
    }

    /// The configured attributes that narrow the lookup, with their values.
    fn narrowing(&self) -> impl Iterator<Item = (&'a Attribute, &'a Value)> + use<'a> {
        let (resource, config) = (self.resource, self.config);
        let names = self.lookup.narrow.iter();
        let attributes = names.filter_map(|name| resource.attribute(name));
        attributes
            .map(|attribute| (attribute, config.get(&attribute.name)))
            .filter(|(_, wanted)| !wanted.is_null())
    }

    /// Decodes an object, and reads it if it is not of the present or lacks anything, and the declaration says how (`then`). `None` if it
    /// no longer exists, or no longer matches.
    async fn details(&mut self, found: &Json, is_present: bool) -> Result<Option<Value>, Reported> {
        let listed = self.object(found)?;
        if let Some(attribute) = self.identity() {
            let configured = self.config.get(&attribute.name).clone();
            if !configured.is_null() {
                self.check_identity(found, Some(&configured))?;
            } else if listed.get(&attribute.name).is_null() {
                let detail = format!(
                    "The control plane returned a {} without its `{}`.",
                    noun(self.resource),
                    attribute.name
                );
                return Err(self.diagnostics.error(&summaries::UNEXPECTED_RESPONSE, detail));
            }
        }
        // An item that has everything needs no further request.
        let is_complete =
            self.context.api.keeps_lists() && wire::is_complete(&self.resource.attributes, found);
        let is_enough = is_complete && is_present;
        let Some(operation) = self.lookup.then.as_deref().filter(|_| !is_enough) else {
            return Ok(Some(listed));
        };
        match self.context.read(self.resource, operation, &listed).await {
            Ok(response) => {
                let identity = self.identity().map(|attribute| attribute.name.clone());
                let expected = identity.as_ref().map(|name| listed.get(name).clone());
                self.check_identity(&response.body, expected.as_ref())?;
                if !is_present && !self.is_match(&response.body) {
                    return Ok(None);
                }
                let mut found = self.object(&response.body)?;
                // A response may lack it.
                if let (Some(name), Some(expected)) = (identity, expected) {
                    found.set_attribute(&name, expected);
                }
                Ok(Some(found))
            }
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(self.fail(&error)),
        }
    }

    /// Checks that a response is about the object with this identity, as far as the response has one.
    fn check_identity(&mut self, response: &Json, expected: Option<&Value>) -> Result<(), Reported> {
        let Some((attribute, expected)) = self.identity().zip(expected) else {
            return Ok(());
        };
        let found = wire::field(attribute, response).filter(|found| !found.is_null());
        let is_same =
            found.is_none_or(|found| wire::is_equivalent_json(attribute, &found, &wire::to_json(expected)));
        if is_same {
            return Ok(());
        }
        let detail = format!(
            "The response for {} {} has the `{}` of another object.",
            noun(self.resource),
            wire::to_json(expected),
            attribute.name
        );
        Err(self.diagnostics.error(&summaries::UNEXPECTED_RESPONSE, detail))
    }

    fn object(&mut self, response: &Json) -> Result<Value, Reported> {
        let attributes = &self.resource.attributes;
        let known = shape::empty_object(attributes);
        let (found, result) =
            wire::from_response(attributes, response, &known, &Path::root(), self.diagnostics);
        result.map(|()| self.with_arguments(found))
    }

    /// Sets each argument to its configured value, which may be spelled differently from the control plane's.
    fn with_arguments(&self, mut found: Value) -> Value {
        for attribute in self.resource.attributes.iter() {
            let configured = self.config.get(&attribute.name);
            if !configured.is_null() {
                found.set_attribute(&attribute.name, configured.clone());
            }
        }
        found
    }

    /// Reports that no object matches, as far as the configuration does not allow it. `list` is the list in which it was looked up.
    fn not_found(&mut self, list: Option<&List>) -> Result<Value, Reported> {
        let by = self.lookup.by.as_deref().unwrap_or_default();
        let wanted = self.config.get(by).as_str().unwrap_or_default();
        let closest = list.map(|list| self.similar(list, wanted)).unwrap_or_default();
        let mut conditions = self.conditions();
        if !by.is_empty() {
            conditions.insert(0, format!("{by} {wanted:?}"));
        }
        let conditions = if conditions.is_empty() {
            String::new()
        } else {
            format!(" with {}", conditions.join(" and "))
        };
        let what = format!("no {}{conditions}", noun(self.resource));
        let suggestion = if closest.is_empty() {
            "Check the spelling, and that the API token belongs to the account that has it.".to_owned()
        } else {
            format!("Closest: {}.", closest.join(", "))
        };
        let detail = format!("The control plane has {what}. {suggestion}");
        let path = Path::root().attribute(by);
        let permission = self.lookup.missing_ok.as_deref();
        let permission = permission.map(|name| (name, self.config.get(name).as_bool()));
        match permission {
            None | Some((_, Some(false))) => {
                return Err(self.diagnostics.error_at(path, &summaries::OBJECT_NOT_FOUND, detail));
            }
            Some((name, None)) => self.diagnostics.warning_at(
                path,
                &summaries::NOTHING_FOUND,
                format!(
                    "{detail} All attributes of the data source are null. If that is intended, set `{name} = true`. If it is an error, \
                     set `{name} = false`."
                ),
            ),
            Some((_, Some(true))) => {}
        }
        let data_source = self.resource.name.to_string();
        self.context.process.note_miss(Miss {
            data_source,
            what,
            closest,
        });
        Ok(self.with_arguments(shape::empty_object(&self.resource.attributes)))
    }

    fn conditions(&self) -> Vec<String> {
        self.narrowing()
            .map(|(attribute, wanted)| {
                if attribute.is_secret() {
                    format!("this {}", attribute.name)
                } else {
                    format!("{} = {}", attribute.name, wire::to_json(wanted))
                }
            })
            .collect()
    }

    /// The most similar names, quoted, best match first.
    fn similar(&self, list: &List, name: &str) -> Vec<String> {
        let Some(field) = self.lookup.pick.as_deref() else {
            return Vec::new();
        };
        let index = picked(list, field);
        let names = index
            .iter()
            .flat_map(|(name, positions)| positions.iter().map(move |position| (position, name)));
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        let names: Vec<Json> = names
            .into_iter()
            .filter_map(|(_, name)| serde_json::from_str(name).ok())
            .collect();
        naming::closest(name, names.iter().filter_map(Json::as_str), MAX_SUGGESTIONS)
            .into_iter()
            .map(|name| format!("{name:?}"))
            .collect()
    }

    fn ambiguous(&mut self, found: &[Json]) -> Reported {
        let by = self.lookup.by.as_deref().unwrap_or_default();
        let narrower = self
            .lookup
            .narrow
            .iter()
            .find(|name| self.config.get(name).is_null())
            .map(|name| format!("narrow the search with `{name}`"));
        let identity = self.identity();
        let identities = identity.map(|attribute| {
            let values: Vec<String> = found
                .iter()
                .filter_map(|object| wire::field(attribute, object)?.as_str().map(str::to_owned))
                .collect();
            format!("Their {}s are {}. ", attribute.name, values.join(", "))
        });
        let exact = identity.map(|attribute| format!("look it up by `{}`", attribute.name));
        let advice: Vec<String> = narrower.into_iter().chain(exact).collect();
        let advice = capitalised(&advice.join(", or "));
        let mut conditions = self.conditions();
        conditions.insert(0, format!("{by} {}", wire::to_json(self.config.get(by))));
        self.diagnostics.error_at(
            Path::root().attribute(by),
            &summaries::MULTIPLE_MATCHES,
            format!(
                "{} {}s have the {}. {}{advice}.",
                found.len(),
                noun(self.resource),
                conditions.join(" and "),
                identities.unwrap_or_default()
            ),
        )
    }

    /// The attribute that identifies one object in a lookup without a list.
    fn identity(&self) -> Option<&Attribute> {
        let is_exact = |lookup: &&Lookup| lookup.pick.is_none() && lookup.expect == Expect::One;
        let mut names = self
            .resource
            .lookups
            .iter()
            .filter(is_exact)
            .filter_map(|lookup| lookup.by.as_deref());
        self.resource.attribute(names.next()?)
    }
}

/// An index of a list by a field, as JSON text.
fn picked(list: &List, field: &str) -> Arc<Index> {
    list.index(field, |candidate| {
        wire::find(candidate, field).map(|value| value.to_string())
    })
}
