//! The engine may be at any path, and the caller may use the names of the model for things of its own.

#[path = "../stub.rs"]
pub mod stub;

pub struct Binding;
impl stub::Hook for Binding {}

pub struct Cow;
pub struct Resource;

macros::provider! {
    engine = crate::stub;
    dir = "../declarations/good";
    resource thing with Binding;
    data_source thing;
}

fn main() {
    let _ = (Cow, Resource);
    assert_eq!(DEFINITION.resources[0].schema.name, "thing");
    assert!(DEFINITION.resources[0].hook.is_some());
}
