//! What a folder of declarations declares, and where it was written.
//!
//! Tests: `schema/tests/model.rs`.

use crate::model::{Operation, Provider, Resource};
use crate::places::Places;

/// Everything the files of a folder declare.
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
    /// What it declares.
    pub resource: Resource,
    /// Its own file and then the parts it uses, named as in [`crate::Sources`].
    pub files: Vec<String>,
}

/// A model before it is checked.
pub(crate) struct Written {
    /// What could be read.
    pub model: Model,
    /// Where the provider's own configuration was written; `None` where its file is missing.
    pub provider: Option<Places>,
    /// Where each of [`Model::declarations`] was written.
    pub declarations: Vec<Places>,
}
