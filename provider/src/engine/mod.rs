//! What Terraform asks of any resource, answered from its declaration alone.
//!
//! Nothing here knows a resource's name: what only one resource needs is a [`hook`]. Nothing here knows the plugin
//! protocol either (that is `rpc`), nor HTTP (that is `client`).

pub mod apply;
pub mod context;
pub mod diagnostic;
pub mod equal;
pub mod hook;
mod identity;
pub mod job;
pub mod lookup;
pub mod plan;
pub mod private;
pub mod read;
pub mod recover;
pub mod shape;
pub mod validate;
pub mod wire;
