//! The settings of a group, as the configuration has them.
//!
//! Tests: below.

use std::collections::BTreeSet;
use std::time::Duration;

use schema::{Resource, Rollout, Text};
use serde::{Deserialize, Serialize};
use value::{Value, duration};

use crate::identity;

/// The settings of a group. Those that are not set have the value that this means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The name of the group.
    pub group: String,
    /// How many objects may be unavailable at once.
    pub unavailable: Share,
    /// The keys of all objects ([`identity::key`]); empty if they are not known.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<String>,
    /// How many runs may fail before no other is started.
    pub failures: u64,
    /// How long an object must be available after its run.
    pub healthy: Duration,
    /// How many runs must succeed before more than this number is admitted at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<usize>,
    /// Whether the settings are not known yet: those of the first object for which they are count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_provisional: bool,
}

/// A number of objects, or a share of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// This number.
    Count(usize),
    /// This percentage of the members, rounded down, but at least 1.
    Percent(usize),
}

/// A setting of which all objects of a group must have the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// [`Policy::unavailable`]
    Unavailable,
    /// [`Policy::members`]
    Members,
    /// [`Policy::failures`]
    Failures,
    /// [`Policy::healthy`]
    Healthy,
    /// [`Policy::canary`]
    Canary,
}

impl Setting {
    /// Returns its name in the configuration.
    pub fn name(self, rollout: &Rollout) -> &Text {
        match self {
            Self::Unavailable => &rollout.unavailable,
            Self::Members => &rollout.members,
            Self::Failures => &rollout.failures,
            Self::Healthy => &rollout.healthy,
            Self::Canary => &rollout.canary,
        }
    }
}

/// Why the settings of an object cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is neither a number above 0 nor a percentage from 1 to 100.
    NoShare,
    /// It is a percentage, and the members are not set.
    NoMembers,
    /// The members do not have the object itself.
    NotMember,
}

/// What two policies have that cannot both hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// They are of one group, and differ in this setting.
    Differs(Setting),
    /// They are of two groups, and an object is a member of both.
    Overlaps,
}

impl Policy {
    /// Reads the settings from an object; `None` if they are not set, or not known yet.
    ///
    /// # Errors
    ///
    /// [`Problem`] if they cannot be used.
    pub fn read(resource: &Resource, rollout: &Rollout, object: &Value) -> Result<Option<Self>, Problem> {
        let argument = object.get(&rollout.argument);
        let unavailable = unavailable(rollout, argument)?;
        if argument.is_null() || !argument.is_wholly_known() {
            return Ok(None);
        }
        let text = |name: &str| argument.get(name).as_str();
        let number = |name: &str| argument.get(name).as_i64();
        let identity = identity::attributes(resource).next();
        let members = argument.get(&rollout.members).elements().iter();
        let members: BTreeSet<String> = members
            .filter_map(|member| Some(identity::key_by(&resource.name, identity?, member.as_str()?)))
            .collect();
        let is_member = members.is_empty() || members.contains(&identity::key(resource, object));
        if identity::is_identified(resource, object) && !is_member {
            return Err(Problem::NotMember);
        }
        let failures = number(&rollout.failures);
        Ok(Some(Self {
            group: text(&rollout.group).unwrap_or_default().to_owned(),
            unavailable,
            members,
            failures: failures
                .and_then(|failures| u64::try_from(failures).ok())
                .unwrap_or_default(),
            healthy: text(&rollout.healthy)
                .and_then(duration::parse)
                .unwrap_or_default(),
            canary: number(&rollout.canary).and_then(|canary| usize::try_from(canary).ok()),
            is_provisional: false,
        }))
    }

    /// Reads the settings from the configuration of a plan, as far as they are known. `None` if they are not set, or cannot be used.
    pub fn planned(resource: &Resource, rollout: &Rollout, config: &Value) -> Option<Self> {
        let argument = config.get(&rollout.argument);
        if argument.is_null() || argument.is_wholly_known() {
            return Self::read(resource, rollout, config).unwrap_or_default();
        }
        Some(Self {
            group: argument
                .get(&rollout.group)
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            unavailable: Share::Count(1),
            members: BTreeSet::new(),
            failures: 0,
            healthy: Duration::ZERO,
            canary: None,
            is_provisional: true,
        })
    }

    /// Returns why two policies cannot both hold.
    fn clash(&self, other: &Self) -> Option<Clash> {
        if self.group != other.group {
            return (!self.members.is_disjoint(&other.members)).then_some(Clash::Overlaps);
        }
        let same = [
            (Setting::Unavailable, self.unavailable == other.unavailable),
            (Setting::Members, self.members == other.members),
            (Setting::Failures, self.failures == other.failures),
            (Setting::Healthy, self.healthy == other.healthy),
            (Setting::Canary, self.canary == other.canary),
        ];
        let different = same.into_iter().find(|(_, is_same)| !is_same);
        different.map(|(setting, _)| Clash::Differs(setting))
    }

    /// Returns why an object with this key cannot have the policy `other`; `None` if settings are not known. `keys` are those of the objects
    /// that have this one.
    pub fn clash_with(&self, keys: &BTreeSet<String>, other: &Self, key: &str) -> Option<Clash> {
        if self.is_provisional || other.is_provisional {
            return None;
        }
        let is_of_both = self.members.contains(key) || !keys.is_disjoint(&other.members);
        match self.clash(other) {
            None if self.group != other.group && is_of_both => Some(Clash::Overlaps),
            clash => clash,
        }
    }

