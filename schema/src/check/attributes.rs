//! Rules about one attribute: its name, who sets it, what it may hold, and when it replaces.
//!
//! Tests: `schema/tests/ui/attributes/`.

use super::values::{pattern_of, type_fault, validation_fault};
use super::{AttributeRule, Found, Site, by_name};
use crate::model::{
    Attribute, Bounds, Collection, Equal, Kind, Mode, Resource, Scalar, Stable, TIMEOUTS, Unset,
};

/// The rules of this file.
pub(crate) const RULES: &[(&str, AttributeRule)] = by_name![
    name_form,
    meta_argument,
    secret_name,
    derived_name,
    default_needs_optional,
    default_type,
    default_breaks_validation,
    write_only_needs_configuration,
    twin_needs_sensitive_optional,
    write_only_in_set,
    validation_fits_type,
    validation_possible,
    stable_needs_computed,
    stable_unless,
    force_new_needs_settable,
    force_new_needs_stable,
    object_attributes,
    block_form,
    nested_in_computed,
    unset_without_effect,
    unset_empty_type,
    equal_fits_type,
    env_form,
    resource_only_key,
];

/// Terraform's identifiers may hold capitals and dashes, but every provider writes snake case, and the path of an
/// attribute in messages and in `wire` relies on there being no dots.
fn name_form(site: &Site<'_>, found: &mut Found<'_>) {
    let name = &site.attribute.name;
    if !is_snake_case(name) {
        let help = "use lowercase letters, digits and underscores, starting with a letter";
        found.key(&site.path, format!("{name:?} is not a valid name"), help);
    }
}

/// Whether a name is one that Terraform and this language accept.
pub(crate) fn is_snake_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
        && !name.ends_with('_')
}

/// Terraform keeps these names of a block to itself: an attribute of that name could never be set, and Terraform
/// refuses the whole provider for it.
fn meta_argument(site: &Site<'_>, found: &mut Found<'_>) {
    const OF_RESOURCES: &[&str] = &[
        "connection",
        "count",
        "depends_on",
        "for_each",
        "lifecycle",
        "provider",
        "provisioner",
    ];
    const OF_PROVIDERS: &[&str] = &["alias", "version"];
    let reserved = if site.resource.is_some() {
        OF_RESOURCES
    } else {
        OF_PROVIDERS
    };
    let name = site.attribute.name.as_ref();
    if site.parents.is_empty() && reserved.contains(&name) {
        found.key(
            &site.path,
            format!("{name:?} is reserved by Terraform"),
            "choose another name",
        );
    }
}

/// What looks like a secret and is not marked as one ends up in logs and on screens. Where it is none, say
/// `sensitive = false`: that is a decision and not an oversight.
fn secret_name(site: &Site<'_>, found: &mut Found<'_>) {
    const WORDS: &[&str] = &["password", "passphrase", "secret", "token", "key", "credential"];
    let last = site.attribute.name.rsplit('_').next().unwrap_or_default();
    let looks_secret = WORDS.contains(&last) && site.attribute.name != "key" && site.holds(Scalar::String);
    let is_hidden = site.parents.iter().any(|parent| parent.sensitive);
    if looks_secret && !is_hidden && !site.speaks_of("sensitive") {
        let help = "add `sensitive = true`, or `sensitive = false` if the value may be shown";
        found.key(
            &site.path,
            format!("{:?} looks like a secret", site.attribute.name),
            help,
        );
    }
}

/// `write_only = "twin"` and `[timeouts]` derive attributes; one of the same name would silently take their place.
fn derived_name(site: &Site<'_>, found: &mut Found<'_>) {
    let Some(resource) = site.resource.filter(|_| site.parents.is_empty()) else {
        return;
    };
    let name = site.attribute.name.as_ref();
    let twin = resource.attributes.iter().find(|other| {
        let is_derived_from = |suffix| name.strip_suffix(suffix) == Some(other.name.as_ref());
        is_twin(other, resource, site) && (is_derived_from("_wo") || is_derived_from("_wo_version"))
    });
    if let Some(twin) = twin {
        let message = format!("{name:?} is already derived from {:?}", twin.name);
        found.key(
            &site.path,
            message,
            "delete this attribute, or remove `write_only = \"twin\"` from the other",
        );
    } else if name == TIMEOUTS && resource.timeouts.is_some() {
        found.key(
            &site.path,
            "\"timeouts\" is already derived from [timeouts]",
            "delete this attribute",
        );
    }
}

