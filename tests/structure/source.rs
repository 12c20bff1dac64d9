//! The content of a Rust file: its modules, imports, paths and literals, without tests and comments.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ImplItemFn, Item, ItemMod, ItemUse, Lit, Macro, Meta, UseTree, Visibility};

/// The segments of a path: `["crate", "client", "Error"]`.
pub type Path = Vec<String>;

/// One parsed module.
#[derive(Default)]
pub struct Module {
    /// Its modules. Only inline modules have contents.
    pub modules: Vec<(String, Option<Self>)>,
    /// The names of its items, except modules.
    pub items: Vec<String>,
    /// Its imports, including those inside functions.
    pub imports: Vec<Import>,
    /// Paths in expressions, types, patterns and macros. A name alone is a path of one segment.
    pub paths: Vec<Path>,
    /// Its literals, including those in macros.
    pub literals: Vec<Lit>,
    /// All names.
    pub names: Vec<Ident>,
}

/// One leaf of a `use`.
#[derive(Debug)]
pub struct Import {
    /// The imported path.
    pub path: Path,
    /// The name in this module.
    pub name: Name,
    /// Whether other modules can import it from here.
    pub is_public: bool,
}

/// The name of an import.
#[derive(Debug, PartialEq, Eq)]
pub enum Name {
    /// A name.
    Is(String),
    /// `as _`.
    Hidden,
    /// `*`: the name of each item of a module.
    OfEach,
}

impl Module {
    /// Parses a file.
    ///
    /// # Panics
    /// If it is not Rust. Every file of the workspace compiles.
    pub fn parse(text: &str) -> Self {
        let mut module = Self::default();
        module.visit_file(&syn::parse_file(text).expect("the file is Rust"));
        module
    }

    fn import(&mut self, path: Path, name: Name, is_public: bool) {
        self.imports.push(Import {
            path,
            name,
            is_public,
        });
    }

    fn import_tree(&mut self, mut path: Path, tree: &UseTree, is_public: bool) {
        match tree {
            UseTree::Path(step) => {
                path.push(text(&step.ident));
                self.import_tree(path, &step.tree, is_public);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import_tree(path.clone(), tree, is_public);
                }
            }
            UseTree::Glob(_) => self.import(path, Name::OfEach, is_public),
            UseTree::Name(leaf) => {
                let name = push(&mut path, &leaf.ident);
                self.import(path, Name::Is(name), is_public);
            }
            UseTree::Rename(leaf) => {
                push(&mut path, &leaf.ident);
                let name = match text(&leaf.rename) {
                    name if name == "_" => Name::Hidden,
                    name => Name::Is(name),
                };
                self.import(path, name, is_public);
            }
        }
    }

    /// Reads the arguments of a macro. Only the macro knows their grammar, so any names with `::` between them are a path.
    fn visit_tokens(&mut self, tokens: TokenStream) {
        let mut path = Path::new();
        let mut colons = 0;
        for token in tokens {
            match &token {
                TokenTree::Punct(mark) if mark.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(name) if colons == 2 => path.push(text(name)),
                TokenTree::Ident(name) => self.paths.push(std::mem::replace(&mut path, vec![text(name)])),
                _ => self.paths.push(std::mem::take(&mut path)),
            }
            colons = 0;
            match token {
                TokenTree::Group(group) => self.visit_tokens(group.stream()),
                TokenTree::Literal(literal) => self.literals.push(Lit::new(literal)),
                TokenTree::Ident(name) => self.names.push(name),
                TokenTree::Punct(_) => {}
            }
        }
        self.paths.push(path);
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = head(item);
        if !attributes.iter().any(is_for_tests) {
            self.items.extend(name.map(text));
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if !function.attrs.iter().any(is_for_tests) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let contents = module.content.as_ref().map(|(_, items)| {
            let mut contents = Self::default();
            for item in items {
                contents.visit_item(item);
            }
            contents
        });
        self.modules.push((text(&module.ident), contents));
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        // Leading colons mean another crate.
        if import.leading_colon.is_none() {
            let is_public = !matches!(import.vis, Visibility::Inherited);
            self.import_tree(Path::new(), &import.tree, is_public);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter();
            self.paths
                .push(segments.map(|segment| text(&segment.ident)).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.visit_tokens(call.tokens.clone());
    }

    fn visit_ident(&mut self, name: &'ast Ident) {
        self.names.push(name.clone());
    }

    fn visit_lit(&mut self, literal: &'ast Lit) {
        self.literals.push(literal.clone());
    }

    /// `pub(in crate::a)` does not import `a`.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let is_comment = ["doc", "expect"]
            .iter()
            .any(|name| attribute.path().is_ident(name));
        if let Meta::List(list) = &attribute.meta
            && !is_comment
        {
            self.visit_tokens(list.tokens.clone());
        }
    }
}

fn text(name: &Ident) -> String {
    name.unraw().to_string()
}

/// Adds the last name of an import to its path, and returns the imported name; for `a::{self}` that is `a`.
fn push(path: &mut Path, name: &Ident) -> String {
    let name = text(name);
    if name != "self" {
        path.push(name);
    }
    path.last().cloned().unwrap_or_default()
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "test")
}

/// The attributes and the name of an item.
fn head(item: &Item) -> (&[Attribute], Option<&Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}
