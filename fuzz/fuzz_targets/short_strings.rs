//! [`fuzz::targets::short_strings`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(short_strings);
