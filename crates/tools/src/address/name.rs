//! The names that a namespace or type may have.
//!
//! Source: <https://developer.hashicorp.com/terraform/language/providers/requirements#source-addresses>.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use idna::uts46::{AsciiDenyList, Hyphens, Uts46};

use super::error::NameFault;

/// The characters that STD3 denies, except for the underscore, which Terraform 1.16 allows in a namespace.
const DENIED_IN_NAMESPACE: AsciiDenyList = AsciiDenyList::new(true, "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");

/// The normal form of a type.
///
/// # Errors
///
/// [`NameFault`], the first rule that the type breaks.
pub fn type_name(given: &str) -> Result<String, NameFault> {
    normalise(given, AsciiDenyList::STD3)
}

/// The normal form of a namespace. It may have underscores, but not at its beginning or end.
///
/// # Errors
///
/// [`NameFault`], the first rule that the namespace breaks.
pub fn namespace(given: &str) -> Result<String, NameFault> {
    let name = normalise(given, DENIED_IN_NAMESPACE)?;
    if name.starts_with('_') || name.ends_with('_') {
        return Err(NameFault::Characters);
    }
    Ok(name)
}

fn normalise(given: &str, denied: AsciiDenyList) -> Result<String, NameFault> {
    if given.is_empty() {
        return Err(NameFault::Empty);
    }
    if given.contains('.') {
        return Err(NameFault::Dot);
    }
    if given.contains("--") {
        return Err(NameFault::Dashes);
    }
    let (name, outcome) = Uts46::new().to_unicode(given.as_bytes(), denied, Hyphens::Check);
    match outcome {
        // IDNA maps some characters to nothing or to a dot. The result would not be a name.
        Ok(()) if name.is_empty() || name.contains('.') => Err(NameFault::Characters),
        Ok(()) => Ok(name.into_owned()),
        Err(_) => Err(NameFault::Characters),
    }
}
