//! [`fuzz::targets::msgpack`]

#![cfg_attr(fuzzing, no_main)]

fuzz::program!(msgpack);
