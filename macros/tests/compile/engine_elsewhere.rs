//! The engine can be at any path, and the caller can have items with the names of the model.

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
    data_source appliance;
    data_source thing;
    data_source things;
    function function::MAKE;
}

mod function {
    pub static MAKE: crate::stub::Function = crate::stub::Function;
}

#[test]
fn provider_compiles_with_another_engine_path() {
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
    assert_eq!(DEFINITION.data_sources[2].schema.name, "things");
    assert!(DEFINITION.data_sources[0].hook.is_none());
    assert_eq!(DEFINITION.functions.len(), 1);
}
