//! The declarations as plain data.
//!
//! [`crate::load()`] builds these types from TOML, `macros::provider!` emits them as `static`s, and the engine and the
//! documentation read the statics. The types have no behaviour; the meaning of each key is documented on its field. With the
//! feature `parse`, `Bake` turns a value into the Rust expression that creates it.
//!
//! Tests: `schema/tests/model.rs`.

use std::borrow::Cow;

/// The string type of the model: borrowed in a `static`, owned after parsing.
pub type Text = Cow<'static, str>;

/// The list type of the model: borrowed in a `static`, owned after parsing.
pub type List<T> = Cow<'static, [T]>;

/// Name of the block that [`Resource::timeouts`] derives.
pub const TIMEOUTS: &str = "timeouts";

/// The provider's own configuration: `provider.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Provider {
    /// Local name and prefix of every type name, e.g. `durantic`.
    pub name: Text,
    /// Full source address, e.g. `registry.terraform.io/durantic/durantic`.
    pub address: Text,
    /// Description in one sentence.
    pub summary: Text,
    /// Further description in Markdown; can be empty.
    pub description: Text,
    /// Arguments of the `provider` block, sorted by name.
    pub attributes: List<Attribute>,
}

/// An HTTP operation of the control plane: a line of `operations.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Operation {
    /// The `operationId` of the control plane's `OpenAPI` document.
    pub id: Text,
    /// Method that is used if the control plane's document does not contain the operation.
    pub method: Method,
    /// Path, with `{placeholder}`s, that is used if the control plane's document does not contain the operation.
    pub path: Text,
}

impl Operation {
    /// Returns the names of the path's placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        placeholders(&self.path)
    }
}

/// Returns the names between `{` and `}`, in order.
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
    /// The method's name in a request, in capitals.
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
    /// Description in one sentence.
    pub summary: Text,
    /// Further description in Markdown; can be empty.
    pub description: Text,
    /// Heading under which the documentation lists it.
    pub subcategory: Option<Text>,
    /// First version of the provider that has it.
    pub since: Option<Text>,
    /// Deprecation message: what to use instead, in one sentence.
    pub deprecated: Option<Text>,
    /// Version of the resource's state.
    pub version: i64,
    /// How existing objects are imported.
    pub import: Import,
    /// Attribute whose value names the object in diagnostics, and finds it again after a create whose response was lost.
    pub label: Option<Text>,
    /// Attribute with the time at which the control plane created the object.
    pub created: Option<Text>,
    /// Attribute with the time at which the control plane last changed the object.
    pub updated: Option<Text>,
    /// Bool attribute: whether an object is one of the service's own, and not the account's.
    pub official: Option<Text>,
    /// What the Rust hook decides, in one sentence; `None` if there is no hook.
    pub hook: Option<Text>,
    /// The operations on the object.
    pub api: Api,
    /// Attributes and blocks, sorted by name.
    pub attributes: List<Attribute>,
    /// Arguments of a list of the objects, with each of which the listed ones are compared; sorted by name.
    pub filters: List<Attribute>,
    /// Rules over several attributes.
    pub constraints: List<Constraint>,
    /// How a data source finds its object. The first lookup whose `by` is configured is used.
    pub lookups: List<Lookup>,
    /// Long-running work after a create or an update.
    pub job: Option<Job>,
    /// What a destroy clears in an object that is otherwise only removed from the state.
    pub release: Option<Release>,
    /// Default timeouts, if the resource has a `timeouts` block.
    pub timeouts: Option<Timeouts>,
}

impl Resource {
    /// Returns the root attribute with this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// Returns the attributes in the import ID, in order.
    pub fn import_attributes(&self) -> impl Iterator<Item = &Attribute> {
        let pattern = match &self.import {
            Import::By(pattern) => pattern.as_ref(),
            Import::Never => "",
        };
        placeholders(pattern).filter_map(|name| self.attribute(name))
    }

    /// Whether a create adopts an object that exists: it sends the same request as an update.
    pub fn creates_by_update(&self) -> bool {
        self.api.create.is_some() && self.api.create == self.api.update
    }

