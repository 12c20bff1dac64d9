//! One method for each RPC that the provider implements; the others return `UNIMPLEMENTED`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use engine::arguments::Arguments;
use engine::diagnostic::{Diagnostics, Reported};
use engine::hook::Definition;
use engine::identity::{key, shared_key};
use engine::object::{ApplyRequest, Known, PlanRequest, Progress, Walk};
use engine::private::Private;
use engine::rules::WriteOnly;
use engine::{
    adopted, apply, conflicts, follow, generate, import, lookup, misses, plan, preflight, protection, read,
    references, release, rollout, shape, takeover, validate,
};
use environment::Environment;
use futures_util::stream;
use proto::tfplugin6;
use proto::tfplugin6::diagnostic::Severity;
use proto::tfplugin6::{
    apply_resource_change, call_function, configure_provider, generate_resource_config, get_functions,
    get_metadata, get_provider_schema, get_resource_identity_schemas, import_resource_state, list_resource,
    move_resource_state, plan_resource_change, read_data_source, read_resource, stop_provider,
    upgrade_resource_identity, upgrade_resource_state, validate_data_resource_config,
    validate_list_resource_config, validate_provider_config, validate_resource_config,
};
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};
use value::Value;

use super::handler::{self, Subject};
use super::{Connection, Program, Service, convert, functions, identity, lists, state, type_name};

/// The result of an RPC. It is never an error: failures are diagnostics in the response.
type RpcResult<T> = Result<Response<T>, Status>;

const CAPABILITIES: tfplugin6::ServerCapabilities = tfplugin6::ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: true,
    generate_resource_config: true,
};

