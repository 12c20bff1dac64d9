//! Expands `provider!` to statics, and collects the problems of its declarations.
//!
//! Tests: `macros/src/tests.rs`, `macros/tests/compile/main.rs`.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use databake::{Bake, CrateEnv};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use schema::{Declaration, Kind, Model, Sources, nearest};
use syn::spanned::Spanned;

use crate::input::{Entry, Input};

/// A mistake in a declaration or in `provider!`, with the token of `provider!` to report it at.
pub(crate) struct Problem {
    span: Span,
    message: String,
}

impl Problem {
    /// Returns the error for rustc.
    pub fn into_error(self) -> TokenStream {
        let message = self.message;
        quote_spanned!(self.span=> ::core::compile_error! { #message })
    }

    /// The text of the error.
    #[cfg(test)]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The file that invokes the macro: `dir` is relative to it.
pub(crate) struct Caller {
    /// The folder of the calling file.
    folder: PathBuf,
    /// Whether the compiler knows the calling file. `include_bytes!` then resolves paths relative to it.
    is_file_known: bool,
}

impl Caller {
    /// The file of this invocation. If the compiler does not know it, as in rust-analyzer, it is the crate's `src/lib.rs`.
    pub fn of_this_call() -> Self {
        let file = proc_macro::Span::call_site().local_file();
        match file.as_deref().and_then(Path::parent) {
            Some(folder) => Self {
                folder: folder.to_owned(),
                is_file_known: true,
            },
            None => Self {
                folder: Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("src"),
                is_file_known: false,
            },
        }
    }

    /// A caller in a file of a folder.
    #[cfg(test)]
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            is_file_known: true,
        }
    }

    /// Makes rustc rebuild the caller if a file changes. The bytes are not part of the program.
    fn track(&self, dir: &str, name: &str) -> TokenStream {
        let path = format!("{dir}/{name}");
        if self.is_file_known {
            return quote!(
                const _: &[u8] = ::core::include_bytes!(#path);
            );
        }
        let path = format!("/src/{path}");
        quote!(
            const _: &[u8] =
                ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path));
        )
    }
}

/// Expands `provider!`, and returns all problems. The expansion is well-formed even with problems, so it causes no further errors.
pub(crate) fn expand(input: TokenStream, caller: &Caller) -> (TokenStream, Vec<Problem>) {
    let input: Input = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => {
            return (
                TokenStream::new(),
                vec![Problem {
                    span: error.span(),
                    message: error.to_string(),
                }],
            );
        }
    };
    let dir = input.dir.value();
    let folder = caller.folder.join(&dir);
    let sources = match Sources::read(&folder, &displayed_path(&folder)) {
        Ok(sources) => sources,
        Err(error) => {
            return (
                TokenStream::new(),
                vec![Problem {
                    span: input.dir.span(),
                    message: error.to_string(),
                }],
            );
        }
    };
    let (model, found) = schema::load(&sources);
    let problems = collect_problems(&input, &sources, &model, &found);
    let tracked = sources
        .files
        .iter()
        .map(|source| caller.track(&dir, &source.name));
    let definition = expand_definition(&input, &model);
    (quote!(#(#tracked)* #definition), problems)
}

/// Returns the path to display for a folder: `schema` for `provider/src/../../schema`. Editors can open such paths.
fn displayed_path(folder: &Path) -> String {
    let mut short = PathBuf::new();
    for component in folder.components() {
        match component {
            Component::ParentDir if short.file_name().is_some() => {
                short.pop();
            }
            Component::CurDir => {}
            other => short.push(other),
        }
    }
    let here = std::env::current_dir().unwrap_or_default();
    short.strip_prefix(here).unwrap_or(&short).display().to_string()
}

fn find_declaration<'a>(model: &'a Model, entry: &Entry) -> Option<&'a Declaration> {
    let file = entry.file();
    model
        .declarations
        .iter()
        .find(|declaration| declaration.files.first() == Some(&file))
}