    /// Returns the operation that lists the objects, with those that a data source finds.
    pub fn list_operation(&self) -> Option<&Text> {
        let mut lookups = self.lookups.iter();
        let mut lookup = || lookups.find(|lookup| lookup.pick.is_some() && lookup.expect == Expect::One);
        self.api.list.as_ref().or_else(|| Some(&lookup()?.api))
    }

    /// Returns the operation that reads the object that an attribute identifies.
    pub fn read_operation_by(&self, attribute: &str) -> Option<&Text> {
        let mut lookups = self.lookups.iter();
        let mut lookup =
            || lookups.find(|lookup| lookup.pick.is_none() && lookup.by.as_deref() == Some(attribute));
        match &self.api.read {
            Some(read) => Some(read).filter(|_| self.import == Import::By(format!("{{{attribute}}}").into())),
            None => Some(&lookup()?.api),
        }
    }

    /// Returns the attribute that identifies one object: the only one in the path of the operation that reads it.
    pub fn identity(&self) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| self.read_operation_by(&attribute.name).is_some())
    }

    /// Returns the ids of all operations that it uses. An operation that is used twice is returned twice.
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

/// The kind of a declaration.
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
    /// It cannot be imported. This is also the value of a data source.
    Never,
    /// By an ID in this format, e.g. `{uuid}`. The placeholders are attributes.
    By(Text),
}

/// The operations on an object: the `[api]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Api {
    /// Creates or adopts the object. `None` for data sources.
    pub create: Option<Text>,
    /// Reads one object.
    pub read: Option<Text>,
    /// Updates the object. The request contains only the changed attributes.
    pub update: Option<Text>,
    /// Deletes the object.
    pub delete: Delete,
    /// Lists all objects. Finds the object of a create whose response was lost.
    pub list: Option<Text>,
    /// Placeholder of an operation's path → attribute, if their names differ.
    pub path: List<(Text, Text)>,
    /// HTTP statuses of a response that mean that the object no longer exists.
    pub gone: List<u16>,
}

/// How an object is destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Delete {
    /// Not applicable: data sources.
    None,
    /// The object is only removed from the state; the provider sends no request.
    Forget,
    /// The provider sends a request for this operation.
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
    /// Name in the configuration and in the state.
    pub name: Text,
    /// Description in Markdown.
    pub doc: Text,
    /// Type of the value.
    pub r#type: Type,
    /// Whether the configuration, the provider or both can set it.
    pub mode: Mode,
    /// Value if the configuration omits it; for a computed attribute, value if the control plane returns none.
    pub default: Option<Literal>,
    /// Format of the string, or of each element of a collection. It is validated, and values are compared by meaning.
    pub format: Option<Format>,
    /// Further checks at plan time.
    pub validate: Validate,
    /// Whether a change replaces the object.
    pub force_new: bool,
    /// Whether a plan keeps the known value if another attribute changes.
    pub stable: Stable,
    /// Whether Terraform hides the value and all nested attributes in its output.
    pub sensitive: bool,
    /// Whether Terraform never stores the value, neither in the state nor in a plan.
    pub write_only: bool,
    /// For the two attributes that `write_only = "twin"` adds: the attribute that has this key.
    pub twin_of: Option<Text>,
    /// Name of the attribute in responses and requests.
    pub wire: Wire,
    /// Whether the API returns it. `false` keeps the configured value in the state.
    pub returned: bool,
    /// What an update sends if the attribute is removed from the configuration.
    pub unset: Unset,
    /// Which differences between two values are ignored.
    pub equal: Equal,
    /// What the strings name.
    pub reference: Option<Reference>,
    /// Whether no two objects of the account have the same value.
    pub unique: bool,
    /// Extension of the file of its own that a generated configuration reads the string from; `None` if it contains the string.
    pub file: Option<Text>,
    /// Deprecation message: what to use instead, in one sentence.
    pub deprecated: Option<Text>,
    /// First version of the provider that has it.
    pub since: Option<Text>,
    /// Environment variable that is used if the configuration omits it. Only for arguments of the provider.
    pub env: Option<Text>,
    /// Attributes of the objects, sorted by name, if the type's scalar is [`Scalar::Object`].
    pub attributes: List<Self>,
    /// Whether the configuration uses a block (`rules { … }`) instead of an attribute (`rules = [{ … }]`).
    pub block: bool,
}

