//! The steps of a provision run, and when each begins.

/// How many percent of a run are done when the machine goes down for the first time.
pub const FIRST_REBOOT: u32 = 5;

/// A step of a provision run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The step as `current_step` names it.
    pub name: &'static str,
    /// How many percent of the run are done when it begins.
    begins: u32,
    /// The step in words; `{image}` and `{reboot}` stand for what the run uses.
    words: &'static str,
}

const PENDING: Step = Step {
    name: "pending",
    begins: 0,
    words: "Waiting for the machine",
};
const REBOOTING: Step = Step {
    name: "rebooting",
    begins: FIRST_REBOOT,
    words: "Rebooting into the installer ({reboot})",
};

/// The steps of a reinstall.
const REBUILD: [Step; 8] = [
    PENDING,
    REBOOTING,
    Step {
        name: "downloading_image",
        begins: 15,
        words: "Downloading {image}",
    },
    Step {
        name: "partitioning",
        begins: 45,
        words: "Partitioning the target disk",
    },
    Step {
        name: "extracting",
        begins: 50,
        words: "Extracting {image}",
    },
    Step {
        name: "injecting_configuration",
        begins: 75,
        words: "Injecting the configuration",
    },
    Step {
        name: "rebooting_into_system",
        begins: 80,
        words: "Rebooting into the installed system",
    },
    Step {
        name: "cloud_init",
        begins: 90,
        words: "Running cloud-init",
    },
];

const DISCOVER: [Step; 3] = [
    PENDING,
    REBOOTING,
    Step {
        name: "discovering",
        begins: 40,
        words: "Discovering the hardware",
    },
];

const CLEAR: [Step; 3] = [
    PENDING,
    REBOOTING,
    Step {
        name: "clearing",
        begins: 40,
        words: "Clearing the disks",
    },
];

/// The step of a mode that a run is in once so many percent of it are done.
pub fn at(mode: &str, percent: u32) -> Step {
    let steps: &[Step] = match mode {
        "discover" => &DISCOVER,
        "clear" => &CLEAR,
        _ => &REBUILD,
    };
    steps
        .iter()
        .rev()
        .find(|step| step.begins <= percent)
        .copied()
        .unwrap_or(PENDING)
}

impl Step {
    /// The step in words, for a run of an image.
    pub fn message(&self, image: &str, kexec: bool) -> String {
        let reboot = if kexec { "kexec" } else { "full reboot" };
        self.words.replace("{image}", image).replace("{reboot}", reboot)
    }
}
