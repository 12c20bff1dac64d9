//! The order of Terraform's requests to a provider, and the handling of the responses.

use engine::object::Walk;
use value::{Path, Step, Value};

use super::compatible::assert_object_compatible;
use super::error::{Diagnostic, Error, line};
use super::fault::show;
use super::identity::Identities;
use super::plan_valid::assert_plan_valid;
use super::plugin::{Object, Outcome, check_object};
use super::proposed::proposed_new;
use super::schema::Block;
use super::{Action, Address, Core, Mode, Planned, Status, Stored, encoding, json};

/// A planned change.
struct Change {
    action: Action,
    planned: Object,
    requires_replace: Vec<Path>,
}

impl Core {
    pub(super) async fn plan_config(
        &self,
        address: Address,
        config: Value,
        mode: Mode,
    ) -> Result<Planned, Error> {
        self.plugin.take_warnings();
        self.plugin.begin_walk().await?;
        let found = match self.objects.get(&address).cloned() {
            None => None,
            Some(stored) => self.prior_object(&address, stored, mode).await?,
        };
        self.plugin.validate(&address.type_name, &config).await?;
        let (current, refreshed) = match found {
            Some((value, stored)) => (value, Some(stored)),
            None => (Value::Null, None),
        };
        let change = self
            .plan_change(&address, &current, refreshed.as_ref(), &config, mode)
            .await?;
        Ok(Planned {
            action: change.action,
            prior: current,
            planned: change.planned.state.clone(),
            requires_replace: change.requires_replace,
            warnings: self.plugin.take_warnings(),
            address,
            config,
            object: change.planned,
            refreshed,
            mode,
        })
    }

    pub(super) async fn apply_config(&mut self, planned: Planned, config: Value) -> Result<Value, Error> {
        let address = planned.address.clone();
        self.plugin.begin_walk().await?;
        self.put(&address, planned.refreshed.clone());
        match planned.action {
            Action::NoOp => Ok(planned.prior),
            Action::Delete => Ok(Value::Null),
            Action::Create | Action::Update => self.make_change(&address, &planned, config).await,
            Action::Replace if planned.mode.creates_first() => {
                self.create_before_destroy(&address, &planned, config).await
            }
            Action::Replace => {
                let before = planned.prior.clone();
                let null = Object {
                    state: Value::Null,
                    ..planned.object.clone()
                };
                self.apply_change(&address, &before, &null, &Value::Null).await?;
                self.make_change(&address, &planned, config).await
            }
        }
    }

    /// Creates the new object, then destroys the old one. If nothing was created, the old object is the current one again.
    async fn create_before_destroy(
        &mut self,
        address: &Address,
        planned: &Planned,
        config: Value,
    ) -> Result<Value, Error> {
        let deposed = self.objects.remove(address);
        let created = self.make_change(address, planned, config).await;
        let Some(deposed) = deposed else { return created };
        if !self.objects.contains_key(address) {
            self.put(address, Some(deposed));
            return created;
        }
        let created = created?;
        let null = Value::Null;
        let prior = self.upgraded(address, &deposed).await?;
        let type_name = &address.type_name;
        let proposal = self
            .plugin
            .plan(
                type_name,
                &self.object(&prior, &deposed),
                &null,
                &null,
                Walk::Apply,
            )
            .await?;
        let current = self.objects.remove(address);
        let destroyed = self
            .apply_change(address, &prior, &self.sent(proposal.object()), &null)
            .await;
        self.put(address, current);
        destroyed.map(|_| created)
    }

    pub(super) async fn destroy_object(&mut self, address: Address, mode: Mode) -> Result<(), Error> {
        let Some(stored) = self.objects.get(&address).cloned() else {
            return Ok(());
        };
        let Some((prior, stored)) = self.prior_object(&address, stored, mode).await? else {
            self.put(&address, None);
            return Ok(());
        };
        let null = Value::Null;
        let proposal = self
            .plugin
            .plan(
                &address.type_name,
                &self.object(&prior, &stored),
                &null,
                &null,
                Walk::Plan,
            )
            .await?;
        if !proposal.planned.is_null() {
            let text = format!("{address}: planned a non-null destroy value");
            return Err(Error::violation("Provider produced invalid plan", text));
        }
        let prior = self.upgraded(&address, &stored).await?;
        self.put(&address, Some(stored));
        self.apply_change(&address, &prior, &self.sent(proposal.object()), &null)
            .await?;
        Ok(())
    }

