//! The one table of keys: what may be written where, and what it means.
//!
//! Three readers: [`crate::load()`] accepts a file by it, an unknown key is answered from it, and
//! `schema language` turns it into the JSON Schema that editors complete from.
//!
//! Tests: `schema/tests/language.rs`.

/// A table of the language, in which certain keys are legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The file `provider.toml`.
    Provider,
    /// The file of a resource.
    Resource,
    /// The file of a data source.
    DataSource,
    /// A file of attributes that several declarations use.
    Part,
    /// `[api]`
    Api,
    /// `[attributes.NAME]` of a resource, a data source or a part, at every depth.
    Attribute,
    /// `[attributes.NAME]` of `provider.toml`.
    ProviderAttribute,
    /// `validate`
    Validate,
    /// `length`, `range` and `items` of `validate`
    Bounds,
    /// `stable` with a condition
    Stable,
    /// `wire` where reading and writing differ
    Wire,
    /// `[[constraint]]`
    Constraint,
    /// `when` of a constraint
    When,
    /// `[[lookup]]`
    Lookup,
    /// `[job]`
    Job,
    /// `status` of a job
    Status,
    /// `report` of a job
    Report,
    /// `[timeouts]`
    Timeouts,
}

impl Section {
    /// Every section, files first.
    pub const ALL: &[Self] = &[
        Self::Resource,
        Self::DataSource,
        Self::Provider,
        Self::Part,
        Self::Api,
        Self::Attribute,
        Self::ProviderAttribute,
        Self::Validate,
        Self::Bounds,
        Self::Stable,
        Self::Wire,
        Self::Constraint,
        Self::When,
        Self::Lookup,
        Self::Job,
        Self::Status,
        Self::Report,
        Self::Timeouts,
    ];

