//! `PlanResourceChange`: plans a change without making it.
//!
//! Terraform plans again during an apply and rejects a different result, so a plan depends on its inputs only:
//! <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! The order follows terraform-plugin-framework: resolve each attribute from the configuration, its default and the
//! prior state; if the result differs from the prior state, mark what the change may alter as unknown; collect the
//! attributes that require a replacement; then call the hook. If a run was active at the last refresh, the plan is an
//! update that waits for it.
//!
//! Tests: `crates/engine/tests/tables/plan.rs`.

use schema::{Attribute, Collection, Job, Mode, Phase, Resource, Scalar, Stable, Unset};
use value::{Path, Value};

use crate::diagnostic::Diagnostics;
use crate::equal::is_equivalent;
use crate::hook::Binding;
use crate::naming::{capitalised, title};
use crate::object::{Known, Plan, PlanRequest, Renames};
use crate::private::{ChangePlan, Private};
use crate::references::renamed;
use crate::run::given_back_status;
use crate::wire::write_only_changed;
use crate::{identity, job, rules, shape, summaries, takeover};

/// Plans a change.
pub fn plan(binding: &Binding, request: PlanRequest) -> Plan {
    let resource = binding.schema;
    let private = planned_private(resource, &request);
    let PlanRequest {
        prior,
        config,
        renames,
        adopted,
        creation,
        ..
    } = request;
    let planned = if config.is_null() {
        Value::Null
    } else if prior.is_null() {
        created_object(resource, &config, &adopted)
    } else {
        updated_object(resource, &config, &prior, &private)
    };
    let requires_replace = replacement_paths(resource, &prior, &planned, &private, &renames);
    let mut diagnostics = Diagnostics::default();
    rules::change(resource, &prior, &config, &mut diagnostics);
    if !config.is_null() {
        rules::warn_duplicates(&resource.attributes, &config, &Path::root(), &mut diagnostics);
    }
    if private.is_unsent && !prior.is_null() && !config.is_null() {
        warn_unsent(resource, &config, &prior, &planned, &mut diagnostics);
    }
    let mut plan = Plan {
        prior,
        config,
        planned,
        requires_replace,
        private,
        creation,
        diagnostics,
    };
    if let Some(hook) = binding.hook {
        hook.plan(&mut plan);
    }
    plan.requires_replace.sort();
    plan.requires_replace.dedup();
    takeover::mark(resource, &mut plan);
    if let Some(change) = &mut plan.private.change {
        change.is_forced |= !plan.requires_replace.is_empty();
    }
    plan
}

/// Has the plan of an update replace the object, because its run is outdated for these reasons.
pub fn repeat_run(resource: &Resource, plan: &mut Plan, reasons: Vec<String>) {
    let Some(job) = resource.job.as_ref().filter(|_| !reasons.is_empty()) else {
        return;
    };
    // As after a run that failed: Terraform replaces no object without a value that changes.
    set_run(resource, job, &mut plan.planned);
    plan.requires_replace.push(Path::root().attribute(&job.into));
    plan.requires_replace.sort();
    plan.requires_replace.dedup();
    if let Some(change) = &mut plan.private.change {
        change.is_forced = true;
        change.outdated = reasons;
    }
}

/// Warns of write-only values that were not sent since the import of the object: nothing in state shows that they are new.
fn warn_unsent(
    resource: &Resource,
    config: &Value,
    prior: &Value,
    planned: &Value,
    diagnostics: &mut Diagnostics,
) {
    let attributes = &resource.attributes;
    for attribute in attributes.iter().filter(|attribute| attribute.write_only) {
        let name = &attribute.name;
        if config.get(name).is_null() || write_only_changed(attribute, attributes, prior, planned) {
            continue;
        }
        let mut siblings = attributes.iter();
        let version = siblings.find(|sibling| !sibling.write_only && sibling.twin_of == attribute.twin_of);
        let Some(version) = version.filter(|version| version.twin_of.is_some()) else {
            continue;
        };
        diagnostics.warning_at(
            Path::root().attribute(name),
            &summaries::VALUE_NOT_SENT,
            format!(
                "{} was imported, so the control plane may have another value than `{name}`. Terraform sends `{name}` only \
                 if `{}` changes: set it, for example to 1.",
                capitalised(&title(resource, prior)),
                version.name
            ),
        );
    }
}