fn is_twin(attribute: &Attribute, resource: &Resource, site: &Site<'_>) -> bool {
    let path = format!("attributes.{}.write_only", attribute.name);
    resource.attribute(&attribute.name).is_some() && site.places.has(&path) && !attribute.write_only
}

/// A default is what counts where the configuration has nothing: a required attribute always has something, a computed
/// one never.
fn default_needs_optional(site: &Site<'_>, found: &mut Found<'_>) {
    if site.attribute.default.is_some() && site.attribute.mode == Mode::Required {
        let help = "remove the default or the mode: an attribute with a default is optional and computed";
        found.value(
            &site.key("default"),
            "a required attribute cannot have a default",
            help,
        );
    }
}

/// A default of another type could not be put into a plan; a whole number is one of 32 bits on the wire.
fn default_type(site: &Site<'_>, found: &mut Found<'_>) {
    let fault = site
        .attribute
        .default
        .as_ref()
        .and_then(|default| type_fault(default, site.attribute));
    if let Some(fault) = fault {
        found.value(
            &site.key("default"),
            format!("the default does not match the type: {fault}"),
            "",
        );
    }
}

/// A user who writes the default out must not be told that it is illegal.
fn default_breaks_validation(site: &Site<'_>, found: &mut Found<'_>) {
    let fits = site
        .attribute
        .default
        .as_ref()
        .filter(|default| type_fault(default, site.attribute).is_none());
    if let Some(fault) = fits.and_then(|default| validation_fault(default, site.attribute)) {
        let help = "change the default, or `format` and `validate`";
        found.value(
            &site.key("default"),
            format!("the default fails the validation: {fault}"),
            help,
        );
    }
}

/// Terraform never stores a write-only value, so there is nothing that the provider could fill in.
fn write_only_needs_configuration(site: &Site<'_>, found: &mut Found<'_>) {
    if site.attribute.write_only && site.attribute.mode.is_computed() {
        let help = "make it optional or required, without a default";
        found.value(
            &site.key("write_only"),
            "a computed attribute cannot be write-only",
            help,
        );
    }
}

/// The twin exists for secrets, and exactly one of the two is set: the original must be optional, and as sensitive as its
/// twin. The rule between them is one of the resource's root.
fn twin_needs_sensitive_optional(site: &Site<'_>, found: &mut Found<'_>) {
    if site.attribute.write_only || !site.speaks_of("write_only") {
        return;
    }
    let path = site.key("write_only");
    if !site.parents.is_empty() {
        found.value(
            &path,
            "a nested attribute cannot have a write-only twin",
            "only root attributes can have a twin",
        );
    } else if site.attribute.mode != Mode::Optional || !site.attribute.sensitive {
        let help = "remove `mode` and `default`, and add `sensitive = true`";
        found.value(
            &path,
            "only an optional, sensitive attribute can have a write-only twin",
            help,
        );
    }
}

