//! The names that the tests use.

use template::{Names, Shape};

const TEXT: Shape = Shape::String(&["one", "two"]);
const MESH: Shape = Shape::Object(&[("ip", Shape::String(&["192.0.2.1", "192.0.2.2"]))]);
const MACHINE: Shape = Shape::Object(&[
    ("hostname", Shape::String(&["node-1", "node-2"])),
    ("mesh", MESH),
    ("discovered_ip_addresses", Shape::List(&TEXT)),
]);
const PEER: Shape = Shape::Object(&[("hostname", TEXT), ("roles", Shape::List(&TEXT)), ("mesh", MESH)]);

pub const NAMES: Names = Names::new(&[
    ("machine", MACHINE),
    ("peers", Shape::List(&PEER)),
    ("role", Shape::Object(&[("vip", TEXT)])),
    ("secrets", Shape::Named("secret")),
    ("vars", Shape::Named("variable")),
]);
