use crate::{Error, ErrorKind, Operation, Result};
use std::fmt;
use std::str::FromStr;

/// Where a server is, and by which mechanism: `scheme:name?setting=value&..`.
///
/// `scheme://name` means the same. `%41` stands for the byte 41 hex in a name or a value, so a path
/// may hold `?` or `%`. What a name may be is the transport's to say; see [`Endpoint::plain_name`]
/// for the usual rule.
///
/// ```
/// use samebox_core::Endpoint;
///
/// let endpoint: Endpoint = "pipe:orders?framing=line&wait=5s".parse()?;
/// assert_eq!(endpoint.scheme(), "pipe");
/// assert_eq!(endpoint.name(), "orders");
/// assert_eq!(endpoint.setting("framing"), Some("line"));
/// # Ok::<(), samebox_core::Error>(())
/// ```
#[derive(Clone, Debug, Eq)]
pub struct Endpoint {
    scheme: String,
    /// Two slashes stood behind the colon; it is shown as it was written.
    slashes: bool,
    name: String,
    settings: Vec<(String, String)>,
}

/// Endpoints are equal that mean the same; two slashes behind the colon mean nothing.
impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        (&self.scheme, &self.name, &self.settings) == (&other.scheme, &other.name, &other.settings)
    }
}

impl Endpoint {
    /// How many characters an endpoint may have.
    const LONGEST: usize = 4096;

    /// What stands before the colon, in lower case.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// What stands between the colon and the settings, decoded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings in the order they were written.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of one setting.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The same endpoint under another name, for mechanisms that fill in what was left open.
    #[must_use]
    pub fn with_name(&self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// The same endpoint with one setting added or changed.
    #[must_use]
    pub fn with_setting(&self, name: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed.settings.retain(|(known, _)| known != name);
        changed.settings.push((name.into(), value.into()));
        changed
    }

    /// The name, when it is 1 to 100 of `A-Z a-z 0-9 . _ -` and not `.` or `..`.
    ///
    /// # Errors
    /// `InvalidEndpoint`, saying which character is wrong.
    pub fn plain_name(&self) -> Result<&str> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let why = match self.name.chars().find(|c| !allowed(*c)) {
            Some(wrong) => format!("{wrong:?} may not stand in a name"),
            None if matches!(self.name.as_str(), "." | "..") => "a name is not a folder".into(),
            None if self.name.len() > 100 => format!("the name has {} characters", self.name.len()),
            None => return Ok(&self.name),
        };
        Err(self.invalid(why).with_advice("names are 1 to 100 of A-Z a-z 0-9 . _ -"))
    }

    /// An `InvalidEndpoint` error about this endpoint.
    pub fn invalid(&self, why: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidEndpoint, Operation::Parse, self, why)
    }

    /// An error about this endpoint.
    pub fn error(&self, kind: ErrorKind, operation: Operation, why: impl Into<String>) -> Error {
        Error::new(kind, operation, self, why)
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse(text).map_err(|why| {
            let shown: String = text.chars().take(120).collect();
            Error::new(ErrorKind::InvalidEndpoint, Operation::Parse, format!("`{shown}`"), why)
                .with_advice("write scheme:name?setting=value, such as pipe:orders?wait=5s")
        })
    }
}

fn parse(text: &str) -> Result<Endpoint, String> {
    if text.len() > Endpoint::LONGEST {
        return Err(format!("it is longer than {} characters", Endpoint::LONGEST));
    }
    let (scheme, rest) = text.split_once(':').ok_or("it has no scheme before a colon")?;
    let scheme_char = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(scheme_char) {
        return Err(format!("{scheme:?} is not a scheme"));
    }
    let bare = rest.strip_prefix("//");
    let (slashes, rest) = (bare.is_some(), bare.unwrap_or(rest));
    let (name, query) =
        rest.split_once('?').map_or((rest, None), |(name, query)| (name, Some(query)));
    let name = decode(name)?;
    if name.is_empty() {
        return Err("it has no name after the colon".into());
    }
    let mut settings = Vec::new();
    for part in query.into_iter().flat_map(|query| query.split('&')) {
        let (key, value) =
            part.split_once('=').ok_or_else(|| format!("`{part}` is not setting=value"))?;
        let (key, value) = (decode(key)?, decode(value)?);
        if settings.iter().any(|(known, _)| *known == key) {
            return Err(format!("`{key}` is set twice"));
        }
        settings.push((key, value));
    }
    Ok(Endpoint { scheme: scheme.to_ascii_lowercase(), slashes, name, settings })
}