/// Terraform tells the elements of a set apart by their values, which it does not have for write-only attributes.
fn write_only_in_set(site: &Site<'_>, found: &mut Found<'_>) {
    let in_set = site
        .parents
        .iter()
        .any(|parent| parent.r#type.collections.contains(&Collection::Set));
    if site.attribute.write_only && in_set {
        found.value(
            &site.key("write_only"),
            "an attribute inside a set cannot be write-only",
            "change the set to a list",
        );
    }
}

/// A check that can never apply is a mistake in the type or in the check.
fn validation_fits_type(site: &Site<'_>, found: &mut Found<'_>) {
    let validate = &site.attribute.validate;
    let is_text = site.holds(Scalar::String);
    let is_number = site.holds(Scalar::Int) || site.holds(Scalar::Number);
    let checks = [
        ("format", site.attribute.format.is_some(), is_text, "a string"),
        ("validate.length", validate.length.is_some(), is_text, "a string"),
        (
            "validate.pattern",
            validate.pattern.is_some(),
            is_text,
            "a string",
        ),
        (
            "validate.one_of",
            !validate.one_of.is_empty(),
            is_text,
            "a string",
        ),
        ("validate.range", validate.range.is_some(), is_number, "a number"),
        (
            "validate.items",
            validate.items.is_some(),
            site.is_collection(),
            "a list, set or map",
        ),
    ];
    for (key, is_asked, fits, what) in checks {
        if is_asked && !fits {
            let name = key.trim_start_matches("validate.");
            found.key(&site.key(key), format!("{name:?} applies only to {what}"), "");
        }
    }
}

/// A check that nothing can pass makes the attribute unusable; one that does not say anything is not meant.
fn validation_possible(site: &Site<'_>, found: &mut Found<'_>) {
    let validate = &site.attribute.validate;
    let bounds = [
        ("length", validate.length, true),
        ("items", validate.items, true),
        ("range", validate.range, false),
    ];
    for (key, bounds, is_count) in bounds {
        let fault = match bounds {
            Some(Bounds { min: None, max: None }) => "\"min\" and \"max\" are both missing",
            Some(Bounds {
                min: Some(min),
                max: Some(max),
            }) if min > max => "\"min\" is greater than \"max\"",
            Some(Bounds { min, max }) if is_count && min.or(max) < Some(0) => "a count cannot be negative",
            None | Some(_) => continue,
        };
        found.value(
            &site.key(&format!("validate.{key}")),
            format!("invalid {key:?}: {fault}"),
            "",
        );
    }
    if let Some(error) = validate
        .pattern
        .as_deref()
        .and_then(|pattern| pattern_of(pattern).err())
    {
        let message = format!("invalid regular expression: {error}");
        found.value(&site.key("validate.pattern"), message, "");
    }
    for (index, text) in validate.one_of.iter().enumerate() {
        if validate.one_of.iter().take(index).any(|earlier| earlier == text) {
            found.value(
                &site.key(&format!("validate.one_of.{index}")),
                format!("duplicate value {text:?}"),
                "",
            );
        }
    }
}

/// `stable` keeps a value that the provider filled in. What only the configuration sets is known anyway, and so is a default.
fn stable_needs_computed(site: &Site<'_>, found: &mut Found<'_>) {
    let attribute = site.attribute;
    if attribute.stable != Stable::No && (!attribute.mode.is_computed() || attribute.default.is_some()) {
        let what = if attribute.default.is_some() {
            "an attribute with a default cannot be stable"
        } else {
            "an attribute that is not computed cannot be stable"
        };
        let help = "remove `stable`: the value is always known";
        found.value(&site.key("stable"), what, help);
    }
}

/// The attributes on which stability depends are looked up in the plan by name; only what can be set can change there.
fn stable_unless(site: &Site<'_>, found: &mut Found<'_>) {
    let (Stable::Unless(names), Some(resource)) = (&site.attribute.stable, site.resource) else {
        return;
    };
    for (index, name) in names.iter().enumerate() {
        let path = site.key(&format!("stable.unless.{index}"));
        match resource.attribute(name) {
            None => {
                let attributes = resource.attributes.iter();
                found.no_attribute(&path, name, attributes.map(|attribute| attribute.name.as_ref()));
            }
            Some(other) if !other.mode.is_settable() || other.name == site.attribute.name => {
                found.value(
                    &path,
                    format!("{name:?} cannot change in a plan: it is computed, or the attribute itself"),
                    "",
                );
            }
            Some(_) => {}
        }
    }
}

/// Only a configuration's change can replace an object.
fn force_new_needs_settable(site: &Site<'_>, found: &mut Found<'_>) {
    if site.attribute.force_new && !site.attribute.mode.is_settable() {
        found.value(
            &site.key("force_new"),
            "a computed attribute cannot have `force_new`",
            "remove `force_new`",
        );
    }
}

/// Where it is not configured and not stable, a plan shows "known after apply" with every change of something else, or of what
/// `unless` names, and as that may turn out different, Terraform would replace the object each time.
fn force_new_needs_stable(site: &Site<'_>, found: &mut Found<'_>) {
    let attribute = site.attribute;
    let is_unknown_in_plans = attribute.mode == Mode::OptionalComputed
        && attribute.default.is_none()
        && attribute.stable != Stable::Yes;
    if attribute.force_new && is_unknown_in_plans {
        let message = "an optional+computed attribute with `force_new` must be stable";
        let help = match &attribute.stable {
            Stable::Unless(causes) => format!(
                "write `stable = true`; otherwise each change of {} replaces the object",
                causes.join(", ")
            ),
            _ => "add `stable = true`; otherwise each change of another attribute replaces the object"
                .to_owned(),
        };
        found.value(&site.key("force_new"), message, help);
    }
}

/// An object is its attributes. They are declared one level deep at a time: Terraform knows no list of lists of objects.
fn object_attributes(site: &Site<'_>, found: &mut Found<'_>) {
    let attribute = site.attribute;
    let is_object = site.holds(Scalar::Object);
    if is_object && attribute.attributes.is_empty() {
        let help = format!("declare them as [{}.NAME]", site.key("attributes"));
        found.value(&site.key("type"), "an object must have attributes", help);
    } else if !is_object && site.speaks_of("attributes") {
        let help = "set the type to `object`, or a list, set or map of objects";
        found.key(
            &site.key("attributes"),
            "only an object can have attributes",
            help,
        );
    } else if is_object && attribute.r#type.collections.len() > 1 {
        let help = "use at most one list, set or map around an object; nest another object for more levels";
        found.value(
            &site.key("type"),
            "nested collections of objects are not supported",
            help,
        );
    }
}

