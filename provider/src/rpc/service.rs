//! One method for each RPC that the provider offers; the others answer UNIMPLEMENTED.

use proto::tfplugin6 as wire;
use proto::tfplugin6::{
    apply_resource_change, configure_provider, get_metadata, get_provider_schema, import_resource_state,
    plan_resource_change, read_data_source, read_resource, stop_provider, upgrade_resource_state,
    validate_data_resource_config, validate_provider_config, validate_resource_config,
};
use tonic::{Request, Response, Status};

use super::convert;
use super::{Service, guard, type_name};
use crate::configure;
use crate::engine::apply::{self, Known, Progress};
use crate::engine::diagnostic::Diagnostics;
use crate::engine::private::Private;
use crate::engine::validate::{self, WriteOnly};
use crate::engine::{lookup, plan, read, shape};
use crate::value::Value;

type Answer<T> = Result<Response<T>, Status>;

const CAPABILITIES: wire::ServerCapabilities = wire::ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: false,
    generate_resource_config: false,
};

#[tonic::async_trait]
impl wire::provider_server::Provider for Service {
    async fn get_metadata(&self, _: Request<get_metadata::Request>) -> Answer<get_metadata::Response> {
        let definition = self.0.definition;
        let names =
            |bindings: &'static [_]| bindings.iter().map(move |binding| type_name(definition, binding));
        Ok(Response::new(get_metadata::Response {
            server_capabilities: Some(CAPABILITIES),
            resources: names(definition.resources)
                .map(|type_name| get_metadata::ResourceMetadata { type_name })
                .collect(),
            data_sources: names(definition.data_sources)
                .map(|type_name| get_metadata::DataSourceMetadata { type_name })
                .collect(),
            ..get_metadata::Response::default()
        }))
    }

