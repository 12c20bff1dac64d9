//! [`fuzz::targets::words`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(words);
