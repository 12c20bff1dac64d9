//! Terraform's check of a plan:
//! [`objchange.AssertPlanValid`](https://github.com/hashicorp/terraform/blob/main/internal/plans/objchange/plan_valid.go).

use std::collections::{BTreeMap, BTreeSet};

use value::{Path, Value};

use super::fault::{Faults, show};
use super::schema::{Attribute, Block, Kind, NestedBlock, Nesting, Object};

static NULL: Value = Value::Null;

/// All faults of a plan that Terraform rejects.
pub fn assert_plan_valid(schema: &Block, prior: &Value, config: &Value, planned: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    block(schema, prior, config, planned, &Path::root(), &mut faults);
    faults.into_vec()
}

/// The three values at one path that the rules compare.
#[derive(Clone, Copy)]
struct Values<'a> {
    prior: &'a Value,
    config: &'a Value,
    planned: &'a Value,
}

impl Values<'_> {
    fn attribute(self, name: &str) -> Self {
        Values {
            prior: self.prior.get(name),
            config: self.config.get(name),
            planned: self.planned.get(name),
        }
    }
}

fn block(schema: &Block, prior: &Value, config: &Value, planned: &Value, path: &Path, faults: &mut Faults) {
    if planned.is_null() && !config.is_null() {
        return faults.add(path, "planned for absence but config wants existence");
    }
    if config.is_null() && !planned.is_null() {
        return faults.add(path, "planned for existence but config wants absence");
    }
    if planned.is_null() {
        return;
    }
    if planned.is_unknown() {
        return faults.add(path, "planned unknown for configured value");
    }
    let values = Values {
        prior,
        config,
        planned,
    };
    attributes(&schema.attributes, values, path, faults);
    for (name, nested) in &schema.blocks {
        nested_block(nested, values.attribute(name), &path.attribute(name), faults);
    }
}

fn nested_block(nested: &NestedBlock, values: Values<'_>, path: &Path, faults: &mut Faults) {
    let Values {
        prior,
        config,
        planned,
    } = values;
    if planned == config {
        return;
    }
    if config.is_unknown() {
        return faults.add(
            path,
            format!("planned value {} for unknown dynamic block", show(planned)),
        );
    }
    if planned.is_unknown() {
        return faults.add(
            path,
            "attribute representing nested block must not be unknown itself; set nested attribute values to unknown \
             instead",
        );
    }
    if let (true, Some(kind)) = (planned.is_null(), collection_name(nested.nesting)) {
        return faults.add(
            path,
            format!("attribute representing a {kind} of nested blocks must be empty to indicate no blocks, not null"),
        );
    }
    match nested.nesting {
        Nesting::Single | Nesting::Group => block(&nested.block, prior, config, planned, path, faults),
        Nesting::List => {
            let (plan_count, config_count) = (planned.elements().len(), config.elements().len());
            if plan_count != config_count {
                let text = format!(
                    "block count in plan ({plan_count}) disagrees with count in config ({config_count})"
                );
                return faults.add(path, text);
            }
            for (index, (planned, config)) in planned.elements().iter().zip(config.elements()).enumerate() {
                let prior = prior.elements().get(index).unwrap_or(&NULL);
                element(&nested.block, prior, config, planned, &path.index(index), faults);
            }
        }
        Nesting::Map => {
            compare_keys("block key", planned, config, path, faults);
            for (key, planned) in planned.attributes().into_iter().flatten() {
                if keys(config).contains(key.as_str()) {
                    element(
                        &nested.block,
                        prior.get(key),
                        config.get(key),
                        planned,
                        &path.key(key),
                        faults,
                    );
                }
            }
        }
        // Elements of sets have no identity, so Terraform does not compare their content.
        Nesting::Set => {
            compare_set_counts("block set length", planned, config, path, faults);
            if planned.elements().iter().any(Value::is_unknown) {
                faults.add(path, ELEMENT_UNKNOWN);
            }
        }
    }
}

const ELEMENT_UNKNOWN: &str = "element representing nested block must not be unknown itself; set nested attribute \
                               values to unknown instead";

fn element(schema: &Block, prior: &Value, config: &Value, planned: &Value, path: &Path, faults: &mut Faults) {
    if planned.is_unknown() {
        return faults.add(path, ELEMENT_UNKNOWN);
    }
    block(schema, prior, config, planned, path, faults);
}

fn collection_name(nesting: Nesting) -> Option<&'static str> {
    match nesting {
        Nesting::List => Some("list"),
        Nesting::Set => Some("set"),
        Nesting::Map => Some("map"),
        Nesting::Single | Nesting::Group => None,
    }
}

fn attributes(
    attributes: &BTreeMap<String, Attribute>,
    values: Values<'_>,
    path: &Path,
    faults: &mut Faults,
) {
    for (name, schema) in attributes {
        attribute(schema, values.attribute(name), &path.attribute(name), faults);
    }
}

