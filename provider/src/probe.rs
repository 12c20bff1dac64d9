//! Whether the control plane is there and knows the token: the part of `doctor` that needs a connection.

use std::time::Duration;

use client::Client;
use engine::api::{Call, ErrorKind, Repeat};
use engine::arguments::Arguments;
use engine::diagnostic::Diagnostics;
use environment::Environment;
use tokio_util::sync::CancellationToken;
use tools::commands::{Finding, ProviderBlock};
use value::Value;

use crate::durantic::DEFINITION;
use crate::{program, remedy, settings};

/// A call that changes nothing, and that every token may make.
const OPERATION: &str = "controlplane_api_list_mesh_networks";

/// Calls the control plane as the provider would, and says what comes of it.
pub fn probe(block: &ProviderBlock, environment: &Environment) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(call(block, environment)),
        Err(error) => vec![Finding::bad(
            "The control plane cannot be called",
            format!("The system gives no runtime: {error}."),
        )],
    }
}

async fn call(block: &ProviderBlock, environment: &Environment) -> Vec<Finding> {
    let user_agent = rpc::user_agent(&program(&DEFINITION), "doctor", None);
    let mut diagnostics = Diagnostics::default();
    let settings = Arguments::resolve(DEFINITION.provider, &values(block), environment, &mut diagnostics)
        .and_then(|arguments| {
            settings::settings(DEFINITION.provider, &arguments, &user_agent, &mut diagnostics)
        });
    let Ok(mut settings) = settings else {
        let faults = diagnostics.errors();
        return faults
            .map(|fault| Finding::bad(&fault.summary, &fault.detail))
            .collect();
    };
    // A person waits.
    settings.request_timeout = Duration::from_secs(10);
    settings.max_retries = 0;
    let endpoint = settings.endpoint.to_string();
    let client = match Client::new(settings, DEFINITION.operations) {
        Ok(client) => client,
        Err(error) => {
            return vec![Finding::bad(
                "The control plane cannot be called",
                error.to_string(),
            )];
        }
    };
    let call = Call {
        operation: OPERATION,
        path: &[],
        body: None,
        repeat: Repeat::Safe,
        gone: &[],
        secrets: &[],
        cancel: &CancellationToken::new(),
    };
    vec![match client.call(call).await {
        Ok(_) => Finding::good(format!(
            "The control plane at `{endpoint}` answers and knows the token"
        )),
        Err(error) => Finding::bad(meaning(error.kind, &endpoint), error.into_api(remedy).to_string()),
    }]
}

/// What a failed call says of the control plane.
fn meaning(kind: ErrorKind, endpoint: &str) -> String {
    match kind {
        ErrorKind::Unauthorized => format!("The control plane at `{endpoint}` does not know the token"),
        ErrorKind::Forbidden => format!("The token may not even read at `{endpoint}`"),
        ErrorKind::Unreachable | ErrorKind::Timeout => {
            format!("The control plane at `{endpoint}` cannot be reached")
        }
        ErrorKind::Tls => format!("The certificate of the control plane at `{endpoint}` is not acceptable"),
        ErrorKind::NotFound | ErrorKind::Garbage => format!("At `{endpoint}` there is no control plane"),
        _ => format!("The control plane at `{endpoint}` does not answer as it should"),
    }
}

/// The arguments that the configuration writes as plain values; the others count as not set.
fn values(block: &ProviderBlock) -> Value {
    let attributes = DEFINITION.provider.attributes.iter();
    Value::object(attributes.map(|attribute| {
        let text = block.get(&attribute.name);
        let value = text.and_then(|text| engine::arguments::parse(attribute, text).ok());
        (attribute.name.as_ref(), value.unwrap_or_default())
    }))
}
