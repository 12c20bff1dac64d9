//! The provider's schema from `GetProviderSchema`, and Terraform's rules for it.

use std::collections::BTreeMap;

use proto::tfplugin6;
use proto::tfplugin6::schema::{nested_block, object};
use schema::Mode;
use value::{Type, Value};

use super::json::parse_type;

/// The schema of one resource, data source, or the provider itself.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// The version of the state.
    pub version: i64,
    /// Attributes and blocks of the root.
    pub block: Block,
}

/// The attributes and nested blocks of a block.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// Nested blocks by name.
    pub blocks: BTreeMap<String, NestedBlock>,
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// A plain type or nested attributes.
    pub kind: Kind,
    /// Required, optional, computed, or optional and computed.
    pub mode: Mode,
    /// Redacted in Terraform's output.
    pub sensitive: bool,
    /// Never stored in state.
    pub write_only: bool,
}

/// The kind of an attribute.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A value that Terraform treats as a whole.
    Plain(Type),
    /// Objects with attributes of their own.
    Nested(Object),
}

/// The objects of a nested attribute.
#[derive(Clone, Debug)]
pub struct Object {
    /// The attributes of each object.
    pub attributes: BTreeMap<String, Attribute>,
    /// The number of objects, and what identifies each.
    pub nesting: Nesting,
}

/// A nested block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// The content of each block.
    pub block: Block,
    /// The number of objects, and what identifies each.
    pub nesting: Nesting,
    /// The minimum number in a configuration.
    pub min: i64,
    /// The maximum number in a configuration; 0 means no limit.
    pub max: i64,
}

/// The number of nested objects, and what identifies each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One or null.
    Single,
    /// Always one.
    Group,
    /// Any number, identified by index.
    List,
    /// Any number, identified by value.
    Set,
    /// Any number, identified by key.
    Map,
}

impl Schema {
    /// Reads a schema from the message of the protocol.
    ///
    /// # Errors
    /// If the schema violates Terraform's rules: one string per violation.
    pub fn read(from: &tfplugin6::Schema) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let block = from
            .block
            .as_ref()
            .map(|block| read_block(block, "", &mut faults))
            .unwrap_or_default();
        if from.block.is_none() {
            faults.push("the schema has no block".to_owned());
        }
        if faults.is_empty() {
            Ok(Self {
                version: from.version,
                block,
            })
        } else {
            Err(faults)
        }
    }
}

impl Block {
    /// The type of the block's value.
    pub fn implied_type(&self) -> Type {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), attribute.implied_type()));
        let blocks = self
            .blocks
            .iter()
            .map(|(name, block)| (name.clone(), block.implied_type()));
        Type::Object(attributes.chain(blocks).collect())
    }

    /// A configuration in which every argument is omitted.
    pub fn empty(&self) -> Value {
        let attributes = self.attributes.keys().map(|name| (name.clone(), Value::Null));
        let blocks = self
            .blocks
            .iter()
            .map(|(name, nested)| (name.clone(), nested.absent()));
        Value::Object(attributes.chain(blocks).collect())
    }
}

impl Attribute {
    /// The type of the attribute's value.
    pub fn implied_type(&self) -> Type {
        match &self.kind {
            Kind::Plain(r#type) => r#type.clone(),
            Kind::Nested(object) => {
                let attributes = object.attributes.iter();
                let element = Type::Object(
                    attributes
                        .map(|(name, attribute)| (name.clone(), attribute.implied_type()))
                        .collect(),
                );
                collected(object.nesting, element)
            }
        }
    }
}

impl NestedBlock {
    /// The type of all blocks with this name.
    pub fn implied_type(&self) -> Type {
        collected(self.nesting, self.block.implied_type())
    }

