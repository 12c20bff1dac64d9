//! The effects of runs on machines, and the roles that decide how a run goes.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Outcome, PERCENT_BEFORE_REBOOT, Run, RunView};
use crate::control_plane::collection::Collection;
use crate::control_plane::collections::machines;
use crate::control_plane::problem::Problem;
use crate::control_plane::steps::{self, Step};
use crate::control_plane::store::{Object, Store, is_set, string, strings};
use crate::control_plane::templates;

impl Store {
    /// Starts a run of a machine and returns its uuid.
    ///
    /// # Errors
    /// If the machine does not exist, is locked, or has an active run.
    pub fn start_run(&mut self, machine_uuid: &str, body: &Object) -> Result<String, Problem> {
        let machine = self.get(Collection::Machines, machine_uuid)?.clone();
        if let Some(active) = self.runs.active.get(machine_uuid) {
            let hostname = string(&machine, "hostname");
            return Err(Problem::conflict(format!(
                "the machine '{hostname}' has an active provision run: {active}"
            )));
        }
        if let Some(reason) = self.locks.get(machine_uuid) {
            return Err(Problem::conflict(reason));
        }
        let mode = string(body, "mode");
        let fault = if mode == "rebuild" {
            self.fault_of_roles(&machine)
        } else {
            None
        };
        let (outcome, stops_at, error_message) = if let Some((outcome, message)) = fault {
            (outcome, PERCENT_BEFORE_REBOOT, Some(message))
        } else {
            let scripted = self
                .runs
                .scripts
                .get_mut(machine_uuid)
                .and_then(VecDeque::pop_front);
            let outcome = scripted.unwrap_or(Outcome::Completed);
            let (stops_at, message) = (outcome.stops_at(), outcome.message().map(str::to_owned));
            (outcome, stops_at, message)
        };
        let run = Run {
            uuid: Uuid::new_v4().to_string(),
            machine_uuid: machine_uuid.to_owned(),
            hostname: string(&machine, "hostname").to_owned(),
            mode: mode.to_owned(),
            image: self.image_of(&machine),
            kexec: is_set(&machine, "kexec_installer"),
            started: self.clock.change(),
            role_names: machine.get("role_names").cloned().unwrap_or_default(),
            length: self.times.install,
            outcome,
            stops_at,
            error_message,
            ended: None,
        };
        let uuid = run.uuid.clone();
        self.runs.order.push(uuid.clone());
        self.runs.active.insert(machine_uuid.to_owned(), uuid.clone());
        self.runs.all.insert(uuid.clone(), run);
        let unavailable = self.unavailable();
        self.runs.unavailable.push(unavailable);
        Ok(uuid)
    }

    /// The machines that are offline now, or have an active run.
    fn unavailable(&mut self) -> BTreeSet<String> {
        self.update_machines_to_now();
        let active = self.runs.active.keys().cloned();
        let machines = self.objects(Collection::Machines);
        let offline = machines.filter(|machine| !is_set(machine, "is_online"));
        active
            .chain(offline.map(|machine| string(machine, "uuid").to_owned()))
            .collect()
    }

    /// The largest number of these machines that were offline, or had an active run, when a run was started.
    pub fn most_unavailable(&self, is_member: impl Fn(&str) -> bool) -> usize {
        let starts = self.runs.unavailable.iter();
        let counts = starts.map(|machines| machines.iter().filter(|machine| is_member(machine)).count());
        counts.max().unwrap_or_default()
    }

    /// The body of the response for a run of a machine.
    ///
    /// # Errors
    /// If the machine or the run does not exist.
    pub fn run_response(&mut self, machine_uuid: &str, uuid: &str) -> Result<Value, Problem> {
        self.get(Collection::Machines, machine_uuid)?;
        let run = self
            .runs
            .all
            .get(uuid)
            .filter(|run| run.machine_uuid == machine_uuid);
        let view = self.view(run.ok_or_else(Problem::not_found)?);
        Ok(json!({
            "uuid": view.uuid,
            "status": view.status,
            "is_terminal": view.is_terminal,
            "is_active": !view.is_terminal,
            "current_step": view.current_step,
            "current_message": view.current_message,
            "progress_percent": view.progress_percent,
            "error_message": view.error_message,
            "created_at": view.created_at,
            "updated_at": view.updated_at,
        }))
    }

    /// Every run in the order of the requests.
    pub fn run_views(&self) -> Vec<RunView> {
        let runs = self.runs.order.iter().filter_map(|uuid| self.runs.all.get(uuid));
        runs.map(|run| self.view(run)).collect()
    }

    /// Sets the outcome of the machine's next run. Further calls set the outcomes of the runs after it.
    pub fn script_run(&mut self, machine_uuid: &str, outcome: Outcome) {
        self.runs
            .scripts
            .entry(machine_uuid.to_owned())
            .or_default()
            .push_back(outcome);
    }

    /// Removes the outcomes that were set for later runs.
    pub fn clear_scripts(&mut self) {
        self.runs.scripts.clear();
    }

