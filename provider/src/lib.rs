//! The Terraform provider for Durantic.
//!
//! The way of a value: [`plugin`] is the transport Terraform connects to, [`rpc`] decodes the protocol's messages,
//! [`engine`] decides from the declarations ([`durantic`]) and their [`hooks`], and [`client`] calls the control plane.

extern crate self as provider;

pub mod address;
pub mod client;
pub mod commands;
pub mod configure;
pub mod durantic;
pub mod duration;
pub mod engine;
pub mod hcl;
pub mod hooks;
pub mod package;
pub mod plugin;
pub mod rpc;
pub mod secret;
pub mod upgrade;
pub mod value;

use std::process::ExitCode;

pub use engine::hook::{Binding, Definition, Hook};
pub use schema;

/// Runs the provider's program: serves the definition to the Terraform that started it.
///
/// `--debug` serves it to any Terraform that is told of it by `TF_REATTACH_PROVIDERS`. Other arguments are
/// [`commands`] of a person; Terraform gives none, and nothing of them is touched then.
pub fn main(definition: &'static Definition) -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let is_debug = arguments.any(|argument| argument == "--debug" || argument == "-debug");
    if !is_debug && std::env::args_os().len() > 1 {
        return commands::main(definition);
    }
    let options = plugin::Options {
        address: &definition.provider.address,
        name: &definition.provider.name,
        version: env!("CARGO_PKG_VERSION"),
        mode: if is_debug {
            plugin::Mode::Debug
        } else {
            plugin::Mode::Managed
        },
    };
    plugin::run(options, rpc::Service::new(definition))
}
