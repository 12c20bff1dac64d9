//! Parses the lines between the braces of `provider!`.
//!
//! Tests: `macros/src/tests.rs`, `macros/tests/compile/main.rs`.

use proc_macro2::Ident;
use schema::Kind;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Path, Token, parse_quote};

/// All lines.
pub(crate) struct Input {
    /// Path of the engine crate.
    pub engine: Path,
    /// Folder of the declarations.
    pub dir: LitStr,
    /// The listed resources and data sources, in their order.
    pub entries: Vec<Entry>,
    /// The paths of the functions.
    pub functions: Vec<Path>,
}

/// A line with a resource or data source.
pub(crate) struct Entry {
    /// Resource or data source.
    pub kind: Kind,
    /// Type name without the provider's prefix.
    pub name: Ident,
    /// Path of its hook.
    pub hook: Option<Path>,
}

mod keyword {
    syn::custom_keyword!(engine);
    syn::custom_keyword!(dir);
    syn::custom_keyword!(function);
    syn::custom_keyword!(resource);
    syn::custom_keyword!(data_source);
    syn::custom_keyword!(with);
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let engine = if input.peek(keyword::engine) {
            input.parse::<keyword::engine>()?;
            input.parse::<Token![=]>()?;
            let engine = input.call(Path::parse_mod_style)?;
            input.parse::<Token![;]>()?;
            engine
        } else {
            parse_quote!(::engine)
        };
        input.parse::<keyword::dir>()?;
        input.parse::<Token![=]>()?;
        let dir = input.parse()?;
        input.parse::<Token![;]>()?;
        let mut entries = Vec::new();
        let mut functions = Vec::new();
        while !input.is_empty() {
            let lookahead = input.lookahead1();
            if lookahead.peek(keyword::function) {
                input.parse::<keyword::function>()?;
                functions.push(input.call(Path::parse_mod_style)?);
                input.parse::<Token![;]>()?;
            } else if lookahead.peek(keyword::resource) || lookahead.peek(keyword::data_source) {
                entries.push(input.parse()?);
            } else {
                return Err(lookahead.error());
            }
        }
        Ok(Self {
            engine,
            dir,
            entries,
            functions,
        })
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let lookahead = input.lookahead1();
        let kind = if lookahead.peek(keyword::resource) {
            input.parse::<keyword::resource>()?;
            Kind::Resource
        } else if lookahead.peek(keyword::data_source) {
            input.parse::<keyword::data_source>()?;
            Kind::DataSource
        } else {
            return Err(lookahead.error());
        };
        let name = input.parse()?;
        let hook = if input.peek(Token![;]) {
            None
        } else {
            input.parse::<keyword::with>()?;
            Some(input.parse()?)
        };
        input.parse::<Token![;]>()?;
        Ok(Self { kind, name, hook })
    }
}

impl Entry {
    /// Returns the name of its file, relative to the folder of the declarations.
    pub fn file(&self) -> String {
        match self.kind {
            Kind::Resource => format!("{}.toml", self.name),
            Kind::DataSource => format!("data/{}.toml", self.name),
        }
    }
}
