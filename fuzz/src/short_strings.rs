//! The target for short strings: durations, version constraints, platforms, import ids, and the first bytes of a program.

use engine::diagnostic::{Diagnostics, Reported};
use engine::{identity, import, shape};
use provider::durantic::DEFINITION;
use tools::package::platform::Platform;
use tools::package::version::Constraints;
use value::duration;

use crate::{Target, seeds, values};

pub(crate) const SHORT_STRINGS: Target = Target {
    name: "short_strings",
    run: short_strings,
    seeds: short_string_seeds,
    dictionary: &[
        "h",
        "m",
        "ms",
        "\u{b5}s",
        "18446744073709551615",
        "~>",
        "!=",
        ",",
        "-rc.1",
        "+b",
        "_",
        "/",
        "\u{7f}ELF",
        "MZ",
        "1.2.3",
        "5f64b1b8-3b0c-4c4d-9c55-0b6b9f3a2a10",
        "https://",
        "%2F",
        "#",
    ],
};

/// Any string is rejected, or is a value that is the same after it is written and parsed again.
pub fn short_strings(input: &[u8]) {
    let _ = Platform::of_program(input);
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Some(duration) = duration::parse(text) {
        let written = format!("{}s{}ns", duration.as_secs(), duration.subsec_nanos());
        assert_eq!(duration::parse(&written), Some(duration));
    }
    if let Ok(constraints) = Constraints::parse(text) {
        let written = constraints.to_string();
        let again = Constraints::parse(&written).expect("written constraints parse");
        assert_eq!(again.to_string(), written);
        assert_eq!(again.is_empty(), constraints.is_empty());
    }
    if let Ok(platform) = text.parse::<Platform>() {
        assert_eq!(platform.to_string(), text);
    }
    for binding in DEFINITION.resources {
        let mut diagnostics = Diagnostics::default();
        let objects = match import::parse(binding.schema, text, &mut diagnostics) {
            Ok(import::Target::Object(object)) => vec![object],
            Ok(import::Target::OneOf(objects)) => objects,
            Ok(import::Target::Named(name)) => {
                assert_eq!(name, text);
                Vec::new()
            }
            Err(Reported) => {
                assert!(diagnostics.has_errors());
                Vec::new()
            }
        };
        for object in objects {
            values::round_trip(&object, &shape::object_type(&binding.schema.attributes));
            let id = identity::import_id(binding.schema, &object).expect("an object with an identity");
            let again = import::parse(binding.schema, &id, &mut Diagnostics::default());
            assert_eq!(again, Ok(import::Target::Object(object)));
        }
    }
}

fn short_string_seeds() -> Vec<Vec<u8>> {
    seeds::inputs([
        "1h30m",
        "1.5h250ms10\u{b5}s7ns",
        "~> 1.3, != 1.3.2",
        ">= 1.0.0-rc.1+build, < 2",
        "linux_amd64",
        "5f64b1b8-3b0c-4c4d-9c55-0b6b9f3a2a10",
        "5f64b1b8-3b0c-4c4d-9c55-0b6b9f3a2a10/7e57b1b8-3b0c-4c4d-9c55-0b6b9f3a2a11",
        "https://app.test/machines/5f64b1b8-3b0c-4c4d-9c55-0b6b9f3a2a10/?tab=disks#top",
        "http://app.test/%75/5F64B1B8-3B0C-4C4D-9C55-0B6B9F3A2A10?a=7e57b1b8-3b0c-4c4d-9c55-0b6b9f3a2a11",
        "web-01.example.com",
        "MZ\0\0",
    ])
}