    /// The object in state at the start of a plan; `None` if it no longer exists.
    async fn prior_object(
        &self,
        address: &Address,
        stored: Stored,
        mode: Mode,
    ) -> Result<Option<(Value, Stored)>, Error> {
        match mode {
            Mode::WithoutRefresh => Ok(Some((self.upgraded(address, &stored).await?, stored))),
            Mode::Normal | Mode::Replace | Mode::ReplaceCreateFirst | Mode::CreateFirst => {
                self.refreshed(address, stored).await
            }
        }
    }

    /// The object in state after a refresh; `None` if it no longer exists.
    pub(super) async fn refreshed(
        &self,
        address: &Address,
        stored: Stored,
    ) -> Result<Option<(Value, Stored)>, Error> {
        let state = self.upgraded(address, &stored).await?;
        let before = self.object(&state, &stored);
        let object = self.plugin.read(&address.type_name, &before).await?;
        if object.state.is_null() {
            return Ok(None);
        }
        let state = object.state.clone();
        let stored = self.stored_form(address, object, stored.status)?;
        Ok(Some((state, stored)))
    }

    pub(super) fn stored_form(
        &self,
        address: &Address,
        object: Object,
        status: Status,
    ) -> Result<Stored, Error> {
        let schema = self.plugin.resource(&address.type_name)?;
        let stored = json::stored(&object.state, &schema.block.implied_type());
        let json = stored.map_err(|fault| Error::violation("Failed to save the object to state", fault))?;
        let json = format!("{json:#}");
        Ok(Stored {
            version: schema.version,
            json,
            private: object.private,
            identity: object.identity,
            status,
        })
    }

    /// An object in state, as it is sent.
    fn object(&self, state: &Value, stored: &Stored) -> Object {
        self.sent(Object {
            state: state.clone(),
            private: stored.private.clone(),
            identity: stored.identity.clone(),
        })
    }

    /// An object without its identity, if the core has none.
    pub(super) fn sent(&self, object: Object) -> Object {
        let identity = object.identity.filter(|_| self.identities == Identities::Kept);
        Object { identity, ..object }
    }

    pub(super) fn put(&mut self, address: &Address, stored: Option<Stored>) {
        match stored {
            Some(stored) => self.objects.insert(address.clone(), stored),
            None => self.objects.remove(address),
        };
    }

    async fn upgraded(&self, address: &Address, stored: &Stored) -> Result<Value, Error> {
        self.plugin
            .upgrade(&address.type_name, stored.version, &stored.json)
            .await
    }

    /// Plans a change. A replacement is planned a second time, as a create.
    async fn plan_change(
        &self,
        address: &Address,
        current: &Value,
        stored: Option<&Stored>,
        config: &Value,
        mode: Mode,
    ) -> Result<Change, Error> {
        let is_tainted = stored.is_some_and(|stored| stored.status == Status::Tainted);
        if is_tainted {
            let change = self
                .plan_once(address, Object::default(), config, Walk::Plan)
                .await?;
            return Ok(Change {
                action: Action::Replace,
                ..change
            });
        }
        let prior = stored.map_or_else(Object::default, |stored| self.object(current, stored));
        let mut change = self.plan_once(address, prior, config, Walk::Plan).await?;
        let is_forced = matches!(mode, Mode::Replace | Mode::ReplaceCreateFirst) && !current.is_null();
        if is_forced || change.action == Action::Replace {
            let null = self.sent(Object {
                state: Value::Null,
                ..change.planned
            });
            let create = self.plan_once(address, null, config, Walk::Plan).await?;
            change = Change {
                action: Action::Replace,
                requires_replace: change.requires_replace,
                ..create
            };
        }
        Ok(change)
    }

