//! Arguments as a person writes them, and results as a person reads them: text and JSON.

use crate::exit::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samebox::data::{Structure, Value};
use serde_json::Value as Json;

/// Reads NAME=TEXT and NAME:=JSON, or one JSON object.
pub(super) fn read(words: &[&str]) -> Result<Vec<(String, Value)>, Failure> {
    if let [object] = words
        && object.trim_start().starts_with('{')
    {
        return read_object(object);
    }
    words.iter().map(|word| read_pair(word)).collect()
}

/// Reads all arguments out of one JSON object.
pub(super) fn read_object(text: &str) -> Result<Vec<(String, Value)>, Failure> {
    match serde_json::from_str(text) {
        Ok(Json::Object(members)) => {
            Ok(members.into_iter().map(|(name, json)| (name, of_json(json))).collect())
        }
        Ok(_) => {
            Err(Failure::usage("the arguments must be one JSON object: {\"NAME\": VALUE, ..}"))
        }
        Err(cause) => Err(Failure::usage(format!("the arguments are not JSON: {cause}"))),
    }
}

fn read_pair(word: &str) -> Result<(String, Value), Failure> {
    let Some((name, text)) = word.split_once('=') else {
        let why =
            format!("`{word}` is no argument: write NAME=TEXT, NAME:=JSON or one JSON object");
        return Err(Failure::usage(why));
    };
    let Some(name) = name.strip_suffix(':') else {
        return Ok((name.into(), Value::Text(text.into())));
    };
    let json = serde_json::from_str(text).map_err(|cause| {
        let why = format!("`{text}` is not JSON: {cause}; for text write {name}={text}");
        Failure::usage(why)
    })?;
    Ok((name.into(), of_json(json)))
}

/// The value that a JSON value stands for.
fn of_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => {
            let whole =
                number.as_i64().map(Value::Int).or_else(|| number.as_u64().map(Value::UInt));
            // Without the feature for longer ones, every number is a double.
            whole.unwrap_or_else(|| Value::Double(number.as_f64().unwrap_or(f64::NAN)))
        }
        Json::String(text) => Value::Text(text),
        Json::Array(items) => Value::List(items.into_iter().map(of_json).collect()),
        Json::Object(members) => {
            let mut structure = Structure::default();
            for (name, json) in members {
                match (name.as_str(), json) {
                    ("@name", Json::String(name)) => structure.name = Some(name),
                    ("@namespace", Json::String(namespace)) => {
                        structure.namespace = Some(namespace)
                    }
                    (_, json) => structure.members.push((name, of_json(json))),
                }
            }
            Value::Structure(structure)
        }
    }
}

/// The JSON value that shows a value; bytes as base64.
pub(super) fn to_json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::UInt(value) => value.into(),
        // JSON has no number for these.
        Value::Double(value) if !value.is_finite() => value.to_string().into(),
        Value::Double(value) => value.into(),
        Value::Text(text) => text.into(),
        Value::Bytes(bytes) => STANDARD.encode(bytes).into(),
        Value::List(items) => items.into_iter().map(to_json).collect(),
        Value::Structure(structure) => {
            structure.members.into_iter().map(|(name, value)| (name, to_json(value))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[&str]) -> String {
        let arguments = read(words).expect("they are arguments");
        let members = arguments.into_iter().map(|(name, value)| (name, to_json(value)));
        Json::from_iter(members).to_string()
    }

    #[test]
    fn text_stays_text_and_json_is_read() {
        assert_eq!(
            shown(&["a=2", "b:=2", "c=x=y", "d:=[1,null]"]),
            r#"{"a":"2","b":2,"c":"x=y","d":[1,null]}"#
        );
    }

    #[test]
    fn one_object_holds_all_arguments_in_their_order() {
        assert_eq!(
            shown(&[r#" {"z":1,"a":-0.5,"m":18446744073709551615}"#]),
            r#"{"z":1,"a":-0.5,"m":18446744073709551615}"#
        );
    }

    #[test]
    fn the_class_of_an_object_is_no_member_of_it() {
        let arguments = read(&[r#"n:={"@name":"Node","@namespace":"urn:x","Id":1}"#]).expect("one");
        let members = vec![("Id".to_owned(), Value::Int(1))];
        let expected =
            Structure { name: Some("Node".into()), namespace: Some("urn:x".into()), members };
        assert_eq!(arguments, [("n".to_owned(), Value::Structure(expected))]);
    }

    #[test]
    fn what_is_no_argument_is_told_how_to_write_one() {
        for words in [&["plain"][..], &["a:=x"], &["{", "b"], &["{"]] {
            assert!(read(words).is_err(), "{words:?}");
        }
    }
}
