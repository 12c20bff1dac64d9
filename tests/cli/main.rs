//! The commands `install`, `doctor`, `template` and `0.13upgrade`, and the mirrors of a release, with the real Terraform. Each test has
//! a home directory of its own.

#![cfg(test)]

mod doctor;
mod format;
mod home;
mod install;
mod release;
mod template;
mod two_of_one_type;

use std::path::Path;

/// The shipped program.
fn provider() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_provider-under-test"))
}

/// A configuration that needs the provider, but no control plane.
const NETWORK: &str = "resource \"durantic_mesh_network\" \"net\" {\n  name         = \"net\"\n  network_cidr = \
                       \"10.1.0.0/24\"\n}\n";
