//! The style of imports: one `use` for each module. rustfmt's `imports_granularity = "Module"` does the same, but only in
//! nightly.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{File, Item, ItemUse, Stmt, UseTree};

use crate::project;

#[test]
fn imports_have_one_use_for_each_module() {
    let root = project::root();
    let (mut count, mut found) = (0, String::new());
    for file in project::files(&["rs"]) {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        // These files do not compile on purpose.
        if name.starts_with("macros/tests/compile/") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("the file can be read");
        count += 1;
        for (line, fault) in faults(&text) {
            let _ = writeln!(found, "{name}:{line}: {fault}");
        }
    }
    assert!(count > 300, "only {count} files were found");
    assert!(
        found.is_empty(),
        "imports that are not at module granularity:\n{found}"
    );
}

#[test]
fn faults_names_imports_of_several_modules_and_duplicates() {
    let rows: [(&str, &[&str]); 9] = [
        ("use std::fs;\nuse std::path::{Path, PathBuf};", &[]),
        ("use a::b::{self, C};\nuse a::D;", &[]),
        (
            "use std::{fs, path::Path};",
            &["1: `std` imports from several modules: write one `use` for each"],
        ),
        (
            "use {a, b};",
            &["1: several modules in one `use`: write one for each"],
        ),
        (
            "use a::B;\nuse a::C;",
            &["2: `a` is imported from twice: merge the two"],
        ),
        ("use a::B;\npub use a::C;", &[]),
        ("use a::B;\n#[cfg(unix)]\nuse a::C;", &[]),
        ("use a::B;\nmod m { use a::B; fn f() { use a::C; } }", &[]),
        (
            "fn f() { use a::B; use a::C; }",
            &["1: `a` is imported from twice: merge the two"],
        ),
    ];
    for (text, expected) in rows {
        let found: Vec<String> = faults(text)
            .iter()
            .map(|(line, fault)| format!("{line}: {fault}"))
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}

/// The imports of a file that are not at module granularity: the line and the fault of each.
fn faults(text: &str) -> Vec<(usize, String)> {
    let mut faults = Faults(Vec::new());
    faults.visit_file(&syn::parse_file(text).expect("the file is Rust"));
    faults.0
}

struct Faults(Vec<(usize, String)>);

impl Faults {
    /// Checks the imports of one module or one block.
    fn check<'a>(&mut self, imports: impl Iterator<Item = &'a ItemUse>) {
        let mut seen = BTreeSet::new();
        for import in imports {
            let (module, is_flat) = module(&import.tree);
            let line = import.span().start().line;
            let fault = match (is_flat, module.as_str()) {
                (false, "") => "several modules in one `use`: write one for each".to_owned(),
                (false, _) => format!("`{module}` imports from several modules: write one `use` for each"),
                (true, _) => {
                    // Imports with different attributes or visibilities cannot be merged.
                    let mut rest = import.vis.to_token_stream().to_string();
                    for attribute in &import.attrs {
                        rest.push_str(&attribute.to_token_stream().to_string());
                    }
                    if seen.insert((module.clone(), rest)) || module.is_empty() {
                        continue;
                    }
                    format!("`{module}` is imported from twice: merge the two")
                }
            };
            self.0.push((line, fault));
        }
    }
}

impl<'ast> Visit<'ast> for Faults {
    fn visit_file(&mut self, file: &'ast File) {
        self.check(file.items.iter().filter_map(import));
        visit::visit_file(self, file);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let items = module.content.iter().flat_map(|(_, items)| items);
        self.check(items.filter_map(import));
        visit::visit_item_mod(self, module);
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.check(block.stmts.iter().filter_map(|statement| match statement {
            Stmt::Item(item) => import(item),
            _ => None,
        }));
        visit::visit_block(self, block);
    }
}

fn import(item: &Item) -> Option<&ItemUse> {
    match item {
        Item::Use(import) => Some(import),
        _ => None,
    }
}

/// The imported module, and whether the `use` imports from this module only.
fn module(tree: &UseTree) -> (String, bool) {
    let mut path = Vec::new();
    let mut tree = tree;
    while let UseTree::Path(step) = tree {
        path.push(step.ident.to_string());
        tree = &step.tree;
    }
    let is_flat = match tree {
        UseTree::Group(group) => {
            !path.is_empty()
                && group
                    .items
                    .iter()
                    .all(|item| !matches!(item, UseTree::Path(_) | UseTree::Group(_)))
        }
        _ => true,
    };
    (path.join("::"), is_flat)
}
