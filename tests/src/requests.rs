//! The kinds of requests that tests inject faults into.

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Creates a variable.
    Create,
    /// Reads a variable.
    Read,
    /// Updates a variable.
    Update,
    /// Deletes a variable.
    Delete,
    /// Starts the installation of a machine.
    Start,
    /// Reads the progress of an installation.
    Poll,
}

impl RequestKind {
    /// The operation's id.
    pub fn operation(self) -> &'static str {
        match self {
            Self::Create => "controlplane_api_create_account_variable",
            Self::Read => "controlplane_api_get_account_variable",
            Self::Update => "controlplane_api_update_account_variable",
            Self::Delete => "controlplane_api_delete_account_variable",
            Self::Start => "provisioning_api_provision_machine",
            Self::Poll => "provisioning_api_get_machine_provision",
        }
    }
}
