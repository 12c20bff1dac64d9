//! A correct provider whose responses a test alters, to check that the fake core finds each fault.

use std::collections::BTreeMap;

use proto::tfplugin6;
use proto::tfplugin6::provider_server::Provider;
use proto::tfplugin6::schema::{Attribute, Block, NestedBlock, Object, nested_block, object};
use proto::tfplugin6::{
    apply_resource_change, configure_provider, generate_resource_config, get_provider_schema,
    get_resource_identity_schemas, import_resource_state, list_resource, plan_resource_change,
    read_data_source, read_resource, upgrade_resource_state, validate_data_resource_config,
    validate_list_resource_config, validate_provider_config, validate_resource_config,
};
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};
use value::{Type, Value, json, msgpack};

type RpcResult<T> = Result<Response<T>, Status>;
/// The events of a list.
pub type Events = Vec<Result<list_resource::Event, Status>>;
/// Alters a correct value or response.
pub type Alter<T> = Box<dyn Fn(&mut T) + Send + Sync>;

/// The values and responses to alter.
#[derive(Default)]
pub struct Alterations {
    pub schema: Option<Alter<get_provider_schema::Response>>,
    pub validate: Option<Alter<validate_resource_config::Response>>,
    pub upgrade: Option<Alter<upgrade_resource_state::Response>>,
    pub read: Option<Alter<Value>>,
    pub plan: Option<Alter<Value>>,
    pub plan_response: Option<Alter<plan_resource_change::Response>>,
    pub apply: Option<Alter<Value>>,
    pub apply_response: Option<Alter<apply_resource_change::Response>>,
    pub apply_status: Option<Status>,
    pub import: Option<Alter<import_resource_state::Response>>,
    pub data: Option<Alter<Value>>,
    pub identities: Option<Alter<get_resource_identity_schemas::Response>>,
    pub list: Option<Alter<Events>>,
    pub validate_list: Option<Alter<validate_list_resource_config::Response>>,
    pub generate: Option<Alter<Value>>,
}

/// A provider of one resource and one data source, both `faulty_thing`, and of `faulty_listed`: the same with an identity and a list.
pub struct FaultyProvider {
    pub alterations: Alterations,
}

fn plain(name: &str, r#type: &Type) -> Attribute {
    Attribute {
        name: name.to_owned(),
        r#type: r#type.to_json().to_string().into_bytes(),
        optional: true,
        ..Attribute::default()
    }
}

fn computed(name: &str) -> Attribute {
    Attribute {
        optional: false,
        computed: true,
        ..plain(name, &Type::String)
    }
}

fn block(name: &str, nesting: nested_block::NestingMode) -> NestedBlock {
    let port = Attribute {
        optional: false,
        required: true,
        ..plain("port", &Type::Number)
    };
    let block = Block {
        attributes: vec![port, plain("note", &Type::String), computed("id")],
        ..Block::default()
    };
    NestedBlock {
        type_name: name.to_owned(),
        block: Some(block),
        nesting: nesting.into(),
        ..NestedBlock::default()
    }
}

fn nested(name: &str, nesting: object::NestingMode) -> Attribute {
    let attributes = vec![plain("path", &Type::String), computed("id")];
    let nested = Object {
        attributes,
        nesting: nesting.into(),
        ..Object::default()
    };
    Attribute {
        name: name.to_owned(),
        nested_type: Some(nested),
        optional: true,
        ..Attribute::default()
    }
}

/// The schema of `faulty_thing`.
pub fn schema() -> tfplugin6::Schema {
    use nested_block::NestingMode as Blocks;
    use object::NestingMode as Objects;
    let name = Attribute {
        optional: false,
        required: true,
        ..plain("name", &Type::String)
    };
    let hint = Attribute {
        computed: true,
        ..plain("hint", &Type::String)
    };
    let secret = Attribute {
        sensitive: true,
        ..plain("secret", &Type::String)
    };
    let secret_wo = Attribute {
        write_only: true,
        ..plain("secret_wo", &Type::String)
    };
    let attributes = vec![
        name,
        hint,
        secret,
        secret_wo,
        computed("id"),
        plain("size", &Type::Number),
        plain("words", &Type::list(Type::String)),
        plain("tags", &Type::set(Type::String)),
        plain("labels", &Type::map(Type::String)),
        nested("disk", Objects::Single),
        nested("disks", Objects::List),
        nested("disk_set", Objects::Set),
        nested("disk_map", Objects::Map),
    ];
    let block_types = vec![
        block("rule", Blocks::List),
        block("rule_set", Blocks::Set),
        block("rule_map", Blocks::Map),
        block("limits", Blocks::Single),
    ];
    tfplugin6::Schema {
        version: 0,
        block: Some(Block {
            attributes,
            block_types,
            ..Block::default()
        }),
    }
}

/// The type of `faulty_thing`.
pub fn object_type() -> Type {
    harness::fake_core::schema::Schema::read(&schema())
        .unwrap()
        .block
        .implied_type()
}

/// A value in the encoding of the protocol.
pub fn encoded(value: &Value) -> tfplugin6::DynamicValue {
    tfplugin6::DynamicValue {
        msgpack: msgpack::encode(value, &object_type()).unwrap(),
        json: Vec::new(),
    }
}

