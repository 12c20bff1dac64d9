//! The requests that something goes wrong with in tests, one of each kind.

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
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
    /// Asks how far an installation is.
    Poll,
}

impl With {
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
