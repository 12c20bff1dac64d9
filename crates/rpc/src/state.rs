//! State as Terraform stored it: decodes it, and makes it that of another resource.
//!
//! Tests: `tests/terraform/go_provider_states.rs`, `tests/terraform/moves.rs`.

use engine::diagnostic::{Diagnostics, Reported};
use engine::moved::{convert, source};
use engine::object::Known;
use engine::{read, shape};
use proto::tfplugin6;
use proto::tfplugin6::move_resource_state;
use schema::Resource;
use value::Value;

use crate::handler::Subject;
use crate::{Service, identity, summaries};

impl Service {
    /// Handles `MoveResourceState`. Terraform sends it before it configures the provider.
    pub(crate) async fn move_state(
        &self,
        request: move_resource_state::Request,
    ) -> move_resource_state::Response {
        let (target, diagnostics) = self
            .serve(
                "MoveResourceState",
                Subject::Resource(request.target_type_name.clone()),
                async |resolved, diagnostics| {
                    let target = resolved.binding.schema;
                    let source = source(
                        self.definition(),
                        target,
                        &request.source_provider_address,
                        &request.source_type_name,
                        diagnostics,
                    )?;
                    let raw = request.source_state.as_ref();
                    let before = Known {
                        state: upgrade(source, raw, request.source_schema_version, diagnostics)?,
                        private: self.decode_private(&request.source_private),
                    };
                    let Known { state, private } = convert(source, target, before, diagnostics);
                    let target_identity = identity::of(target, &[&state]);
                    Ok(move_resource_state::Response {
                        target_state: Some(resolved.encode(&state, diagnostics)?),
                        target_private: self.encode_private(&private),
                        target_identity,
                        ..move_resource_state::Response::default()
                    })
                },
            )
            .await;
        move_resource_state::Response {
            diagnostics,
            ..target.unwrap_or_default()
        }
    }
}

/// Decodes stored state and upgrades it to the current schema.
///
/// # Errors
///
/// [`Reported`] if the state is of a newer version of the provider, is of Terraform before 0.12, or does not match the
/// schema.
pub fn upgrade(
    resource: &Resource,
    raw: Option<&tfplugin6::RawState>,
    version: i64,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let raw = raw.filter(|raw| !raw.json.is_empty());
    if version > resource.version {
        return Err(diagnostics.error(
            &summaries::STATE_TOO_NEW,
            format!(
                "The state of `{}` has schema version {version}, but this provider supports version {} at most. Upgrade \
                 the provider.",
                resource.name, resource.version
            ),
        ));
    }
    let Some(raw) = raw else {
        return Err(diagnostics.error(
            &summaries::STATE_TOO_OLD,
            format!(
                "Terraform 0.11 or earlier wrote the state of `{}`. Refresh it with Terraform 0.12 first.",
                resource.name
            ),
        ));
    };
    let state = read::upgrade(resource, &raw.json).map_err(|error| {
        diagnostics.error(
            &summaries::STATE_UNREADABLE,
            format!(
                "The state of `{}` does not match the provider's schema: {error}. Restore the state from a backup.",
                resource.name
            ),
        )
    })?;
    // Versions of the provider before this one stored null if the control plane returned the default.
    Ok(shape::with_defaults(&resource.attributes, state))
}