fn decoded(value: Option<&tfplugin6::DynamicValue>) -> Value {
    msgpack::decode(&value.unwrap().msgpack, &object_type()).unwrap()
}

fn altered<T>(alter: Option<&Alter<T>>, mut value: T) -> T {
    if let Some(alter) = alter {
        alter(&mut value);
    }
    value
}

/// The plan of a correct provider: in a new or changed object, computed values that are not configured are unknown.
fn planned(prior: &Value, proposed: Value) -> Value {
    if proposed.is_null() || proposed == *prior {
        return proposed;
    }
    without_write_only(with_unknown(proposed, prior.is_null()))
}

fn with_unknown(value: Value, is_new: bool) -> Value {
    match value {
        Value::Object(entries) => Value::Object(
            entries
                .into_iter()
                .map(|(name, value)| {
                    let is_computed = (name == "id" || name == "hint") && value.is_null();
                    let value = if is_computed && (is_new || name == "id") {
                        Value::Unknown
                    } else {
                        with_unknown(value, is_new)
                    };
                    (name, value)
                })
                .collect(),
        ),
        Value::List(elements) => Value::List(
            elements
                .into_iter()
                .map(|element| with_unknown(element, is_new))
                .collect(),
        ),
        Value::Set(elements) => Value::set(
            elements
                .into_iter()
                .map(|element| with_unknown(element, is_new))
                .collect(),
        ),
        Value::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, element)| (key, with_unknown(element, is_new)))
                .collect(),
        ),
        other => other,
    }
}

fn without_write_only(mut object: Value) -> Value {
    object.set_attribute("secret_wo", Value::Null);
    object
}

/// A planned value with all unknown values resolved.
fn resolved(value: Value) -> Value {
    match value {
        Value::Unknown => Value::string("created"),
        Value::Object(entries) => Value::Object(
            entries
                .into_iter()
                .map(|(name, value)| (name, resolved(value)))
                .collect::<BTreeMap<_, _>>(),
        ),
        other => other.map_elements(resolved),
    }
}

#[tonic::async_trait]
impl Provider for FaultyProvider {
    async fn get_provider_schema(
        &self,
        _: Request<get_provider_schema::Request>,
    ) -> RpcResult<get_provider_schema::Response> {
        let schemas = |names: &[&str]| {
            let names = names.iter();
            names.map(|name| ((*name).to_owned(), schema())).collect()
        };
        let filters = Block {
            attributes: vec![plain("name", &Type::String)],
            ..Block::default()
        };
        let filters = tfplugin6::Schema {
            version: 0,
            block: Some(filters),
        };
        let correct = get_provider_schema::Response {
            provider: Some(tfplugin6::Schema {
                version: 0,
                block: Some(Block::default()),
            }),
            resource_schemas: schemas(&["faulty_thing", "faulty_listed"]),
            data_source_schemas: schemas(&["faulty_thing"]),
            list_resource_schemas: [("faulty_listed".to_owned(), filters)].into(),
            ..get_provider_schema::Response::default()
        };
        Ok(Response::new(altered(self.alterations.schema.as_ref(), correct)))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<get_resource_identity_schemas::Request>,
    ) -> RpcResult<get_resource_identity_schemas::Response> {
        let name = tfplugin6::resource_identity_schema::IdentityAttribute {
            name: "name".to_owned(),
            r#type: b"\"string\"".to_vec(),
            required_for_import: true,
            ..Default::default()
        };
        let schema = tfplugin6::ResourceIdentitySchema {
            version: 0,
            identity_attributes: vec![name],
        };
        let correct = get_resource_identity_schemas::Response {
            identity_schemas: [("faulty_listed".to_owned(), schema)].into(),
            ..get_resource_identity_schemas::Response::default()
        };
        Ok(Response::new(altered(
            self.alterations.identities.as_ref(),
            correct,
        )))
    }

    async fn validate_provider_config(
        &self,
        _: Request<validate_provider_config::Request>,
    ) -> RpcResult<validate_provider_config::Response> {
        Ok(Response::new(validate_provider_config::Response::default()))
    }

    async fn configure_provider(
        &self,
        _: Request<configure_provider::Request>,
    ) -> RpcResult<configure_provider::Response> {
        Ok(Response::new(configure_provider::Response::default()))
    }

    async fn validate_resource_config(
        &self,
        _: Request<validate_resource_config::Request>,
    ) -> RpcResult<validate_resource_config::Response> {
        Ok(Response::new(altered(
            self.alterations.validate.as_ref(),
            validate_resource_config::Response::default(),
        )))
    }

