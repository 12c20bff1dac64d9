//! Rules about an attribute: its name, mode, type and validation, and when a change replaces the object.
//!
//! Tests: `schema/tests/ui/attributes/`.

use super::values::{pattern_of, type_fault, validation_fault};
use super::{AttributeContext, AttributeRule, Reporter, by_name};
use crate::model::{
    Attribute, Bounds, Collection, Equal, Import, Kind, Mode, Resource, Scalar, Stable, TIMEOUTS, Unset,
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
    sensitive_is_kept,
    sensitive_can_be_omitted,
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

/// Names must be in snake case. Terraform also allows capitals and dashes, but no provider uses them, and paths of attributes
/// need names without dots.
fn name_form(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let name = &context.attribute.name;
    if !is_snake_case(name) {
        let help = "use lowercase letters, digits and underscores, starting with a letter";
        reporter.at_key(&context.path, format!("{name:?} is not a valid name"), help);
    }
}

/// Whether a name is in snake case.
pub(crate) fn is_snake_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
        && !name.ends_with('_')
}

/// An attribute cannot have the name of a meta-argument. A configuration could never set it, and Terraform rejects a provider
/// that has such an attribute.
fn meta_argument(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
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
    let reserved = if context.resource.is_some() {
        OF_RESOURCES
    } else {
        OF_PROVIDERS
    };
    let name = context.attribute.name.as_ref();
    if context.parents.is_empty() && reserved.contains(&name) {
        reporter.at_key(
            &context.path,
            format!("{name:?} is reserved by Terraform"),
            "choose another name",
        );
    }
}

/// An attribute whose name looks like a secret must have `sensitive`. Without it, the value is shown in logs and plans. If
/// the attribute is not a secret, `sensitive = false` makes that explicit.
fn secret_name(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    const WORDS: &[&str] = &["password", "passphrase", "secret", "token", "key", "credential"];
    let last = context.attribute.name.rsplit('_').next().unwrap_or_default();
    let looks_secret =
        WORDS.contains(&last) && context.attribute.name != "key" && context.has_scalar(Scalar::String);
    let is_hidden = context.parents.iter().any(|parent| parent.sensitive);
    if looks_secret && !is_hidden && !context.has_key("sensitive") {
        let help = "add `sensitive = true`, or `sensitive = false` if the value may be shown";
        reporter.at_key(
            &context.path,
            format!("{:?} looks like a secret", context.attribute.name),
            help,
        );
    }
}

/// A declared attribute cannot have the name of one that `write_only = "twin"` or `[timeouts]` derives: it would silently replace it.
fn derived_name(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(resource) = context.resource.filter(|_| context.parents.is_empty()) else {
        return;
    };
    let name = context.attribute.name.as_ref();
    let twin = resource.attributes.iter().find(|other| {
        let is_derived_from = |suffix| name.strip_suffix(suffix) == Some(other.name.as_ref());
        is_twin(other, resource, context) && (is_derived_from("_wo") || is_derived_from("_wo_version"))
    });
    if let Some(twin) = twin {
        let message = format!("{name:?} is already derived from {:?}", twin.name);
        reporter.at_key(
            &context.path,
            message,
            "delete this attribute, or remove `write_only = \"twin\"` from the other",
        );
    } else if name == TIMEOUTS && resource.timeouts.is_some() {
        reporter.at_key(
            &context.path,
            "\"timeouts\" is already derived from [timeouts]",
            "delete this attribute",
        );
    }
}

fn is_twin(attribute: &Attribute, resource: &Resource, context: &AttributeContext<'_>) -> bool {
    let path = format!("attributes.{}.write_only", attribute.name);
    resource.attribute(&attribute.name).is_some() && context.positions.has(&path) && !attribute.write_only
}

/// A required attribute cannot have a default, because the configuration always sets it.
fn default_needs_optional(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    if context.attribute.default.is_some() && context.attribute.mode == Mode::Required {
        let help = "remove the default or the mode: an attribute with a default is optional and computed";
        reporter.at_value(
            &context.key_path("default"),
            "a required attribute cannot have a default",
            help,
        );
    }
}

