//! Requests for every method of the contract, made from its descriptors: a method that is added is walked
//! without anybody thinking of it.

use std::collections::BTreeMap;

use ketenpoort::grpc::pb;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// Messages nest no deeper than this.
const DEPTH_MAX: usize = 6;

/// One method.
#[derive(Debug, Clone)]
pub(crate) struct Method {
    pub(crate) path: String,
    pub(crate) input: String,
    pub(crate) is_stream: bool,
}

/// The contract of the gateway.
pub(crate) struct Contract {
    messages: BTreeMap<String, DescriptorProto>,
    pub(crate) methods: Vec<Method>,
}

/// What a request is filled with.
#[derive(Debug, Clone)]
pub(crate) struct Filling {
    /// Texts by the name of their field.
    pub(crate) texts: BTreeMap<&'static str, String>,
    /// Codes by the name of their field; any other is 1.
    pub(crate) codes: BTreeMap<&'static str, u64>,
    /// Which member of a oneof is taken.
    pub(crate) choice: usize,
    /// Fields that are left out.
    pub(crate) without: Vec<&'static str>,
}

impl Contract {
    pub(crate) fn read() -> Self {
        let mut contract = Self { messages: BTreeMap::new(), methods: Vec::new() };
        for file in &FileDescriptorSet::decode(pb::DESCRIPTORS).unwrap().file {
            let package = format!(".{}", file.package());
            for message in &file.message_type {
                contract.learn(&package, message);
            }
            for service in &file.service {
                for method in &service.method {
                    contract.methods.push(Method {
                        path: format!("/{}.{}/{}", file.package(), service.name(), method.name()),
                        input: method.input_type().to_owned(),
                        is_stream: method.client_streaming() || method.server_streaming(),
                    });
                }
            }
        }
        contract
    }

    fn learn(&mut self, scope: &str, message: &DescriptorProto) {
        let name = format!("{scope}.{}", message.name());
        for nested in &message.nested_type {
            self.learn(&name, nested);
        }
        self.messages.insert(name, message.clone());
    }

    /// Whether a message has a field of this name.
    pub(crate) fn has(&self, message: &str, field: &str) -> bool {
        self.messages[message].field.iter().any(|one| one.name() == field)
    }

    /// The most members that a oneof in a message or below it has.
    pub(crate) fn choices(&self, message: &str) -> usize {
        self.choices_below(message, DEPTH_MAX)
    }

    fn choices_below(&self, message: &str, depth: usize) -> usize {
        let Some(known) = self.messages.get(message).filter(|_| depth > 0) else { return 1 };
        let own = known.field.iter().filter(|field| in_oneof(field)).count();
        let below = known.field.iter().filter(|field| field.r#type() == Type::Message);
        let below = below.map(|field| self.choices_below(field.type_name(), depth - 1));
        below.max().unwrap_or(1).max(own).max(1)
    }

    /// The bytes of a message.
    pub(crate) fn fill(&self, message: &str, with: &Filling) -> Vec<u8> {
        self.bytes(message, with, DEPTH_MAX)
    }

    fn bytes(&self, message: &str, with: &Filling, depth: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let Some(known) = self.messages.get(message).filter(|_| depth > 0) else { return bytes };
        let members: Vec<i32> = known
            .field
            .iter()
            .filter(|field| in_oneof(field))
            .map(FieldDescriptorProto::number)
            .collect();
        let taken = members.get(with.choice % members.len().max(1)).copied();
        for field in &known.field {
            let is_other = in_oneof(field) && Some(field.number()) != taken;
            if is_other || with.without.contains(&field.name()) {
                continue;
            }
            self.put(&mut bytes, field, with, depth);
        }
        bytes
    }

    fn put(&self, bytes: &mut Vec<u8>, field: &FieldDescriptorProto, with: &Filling, depth: usize) {
        let number = u64::try_from(field.number()).unwrap();
        let name = field.name();
        let kind = field.r#type();
        let code = || with.codes.get(name).copied();
        if kind == Type::String {
            put_bytes(bytes, number, text_of(name, with).as_bytes());
        } else if kind == Type::Bytes {
            put_bytes(bytes, number, &[7; 32]);
        } else if kind == Type::Message && field.type_name() == ".google.protobuf.Timestamp" {
            put_bytes(bytes, number, &moment(name));
        } else if kind == Type::Message && field.type_name() == ".google.protobuf.Duration" {
            // A lease lasts; nobody waits.
            let mut seconds = Vec::new();
            put_number(&mut seconds, 1, if name.starts_with("lease") { 10 } else { 0 });
            put_bytes(bytes, number, &seconds);
        } else if kind == Type::Message {
            let inner = self.bytes(field.type_name(), with, depth - 1);
            put_bytes(bytes, number, &inner);
        } else if kind == Type::Enum && field.label() == Label::Repeated {
            put_bytes(bytes, number, &varint(code().unwrap_or(1)));
        } else if matches!(kind, Type::Enum | Type::Bool) {
            put_number(bytes, number, code().unwrap_or(1));
        } else {
            put_number(bytes, number, code().unwrap_or(0));
        }
    }
}

/// Optional fields of proto3 stand in a oneof of their own.
fn in_oneof(field: &FieldDescriptorProto) -> bool {
    field.oneof_index.is_some() && !field.proto3_optional()
}

fn text_of(name: &str, with: &Filling) -> String {
    if name == "request_id" {
        return uuid::Uuid::new_v4().to_string();
    }
    let known = with.texts.get(name).cloned();
    let of_kind = || {
        let ending = with.texts.iter().find(|(ending, _)| name.ends_with(*ending));
        ending.map(|(_, text)| text.clone())
    };
    known.or_else(of_kind).unwrap_or_else(|| "tekst".to_owned())
}

/// A moment that fits its name: what ends lies ahead, what begins lies back.
fn moment(name: &str) -> Vec<u8> {
    let now = ketenpoort::gateway::Clock::system().now().as_micros() / 1_000_000;
    let seconds = match name {
        "until" | "valid_until" | "expires_at" | "end_time" | "due_at" | "planned_at" => now + 3600,
        "start_time" => now - 86_400,
        _ => now - 60,
    };
    let mut bytes = Vec::new();
    put_number(&mut bytes, 1, u64::try_from(seconds).unwrap());
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn put_number(bytes: &mut Vec<u8>, field: u64, value: u64) {
    bytes.extend(varint(field << 3));
    bytes.extend(varint(value));
}

fn put_bytes(bytes: &mut Vec<u8>, field: u64, value: &[u8]) {
    bytes.extend(varint(field << 3 | 2));
    bytes.extend(varint(u64::try_from(value.len()).unwrap()));
    bytes.extend(value);
}
