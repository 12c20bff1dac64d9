//! A fake core of Terraform: plans, applies and stores state like Terraform 1.11, without Terraform; it queries like 1.14.
//!
//! It sends the messages of the plugin protocol to a provider in this process: it proposes new states, checks every
//! plan and apply against Terraform's rules (and a few stricter ones that protect users), and keeps state as a state file
//! does: JSON and the provider's private bytes. A violated rule is an [`Error`] in Terraform's words. It is fast enough
//! for tests with thousands of configurations.
//!
//! The order of the RPCs is that of Terraform's
//! [resource instance change lifecycle](https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md).

pub mod compatible;
pub mod configuration;
mod encoding;
mod error;
mod fault;
pub mod identity;
pub mod json;
pub mod plan_valid;
pub mod plugin;
pub mod proposed;
mod query;
pub mod schema;
mod steps;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use engine::Definition;
use proto::tfplugin6::provider_server::Provider;
use serde_json::{Value as Json, json};
use value::{Path, Value};

use crate::secrets::Logs;

pub use error::{Diagnostic, Error, Severity};
pub use identity::Identities;
pub use json::UNKNOWN;
pub use plugin::{Include, Listed, Named, Object, Plugin};
pub use query::Query;

/// Terraform with one workspace and its state.
pub struct Core {
    plugin: Arc<Plugin>,
    objects: BTreeMap<Address, Stored>,
    identities: Identities,
}

/// The address of a resource, such as `durantic_machine_role.web`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    type_name: String,
    name: String,
}

/// An object as a state file stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Version of the schema it was written with.
    pub version: i64,
    /// Its attributes, as JSON.
    pub json: String,
    /// The provider's private state.
    pub private: Vec<u8>,
    /// Its identity; `None` if an earlier version of Terraform or of the provider stored it.
    pub identity: Option<Value>,
    /// Ready or tainted.
    pub status: Status,
}

/// The status of an object in state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not tainted.
    Ready,
    /// Its creation failed: the next plan replaces it.
    Tainted,
}

/// The action of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Creates the object.
    Create,
    /// Changes the object in place.
    Update,
    /// Destroys the object and creates another.
    Replace,
    /// Destroys the object.
    Delete,
}

/// A plan for one resource.
#[derive(Debug)]
pub struct Planned {
    /// The planned action.
    pub action: Action,
    /// The refreshed object; null if it does not exist.
    pub prior: Value,
    /// The planned object; unknown values are "known after apply".
    pub planned: Value,
    /// The changed attributes that require replacement.
    pub requires_replace: Vec<Path>,
    /// The warnings that the provider reported.
    pub warnings: Vec<Diagnostic>,
    address: Address,
    config: Value,
    /// The planned object with its private state and its identity.
    object: Object,
    refreshed: Option<Stored>,
    mode: Mode,
}

/// The options of `terraform plan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No options.
    Normal,
    /// `-replace=ADDRESS`
    Replace,
    /// `-replace=ADDRESS`, with `create_before_destroy`
    ReplaceCreateFirst,
    /// `create_before_destroy`
    CreateFirst,
    /// `-refresh=false`
    WithoutRefresh,
}

impl Mode {
    /// Whether a replacement creates the new object before it destroys the old one.
    #[must_use]
    pub fn creates_first(self) -> bool {
        matches!(self, Self::ReplaceCreateFirst | Self::CreateFirst)
    }
}

impl Core {
    /// Starts a provider with this definition and configures it for a control plane.
    ///
    /// # Errors
    /// If the schema is invalid or the provider rejects the configuration.
    pub async fn start(definition: &'static Definition, endpoint: &str, token: &str) -> Result<Self, Error> {
        let core = Self::unconfigured(Arc::new(rpc::Service::new(provider::program(definition)))).await?;
        core.configure(&json!({ "endpoint": endpoint, "api_token": token }))
            .await?;
        Ok(core)
    }

    /// Starts a provider without configuring it.
    ///
    /// # Errors
    /// If the schema is invalid.
    pub async fn unconfigured(provider: Arc<dyn Provider>) -> Result<Self, Error> {
        Logs::watched();
        Ok(Self {
            plugin: Arc::new(Plugin::start(provider).await?),
            objects: BTreeMap::new(),
            identities: Identities::Kept,
        })
    }

    /// Keeps or drops the identities of objects from now on.
    #[must_use]
    pub fn with_identities(mut self, identities: Identities) -> Self {
        self.identities = identities;
        self
    }

    /// Configures the provider.
    ///
    /// # Errors
    /// If the configuration is invalid.
    pub async fn configure(&self, config: &Json) -> Result<(), Error> {
        let block = &self.plugin.schema().block;
        let config = configuration::read(block, config).map_err(Error::Configuration)?;
        self.plugin.configure(&config).await
    }

