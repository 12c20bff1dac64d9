extern crate self as engine;

#[path = "../stub.rs"]
mod stub;
pub use stub::*;

pub struct Decides;
impl Hook for Decides {}

macros::provider! {
    dir = "../../../../schema/tests/every-key";
    resource appliance;
    resource gadget;
    resource seal;
    resource slot;
    resource thing with crate::Decides;
    data_source appliance;
    data_source thing;
}

fn main() {}
