//! Messages and services of Terraform's plugin protocol 6 and of go-plugin, nothing else.
//!
//! Everything here is generated from `proto/*.proto`. An RPC that a service does not implement answers
//! UNIMPLEMENTED, as the protocol demands of what a provider does not offer. A `DynamicValue` and a `RawState`
//! show nothing of what they hold in their `Debug` form.

use std::fmt;

#[expect(missing_docs, unused_qualifications, clippy::pedantic, reason = "generated")]
pub mod tfplugin6 {
    //! Terraform's plugin protocol 6, up to minor 6.11.
    tonic::include_proto!("tfplugin6");
}

#[expect(missing_docs, unused_qualifications, clippy::pedantic, reason = "generated")]
pub mod plugin {
    //! The services of go-plugin.
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