impl Attribute {
    /// Whether its value must not be shown.
    pub fn is_secret(&self) -> bool {
        self.sensitive || self.write_only
    }

    /// Whether it can be a [`Resource::label`]: a single string that is not a secret.
    pub fn can_be_label(&self) -> bool {
        self.r#type.is(Scalar::String) && !self.is_secret()
    }

    /// Whether it can be a [`Resource::created`] or [`Resource::updated`]: a single timestamp that the control plane returns.
    pub fn can_be_time(&self) -> bool {
        self.r#type.is(Scalar::String)
            && self.format == Some(Format::Timestamp)
            && !self.wire.read.is_empty()
            && self.returned
    }

    /// Returns the nested attribute with this name.
    pub fn attribute(&self, name: &str) -> Option<&Self> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

/// What a string names: the value of an attribute of another object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Reference {
    /// Name of the resource that manages such objects, or else of the data source that finds them.
    pub target: Text,
    /// Attribute of these objects: their [`Resource::label`], or one that identifies them.
    pub attribute: Text,
}

/// A type such as `list(string)`: collections, from the outermost to the innermost, and the type of their elements.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Type {
    /// Outermost first; empty for a single value.
    pub collections: List<Collection>,
    /// Type of the value, or of the elements of the innermost collection.
    pub scalar: Scalar,
}

impl Type {
    /// Whether it is this scalar, and not a collection.
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

/// A type that is not a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Scalar {
    /// `true` or `false`.
    Bool,
    /// A signed 32-bit integer.
    Int,
    /// A number of any size and precision.
    Number,
    /// A string.
    String,
    /// An object with the attributes in [`Attribute::attributes`].
    Object,
}

/// Whether the configuration, the provider or both can set an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Mode {
    /// The configuration can set it.
    Optional,
    /// The configuration must set it.
    Required,
    /// Only the provider sets it.
    Computed,
    /// The configuration can set it; otherwise, the provider does.
    OptionalComputed,
}

impl Mode {
    /// Whether the configuration can set a value.
    pub fn is_settable(self) -> bool {
        self != Self::Computed
    }

    /// Whether the provider can set a value.
    pub fn is_computed(self) -> bool {
        matches!(self, Self::Computed | Self::OptionalComputed)
    }
}

/// A value in a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Literal {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, as a decimal string.
    Number(Text),
    /// A string.
    String(Text),
    /// A list or a set.
    List(List<Self>),
    /// A map, sorted by key.
    Map(List<(Text, Self)>),
}

/// The format of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Format {
    /// A UUID, in upper or lower case.
    Uuid,
    /// An IPv4 or IPv6 address.
    Ip,
    /// An address block in CIDR notation.
    Cidr,
    /// An absolute URL with the scheme `http` or `https`.
    Url,
    /// A duration such as `90s` or `1h30m`.
    Duration,
    /// An RFC 3339 timestamp.
    Timestamp,
    /// A JSON document.
    Json,
    /// A pattern for strings, with `*`, `?` and `[…]`.
    Glob,
}

/// Checks of a known value. By default, there are no checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Validate {
    /// Length of the string in characters; in a collection, of each element.
    pub length: Option<Bounds>,
    /// Range of the number; in a collection, of each element.
    pub range: Option<Bounds>,
    /// Number of elements of the collection.
    pub items: Option<Bounds>,
    /// Regular expression that the whole string must match; in a collection, each element.
    pub pattern: Option<Text>,
    /// The allowed strings; empty for any string.
    pub one_of: List<Text>,
}

/// Bounds, which are themselves allowed values. A missing bound is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Bounds {
    /// Smallest allowed value.
    pub min: Option<i64>,
    /// Largest allowed value.
    pub max: Option<i64>,
}

/// Whether a plan keeps the known value of a computed attribute if another attribute changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Stable {
    /// No: every update can change it, so it is "known after apply".
    No,
    /// Yes: it never changes.
    Yes,
    /// Yes, unless one of these attributes changes.
    Unless(List<Text>),
}

/// The name of an attribute in the API's JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Wire {
    /// Dotted pointers into a response; the first that exists is used. `[]` selects from all elements of a list
    /// (`machines[].uuid`). If it is empty, the attribute is never read.
    pub read: List<Text>,
    /// Key in the body of a request. If it is `None`, the attribute is never sent.
    pub write: Option<Text>,
}

