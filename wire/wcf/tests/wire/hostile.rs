//! Peers that mean harm: every limit holds before anything of that size is kept.

use crate::stream::read;
use samebox_wcf_wire::dictionary::{Received, SESSION_BYTES};
use samebox_wcf_wire::framing::{self, Answer, Fault, Opening, Preamble, Record};
use samebox_wcf_wire::{Error, Limited, mb};

fn words() -> Received {
    Received::new(SESSION_BYTES)
}

fn refused(document: &[u8]) -> Error {
    read(document, &words()).unwrap_err()
}

fn limited(document: &[u8]) -> Limited {
    match refused(document) {
        Error::TooLarge { what, .. } => what,
        other => panic!("{other:?}"),
    }
}

fn is_violation(document: &[u8]) -> bool {
    matches!(refused(document), Error::Violation { .. })
}

#[test]
fn ten_thousand_elements_within_each_other_are_too_deep() {
    let mut document = b"\x40\x01n".repeat(10_000);
    document.extend([1; 10_000]);
    assert_eq!(limited(&document), Limited::Depth);
    // And as many as are allowed are not.
    let mut document = b"\x40\x01n".repeat(128);
    document.extend([1; 128]);
    assert_eq!(read(&document, &words()), Ok(()));
}

#[test]
fn an_array_at_the_deepest_place_is_as_deep_as_an_element() {
    let array = b"\x03\x40\x01i\x01\x8D\x01\0\0\0\0";
    let nested = |depth| [b"\x40\x01n".repeat(depth), array.to_vec(), vec![1; depth]].concat();
    assert_eq!(read(&nested(127), &words()), Ok(()));
    assert_eq!(limited(&nested(128)), Limited::Depth);
}

#[test]
fn a_million_comments_are_passed_over_one_by_one() {
    let comments = b"\x02\x00".repeat(if cfg!(miri) { 100 } else { 1_000_000 });
    let document = [&comments[..], b"\x40\x01n", &comments, b"\x01", &comments].concat();
    assert_eq!(read(&document, &words()), Ok(()));
}

#[test]
fn ids_that_nobody_told_are_violations() {
    for id in [1, 3, 974, 975, mb::MAX] {
        let mut document = vec![0x42];
        mb::encode(id, &mut document);
        document.push(1);
        assert!(is_violation(&document), "{id}");
    }
}

#[test]
fn arrays_have_as_many_values_as_there_are_bytes() {
    for count in [0, 3, 1 << 20, mb::MAX] {
        let mut document = b"\x40\x01n\x03\x40\x01i\x01\x8D".to_vec();
        mb::encode(count, &mut document);
        document.extend([0; 8]);
        assert!(is_violation(&document), "{count}");
    }
    assert!(is_violation(b"\x40\x01n\x03\x40\x01i\x01\x8D\xFF\xFF\xFF\xFF\x0F"));
}

#[test]
fn texts_are_as_long_as_there_are_bytes() {
    assert!(is_violation(b"\x40\x01n\x9D\xFF\xFF\xFF\x7Fabc"));
    assert!(is_violation(b"\x40\x01n\x9D\xFF\xFF\xFF\xFFabc"));
    assert!(is_violation(b"\x40\x01n\xA3\xFF\xFF\xFF\x7Fabc"));
}

#[test]
fn names_attributes_and_namespaces_have_limits() {
    assert_eq!(limited(b"\x40\xFF\xFF\xFF\xFF\x07n"), Limited::Name);
    let attributes = |count: u8| {
        let each = |n| [0x04, 2, b'a' + n % 16, b'a' + n / 16, 0x80];
        [b"\x40\x01n".to_vec(), (0..count).flat_map(each).collect(), vec![1]].concat()
    };
    assert_eq!(read(&attributes(128), &words()), Ok(()));
    assert_eq!(limited(&attributes(129)), Limited::Attributes);
    let namespaces = [b"\x40\x01n".to_vec(), b"\x09\x01p\x01u".repeat(257), vec![1]].concat();
    assert_eq!(limited(&namespaces), Limited::Namespaces);
}

#[test]
fn what_does_not_fit_together_is_a_violation() {
    let wrong: [(&str, &[u8]); 16] = [
        ("nothing", b""),
        ("text alone", b"\x80"),
        ("an end alone", b"\x01"),
        ("an array alone", b"\x03\x40\x01i\x01\x8D\x01\0\0\0\0"),
        ("two elements", b"\x40\x01n\x01\x40\x01n\x01"),
        ("text behind", b"\x40\x01n\x01\x80"),
        ("an attribute after text", b"\x40\x01n\x80\x04\x01a\x80\x01"),
        ("an attribute without value", b"\x40\x01n\x04\x01a\x01"),
        ("an attribute that ends", b"\x40\x01n\x04\x01a\x81\x01"),
        ("an attribute twice", b"\x40\x01n\x04\x01a\x80\x04\x01a\x80\x01"),
        ("an unknown prefix", b"\x5E\x01n\x01"),
        ("an unknown prefix of an attribute", b"\x40\x01n\x26\x01a\x80\x01"),
        ("a list in a list", b"\x40\x01n\xA4\xA4\xA6\xA6\x01"),
        ("an end in a list", b"\x40\x01n\xA4\x81\xA6\x01"),
        ("an array within an array", b"\x40\x01n\x03\x03\x40\x01i\x01\x8D\x01\0\0\0\0"),
        ("half a character", b"\x40\x01n\xB7\x02\x00\xD8"),
    ];
    for (what, document) in wrong {
        assert!(is_violation(document), "{what}");
    }
}

