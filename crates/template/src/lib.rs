//! Checks and renders Jinja templates of [cloud-init] user data.
//!
//! The crate knows Jinja, YAML and cloud-init. It does not know which names a template can use: its caller passes them as
//! [`Names`].
//!
//! | module | content |
//! |---|---|
//! | `parser` | reads the tags of a template as Jinja2 does |
//! | `expression` | reads the expressions in them |
//! | `lexer`, `uses` | tokens; the names in a template |
//! | `names` | the names that a template can use, and the check of those that it uses |
//! | `rendering` | renders a template with minijinja |
//! | `samples` | values for names, with which a template is rendered to look at the result |
//! | `user_data`, `yaml` | the headers of cloud-init, and its YAML |
//! | `result` | checks the result of a rendering |
//! | `finding` | errors and warnings with their place |
//!
//! An error means that the template cannot be rendered, whatever renders it. Everything that is only likely is a warning, and
//! what cannot be decided is silent: a template that minijinja cannot render is not checked any further.
//!
//! [cloud-init]: https://docs.cloud-init.io
//!
//! Tests: `crates/template/tests/`.

mod expression;
mod finding;
mod lexer;
mod names;
mod parser;
mod rendering;
mod result;
mod samples;
mod user_data;
mod uses;
mod yaml;

use std::collections::BTreeSet;

pub use finding::{Finding, Kind, Severity};
pub use names::{Names, Shape};
pub use rendering::{RenderError, render};

use names::{Resolved, resolve};
use uses::Member;

/// The size of the largest template that is checked, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// Checks a template. Returns what it finds, in the order of the template.
pub fn check(template: &str, names: &Names) -> Vec<Finding> {
    if template.len() > MAX_SIZE {
        return Vec::new();
    }
    let parsed = parser::parse(template);
    let mut found: Vec<(usize, Finding)> = Vec::new();
    if let Some(error) = &parsed.error {
        found.push((
            error.offset,
            Finding::new(Severity::Error, Kind::Syntax, error.message.clone()),
        ));
    } else if parsed.is_complete {
        found.extend(unknown_tag(&parsed));
        names::check(&parsed, names, &mut found);
        found.sort_by_key(|(offset, _)| *offset);
    }
    let mut findings: Vec<Finding> = found
        .into_iter()
        .map(|(offset, finding)| {
            let (line, column) = finding::position(template, offset);
            Finding {
                line,
                column,
                ..finding
            }
        })
        .collect();
    if parsed.error.is_none() && parsed.is_complete {
        findings.extend(result::check(template, &parsed, names));
    }
    findings
}

/// The members of a root that a template reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// The members that are named, such as `password` of `secrets.password`.
    pub names: BTreeSet<String>,
    /// Whether it may read others, too, because it uses the root as a whole or with a name that it computes.
    pub has_others: bool,
}

/// The members of a root, such as `secrets`, that a template reads. Of a template that is invalid: those before the error.
pub fn uses(template: &str, names: &Names, root: &str) -> Members {
    let parsed = parser::parse(template);
    let mut members = Members {
        has_others: !parsed.is_complete,
        ..Members::default()
    };
    for used in &parsed.uses {
        let is_root = matches!(resolve(&parsed, names, used), Resolved::Shape(of, _) if of == root);
        if is_root && used.root == root {
            match used.members.first() {
                Some(Member::Name(name, _)) if !(used.is_called && used.members.len() == 1) => {
                    members.names.insert((*name).to_owned());
                }
                // `"name" in secrets` uses the root, too, but reads only that member.
                None if !used.contains.is_empty() => {}
                _ => members.has_others = true,
            }
        }
    }
    members
}

/// The first tag that Jinja does not know, unless it only closes another one.
fn unknown_tag(parsed: &uses::Parsed<'_>) -> Option<(usize, Finding)> {
    let tag = parsed.unknown_tags.first()?;
    let word = tag.text;
    let message = match names::nearest(word, parser::tags()) {
        Some(nearest) => format!("Jinja has no tag `{word}`. Did you mean `{nearest}`?"),
        None => format!("Jinja has no tag `{word}`, unless an extension adds it."),
    };
    Some((tag.offset, Finding::new(Severity::Warning, Kind::Tag, message)))
}
