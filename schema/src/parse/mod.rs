//! From the texts of all files to the model, with every problem of every file.
//!
//! Three steps: [`conform`] holds a file against the grammar and leaves a plain tree, the builders turn trees into the
//! model, [`crate::check`] holds the model against the rules. None of them stops at a problem.

mod attribute;
mod conform;
mod declaration;
mod operations;
mod places;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use crate::check;
use crate::diagnostic::{Problem, did_you_mean};
use crate::grammar::Section;
use crate::model::{Literal, Operation, Provider, Resource};
pub(crate) use attribute::is_key;
use conform::Reader;
pub(crate) use conform::{join, split_type};
pub(crate) use places::Places;

/// The file that holds the provider's own configuration.
pub const PROVIDER_FILE: &str = "provider.toml";
/// The file that maps operation ids to methods and paths.
pub const OPERATIONS_FILE: &str = "operations.toml";
/// The folder of data sources.
pub const DATA_FOLDER: &str = "data";
/// The folder of attributes that several declarations use.
pub const PARTS_FOLDER: &str = "parts";

/// A part that a declaration uses and that is no file.
const UNKNOWN_PART: &str = "unknown_part";
/// An attribute that two parts of one declaration contribute: which one counts would depend on their order.
const TWICE_IN_USE: &str = "twice_in_use";
/// A part that nothing uses.
const UNUSED_PART: &str = "unused_part";
/// One of the two files without which nothing can be built.
const MISSING_FILE: &str = "missing_file";

/// Ids of the rules that need no model.
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

/// A file of declarations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path relative to the folder of the declarations, with `/`: `data/machine.toml`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// All files of a folder of declarations, read by whoever may read files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The folder as messages show it, e.g. `schema`.
    pub folder: String,
    /// Its files.
    pub files: Vec<Source>,
}

impl Sources {
    /// Folders, relative to that of the declarations, whose `.toml` files are declarations.
    pub const FOLDERS: &[&str] = &["", DATA_FOLDER, PARTS_FOLDER];

    /// Whether a file of one of [`Sources::FOLDERS`] is a declaration; the folder is a crate's at the same time.
    pub fn is_source(file_name: &str) -> bool {
        file_name
            .strip_suffix(".toml")
            .is_some_and(|stem| stem != "Cargo")
    }

    /// A file's path as a message shows it.
    pub fn shown(&self, name: &str) -> String {
        if self.folder.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.folder)
        }
    }
}

/// Everything the files of a folder declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The provider's own configuration.
    pub provider: Provider,
    /// Every operation, sorted by id.
    pub operations: Vec<Operation>,
    /// Resources and data sources, in the order of the files.
    pub declarations: Vec<Declaration>,
}

/// A resource or data source and the files it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// What it declares.
    pub resource: Resource,
    /// Its own file and then the parts it uses, named as in [`Sources`].
    pub files: Vec<String>,
}

/// A file that was held against the grammar.
struct Parsed<'a> {
    name: &'a str,
    section: Section,
    tree: Literal,
    places: Places,
}

/// Parses and checks all files of a folder.
///
/// The model holds everything that could be read, whatever the problems: with problems it serves to look at, not to
/// build from. Problems are sorted by file and place.
pub fn parse(sources: &Sources) -> (Model, Vec<Problem>) {
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
            let help = Some("it stands beside the resources".to_owned());
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
    let parts: BTreeMap<&str, &Parsed<'_>> = parsed
        .iter()
        .filter(|file| file.section == Section::Part)
        .map(|file| (file.name, file))
        .collect();
    let mut used = BTreeSet::new();
    for file in &parsed {
        match file.section {
            Section::Provider => {
                let declared = declaration::provider(&file.tree);
                check::provider(&declared, &file.places, sources, &mut problems);
                provider = Some(declared);
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
                let subject = check::Subject {
                    resource: &resource,
                    file: file.name,
                    operations: &operations,
                    places: &places,
                };
                check::resource(&subject, sources, &mut problems);
                declarations.push(Declaration { resource, files });
            }
            _ => {}
        }
    }
    for name in parts.keys().filter(|name| !used.contains(**name)) {
        let help = Some("name it in `use`, or delete it".to_owned());
        problems.push(Problem::of_file(
            sources,
            name,
            UNUSED_PART,
            "no declaration uses this part".to_owned(),
            help,
        ));
    }

    // A mistake in a part is found once for each of its users.
    problems.sort();
    problems.dedup();
    let provider = provider.unwrap_or_else(|| declaration::provider(&Literal::Map([].as_slice().into())));
    (
        Model {
            provider,
            operations,
            declarations,
        },
        problems,
    )
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
                report(UNKNOWN_PART, format!("there is no file {name:?}"), help);
            }
            continue;
        };
        files.push(part.name.to_owned());
        for (name, tree) in part.tree.get("attributes").map_or(&[][..], Literal::entries) {
            if own.iter().any(|(own, _)| own == name) {
                continue;
            }
            if let Some(other) = contributed.insert(name, part.name.to_owned()) {
                let help =
                    "declare it here: an attribute declared here replaces those of the parts".to_owned();
                report(
                    TWICE_IN_USE,
                    format!("{other:?} and {:?} both have the attribute {name:?}", part.name),
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
