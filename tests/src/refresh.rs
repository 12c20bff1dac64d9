//! Plans objects and lookups that have not changed, and measures what that takes beyond Terraform's own time.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::control_plane::{Collection, ControlPlane, Object, StartError, machine_uuid};
use serde_json::json;

use crate::processes::{finish, number_of, providers, spawn};
use crate::samples;
use crate::terraform::Workspace;

/// The highest number of plans of one case.
const RUNS: usize = 3;

/// No further plan of a case begins after this time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Pause between two looks at the memory of the provider.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(20);

/// What a configuration has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// This many objects of all resources with a list.
    Objects(u32),
    /// This many machines, which have no list with all their attributes.
    Machines(u32),
    /// This many lookups of machines by host name, and as many of images by name.
    Lookups(u32),
}

/// How a plan is made.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The rate limit of the control plane, in requests per second.
    pub requests_per_second: Option<usize>,
    /// The value of the provider argument `read_by`.
    pub read_by: &'a str,
}

/// A workspace whose plan is empty.
pub struct Refresh {
    subject: Subject,
    control_plane: ControlPlane,
    workspace: Workspace,
}

/// The measurements of the plans of a case. Those of requests and time are of the plan with the median duration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// All requests, including the rejected ones.
    pub requests: usize,
    /// Requests rejected with status 429.
    pub rejected: usize,
    /// Requests for a list, including the rejected ones.
    pub lists: usize,
    /// From the start of Terraform to its end.
    pub wall: Duration,
    /// Terraform's own time: the median duration of the same plans with `-refresh=false`. `None` with lookups, which that option
    /// does not omit.
    pub own: Option<Duration>,
    /// The peak memory of the provider in any of the plans, in KiB.
    pub resident_kib: u64,
}

impl Refresh {
    /// Prepares a control plane with the objects, and a state that has them.
    ///
    /// # Errors
    /// If the control plane fails to start.
    pub async fn new(binary: &Path, subject: Subject) -> Result<Self, StartError> {
        let builder = ControlPlane::builder();
        let builder = match subject {
            Subject::Objects(count) => builder.objects(count),
            Subject::Machines(count) | Subject::Lookups(count) => builder.machines(count),
        };
        let control_plane = builder.start().await?;
        // At TRACE, Terraform itself logs much more than the provider.
        let workspace =
            Workspace::new(binary, &control_plane, &subject.configuration()).with("TF_LOG", "OFF");
        match subject {
            Subject::Objects(count) => samples::adopt(&workspace, count).await,
            Subject::Machines(count) => {
                let machines = (1..=count).map(|number| json!({ "machine_uuid": machine_uuid(number) }));
                let machines = samples::instances_of("machine_config", "node", machines);
                samples::refresh(&workspace, vec![machines]).await;
            }
            Subject::Lookups(count) => create_images(&control_plane, count),
        }
        Ok(Self {
            subject,
            control_plane,
            workspace,
        })
    }

    /// Plans several times, in turn with and without a refresh, because the speed of the machine changes over time. Asserts that each
    /// plan is empty.
    pub async fn measure(&self, case: Case<'_>) -> Figures {
        let began = Instant::now();
        let (mut plans, mut own): (Vec<Figures>, Vec<Figures>) = (Vec::new(), Vec::new());
        while plans.is_empty() || (plans.len() < RUNS && began.elapsed() < PATIENCE) {
            plans.push(self.plan(case, &[]).await);
            if !matches!(self.subject, Subject::Lookups(_)) {
                own.push(self.plan(case, &["-refresh=false"]).await);
            }
        }
        let resident_kib = plans.iter().map(|plan| plan.resident_kib).max();
        Figures {
            own: median(own).map(|plan| plan.wall),
            resident_kib: resident_kib.unwrap_or_default(),
            ..median(plans).unwrap_or_default()
        }
    }