fn attribute(schema: &Attribute, values: Values<'_>, path: &Path, faults: &mut Faults) {
    let Values {
        prior,
        config,
        planned,
    } = values;
    if schema.write_only {
        // In Terraform this is a separate check.
        if !planned.is_null() {
            faults.add(path, "planned value for a write-only attribute");
        }
        return;
    }
    if planned == config {
        return;
    }
    // A provider plans the prior value if the configured value is equivalent to it.
    if planned == prior && !prior.is_null() && !config.is_null() {
        return;
    }
    if config.is_null() {
        if !schema.mode.is_computed() {
            let text = if schema.sensitive {
                "sensitive planned value for a non-computed attribute".to_owned()
            } else {
                format!("planned value {} for a non-computed attribute", show(planned))
            };
            faults.add(path, text);
        }
        return;
    }
    if let Kind::Nested(nested) = &schema.kind {
        return object(nested, values, path, faults);
    }
    let text = if schema.sensitive {
        "sensitive planned value does not match config value".to_owned()
    } else if prior.is_null() {
        format!(
            "planned value {} does not match config value {}",
            show(planned),
            show(config)
        )
    } else {
        let (planned, config, prior) = (show(planned), show(config), show(prior));
        format!("planned value {planned} does not match config value {config} nor prior value {prior}")
    };
    faults.add(path, text);
}

fn object(schema: &Object, values: Values<'_>, path: &Path, faults: &mut Faults) {
    let Values {
        prior,
        config,
        planned,
    } = values;
    if planned.is_null() {
        return faults.add(path, "planned for absence but config wants existence");
    }
    if planned.is_unknown() {
        return faults.add(path, "planned unknown for configured value");
    }
    if config.is_unknown() {
        return faults.add(
            path,
            format!("planned value {} for an unknown configured value", show(planned)),
        );
    }
    match schema.nesting {
        Nesting::Single | Nesting::Group => attributes(&schema.attributes, values, path, faults),
        Nesting::List => {
            let (plan_count, config_count) = (planned.elements().len(), config.elements().len());
            if plan_count != config_count {
                let text =
                    format!("count in plan ({plan_count}) disagrees with count in config ({config_count})");
                return faults.add(path, text);
            }
            for (index, (planned, config)) in planned.elements().iter().zip(config.elements()).enumerate() {
                let prior = prior.elements().get(index).unwrap_or(&NULL);
                nested_element(
                    schema,
                    Values {
                        prior,
                        config,
                        planned,
                    },
                    &path.index(index),
                    faults,
                );
            }
        }
        Nesting::Map => {
            compare_keys("map key", planned, config, path, faults);
            for (key, planned) in planned.attributes().into_iter().flatten() {
                if keys(config).contains(key.as_str()) {
                    let values = Values {
                        prior: prior.get(key),
                        config: config.get(key),
                        planned,
                    };
                    nested_element(schema, values, &path.key(key), faults);
                }
            }
        }
        Nesting::Set => compare_set_counts("count", planned, config, path, faults),
    }
}

fn nested_element(schema: &Object, values: Values<'_>, path: &Path, faults: &mut Faults) {
    if values.planned == values.config {
        return;
    }
    match (
        values.planned.is_null(),
        values.config.is_null(),
        values.planned.is_unknown(),
    ) {
        (true, false, _) => faults.add(path, "planned for absence but config wants existence"),
        (false, true, _) => faults.add(path, "planned for existence but config wants absence"),
        (_, _, true) => faults.add(path, "planned unknown for configured value"),
        _ => attributes(&schema.attributes, values, path, faults),
    }
}

/// The number of elements of a set is known only if all elements are known.
fn compare_set_counts(what: &str, planned: &Value, config: &Value, path: &Path, faults: &mut Faults) {
    let (plan_count, config_count) = (planned.elements().len(), config.elements().len());
    let is_sure = planned.is_wholly_known() && config.is_wholly_known();
    if plan_count != config_count && (is_sure || plan_count > config_count) {
        faults.add(
            path,
            format!("{what} in plan ({plan_count}) disagrees with count in config ({config_count})"),
        );
    }
}

fn compare_keys(what: &str, planned: &Value, config: &Value, path: &Path, faults: &mut Faults) {
    for key in keys(planned).difference(&keys(config)) {
        faults.add(path, format!("{what} {key:?} from plan is not present in config"));
    }
    for key in keys(config).difference(&keys(planned)) {
        faults.add(path, format!("{what} {key:?} from config is not present in plan"));
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .attributes()
        .into_iter()
        .flat_map(BTreeMap::keys)
        .map(String::as_str)
        .collect()
}
