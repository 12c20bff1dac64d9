const _: &[u8] = ::core::include_bytes!("declarations/good/data/thing.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/operations.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/parts/times.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/provider.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/thing.toml");
/// The provider's own configuration.
pub static PROVIDER: ::engine::schema::Provider = {
    use ::std as alloc;
    use ::engine::schema;
    schema::Provider {
        name: alloc::borrow::Cow::Borrowed("example"),
        address: alloc::borrow::Cow::Borrowed("registry.terraform.io/example/example"),
        summary: alloc::borrow::Cow::Borrowed("Stands for any provider."),
        description: alloc::borrow::Cow::Borrowed(""),
        attributes: alloc::borrow::Cow::Borrowed(
            &[
                schema::Attribute {
                    name: alloc::borrow::Cow::Borrowed("endpoint"),
                    doc: alloc::borrow::Cow::Borrowed("Address of the API."),
                    r#type: schema::Type {
                        collections: alloc::borrow::Cow::Borrowed(&[]),
                        scalar: schema::Scalar::String,
                    },
                    mode: schema::Mode::Optional,
                    default: Some(
                        schema::Literal::String(
                            alloc::borrow::Cow::Borrowed("https://example.com"),
                        ),
                    ),
                    format: Some(schema::Format::Url),
                    validate: schema::Validate {
                        length: None,
                        range: None,
                        items: None,
                        pattern: None,
                        one_of: alloc::borrow::Cow::Borrowed(&[]),
                    },
                    force_new: false,
                    stable: schema::Stable::No,
                    sensitive: false,
                    write_only: false,
                    twin_of: None,
                    wire: schema::Wire {
                        read: alloc::borrow::Cow::Borrowed(&[]),
                        write: None,
                    },
                    returned: true,
                    unset: schema::Unset::Omit,
                    equal: schema::Equal::Exact,
                    deprecated: None,
                    since: None,
                    env: Some(alloc::borrow::Cow::Borrowed("EXAMPLE_ENDPOINT")),
                    attributes: alloc::borrow::Cow::Borrowed(&[]),
                    block: false,
                },
            ],
        ),
    }
};
/// Every operation of the control plane that is declared, sorted by id.
pub static OPERATIONS: &[::engine::schema::Operation] = {
    use ::std as alloc;
    use ::engine::schema;
    &[
        schema::Operation {
            id: alloc::borrow::Cow::Borrowed("create_thing"),
            method: schema::Method::Post,
            path: alloc::borrow::Cow::Borrowed("/api/things/"),
        },
        schema::Operation {
            id: alloc::borrow::Cow::Borrowed("get_thing"),
            method: schema::Method::Get,
            path: alloc::borrow::Cow::Borrowed("/api/things/{uuid}"),
        },
        schema::Operation {
            id: alloc::borrow::Cow::Borrowed("list_things"),
            method: schema::Method::Get,
            path: alloc::borrow::Cow::Borrowed("/api/things/"),
        },
        schema::Operation {
            id: alloc::borrow::Cow::Borrowed("unused"),
            method: schema::Method::Get,
            path: alloc::borrow::Cow::Borrowed("/api/unused/"),
        },
        schema::Operation {
            id: alloc::borrow::Cow::Borrowed("update_thing"),
            method: schema::Method::Patch,
            path: alloc::borrow::Cow::Borrowed("/api/things/{uuid}"),
        },
    ]
};
/// What each resource declares.
pub mod resources {
    ///Stands for any resource.
    pub static THING: ::engine::schema::Resource = {
        use ::std as alloc;
        use ::engine::schema;
        schema::Resource {
            kind: schema::Kind::Resource,
            name: alloc::borrow::Cow::Borrowed("thing"),
            summary: alloc::borrow::Cow::Borrowed("Stands for any resource."),
            description: alloc::borrow::Cow::Borrowed(""),
            subcategory: None,
            since: None,
            deprecated: None,
            version: 0i64,
            import: schema::Import::By(alloc::borrow::Cow::Borrowed("{uuid}")),
            label: None,
            created: Some(alloc::borrow::Cow::Borrowed("created_at")),
            hook: Some(alloc::borrow::Cow::Borrowed("A thing is never what it seems.")),
            api: schema::Api {
                create: Some(alloc::borrow::Cow::Borrowed("create_thing")),
                read: Some(alloc::borrow::Cow::Borrowed("get_thing")),
                update: Some(alloc::borrow::Cow::Borrowed("update_thing")),
                delete: schema::Delete::Forget,
                list: None,
                path: alloc::borrow::Cow::Borrowed(&[]),
                gone: alloc::borrow::Cow::Borrowed(&[404u16]),
            },
            attributes: alloc::borrow::Cow::Borrowed(
                &[
                    schema::Attribute {
                        name: alloc::borrow::Cow::Borrowed("created_at"),
                        doc: alloc::borrow::Cow::Borrowed("When it was created."),
                        r#type: schema::Type {
                            collections: alloc::borrow::Cow::Borrowed(&[]),
                            scalar: schema::Scalar::String,
                        },
                        mode: schema::Mode::Computed,
                        default: None,
                        format: Some(schema::Format::Timestamp),
                        validate: schema::Validate {
                            length: None,
                            range: None,
                            items: None,
                            pattern: None,
                            one_of: alloc::borrow::Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: schema::Stable::Yes,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: schema::Wire {
                            read: alloc::borrow::Cow::Borrowed(
                                &[alloc::borrow::Cow::Borrowed("created_at")],
                            ),
                            write: None,
                        },
                        returned: true,
                        unset: schema::Unset::Omit,
                        equal: schema::Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: alloc::borrow::Cow::Borrowed(&[]),
                        block: false,
                    },
                    schema::Attribute {
                        name: alloc::borrow::Cow::Borrowed("sizes"),
                        doc: alloc::borrow::Cow::Borrowed("How big it is."),
                        r#type: schema::Type {
                            collections: alloc::borrow::Cow::Borrowed(
                                &[schema::Collection::List],
                            ),
                            scalar: schema::Scalar::Int,
                        },
                        mode: schema::Mode::OptionalComputed,
                        default: Some(
                            schema::Literal::List(
                                alloc::borrow::Cow::Borrowed(
                                    &[schema::Literal::Int(-1i64), schema::Literal::Int(2i64)],
                                ),
                            ),
                        ),
                        format: None,
                        validate: schema::Validate {
                            length: None,
                            range: Some(schema::Bounds {
                                min: Some(-5i64),
                                max: None,
                            }),
                            items: None,
                            pattern: None,
                            one_of: alloc::borrow::Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: schema::Stable::No,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: schema::Wire {
                            read: alloc::borrow::Cow::Borrowed(
                                &[alloc::borrow::Cow::Borrowed("sizes")],
                            ),
                            write: Some(alloc::borrow::Cow::Borrowed("sizes")),
                        },
                        returned: true,
                        unset: schema::Unset::Omit,
                        equal: schema::Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: alloc::borrow::Cow::Borrowed(&[]),
                        block: false,
                    },
                    schema::Attribute {
                        name: alloc::borrow::Cow::Borrowed("timeouts"),
                        doc: alloc::borrow::Cow::Borrowed(
                            "How long the provider waits before it gives up.",
                        ),
                        r#type: schema::Type {
                            collections: alloc::borrow::Cow::Borrowed(&[]),
                            scalar: schema::Scalar::Object,
                        },
                        mode: schema::Mode::Optional,
                        default: None,
                        format: None,
                        validate: schema::Validate {
                            length: None,
                            range: None,
                            items: None,
                            pattern: None,
                            one_of: alloc::borrow::Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: schema::Stable::No,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: schema::Wire {
                            read: alloc::borrow::Cow::Borrowed(&[]),
                            write: None,
                        },
                        returned: true,
                        unset: schema::Unset::Omit,
                        equal: schema::Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: alloc::borrow::Cow::Borrowed(
                            &[
                                schema::Attribute {
                                    name: alloc::borrow::Cow::Borrowed("create"),
                                    doc: alloc::borrow::Cow::Borrowed(
                                        "How long creating may take, as a duration such as `90s` or `1h30m`; `60m` by default.",
                                    ),
                                    r#type: schema::Type {
                                        collections: alloc::borrow::Cow::Borrowed(&[]),
                                        scalar: schema::Scalar::String,
                                    },
                                    mode: schema::Mode::Optional,
                                    default: None,
                                    format: Some(schema::Format::Duration),
                                    validate: schema::Validate {
                                        length: None,
                                        range: None,
                                        items: None,
                                        pattern: None,
                                        one_of: alloc::borrow::Cow::Borrowed(&[]),
                                    },
                                    force_new: false,
                                    stable: schema::Stable::No,
                                    sensitive: false,
                                    write_only: false,
                                    twin_of: None,
                                    wire: schema::Wire {
                                        read: alloc::borrow::Cow::Borrowed(&[]),
                                        write: None,
                                    },
                                    returned: true,
                                    unset: schema::Unset::Omit,
                                    equal: schema::Equal::Exact,
                                    deprecated: None,
                                    since: None,
                                    env: None,
                                    attributes: alloc::borrow::Cow::Borrowed(&[]),
                                    block: false,
                                },
                            ],
                        ),
                        block: true,
                    },
                    schema::Attribute {
                        name: alloc::borrow::Cow::Borrowed("uuid"),
                        doc: alloc::borrow::Cow::Borrowed("Identifies it."),
                        r#type: schema::Type {
                            collections: alloc::borrow::Cow::Borrowed(&[]),
                            scalar: schema::Scalar::String,
                        },
                        mode: schema::Mode::Computed,
                        default: None,
                        format: None,
                        validate: schema::Validate {
                            length: None,
                            range: None,
                            items: None,
                            pattern: None,
                            one_of: alloc::borrow::Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: schema::Stable::Yes,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: schema::Wire {
                            read: alloc::borrow::Cow::Borrowed(
                                &[alloc::borrow::Cow::Borrowed("uuid")],
                            ),
                            write: None,
                        },
                        returned: true,
                        unset: schema::Unset::Omit,
                        equal: schema::Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: alloc::borrow::Cow::Borrowed(&[]),
                        block: false,
                    },
                ],
            ),
            constraints: alloc::borrow::Cow::Borrowed(
                &[
                    schema::Constraint {
                        rule: schema::Rule::When {
                            attribute: alloc::borrow::Cow::Borrowed("sizes"),
                            value: Some(
                                schema::Literal::List(
                                    alloc::borrow::Cow::Borrowed(&[schema::Literal::Int(0i64)]),
                                ),
                            ),
                            require: alloc::borrow::Cow::Borrowed(&[]),
                            forbid: alloc::borrow::Cow::Borrowed(
                                &[alloc::borrow::Cow::Borrowed("sizes")],
                            ),
                        },
                        within: None,
                    },
                ],
            ),
            lookups: alloc::borrow::Cow::Borrowed(&[]),
            jobs: alloc::borrow::Cow::Borrowed(&[]),
            timeouts: Some(schema::Timeouts {
                create: Some(alloc::borrow::Cow::Borrowed("60m")),
                update: None,
                delete: None,
            }),
        }
    };
}
/// What each data source declares.
pub mod data_sources {
    ///Stands for any data source.
    pub static THING: ::engine::schema::Resource = {
        use ::std as alloc;
        use ::engine::schema;
        schema::Resource {
            kind: schema::Kind::DataSource,
            name: alloc::borrow::Cow::Borrowed("thing"),
            summary: alloc::borrow::Cow::Borrowed("Stands for any data source."),
            description: alloc::borrow::Cow::Borrowed(""),
            subcategory: None,
            since: None,
            deprecated: None,
            version: 0i64,
            import: schema::Import::Never,
            label: Some(alloc::borrow::Cow::Borrowed("name")),
            created: None,
            hook: None,
            api: schema::Api {
                create: None,
                read: None,
                update: None,
                delete: schema::Delete::None,
                list: None,
                path: alloc::borrow::Cow::Borrowed(&[]),
                gone: alloc::borrow::Cow::Borrowed(&[404u16]),
            },
            attributes: alloc::borrow::Cow::Borrowed(
                &[
                    schema::Attribute {
                        name: alloc::borrow::Cow::Borrowed("name"),
                        doc: alloc::borrow::Cow::Borrowed("Its name."),
                        r#type: schema::Type {
                            collections: alloc::borrow::Cow::Borrowed(&[]),
                            scalar: schema::Scalar::String,
                        },
                        mode: schema::Mode::Required,
                        default: None,
                        format: None,
                        validate: schema::Validate {
                            length: None,
                            range: None,
                            items: None,
                            pattern: None,
                            one_of: alloc::borrow::Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: schema::Stable::No,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: schema::Wire {
                            read: alloc::borrow::Cow::Borrowed(
                                &[alloc::borrow::Cow::Borrowed("name")],
                            ),
                            write: None,
                        },
                        returned: true,
                        unset: schema::Unset::Omit,
                        equal: schema::Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: alloc::borrow::Cow::Borrowed(&[]),
                        block: false,
                    },
                ],
            ),
            constraints: alloc::borrow::Cow::Borrowed(&[]),
            lookups: alloc::borrow::Cow::Borrowed(
                &[
                    schema::Lookup {
                        by: Some(alloc::borrow::Cow::Borrowed("name")),
                        api: alloc::borrow::Cow::Borrowed("list_things"),
                        pick: Some(alloc::borrow::Cow::Borrowed("name")),
                        narrow: alloc::borrow::Cow::Borrowed(&[]),
                        expect: schema::Expect::One,
                        missing_ok: None,
                        into: None,
                        then: None,
                    },
                ],
            ),
            jobs: alloc::borrow::Cow::Borrowed(&[]),
            timeouts: None,
        }
    };
}
/// All that the provider is made of.
pub static DEFINITION: ::engine::Definition = ::engine::Definition {
    provider: &PROVIDER,
    operations: OPERATIONS,
    resources: &[
        ::engine::Binding {
            schema: &resources::THING,
            hook: ::core::option::Option::Some(&crate::hooks::Thing),
        },
    ],
    data_sources: &[
        ::engine::Binding {
            schema: &data_sources::THING,
            hook: ::core::option::Option::None,
        },
    ],
};
