//! The new state that Terraform proposes to the provider:
//! [`objchange.ProposedNew`](https://github.com/hashicorp/terraform/blob/main/internal/plans/objchange/objchange.go).
//!
//! Configured values win. Computed attributes that are not configured keep their prior value.

use std::collections::BTreeMap;

use value::Value;

use super::schema::{Attribute, Block, Kind, NestedBlock, Nesting, Object};

static NULL: Value = Value::Null;

/// The proposed object; null for a destroy.
pub fn proposed_new(block: &Block, prior: &Value, config: &Value) -> Value {
    if config.is_null() && prior.is_null() {
        return Value::Null;
    }
    if config.is_null() || config.is_unknown() {
        return prior.clone();
    }
    let mut proposed = attributes(&block.attributes, prior, config);
    for (name, nested) in &block.blocks {
        proposed.insert(
            name.clone(),
            nested_block(nested, prior.get(name), config.get(name)),
        );
    }
    Value::Object(proposed)
}

/// The schema of one object: that of a block or of a nested attribute.
#[derive(Clone, Copy)]
enum Shape<'a> {
    Block(&'a Block),
    Object(&'a Object),
}

impl Shape<'_> {
    fn propose(self, prior: &Value, config: &Value) -> Value {
        match self {
            Shape::Block(block) => proposed_new(block, prior, config),
            Shape::Object(_) if config.is_null() => Value::Null,
            Shape::Object(_) if config.is_unknown() => Value::Unknown,
            Shape::Object(object) => Value::Object(attributes(&object.attributes, prior, config)),
        }
    }

    fn came_from(self, prior: &Value, config: &Value) -> bool {
        if prior == config || prior.is_null() {
            return true;
        }
        let attributes = match self {
            Shape::Block(block) => &block.attributes,
            Shape::Object(object) => &object.attributes,
        };
        let blocks = match self {
            Shape::Block(block) => Some(&block.blocks),
            Shape::Object(_) => None,
        };
        attributes
            .iter()
            .all(|(name, attribute)| attribute_came_from(attribute, prior.get(name), child(config, name)))
            && blocks.into_iter().flatten().all(|(name, nested)| {
                let shape = Shape::Block(&nested.block);
                child(config, name)
                    .is_some_and(|config| objects_came_from(shape, nested.nesting, prior.get(name), config))
            })
    }
}

fn child<'a>(config: &'a Value, name: &str) -> Option<&'a Value> {
    config.attributes().and_then(|attributes| attributes.get(name))
}

fn nested_block(nested: &NestedBlock, prior: &Value, config: &Value) -> Value {
    if config.is_unknown() || (nested.nesting == Nesting::Single && config.is_null()) {
        return config.clone();
    }
    objects(Shape::Block(&nested.block), nested.nesting, prior, config)
}

fn attributes(
    attributes: &BTreeMap<String, Attribute>,
    prior: &Value,
    config: &Value,
) -> BTreeMap<String, Value> {
    let proposed = attributes.iter().map(|(name, attribute)| {
        let (prior, config) = (prior.get(name), config.get(name));
        let value = match &attribute.kind {
            _ if attribute.mode.is_computed() && config.is_null() => {
                if was_configured(attribute, prior) {
                    Value::Null
                } else {
                    prior.clone()
                }
            }
            Kind::Nested(_) if config.is_null() || config.is_unknown() => config.clone(),
            Kind::Nested(object) => objects(Shape::Object(object), object.nesting, prior, config),
            Kind::Plain(_) => config.clone(),
        };
        (name.clone(), value)
    });
    proposed.collect()
}

/// Whether a prior nested object has values that only a configuration can set.
fn was_configured(attribute: &Attribute, prior: &Value) -> bool {
    let Kind::Nested(object) = &attribute.kind else {
        return false;
    };
    attribute.mode == schema::Mode::OptionalComputed && holds_configured(object, prior)
}

fn holds_configured(object: &Object, value: &Value) -> bool {
    each_object(object.nesting, value).into_iter().any(|element| {
        object.attributes.iter().any(|(name, attribute)| {
            let value = element.get(name);
            match &attribute.kind {
                _ if value.is_null() => false,
                Kind::Nested(nested) => holds_configured(nested, value),
                Kind::Plain(_) => !attribute.mode.is_computed(),
            }
        })
    })
}

fn each_object(nesting: Nesting, value: &Value) -> Vec<&Value> {
    match nesting {
        Nesting::Single | Nesting::Group => vec![value],
        Nesting::List | Nesting::Set => value.elements().iter().collect(),
        Nesting::Map => value
            .attributes()
            .into_iter()
            .flat_map(BTreeMap::values)
            .collect(),
    }
}

fn objects(shape: Shape<'_>, nesting: Nesting, prior: &Value, config: &Value) -> Value {
    match (nesting, config) {
        (Nesting::Single | Nesting::Group, _) => shape.propose(prior, config),
        (Nesting::List, Value::List(elements)) => {
            let proposed =
                elements
                    .iter()
                    .enumerate()
                    .map(|(index, config)| match prior.elements().get(index) {
                        Some(prior) => shape.propose(prior, config),
                        None => config.clone(),
                    });
            Value::List(proposed.collect())
        }
        (Nesting::Map, Value::Map(entries)) => {
            let proposed = entries.iter().map(|(key, config)| {
                let prior = prior.attributes().and_then(|entries| entries.get(key));
                let value = prior.map_or_else(|| config.clone(), |prior| shape.propose(prior, config));
                (key.clone(), value)
            });
            Value::Map(proposed.collect())
        }
        (Nesting::Set, Value::Set(elements)) => {
            let mut free: Vec<&Value> = prior.elements().iter().collect();
            let proposed = elements.iter().map(|config| {
                let found = free.iter().position(|prior| shape.came_from(prior, config));
                let prior = found.map_or(&NULL, |position| free.remove(position));
                shape.propose(prior, config)
            });
            Value::set(proposed.collect())
        }
        _ => config.clone(),
    }
}

/// Whether a prior set element can result from this configuration, by adding computed values only.
fn objects_came_from(shape: Shape<'_>, nesting: Nesting, prior: &Value, config: &Value) -> bool {
    if prior == config || prior.is_null() {
        return true;
    }
    match nesting {
        Nesting::Set => false,
        Nesting::Single | Nesting::Group => shape.came_from(prior, config),
        Nesting::List => prior.elements().iter().enumerate().all(|(index, prior)| {
            prior.is_null()
                || config
                    .elements()
                    .get(index)
                    .is_some_and(|config| shape.came_from(prior, config))
        }),
        Nesting::Map => prior.attributes().into_iter().flatten().all(|(key, prior)| {
            prior.is_null() || child(config, key).is_some_and(|config| shape.came_from(prior, config))
        }),
    }
}

fn attribute_came_from(attribute: &Attribute, prior: &Value, config: Option<&Value>) -> bool {
    if prior.is_null() {
        return true;
    }
    let Some(config) = config else { return false };
    match &attribute.kind {
        _ if prior == config => true,
        Kind::Nested(object) => objects_came_from(Shape::Object(object), object.nesting, prior, config),
        Kind::Plain(value::Type::Set(_)) => false,
        Kind::Plain(_) => attribute.mode.is_computed() && config.is_null(),
    }
}
