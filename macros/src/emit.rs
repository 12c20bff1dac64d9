//! Values of the model as the expressions that make them, where the model and `Cow` are in scope.
//!
//! Every function takes its value apart completely: a field added to the model does not compile here until it is emitted.

use proc_macro2::{Literal as Token, TokenStream};
use quote::quote;
use schema::{
    Api, Attribute, Bounds, Collection, Constraint, Delete, Equal, Expect, Format, Import, Job, Kind,
    Literal, Lookup, Method, Mode, Operation, Phase, Provider, Report, Resource, Rule, Scalar, Stable, Text,
    Timeouts, Type, Unset, Validate, Wire,
};

/// The provider's own configuration.
pub(crate) fn provider(value: &Provider) -> TokenStream {
    let Provider {
        name,
        address,
        summary,
        description,
        attributes,
    } = value;
    let [name, address, summary, description] = [name, address, summary, description].map(text);
    let attributes = list(attributes, attribute);
    quote!(Provider {
        name: #name, address: #address, summary: #summary, description: #description, attributes: #attributes,
    })
}

/// An operation.
pub(crate) fn operation(value: &Operation) -> TokenStream {
    let Operation { id, method, path } = value;
    let [id, path] = [id, path].map(text);
    let method = match method {
        Method::Get => quote!(Get),
        Method::Post => quote!(Post),
        Method::Put => quote!(Put),
        Method::Patch => quote!(Patch),
        Method::Delete => quote!(Delete),
    };
    quote!(Operation { id: #id, method: Method::#method, path: #path })
}

/// A resource or a data source.
pub(crate) fn resource(value: &Resource) -> TokenStream {
    let Resource {
        kind,
        name,
        summary,
        description,
        subcategory,
        since,
        deprecated,
        version,
        import,
        label,
        created,
        hook,
        api,
        attributes,
        constraints,
        lookups,
        jobs,
        timeouts,
    } = value;
    let kind = match kind {
        Kind::Resource => quote!(Resource),
        Kind::DataSource => quote!(DataSource),
    };
    let [name, summary, description] = [name, summary, description].map(text);
    let [subcategory, since, deprecated, label, created, hook] =
        [subcategory, since, deprecated, label, created, hook].map(|text| option(text.as_ref(), self::text));
    let version = Token::i64_unsuffixed(*version);
    let import = match import {
        Import::Never => quote!(Never),
        Import::By(form) => {
            let form = text(form);
            quote!(By(#form))
        }
    };
    let api = self::api(api);
    let attributes = list(attributes, attribute);
    let constraints = list(constraints, constraint);
    let lookups = list(lookups, lookup);
    let jobs = list(jobs, job);
    let timeouts = option(timeouts.as_ref(), self::timeouts);
    quote!(Resource {
        kind: Kind::#kind, name: #name, summary: #summary, description: #description,
        subcategory: #subcategory, since: #since, deprecated: #deprecated, version: #version,
        import: Import::#import, label: #label, created: #created, hook: #hook, api: #api, attributes: #attributes,
        constraints: #constraints, lookups: #lookups, jobs: #jobs, timeouts: #timeouts,
    })
}

fn api(value: &Api) -> TokenStream {
    let Api {
        create,
        read,
        update,
        delete,
        list: list_all,
        path,
        gone,
    } = value;
    let [create, read, update, list_all] =
        [create, read, update, list_all].map(|operation| option(operation.as_ref(), text));
    let delete = match delete {
        Delete::None => quote!(None),
        Delete::Forget => quote!(Forget),
        Delete::Call(operation) => {
            let operation = text(operation);
            quote!(Call(#operation))
        }
    };
    let path = list(path, pair);
    let gone = list(gone, |status| {
        let status = Token::u16_unsuffixed(*status);
        quote!(#status)
    });
    quote!(Api {
        create: #create, read: #read, update: #update, delete: Delete::#delete, list: #list_all,
        path: #path, gone: #gone,
    })
}

fn attribute(value: &Attribute) -> TokenStream {
    let Attribute {
        name,
        doc,
        r#type,
        mode,
        default,
        format,
        validate,
        force_new,
        stable,
        sensitive,
        write_only,
        twin_of,
        wire,
        returned,
        unset,
        equal,
        deprecated,
        since,
        env,
        attributes,
        block,
    } = value;
    let [name, doc] = [name, doc].map(text);
    let r#type = self::r#type(r#type);
    let mode = match mode {
        Mode::Optional => quote!(Optional),
        Mode::Required => quote!(Required),
        Mode::Computed => quote!(Computed),
        Mode::OptionalComputed => quote!(OptionalComputed),
    };
    let default = option(default.as_ref(), literal);
    let format = option(format.as_ref(), self::format);
    let validate = self::validate(validate);
    let stable = match stable {
        Stable::No => quote!(No),
        Stable::Yes => quote!(Yes),
        Stable::Unless(names) => {
            let names = list(names, text);
            quote!(Unless(#names))
        }
    };
    let [twin_of, deprecated, since, env] =
        [twin_of, deprecated, since, env].map(|text| option(text.as_ref(), self::text));
    let wire = {
        let Wire { read, write } = wire;
        let read = list(read, text);
        let write = option(write.as_ref(), text);
        quote!(Wire { read: #read, write: #write })
    };
    let unset = match unset {
        Unset::Null => quote!(Null),
        Unset::Omit => quote!(Omit),
        Unset::Empty => quote!(Empty),
    };
    let equal = match equal {
        Equal::Exact => quote!(Exact),
        Equal::Set => quote!(Set),
        Equal::Scheme => quote!(Scheme),
    };
    let attributes = list(attributes, attribute);
    quote!(Attribute {
        name: #name, doc: #doc, r#type: #r#type, mode: Mode::#mode, default: #default,
        format: #format, validate: #validate, force_new: #force_new, stable: Stable::#stable,
        sensitive: #sensitive, write_only: #write_only, twin_of: #twin_of, wire: #wire, returned: #returned,
        unset: Unset::#unset, equal: Equal::#equal, deprecated: #deprecated,
        since: #since, env: #env, attributes: #attributes, block: #block,
    })
}

fn r#type(value: &Type) -> TokenStream {
    let Type { collections, scalar } = value;
    let collections = list(collections, |collection| match collection {
        Collection::List => quote!(Collection::List),
        Collection::Set => quote!(Collection::Set),
        Collection::Map => quote!(Collection::Map),
    });
    let scalar = match scalar {
        Scalar::Bool => quote!(Bool),
        Scalar::Int => quote!(Int),
        Scalar::Number => quote!(Number),
        Scalar::String => quote!(String),
        Scalar::Object => quote!(Object),
    };
    quote!(Type { collections: #collections, scalar: Scalar::#scalar })
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "it is passed to functions that take one by reference"
)]
fn format(value: &Format) -> TokenStream {
    let format = match value {
        Format::Uuid => quote!(Uuid),
        Format::Ip => quote!(Ip),
        Format::Cidr => quote!(Cidr),
        Format::Url => quote!(Url),
        Format::Duration => quote!(Duration),
        Format::Timestamp => quote!(Timestamp),
        Format::Json => quote!(Json),
    };
    quote!(Format::#format)
}

fn validate(value: &Validate) -> TokenStream {
    let Validate {
        length,
        range,
        items,
        pattern,
        one_of,
    } = value;
    let [length, range, items] = [length, range, items].map(|bounds| option(bounds.as_ref(), self::bounds));
    let pattern = option(pattern.as_ref(), text);
    let one_of = list(one_of, text);
    quote!(Validate {
        length: #length, range: #range, items: #items, pattern: #pattern, one_of: #one_of,
    })
}

fn bounds(value: &Bounds) -> TokenStream {
    let Bounds { min, max } = value;
    let [min, max] = [min, max].map(|end| option(end.as_ref(), int));
    quote!(Bounds { min: #min, max: #max })
}

fn constraint(value: &Constraint) -> TokenStream {
    let Constraint { rule, within } = value;
    let rule = match rule {
        Rule::ExactlyOneOf(names) => members(&quote!(ExactlyOneOf), names),
        Rule::AtMostOneOf(names) => members(&quote!(AtMostOneOf), names),
        Rule::AtLeastOneOf(names) => members(&quote!(AtLeastOneOf), names),
        Rule::AllOrNone(names) => members(&quote!(AllOrNone), names),
        Rule::When {
            attribute,
            value,
            require,
            forbid,
        } => {
            let attribute = text(attribute);
            let value = option(value.as_ref(), literal);
            let [require, forbid] = [require, forbid].map(|names| list(names, text));
            quote!(When { attribute: #attribute, value: #value, require: #require, forbid: #forbid })
        }
    };
    let within = option(within.as_ref(), text);
    quote!(Constraint { rule: Rule::#rule, within: #within })
}

fn members(rule: &TokenStream, names: &[Text]) -> TokenStream {
    let names = list(names, text);
    quote!(#rule(#names))
}

fn lookup(value: &Lookup) -> TokenStream {
    let Lookup {
        by,
        api,
        pick,
        narrow,
        expect,
        missing_ok,
        into,
        then,
    } = value;
    let [by, pick, missing_ok, into, then] =
        [by, pick, missing_ok, into, then].map(|name| option(name.as_ref(), text));
    let api = text(api);
    let narrow = list(narrow, text);
    let expect = match expect {
        Expect::One => quote!(One),
        Expect::Many => quote!(Many),
    };
    quote!(Lookup {
        by: #by, api: #api, pick: #pick, narrow: #narrow, expect: Expect::#expect,
        missing_ok: #missing_ok, into: #into, then: #then,
    })
}

fn job(value: &Job) -> TokenStream {
    let Job {
        noun,
        after,
        start,
        body,
        save,
        poll,
        status,
        into,
        terminal,
        needed,
        done,
        failed,
        report,
    } = value;
    let after = list(after, |phase| match phase {
        Phase::Create => quote!(Phase::Create),
        Phase::Update => quote!(Phase::Update),
        Phase::Delete => quote!(Phase::Delete),
    });
    let [noun, start, poll, status, into] = [noun, start, poll, status, into].map(text);
    let body = list(body, named_literal);
    let save = list(save, pair);
    let [done, failed] = [done, failed].map(|statuses| list(statuses, text));
    let Report {
        percent,
        step,
        message,
        error,
    } = report;
    let [terminal, needed, percent, step, message, error] =
        [terminal, needed, percent, step, message, error].map(|field| option(field.as_ref(), text));
    quote!(Job {
        noun: #noun, after: #after, start: #start, body: #body, save: #save, poll: #poll, status: #status,
        into: #into,
        terminal: #terminal, needed: #needed, done: #done, failed: #failed,
        report: Report { percent: #percent, step: #step, message: #message, error: #error },
    })
}

fn timeouts(value: &Timeouts) -> TokenStream {
    let Timeouts {
        create,
        update,
        delete,
    } = value;
    let [create, update, delete] = [create, update, delete].map(|timeout| option(timeout.as_ref(), text));
    quote!(Timeouts { create: #create, update: #update, delete: #delete })
}

fn literal(value: &Literal) -> TokenStream {
    let literal = match value {
        Literal::Bool(boolean) => quote!(Bool(#boolean)),
        Literal::Int(value) => {
            let value = int(value);
            quote!(Int(#value))
        }
        Literal::Number(number) => {
            let number = text(number);
            quote!(Number(#number))
        }
        Literal::String(string) => {
            let string = text(string);
            quote!(String(#string))
        }
        Literal::List(elements) => {
            let elements = list(elements, literal);
            quote!(List(#elements))
        }
        Literal::Map(entries) => {
            let entries = list(entries, named_literal);
            quote!(Map(#entries))
        }
    };
    quote!(Literal::#literal)
}

fn named_literal((name, value): &(Text, Literal)) -> TokenStream {
    let (name, value) = (text(name), literal(value));
    quote!((#name, #value))
}

fn pair((left, right): &(Text, Text)) -> TokenStream {
    let (left, right) = (text(left), text(right));
    quote!((#left, #right))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "it is passed to functions that take one by reference"
)]
fn int(value: &i64) -> TokenStream {
    let value = Token::i64_unsuffixed(*value);
    quote!(#value)
}

fn text(text: &Text) -> TokenStream {
    let text = text.as_ref();
    quote!(Cow::Borrowed(#text))
}

fn list<T>(values: &[T], emit: impl Fn(&T) -> TokenStream) -> TokenStream {
    let values = values.iter().map(emit);
    quote!(Cow::Borrowed(&[#(#values),*]))
}

fn option<T>(value: Option<&T>, emit: impl Fn(&T) -> TokenStream) -> TokenStream {
    value.map_or_else(
        || quote!(None),
        |value| {
            let value = emit(value);
            quote!(Some(#value))
        },
    )
}
