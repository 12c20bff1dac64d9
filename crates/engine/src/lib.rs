//! Terraform's operations on any resource, from its declaration alone: validate, plan, apply, refresh, import, look up.
//!
//! The engine names no resource and no attribute: code that only one resource needs is a [`hook`]. It knows neither
//! Terraform's messages (the crate `rpc` does) nor HTTP (an implementation of [`api::Api`] does). The rules that a
//! provider must keep are in Terraform's documentation:
//! <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! The modules from the top down; each uses only those below it:
//!
//! | modules | content |
//! |---|---|
//! | [`apply`] | the steps of one change in order: create, update or delete, the hook's requests, the job |
//! | [`preflight`] | checks of a plan against the account, and those of the hook |
//! | [`plan`], [`validate`], [`read`] | handle one of Terraform's requests each |
//! | [`inventory`], [`generate`] | the objects of the account, for a list; the configuration of an object that exists |
//! | [`import`], [`moved`] | the object of an import, by its identity, its name or its URL; the state of one resource as that of another |
//! | [`adopted`], [`conflicts`] | the object that a create adopts; two resources that manage the same object |
//! | [`hook`], [`job`], [`recover`] | code for one resource; long-running work; recovery of a create whose response was lost |
//! | [`rollout`] | when an object may have its run: groups, and the limit of the provider block |
//! | [`takeover`] | a create that takes an object over instead of starting a run |
//! | [`references`], [`follow`], [`protection`], [`release`] | names of other objects in arguments; objects whose run is repeated when those change; objects whose run must not be repeated; what a destroy clears |
//! | [`survey`] | what a check sees: the plan, the account, and what the process has planned |
//! | [`session`], [`lookup`] | one change in progress, without its hook; the lookup of a data source |
//! | [`absence`] | whether "not found" means that an object was deleted |
//! | [`collection`] | lists of the objects of a resource, which refreshes, data sources and checks share |
//! | [`context`], [`identity`], [`report`], [`arguments`] | send a request; check which object a response is about; report a failed request; read the provider block |
//! | [`filter`], [`wire`], [`fill`], [`rules`], [`object`], [`process`], [`planned`], [`misses`] | compare objects with filters; convert between JSON and values; merge a response into a plan; check constraints; the records of an object; data that the requests of one process share |
//! | [`api`], [`declarations`], [`list`], [`demand`], [`codec`], [`function`], [`diagnostic`], [`private`], [`run`], [`equal`], [`shape`], [`summaries`], [`naming`] | types and functions that everything else uses |
//!
//! Tests: `crates/engine/tests/tables/`.

pub mod absence;
pub mod adopted;
pub mod api;
pub mod apply;
pub mod arguments;
pub mod backoff;
pub mod clock;
pub mod codec;
pub mod collection;
pub mod conflicts;
pub mod context;
pub mod declarations;
pub mod demand;
pub mod diagnostic;
pub mod equal;
pub mod fill;
pub mod filter;
pub mod follow;
pub mod function;
pub mod generate;
pub mod hook;
pub mod identity;
pub mod import;
pub mod inventory;
pub mod job;
pub mod list;
pub mod lookup;
pub mod misses;
pub mod moved;
pub mod naming;
pub mod object;
pub mod plan;
pub mod planned;
pub mod preflight;
pub mod private;
pub mod process;
pub mod protection;
pub mod read;
pub mod recover;
pub mod references;
pub mod release;
pub mod repeat;
pub mod report;
pub mod rollout;
pub mod rules;
pub mod run;
pub mod session;
pub mod shape;
pub mod summaries;
pub mod survey;
pub mod takeover;
pub mod validate;
pub mod wire;

pub use function::Function;
pub use hook::{Binding, Definition, Hook};
pub use schema;