    async fn get_provider_schema(
        &self,
        _: Request<get_provider_schema::Request>,
    ) -> Answer<get_provider_schema::Response> {
        let definition = self.0.definition;
        let schemas = |bindings: &'static [crate::engine::hook::Binding]| {
            bindings
                .iter()
                .map(|binding| {
                    (
                        type_name(definition, binding),
                        convert::resource_schema(binding.schema),
                    )
                })
                .collect()
        };
        Ok(Response::new(get_provider_schema::Response {
            provider: Some(convert::provider_schema(definition.provider)),
            resource_schemas: schemas(definition.resources),
            data_source_schemas: schemas(definition.data_sources),
            server_capabilities: Some(CAPABILITIES),
            ..get_provider_schema::Response::default()
        }))
    }

    async fn validate_provider_config(
        &self,
        request: Request<validate_provider_config::Request>,
    ) -> Answer<validate_provider_config::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let work = async move {
            let provider = service.0.definition.provider;
            let config = convert::value(
                request.config.as_ref(),
                &shape::object_type(&provider.attributes),
                "configuration",
            )?;
            Ok(validate::provider(provider, &config))
        };
        let diagnostics = collect(guard::run("ValidateProviderConfig", "", work).await);
        Ok(Response::new(validate_provider_config::Response { diagnostics }))
    }

    async fn configure_provider(
        &self,
        request: Request<configure_provider::Request>,
    ) -> Answer<configure_provider::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let work = async move {
            let definition = service.0.definition;
            let r#type = shape::object_type(&definition.provider.attributes);
            let config = convert::value(request.config.as_ref(), &r#type, "configuration")?;
            let (connection, diagnostics) =
                configure::configure(definition, &config, &request.terraform_version);
            if let Some(connection) = connection {
                service.connect(connection);
            }
            Ok(diagnostics)
        };
        let diagnostics = collect(guard::run("ConfigureProvider", "", work).await);
        Ok(Response::new(configure_provider::Response { diagnostics }))
    }

    async fn stop_provider(&self, _: Request<stop_provider::Request>) -> Answer<stop_provider::Response> {
        tracing::info!("Terraform was interrupted: ending all waits");
        self.stop_token().cancel();
        Ok(Response::new(stop_provider::Response::default()))
    }

    async fn validate_resource_config(
        &self,
        request: Request<validate_resource_config::Request>,
    ) -> Answer<validate_resource_config::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let name = request.type_name.clone();
        let work = async move {
            let binding = service.resource(&request.type_name)?;
            let config = convert::value(
                request.config.as_ref(),
                &shape::object_type(&binding.schema.attributes),
                "configuration",
            )?;
            let knows_write_only = request
                .client_capabilities
                .is_some_and(|client| client.write_only_attributes_allowed);
            let write_only = if knows_write_only {
                WriteOnly::Allowed
            } else {
                WriteOnly::Refused
            };
            Ok(validate::config(binding, &config, write_only))
        };
        let diagnostics = collect(guard::run("ValidateResourceConfig", &name, work).await);
        Ok(Response::new(validate_resource_config::Response { diagnostics }))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<validate_data_resource_config::Request>,
    ) -> Answer<validate_data_resource_config::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let name = request.type_name.clone();
        let work = async move {
            let binding = service.data_source(&request.type_name)?;
            let r#type = shape::object_type(&binding.schema.attributes);
            let config = convert::value(request.config.as_ref(), &r#type, "configuration")?;
            Ok(validate::config(binding, &config, WriteOnly::Refused))
        };
        let diagnostics = collect(guard::run("ValidateDataResourceConfig", &name, work).await);
        Ok(Response::new(validate_data_resource_config::Response {
            diagnostics,
        }))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Answer<upgrade_resource_state::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let name = request.type_name.clone();
        let work = async move {
            let binding = service.resource(&request.type_name)?;
            let state = stored_state(binding.schema, request.raw_state.as_ref(), request.version)?;
            Ok((state, shape::object_type(&binding.schema.attributes)))
        };
        let (upgraded, mut diagnostics) = outcome(guard::run("UpgradeResourceState", &name, work).await);
        let upgraded_state =
            upgraded.and_then(|(state, r#type)| convert::dynamic_value(&state, &r#type, &mut diagnostics));
        let diagnostics = convert::diagnostics(diagnostics);
        Ok(Response::new(upgrade_resource_state::Response {
            upgraded_state,
            diagnostics,
        }))
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Answer<read_resource::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let (name, current, private) = (
            request.type_name.clone(),
            request.current_state.clone(),
            request.private.clone(),
        );
        let work = async move {
            let binding = service.resource(&request.type_name)?;
            let r#type = shape::object_type(&binding.schema.attributes);
            let state = convert::value(request.current_state.as_ref(), &r#type, "state")?;
            let known = Known {
                state,
                private: Private::decode(&request.private),
            };
            let (known, diagnostics) = read::read(binding, &service.context()?, known).await;
            Ok((known, diagnostics, r#type))
        };
        let response = match outcome(guard::run("ReadResource", &name, work).await) {
            (Some((known, mut diagnostics, r#type)), _) => {
                let new_state = convert::dynamic_value(&known.state, &r#type, &mut diagnostics);
                read_resource::Response {
                    new_state,
                    private: known.private.encode(),
                    diagnostics: convert::diagnostics(diagnostics),
                    ..read_resource::Response::default()
                }
            }
            (None, diagnostics) => read_resource::Response {
                new_state: current,
                private,
                diagnostics: convert::diagnostics(diagnostics),
                ..read_resource::Response::default()
            },
        };
        Ok(Response::new(response))
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Answer<plan_resource_change::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let name = request.type_name.clone();
        let work = async move {
            let binding = service.resource(&request.type_name)?;
            let r#type = shape::object_type(&binding.schema.attributes);
            let proposed = convert::value(request.proposed_new_state.as_ref(), &r#type, "proposed state")?;
            let config = convert::value(request.config.as_ref(), &r#type, "configuration")?;
            let asked = plan::Request {
                prior: convert::value(request.prior_state.as_ref(), &r#type, "prior state")?,
                config: if proposed.is_null() { Value::Null } else { config },
                private: Private::decode(&request.prior_private),
            };
            Ok((plan::plan(binding, asked), r#type))
        };
        let (planned, mut diagnostics) = outcome(guard::run("PlanResourceChange", &name, work).await);
        let mut response = plan_resource_change::Response::default();
        if let Some((plan, r#type)) = planned {
            diagnostics.append(plan.diagnostics);
            response.planned_state = convert::dynamic_value(&plan.planned, &r#type, &mut diagnostics);
            response.requires_replace = plan
                .requires_replace
                .iter()
                .map(convert::attribute_path)
                .collect();
            response.planned_private = plan.private.encode();
        }
        response.diagnostics = convert::diagnostics(diagnostics);
        Ok(Response::new(response))
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> Answer<apply_resource_change::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let name = request.type_name.clone();
        let binding = match service.resource(&name) {
            Ok(binding) => binding,
            Err(diagnostics) => {
                let diagnostics = convert::diagnostics(diagnostics);
                return Ok(Response::new(apply_resource_change::Response {
                    new_state: request.prior_state,
                    diagnostics,
                    ..apply_resource_change::Response::default()
                }));
            }
        };
        let resource = binding.schema;
        let r#type = shape::object_type(&resource.attributes);
        let progress = Progress::default();
        let work = {
            let (progress, r#type, prior_state) =
                (progress.clone(), r#type.clone(), request.prior_state.clone());
            async move {
                let prior = convert::value(prior_state.as_ref(), &r#type, "prior state")?;
                let private = Private::decode(&request.planned_private);
                *progress.lock() = Known {
                    state: prior.clone(),
                    private: private.clone(),
                };
                let asked = apply::Request {
                    prior,
                    planned: convert::value(request.planned_state.as_ref(), &r#type, "planned state")?,
                    config: convert::value(request.config.as_ref(), &r#type, "configuration")?,
                    private,
                };
                Ok(apply::apply(binding, &service.context()?, asked, &progress).await)
            }
        };
        let mut diagnostics = match Box::pin(guard::run("ApplyResourceChange", &name, work)).await {
            Ok(Ok(diagnostics) | Err(diagnostics)) | Err(diagnostics) => diagnostics,
        };
        let known = progress.known(resource);
        let new_state = convert::dynamic_value(&known.state, &r#type, &mut diagnostics);
        Ok(Response::new(apply_resource_change::Response {
            // Without a new state Terraform keeps the prior one.
            new_state,
            private: known.private.encode(),
            diagnostics: convert::diagnostics(diagnostics),
            ..apply_resource_change::Response::default()
        }))
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> Answer<import_resource_state::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let name = request.type_name.clone();
        let work = async move {
            let binding = service.resource(&request.type_name)?;
            let state = read::import(binding.schema, &request.id)?;
            Ok((state, shape::object_type(&binding.schema.attributes)))
        };
        let (imported, mut diagnostics) = outcome(guard::run("ImportResourceState", &name, work).await);
        let imported_resources = imported
            .and_then(|(state, r#type)| convert::dynamic_value(&state, &r#type, &mut diagnostics))
            .map(|state| import_resource_state::ImportedResource {
                type_name: name,
                state: Some(state),
                ..import_resource_state::ImportedResource::default()
            });
        Ok(Response::new(import_resource_state::Response {
            imported_resources: imported_resources.into_iter().collect(),
            diagnostics: convert::diagnostics(diagnostics),
            ..import_resource_state::Response::default()
        }))
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> Answer<read_data_source::Response> {
        let (service, request) = (self.clone(), request.into_inner());
        let name = request.type_name.clone();
        let work = async move {
            let binding = service.data_source(&request.type_name)?;
            let r#type = shape::object_type(&binding.schema.attributes);
            let config = convert::value(request.config.as_ref(), &r#type, "configuration")?;
            let (found, diagnostics) = lookup::lookup(binding.schema, &service.context()?, &config).await;
            Ok((found, diagnostics, r#type))
        };
        let (found, mut diagnostics) = outcome(guard::run("ReadDataSource", &name, work).await);
        let mut state = None;
        if let Some((value, told, r#type)) = found {
            diagnostics.append(told);
            state = convert::dynamic_value(&value, &r#type, &mut diagnostics);
        }
        Ok(Response::new(read_data_source::Response {
            state,
            diagnostics: convert::diagnostics(diagnostics),
            ..read_data_source::Response::default()
        }))
    }
}

/// State as Terraform stored it, in today's shape.
fn stored_state(
    resource: &schema::Resource,
    raw: Option<&wire::RawState>,
    version: i64,
) -> Result<Value, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let raw = raw.filter(|raw| !raw.json.is_empty());
    if version > resource.version {
        diagnostics.error(
            "The state was written by a newer provider",
            format!(
                "Its schema has version {version}, this provider knows version {}. Upgrade the provider.",
                resource.version
            ),
        );
        return Err(diagnostics);
    }
    let Some(raw) = raw else {
        diagnostics.error(
            "The state is too old",
            "It was written by Terraform 0.11 or earlier. Refresh it with Terraform 0.12 first.",
        );
        return Err(diagnostics);
    };
    read::upgrade(resource, &raw.json).map_err(|error| {
        diagnostics.error(
            "The state cannot be read",
            format!("It does not fit the provider's schema: {error}. Restore the state from a backup."),
        );
        diagnostics
    })
}

/// The result, or what went wrong on the way to it.
fn outcome<T>(result: Result<Result<T, Diagnostics>, Diagnostics>) -> (Option<T>, Diagnostics) {
    match result {
        Ok(Ok(value)) => (Some(value), Diagnostics::default()),
        Ok(Err(diagnostics)) | Err(diagnostics) => (None, diagnostics),
    }
}

/// Diagnostics of work that has no other result.
fn collect(result: Result<Result<Diagnostics, Diagnostics>, Diagnostics>) -> Vec<wire::Diagnostic> {
    let (told, mut diagnostics) = outcome(result);
    diagnostics.append(told.unwrap_or_default());
    convert::diagnostics(diagnostics)
}