/// A default must have the type of its attribute. A whole number has 32 bits, as in the API.
fn default_type(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let fault = context
        .attribute
        .default
        .as_ref()
        .and_then(|default| type_fault(default, context.attribute));
    if let Some(fault) = fault {
        reporter.at_value(
            &context.key_path("default"),
            format!("the default does not match the type: {fault}"),
            "",
        );
    }
}

/// A default must pass the validation, because a user can also configure it.
fn default_breaks_validation(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let fits = context
        .attribute
        .default
        .as_ref()
        .filter(|default| type_fault(default, context.attribute).is_none());
    if let Some(fault) = fits.and_then(|default| validation_fault(default, context.attribute)) {
        let help = "change the default, or `format` and `validate`";
        reporter.at_value(
            &context.key_path("default"),
            format!("the default fails the validation: {fault}"),
            help,
        );
    }
}

/// A write-only attribute cannot be computed: Terraform never stores its value, also not one that the provider sets.
fn write_only_needs_configuration(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    if context.attribute.write_only && context.attribute.mode.is_computed() {
        let help = "make it optional or required, without a default";
        reporter.at_value(
            &context.key_path("write_only"),
            "a computed attribute cannot be write-only",
            help,
        );
    }
}

/// Only a sensitive and optional root attribute can have a write-only twin, because a create needs one of the two, and the
/// constraint for that is one on root attributes.
fn twin_needs_sensitive_optional(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    if context.attribute.write_only || !context.has_key("write_only") {
        return;
    }
    let path = context.key_path("write_only");
    if !context.parents.is_empty() {
        reporter.at_value(
            &path,
            "a nested attribute cannot have a write-only twin",
            "only root attributes can have a twin",
        );
    } else if context.attribute.mode != Mode::Optional || !context.attribute.sensitive {
        let help = "remove `mode` and `default`, and add `sensitive = true`";
        reporter.at_value(
            &path,
            "only an optional, sensitive attribute can have a write-only twin",
            help,
        );
    }
}

