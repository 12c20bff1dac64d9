//! The identities of objects, as Terraform from version 1.12 on sends and checks them.

use std::collections::BTreeMap;

use proto::tfplugin6;
use proto::tfplugin6::ResourceIdentityData;
use value::{Type, Value};

use super::encoding;
use super::error::Error;
use super::json::parse_type;

/// Whether the core sends the identities that it stored. Earlier versions of Terraform than 1.12 do not have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identities {
    /// Terraform from version 1.12 on.
    Kept,
    /// Earlier versions.
    Dropped,
}

/// The identity schemas of a provider.
#[derive(Default)]
pub struct IdentitySchemas(BTreeMap<String, Type>);

impl IdentitySchemas {
    /// Reads the schemas from the response of `GetResourceIdentitySchemas`.
    ///
    /// # Errors
    /// If a schema violates Terraform's rules: one string per violation.
    pub fn read(
        from: &std::collections::HashMap<String, tfplugin6::ResourceIdentitySchema>,
    ) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let mut types = BTreeMap::new();
        for (name, schema) in from {
            let mut attributes = BTreeMap::new();
            for attribute in &schema.identity_attributes {
                let r#type = serde_json::from_slice(&attribute.r#type).ok();
                let r#type = r#type.as_ref().and_then(parse_type).unwrap_or_else(|| {
                    faults.push(format!("{name}: {}: invalid type", attribute.name));
                    Type::String
                });
                if attribute.required_for_import == attribute.optional_for_import {
                    faults.push(format!(
                        "{name}: {}: neither required nor optional",
                        attribute.name
                    ));
                }
                attributes.insert(attribute.name.clone(), r#type);
            }
            if attributes.is_empty() {
                faults.push(format!("{name}: an identity without attributes"));
            }
            types.insert(name.clone(), Type::Object(attributes));
        }
        if faults.is_empty() {
            Ok(Self(types))
        } else {
            Err(faults)
        }
    }

    /// Checks that the objects of each list resource have an identity: Terraform cannot list others.
    ///
    /// # Errors
    /// If one of them has none.
    pub fn check_listed<'a>(&self, mut type_names: impl Iterator<Item = &'a String>) -> Result<(), Error> {
        match type_names.find(|name| !self.0.contains_key(*name)) {
            Some(name) => Err(Error::violation(
                "Identity schema not found for resource type",
                name,
            )),
            None => Ok(()),
        }
    }

    /// Encodes an identity for a request.
    ///
    /// # Errors
    /// If it does not conform to the schema.
    pub fn encode(
        &self,
        type_name: &str,
        identity: Option<&Value>,
    ) -> Result<Option<ResourceIdentityData>, Error> {
        let Some((identity, r#type)) = identity.zip(self.0.get(type_name)) else {
            return Ok(None);
        };
        Ok(Some(ResourceIdentityData {
            identity_data: Some(encoding::encode(identity, r#type)?),
        }))
    }

    /// Whether an object shows its identity.
    pub fn is_known(&self, type_name: &str, object: &Value) -> bool {
        let Some(Type::Object(attributes)) = self.0.get(type_name) else {
            return false;
        };
        attributes.keys().all(|name| object.get(name).as_str().is_some())
    }

    /// Decodes the identity in a response about an object, and checks it: it conforms to the schema, is wholly known, and is that of the
    /// object. A provider must return it as soon as it is known: Terraform replaces the stored one.
    ///
    /// # Errors
    /// If it violates one of these rules.
    pub fn check(
        &self,
        type_name: &str,
        object: &Value,
        identity: Option<&ResourceIdentityData>,
    ) -> Result<Option<Value>, Error> {
        let summary = "Provider produced invalid identity";
        let fault = |text: String| Error::violation(summary, format!("{type_name}: {text}"));
        let Some(r#type) = self.0.get(type_name) else {
            return match identity {
                None => Ok(None),
                Some(_) => Err(fault("an identity without a schema".to_owned())),
            };
        };
        let data = identity.and_then(|identity| identity.identity_data.as_ref());
        let identity = encoding::decode(data, r#type).map_err(fault)?;
        let identity = identity.filter(|identity| !identity.is_null());
        if identity
            .as_ref()
            .is_some_and(|identity| !identity.is_wholly_known())
        {
            return Err(fault("an identity with unknown values".to_owned()));
        }
        let Type::Object(attributes) = r#type else {
            return Ok(identity);
        };
        let part = |name: &String| Some(object.get(name).as_str()?.to_ascii_lowercase());
        let expected: Option<Vec<String>> = attributes.keys().map(part).collect();
        let returned: Option<Vec<String>> = identity.as_ref().map(|identity| {
            let parts = attributes.keys().filter_map(|name| identity.get(name).as_str());
            parts.map(str::to_ascii_lowercase).collect()
        });
        if expected.is_some() && returned != expected {
            return Err(fault(format!("{returned:?} is not the identity {expected:?}")));
        }
        Ok(identity)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proto::tfplugin6::resource_identity_schema::IdentityAttribute;
    use value::msgpack;

    use super::*;

    fn schema(attributes: &[(&str, &str, bool)]) -> HashMap<String, tfplugin6::ResourceIdentitySchema> {
        let attributes = attributes
            .iter()
            .map(|(name, r#type, is_required)| IdentityAttribute {
                name: (*name).to_owned(),
                r#type: r#type.as_bytes().to_vec(),
                required_for_import: *is_required,
                ..IdentityAttribute::default()
            });
        let schema = tfplugin6::ResourceIdentitySchema {
            version: 0,
            identity_attributes: attributes.collect(),
        };
        HashMap::from([("thing".to_owned(), schema)])
    }

    fn of(uuid: Value) -> Value {
        Value::object([("uuid".to_owned(), uuid)])
    }

    fn data(identity: &Value) -> ResourceIdentityData {
        let r#type = Type::Object([("uuid".to_owned(), Type::String)].into());
        ResourceIdentityData {
            identity_data: Some(tfplugin6::DynamicValue {
                msgpack: msgpack::encode(identity, &r#type).unwrap(),
                json: Vec::new(),
            }),
        }
    }

    #[test]
    fn schemas_of_identities_are_checked() {
        for invalid in [
            &[][..],
            &[("uuid", "\"thing\"", true)],
            &[("uuid", "\"string\"", false)],
        ] {
            assert!(IdentitySchemas::read(&schema(invalid)).is_err(), "{invalid:?}");
        }
        assert!(IdentitySchemas::read(&schema(&[("uuid", "\"string\"", true)])).is_ok());
    }

    #[test]
    fn identities_must_be_those_of_their_objects() {
        let schemas = IdentitySchemas::read(&schema(&[("uuid", "\"string\"", true)])).unwrap();
        let (known, unknown) = (of(Value::string("a")), of(Value::Unknown));
        let garbage = ResourceIdentityData {
            identity_data: Some(tfplugin6::DynamicValue {
                msgpack: vec![0xc1],
                json: Vec::new(),
            }),
        };
        let rows = [
            ("the same", "thing", &known, Some(data(&known)), true),
            (
                "another case",
                "thing",
                &of(Value::string("A")),
                Some(data(&known)),
                true,
            ),
            ("missing", "thing", &known, None, false),
            ("null", "thing", &known, Some(data(&of(Value::Null))), false),
            (
                "another one",
                "thing",
                &known,
                Some(data(&of(Value::string("b")))),
                false,
            ),
            ("unknown", "thing", &known, Some(data(&unknown)), false),
            ("garbage", "thing", &known, Some(garbage), false),
            ("not known yet", "thing", &unknown, None, true),
            ("without a schema", "other", &known, Some(data(&known)), false),
            ("without a schema and an identity", "other", &known, None, true),
        ];
        for (rule, type_name, object, identity, is_valid) in rows {
            let checked = schemas.check(type_name, object, identity.as_ref());
            assert_eq!(checked.is_ok(), is_valid, "{rule}: {checked:?}");
        }
    }
}
