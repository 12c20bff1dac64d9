//! What a declaration says, as plain data.
//!
//! The same types serve three times: [`crate::load()`] builds them from TOML, `macros::provider!` emits them as
//! `static`s, and the engine and the documentation read those statics. Nothing here interprets: the meaning of each
//! key is documented on its field. `Bake`, behind the feature `parse`, writes a value as the Rust expression that
//! makes it.
//!
//! Tests: `schema/tests/model.rs`.

use std::borrow::Cow;

/// Text that is either in the binary or was just parsed.
pub type Text = Cow<'static, str>;

/// A list that is either in the binary or was just parsed.
pub type List<T> = Cow<'static, [T]>;

/// Name of the block that [`Resource::timeouts`] derives.
pub const TIMEOUTS: &str = "timeouts";

/// The provider's own configuration: `provider.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Provider {
    /// Local name and prefix of every type name, e.g. `durantic`.
    pub name: Text,
    /// Source address in full form, e.g. `registry.terraform.io/durantic/durantic`.
    pub address: Text,
    /// One plain sentence.
    pub summary: Text,
    /// Markdown; empty where the summary says it all.
    pub description: Text,
    /// Arguments of the `provider` block, sorted by name.
    pub attributes: List<Attribute>,
}

/// One HTTP operation of the control plane: a line of `operations.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Operation {
    /// The `operationId` of the control plane's `OpenAPI` document.
    pub id: Text,
    /// Method used where the live document does not say otherwise.
    pub method: Method,
    /// Path used where the live document does not say otherwise, with `{placeholder}`s.
    pub path: Text,
}

impl Operation {
    /// Names of the path's placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        placeholders(&self.path)
    }
}

/// Names between `{` and `}`, in order.
pub fn placeholders(pattern: &str) -> impl Iterator<Item = &str> {
    pattern
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// The method's name on the wire, in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A resource or a data source: one TOML file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Resource {
    /// Resource or data source.
    pub kind: Kind,
    /// Type name without the provider's prefix, e.g. `machine_role`.
    pub name: Text,
    /// One plain sentence.
    pub summary: Text,
    /// Markdown; empty where the summary says it all.
    pub description: Text,
    /// Heading under which the documentation lists it.
    pub subcategory: Option<Text>,
    /// First version that has it.
    pub since: Option<Text>,
    /// What to use instead, where it is deprecated.
    pub deprecated: Option<Text>,
    /// Version of the state's schema.
    pub version: i64,
    /// How an existing object comes under management.
    pub import: Import,
    /// Attribute that names the object to users, and by which a create whose answer was lost is found.
    pub label: Option<Text>,
    /// Attribute that holds when the control plane made the object.
    pub created: Option<Text>,
    /// What the bound Rust hook decides, in one sentence; `None` where the engine alone suffices.
    pub hook: Option<Text>,
    /// Which operations it is made of.
    pub api: Api,
    /// Attributes and blocks, sorted by name.
    pub attributes: List<Attribute>,
    /// Rules over several attributes.
    pub constraints: List<Constraint>,
    /// How a data source finds its object: the first whose `by` is configured is used.
    pub lookups: List<Lookup>,
    /// Long-running work that follows a call.
    pub job: Option<Job>,
    /// Default timeouts, where it has a `timeouts` block.
    pub timeouts: Option<Timeouts>,
}

impl Resource {
    /// The root attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// Ids of all operations it is made of; one that serves twice comes twice.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        let api = &self.api;
        let delete = match &api.delete {
            Delete::Call(operation) => Some(operation),
            Delete::Forget | Delete::None => None,
        };
        let own = [
            api.create.as_ref(),
            api.read.as_ref(),
            api.update.as_ref(),
            delete,
            api.list.as_ref(),
        ];
        let job = self.job.iter().flat_map(|job| [&job.start, &job.poll]);
        let lookups = self
            .lookups
            .iter()
            .flat_map(|lookup| [Some(&lookup.api), lookup.then.as_ref()]);
        own.into_iter()
            .chain(lookups)
            .flatten()
            .chain(job)
            .map(AsRef::as_ref)
    }
}

/// What kind of object a declaration declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Kind {
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
}

/// How an existing object is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Import {
    /// It cannot be (and a data source never is).
    Never,
    /// By an id of this form, e.g. `{uuid}`; the placeholders are attributes.
    By(Text),
}

/// Operations by what they do: the `[api]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Api {
    /// Makes (or adopts) the object. `None` for data sources.
    pub create: Option<Text>,
    /// Reads one object.
    pub read: Option<Text>,
    /// Changes the object; sends what changed.
    pub update: Option<Text>,
    /// Ends the object.
    pub delete: Delete,
    /// Lists all objects: finds a create whose answer was lost.
    pub list: Option<Text>,
    /// Placeholder of an operation's path → attribute, where the names differ.
    pub path: List<(Text, Text)>,
    /// Statuses that mean the object does not exist any more.
    pub gone: List<u16>,
}

/// What destroying does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Delete {
    /// Not applicable: data sources.
    None,
    /// Only the state forgets it; no call is made.
    Forget,
    /// This operation is called.
    Call(Text),
}

