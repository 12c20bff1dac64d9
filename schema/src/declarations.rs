//! The declarations of a folder, and their positions in its files.
//!
//! Tests: `schema/tests/model.rs`.

use crate::model::{Operation, Provider, Resource};
use crate::positions::Positions;

/// All declarations of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The provider's own configuration.
    pub provider: Provider,
    /// Every operation, sorted by id.
    pub operations: Vec<Operation>,
    /// Resources and data sources, in the order of the files.
    pub declarations: Vec<Declaration>,
}

/// A resource or data source and the files it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The declared resource or data source.
    pub resource: Resource,
    /// The name of its own file, then of the parts that it uses and of the files of the resource that `of` names, as in
    /// [`crate::Sources`].
    pub files: Vec<String>,
}

/// A model that has been parsed, but not checked.
pub(crate) struct Unchecked {
    /// Everything that could be read.
    pub model: Model,
    /// Positions in `provider.toml`; `None` if the file is missing.
    pub provider: Option<Positions>,
    /// Positions of each of [`Model::declarations`].
    pub declarations: Vec<Positions>,
}
