//! `provider!`: turns the declarations into statics of the schema's own types, and binds hooks to them.
//!
//! Tests: `macros/src/tests.rs`, `macros/tests/compile/main.rs`.

mod expand;
mod input;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// Declares a provider: its folder of declarations, what of it is offered, and the hooks bound to it.
///
/// ```text
/// macros::provider! {
///     dir = "../../schema";              // relative to this file, as `include_str!` has it
///     resource machine_role;             // schema/machine_role.toml
///     resource machine_deployment with crate::hooks::MachineDeployment;
///     data_source machine;               // schema/data/machine.toml
/// }
/// ```
///
/// It expands to `pub static DEFINITION: ::engine::Definition`, and to the statics that this refers to: `PROVIDER`,
/// `OPERATIONS`, and one for each resource and data source in `resources` and `data_sources`. `OPERATIONS` are all of
/// `operations.toml`, for a hook may call one that no declaration names. A hook is a value (a unit struct) whose type
/// implements `::engine::Hook`.
///
/// The engine is the crate `::engine`, unless a first line names another path, such as `engine = crate::engine;`. Of it the
/// expansion needs `schema`, `Definition` and `Binding`, and a hook its trait.
///
/// Every file of the folder must be listed and every listed file must be there: a macro does not notice new files, so
/// the list is what makes sure that none is forgotten. A change of any file builds the caller again. Every problem of every
/// file is an error at the line of `provider!` that lists it.
#[proc_macro]
pub fn provider(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (expansion, problems) = expand::expand(input.into(), &expand::Caller::of_this_call());
    let errors: TokenStream = problems.into_iter().map(expand::Problem::into_error).collect();
    let span = Span::call_site();
    quote_spanned!(span=> #errors #expansion).into()
}
