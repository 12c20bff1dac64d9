//! `ReadDataSource`: finds what exists.

use schema::{Attribute, Expect, Lookup, Resource};
use serde_json::Value as Json;

use super::context::{Context, is_gone, noun, tell};
use super::diagnostic::Diagnostics;
use super::{shape, wire};
use crate::client::Error;
use crate::value::{Path, Value};

/// How many similar names an error suggests.
const SUGGESTIONS: usize = 3;

/// Finds the object (or objects) that the configuration asks for.
pub async fn lookup(resource: &Resource, context: &Context, config: &Value) -> (Value, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let selected = resource
        .lookups
        .iter()
        .find(|lookup| lookup.by.as_deref().is_none_or(|by| !config.get(by).is_null()));
    let Some(lookup) = selected else {
        diagnostics.error(
            format!("Nothing says which {} to look up", noun(resource)),
            "Set one of the arguments that identify it.",
        );
        return (Value::Null, diagnostics);
    };
    let search = Search {
        resource,
        context,
        config,
        lookup,
    };
    match search.run(&mut diagnostics).await {
        Ok(found) => (found, diagnostics),
        Err(error) => {
            tell(&mut diagnostics, "Looking up", resource, config, &error);
            (Value::Null, diagnostics)
        }
    }
}

struct Search<'a> {
    resource: &'a Resource,
    context: &'a Context,
    config: &'a Value,
    lookup: &'a Lookup,
}

