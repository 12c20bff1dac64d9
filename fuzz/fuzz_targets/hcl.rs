//! [`fuzz::targets::hcl`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(hcl);
