use crate::{Allow, Endpoint, Overflow, Result, nearest};
use std::time::Duration;

/// One setting that an endpoint of a transport may carry: `?name=value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What stands before the equals sign.
    pub name: &'static str,
    /// What may stand after it, for help and errors.
    pub values: &'static str,
    /// What holds when it is absent.
    pub default: &'static str,
    /// What it does, in a few words.
    pub help: &'static str,
}

/// The largest message unless `max` says otherwise: 16 MiB.
pub const DEFAULT_MAX: usize = 16 << 20;

/// `max`: the largest message.
pub const MAX: Setting = Setting {
    name: "max",
    values: "a size, 64KiB or 1048576",
    default: "16MiB",
    help: "largest message; larger ones are refused before a byte leaves",
};

/// `wait`: how long a client waits for its server to start or to come back.
pub const WAIT: Setting = Setting {
    name: "wait",
    values: "a time, 500ms or 5s",
    default: "0s",
    help: "how long a client waits for its server to start or come back",
};

/// `allow`: who may be at the other end, beside this user.
pub const ALLOW: Setting = Setting {
    name: "allow",
    values: "user:NAME, group:NAME or sid:S-1-.., separated by commas",
    default: "this user only",
    help: "who else may connect (server), or may own the server (client)",
};

/// `capacity`: how many bytes of messages may wait.
pub const CAPACITY: Setting = Setting {
    name: "capacity",
    values: "a size, 1MiB or 1048576",
    default: "64MiB",
    help: "bytes that may wait to be received before overflow applies",
};

/// `overflow`: what happens when the receiver is slower.
pub const OVERFLOW: Setting = Setting {
    name: "overflow",
    values: "block, reject, drop-new or drop-old",
    default: "block",
    help: "what happens when the receiver is slower than its senders",
};

/// `framing`: how messages are told apart on a byte stream.
pub const FRAMING: Setting = Setting {
    name: "framing",
    values: "length, line, eof or header",
    default: "length",
    help: "how messages are told apart on a byte stream",
};

/// `stall`: how long a half-received message may take to become whole.
pub const STALL: Setting = Setting {
    name: "stall",
    values: "a time, 500ms or 30s, or never",
    default: "30s",
    help: "how long a half-received message may take before its sender is cut off",
};

impl Endpoint {
    /// Refuses settings that are not in `known`.
    ///
    /// # Errors
    /// `InvalidEndpoint`, naming the allowed ones and the nearest.
    pub fn check_settings(&self, known: &[Setting]) -> Result<()> {
        let names = || known.iter().map(|setting| setting.name);
        for (name, _) in self.settings() {
            if names().any(|known| known == name) {
                continue;
            }
            let meant = nearest(name, names()).map(|near| format!("did you mean `{near}`? "));
            let allowed: Vec<_> = names().collect();
            let why = format!("`{name}` is not a setting of {}:", self.scheme());
            return Err(self.invalid(why).with_advice(match allowed.as_slice() {
                [] => "it takes no settings".into(),
                _ => {
                    format!("{}its settings are {}", meant.unwrap_or_default(), allowed.join(", "))
                }
            }));
        }
        Ok(())
    }

    /// The value of a size setting in bytes, or `default`.
    ///
    /// # Errors
    /// `InvalidEndpoint` when it is not a size from 1 byte to `limit`.
    pub fn size(&self, setting: Setting, default: usize, limit: usize) -> Result<usize> {
        let Some(text) = self.setting(setting.name) else { return Ok(default.min(limit)) };
        match parse_size(text) {
            Some(size) if (1..=limit).contains(&size) => Ok(size),
            Some(_) => {
                Err(self.invalid_value(setting, text, &format!("a size from 1 to {limit} bytes")))
            }
            None => Err(self.invalid_value(setting, text, setting.values)),
        }
    }

    /// The value of a time setting, `None` for `never`, or `default`.
    ///
    /// # Errors
    /// `InvalidEndpoint` when it is not a time.
    pub fn duration(
        &self,
        setting: Setting,
        default: Option<Duration>,
    ) -> Result<Option<Duration>> {
        match self.setting(setting.name) {
            None => Ok(default),
            Some("never") if setting.values.contains("never") => Ok(None),
            Some(text) => parse_duration(text)
                .map(Some)
                .ok_or_else(|| self.invalid_value(setting, text, setting.values)),
        }
    }

