extern crate self as engine;

#[path = "../stub.rs"]
mod stub;
pub use stub::*;

pub struct Decides;
impl Hook for Decides {}

pub struct DecidesNot;

macros::provider! {
    dir = "../declarations/good";
    resource thing with crate::DecidesNot;
    data_source thing;
}

fn main() {}
