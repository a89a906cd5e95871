//! `window:*`, which is never meant by mistake.

use super::*;

#[test]
fn every_window_of_a_class_gets_what_is_sent_to_all() {
    let class = unique();
    let foreign = [0, 1].map(|answer| Foreign::new(&class, &unique(), answer));
    let mut server = bind(&unique(), &format!("?class={class}"));
    let other = Foreign::new("samebox-uninvited", &unique(), 1);
    let mut client = connect("*", &format!("?class={class}&dwdata=5"));
    send(&mut client, b"to all").unwrap();
    foreign.iter().for_each(|window| assert_eq!(window.got(), (5, b"to all".to_vec())));
    assert_eq!(recv(&mut server), b"to all");
    assert!(other.heard.try_recv().is_err());
    drop(foreign);
    drop(server);
    assert_eq!(refused(send(&mut client, b"to nobody")).0, ErrorKind::NotListening);
}

#[test]
fn a_broadcast_that_nobody_takes_fails() {
    let class = unique();
    let foreign = Foreign::new(&class, &unique(), 0);
    let mut client = connect("*", &format!("?class={class}&confirm=yes"));
    assert_eq!(refused(send(&mut client, b"to all")).0, ErrorKind::Fault);
    assert_eq!(foreign.got().1, b"to all");
}

#[test]
fn a_star_says_who_is_meant_and_is_no_servers_title() {
    for wrong in ["", "?handle=1&class=x", "?broadcast=everyone&class=x"] {
        assert_eq!(refused(try_connect("*", wrong)).0, ErrorKind::InvalidEndpoint, "{wrong}");
    }
    assert_eq!(refused(Window.bind(&endpoint("*", ""))).0, ErrorKind::InvalidEndpoint);
}
