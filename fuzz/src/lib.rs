//! Properties that must hold for any input from outside. A target is a function that panics if a property does not hold.
//!
//! libFuzzer runs a target with its program in `fuzz_targets/`; `cargo test` runs it with its seeds and mutations of them.
//! The seeds are data of this project: declarations, examples, and messages that Terraform sent.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a target panics if a property does not hold"
)]

mod addresses;
mod declarations;
mod files;
mod responses;
mod samples;
pub mod seeds;
mod short_strings;
mod templates;
mod values;

/// The functions of the targets, by the names of their programs.
pub mod targets {
    pub use crate::addresses::address;
    pub use crate::declarations::schema;
    pub use crate::files::{hcl, lock_file};
    pub use crate::responses::{document, error_response, list, response};
    pub use crate::short_strings::short_strings;
    pub use crate::templates::template;
    pub use crate::values::{json_state, msgpack};
}

/// A fuzz target: a property that must hold for any input.
pub struct Target {
    /// The name of its program.
    pub name: &'static str,
    /// Checks the property for an input, and panics if it does not hold.
    pub run: fn(&[u8]),
    /// Returns valid inputs, which are mutated to get others.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Strings that are inserted into inputs, because the code under test treats them specially.
    pub dictionary: &'static [&'static str],
}

/// Every target.
pub const TARGETS: &[Target] = &[
    addresses::ADDRESS,
    responses::DOCUMENT,
    responses::ERROR_RESPONSE,
    files::HCL,
    values::JSON_STATE,
    responses::LIST,
    files::LOCK_FILE,
    values::MSGPACK,
    responses::RESPONSE,
    declarations::SCHEMA,
    short_strings::SHORT_STRINGS,
    templates::TEMPLATE,
];

/// The program of a target: libFuzzer's if cargo-fuzz builds it, otherwise one that runs the target with the files that are
/// its arguments.
#[macro_export]
macro_rules! program {
    ($target:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(
            init: $crate::seeds::write(stringify!($target)).expect("the corpus is a folder"),
            |input: &[u8]| $crate::targets::$target(input)
        );

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            std::env::args_os()
                .skip(1)
                .try_for_each(|file| std::fs::read(file).map(|input| $crate::targets::$target(&input)))
        }
    };
}
