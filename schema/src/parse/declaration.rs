//! Builds the provider, resources and data sources.
//!
//! Tests: `schema/tests/model.rs`.

use std::borrow::Cow;

use super::attribute::{attributes, filters, sorted, timeouts, twins};
use crate::grammar::{FORGET, Section};
use crate::model::{
    Api, Attribute, Constraint, Delete, Expect, Follow, Import, Job, Kind, List, Literal, Lookup, Phase,
    Protection, Provider, Release, Report, Resource, Rollout, Rule, Takeover, Text, Timeouts,
};

/// Builds the provider's own configuration.
pub(crate) fn provider(tree: &Literal) -> Provider {
    Provider {
        name: tree.string("provider").unwrap_or_default(),
        address: tree.string("address").unwrap_or_default(),
        summary: tree.string("summary").unwrap_or_default(),
        description: tree.string("description").unwrap_or_default(),
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
    let declared = tree.tables("constraint").iter().map(constraint);
    Resource {
        kind,
        name: tree.string(name).unwrap_or_default(),
        summary: tree.string("summary").unwrap_or_default(),
        description: tree.string("description").unwrap_or_default(),
        subcategory: tree.string("subcategory"),
        since: tree.string("since"),
        deprecated: tree.string("deprecated"),
        version: tree.get("version").and_then(Literal::as_int).unwrap_or(0),
        import: tree.string("import").map_or(Import::Never, Import::By),
        label: role(tree, "label", &attributes, ("name", Attribute::can_be_label)),
        created: role(
            tree,
            "created",
            &attributes,
            ("created_at", Attribute::can_be_time),
        ),
        updated: role(
            tree,
            "updated",
            &attributes,
            ("updated_at", Attribute::can_be_time),
        ),
        official: tree.string("official"),
        hook: tree.string("hook"),
        api: api(tree.get("api"), kind),
        attributes,
        filters: filters(tree),
        // Declared constraints come first, so their indices are the same as in the file.
        constraints: Cow::Owned(declared.chain(derived).collect()),
        lookups: Cow::Owned(tree.tables("lookup").iter().map(lookup).collect()),
        job: tree.get("job").map(job),
        release: tree.get("release").map(release),
        timeouts,
    }
}

/// The attribute for `label`, `created` or `updated`: the declared one, or the default one if it fits.
fn role(
    tree: &Literal,
    key: &str,
    attributes: &[Attribute],
    (default, fits): (&str, fn(&Attribute) -> bool),
) -> Option<Text> {
    tree.string(key).or_else(|| {
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
        tree.and_then(|tree| tree.string("write_only")).is_some()
    };
    let (twins, constraints): (Vec<_>, Vec<_>) = declared.iter().filter(is_twin).map(twins).unzip();
    let derived = twins.into_iter().flatten().chain(defaults.map(timeouts));
    // A declared attribute has precedence over a derived one. A rule reports it.
    let derived: Vec<Attribute> = derived
        .filter(|derived| declared.iter().all(|attribute| attribute.name != derived.name))
        .collect();
    let all = declared.into_owned().into_iter().chain(derived).collect();
    (Cow::Owned(sorted(all)), constraints)
}

fn api(tree: Option<&Literal>, kind: Kind) -> Api {
    let string = |key| tree.and_then(|tree| tree.string(key));
    let gone = tree.and_then(|tree| tree.get("gone")).map(|gone| {
        gone.elements()
            .iter()
            .filter_map(Literal::as_int)
            .filter_map(|status| status.try_into().ok())
            .collect()
    });
    Api {
        create: string("create"),
        read: string("read"),
        update: string("update"),
        delete: match string("delete") {
            Some(delete) if delete == FORGET => Delete::Forget,
            Some(delete) => Delete::Call(delete),
            None if kind == Kind::Resource => Delete::Forget,
            None => Delete::None,
        },
        list: string("list"),
        path: tree.map_or(Cow::Borrowed(&[]), |tree| tree.strings_by_name("path")),
        gone: gone.map_or(Cow::Borrowed(&[404]), Cow::Owned),
    }
}

fn constraint(tree: &Literal) -> Constraint {
    let members = |key| Some(tree.strings(key)).filter(|members| !members.is_empty());
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
            attribute: when.and_then(|when| when.string("attribute")).unwrap_or_default(),
            value: when.and_then(|when| when.get("value")).cloned(),
            require: tree.strings("require"),
            forbid: tree.strings("forbid"),
        }
    };
    Constraint {
        rule,
        within: tree.string("within"),
    }
}

