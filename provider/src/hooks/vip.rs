//! `durantic_vip`: health checks whose times or targets cannot work.
//!
//! Tests: below, and `tests/terraform/mistakes.rs`.

use async_trait::async_trait;
use engine::codec::Codec;
use engine::hook::Hook;
use engine::survey::Survey;
use value::Path;

use crate::summaries;

const TYPE: &str = "health_check_type";
const TARGET: &str = "health_check_target";
const INTERVAL: &str = "health_check_interval_seconds";
const TIMEOUT: &str = "health_check_timeout_seconds";

/// Checks the health check of a virtual IP.
pub struct Vip;

impl Codec for Vip {}

#[async_trait]
impl Hook for Vip {
    async fn check(&self, survey: &mut Survey<'_>) {
        let planned = survey.planned();
        let kind = planned.get(TYPE).as_str().unwrap_or_default().to_owned();
        if kind.is_empty() {
            return;
        }
        let seconds = |name: &str| planned.get(name).as_i64();
        let times = seconds(INTERVAL).zip(seconds(TIMEOUT));
        let target = planned.get(TARGET).as_str().unwrap_or_default().to_owned();
        if let Some((interval, timeout)) = times.filter(|(interval, timeout)| timeout > interval)
            && survey.sets_any(&[TYPE, INTERVAL, TIMEOUT])
        {
            let detail = format!(
                "A check may take {timeout} s (`{TIMEOUT}`), but the next one begins after {interval} s (`{INTERVAL}`). Set a timeout that is \
                 not longer than the interval."
            );
            survey.warn(
                Path::root().attribute(TIMEOUT),
                &summaries::HEALTH_CHECK_TIMES,
                detail,
            );
        }
        if survey.sets_any(&[TYPE, TARGET])
            && let Some(problem) = target_problem(&kind, &target)
        {
            let detail = format!("`{TARGET}` is `{target}`: {problem}.");
            survey.warn(
                Path::root().attribute(TARGET),
                &summaries::HEALTH_CHECK_TARGET,
                detail,
            );
        }
    }
}

/// Why a target cannot work; `None` if it may. The form is free: `:6443`, `host:port`, a URL, a path, or a command.
fn target_problem(kind: &str, target: &str) -> Option<String> {
    if kind == "exec" {
        return None;
    }
    let is_number = !target.is_empty() && target.chars().all(|digit| digit.is_ascii_digit());
    if is_number {
        return Some(format!("a port has a colon before it, such as `:{target}`"));
    }
    let authority = target.split_once("://").map_or(target, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    // An IPv6 address without brackets has no port.
    let (host, port) = authority.rsplit_once(':')?;
    let has_port = !host.contains(':') || host.ends_with(']');
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    (has_port && !is_port && !port.is_empty() && port.chars().all(|digit| digit.is_ascii_digit()))
        .then(|| format!("{port} is no port: ports are 1 to 65535"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_targets_that_cannot_work_have_a_problem() {
        #[rustfmt::skip]
        let good = [
            ("tcp", ":6443"), ("tcp", "localhost:80"), ("tcp", "[::1]:80"), ("tcp", "::1"), ("http", "/healthz"), ("tcp", "10.0.0.1"),
            ("https", "https://localhost:6443/healthz"), ("http", "http://localhost/a:99999"), ("exec", "80"), ("grpc", "unix:///run/x"),
            ("exec", "/usr/bin/check :99999"), ("http", "localhost:http"), ("http", ""),
        ];
        for (kind, target) in good {
            assert_eq!(target_problem(kind, target), None, "{kind} {target}");
        }
        for (kind, target) in [
            ("tcp", "80"),
            ("tcp", ":99999"),
            ("http", "http://localhost:0/"),
            ("grpc", "host:65536"),
        ] {
            assert!(target_problem(kind, target).is_some(), "{kind} {target}");
        }
    }
}
