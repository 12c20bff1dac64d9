//! The modules of one program or library, and where a path in one of them leads.

use std::collections::BTreeMap;

use crate::source::{self, Import, Name};

/// Reads a file, if it exists.
pub type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A module, by its place in [`Modules`].
pub type Id = usize;

/// Every module that can be reached from a root file, which comes first.
pub struct Modules(Vec<Module>);

/// One module in its place.
pub struct Module {
    /// The file that it is written in.
    pub file: String,
    /// The one that declares it. The root is its own.
    parent: Id,
    children: BTreeMap<String, Id>,
    /// What it says.
    pub source: source::Module,
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// To a module as such.
    Module(Id),
    /// To what a module defines.
    Item(Id, String),
}

/// How often a path may lead to another import, before it leads in a cycle (as `use json::json` does by itself).
const MAX_IMPORTS: usize = 16;

impl Modules {
    /// Reads the modules below a root file, such as `src/lib.rs`.
    pub fn read(root: &str, read: Read) -> Self {
        let text = read(root).unwrap_or_else(|| panic!("`{root}` is missing"));
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut modules = Self(Vec::new());
        modules.add(0, root, folder, source::Module::parse(&text), read);
        modules
    }

    fn add(&mut self, parent: Id, file: &str, folder: &str, mut source: source::Module, read: Read) -> Id {
        let id = self.0.len();
        let declared = std::mem::take(&mut source.modules);
        self.0.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            source,
        });
        for (name, contents) in declared {
            let folder = format!("{folder}/{name}");
            let child = if let Some(contents) = contents {
                self.add(id, file, &folder, contents, read)
            } else {
                let files = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
                let found = files.iter().find_map(|file| Some((file, read(file)?)));
                let (file, text) = found.unwrap_or_else(|| panic!("neither of {files:?} exists"));
                self.add(id, file, &folder, source::Module::parse(&text), read)
            };
            self.0[id].children.insert(name, child);
        }
        id
    }

    /// Each module.
    pub fn iter(&self) -> impl Iterator<Item = (Id, &Module)> {
        self.0.iter().enumerate()
    }

    /// The file of a module.
    pub fn file(&self, id: Id) -> &str {
        &self.0[id].file
    }

    /// The files above a module: that of its parent first, that of the root last.
    pub fn files_above(&self, id: Id) -> Vec<&str> {
        let mut files = vec![self.file(id)];
        let mut module = id;
        while module != 0 {
            module = self.0[module].parent;
            files.push(self.file(module));
        }
        files.dedup();
        files.remove(0);
        files
    }

    /// What a path in a module leads to, if that is in this crate. It follows re-exports to the definition.
    pub fn resolve(&self, from: Id, path: &[String]) -> Option<Place> {
        self.follow(from, path, MAX_IMPORTS)
    }

    fn follow(&self, from: Id, path: &[String], imports: usize) -> Option<Place> {
        let (first, mut rest) = path.split_first()?;
        let mut place = match first.as_str() {
            "crate" => Place::Module(0),
            "self" => Place::Module(from),
            "super" => Place::Module(self.0[from].parent),
            name => self.lookup(from, name, rest.is_empty(), imports)?,
        };
        while let (Place::Module(module), Some((name, further))) = (&place, rest.split_first()) {
            place = match name.as_str() {
                "super" => Place::Module(self.0[*module].parent),
                // A name that is not found may come from a macro: it counts as defined here.
                name => self
                    .lookup(*module, name, further.is_empty(), imports)
                    .unwrap_or(Place::Item(*module, name.to_owned())),
            };
            rest = further;
        }
        Some(place)
    }

    /// What a name means in a module. The last name of a path is that of a function rather than that of a module.
    fn lookup(&self, module: Id, name: &str, is_last: bool, imports: usize) -> Option<Place> {
        let child = self.0[module].children.get(name).copied().map(Place::Module);
        match child {
            Some(child) if !is_last => Some(child),
            child => self.lookup_item(module, name, is_last, imports).or(child),
        }
    }

    fn lookup_item(&self, module: Id, name: &str, is_last: bool, imports: usize) -> Option<Place> {
        let imports = imports.checked_sub(1)?;
        let source = &self.0[module].source;
        if source.items.iter().any(|item| item == name) {
            return Some(Place::Item(module, name.to_owned()));
        }
        let of_name = |import: &&Import| matches!(&import.name, Name::Is(known) if known == name);
        let named = source.imports.iter().filter(of_name);
        let mut named = named.filter_map(|import| self.follow(module, &import.path, imports));
        named.next().or_else(|| {
            let of_each = source.imports.iter().filter(|import| import.name == Name::OfEach);
            let mut modules = of_each.filter_map(|import| self.follow(module, &import.path, imports));
            modules.find_map(|place| match place {
                Place::Module(other) => self.lookup(other, name, is_last, imports),
                Place::Item(..) => None,
            })
        })
    }
}
