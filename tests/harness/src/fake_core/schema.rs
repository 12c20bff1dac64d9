//! The provider's schema as Terraform reads it from `GetProviderSchema`, and the rules it holds it to.

use std::collections::BTreeMap;

use proto::tfplugin6 as wire;
use proto::tfplugin6::schema::{nested_block, object};
use schema::Mode;
use value::{Type, Value};

use super::json::parse_type;

/// The schema of one resource, data source, or the provider itself.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Version of the state.
    pub version: i64,
    /// Attributes and blocks of the root.
    pub block: Block,
}

/// What may be written between the braces of a block.
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
    /// Plain type, or nested attributes.
    pub kind: Kind,
    /// Who may set it.
    pub mode: Mode,
    /// Redacted.
    pub sensitive: bool,
    /// Never stored.
    pub write_only: bool,
}

/// What an attribute holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A value that Terraform only takes as a whole.
    Plain(Type),
    /// Objects whose attributes have rules of their own.
    Nested(Object),
}

/// Objects in an attribute.
#[derive(Clone, Debug)]
pub struct Object {
    /// Attributes of each.
    pub attributes: BTreeMap<String, Attribute>,
    /// How many, and how they are told apart.
    pub nesting: Nesting,
}

/// A nested block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// What each holds.
    pub block: Block,
    /// How many, and how they are told apart.
    pub nesting: Nesting,
    /// Fewest in a configuration.
    pub min: i64,
    /// Most in a configuration; 0 for any number.
    pub max: i64,
}

/// How nested objects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One, or null.
    Single,
    /// One, always.
    Group,
    /// By position.
    List,
    /// By what they are.
    Set,
    /// By key.
    Map,
}

impl Schema {
    /// Reads the wire's form; every rule it breaks is a line in the error.
    pub fn read(from: &wire::Schema) -> Result<Self, Vec<String>> {
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
    /// The type of an object of this block.
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

    /// A configuration of it in which nothing is set.
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
    /// The type of its value.
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
    /// The type of all blocks of that name.
    pub fn implied_type(&self) -> Type {
        collected(self.nesting, self.block.implied_type())
    }

    /// What stands for "no such block".
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

fn read_block(from: &wire::schema::Block, path: &str, faults: &mut Vec<String>) -> Block {
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

fn read_nested_block(from: &wire::schema::NestedBlock, path: &str, faults: &mut Vec<String>) -> NestedBlock {
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

/// Elements of a set have no identity: what is not stored would make them unequal to themselves.
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
    from: &[wire::schema::Attribute],
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

fn read_attribute(from: &wire::schema::Attribute, path: &str, faults: &mut Vec<String>) -> Attribute {
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

fn read_object(from: &wire::schema::Object, path: &str, faults: &mut Vec<String>) -> Object {
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
        faults.push(format!("{path}: the type is not one that a declaration can make"));
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
