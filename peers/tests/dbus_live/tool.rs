use crate::MESSAGES;
use samebox_peers::{Bus, Program, Running, object_path};

/// A program that calls operations of D-Bus objects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tool {
    Busctl,
    Gdbus,
    DbusSend,
    Python,
}

/// All of them.
pub(crate) const TOOLS: [Tool; 4] = [Tool::Busctl, Tool::Gdbus, Tool::DbusSend, Tool::Python];

impl Tool {
    /// Calls an operation with a text.
    pub(crate) fn with_text(self, bus: &Bus, name: &str, operation: &str, text: &str) -> Running {
        let text = match self {
            Self::Busctl => vec!["s".into(), text.into()],
            Self::Gdbus | Self::Python => vec![text.into()],
            Self::DbusSend => vec![format!("string:{text}")],
        };
        self.start(bus, name, operation, &text)
    }

    /// Calls an operation with bytes.
    pub(crate) fn with_bytes(
        self,
        bus: &Bus,
        name: &str,
        operation: &str,
        bytes: &[u8],
    ) -> Running {
        let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
        let bytes = match self {
            Self::Busctl => [vec!["ay".into(), numbers.len().to_string()], numbers].concat(),
            Self::Gdbus => vec![format!("[byte {}]", numbers.join(", "))],
            Self::DbusSend => vec![format!("array:byte:{}", numbers.join(","))],
            Self::Python => vec![bytes.iter().map(|byte| format!("{byte:02x}")).collect()],
        };
        self.start(bus, name, operation, &bytes)
    }

    fn start(self, bus: &Bus, name: &str, operation: &str, argument: &[String]) -> Running {
        let path = object_path(name);
        let member = format!("{MESSAGES}.{operation}");
        let dest = format!("--dest={name}");
        let python = match operation {
            "Send" => "send",
            "Call" => "call",
            "SendBytes" => "send-bytes",
            _ => "call-bytes",
        };
        let words = match self {
            Self::Busctl => vec!["--user", "call", name, &path, MESSAGES, operation],
            Self::Gdbus => vec!["call", "--session", "-d", name, "-o", &path, "-m", &member],
            Self::DbusSend => vec!["--session", "--print-reply=literal", &dest, &path, &member],
            Self::Python => vec!["python", "bus", python, name],
        };
        let argument = argument.iter().map(String::as_str);
        let words: Vec<_> = words.into_iter().chain(argument).collect();
        let program = match self {
            Self::Busctl => Program::tool("busctl", &words),
            Self::Gdbus => Program::tool("gdbus", &words),
            Self::DbusSend => Program::tool("dbus-send", &words),
            Self::Python => Program::peer(&words),
        };
        bus.on(program).start()
    }

    /// What it prints of an answer without a value, but for blanks.
    pub(crate) fn shows_nothing(self) -> &'static str {
        if self == Self::Gdbus { "()" } else { "" }
    }

    /// What it prints of an answer that is a text.
    pub(crate) fn shows_text(self, text: &str) -> Vec<String> {
        vec![match self {
            Self::Busctl => format!("s \"{}\"", in_ascii(text)),
            Self::Gdbus => format!("('{text}',)"),
            Self::DbusSend => format!("   {text}"),
            Self::Python => text.into(),
        }]
    }

    /// What it prints of an answer that is bytes.
    pub(crate) fn shows_bytes(self, bytes: &[u8]) -> Vec<String> {
        let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Busctl => {
                let numbers: Vec<_> = bytes.iter().map(|byte| format!(" {byte}")).collect();
                vec![format!("ay {}{}", bytes.len(), numbers.concat())]
            }
            Self::Gdbus => vec![format!("([byte 0x{}],)", digits.join(", 0x"))],
            Self::DbusSend => {
                let row = format!("      {}", digits.join(" "));
                vec!["   array of bytes [".into(), row, "   ]".into()]
            }
            Self::Python => vec![digits.concat()],
        }
    }
}

/// Text as busctl prints it: the bytes of what is not ASCII in octal.
fn in_ascii(text: &str) -> String {
    let shown = |byte: u8| match byte {
        0x80.. => format!("\\{byte:o}"),
        _ => char::from(byte).to_string(),
    };
    text.bytes().map(shown).collect()
}
