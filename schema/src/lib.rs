//! What the provider manages: the model of a declaration and, behind the feature `parse`, the language it is written in.

pub mod model;
mod similar;

#[cfg(feature = "parse")]
mod check;
#[cfg(feature = "parse")]
pub mod diagnostic;
#[cfg(feature = "parse")]
pub mod grammar;
#[cfg(feature = "parse")]
pub mod language;
#[cfg(feature = "parse")]
mod parse;

#[cfg(feature = "parse")]
pub use check::rules;
#[cfg(feature = "parse")]
pub use diagnostic::Problem;
pub use model::*;
#[cfg(feature = "parse")]
pub use parse::{Declaration, Model, Source, Sources, parse};
pub use similar::{nearest, similar};
