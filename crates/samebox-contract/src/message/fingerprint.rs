use samebox_data::{Contract, Shape, ShapeOf};
use std::collections::HashSet;

/// A number that two contracts share only if all of their definitions are the same.
///
/// It is FNV-1a-64 of a text:
///
/// ```text
/// contract  = contract "namespace" "name" "version" { operation .. } [ callback contract ]
/// operation = "name" (one-way | call) ( "parameter" shape .. ) result [ fault shape ] ;
/// shape     = word | option shape | list shape | map shape shape
///           | struct "namespace" "name" [ { "member" shape .. } ]
///           | enum "namespace" "name" { "variant" number .. }
/// ```
///
/// with one space after each part, and the members of a structure only where it comes first. Names
/// stand in quotes with their length before them, so that no name can be taken for two.
pub(super) fn fingerprint(contract: &Contract) -> u64 {
    let mut text = Text { hash: OFFSET, seen: HashSet::new() };
    text.contract(contract);
    if let Some(callback) = contract.callback {
        text.word("callback");
        text.contract(callback);
    }
    text.hash
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

struct Text {
    hash: u64,
    /// Structures whose members were told, by namespace and name.
    seen: HashSet<(&'static str, &'static str)>,
}

impl Text {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }

    fn word(&mut self, word: &str) {
        self.bytes(word.as_bytes());
        self.bytes(b" ");
    }

    fn name(&mut self, name: &str) {
        self.word(&format!("{}\"{name}\"", name.len()));
    }

    fn contract(&mut self, contract: &Contract) {
        self.word("contract");
        self.name(&contract.namespace);
        self.name(&contract.name);
        self.name(&contract.version);
        self.word("{");
        for operation in contract.operations.iter() {
            self.name(&operation.name);
            self.word(if operation.one_way { "one-way" } else { "call" });
            self.word("(");
            for parameter in operation.parameters.iter() {
                self.name(&parameter.name);
                self.shape(parameter.shape);
            }
            self.word(")");
            self.shape(operation.result);
            if let Some(fault) = operation.fault {
                self.word("fault");
                self.shape(fault);
            }
            self.word(";");
        }
        self.word("}");
    }

    fn shape(&mut self, shape: ShapeOf) {
        match shape() {
            Shape::Option(of) => {
                self.word("option");
                self.shape(*of);
            }
            Shape::List(of) => {
                self.word("list");
                self.shape(*of);
            }
            Shape::Map(key, value) => {
                self.word("map");
                self.shape(*key);
                self.shape(*value);
            }
            Shape::Struct(of) => {
                self.word("struct");
                self.name(of.namespace);
                self.name(of.name);
                if self.seen.insert((of.namespace, of.name)) {
                    self.members(of.members);
                }
            }
            Shape::Enum(of) => self.enumeration(of),
            plain => self.word(word(plain)),
        }
    }

    fn members(&mut self, members: &[samebox_data::Member]) {
        self.word("{");
        for member in members {
            self.name(member.name);
            self.shape(member.shape);
        }
        self.word("}");
    }

    fn enumeration(&mut self, of: &samebox_data::Enumeration) {
        self.word("enum");
        self.name(of.namespace);
        self.name(of.name);
        self.word("{");
        for variant in of.variants {
            self.name(variant.name);
            self.word(&variant.value.to_string());
        }
        self.word("}");
    }
}

/// The word of a shape that has no parts.
const fn word(shape: &Shape) -> &'static str {
    match shape {
        Shape::Unit => "unit",
        Shape::Bool => "bool",
        Shape::I8 => "i8",
        Shape::I16 => "i16",
        Shape::I32 => "i32",
        Shape::I64 => "i64",
        Shape::U8 => "u8",
        Shape::U16 => "u16",
        Shape::U32 => "u32",
        Shape::U64 => "u64",
        Shape::F32 => "f32",
        Shape::F64 => "f64",
        Shape::Char => "char",
        Shape::String => "string",
        Shape::Bytes => "bytes",
        Shape::Timestamp => "timestamp",
        Shape::TimeSpan => "time-span",
        Shape::Guid => "guid",
        Shape::Decimal => "decimal",
        Shape::Option(_) | Shape::List(_) | Shape::Map(..) | Shape::Struct(_) | Shape::Enum(_) => {
            "with-parts"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox_data::{Encode, Member, Operation, Parameter, Struct};

    static NODE: Struct = Struct {
        name: "Node",
        namespace: "urn:x",
        members: &[Member { name: "Next", shape: || const { &Shape::Option(node) } }],
    };

    fn node() -> &'static Shape {
        const { &Shape::Struct(&NODE) }
    }

    fn contract(version: &'static str, parameter: &'static str, shape: ShapeOf) -> Contract {
        let parameter = Parameter { name: parameter.into(), shape };
        let operation = Operation {
            name: "Put".into(),
            one_way: false,
            parameters: vec![parameter].into(),
            result: <() as Encode>::shape,
            fault: None,
        };
        Contract {
            name: "C".into(),
            namespace: "urn:x".into(),
            version: version.into(),
            operations: vec![operation].into(),
            callback: None,
        }
    }

    #[test]
    fn equal_contracts_have_one_fingerprint_and_others_another() {
        let base = fingerprint(&contract("1", "a", <i32 as Encode>::shape));
        assert_eq!(base, fingerprint(&contract("1", "a", <i32 as Encode>::shape)));
        let others = [
            contract("2", "a", <i32 as Encode>::shape),
            contract("1", "b", <i32 as Encode>::shape),
            contract("1", "a", <Option<i32> as Encode>::shape),
            Contract { callback: Some(&EMPTY), ..contract("1", "a", <i32 as Encode>::shape) },
        ];
        for other in others {
            assert_ne!(base, fingerprint(&other), "{other:?}");
        }
    }

    static EMPTY: Contract = Contract {
        name: std::borrow::Cow::Borrowed("E"),
        namespace: std::borrow::Cow::Borrowed(""),
        version: std::borrow::Cow::Borrowed("1"),
        operations: std::borrow::Cow::Borrowed(&[]),
        callback: None,
    };

    #[test]
    fn a_type_that_contains_itself_has_a_fingerprint() {
        assert_ne!(fingerprint(&contract("1", "a", node)), 0);
    }
}
