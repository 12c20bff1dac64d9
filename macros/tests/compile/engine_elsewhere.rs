//! The engine may be at any path, and the caller may use the names of the model for things of its own.

use crate::stub;

struct Binding;
impl stub::Hook for Binding {}

struct Cow;
struct Resource;

macros::provider! {
    engine = crate::stub;
    dir = "../../../schema/tests/every-key";
    resource appliance;
    resource gadget;
    resource seal;
    resource slot;
    resource thing with Binding;
    data_source things;
}

#[test]
fn it_compiles() {
    let _ = (Cow, Resource);
    assert_eq!(DEFINITION.provider.name, "example");
    assert!(DEFINITION.operations.len() > 10);
    let names: Vec<&str> = DEFINITION
        .resources
        .iter()
        .map(|binding| &*binding.schema.name)
        .collect();
    assert_eq!(names, ["appliance", "gadget", "seal", "slot", "thing"]);
    assert!(DEFINITION.resources[0].hook.is_none());
    assert!(DEFINITION.resources[4].hook.is_some());
    assert_eq!(DEFINITION.data_sources[0].schema.name, "things");
    assert!(DEFINITION.data_sources[0].hook.is_none());
}
