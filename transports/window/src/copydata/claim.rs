use super::options::Options;
use samebox_core::{Endpoint, Error, ErrorKind, Operation, Result};
use samebox_sys::windows::mutex::Claim;
use samebox_sys::windows::security::Descriptor;
use samebox_sys::windows::window::{Where, find};

/// Takes a title for one server of this session.
///
/// A mutex decides between two servers of samebox, whatever the class of their windows. A window of
/// another program is in the way when a client could take it for the server's.
pub(crate) fn take(endpoint: &Endpoint, options: &Options) -> Result<Claim> {
    let failed = |cause: std::io::Error| {
        let why = format!("the mutex that stands for the title: {cause}");
        endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
    };
    let rights = Descriptor::private(&[]).map_err(failed)?;
    let claim = Claim::take(&mutex(endpoint.name()), &rights).map_err(failed)?;
    let Some(claim) = claim else {
        return Err(in_use(endpoint, "a live server has this name"));
    };
    let (class, title) = (Some(options.own_class()), Some(endpoint.name()));
    let mut found = [Where::TopLevel, Where::MessageOnly].into_iter();
    match found.find_map(|place| find(place, class, title).into_iter().next()) {
        None => Ok(claim),
        Some(window) => {
            let why = format!("another program has a window of this title and class: {window}");
            let advice = "close that program, or use another name or ?class=";
            Err(in_use(endpoint, &why).with_advice(advice))
        }
    }
}

fn in_use(endpoint: &Endpoint, why: &str) -> Error {
    endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why)
}

/// The name of the mutex. Windows are found in any mixture of upper and lower case.
fn mutex(title: &str) -> String {
    let lower = |c: char| {
        let mut lower = c.to_lowercase();
        // What grows could make the name too long. No title has the control character.
        match (lower.next(), lower.next()) {
            _ if c == '\\' => '\u{1}',
            (Some(lower), None) => lower,
            _ => c,
        }
    };
    format!(r"Local\samebox-window-{}", title.chars().map(lower).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutex_has_a_name_that_can_be() {
        assert_eq!(mutex("Orders"), mutex("oRDERS"));
        assert_ne!(mutex(r"a\b"), mutex("a/b"));
        assert_eq!(mutex(r"a\b").matches('\\').count(), 1);
        assert!(mutex(&"İ".repeat(100)).encode_utf16().count() < 260);
    }
}
