use crate::support::*;
use samebox_core::ErrorKind;
use samebox_wcf::NetTcp;
use std::sync::atomic::Ordering;

/// The same port with another path.
fn beside(office: &Hosting, path: &str) -> String {
    let name = office.endpoint().name();
    let port = name.split('/').next().unwrap();
    format!("net.tcp://{port}/{path}")
}

#[test]
fn services_share_a_port_and_the_longest_path_wins() {
    let one = host(&NetTcp, "net.tcp://localhost:0/A");
    let two = host(&NetTcp, &beside(&one, "A/B"));
    let (first, second) = (one.client(), two.client());
    echo(&*first, "one").unwrap();
    echo(&*first, "one").unwrap();
    echo(&*second, "two").unwrap();
    let executed = [&one, &two].map(|service| service.office.executed.load(Ordering::SeqCst));
    assert_eq!(executed, [2, 1]);
    // Case, and a slash at the end, make no difference.
    let endpoint = beside(&one, "a/b/").parse().unwrap();
    echo(&*connect(&NetTcp, &endpoint, None).unwrap(), "two").unwrap();
    assert_eq!(two.office.executed.load(Ordering::SeqCst), 2);
}

#[test]
fn a_path_belongs_to_one_service_at_a_time() {
    let one = host(&NetTcp, "net.tcp://localhost:0/A");
    let place = beside(&one, "a/");
    let refused = try_host(&NetTcp, &place).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::AddressInUse);
    let other = host(&NetTcp, &beside(&one, "B"));
    drop(one);
    let again = host(&NetTcp, &place);
    echo(&*again.client(), "again").unwrap();
    echo(&*other.client(), "other").unwrap();
}

#[test]
fn the_port_is_free_after_its_last_service() {
    let one = host(&NetTcp, "net.tcp://localhost:0/A");
    let two = host(&NetTcp, &beside(&one, "B"));
    let place = beside(&one, "C");
    let address = one.endpoint().name().split('/').next().unwrap().to_owned();
    drop((one, two));
    drop(std::net::TcpListener::bind(address).unwrap());
    drop(host(&NetTcp, &place));
}

#[test]
fn an_address_without_a_service_is_told_so() {
    let mut office = host(&NetTcp, "net.tcp://localhost:0/Office");
    let endpoint = beside(&office, "Elsewhere?wait=0s").parse().unwrap();
    let typed = samebox_core::DynTransport::as_typed(&NetTcp).unwrap();
    let deadline = samebox_core::Deadline::now();
    let refused = typed.connect_typed(&endpoint, &OFFICE, None, deadline).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::NotListening);
    assert!(refused.to_string().contains("no service at this address"), "{refused}");
    office.expect_fault("Elsewhere");
}

#[test]
fn the_next_client_of_a_full_service_is_told_that_it_is_busy() {
    let office = host(&NetTcp, "net.tcp://localhost:0/Office?sessions=2");
    let (one, two) = (office.client(), office.client());
    let refused = connect(&NetTcp, office.endpoint(), None).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Full, "{refused}");
    echo(&*one, "undisturbed").unwrap();
    drop(two);
    let by = soon();
    while connect(&NetTcp, office.endpoint(), None).is_err() {
        assert!(!by.has_passed());
    }
}

#[test]
fn a_silent_session_ends_and_its_client_begins_another() {
    let office = host(&NetTcp, "net.tcp://localhost:0/Office?idle=50ms");
    let client = office.client();
    echo(&*client, "one").unwrap();
    let by = soon();
    // The server ends it, and the next call begins another one.
    while office.office.sessions.load(Ordering::SeqCst) < 2 {
        std::thread::sleep(std::time::Duration::from_millis(60));
        echo(&*client, "more").unwrap();
        assert!(!by.has_passed());
    }
}

#[test]
fn a_message_above_max_is_refused_at_its_sender_or_by_the_service() {
    let mut office = host(&NetTcp, "net.tcp://localhost:0/Office?max=10000");
    let client = office.client();
    let text = "x".repeat(20_000);
    assert_eq!(echo(&*client, &text).unwrap_err().kind(), ErrorKind::TooLarge);
    echo(&*client, "next").unwrap();
    let larger = office.endpoint().with_setting("max", "100000");
    let larger = connect(&NetTcp, &larger, None).unwrap();
    let refused = echo(&*larger, &text).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge, "{refused}");
    assert!(refused.to_string().contains("MaxReceivedMessageSize"), "{refused}");
    office.expect_fault("too large");
    echo(&*client, "undisturbed").unwrap();
}

#[cfg(unix)]
#[test]
fn a_client_may_ask_for_the_upgrade_of_unix_sockets() {
    use samebox_wcf::NetUds;
    let folder = tempfile::tempdir().unwrap();
    let office = host(&NetUds, &format!("net.uds:{}", folder.path().join("o.sock").display()));
    let endpoint = office.endpoint().with_setting("upgrade", "unixposix");
    let client = connect(&NetUds, &endpoint, None).unwrap();
    assert_eq!(echo(&*client, "who am I?").unwrap(), "who am I?");
    assert_eq!(client.peer().unwrap().pid, Some(std::process::id()));
}