    async fn plan_once(
        &self,
        address: &Address,
        before: Object,
        config: &Value,
        walk: Walk,
    ) -> Result<Change, Error> {
        let prior = &before.state;
        let block = &self.plugin.resource(&address.type_name)?.block;
        let proposed = proposed_new(block, prior, config);
        let proposal = self
            .plugin
            .plan(&address.type_name, &before, &proposed, config, walk)
            .await?;
        let planned = &proposal.planned;
        let faults = assert_plan_valid(block, prior, config, planned);
        if !faults.is_empty() {
            let describe = |fault| {
                format!("Provider produced invalid plan: planned an invalid value for {address}{fault}")
            };
            return Err(Error::Violation(faults.into_iter().map(describe).collect()));
        }
        let paths = proposal.requires_replace.clone();
        let requires_replace = changed_paths(address, prior, planned, paths)?;
        let action = if prior.is_null() {
            Action::Create
        } else if prior == planned {
            Action::NoOp
        } else if requires_replace.is_empty() {
            Action::Update
        } else {
            Action::Replace
        };
        Ok(Change {
            action,
            planned: proposal.object(),
            requires_replace,
        })
    }

    /// Creates or updates: plans again, compares, and applies.
    async fn make_change(
        &mut self,
        address: &Address,
        planned: &Planned,
        config: Value,
    ) -> Result<Value, Error> {
        if !config.is_wholly_known() {
            return Err(Error::Configuration(vec![format!(
                "{address}: unknown values in apply"
            )]));
        }
        self.plugin.validate(&address.type_name, &config).await?;
        // After a destroy there is no state, so the planned private state is lost, as in Terraform 1.11.
        let stored = self.objects.get(address).cloned();
        let before = match &stored {
            Some(stored) => self.object(&self.upgraded(address, stored).await?, stored),
            None => Object::default(),
        };
        let prior = before.state.clone();
        let change = self.plan_once(address, before, &config, Walk::Apply).await?;
        self.check_final_plan(address, planned, &change)?;
        if change.action == Action::NoOp {
            return Ok(prior);
        }
        let planned = self.sent(change.planned);
        self.apply_change(address, &prior, &planned, &config).await
    }

    /// All values that were known in the first plan must be the same in the second.
    fn check_final_plan(&self, address: &Address, first: &Planned, second: &Change) -> Result<(), Error> {
        let summary = "Provider produced inconsistent final plan";
        let is_same = match (first.action, second.action) {
            (Action::Update, Action::NoOp) | (Action::Replace, Action::Create) => true,
            (first, second) => first == second,
        };
        let mut faults = Vec::new();
        if !is_same {
            let (from, to) = (first.action, second.action);
            faults.push(format!(
                "{summary}: {address}: changed the planned action from {from:?} to {to:?}"
            ));
        }
        let block = &self.plugin.resource(&address.type_name)?.block;
        let incompatible = assert_object_compatible(block, &first.planned, &second.planned.state);
        faults.extend(
            incompatible
                .into_iter()
                .map(|fault| format!("{summary}: {address}{fault}")),
        );
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Error::Violation(faults))
        }
    }

    /// `ApplyResourceChange`. The result is saved even if the apply failed.
    async fn apply_change(
        &mut self,
        address: &Address,
        prior: &Value,
        planned: &Object,
        config: &Value,
    ) -> Result<Value, Error> {
        let outcome = self
            .plugin
            .apply(&address.type_name, prior, planned, config)
            .await?;
        let planned = &planned.state;
        let Outcome {
            state,
            private,
            identity,
            errors,
            mut violations,
        } = outcome;
        let block = &self.plugin.resource(&address.type_name)?.block;
        let state = match state {
            Ok(state) => state,
            Err(error) => {
                let text = "Provider produced invalid object: produced an invalid value after apply for";
                violations.push(format!("{text} {address}: {error}"));
                self.put(address, None);
                return failed(violations, errors);
            }
        };
        let is_reported = !errors.is_empty() || !violations.is_empty();
        let state = state.unwrap_or_else(|| {
            if !is_reported && !planned.is_null() {
                violations.push(format!(
                    "Provider produced invalid object: no value after apply for {address}"
                ));
            }
            if planned.is_null() {
                Value::Null
            } else {
                prior.clone()
            }
        });
        for path in encoding::write_only_paths(block, &state) {
            violations.push(format!(
                "Provider produced invalid object: returned a value for the write-only attribute {address}.{path}"
            ));
        }
        if !violations.is_empty() && !encoding::write_only_paths(block, &state).is_empty() {
            self.put(address, None);
            return failed(violations, errors);
        }
        if !state.is_wholly_known() {
            violations.push(format!(
                "Provider returned invalid result object after apply: {address} still has unknown values: {}",
                show(&state)
            ));
        }
        let state = encoding::unknown_as_null(&state);
        if errors.is_empty() && violations.is_empty() {
            violations.extend(inconsistencies(address, block, planned, &state));
        }
        let is_failed = !errors.is_empty() || !violations.is_empty();
        let status = match (self.objects.get(address), prior.is_null() && is_failed) {
            (_, true) => Status::Tainted,
            (Some(before), false) if is_failed => before.status,
            _ => Status::Ready,
        };
        match (state.is_null(), is_failed && !errors.is_empty()) {
            // An error without an object keeps the prior object.
            (true, true) => {}
            (true, false) => self.put(address, None),
            (false, _) => {
                let object = Object {
                    state: state.clone(),
                    private,
                    identity,
                };
                let stored = self.stored_form(address, object, status)?;
                self.put(address, Some(stored));
            }
        }
        if is_failed {
            failed(violations, errors)
        } else {
            Ok(state)
        }
    }
}

