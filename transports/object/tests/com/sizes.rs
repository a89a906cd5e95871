//! Large messages, as text and as bytes.

use super::{bind, connect, endpoint, next, send, soon};
use samebox_core::Outbox;

#[test]
fn ten_megabytes_arrive_as_text_and_as_bytes() {
    const SIZE: usize = 10 << 20;
    let endpoint = endpoint("");
    let mut server = bind(&endpoint);
    let mut text: Vec<u8> = b"0123456789abcdef".iter().copied().cycle().take(SIZE).collect();
    text.splice(100..102, "é".bytes());
    let bytes: Vec<u8> = (0..SIZE).map(|at| (at % 251) as u8).collect();
    for payload in [text, bytes] {
        let mut client = connect(&endpoint);
        let sent = payload.clone();
        let sender = std::thread::spawn(move || {
            send(&mut client, &sent);
            let call = client.as_call().unwrap().request(sent.as_slice().into(), soon()).unwrap();
            client.as_call().unwrap().response(call, soon()).unwrap()
        });
        assert!(next(&mut server).payload() == payload);
        let mut question = next(&mut server);
        assert!(question.payload() == payload);
        question.reply(&payload).unwrap();
        assert!(sender.join().unwrap() == payload);
    }
}
