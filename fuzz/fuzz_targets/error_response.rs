//! [`fuzz::targets::refusal`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(refusal);
