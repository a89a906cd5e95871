//! What an object offers: its interfaces, and the XML that tells of them.

use std::fmt::Write;

/// One interface of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) methods: Vec<Method>,
    pub(crate) signals: Vec<Signal>,
    /// More about it: names and values.
    pub(crate) annotations: Vec<(String, String)>,
}

/// What may be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) inputs: Vec<Argument>,
    pub(crate) outputs: Vec<Argument>,
    /// Nothing comes back, not even that it was done.
    pub(crate) is_one_way: bool,
}

/// What may be heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) name: String,
    pub(crate) arguments: Vec<Argument>,
}

/// One value of a method or a signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) name: String,
    /// Its type as D-Bus writes it: `s`, `ay`, `a{sv}`.
    pub(crate) signature: String,
}

impl Argument {
    pub(crate) fn new(name: &str, signature: &str) -> Self {
        Self { name: name.into(), signature: signature.into() }
    }
}

impl Method {
    /// The types of all that goes in.
    pub(crate) fn signature(&self) -> String {
        self.inputs.iter().map(|input| input.signature.as_str()).collect()
    }
}

/// What every object offers beside its own.
pub(super) fn standard() -> [Interface; 3] {
    let argument = Argument::new;
    let method = |name: &str, inputs: Vec<Argument>, outputs: Vec<Argument>| Method {
        name: name.into(),
        inputs,
        outputs,
        is_one_way: false,
    };
    let interface =
        |name: &str, methods| Interface { name: name.into(), methods, ..Interface::default() };
    let property = || vec![argument("interface_name", "s"), argument("property_name", "s")];
    let mut properties = interface(
        PROPERTIES,
        vec![
            method("Get", property(), vec![argument("value", "v")]),
            method(
                "GetAll",
                vec![argument("interface_name", "s")],
                vec![argument("props", "a{sv}")],
            ),
            method("Set", [property(), vec![argument("value", "v")]].concat(), vec![]),
        ],
    );
    properties.signals.push(Signal {
        name: "PropertiesChanged".into(),
        arguments: vec![
            argument("interface_name", "s"),
            argument("changed_properties", "a{sv}"),
            argument("invalidated_properties", "as"),
        ],
    });
    let introspect = method("Introspect", vec![], vec![argument("xml_data", "s")]);
    let machine = method("GetMachineId", vec![], vec![argument("machine_uuid", "s")]);
    [
        interface(INTROSPECTABLE, vec![introspect]),
        interface(PEER, vec![method("Ping", vec![], vec![]), machine]),
        properties,
    ]
}

pub(crate) const INTROSPECTABLE: &str = "org.freedesktop.DBus.Introspectable";
pub(super) const PEER: &str = "org.freedesktop.DBus.Peer";
pub(super) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Tells of a node in XML (D-Bus specification, "Introspection Data Format").
pub(super) fn xml<'a>(
    interfaces: impl IntoIterator<Item = &'a Interface>,
    child: Option<&str>,
) -> String {
    let mut xml = String::from(HEAD);
    for interface in interfaces {
        write_interface(&mut xml, interface);
    }
    if let Some(child) = child {
        line(&mut xml, 1, &format!("<node name=\"{}\"/>", quoted(child)));
    }
    xml.push_str("</node>\n");
    xml
}

const HEAD: &str = "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n \
    \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n<node>\n";

fn write_interface(xml: &mut String, interface: &Interface) {
    line(xml, 1, &format!("<interface name=\"{}\">", quoted(&interface.name)));
    for method in &interface.methods {
        line(xml, 2, &format!("<method name=\"{}\">", quoted(&method.name)));
        if method.is_one_way {
            let name = "org.freedesktop.DBus.Method.NoReply";
            line(xml, 3, &format!("<annotation name=\"{name}\" value=\"true\"/>"));
        }
        method.inputs.iter().for_each(|one| write_argument(xml, one, " direction=\"in\""));
        method.outputs.iter().for_each(|one| write_argument(xml, one, " direction=\"out\""));
        line(xml, 2, "</method>");
    }
    for signal in &interface.signals {
        line(xml, 2, &format!("<signal name=\"{}\">", quoted(&signal.name)));
        signal.arguments.iter().for_each(|one| write_argument(xml, one, ""));
        line(xml, 2, "</signal>");
    }
    for (name, value) in &interface.annotations {
        let (name, value) = (quoted(name), quoted(value));
        line(xml, 2, &format!("<annotation name=\"{name}\" value=\"{value}\"/>"));
    }
    line(xml, 1, "</interface>");
}

fn write_argument(xml: &mut String, argument: &Argument, direction: &str) {
    let (name, kind) = (quoted(&argument.name), quoted(&argument.signature));
    line(xml, 3, &format!("<arg name=\"{name}\" type=\"{kind}\"{direction}/>"));
}

fn line(xml: &mut String, depth: usize, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(xml, "{:depth$}{text}", "", depth = depth * 2);
}

fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_tells_of_its_methods_signals_and_children() {
        let interface = Interface {
            name: "a.B".into(),
            methods: vec![Method {
                name: "C".into(),
                inputs: vec![Argument::new("d", "a{sv}")],
                outputs: vec![Argument::new("e", "s")],
                is_one_way: true,
            }],
            signals: vec![Signal { name: "F".into(), arguments: vec![Argument::new("g", "i")] }],
            annotations: vec![("h".into(), "<7>".into())],
        };
        let found = xml([&interface], Some("child"));
        for part in [
            "  <interface name=\"a.B\">\n    <method name=\"C\">\n",
            "      <arg name=\"d\" type=\"a{sv}\" direction=\"in\"/>\n",
            "      <arg name=\"e\" type=\"s\" direction=\"out\"/>\n",
            "NoReply\" value=\"true\"/>",
            "    <annotation name=\"h\" value=\"&lt;7>\"/>\n",
            "    <signal name=\"F\">\n      <arg name=\"g\" type=\"i\"/>\n",
            "  <node name=\"child\"/>\n</node>\n",
        ] {
            assert!(found.contains(part), "{part} is not in\n{found}");
        }
        assert_eq!(interface.methods[0].signature(), "a{sv}");
    }
}
