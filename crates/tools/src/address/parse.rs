//! The parser of source addresses. It checks their parts in Terraform's order.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use super::error::{AddressError, ErrorKind, HostFault, NameFault};
use super::{Address, Host, Namespace, name};

const PROGRAM_PREFIX: &str = "terraform-provider-";
const PREFIX: &str = "terraform-";

/// The parts of a source address: host and namespace as written, the type in its normal form.
struct Parts<'a> {
    host: Option<&'a str>,
    namespace: Option<&'a str>,
    type_name: String,
}

fn split(given: &str) -> Result<Parts<'_>, AddressError> {
    let parts: Vec<&str> = given.split('/').collect();
    let (host, namespace, type_name) = match *parts.as_slice() {
        [type_name] => (None, None, type_name),
        [namespace, type_name] => (None, Some(namespace), type_name),
        [host, namespace, type_name] => (Some(host), Some(namespace), type_name),
        _ => return Err(format_error(given)),
    };
    if parts.iter().any(|part| part.is_empty()) {
        return Err(format_error(given));
    }
    Ok(Parts {
        host,
        namespace,
        type_name: name::type_name(type_name).map_err(|fault| type_error(type_name, given, fault))?,
    })
}

/// Parses `[HOST/][NAMESPACE/]TYPE`.
///
/// # Errors
///
/// [`AddressError`], the first rule that the address breaks.
pub fn source(given: &str) -> Result<Address, AddressError> {
    let Parts {
        host,
        namespace,
        type_name,
    } = split(given)?;
    let Some(namespace) = namespace else {
        return Ok(Address {
            host: Host::default(),
            namespace: Namespace::Unknown,
            type_name,
        });
    };
    let namespace = match namespace {
        "-" => Namespace::Legacy,
        given_namespace => Namespace::Named(
            name::namespace(given_namespace)
                .map_err(|fault| namespace_error(given_namespace, given, fault))?,
        ),
    };
    let host = match host {
        Some(host) => Host::parse(host).map_err(|fault| host_error(host, given, fault))?,
        None => Host::default(),
    };
    let address = Address {
        host,
        namespace,
        type_name,
    };
    check_legacy_host(&address)?;
    check_prefix(&address)?;
    Ok(address)
}

/// Parses `HOST/NAMESPACE/TYPE`.
///
/// # Errors
///
/// [`AddressError`], the first rule that the address breaks.
pub fn full(given: &str) -> Result<Address, AddressError> {
    let parts = split(given)?;
    let (Some(_), Some(namespace)) = (parts.host, parts.namespace) else {
        return Err(AddressError {
            suggestion: match source(given) {
                Ok(address) => format!("Write `{}`.", address.resolved().full()),
                Err(_) => {
                    "Write all three parts, for example `registry.terraform.io/hashicorp/random`.".to_owned()
                }
            },
            kind: ErrorKind::FullFormat(given.to_owned()),
        });
    };
    if namespace == "?" {
        return Err(AddressError {
            kind: ErrorKind::UnknownNamespace(given.to_owned()),
            suggestion: "Replace `?` with the namespace that publishes the provider.".to_owned(),
        });
    }
    let address = source(given)?;
    if address.is_legacy() {
        return Err(legacy_error(given));
    }
    Ok(address)
}

/// The address of three separate parts.
///
/// # Errors
///
/// [`AddressError`], the first part that is missing, or the first rule that the address breaks.
pub fn parts(host: &str, namespace: &str, type_name: &str) -> Result<Address, AddressError> {
    let missing = |kind, part: &str| {
        Err(AddressError {
            kind,
            suggestion: format!("Add the {part}. An address has a hostname, a namespace and a type."),
        })
    };
    match (host, namespace, type_name) {
        ("", "", "") => missing(ErrorKind::Empty, "parts"),
        ("", _, _) => missing(ErrorKind::NoHostname, "hostname"),
        (_, "" | "?", _) => missing(
            ErrorKind::UnknownNamespace(format!("{host}/{namespace}/{type_name}")),
            "namespace",
        ),
        (_, _, "") => missing(ErrorKind::NoType, "type"),
        _ => full(&format!("{host}/{namespace}/{type_name}")),
    }
}

fn check_legacy_host(address: &Address) -> Result<(), AddressError> {
    if !address.is_legacy() || address.host.is_default() {
        return Ok(());
    }
    Err(AddressError {
        kind: ErrorKind::LegacyHost(address.host.display()),
        suggestion: format!(
            "Replace `-` with the namespace of the provider on `{}`.",
            address.host.display()
        ),
    })
}

