//! Any text is an endpoint that reads back as it is shown, or an `InvalidEndpoint` that says why.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samebox_core::{
    CAPACITY, Endpoint, Error, ErrorKind, FRAMING, MAX, OVERFLOW, Overflow, STALL, Setting, WAIT,
};

const SETTINGS: [Setting; 6] = [MAX, WAIT, CAPACITY, OVERFLOW, FRAMING, STALL];

fuzz_target!(|text: &str| {
    let endpoint = match text.parse::<Endpoint>() {
        Ok(endpoint) => endpoint,
        Err(error) => return refused(&error, text),
    };
    assert_eq!(endpoint.to_string().parse::<Endpoint>().expect("it was shown"), endpoint);
    assert!(!endpoint.name().is_empty());
    assert_eq!(endpoint.scheme(), endpoint.scheme().to_ascii_lowercase());
    let two_slashes = format!("{}://{}", endpoint.scheme(), text.split_once(':').unwrap().1);
    if !text.contains("://") && two_slashes.len() <= 4096 {
        assert_eq!(two_slashes.parse::<Endpoint>().expect("two slashes change nothing"), endpoint);
    }
    names(&endpoint);
    settings(&endpoint, text);
});

fn names(endpoint: &Endpoint) {
    match endpoint.plain_name() {
        Ok(name) => {
            assert!((1..=100).contains(&name.len()) && name != "." && name != "..");
            assert!(!name.contains(['/', '\\', ':', '\0']));
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidEndpoint),
    }
}

fn settings(endpoint: &Endpoint, text: &str) {
    for (name, value) in endpoint.settings() {
        assert_eq!(endpoint.setting(name), Some(value), "no setting is given twice");
    }
    if let Err(error) = endpoint.check_settings(&SETTINGS) {
        refused(&error, text);
    }
    match endpoint.size(MAX, 16 << 20, 1 << 30) {
        Ok(size) => assert!((1..=1 << 30).contains(&size)),
        Err(error) => refused(&error, text),
    }
    let errors = [
        endpoint.duration(WAIT, None).err(),
        endpoint.duration(STALL, None).err(),
        endpoint.overflow(&[Overflow::Block, Overflow::Reject]).err(),
        endpoint.choice(FRAMING, &[("length", 0), ("line", 1)]).err(),
        endpoint.allow().err(),
    ];
    errors.iter().flatten().for_each(|error| refused(error, text));
}

/// An error is one sentence that does not grow far beyond what it is about.
fn refused(error: &Error, text: &str) {
    assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
    let sentence = error.to_string();
    assert!(sentence.len() <= 1000 + 6 * text.len().min(4096), "{} bytes", sentence.len());
    assert!(!sentence.chars().any(|c| c.is_control() && !text.contains(c)), "{sentence:?}");
}
