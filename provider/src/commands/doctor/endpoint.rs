//! Whether the control plane is there, and knows the token.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::super::Context;
use super::Findings;
use crate::client::{Argument, Arguments, Call, Client, ErrorKind, Repeat, Settings, user_agent};
use crate::secret::Secret;
use crate::upgrade::module::Module;

/// A call that changes nothing, and that every token may make.
const OPERATION: &str = "controlplane_api_list_mesh_networks";

pub async fn check(context: &Context, directory: &Path, findings: &mut Findings) {
    let module = Module::load(directory).ok();
    let argument = |name: &str| argument(context, module.as_ref(), name);
    let arguments = Arguments {
        endpoint: argument("endpoint"),
        api_token: argument("api_token"),
        insecure_skip_verify: argument("insecure_skip_verify"),
        ca_cert_file: argument("ca_cert_file"),
        request_timeout: Some(Argument {
            text: Secret::new("10s"),
            variable: None,
        }),
        max_retries: Some(Argument {
            text: Secret::new("0"),
            variable: None,
        }),
    };
    let settings = match Settings::new(arguments, user_agent("doctor", None)) {
        Ok(settings) => settings,
        Err(errors) => {
            for error in errors {
                findings.bad(error.summary, error.message);
            }
            return;
        }
    };
    let endpoint = settings.endpoint.to_string();
    let client = match Client::new(settings, context.definition.operations) {
        Ok(client) => client,
        Err(error) => {
            findings.bad("The control plane cannot be called", error.to_string());
            return;
        }
    };
    let call = Call {
        operation: OPERATION,
        path: &[],
        body: None,
        repeat: Repeat::Safe,
        secrets: &[],
        cancel: &CancellationToken::new(),
    };
    match client.call(call).await {
        Ok(_) => findings.good(format!(
            "The control plane at `{endpoint}` answers and knows the token"
        )),
        Err(error) => {
            let text = match error.kind {
                ErrorKind::Unauthorized => {
                    format!("The control plane at `{endpoint}` does not know the token")
                }
                ErrorKind::Forbidden => format!("The token may not even read at `{endpoint}`"),
                ErrorKind::Unreachable | ErrorKind::Timeout => {
                    format!("The control plane at `{endpoint}` cannot be reached")
                }
                ErrorKind::Tls => {
                    format!("The certificate of the control plane at `{endpoint}` is not acceptable")
                }
                ErrorKind::NotFound | ErrorKind::Garbage => {
                    format!("At `{endpoint}` there is no control plane")
                }
                _ => format!("The control plane at `{endpoint}` does not answer as it should"),
            };
            findings.bad(text, error.to_string());
        }
    }
}

/// What the provider block says, if it is a plain value, else the environment.
fn argument(context: &Context, module: Option<&Module>, name: &str) -> Option<Argument> {
    let provider = context.definition.provider;
    let blocks = module
        .into_iter()
        .flat_map(|module| &module.files)
        .flat_map(|file| file.body.blocks());
    let mut ours = blocks.filter(|block| {
        let is_ours = block
            .labels
            .first()
            .is_some_and(|label| *label.as_str() == *provider.name);
        block.ident.as_str() == "provider" && is_ours && !block.body.has_attribute("alias")
    });
    let value = ours.find_map(|block| Some(block.body.get_attribute(name)?.value.clone()));
    if let Some(value) = value {
        let text = value
            .as_str()
            .map(str::to_owned)
            .or_else(|| value.as_bool().map(|bool| bool.to_string()));
        if let Some(text) = text {
            return Some(Argument {
                text: Secret::new(text),
                variable: None,
            });
        }
    }
    let declared = provider
        .attributes
        .iter()
        .find(|attribute| attribute.name == name)?;
    let variable = declared.env.as_deref()?;
    Some(Argument {
        text: Secret::new(context.environment.get(variable)?),
        variable: Some(variable.to_owned()),
    })
}
