//! Secrets and variables, which templates read as `secrets.NAME` and `vars.NAME`: names that they cannot write, and machines that were
//! installed with an earlier value.
//!
//! Tests: below, and `tests/terraform/mistakes.rs`.

use std::collections::BTreeSet;

use engine::protection::listed;
use engine::survey::{Existing, Survey};
use value::{Path, Value};

use crate::summaries;
use crate::templates::NAMES;

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

/// Warns of machines that were installed with the earlier value: a template of one of their roles reads it. `changes` are the attributes
/// whose change is one of the value.
pub async fn check_readers(survey: &mut Survey<'_>, root: &str, changes: &[&str]) {
    let prior = survey.prior();
    let name = prior.get("name").as_str().unwrap_or_default().to_owned();
    // An imported object has no earlier value in state.
    let is_changed = |name: &&str| survey.sets(name) && !prior.get(name).is_null();
    if !changes.iter().any(is_changed) {
        return;
    }
    let roles = survey.account("machine_role").await.unwrap_or_default();
    let reads = |role: &Existing| {
        let template = role.string("template_data").unwrap_or_default();
        template::uses(&template, &NAMES, root).names.contains(&name)
    };
    let readers: BTreeSet<String> = roles
        .iter()
        .filter(|role| reads(role))
        .filter_map(|role| role.string("name"))
        .collect();
    if readers.is_empty() {
        return;
    }
    let machines = survey.account("machine").await.unwrap_or_default();
    let has_reader = |machine: &Existing| {
        let roles = machine.get("role_names");
        let mut roles = roles.elements().iter().filter_map(Value::as_str);
        roles.any(|role| readers.contains(role))
    };
    let mut installed: Vec<String> = machines
        .iter()
        .filter(|machine| has_reader(machine))
        .filter_map(|machine| machine.string("hostname"))
        .collect();
    installed.sort();
    if installed.is_empty() {
        return;
    }
    let readers: Vec<String> = readers.iter().map(|role| format!("`{role}`")).collect();
    let detail = format!(
        "The templates of the roles {} read `{root}.{name}`. Unless this plan installs them again, these machines keep the earlier value: {}.",
        readers.join(", "),
        listed(&installed)
    );
    survey.warn(
        Path::root().attribute(changes.first().copied().unwrap_or("name")),
        &summaries::READ_BY_MACHINES,
        detail,
    );
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