/// An attribute inside a set cannot be write-only: Terraform identifies elements of a set by their values, which it does not store.
fn write_only_in_set(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let in_set = context
        .parents
        .iter()
        .any(|parent| parent.r#type.collections.contains(&Collection::Set));
    if context.attribute.write_only && in_set {
        reporter.at_value(
            &context.key_path("write_only"),
            "an attribute inside a set cannot be write-only",
            "change the set to a list",
        );
    }
}

/// A sensitive argument keeps its value if the configuration omits it. Terraform writes sensitive values of imported objects as
/// `null` to the configuration that it generates, so an omitted one must not clear the value.
fn sensitive_is_kept(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let attribute = context.attribute;
    let is_sent = attribute.wire.write.is_some() && !attribute.write_only && context.parents.is_empty();
    if !attribute.sensitive || !is_sent || attribute.mode == Mode::Required {
        return;
    }
    let help = if attribute.default.is_some() {
        "remove `default`, so that an omitted value is kept"
    } else if attribute.mode == Mode::Optional && attribute.returned {
        // State would have the returned value, and the plan null.
        "set `mode = \"optional+computed\"` without `unset`, so that an omitted value is kept"
    } else if attribute.unset != Unset::Omit {
        "remove `unset`, so that an omitted value is kept"
    } else {
        return;
    };
    reporter.at_value(
        &context.key_path("sensitive"),
        "omitting this sensitive argument changes its value, also in a configuration that Terraform generates",
        help,
    );
}

/// A sensitive argument of a resource that can be imported is not required: Terraform writes `null` for it to the configuration
/// that it generates, so the import would fail.
fn sensitive_can_be_omitted(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let attribute = context.attribute;
    let is_hidden = |attribute: &Attribute| attribute.sensitive || attribute.write_only;
    let is_imported = |resource: &Resource| resource.import != Import::Never;
    let is_generated_as_null =
        is_hidden(attribute) && !context.parents.iter().any(|parent| is_hidden(parent));
    if is_generated_as_null
        && attribute.mode == Mode::Required
        && context.is_in_resource()
        && context.resource.is_some_and(is_imported)
    {
        reporter.at_value(
            &context.key_path("mode"),
            "a configuration that Terraform generates for an import omits this argument, so it cannot be required",
            "make it `optional+computed`, or use `write_only = \"twin\"` if the API never returns it",
        );
    }
}

/// A validation must fit the type of its attribute.
fn validation_fits_type(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let validate = &context.attribute.validate;
    let is_string = context.has_scalar(Scalar::String);
    let is_number = context.has_scalar(Scalar::Int) || context.has_scalar(Scalar::Number);
    let checks = [
        (
            "format",
            context.attribute.format.is_some(),
            is_string,
            "a string",
        ),
        (
            "validate.length",
            validate.length.is_some(),
            is_string,
            "a string",
        ),
        (
            "validate.pattern",
            validate.pattern.is_some(),
            is_string,
            "a string",
        ),
        (
            "validate.one_of",
            !validate.one_of.is_empty(),
            is_string,
            "a string",
        ),
        ("validate.range", validate.range.is_some(), is_number, "a number"),
        (
            "validate.items",
            validate.items.is_some(),
            context.is_collection(),
            "a list, set or map",
        ),
    ];
    for (key, is_configured, fits, types) in checks {
        if is_configured && !fits {
            let name = key.trim_start_matches("validate.");
            reporter.at_key(
                &context.key_path(key),
                format!("{name:?} applies only to {types}"),
                "",
            );
        }
    }
}

/// A validation must allow some values, and reject others.
fn validation_possible(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let validate = &context.attribute.validate;
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
        reporter.at_value(
            &context.key_path(&format!("validate.{key}")),
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
        reporter.at_value(&context.key_path("validate.pattern"), message, "");
    }
    for (index, text) in validate.one_of.iter().enumerate() {
        if validate.one_of.iter().take(index).any(|earlier| earlier == text) {
            reporter.at_value(
                &context.key_path(&format!("validate.one_of.{index}")),
                format!("duplicate value {text:?}"),
                "",
            );
        }
    }
}

/// Only a computed attribute without a default can be stable. The value of any other attribute is always known.
fn stable_needs_computed(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let attribute = context.attribute;
    if attribute.stable != Stable::No && (!attribute.mode.is_computed() || attribute.default.is_some()) {
        let message = if attribute.default.is_some() {
            "an attribute with a default cannot be stable"
        } else {
            "an attribute that is not computed cannot be stable"
        };
        let help = "remove `stable`: the value is always known";
        reporter.at_value(&context.key_path("stable"), message, help);
    }
}

/// The attributes in `unless` must exist, and must be able to change in a plan: a configuration must be able to set them.
fn stable_unless(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let (Stable::Unless(names), Some(resource)) = (&context.attribute.stable, context.resource) else {
        return;
    };
    for (index, name) in names.iter().enumerate() {
        let path = context.key_path(&format!("stable.unless.{index}"));
        match resource.attribute(name) {
            None => {
                let attributes = resource.attributes.iter();
                reporter.unknown_attribute(&path, name, attributes.map(|attribute| attribute.name.as_ref()));
            }
            Some(other) if !other.mode.is_settable() || other.name == context.attribute.name => {
                reporter.at_value(
                    &path,
                    format!("{name:?} cannot change in a plan: it is computed, or it is this attribute"),
                    "",
                );
            }
            Some(_) => {}
        }
    }
}

/// Only an attribute that a configuration can set can replace the object.
fn force_new_needs_settable(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    if context.attribute.force_new && !context.attribute.mode.is_settable() {
        reporter.at_value(
            &context.key_path("force_new"),
            "a computed attribute cannot have `force_new`",
            "remove `force_new`",
        );
    }
}

/// An optional and computed attribute with `force_new` must be stable. Otherwise, if it is not configured, it is "known after
/// apply" in the plan of each change, and Terraform would replace the object each time.
fn force_new_needs_stable(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let attribute = context.attribute;
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
        reporter.at_value(&context.key_path("force_new"), message, help);
    }
}

/// An object must have attributes, and only an object can have them. Terraform has no nested collections of objects.
fn object_attributes(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let attribute = context.attribute;
    let is_object = context.has_scalar(Scalar::Object);
    if is_object && attribute.attributes.is_empty() {
        let help = format!("declare them as [{}.NAME]", context.key_path("attributes"));
        reporter.at_value(&context.key_path("type"), "an object must have attributes", help);
    } else if !is_object && context.has_key("attributes") {
        let help = "set the type to `object`, or a list, set or map of objects";
        reporter.at_key(
            &context.key_path("attributes"),
            "only an object can have attributes",
            help,
        );
    } else if is_object && attribute.r#type.collections.len() > 1 {
        let help = "use at most one list, set or map around an object; nest another object for more levels";
        reporter.at_value(
            &context.key_path("type"),
            "nested collections of objects are not supported",
            help,
        );
    }
}

