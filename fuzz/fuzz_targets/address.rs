//! [`fuzz::targets::address`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(address);