    /// What a message calls the section.
    pub fn title(self) -> &'static str {
        match self {
            Self::Provider => "provider.toml",
            Self::Resource => "a resource",
            Self::DataSource => "a data source",
            Self::Part => "a part",
            Self::Api => "[api]",
            Self::Attribute => "an attribute",
            Self::ProviderAttribute => "an attribute of provider.toml",
            Self::Validate => "validate",
            Self::Bounds => "a pair of bounds",
            Self::Stable => "stable",
            Self::Wire => "wire",
            Self::Constraint => "[[constraint]]",
            Self::When => "when",
            Self::Lookup => "[[lookup]]",
            Self::Job => "[job]",
            Self::Status => "status",
            Self::Report => "report",
            Self::Timeouts => "[timeouts]",
        }
    }

    /// The keys that are legal here, in the order of [`KEYS`].
    pub fn keys(self) -> impl Iterator<Item = &'static Key> {
        KEYS.iter().filter(move |key| key.sections.contains(&self))
    }

    /// The key of that name, where it is legal here.
    pub fn key(self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

/// What may stand to the right of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any text but an empty one.
    Text,
    /// Any text.
    Choice,
    /// One of these words; the first text says what such a word is called.
    Word(&'static str, &'static [&'static str]),
    /// A type: `string`, `list(string)`, ….
    Type,
    /// `true` or `false`.
    Bool,
    /// Only this boolean.
    Exactly(bool),
    /// A whole number.
    Int,
    /// A list of texts, none of them empty.
    Texts,
    /// A list of texts, which may be empty ones.
    Choices,
    /// A list of whole numbers, not empty.
    Ints,
    /// A list of words.
    Words(&'static str, &'static [&'static str]),
    /// A value of the attribute it speaks of.
    Literal,
    /// A table of names and texts.
    TextByName,
    /// A table of names and values.
    LiteralByName,
    /// One table.
    Table(Section),
    /// A table of names and tables: `[attributes.NAME]`.
    Named(Section),
    /// A list of tables: `[[constraint]]`.
    Tables(Section),
    /// One of several shapes that differ in their TOML type.
    Either(&'static [Self]),
}

/// One key of the language.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// How it is written.
    pub name: &'static str,
    /// Where it is legal.
    pub sections: &'static [Section],
    /// Whether it must be written there.
    pub required: bool,
    /// What may be written to its right.
    pub shape: Shape,
    /// Its meaning in one sentence.
    pub doc: &'static str,
}

/// Scalars and `object`: what stands at the bottom of a type.
pub const SCALARS: &[&str] = &["string", "bool", "int", "number", "object"];

/// What a type may be wrapped in.
pub const COLLECTIONS: &[&str] = &["list", "set", "map"];

/// The value of `delete` that calls nothing.
pub const FORGET: &str = "forget";

const DECLARATION: &[Section] = &[Section::Resource, Section::DataSource];
const ANY_ATTRIBUTE: &[Section] = &[Section::Attribute, Section::ProviderAttribute];

const fn required(name: &'static str, sections: &'static [Section], shape: Shape, doc: &'static str) -> Key {
    Key {
        name,
        sections,
        required: true,
        shape,
        doc,
    }
}

const fn optional(name: &'static str, sections: &'static [Section], shape: Shape, doc: &'static str) -> Key {
    Key {
        name,
        sections,
        required: false,
        shape,
        doc,
    }
}

/// Every key of the language.
pub const KEYS: &[Key] = &[
    // The head of a file.
    required(
        "resource",
        &[Section::Resource],
        Shape::Text,
        "The type name without the provider's prefix.",
    ),
    required(
        "data_source",
        &[Section::DataSource],
        Shape::Text,
        "The type name without the provider's prefix.",
    ),
    required(
        "provider",
        &[Section::Provider],
        Shape::Text,
        "The provider's name and the prefix of every type name.",
    ),
    required(
        "address",
        &[Section::Provider],
        Shape::Text,
        "The provider's source address in full form, e.g. `registry.terraform.io/durantic/durantic`.",
    ),
    required(
        "summary",
        &[Section::Resource, Section::DataSource, Section::Provider],
        Shape::Text,
        "What it is, in one plain sentence.",
    ),
    optional(
        "description",
        &[Section::Resource, Section::DataSource, Section::Provider],
        Shape::Text,
        "What a user must know beyond the summary, in Markdown.",
    ),
    optional(
        "subcategory",
        DECLARATION,
        Shape::Text,
        "The heading under which the documentation lists it.",
    ),
    optional(
        "since",
        DECLARATION,
        Shape::Text,
        "The first version of the provider that has it.",
    ),
    optional(
        "deprecated",
        DECLARATION,
        Shape::Text,
        "What to use instead of it, as a sentence shown to users.",
    ),
    optional(
        "hook",
        DECLARATION,
        Shape::Text,
        "What the Rust hook bound to it decides, in one sentence; `provider!` must then bind one.",
    ),
    optional(
        "use",
        DECLARATION,
        Shape::Texts,
        "Files in `parts/` whose attributes are included; an attribute declared here replaces the part's.",
    ),
    required(
        "import",
        &[Section::Resource],
        Shape::Either(&[Shape::Text, Shape::Exactly(false)]),
        "The form of the id by which it is imported, its placeholders being attributes (`{uuid}`), or `false` where it cannot be.",
    ),
    optional(
        "label",
        DECLARATION,
        Shape::Text,
        "The attribute that names the object to users and finds a create whose answer was lost; `name` where it is absent.",
    ),
    optional(
        "created",
        DECLARATION,
        Shape::Text,
        "The attribute that holds when the control plane made the object; `created_at` where it is absent.",
    ),
    optional(
        "version",
        &[Section::Resource],
        Shape::Int,
        "The version of the state's schema, 0 where it is absent.",
    ),
    required(
        "api",
        &[Section::Resource],
        Shape::Table(Section::Api),
        "The operations it is made of.",
    ),
    optional(
        "attributes",
        DECLARATION,
        Shape::Named(Section::Attribute),
        "Its attributes and blocks by name.",
    ),
    required(
        "attributes",
        &[Section::Part],
        Shape::Named(Section::Attribute),
        "The attributes it contributes, by name.",
    ),
    required(
        "attributes",
        &[Section::Provider],
        Shape::Named(Section::ProviderAttribute),
        "The arguments of the provider block by name.",
    ),
    optional(
        "constraint",
        DECLARATION,
        Shape::Tables(Section::Constraint),
        "A rule over several attributes.",
    ),
    required(
        "lookup",
        &[Section::DataSource],
        Shape::Tables(Section::Lookup),
        "A way to find the object; the first whose `by` is configured is used.",
    ),
    optional(
        "job",
        &[Section::Resource],
        Shape::Table(Section::Job),
        "Long-running work that is started after a call and waited for.",
    ),
    optional(
        "timeouts",
        &[Section::Resource],
        Shape::Table(Section::Timeouts),
        "Default timeouts; their presence gives it a `timeouts` block with these attributes.",
    ),
    // [api]
    required(
        "create",
        &[Section::Api],
        Shape::Text,
        "The operation that makes the object, or adopts one that exists already.",
    ),
    required(
        "read",
        &[Section::Api],
        Shape::Text,
        "The operation that reads one object.",
    ),
    optional(
        "update",
        &[Section::Api],
        Shape::Text,
        "The operation that changes the object; it is sent what changed.",
    ),
    required(
        "delete",
        &[Section::Api],
        Shape::Text,
        "The operation that ends the object, or `forget` where only the state forgets it.",
    ),
    optional(
        "list",
        &[Section::Api],
        Shape::Text,
        "The operation that lists all objects; it finds a create whose answer was lost.",
    ),
    optional(
        "path",
        &[Section::Api],
        Shape::TextByName,
        "Placeholder of an operation's path → attribute, where the names differ.",
    ),
    optional(
        "gone",
        &[Section::Api],
        Shape::Ints,
        "The statuses that mean the object does not exist any more, 404 where it is absent.",
    ),
    // [attributes.NAME]
    required(
        "type",
        ANY_ATTRIBUTE,
        Shape::Type,
        "The type of its value: string, bool, int, number, object, `list(T)`, `set(T)` or `map(T)`.",
    ),
    required(
        "doc",
        ANY_ATTRIBUTE,
        Shape::Text,
        "What it is for, in Markdown; what other keys say is added to it.",
    ),
    optional(
        "mode",
        &[Section::Attribute],
        Shape::Word("mode", &["optional", "required", "computed", "optional+computed"]),
        "Who may set it, `optional` where it is absent.",
    ),
    optional(
        "mode",
        &[Section::ProviderAttribute],
        Shape::Word("mode", &["optional", "required"]),
        "Who may set it, `optional` where it is absent.",
    ),
    optional(
        "default",
        ANY_ATTRIBUTE,
        Shape::Literal,
        "The value where the configuration has none; the attribute is then computed as well.",
    ),
    optional(
        "format",
        ANY_ATTRIBUTE,
        Shape::Word(
            "format",
            &["uuid", "ip", "cidr", "url", "duration", "timestamp", "json"],
        ),
        "What its text means: validated, compared by meaning and named in the documentation.",
    ),
    optional(
        "validate",
        ANY_ATTRIBUTE,
        Shape::Table(Section::Validate),
        "Checks at plan time that the API will never relax.",
    ),
    optional(
        "sensitive",
        ANY_ATTRIBUTE,
        Shape::Bool,
        "Whether Terraform redacts it, and all that is nested in it.",
    ),
    optional(
        "env",
        &[Section::ProviderAttribute],
        Shape::Text,
        "The environment variable that stands in for it.",
    ),
    optional(
        "force_new",
        &[Section::Attribute],
        Shape::Bool,
        "Whether a change replaces the object.",
    ),
    optional(
        "stable",
        &[Section::Attribute],
        Shape::Either(&[Shape::Bool, Shape::Table(Section::Stable)]),
        "Whether a plan keeps the known value when something else changes.",
    ),
    optional(
        "write_only",
        &[Section::Attribute],
        Shape::Either(&[
            Shape::Exactly(true),
            Shape::Word("kind of write-only attribute", &["twin"]),
        ]),
        "`true`: never stored; `twin`: keep this one and derive NAME_wo and NAME_wo_version beside it.",
    ),
    optional(
        "wire",
        &[Section::Attribute],
        Shape::Either(&[Shape::Text, Shape::Exactly(false), Shape::Table(Section::Wire)]),
        "Where the API has it: another name, a dotted pointer into the answer, or `false` for nowhere.",
    ),
    optional(
        "returned",
        &[Section::Attribute],
        Shape::Bool,
        "Whether the API answers with it; `false` keeps the configured value.",
    ),
    optional(
        "unset",
        &[Section::Attribute],
        Shape::Word("value of unset", &["null", "omit", "empty"]),
        "What an update sends when it leaves the configuration: `null` (default; `omit` where it is computed as well), `omit` or `empty`.",
    ),
    optional(
        "equal",
        &[Section::Attribute],
        Shape::Word("comparison", &["set", "scheme"]),
        "Differences that are ignored: `set`, the order of a list; `scheme`, the scheme and a trailing slash of a URL.",
    ),
    optional(
        "deprecated",
        ANY_ATTRIBUTE,
        Shape::Text,
        "What to use instead of it, as a sentence shown to users.",
    ),
    optional(
        "since",
        ANY_ATTRIBUTE,
        Shape::Text,
        "The first version of the provider that has it.",
    ),
    optional(
        "attributes",
        &[Section::Attribute],
        Shape::Named(Section::Attribute),
        "The attributes of its objects, where its type is `object` or a collection of it.",
    ),
    optional(
        "block",
        &[Section::Attribute],
        Shape::Bool,
        "Whether it is written as a block (`rules { … }`) and not as an attribute (`rules = [{ … }]`).",
    ),
    // validate
    optional(
        "length",
        &[Section::Validate],
        Shape::Table(Section::Bounds),
        "The length of a string in characters (of each element, in a collection).",
    ),
    optional(
        "range",
        &[Section::Validate],
        Shape::Table(Section::Bounds),
        "The size of a number (of each element, in a collection).",
    ),
    optional(
        "items",
        &[Section::Validate],
        Shape::Table(Section::Bounds),
        "The number of elements of a collection.",
    ),
    optional(
        "pattern",
        &[Section::Validate],
        Shape::Text,
        "A regular expression that the text (each element, in a collection) matches as a whole.",
    ),
    optional(
        "one_of",
        &[Section::Validate],
        Shape::Choices,
        "The only legal texts.",
    ),
    optional("min", &[Section::Bounds], Shape::Int, "The smallest legal value."),
    optional("max", &[Section::Bounds], Shape::Int, "The largest legal value."),
    // stable, wire
    required(
        "unless",
        &[Section::Stable],
        Shape::Texts,
        "The attributes whose change may alter it.",
    ),
    optional(
        "read",
        &[Section::Wire],
        Shape::Either(&[Shape::Text, Shape::Texts, Shape::Exactly(false)]),
        "Dotted pointers into an answer, of which the first that exists is used (`image.uuid`, `machines[].uuid`), or `false`.",
    ),
    optional(
        "write",
        &[Section::Wire],
        Shape::Either(&[Shape::Text, Shape::Exactly(false)]),
        "The key in a request's body, or `false`.",
    ),
    // [[constraint]]
    optional(
        "exactly_one_of",
        &[Section::Constraint],
        Shape::Texts,
        "One of these attributes is set, and no other.",
    ),
    optional(
        "at_most_one_of",
        &[Section::Constraint],
        Shape::Texts,
        "At most one of these attributes is set.",
    ),
    optional(
        "at_least_one_of",
        &[Section::Constraint],
        Shape::Texts,
        "At least one of these attributes is set.",
    ),
    optional(
        "all_or_none",
        &[Section::Constraint],
        Shape::Texts,
        "All of these attributes are set, or none.",
    ),
    optional(
        "when",
        &[Section::Constraint],
        Shape::Table(Section::When),
        "The attribute, and perhaps its value, on which `require` and `forbid` depend.",
    ),
    optional(
        "require",
        &[Section::Constraint],
        Shape::Texts,
        "Attributes that must then be set, and not to an empty text or collection.",
    ),
    optional(
        "forbid",
        &[Section::Constraint],
        Shape::Texts,
        "Attributes that must then not be set.",
    ),
    optional(
        "within",
        &[Section::Constraint],
        Shape::Text,
        "The nested attribute in each of whose objects the rule holds.",
    ),
    required(
        "attribute",
        &[Section::When],
        Shape::Text,
        "The attribute that decides.",
    ),
    optional(
        "value",
        &[Section::When],
        Shape::Literal,
        "The value it must have; any where it is absent.",
    ),
    // [[lookup]]
    optional(
        "by",
        &[Section::Lookup],
        Shape::Text,
        "The attribute whose configuration selects this lookup; always where it is absent.",
    ),
    required(
        "api",
        &[Section::Lookup],
        Shape::Text,
        "The operation that is called; a list unless its path takes `by`.",
    ),
    optional(
        "pick",
        &[Section::Lookup],
        Shape::Text,
        "The field of a listed object that must equal `by`.",
    ),
    optional(
        "narrow",
        &[Section::Lookup],
        Shape::Texts,
        "Attributes that narrow the search where they are configured.",
    ),
    optional(
        "expect",
        &[Section::Lookup],
        Shape::Word("expectation", &["one", "many"]),
        "How many objects are expected, `one` where it is absent.",
    ),
    optional(
        "missing_ok",
        &[Section::Lookup],
        Shape::Text,
        "A bool attribute that, unless it is `false`, turns \"none found\" into nulls.",
    ),
    optional(
        "into",
        &[Section::Lookup],
        Shape::Text,
        "The attribute that receives the found objects, where many are expected.",
    ),
    optional(
        "then",
        &[Section::Lookup],
        Shape::Text,
        "The operation that reads the found object in full.",
    ),
    // [job]
    required(
        "noun",
        &[Section::Job],
        Shape::Text,
        "What the work is called to users, such as `provision`: a run of it is a `provision run`.",
    ),
    required(
        "after",
        &[Section::Job],
        Shape::Words("phase", &["create", "update"]),
        "The calls after which it runs.",
    ),
    required(
        "start",
        &[Section::Job],
        Shape::Text,
        "The operation that starts a run.",
    ),
    optional(
        "body",
        &[Section::Job],
        Shape::LiteralByName,
        "The body of that request.",
    ),
    optional(
        "save",
        &[Section::Job],
        Shape::TextByName,
        "Attribute → field of the start's answer that it receives.",
    ),
    required(
        "poll",
        &[Section::Job],
        Shape::Text,
        "The operation that reads the run.",
    ),
    required(
        "status",
        &[Section::Job],
        Shape::Table(Section::Status),
        "Where the run's status is read and kept.",
    ),
    optional(
        "terminal",
        &[Section::Job],
        Shape::Text,
        "The field that says whether the status is final; where an answer lacks it, `done` and `failed` decide.",
    ),
    optional(
        "needed",
        &[Section::Job],
        Shape::Text,
        "The bool attribute that says whether the work is still to be done: it tells what became of a run whose start was not answered.",
    ),
    required("done", &[Section::Job], Shape::Texts, "The statuses of success."),
    required(
        "failed",
        &[Section::Job],
        Shape::Texts,
        "The statuses of failure.",
    ),
    optional(
        "report",
        &[Section::Job],
        Shape::Table(Section::Report),
        "Fields of the run that describe its progress.",
    ),
    required(
        "field",
        &[Section::Status],
        Shape::Text,
        "The field of the run that holds its status.",
    ),
    required(
        "into",
        &[Section::Status],
        Shape::Text,
        "The attribute that receives the status.",
    ),
    optional(
        "percent",
        &[Section::Report],
        Shape::Text,
        "The field that holds a number from 0 to 100.",
    ),
    optional(
        "step",
        &[Section::Report],
        Shape::Text,
        "The field that holds the short name of the step.",
    ),
    optional(
        "message",
        &[Section::Report],
        Shape::Text,
        "The field that holds a sentence about the step.",
    ),
    optional(
        "error",
        &[Section::Report],
        Shape::Text,
        "The field that says why the run failed.",
    ),
    // [timeouts]
    optional(
        "create",
        &[Section::Timeouts],
        Shape::Text,
        "The time that creating may take, with its job, as a duration such as `60m`.",
    ),
    optional(
        "update",
        &[Section::Timeouts],
        Shape::Text,
        "The time that updating may take, as a duration such as `20m`.",
    ),
    optional(
        "delete",
        &[Section::Timeouts],
        Shape::Text,
        "The time that deleting may take, as a duration such as `20m`.",
    ),
];