    /// The value of a setting that is one of a few words, or the first of them.
    ///
    /// # Errors
    /// `InvalidEndpoint`, naming the allowed words and the nearest.
    pub fn choice<T: Copy>(&self, setting: Setting, choices: &[(&str, T)]) -> Result<T> {
        let Some(text) = self.setting(setting.name) else { return Ok(choices[0].1) };
        let words = || choices.iter().map(|(word, _)| *word);
        choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let allowed: Vec<_> = words().collect();
            let meant =
                nearest(text, words()).map_or(String::new(), |n| format!("; did you mean `{n}`?"));
            self.invalid_value(setting, text, &format!("one of {}{meant}", allowed.join(", ")))
        })
    }

    /// The overflow policy, one of those the transport `can` do, the first by default.
    ///
    /// # Errors
    /// `InvalidEndpoint` for another word.
    pub fn overflow(&self, can: &[Overflow]) -> Result<Overflow> {
        let words: Vec<_> = can.iter().map(|policy| (policy.to_string(), *policy)).collect();
        let choices: Vec<_> = words.iter().map(|(word, policy)| (word.as_str(), *policy)).collect();
        // Not every transport can do all that the setting may say.
        self.choice(Setting { values: "one of those", ..OVERFLOW }, &choices)
    }

    /// Who may be at the other end beside this user.
    ///
    /// # Errors
    /// `InvalidEndpoint` when the value is not a list of accounts.
    pub fn allow(&self) -> Result<Allow> {
        let text = self.setting(ALLOW.name);
        text.map_or(Ok(Allow::default()), |text| {
            Allow::parse(text).map_err(|why| self.invalid(why))
        })
    }

    fn invalid_value(&self, setting: Setting, text: &str, allowed: &str) -> crate::Error {
        self.invalid(format!("`{}={text}` is not {allowed}", setting.name))
            .with_advice(format!("write ?{}= and {}", setting.name, setting.values))
    }
}

/// Reads `1048576`, `64KiB`, `16MiB`, `1GiB`; `k`, `M` and `G` count in 1024s too.
fn parse_size(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(1 << shift)
}

/// Reads `500ms`, `5s`, `2m`, `1h`, and `0`.
fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "us" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" | "min" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        "" if number == 0 => Some(Duration::ZERO),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn endpoint(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    #[test]
    fn sizes_are_read_with_units_and_bounded() {
        assert_eq!(endpoint("x:y?max=64KiB").size(MAX, 1, 1 << 30).unwrap(), 65536);
        assert_eq!(endpoint("x:y").size(MAX, 7, 1 << 30).unwrap(), 7);
        for wrong in
            ["0", "-1", "9GiB", "many", "", "99999999999999999999", "18446744073709551615k"]
        {
            let error = endpoint(&format!("x:y?max={wrong}")).size(MAX, 1, 1 << 30).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
        }
    }

    #[test]
    fn times_need_a_unit() {
        assert_eq!(
            endpoint("x:y?wait=5s").duration(WAIT, None).unwrap(),
            Some(Duration::from_secs(5))
        );
        assert_eq!(
            endpoint("x:y?stall=never").duration(STALL, Some(Duration::ZERO)).unwrap(),
            None
        );
        for wrong in ["5", "s", "never", "1d", "18446744073709551615h"] {
            assert!(
                endpoint(&format!("x:y?wait={wrong}")).duration(WAIT, None).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_wrong_word_is_told_the_right_ones() {
        let error = endpoint("x:y?overflow=blok").overflow(&[Overflow::Block, Overflow::Reject]);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("block, reject") && text.contains("did you mean `block`"), "{text}");
    }

    #[test]
    fn an_unknown_setting_is_told_the_known_ones() {
        let text = endpoint("x:y?mx=1").check_settings(&[MAX, WAIT]).unwrap_err().to_string();
        assert!(text.contains("did you mean `max`") && text.contains("max, wait"), "{text}");
    }
}
