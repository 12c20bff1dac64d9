//! Checks of a plan against the account: what the apply would fail at, or what is probably a mistake.
//!
//! An object that the plan does not change is never refused and never warned about. An error needs an answer of the control plane that
//! has no other meaning; Terraform plans in any order, so a name that was not found is a warning. The checks are left out in an apply,
//! where an error would leave an object aside: the requests of the apply fail before anything else is changed.
//!
//! Tests: `crates/engine/tests/tables/preflight.rs`.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Attribute, Reference, Resource};
use value::{Path, Value};

use crate::context::Context;
use crate::declarations::Declarations;
use crate::hook::{Binding, Hook, RunDescription};
use crate::list::List;
use crate::naming::{MAX_SUGGESTIONS, capitalised, closest, noun};
use crate::object::{Plan, Walk};
use crate::planned::own_identity;
use crate::process::Process;
use crate::protection::{self, Repeated};
use crate::survey::{Existing, Scope, Search, Survey, by_value, strings};
use crate::{follow, identity, summaries, takeover};

/// Checks a plan, and records it for the checks of other plans. Names that were not found go into private state, so that a delete looks
/// again.
pub async fn check(
    binding: &Binding,
    context: Option<&Context>,
    process: &Process,
    declarations: &Declarations,
    walk: Walk,
    plan: &mut Plan,
) {
    let resource = binding.schema;
    let position = note(process, declarations, resource, plan);
    if let Some(scope) = scope(walk, plan) {
        let mut survey = Survey::new(context, process, declarations, resource, plan, scope).at(position);
        let unresolved = check_references(&mut survey, declarations).await;
        if let Some(position) = position {
            check_unique(&mut survey, process, position).await;
        }
        if let Some(hook) = binding.hook {
            hook.check(&mut survey).await;
        }
        if survey.takes_over() {
            takeover::check(&mut survey, process).await;
        }
        if let Some(change) = &mut plan.private.change {
            change.unresolved = unresolved;
        }
    }
    let repeated = protection::check(context, process, declarations, resource, walk, plan).await;
    if let (Some(repeated), Some(hook)) = (repeated, binding.hook) {
        let mut survey = Survey::new(context, process, declarations, resource, plan, Scope::All);
        warn_of_run(&mut survey, hook, &repeated).await;
    }
}

/// Warns that a plan repeats a run. Terraform shows one of many such warnings, so each is complete.
async fn warn_of_run(survey: &mut Survey<'_>, hook: &dyn Hook, repeated: &Repeated) {
    let Some(RunDescription {
        summary,
        loss,
        result,
    }) = hook.describe_run(survey).await
    else {
        return;
    };
    let before = match repeated.earlier.as_slice() {
        [] => String::new(),
        earlier => format!(" Planned before it: {}.", protection::listed(earlier)),
    };
    let result = if result.is_empty() {
        result
    } else {
        format!(" {result}")
    };
    let detail = format!(
        "{}: {loss} Reason: {}.{result}{before} `terraform plan -json` has the warnings of all machines.",
        capitalised(&repeated.title),
        repeated.reason
    );
    survey.warn(Path::root(), summary, detail);
}

/// What the checks of a plan concern; `None`: nothing.
fn scope(walk: Walk, plan: &Plan) -> Option<Scope> {
    if walk == Walk::Apply || plan.config.is_null() {
        return None;
    }
    if plan.prior.is_null() {
        // The first plan of a replacement has checked everything, unless it could not know that it is one.
        let mut earlier = plan.private.change.iter().filter(|change| change.of.is_some());
        return (!earlier.any(|earlier| earlier.is_forced)).then_some(Scope::All);
    }
    if !plan.requires_replace.is_empty() {
        return Some(Scope::All);
    }
    (plan.planned != plan.prior).then_some(Scope::Changed)
}