/// The private state of the plan. A plan with a prior object gets the mark of that object. Terraform passes it to the second plan of a
/// replacement, which has no prior object, and from there to the delete half:
/// <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
fn planned_private(resource: &Resource, request: &PlanRequest) -> Private {
    let mut private = request.private.clone();
    if request.prior.is_null() {
        private.change.get_or_insert_default();
        return private;
    }
    private = private.without_plan();
    if request.config.is_null() {
        return private;
    }
    private.change = Some(ChangePlan {
        of: Some(identity::key(resource, &request.prior)),
        ..ChangePlan::default()
    });
    // Terraform plans a tainted object like a create. So the user has accepted this one as it is.
    private.run = private.run.filter(|run| run.state.is_pending() || !run.tainted);
    private
}

/// Plans a new object. What the configuration omits is unknown, unless the create adopts an object that has it.
fn created_object(resource: &Resource, config: &Value, adopted: &Known) -> Value {
    let Known {
        state: before,
        private,
    } = adopted;
    let mut resolved = resolve_object(
        &resource.attributes,
        config,
        before,
        Spelling::Configuration,
        |_| false,
    );
    for attribute in resource
        .attributes
        .iter()
        .filter(|attribute| attribute.mode.is_computed())
    {
        let name = attribute.name.as_ref();
        let has_default = attribute.default.is_some() && attribute.mode.is_settable();
        // The create sends nothing for an argument that was removed.
        let was_removed = private.configured.contains(name) || private.overridden.contains_key(name);
        let is_returned = !attribute.wire.read.is_empty() && attribute.returned;
        if config.get(name).is_null() && !has_default && (was_removed || !is_returned) {
            resolved.set_attribute(name, Value::Unknown);
        }
    }
    let changed = resource.attributes.iter().filter_map(|attribute| {
        let name = attribute.name.as_ref();
        (!is_equivalent(attribute, before.get(name), resolved.get(name))).then_some(name)
    });
    let changed: Vec<&str> = changed.collect();
    let mut planned = mark_unknown(&resource.attributes, config, before, resolved, &changed);
    set_identity(resource, &mut planned);
    if let Some(job) = &resource.job
        && job.after.contains(&Phase::Create)
    {
        set_run(resource, job, &mut planned);
        // The create may take the object over, whatever the plan assumes.
        if takeover::may_be_asked(resource, config) {
            planned = job::result::without(resource, planned);
        }
    }
    planned
}

/// Sets the computed attributes that the control plane returns in the field of an argument of the identity: they have its value.
fn set_identity(resource: &Resource, planned: &mut Value) {
    for identity in identity::attributes(resource).filter(|identity| identity.mode.is_settable()) {
        let same = resource.attributes.iter().filter(|attribute| {
            attribute.mode == Mode::Computed
                && attribute.r#type == identity.r#type
                && !attribute.wire.read.is_empty()
                && attribute.wire.read == identity.wire.read
        });
        for attribute in same {
            let value = identity::canonical(identity, planned.get(&identity.name), attribute);
            planned.set_attribute(&attribute.name, value);
        }
    }
}

/// Plans the values that depend on a run. It may have no identity yet, or another one may follow it.
fn set_run(resource: &Resource, job: &Job, planned: &mut Value) {
    let outputs = job.save.iter().map(|(target, _)| target);
    for name in outputs.chain([&job.into]).chain(job.changes.iter()) {
        planned.set_attribute(name, Value::Unknown);
    }
    for (name, value) in job.result.iter() {
        if let Some(attribute) = resource.attribute(name) {
            planned.set_attribute(name, shape::default_value(value, attribute));
        }
    }
}

