//! What registries and network mirrors have of a provider that is not on disk.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::context::Context;
use super::super::survey::{Method, Place};
use super::Findings;
use super::configuration::Wanted;
use crate::address::Address;
use crate::package::lock;
use crate::package::platform::Platform;
use crate::package::version::Version;
use crate::upgrade::registry::{LookupError, client, get};

/// Asks each place in turn, until one has what is wanted.
pub async fn check(
    context: &Context,
    methods: &[&Method],
    wanted: &Wanted,
    locked: Option<&lock::Entry>,
    findings: &mut Findings,
) {
    let address = &wanted.address;
    let accepts = |version: &Version| wanted.accepts(version, locked);
    let user_agent = context.user_agent();
    let mut reasons = Vec::new();
    for place in methods.iter().map(|method| &method.place) {
        let (shown, offer) = match place {
            Place::Directory(_) => continue,
            Place::Network(url) => (
                format!("the mirror `{url}`"),
                mirror(&user_agent, url, address, accepts).await,
            ),
            Place::Direct => (
                format!("the registry at `{}`", address.host().display()),
                registry(&user_agent, address).await,
            ),
        };
        match offer.map(|offer| fitting(&context.platform, accepts, &offer)) {
            Ok(Ok(version)) => {
                findings.good(format!("Terraform uses {version} from {shown}"));
                return;
            }
            Ok(Err(reason)) => reasons.push(format!("{shown} {reason}")),
            Err(LookupError::Unknown) => reasons.push(format!("{shown} does not have it")),
            Err(error) => reasons.push(format!("{shown} cannot be queried: {error}")),
        }
    }
    findings.bad(
        format!("`{address}` is not on disk, and {}", reasons.join("; ")),
        format!(
            "Run `{} install --source {address}`, or correct the source and the version in `required_providers`.",
            context.program_name()
        ),
    );
}

/// Versions, with the platforms of each.
type Offer = BTreeMap<Version, Vec<Platform>>;

/// The version that Terraform would choose, if it is there for this machine.
fn fitting(here: &Platform, accepts: impl Fn(&Version) -> bool, offer: &Offer) -> Result<Version, String> {
    let newest = offer.iter().rev().find(|(version, _)| accepts(version));
    match newest {
        Some((version, platforms)) if platforms.contains(here) => Ok(version.clone()),
        Some((version, _)) => Err(format!("has {version} only for other platforms")),
        None => {
            let versions: Vec<String> = offer.keys().rev().take(5).map(ToString::to_string).collect();
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

async fn registry(user_agent: &str, address: &Address) -> Result<Offer, LookupError> {
    let client = client(user_agent)?;
    let host = format!("https://{}/", address.host().comparison());
    let discovery: Discovery = match get(&client, &format!("{host}.well-known/terraform.json")).await {
        Err(LookupError::Unknown) => {
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
    let listing: Listing = get(&client, url.as_str()).await?;
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

/// A mirror says of each version by itself what it is there for: only the one that counts is asked for.
async fn mirror(
    user_agent: &str,
    url: &str,
    address: &Address,
    accepts: impl Fn(&Version) -> bool,
) -> Result<Offer, LookupError> {
    let client = client(user_agent)?;
    let base = format!(
        "{url}{}/{}/{}/",
        address.host().comparison(),
        address.namespace(),
        address.type_name()
    );
    let index: Index = get(&client, &format!("{base}index.json")).await?;
    let versions = index.versions.keys().filter_map(|text| Version::parse(text).ok());
    let mut offer: Offer = versions.map(|version| (version, Vec::new())).collect();
    let chosen = offer.iter_mut().rev().find(|(version, _)| accepts(version));
    if let Some((version, platforms)) = chosen {
        let listed: Archives = get(&client, &format!("{base}{version}.json")).await?;
        *platforms = listed
            .archives
            .keys()
            .filter_map(|text| text.parse().ok())
            .collect();
    }
    Ok(offer)
}
