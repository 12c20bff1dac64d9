//! From a program to a provider that Terraform finds: `install`, `doctor`, `0.13upgrade` and mirrors, with the real
//! Terraform and a home directory of each test's own.

#![cfg(test)]

mod doctor;
mod format;
mod home;
mod install;
mod release;
mod two_of_one_type;

use std::path::Path;

/// The program that is shipped.
fn provider() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_provider-under-test"))
}

/// A configuration that needs the provider to be there, but nobody to answer.
const NETWORK: &str = "resource \"durantic_mesh_network\" \"net\" {\n  name         = \"net\"\n  network_cidr = \
                       \"10.1.0.0/24\"\n}\n";
