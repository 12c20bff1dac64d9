//! The items of the engine that an expansion uses.

pub use schema;

/// The definition of a provider.
pub struct Definition {
    /// The provider's own configuration.
    pub provider: &'static schema::Provider,
    /// All operations.
    pub operations: &'static [schema::Operation],
    /// The resources.
    pub resources: &'static [Binding],
    /// The data sources.
    pub data_sources: &'static [Binding],
    /// The functions.
    pub functions: &'static [&'static Function],
}

/// A function.
pub struct Function;

/// A declaration and its hook.
pub struct Binding {
    /// The declaration.
    pub schema: &'static schema::Resource,
    /// Its hook.
    pub hook: Option<&'static dyn Hook>,
}

/// The hook of a resource.
pub trait Hook: Sync {}
