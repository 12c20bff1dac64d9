//! `ReadDataSource`: looks up an existing object, or a list of objects.
//!
//! Tests: `crates/engine/tests/tables/lookup.rs`, `tests/protocol/lookups.rs`.

use schema::{Attribute, Expect, Lookup, Resource};
use serde_json::Value as Json;
use value::{Path, Value};

use crate::api::{Error, ErrorKind};
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::naming::{capitalised, noun};
use crate::report::{self, Action, is_gone};
use crate::{shape, summaries, wire};

/// Number of similar names that an error suggests.
const MAX_SUGGESTIONS: usize = 3;

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

impl Search<'_> {
    async fn run(&mut self) -> Result<Value, Reported> {
        let (resource, lookup) = (self.resource, self.lookup);
        let response = match self.context.read(resource, &lookup.api, self.config).await {
            Ok(response) => response,
            Err(error) if is_gone(&error) && lookup.pick.is_none() => return self.not_found(&[]),
            Err(error) => return Err(self.fail(&error)),
        };
        let is_list = lookup.pick.is_some() || lookup.expect == Expect::Many;
        let candidates = match &response.body {
            Json::Array(elements) if is_list => elements.as_slice(),
            object @ Json::Object(_) if !is_list => std::slice::from_ref(object),
            other => {
                let expected = if is_list { "a list" } else { "an object" };
                return Err(self.unexpected_type(expected, other));
            }
        };
        let found: Vec<&Json> = candidates
            .iter()
            .filter(|candidate| self.matches(candidate))
            .collect();
        match (lookup.expect, found.as_slice()) {
            (Expect::Many, found) => self.all(found),
            (Expect::One, []) => self.not_found(candidates),
            (Expect::One, [one]) => self.one(one).await,
            (Expect::One, several) => Err(self.ambiguous(several)),
        }
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

    fn unexpected_type(&mut self, expected: &str, found: &Json) -> Reported {
        let remedy = self
            .context
            .api
            .remedy(ErrorKind::UnexpectedResponse)
            .unwrap_or_default();
        let detail = format!(
            "The lookup of a {} expects {expected}, but the control plane returned {}. {remedy}",
            noun(self.resource),
            wire::json_type(found)
        );
        self.diagnostics
            .error(&summaries::UNEXPECTED_RESPONSE, detail.trim_end())
    }

    /// Whether a listed object matches the configuration.
    fn matches(&self, candidate: &Json) -> bool {
        let picked = match (&self.lookup.pick, &self.lookup.by) {
            (Some(field), Some(by)) => {
                wire::find(candidate, field) == Some(wire::to_json(self.config.get(by)))
            }
            _ => true,
        };
        picked
            && self.narrowing().all(|(attribute, wanted)| {
                let field = wire::field(attribute, candidate).unwrap_or(Json::Bool(false));
                wire::is_equivalent_json(attribute, &field, &wire::to_json(wanted))
            })
    }

    /// The configured attributes that narrow the lookup, with their values.
    fn narrowing(&self) -> impl Iterator<Item = (&Attribute, &Value)> {
        let attributes = self
            .lookup
            .narrow
            .iter()
            .filter_map(|name| self.resource.attribute(name));
        attributes
            .map(|attribute| (attribute, self.config.get(&attribute.name)))
            .filter(|(_, wanted)| !wanted.is_null())
    }

    async fn one(&mut self, found: &Json) -> Result<Value, Reported> {
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
        let Some(operation) = &self.lookup.then else {
            return Ok(listed);
        };
        match self.context.read(self.resource, operation, &listed).await {
            Ok(response) => {
                let identity = self.identity().map(|attribute| attribute.name.clone());
                let expected = identity.as_ref().map(|name| listed.get(name).clone());
                self.check_identity(&response.body, expected.as_ref())?;
                let mut found = self.object(&response.body)?;
                // A response may lack it.
                if let (Some(name), Some(expected)) = (identity, expected) {
                    found.set_attribute(&name, expected);
                }
                Ok(found)
            }
            Err(error) if is_gone(&error) => self.not_found(&[]),
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

    fn all(&mut self, found: &[&Json]) -> Result<Value, Reported> {
        let Some(into) = &self.lookup.into else {
            return Ok(self.config.clone());
        };
        let list: Json = found.iter().map(|object| (*object).clone()).collect();
        let response = Json::Object(std::iter::once((into.to_string(), list)).collect());
        self.object(&response)
    }

    fn not_found(&mut self, candidates: &[Json]) -> Result<Value, Reported> {
        let is_allowed = self
            .lookup
            .missing_ok
            .as_deref()
            .is_some_and(|name| *self.config.get(name) != Value::Bool(false));
        if is_allowed {
            return Ok(self.with_arguments(shape::empty_object(&self.resource.attributes)));
        }
        let by = self.lookup.by.as_deref().unwrap_or_default();
        let name = self.config.get(by).as_str().unwrap_or_default();
        let similar = self.similar(candidates, name);
        let suggestion = if similar.is_empty() {
            "Check the spelling, and that the API token belongs to the account that has it.".to_owned()
        } else {
            format!("Closest: {}.", similar.join(", "))
        };
        let mut conditions = self.conditions();
        if !by.is_empty() {
            conditions.insert(0, format!("{by} {name:?}"));
        }
        let conditions = if conditions.is_empty() {
            String::new()
        } else {
            format!(" with {}", conditions.join(" and "))
        };
        let detail = format!(
            "The control plane has no {}{conditions}. {suggestion}",
            noun(self.resource)
        );
        Err(self
            .diagnostics
            .error_at(Path::root().attribute(by), &summaries::OBJECT_NOT_FOUND, detail))
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
    fn similar(&self, candidates: &[Json], name: &str) -> Vec<String> {
        let Some(field) = self.lookup.pick.as_deref() else {
            return Vec::new();
        };
        let names: Vec<Json> = candidates
            .iter()
            .filter_map(|candidate| wire::find(candidate, field))
            .collect();
        schema::similar(name, names.iter().filter_map(Json::as_str), MAX_SUGGESTIONS)
            .into_iter()
            .map(|name| format!("{name:?}"))
            .collect()
    }

    fn ambiguous(&mut self, found: &[&Json]) -> Reported {
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
        self.diagnostics.error_at(
            Path::root().attribute(by),
            &summaries::MULTIPLE_MATCHES,
            format!(
                "{} objects match this {}. {}{advice}.",
                found.len(),
                noun(self.resource),
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
