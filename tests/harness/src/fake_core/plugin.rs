//! The provider, one method for each RPC: builds the request, and holds the answer to what Terraform demands of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use proto::tfplugin6 as wire;
use proto::tfplugin6::provider_server::Provider;
use proto::tfplugin6::{
    apply_resource_change, configure_provider, get_provider_schema, import_resource_state,
    plan_resource_change, read_data_source, read_resource, stop_provider, upgrade_resource_state,
    validate_data_resource_config, validate_provider_config, validate_resource_config,
};
use tonic::{Code, Request, Response, Status};
use value::{Path, Type, Value};

use super::error::{Diagnostic, Error, Severity};
use super::schema::{Block, Schema};
use super::wire as convert;

/// What Terraform 1.11 says of itself.
const CLIENT: wire::ClientCapabilities = wire::ClientCapabilities {
    deferral_allowed: false,
    write_only_attributes_allowed: true,
    store_planned_private: false,
    computed_blocks_allowed: false,
};

/// A provider in this process, reached as Terraform reaches it.
pub struct Plugin {
    provider: Arc<dyn Provider>,
    schema: Schema,
    resources: BTreeMap<String, Schema>,
    data_sources: BTreeMap<String, Schema>,
    warnings: Mutex<Vec<Diagnostic>>,
}

/// The answer to `PlanResourceChange`.
pub struct Proposal {
    /// The planned object; null where it is to be destroyed.
    pub planned: Value,
    /// What only a new object can change.
    pub requires_replace: Vec<Path>,
    /// What the provider remembers.
    pub private: Vec<u8>,
}

/// The answer to `ApplyResourceChange`, not yet judged.
pub struct Outcome {
    /// The object; `None` where the provider did not say.
    pub state: Result<Option<Value>, String>,
    /// What the provider remembers.
    pub private: Vec<u8>,
    /// Its errors.
    pub errors: Vec<Diagnostic>,
    /// How the call itself broke the protocol.
    pub violations: Vec<String>,
}

impl Plugin {
    /// Asks the provider for its schema and checks it.
    pub async fn start(provider: Arc<dyn Provider>) -> Result<Self, Error> {
        let request = Request::new(get_provider_schema::Request {});
        let answer = answer(provider.get_provider_schema(request).await)?;
        let told = convert::diagnostics(answer.diagnostics, &Type::Object(BTreeMap::new()))?;
        let mut faults = Vec::new();
        let mut read = |what: &str, from: &wire::Schema| {
            Schema::read(from).unwrap_or_else(|found| {
                faults.extend(
                    found
                        .into_iter()
                        .map(|fault| format!("invalid schema of {what}: {fault}")),
                );
                Schema::default()
            })
        };
        let schema = answer
            .provider
            .as_ref()
            .map(|schema| read("the provider", schema))
            .unwrap_or_default();
        let mut read_all = |schemas: &std::collections::HashMap<String, wire::Schema>| {
            schemas
                .iter()
                .map(|(name, schema)| (name.clone(), read(name, schema)))
                .collect()
        };
        let resources = read_all(&answer.resource_schemas);
        let data_sources = read_all(&answer.data_source_schemas);
        if !faults.is_empty() {
            return Err(Error::Violation(faults));
        }
        let plugin = Self {
            provider,
            schema,
            resources,
            data_sources,
            warnings: Mutex::default(),
        };
        plugin.keep_warnings(told)?;
        Ok(plugin)
    }

    /// The schema of the provider's own configuration.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The schema of a resource.
    pub fn resource(&self, type_name: &str) -> Result<&Schema, Error> {
        known(&self.resources, type_name)
    }

    /// The schema of a data source.
    pub fn data_source(&self, type_name: &str) -> Result<&Schema, Error> {
        known(&self.data_sources, type_name)
    }

    /// The warnings that were told since the last time.
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Interrupts what is under way.
    pub async fn stop(&self) -> Result<(), Error> {
        let answer = answer(
            self.provider
                .stop_provider(Request::new(stop_provider::Request {}))
                .await,
        )?;
        if answer.error.is_empty() {
            Ok(())
        } else {
            Err(Error::violation("StopProvider failed", answer.error))
        }
    }