fn updated_object(resource: &Resource, config: &Value, prior: &Value, private: &Private) -> Value {
    let mut resolved = resolve_object(
        &resource.attributes,
        config,
        prior,
        Spelling::Prior,
        |attribute| private.configured.contains(attribute.name.as_ref()),
    );
    // An override ends with its argument: the control plane's value is the one that counts then.
    for name in private.overridden.keys() {
        let attribute = resource.attribute(name);
        let is_computed = attribute.is_some_and(|attribute| attribute.mode == Mode::OptionalComputed);
        if is_computed && config.get(name).is_null() && resolved.get(name) == prior.get(name) {
            resolved.set_attribute(name, Value::Unknown);
        }
    }
    if let Some(job) = &resource.job {
        let untouched = prior.get(&job.into).as_str().and_then(given_back_status);
        if let Some(status) = untouched {
            resolved.set_attribute(&job.into, status.map_or(Value::Null, Value::string));
        }
    }
    let has_run = private.run.is_some();
    if resolved == *prior && !has_run {
        return resolved;
    }
    let changed = changed_attributes(resource, prior, &resolved);
    let mut planned = mark_unknown(&resource.attributes, config, prior, resolved, &changed);
    if let Some(job) = &resource.job
        && (has_run || job.after.contains(&Phase::Update))
    {
        set_run(resource, job, &mut planned);
    }
    planned
}

/// The spelling of a configured value that is equivalent to the prior one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// That of the prior value, so that the plan shows no difference.
    Prior,
    /// That of the configuration: Terraform rejects any other in the plan of a create.
    Configuration,
}

/// Resolves an object from configuration, defaults and prior state, before the change makes anything unknown.
fn resolve_object(
    attributes: &[Attribute],
    config: &Value,
    prior: &Value,
    spelling: Spelling,
    was_configured: impl Fn(&Attribute) -> bool + Copy,
) -> Value {
    let resolved = attributes.iter().map(|attribute| {
        let value = resolve_attribute(
            attribute,
            config.get(&attribute.name),
            prior.get(&attribute.name),
            spelling,
            was_configured(attribute),
        );
        (attribute.name.to_string(), value)
    });
    Value::Object(resolved.collect())
}

fn resolve_attribute(
    attribute: &Attribute,
    config: &Value,
    prior: &Value,
    spelling: Spelling,
    was_configured: bool,
) -> Value {
    if attribute.write_only {
        return Value::Null;
    }
    if config.is_unknown() {
        return Value::Unknown;
    }
    if !config.is_null() {
        let resolved = match attribute.r#type.scalar {
            Scalar::Object => resolve_elements(attribute, config, prior, spelling),
            _ => config.clone(),
        };
        return if spelling == Spelling::Prior && is_equivalent(attribute, &resolved, prior) {
            prior.clone()
        } else {
            resolved
        };
    }
    if let (Some(default), true) = (&attribute.default, attribute.mode.is_settable()) {
        return shape::default_value(default, attribute);
    }
    match (attribute.mode, attribute.unset) {
        (Mode::Optional | Mode::Required, _) => shape::unset_value(attribute),
        (Mode::OptionalComputed, Unset::Null) if was_configured => Value::Null,
        (Mode::OptionalComputed, Unset::Empty) if was_configured => empty_value(attribute),
        (Mode::Computed | Mode::OptionalComputed, _) => prior.clone(),
    }
}

/// The planned value of a removed argument whose removal sends an empty value.
fn empty_value(attribute: &Attribute) -> Value {
    shape::empty_collection(attribute).unwrap_or_else(|| shape::string_value(attribute, ""))
}

/// Resolves each object of a nested attribute or block, paired with the prior object that it continues.
fn resolve_elements(attribute: &Attribute, config: &Value, prior: &Value, spelling: Spelling) -> Value {
    map_objects(attribute, config, prior, |config, prior| {
        if config.is_null() || config.is_unknown() {
            return config.clone();
        }
        resolve_object(&attribute.attributes, config, prior, spelling, |_| false)
    })
}

/// Applies `change` to each object in `config` and the object in `prior` that it continues: by position in a list, by
/// key in a map, by configured values in a set.
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
                        .find(|prior| continues(attribute, prior, config));
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

