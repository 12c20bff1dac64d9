//! A Terraform provider for a to-do service. `schema/` declares its resources; this file connects to the service.

use std::process::ExitCode;
use std::sync::Arc;

use client::{Client, Settings};
use engine::Definition;
use engine::api::Api;
use engine::arguments::Arguments;
use engine::diagnostic::{Diagnostics, Reported};
use rpc::{Mode, Program};

macros::provider! {
    dir = "../schema";
    resource list;
    resource task;
    data_source list;
}

engine::summaries! {
    MISSING_URL {
        text: "Missing URL",
        when: "Neither the provider block nor the environment sets the URL of the service.",
        remedy: "Set `url` in the provider block.",
    }
    MISSING_TOKEN {
        text: "Missing token",
        when: "Neither the provider block nor the environment sets the token.",
        remedy: "Set `token` in the provider block.",
    }
}

/// Serves the provider to the Terraform that started this program.
pub fn main() -> ExitCode {
    let program = Program {
        definition: &DEFINITION,
        version: env!("CARGO_PKG_VERSION"),
        crates: &["client"],
        connect,
    };
    rpc::serve(program, Mode::Managed)
}

/// Connects to the service with the arguments of the provider block.
///
/// # Errors
///
/// [`Reported`], if an argument is missing or invalid.
fn connect(
    definition: &'static Definition,
    arguments: &Arguments,
    user_agent: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Arc<dyn Api>, Reported> {
    let mut missing = |name, summary| arguments.missing(name, summary, "", diagnostics);
    let url = arguments.url("url").ok_or_else(|| missing("url", &MISSING_URL));
    let token = arguments
        .secret("token")
        .ok_or_else(|| missing("token", &MISSING_TOKEN));
    let settings = Settings::new(url?, token?.clone(), user_agent.to_owned());
    Client::connect(settings, definition.operations, diagnostics)
}
