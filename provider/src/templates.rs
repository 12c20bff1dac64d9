//! The names that the templates of roles can use on the control plane.
//!
//! Tests: `crates/template/tests/`.

use template::{Names, Shape};

/// The names, without those of the account's secrets and variables.
pub const NAMES: Names = Names::new(&[
    ("machine", MACHINE),
    ("peers", Shape::List(&PEER)),
    ("role", Shape::Object(&[("vip", Shape::String(&["192.0.2.100"]))])),
    (SECRETS, Shape::Named("secret")),
    (VARIABLES, Shape::Named("variable")),
]);

/// The name whose members are the account's secrets.
pub const SECRETS: &str = "secrets";

/// The name whose members are the account's variables.
pub const VARIABLES: &str = "vars";

const MACHINE: Shape = Shape::Object(&[
    ("hostname", HOSTNAME),
    ("mesh", MESH),
    ("discovered_ip_addresses", Shape::List(&ADDRESS)),
]);

const PEER: Shape = Shape::Object(&[
    ("hostname", HOSTNAME),
    ("roles", Shape::List(&Shape::String(&["web", "database"]))),
    ("mesh", MESH),
]);

const MESH: Shape = Shape::Object(&[("ip", ADDRESS)]);
const HOSTNAME: Shape = Shape::String(&["machine-1", "machine-2"]);
const ADDRESS: Shape = Shape::String(&["192.0.2.1", "192.0.2.2"]);
