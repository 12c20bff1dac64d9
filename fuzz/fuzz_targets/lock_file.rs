//! [`fuzz::targets::lock_file`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(lock_file);