    async fn plan(&self, case: Case<'_>, options: &[&str]) -> Figures {
        let log = self.control_plane.log();
        log.clear();
        // A new limit does not count the requests of earlier plans.
        self.control_plane.set_rate_limit(case.requests_per_second);
        let command = [&["plan", "-detailed-exitcode"], options].concat();
        let mut command = self.workspace.command(&command);
        command.env("DURANTIC_READ_BY", case.read_by);
        let began = Instant::now();
        let plan = spawn(command);
        let terraform = plan.id();
        let ended = finish(plan);
        tokio::pin!(ended);
        let mut resident_kib = 0;
        let (status, output) = loop {
            tokio::select! {
                ended = &mut ended => break ended,
                () = tokio::time::sleep(SAMPLE_INTERVAL) => {
                    for pid in terraform.map(providers).into_iter().flatten() {
                        resident_kib = number_of(pid, "VmHWM:").max(resident_kib);
                    }
                }
            }
        };
        let wall = began.elapsed();
        assert_eq!(status, Some(0), "the plan should be empty: {output}");
        let entries = log.all();
        let lists = entries
            .iter()
            .filter(|entry| entry.operation.contains("_api_list_"));
        Figures {
            requests: entries.len(),
            rejected: entries.iter().filter(|entry| entry.status == Some(429)).count(),
            lists: lists.count(),
            wall,
            own: None,
            resident_kib,
        }
    }
}

fn create_images(control_plane: &ControlPlane, count: u32) {
    for number in 1..=count {
        let mut image = Object::new();
        image.insert("name".to_owned(), json!(format!("image-{number}")));
        let url = format!("registry.example.com/image:{number}");
        image.insert("docker_image_url".to_owned(), json!(url));
        let created = control_plane.create(Collection::Images, image);
        assert!(created.is_ok(), "image {number} is created");
    }
}

/// The plan with the median duration.
fn median(mut plans: Vec<Figures>) -> Option<Figures> {
    plans.sort_by_key(|plan| plan.wall);
    plans.get(plans.len() / 2).copied()
}

impl Subject {
    fn configuration(self) -> String {
        match self {
            Self::Objects(count) => samples::configuration(count),
            Self::Machines(count) => format!(
                "resource \"durantic_machine_config\" \"node\" {{\n  count = {count}\n  \
                 machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + 1)\n}}\n"
            ),
            Self::Lookups(count) => format!(
                "data \"durantic_machine\" \"node\" {{\n  count = {count}\n  hostname = \"node-${{count.index + 1}}\"\n}}\n\
                 data \"durantic_image\" \"it\" {{\n  count = {count}\n  name = \"image-${{count.index + 1}}\"\n}}\n"
            ),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Objects(count) => format!("{count} objects"),
            Self::Machines(count) => format!("{count} machines"),
            Self::Lookups(count) => format!("2 × {count} lookups"),
        };
        formatter.pad(&text)
    }
}

impl Case<'_> {
    /// The names of the columns of [`Case::row`].
    pub fn head() -> String {
        let names = [
            "limit",
            "read_by",
            "requests",
            "rejected",
            "lists",
            "wall",
            "Terraform",
            "beyond",
            "memory",
        ];
        row("", names.map(str::to_owned))
    }

    /// A row of the table of all cases.
    pub fn row(self, subject: Subject, figures: &Figures) -> String {
        let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
        let own = figures.own;
        let cells = [
            self.requests_per_second
                .map_or_else(|| "none".to_owned(), |rate| format!("{rate}/s")),
            self.read_by.to_owned(),
            figures.requests.to_string(),
            figures.rejected.to_string(),
            figures.lists.to_string(),
            seconds(figures.wall),
            own.map(seconds).unwrap_or_default(),
            own.map(|own| seconds(figures.wall.saturating_sub(own)))
                .unwrap_or_default(),
            format!("{:.1} MiB", mebibytes(figures.resident_kib)),
        ];
        row(&subject.to_string(), cells)
    }
}

fn row(subject: &str, cells: [String; 9]) -> String {
    let cells = cells.map(|cell| format!(" {cell:>10}"));
    format!("{subject:16}{}", cells.concat())
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