#[test]
fn a_flood_of_strings_ends_the_session_at_its_limit() {
    let mut words = words();
    let mut taken = 0;
    let error = loop {
        match words.absorb(&[&b"\x40\x3F"[..], &[b'x'; 63]].concat()) {
            Ok(_) => taken += 64,
            Err(error) => break error,
        }
    };
    assert_eq!(taken, SESSION_BYTES);
    assert!(matches!(error, Error::TooLarge { what: Limited::Dictionary, .. }), "{error}");
}

#[test]
fn sizes_over_a_limit_are_refused_before_their_bytes_come() {
    let limits = framing::Limits::default();
    let decode = |bytes: &[u8]| framing::decode(bytes, &limits).map(|_| ());
    let cases: [(&[u8], Limited, Option<Fault>); 5] = [
        (b"\x06\x81\x80\x04", Limited::Message, Some(Fault::MaxMessageSizeExceeded)),
        (b"\x02\x81\x10", Limited::Via, Some(Fault::ViaTooLong)),
        (b"\x04\x81\x02", Limited::ContentType, Some(Fault::ContentTypeTooLong)),
        (b"\x08\x81\x02", Limited::Fault, None),
        (b"\x09\x81\x02", Limited::Upgrade, Some(Fault::UpgradeInvalid)),
    ];
    for (bytes, what, fault) in cases {
        let error = decode(bytes).unwrap_err();
        assert_eq!(Fault::for_error(&error), fault);
        assert!(matches!(error, Error::TooLarge { what: found, .. } if found == what), "{error}");
    }
    assert_eq!(decode(b"\x06\x80\x80\x04"), Err(Error::Incomplete { needed: 4 + 65_536 }));
    assert!(matches!(decode(b"\x0D"), Err(Error::Violation { .. })));
    assert!(matches!(decode(b"\x02\x01\xFF"), Err(Error::Violation { at: 2, .. })));
}

fn answers(preamble: &mut Preamble, mut bytes: &[u8]) -> Vec<Result<Answer, Error>> {
    let mut answers = Vec::new();
    while !bytes.is_empty() {
        let (record, taken) = framing::decode(bytes, &framing::Limits::default()).unwrap();
        answers.push(preamble.record(&record));
        bytes = &bytes[taken..];
    }
    answers
}

#[test]
fn a_preamble_is_refused_in_the_words_of_the_framing() {
    let cases: [(&[u8], Fault); 7] = [
        (b"\x00\x02\x00", Fault::UnsupportedVersion),
        (b"\x00\x01\x00\x01\x03", Fault::UnsupportedMode),
        (b"\x00\x01\x00\x01\x09", Fault::UnsupportedMode),
        (b"\x00\x01\x00\x01\x02\x02\x01v\x03\x03", Fault::ContentTypeInvalid),
        (b"\x00\x01\x00\x01\x01\x02\x01v\x03\x08", Fault::ContentTypeInvalid),
        (b"\x00\x01\x00\x01\x02\x02\x01v\x04\x01x", Fault::ContentTypeInvalid),
        (b"\x00\x01\x00\x01\x02\x02\x01v\x03\x08\x09\x01x", Fault::UpgradeInvalid),
    ];
    for (bytes, fault) in cases {
        let mut preamble = Preamble::new(&[]);
        let last = answers(&mut preamble, bytes).pop();
        assert_eq!(last, Some(Ok(Answer::Refuse(fault))), "{bytes:?}");
        assert!(preamble.record(&Record::PreambleEnd).is_err());
    }
}

#[test]
fn a_preamble_takes_one_upgrade_and_then_ends() {
    let upgrades = &[framing::UPGRADE_UNIX_POSIX];
    let opening = Opening::duplex("net.uds:/run/s").with_upgrade(framing::UPGRADE_UNIX_POSIX);
    let mut bytes = Vec::new();
    opening.encode(&mut bytes);
    let mut preamble = Preamble::new(upgrades);
    assert_eq!(answers(&mut preamble, &bytes).pop(), Some(Ok(Answer::Upgrade)));
    let mut again = preamble.clone();
    let ask = Record::UpgradeRequest(framing::UPGRADE_UNIX_POSIX);
    assert_eq!(again.record(&ask), Ok(Answer::Refuse(Fault::UpgradeInvalid)));
    assert_eq!(preamble.record(&Record::PreambleEnd), Ok(Answer::Ready(opening)));
}

#[test]
fn an_endless_preamble_is_cut_off_at_the_first_record_too_many() {
    let mut preamble = Preamble::new(&[]);
    assert!(preamble.is_untouched());
    let all = answers(&mut preamble, &b"\x00\x01\x00".repeat(100));
    assert_eq!(all[0], Ok(Answer::More));
    assert!(all[1..].iter().all(Result::is_err));
    assert!(!preamble.is_untouched());
}
