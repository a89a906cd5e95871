use super::{Args, arguments};
use crate::exit::{Failure, Outcome, say};
use crate::input::{Input, Payloads, Split};
use crate::limit::largest_message;
use crate::output::Output;
use samebox::contract::{NamedAnswer, NamedCall};
use samebox::data::Value;
use samebox::{Deadline, Endpoint, ErrorKind, transport};
use serde_json::{Value as Json, json};

/// Calls the operation that the endpoint names, once, and prints its result.
pub(super) fn run(args: &Args, endpoint: &Endpoint) -> Outcome {
    let transport = transport(endpoint)?;
    let Some(typed) = transport.as_typed() else {
        let why = format!("{}: has no operations; leave `operation` out", endpoint.scheme());
        return Err(Failure::usage(why));
    };
    endpoint.check_settings(transport.info().settings)?;
    let call = NamedCall { arguments: read_arguments(args, endpoint)?, one_way: args.one_way };
    let answer = typed.call_by_name(endpoint, &call, Deadline::after(args.timeout))?;
    let mut output = Output::stdout();
    match answer {
        NamedAnswer::Result(_) if args.one_way => Ok(()),
        NamedAnswer::Result(result) => {
            output.json_line(&shown(args, endpoint, "result", arguments::to_json(result)))?;
            output.flush()
        }
        NamedAnswer::Fault(fault, detail) => {
            say(&format!("{endpoint} answered with a fault: {fault}"));
            let detail = arguments::to_json(detail.unwrap_or(Value::Null));
            if args.format.json {
                let fault = json!({ "reason": fault.reason, "detail": detail });
                output.json_line(&shown(args, endpoint, "fault", fault))?;
            } else if !detail.is_null() {
                output.json_line(&detail)?;
            }
            output.flush()?;
            Err(Failure::silent(ErrorKind::Fault.exit_code()))
        }
    }
}

/// What is printed of an answer: with `--json` an object, as everywhere.
fn shown(args: &Args, endpoint: &Endpoint, name: &str, value: Json) -> Json {
    match args.format.json {
        true => json!({ "endpoint": endpoint.to_string(), name: value }),
        false => value,
    }
}

fn read_arguments(args: &Args, endpoint: &Endpoint) -> Result<Vec<(String, Value)>, Failure> {
    if args.data.len() == 1 && args.data[0] == "-" {
        let mut stdin =
            Input::new(&Payloads { data: None, split: Split::Eof }, largest_message(endpoint)?)?;
        let whole = stdin.next_batch()?.pop();
        let text = String::from_utf8(whole.map(|all| all.as_ref().to_vec()).unwrap_or_default());
        let text = text.map_err(|_| Failure::usage("the arguments on stdin are not UTF-8"))?;
        return arguments::read_object(&text);
    }
    let words: Option<Vec<&str>> = args.data.iter().map(|word| word.to_str()).collect();
    arguments::read(&words.ok_or_else(|| Failure::usage("the arguments are not UTF-8"))?)
}
