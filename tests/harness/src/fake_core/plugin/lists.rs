//! The RPCs of `terraform query`, which Terraform has from version 1.14 on.

use proto::tfplugin6::list_resource::Event;
use proto::tfplugin6::{generate_resource_config, list_resource, validate_list_resource_config};
use tokio_stream::StreamExt;
use tonic::Request;
use value::{Type, Value};

use super::{Plugin, check_object, known, received};
use crate::fake_core::encoding;
use crate::fake_core::error::{Diagnostic, Error, Severity};
use crate::fake_core::schema::Schema;

/// One object of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its identity.
    pub identity: Value,
    /// The name that `terraform query` shows.
    pub display_name: String,
    /// Its state; null unless the list includes the resource.
    pub state: Value,
}

/// What a list includes of each object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Include {
    /// The identity and a name.
    #[default]
    Identity,
    /// Also the state: `include_resource = true`.
    Resource,
}

impl Plugin {
    /// The schema of a `config` block.
    ///
    /// # Errors
    /// If the provider has no such list resource.
    pub fn list_resource(&self, type_name: &str) -> Result<&Schema, Error> {
        known(&self.list_resources, type_name)
    }

    /// `ValidateListResourceConfig`. Terraform up to version 1.16 sends neither the limit nor what the list includes.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn validate_list(&self, type_name: &str, config: &Value) -> Result<(), Error> {
        self.validate_list_with(type_name, config, None).await
    }

    /// [`Plugin::validate_list`] with a limit, which the protocol has.
    ///
    /// # Errors
    /// As [`Plugin::validate_list`].
    pub async fn validate_list_with(
        &self,
        type_name: &str,
        config: &Value,
        limit: Option<&Value>,
    ) -> Result<(), Error> {
        let r#type = self.list_resource(type_name)?.block.implied_type();
        let limit = limit.map(|limit| encoding::encode(limit, &Type::Number));
        let request = validate_list_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encoding::encode(config, &r#type)?),
            limit: limit.transpose()?,
            ..validate_list_resource_config::Request::default()
        };
        let response = self.provider.validate_list_resource_config(Request::new(request));
        let response = received(response.await)?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &list_block(r#type))?)
    }

    /// `ListResource`. It reads the stream as Terraform does: up to the limit, and then cancels it. An error ends it, and
    /// costs all objects. Once there was a warning, an event without an identity is skipped.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn list(
        &self,
        type_name: &str,
        config: &Value,
        include: Include,
        limit: usize,
    ) -> Result<Vec<Listed>, Error> {
        let r#type = self.list_resource(type_name)?.block.implied_type();
        let request = list_resource::Request {
            type_name: type_name.to_owned(),
            config: Some(encoding::encode(config, &r#type)?),
            include_resource_object: include == Include::Resource,
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        };
        let block = list_block(r#type);
        let mut stream = received(self.provider.list_resource(Request::new(request)).await)?;
        let mut results = Vec::new();
        let mut has_warned = false;
        while results.len() < limit {
            let Some(event) = stream.next().await else { break };
            let mut event = received(event.map(tonic::Response::new))?;
            let diagnostics = std::mem::take(&mut event.diagnostic);
            let diagnostics = encoding::diagnostics(diagnostics, &block)?;
            has_warned |= diagnostics.iter().any(is_warning);
            self.check_diagnostics(diagnostics)?;
            let has_identity = event
                .identity
                .as_ref()
                .is_some_and(|identity| identity.identity_data.is_some());
            if has_identity || !has_warned {
                results.push(self.listed(type_name, &event, include)?);
            }
        }
        Ok(results)
    }

    /// Checks one object of a list. Terraform itself does not check that the name, and the state that it asked for, are there.
    fn listed(&self, type_name: &str, event: &Event, include: Include) -> Result<Listed, Error> {
        let summary = "Provider produced invalid object";
        let fault = |text: &str| Error::violation(summary, format!("{type_name} in a list: {text}"));
        let block = &self.resource(type_name)?.block;
        let state = match include {
            Include::Resource => encoding::decode(event.resource_object.as_ref(), &block.implied_type())
                .map_err(|error| fault(&error))?
                .filter(|state| !state.is_null())
                .ok_or_else(|| fault("no object"))?,
            Include::Identity => Value::Null,
        };
        check_object(summary, type_name, block, &state)?;
        let identity = self
            .identities
            .check(type_name, &state, event.identity.as_ref())?;
        let identity = identity.ok_or_else(|| fault("missing identity data"))?;
        if event.display_name.is_empty() {
            return Err(fault("no display name"));
        }
        Ok(Listed {
            identity,
            display_name: event.display_name.clone(),
            state,
        })
    }

    /// `GenerateResourceConfig`. Terraform 1.14.0 sends no state; later versions send null for an object that the list has without it.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn generate_config(&self, type_name: &str, state: Option<&Value>) -> Result<Value, Error> {
        let schema = self.resource(type_name)?;
        let r#type = schema.block.implied_type();
        let state = state.map(|state| encoding::encode(state, &r#type));
        let request = generate_resource_config::Request {
            type_name: type_name.to_owned(),
            state: state.transpose()?,
        };
        let response = received(
            self.provider
                .generate_resource_config(Request::new(request))
                .await,
        )?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        let summary = "Provider produced invalid configuration";
        let config = encoding::decode(response.config.as_ref(), &r#type)
            .map_err(|error| Error::violation(summary, format!("{type_name}: {error}")))?
            .filter(|config| !config.is_null())
            .ok_or_else(|| Error::violation(summary, format!("{type_name}: no configuration")))?;
        check_object(summary, type_name, &schema.block, &config)?;
        Ok(config)
    }
}

/// The type of a `list` block, in which Terraform looks for the path of a diagnostic.
fn list_block(config: Type) -> Type {
    Type::Object([("config".to_owned(), config)].into())
}

fn is_warning(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Warning
}
