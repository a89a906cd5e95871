use crate::EVENT;
use samebox_core::{
    CAPACITY, DEFAULT_MAX, Endpoint, MAX, OVERFLOW, Overflow, Result, Setting, WAIT,
};
use std::time::Duration;

/// The settings of one endpoint, read.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) names: Names,
    /// Bytes of the memory.
    pub(super) capacity: usize,
    /// The longest text to send or to receive.
    pub(super) max: usize,
    /// How long a client waits for its server to come back.
    pub(super) wait: Duration,
    pub(super) overflow: Overflow,
}

/// What the objects are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) map: String,
    pub(super) event: String,
    /// Held by the one server of samebox.
    pub(super) claim: String,
    /// Set by that server when the slot is empty again.
    pub(super) room: String,
    /// Held by the client of samebox that is about to fill the slot.
    pub(super) turn: String,
}

impl Options {
    /// Bytes of the memory, unless said otherwise: what programs of this kind usually have.
    const CAPACITY: usize = 1024;

    /// The largest `capacity`: the slot is copied as a whole and twice.
    const LARGEST: usize = 16 << 20;

    /// The first is the default.
    const OVERFLOW: &[Overflow] = &[Overflow::Block, Overflow::Reject];

    /// The settings that go with this layout, beside `layout` itself.
    const SETTINGS: [Setting; 5] = [EVENT, CAPACITY, MAX, WAIT, OVERFLOW];

    pub(super) fn of(endpoint: &Endpoint) -> Result<Self> {
        let goes = |name: &str| Self::SETTINGS.iter().any(|setting| setting.name == name);
        if let Some((name, _)) =
            endpoint.settings().find(|(name, _)| *name != "layout" && !goes(name))
        {
            let known = Self::SETTINGS.map(|setting| setting.name).join(", ");
            let error = endpoint.invalid(format!("`{name}` does not go with layout=mmf"));
            return Err(error.with_advice(format!("with layout=mmf the settings are {known}")));
        }
        Ok(Self {
            names: Names::of(endpoint)?,
            capacity: endpoint.size(CAPACITY, Self::CAPACITY, Self::LARGEST)?,
            max: endpoint.size(MAX, DEFAULT_MAX, Self::LARGEST)?,
            wait: endpoint.duration(WAIT, None)?.unwrap_or_default(),
            overflow: endpoint.overflow(Self::OVERFLOW)?,
        })
    }

    /// The longest text that can be sent: a zero byte ends it.
    pub(super) fn longest(&self) -> usize {
        self.max.min(self.capacity - 1)
    }
}

impl Names {
    /// Characters of a name; the system allows 260 for it and all that is added to it.
    const LONGEST: usize = 200;

    fn of(endpoint: &Endpoint) -> Result<Self> {
        let name = check(endpoint, endpoint.name())?;
        let event = check(endpoint, endpoint.setting(EVENT.name).unwrap_or(name))?;
        let map = format!("{name}File");
        // All kinds of objects share their names.
        if plain(&map) == plain(event) {
            let why = format!("the memory and the event cannot both be called `{event}`");
            let advice = "give the event a name of its own with ?event=";
            return Err(endpoint.invalid(why).with_advice(advice));
        }
        let ours = |what| format!("{map}.samebox-{what}");
        let (claim, room, turn) = (ours("server"), ours("room"), ours("turn"));
        Ok(Self { event: event.into(), claim, room, turn, map })
    }
}

/// Which session a name belongs to stands before it; this session when nothing does.
const LOCAL: &str = r"Local\";
const GLOBAL: &str = r"Global\";

/// A name without what changes nothing.
fn plain(name: &str) -> &str {
    name.strip_prefix(LOCAL).unwrap_or(name)
}

fn check<'a>(endpoint: &Endpoint, name: &'a str) -> Result<&'a str> {
    let rest = plain(name);
    let rest = rest.strip_prefix(GLOBAL).filter(|_| rest.len() == name.len()).unwrap_or(rest);
    let why = match rest {
        "" => "a name is empty".into(),
        _ if rest.contains('\\') => format!(r"`\` may not stand in `{rest}`"),
        _ if name.chars().count() > Names::LONGEST => {
            format!("a name has more than {} characters", Names::LONGEST)
        }
        _ => return Ok(name),
    };
    let advice = r"names have no backslash but that of `Local\` or `Global\` before them";
    Err(endpoint.invalid(why).with_advice(advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox_core::ErrorKind;

    fn read(text: &str) -> Result<Options> {
        Options::of(&text.parse().unwrap())
    }

    #[test]
    fn names_are_those_of_the_usual_program() {
        let options = read("shm:IIpcClient?layout=mmf").unwrap();
        assert_eq!(options.names.map, "IIpcClientFile");
        assert_eq!(options.names.event, "IIpcClient");
        assert_eq!((options.capacity, options.longest()), (1024, 1023));
        let options = read(r"shm:Global\Box?layout=mmf&event=Global\Bell&max=10").unwrap();
        assert_eq!(options.names.map, r"Global\BoxFile");
        assert_eq!(options.names.event, r"Global\Bell");
        assert_eq!(options.longest(), 10);
    }

    #[test]
    fn what_cannot_work_is_refused_with_words() {
        for (wrong, part) in [
            ("shm:a?layout=mmf&event=aFile", "cannot both be called"),
            (r"shm:Local\a?layout=mmf&event=aFile", "cannot both be called"),
            (r"shm:a\b?layout=mmf", "may not stand"),
            (r"shm:Local\Global\a?layout=mmf", "may not stand"),
            (r"shm:Session\1\a?layout=mmf", "may not stand"),
            (r"shm:Global\?layout=mmf", "empty"),
            ("shm:a?layout=mmf&event=", "empty"),
            ("shm:a?layout=mmf&allow=user:b", "does not go with"),
            ("shm:a?layout=mmf&overflow=drop-old", "overflow"),
            ("shm:a?layout=mmf&capacity=1GiB", "capacity"),
        ] {
            let error = read(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidEndpoint, "{wrong}");
            assert!(error.to_string().contains(part), "{wrong}: {error}");
        }
        assert!(read(&format!("shm:{}?layout=mmf", "ä".repeat(200))).is_ok());
        assert!(read(&format!("shm:{}?layout=mmf", "ä".repeat(201))).is_err());
    }
}