/// Replaces `%XX` and refuses control characters, which no mechanism has in its names.
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let code = tail.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|code| code.bytes().all(|c| c.is_ascii_hexdigit()));
        let code =
            code.ok_or_else(|| format!("`%` in `{text}` is not followed by two hex digits"))?;
        bytes.extend(u8::from_str_radix(code, 16));
        rest = &tail[2..];
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 after decoding")?;
    match text.chars().find(|c| c.is_control()) {
        Some(control) => Err(format!("it has the control character {control:?}")),
        None => Ok(text),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name that begins with two slashes needs two more before it.
        let slashes = if self.slashes || self.name.starts_with("//") { "//" } else { "" };
        write!(f, "{}:{slashes}{}", self.scheme, Encoded(&self.name, "%?"))?;
        for (at, (name, value)) in self.settings().enumerate() {
            let mark = if at == 0 { '?' } else { '&' };
            write!(f, "{mark}{}={}", Encoded(name, "%&="), Encoded(value, "%&"))?;
        }
        Ok(())
    }
}

/// Text with the characters of the second field written as `%XX`.
struct Encoded<'a>(&'a str, &'static str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if self.1.contains(c) { write!(f, "%{:02X}", c as u32)? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

/// The known word that `word` was probably meant to be.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |known: &str| strsim::damerau_levenshtein(word, known);
    let best = known.min_by_key(|known| distance(known))?;
    (distance(best) <= 1 + word.len() / 4).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_slashes_change_nothing() {
        assert_eq!(
            "tcp://localhost:80".parse::<Endpoint>().unwrap(),
            "tcp:localhost:80".parse().unwrap()
        );
        assert_eq!("unix:///a/b".parse::<Endpoint>().unwrap().name(), "/a/b");
    }

    #[test]
    fn wrong_endpoints_say_what_is_wrong() {
        for (wrong, part) in [
            ("orders", "no scheme"),
            ("", "no scheme"),
            (":x", "is not a scheme"),
            ("1x:y", "is not a scheme"),
            ("pipe:", "no name"),
            ("pipe:?max=1", "no name"),
            ("pipe:x?max", "is not setting=value"),
            ("pipe:x?a=1&a=2", "set twice"),
            ("pipe:x%2", "two hex digits"),
            ("pipe:x%+1", "two hex digits"),
            ("pipe:x%00", "control character"),
            ("pipe:%FF", "not UTF-8"),
        ] {
            let error = wrong.parse::<Endpoint>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
            assert!(error.to_string().contains(part), "{wrong}: {error}");
        }
    }

    #[test]
    fn plain_names_have_no_path_in_them() {
        let plain =
            |name: &str| format!("x:{name}").parse::<Endpoint>().unwrap().plain_name().is_ok();
        assert!(plain("Orders_1.v-2"));
        for wrong in ["a/b", "a\\b", "..", ".", "a b", "ä", &"x".repeat(101)] {
            assert!(!plain(wrong), "{wrong}");
        }
    }

    /// Miri is slow and opens no files.
    fn config() -> ProptestConfig {
        let cases = if cfg!(miri) { 3 } else { 256 };
        ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
    }

    /// Text rich in the characters that mean something in an endpoint.
    fn text(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
        let special = prop::sample::select(":/?&=%+pipe09".chars().collect::<Vec<_>>());
        let c = prop_oneof![2 => special, 1 => any::<char>()];
        prop::collection::vec(c, length).prop_map(String::from_iter)
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn what_is_shown_reads_back_the_same(name in text(1..40), value in text(0..20)) {
            let [name, value] = [name, value].map(|text| text.replace(char::is_control, "%"));
            let endpoint: Endpoint = "pipe:x".parse().unwrap();
            let endpoint = endpoint.with_name(name).with_setting("max", &value);
            prop_assert_eq!(endpoint.to_string().parse::<Endpoint>().unwrap(), endpoint);
        }

        #[test]
        fn any_text_is_refused_or_shown_as_it_was_read(rest in text(0..60)) {
            if let Ok(endpoint) = format!("pipe:{rest}").parse::<Endpoint>() {
                prop_assert_eq!(endpoint.to_string().parse::<Endpoint>().unwrap(), endpoint);
            }
            let _ = rest.parse::<Endpoint>();
        }

        #[test]
        fn two_slashes_before_a_name_are_part_of_it(name in "[/a]{1,8}") {
            let endpoint: Endpoint = format!("unix://{name}").parse().unwrap();
            prop_assert_eq!(endpoint.name(), &name);
            prop_assert_eq!(endpoint.to_string().parse::<Endpoint>().unwrap(), endpoint);
        }
    }
}
