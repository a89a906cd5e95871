//! Objects are installed in the registry, and leave nothing behind.

#![cfg(windows)]

use samebox_core::{Endpoint, ErrorKind};
use samebox_object::install::{Scope, install, uninstall};
use samebox_sys::windows::com::typelib::{Kind, Library};
use samebox_sys::windows::registry::{Hive, Key};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::windows::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

const CLASSES: &str = "Software\\Classes";

fn endpoint(name: &str) -> Endpoint {
    format!("object:SameboxTest{}.{name}", std::process::id()).parse().unwrap()
}

fn words(words: &[&str]) -> Vec<OsString> {
    let program = env::current_exe().unwrap();
    std::iter::once(program.into()).chain(words.iter().map(Into::into)).collect()
}

fn text(hive: Hive, path: &str) -> Option<String> {
    Key::open(hive, &format!("{CLASSES}\\{path}")).unwrap()?.text("").unwrap()
}

/// Everything below a key: the paths, and their values.
fn export(hive: Hive, path: &str, into: &mut BTreeMap<String, Vec<(String, Option<String>)>>) {
    let Some(key) = Key::open(hive, path).unwrap() else { return };
    let values = key.values().unwrap().into_iter();
    // What is no text is told by its name alone.
    let values = values.map(|name| (name.clone(), key.text(&name).ok().flatten())).collect();
    into.insert(path.to_owned(), values);
    for below in key.keys().unwrap() {
        export(hive, &format!("{path}\\{below}"), into);
    }
}

/// What the registry has of names that this process made, and of classes and interfaces at all.
fn exported(hive: Hive, endpoint: &Endpoint) -> BTreeMap<String, Vec<(String, Option<String>)>> {
    let mut all = BTreeMap::new();
    for place in [endpoint.name(), "CLSID", "TypeLib", "Interface"] {
        export(hive, &format!("{CLASSES}\\{place}"), &mut all);
    }
    all.retain(|_, values| !values.iter().any(|(_, text)| is_of_another_test(text, endpoint)));
    all
}

/// Tests of this file run at the same time, each with names of its own.
fn is_of_another_test(text: &Option<String>, endpoint: &Endpoint) -> bool {
    let own = endpoint.name();
    text.as_ref().is_some_and(|text| text.contains("SameboxTest") && !text.contains(own))
}

fn file_of(places: &[String]) -> PathBuf {
    places.iter().find(|place| place.ends_with(".tlb")).unwrap().into()
}

fn installs_and_leaves_nothing(scope: Scope, hive: Hive, name: &str) {
    let endpoint = endpoint(name);
    let before = exported(hive, &endpoint);
    let change = install(&endpoint, &words(&["listen"]), scope).unwrap();
    assert_eq!(change.name, endpoint.name());
    assert_eq!(change.places.len(), 7, "{:?}", change.places);
    let class = text(hive, &format!("{name}\\CLSID", name = endpoint.name())).unwrap();
    let back = text(hive, &format!("CLSID\\{class}\\ProgID")).unwrap();
    assert_eq!(back, endpoint.name());
    let library = Library::read(&file_of(&change.places)).unwrap();
    let kinds: Vec<Kind> = library.interfaces.iter().map(|interface| interface.kind).collect();
    assert_eq!(kinds, [Kind::Dual, Kind::Events]);

    assert_eq!(install(&endpoint, &words(&["other"]), scope).unwrap(), change);
    let line = text(hive, &format!("CLSID\\{class}\\LocalServer32")).unwrap();
    assert!(line.ends_with(" other"), "{line}");

    assert_eq!(uninstall(&endpoint, scope).unwrap(), change);
    assert_eq!(exported(hive, &endpoint), before);
    assert!(!file_of(&change.places).exists());
    assert_eq!(uninstall(&endpoint, scope).unwrap().places, [""; 0]);
}

#[test]
fn an_object_of_this_user_leaves_nothing_behind() {
    installs_and_leaves_nothing(Scope::User, Hive::User, "User");
}

#[test]
fn an_object_of_the_machine_leaves_nothing_behind() {
    installs_and_leaves_nothing(Scope::Machine, Hive::Machine, "Machine");
}

