//! Checks of the resources that configure a machine: what an installation needs, and what a change needs.
//!
//! Tests: below, and `tests/terraform/mistakes.rs`.

use engine::diagnostic::Summary;
use engine::hook::RunDescription;
use engine::survey::{Existing, Search, Survey};
use jiff::{SignedDuration, Timestamp};
use value::{Path, Value};

use crate::summaries;

const MACHINE: &str = "machine_uuid";
const ROLES: &str = "role_names";
const NETWORK: &str = "mesh_network_uuid";
const DISK: &str = "target_disk";
const FORCE: &str = "force_provision";

/// Checks the settings of a machine, with or without an installation.
pub async fn check_settings(survey: &mut Survey<'_>) {
    let disk = survey.planned().get(DISK).as_str();
    if let Some(disk) = disk.filter(|disk| survey.sets(DISK) && !is_device(disk)) {
        let detail = format!(
            "`{DISK}` is `{disk}`, which is no path of a device, such as `/dev/nvme0n1` or `/dev/disk/by-id/…`. The installer may not find the \
             disk."
        );
        warn(survey, DISK, &summaries::NOT_A_DEVICE, detail);
    }
    check_free_address(survey).await;
}

/// Checks that a network has an address for a machine that joins it.
async fn check_free_address(survey: &mut Survey<'_>) {
    if !survey.sets(NETWORK) {
        return;
    }
    let networks = survey.referenced(NETWORK).await;
    let Some((network, uuid)) = networks
        .first()
        .and_then(|network| Some((network, network.string("uuid")?)))
    else {
        return;
    };
    let Some(free) = network.get("available_ip_count").as_i64() else {
        return;
    };
    let is_member = |current: &Value| current.as_str() == Some(uuid.as_str());
    let machine = survey.referenced(MACHINE).await.into_iter().next();
    let known = machine.map_or(Value::Unknown, |machine| machine.get(NETWORK));
    if is_member(survey.same_prior().get(NETWORK)) || is_member(&known) {
        return;
    }
    let joining = i64::try_from(survey.count(&format!("network/{uuid}"))).unwrap_or(i64::MAX);
    if joining >= free {
        let others = match joining {
            0 => String::new(),
            1 => ", and another machine of this plan joins it, too".to_owned(),
            others => format!(", and {others} other machines of this plan join it, too"),
        };
        let detail = format!(
            "The {} has {free} free addresses{others}. Unless machines leave it first, the apply fails.",
            network.title()
        );
        warn(survey, NETWORK, &summaries::NETWORK_FULL, detail);
    }
}

/// Checks what the installation of a machine needs.
pub async fn check_installation(survey: &mut Survey<'_>) {
    check_force_provision(survey);
    if !survey.starts_run() {
        check_left_network(survey).await;
        return;
    }
    let machine = survey.referenced(MACHINE).await.into_iter().next();
    let machine = machine.as_ref();
    let title = survey.title();
    let name = machine
        .and_then(|machine| machine.string("hostname"))
        .unwrap_or_else(|| title.clone());
    let is_online = match machine.map(|machine| machine.get("is_online")) {
        Some(Value::Bool(is_online)) => Value::Bool(is_online),
        _ => survey.same_prior().get("is_online").clone(),
    };
    if is_online == Value::Bool(false) {
        let detail = format!(
            "{name} is offline. The installation waits until it is online, at most until the timeout `create` of the resource ends."
        );
        warn(survey, MACHINE, &summaries::MACHINE_OFFLINE, detail);
    }
    let Value::List(names) = current(survey, machine, ROLES) else {
        return;
    };
    let Some(roles) = find_roles(survey, &names).await else {
        return;
    };
    let network = current(survey, machine, NETWORK);
    let refused = if network.is_null() {
        refused_role(survey, &names).await
    } else {
        None
    };
    if let Some(role) = refused {
        let detail = format!(
            "The {} requires a mesh network, and {name} is in none: its installation would fail. Set `{NETWORK}`, or `requires_mesh = \
             false` in the role.",
            role.title()
        );
        survey.refuse(
            Path::root().attribute(NETWORK),
            &summaries::NETWORK_REQUIRED,
            detail,
        );
    }
    if roles.iter().all(|role| role.get("image_uuid").is_null()) {
        let detail = format!(
            "No role of {name} has an image, so the control plane installs the default image of the organization, if there is one. Set \
             `image_uuid` in one of the roles of the machine."
        );
        warn(survey, ROLES, &summaries::NO_IMAGE, detail);
    }
}

/// Describes what an installation erases, and what the machine gets.
pub async fn describe_installation(survey: &mut Survey<'_>) -> RunDescription {
    let machine = survey.referenced(MACHINE).await.into_iter().next();
    let disk = current(survey, machine.as_ref(), DISK);
    let disk = disk.as_str().unwrap_or("its disk");
    RunDescription {
        summary: &summaries::REINSTALLS,
        loss: format!("the plan reinstalls this machine, and all data on {disk} is lost."),
        result: describe_result(survey, machine.as_ref())
            .await
            .unwrap_or_default(),
    }
}

/// The roles and the image that a machine gets; `None` if they are not known.
async fn describe_result(survey: &mut Survey<'_>, machine: Option<&Existing>) -> Option<String> {
    let Value::List(names) = current(survey, machine, ROLES) else {
        return None;
    };
    let quoted: Vec<String> = names
        .iter()
        .filter_map(|name| Some(format!("`{}`", name.as_str()?)))
        .collect();
    if quoted.is_empty() {
        return Some("It then has no role.".to_owned());
    }
    let roles = format!("It then has the roles {}", quoted.join(", "));
    let image = image_of(survey, &names).await;
    Some(match image {
        Some(image) => format!("{roles}, and the image {image}."),
        None => format!("{roles}."),
    })
}