/// Rejects a type with the prefix of repositories and programs, `terraform-provider-NAME`, which people often paste.
fn check_prefix(address: &Address) -> Result<(), AddressError> {
    if !address.type_name.starts_with(PREFIX) {
        return Ok(());
    }
    // The suggestion must itself be valid, so all such prefixes are removed.
    let meant = address.type_name.strip_prefix(PROGRAM_PREFIX);
    let meant = meant.map(|rest| rest.trim_start_matches(PROGRAM_PREFIX).trim_start_matches(PREFIX));
    let meant = meant.and_then(|remainder| name::type_name(remainder).ok());
    let Some(type_name) = meant else {
        return Err(AddressError {
            kind: ErrorKind::RedundantPrefix(address.full()),
            suggestion:
                "Remove the prefix. If the provider is published under that name, ask its author to rename \
                         it: Terraform rejects the prefix."
                    .to_owned(),
        });
    };
    let meant = Address {
        type_name,
        ..address.clone()
    };
    Err(AddressError {
        kind: ErrorKind::ProgramName {
            given: address.to_string(),
            meant: meant.to_string(),
        },
        suggestion: format!("Did you mean `{meant}`?"),
    })
}

/// Suggests an address for the URL of a web page or repository, or for a path, which are the usual mistakes.
fn format_error(given: &str) -> AddressError {
    let (is_url, path) = match given.split_once("://") {
        Some((_, path)) => (true, path),
        None => (false, given),
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    // The Registry's pages are at HOST/providers/NAMESPACE/TYPE/…
    let candidate = match parts.as_slice() {
        [_, "providers", namespace, type_name, ..] => format!("{namespace}/{type_name}"),
        ["github.com" | "gitlab.com", owner, repository, ..] => {
            let name = repository.strip_suffix(".git").unwrap_or(repository);
            format!("{owner}/{}", name.strip_prefix(PROGRAM_PREFIX).unwrap_or(name))
        }
        [_, _, _] | [_, _] | [_] => parts.join("/"),
        _ => String::new(),
    };
    let is_new = !candidate.is_empty() && (is_url || candidate != given);
    let suggestion = match is_new.then(|| source(&candidate)) {
        Some(Ok(meant)) if meant.namespace == Namespace::Unknown => {
            format!("Did you mean `{}`?", meant.type_name)
        }
        Some(Ok(meant)) => format!("Did you mean `{meant}`?"),
        _ => "Write one to three parts separated by slashes, for example `hashicorp/random`.".to_owned(),
    };
    AddressError {
        kind: ErrorKind::Format(given.to_owned()),
        suggestion,
    }
}

fn type_error(name: &str, given: &str, fault: NameFault) -> AddressError {
    AddressError {
        kind: ErrorKind::Type {
            name: name.to_owned(),
            source_string: given.to_owned(),
            fault,
        },
        suggestion: name_suggestion("type", name, fault, name::type_name),
    }
}

fn namespace_error(name: &str, given: &str, fault: NameFault) -> AddressError {
    AddressError {
        kind: ErrorKind::Namespace {
            name: name.to_owned(),
            source_string: given.to_owned(),
            fault,
        },
        suggestion: name_suggestion("namespace", name, fault, name::namespace),
    }
}

fn name_suggestion(
    part: &str,
    name: &str,
    fault: NameFault,
    rule: fn(&str) -> Result<String, NameFault>,
) -> String {
    if part == "namespace" && fault == NameFault::Dot {
        return format!(
            "If `{name}` is a hostname, put a namespace between it and the type: `{name}/NAMESPACE/TYPE`."
        );
    }
    if name.starts_with("xn--") {
        return format!(
            "Write the {part} in Unicode: `{}`.",
            idna::domain_to_unicode(name).0
        );
    }
    let plain = name.replace(['_', '.', ' '], "-");
    let joined: Vec<&str> = plain.split('-').filter(|piece| !piece.is_empty()).collect();
    match rule(&joined.join("-")) {
        Ok(meant) if !meant.starts_with(PREFIX) => format!("Did you mean `{meant}`?"),
        _ => format!("Use only letters, digits and single dashes in the {part}."),
    }
}

fn host_error(name: &str, given: &str, fault: HostFault) -> AddressError {
    let suggestion = match fault {
        HostFault::Port | HostFault::PortRange => {
            "Write a port from 1 to 65535 after the colon, or omit the port to use 443.".to_owned()
        }
        HostFault::Punycode => {
            let (unicode, outcome) = idna::domain_to_unicode(name);
            match outcome {
                Ok(()) => format!("Write `{unicode}`."),
                Err(_) => "Write the hostname in Unicode instead of punycode.".to_owned(),
            }
        }
        HostFault::EmptyLabel | HostFault::Characters | HostFault::Empty | HostFault::Url => {
            "Write a hostname with an optional port, for example `registry.example.com:8443`.".to_owned()
        }
    };
    AddressError {
        kind: ErrorKind::Hostname {
            name: name.to_owned(),
            source_string: given.to_owned(),
            fault,
        },
        suggestion,
    }
}

fn legacy_error(given: &str) -> AddressError {
    AddressError {
        kind: ErrorKind::LegacyNamespace(given.to_owned()),
        suggestion:
            "Replace `-` with the namespace of the provider. Run `0.13upgrade` to find it in the registry, and `terraform \
                     state replace-provider` to change it in state."
                .to_owned(),
    }
}