fn lookup(tree: &Literal) -> Lookup {
    Lookup {
        by: tree.string("by"),
        api: tree.string("api").unwrap_or_default(),
        pick: tree.string("pick"),
        narrow: tree.strings("narrow"),
        expect: if tree.string("expect").as_deref() == Some("many") {
            Expect::Many
        } else {
            Expect::One
        },
        missing_ok: tree.string("missing_ok"),
        into: tree.string("into"),
        key: tree.strings("key"),
        then: tree.string("then"),
    }
}

fn job(tree: &Literal) -> Job {
    let nested = |table: &str, key: &str| tree.get(table).and_then(|table| table.string(key));
    Job {
        noun: tree.string("noun").unwrap_or_default(),
        after: tree.strings("after").iter().map(phase).collect(),
        start: tree.string("start").unwrap_or_default(),
        body: tree.get("body").map_or(&[][..], Literal::entries).to_vec().into(),
        save: tree.strings_by_name("save"),
        poll: tree.string("poll").unwrap_or_default(),
        status: nested("status", "field").unwrap_or_default(),
        into: nested("status", "into").unwrap_or_default(),
        terminal: tree.string("terminal"),
        created: tree.string("created"),
        changed: tree.string("changed"),
        needed: tree.string("needed"),
        changes: tree.strings("changes"),
        result: tree
            .get("result")
            .map_or(&[][..], Literal::entries)
            .to_vec()
            .into(),
        done: tree.strings("done"),
        failed: tree.strings("failed"),
        report: Report {
            percent: nested("report", "percent"),
            step: nested("report", "step"),
            message: nested("report", "message"),
            error: nested("report", "error"),
        },
        protection: tree.get("protection").map(protection),
        takeover: tree.get("takeover").map(takeover),
        rollout: tree.get("rollout").map(rollout),
        follow: tree.get("follow").map(follow),
    }
}

fn follow(tree: &Literal) -> Follow {
    Follow {
        argument: tree.string("argument").unwrap_or_default(),
        reference: tree.string("reference").unwrap_or_default(),
        attributes: tree.strings("attributes"),
    }
}

fn rollout(tree: &Literal) -> Rollout {
    let name = |key: &str| tree.string(key).unwrap_or_default();
    Rollout {
        argument: name("argument"),
        group: name("group"),
        unavailable: name("unavailable"),
        members: name("members"),
        failures: name("failures"),
        healthy: name("healthy"),
        canary: name("canary"),
        available: name("available"),
        limit: name("limit"),
    }
}

fn takeover(tree: &Literal) -> Takeover {
    Takeover {
        argument: tree.string("argument").unwrap_or_default(),
        value: tree.string("value").unwrap_or_default(),
        same: tree.strings("same"),
    }
}

fn protection(tree: &Literal) -> Protection {
    Protection {
        argument: tree.string("argument").unwrap_or_default(),
        present: tree.string("present").unwrap_or_default(),
        limit: tree.string("limit").unwrap_or_default(),
        verb: tree.string("verb").unwrap_or_default(),
    }
}

fn release(tree: &Literal) -> Release {
    Release {
        argument: tree.string("argument").unwrap_or_default(),
        value: tree.string("value").unwrap_or_default(),
        clears: tree.strings("clears"),
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
        create: tree.string("create"),
        update: tree.string("update"),
        delete: tree.string("delete"),
    }
}