/// A block is an object, or a list or set of objects. It cannot be computed, and can only be nested in another block, as in the
/// message [`Schema.NestedBlock`] of the protocol.
///
/// [`Schema.NestedBlock`]: https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/tfplugin6.proto
fn block_form(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let attribute = context.attribute;
    if !attribute.block {
        return;
    }
    let fault =
        if !context.has_scalar(Scalar::Object) || attribute.r#type.collections.contains(&Collection::Map) {
            "a block must be an object, or a list or set of objects"
        } else if attribute.mode.is_computed() {
            "a block cannot be computed"
        } else if context.parents.iter().any(|parent| !parent.block) {
            "a block cannot be nested in an attribute that is not a block"
        } else {
            return;
        };
    reporter.at_value(&context.key_path("block"), fault, "remove `block`");
}

/// All attributes that are nested in a computed attribute must be computed.
fn nested_in_computed(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let in_computed = context.parents.iter().any(|parent| parent.mode == Mode::Computed);
    if in_computed && context.attribute.mode != Mode::Computed {
        let help = "add `mode = \"computed\"`";
        reporter.at_key(
            &context.path,
            format!(
                "{:?} must be computed, like the attribute that it is nested in",
                context.attribute.name
            ),
            help,
        );
    }
}

/// `unset` has no effect on an attribute that a configuration cannot omit, that is never sent, or that has a default, because
/// the default is sent.
fn unset_without_effect(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let attribute = context.attribute;
    if !context.has_key("unset") || !context.is_in_resource() {
        return;
    }
    let reason = if attribute.default.is_some() {
        "a default is sent instead"
    } else if attribute.mode == Mode::Required {
        "the attribute is required"
    } else if attribute.wire.write.is_none() {
        "the attribute is never sent"
    } else {
        return;
    };
    reporter.at_key(
        &context.key_path("unset"),
        format!("`unset` has no effect: {reason}"),
        "remove `unset`",
    );
}

/// `unset = "empty"` needs a type with an empty value: a string or a collection.
fn unset_empty_type(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let has_empty = context.is_collection() || context.has_scalar(Scalar::String);
    if context.attribute.unset == Unset::Empty && !has_empty {
        reporter.at_value(
            &context.key_path("unset"),
            "this type has no empty value",
            "only strings, lists, sets and maps have an empty value",
        );
    }
}

/// `equal = "set"` needs a list, and `equal = "scheme"` needs a string.
fn equal_fits_type(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let is_list = context.attribute.r#type.collections.first() == Some(&Collection::List);
    let is_string = context.has_scalar(Scalar::String) && !context.is_collection();
    let fault = match context.attribute.equal {
        Equal::Set if !is_list => "`equal = \"set\"` applies only to a list",
        Equal::Scheme if !is_string => "`equal = \"scheme\"` applies only to a string",
        _ => return,
    };
    reporter.at_value(
        &context.key_path("equal"),
        fault,
        "remove `equal`, or change the type",
    );
}

/// The name of an environment variable is in capitals. Its value is a string, which can only set a scalar.
fn env_form(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(env) = &context.attribute.env else { return };
    let is_name = env
        .chars()
        .all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_');
    if !is_name {
        reporter.at_value(
            &context.key_path("env"),
            format!("{env:?} is not a valid name of an environment variable"),
            "",
        );
    } else if context.is_collection() || context.has_scalar(Scalar::Object) {
        let help = "only a string, a number or a bool can be read from the environment";
        reporter.at_value(
            &context.key_path("env"),
            "an environment variable cannot set a list, set, map or object",
            help,
        );
    }
}

/// Keys about plans, updates and requests are not supported in data sources, which are only read.
fn resource_only_key(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    if context
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
        if context.has_key(key) {
            reporter.at_key(
                &context.key_path(key),
                format!("{key:?} is not supported in a data source"),
                "remove it",
            );
        }
    }
}
