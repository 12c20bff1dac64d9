//! `PlanResourceChange`: what a change will do, without doing it.
//!
//! Terraform calls this again during apply and refuses another answer, so everything here depends on its inputs only.
//! The order follows terraform-plugin-framework: settle what the configuration and the defaults say; if that differs
//! from the prior state, mark what the change may alter as unknown; say what forces a new object; then let the hook
//! decide what concerns several attributes. A run that was still going when Terraform last looked is picked up by an
//! update that waits for it.
//!
//! Tests: `crates/engine/tests/tables/plan.rs`.

use schema::{Attribute, Collection, Mode, Resource, Scalar, Stable, Unset};
use value::{Path, Value};

use crate::diagnostic::Diagnostics;
use crate::equal::same;
use crate::hook::Binding;
use crate::object::{Plan, PlanRequest};
use crate::private::Private;
use crate::shape;

/// Plans a change.
pub fn plan(binding: &Binding, request: PlanRequest) -> Plan {
    let PlanRequest {
        prior,
        config,
        private,
    } = request;
    let resource = binding.schema;
    let planned = if config.is_null() {
        Value::Null
    } else {
        planned_object(resource, &config, &prior, &private)
    };
    let requires_replace = replacements(resource, &prior, &planned, &private);
    let mut plan = Plan {
        prior,
        config,
        planned,
        requires_replace,
        private,
        diagnostics: Diagnostics::default(),
    };
    if let Some(hook) = binding.hook {
        hook.plan(&mut plan);
    }
    plan.requires_replace.sort();
    plan.requires_replace.dedup();
    plan
}

fn planned_object(resource: &Resource, config: &Value, prior: &Value, private: &Private) -> Value {
    let settled = settle_object(&resource.attributes, config, prior, |attribute| {
        private.configured.contains(attribute.name.as_ref())
    });
    let pending = private.run.as_ref().filter(|_| !prior.is_null());
    if settled == *prior && pending.is_none() {
        return settled;
    }
    let changed = changed_attributes(resource, prior, &settled);
    let mut planned = mark_unknown(&resource.attributes, config, prior, settled, &changed);
    if pending.is_some() {
        // It has no name yet, or another may be started when it has ended.
        if let Some(job) = &resource.job {
            planned.set_attribute(&job.into, Value::Unknown);
            for (target, _) in job.save.iter() {
                planned.set_attribute(target, Value::Unknown);
            }
        }
    }
    planned
}

/// What configuration, defaults and prior state say, before anything is unknown because of the change.
fn settle_object(
    attributes: &[Attribute],
    config: &Value,
    prior: &Value,
    was_configured: impl Fn(&Attribute) -> bool + Copy,
) -> Value {
    let settled = attributes.iter().map(|attribute| {
        let value = settle(
            attribute,
            config.get(&attribute.name),
            prior.get(&attribute.name),
            was_configured(attribute),
        );
        (attribute.name.to_string(), value)
    });
    Value::Object(settled.collect())
}

fn settle(attribute: &Attribute, config: &Value, prior: &Value, was_configured: bool) -> Value {
    if attribute.write_only {
        return Value::Null;
    }
    if config.is_unknown() {
        return Value::Unknown;
    }
    if !config.is_null() {
        let settled = match attribute.r#type.scalar {
            Scalar::Object => settle_elements(attribute, config, prior),
            _ => config.clone(),
        };
        // The prior spelling of the same meaning stays: that is how "no difference" is said.
        return if same(attribute, &settled, prior) {
            prior.clone()
        } else {
            settled
        };
    }
    if let (Some(default), true) = (&attribute.default, attribute.mode.is_settable()) {
        return shape::literal(default, attribute);
    }
    match (attribute.mode, attribute.unset) {
        (Mode::Optional | Mode::Required, _) => shape::absent(attribute),
        (Mode::OptionalComputed, Unset::Null) if was_configured => Value::Null,
        (Mode::OptionalComputed, Unset::Empty) if was_configured => emptied(attribute),
        (Mode::Computed | Mode::OptionalComputed, _) => prior.clone(),
    }
}

/// What an attribute becomes whose removal sends an empty value.
fn emptied(attribute: &Attribute) -> Value {
    shape::empty_collection(attribute).unwrap_or_else(|| shape::string_value(attribute, ""))
}

/// Settles each object of a nested attribute or block, pairing it with the prior one it came from.
fn settle_elements(attribute: &Attribute, config: &Value, prior: &Value) -> Value {
    map_objects(attribute, config, prior, |config, prior| {
        if config.is_null() || config.is_unknown() {
            return config.clone();
        }
        settle_object(&attribute.attributes, config, prior, |_| false)
    })
}

/// Applies `change` to every object in `config`, with the object in `prior` it pairs with: by position in a list, by
/// key in a map, by what was configured in a set.
fn map_objects(
    attribute: &Attribute,
    config: &Value,
    prior: &Value,
    change: impl Fn(&Value, &Value) -> Value,
) -> Value {
    let null = Value::Null;
    match (attribute.r#type.collections.first(), config) {
        (None, _) => change(config, prior),
        (Some(Collection::Map), Value::Map(entries)) => Value::Map(
            entries
                .iter()
                .map(|(key, config)| (key.clone(), change(config, prior.get(key))))
                .collect(),
        ),
        (Some(Collection::Set), Value::Set(elements)) => Value::set(
            elements
                .iter()
                .map(|config| {
                    let prior = prior
                        .elements()
                        .iter()
                        .find(|prior| came_from(attribute, prior, config));
                    change(config, prior.unwrap_or(&null))
                })
                .collect(),
        ),
        (Some(_), Value::List(elements)) => Value::List(
            elements
                .iter()
                .enumerate()
                .map(|(index, config)| change(config, prior.elements().get(index).unwrap_or(&null)))
                .collect(),
        ),
        // An unknown or null collection has no objects.
        (Some(_), other) => other.clone(),
    }
}