    /// The value that means "no such block".
    pub fn absent(&self) -> Value {
        match self.nesting {
            Nesting::Single => Value::Null,
            Nesting::Group => self.block.empty(),
            Nesting::List => Value::List(Vec::new()),
            Nesting::Set => Value::Set(Vec::new()),
            Nesting::Map => Value::Map(BTreeMap::new()),
        }
    }
}

fn collected(nesting: Nesting, element: Type) -> Type {
    match nesting {
        Nesting::Single | Nesting::Group => element,
        Nesting::List => Type::list(element),
        Nesting::Set => Type::set(element),
        Nesting::Map => Type::map(element),
    }
}

fn read_block(from: &tfplugin6::schema::Block, path: &str, faults: &mut Vec<String>) -> Block {
    let attributes = read_attributes(&from.attributes, path, faults);
    let mut blocks = BTreeMap::new();
    for nested in &from.block_types {
        let name = nested.type_name.clone();
        let path = join(path, &name);
        check_name(&name, &path, faults);
        if attributes.contains_key(&name) {
            faults.push(format!(
                "{path}: name defined as both attribute and child block type"
            ));
        }
        if blocks
            .insert(name, read_nested_block(nested, &path, faults))
            .is_some()
        {
            faults.push(format!("{path}: declared twice"));
        }
    }
    Block { attributes, blocks }
}

fn read_nested_block(
    from: &tfplugin6::schema::NestedBlock,
    path: &str,
    faults: &mut Vec<String>,
) -> NestedBlock {
    use nested_block::NestingMode;
    let nesting = match from.nesting() {
        NestingMode::Single => Nesting::Single,
        NestingMode::Group => Nesting::Group,
        NestingMode::List => Nesting::List,
        NestingMode::Set => Nesting::Set,
        NestingMode::Map => Nesting::Map,
        NestingMode::Invalid => {
            faults.push(format!("{path}: invalid nesting mode"));
            Nesting::Single
        }
    };
    let block = from
        .block
        .as_ref()
        .map(|block| read_block(block, path, faults))
        .unwrap_or_default();
    if from.block.is_none() {
        faults.push(format!("{path}: block schema is nil"));
    }
    let (min, max) = (from.min_items, from.max_items);
    match nesting {
        _ if min < 0 || max < 0 => {
            faults.push(format!(
                "{path}: MinItems and MaxItems must both be greater than zero"
            ));
        }
        Nesting::Single if min != max || max > 1 => {
            faults.push(format!(
                "{path}: MinItems and MaxItems must be set to either 0 or 1 in NestingSingle mode"
            ));
        }
        Nesting::Group | Nesting::Map if min != 0 || max != 0 => {
            faults.push(format!(
                "{path}: MinItems and MaxItems must both be 0 in NestingGroup and NestingMap mode"
            ));
        }
        Nesting::List | Nesting::Set if max > 0 && min > max => {
            faults.push(format!("{path}: MinItems must be less than or equal to MaxItems"));
        }
        _ => {}
    }
    if nesting == Nesting::Set {
        check_set_block(&block, path, faults);
    }
    NestedBlock {
        block,
        nesting,
        min,
        max,
    }
}

/// Elements of a set are identified by value, so a value that is never stored would break their identity.
fn check_set_block(block: &Block, path: &str, faults: &mut Vec<String>) {
    check_set_attributes(&block.attributes, path, faults);
    for (name, nested) in &block.blocks {
        check_set_block(&nested.block, &join(path, name), faults);
    }
}

fn check_set_attributes(attributes: &BTreeMap<String, Attribute>, path: &str, faults: &mut Vec<String>) {
    for (name, attribute) in attributes {
        if attribute.write_only {
            faults.push(format!(
                "{path}: set must not contain the write-only attribute {name:?}"
            ));
        }
        if let Kind::Nested(object) = &attribute.kind {
            check_set_attributes(&object.attributes, &join(path, name), faults);
        }
    }
}

fn read_attributes(
    from: &[tfplugin6::schema::Attribute],
    path: &str,
    faults: &mut Vec<String>,
) -> BTreeMap<String, Attribute> {
    let mut attributes = BTreeMap::new();
    for attribute in from {
        let path = join(path, &attribute.name);
        check_name(&attribute.name, &path, faults);
        let read = read_attribute(attribute, &path, faults);
        if attributes.insert(attribute.name.clone(), read).is_some() {
            faults.push(format!("{path}: declared twice"));
        }
    }
    attributes
}

fn read_attribute(from: &tfplugin6::schema::Attribute, path: &str, faults: &mut Vec<String>) -> Attribute {
    let mode = match (from.required, from.optional, from.computed) {
        (true, false, false) => Mode::Required,
        (false, true, false) => Mode::Optional,
        (false, true, true) => Mode::OptionalComputed,
        (false, false, true) => Mode::Computed,
        (false, false, false) => {
            faults.push(format!("{path}: must set Optional, Required or Computed"));
            Mode::Optional
        }
        (true, ..) => {
            faults.push(format!(
                "{path}: cannot set both Required and Optional or Computed"
            ));
            Mode::Required
        }
    };
    if from.write_only && mode.is_computed() {
        faults.push(format!("{path}: cannot set both Computed and WriteOnly"));
    }
    let kind = match (&from.nested_type, from.r#type.is_empty()) {
        (Some(nested), true) => Kind::Nested(read_object(nested, path, faults)),
        (None, false) => Kind::Plain(read_type(&from.r#type, path, faults)),
        (Some(_), false) => {
            faults.push(format!("{path}: Type and NestedType cannot both be set"));
            Kind::Plain(Type::String)
        }
        (None, true) => {
            faults.push(format!("{path}: either Type or NestedType must be defined"));
            Kind::Plain(Type::String)
        }
    };
    Attribute {
        kind,
        mode,
        sensitive: from.sensitive,
        write_only: from.write_only,
    }
}

fn read_object(from: &tfplugin6::schema::Object, path: &str, faults: &mut Vec<String>) -> Object {
    use object::NestingMode;
    let nesting = match from.nesting() {
        NestingMode::Single => Nesting::Single,
        NestingMode::List => Nesting::List,
        NestingMode::Set => Nesting::Set,
        NestingMode::Map => Nesting::Map,
        NestingMode::Invalid => {
            faults.push(format!("{path}: invalid nesting mode"));
            Nesting::Single
        }
    };
    let attributes = read_attributes(&from.attributes, path, faults);
    if nesting == Nesting::Set {
        check_set_attributes(&attributes, path, faults);
    }
    Object { attributes, nesting }
}

fn read_type(bytes: &[u8], path: &str, faults: &mut Vec<String>) -> Type {
    let json = serde_json::from_slice(bytes).ok();
    json.as_ref().and_then(parse_type).unwrap_or_else(|| {
        faults.push(format!("{path}: no declaration can have this type"));
        Type::String
    })
}

fn check_name(name: &str, path: &str, faults: &mut Vec<String>) {
    let is_legal =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    if name.is_empty() || !name.chars().all(is_legal) {
        faults.push(format!(
            "{path}: invalid name {name:?}: may contain only lowercase letters, digits and underscores"
        ));
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
