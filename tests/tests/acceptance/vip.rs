//! `durantic_vip`

use acceptance::control_plane::Collection;
use serde_json::json;

use super::life::{Resource, life};

fn resource() -> Resource {
    Resource {
        name: "vip",
        collection: Collection::Vips,
        identity: &[("name", "\"vip-${NUMBER}\"")],
        minimal: json!({ "address": "192.0.2.10" }),
        defaults: json!({
            "enabled": true,
            "health_check_type": "",
            "health_check_target": "",
            "health_check_interval_seconds": 5,
            "health_check_timeout_seconds": 3,
            "health_check_healthy_threshold": 2,
            "health_check_unhealthy_threshold": 3,
            "health_check_holdoff_seconds": 0,
            "machine_uuids": null,
            "machine_count": 0,
        }),
        full: json!({
            "address": "2001:db8::10",
            "enabled": false,
            "health_check_type": "tcp",
            "health_check_target": ":6443",
            "health_check_interval_seconds": 6,
            "health_check_timeout_seconds": 4,
            "health_check_healthy_threshold": 3,
            "health_check_unhealthy_threshold": 4,
            "health_check_holdoff_seconds": 1,
            "machine_uuids": [super::machine(1), super::machine(2)],
        }),
        drift: json!({
            "name": { "name": "outside" },
            "address": { "address": "192.0.2.11" },
            "enabled": { "enabled": true },
            "health_check_type": { "health_check_type": "http" },
            "health_check_target": { "health_check_target": "/healthz" },
            "health_check_interval_seconds": { "health_check_interval_seconds": 60 },
            "health_check_timeout_seconds": { "health_check_timeout_seconds": 60 },
            "health_check_healthy_threshold": { "health_check_healthy_threshold": 60 },
            "health_check_unhealthy_threshold": { "health_check_unhealthy_threshold": 60 },
            "health_check_holdoff_seconds": { "health_check_holdoff_seconds": 60 },
            "machine_uuids": { "machine_uuids": [super::machine(3)] },
        }),
        seed: Vec::new(),
    }
}

life!(resource());
