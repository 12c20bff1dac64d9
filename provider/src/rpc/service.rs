//! One method for each RPC that the provider offers; the others answer UNIMPLEMENTED.

use proto::tfplugin6 as wire;
use proto::tfplugin6::{
    apply_resource_change, configure_provider, get_metadata, get_provider_schema, import_resource_state,
    plan_resource_change, read_data_source, read_resource, stop_provider, upgrade_resource_state,
    validate_data_resource_config, validate_provider_config, validate_resource_config,
};
use tonic::{Request, Response, Status};

use super::guard::{self, Subject};
use super::{Service, convert, type_name};
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
        let request = request.into_inner();
        let work = async {
            let provider = self.0.definition.provider;
            let r#type = shape::object_type(&provider.attributes);
            let config = convert::value(request.config.as_ref(), &r#type, "configuration")?;
            Ok(((), validate::provider(provider, &config)))
        };
        let (_, diagnostics) = guard::run("ValidateProviderConfig", &Subject::Provider, work).await;
        let diagnostics = convert::diagnostics(diagnostics);
        Ok(Response::new(validate_provider_config::Response { diagnostics }))
    }

    async fn configure_provider(
        &self,
        request: Request<configure_provider::Request>,
    ) -> Answer<configure_provider::Response> {
        let request = request.into_inner();
        let work = async {
            let definition = self.0.definition;
            let r#type = shape::object_type(&definition.provider.attributes);
            let config = convert::value(request.config.as_ref(), &r#type, "configuration")?;
            let (connection, diagnostics) =
                configure::configure(definition, &config, &request.terraform_version);
            if let Some(connection) = connection {
                self.connect(connection);
            }
            Ok(((), diagnostics))
        };
        let (_, diagnostics) = guard::run("ConfigureProvider", &Subject::Provider, work).await;
        let diagnostics = convert::diagnostics(diagnostics);
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
        let request = request.into_inner();
        let client = request.client_capabilities.unwrap_or_default();
        let write_only = if client.write_only_attributes_allowed {
            WriteOnly::Allowed
        } else {
            WriteOnly::Refused
        };
        let (_, diagnostics) = self
            .serve(
                "ValidateResourceConfig",
                Subject::Resource(request.type_name),
                |asked| async move {
                    let config = asked.decode(request.config.as_ref(), "configuration")?;
                    Ok(((), validate::config(asked.binding, &config, write_only)))
                },
            )
            .await;
        Ok(Response::new(validate_resource_config::Response { diagnostics }))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<validate_data_resource_config::Request>,
    ) -> Answer<validate_data_resource_config::Response> {
        let request = request.into_inner();
        let (_, diagnostics) = self
            .serve(
                "ValidateDataResourceConfig",
                Subject::DataSource(request.type_name),
                |asked| async move {
                    let config = asked.decode(request.config.as_ref(), "configuration")?;
                    Ok(((), validate::config(asked.binding, &config, WriteOnly::Refused)))
                },
            )
            .await;
        Ok(Response::new(validate_data_resource_config::Response {
            diagnostics,
        }))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Answer<upgrade_resource_state::Response> {
        let request = request.into_inner();
        let (upgraded_state, diagnostics) = self
            .serve(
                "UpgradeResourceState",
                Subject::Resource(request.type_name),
                |asked| async move {
                    let stored = request.raw_state.as_ref();
                    let state = stored_state(asked.binding.schema, stored, request.version)?;
                    Ok((asked.encode(&state)?, Diagnostics::default()))
                },
            )
            .await;
        Ok(Response::new(upgrade_resource_state::Response {
            upgraded_state,
            diagnostics,
        }))
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Answer<read_resource::Response> {
        let request = request.into_inner();
        let (current_state, current_private) = (request.current_state.clone(), request.private.clone());
        let (read, diagnostics) = self
            .serve(
                "ReadResource",
                Subject::Resource(request.type_name),
                |asked| async move {
                    let current = Known {
                        state: asked.decode(request.current_state.as_ref(), "state")?,
                        private: Private::decode(&request.private),
                    };
                    let (known, diagnostics) =
                        read::read(asked.binding, &asked.service.context()?, current).await;
                    let state = asked.encode(&known.state)?;
                    Ok(((Some(state), known.private.encode()), diagnostics))
                },
            )
            .await;
        let (new_state, private) = read.unwrap_or((current_state, current_private));
        Ok(Response::new(read_resource::Response {
            new_state,
            private,
            diagnostics,
            ..read_resource::Response::default()
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Answer<plan_resource_change::Response> {
        let request = request.into_inner();
        let (planned, diagnostics) = self
            .serve(
                "PlanResourceChange",
                Subject::Resource(request.type_name),
                |asked| async move {
                    let proposed = asked.decode(request.proposed_new_state.as_ref(), "proposed state")?;
                    let config = asked.decode(request.config.as_ref(), "configuration")?;
                    let request = plan::Request {
                        prior: asked.decode(request.prior_state.as_ref(), "prior state")?,
                        config: if proposed.is_null() { Value::Null } else { config },
                        private: Private::decode(&request.prior_private),
                    };
                    let plan = plan::plan(asked.binding, request);
                    let planned = plan_resource_change::Response {
                        planned_state: Some(asked.encode(&plan.planned)?),
                        requires_replace: plan
                            .requires_replace
                            .iter()
                            .map(convert::attribute_path)
                            .collect(),
                        planned_private: plan.private.encode(),
                        ..plan_resource_change::Response::default()
                    };
                    Ok((planned, plan.diagnostics))
                },
            )
            .await;
        Ok(Response::new(plan_resource_change::Response {
            diagnostics,
            ..planned.unwrap_or_default()
        }))
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> Answer<apply_resource_change::Response> {
        let request = request.into_inner();
        let subject = Subject::Resource(request.type_name);
        let mut response = apply_resource_change::Response {
            new_state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            ..apply_resource_change::Response::default()
        };
        let progress = Progress::default();
        let shared = progress.clone();
        let applied = self.serve("ApplyResourceChange", subject.clone(), |asked| async move {
            let prior = asked.decode(request.prior_state.as_ref(), "prior state")?;
            let private = Private::decode(&request.planned_private);
            *shared.lock() = Known {
                state: prior.clone(),
                private: private.clone(),
            };
            let request = apply::Request {
                prior,
                planned: asked.decode(request.planned_state.as_ref(), "planned state")?,
                config: asked.decode(request.config.as_ref(), "configuration")?,
                private,
            };
            let context = asked.service.context()?;
            Ok(((), apply::apply(asked.binding, &context, request, &shared).await))
        });
        (_, response.diagnostics) = Box::pin(applied).await;
        // Outside of the work, which may have broken off: what was known by then is kept.
        if let Ok(asked) = self.asked(&subject) {
            let known = progress.known(asked.binding.schema);
            match asked.encode(&known.state) {
                Ok(state) => {
                    response.new_state = Some(state);
                    response.private = known.private.encode();
                }
                Err(fault) => response.diagnostics.extend(convert::diagnostics(fault)),
            }
        }
        Ok(Response::new(response))
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> Answer<import_resource_state::Response> {
        let request = request.into_inner();
        let (imported, diagnostics) = self
            .serve(
                "ImportResourceState",
                Subject::Resource(request.type_name.clone()),
                |asked| async move {
                    let state = read::import(asked.binding.schema, &request.id)?;
                    Ok((asked.encode(&state)?, Diagnostics::default()))
                },
            )
            .await;
        let imported = imported.map(|state| import_resource_state::ImportedResource {
            type_name: request.type_name,
            state: Some(state),
            ..import_resource_state::ImportedResource::default()
        });
        Ok(Response::new(import_resource_state::Response {
            imported_resources: imported.into_iter().collect(),
            diagnostics,
            ..import_resource_state::Response::default()
        }))
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> Answer<read_data_source::Response> {
        let request = request.into_inner();
        let (state, diagnostics) = self
            .serve(
                "ReadDataSource",
                Subject::DataSource(request.type_name),
                |asked| async move {
                    let config = asked.decode(request.config.as_ref(), "configuration")?;
                    let context = asked.service.context()?;
                    let (found, diagnostics) = lookup::lookup(asked.binding.schema, &context, &config).await;
                    Ok((asked.encode(&found)?, diagnostics))
                },
            )
            .await;
        Ok(Response::new(read_data_source::Response {
            state,
            diagnostics,
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
    let state = read::upgrade(resource, &raw.json).map_err(|error| {
        diagnostics.error(
            "The state cannot be read",
            format!("It does not fit the provider's schema: {error}. Restore the state from a backup."),
        );
        diagnostics
    })?;
    // The published provider left null where the control plane's answer was the default.
    Ok(shape::with_defaults(&resource.attributes, state))
}
