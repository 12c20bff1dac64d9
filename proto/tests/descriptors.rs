//! Compares the compiled `.proto` files with a table of the protocol, to find typing errors.
#![cfg(test)]

use std::collections::BTreeSet;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    MethodDescriptorProto,
};

/// The table: one line for each RPC, message and enum.
const TABLE: &str = include_str!("tfplugin6.txt");

/// The table of go-plugin's services.
const GO_PLUGIN: &str = "
rpc Shutdown: Empty -> Empty
rpc StreamStdio: google.protobuf.Empty -> stream StdioData
rpc StartStream: stream ConnInfo -> stream ConnInfo
message Empty: (empty)
message StdioData: channel=1 Channel; data=2 bytes
enum StdioData.Channel: INVALID=0; STDOUT=1; STDERR=2
message ConnInfo: service_id=1 uint32; network=2 string; address=3 string; knock=4 Knock
message ConnInfo.Knock: knock=1 bool; ack=2 bool; error=3 string
";

#[test]
fn tfplugin6_descriptor_matches_the_published_protocol() {
    compare("tfplugin6", &["Provider"], TABLE);
}

#[test]
fn plugin_descriptor_matches_go_plugin() {
    compare(
        "plugin",
        &["GRPCController", "GRPCStdio", "GRPCBroker"],
        GO_PLUGIN,
    );
}

fn compare(package: &str, services: &[&str], table: &str) {
    let file = compiled(package);
    let names: Vec<&str> = file
        .service
        .iter()
        .map(prost_types::ServiceDescriptorProto::name)
        .collect();
    assert_eq!(names, services);

    let expected = without_versions(table);
    let actual = Printer { package }.file(&file);
    let missing: Vec<_> = expected.difference(&actual).collect();
    let unexpected: Vec<_> = actual.difference(&expected).collect();
    assert!(
        missing.is_empty() && unexpected.is_empty(),
        "only in the table: {missing:#?}\nonly in the compiled file: {unexpected:#?}"
    );
}

fn compiled(package: &str) -> FileDescriptorProto {
    let bytes = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
    let files = FileDescriptorSet::decode(bytes.as_slice()).unwrap().file;
    files.into_iter().find(|file| file.package() == package).unwrap()
}

/// The lines of the table without comments and without versions, which descriptors do not have.
fn without_versions(table: &str) -> BTreeSet<String> {
    let lines = table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<String> = lines
        .map(|line| {
            let punctuated = line.replace(": ", " : ").replace("; ", " ; ");
            let words = punctuated.split(' ').filter(|word| !word.starts_with('@'));
            words
                .collect::<Vec<_>>()
                .join(" ")
                .replace(" : ", ": ")
                .replace(" ; ", "; ")
        })
        .collect();
    let unique: BTreeSet<String> = lines.iter().cloned().collect();
    assert_eq!(unique.len(), lines.len(), "a line occurs twice in the table");
    unique
}

/// Writes a descriptor in the format of the table.
struct Printer<'a> {
    package: &'a str,
}

impl Printer<'_> {
    fn file(&self, file: &FileDescriptorProto) -> BTreeSet<String> {
        let mut lines = BTreeSet::new();
        for service in &file.service {
            lines.extend(service.method.iter().map(|method| self.method(method)));
        }
        lines.extend(file.enum_type.iter().map(|kind| enumeration("", kind)));
        for message in &file.message_type {
            self.message("", message, &mut lines);
        }
        lines
    }

    fn method(&self, method: &MethodDescriptorProto) -> String {
        let side = |streaming: bool, name: &str| {
            format!(
                "{}{}",
                if streaming { "stream " } else { "" },
                self.unqualified(name)
            )
        };
        format!(
            "rpc {}: {} -> {}",
            method.name(),
            side(method.client_streaming(), method.input_type()),
            side(method.server_streaming(), method.output_type()),
        )
    }

    fn message(&self, outer: &str, message: &DescriptorProto, lines: &mut BTreeSet<String>) {
        let name = format!("{outer}{}", message.name());
        let fields: Vec<String> = message
            .field
            .iter()
            .map(|field| self.field(message, field))
            .collect();
        // A message that only contains other messages, such as `GetMetadata`, is a namespace and has no line.
        let namespace = fields.is_empty() && !message.nested_type.is_empty();
        if !namespace {
            let fields = if fields.is_empty() {
                "(empty)".to_owned()
            } else {
                fields.join("; ")
            };
            lines.insert(format!("message {name}: {fields}"));
        }

        let outer = format!("{name}.");
        lines.extend(message.enum_type.iter().map(|kind| enumeration(&outer, kind)));
        for nested in message.nested_type.iter().filter(|nested| !is_map_entry(nested)) {
            self.message(&outer, nested, lines);
        }
    }

    fn field(&self, message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
        let entry = message.nested_type.iter().find(|nested| {
            is_map_entry(nested) && field.type_name().ends_with(&format!(".{}", nested.name()))
        });
        let oneof = match field.oneof_index {
            Some(index) if !field.proto3_optional() => {
                format!(
                    "oneof {}.",
                    message.oneof_decl[usize::try_from(index).unwrap()].name()
                )
            }
            _ => String::new(),
        };
        let kind = match entry {
            Some(entry) => format!(
                "map<{},{}>",
                self.kind(&entry.field[0]),
                self.kind(&entry.field[1])
            ),
            None if field.proto3_optional() => format!("optional {}", self.kind(field)),
            None if field.label() == Label::Repeated => format!("repeated {}", self.kind(field)),
            None => self.kind(field),
        };
        format!("{oneof}{}={} {kind}", field.name(), field.number())
    }

    /// The type of a field as the table writes it: the last part of its name, or the full name of another package's type.
    fn kind(&self, field: &FieldDescriptorProto) -> String {
        match field.r#type() {
            Type::Message | Type::Enum => {
                let name = self.unqualified(field.type_name());
                if name.starts_with("google.") {
                    name
                } else {
                    name.rsplit('.').next().unwrap().to_owned()
                }
            }
            scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
        }
    }

    fn unqualified(&self, name: &str) -> String {
        let name = name.trim_start_matches('.');
        name.strip_prefix(&format!("{}.", self.package))
            .unwrap_or(name)
            .to_owned()
    }
}

fn enumeration(outer: &str, kind: &EnumDescriptorProto) -> String {
    let values: Vec<String> = kind
        .value
        .iter()
        .map(|value| format!("{}={}", value.name(), value.number()))
        .collect();
    format!("enum {outer}{}: {}", kind.name(), values.join("; "))
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message
        .options
        .as_ref()
        .is_some_and(prost_types::MessageOptions::map_entry)
}
