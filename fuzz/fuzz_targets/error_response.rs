//! [`fuzz::targets::error_response`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(error_response);