/// Whether a prior set element has the configured values of this element, so that the element continues it.
fn continues(attribute: &Attribute, prior: &Value, config: &Value) -> bool {
    attribute.attributes.iter().all(|nested| {
        let config = config.get(&nested.name);
        let prior = prior.get(&nested.name);
        match (&nested.default, config.is_null()) {
            (_, false) => is_equivalent(nested, config, prior),
            (Some(default), true) => *prior == shape::default_value(default, nested),
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

/// Marks each computed attribute as unknown that the configuration omits and that the change may alter.
fn mark_unknown(
    attributes: &[Attribute],
    config: &Value,
    prior: &Value,
    resolved: Value,
    changed: &[&str],
) -> Value {
    let Value::Object(mut resolved) = resolved else {
        return resolved;
    };
    for attribute in attributes {
        let Some(value) = resolved.get_mut(attribute.name.as_ref()) else {
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
        let is_omitted = config.is_null() && attribute.mode.is_computed() && !has_default;
        let was_cleared =
            value.is_null() && !prior_value.is_null() && attribute.mode == Mode::OptionalComputed;
        if is_omitted && !was_cleared && (prior.is_null() || !is_stable(&attribute.stable, changed)) {
            *value = Value::Unknown;
        }
    }
    Value::Object(resolved)
}

fn is_stable(stable: &Stable, changed: &[&str]) -> bool {
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
    resolved: Value,
    changed: &[&str],
) -> Value {
    // Objects of a set have no position; each is paired by its configured values.
    let null = Value::Null;
    let mark = |config: &Value, prior: &Value, resolved: &Value| {
        mark_unknown(&attribute.attributes, config, prior, resolved.clone(), changed)
    };
    match (attribute.r#type.collections.first(), &resolved) {
        (None, Value::Object(_)) => mark(config, prior, &resolved),
        (Some(Collection::Map), Value::Map(entries)) => Value::Map(
            entries
                .iter()
                .map(|(key, resolved)| (key.clone(), mark(config.get(key), prior.get(key), resolved)))
                .collect(),
        ),
        (Some(Collection::Set), Value::Set(elements)) => Value::set(
            elements
                .iter()
                .map(|resolved| {
                    let config = config
                        .elements()
                        .iter()
                        .find(|config| continues(attribute, resolved, config));
                    let prior = prior.elements().iter().find(|prior| *prior == resolved);
                    mark(config.unwrap_or(resolved), prior.unwrap_or(&null), resolved)
                })
                .collect(),
        ),
        (Some(_), Value::List(elements)) => Value::List(
            elements
                .iter()
                .enumerate()
                .map(|(index, resolved)| {
                    let config = config.elements().get(index).unwrap_or(&null);
                    mark(config, prior.elements().get(index).unwrap_or(&null), resolved)
                })
                .collect(),
        ),
        _ => resolved,
    }
}

/// Paths of the attributes whose change requires a replacement, including the status of a run that failed or was not
/// started. Terraform ignores paths whose values do not differ.
///
/// An identity that is still unknown requires none: it may turn out to be the same. If it does not, Terraform ends the apply of
/// that object, and the next plan replaces it.
fn replacement_paths(
    resource: &Resource,
    prior: &Value,
    planned: &Value,
    private: &Private,
    renames: &Renames,
) -> Vec<Path> {
    if prior.is_null() || planned.is_null() {
        return Vec::new();
    }
    let is_identity = |attribute: &Attribute| {
        identity::attributes(resource).any(|identity| identity.name == attribute.name)
    };
    let force_new = resource.attributes.iter().filter(|attribute| attribute.force_new);
    let changed = force_new
        .filter(|attribute| {
            let planned = planned.get(&attribute.name);
            // Terraform replaces no object because of an attribute that does not change.
            let is_unchanged = prior.get(&attribute.name) == planned;
            let may_be_same = planned.is_unknown() && is_identity(attribute);
            // The control plane did not return the value of an object that has one.
            let is_missing = prior.get(&attribute.name).is_null() && attribute.mode == Mode::Required;
            let prior = renamed(attribute, prior.get(&attribute.name), renames);
            !is_unchanged && !may_be_same && !is_missing && !is_equivalent(attribute, &prior, planned)
        })
        .map(|attribute| attribute.name.as_ref());
    let has_ended = private.run.as_ref().is_some_and(|run| !run.state.is_pending());
    let failed = resource
        .job
        .iter()
        .filter(|_| has_ended)
        .map(|job| job.into.as_ref());
    changed
        .chain(failed)
        .map(|name| Path::root().attribute(name))
        .collect()
}

/// Returns the configured arguments that private state must keep, so that a later plan can detect their removal.
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
