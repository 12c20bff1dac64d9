//! `durantic_machine_role`: checks a new template in the plan.
//!
//! Tests: below, and `tests/terraform/templates.rs`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use engine::codec::Codec;
use engine::diagnostic::Summary;
use engine::hook::Hook;
use engine::survey::{Existing, Survey};
use template::{Finding, Kind, Names, Severity, check, uses};
use value::Path;

use crate::summaries;
use crate::templates::{NAMES, SECRETS, VARIABLES};

const TEMPLATE: &str = "template_data";

/// The resources whose objects are the members of a name in templates.
const LISTED: [(&str, &str); 2] = [(SECRETS, "secret"), (VARIABLES, "variable")];

/// Terraform plans in any order, so a plan of another resource may follow that has the name.
const PLANNED_LATER: &str =
    "If this configuration creates it, add `depends_on`, so that Terraform creates it before the role.";

/// Checks `template_data`.
pub struct MachineRole;

impl Codec for MachineRole {}

#[async_trait]
impl Hook for MachineRole {
    async fn check(&self, survey: &mut Survey<'_>) {
        if !survey.sets(TEMPLATE) {
            return;
        }
        let Some(template) = survey.planned().get(TEMPLATE).as_str().map(str::to_owned) else {
            return;
        };
        let mut names = NAMES;
        for (root, resource) in LISTED {
            let used = uses(&template, &NAMES, root).names;
            if let Some(listed) = listed(survey, resource, &used).await {
                names = names.with(root, listed);
            }
        }
        let path = Path::root().attribute(TEMPLATE);
        for (severity, summary, detail) in diagnostics(&template, &names) {
            match severity {
                Severity::Error => survey.refuse(path.clone(), summary, detail),
                Severity::Warning => survey.warn(path.clone(), summary, detail),
            }
        }
    }
}

/// The names of all objects of a resource, in the account and in the plan; `None` if they are not certain, or none is used.
async fn listed(
    survey: &mut Survey<'_>,
    resource: &str,
    used: &BTreeSet<String>,
) -> Option<BTreeSet<String>> {
    if used.is_empty() {
        return None;
    }
    let names = |objects: Vec<Existing>| -> Option<BTreeSet<String>> {
        objects.iter().map(|object| object.string("name")).collect()
    };
    let known = names(survey.all(resource).await?)?;
    let mut missing = used.difference(&known).peekable();
    if missing.peek().is_none() {
        return Some(known);
    }
    for name in missing {
        survey.wait_for_name(resource, name).await;
    }
    names(survey.all(resource).await?)
}

/// What is reported about a template.
pub fn diagnostics(template: &str, names: &Names) -> Vec<(Severity, &'static Summary, String)> {
    let findings = check(template, names).into_iter();
    findings
        .map(|finding| {
            let Finding {
                severity,
                kind,
                line,
                column,
                message,
            } = finding;
            let place = format!("Line {line}, column {column} of `{TEMPLATE}`");
            let detail = match kind {
                Kind::Path | Kind::Header => message,
                Kind::Listed => format!("{place}: {message} {PLANNED_LATER}"),
                _ => format!("{place}: {message}"),
            };
            (severity, summary(severity, kind), detail)
        })
        .collect()
}

/// Terraform shows warnings with the same summary as one, so each group of kinds has its own.
fn summary(severity: Severity, kind: Kind) -> &'static Summary {
    match (severity, kind) {
        (Severity::Error, _) => &summaries::INVALID_TEMPLATE,
        (Severity::Warning, Kind::Listed) => &summaries::TEMPLATE_NAME_NOT_FOUND,
        (Severity::Warning, Kind::Header | Kind::Path | Kind::Yaml) => &summaries::TEMPLATE_RESULT,
        (Severity::Warning, Kind::Syntax | Kind::Tag | Kind::Name | Kind::Member) => {
            &summaries::TEMPLATE_NAME
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_name_the_place_in_the_template() {
        let names = NAMES.with(SECRETS, BTreeSet::from(["token".to_owned()]));
        let shown = |template: &str| {
            let found = diagnostics(template, &names).into_iter();
            let lines = found.map(|(severity, summary, detail)| format!("{severity:?} {summary}: {detail}"));
            lines.collect::<Vec<String>>()
        };
        let place = |line, column| format!("Line {line}, column {column} of `template_data`: ");
        assert_eq!(
            shown("#cloud-config\nhostname: {{ machine.hostname }} # {{ secrets.token }}\n"),
            [""; 0]
        );
        assert_eq!(
            shown("#cloud-config\na: {{ machin }} {{ secrets.tokn }}{{ machine.x }}"),
            [
                format!(
                    "Error Invalid template: {}`machin` is not defined. Did you mean `machine`?",
                    place(2, 7)
                ),
                format!(
                    "Warning Secret or variable of the template not found: {}There is no secret with the name `tokn`. Did you mean \
                     `token`? {PLANNED_LATER}",
                    place(2, 28)
                ),
                format!(
                    "Warning Unknown name in the template: {}`machine` has no `x`. It has `hostname`, `mesh` and \
                     `discovered_ip_addresses`.",
                    place(2, 46)
                ),
            ]
        );
        assert_eq!(
            shown("web.yaml"),
            [
                "Warning Template may not give what is meant: The template looks like the path of a file. To use the content of the \
              file, write `file(…)`."
            ]
        );
    }
}
