//! Builds the provider, resources and data sources.
//!
//! Tests: `schema/tests/model.rs`.

use std::borrow::Cow;

use super::attribute::{attributes, sorted, timeouts, twins};
use crate::grammar::{FORGET, Section};
use crate::model::{
    Api, Attribute, Constraint, Delete, Expect, Import, Job, Kind, List, Literal, Lookup, Phase, Provider,
    Report, Resource, Rule, Text, Timeouts,
};

/// Builds the provider's own configuration.
pub(crate) fn provider(tree: &Literal) -> Provider {
    Provider {
        name: tree.text("provider").unwrap_or_default(),
        address: tree.text("address").unwrap_or_default(),
        summary: tree.text("summary").unwrap_or_default(),
        description: tree.text("description").unwrap_or_default(),
        attributes: attributes(tree, Section::Provider),
    }
}

/// Builds a resource or a data source.
pub(crate) fn resource(tree: &Literal, file: Section) -> Resource {
    let (kind, name) = match file {
        Section::DataSource => (Kind::DataSource, "data_source"),
        _ => (Kind::Resource, "resource"),
    };
    let timeouts = tree.get("timeouts").map(default_timeouts);
    let (attributes, derived) = with_derived(attributes(tree, file), tree, timeouts.as_ref());
    let spoken = tree.tables("constraint").iter().map(constraint);
    Resource {
        kind,
        name: tree.text(name).unwrap_or_default(),
        summary: tree.text("summary").unwrap_or_default(),
        description: tree.text("description").unwrap_or_default(),
        subcategory: tree.text("subcategory"),
        since: tree.text("since"),
        deprecated: tree.text("deprecated"),
        version: tree.get("version").and_then(Literal::as_int).unwrap_or(0),
        import: tree.text("import").map_or(Import::Never, Import::By),
        label: role(tree, "label", &attributes, ("name", Attribute::can_be_label)),
        created: role(
            tree,
            "created",
            &attributes,
            ("created_at", Attribute::can_be_created),
        ),
        hook: tree.text("hook"),
        api: api(tree.get("api"), kind),
        attributes,
        // What was written comes first, so that its index is the one it was written with.
        constraints: Cow::Owned(spoken.chain(derived).collect()),
        lookups: Cow::Owned(tree.tables("lookup").iter().map(lookup).collect()),
        job: tree.get("job").map(job),
        timeouts,
    }
}

/// The attribute that has a role: the one written down, else the default one where it can have the role.
fn role(
    tree: &Literal,
    key: &str,
    attributes: &[Attribute],
    (default, fits): (&str, fn(&Attribute) -> bool),
) -> Option<Text> {
    tree.text(key).or_else(|| {
        let attribute = attributes.iter().find(|attribute| attribute.name == default)?;
        fits(attribute).then(|| attribute.name.clone())
    })
}

fn with_derived(
    declared: List<Attribute>,
    tree: &Literal,
    defaults: Option<&Timeouts>,
) -> (List<Attribute>, Vec<Constraint>) {
    let is_twin = |attribute: &&Attribute| {
        let tree = tree
            .get("attributes")
            .and_then(|attributes| attributes.get(&attribute.name));
        tree.and_then(|tree| tree.text("write_only")).is_some()
    };
    let (twins, constraints): (Vec<_>, Vec<_>) = declared.iter().filter(is_twin).map(twins).unzip();
    let derived = twins.into_iter().flatten().chain(defaults.map(timeouts));
    // A name that is taken keeps its declared meaning; a rule reports it.
    let derived: Vec<Attribute> = derived
        .filter(|derived| declared.iter().all(|attribute| attribute.name != derived.name))
        .collect();
    let all = declared.into_owned().into_iter().chain(derived).collect();
    (
        Cow::Owned(sorted(all)),
        constraints.into_iter().flatten().collect(),
    )
}

fn api(tree: Option<&Literal>, kind: Kind) -> Api {
    let text = |key| tree.and_then(|tree| tree.text(key));
    let gone = tree.and_then(|tree| tree.get("gone")).map(|gone| {
        gone.elements()
            .iter()
            .filter_map(Literal::as_int)
            .filter_map(|status| status.try_into().ok())
            .collect()
    });
    Api {
        create: text("create"),
        read: text("read"),
        update: text("update"),
        delete: match text("delete") {
            Some(delete) if delete == FORGET => Delete::Forget,
            Some(delete) => Delete::Call(delete),
            None if kind == Kind::Resource => Delete::Forget,
            None => Delete::None,
        },
        list: text("list"),
        path: tree.map_or(Cow::Borrowed(&[]), |tree| tree.text_by_name("path")),
        gone: gone.map_or(Cow::Borrowed(&[404]), Cow::Owned),
    }
}

fn constraint(tree: &Literal) -> Constraint {
    let members = |key| Some(tree.texts(key)).filter(|members| !members.is_empty());
    let rule = if let Some(members) = members("exactly_one_of") {
        Rule::ExactlyOneOf(members)
    } else if let Some(members) = members("at_most_one_of") {
        Rule::AtMostOneOf(members)
    } else if let Some(members) = members("at_least_one_of") {
        Rule::AtLeastOneOf(members)
    } else if let Some(members) = members("all_or_none") {
        Rule::AllOrNone(members)
    } else {
        let when = tree.get("when");
        Rule::When {
            attribute: when.and_then(|when| when.text("attribute")).unwrap_or_default(),
            value: when.and_then(|when| when.get("value")).cloned(),
            require: tree.texts("require"),
            forbid: tree.texts("forbid"),
        }
    };
    Constraint {
        rule,
        within: tree.text("within"),
    }
}

fn lookup(tree: &Literal) -> Lookup {
    Lookup {
        by: tree.text("by"),
        api: tree.text("api").unwrap_or_default(),
        pick: tree.text("pick"),
        narrow: tree.texts("narrow"),
        expect: if tree.text("expect").as_deref() == Some("many") {
            Expect::Many
        } else {
            Expect::One
        },
        missing_ok: tree.text("missing_ok"),
        into: tree.text("into"),
        then: tree.text("then"),
    }
}

fn job(tree: &Literal) -> Job {
    let nested = |table: &str, key: &str| tree.get(table).and_then(|table| table.text(key));
    Job {
        noun: tree.text("noun").unwrap_or_default(),
        after: tree.texts("after").iter().map(phase).collect(),
        start: tree.text("start").unwrap_or_default(),
        body: tree.get("body").map_or(&[][..], Literal::entries).to_vec().into(),
        save: tree.text_by_name("save"),
        poll: tree.text("poll").unwrap_or_default(),
        status: nested("status", "field").unwrap_or_default(),
        into: nested("status", "into").unwrap_or_default(),
        terminal: tree.text("terminal"),
        needed: tree.text("needed"),
        done: tree.texts("done"),
        failed: tree.texts("failed"),
        report: Report {
            percent: nested("report", "percent"),
            step: nested("report", "step"),
            message: nested("report", "message"),
            error: nested("report", "error"),
        },
    }
}

fn phase(word: &Text) -> Phase {
    match word.as_ref() {
        "update" => Phase::Update,
        _ => Phase::Create,
    }
}

fn default_timeouts(tree: &Literal) -> Timeouts {
    Timeouts {
        create: tree.text("create"),
        update: tree.text("update"),
        delete: tree.text("delete"),
    }
}
