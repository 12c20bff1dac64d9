//! `address`: explains a source address.
//!
//! Tests: `tests/cli/install.rs`.

use serde_json::json;

use super::context::{CommandError, Console, Context, Status, parse_source};
use crate::address::local;
use crate::package::layout::{self, Form};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Source address, as in `required_providers`: `[HOST/][NAMESPACE/]TYPE`
    source: String,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Prints the parts and forms of a source address, and the path of an installed program.
///
/// # Errors
///
/// [`CommandError`], if the address is invalid or the output is closed.
pub fn run(
    context: &Context,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let address = parse_source(&arguments.source)?;
    let kind = if address.is_built_in() {
        "built in"
    } else if address.is_legacy() {
        "legacy"
    } else {
        "installable"
    };
    let root = context
        .system
        .settings_directory(&context.environment)
        .map(|settings| settings.join("plugins"))
        .filter(|_| kind == "installable");
    let path = root.map(|root| {
        layout::package_path(
            &root,
            &address,
            &context.version,
            &context.platform,
            Form::Unpacked,
        )
        .join(layout::program_name(
            &address,
            &context.version,
            &context.platform,
        ))
    });
    let local_name = local::suggest(std::slice::from_ref(&address))
        .pop()
        .unwrap_or_default();
    if let Some(warning) = address.warning() {
        writeln!(console.errors, "warning: {warning}")?;
    }
    if arguments.json {
        let document = json!({
            "host": address.host().display(),
            "host_ascii": address.host().comparison(),
            "namespace": address.namespace().to_string(),
            "type": address.type_name(),
            "full": address.full(),
            "display": address.to_string(),
            "kind": kind,
            "local_name": local_name,
            "path": path,
            "warning": address.warning(),
        });
        writeln!(console.output, "{document:#}")?;
        return Ok(Status::Success);
    }
    let lines = [
        ("host", address.host().display()),
        ("namespace", address.namespace().to_string()),
        ("type", address.type_name().to_owned()),
        ("full form", address.full()),
        ("display form", address.to_string()),
        ("local name", local_name),
        (
            "on disk",
            match (&path, kind) {
                (Some(path), _) => path.display().to_string(),
                (None, "built in") => "not installed: the provider is part of Terraform".to_owned(),
                (None, "legacy") => {
                    "unknown: a Terraform 0.12 address has no namespace; run `0.13upgrade` to find \
                                     it"
                    .to_owned()
                }
                (None, _) => "unknown: HOME is not set".to_owned(),
            },
        ),
    ];
    for (name, value) in lines {
        writeln!(console.output, "{name:<14}{value}")?;
    }
    Ok(Status::Success)
}