/// Whether a prior set element is what this configured element became.
fn came_from(attribute: &Attribute, prior: &Value, config: &Value) -> bool {
    attribute.attributes.iter().all(|nested| {
        let config = config.get(&nested.name);
        let prior = prior.get(&nested.name);
        match (&nested.default, config.is_null()) {
            (_, false) => same(nested, config, prior),
            (Some(default), true) => *prior == shape::literal(default, nested),
            (None, true) => nested.mode.is_computed() || prior.is_null(),
        }
    })
}

/// Names of the root attributes that differ.
fn changed_attributes<'a>(resource: &'a Resource, prior: &Value, planned: &Value) -> Vec<&'a str> {
    resource
        .attributes
        .iter()
        .map(|attribute| attribute.name.as_ref())
        .filter(|name| prior.get(name) != planned.get(name))
        .collect()
}

/// Marks every computed attribute unknown that the configuration leaves open and that the change may alter.
fn mark_unknown(
    attributes: &[Attribute],
    config: &Value,
    prior: &Value,
    settled: Value,
    changed: &[&str],
) -> Value {
    let Value::Object(mut settled) = settled else {
        return settled;
    };
    for attribute in attributes {
        let Some(value) = settled.get_mut(attribute.name.as_ref()) else {
            continue;
        };
        let config = config.get(&attribute.name);
        let prior_value = prior.get(&attribute.name);
        if attribute.r#type.scalar == Scalar::Object && !config.is_null() && !config.is_unknown() {
            let objects = std::mem::take(value);
            *value = mark_elements_unknown(attribute, config, prior_value, objects, changed);
            continue;
        }
        let has_default = attribute.default.is_some() && attribute.mode.is_settable();
        let is_open = config.is_null() && attribute.mode.is_computed() && !has_default;
        let was_cleared =
            value.is_null() && !prior_value.is_null() && attribute.mode == Mode::OptionalComputed;
        if is_open && !was_cleared && (prior.is_null() || !keeps(&attribute.stable, changed)) {
            *value = Value::Unknown;
        }
    }
    Value::Object(settled)
}

fn keeps(stable: &Stable, changed: &[&str]) -> bool {
    match stable {
        Stable::No => false,
        Stable::Yes => true,
        Stable::Unless(causes) => !causes.iter().any(|cause| changed.contains(&cause.as_ref())),
    }
}

fn mark_elements_unknown(
    attribute: &Attribute,
    config: &Value,
    prior: &Value,
    settled: Value,
    changed: &[&str],
) -> Value {
    // Objects of a set lost their position when they were settled, but each one still says what it came from.
    let null = Value::Null;
    let mark = |config: &Value, prior: &Value, settled: &Value| {
        mark_unknown(&attribute.attributes, config, prior, settled.clone(), changed)
    };
    match (attribute.r#type.collections.first(), &settled) {
        (None, Value::Object(_)) => mark(config, prior, &settled),
        (Some(Collection::Map), Value::Map(entries)) => Value::Map(
            entries
                .iter()
                .map(|(key, settled)| (key.clone(), mark(config.get(key), prior.get(key), settled)))
                .collect(),
        ),
        (Some(Collection::Set), Value::Set(elements)) => Value::set(
            elements
                .iter()
                .map(|settled| {
                    let config = config
                        .elements()
                        .iter()
                        .find(|config| came_from(attribute, settled, config));
                    let prior = prior.elements().iter().find(|prior| *prior == settled);
                    mark(config.unwrap_or(settled), prior.unwrap_or(&null), settled)
                })
                .collect(),
        ),
        (Some(_), Value::List(elements)) => Value::List(
            elements
                .iter()
                .enumerate()
                .map(|(index, settled)| {
                    let config = config.elements().get(index).unwrap_or(&null);
                    mark(config, prior.elements().get(index).unwrap_or(&null), settled)
                })
                .collect(),
        ),
        _ => settled,
    }
}

/// Paths of the attributes whose change needs a new object; the status of a run that failed, or was never started, is one of them.
/// Terraform itself drops those that turn out not to differ.
fn replacements(resource: &Resource, prior: &Value, planned: &Value, private: &Private) -> Vec<Path> {
    if prior.is_null() || planned.is_null() {
        return Vec::new();
    }
    let forcing = resource.attributes.iter().filter(|attribute| attribute.force_new);
    let changed = forcing
        .filter(|attribute| {
            !same(
                attribute,
                prior.get(&attribute.name),
                planned.get(&attribute.name),
            )
        })
        .map(|attribute| attribute.name.as_ref());
    let is_over = private.run.as_ref().is_some_and(|run| !run.state.is_pending());
    let failed = resource
        .job
        .iter()
        .filter(|_| is_over)
        .map(|job| job.into.as_ref());
    changed
        .chain(failed)
        .map(|name| Path::root().attribute(name))
        .collect()
}

/// What of the configuration the provider has to remember to see it removed.
pub fn configured(resource: &Resource, config: &Value) -> std::collections::BTreeSet<String> {
    let remembered = resource.attributes.iter().filter(|attribute| {
        attribute.mode == Mode::OptionalComputed
            && attribute.default.is_none()
            && attribute.unset != Unset::Omit
    });
    remembered
        .map(|attribute| attribute.name.to_string())
        .filter(|name| !config.get(name).is_null())
        .collect()
}