/// What an update sends for an attribute that was removed from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Unset {
    /// `null`, so the API clears the value.
    Null,
    /// Nothing, so the API keeps the value.
    Omit,
    /// An empty string, list, set or map.
    Empty,
}

/// Which differences between two values are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Equal {
    /// None, apart from those that the [`Format`] ignores.
    Exact,
    /// The order of a list.
    Set,
    /// The scheme and a trailing slash of a URL.
    Scheme,
}

/// A rule over several attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Constraint {
    /// The rule.
    pub rule: Rule,
    /// Attribute of nested objects, to each of which the rule applies; `None` if it applies to the root attributes.
    pub within: Option<Text>,
}

/// The rule of a [`Constraint`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Rule {
    /// Exactly one of these attributes must be set.
    ExactlyOneOf(List<Text>),
    /// At most one of these attributes can be set, and a create needs one of them. An update can omit all of them: it keeps the
    /// value that the object has. Not declared: `write_only = "twin"` derives it.
    OneOfToCreate(List<Text>),
    /// At most one of these attributes can be set.
    AtMostOneOf(List<Text>),
    /// At least one of these attributes must be set.
    AtLeastOneOf(List<Text>),
    /// Either all or none of these attributes must be set.
    AllOrNone(List<Text>),
    /// Under a condition, some attributes must be set, and others must not be set.
    When {
        /// Attribute that the condition is about.
        attribute: Text,
        /// Value that the attribute must have. `None`: any value except null and an empty string.
        value: Option<Literal>,
        /// Attributes that must be set under the condition, to more than an empty string or collection.
        require: List<Text>,
        /// Attributes that must not be set under the condition.
        forbid: List<Text>,
    },
}

/// A way for a data source to find its object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Lookup {
    /// Attribute to look up by. The lookup is used if the attribute is configured; with `None`, it is always used.
    pub by: Option<Text>,
    /// Operation that finds the object. It returns a list, unless its path contains `by`.
    pub api: Text,
    /// Field of the listed objects to compare with the value of `by`. `None`: all objects match, or the response is the object.
    pub pick: Option<Text>,
    /// Attributes that must also match, if they are configured. One with [`Format::Glob`] is a pattern; a single value matches a list that
    /// contains it.
    pub narrow: List<Text>,
    /// Number of objects to find.
    pub expect: Expect,
    /// Bool attribute. Unless it is `false`, an object that is not found results in null attributes instead of an error.
    pub missing_ok: Option<Text>,
    /// Attribute that gets the found objects, with [`Expect::Many`].
    pub into: Option<Text>,
    /// Nested attributes of `into` that make the keys of a map: the first one, and the next for objects that share a key. Empty for a list
    /// or set.
    pub key: List<Text>,
    /// Operation that reads a found object, if its item in the list lacks an attribute.
    pub then: Option<Text>,
}

/// Number of objects that a lookup must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub enum Expect {
    /// Exactly one.
    One,
    /// Any number.
    Many,
}

/// Long-running work that the provider starts after a create or an update, and waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Job {
    /// Name of the work in diagnostics, such as `provision`. One execution is a `provision run`.
    pub noun: Text,
    /// Phases after which it runs: creating, updating or both.
    pub after: List<Phase>,
    /// Operation that starts a run.
    pub start: Text,
    /// Body of the request that starts a run.
    pub body: List<(Text, Literal)>,
    /// Attribute → field of the response to the start, from which the attribute is set.
    pub save: List<(Text, Text)>,
    /// Operation that reads the run. Attributes of `save` can be placeholders of its path.
    pub poll: Text,
    /// Field of the run with its status.
    pub status: Text,
    /// Attribute that stores the status.
    pub into: Text,
    /// Field of the run with a bool: whether its status is final. If it is missing, `done` and `failed` decide.
    pub terminal: Option<Text>,
    /// Field of the run with the time at which it was created.
    pub created: Option<Text>,
    /// Field of the object's response with the time of its last change.
    pub changed: Option<Text>,
    /// Bool attribute of the object: whether the work is still to be done. It is read if the response to a start was lost.
    pub needed: Option<Text>,
    /// Attributes that a run can change.
    pub changes: List<Text>,
    /// Attribute → its value after a run that succeeded.
    pub result: List<(Text, Literal)>,
    /// Statuses of a run that succeeded.
    pub done: List<Text>,
    /// Statuses of a run that failed.
    pub failed: List<Text>,
    /// Fields of the run that describe its progress.
    pub report: Report,
    /// How a user protects an object that has had a run from another one.
    pub protection: Option<Protection>,
    /// How a user has a create take an object over instead of starting a run.
    pub takeover: Option<Takeover>,
    /// How a user limits the number of objects that have runs at once.
    pub rollout: Option<Rollout>,
    /// How a user has the run repeated when the objects that an object names have changed.
    pub follow: Option<Follow>,
}