/// An attribute or a nested block, at any depth.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of the language, and any combination of them is legal"
)]
pub struct Attribute {
    /// Name in configuration and state.
    pub name: Text,
    /// Markdown.
    pub doc: Text,
    /// Type of its value.
    pub r#type: Type,
    /// Who may set it.
    pub mode: Mode,
    /// Value where the configuration has none; of what is only computed, where the control plane has none.
    pub default: Option<Literal>,
    /// What its text means: validated, compared by meaning, named in the documentation. For a collection, of each element.
    pub format: Option<Format>,
    /// Further checks at plan time.
    pub validate: Validate,
    /// A change replaces the object.
    pub force_new: bool,
    /// Whether a plan keeps the known value.
    pub stable: Stable,
    /// Redacted by Terraform, and with it all that is nested in it.
    pub sensitive: bool,
    /// Never stored in state or plan.
    pub write_only: bool,
    /// For the two attributes derived from `write_only = "twin"`: the attribute they stand beside.
    pub twin_of: Option<Text>,
    /// Where the API has it.
    pub wire: Wire,
    /// Whether the API answers with it. `false` keeps the configured value.
    pub returned: bool,
    /// What is sent when it leaves the configuration.
    pub unset: Unset,
    /// Which differences are none.
    pub equal: Equal,
    /// What to use instead, where it is deprecated.
    pub deprecated: Option<Text>,
    /// First version that has it.
    pub since: Option<Text>,
    /// Environment variable that stands in for it (provider configuration only).
    pub env: Option<Text>,
    /// Attributes of the objects, where the type's scalar is [`Scalar::Object`]; sorted by name.
    pub attributes: List<Self>,
    /// Written as a block (`rules { … }`), not as an attribute (`rules = [{ … }]`).
    pub block: bool,
}

impl Attribute {
    /// Whether its texts must not be seen.
    pub fn is_secret(&self) -> bool {
        self.sensitive || self.write_only
    }

    /// Whether it can be a [`Resource::label`]: a single string that every user may see.
    pub fn can_be_label(&self) -> bool {
        self.r#type.is(Scalar::String) && !self.is_secret()
    }

    /// Whether it can be a [`Resource::created`]: a single timestamp that the control plane answers with.
    pub fn can_be_created(&self) -> bool {
        self.r#type.is(Scalar::String)
            && self.format == Some(Format::Timestamp)
            && !self.wire.read.is_empty()
            && self.returned
    }

    /// The nested attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Self> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

/// A type such as `list(string)`: collections from the outside in, then what they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Type {
    /// Outermost first; empty for a plain value.
    pub collections: List<Collection>,
    /// What is at the bottom.
    pub scalar: Scalar,
}

impl Type {
    /// Whether it is this scalar, and no collection of it.
    pub fn is(&self, scalar: Scalar) -> bool {
        self.scalar == scalar && self.collections.is_empty()
    }
}

/// A collection type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Collection {
    /// Ordered.
    List,
    /// Unordered, without duplicates.
    Set,
    /// Keyed by string.
    Map,
}

/// A type that holds no other, or an object with attributes of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Scalar {
    /// `true` or `false`.
    Bool,
    /// A whole number of 32 bits, signed.
    Int,
    /// A number of any size and precision.
    Number,
    /// Text.
    String,
    /// [`Attribute::attributes`] says of what.
    Object,
}

/// Who may set an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Mode {
    /// The configuration may.
    Optional,
    /// The configuration must.
    Required,
    /// Only the provider does.
    Computed,
    /// The configuration may, otherwise the provider does.
    OptionalComputed,
}

impl Mode {
    /// Whether the configuration may hold a value.
    pub fn is_settable(self) -> bool {
        self != Self::Computed
    }

    /// Whether the provider may fill in a value.
    pub fn is_computed(self) -> bool {
        matches!(self, Self::Computed | Self::OptionalComputed)
    }
}

/// A value written in a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Literal {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, as decimal text.
    Number(Text),
    /// Text.
    String(Text),
    /// A list or a set.
    List(List<Self>),
    /// A map, sorted by key.
    Map(List<(Text, Self)>),
}

/// What a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Format {
    /// A UUID, compared without regard to case.
    Uuid,
    /// An IPv4 or IPv6 address.
    Ip,
    /// An address block in CIDR notation.
    Cidr,
    /// An absolute URL with the scheme `http` or `https`.
    Url,
    /// A duration such as `90s` or `1h30m`.
    Duration,
    /// A point in time after RFC 3339.
    Timestamp,
    /// A JSON document.
    Json,
}

/// Checks on a known value. All absent by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Validate {
    /// Length of a text in characters (of each element, in a collection).
    pub length: Option<Bounds>,
    /// Size of a number.
    pub range: Option<Bounds>,
    /// Number of elements of a collection.
    pub items: Option<Bounds>,
    /// Regular expression that a text (each element, in a collection) matches as a whole.
    pub pattern: Option<Text>,
    /// The only legal texts; empty for any.
    pub one_of: List<Text>,
}

/// A closed interval; an absent end is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Bounds {
    /// Smallest legal value.
    pub min: Option<i64>,
    /// Largest legal value.
    pub max: Option<i64>,
}

