//! [`fuzz::targets::answer`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(answer);
