//! The names of secrets and variables, which templates write as `secrets.NAME` and `vars.NAME`.
//!
//! Tests: below, and `tests/terraform/mistakes.rs`.

use engine::survey::Survey;
use value::Path;

use crate::summaries;

/// Warns of a name that a template cannot write after a dot. `root` is `secrets` or `vars`.
pub fn check(survey: &mut Survey<'_>, root: &str) {
    let name = survey
        .planned()
        .get("name")
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if survey.sets("name") && !is_identifier(&name) {
        let detail = format!(
            "Templates cannot write `{root}.{name}`, because `{name}` is not a name of letters, digits and underscores that begins with a \
             letter. Choose such a name, or write `{root}[{name:?}]` in the templates."
        );
        survey.warn(
            Path::root().attribute("name"),
            &summaries::NAME_NOT_IN_TEMPLATES,
            detail,
        );
    }
}

/// Whether a name is an identifier of Jinja: <https://jinja.palletsprojects.com/en/stable/api/#notes-on-identifiers>.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::is_identifier;

    #[test]
    fn identifiers_have_letters_digits_and_underscores() {
        for name in ["TOKEN", "db_password", "_x", "a1", "größe"] {
            assert!(is_identifier(name), "{name}");
        }
        for name in ["", "data-base", "a b", "1a", "a.b", "a/b"] {
            assert!(!is_identifier(name), "{name}");
        }
    }
}