/// How a user has the run of an object repeated when the objects that it names have changed since the run was started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Follow {
    /// Bool argument: whether the object follows the objects that it names.
    pub argument: Text,
    /// The attribute that names them (`ref`).
    pub reference: Text,
    /// The attributes of the named objects whose values a run depends on.
    pub attributes: List<Text>,
}

/// How a user limits the number of objects that have runs at once. The keys name attributes of the object that `argument` is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Rollout {
    /// The argument that has the settings of an object's group: an object.
    pub argument: Text,
    /// String: the name of the group.
    pub group: Text,
    /// String: how many objects of the group may be unavailable at once, as a number or as a percentage of its members.
    pub unavailable: Text,
    /// Set of strings: the identities of all objects of the group.
    pub members: Text,
    /// Integer: how many runs of the group may fail before no other is started.
    pub failures: Text,
    /// Duration: how long an object must be available after its run before another one may have its run.
    pub healthy: Text,
    /// Integer: how many runs must succeed before more than that number of objects may have runs at once.
    pub canary: Text,
    /// Bool attribute of the object: whether it is available. The control plane returns it, also in the list.
    pub available: Text,
    /// Argument of the provider block: how many objects may have runs at once, of any group.
    pub limit: Text,
}

/// How a user has a create take an object over as it is, instead of starting a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Takeover {
    /// The argument that asks for it.
    pub argument: Text,
    /// The value of the argument that asks for it.
    pub value: Text,
    /// The arguments whose configured values the object must have already. It must also need no run ([`Job::needed`]).
    pub same: List<Text>,
}

/// How a user protects an object that has had a run from another one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Protection {
    /// Bool argument: whether every plan fails that would start a run of an object that has had one.
    pub argument: Text,
    /// Attribute that has a value once there has been a run, by Terraform or by others.
    pub present: Text,
    /// Argument of the provider block: the number of objects whose runs one plan may repeat.
    pub limit: Text,
    /// What a run does to such an object, in diagnostics: a verb such as `reinstall`.
    pub verb: Text,
}

/// What a destroy clears in an object that is otherwise only removed from the state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Release {
    /// The argument that asks for it. Its value in the state counts.
    pub argument: Text,
    /// The value of the argument that asks for it.
    pub value: Text,
    /// The attributes that the update operation sends as empty.
    pub clears: List<Text>,
}

/// Fields of a run that describe its progress.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Report {
    /// Progress as a number from 0 to 100.
    pub percent: Option<Text>,
    /// Short name of the current step.
    pub step: Option<Text>,
    /// A sentence about the current step.
    pub message: Option<Text>,
    /// Reason why the run failed.
    pub error: Option<Text>,
}

/// A change of an object by Terraform: a job can follow it, and a timeout limits it.
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
    /// Returns the default timeout of a phase, if it has one.
    pub fn of(&self, phase: Phase) -> Option<&Text> {
        match phase {
            Phase::Create => self.create.as_ref(),
            Phase::Update => self.update.as_ref(),
            Phase::Delete => self.delete.as_ref(),
        }
    }
}

impl Phase {
    /// The name of the phase in declarations and in the `timeouts` block.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Default timeouts as durations, such as `60m`. A resource that has them gets a `timeouts` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "parse", derive(databake::Bake), databake(path = schema))]
pub struct Timeouts {
    /// Limit for creating the object, including its job.
    pub create: Option<Text>,
    /// Limit for updating the object, including its job.
    pub update: Option<Text>,
    /// Limit for deleting the object.
    pub delete: Option<Text>,
}
