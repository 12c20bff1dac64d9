//! What Terraform asks of any resource, answered from its declaration alone.
//!
//! Nothing here knows a resource's or an attribute's name: what only one resource needs is a [`hook`]. Nothing here
//! knows Terraform's protocol (the crate `rpc` does) or how an API is called (an implementation of [`api::Api`] does).
//!
//! The modules from the top down; each uses only those below it:
//!
//! | modules | what |
//! |---|---|
//! | [`apply`] | the order of one change: create, update, delete, the hook's calls, the job |
//! | [`plan`], [`validate`], [`read`] | one request of Terraform each |
//! | [`hook`], [`job`], [`recover`] | what one resource adds, long-running work, a create whose answer was lost |
//! | [`session`], [`lookup`] | one change under way, without its hook; a data source's search |
//! | [`context`], [`identity`], [`report`], [`arguments`] | a call, what its answer is about, how it failed; the provider block |
//! | [`wire`], [`fill`], [`rules`], [`object`], [`process`] | JSON and values, an answer taken into a plan, what a value may be, the records |
//! | [`api`], [`codec`], [`diagnostic`], [`private`], [`run`], [`equal`], [`shape`], [`summaries`], [`words`] | the ground: depends on nothing above |
//!
//! Tests: `crates/engine/tests/tables/`.

pub mod api;
pub mod apply;
pub mod arguments;
pub mod codec;
pub mod context;
pub mod diagnostic;
pub mod equal;
pub mod fill;
pub mod hook;
pub mod identity;
pub mod job;
pub mod lookup;
pub mod object;
pub mod plan;
pub mod private;
pub mod process;
pub mod read;
pub mod recover;
pub mod report;
pub mod rules;
pub mod run;
pub mod session;
pub mod shape;
pub mod summaries;
pub mod validate;
pub mod wire;
pub mod words;

pub use hook::{Binding, Definition, Hook};
pub use schema;
