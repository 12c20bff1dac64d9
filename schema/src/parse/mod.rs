//! Parses all files to the model, and reports everything that the grammar does not allow.
//!
//! There are two steps: [`conform`] checks a file against the grammar and returns a tree, and the other modules build the model
//! from the trees. Neither step stops at a problem.
//!
//! Tests: `schema/tests/ui/files/`, `schema/tests/ui/recovery/`.

mod attribute;
mod conform;
mod declaration;
mod of;
mod operations;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use conform::Reader;

use crate::declarations::{Declaration, Model, Unchecked};
use crate::diagnostic::{Problem, did_you_mean};
use crate::grammar::Section;
use crate::model::{Literal, Text};
use crate::path::join;
use crate::positions::Positions;
use crate::source::{DATA_FOLDER, OPERATIONS_FILE, PARTS_FOLDER, PROVIDER_FILE, Sources};

/// A declaration uses a part that does not exist.
const UNKNOWN_PART: &str = "unknown_part";
/// Two parts of one declaration have the same attribute: which one is used would depend on their order.
const TWICE_IN_USE: &str = "twice_in_use";
/// No declaration uses a part.
const UNUSED_PART: &str = "unused_part";
/// `provider.toml` or `operations.toml` is missing.
const MISSING_FILE: &str = "missing_file";

/// The ids of the rules about files and their grammar.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    let own = [
        UNKNOWN_PART,
        TWICE_IN_USE,
        UNUSED_PART,
        MISSING_FILE,
        of::UNKNOWN_RESOURCE,
        of::DERIVED_LOOKUPS,
        operations::BAD_OPERATION,
    ];
    conform::RULES.iter().copied().chain(own)
}

/// A file that was checked against the grammar.
struct Parsed<'a> {
    name: &'a str,
    section: Section,
    tree: Literal,
    positions: Positions,
}

/// Parses all files of a folder.
pub(crate) fn parse(sources: &Sources) -> (Unchecked, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut operations = None;
    let mut parsed = Vec::new();
    for (file, source) in sources.files.iter().enumerate() {
        let (mut reader, table) = Reader::new(sources, file, &source.text);
        if source.name == OPERATIONS_FILE {
            operations = Some(operations::read(&table, &mut reader));
        } else {
            let section = section_of(&source.name);
            let tree = reader.read_section(&table, section, "", &(0..0));
            // A file with a syntax error was only partly read. Other rules could report mistakes that it does not have.
            if reader.is_toml {
                parsed.push(Parsed {
                    name: &source.name,
                    section,
                    tree,
                    positions: reader.positions,
                });
            }
        }
        problems.append(&mut reader.problems);
    }
    for name in [PROVIDER_FILE, OPERATIONS_FILE] {
        if !sources.files.iter().any(|source| source.name == name) {
            let help = Some("create the file in the folder of the declarations".to_owned());
            problems.push(Problem::of_file(
                sources,
                name,
                MISSING_FILE,
                "the file is missing".to_owned(),
                help,
            ));
        }
    }

    let operations = operations.unwrap_or_default();
    let mut provider = None;
    let mut declared = Vec::new();
    let parts: BTreeMap<&str, &Parsed<'_>> = parsed
        .iter()
        .filter(|file| file.section == Section::Part)
        .map(|file| (file.name, file))
        .collect();
    let mut used = BTreeSet::new();
    for file in &parsed {
        match file.section {
            Section::Provider => {
                provider = Some((declaration::provider(&file.tree), file.positions.clone()));
            }
            Section::Resource | Section::DataSource => {
                let (tree, mut positions, files) = include_parts(file, &parts, sources, &mut problems);
                used.extend(files.iter().skip(1).cloned());
                let resource = declaration::resource(&tree, file.section);
                let head = positions.nearest(if file.section == Section::Resource {
                    "resource"
                } else {
                    "data_source"
                });
                positions.insert("", head);
                declared.push((Declaration { resource, files }, positions, file.tree.string("of")));
            }
            _ => {}
        }
    }
    let (declarations, declaration_positions) = of::complete(declared, &operations, sources, &mut problems);
    for name in parts.keys().filter(|name| !used.contains(**name)) {
        let help = Some("add the file to `use` in a declaration, or delete it".to_owned());
        problems.push(Problem::of_file(
            sources,
            name,
            UNUSED_PART,
            "no declaration uses this part".to_owned(),
            help,
        ));
    }

    let (provider, provider_positions) = provider.unzip();
    let model = Model {
        provider: provider.unwrap_or_else(|| declaration::provider(&Literal::Map([].as_slice().into()))),
        operations,
        declarations,
    };
    let unchecked = Unchecked {
        model,
        provider: provider_positions,
        declarations: declaration_positions,
    };
    (unchecked, problems)
}

