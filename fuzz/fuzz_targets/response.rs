//! [`fuzz::targets::response`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(response);
