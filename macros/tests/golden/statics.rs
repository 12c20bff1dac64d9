const _: &[u8] = ::core::include_bytes!("declarations/good/data/thing.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/operations.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/parts/times.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/provider.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/thing.toml");
/// The provider's own configuration.
pub static PROVIDER: ::provider::schema::Provider = ::provider::schema::Provider {
    name: ::std::borrow::Cow::Borrowed("example"),
    address: ::std::borrow::Cow::Borrowed("registry.terraform.io/example/example"),
    summary: ::std::borrow::Cow::Borrowed("Stands for any provider."),
    description: ::std::borrow::Cow::Borrowed(""),
    attributes: ::std::borrow::Cow::Borrowed(
        &[
            ::provider::schema::Attribute {
                name: ::std::borrow::Cow::Borrowed("endpoint"),
                doc: ::std::borrow::Cow::Borrowed("Address of the API."),
                r#type: ::provider::schema::Type {
                    collections: ::std::borrow::Cow::Borrowed(&[]),
                    scalar: ::provider::schema::Scalar::String,
                },
                mode: ::provider::schema::Mode::Optional,
                default: ::core::option::Option::Some(
                    ::provider::schema::Literal::String(
                        ::std::borrow::Cow::Borrowed("https://example.com"),
                    ),
                ),
                format: ::core::option::Option::Some(::provider::schema::Format::Url),
                validate: ::provider::schema::Validate {
                    length: ::core::option::Option::None,
                    range: ::core::option::Option::None,
                    items: ::core::option::Option::None,
                    pattern: ::core::option::Option::None,
                    one_of: ::std::borrow::Cow::Borrowed(&[]),
                },
                force_new: false,
                stable: ::provider::schema::Stable::No,
                sensitive: false,
                write_only: false,
                twin_of: ::core::option::Option::None,
                wire: ::provider::schema::Wire {
                    read: ::std::borrow::Cow::Borrowed(&[]),
                    write: ::core::option::Option::None,
                },
                returned: true,
                unset: ::provider::schema::Unset::Omit,
                equal: ::provider::schema::Equal::Exact,
                deprecated: ::core::option::Option::None,
                since: ::core::option::Option::None,
                env: ::core::option::Option::Some(
                    ::std::borrow::Cow::Borrowed("EXAMPLE_ENDPOINT"),
                ),
                attributes: ::std::borrow::Cow::Borrowed(&[]),
                block: false,
            },
        ],
    ),
};
/// The operations that the resources and data sources are made of, sorted by id.
pub static OPERATIONS: &[::provider::schema::Operation] = &[
    ::provider::schema::Operation {
        id: ::std::borrow::Cow::Borrowed("create_thing"),
        method: ::provider::schema::Method::Post,
        path: ::std::borrow::Cow::Borrowed("/api/things/"),
    },
    ::provider::schema::Operation {
        id: ::std::borrow::Cow::Borrowed("get_thing"),
        method: ::provider::schema::Method::Get,
        path: ::std::borrow::Cow::Borrowed("/api/things/{uuid}"),
    },
    ::provider::schema::Operation {
        id: ::std::borrow::Cow::Borrowed("list_things"),
        method: ::provider::schema::Method::Get,
        path: ::std::borrow::Cow::Borrowed("/api/things/"),
    },
    ::provider::schema::Operation {
        id: ::std::borrow::Cow::Borrowed("unused"),
        method: ::provider::schema::Method::Get,
        path: ::std::borrow::Cow::Borrowed("/api/unused/"),
    },
    ::provider::schema::Operation {
        id: ::std::borrow::Cow::Borrowed("update_thing"),
        method: ::provider::schema::Method::Patch,
        path: ::std::borrow::Cow::Borrowed("/api/things/{uuid}"),
    },
];
/// What each resource declares.
pub mod resources {
    ///Stands for any resource.
    pub static THING: ::provider::schema::Resource = ::provider::schema::Resource {
        kind: ::provider::schema::Kind::Resource,
        name: ::std::borrow::Cow::Borrowed("thing"),
        summary: ::std::borrow::Cow::Borrowed("Stands for any resource."),
        description: ::std::borrow::Cow::Borrowed(""),
        subcategory: ::core::option::Option::None,
        since: ::core::option::Option::None,
        deprecated: ::core::option::Option::None,
        version: 0,
        import: ::provider::schema::Import::By(::std::borrow::Cow::Borrowed("{uuid}")),
        label: ::core::option::Option::None,
        created: ::core::option::Option::Some(
            ::std::borrow::Cow::Borrowed("created_at"),
        ),
        hook: ::core::option::Option::Some(
            ::std::borrow::Cow::Borrowed("A thing is never what it seems."),
        ),
        api: ::provider::schema::Api {
            create: ::core::option::Option::Some(
                ::std::borrow::Cow::Borrowed("create_thing"),
            ),
            read: ::core::option::Option::Some(
                ::std::borrow::Cow::Borrowed("get_thing"),
            ),
            update: ::core::option::Option::Some(
                ::std::borrow::Cow::Borrowed("update_thing"),
            ),
            delete: ::provider::schema::Delete::Forget,
            list: ::core::option::Option::None,
            path: ::std::borrow::Cow::Borrowed(&[]),
            gone: ::std::borrow::Cow::Borrowed(&[404]),
        },
        attributes: ::std::borrow::Cow::Borrowed(
            &[
                ::provider::schema::Attribute {
                    name: ::std::borrow::Cow::Borrowed("created_at"),
                    doc: ::std::borrow::Cow::Borrowed("When it was created."),
                    r#type: ::provider::schema::Type {
                        collections: ::std::borrow::Cow::Borrowed(&[]),
                        scalar: ::provider::schema::Scalar::String,
                    },
                    mode: ::provider::schema::Mode::Computed,
                    default: ::core::option::Option::None,
                    format: ::core::option::Option::Some(
                        ::provider::schema::Format::Timestamp,
                    ),
                    validate: ::provider::schema::Validate {
                        length: ::core::option::Option::None,
                        range: ::core::option::Option::None,
                        items: ::core::option::Option::None,
                        pattern: ::core::option::Option::None,
                        one_of: ::std::borrow::Cow::Borrowed(&[]),
                    },
                    force_new: false,
                    stable: ::provider::schema::Stable::Yes,
                    sensitive: false,
                    write_only: false,
                    twin_of: ::core::option::Option::None,
                    wire: ::provider::schema::Wire {
                        read: ::std::borrow::Cow::Borrowed(
                            &[::std::borrow::Cow::Borrowed("created_at")],
                        ),
                        write: ::core::option::Option::None,
                    },
                    returned: true,
                    unset: ::provider::schema::Unset::Omit,
                    equal: ::provider::schema::Equal::Exact,
                    deprecated: ::core::option::Option::None,
                    since: ::core::option::Option::None,
                    env: ::core::option::Option::None,
                    attributes: ::std::borrow::Cow::Borrowed(&[]),
                    block: false,
                },
                ::provider::schema::Attribute {
                    name: ::std::borrow::Cow::Borrowed("sizes"),
                    doc: ::std::borrow::Cow::Borrowed("How big it is."),
                    r#type: ::provider::schema::Type {
                        collections: ::std::borrow::Cow::Borrowed(
                            &[::provider::schema::Collection::List],
                        ),
                        scalar: ::provider::schema::Scalar::Int,
                    },
                    mode: ::provider::schema::Mode::OptionalComputed,
                    default: ::core::option::Option::Some(
                        ::provider::schema::Literal::List(
                            ::std::borrow::Cow::Borrowed(
                                &[
                                    ::provider::schema::Literal::Int(-1),
                                    ::provider::schema::Literal::Int(2),
                                ],
                            ),
                        ),
                    ),
                    format: ::core::option::Option::None,
                    validate: ::provider::schema::Validate {
                        length: ::core::option::Option::None,
                        range: ::core::option::Option::Some(::provider::schema::Bounds {
                            min: ::core::option::Option::Some(-5),
                            max: ::core::option::Option::None,
                        }),
                        items: ::core::option::Option::None,
                        pattern: ::core::option::Option::None,
                        one_of: ::std::borrow::Cow::Borrowed(&[]),
                    },
                    force_new: false,
                    stable: ::provider::schema::Stable::No,
                    sensitive: false,
                    write_only: false,
                    twin_of: ::core::option::Option::None,
                    wire: ::provider::schema::Wire {
                        read: ::std::borrow::Cow::Borrowed(
                            &[::std::borrow::Cow::Borrowed("sizes")],
                        ),
                        write: ::core::option::Option::Some(
                            ::std::borrow::Cow::Borrowed("sizes"),
                        ),
                    },
                    returned: true,
                    unset: ::provider::schema::Unset::Omit,
                    equal: ::provider::schema::Equal::Exact,
                    deprecated: ::core::option::Option::None,
                    since: ::core::option::Option::None,
                    env: ::core::option::Option::None,
                    attributes: ::std::borrow::Cow::Borrowed(&[]),
                    block: false,
                },
                ::provider::schema::Attribute {
                    name: ::std::borrow::Cow::Borrowed("timeouts"),
                    doc: ::std::borrow::Cow::Borrowed(
                        "How long the provider waits before it gives up.",
                    ),
                    r#type: ::provider::schema::Type {
                        collections: ::std::borrow::Cow::Borrowed(&[]),
                        scalar: ::provider::schema::Scalar::Object,
                    },
                    mode: ::provider::schema::Mode::Optional,
                    default: ::core::option::Option::None,
                    format: ::core::option::Option::None,
                    validate: ::provider::schema::Validate {
                        length: ::core::option::Option::None,
                        range: ::core::option::Option::None,
                        items: ::core::option::Option::None,
                        pattern: ::core::option::Option::None,
                        one_of: ::std::borrow::Cow::Borrowed(&[]),
                    },
                    force_new: false,
                    stable: ::provider::schema::Stable::No,
                    sensitive: false,
                    write_only: false,
                    twin_of: ::core::option::Option::None,
                    wire: ::provider::schema::Wire {
                        read: ::std::borrow::Cow::Borrowed(&[]),
                        write: ::core::option::Option::None,
                    },
                    returned: true,
                    unset: ::provider::schema::Unset::Omit,
                    equal: ::provider::schema::Equal::Exact,
                    deprecated: ::core::option::Option::None,
                    since: ::core::option::Option::None,
                    env: ::core::option::Option::None,
                    attributes: ::std::borrow::Cow::Borrowed(
                        &[
                            ::provider::schema::Attribute {
                                name: ::std::borrow::Cow::Borrowed("create"),
                                doc: ::std::borrow::Cow::Borrowed(
                                    "How long creating may take, as a duration such as `90s` or `1h30m`; `60m` by default.",
                                ),
                                r#type: ::provider::schema::Type {
                                    collections: ::std::borrow::Cow::Borrowed(&[]),
                                    scalar: ::provider::schema::Scalar::String,
                                },
                                mode: ::provider::schema::Mode::Optional,
                                default: ::core::option::Option::None,
                                format: ::core::option::Option::Some(
                                    ::provider::schema::Format::Duration,
                                ),
                                validate: ::provider::schema::Validate {
                                    length: ::core::option::Option::None,
                                    range: ::core::option::Option::None,
                                    items: ::core::option::Option::None,
                                    pattern: ::core::option::Option::None,
                                    one_of: ::std::borrow::Cow::Borrowed(&[]),
                                },
                                force_new: false,
                                stable: ::provider::schema::Stable::No,
                                sensitive: false,
                                write_only: false,
                                twin_of: ::core::option::Option::None,
                                wire: ::provider::schema::Wire {
                                    read: ::std::borrow::Cow::Borrowed(&[]),
                                    write: ::core::option::Option::None,
                                },
                                returned: true,
                                unset: ::provider::schema::Unset::Omit,
                                equal: ::provider::schema::Equal::Exact,
                                deprecated: ::core::option::Option::None,
                                since: ::core::option::Option::None,
                                env: ::core::option::Option::None,
                                attributes: ::std::borrow::Cow::Borrowed(&[]),
                                block: false,
                            },
                        ],
                    ),
                    block: true,
                },
                ::provider::schema::Attribute {
                    name: ::std::borrow::Cow::Borrowed("uuid"),
                    doc: ::std::borrow::Cow::Borrowed("Identifies it."),
                    r#type: ::provider::schema::Type {
                        collections: ::std::borrow::Cow::Borrowed(&[]),
                        scalar: ::provider::schema::Scalar::String,
                    },
                    mode: ::provider::schema::Mode::Computed,
                    default: ::core::option::Option::None,
                    format: ::core::option::Option::None,
                    validate: ::provider::schema::Validate {
                        length: ::core::option::Option::None,
                        range: ::core::option::Option::None,
                        items: ::core::option::Option::None,
                        pattern: ::core::option::Option::None,
                        one_of: ::std::borrow::Cow::Borrowed(&[]),
                    },
                    force_new: false,
                    stable: ::provider::schema::Stable::Yes,
                    sensitive: false,
                    write_only: false,
                    twin_of: ::core::option::Option::None,
                    wire: ::provider::schema::Wire {
                        read: ::std::borrow::Cow::Borrowed(
                            &[::std::borrow::Cow::Borrowed("uuid")],
                        ),
                        write: ::core::option::Option::None,
                    },
                    returned: true,
                    unset: ::provider::schema::Unset::Omit,
                    equal: ::provider::schema::Equal::Exact,
                    deprecated: ::core::option::Option::None,
                    since: ::core::option::Option::None,
                    env: ::core::option::Option::None,
                    attributes: ::std::borrow::Cow::Borrowed(&[]),
                    block: false,
                },
            ],
        ),
        constraints: ::std::borrow::Cow::Borrowed(
            &[
                ::provider::schema::Constraint {
                    rule: ::provider::schema::Rule::When {
                        attribute: ::std::borrow::Cow::Borrowed("sizes"),
                        value: ::core::option::Option::Some(
                            ::provider::schema::Literal::List(
                                ::std::borrow::Cow::Borrowed(
                                    &[::provider::schema::Literal::Int(0)],
                                ),
                            ),
                        ),
                        require: ::std::borrow::Cow::Borrowed(&[]),
                        forbid: ::std::borrow::Cow::Borrowed(
                            &[::std::borrow::Cow::Borrowed("sizes")],
                        ),
                    },
                    within: ::core::option::Option::None,
                },
            ],
        ),
        lookups: ::std::borrow::Cow::Borrowed(&[]),
        jobs: ::std::borrow::Cow::Borrowed(&[]),
        timeouts: ::core::option::Option::Some(::provider::schema::Timeouts {
            create: ::core::option::Option::Some(::std::borrow::Cow::Borrowed("60m")),
            update: ::core::option::Option::None,
            delete: ::core::option::Option::None,
        }),
    };
}
/// What each data source declares.
pub mod data_sources {
    ///Stands for any data source.
    pub static THING: ::provider::schema::Resource = ::provider::schema::Resource {
        kind: ::provider::schema::Kind::DataSource,
        name: ::std::borrow::Cow::Borrowed("thing"),
        summary: ::std::borrow::Cow::Borrowed("Stands for any data source."),
        description: ::std::borrow::Cow::Borrowed(""),
        subcategory: ::core::option::Option::None,
        since: ::core::option::Option::None,
        deprecated: ::core::option::Option::None,
        version: 0,
        import: ::provider::schema::Import::Never,
        label: ::core::option::Option::Some(::std::borrow::Cow::Borrowed("name")),
        created: ::core::option::Option::None,
        hook: ::core::option::Option::None,
        api: ::provider::schema::Api {
            create: ::core::option::Option::None,
            read: ::core::option::Option::None,
            update: ::core::option::Option::None,
            delete: ::provider::schema::Delete::None,
            list: ::core::option::Option::None,
            path: ::std::borrow::Cow::Borrowed(&[]),
            gone: ::std::borrow::Cow::Borrowed(&[404]),
        },
        attributes: ::std::borrow::Cow::Borrowed(
            &[
                ::provider::schema::Attribute {
                    name: ::std::borrow::Cow::Borrowed("name"),
                    doc: ::std::borrow::Cow::Borrowed("Its name."),
                    r#type: ::provider::schema::Type {
                        collections: ::std::borrow::Cow::Borrowed(&[]),
                        scalar: ::provider::schema::Scalar::String,
                    },
                    mode: ::provider::schema::Mode::Required,
                    default: ::core::option::Option::None,
                    format: ::core::option::Option::None,
                    validate: ::provider::schema::Validate {
                        length: ::core::option::Option::None,
                        range: ::core::option::Option::None,
                        items: ::core::option::Option::None,
                        pattern: ::core::option::Option::None,
                        one_of: ::std::borrow::Cow::Borrowed(&[]),
                    },
                    force_new: false,
                    stable: ::provider::schema::Stable::No,
                    sensitive: false,
                    write_only: false,
                    twin_of: ::core::option::Option::None,
                    wire: ::provider::schema::Wire {
                        read: ::std::borrow::Cow::Borrowed(
                            &[::std::borrow::Cow::Borrowed("name")],
                        ),
                        write: ::core::option::Option::None,
                    },
                    returned: true,
                    unset: ::provider::schema::Unset::Omit,
                    equal: ::provider::schema::Equal::Exact,
                    deprecated: ::core::option::Option::None,
                    since: ::core::option::Option::None,
                    env: ::core::option::Option::None,
                    attributes: ::std::borrow::Cow::Borrowed(&[]),
                    block: false,
                },
            ],
        ),
        constraints: ::std::borrow::Cow::Borrowed(&[]),
        lookups: ::std::borrow::Cow::Borrowed(
            &[
                ::provider::schema::Lookup {
                    by: ::core::option::Option::Some(
                        ::std::borrow::Cow::Borrowed("name"),
                    ),
                    api: ::std::borrow::Cow::Borrowed("list_things"),
                    pick: ::core::option::Option::Some(
                        ::std::borrow::Cow::Borrowed("name"),
                    ),
                    narrow: ::std::borrow::Cow::Borrowed(&[]),
                    expect: ::provider::schema::Expect::One,
                    missing_ok: ::core::option::Option::None,
                    into: ::core::option::Option::None,
                    then: ::core::option::Option::None,
                },
            ],
        ),
        jobs: ::std::borrow::Cow::Borrowed(&[]),
        timeouts: ::core::option::Option::None,
    };
}
/// All that the provider is made of.
pub static DEFINITION: ::provider::Definition = ::provider::Definition {
    provider: &PROVIDER,
    operations: OPERATIONS,
    resources: &[
        ::provider::Binding {
            schema: &resources::THING,
            hook: ::core::option::Option::Some(&crate::hooks::Thing),
        },
    ],
    data_sources: &[
        ::provider::Binding {
            schema: &data_sources::THING,
            hook: ::core::option::Option::None,
        },
    ],
};
