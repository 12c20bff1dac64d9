//! The messages and services of Terraform's plugin protocol 6 and of go-plugin.
//!
//! Everything is generated from `proto/*.proto`. An RPC that a service does not implement returns `UNIMPLEMENTED`, as the
//! protocol requires. The `Debug` forms of `DynamicValue` and `RawState` hide their content, which may contain secrets.
//!
//! Tests: `proto/tests/descriptors.rs`.

use std::fmt;

#[expect(missing_docs, unused_qualifications, clippy::pedantic, reason = "generated")]
pub mod tfplugin6 {
    //! [Terraform's plugin protocol 6], up to version 6.11.
    //!
    //! [Terraform's plugin protocol 6]: https://github.com/hashicorp/terraform/tree/main/docs/plugin-protocol
    tonic::include_proto!("tfplugin6");
}

#[expect(missing_docs, unused_qualifications, clippy::pedantic, reason = "generated")]
pub mod plugin {
    //! [go-plugin's own services](https://github.com/hashicorp/go-plugin/tree/main/internal/plugin).
    tonic::include_proto!("plugin");
}

impl fmt::Debug for tfplugin6::DynamicValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DynamicValue").finish_non_exhaustive()
    }
}

impl fmt::Debug for tfplugin6::RawState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RawState").finish_non_exhaustive()
    }
}
