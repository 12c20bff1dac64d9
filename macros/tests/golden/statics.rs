const _: &[u8] = ::core::include_bytes!("declarations/good/data/thing.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/operations.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/parts/times.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/provider.toml");
const _: &[u8] = ::core::include_bytes!("declarations/good/thing.toml");
/// The provider's own configuration.
pub static PROVIDER: ::engine::schema::Provider = {
    use ::engine::schema::*;
    use ::std::borrow::Cow;
    Provider {
        name: Cow::Borrowed("example"),
        address: Cow::Borrowed("registry.terraform.io/example/example"),
        summary: Cow::Borrowed("Stands for any provider."),
        description: Cow::Borrowed(""),
        attributes: Cow::Borrowed(
            &[
                Attribute {
                    name: Cow::Borrowed("endpoint"),
                    doc: Cow::Borrowed("Address of the API."),
                    r#type: Type {
                        collections: Cow::Borrowed(&[]),
                        scalar: Scalar::String,
                    },
                    mode: Mode::Optional,
                    default: Some(Literal::String(Cow::Borrowed("https://example.com"))),
                    format: Some(Format::Url),
                    validate: Validate {
                        length: None,
                        range: None,
                        items: None,
                        pattern: None,
                        one_of: Cow::Borrowed(&[]),
                    },
                    force_new: false,
                    stable: Stable::No,
                    sensitive: false,
                    write_only: false,
                    twin_of: None,
                    wire: Wire {
                        read: Cow::Borrowed(&[]),
                        write: None,
                    },
                    returned: true,
                    unset: Unset::Omit,
                    equal: Equal::Exact,
                    deprecated: None,
                    since: None,
                    env: Some(Cow::Borrowed("EXAMPLE_ENDPOINT")),
                    attributes: Cow::Borrowed(&[]),
                    block: false,
                },
            ],
        ),
    }
};
/// Every operation of the control plane that is declared, sorted by id.
pub static OPERATIONS: &[::engine::schema::Operation] = {
    use ::engine::schema::*;
    use ::std::borrow::Cow;
    &[
        Operation {
            id: Cow::Borrowed("create_thing"),
            method: Method::Post,
            path: Cow::Borrowed("/api/things/"),
        },
        Operation {
            id: Cow::Borrowed("get_thing"),
            method: Method::Get,
            path: Cow::Borrowed("/api/things/{uuid}"),
        },
        Operation {
            id: Cow::Borrowed("list_things"),
            method: Method::Get,
            path: Cow::Borrowed("/api/things/"),
        },
        Operation {
            id: Cow::Borrowed("unused"),
            method: Method::Get,
            path: Cow::Borrowed("/api/unused/"),
        },
        Operation {
            id: Cow::Borrowed("update_thing"),
            method: Method::Patch,
            path: Cow::Borrowed("/api/things/{uuid}"),
        },
    ]
};
/// What each resource declares.
pub mod resources {
    ///Stands for any resource.
    pub static THING: ::engine::schema::Resource = {
        use ::engine::schema::*;
        use ::std::borrow::Cow;
        Resource {
            kind: Kind::Resource,
            name: Cow::Borrowed("thing"),
            summary: Cow::Borrowed("Stands for any resource."),
            description: Cow::Borrowed(""),
            subcategory: None,
            since: None,
            deprecated: None,
            version: 0,
            import: Import::By(Cow::Borrowed("{uuid}")),
            label: None,
            created: Some(Cow::Borrowed("created_at")),
            hook: Some(Cow::Borrowed("A thing is never what it seems.")),
            api: Api {
                create: Some(Cow::Borrowed("create_thing")),
                read: Some(Cow::Borrowed("get_thing")),
                update: Some(Cow::Borrowed("update_thing")),
                delete: Delete::Forget,
                list: None,
                path: Cow::Borrowed(&[]),
                gone: Cow::Borrowed(&[404]),
            },
            attributes: Cow::Borrowed(
                &[
                    Attribute {
                        name: Cow::Borrowed("created_at"),
                        doc: Cow::Borrowed("When it was created."),
                        r#type: Type {
                            collections: Cow::Borrowed(&[]),
                            scalar: Scalar::String,
                        },
                        mode: Mode::Computed,
                        default: None,
                        format: Some(Format::Timestamp),
                        validate: Validate {
                            length: None,
                            range: None,
                            items: None,
                            pattern: None,
                            one_of: Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: Stable::Yes,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: Wire {
                            read: Cow::Borrowed(&[Cow::Borrowed("created_at")]),
                            write: None,
                        },
                        returned: true,
                        unset: Unset::Omit,
                        equal: Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: Cow::Borrowed(&[]),
                        block: false,
                    },
                    Attribute {
                        name: Cow::Borrowed("sizes"),
                        doc: Cow::Borrowed("How big it is."),
                        r#type: Type {
                            collections: Cow::Borrowed(&[Collection::List]),
                            scalar: Scalar::Int,
                        },
                        mode: Mode::OptionalComputed,
                        default: Some(
                            Literal::List(
                                Cow::Borrowed(&[Literal::Int(-1), Literal::Int(2)]),
                            ),
                        ),
                        format: None,
                        validate: Validate {
                            length: None,
                            range: Some(Bounds { min: Some(-5), max: None }),
                            items: None,
                            pattern: None,
                            one_of: Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: Stable::No,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: Wire {
                            read: Cow::Borrowed(&[Cow::Borrowed("sizes")]),
                            write: Some(Cow::Borrowed("sizes")),
                        },
                        returned: true,
                        unset: Unset::Omit,
                        equal: Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: Cow::Borrowed(&[]),
                        block: false,
                    },
                    Attribute {
                        name: Cow::Borrowed("timeouts"),
                        doc: Cow::Borrowed(
                            "How long the provider waits before it gives up.",
                        ),
                        r#type: Type {
                            collections: Cow::Borrowed(&[]),
                            scalar: Scalar::Object,
                        },
                        mode: Mode::Optional,
                        default: None,
                        format: None,
                        validate: Validate {
                            length: None,
                            range: None,
                            items: None,
                            pattern: None,
                            one_of: Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: Stable::No,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: Wire {
                            read: Cow::Borrowed(&[]),
                            write: None,
                        },
                        returned: true,
                        unset: Unset::Omit,
                        equal: Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: Cow::Borrowed(
                            &[
                                Attribute {
                                    name: Cow::Borrowed("create"),
                                    doc: Cow::Borrowed(
                                        "How long creating may take, as a duration such as `90s` or `1h30m`; `60m` by default.",
                                    ),
                                    r#type: Type {
                                        collections: Cow::Borrowed(&[]),
                                        scalar: Scalar::String,
                                    },
                                    mode: Mode::Optional,
                                    default: None,
                                    format: Some(Format::Duration),
                                    validate: Validate {
                                        length: None,
                                        range: None,
                                        items: None,
                                        pattern: None,
                                        one_of: Cow::Borrowed(&[]),
                                    },
                                    force_new: false,
                                    stable: Stable::No,
                                    sensitive: false,
                                    write_only: false,
                                    twin_of: None,
                                    wire: Wire {
                                        read: Cow::Borrowed(&[]),
                                        write: None,
                                    },
                                    returned: true,
                                    unset: Unset::Omit,
                                    equal: Equal::Exact,
                                    deprecated: None,
                                    since: None,
                                    env: None,
                                    attributes: Cow::Borrowed(&[]),
                                    block: false,
                                },
                            ],
                        ),
                        block: true,
                    },
                    Attribute {
                        name: Cow::Borrowed("uuid"),
                        doc: Cow::Borrowed("Identifies it."),
                        r#type: Type {
                            collections: Cow::Borrowed(&[]),
                            scalar: Scalar::String,
                        },
                        mode: Mode::Computed,
                        default: None,
                        format: None,
                        validate: Validate {
                            length: None,
                            range: None,
                            items: None,
                            pattern: None,
                            one_of: Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: Stable::Yes,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: Wire {
                            read: Cow::Borrowed(&[Cow::Borrowed("uuid")]),
                            write: None,
                        },
                        returned: true,
                        unset: Unset::Omit,
                        equal: Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: Cow::Borrowed(&[]),
                        block: false,
                    },
                ],
            ),
            constraints: Cow::Borrowed(
                &[
                    Constraint {
                        rule: Rule::When {
                            attribute: Cow::Borrowed("sizes"),
                            value: Some(
                                Literal::List(Cow::Borrowed(&[Literal::Int(0)])),
                            ),
                            require: Cow::Borrowed(&[]),
                            forbid: Cow::Borrowed(&[Cow::Borrowed("sizes")]),
                        },
                        within: None,
                    },
                ],
            ),
            lookups: Cow::Borrowed(&[]),
            jobs: Cow::Borrowed(&[]),
            timeouts: Some(Timeouts {
                create: Some(Cow::Borrowed("60m")),
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
        use ::engine::schema::*;
        use ::std::borrow::Cow;
        Resource {
            kind: Kind::DataSource,
            name: Cow::Borrowed("thing"),
            summary: Cow::Borrowed("Stands for any data source."),
            description: Cow::Borrowed(""),
            subcategory: None,
            since: None,
            deprecated: None,
            version: 0,
            import: Import::Never,
            label: Some(Cow::Borrowed("name")),
            created: None,
            hook: None,
            api: Api {
                create: None,
                read: None,
                update: None,
                delete: Delete::None,
                list: None,
                path: Cow::Borrowed(&[]),
                gone: Cow::Borrowed(&[404]),
            },
            attributes: Cow::Borrowed(
                &[
                    Attribute {
                        name: Cow::Borrowed("name"),
                        doc: Cow::Borrowed("Its name."),
                        r#type: Type {
                            collections: Cow::Borrowed(&[]),
                            scalar: Scalar::String,
                        },
                        mode: Mode::Required,
                        default: None,
                        format: None,
                        validate: Validate {
                            length: None,
                            range: None,
                            items: None,
                            pattern: None,
                            one_of: Cow::Borrowed(&[]),
                        },
                        force_new: false,
                        stable: Stable::No,
                        sensitive: false,
                        write_only: false,
                        twin_of: None,
                        wire: Wire {
                            read: Cow::Borrowed(&[Cow::Borrowed("name")]),
                            write: None,
                        },
                        returned: true,
                        unset: Unset::Omit,
                        equal: Equal::Exact,
                        deprecated: None,
                        since: None,
                        env: None,
                        attributes: Cow::Borrowed(&[]),
                        block: false,
                    },
                ],
            ),
            constraints: Cow::Borrowed(&[]),
            lookups: Cow::Borrowed(
                &[
                    Lookup {
                        by: Some(Cow::Borrowed("name")),
                        api: Cow::Borrowed("list_things"),
                        pick: Some(Cow::Borrowed("name")),
                        narrow: Cow::Borrowed(&[]),
                        expect: Expect::One,
                        missing_ok: None,
                        into: None,
                        then: None,
                    },
                ],
            ),
            jobs: Cow::Borrowed(&[]),
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
