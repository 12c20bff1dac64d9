//! What a namespace or type may be.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use idna::uts46::{AsciiDenyList, Hyphens, Uts46};

use super::error::NameFault;

/// STD3's list without the underscore: Terraform 1.16 allows that in a namespace.
const DENIED_IN_NAMESPACE: AsciiDenyList = AsciiDenyList::new(true, "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");

/// A type in its normal form.
pub fn type_name(given: &str) -> Result<String, NameFault> {
    normal(given, AsciiDenyList::STD3)
}

/// A namespace in its normal form. It may have underscores inside.
pub fn namespace(given: &str) -> Result<String, NameFault> {
    let name = normal(given, DENIED_IN_NAMESPACE)?;
    if name.starts_with('_') || name.ends_with('_') {
        return Err(NameFault::Characters);
    }
    Ok(name)
}

fn normal(given: &str, denied: AsciiDenyList) -> Result<String, NameFault> {
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
        // A character that maps to nothing or to a dot would make a name that is none.
        Ok(()) if name.is_empty() || name.contains('.') => Err(NameFault::Characters),
        Ok(()) => Ok(name.into_owned()),
        Err(_) => Err(NameFault::Characters),
    }
}
