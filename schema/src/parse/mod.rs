//! From the texts of all files to the model, with everything that the grammar refuses.
//!
//! Two steps: [`conform`] holds a file against the grammar and leaves a plain tree, the builders turn trees into the
//! model. Neither stops at a problem.
//!
//! Tests: `schema/tests/ui/files/`, `schema/tests/ui/recovery/`.

mod attribute;
mod conform;
mod declaration;
mod operations;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use conform::Reader;

use crate::declarations::{Declaration, Model, Written};
use crate::diagnostic::{Problem, did_you_mean};
use crate::grammar::Section;
use crate::model::Literal;
use crate::path::join;
use crate::places::Places;
use crate::source::{DATA_FOLDER, OPERATIONS_FILE, PARTS_FOLDER, PROVIDER_FILE, Sources};

/// A part that a declaration uses and that is no file.
const UNKNOWN_PART: &str = "unknown_part";
/// An attribute that two parts of one declaration contribute: which one counts would depend on their order.
const TWICE_IN_USE: &str = "twice_in_use";
/// A part that nothing uses.
const UNUSED_PART: &str = "unused_part";
/// One of the two files without which nothing can be built.
const MISSING_FILE: &str = "missing_file";

/// Ids of the rules about files and their grammar.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    let own = [
        UNKNOWN_PART,
        TWICE_IN_USE,
        UNUSED_PART,
        MISSING_FILE,
        operations::BAD_OPERATION,
    ];
    conform::RULES.iter().copied().chain(own)
}

/// A file that was held against the grammar.
struct Parsed<'a> {
    name: &'a str,
    section: Section,
    tree: Literal,
    places: Places,
}

/// Parses all files of a folder.
pub(crate) fn parse(sources: &Sources) -> (Written, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut operations = None;
    let mut parsed = Vec::new();
    for (file, source) in sources.files.iter().enumerate() {
        let (mut reader, table) = Reader::new(sources, file, &source.text);
        if source.name == OPERATIONS_FILE {
            operations = Some(operations::read(&table, &mut reader));
        } else {
            let section = section_of(&source.name);
            let tree = reader.section(&table, section, "", &(0..0));
            // Of a file that is not TOML only a part was read: what the rules say about it could be wrong.
            if reader.is_toml {
                parsed.push(Parsed {
                    name: &source.name,
                    section,
                    tree,
                    places: reader.places,
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
    let mut declarations = Vec::new();
    let mut places_of_declarations = Vec::new();
    let parts: BTreeMap<&str, &Parsed<'_>> = parsed
        .iter()
        .filter(|file| file.section == Section::Part)
        .map(|file| (file.name, file))
        .collect();
    let mut used = BTreeSet::new();
    for file in &parsed {
        match file.section {
            Section::Provider => {
                provider = Some((declaration::provider(&file.tree), file.places.clone()));
            }
            Section::Resource | Section::DataSource => {
                let (tree, mut places, files) = include_parts(file, &parts, sources, &mut problems);
                used.extend(files.iter().skip(1).cloned());
                let resource = declaration::resource(&tree, file.section);
                let head = places.nearest(if file.section == Section::Resource {
                    "resource"
                } else {
                    "data_source"
                });
                places.insert("", head);
                declarations.push(Declaration { resource, files });
                places_of_declarations.push(places);
            }
            _ => {}
        }
    }
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

    let (provider, places_of_provider) = provider.unzip();
    let model = Model {
        provider: provider.unwrap_or_else(|| declaration::provider(&Literal::Map([].as_slice().into()))),
        operations,
        declarations,
    };
    let written = Written {
        model,
        provider: places_of_provider,
        declarations: places_of_declarations,
    };
    (written, problems)
}

fn section_of(name: &str) -> Section {
    match name.split_once('/') {
        Some((DATA_FOLDER, _)) => Section::DataSource,
        Some((PARTS_FOLDER, _)) => Section::Part,
        _ if name == PROVIDER_FILE => Section::Provider,
        _ => Section::Resource,
    }
}

/// Adds the attributes of the parts a declaration uses to its own.
fn include_parts(
    file: &Parsed<'_>,
    parts: &BTreeMap<&str, &Parsed<'_>>,
    sources: &Sources,
    problems: &mut Vec<Problem>,
) -> (Literal, Places, Vec<String>) {
    let mut places = file.places.clone();
    let mut files = vec![file.name.to_owned()];
    let own = file.tree.get("attributes").map_or(&[][..], Literal::entries);
    let mut attributes: BTreeMap<_, _> = own.iter().cloned().collect();
    let mut contributed: BTreeMap<&str, String> = BTreeMap::new();
    for (index, name) in file.tree.texts("use").iter().enumerate() {
        let place = file.places.nearest(&format!("use.{index}"));
        let mut report = |rule, message, help| {
            problems.push(Problem::at(
                sources,
                place.file,
                place.value.clone(),
                rule,
                message,
                help,
            ));
        };
        let Some(part) = parts.get(name.as_ref()) else {
            // A part that is no TOML has its own problem.
            if !sources.files.iter().any(|source| source.name == *name) {
                let help = did_you_mean(name, parts.keys().copied());
                report(UNKNOWN_PART, format!("the file {name:?} does not exist"), help);
            }
            continue;
        };
        files.push(part.name.to_owned());
        for (name, tree) in part.tree.get("attributes").map_or(&[][..], Literal::entries) {
            if own.iter().any(|(own, _)| own == name) {
                continue;
            }
            if let Some(other) = contributed.insert(name, part.name.to_owned()) {
                let help = "declare the attribute in this file: it replaces those of the parts".to_owned();
                report(
                    TWICE_IN_USE,
                    format!(
                        "{other:?} and {:?} both declare the attribute {name:?}",
                        part.name
                    ),
                    Some(help),
                );
                continue;
            }
            attributes.insert(name.clone(), tree.clone());
            places.graft(&part.places, &join("attributes", name));
        }
    }
    let mut entries: BTreeMap<_, _> = file.tree.entries().iter().cloned().collect();
    entries.insert(
        "attributes".into(),
        Literal::Map(attributes.into_iter().collect::<Vec<_>>().into()),
    );
    (
        Literal::Map(entries.into_iter().collect::<Vec<_>>().into()),
        places,
        files,
    )
}
