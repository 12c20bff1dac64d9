//! The collections of the API and their names.

/// A collection of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Collection {
    /// The account's images and the official ones.
    Images,
    /// The roles of machines.
    MachineRoles,
    /// The enrolled machines.
    Machines,
    /// The mesh networks.
    MeshNetworks,
    /// The credentials of image registries.
    RegistryCredentials,
    /// The route policy sets with their rules.
    RoutePolicySets,
    /// The routes.
    Routes,
    /// The secrets of the account.
    Secrets,
    /// The backends that secrets come from.
    SecretsBackends,
    /// The variables of the account.
    Variables,
    /// The virtual addresses.
    Vips,
}

impl Collection {
    /// Every collection, those that others refer to first.
    pub const ALL: [Self; 11] = [
        Self::RegistryCredentials,
        Self::Images,
        Self::MeshNetworks,
        Self::Vips,
        Self::MachineRoles,
        Self::Machines,
        Self::Routes,
        Self::RoutePolicySets,
        Self::Secrets,
        Self::SecretsBackends,
        Self::Variables,
    ];

    /// The collection's name in paths.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::MachineRoles => "machine-roles",
            Self::Machines => "machines",
            Self::MeshNetworks => "mesh-networks",
            Self::RegistryCredentials => "registry-credentials",
            Self::RoutePolicySets => "route-policy-sets",
            Self::Routes => "routes",
            Self::Secrets => "secrets",
            Self::SecretsBackends => "secrets-backends",
            Self::Variables => "variables",
            Self::Vips => "vips",
        }
    }

    /// The collection with a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|collection| collection.name() == name)
    }

    /// The noun for one of its objects, with its article, for error messages.
    pub fn noun(self) -> String {
        let singular = self.name().replace('-', " ");
        let singular = singular.strip_suffix('s').unwrap_or(&singular);
        let article = if singular.starts_with(['a', 'e', 'i', 'o']) {
            "an"
        } else {
            "a"
        };
        format!("{article} {singular}")
    }
}
