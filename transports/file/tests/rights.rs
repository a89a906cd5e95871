//! Who may use the files, on Windows; `hostile.rs` has the same for Unix.

#![cfg(windows)]

mod support;

use samebox_core::ErrorKind;
use samebox_sys::windows::security::access_list;
use support::{Folder, kind, send};

/// The rights of a file, as SDDL.
fn rights(path: &std::path::Path) -> String {
    access_list(std::fs::File::open(path).unwrap()).unwrap()
}

#[test]
fn what_samebox_makes_is_for_this_user() {
    let folder = Folder::new();
    let mut client = folder.connect("server=any").unwrap();
    send(&mut client, b"private").unwrap();
    let made = rights(&folder.slot());
    let everyone = [";;;WD)", ";;;BU)", ";;;AU)"];
    assert!(!everyone.iter().any(|group| made.contains(group)), "{made}");
}

#[test]
fn those_who_are_allowed_may_use_it() {
    let folder = Folder::new();
    let _server = folder.bind("allow=group:Everyone").unwrap();
    let shared = rights(&folder.slot());
    assert!(shared.contains(";;;WD)"), "{shared}");
}

#[test]
fn a_directory_is_no_slot() {
    let folder = Folder::new();
    std::fs::create_dir(folder.slot()).unwrap();
    assert_eq!(kind(folder.bind("")), ErrorKind::Denied);
    assert_eq!(kind(folder.connect("")), ErrorKind::Denied);
    assert!(!folder.lock().exists());
}

#[test]
fn an_account_that_is_not_there_is_named() {
    let folder = Folder::new();
    let error = folder.bind("allow=user:nobody-here").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
    assert!(error.to_string().contains("user:nobody-here"), "{error}");
}