    /// `ValidateProviderConfig` and `ConfigureProvider`, which always go together.
    pub async fn configure(&self, config: &Value) -> Result<(), Error> {
        let r#type = self.schema.block.implied_type();
        let sent = Some(convert::encode(config, &r#type)?);
        let request = validate_provider_config::Request { config: sent.clone() };
        let answered = answer(
            self.provider
                .validate_provider_config(Request::new(request))
                .await,
        )?;
        self.keep_warnings(convert::diagnostics(answered.diagnostics, &r#type)?)?;
        let request = configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config: sent,
            client_capabilities: Some(CLIENT),
        };
        let answered = answer(self.provider.configure_provider(Request::new(request)).await)?;
        self.keep_warnings(convert::diagnostics(answered.diagnostics, &r#type)?)
    }

    /// `ValidateResourceConfig`.
    pub async fn validate(&self, type_name: &str, config: &Value) -> Result<(), Error> {
        let r#type = self.resource(type_name)?.block.implied_type();
        let request = validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(convert::encode(config, &r#type)?),
            client_capabilities: Some(CLIENT),
        };
        let answered = answer(
            self.provider
                .validate_resource_config(Request::new(request))
                .await,
        )?;
        self.keep_warnings(convert::diagnostics(answered.diagnostics, &r#type)?)
    }

    /// `UpgradeResourceState`, with the state as its file has it.
    pub async fn upgrade(&self, type_name: &str, version: i64, json: &str) -> Result<Value, Error> {
        let schema = self.resource(type_name)?;
        let r#type = schema.block.implied_type();
        let raw = wire::RawState {
            json: json.as_bytes().to_vec(),
            ..wire::RawState::default()
        };
        let request = upgrade_resource_state::Request {
            type_name: type_name.to_owned(),
            version,
            raw_state: Some(raw),
        };
        let answered = answer(self.provider.upgrade_resource_state(Request::new(request)).await)?;
        self.keep_warnings(convert::diagnostics(answered.diagnostics, &r#type)?)?;
        let summary = "Invalid resource state upgrade";
        let state = convert::decode(answered.upgraded_state.as_ref(), &r#type)
            .map_err(|error| Error::violation(summary, format!("{type_name}: {error}")))?;
        let state = state.filter(|state| !state.is_null());
        let state =
            state.ok_or_else(|| Error::violation(summary, format!("{type_name}: the object was lost")))?;
        check_object(summary, type_name, &schema.block, &state)?;
        Ok(state)
    }

    /// `ReadResource`. A null state: the object is gone.
    pub async fn read(
        &self,
        type_name: &str,
        state: &Value,
        private: &[u8],
    ) -> Result<(Value, Vec<u8>), Error> {
        let schema = self.resource(type_name)?;
        let r#type = schema.block.implied_type();
        let request = read_resource::Request {
            type_name: type_name.to_owned(),
            current_state: Some(convert::encode(state, &r#type)?),
            private: private.to_vec(),
            client_capabilities: Some(CLIENT),
            ..read_resource::Request::default()
        };
        let answered = answer(self.provider.read_resource(Request::new(request)).await)?;
        self.keep_warnings(convert::diagnostics(answered.diagnostics, &r#type)?)?;
        let summary = "Provider produced invalid object";
        refuse_deferred(summary, answered.deferred.as_ref())?;
        let state = convert::decode(answered.new_state.as_ref(), &r#type)
            .map_err(|error| Error::violation(summary, format!("{type_name} during refresh: {error}")))?
            .unwrap_or_default();
        check_object(summary, type_name, &schema.block, &state)?;
        Ok((state, answered.private))
    }

    /// `PlanResourceChange`; of the answer only its form is checked here.
    pub async fn plan(
        &self,
        type_name: &str,
        prior: &Value,
        proposed: &Value,
        config: &Value,
        private: &[u8],
    ) -> Result<Proposal, Error> {
        let r#type = self.resource(type_name)?.block.implied_type();
        let request = plan_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(convert::encode(prior, &r#type)?),
            proposed_new_state: Some(convert::encode(proposed, &r#type)?),
            config: Some(convert::encode(config, &r#type)?),
            prior_private: private.to_vec(),
            client_capabilities: Some(CLIENT),
            ..plan_resource_change::Request::default()
        };
        let answered = answer(self.provider.plan_resource_change(Request::new(request)).await)?;
        self.keep_warnings(convert::diagnostics(answered.diagnostics, &r#type)?)?;
        let summary = "Provider produced invalid plan";
        refuse_deferred(summary, answered.deferred.as_ref())?;
        if answered.legacy_type_system {
            return Err(Error::violation(
                summary,
                "the legacy type system is for the old SDK only",
            ));
        }
        let planned = convert::decode(answered.planned_state.as_ref(), &r#type)
            .map_err(|error| {
                Error::violation(
                    summary,
                    format!("planned an invalid value for {type_name}: {error}"),
                )
            })?
            .unwrap_or_default();
        let paths = answered
            .requires_replace
            .iter()
            .map(|path| convert::path(Some(path)));
        Ok(Proposal {
            planned,
            requires_replace: paths.collect::<Result<_, _>>()?,
            private: answered.planned_private,
        })
    }

    /// `ApplyResourceChange`. Whatever goes wrong is part of the outcome, for the state has to be saved first.
    pub async fn apply(
        &self,
        type_name: &str,
        prior: &Value,
        planned: &Value,
        config: &Value,
        private: &[u8],
    ) -> Result<Outcome, Error> {
        let r#type = self.resource(type_name)?.block.implied_type();
        let request = apply_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(convert::encode(prior, &r#type)?),
            planned_state: Some(convert::encode(planned, &r#type)?),
            config: Some(convert::encode(config, &r#type)?),
            planned_private: private.to_vec(),
            ..apply_resource_change::Request::default()
        };
        let answered = match answer(self.provider.apply_resource_change(Request::new(request)).await) {
            Ok(answered) => answered,
            Err(error) => {
                let violations = vec![error.to_string()];
                return Ok(Outcome {
                    state: Ok(None),
                    private: Vec::new(),
                    errors: Vec::new(),
                    violations,
                });
            }
        };
        let mut violations = Vec::new();
        if answered.legacy_type_system {
            violations.push("the legacy type system is for the old SDK only".to_owned());
        }
        let told = convert::diagnostics(answered.diagnostics, &r#type).unwrap_or_else(|error| {
            violations.push(error.to_string());
            Vec::new()
        });
        Ok(Outcome {
            state: convert::decode(answered.new_state.as_ref(), &r#type),
            private: answered.private,
            errors: self.keep_warnings_of(told),
            violations,
        })
    }

    /// `ImportResourceState`.
    pub async fn import(&self, type_name: &str, id: &str) -> Result<(Value, Vec<u8>), Error> {
        let schema = self.resource(type_name)?;
        let r#type = schema.block.implied_type();
        let request = import_resource_state::Request {
            type_name: type_name.to_owned(),
            id: id.to_owned(),
            client_capabilities: Some(CLIENT),
            ..import_resource_state::Request::default()
        };
        let answered = answer(self.provider.import_resource_state(Request::new(request)).await)?;
        self.keep_warnings(convert::diagnostics(answered.diagnostics, &r#type)?)?;
        let summary = "Provider produced invalid object";
        refuse_deferred(summary, answered.deferred.as_ref())?;
        let [imported] = answered.imported_resources.as_slice() else {
            let count = answered.imported_resources.len();
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
        let state = convert::decode(imported.state.as_ref(), &r#type)
            .map_err(|error| Error::violation(summary, format!("{type_name} during import: {error}")))?
            .filter(|state| !state.is_null())
            .ok_or_else(|| Error::violation("Import returned null resource", id))?;
        check_object(summary, type_name, &schema.block, &state)?;
        Ok((state, imported.private.clone()))
    }

    /// `ValidateDataResourceConfig` and, where the configuration is known, `ReadDataSource`.
    pub async fn read_data_source(&self, type_name: &str, config: &Value) -> Result<Value, Error> {
        let schema = self.data_source(type_name)?;
        let r#type = schema.block.implied_type();
        let sent = Some(convert::encode(config, &r#type)?);
        let request = validate_data_resource_config::Request {
            type_name: type_name.to_owned(),
            config: sent.clone(),
        };
        let answered = answer(
            self.provider
                .validate_data_resource_config(Request::new(request))
                .await,
        )?;
        self.keep_warnings(convert::diagnostics(answered.diagnostics, &r#type)?)?;
        if !config.is_wholly_known() {
            return Ok(Value::Unknown);
        }
        let request = read_data_source::Request {
            type_name: type_name.to_owned(),
            config: sent,
            client_capabilities: Some(CLIENT),
            ..read_data_source::Request::default()
        };
        let answered = answer(self.provider.read_data_source(Request::new(request)).await)?;
        self.keep_warnings(convert::diagnostics(answered.diagnostics, &r#type)?)?;
        let summary = "Provider produced invalid object";
        refuse_deferred(summary, answered.deferred.as_ref())?;
        let state = convert::decode(answered.state.as_ref(), &r#type)
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

    fn keep_warnings(&self, told: Vec<Diagnostic>) -> Result<(), Error> {
        let errors = self.keep_warnings_of(told);
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Told(errors))
        }
    }

    /// Keeps the warnings and gives the errors back.
    fn keep_warnings_of(&self, told: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let (errors, warnings) = told
            .into_iter()
            .partition(|diagnostic| diagnostic.severity == Severity::Error);
        let mut kept = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend::<Vec<Diagnostic>>(warnings);
        errors
    }
}

/// What any object that is no plan has to be: wholly known, without write-only values, with empty blocks as such.
pub fn check_object(summary: &str, what: &str, schema: &Block, object: &Value) -> Result<(), Error> {
    let mut faults = Vec::new();
    if !object.is_wholly_known() {
        faults.push(format!("{summary}: {what}: an object with unknown values"));
    }
    for path in convert::write_only_paths(schema, object) {
        faults.push(format!(
            "{summary}: {what}.{path}: returned a value for a write-only attribute"
        ));
    }
    for path in convert::null_blocks(schema, object, &Path::root()) {
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

fn refuse_deferred(summary: &str, deferred: Option<&wire::Deferred>) -> Result<(), Error> {
    match deferred {
        Some(_) => Err(Error::violation(
            summary,
            "deferred although that was not allowed",
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

fn answer<T>(result: Result<Response<T>, Status>) -> Result<T, Error> {
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