/// The image of the role with the highest priority that has one; `None` if it is not known.
async fn image_of(survey: &mut Survey<'_>, names: &[Value]) -> Option<String> {
    let roles = find_roles(survey, names).await?;
    let with_image = roles.iter().filter(|role| !role.get("image_uuid").is_null());
    let role = with_image.max_by_key(|role| role.get("merge_priority").as_i64())?;
    let image = role.string("image_uuid")?;
    match survey.find("image", "uuid", &image).await {
        Search::Found(image) => image.string("name").map(|name| format!("`{name}`")),
        Search::Missing(_) | Search::Unknown => Some(format!("`{image}`")),
    }
}

/// A role that requires a network, also as this plan changes it.
async fn refused_role(survey: &mut Survey<'_>, names: &[Value]) -> Option<Existing> {
    for role in find_roles(survey, names)
        .await?
        .into_iter()
        .filter(requires_network)
    {
        let role = survey.settled(role).await;
        if requires_network(&role) {
            return Some(role);
        }
    }
    None
}

/// Warns of a machine that leaves its network although one of its roles requires one: its next installation fails.
async fn check_left_network(survey: &mut Survey<'_>) {
    if survey.prior().get(NETWORK).is_null() || !survey.planned().get(NETWORK).is_null() {
        return;
    }
    let Value::List(names) = survey.planned().get(ROLES).clone() else {
        return;
    };
    let roles = find_roles(survey, &names).await.unwrap_or_default();
    if let Some(role) = roles.iter().find(|role| requires_network(role)) {
        let detail = format!(
            "The {} requires a mesh network, which the machine leaves: its next installation fails.",
            role.title()
        );
        warn(survey, NETWORK, &summaries::NETWORK_REQUIRED, detail);
    }
}

fn check_force_provision(survey: &mut Survey<'_>) {
    if !survey.sets(FORCE) {
        return;
    }
    let value = survey.planned().get(FORCE);
    let prior = survey.prior().get(FORCE).as_str();
    let now = Timestamp::now();
    let detail = match value.as_str() {
        Some("") => format!(
            "`{FORCE}` is an empty string, which is another value than null, so that setting and removing it reinstalls the machine. \
             Remove the argument, or set a value such as `1`."
        ),
        Some(text) if is_of_the_present(text, now) => format!(
            "`{FORCE}` has the present time. If it comes from `plantimestamp()` or `timestamp()`, each apply reinstalls the machine: \
             set a value that changes only when you want that, such as `1`."
        ),
        None if value.is_unknown() && prior.is_some_and(is_time) => format!(
            "`{FORCE}` was a point in time, and the next value is only known after apply. If it comes from `timestamp()`, each apply \
             reinstalls the machine: set a value that changes only when you want that, such as `1`."
        ),
        _ => return,
    };
    warn(survey, FORCE, &summaries::FORCED_BY_MISTAKE, detail);
}

/// The value that the machine has after the change. One that the configuration omits is not sent to a new object, and not changed.
fn current(survey: &Survey<'_>, machine: Option<&Existing>, name: &str) -> Value {
    if !survey.is_new() || !survey.config().get(name).is_null() {
        return survey.planned().get(name).clone();
    }
    match machine.map_or(Value::Unknown, |machine| machine.get(name)) {
        Value::Unknown if survey.same_prior().is_null() => Value::Unknown,
        Value::Unknown => survey.same_prior().get(name).clone(),
        shown => shown,
    }
}

/// The roles with these names; `None` if one of them is unknown or was not found.
async fn find_roles(survey: &mut Survey<'_>, names: &[Value]) -> Option<Vec<Existing>> {
    let mut roles = Vec::new();
    for name in names {
        match survey.find("machine_role", "name", name.as_str()?).await {
            Search::Found(role) => roles.push(role),
            Search::Missing(_) | Search::Unknown => return None,
        }
    }
    Some(roles)
}

fn requires_network(role: &Existing) -> bool {
    role.get("requires_mesh") == Value::Bool(true)
}

fn warn(survey: &mut Survey<'_>, name: &str, summary: &'static Summary, detail: String) {
    survey.warn(Path::root().attribute(name), summary, detail);
}

fn is_device(disk: &str) -> bool {
    disk.strip_prefix("/dev/").is_some_and(|name| {
        !name.is_empty() && !name.ends_with('/') && !name.chars().any(char::is_whitespace)
    })
}

fn is_time(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

/// Whether a string is a point in time less than an hour away.
fn is_of_the_present(text: &str, now: Timestamp) -> bool {
    text.parse::<Timestamp>()
        .is_ok_and(|time| now.duration_since(time).abs() < SignedDuration::from_hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_paths_are_absolute_and_in_dev() {
        for device in [
            "/dev/sda",
            "/dev/nvme0n1",
            "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4",
            "/dev/mapper/a",
        ] {
            assert!(is_device(device), "{device}");
        }
        for other in [
            "nvme0n1",
            "sda",
            "",
            "/dev/",
            "/dev",
            "/mnt/disk",
            "dev/sda",
            "/dev/sda /dev/sdb",
            "C:",
        ] {
            assert!(!is_device(other), "{other}");
        }
    }

    #[test]
    fn only_the_present_time_is_of_the_present() {
        let now = "2026-01-31T12:00:00Z".parse().unwrap();
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T11:30:00Z",
            "2026-01-31T13:00:10+01:00",
        ] {
            assert!(is_of_the_present(text, now), "{text}");
        }
        for text in [
            "2026-01-30T12:00:00Z",
            "2026-01-31",
            "1",
            "",
            "v2",
            "2027-01-31T12:00:00Z",
        ] {
            assert!(!is_of_the_present(text, now), "{text}");
        }
    }
}