    /// A core with the same provider process and an empty state.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self {
            plugin: Arc::clone(&self.plugin),
            objects: BTreeMap::new(),
            identities: self.identities,
        }
    }

    /// The provider, for RPCs that no workflow of Terraform sends.
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.plugin
    }

    /// Validates a configuration.
    ///
    /// # Errors
    /// If the configuration is invalid or the provider violates the protocol.
    pub async fn validate(&self, type_name: &str, config: &Json) -> Result<(), Error> {
        let config = self.config(type_name, config)?;
        self.plugin.validate(type_name, &config).await
    }

    /// `terraform plan`: refreshes, validates, and plans. State does not change.
    ///
    /// # Errors
    /// If the configuration is invalid, the provider reports an error or violates the protocol.
    pub async fn plan(&self, type_name: &str, name: &str, config: &Json) -> Result<Planned, Error> {
        self.plan_with(type_name, name, config, Mode::Normal).await
    }

    /// [`Core::plan`] with options.
    ///
    /// # Errors
    /// As [`Core::plan`].
    pub async fn plan_with(
        &self,
        type_name: &str,
        name: &str,
        config: &Json,
        mode: Mode,
    ) -> Result<Planned, Error> {
        let config = self.config(type_name, config)?;
        self.plan_config(address(type_name, name), config, mode).await
    }

    /// `terraform apply` of a plan, with its own configuration.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn apply(&mut self, planned: Planned) -> Result<Value, Error> {
        let config = planned.config.clone();
        self.apply_config(planned, config).await
    }

    /// `terraform apply` of a plan, with the configuration in which all values have become known.
    ///
    /// # Errors
    /// As [`Core::apply`].
    pub async fn apply_resolved(&mut self, planned: Planned, config: &Json) -> Result<Value, Error> {
        let config = self.config(&planned.address.type_name, config)?;
        self.apply_config(planned, config).await
    }

    /// `terraform apply` without a saved plan: plans and applies, so that state matches the configuration.
    ///
    /// # Errors
    /// As [`Core::plan`] and [`Core::apply`].
    pub async fn converge(&mut self, type_name: &str, name: &str, config: &Json) -> Result<Value, Error> {
        let planned = self.plan(type_name, name, config).await?;
        self.apply(planned).await
    }

    /// `terraform apply -refresh-only`; null if the object no longer exists.
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn refresh(&mut self, type_name: &str, name: &str) -> Result<Value, Error> {
        let address = address(type_name, name);
        let Some(stored) = self.objects.get(&address).cloned() else {
            return Ok(Value::Null);
        };
        let refreshed = self.refreshed(&address, stored).await?;
        let value = refreshed
            .as_ref()
            .map(|(value, _)| value.clone())
            .unwrap_or_default();
        self.put(&address, refreshed.map(|(_, stored)| stored));
        Ok(value)
    }

    /// `terraform import`
    ///
    /// # Errors
    /// If the address is managed already, or the object does not exist, or the provider violates the protocol.
    pub async fn import(&mut self, type_name: &str, name: &str, id: &str) -> Result<Value, Error> {
        self.import_named(type_name, name, Named::Id(id)).await
    }

    /// An `import` block.
    ///
    /// # Errors
    /// As [`Core::import`].
    pub async fn import_named(
        &mut self,
        type_name: &str,
        name: &str,
        named: Named<'_>,
    ) -> Result<Value, Error> {
        let address = address(type_name, name);
        if self.objects.contains_key(&address) {
            return Err(Error::Configuration(vec![format!(
                "{address} is managed already"
            )]));
        }
        let imported = self.plugin.import(type_name, named).await?;
        if matches!(named, Named::Identity(_)) && imported.identity.is_none() {
            return Err(Error::violation("Import didn't return an identity", &address));
        }
        let object = self.plugin.read(type_name, &self.sent(imported)).await?;
        if object.state.is_null() {
            return Err(Error::violation(
                "Cannot import non-existent remote object",
                &address,
            ));
        }
        let state = object.state.clone();
        let stored = self.stored_form(&address, object, Status::Ready)?;
        self.put(&address, Some(stored));
        Ok(state)
    }

    /// `terraform destroy`
    ///
    /// # Errors
    /// If the provider reports an error or violates the protocol.
    pub async fn destroy(&mut self, type_name: &str, name: &str) -> Result<(), Error> {
        self.destroy_with(type_name, name, Mode::Normal).await
    }

    /// `terraform destroy` with options.
    ///
    /// # Errors
    /// As [`Core::destroy`].
    pub async fn destroy_with(&mut self, type_name: &str, name: &str, mode: Mode) -> Result<(), Error> {
        self.destroy_object(address(type_name, name), mode).await
    }

    /// Reads a data source; unknown if its configuration has unknown values.
    ///
    /// # Errors
    /// If the configuration is invalid, the provider reports an error or violates the protocol.
    pub async fn read_data_source(&self, type_name: &str, config: &Json) -> Result<Value, Error> {
        let schema = self.plugin.data_source(type_name)?;
        let config = configuration::read(&schema.block, config).map_err(Error::Configuration)?;
        self.plugin.read_data_source(type_name, &config).await
    }

    /// The object in state, as the state file stores it.
    pub fn stored(&self, type_name: &str, name: &str) -> Option<&Stored> {
        self.objects.get(&address(type_name, name))
    }

    /// The attributes in state; null without an object.
    pub fn state(&self, type_name: &str, name: &str) -> Json {
        let stored = self.stored(type_name, name);
        stored
            .and_then(|stored| serde_json::from_str(&stored.json).ok())
            .unwrap_or_default()
    }

    /// Puts an object into state, as if a state file contained it.
    pub fn store(&mut self, type_name: &str, name: &str, stored: Stored) {
        self.put(&address(type_name, name), Some(stored));
    }

    /// `terraform state rm`
    pub fn forget(&mut self, type_name: &str, name: &str) {
        self.put(&address(type_name, name), None);
    }

    /// `terraform taint`
    pub fn taint(&mut self, type_name: &str, name: &str) {
        if let Some(stored) = self.objects.get_mut(&address(type_name, name)) {
            stored.status = Status::Tainted;
        }
    }

    fn config(&self, type_name: &str, config: &Json) -> Result<Value, Error> {
        let schema = self.plugin.resource(type_name)?;
        configuration::read(&schema.block, config).map_err(Error::Configuration)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.type_name, self.name)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            Logs::watched().assert_clean();
        }
    }
}

fn address(type_name: &str, name: &str) -> Address {
    Address {
        type_name: type_name.to_owned(),
        name: name.to_owned(),
    }
}
