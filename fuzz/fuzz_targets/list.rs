//! [`fuzz::targets::list`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(list);
