//! What an object of another program offers, from the XML of `org.freedesktop.DBus.Introspectable`.

mod read;
mod xml;

pub(crate) use read::read;

/// The annotation of methods that give no answer.
const NO_REPLY: &str = "org.freedesktop.DBus.Method.NoReply";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbus::server::{Argument, Interface, Method, Signal};
    use proptest::prelude::*;

    fn desk() -> Interface {
        Interface {
            name: "org.example.Desk".into(),
            methods: vec![
                Method {
                    name: "Sign".into(),
                    inputs: vec![Argument::new("paper", "s"), Argument::new("", "a{sv}")],
                    outputs: vec![Argument::new("result", "(ii)")],
                    is_one_way: false,
                },
                Method { name: "Tell".into(), is_one_way: true, ..Method::default() },
            ],
            signals: vec![Signal {
                name: "Rang".into(),
                arguments: vec![Argument::new("times", "u")],
            }],
            annotations: vec![("org.example.Words".into(), "<\"a\" & 'b'>".into())],
        }
    }

    #[test]
    fn methods_signals_and_annotations_are_read() {
        let text = r#"<node>
            <interface name="org.example.Desk">
              <method name="Sign">
                <arg name="paper" type="s" direction="in"/>
                <arg type="a{sv}" direction="in"/>
                <arg name="result" type="(ii)" direction="out"/>
              </method>
              <method name="Tell">
                <annotation name="org.freedesktop.DBus.Method.NoReply" value="true"/>
              </method>
              <signal name="Rang"><arg name="times" type="u"/></signal>
              <annotation name="org.example.Words" value="&lt;&quot;a&quot; &amp; &#39;b&#x27;&gt;"/>
            </interface>
          </node>"#;
        assert_eq!(read(text), Ok(vec![desk()]));
    }

    #[test]
    fn documents_of_other_programs_are_read() {
        let text = r#"<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
            "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
            <?xml version='1.0'?> <!-- <interface name="no.No"> -->
            <node name="/x" xmlns:doc='urn:d'>
              <interface name='a.B'><doc:doc>words &amp; words</doc:doc>
                <method name="M"><arg type="s" direction="in"/><arg type="u" direction="out"/></method>
                <method name="Bare"><arg name="a" type="i"/></method>
                <property name="P" type="s" access="read"/>
              </interface>
              <node name="inner"><interface name="not.Here"/></node>
              <interface name="c.D"/>
            </node>"#;
        let read = read(text).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].methods[0].outputs, [Argument::new("", "u")]);
        assert_eq!(read[0].methods[1].inputs, [Argument::new("a", "i")]);
        assert_eq!(read[1].name, "c.D");
    }

    #[test]
    fn broken_documents_are_told() {
        for wrong in [
            "",
            "words",
            "<node",
            "<node><interface name=></node>",
            "<node a='x></node>",
            "<node><interface/></node>",
            "<node><interface name='a.b'><method name='m'><arg type='('/>",
            "<node><interface name='a.b'></node>",
            "<node>",
            "<!-- <node/>",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_or_refused(
            parts in prop::collection::vec(prop::sample::select(vec![
                "<", ">", "/>", "</", "node", "interface", "method", "arg", " name=", "'a.b'", "\"x\"",
                " type='s'", "<!--", "-->", "<!", "<?", "?>", "&", ";", "é", " ", "<node>", "</node>",
                "<interface name='a.b'>", "</interface>", "[", "]", "<![CDATA[", "]]>", "&#x41;",
            ]), 0..30),
        ) {
            let _ = read(&parts.concat()).is_ok();
        }
    }
}
