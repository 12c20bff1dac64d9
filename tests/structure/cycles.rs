//! Files of one crate that import each other in a cycle.
//!
//! To understand one file of a cycle, a reader must read all of them. Only a module and its direct children may import each
//! other: the records in a `mod.rs` are below its children, and the code that uses them is above. So a file is two nodes of
//! the graph: the whole file, and its records. An import by a direct child leads to the records only. The records have all
//! imports of the file except those from its own descendants.
//!
//! Only names in the code count. A method call on a value names no file, so it does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use crate::modules::{Definition, Modules};

/// The imports among files that import each other.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Cycle(Vec<Arrow>);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    /// The importing file.
    from: String,
    /// The file with the imported definition.
    to: String,
    names: BTreeSet<String>,
}

/// The part of a file that an import leads to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Whole,
    Records,
}

/// The imports of one file from another.
struct Imports {
    direction: Direction,
    names: BTreeSet<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// To the file of the parent module.
    Parent,
    /// To a file of a child, or of a child's descendants.
    Descendant,
    Other,
}

impl fmt::Display for Cycle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Arrow { from, to, names } in &self.0 {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            writeln!(formatter, "  {from} -> {to}: {}", names.join(", "))?;
        }
        Ok(())
    }
}

/// The cycles among the files of these modules.
pub fn find(modules: &Modules) -> BTreeSet<Cycle> {
    let imports = imports(modules);
    let mut graph = DiGraphMap::<(&str, Part), ()>::new();
    for (&(from, to), Imports { direction, .. }) in &imports {
        let part = match direction {
            Direction::Parent => Part::Records,
            Direction::Descendant | Direction::Other => Part::Whole,
        };
        graph.add_edge((from, Part::Whole), (to, part), ());
        if *direction != Direction::Descendant {
            graph.add_edge((from, Part::Records), (to, part), ());
        }
    }
    let components = tarjan_scc(&graph).into_iter().filter(|nodes| nodes.len() > 1);
    let cycles = components.map(|nodes| {
        let edges = nodes.iter().flat_map(|node| graph.edges(*node));
        let inside = edges.filter(|(_, to, ())| nodes.contains(to));
        let files: BTreeSet<_> = inside.map(|((from, _), (to, _), ())| (from, to)).collect();
        let arrows = files.into_iter().map(|(from, to)| Arrow {
            from: from.to_owned(),
            to: to.to_owned(),
            names: imports[&(from, to)].names.clone(),
        });
        Cycle(arrows.collect())
    });
    cycles.collect()
}

/// The imports between all files.
fn imports(modules: &Modules) -> BTreeMap<(&str, &str), Imports> {
    let mut found = BTreeMap::new();
    for (id, module) in modules.iter() {
        let imports = module.source.imports.iter();
        let imports = imports.map(|import| (&import.path, import.is_public));
        let paths = module.source.paths.iter().map(|path| (path, false));
        for (path, is_public) in imports.chain(paths) {
            let Some(Definition::Item(target, name)) = modules.resolve(id, path) else {
                continue;
            };
            let (from, to) = (module.file.as_str(), modules.file(target));
            let direction = if modules.files_above(id).first() == Some(&to) {
                Direction::Parent
            } else if modules.files_above(target).contains(&from) {
                Direction::Descendant
            } else {
                Direction::Other
            };
            // A module that only re-exports an item of a descendant does not use it.
            let is_facade = is_public && direction == Direction::Descendant;
            if from != to && !is_facade {
                let names = BTreeSet::new();
                let imports = found.entry((from, to)).or_insert(Imports { direction, names });
                imports.names.insert(name);
            }
        }
    }
    found
}