    async fn validate_data_resource_config(
        &self,
        _: Request<validate_data_resource_config::Request>,
    ) -> RpcResult<validate_data_resource_config::Response> {
        Ok(Response::new(validate_data_resource_config::Response::default()))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> RpcResult<upgrade_resource_state::Response> {
        let raw = request.into_inner().raw_state.unwrap();
        let state = json::decode(&raw.json, &object_type()).unwrap();
        let correct = upgrade_resource_state::Response {
            upgraded_state: Some(encoded(&state)),
            ..upgrade_resource_state::Response::default()
        };
        Ok(Response::new(altered(self.alterations.upgrade.as_ref(), correct)))
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> RpcResult<read_resource::Response> {
        let request = request.into_inner();
        let state = altered(
            self.alterations.read.as_ref(),
            decoded(request.current_state.as_ref()),
        );
        Ok(Response::new(read_resource::Response {
            new_state: Some(encoded(&state)),
            private: request.private,
            ..read_resource::Response::default()
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> RpcResult<plan_resource_change::Response> {
        let request = request.into_inner();
        let prior = decoded(request.prior_state.as_ref());
        let planned = planned(&prior, decoded(request.proposed_new_state.as_ref()));
        let planned = altered(self.alterations.plan.as_ref(), planned);
        let correct = plan_resource_change::Response {
            planned_state: Some(encoded(&planned)),
            planned_private: request.prior_private,
            ..plan_resource_change::Response::default()
        };
        Ok(Response::new(altered(
            self.alterations.plan_response.as_ref(),
            correct,
        )))
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> RpcResult<apply_resource_change::Response> {
        if let Some(status) = &self.alterations.apply_status {
            return Err(status.clone());
        }
        let request = request.into_inner();
        let state = resolved(decoded(request.planned_state.as_ref()));
        let state = altered(self.alterations.apply.as_ref(), state);
        let correct = apply_resource_change::Response {
            new_state: Some(encoded(&state)),
            private: b"{\"seen\":true}".to_vec(),
            ..apply_resource_change::Response::default()
        };
        Ok(Response::new(altered(
            self.alterations.apply_response.as_ref(),
            correct,
        )))
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> RpcResult<import_resource_state::Response> {
        let request = request.into_inner();
        let mut state = empty();
        state.set_attribute("name", Value::string(request.id));
        let imported = import_resource_state::ImportedResource {
            type_name: request.type_name,
            state: Some(encoded(&state)),
            ..import_resource_state::ImportedResource::default()
        };
        let correct = import_resource_state::Response {
            imported_resources: vec![imported],
            ..import_resource_state::Response::default()
        };
        Ok(Response::new(altered(self.alterations.import.as_ref(), correct)))
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> RpcResult<read_data_source::Response> {
        let config = decoded(request.into_inner().config.as_ref());
        let state = altered(
            self.alterations.data.as_ref(),
            resolved(without_write_only(with_unknown(config, true))),
        );
        Ok(Response::new(read_data_source::Response {
            state: Some(encoded(&state)),
            ..read_data_source::Response::default()
        }))
    }

    async fn validate_list_resource_config(
        &self,
        _: Request<validate_list_resource_config::Request>,
    ) -> RpcResult<validate_list_resource_config::Response> {
        Ok(Response::new(altered(
            self.alterations.validate_list.as_ref(),
            validate_list_resource_config::Response::default(),
        )))
    }

    async fn list_resource(
        &self,
        request: Request<list_resource::Request>,
    ) -> RpcResult<BoxStream<list_resource::Event>> {
        let is_whole = request.into_inner().include_resource_object;
        let correct = ["a", "b", "c"].map(|name| Ok(listed(name, is_whole))).to_vec();
        let events = altered(self.alterations.list.as_ref(), correct);
        Ok(Response::new(Box::pin(tokio_stream::iter(events))))
    }

    async fn generate_resource_config(
        &self,
        request: Request<generate_resource_config::Request>,
    ) -> RpcResult<generate_resource_config::Response> {
        let state = request.into_inner().state;
        let state = state.map(|state| decoded(Some(&state)));
        let mut config = state.filter(|state| !state.is_null()).unwrap_or_else(empty);
        config.set_attribute("id", Value::Null);
        config.set_attribute("hint", Value::Null);
        let config = altered(self.alterations.generate.as_ref(), config);
        Ok(Response::new(generate_resource_config::Response {
            config: Some(encoded(&config)),
            ..generate_resource_config::Response::default()
        }))
    }
}

/// The event of the object with this name.
pub fn listed(name: &str, is_whole: bool) -> list_resource::Event {
    list_resource::Event {
        identity: Some(identity(&Value::object([(
            "name".to_owned(),
            Value::string(name),
        )]))),
        display_name: name.to_owned(),
        resource_object: is_whole.then(|| {
            let mut state = empty();
            state.set_attribute("name", Value::string(name));
            state.set_attribute("id", Value::string("created"));
            encoded(&state)
        }),
        diagnostic: Vec::new(),
    }
}

/// An identity in the encoding of the protocol.
pub fn identity(value: &Value) -> tfplugin6::ResourceIdentityData {
    let r#type = Type::Object([("name".to_owned(), Type::String)].into());
    tfplugin6::ResourceIdentityData {
        identity_data: Some(tfplugin6::DynamicValue {
            msgpack: msgpack::encode(value, &r#type).unwrap(),
            json: Vec::new(),
        }),
    }
}

fn empty() -> Value {
    let schema = harness::fake_core::schema::Schema::read(&schema()).unwrap();
    schema.block.empty()
}