    /// Returns how many objects may be unavailable at once, after this number of runs has succeeded.
    pub fn capacity(&self, succeeded: usize) -> usize {
        let capacity = match self.unavailable {
            Share::Count(count) => count,
            Share::Percent(percent) => (self.members.len() * percent / 100).max(1),
        };
        match self.canary {
            Some(canary) if succeeded < canary => capacity.min(canary),
            _ => capacity,
        }
    }
}

/// The number of objects that may be unavailable, as far as it is known: other settings may be unknown.
fn unavailable(rollout: &Rollout, argument: &Value) -> Result<Share, Problem> {
    let Some(text) = argument.get(&rollout.unavailable).as_str() else {
        return Ok(Share::Count(1));
    };
    let share = share(text).ok_or(Problem::NoShare)?;
    let members = argument.get(&rollout.members);
    let has_members = members.is_unknown() || !members.elements().is_empty();
    if matches!(share, Share::Percent(_)) && !has_members {
        return Err(Problem::NoMembers);
    }
    Ok(share)
}

/// Reads a number above 0, or a percentage from 1 to 100.
fn share(text: &str) -> Option<Share> {
    let (digits, share): (&str, fn(usize) -> Share) = match text.strip_suffix('%') {
        Some(digits) => (digits, Share::Percent),
        None => (text, Share::Count),
    };
    if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().ok()?;
    let share = share(number);
    (!matches!(share, Share::Percent(percent) if percent > 100)).then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(group: &str) -> Policy {
        Policy {
            group: group.to_owned(),
            unavailable: Share::Count(1),
            members: BTreeSet::new(),
            failures: 0,
            healthy: Duration::ZERO,
            canary: None,
            is_provisional: false,
        }
    }

    fn with_members(group: &str, members: std::ops::Range<usize>) -> Policy {
        Policy {
            members: members.map(|member| format!("server/{member}")).collect(),
            ..policy(group)
        }
    }

    #[test]
    fn share_is_a_number_or_a_percentage() {
        for (text, expected) in [
            ("1", Some(Share::Count(1))),
            ("200", Some(Share::Count(200))),
            ("1%", Some(Share::Percent(1))),
            ("100%", Some(Share::Percent(100))),
            ("0", None),
            ("0%", None),
            ("03", None),
            ("+3", None),
            ("101%", None),
            ("-1", None),
            ("1.5", None),
            ("25 %", None),
            ("%", None),
            ("", None),
        ] {
            assert_eq!(share(text), expected, "{text:?}");
        }
    }

    #[test]
    fn capacity_is_rounded_down_and_at_least_one() {
        for (share, members, canary, succeeded, expected) in [
            (Share::Count(5), 200, None, 0, 5),
            (Share::Percent(25), 200, None, 0, 50),
            (Share::Percent(25), 7, None, 0, 1),
            (Share::Percent(25), 3, None, 0, 1),
            (Share::Percent(100), 3, None, 0, 3),
            (Share::Count(5), 0, Some(2), 0, 2),
            (Share::Count(5), 0, Some(2), 1, 2),
            (Share::Count(5), 0, Some(2), 2, 5),
            (Share::Count(1), 0, Some(2), 0, 1),
        ] {
            let policy = Policy {
                unavailable: share,
                canary,
                ..with_members("web", 0..members)
            };
            let case = format!("{share:?} of {members}, canary {canary:?} after {succeeded}");
            assert_eq!(policy.capacity(succeeded), expected, "{case}");
        }
    }

    #[test]
    fn clash_names_what_differs() {
        let web = with_members("web", 0..4);
        let differs = |change: fn(&mut Policy)| {
            let mut other = web.clone();
            change(&mut other);
            web.clash(&other)
        };
        assert_eq!(differs(|_| ()), None);
        for (change, setting) in [
            (
                (|other| other.unavailable = Share::Percent(25)) as fn(&mut Policy),
                Setting::Unavailable,
            ),
            (|other| drop(other.members.pop_first()), Setting::Members),
            (|other| other.failures = 1, Setting::Failures),
            (|other| other.healthy = Duration::from_secs(1), Setting::Healthy),
            (|other| other.canary = Some(1), Setting::Canary),
        ] {
            assert_eq!(differs(change), Some(Clash::Differs(setting)));
        }
        assert_eq!(web.clash(&with_members("db", 3..5)), Some(Clash::Overlaps));
        assert_eq!(web.clash(&with_members("db", 4..8)), None);
        assert_eq!(policy("web").clash(&policy("db")), None);
        let provisional = Policy {
            is_provisional: true,
            failures: 1,
            ..policy("web")
        };
        assert_eq!(web.clash_with(&BTreeSet::new(), &provisional, "server/9"), None);
        let of_db = BTreeSet::from(["server/1".to_owned()]);
        assert_eq!(
            policy("db").clash_with(&of_db, &web, "server/0"),
            Some(Clash::Overlaps)
        );
        assert_eq!(
            web.clash_with(&BTreeSet::new(), &policy("db"), "server/1"),
            Some(Clash::Overlaps)
        );
    }
}
