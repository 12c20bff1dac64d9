//! [`fuzz::targets::template`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(template);
