//! Network mirrors: directories that any web server can serve.
//!
//! Tests: `tests/cli/release.rs`.

use std::collections::BTreeMap;

use serde::Serialize;

/// `index.json`: the versions that there are.
#[derive(Debug, Default, Serialize)]
pub struct Index {
    /// The protocol has an object for each version, with nothing in it.
    versions: BTreeMap<String, BTreeMap<String, String>>,
}

impl Index {
    /// The index of some versions.
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
    /// By platform, as `linux_amd64`.
    pub archives: BTreeMap<String, Archive>,
}

/// Where a package is, and what it hashes to.
#[derive(Debug, Serialize)]
pub struct Archive {
    /// Relative to the file that says so.
    pub url: String,
    /// Each with its scheme.
    pub hashes: Vec<String>,
}
