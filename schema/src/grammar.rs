//! The table of all keys of the language: where each key is allowed, which values it takes, and what it means.
//!
//! [`crate::load()`] checks files against it, diagnostics about unknown keys suggest keys from it, and `schema language`
//! generates the JSON Schema for editors from it.
//!
//! Tests: `schema/tests/language.rs`.

/// A kind of table in the TOML files. Each kind allows its own keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The file `provider.toml`.
    Provider,
    /// The file of a resource.
    Resource,
    /// The file of a data source.
    DataSource,
    /// A file in `parts/`, with attributes that several declarations use.
    Part,
    /// `[api]`
    Api,
    /// `[attributes.NAME]` of a resource, a data source or a part, at any depth.
    Attribute,
    /// `[attributes.NAME]` of `provider.toml`.
    ProviderAttribute,
    /// `[filters.NAME]`
    Filter,
    /// `validate`
    Validate,
    /// `length`, `range` and `items` of `validate`
    Bounds,
    /// `stable` as a table
    Stable,
    /// `wire` as a table
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
    /// `protection` of a job
    Protection,
    /// `takeover` of a job
    Takeover,
    /// `rollout` of a job
    Rollout,
    /// `follow` of a job
    Follow,
    /// `[release]`
    Release,
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
        Self::Filter,
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
        Self::Protection,
        Self::Takeover,
        Self::Rollout,
        Self::Follow,
        Self::Release,
        Self::Timeouts,
    ];

    /// The name of the section in diagnostics.
    pub fn title(self) -> &'static str {
        match self {
            Self::Provider => "provider.toml",
            Self::Resource => "a resource",
            Self::DataSource => "a data source",
            Self::Part => "a part",
            Self::Api => "[api]",
            Self::Attribute => "an attribute",
            Self::ProviderAttribute => "an attribute of provider.toml",
            Self::Filter => "a filter",
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
            Self::Protection => "protection",
            Self::Takeover => "takeover",
            Self::Rollout => "rollout",
            Self::Follow => "follow",
            Self::Release => "[release]",
            Self::Timeouts => "[timeouts]",
        }
    }

    /// The keys that the section allows, in the order of [`KEYS`].
    pub fn keys(self) -> impl Iterator<Item = &'static Key> {
        KEYS.iter().filter(move |key| key.sections.contains(&self))
    }

    /// The key with that name, if the section allows it.
    pub fn key(self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

/// The kind of value that a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A string that is not empty.
    NonEmptyString,
    /// Any string, also an empty one.
    String,
    /// One of these words. The first string is the name of such a word in diagnostics.
    Word(&'static str, &'static [&'static str]),
    /// The name of a type, such as `string` or `list(string)`.
    Type,
    /// `true` or `false`.
    Bool,
    /// Only this one boolean.
    OnlyBool(bool),
    /// A whole number.
    Int,
    /// A list of strings that are not empty.
    NonEmptyStrings,
    /// A list of strings, also empty ones.
    Strings,
    /// A list of whole numbers.
    Ints,
    /// A list of such words.
    Words(&'static str, &'static [&'static str]),
    /// Any value. The checks compare it with the type of its attribute.
    Value,
    /// A table of names and strings.
    StringByName,
    /// A table of names and values.
    ValueByName,
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
    /// Its name.
    pub name: &'static str,
    /// The tables that allow it.
    pub sections: &'static [Section],
    /// Whether it is required there.
    pub required: bool,
    /// The kind of value that it takes.
    pub shape: Shape,
    /// Its meaning in one sentence, for diagnostics and editors.
    pub doc: &'static str,
}

/// The types that are not collections.
pub const SCALARS: &[&str] = &["string", "bool", "int", "number", "object"];

/// The collection types.
pub const COLLECTIONS: &[&str] = &["list", "set", "map"];

/// The value of `delete` that sends no request.
pub const FORGET: &str = "forget";

const DECLARATION: &[Section] = &[Section::Resource, Section::DataSource];
const ANY_ATTRIBUTE: &[Section] = &[Section::Attribute, Section::ProviderAttribute];
const ATTRIBUTE_OR_FILTER: &[Section] = &[Section::Attribute, Section::Filter];
const ANY_VALUE: &[Section] = &[Section::Attribute, Section::ProviderAttribute, Section::Filter];

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
        Shape::NonEmptyString,
        "Type name without the provider's prefix.",
    ),
    required(
        "data_source",
        &[Section::DataSource],
        Shape::NonEmptyString,
        "Type name without the provider's prefix.",
    ),
    required(
        "provider",
        &[Section::Provider],
        Shape::NonEmptyString,
        "Name of the provider, which is the prefix of every type name.",
    ),
    required(
        "address",
        &[Section::Provider],
        Shape::NonEmptyString,
        "Full source address of the provider, e.g. `registry.terraform.io/durantic/durantic`.",
    ),
    required(
        "summary",
        &[Section::Resource, Section::DataSource, Section::Provider],
        Shape::NonEmptyString,
        "Description in one sentence; the first line of the documentation page.",
    ),
    optional(
        "description",
        &[Section::Resource, Section::DataSource, Section::Provider],
        Shape::NonEmptyString,
        "Further description in Markdown, shown below the summary.",
    ),
    optional(
        "subcategory",
        DECLARATION,
        Shape::NonEmptyString,
        "Heading under which the documentation lists the resource or data source.",
    ),
    optional(
        "since",
        DECLARATION,
        Shape::NonEmptyString,
        "First version of the provider that has the resource or data source.",
    ),
    optional(
        "deprecated",
        DECLARATION,
        Shape::NonEmptyString,
        "Deprecation message: what to use instead, in one sentence.",
    ),
    optional(
        "hook",
        DECLARATION,
        Shape::NonEmptyString,
        "What the Rust hook decides, in one sentence for users. `provider!` must bind a hook to the declaration.",
    ),
    optional(
        "use",
        DECLARATION,
        Shape::NonEmptyStrings,
        "Files in `parts/` whose attributes are included. An attribute that is declared here replaces the one of the part.",
    ),
    optional(
        "of",
        &[Section::DataSource],
        Shape::NonEmptyString,
        "The resource whose objects it looks up. The data source has each attribute that the API returns, as a computed one; an attribute that is declared here replaces that of the resource. The resource's hook is not used.",
    ),
    required(
        "import",
        &[Section::Resource],
        Shape::Either(&[Shape::NonEmptyString, Shape::OnlyBool(false)]),
        "Format of the import ID, with attributes as placeholders (`{uuid}`), or `false` if the resource cannot be imported.",
    ),
    optional(
        "label",
        DECLARATION,
        Shape::NonEmptyString,
        "The attribute whose value names the object in diagnostics, and finds it again after a create whose response was lost. Default: `name`.",
    ),
    optional(
        "created",
        DECLARATION,
        Shape::NonEmptyString,
        "The attribute with the time at which the control plane created the object. Default: `created_at`.",
    ),
    optional(
        "updated",
        DECLARATION,
        Shape::NonEmptyString,
        "The attribute with the time at which the control plane last changed the object. Default: `updated_at`.",
    ),
    optional(
        "official",
        &[Section::Resource],
        Shape::NonEmptyString,
        "A bool attribute: whether an object is one of the service's own, and not the account's. List resources leave such objects out.",
    ),
    optional(
        "version",
        &[Section::Resource],
        Shape::Int,
        "Version of the resource's state. Default: 0.",
    ),
    required(
        "api",
        &[Section::Resource],
        Shape::Table(Section::Api),
        "The operations that create, read, update, delete and list the object.",
    ),
    optional(
        "attributes",
        DECLARATION,
        Shape::Named(Section::Attribute),
        "The attributes and blocks, by name.",
    ),
    required(
        "attributes",
        &[Section::Part],
        Shape::Named(Section::Attribute),
        "The attributes that the part adds to a declaration, by name.",
    ),
    optional(
        "filters",
        &[Section::Resource, Section::Part],
        Shape::Named(Section::Filter),
        "The arguments of the list resource, by name. A listed object must match each configured one: a value that is equivalent, a pattern with `format = \"glob\"`, or an element of a list.",
    ),
    required(
        "attributes",
        &[Section::Provider],
        Shape::Named(Section::ProviderAttribute),
        "The arguments of the provider block, by name.",
    ),
    optional(
        "constraint",
        DECLARATION,
        Shape::Tables(Section::Constraint),
        "A rule over several attributes.",
    ),
    optional(
        "lookup",
        &[Section::DataSource],
        Shape::Tables(Section::Lookup),
        "A way to find the object. The first lookup whose `by` is configured is used. Default with `of`: by the attribute in the path of the resource's `read`, or by its `label` in its `list`.",
    ),
    optional(
        "job",
        &[Section::Resource],
        Shape::Table(Section::Job),
        "Long-running work that the provider starts after a create or an update, and waits for.",
    ),
    optional(
        "release",
        &[Section::Resource],
        Shape::Table(Section::Release),
        "What a destroy clears in an object that Terraform otherwise only removes from the state.",
    ),
    optional(
        "timeouts",
        &[Section::Resource],
        Shape::Table(Section::Timeouts),
        "Default timeouts. The resource gets a `timeouts` block with these attributes.",
    ),
    // [api]
    required(
        "create",
        &[Section::Api],
        Shape::NonEmptyString,
        "Operation that creates the object, or adopts an existing one.",
    ),
    required(
        "read",
        &[Section::Api],
        Shape::NonEmptyString,
        "Operation that reads one object.",
    ),
    optional(
        "update",
        &[Section::Api],
        Shape::NonEmptyString,
        "Operation that updates the object. Its request contains only the changed attributes.",
    ),
    required(
        "delete",
        &[Section::Api],
        Shape::NonEmptyString,
        "Operation that deletes the object, or `forget` to only remove the object from the state.",
    ),
    optional(
        "list",
        &[Section::Api],
        Shape::NonEmptyString,
        "Operation that lists all objects. It finds the object of a create whose response was lost.",
    ),
    optional(
        "path",
        &[Section::Api],
        Shape::StringByName,
        "Attribute for each placeholder of an operation's path whose name differs from that of the attribute.",
    ),
    optional(
        "gone",
        &[Section::Api],
        Shape::Ints,
        "HTTP statuses of a response that mean that the object no longer exists. Default: 404.",
    ),
    // [attributes.NAME]
    required(
        "type",
        ANY_VALUE,
        Shape::Type,
        "Type of the value: string, bool, int, number, object, `list(T)`, `set(T)` or `map(T)`.",
    ),
    required(
        "doc",
        ANY_VALUE,
        Shape::NonEmptyString,
        "Description in Markdown. The documentation adds what follows from other keys, such as the default.",
    ),
    optional(
        "mode",
        &[Section::Attribute],
        Shape::Word("mode", &["optional", "required", "computed", "optional+computed"]),
        "Whether the configuration, the provider or both can set the attribute. Default: `optional`.",
    ),
    optional(
        "mode",
        &[Section::ProviderAttribute],
        Shape::Word("mode", &["optional", "required"]),
        "Whether the configuration must set the attribute. Default: `optional`.",
    ),
    optional(
        "default",
        ANY_ATTRIBUTE,
        Shape::Value,
        "Value of the attribute if the configuration omits it. The attribute is then also computed.",
    ),
    optional(
        "format",
        ANY_VALUE,
        Shape::Word(
            "format",
            &[
                "uuid",
                "ip",
                "cidr",
                "url",
                "duration",
                "timestamp",
                "json",
                "glob",
            ],
        ),
        "Format of the string. The provider validates it and compares values by meaning; the documentation names it.",
    ),
    optional(
        "validate",
        ANY_VALUE,
        Shape::Table(Section::Validate),
        "Checks at plan time. Use only limits that the API will never relax.",
    ),
    optional(
        "sensitive",
        ANY_ATTRIBUTE,
        Shape::Bool,
        "Whether Terraform hides the value and all nested attributes in its output.",
    ),
    optional(
        "env",
        &[Section::ProviderAttribute],
        Shape::NonEmptyString,
        "Environment variable that is used if the configuration omits the argument.",
    ),
    optional(
        "force_new",
        &[Section::Attribute],
        Shape::Bool,
        "Whether a change of the attribute replaces the object.",
    ),
    optional(
        "stable",
        &[Section::Attribute],
        Shape::Either(&[Shape::Bool, Shape::Table(Section::Stable)]),
        "Whether a plan keeps the known value if another attribute changes, instead of \"known after apply\".",
    ),
    optional(
        "write_only",
        &[Section::Attribute],
        Shape::Either(&[
            Shape::OnlyBool(true),
            Shape::Word("kind of write-only attribute", &["twin"]),
        ]),
        "`true`: Terraform never stores the value. `twin`: add the attributes NAME_wo and NAME_wo_version, of which NAME_wo is write-only. A create needs NAME or NAME_wo; an update that omits both keeps the value.",
    ),
    optional(
        "wire",
        ATTRIBUTE_OR_FILTER,
        Shape::Either(&[
            Shape::NonEmptyString,
            Shape::OnlyBool(false),
            Shape::Table(Section::Wire),
        ]),
        "Name of the attribute in the API's JSON, or a dotted pointer into the response; `false` if the API does not have it.",
    ),
    optional(
        "returned",
        &[Section::Attribute],
        Shape::Bool,
        "Whether the API returns the attribute. `false` keeps the configured value in the state.",
    ),
    optional(
        "unset",
        &[Section::Attribute],
        Shape::Word("value of unset", &["null", "omit", "empty"]),
        "What an update sends if the attribute is removed from the configuration: `null`, `omit` (nothing) or `empty`. Default: `null`, or `omit` if the attribute is also computed or sensitive.",
    ),
    optional(
        "equal",
        &[Section::Attribute],
        Shape::Word("comparison", &["set", "scheme"]),
        "Differences to ignore. `set`: the order of a list. `scheme`: the scheme and a trailing slash of a URL.",
    ),
    optional(
        "ref",
        ATTRIBUTE_OR_FILTER,
        Shape::NonEmptyString,
        "What the strings name: an attribute of a resource, or without such a resource, of a data source, such as `machine_role.name`. A plan warns of a name (`label`) that does not exist, rejects an identity that does not exist, and an object is not replaced before its names exist. The documentation links to the target.",
    ),
    optional(
        "unique",
        &[Section::Attribute],
        Shape::Bool,
        "Whether no two objects of the account have the same value. A plan warns of a value that another object has.",
    ),
    optional(
        "file",
        &[Section::Attribute],
        Shape::NonEmptyString,
        "Extension of the file of its own that a generated configuration reads the string from, such as `yaml`.",
    ),
    optional(
        "deprecated",
        ANY_ATTRIBUTE,
        Shape::NonEmptyString,
        "Deprecation message: what to use instead, in one sentence.",
    ),
    optional(
        "since",
        ANY_ATTRIBUTE,
        Shape::NonEmptyString,
        "First version of the provider that has the attribute.",
    ),
    optional(
        "attributes",
        &[Section::Attribute],
        Shape::Named(Section::Attribute),
        "Attributes of the object, if the type is `object` or a collection of objects.",
    ),
    optional(
        "block",
        &[Section::Attribute],
        Shape::Bool,
        "Whether the configuration uses a block (`rules { … }`) instead of an attribute (`rules = [{ … }]`).",
    ),
    // validate
    optional(
        "length",
        &[Section::Validate],
        Shape::Table(Section::Bounds),
        "Length of the string in characters; in a collection, of each element.",
    ),
    optional(
        "range",
        &[Section::Validate],
        Shape::Table(Section::Bounds),
        "Range of the number; in a collection, of each element.",
    ),
    optional(
        "items",
        &[Section::Validate],
        Shape::Table(Section::Bounds),
        "Number of elements of the collection.",
    ),
    optional(
        "pattern",
        &[Section::Validate],
        Shape::NonEmptyString,
        "Regular expression that the whole string must match; in a collection, each element.",
    ),
    optional(
        "one_of",
        &[Section::Validate],
        Shape::Strings,
        "The allowed strings.",
    ),
    optional("min", &[Section::Bounds], Shape::Int, "Smallest allowed value."),
    optional("max", &[Section::Bounds], Shape::Int, "Largest allowed value."),
    // stable, wire
    required(
        "unless",
        &[Section::Stable],
        Shape::NonEmptyStrings,
        "Attributes whose change can also change this attribute.",
    ),
    optional(
        "read",
        &[Section::Wire],
        Shape::Either(&[
            Shape::NonEmptyString,
            Shape::NonEmptyStrings,
            Shape::OnlyBool(false),
        ]),
        "Dotted pointers into the response, such as `image.uuid` or `machines[].uuid`; the first that exists is used. `false` if the attribute is never read.",
    ),
    optional(
        "write",
        &[Section::Wire],
        Shape::Either(&[Shape::NonEmptyString, Shape::OnlyBool(false)]),
        "Key in the body of a request, or `false` if the attribute is never sent.",
    ),
    // [[constraint]]
    optional(
        "exactly_one_of",
        &[Section::Constraint],
        Shape::NonEmptyStrings,
        "Exactly one of these attributes must be set.",
    ),
    optional(
        "at_most_one_of",
        &[Section::Constraint],
        Shape::NonEmptyStrings,
        "At most one of these attributes can be set.",
    ),
    optional(
        "at_least_one_of",
        &[Section::Constraint],
        Shape::NonEmptyStrings,
        "At least one of these attributes must be set.",
    ),
    optional(
        "all_or_none",
        &[Section::Constraint],
        Shape::NonEmptyStrings,
        "Either all or none of these attributes must be set.",
    ),
    optional(
        "when",
        &[Section::Constraint],
        Shape::Table(Section::When),
        "Condition for `require` and `forbid`: an attribute is set, or has a certain value.",
    ),
    optional(
        "require",
        &[Section::Constraint],
        Shape::NonEmptyStrings,
        "Attributes that must be set under the condition, to more than an empty string or collection.",
    ),
    optional(
        "forbid",
        &[Section::Constraint],
        Shape::NonEmptyStrings,
        "Attributes that must not be set under the condition.",
    ),
    optional(
        "within",
        &[Section::Constraint],
        Shape::NonEmptyString,
        "Attribute of nested objects. The rule then applies to the attributes of each of these objects.",
    ),
    required(
        "attribute",
        &[Section::When],
        Shape::NonEmptyString,
        "Attribute that the condition is about.",
    ),
    optional(
        "value",
        &[Section::When],
        Shape::Value,
        "Value that the attribute must have. Without it, any value except null and an empty string.",
    ),
    // [[lookup]]
    optional(
        "by",
        &[Section::Lookup],
        Shape::NonEmptyString,
        "Attribute to look up by. The lookup is used if the attribute is configured; without `by`, it is always used.",
    ),
    required(
        "api",
        &[Section::Lookup],
        Shape::NonEmptyString,
        "Operation that finds the object. It returns a list, unless its path contains `by`.",
    ),
    optional(
        "pick",
        &[Section::Lookup],
        Shape::NonEmptyString,
        "Field of the listed objects to compare with the value of `by`.",
    ),
    optional(
        "narrow",
        &[Section::Lookup],
        Shape::NonEmptyStrings,
        "Attributes that must also match, if they are configured. One with `format = \"glob\"` is a pattern; a single value matches a list that contains it.",
    ),
    optional(
        "expect",
        &[Section::Lookup],
        Shape::Word("expectation", &["one", "many"]),
        "Number of objects to find. Default: `one`.",
    ),
    optional(
        "missing_ok",
        &[Section::Lookup],
        Shape::NonEmptyString,
        "A bool attribute. Unless it is `false`, an object that is not found results in null attributes instead of an error.",
    ),
    optional(
        "into",
        &[Section::Lookup],
        Shape::NonEmptyString,
        "Attribute that gets the found objects, if `expect` is `many`: a list, set or map of objects.",
    ),
    optional(
        "key",
        &[Section::Lookup],
        Shape::NonEmptyStrings,
        "Nested attributes that make the keys of the map in `into`: the first one. Objects that share a key get the next one appended, after a slash; an object without a value gets the next one instead.",
    ),
    optional(
        "then",
        &[Section::Lookup],
        Shape::NonEmptyString,
        "Operation that reads a found object, if its item in the list lacks an attribute, or a field with which `narrow` compares.",
    ),
    // [job]
    required(
        "noun",
        &[Section::Job],
        Shape::NonEmptyString,
        "Name of the work in diagnostics, such as `provision`. One execution is a `provision run`.",
    ),
    required(
        "after",
        &[Section::Job],
        Shape::Words("phase", &["create", "update"]),
        "Phases after which the job runs.",
    ),
    required(
        "start",
        &[Section::Job],
        Shape::NonEmptyString,
        "Operation that starts a run.",
    ),
    optional(
        "body",
        &[Section::Job],
        Shape::ValueByName,
        "Body of the request that starts a run.",
    ),
    optional(
        "save",
        &[Section::Job],
        Shape::StringByName,
        "Attributes to set from the response to the start, each with its field.",
    ),
    required(
        "poll",
        &[Section::Job],
        Shape::NonEmptyString,
        "Operation that reads the run.",
    ),
    required(
        "status",
        &[Section::Job],
        Shape::Table(Section::Status),
        "The field with the run's status, and the attribute that stores it.",
    ),
    optional(
        "terminal",
        &[Section::Job],
        Shape::NonEmptyString,
        "Field of the run with a bool: whether its status is final. If a response lacks the field, `done` and `failed` decide.",
    ),
    optional(
        "created",
        &[Section::Job],
        Shape::NonEmptyString,
        "Field of the run with the time at which it was created. A new object joins an active run only if that was created after the objects that it names (`ref`) last changed.",
    ),
    optional(
        "changed",
        &[Section::Job],
        Shape::NonEmptyString,
        "Field of the object's response with the time of its last change. A new object does not join a run that is older than a change that its own create made.",
    ),
    optional(
        "needed",
        &[Section::Job],
        Shape::NonEmptyString,
        "A bool attribute of the object: whether the work is still to be done. The provider reads it if the response to a start was lost.",
    ),
    optional(
        "changes",
        &[Section::Job],
        Shape::NonEmptyStrings,
        "Attributes that a run can change. The plan of a change that a run follows does not know them.",
    ),
    optional(
        "result",
        &[Section::Job],
        Shape::ValueByName,
        "Attributes with their values after a run that succeeded. The plan of a change that a run follows has these values.",
    ),
    required(
        "done",
        &[Section::Job],
        Shape::NonEmptyStrings,
        "Statuses of a run that succeeded.",
    ),
    required(
        "failed",
        &[Section::Job],
        Shape::NonEmptyStrings,
        "Statuses of a run that failed.",
    ),
    optional(
        "report",
        &[Section::Job],
        Shape::Table(Section::Report),
        "Fields of the run that describe its progress.",
    ),
    optional(
        "protection",
        &[Section::Job],
        Shape::Table(Section::Protection),
        "How a user protects an object that has had a run from another one.",
    ),
    optional(
        "takeover",
        &[Section::Job],
        Shape::Table(Section::Takeover),
        "How a user has a create take an object over as it is, instead of starting a run.",
    ),
    optional(
        "rollout",
        &[Section::Job],
        Shape::Table(Section::Rollout),
        "How a user limits the number of objects that have runs at once.",
    ),
    optional(
        "follow",
        &[Section::Job],
        Shape::Table(Section::Follow),
        "How a user has the run of an object repeated when the objects that it names have changed since the run was started.",
    ),
    required(
        "field",
        &[Section::Status],
        Shape::NonEmptyString,
        "Field of the run with its status.",
    ),
    required(
        "into",
        &[Section::Status],
        Shape::NonEmptyString,
        "Attribute that stores the status.",
    ),
    optional(
        "percent",
        &[Section::Report],
        Shape::NonEmptyString,
        "Field with the progress as a number from 0 to 100.",
    ),
    optional(
        "step",
        &[Section::Report],
        Shape::NonEmptyString,
        "Field with the short name of the current step.",
    ),
    optional(
        "message",
        &[Section::Report],
        Shape::NonEmptyString,
        "Field with a sentence about the current step.",
    ),
    optional(
        "error",
        &[Section::Report],
        Shape::NonEmptyString,
        "Field with the reason why the run failed.",
    ),
    required(
        "argument",
        &[Section::Protection],
        Shape::NonEmptyString,
        "A bool argument. If it is true, every plan fails that would start a run of an object that has had one.",
    ),
    required(
        "present",
        &[Section::Protection],
        Shape::NonEmptyString,
        "Attribute of the object that has a value once there has been a run, by Terraform or by others.",
    ),
    required(
        "limit",
        &[Section::Protection],
        Shape::NonEmptyString,
        "Argument of the provider block: the number of such objects whose runs one plan may repeat.",
    ),
    required(
        "verb",
        &[Section::Protection],
        Shape::NonEmptyString,
        "What a run does to such an object, in diagnostics: a verb such as `reinstall`.",
    ),
    required(
        "argument",
        &[Section::Takeover],
        Shape::NonEmptyString,
        "The argument that asks for it.",
    ),
    required(
        "value",
        &[Section::Takeover],
        Shape::NonEmptyString,
        "The value of the argument that asks for it.",
    ),
    required(
        "same",
        &[Section::Takeover],
        Shape::NonEmptyStrings,
        "Arguments whose configured values the object must have already. It must also need no run (`needed`).",
    ),
    required(
        "argument",
        &[Section::Rollout],
        Shape::NonEmptyString,
        "An argument of the type `object`, which has the settings of a group. The other keys name attributes of it.",
    ),
    required(
        "group",
        &[Section::Rollout],
        Shape::NonEmptyString,
        "A string: the name of the group.",
    ),
    required(
        "unavailable",
        &[Section::Rollout],
        Shape::NonEmptyString,
        "A string: how many objects of the group may be unavailable at once, as a number or as a percentage of its members.",
    ),
    required(
        "members",
        &[Section::Rollout],
        Shape::NonEmptyString,
        "A set of strings: the identities of all objects of the group.",
    ),
    required(
        "failures",
        &[Section::Rollout],
        Shape::NonEmptyString,
        "An integer: how many runs of the group may fail before no other is started.",
    ),
    required(
        "healthy",
        &[Section::Rollout],
        Shape::NonEmptyString,
        "A duration: how long an object must be available after its run before another one may have its run.",
    ),
    required(
        "canary",
        &[Section::Rollout],
        Shape::NonEmptyString,
        "An integer: how many runs must succeed before more than that number of objects may have runs at once.",
    ),
    required(
        "available",
        &[Section::Rollout],
        Shape::NonEmptyString,
        "Bool attribute of the resource, and not of the argument: whether the object is available. The control plane returns it, also in the list of the objects.",
    ),
    required(
        "limit",
        &[Section::Rollout],
        Shape::NonEmptyString,
        "Argument of the provider block: how many objects may have runs at once, of any group.",
    ),
    required(
        "argument",
        &[Section::Follow],
        Shape::NonEmptyString,
        "A bool argument. If it is true, the object follows the objects that it names.",
    ),
    required(
        "reference",
        &[Section::Follow],
        Shape::NonEmptyString,
        "The attribute that names them, with `ref`.",
    ),
    required(
        "attributes",
        &[Section::Follow],
        Shape::NonEmptyStrings,
        "Attributes of the named objects that a run depends on. If one of them has changed since the run was started, the object is replaced.",
    ),
    // [release]
    required(
        "argument",
        &[Section::Release],
        Shape::NonEmptyString,
        "The argument that asks for the release. Its value in the state counts.",
    ),
    required(
        "value",
        &[Section::Release],
        Shape::NonEmptyString,
        "The value of the argument that asks for it.",
    ),
    required(
        "clears",
        &[Section::Release],
        Shape::NonEmptyStrings,
        "Attributes that the update operation sends as empty: a collection without elements, or null.",
    ),
    // [timeouts]
    optional(
        "create",
        &[Section::Timeouts],
        Shape::NonEmptyString,
        "Time limit for creating the object, including its job, as a duration such as `60m`.",
    ),
    optional(
        "update",
        &[Section::Timeouts],
        Shape::NonEmptyString,
        "Time limit for updating the object, including its job, as a duration such as `20m`.",
    ),
    optional(
        "delete",
        &[Section::Timeouts],
        Shape::NonEmptyString,
        "Time limit for deleting the object, as a duration such as `20m`.",
    ),
];
