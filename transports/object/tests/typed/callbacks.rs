use crate::desk::{Guest, open, visit, visit_as};
use crate::each;
use samebox::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_service_asks_and_tells_its_client_within_a_call() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let guest = Arc::new(Guest::default());
        let client = visit_as(&place.endpoint(), &guest);
        assert_eq!(client.ask(5).unwrap(), 3);
        let heard = guest.heard.lock().unwrap().clone();
        assert_eq!(heard, ["0 follows", "1 follows", "2 follows", "3 follows", "4 follows"]);
    });
}

#[test]
fn a_client_asks_another_session_within_a_callback() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let guest = Arc::new(Guest::default());
        let client = visit_as(&place.endpoint(), &guest);
        *guest.desk.lock().unwrap() = Some(visit(&place.endpoint()));
        assert_eq!(client.ask(20).unwrap(), 10);
    });
}

#[test]
fn threads_that_are_called_back_do_not_mix_their_answers() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let client = visit(&place.endpoint());
        std::thread::scope(|scope| {
            for thread in 0..8_i32 {
                let own = if thread % 2 == 0 { client.clone() } else { visit(&place.endpoint()) };
                scope.spawn(move || {
                    for n in 0..20_i32 {
                        assert_eq!(own.ask(4).unwrap(), 2);
                        assert_eq!(own.add(thread, n).unwrap(), thread + n);
                    }
                });
            }
        });
    });
}

#[test]
fn a_service_learns_that_a_client_does_not_answer_in_time() {
    each(|place| {
        use samebox::contract::Serving;
        use std::sync::Mutex;

        #[samebox::contract]
        trait Slow {
            fn answer(&self) -> u8;
        }

        #[samebox::contract(callback = Slow)]
        trait Hurried {
            fn hurry(&self, #[callback] slow: &SlowClient) -> String;
        }

        struct Hurry;

        impl Hurried for Hurry {
            fn hurry(&self, slow: &SlowClient) -> String {
                let slow = slow.clone().with_timeout(Duration::from_millis(50));
                format!("{:?}", slow.answer().unwrap_err().kind())
            }
        }

        struct Late(Mutex<std::sync::mpsc::Receiver<()>>);

        impl Slow for Late {
            fn answer(&self) -> u8 {
                // Until the service has given up.
                let _ = self.0.lock().unwrap().recv_timeout(Duration::from_millis(300));
                7
            }
        }

        let serving: Serving =
            samebox::serve(&place.endpoint(), HurriedHost::shared(Hurry)).unwrap();
        let (_sender, receiver) = std::sync::mpsc::channel();
        let client = HurriedClient::connect(&place.endpoint(), Late(Mutex::new(receiver))).unwrap();
        assert_eq!(client.hurry().unwrap(), "TimedOut");
        drop(serving);
        assert!(matches!(
            client.hurry().unwrap_err().kind(),
            ErrorKind::NotListening | ErrorKind::Disconnected
        ));
    });
}
