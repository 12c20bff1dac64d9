//! `terraform query`: the objects that an account has, and the configuration that Terraform writes for them.

use std::collections::BTreeMap;

use schema::Mode;
use serde_json::{Map, Value as Json};
use value::Value;

use super::error::Error;
use super::plugin::{Include, Listed};
use super::schema::{Attribute, Block, Kind};
use super::{Core, configuration, json};

/// The number of objects that a list has at most, without `limit`.
const DEFAULT_LIMIT: i64 = 100;

/// A `list` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The `config` block; null without one.
    pub config: Json,
    /// `include_resource`
    pub include: Include,
    /// `limit`
    pub limit: Option<i64>,
}

impl Query {
    /// A list with this `config` block.
    #[must_use]
    pub fn of(config: Json) -> Self {
        Self {
            config,
            ..Self::default()
        }
    }

    /// The same list with `include_resource = true`.
    #[must_use]
    pub fn whole(self) -> Self {
        Self {
            include: Include::Resource,
            ..self
        }
    }

    /// The same list with a limit.
    #[must_use]
    pub fn limit(self, limit: i64) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }
}

impl Core {
    /// `terraform query`. Its warnings are in [`Plugin::take_warnings`](super::Plugin::take_warnings) afterwards.
    ///
    /// # Errors
    /// If the configuration is invalid, the provider reports an error or violates the protocol.
    pub async fn query(&self, type_name: &str, query: &Query) -> Result<Vec<Listed>, Error> {
        let plugin = self.plugin();
        let block = &plugin.list_resource(type_name)?.block;
        plugin.resource(type_name)?;
        plugin.take_warnings();
        plugin.begin_walk().await?;
        // Without a block, Terraform sends an object of nulls.
        let config = match &query.config {
            Json::Null => &Json::Object(Map::new()),
            config => config,
        };
        let config = configuration::read(block, config).map_err(Error::Configuration)?;
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
        let limit = usize::try_from(limit).map_err(|_| {
            let text = "Invalid limit argument: must be greater than or equal to zero";
            Error::Configuration(vec![text.to_owned()])
        })?;
        plugin.validate_list(type_name, &config).await?;
        plugin.list(type_name, &config, query.include, limit).await
    }

    /// `terraform query -generate-config-out`: each object with the configuration that Terraform writes for it.
    ///
    /// # Errors
    /// As [`Core::query`].
    pub async fn query_to_file(&self, type_name: &str, query: &Query) -> Result<Vec<(Listed, Json)>, Error> {
        let mut written = Vec::new();
        for listed in self.query(type_name, &query.clone().whole()).await? {
            let config = self.written_config(type_name, Some(&listed.state)).await?;
            written.push((listed, config));
        }
        Ok(written)
    }

    /// The configuration that Terraform writes for an object: the generated one, without computed values, and with null instead of
    /// secrets.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn written_config(&self, type_name: &str, state: Option<&Value>) -> Result<Json, Error> {
        let config = self.plugin().generate_config(type_name, state).await?;
        Ok(written_block(&self.plugin().resource(type_name)?.block, &config))
    }
}

fn written_block(block: &Block, config: &Value) -> Json {
    let mut written = written_attributes(&block.attributes, config);
    for (name, nested) in &block.blocks {
        let blocks = config.get(name);
        let blocks = map_objects(blocks, &|object| written_block(&nested.block, object));
        if !blocks.is_null() {
            written.insert(name.clone(), blocks);
        }
    }
    Json::Object(written)
}

fn written_attributes(attributes: &BTreeMap<String, Attribute>, config: &Value) -> Map<String, Json> {
    let mut written = Map::new();
    for (name, attribute) in attributes {
        let value = config.get(name);
        if value.is_null() && matches!(attribute.mode, Mode::Computed | Mode::OptionalComputed) {
            continue;
        }
        let json = match &attribute.kind {
            _ if attribute.sensitive => Json::Null,
            Kind::Plain(_) => json::to_json(value),
            Kind::Nested(nested) => map_objects(value, &|object| {
                Json::Object(written_attributes(&nested.attributes, object))
            }),
        };
        written.insert(name.clone(), json);
    }
    written
}

/// The JSON of one or several nested objects.
fn map_objects(value: &Value, object: &dyn Fn(&Value) -> Json) -> Json {
    match value {
        Value::Object(_) => object(value),
        Value::List(elements) | Value::Set(elements) => elements.iter().map(object).collect(),
        Value::Map(entries) => {
            let entries = entries.iter();
            Json::Object(entries.map(|(key, value)| (key.clone(), object(value))).collect())
        }
        _ => Json::Null,
    }
}
