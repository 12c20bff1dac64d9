//! The address that a provider of the time before 0.13 has now.
//!
//! Tests: `crates/tools/tests/upgrade/main.rs`.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::address::Address;
use crate::package::version::Version;

const TIMEOUT: Duration = Duration::from_secs(15);

/// A registry, or none.
#[derive(Debug)]
pub struct Registry {
    access: Result<(reqwest::Client, String), LookupError>,
}

/// What a registry says of a provider that was known by its type.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it is called now.
    pub address: Address,
    /// What it is called since it moved, if it did.
    pub moved_to: Option<Address>,
    /// The versions under the first address.
    pub versions: Vec<Version>,
}

/// Why a registry says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// Nobody is to be asked.
    #[error("registries are not queried (--offline)")]
    Offline,
    /// The CLI configuration does not let Terraform ask the registry.
    #[error("`provider_installation` in the CLI configuration has no `direct` block that allows it")]
    NoDirect,
    /// The registry does not know the name.
    #[error("the registry has no provider with this name")]
    Unknown,
    /// The registry cannot be asked, or its answer is none.
    #[error("{0}")]
    Failed(String),
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    id: String,
    #[serde(default)]
    moved_to: Option<String>,
    #[serde(default)]
    versions: Vec<DocumentVersion>,
}

#[derive(Deserialize)]
struct DocumentVersion {
    version: String,
}

impl Registry {
    /// The registry at an URL, without the path of its API, asked by the program with this `User-Agent`.
    pub fn at(url: &str, user_agent: &str) -> Self {
        Self {
            access: client(user_agent).map(|client| (client, url.trim_end_matches('/').to_owned())),
        }
    }

    /// A registry that is not asked.
    pub fn none(reason: LookupError) -> Self {
        Self { access: Err(reason) }
    }

    /// Asks for a provider by its type.
    pub async fn legacy(&self, name: &str) -> Result<Answer, LookupError> {
        let document = self.versions(&format!("-/{name}")).await?;
        let parse = |id: &str| {
            Address::parse(id).map(Address::resolved).map_err(|error| {
                LookupError::Failed(format!("the response of the registry is invalid: {error}"))
            })
        };
        Ok(Answer {
            address: parse(&document.id)?,
            moved_to: document
                .moved_to
                .filter(|id| !id.is_empty())
                .map(|id| parse(&id))
                .transpose()?,
            versions: versions(&document.versions),
        })
    }

    /// Asks for the versions of a provider.
    pub async fn versions_of(&self, address: &Address) -> Result<Vec<Version>, LookupError> {
        let path = format!("{}/{}", address.namespace(), address.type_name());
        Ok(versions(&self.versions(&path).await?.versions))
    }

    async fn versions(&self, path: &str) -> Result<Document, LookupError> {
        let (client, url) = self.access.as_ref().map_err(Clone::clone)?;
        get(client, &format!("{url}/v1/providers/{path}/versions")).await
    }
}

/// Asks registries.
pub(crate) fn client(user_agent: &str) -> Result<reqwest::Client, LookupError> {
    reqwest::Client::builder()
        .timeout(TIMEOUT)
        .user_agent(user_agent)
        .build()
        .map_err(|error| LookupError::Failed(chain(&error)))
}

/// A document in JSON.
pub(crate) async fn get<T: DeserializeOwned>(client: &reqwest::Client, url: &str) -> Result<T, LookupError> {
    let failed = |error: reqwest::Error| LookupError::Failed(chain(&error));
    let response = client.get(url).send().await.map_err(failed)?;
    if response.status() == reqwest::StatusCode::NOT_FOUND {
        return Err(LookupError::Unknown);
    }
    let response = response.error_for_status().map_err(failed)?;
    let body = response.bytes().await.map_err(failed)?;
    serde_json::from_slice(&body)
        .map_err(|error| LookupError::Failed(format!("the response of the registry is invalid: {error}")))
}

/// Oldest first; what is no version is passed over.
fn versions(listed: &[DocumentVersion]) -> Vec<Version> {
    let mut versions: Vec<Version> = listed
        .iter()
        .filter_map(|listed| Version::parse(&listed.version).ok())
        .collect();
    versions.sort();
    versions
}

/// The causes of an error, from the outside in: the outermost says only that something failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
