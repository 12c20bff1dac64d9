//! The provider with one method per RPC: each builds the request and checks the response as Terraform does.
//!
//! The messages are those of the
//! [plugin protocol](https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/tfplugin6.proto).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::object::Walk;
use proto::tfplugin6;
use proto::tfplugin6::provider_server::Provider;
use proto::tfplugin6::{
    apply_resource_change, configure_provider, get_provider_schema, get_resource_identity_schemas,
    import_resource_state, move_resource_state, plan_resource_change, read_data_source, read_resource,
    stop_provider, upgrade_resource_state, validate_data_resource_config, validate_provider_config,
    validate_resource_config,
};
use tonic::{Code, Request, Response, Status};
use value::{Path, Type, Value};

use super::encoding;
use super::error::{Diagnostic, Error, Severity};
use super::identity::IdentitySchemas;
use super::schema::{Block, Schema};

mod lists;

pub use lists::{Include, Listed};

/// The client capabilities of Terraform 1.11.
const CLIENT: tfplugin6::ClientCapabilities = tfplugin6::ClientCapabilities {
    deferral_allowed: false,
    write_only_attributes_allowed: true,
    store_planned_private: false,
    computed_blocks_allowed: false,
};

/// A provider in this process.
pub struct Plugin {
    provider: Arc<dyn Provider>,
    schema: Schema,
    resources: BTreeMap<String, Schema>,
    data_sources: BTreeMap<String, Schema>,
    list_resources: BTreeMap<String, Schema>,
    identities: IdentitySchemas,
    warnings: Mutex<Vec<Diagnostic>>,
    /// The configuration of the provider.
    configured: Mutex<Option<Value>>,
}

/// An object as Terraform passes it to the provider and back: its state, its private state and its identity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// The state; null if the object no longer exists.
    pub state: Value,
    /// The private state.
    pub private: Vec<u8>,
    /// The identity; `None` if Terraform has none.
    pub identity: Option<Value>,
}

impl Object {
    /// An object without an identity.
    pub fn new(state: Value, private: Vec<u8>) -> Self {
        let identity = None;
        Self {
            state,
            private,
            identity,
        }
    }
}