/// Records a plan. Returns the position of the planned object, if other plans can depend on it.
fn note(process: &Process, declarations: &Declarations, resource: &Resource, plan: &Plan) -> Option<usize> {
    let is_target = |attribute: &Attribute| {
        let reference = attribute.reference.as_ref();
        reference.is_some_and(|reference| reference.target == resource.name)
    };
    let is_named = declarations
        .all
        .iter()
        .any(|declaration| declaration.attributes.iter().any(is_target));
    if !is_named && !resource.attributes.iter().any(|attribute| attribute.unique) {
        return None;
    }
    if plan.config.is_null() {
        if let Some(identity) = own_identity(resource, &plan.prior) {
            process.add_destroyed(resource, identity);
        }
        return None;
    }
    // The first plan of a replacement was recorded.
    let is_second = plan.prior.is_null() && plan.private.plan_of().is_some();
    if is_second {
        return None;
    }
    follow::note_planned(process, declarations, resource, plan);
    process.add_planned(resource, &plan.planned)
}

/// Checks the objects that the arguments name. Returns the names that neither the account nor the plan has, by attribute.
async fn check_references(
    survey: &mut Survey<'_>,
    declarations: &Declarations,
) -> BTreeMap<String, Vec<String>> {
    let mut unresolved = BTreeMap::new();
    let resource = survey.resource;
    for attribute in resource.attributes.iter() {
        let reference = attribute.reference.as_ref();
        let Some(reference) = reference.filter(|_| attribute.mode.is_settable()) else {
            continue;
        };
        let Some(target) = declarations.find(&reference.target) else {
            continue;
        };
        // A value that the configuration omits is the control plane's own.
        let is_omitted = survey.config().get(&attribute.name).is_null();
        if is_omitted || !survey.sets(&attribute.name) || is_refreshed(survey, attribute) {
            continue;
        }
        let is_identity = target.read_operation_by(&reference.attribute).is_some();
        let mut missing = Vec::new();
        for value in new_strings(survey, attribute) {
            let Search::Missing(list) = survey.find(&reference.target, &reference.attribute, &value).await
            else {
                continue;
            };
            let path = path_of(survey.planned(), attribute, &value);
            let similar = similar(list.as_deref(), target, reference, &value);
            if is_identity {
                let detail = format!(
                    "No {} with the `{}` `{value}` exists in this account.{similar} Check the value, and that the API token belongs to \
                     the account that has the {}.",
                    noun(target),
                    reference.attribute,
                    noun(target)
                );
                survey.refuse(path, &summaries::REFERENCE_NOT_FOUND, detail);
            } else {
                let hint = match identified(survey, target, reference, &value).await {
                    Some(name) => format!(
                        " It is the identity of the {} `{name}`: use its `{}`.",
                        noun(target),
                        reference.attribute
                    ),
                    None => similar,
                };
                let detail = format!(
                    "No {} named `{value}` exists, and the plan has none so far.{hint} If this configuration creates it, refer to it as \
                     `{}.NAME.{}`, so that Terraform creates it first. If none exists when {} is applied, the apply fails before it \
                     changes anything.",
                    noun(target),
                    declarations.type_name(target),
                    reference.attribute,
                    survey.title()
                );
                survey.warn(path, &summaries::REFERENCE_NOT_FOUND, detail);
                missing.push(value);
            }
        }
        if !missing.is_empty() {
            unresolved.insert(attribute.name.to_string(), missing);
        }
    }
    unresolved
}

/// Whether the attribute identifies the object itself, which Terraform has refreshed.
fn is_refreshed(survey: &Survey<'_>, attribute: &Attribute) -> bool {
    let prior = survey.prior().get(&attribute.name);
    let mut identity = identity::attributes(survey.resource);
    !survey.prior().is_null()
        && identity.any(|own| own.name == attribute.name)
        && prior == survey.planned().get(&attribute.name)
}

/// The strings that the plan sets; in an update, those that were not there before.
fn new_strings(survey: &Survey<'_>, attribute: &Attribute) -> BTreeSet<String> {
    let mut new = strings(survey.planned().get(&attribute.name));
    if !survey.is_new() {
        let before = strings(survey.prior().get(&attribute.name));
        new.retain(|value| !before.contains(value));
    }
    new.into_iter().map(str::to_owned).collect()
}