    /// Ends an active run now. A run that has already ended does not change.
    ///
    /// # Errors
    /// If the run does not exist.
    pub fn end_run(&mut self, uuid: &str, outcome: Outcome) -> Result<(), Problem> {
        let run = self.runs.all.get(uuid).ok_or_else(Problem::not_found)?;
        if self.view(run).is_terminal || outcome == Outcome::NeverEnding {
            return Ok(());
        }
        let now = self.clock.now();
        if let Some(run) = self.runs.all.get_mut(uuid) {
            run.ended = Some(now);
            run.error_message = outcome.message().map(str::to_owned);
            run.outcome = outcome;
            run.stops_at = 100;
        }
        Ok(())
    }

    /// Updates every machine to the current time.
    pub fn update_machines_to_now(&mut self) {
        let machines: Vec<String> = self
            .objects(Collection::Machines)
            .filter(|machine| {
                is_set(machine, "pending_config_push")
                    || machine.contains_key(machines::PROVISIONED_DUE)
                    || self.runs.active.contains_key(string(machine, "uuid"))
            })
            .map(|machine| string(machine, "uuid").to_owned())
            .collect();
        for machine in machines {
            self.update_machine_to_now(&machine);
        }
    }

    /// Updates a machine to the current time: the effects of its run and of its agent.
    pub fn update_machine_to_now(&mut self, uuid: &str) {
        let Some(mut machine) = self.peek(Collection::Machines, uuid).cloned() else {
            return;
        };
        let now = self.clock.now();
        machines::apply_pending_config(&mut machine, now);
        let run = self.runs.active.get(uuid).and_then(|run| self.runs.all.get(run));
        if let Some(run) = run {
            let is_touched = run.percent(now) >= steps::FIRST_REBOOT;
            let is_over = self.view(run).is_terminal;
            if is_over && run.outcome.is_installed() {
                machine.insert("is_online".to_owned(), json!(true));
                if machine.get("role_names") == Some(&run.role_names) {
                    let end = run.end().unwrap_or(now);
                    let due = end.saturating_add(self.times.provisioning_lag).as_millis();
                    let due = u64::try_from(due).unwrap_or(u64::MAX);
                    machine.insert(machines::PROVISIONED_DUE.to_owned(), json!(due));
                }
                machine.insert("pending_config_push".to_owned(), json!(false));
            } else if is_touched {
                machine.insert("is_online".to_owned(), json!(false));
            }
            if is_over {
                self.runs.active.remove(uuid);
            }
        }
        machines::apply_provisioned(&mut machine, now);
        self.put(Collection::Machines, machine);
    }

    fn view(&self, run: &Run) -> RunView {
        let now = self.clock.now();
        let percent = run.percent(now);
        let end = run.end();
        let is_terminal = end.is_some_and(|end| now >= end);
        let is_installed = is_terminal && run.outcome.is_installed();
        let step = steps::at(&run.mode, percent);
        let status = match step {
            _ if is_terminal => run.outcome.status(),
            Step { name: "pending", .. } => "pending",
            _ => "running",
        };
        RunView {
            uuid: run.uuid.clone(),
            machine_uuid: run.machine_uuid.clone(),
            hostname: run.hostname.clone(),
            mode: run.mode.clone(),
            status: status.to_owned(),
            is_terminal,
            current_step: if is_installed { "completed" } else { step.name }.to_owned(),
            current_message: if is_installed {
                "Done".to_owned()
            } else {
                step.message(&run.image, run.kexec)
            },
            progress_percent: if is_installed { 100 } else { percent },
            error_message: run.error_message.clone().filter(|_| is_terminal),
            created_at: self.clock.timestamp(run.started),
            updated_at: self.clock.timestamp(end.map_or(now, |end| end.min(now))),
        }
    }

    /// The reason why the machine's roles make a run fail, if any.
    fn fault_of_roles(&self, machine: &Object) -> Option<(Outcome, String)> {
        self.roles_of(machine).find_map(|role| {
            let name = string(role, "name");
            if is_set(role, "requires_mesh") && string(machine, "mesh_network_uuid").is_empty() {
                let message =
                    format!("the role '{name}' requires a mesh network, but the machine has not joined one");
                return Some((Outcome::Error, message));
            }
            let undefined = templates::names(string(role, "template_data")).find(|named| {
                let collection = match named.kind {
                    templates::Kind::Secret => Collection::Secrets,
                    templates::Kind::Variable => Collection::Variables,
                };
                self.find(collection, named.name).is_none()
            })?;
            let message =
                format!("the template of the role '{name}' uses '{undefined}', which is not defined");
            Some((Outcome::RenderFailed, message))
        })
    }

    /// The URL of the image that a run installs: that of the role with an image and the highest priority.
    fn image_of(&self, machine: &Object) -> String {
        self.roles_of(machine)
            .filter(|role| !string(role, "image_uuid").is_empty())
            .max_by_key(|role| role.get("merge_priority").and_then(Value::as_i64))
            .and_then(|role| self.peek(Collection::Images, string(role, "image_uuid")))
            .map_or_else(
                || "the default image".to_owned(),
                |image| string(image, "docker_image_url").to_owned(),
            )
    }

    fn roles_of(&self, machine: &Object) -> impl Iterator<Item = &Object> {
        strings(machine, "role_names").filter_map(|name| self.find(Collection::MachineRoles, name))
    }
}
