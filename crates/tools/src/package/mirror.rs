//! The JSON documents of a network mirror, which any web server can serve as files.
//!
//! Source: <https://developer.hashicorp.com/terraform/internals/provider-network-mirror-protocol>.
//!
//! Tests: `tests/cli/release.rs`.

use std::collections::BTreeMap;

use serde::Serialize;

/// `index.json`: the available versions of a provider.
#[derive(Debug, Default, Serialize)]
pub struct Index {
    /// The protocol has an empty object for each version.
    versions: BTreeMap<String, BTreeMap<String, String>>,
}

impl Index {
    /// The index of these versions.
    pub fn new(versions: impl IntoIterator<Item = String>) -> Self {
        Self {
            versions: versions
                .into_iter()
                .map(|version| (version, BTreeMap::new()))
                .collect(),
        }
    }
}

/// `VERSION.json`: the packages of one version, by platform.
#[derive(Debug, Default, Serialize)]
pub struct Packages {
    /// By platform, e.g. `linux_amd64`.
    pub archives: BTreeMap<String, Archive>,
}

/// The URL and the checksums of a package.
#[derive(Debug, Serialize)]
pub struct Archive {
    /// The URL of the zip archive, relative to that of `VERSION.json`.
    pub url: String,
    /// The checksums that Terraform accepts, each with its scheme, e.g. `h1:…`.
    pub hashes: Vec<String>,
}