/// The differences between an applied object and its plan.
fn inconsistencies(address: &Address, block: &Block, planned: &Value, state: &Value) -> Vec<String> {
    let summary = "Provider produced inconsistent result after apply";
    if planned.is_null() {
        let is_gone = state.is_null();
        return if is_gone {
            Vec::new()
        } else {
            vec![format!("Provider returned an object after destroy: {address}")]
        };
    }
    let faults = assert_object_compatible(block, planned, state);
    let mut inconsistencies: Vec<String> = faults
        .into_iter()
        .map(|fault| format!("{summary}: {address}{fault}"))
        .collect();
    if let Err(Error::Violation(found)) = check_object(summary, &address.to_string(), block, state) {
        inconsistencies.extend(found);
    }
    inconsistencies
}

/// The paths that require replacement and whose value changes.
fn changed_paths(
    address: &Address,
    prior: &Value,
    planned: &Value,
    paths: Vec<Path>,
) -> Result<Vec<Path>, Error> {
    let mut changed = Vec::new();
    for path in paths {
        if prior.is_null() {
            continue;
        }
        match (at(prior, &path), at(planned, &path)) {
            (None, None) => {
                return Err(Error::violation(
                    "Provider produced invalid plan",
                    format!(
                        "indicated \"requires replacement\" on {address} for a non-existent attribute path {path}"
                    ),
                ));
            }
            (before, after) if before != after => changed.push(path),
            _ => {}
        }
    }
    Ok(changed)
}

/// The value at a path; `None` if a step of the path does not exist.
fn at<'a>(value: &'a Value, path: &Path) -> Option<&'a Value> {
    let mut steps = path.steps().iter();
    steps.try_fold(value, |value, step| match (value, step) {
        (Value::Object(attributes), Step::Attribute(name)) => attributes.get(name),
        (Value::Map(entries), Step::Key(key)) => entries.get(key),
        (Value::List(elements), Step::Index(index)) => elements.get(usize::try_from(*index).ok()?),
        _ => None,
    })
}

fn failed<T>(violations: Vec<String>, errors: Vec<Diagnostic>) -> Result<T, Error> {
    if violations.is_empty() {
        return Err(Error::Reported(errors));
    }
    let errors = errors.iter().map(line);
    Err(Error::Violation(violations.into_iter().chain(errors).collect()))
}
