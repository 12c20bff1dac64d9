//! [`fuzz::targets::document`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(document);