/// What an import names.
#[derive(Clone, Copy, Debug)]
pub enum Named<'a> {
    /// `id`
    Id(&'a str),
    /// `identity`
    Identity(&'a Value),
}

/// The response of `PlanResourceChange`.
pub struct Proposal {
    /// The planned object; null for a destroy.
    pub planned: Value,
    /// The attributes that require replacement.
    pub requires_replace: Vec<Path>,
    /// The planned private state.
    pub private: Vec<u8>,
    /// The planned identity.
    pub identity: Option<Value>,
}

impl Proposal {
    /// The planned object.
    pub fn object(self) -> Object {
        Object {
            state: self.planned,
            private: self.private,
            identity: self.identity,
        }
    }
}

/// The response of `ApplyResourceChange` before it is checked against the plan.
pub struct Outcome {
    /// The object; `None` if the response has none; an error if it cannot be decoded.
    pub state: Result<Option<Value>, String>,
    /// The private state.
    pub private: Vec<u8>,
    /// The identity.
    pub identity: Option<Value>,
    /// The reported errors.
    pub errors: Vec<Diagnostic>,
    /// The violations of the protocol.
    pub violations: Vec<String>,
}

impl Plugin {
    /// Calls `GetProviderSchema` and checks the schema.
    ///
    /// # Errors
    /// If the schema is invalid.
    pub async fn start(provider: Arc<dyn Provider>) -> Result<Self, Error> {
        let request = Request::new(get_provider_schema::Request {});
        let response = received(provider.get_provider_schema(request).await)?;
        let diagnostics = encoding::diagnostics(response.diagnostics, &Type::Object(BTreeMap::new()))?;
        let mut faults = Vec::new();
        let mut read = |what: &str, from: &tfplugin6::Schema| {
            Schema::read(from).unwrap_or_else(|found| {
                faults.extend(
                    found
                        .into_iter()
                        .map(|fault| format!("invalid schema of {what}: {fault}")),
                );
                Schema::default()
            })
        };
        let schema = response
            .provider
            .as_ref()
            .map(|schema| read("the provider", schema))
            .unwrap_or_default();
        let mut read_all = |schemas: &std::collections::HashMap<String, tfplugin6::Schema>| {
            schemas
                .iter()
                .map(|(name, schema)| (name.clone(), read(name, schema)))
                .collect()
        };
        let resources = read_all(&response.resource_schemas);
        let data_sources = read_all(&response.data_source_schemas);
        let list_resources: BTreeMap<String, Schema> = read_all(&response.list_resource_schemas);
        if !faults.is_empty() {
            return Err(Error::Violation(faults));
        }
        let request = Request::new(get_resource_identity_schemas::Request {});
        let identities = match provider.get_resource_identity_schemas(request).await {
            // A provider of an earlier version of the protocol.
            Err(status) if status.code() == Code::Unimplemented => Ok(IdentitySchemas::default()),
            response => IdentitySchemas::read(&received(response)?.identity_schemas),
        };
        let identities = identities.map_err(Error::Violation)?;
        identities.check_listed(list_resources.keys())?;
        let plugin = Self {
            provider,
            schema,
            resources,
            data_sources,
            list_resources,
            identities,
            warnings: Mutex::default(),
            configured: Mutex::default(),
        };
        plugin.check_diagnostics(diagnostics)?;
        Ok(plugin)
    }

    /// The schema of the provider's own configuration.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The schema of a resource.
    ///
    /// # Errors
    /// If the provider has no such resource.
    pub fn resource(&self, type_name: &str) -> Result<&Schema, Error> {
        known(&self.resources, type_name)
    }

    /// The schema of a data source.
    ///
    /// # Errors
    /// If the provider has no such data source.
    pub fn data_source(&self, type_name: &str) -> Result<&Schema, Error> {
        known(&self.data_sources, type_name)
    }

    /// The warnings since the last call.
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `StopProvider`: interrupts all running requests.
    ///
    /// # Errors
    /// If the provider fails to stop.
    pub async fn stop(&self) -> Result<(), Error> {
        let response = received(
            self.provider
                .stop_provider(Request::new(stop_provider::Request {}))
                .await,
        )?;
        if response.error.is_empty() {
            Ok(())
        } else {
            Err(Error::violation("StopProvider failed", response.error))
        }
    }

    /// `ValidateProviderConfig` and `ConfigureProvider`.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn configure(&self, config: &Value) -> Result<(), Error> {
        let r#type = self.schema.block.implied_type();
        let sent = Some(encoding::encode(config, &r#type)?);
        let request = validate_provider_config::Request { config: sent.clone() };
        let response = received(
            self.provider
                .validate_provider_config(Request::new(request))
                .await,
        )?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        let request = configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config: sent,
            client_capabilities: Some(CLIENT),
        };
        let response = received(self.provider.configure_provider(Request::new(request)).await)?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        *self.configured.lock().unwrap_or_else(PoisonError::into_inner) = Some(config.clone());
        Ok(())
    }

    /// Begins a walk: Terraform configures the provider for each plan and each apply.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn begin_walk(&self) -> Result<(), Error> {
        let configured = self
            .configured
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match configured {
            Some(config) => self.configure(&config).await,
            None => Ok(()),
        }
    }

    /// `ValidateResourceConfig`.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn validate(&self, type_name: &str, config: &Value) -> Result<(), Error> {
        let r#type = self.resource(type_name)?.block.implied_type();
        let request = validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encoding::encode(config, &r#type)?),
            client_capabilities: Some(CLIENT),
        };
        let response = received(
            self.provider
                .validate_resource_config(Request::new(request))
                .await,
        )?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)
    }

    /// `UpgradeResourceState`, with the JSON of the state file.
    ///
    /// # Errors
    /// If the provider reports an error, loses the object or violates the protocol.
    pub async fn upgrade(&self, type_name: &str, version: i64, json: &str) -> Result<Value, Error> {
        let schema = self.resource(type_name)?;
        let r#type = schema.block.implied_type();
        let raw = tfplugin6::RawState {
            json: json.as_bytes().to_vec(),
            ..tfplugin6::RawState::default()
        };
        let request = upgrade_resource_state::Request {
            type_name: type_name.to_owned(),
            version,
            raw_state: Some(raw),
        };
        let response = received(self.provider.upgrade_resource_state(Request::new(request)).await)?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        let summary = "Invalid resource state upgrade";
        let state = encoding::decode(response.upgraded_state.as_ref(), &r#type)
            .map_err(|error| Error::violation(summary, format!("{type_name}: {error}")))?;
        let state = state.filter(|state| !state.is_null());
        let state =
            state.ok_or_else(|| Error::violation(summary, format!("{type_name}: the object was lost")))?;
        check_object(summary, type_name, &schema.block, &state)?;
        Ok(state)
    }

    /// `ReadResource`. The state is null if the object no longer exists.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn read(&self, type_name: &str, object: &Object) -> Result<Object, Error> {
        let schema = self.resource(type_name)?;
        let r#type = schema.block.implied_type();
        let request = read_resource::Request {
            type_name: type_name.to_owned(),
            current_state: Some(encoding::encode(&object.state, &r#type)?),
            private: object.private.clone(),
            current_identity: self.identities.encode(type_name, object.identity.as_ref())?,
            client_capabilities: Some(CLIENT),
            ..read_resource::Request::default()
        };
        let response = received(self.provider.read_resource(Request::new(request)).await)?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        let summary = "Provider produced invalid object";
        reject_deferred(summary, response.deferred.as_ref())?;
        let state = encoding::decode(response.new_state.as_ref(), &r#type)
            .map_err(|error| Error::violation(summary, format!("{type_name} during refresh: {error}")))?
            .unwrap_or_default();
        check_object(summary, type_name, &schema.block, &state)?;
        let known = if state.is_null() { &object.state } else { &state };
        let identity = self
            .identities
            .check(type_name, known, response.new_identity.as_ref())?;
        Ok(Object {
            state,
            private: response.private,
            identity,
        })
    }

    /// `PlanResourceChange`. Only the encoding of the response is checked here. From version 1.9 on, Terraform allows deferral in each
    /// request of an apply.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn plan(
        &self,
        type_name: &str,
        prior: &Object,
        proposed: &Value,
        config: &Value,
        walk: Walk,
    ) -> Result<Proposal, Error> {
        let r#type = self.resource(type_name)?.block.implied_type();
        let request = plan_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(encoding::encode(&prior.state, &r#type)?),
            proposed_new_state: Some(encoding::encode(proposed, &r#type)?),
            config: Some(encoding::encode(config, &r#type)?),
            prior_private: prior.private.clone(),
            prior_identity: self.identities.encode(type_name, prior.identity.as_ref())?,
            client_capabilities: Some(tfplugin6::ClientCapabilities {
                deferral_allowed: walk == Walk::Apply,
                ..CLIENT
            }),
            ..plan_resource_change::Request::default()
        };
        let response = received(self.provider.plan_resource_change(Request::new(request)).await)?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        let summary = "Provider produced invalid plan";
        reject_deferred(summary, response.deferred.as_ref())?;
        if response.legacy_type_system {
            return Err(Error::violation(
                summary,
                "the legacy type system is for the old SDK only",
            ));
        }
        let planned = encoding::decode(response.planned_state.as_ref(), &r#type)
            .map_err(|error| {
                Error::violation(
                    summary,
                    format!("planned an invalid value for {type_name}: {error}"),
                )
            })?
            .unwrap_or_default();
        let known = if planned.is_null() { &prior.state } else { &planned };
        let identity = self
            .identities
            .check(type_name, known, response.planned_identity.as_ref())?;
        if prior.state.is_null() && identity.is_some() && !self.identities.is_known(type_name, known) {
            let text = format!("{type_name}: planned the identity of another object");
            return Err(Error::violation(summary, text));
        }
        let paths = response
            .requires_replace
            .iter()
            .map(|path| encoding::path(Some(path)));
        Ok(Proposal {
            planned,
            requires_replace: paths.collect::<Result<_, _>>()?,
            private: response.planned_private,
            identity,
        })
    }

    /// `ApplyResourceChange`. Errors and violations are part of the outcome, because the state is saved first.
    ///
    /// # Errors
    /// If the request cannot be encoded.
    pub async fn apply(
        &self,
        type_name: &str,
        prior: &Value,
        planned: &Object,
        config: &Value,
    ) -> Result<Outcome, Error> {
        let r#type = self.resource(type_name)?.block.implied_type();
        let request = apply_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(encoding::encode(prior, &r#type)?),
            planned_state: Some(encoding::encode(&planned.state, &r#type)?),
            config: Some(encoding::encode(config, &r#type)?),
            planned_private: planned.private.clone(),
            planned_identity: self.identities.encode(type_name, planned.identity.as_ref())?,
            ..apply_resource_change::Request::default()
        };
        let response = match received(self.provider.apply_resource_change(Request::new(request)).await) {
            Ok(response) => response,
            Err(error) => {
                let violations = vec![error.to_string()];
                return Ok(Outcome {
                    state: Ok(None),
                    private: Vec::new(),
                    identity: None,
                    errors: Vec::new(),
                    violations,
                });
            }
        };
        let mut violations = Vec::new();
        if response.legacy_type_system {
            violations.push("the legacy type system is for the old SDK only".to_owned());
        }
        let diagnostics = encoding::diagnostics(response.diagnostics, &r#type).unwrap_or_else(|error| {
            violations.push(error.to_string());
            Vec::new()
        });
        let state = encoding::decode(response.new_state.as_ref(), &r#type);
        // After a delete, and after an error without an object, the identity is that of the prior object.
        let known = match &state {
            Ok(Some(state)) if !state.is_null() => state,
            _ => prior,
        };
        let identity = self
            .identities
            .check(type_name, known, response.new_identity.as_ref());
        let identity = identity.unwrap_or_else(|error| {
            violations.push(error.to_string());
            None
        });
        Ok(Outcome {
            state,
            identity,
            private: response.private,
            errors: self.keep_warnings(diagnostics),
            violations,
        })
    }

    /// `ImportResourceState`.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn import(&self, type_name: &str, named: Named<'_>) -> Result<Object, Error> {
        let schema = self.resource(type_name)?;
        let r#type = schema.block.implied_type();
        let (id, identity) = match named {
            Named::Id(id) => (id, None),
            Named::Identity(identity) => ("", Some(identity)),
        };
        let request = import_resource_state::Request {
            type_name: type_name.to_owned(),
            id: id.to_owned(),
            identity: self.identities.encode(type_name, identity)?,
            client_capabilities: Some(CLIENT),
        };
        let response = received(self.provider.import_resource_state(Request::new(request)).await)?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        let summary = "Provider produced invalid object";
        reject_deferred(summary, response.deferred.as_ref())?;
        let [imported] = response.imported_resources.as_slice() else {
            let count = response.imported_resources.len();
            return Err(Error::violation(
                "Multiple import states not supported",
                format!("{count} objects for {id:?}"),
            ));
        };
        if imported.type_name != type_name {
            return Err(Error::violation(
                summary,
                format!("{type_name}: imported a {:?}", imported.type_name),
            ));
        }
        let state = encoding::decode(imported.state.as_ref(), &r#type)
            .map_err(|error| Error::violation(summary, format!("{type_name} during import: {error}")))?
            .filter(|state| !state.is_null())
            .ok_or_else(|| Error::violation("Import returned null resource", id))?;
        check_object(summary, type_name, &schema.block, &state)?;
        let identity = self
            .identities
            .check(type_name, &state, imported.identity.as_ref())?;
        Ok(Object {
            state,
            private: imported.private.clone(),
            identity,
        })
    }

    /// `MoveResourceState`, of a state file's JSON with its schema version.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn move_state(
        &self,
        (address, source): (&str, &str),
        (version, json, private): (i64, &str, &[u8]),
        target: &str,
    ) -> Result<Object, Error> {
        let schema = self.resource(target)?;
        let r#type = schema.block.implied_type();
        let request = move_resource_state::Request {
            source_provider_address: address.to_owned(),
            source_type_name: source.to_owned(),
            source_schema_version: version,
            source_state: Some(tfplugin6::RawState {
                json: json.as_bytes().to_vec(),
                ..tfplugin6::RawState::default()
            }),
            target_type_name: target.to_owned(),
            source_private: private.to_vec(),
            ..move_resource_state::Request::default()
        };
        let response = received(self.provider.move_resource_state(Request::new(request)).await)?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        let summary = "Provider returned invalid value";
        let state = encoding::decode(response.target_state.as_ref(), &r#type)
            .map_err(|error| Error::violation(summary, format!("{target}: {error}")))?
            .filter(|state| !state.is_null())
            .ok_or_else(|| Error::violation(summary, format!("{target}: no state")))?;
        check_object(summary, target, &schema.block, &state)?;
        let identity = self
            .identities
            .check(target, &state, response.target_identity.as_ref())?;
        Ok(Object {
            state,
            private: response.target_private,
            identity,
        })
    }

    /// `ValidateDataResourceConfig` and, if the configuration is known, `ReadDataSource`.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn read_data_source(&self, type_name: &str, config: &Value) -> Result<Value, Error> {
        let schema = self.data_source(type_name)?;
        let r#type = schema.block.implied_type();
        let sent = Some(encoding::encode(config, &r#type)?);
        let request = validate_data_resource_config::Request {
            type_name: type_name.to_owned(),
            config: sent.clone(),
        };
        let response = received(
            self.provider
                .validate_data_resource_config(Request::new(request))
                .await,
        )?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        if !config.is_wholly_known() {
            return Ok(Value::Unknown);
        }
        let request = read_data_source::Request {
            type_name: type_name.to_owned(),
            config: sent,
            client_capabilities: Some(CLIENT),
            ..read_data_source::Request::default()
        };
        let response = received(self.provider.read_data_source(Request::new(request)).await)?;
        self.check_diagnostics(encoding::diagnostics(response.diagnostics, &r#type)?)?;
        let summary = "Provider produced invalid object";
        reject_deferred(summary, response.deferred.as_ref())?;
        let state = encoding::decode(response.state.as_ref(), &r#type)
            .map_err(|error| Error::violation(summary, format!("data.{type_name}: {error}")))?
            .filter(|state| !state.is_null())
            .ok_or_else(|| Error::violation("Provider produced null object", format!("data.{type_name}")))?;
        check_object(summary, type_name, &schema.block, &state)?;
        let faults = super::plan_valid::assert_plan_valid(&schema.block, &Value::Null, config, &state);
        if faults.is_empty() {
            Ok(state)
        } else {
            Err(Error::Violation(
                faults
                    .into_iter()
                    .map(|fault| format!("{summary}: data.{type_name}{fault}"))
                    .collect(),
            ))
        }
    }

    /// Keeps the warnings and fails with the errors, if there are any.
    fn check_diagnostics(&self, diagnostics: Vec<Diagnostic>) -> Result<(), Error> {
        let errors = self.keep_warnings(diagnostics);
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Reported(errors))
        }
    }

    /// Keeps the warnings and returns the errors.
    fn keep_warnings(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let (errors, warnings) = diagnostics
            .into_iter()
            .partition(|diagnostic| diagnostic.severity == Severity::Error);
        let mut stored = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        stored.extend::<Vec<Diagnostic>>(warnings);
        errors
    }
}

/// Checks an object that is not a plan: it must be wholly known, have no write-only value and no null block collection.
///
/// # Errors
/// If it violates one of these rules.
pub fn check_object(summary: &str, what: &str, schema: &Block, object: &Value) -> Result<(), Error> {
    let mut faults = Vec::new();
    if !object.is_wholly_known() {
        faults.push(format!("{summary}: {what}: an object with unknown values"));
    }
    for path in encoding::write_only_paths(schema, object) {
        faults.push(format!(
            "{summary}: {what}.{path}: returned a value for a write-only attribute"
        ));
    }
    for path in encoding::null_blocks(schema, object, &Path::root()) {
        faults.push(format!(
            "{summary}: {what}.{path}: a collection of blocks must be empty, not null"
        ));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::Violation(faults))
    }
}

fn reject_deferred(summary: &str, deferred: Option<&tfplugin6::Deferred>) -> Result<(), Error> {
    match deferred {
        Some(_) => Err(Error::violation(
            summary,
            "deferred although the client does not allow it",
        )),
        None => Ok(()),
    }
}

fn known<'a>(schemas: &'a BTreeMap<String, Schema>, type_name: &str) -> Result<&'a Schema, Error> {
    schemas.get(type_name).ok_or_else(|| {
        Error::Configuration(vec![format!(
            "the provider does not support resource type {type_name:?}"
        )])
    })
}

/// The message of a response, or the violation that a gRPC status means.
fn received<T>(result: Result<Response<T>, Status>) -> Result<T, Error> {
    result.map(Response::into_inner).map_err(|status| {
        let summary = match status.code() {
            Code::Unavailable => "Plugin did not respond",
            Code::Cancelled => "Request cancelled",
            Code::Unimplemented => "Unsupported plugin method",
            _ => "Plugin error",
        };
        Error::violation(summary, status.message())
    })
}
