//! Requests to registries, and the source address of a provider that Terraform 0.12 knew only by its type.
//!
//! The protocol: <https://developer.hashicorp.com/terraform/internals/provider-registry-protocol#list-available-versions>.
//! The public registry adds the namespace `-`, `id` and `moved_to` for
//! [legacy providers](https://github.com/hashicorp/terraform/blob/v0.13.7/internal/getproviders/registry_client.go).
//!
//! Tests: `crates/tools/tests/upgrade/main.rs`.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::address::Address;
use crate::package::version::Version;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// A registry, or the reason why it is not queried.
#[derive(Debug)]
pub struct Registry {
    access: Result<(reqwest::Client, String), LookupError>,
}

/// The addresses and versions of a provider that Terraform 0.12 knew by its type.
#[derive(Clone, Debug)]
pub struct LegacyProvider {
    /// The address under which it was published for Terraform 0.13.
    pub address: Address,
    /// The new address, if the provider has moved since.
    pub moved_to: Option<Address>,
    /// The versions under `address`, oldest first.
    pub versions: Vec<Version>,
}

/// Why a registry returned nothing about a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The command runs with `--offline`.
    #[error("registries are not queried (--offline)")]
    Offline,
    /// The CLI configuration does not allow Terraform to query the registry.
    #[error("`provider_installation` in the CLI configuration has no `direct` block that allows it")]
    NoDirect,
    /// The registry returned 404 Not Found.
    #[error("the registry has no provider with this name")]
    NotFound,
    /// The request failed, or the response is invalid.
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
    /// The registry at this base URL, without the path of its API. Requests have this `User-Agent`.
    pub fn at(url: &str, user_agent: &str) -> Self {
        Self {
            access: http_client(user_agent).map(|client| (client, url.trim_end_matches('/').to_owned())),
        }
    }

    /// A registry that is not queried: each request fails for this reason.
    pub fn unavailable(reason: LookupError) -> Self {
        Self { access: Err(reason) }
    }

    /// Looks up a provider by its type.
    ///
    /// # Errors
    ///
    /// [`LookupError`], if there is no such provider, or the registry is not queried or fails.
    pub async fn find_legacy(&self, name: &str) -> Result<LegacyProvider, LookupError> {
        let document = self.get_versions(&format!("-/{name}")).await?;
        let parse = |id: &str| {
            Address::parse(id).map(Address::resolved).map_err(|error| {
                LookupError::Failed(format!("the response of the registry is invalid: {error}"))
            })
        };
        Ok(LegacyProvider {
            address: parse(&document.id)?,
            moved_to: document
                .moved_to
                .filter(|id| !id.is_empty())
                .map(|id| parse(&id))
                .transpose()?,
            versions: parse_versions(&document.versions),
        })
    }

    /// The versions of a provider, oldest first.
    ///
    /// # Errors
    ///
    /// [`LookupError`], if there is no such provider, or the registry is not queried or fails.
    pub async fn list_versions(&self, address: &Address) -> Result<Vec<Version>, LookupError> {
        let path = format!("{}/{}", address.namespace(), address.type_name());
        Ok(parse_versions(&self.get_versions(&path).await?.versions))
    }

    async fn get_versions(&self, path: &str) -> Result<Document, LookupError> {
        let (client, url) = self.access.as_ref().map_err(Clone::clone)?;
        get_json(client, &format!("{url}/v1/providers/{path}/versions")).await
    }
}

/// An HTTP client for requests to registries and mirrors.
///
/// # Errors
///
/// [`LookupError::Failed`], if TLS cannot be set up.
pub(crate) fn http_client(user_agent: &str) -> Result<reqwest::Client, LookupError> {
    reqwest::Client::builder()
        .timeout(REQUEST_TIMEOUT)
        .user_agent(user_agent)
        .build()
        .map_err(|error| LookupError::Failed(with_causes(&error)))
}

/// Gets a JSON document.
///
/// # Errors
///
/// [`LookupError::NotFound`] for a 404; [`LookupError::Failed`] for any other failure and for invalid JSON.
pub(crate) async fn get_json<T: DeserializeOwned>(
    client: &reqwest::Client,
    url: &str,
) -> Result<T, LookupError> {
    let failed = |error: reqwest::Error| LookupError::Failed(with_causes(&error));
    let response = client.get(url).send().await.map_err(failed)?;
    if response.status() == reqwest::StatusCode::NOT_FOUND {
        return Err(LookupError::NotFound);
    }
    let response = response.error_for_status().map_err(failed)?;
    let body = response.bytes().await.map_err(failed)?;
    serde_json::from_slice(&body)
        .map_err(|error| LookupError::Failed(format!("the response of the registry is invalid: {error}")))
}

/// The versions, oldest first. Strings that are not versions are ignored.
fn parse_versions(listed: &[DocumentVersion]) -> Vec<Version> {
    let mut versions: Vec<Version> = listed
        .iter()
        .filter_map(|listed| Version::parse(&listed.version).ok())
        .collect();
    versions.sort();
    versions
}

/// An error with its causes. Alone, reqwest's error does not say why the request failed.
fn with_causes(error: &dyn std::error::Error) -> String {
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
