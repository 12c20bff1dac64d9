//! [`fuzz::targets::json_state`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(json_state);