impl Search<'_> {
    async fn run(&self, diagnostics: &mut Diagnostics) -> Result<Value, Error> {
        let Search {
            resource,
            context,
            config,
            lookup,
        } = self;
        let answer = match context.read(resource, &lookup.api, config).await {
            Ok(answer) => answer,
            Err(error) if is_gone(resource, &error) && lookup.pick.is_none() => {
                return Ok(self.missing(&[], diagnostics));
            }
            Err(error) => return Err(error),
        };
        let is_list = lookup.pick.is_some() || lookup.expect == Expect::Many;
        let candidates = match &answer.body {
            Json::Array(elements) if is_list => elements.as_slice(),
            object @ Json::Object(_) if !is_list => std::slice::from_ref(object),
            other => {
                self.tell_wrong_kind(if is_list { "a list" } else { "an object" }, other, diagnostics);
                return Ok(Value::Null);
            }
        };
        let found: Vec<&Json> = candidates
            .iter()
            .filter(|candidate| self.matches(candidate))
            .collect();
        match (lookup.expect, found.as_slice()) {
            (Expect::Many, found) => Ok(self.all(found, diagnostics)),
            (Expect::One, []) => Ok(self.missing(candidates, diagnostics)),
            (Expect::One, [one]) => self.one(one, diagnostics).await,
            (Expect::One, several) => {
                self.ambiguous(several, diagnostics);
                Ok(Value::Null)
            }
        }
    }

    fn tell_wrong_kind(&self, expected: &str, found: &Json, diagnostics: &mut Diagnostics) {
        diagnostics.error(
            "The control plane's answer makes no sense",
            format!(
                "Looking up a {} needs {expected}, but the answer is {}. Check that `endpoint` is the address of a \
                 Durantic control plane.",
                noun(self.resource),
                wire::kind(found)
            ),
        );
    }

    /// Whether a listed object is the one that is looked for.
    fn matches(&self, candidate: &Json) -> bool {
        let picked = match (&self.lookup.pick, &self.lookup.by) {
            (Some(field), Some(by)) => {
                wire::find(candidate, field) == Some(wire::to_json(self.config.get(by)))
            }
            _ => true,
        };
        picked
            && self.narrowing().all(|(attribute, wanted)| {
                wire::answered(attribute, candidate).unwrap_or(Json::Bool(false)) == wire::to_json(wanted)
            })
    }

    /// The configured attributes that narrow the search.
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

    async fn one(&self, found: &Json, diagnostics: &mut Diagnostics) -> Result<Value, Error> {
        let short = self.object(found, diagnostics);
        let Some(operation) = &self.lookup.then else {
            return Ok(short);
        };
        match self.context.read(self.resource, operation, &short).await {
            Ok(answer) => Ok(self.object(&answer.body, diagnostics)),
            Err(error) if is_gone(self.resource, &error) => Ok(self.missing(&[], diagnostics)),
            Err(error) => Err(error),
        }
    }

    fn object(&self, answer: &Json, diagnostics: &mut Diagnostics) -> Value {
        let known = shape::empty_object(&self.resource.attributes);
        let found = wire::from_answer(
            &self.resource.attributes,
            answer,
            &known,
            &Path::root(),
            diagnostics,
        );
        self.echo(found)
    }

    /// Arguments come back as they were configured, whatever the control plane calls them.
    fn echo(&self, mut found: Value) -> Value {
        for attribute in self.resource.attributes.iter() {
            let configured = self.config.get(&attribute.name);
            if !configured.is_null() {
                found.set_attribute(&attribute.name, configured.clone());
            }
        }
        found
    }

    fn all(&self, found: &[&Json], diagnostics: &mut Diagnostics) -> Value {
        let Some(into) = &self.lookup.into else {
            return self.config.clone();
        };
        let list: Json = found.iter().map(|object| (*object).clone()).collect();
        let answer = Json::Object(std::iter::once((into.to_string(), list)).collect());
        self.object(&answer, diagnostics)
    }

    fn missing(&self, candidates: &[Json], diagnostics: &mut Diagnostics) -> Value {
        let is_fine = self
            .lookup
            .missing_ok
            .as_deref()
            .is_some_and(|name| *self.config.get(name) != Value::Bool(false));
        if is_fine {
            return self.echo(shape::empty_object(&self.resource.attributes));
        }
        let by = self.lookup.by.as_deref().unwrap_or_default();
        let wanted = self.config.get(by).as_str().unwrap_or_default();
        let similar = self.similar(candidates, wanted);
        let suggestion = if similar.is_empty() {
            "Check the spelling, and that the API token belongs to the account that has it.".to_owned()
        } else {
            format!("Closest: {}.", similar.join(", "))
        };
        diagnostics.error_at(
            Path::root().attribute(by),
            format!("No {} with {by} {wanted:?}", noun(self.resource)),
            format!("The control plane has none{}. {suggestion}", self.narrowed()),
        );
        Value::Null
    }

    fn narrowed(&self) -> String {
        let narrowing: Vec<String> = self
            .narrowing()
            .map(|(attribute, wanted)| {
                if attribute.is_secret() {
                    format!("this {}", attribute.name)
                } else {
                    format!("{} = {}", attribute.name, wire::to_json(wanted))
                }
            })
            .collect();
        if narrowing.is_empty() {
            String::new()
        } else {
            format!(" with {}", narrowing.join(" and "))
        }
    }

    /// What the user may have meant, the most similar first.
    fn similar(&self, candidates: &[Json], wanted: &str) -> Vec<String> {
        let Some(field) = self.lookup.pick.as_deref() else {
            return Vec::new();
        };
        let names = candidates
            .iter()
            .filter_map(|candidate| wire::find(candidate, field));
        let mut names: Vec<(f64, String)> = names
            .filter_map(|name| {
                name.as_str()
                    .map(|name| (strsim::jaro_winkler(name, wanted), name.to_owned()))
            })
            .filter(|(similarity, _)| *similarity > 0.5)
            .collect();
        names.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
        names.dedup_by(|left, right| left.1 == right.1);
        names
            .into_iter()
            .take(SUGGESTIONS)
            .map(|(_, name)| format!("{name:?}"))
            .collect()
    }

    fn ambiguous(&self, found: &[&Json], diagnostics: &mut Diagnostics) {
        let by = self.lookup.by.as_deref().unwrap_or_default();
        let uuids: Vec<String> = found
            .iter()
            .filter_map(|object| object.get("uuid").and_then(Json::as_str).map(str::to_owned))
            .collect();
        let unused = self
            .lookup
            .narrow
            .iter()
            .find(|name| self.config.get(name).is_null());
        let advice = match unused {
            Some(name) => format!("Narrow the search with `{name}`, or look it up by `uuid`."),
            None => "Look it up by `uuid`.".to_owned(),
        };
        diagnostics.error_at(
            Path::root().attribute(by),
            format!("{} objects match this {}", found.len(), noun(self.resource)),
            format!("Their uuids are {}. {advice}", uuids.join(", ")),
        );
    }
}