fn section_of(name: &str) -> Section {
    match name.split_once('/') {
        Some((DATA_FOLDER, _)) => Section::DataSource,
        Some((PARTS_FOLDER, _)) => Section::Part,
        _ if name == PROVIDER_FILE => Section::Provider,
        _ => Section::Resource,
    }
}

/// Adds the attributes and filters of its parts to a declaration. Returns its tree, its positions and its files.
fn include_parts(
    file: &Parsed<'_>,
    parts: &BTreeMap<&str, &Parsed<'_>>,
    sources: &Sources,
    problems: &mut Vec<Problem>,
) -> (Literal, Positions, Vec<String>) {
    let mut positions = file.positions.clone();
    let mut files = vec![file.name.to_owned()];
    let mut included: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let mut entries: BTreeMap<_, _> = file.tree.entries().iter().cloned().collect();
    for (index, name) in file.tree.strings("use").iter().enumerate() {
        let position = file.positions.nearest(&format!("use.{index}"));
        let mut report = |rule, message, help| {
            problems.push(Problem::at(
                sources,
                position.file,
                position.value.clone(),
                rule,
                message,
                help,
            ));
        };
        let Some(part) = parts.get(name.as_ref()) else {
            // A part with a syntax error is reported on its own.
            if !sources.files.iter().any(|source| source.name == *name) {
                let help = did_you_mean(name, parts.keys().copied());
                report(UNKNOWN_PART, format!("the file {name:?} does not exist"), help);
            }
            continue;
        };
        files.push(part.name.to_owned());
        for (key, noun) in INCLUDED {
            let own = file.tree.get(key).map_or(&[][..], Literal::entries);
            for (name, tree) in part.tree.get(key).map_or(&[][..], Literal::entries) {
                if own.iter().any(|(own, _)| own == name) {
                    continue;
                }
                if let Some(other) = included.insert((key, name), part.name) {
                    let help = format!("declare the {noun} in this file, to replace those of the parts");
                    let message = format!("{other:?} and {:?} both declare the {noun} {name:?}", part.name);
                    report(TWICE_IN_USE, message, Some(help));
                    continue;
                }
                insert(entries.entry((*key).into()), name, tree);
                positions.copy_below(&part.positions, &join(key, name));
            }
        }
    }
    (
        Literal::Map(entries.into_iter().collect::<Vec<_>>().into()),
        positions,
        files,
    )
}

/// The tables that a declaration takes from its parts, and what each entry is.
const INCLUDED: &[(&str, &str)] = &[("attributes", "attribute"), ("filters", "filter")];

/// Inserts an entry into a table of a tree, which stays sorted.
fn insert(table: std::collections::btree_map::Entry<'_, Text, Literal>, name: &Text, tree: &Literal) {
    let table = table.or_insert_with(|| Literal::Map([].as_slice().into()));
    let mut entries: BTreeMap<_, _> = table.entries().iter().cloned().collect();
    entries.insert(name.clone(), tree.clone());
    *table = Literal::Map(entries.into_iter().collect::<Vec<_>>().into());
}
