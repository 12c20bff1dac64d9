//! As much of the engine as an expansion refers to.

pub use schema;

/// What `provider!` expands to.
pub struct Definition {
    /// The provider's own configuration.
    pub provider: &'static schema::Provider,
    /// The operations in use.
    pub operations: &'static [schema::Operation],
    /// Resources.
    pub resources: &'static [Binding],
    /// Data sources.
    pub data_sources: &'static [Binding],
}

/// A declaration and its hook.
pub struct Binding {
    /// The declaration.
    pub schema: &'static schema::Resource,
    /// What it decides in Rust.
    pub hook: Option<&'static dyn Hook>,
}

/// What a resource decides in Rust.
pub trait Hook: Sync {}
