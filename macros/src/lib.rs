//! The macro `provider!`, which turns declarations into statics of the types in `schema::model`, and binds hooks to them.
//!
//! Tests: `macros/src/tests.rs`, `macros/tests/compile/main.rs`.

mod expand;
mod input;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// Defines a provider by its folder of declarations, its resources and data sources, and their hooks.
///
/// ```text
/// macros::provider! {
///     dir = "../../schema";              // relative to this file, as for `include_str!`
///     resource machine_role;             // schema/machine_role.toml
///     resource machine_deployment with crate::hooks::MachineDeployment;
///     data_source machine;               // schema/data/machine.toml
///     function crate::functions::PARSE;  // a static or constant of the type ::engine::Function
/// }
/// ```
///
/// It expands to `pub static DEFINITION: ::engine::Definition` and the statics that it refers to: `PROVIDER`, `OPERATIONS`, and
/// one for each resource and data source in the modules `resources` and `data_sources`. `OPERATIONS` has all operations of
/// `operations.toml`, because a hook can use one that no declaration uses. A hook is a unit struct that implements
/// `::engine::Hook`.
///
/// The engine is the crate `::engine`. A first line such as `engine = crate::engine;` sets another path. The expansion uses its
/// items `schema`, `Definition` and `Binding`.
///
/// Every file of the folder must be listed, and every listed file must exist. A macro is not expanded again for a new file, so
/// without the list, a new file could be forgotten. A change of a file rebuilds the calling crate. Each problem of a file is a
/// compile error at the line of `provider!` that lists the file.
#[proc_macro]
pub fn provider(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (expansion, problems) = expand::expand(input.into(), &expand::Caller::of_this_call());
    let errors: TokenStream = problems.into_iter().map(expand::Problem::into_error).collect();
    let span = Span::call_site();
    quote_spanned!(span=> #errors #expansion).into()
}
