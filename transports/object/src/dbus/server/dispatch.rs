//! Where a call goes: to what every object has, or to the object's own interfaces.

use super::Shared;
use super::call::{Caller, IncomingCall, errors};
use super::description::{self, INTROSPECTABLE, Interface, PEER, PROPERTIES};
use crate::dbus::link::NotSent;
use std::collections::HashMap;
use std::sync::Arc;
use zbus::{Message, Variant};

/// Answers a call, or hands it to whoever does.
pub(super) fn dispatch(shared: &Shared, caller: &Arc<Caller>, message: Message) {
    let header = message.header();
    let (Some(path), Some(member)) = (header.path(), header.member()) else { return };
    let (path, member) = (path.to_string(), member.to_string());
    let interface = header.interface().map(ToString::to_string);
    let call = IncomingCall::new(message.clone(), caller.clone());
    let is_object = path == shared.names.path;
    let asked = interface.as_deref();
    if is_object && let Some((_, method)) = find(shared.export.interfaces(), asked, &member) {
        let wanted = method.signature();
        let given = message.body().signature().to_string_no_parens();
        // A lone structure cannot be told from its fields, nor do their bytes differ.
        if wanted != given && wanted != format!("({given})") {
            let why = format!("{member} takes `{wanted}` and was given `{given}`");
            // A caller that is gone needs to know nothing.
            let _ = call.error(errors::INVALID_ARGS, &why);
            return;
        }
        return shared.export.call(call);
    }
    let standard = description::standard();
    let found = find(&standard, asked, &member).map(|(interface, _)| interface.name.clone());
    let _ = match found.as_deref() {
        Some(PEER) if member == "Ping" => call.reply(&()),
        Some(PEER) => call.reply(&machine_id().as_str()),
        Some(INTROSPECTABLE) => match describe(shared, &path) {
            Some(xml) => call.reply(&xml),
            None => call.error(errors::UNKNOWN_OBJECT, &format!("there is no object {path}")),
        },
        Some(PROPERTIES) if is_object => properties(call, &member),
        _ => unknown(shared, call, is_object.then_some(asked), &path),
    };
}

fn find<'a>(
    interfaces: &'a [Interface],
    asked: Option<&str>,
    member: &str,
) -> Option<(&'a Interface, &'a description::Method)> {
    let asked = |interface: &&Interface| asked.is_none_or(|asked| asked == interface.name);
    interfaces.iter().filter(asked).find_map(|interface| {
        let method = interface.methods.iter().find(|method| method.name == member)?;
        Some((interface, method))
    })
}

fn unknown(
    shared: &Shared,
    call: IncomingCall,
    asked: Option<Option<&str>>,
    path: &str,
) -> Result<(), NotSent> {
    let member = call.member();
    match asked {
        None => call.error(errors::UNKNOWN_OBJECT, &format!("there is no object {path}")),
        Some(Some(asked)) if !shared.export.interfaces().iter().any(|one| one.name == asked) => {
            call.error(errors::UNKNOWN_INTERFACE, &format!("{path} has no interface {asked}"))
        }
        Some(_) => call.error(errors::UNKNOWN_METHOD, &format!("{path} has no method {member}")),
    }
}

/// Tells of the object, or of a node above it.
fn describe(shared: &Shared, path: &str) -> Option<String> {
    if path == shared.names.path {
        let standard = description::standard();
        return Some(description::xml(standard.iter().chain(shared.export.interfaces()), None));
    }
    let rest = shared.names.path.strip_prefix(path)?;
    let rest = if path == "/" { rest } else { rest.strip_prefix('/')? };
    let standard = description::standard();
    Some(description::xml(&standard[..2], rest.split('/').next()))
}

/// There are no properties; they can be asked for all the same.
fn properties(call: IncomingCall, member: &str) -> Result<(), NotSent> {
    if member == "GetAll" {
        return call.reply(&HashMap::<String, Variant<'_>>::new());
    }
    call.error(errors::UNKNOWN_PROPERTY, "this object has no properties")
}

fn machine_id() -> String {
    let files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
    let read = files.iter().find_map(|file| std::fs::read_to_string(file).ok());
    let read = read.map(|text| text.trim().to_string()).filter(|text| text.len() == 32);
    read.unwrap_or_else(|| "0".repeat(32))
}
