//! What must hold for any bytes from outside: each target is one function, which panics where it does not hold.
//!
//! libFuzzer drives a target through its program in `fuzz_targets/`, and `cargo test` over its seeds and mutations of
//! them. The seeds are the project's own data: declarations, examples, what Terraform sent.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "to panic is how a target tells that something does not hold"
)]

mod addresses;
mod answers;
mod declarations;
mod files;
mod samples;
pub mod seeds;
mod values;
mod words;

/// The targets, by the names of their programs.
pub mod targets {
    pub use crate::addresses::address;
    pub use crate::answers::{answer, document, refusal};
    pub use crate::declarations::schema;
    pub use crate::files::{hcl, lock_file};
    pub use crate::values::{json_state, msgpack};
    pub use crate::words::words;
}

/// Something that must hold for any bytes.
pub struct Target {
    /// Name of its program.
    pub name: &'static str,
    /// Panics where it does not hold.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that matter to what reads the input.
    pub words: &'static [&'static str],
}

/// Every target.
pub const TARGETS: &[Target] = &[
    addresses::ADDRESS,
    answers::ANSWER,
    answers::DOCUMENT,
    files::HCL,
    values::JSON_STATE,
    files::LOCK_FILE,
    values::MSGPACK,
    answers::REFUSAL,
    declarations::SCHEMA,
    words::WORDS,
];

/// The program of a target: libFuzzer's where cargo-fuzz builds it, otherwise one that tries the files it is given.
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
