//! What Terraform does around a provider, and what it enforces, without Terraform.
//!
//! It drives a provider in this process over the plugin protocol's own messages: it proposes new states, holds every
//! plan and apply to the rules of Terraform 1.11 (and to a few that Terraform lets pass although they hurt its users),
//! and keeps state as a state file does: JSON and the provider's private bytes. A broken rule is an [`Error`] in
//! Terraform's words. Tests can run thousands of configurations through it.

pub mod compatible;
pub mod configuration;
mod error;
mod fault;
pub mod json;
pub mod plan_valid;
pub mod plugin;
pub mod proposed;
pub mod schema;
mod steps;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use engine::Definition;
use proto::tfplugin6::provider_server::Provider;
use serde_json::{Value as Json, json};
use value::{Path, Value};

use crate::secrets::Logs;

pub use error::{Diagnostic, Error, Severity};
pub use json::UNKNOWN;
pub use plugin::Plugin;

/// Terraform, as a provider knows it: one workspace with its state.
pub struct Core {
    plugin: Arc<Plugin>,
    objects: BTreeMap<Address, Stored>,
}

/// A resource in a configuration: `durantic_machine_role.web`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    type_name: String,
    name: String,
}

/// An object as a state file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Version of the schema it was written with.
    pub version: i64,
    /// Its attributes.
    pub json: String,
    /// What the provider remembers of it.
    pub private: Vec<u8>,
    /// Whether it is whole.
    pub status: Status,
}

/// Whether an object in state is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Ready,
    /// Its creation failed on the way: the next plan replaces it.
    Tainted,
}

/// What a plan does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Makes it.
    Create,
    /// Changes it in place.
    Update,
    /// Ends it and makes it anew.
    Replace,
    /// Ends it.
    Delete,
}

/// A plan for one resource.
#[derive(Debug)]
pub struct Planned {
    /// What it does.
    pub action: Action,
    /// The object as it was found; null where there is none.
    pub prior: Value,
    /// The object as it will be; unknown parts are those "known after apply".
    pub planned: Value,
    /// What forces a new object.
    pub requires_replace: Vec<Path>,
    /// What the provider told besides.
    pub warnings: Vec<Diagnostic>,
    address: Address,
    config: Value,
    private: Vec<u8>,
    refreshed: Option<Stored>,
}

/// How a plan is made, as the arguments of `terraform plan` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As it is without arguments.
    Normal,
    /// `-replace=ADDRESS`
    Replace,
    /// `-refresh=false`
    WithoutRefresh,
}

impl Core {
    /// Starts a provider of that definition and configures it for a control plane.
    pub async fn start(definition: &'static Definition, endpoint: &str, token: &str) -> Result<Self, Error> {
        let core = Self::unconfigured(Arc::new(rpc::Service::new(provider::program(definition)))).await?;
        core.configure(&json!({ "endpoint": endpoint, "api_token": token }))
            .await?;
        Ok(core)
    }

    /// Starts any provider, which is not configured yet.
    pub async fn unconfigured(provider: Arc<dyn Provider>) -> Result<Self, Error> {
        Logs::watched();
        Ok(Self {
            plugin: Arc::new(Plugin::start(provider).await?),
            objects: BTreeMap::new(),
        })
    }

    /// Configures the provider.
    pub async fn configure(&self, config: &Json) -> Result<(), Error> {
        let block = &self.plugin.schema().block;
        let config = configuration::read(block, config).map_err(Error::Configuration)?;
        self.plugin.configure(&config).await
    }

    /// The same provider with an empty state.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self {
            plugin: Arc::clone(&self.plugin),
            objects: BTreeMap::new(),
        }
    }

    /// The provider itself, for what no workflow of Terraform needs.
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.plugin
    }

    /// Validates a configuration.
    pub async fn validate(&self, type_name: &str, config: &Json) -> Result<(), Error> {
        let config = self.config(type_name, config)?;
        self.plugin.validate(type_name, &config).await
    }

    /// Plans: refreshes, validates, and asks the provider what it would do. State stays as it is.
    pub async fn plan(&self, type_name: &str, name: &str, config: &Json) -> Result<Planned, Error> {
        self.plan_with(type_name, name, config, Mode::Normal).await
    }

    /// Plans with arguments.
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

    /// Carries a plan out, with the configuration it was made of.
    pub async fn apply(&mut self, planned: Planned) -> Result<Value, Error> {
        let config = planned.config.clone();
        self.apply_config(planned, config).await
    }

    /// Carries a plan out, now that the unknown values of its configuration are known.
    pub async fn apply_resolved(&mut self, planned: Planned, config: &Json) -> Result<Value, Error> {
        let config = self.config(&planned.address.type_name, config)?;
        self.apply_config(planned, config).await
    }

    /// Plans and carries out.
    pub async fn converge(&mut self, type_name: &str, name: &str, config: &Json) -> Result<Value, Error> {
        let planned = self.plan(type_name, name, config).await?;
        self.apply(planned).await
    }

    /// `terraform apply -refresh-only`; null where the object is gone.
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
    pub async fn import(&mut self, type_name: &str, name: &str, id: &str) -> Result<Value, Error> {
        let address = address(type_name, name);
        if self.objects.contains_key(&address) {
            return Err(Error::Configuration(vec![format!(
                "{address} is managed already"
            )]));
        }
        let (state, private) = self.plugin.import(type_name, id).await?;
        let (state, private) = self.plugin.read(type_name, &state, &private).await?;
        if state.is_null() {
            return Err(Error::violation("Cannot import non-existent remote object", id));
        }
        let stored = self.stored_form(&address, &state, private, Status::Ready)?;
        self.put(&address, Some(stored));
        Ok(state)
    }

    /// `terraform destroy`
    pub async fn destroy(&mut self, type_name: &str, name: &str) -> Result<(), Error> {
        self.destroy_with(type_name, name, Mode::Normal).await
    }

    /// `terraform destroy` with arguments.
    pub async fn destroy_with(&mut self, type_name: &str, name: &str, mode: Mode) -> Result<(), Error> {
        self.destroy_object(address(type_name, name), mode).await
    }

    /// Reads a data source; unknown where its configuration is not known.
    pub async fn read_data_source(&self, type_name: &str, config: &Json) -> Result<Value, Error> {
        let schema = self.plugin.data_source(type_name)?;
        let config = configuration::read(&schema.block, config).map_err(Error::Configuration)?;
        self.plugin.read_data_source(type_name, &config).await
    }

    /// The object in state, in the form of the state file.
    pub fn stored(&self, type_name: &str, name: &str) -> Option<&Stored> {
        self.objects.get(&address(type_name, name))
    }

    /// The attributes in state; null where there is no object.
    pub fn state(&self, type_name: &str, name: &str) -> Json {
        let stored = self.stored(type_name, name);
        stored
            .and_then(|stored| serde_json::from_str(&stored.json).ok())
            .unwrap_or_default()
    }

    /// Puts an object into state as a state file would bring it, whoever wrote that.
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
