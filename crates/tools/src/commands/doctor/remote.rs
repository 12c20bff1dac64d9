//! The check of registries and network mirrors, for a provider that is not on disk.
//!
//! The protocols: <https://developer.hashicorp.com/terraform/internals/provider-registry-protocol>,
//! <https://developer.hashicorp.com/terraform/internals/remote-service-discovery> and
//! <https://developer.hashicorp.com/terraform/internals/provider-network-mirror-protocol>.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::context::Context;
use super::super::installation::{Location, Method};
use super::Findings;
use super::configuration::RequiredProvider;
use crate::address::Address;
use crate::package::lock;
use crate::package::platform::Platform;
use crate::package::version::Version;
use crate::upgrade::registry::{LookupError, get_json, http_client};

/// Queries each mirror and registry in turn, until one has a matching version for this platform.
pub async fn check(
    context: &Context,
    methods: &[&Method],
    required: &RequiredProvider,
    locked: Option<&lock::Entry>,
    findings: &mut Findings,
) {
    let address = &required.address;
    let accepts = |version: &Version| required.accepts(version, locked);
    let user_agent = context.user_agent();
    let mut reasons = Vec::new();
    for location in methods.iter().map(|method| &method.location) {
        let (shown, available) = match location {
            Location::Directory(_) => continue,
            Location::Network(url) => (
                format!("the mirror `{url}`"),
                query_mirror(&user_agent, url, address, accepts).await,
            ),
            Location::Direct => (
                format!("the registry at `{}`", address.host().display()),
                query_registry(&user_agent, address).await,
            ),
        };
        match available.map(|available| select_version(&context.platform, accepts, &available)) {
            Ok(Ok(version)) => {
                findings.passed(format!("Terraform uses {version} from {shown}"));
                return;
            }
            Ok(Err(reason)) => reasons.push(format!("{shown} {reason}")),
            Err(LookupError::NotFound) => reasons.push(format!("{shown} does not have it")),
            Err(error) => reasons.push(format!("{shown} cannot be queried: {error}")),
        }
    }
    findings.problem(
        format!("`{address}` is not on disk, and {}", reasons.join("; ")),
        format!(
            "Run `{} install --source {address}`, or correct the source and the version in `required_providers`.",
            context.program_name()
        ),
    );
}

/// The available versions, with the platforms of each.
type AvailableVersions = BTreeMap<Version, Vec<Platform>>;

/// The version that Terraform would select.
///
/// # Errors
///
/// Why Terraform cannot select one, as a fragment whose subject is the registry or mirror.
fn select_version(
    platform: &Platform,
    accepts: impl Fn(&Version) -> bool,
    available: &AvailableVersions,
) -> Result<Version, String> {
    let newest = available.iter().rev().find(|(version, _)| accepts(version));
    match newest {
        Some((version, platforms)) if platforms.contains(platform) => Ok(version.clone()),
        Some((version, _)) => Err(format!("has {version} only for other platforms")),
        None => {
            let versions: Vec<String> = available.keys().rev().take(5).map(ToString::to_string).collect();
            Err(match versions.as_slice() {
                [] => "has no versions of it".to_owned(),
                _ => format!("has no matching version (it has {})", versions.join(", ")),
            })
        }
    }
}

#[derive(Deserialize)]
struct Discovery {
    #[serde(rename = "providers.v1")]
    providers: Option<String>,
}

#[derive(Deserialize)]
struct Listing {
    versions: Vec<ListedVersion>,
}

#[derive(Deserialize)]
struct ListedVersion {
    version: String,
    #[serde(default)]
    platforms: Vec<ListedPlatform>,
}

#[derive(Deserialize)]
struct ListedPlatform {
    os: String,
    arch: String,
}

async fn query_registry(user_agent: &str, address: &Address) -> Result<AvailableVersions, LookupError> {
    let client = http_client(user_agent)?;
    let host = format!("https://{}/", address.host().comparison());
    let discovery: Discovery = match get_json(&client, &format!("{host}.well-known/terraform.json")).await {
        Err(LookupError::NotFound) => {
            return Err(LookupError::Failed(
                "the host is not a provider registry".to_owned(),
            ));
        }
        other => other?,
    };
    let base = discovery
        .providers
        .ok_or_else(|| LookupError::Failed("the host is not a registry of providers".to_owned()))?;
    let url = url::Url::parse(&host)
        .and_then(|host| host.join(&base))
        .and_then(|base| {
            base.join(&format!(
                "{}/{}/versions",
                address.namespace(),
                address.type_name()
            ))
        })
        .map_err(|error| LookupError::Failed(format!("the response of the registry is invalid: {error}")))?;
    let listing: Listing = get_json(&client, url.as_str()).await?;
    let parsed = listing.versions.into_iter().filter_map(|listed| {
        let platforms = listed.platforms.into_iter().map(|platform| Platform {
            os: platform.os,
            arch: platform.arch,
        });
        Some((Version::parse(&listed.version).ok()?, platforms.collect()))
    });
    Ok(parsed.collect())
}

#[derive(Deserialize)]
struct Index {
    versions: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Archives {
    archives: BTreeMap<String, serde_json::Value>,
}

/// Queries a network mirror. It has one document per version with its platforms; only that of the newest matching version
/// is requested.
async fn query_mirror(
    user_agent: &str,
    url: &str,
    address: &Address,
    accepts: impl Fn(&Version) -> bool,
) -> Result<AvailableVersions, LookupError> {
    let client = http_client(user_agent)?;
    let base = format!(
        "{url}{}/{}/{}/",
        address.host().comparison(),
        address.namespace(),
        address.type_name()
    );
    let index: Index = get_json(&client, &format!("{base}index.json")).await?;
    let versions = index.versions.keys().filter_map(|text| Version::parse(text).ok());
    let mut available: AvailableVersions = versions.map(|version| (version, Vec::new())).collect();
    let newest = available.iter_mut().rev().find(|(version, _)| accepts(version));
    if let Some((version, platforms)) = newest {
        let listed: Archives = get_json(&client, &format!("{base}{version}.json")).await?;
        *platforms = listed
            .archives
            .keys()
            .filter_map(|text| text.parse().ok())
            .collect();
    }
    Ok(available)
}