/// HCL blocks are single, lists or sets, hold what a configuration writes, and stand at the root or in another block.
fn block_form(site: &Site<'_>, found: &mut Found<'_>) {
    let attribute = site.attribute;
    if !attribute.block {
        return;
    }
    let fault = if !site.holds(Scalar::Object) || attribute.r#type.collections.contains(&Collection::Map) {
        "a block must be an object, or a list or set of objects"
    } else if attribute.mode.is_computed() {
        "a block cannot be computed"
    } else if site.parents.iter().any(|parent| !parent.block) {
        "a block cannot be nested in an attribute that is not a block"
    } else {
        return;
    };
    found.value(&site.key("block"), fault, "remove `block`");
}

/// A configuration cannot set a part of what it cannot set.
fn nested_in_computed(site: &Site<'_>, found: &mut Found<'_>) {
    let in_computed = site.parents.iter().any(|parent| parent.mode == Mode::Computed);
    if in_computed && site.attribute.mode != Mode::Computed {
        let help = "add `mode = \"computed\"`";
        found.key(
            &site.path,
            format!(
                "{:?} must be computed, as the attribute around it is",
                site.attribute.name
            ),
            help,
        );
    }
}

/// `unset` is about an update for an attribute that left the configuration. That never comes for one that must be there,
/// that is never sent, or whose default is sent in its place.
fn unset_without_effect(site: &Site<'_>, found: &mut Found<'_>) {
    let attribute = site.attribute;
    if !site.speaks_of("unset") || !site.is_in_resource() {
        return;
    }
    let what = if attribute.default.is_some() {
        "a default is sent instead"
    } else if attribute.mode == Mode::Required {
        "the attribute is required"
    } else if attribute.wire.write.is_none() {
        "the attribute is never sent"
    } else {
        return;
    };
    found.key(
        &site.key("unset"),
        format!("`unset` has no effect: {what}"),
        "remove `unset`",
    );
}

/// There is no empty number.
fn unset_empty_type(site: &Site<'_>, found: &mut Found<'_>) {
    let has_empty = site.is_collection() || site.holds(Scalar::String);
    if site.attribute.unset == Unset::Empty && !has_empty {
        found.value(
            &site.key("unset"),
            "this type has no empty value",
            "only strings, lists, sets and maps have an empty value",
        );
    }
}

/// Only a list has an order to disregard, and only a text can be a URL.
fn equal_fits_type(site: &Site<'_>, found: &mut Found<'_>) {
    let is_list = site.attribute.r#type.collections.first() == Some(&Collection::List);
    let is_text = site.holds(Scalar::String) && !site.is_collection();
    let fault = match site.attribute.equal {
        Equal::Set if !is_list => "`equal = \"set\"` applies only to a list",
        Equal::Scheme if !is_text => "`equal = \"scheme\"` applies only to a string",
        _ => return,
    };
    found.value(&site.key("equal"), fault, "remove `equal`, or change the type");
}

/// An environment variable is one text, which is read as a scalar; its name is written in capitals.
fn env_form(site: &Site<'_>, found: &mut Found<'_>) {
    let Some(env) = &site.attribute.env else { return };
    let is_name = env
        .chars()
        .all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_');
    if !is_name {
        found.value(
            &site.key("env"),
            format!("{env:?} is not a valid name of an environment variable"),
            "",
        );
    } else if site.is_collection() || site.holds(Scalar::Object) {
        let help = "only a string, a number or a bool can be read from the environment";
        found.value(
            &site.key("env"),
            "an environment variable cannot set a list, set, map or object",
            help,
        );
    }
}

/// A data source has no state that a plan changes: nothing to replace, to keep, to send or to forget.
fn resource_only_key(site: &Site<'_>, found: &mut Found<'_>) {
    if site
        .resource
        .is_none_or(|resource| resource.kind != Kind::DataSource)
    {
        return;
    }
    for key in [
        "default",
        "force_new",
        "stable",
        "write_only",
        "returned",
        "unset",
    ] {
        if site.speaks_of(key) {
            found.key(
                &site.key(key),
                format!("{key:?} is not supported in a data source"),
                "remove it",
            );
        }
    }
}