/// Whether a plan keeps the known value of a computed attribute when something else changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Stable {
    /// Every change may alter it: "known after apply".
    No,
    /// It never changes once it is known.
    Yes,
    /// It keeps unless one of these attributes changes.
    Unless(List<Text>),
}

/// Where the API has an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Wire {
    /// Dotted pointers into an answer, the first that exists is used; `[]` maps over a list
    /// (`machines[].uuid`). Empty: never read.
    pub read: List<Text>,
    /// Key in a request body. `None`: never sent.
    pub write: Option<Text>,
}

/// What an update sends for an attribute that left the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Unset {
    /// `null`: the API clears it.
    Null,
    /// Nothing: the API keeps its value.
    Omit,
    /// An empty text, list or map.
    Empty,
}

/// Which differences between two values are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Equal {
    /// Only identical ones are equal (besides what [`Format`] says).
    Exact,
    /// The order of a list has no meaning.
    Set,
    /// The scheme and a trailing slash of a URL have no meaning.
    Scheme,
}

/// A rule over several attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Constraint {
    /// What must hold.
    pub rule: Rule,
    /// Nested list or block in each of whose objects it must hold; `None` for the root.
    pub within: Option<Text>,
}

/// What a [`Constraint`] demands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Rule {
    /// One of these is set, no other.
    ExactlyOneOf(List<Text>),
    /// At most one of these is set.
    AtMostOneOf(List<Text>),
    /// At least one of these is set.
    AtLeastOneOf(List<Text>),
    /// All of these are set, or none.
    AllOrNone(List<Text>),
    /// Where `attribute` has `value` (any but null and an empty text, where `None`).
    When {
        /// The attribute that decides.
        attribute: Text,
        /// The value it must have; `None`: any but null and an empty text.
        value: Option<Literal>,
        /// These must then be set, and not to an empty text or collection.
        require: List<Text>,
        /// These must then not be set.
        forbid: List<Text>,
    },
}

/// A way for a data source to find its object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Lookup {
    /// Attribute whose configuration selects this lookup; `None`: always.
    pub by: Option<Text>,
    /// Operation that is called; a list unless its path takes `by`.
    pub api: Text,
    /// Field of a listed object that must equal `by`; `None`: every one counts, or the answer is the object itself.
    pub pick: Option<Text>,
    /// Attributes that, where configured, narrow the search (the field read for them must be equal).
    pub narrow: List<Text>,
    /// How many objects are expected.
    pub expect: Expect,
    /// Bool attribute that, unless it is `false`, turns "none found" into nulls.
    pub missing_ok: Option<Text>,
    /// Attribute that receives the found objects, with [`Expect::Many`].
    pub into: Option<Text>,
    /// Operation that reads the found object in full.
    pub then: Option<Text>,
}

/// How many objects a lookup finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Expect {
    /// Exactly one.
    One,
    /// Any number.
    Many,
}

/// Long-running work that is started after a call and waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Job {
    /// What the work is called to users, such as `provision`: a run of it is a `provision run`.
    pub noun: Text,
    /// After which calls it runs: creating, updating or both.
    pub after: List<Phase>,
    /// Operation that starts a run.
    pub start: Text,
    /// Body of that request.
    pub body: List<(Text, Literal)>,
    /// Attribute → field of the start's answer.
    pub save: List<(Text, Text)>,
    /// Operation that reads the run; its further placeholders are saved attributes.
    pub poll: Text,
    /// Field of the run that holds its status.
    pub status: Text,
    /// Attribute that receives the status.
    pub into: Text,
    /// Field that says whether the status is final; where it is absent the lists below decide.
    pub terminal: Option<Text>,
    /// Bool attribute that says whether the work is still to be done: tells what became of a run that cannot be named.
    pub needed: Option<Text>,
    /// Statuses of success.
    pub done: List<Text>,
    /// Statuses of failure.
    pub failed: List<Text>,
    /// Fields that describe progress.
    pub report: Report,
}

/// Fields of a run that describe its progress.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Report {
    /// A number from 0 to 100.
    pub percent: Option<Text>,
    /// Short name of the step.
    pub step: Option<Text>,
    /// A sentence.
    pub message: Option<Text>,
    /// Why it failed.
    pub error: Option<Text>,
}

/// A call that a job or a timeout belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Phase {
    /// Creating.
    Create,
    /// Updating.
    Update,
    /// Deleting.
    Delete,
}

impl Timeouts {
    /// That of a call, where there is one.
    pub fn of(&self, phase: Phase) -> Option<&Text> {
        match phase {
            Phase::Create => self.create.as_ref(),
            Phase::Update => self.update.as_ref(),
            Phase::Delete => self.delete.as_ref(),
        }
    }
}

impl Phase {
    /// The word of declarations and of the `timeouts` block.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Default timeouts as durations (`60m`). Their presence gives the resource a `timeouts` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Timeouts {
    /// For creating, with its job.
    pub create: Option<Text>,
    /// For updating.
    pub update: Option<Text>,
    /// For deleting.
    pub delete: Option<Text>,
}
