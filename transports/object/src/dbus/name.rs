//! What an object is called on a bus.

use samebox_core::{Endpoint, Result};

/// What a name without a dot stands under: a bus knows no such names.
const OWN: &str = "org.samebox";

/// The well-known name on the bus: the endpoint's own when it has a dot, else `org.samebox.NAME`.
///
/// # Errors
/// `InvalidEndpoint` for a name that no bus takes: parts between dots are not empty and do not begin
/// with a digit.
pub(crate) fn bus_name(endpoint: &Endpoint) -> Result<String> {
    let name = endpoint.plain_name()?;
    let wrong = |part: &str| part.is_empty() || part.starts_with(|c: char| c.is_ascii_digit());
    if let Some(part) = name.split('.').find(|part| wrong(part)) {
        let why = match part {
            "" => "a part of a bus name between dots is empty".into(),
            _ => format!("`{part}` begins with a digit, as no part of a bus name may"),
        };
        return Err(endpoint.invalid(why).with_advice("use a name such as org.example.Orders"));
    }
    Ok(if name.contains('.') { name.into() } else { format!("{OWN}.{name}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Result<String> {
        bus_name(&format!("object:{name}").parse().expect("it is an endpoint"))
    }

    #[test]
    fn a_name_with_a_dot_stays_and_one_without_gets_a_place() {
        assert_eq!(named("org.example.My-Orders").unwrap(), "org.example.My-Orders");
        assert_eq!(named("orders_2").unwrap(), "org.samebox.orders_2");
    }

    #[test]
    fn what_no_bus_takes_is_refused_in_words() {
        for (name, word) in [("a..b", "empty"), (".a", "empty"), ("a.2b", "digit"), ("a/b", "'/'")]
        {
            let refused = named(name).expect_err(name).to_string();
            assert!(refused.contains(word), "{name}: {refused}");
        }
    }
}
