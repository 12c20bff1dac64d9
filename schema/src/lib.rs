//! The model of the declarations and, with the feature `parse`, the language that they are written in.
//!
//! A module imports only from those after it: `load` → `check` and `parse`, which do not import each other → `declarations`
//! and `diagnostic` → `source`, `positions`, `path`, `grammar`, `similar` and `model`, which import nothing.
//!
//! Tests: `schema/tests/`.

pub mod model;
mod similar;

#[cfg(feature = "parse")]
mod check;
#[cfg(feature = "parse")]
mod declarations;
#[cfg(feature = "parse")]
pub mod diagnostic;
#[cfg(feature = "parse")]
pub mod grammar;
#[cfg(feature = "parse")]
pub mod language;
#[cfg(feature = "parse")]
mod load;
#[cfg(feature = "parse")]
mod parse;
#[cfg(feature = "parse")]
mod path;
#[cfg(feature = "parse")]
mod positions;
#[cfg(feature = "parse")]
mod source;

#[cfg(feature = "parse")]
pub use declarations::{Declaration, Model};
#[cfg(feature = "parse")]
pub use diagnostic::Problem;
#[cfg(feature = "parse")]
pub use load::{load, rules};
pub use model::*;
pub use similar::{nearest, similar};
#[cfg(feature = "parse")]
pub use source::{Source, Sources};
