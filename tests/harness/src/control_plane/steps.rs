//! The steps of a provision run, and the progress at which each begins.

/// The progress at which the machine reboots for the first time, in percent.
pub const FIRST_REBOOT: u32 = 5;

/// A step of a provision run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The value of `current_step`.
    pub name: &'static str,
    /// The progress at which it begins, in percent.
    begins: u32,
    /// The description, with the placeholders `{image}` and `{reboot}`.
    description: &'static str,
}

const PENDING: Step = Step {
    name: "pending",
    begins: 0,
    description: "Waiting for the machine",
};
const REBOOTING: Step = Step {
    name: "rebooting",
    begins: FIRST_REBOOT,
    description: "Rebooting into the installer ({reboot})",
};

/// The steps of a reinstall.
const REBUILD: [Step; 8] = [
    PENDING,
    REBOOTING,
    Step {
        name: "downloading_image",
        begins: 15,
        description: "Downloading {image}",
    },
    Step {
        name: "partitioning",
        begins: 45,
        description: "Partitioning the target disk",
    },
    Step {
        name: "extracting",
        begins: 50,
        description: "Extracting {image}",
    },
    Step {
        name: "injecting_configuration",
        begins: 75,
        description: "Injecting the configuration",
    },
    Step {
        name: "rebooting_into_system",
        begins: 80,
        description: "Rebooting into the installed system",
    },
    Step {
        name: "cloud_init",
        begins: 90,
        description: "Running cloud-init",
    },
];

const DISCOVER: [Step; 3] = [
    PENDING,
    REBOOTING,
    Step {
        name: "discovering",
        begins: 40,
        description: "Discovering the hardware",
    },
];

const CLEAR: [Step; 3] = [
    PENDING,
    REBOOTING,
    Step {
        name: "clearing",
        begins: 40,
        description: "Clearing the disks",
    },
];

/// The step of a run in this mode at this progress.
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
    /// The value of `current_message`, for a run with this image.
    pub fn message(&self, image: &str, kexec: bool) -> String {
        let reboot = if kexec { "kexec" } else { "full reboot" };
        self.description
            .replace("{image}", image)
            .replace("{reboot}", reboot)
    }
}