#[tonic::async_trait]
impl tfplugin6::provider_server::Provider for Service {
    async fn get_metadata(&self, _: Request<get_metadata::Request>) -> RpcResult<get_metadata::Response> {
        let definition = self.definition();
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
            list_resources: definition
                .listed()
                .map(|binding| get_metadata::ListResourceMetadata {
                    type_name: type_name(definition, binding),
                })
                .collect(),
            functions: definition
                .functions
                .iter()
                .map(|function| get_metadata::FunctionMetadata {
                    name: function.name.to_owned(),
                })
                .collect(),
            ..get_metadata::Response::default()
        }))
    }

    async fn get_provider_schema(
        &self,
        _: Request<get_provider_schema::Request>,
    ) -> RpcResult<get_provider_schema::Response> {
        let definition = self.definition();
        let schemas = |bindings: &'static [engine::hook::Binding]| {
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
            list_resource_schemas: lists::schemas(definition),
            functions: functions::describe(definition),
            server_capabilities: Some(CAPABILITIES),
            ..get_provider_schema::Response::default()
        }))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<get_resource_identity_schemas::Request>,
    ) -> RpcResult<get_resource_identity_schemas::Response> {
        Ok(Response::new(get_resource_identity_schemas::Response {
            identity_schemas: identity::schemas(self.definition()),
            ..get_resource_identity_schemas::Response::default()
        }))
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<upgrade_resource_identity::Request>,
    ) -> RpcResult<upgrade_resource_identity::Response> {
        let request = request.into_inner();
        let (upgraded, diagnostics) = self
            .serve(
                "UpgradeResourceIdentity",
                Subject::Resource(request.type_name),
                async |resolved, diagnostics| {
                    let raw = request.raw_identity.as_ref();
                    identity::upgrade(resolved.binding.schema, raw, request.version, diagnostics)
                },
            )
            .await;
        Ok(Response::new(upgrade_resource_identity::Response {
            upgraded_identity: upgraded.flatten(),
            diagnostics,
        }))
    }

    async fn validate_provider_config(
        &self,
        request: Request<validate_provider_config::Request>,
    ) -> RpcResult<validate_provider_config::Response> {
        let request = request.into_inner();
        let validated = handler::run(
            "ValidateProviderConfig",
            &Subject::Provider,
            async |diagnostics: &mut Diagnostics| {
                let provider = self.definition().provider;
                let r#type = shape::object_type(&provider.attributes);
                let config = convert::from_dynamic_value(
                    request.config.as_ref(),
                    &r#type,
                    "configuration",
                    diagnostics,
                )?;
                validate::provider(provider, &config, diagnostics);
                Ok(())
            },
        );
        let (_, diagnostics) = validated.await;
        let diagnostics = convert::diagnostics(diagnostics);
        Ok(Response::new(validate_provider_config::Response { diagnostics }))
    }

    async fn configure_provider(
        &self,
        request: Request<configure_provider::Request>,
    ) -> RpcResult<configure_provider::Response> {
        let request = request.into_inner();
        let configured = handler::run(
            "ConfigureProvider",
            &Subject::Provider,
            async |diagnostics: &mut Diagnostics| {
                let provider = self.definition().provider;
                let r#type = shape::object_type(&provider.attributes);
                let config = convert::from_dynamic_value(
                    request.config.as_ref(),
                    &r#type,
                    "configuration",
                    diagnostics,
                )?;
                self.connect(&config, &request.terraform_version, diagnostics)
            },
        );
        let (_, diagnostics) = configured.await;
        let diagnostics = convert::diagnostics(diagnostics);
        Ok(Response::new(configure_provider::Response { diagnostics }))
    }

    async fn stop_provider(&self, _: Request<stop_provider::Request>) -> RpcResult<stop_provider::Response> {
        tracing::info!("Terraform was interrupted; ending all waits");
        self.stop_token().cancel();
        Ok(Response::new(stop_provider::Response::default()))
    }

    async fn validate_resource_config(
        &self,
        request: Request<validate_resource_config::Request>,
    ) -> RpcResult<validate_resource_config::Response> {
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
                async |resolved, diagnostics| {
                    let mut config =
                        resolved.decode(request.config.as_ref(), "configuration", diagnostics)?;
                    let mut problems = Diagnostics::default();
                    rollout::leave_to_apply(&self.0.process, resolved.binding.schema, &mut config);
                    validate::config(resolved.binding, &config, write_only, &mut problems);
                    let (misses, declarations) = (self.0.process.misses(), &self.0.declarations);
                    let schema = resolved.binding.schema;
                    diagnostics.append(misses::explain(&misses, schema, declarations, problems));
                    Ok(())
                },
            )
            .await;
        Ok(Response::new(validate_resource_config::Response { diagnostics }))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<validate_data_resource_config::Request>,
    ) -> RpcResult<validate_data_resource_config::Response> {
        let request = request.into_inner();
        let (_, diagnostics) = self
            .serve(
                "ValidateDataResourceConfig",
                Subject::DataSource(request.type_name),
                async |resolved, diagnostics| {
                    let config = resolved.decode(request.config.as_ref(), "configuration", diagnostics)?;
                    validate::config(resolved.binding, &config, WriteOnly::Refused, diagnostics);
                    Ok(())
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
    ) -> RpcResult<upgrade_resource_state::Response> {
        let request = request.into_inner();
        let (upgraded_state, diagnostics) = self
            .serve(
                "UpgradeResourceState",
                Subject::Resource(request.type_name),
                async |resolved, diagnostics| {
                    let stored = request.raw_state.as_ref();
                    let schema = resolved.binding.schema;
                    let state = state::upgrade(schema, stored, request.version, diagnostics)?;
                    protection::note_stored(&self.0.process, schema, &state);
                    resolved.encode(&state, diagnostics)
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
    ) -> RpcResult<read_resource::Response> {
        let request = request.into_inner();
        let (current_state, current_private) = (request.current_state.clone(), request.private.clone());
        let mut new_identity = request.current_identity.clone();
        let (read, diagnostics) = self
            .serve(
                "ReadResource",
                Subject::Resource(request.type_name),
                async |resolved, diagnostics| {
                    let mut known = Known {
                        state: resolved.decode(request.current_state.as_ref(), "state", diagnostics)?,
                        private: self.decode_private(&request.private),
                    };
                    let schema = resolved.binding.schema;
                    let gone_key = key(schema, &known.state);
                    let before = identity::of(schema, &[&known.state]);
                    if let Some(shared) = shared_key(schema, &known.state) {
                        self.0.process.note_used(shared);
                    }
                    let context = resolved.service.context(diagnostics)?;
                    // After a failure, too, `known` is what the provider knows about the object.
                    let _ = read::read(resolved.binding, &context, &mut known, diagnostics).await;
                    if known.state.is_null() {
                        self.0.process.note_gone(&gone_key);
                    }
                    let state = resolved.encode(&known.state, diagnostics)?;
                    new_identity = identity::of(schema, &[&known.state])
                        .or(before)
                        .or(request.current_identity);
                    Ok((Some(state), self.encode_private(&known.private)))
                },
            )
            .await;
        let (new_state, private) = read.unwrap_or((current_state, current_private));
        Ok(Response::new(read_resource::Response {
            new_state,
            private,
            diagnostics,
            new_identity,
            ..read_resource::Response::default()
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> RpcResult<plan_resource_change::Response> {
        let request = request.into_inner();
        let (planned, diagnostics) = self
            .serve(
                "PlanResourceChange",
                Subject::Resource(request.type_name),
                async |resolved, diagnostics| {
                    let proposed = resolved.decode(
                        request.proposed_new_state.as_ref(),
                        "proposed state",
                        diagnostics,
                    )?;
                    let config = resolved.decode(request.config.as_ref(), "configuration", diagnostics)?;
                    let prior = resolved.decode(request.prior_state.as_ref(), "prior state", diagnostics)?;
                    // From version 1.16 on, Terraform passes the private state of the first plan to the plan of an apply.
                    let private = match request.prior_private.as_slice() {
                        [] if prior.is_null() => &request.planned_private,
                        _ => &request.prior_private,
                    };
                    // Terraform from version 1.9 on allows deferral in every request of an apply:
                    // <https://github.com/hashicorp/terraform/blob/main/internal/terraform/context_apply.go>.
                    let client = request.client_capabilities.unwrap_or_default();
                    let walk = if client.deferral_allowed || !request.planned_private.is_empty() {
                        Walk::Apply
                    } else {
                        Walk::Plan
                    };
                    let process = &self.0.process;
                    let schema = resolved.binding.schema;
                    let config = if proposed.is_null() { Value::Null } else { config };
                    let _active = (!config.is_null()).then(|| process.begin_request());
                    // Without a configured provider, the names are checked by the apply.
                    let context = self.context(&mut Diagnostics::default()).ok();
                    references::wait_for_names(context.as_ref(), process, schema, &prior, &config).await;
                    if walk == Walk::Apply {
                        process.note_apply();
                    }
                    let mut request = PlanRequest {
                        prior,
                        config,
                        private: self.decode_private(private),
                        renames: process.renames(),
                        ..PlanRequest::default()
                    };
                    let binding = resolved.binding;
                    adopted::note_prior(process, schema, walk, &request);
                    request.adopted = adopted::find(binding, context.as_ref(), process, walk, &request).await;
                    request.creation =
                        takeover::decide(process, &self.stop_token(), schema, walk, &request).await;
                    let mut plan = plan::plan(resolved.binding, request);
                    if let Some(shared) = shared_key(schema, &plan.planned) {
                        process.note_used(shared);
                    }
                    references::note_planned(process, schema, &mut plan);
                    let declarations = &self.0.declarations;
                    let outdated =
                        follow::changes(context.as_ref(), process, declarations, schema, walk, &mut plan)
                            .await;
                    plan::repeat_run(schema, &mut plan, outdated);
                    preflight::check(
                        resolved.binding,
                        context.as_ref(),
                        process,
                        declarations,
                        walk,
                        &mut plan,
                    )
                    .await;
                    conflicts::check(process, schema, &mut plan);
                    rollout::plan(process, schema, walk, &mut plan);
                    if plan.config.is_null() {
                        release::plan_destroy(process, &self.stop_token(), schema, walk, &mut plan).await;
                    } else if walk == Walk::Plan {
                        release::check(process, schema, &mut plan);
                    }
                    let planned = plan_resource_change::Response {
                        planned_state: Some(resolved.encode(&plan.planned, diagnostics)?),
                        requires_replace: plan
                            .requires_replace
                            .iter()
                            .map(convert::attribute_path)
                            .collect(),
                        planned_private: self.encode_private(&plan.private),
                        planned_identity: identity::of(schema, &[&plan.planned, &plan.prior]),
                        ..plan_resource_change::Response::default()
                    };
                    diagnostics.append(plan.diagnostics);
                    Ok(planned)
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
    ) -> RpcResult<apply_resource_change::Response> {
        let request = request.into_inner();
        let subject = Subject::Resource(request.type_name);
        let mut response = apply_resource_change::Response {
            new_state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            new_identity: request.planned_identity.clone(),
            ..apply_resource_change::Response::default()
        };
        let mut is_delete = false;
        let mut before = Value::Null;
        let progress = Progress::default();
        let shared = progress.clone();
        let applied = self.serve(
            "ApplyResourceChange",
            subject.clone(),
            async |resolved, diagnostics| {
                let prior = resolved.decode(request.prior_state.as_ref(), "prior state", diagnostics)?;
                let private = self.decode_private(&request.planned_private);
                *shared.lock() = Known {
                    state: prior.clone(),
                    private: private.clone(),
                };
                let planned =
                    resolved.decode(request.planned_state.as_ref(), "planned state", diagnostics)?;
                is_delete = planned.is_null();
                before = prior.clone();
                let request = ApplyRequest {
                    prior,
                    planned,
                    config: resolved.decode(request.config.as_ref(), "configuration", diagnostics)?,
                    private,
                };
                let context = resolved.service.context(diagnostics)?;
                diagnostics.append(apply::apply(resolved.binding, &context, request, &shared).await);
                Ok(())
            },
        );
        (_, response.diagnostics) = Box::pin(applied).await;
        // Outside of the handler, which may have panicked: the response keeps everything that the provider knew by then.
        let mut diagnostics = Diagnostics::default();
        if let Ok(resolved) = self.resolve(&subject, &mut Diagnostics::default()) {
            let schema = resolved.binding.schema;
            let known = progress.known(schema);
            response.new_identity =
                identity::of(schema, &[&known.state, &before]).or(response.new_identity.take());
            // After a failed delete, null keeps the object with its private state, which Terraform does not pass to the delete of a
            // tainted object.
            let has_failed = response
                .diagnostics
                .iter()
                .any(|one| one.severity == Severity::Error as i32);
            let state = if is_delete && has_failed {
                Value::Null
            } else {
                known.state
            };
            if let Ok(state) = resolved.encode(&state, &mut diagnostics) {
                response.new_state = Some(state);
                response.private = self.encode_private(&known.private);
            }
        }
        response.diagnostics.extend(convert::diagnostics(diagnostics));
        Ok(Response::new(response))
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> RpcResult<import_resource_state::Response> {
        let request = request.into_inner();
        let (imported, diagnostics) = self
            .serve(
                "ImportResourceState",
                Subject::Resource(request.type_name.clone()),
                async |resolved, diagnostics| {
                    let schema = resolved.binding.schema;
                    let configured = |diagnostics: &mut Diagnostics| self.context(diagnostics);
                    let wanted = identity::decode(schema, request.identity.as_ref(), diagnostics)?;
                    let known = if wanted.is_null() {
                        import::by_id(schema, &request.id, configured, diagnostics).await?
                    } else {
                        import::by_identity(schema, &wanted, configured, diagnostics)?
                    };
                    let identity = identity::of(schema, &[&known.state]);
                    let state = resolved.encode(&known.state, diagnostics)?;
                    Ok((state, self.encode_private(&known.private), identity))
                },
            )
            .await;
        let imported = imported.map(
            |(state, private, identity)| import_resource_state::ImportedResource {
                type_name: request.type_name,
                state: Some(state),
                private,
                identity,
            },
        );
        Ok(Response::new(import_resource_state::Response {
            imported_resources: imported.into_iter().collect(),
            diagnostics,
            ..import_resource_state::Response::default()
        }))
    }

    async fn generate_resource_config(
        &self,
        request: Request<generate_resource_config::Request>,
    ) -> RpcResult<generate_resource_config::Response> {
        let request = request.into_inner();
        let (config, diagnostics) = self
            .serve(
                "GenerateResourceConfig",
                Subject::Resource(request.type_name),
                async |resolved, diagnostics| {
                    // Terraform 1.14.0 sends no state, and an error would cost the whole file that Terraform writes.
                    let state = request.state.as_ref();
                    let state = resolved.decode(state, "state", &mut Diagnostics::default());
                    let state = state.unwrap_or_default();
                    resolved.encode(&generate::config(resolved.binding.schema, &state), diagnostics)
                },
            )
            .await;
        Ok(Response::new(generate_resource_config::Response {
            config,
            diagnostics,
        }))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<validate_list_resource_config::Request>,
    ) -> RpcResult<validate_list_resource_config::Response> {
        let request = request.into_inner();
        let (_, diagnostics) = self
            .serve(
                "ValidateListResourceConfig",
                Subject::List(request.type_name),
                async |resolved, diagnostics| {
                    let schema = resolved.binding.schema;
                    let filters = lists::filters(schema, request.config.as_ref(), diagnostics)?;
                    lists::validate(schema, &filters, request.limit.as_ref(), diagnostics);
                    Ok(())
                },
            )
            .await;
        Ok(Response::new(validate_list_resource_config::Response {
            diagnostics,
        }))
    }

    async fn list_resource(
        &self,
        request: Request<list_resource::Request>,
    ) -> RpcResult<BoxStream<list_resource::Event>> {
        let request = request.into_inner();
        let (events, diagnostics) = self
            .serve(
                "ListResource",
                Subject::List(request.type_name),
                async |resolved, diagnostics| {
                    let query = lists::Query {
                        filters: lists::filters(
                            resolved.binding.schema,
                            request.config.as_ref(),
                            diagnostics,
                        )?,
                        is_whole: request.include_resource_object,
                        limit: match usize::try_from(request.limit) {
                            Ok(limit @ 1..) => limit,
                            _ => usize::MAX,
                        },
                    };
                    let context = resolved.service.context(diagnostics)?;
                    lists::events(resolved.binding, &context, &query, diagnostics).await
                },
            )
            .await;
        let problems = (!diagnostics.is_empty()).then(|| list_resource::Event {
            diagnostic: diagnostics,
            ..list_resource::Event::default()
        });
        let events = problems.into_iter().chain(events.unwrap_or_default());
        Ok(Response::new(Box::pin(stream::iter(events.map(Ok)))))
    }

    async fn move_resource_state(
        &self,
        request: Request<move_resource_state::Request>,
    ) -> RpcResult<move_resource_state::Response> {
        Ok(Response::new(self.move_state(request.into_inner()).await))
    }

    async fn get_functions(&self, _: Request<get_functions::Request>) -> RpcResult<get_functions::Response> {
        Ok(Response::new(get_functions::Response {
            functions: functions::describe(self.definition()),
            ..get_functions::Response::default()
        }))
    }

    async fn call_function(
        &self,
        request: Request<call_function::Request>,
    ) -> RpcResult<call_function::Response> {
        let request = request.into_inner();
        Ok(Response::new(functions::call(self.definition(), request).await))
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> RpcResult<read_data_source::Response> {
        let request = request.into_inner();
        let (state, diagnostics) = self
            .serve(
                "ReadDataSource",
                Subject::DataSource(request.type_name),
                async |resolved, diagnostics| {
                    let config = resolved.decode(request.config.as_ref(), "configuration", diagnostics)?;
                    let context = resolved.service.context(diagnostics)?;
                    let found =
                        lookup::lookup(resolved.binding.schema, &context, &config, diagnostics).await?;
                    resolved.encode(&found, diagnostics)
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

impl Service {
    /// Decodes the private state of an object.
    pub(crate) fn decode_private(&self, private: &[u8]) -> Private {
        Private::decode(private, &self.definition().provider.name)
    }

    /// Encodes the private state of an object.
    pub(crate) fn encode_private(&self, private: &Private) -> Vec<u8> {
        private.encode(&self.definition().provider.name)
    }

    /// Handles `ConfigureProvider`: creates the client of the API, unless an argument is only known after apply.
    fn connect(
        &self,
        config: &Value,
        terraform_version: &str,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Reported> {
        let program = &self.0.program;
        let provider = program.definition.provider;
        let names = provider
            .attributes
            .iter()
            .map(|attribute| attribute.name.as_ref());
        let unknown: Vec<&'static str> = names.filter(|name| config.get(name).is_unknown()).collect();
        let environment = Environment::from_process();
        let limits = limits(self.definition(), config, &environment);
        let connection = if unknown.is_empty() {
            let user_agent = user_agent(
                program,
                terraform_version,
                environment.get("TF_APPEND_USER_AGENT"),
            );
            let arguments = Arguments::resolve(provider, config, &environment, diagnostics)?;
            Connection::Ready((program.connect)(
                program.definition,
                &arguments,
                &user_agent,
                diagnostics,
            )?)
        } else {
            Connection::Deferred(unknown)
        };
        self.0.process.begin(limits);
        *self.0.stop.lock().unwrap_or_else(PoisonError::into_inner) = CancellationToken::new();
        *self.0.connection.write().unwrap_or_else(PoisonError::into_inner) = connection;
        Ok(())
    }
}

/// The arguments of the provider block that limit what a plan may do, as far as they are known: they hold, too, while other arguments
/// are only known after apply.
fn limits(definition: &Definition, config: &Value, environment: &Environment) -> BTreeMap<String, u64> {
    let jobs = definition
        .resources
        .iter()
        .filter_map(|binding| binding.schema.job.as_ref());
    let names: BTreeSet<&str> = jobs
        .flat_map(|job| {
            let protection = job.protection.iter().map(|protection| &*protection.limit);
            protection.chain(job.rollout.iter().map(|rollout| &*rollout.limit))
        })
        .collect();
    let arguments = definition.provider.attributes.iter();
    let limits = arguments
        .filter(|attribute| names.contains(&*attribute.name) && !config.get(&attribute.name).is_unknown());
    let limits = limits.filter_map(|attribute| {
        let name = &attribute.name;
        // An invalid value ends `ConfigureProvider`.
        let resolved = Arguments::resolve_one(
            attribute,
            config.get(name),
            environment,
            &mut Diagnostics::default(),
        );
        Some((
            name.to_string(),
            u64::try_from(resolved.ok()?.integer(name)?).ok()?,
        ))
    });
    limits.collect()
}

/// The `User-Agent` of requests: the provider and its version, Terraform's version, the platform, and the value of
/// `TF_APPEND_USER_AGENT`.
pub fn user_agent(program: &Program, terraform_version: &str, append: Option<&str>) -> String {
    let (name, version) = (&program.definition.provider.name, program.version);
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let terraform_version = if terraform_version.is_empty() {
        "unknown"
    } else {
        terraform_version
    };
    let mut text = format!(
        "terraform-provider-{name}/{version} Terraform/{terraform_version} ({system}; {architecture})"
    );
    if let Some(append) = append.map(str::trim).filter(|append| !append.is_empty()) {
        text.push(' ');
        text.push_str(append);
    }
    text.retain(|character| character == ' ' || character.is_ascii_graphic());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agent_has_versions_platform_and_appended_value() {
        static DEFINITION: Definition = Definition {
            provider: &schema::Provider {
                name: std::borrow::Cow::Borrowed("things"),
                address: std::borrow::Cow::Borrowed("registry.terraform.io/acme/things"),
                summary: std::borrow::Cow::Borrowed(""),
                description: std::borrow::Cow::Borrowed(""),
                attributes: std::borrow::Cow::Borrowed(&[]),
            },
            operations: &[],
            resources: &[],
            data_sources: &[],
            functions: &[],
        };
        let program = Program {
            definition: &DEFINITION,
            version: "1.3.0",
            crates: &[],
            connect: |_, _, _, _| Err(Reported),
        };
        let user_agent = |version: &str, append: Option<&str>| user_agent(&program, version, append);
        let platform = format!("({}; {})", std::env::consts::OS, std::env::consts::ARCH);
        let base = format!("terraform-provider-things/1.3.0 Terraform/1.11.4 {platform}");
        assert_eq!(user_agent("1.11.4", None), base);
        assert_eq!(user_agent("1.11.4", Some(" ")), base);
        assert_eq!(user_agent("1.11.4", Some("ci/7 ")), format!("{base} ci/7"));
        assert_eq!(
            user_agent("1.11.4", Some("a\r\nb: c\u{e4}")),
            format!("{base} ab: c")
        );
        assert!(user_agent("", None).contains(" Terraform/unknown "));
    }
}
