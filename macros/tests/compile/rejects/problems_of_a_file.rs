extern crate self as engine;

#[path = "../stub.rs"]
mod stub;
pub use stub::*;

pub struct Decides;
impl Hook for Decides {}

macros::provider! {
    dir = "../../bad";
    resource thing;
    resource left;
}

fn main() {}