/// The path of a string in a planned value. An element of a set has none of its own.
fn path_of(planned: &Value, attribute: &Attribute, value: &str) -> Path {
    let path = Path::root().attribute(&attribute.name);
    let Value::List(elements) = planned.get(&attribute.name) else {
        return path;
    };
    let position = elements
        .iter()
        .position(|element| element.as_str() == Some(value));
    position.map_or(path.clone(), |index| path.index(index))
}

/// The most similar values that exist, as a sentence after a space; empty without any. An identity is followed by the name.
fn similar(list: Option<&List>, target: &'static Resource, reference: &Reference, value: &str) -> String {
    let Some((list, attribute)) = list.zip(target.attribute(&reference.attribute)) else {
        return String::new();
    };
    let index = by_value(list, target, attribute);
    let similar = closest(value, index.keys().map(String::as_str), MAX_SUGGESTIONS);
    let named: Vec<String> = similar
        .into_iter()
        .map(|similar| {
            let position = index.get(similar).and_then(|positions| positions.first());
            let name = position.and_then(|position| {
                let label = target
                    .label
                    .as_deref()
                    .filter(|label| *label != reference.attribute)?;
                Existing::returned(target, list.object(*position)).string(label)
            });
            name.map_or_else(|| format!("`{similar}`"), |name| format!("`{similar}` ({name})"))
        })
        .collect();
    if named.is_empty() {
        return String::new();
    }
    format!(" Closest: {}.", named.join(", "))
}

/// The name of the object that a string identifies, where a name is expected.
async fn identified(
    survey: &mut Survey<'_>,
    target: &'static Resource,
    reference: &Reference,
    value: &str,
) -> Option<String> {
    let identity = target.identity()?;
    let is_identity = crate::rules::is_valid(identity, &Value::string(value)) && identity.format.is_some();
    if !is_identity {
        return None;
    }
    match survey.find(&reference.target, &identity.name, value).await {
        Search::Found(object) => object.string(&reference.attribute),
        Search::Missing(_) | Search::Unknown => None,
    }
}

/// Warns of values that must be unique and that another object has. It may get another value, or be destroyed, in the same apply.
async fn check_unique(survey: &mut Survey<'_>, process: &Process, position: usize) {
    let resource = survey.resource;
    let unique = resource.attributes.iter().filter(|attribute| attribute.unique);
    for attribute in unique.filter(|attribute| attribute.r#type.collections.is_empty()) {
        let planned = survey.planned().get(&attribute.name).as_str();
        let Some(value) = planned
            .map(str::to_owned)
            .filter(|_| survey.sets(&attribute.name))
        else {
            continue;
        };
        let path = Path::root().attribute(&attribute.name);
        let name = &attribute.name;
        let planned = process.find_planned(resource, attribute, &value);
        if planned.iter().any(|(other, _)| *other < position) {
            let detail = format!(
                "Another {} of this configuration has the `{name}` `{value}`, too, and no two of an account can have the same.",
                noun(resource)
            );
            survey.warn(path, &summaries::VALUE_TAKEN, detail);
            continue;
        }
        let Some(holder) = holder(survey, process, attribute, &value).await else {
            continue;
        };
        let id = holder.string_of_identity().unwrap_or_default();
        let detail = format!(
            "The {} has the `{name}` `{value}` already, and no two of an account can have the same. Unless it gets another one, or is \
             destroyed, before this {} is applied, the apply fails. To manage it with Terraform, run `terraform import ADDRESS {id}`.",
            holder.title(),
            noun(resource)
        );
        survey.warn(path, &summaries::VALUE_TAKEN, capitalised(&detail));
    }
}

/// The other object of the account that has a value, unless plans give it another value or destroy it.
async fn holder(
    survey: &mut Survey<'_>,
    process: &Process,
    attribute: &Attribute,
    value: &str,
) -> Option<Existing> {
    let resource = survey.resource;
    let own = survey.own_identity();
    for object in survey.returned_with(attribute, value).await {
        let Some(key) = object.key() else {
            return Some(object);
        };
        if own.as_ref() == Some(&key) || survey.is_managed(&object).await {
            continue;
        }
        if !process.is_destroy_planned(resource, &key) && !process.has_planned_identity(resource, &key) {
            return Some(object);
        }
    }
    None
}