#[test]
fn a_name_of_another_program_is_left_alone() {
    let endpoint = endpoint("Foreign");
    let path = format!("{CLASSES}\\{}", endpoint.name());
    Key::create(Hive::User, &path).unwrap().set_text("", "another program").unwrap();
    let error = install(&endpoint, &words(&[]), Scope::User).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddressInUse);
    assert!(error.to_string().contains(&path), "{error}");
    assert_eq!(uninstall(&endpoint, Scope::User).unwrap().places, [""; 0]);
    let kept = text(Hive::User, endpoint.name());
    Key::remove(Hive::User, &path).unwrap();
    assert_eq!(kept.as_deref(), Some("another program"));
}

#[test]
fn what_others_put_beside_it_stays() {
    let endpoint = endpoint("Beside");
    install(&endpoint, &words(&[]), Scope::User).unwrap();
    let class = text(Hive::User, &format!("{}\\CLSID", endpoint.name())).unwrap();
    let path = format!("{CLASSES}\\CLSID\\{class}");
    let key = Key::create(Hive::User, &path).unwrap();
    key.set_text("AppID", "{0}").unwrap();
    uninstall(&endpoint, Scope::User).unwrap();
    let left = key.values().unwrap();
    drop(key);
    Key::remove(Hive::User, &path).unwrap();
    let containers = Key::open(Hive::User, &format!("{CLASSES}\\CLSID")).unwrap();
    if containers.is_some_and(|key| key.keys().unwrap().is_empty()) {
        let _ = Key::remove(Hive::User, &format!("{CLASSES}\\CLSID"));
    }
    assert_eq!(left, ["AppID"]);
}

#[test]
fn another_class_takes_the_place_of_the_first() {
    let first = endpoint("Class");
    install(&first, &words(&[]), Scope::User).unwrap();
    let before = text(Hive::User, &format!("{}\\CLSID", first.name())).unwrap();
    let given = first
        .with_setting("clsid", &format!("{{0000000A-0000-4000-8000-{:012X}}}", std::process::id()));
    install(&given, &words(&[]), Scope::User).unwrap();
    let after = text(Hive::User, &format!("{}\\CLSID", first.name()));
    assert_eq!(after.as_deref(), given.setting("clsid"));
    assert_eq!(text(Hive::User, &format!("CLSID\\{before}")), None);
    // The name is enough to find the class that was given.
    assert_eq!(uninstall(&first, Scope::User).unwrap().places.len(), 7);
    assert_eq!(text(Hive::User, &format!("CLSID\\{}", after.unwrap())), None);
}

#[test]
fn a_program_that_is_not_there_is_not_installed() {
    let endpoint = endpoint("Program");
    let error = install(&endpoint, &["no-such-program".into()], Scope::User).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("no-such-program"), "{error}");
    assert_eq!(text(Hive::User, endpoint.name()), None);
}

/// The variable that names the file into which a started copy of this program writes its words.
const WORDS: &str = "SAMEBOX_TEST_WORDS";

#[test]
fn the_words_of_the_command_come_back() {
    if let Some(file) = env::var_os(WORDS) {
        let words: Vec<String> = env::args().collect();
        fs::write(file, words.join("\n")).unwrap();
        return;
    }
    let endpoint = endpoint("Words");
    let hard = ["", "two words", "a\"b", r"C:\dir\", r"C:\a dir\", r#"a\\"b"#, "ä€", "%PATH%"];
    let own = ["--exact", "the_words_of_the_command_come_back", "--"];
    install(&endpoint, &words(&[own.as_slice(), &hard].concat()), Scope::User).unwrap();
    let class = text(Hive::User, &format!("{}\\CLSID", endpoint.name())).unwrap();
    let line = text(Hive::User, &format!("CLSID\\{class}\\LocalServer32")).unwrap();
    uninstall(&endpoint, Scope::User).unwrap();

    let (program, rest) = line.strip_prefix('"').unwrap().split_once('"').unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("words");
    let mut command = Command::new(program);
    // COM adds a word of its own.
    let status = command.raw_arg(rest).raw_arg("-Embedding").env(WORDS, &file).status().unwrap();
    assert!(status.success());
    let read = fs::read_to_string(file).unwrap();
    let read: Vec<&str> = read.split('\n').skip(1 + own.len()).collect();
    assert_eq!(read, [hard.as_slice(), &["-Embedding"]].concat());
}