/// Assigns every problem to its line in `provider!`, and adds the problems of these lines.
fn collect_problems(
    input: &Input,
    sources: &Sources,
    model: &Model,
    found: &[schema::Problem],
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |span, messages: Vec<String>| {
        if !messages.is_empty() {
            problems.push(Problem {
                span,
                message: messages.join("\n\n"),
            });
        }
    };
    let mut reported = BTreeSet::new();
    let mut listed = BTreeSet::new();
    for entry in &input.entries {
        let file = entry.file();
        let mut messages = Vec::new();
        if !listed.insert(file.clone()) {
            messages.push(format!("`{}` is listed twice", entry.name));
        }
        if !sources.files.iter().any(|source| source.name == file) {
            messages.push(missing_file_message(entry, sources));
        }
        let declaration = find_declaration(model, entry);
        // A file with a syntax error has no declaration, but it has problems.
        let files = declaration.map_or_else(|| vec![file.clone()], |declaration| declaration.files.clone());
        for problem in found.iter().filter(|problem| files.contains(&problem.file)) {
            if reported.insert(problem) {
                messages.push(problem.to_string());
            }
        }
        add(entry.name.span(), messages);
        if let Some(declaration) = declaration {
            let (span, message) = match (&declaration.resource.hook, &entry.hook) {
                (Some(hook), None) => (
                    entry.name.span(),
                    format!(
                        "{}: the declaration has a hook, but `provider!` does not bind one\nhelp: write `{} {} with path::to::Hook;`, or remove the key `hook`; the hook decides: {hook}",
                        sources.displayed_path(&file),
                        keyword(entry.kind),
                        entry.name
                    ),
                ),
                (None, Some(hook)) => (
                    hook.span(),
                    format!(
                        "{}: `provider!` binds a hook, but the declaration has no key `hook`\nhelp: add the key `hook` with what the hook decides, or remove the hook from `provider!`",
                        sources.displayed_path(&file)
                    ),
                ),
                _ => continue,
            };
            add(span, vec![message]);
        }
    }
    let mut rest: Vec<String> = found
        .iter()
        .filter(|problem| !reported.contains(problem))
        .map(ToString::to_string)
        .collect();
    for declaration in &model.declarations {
        let Some(file) = declaration.files.first().filter(|file| !listed.contains(*file)) else {
            continue;
        };
        let resource = &declaration.resource;
        rest.push(format!(
            "{}: the file is not listed in `provider!`\nhelp: add `{} {};` to `provider!`, or delete the file",
            sources.displayed_path(file),
            keyword(resource.kind),
            resource.name
        ));
    }
    add(input.dir.span(), rest);
    problems
}

fn missing_file_message(entry: &Entry, sources: &Sources) -> String {
    let file = entry.file();
    let near = nearest(&file, sources.files.iter().map(|source| source.name.as_str()));
    let help = near.map_or_else(String::new, |near| {
        format!("\nhelp: did you mean {}?", sources.displayed_path(near))
    });
    format!("{}: the file does not exist{help}", sources.displayed_path(&file))
}

fn keyword(kind: Kind) -> &'static str {
    match kind {
        Kind::Resource => "resource",
        Kind::DataSource => "data_source",
    }
}

fn expand_definition(input: &Input, model: &Model) -> TokenStream {
    let engine = &input.engine;
    let known: Vec<(&Entry, &Declaration)> = input
        .entries
        .iter()
        .filter_map(|entry| Some((entry, find_declaration(model, entry)?)))
        .collect();
    // All operations: a hook can use one that no declaration uses.
    let operations = emit(engine, &model.operations.as_slice());
    let provider = emit(engine, &model.provider);
    let functions = &input.functions;
    let (resource_statics, resources) = expand_bindings(engine, &known, Kind::Resource);
    let (data_source_statics, data_sources) = expand_bindings(engine, &known, Kind::DataSource);
    quote! {
        /// The provider's own configuration.
        pub static PROVIDER: #engine::schema::Provider = #provider;

        /// All operations in `operations.toml`, sorted by id.
        pub static OPERATIONS: &[#engine::schema::Operation] = #operations;

        /// The declarations of the resources.
        pub mod resources { #resource_statics }

        /// The declarations of the data sources.
        pub mod data_sources { #data_source_statics }

        /// The definition of the provider.
        pub static DEFINITION: #engine::Definition = #engine::Definition {
            provider: &PROVIDER,
            operations: OPERATIONS,
            resources: &[#(#resources),*],
            data_sources: &[#(#data_sources),*],
            functions: &[#(&#functions),*],
        };
    }
}

/// Returns the expression that creates a value of the model.
fn emit(engine: &syn::Path, value: &impl Bake) -> TokenStream {
    let value = value.bake(&CrateEnv::default());
    // `Bake` uses these names. The block keeps them out of the scope of the caller.
    quote!({
        use ::std as alloc;
        use #engine::schema;
        #value
    })
}

/// Returns the statics of all declarations of a kind, and the bindings that refer to them.
fn expand_bindings(
    engine: &syn::Path,
    known: &[(&Entry, &Declaration)],
    kind: Kind,
) -> (TokenStream, Vec<TokenStream>) {
    let module = match kind {
        Kind::Resource => format_ident!("resources"),
        Kind::DataSource => format_ident!("data_sources"),
    };
    let mut statics = TokenStream::new();
    let mut bindings = Vec::new();
    let mut names = BTreeSet::new();
    for (entry, declaration) in known.iter().filter(|(entry, _)| entry.kind == kind) {
        let name = format_ident!("{}", entry.name.to_string().to_uppercase());
        if !names.insert(name.clone()) {
            continue;
        }
        let resource = emit(engine, &declaration.resource);
        let doc = &declaration.resource.summary;
        statics.extend(quote! {
            #[doc = #doc]
            pub static #name: #engine::schema::Resource = #resource;
        });
        let hook = entry.hook.as_ref().map_or_else(
            || quote!(::core::option::Option::None),
            // With the span of the hook's path, rustc reports there that the hook does not implement the trait.
            |hook| quote_spanned!(hook.span()=> ::core::option::Option::Some(&#hook)),
        );
        bindings.push(quote!(#engine::Binding { schema: &#module::#name, hook: #hook }));
    }
    (statics, bindings)
}
