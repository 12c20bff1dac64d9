//! The modules of one program or library, and the resolution of paths in them.

use std::collections::BTreeMap;

use crate::source::{self, Import, Name};

/// Reads a file, if it exists.
pub type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The index of a module in [`Modules`].
pub type Id = usize;

/// All modules below a root file. The root is the first.
pub struct Modules(Vec<Module>);

/// One module and its position in the tree.
pub struct Module {
    /// The file with its source.
    pub file: String,
    /// The module that declares it; the root for the root itself.
    parent: Id,
    children: BTreeMap<String, Id>,
    /// Its parsed source.
    pub source: source::Module,
}

/// The definition that a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Definition {
    /// A module.
    Module(Id),
    /// An item of a module.
    Item(Id, String),
}

/// The limit of imports that one path may follow. It ends cycles such as `use json::json`.
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

    /// The definition that a path in a module leads to, through re-exports; `None` if it is in another crate.
    pub fn resolve(&self, from: Id, path: &[String]) -> Option<Definition> {
        self.follow(from, path, MAX_IMPORTS)
    }

    fn follow(&self, from: Id, path: &[String], imports: usize) -> Option<Definition> {
        let (first, mut rest) = path.split_first()?;
        let mut found = match first.as_str() {
            "crate" => Definition::Module(0),
            "self" => Definition::Module(from),
            "super" => Definition::Module(self.0[from].parent),
            name => self.lookup(from, name, rest.is_empty(), imports)?,
        };
        while let (Definition::Module(module), Some((name, further))) = (&found, rest.split_first()) {
            found = match name.as_str() {
                "super" => Definition::Module(self.0[*module].parent),
                // An unknown name may come from a macro: it counts as defined here.
                name => self
                    .lookup(*module, name, further.is_empty(), imports)
                    .unwrap_or(Definition::Item(*module, name.to_owned())),
            };
            rest = further;
        }
        Some(found)
    }

    /// The target of a name in a module. As the last name of a path, a function has priority over a module.
    fn lookup(&self, module: Id, name: &str, is_last: bool, imports: usize) -> Option<Definition> {
        let child = self.0[module].children.get(name).copied().map(Definition::Module);
        match child {
            Some(child) if !is_last => Some(child),
            child => self.lookup_item(module, name, is_last, imports).or(child),
        }
    }

    fn lookup_item(&self, module: Id, name: &str, is_last: bool, imports: usize) -> Option<Definition> {
        let imports = imports.checked_sub(1)?;
        let source = &self.0[module].source;
        if source.items.iter().any(|item| item == name) {
            return Some(Definition::Item(module, name.to_owned()));
        }
        let of_name = |import: &&Import| matches!(&import.name, Name::Is(known) if known == name);
        let named = source.imports.iter().filter(of_name);
        let mut named = named.filter_map(|import| self.follow(module, &import.path, imports));
        named.next().or_else(|| {
            let of_each = source.imports.iter().filter(|import| import.name == Name::OfEach);
            let mut modules = of_each.filter_map(|import| self.follow(module, &import.path, imports));
            modules.find_map(|found| match found {
                Definition::Module(other) => self.lookup(other, name, is_last, imports),
                Definition::Item(..) => None,
            })
        })
    }
}
