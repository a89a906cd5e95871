use crate::support::*;
use samebox_wcf::NetTcp;
use std::sync::atomic::Ordering;
use std::thread;

fn office() -> Hosting {
    host(&NetTcp, "net.tcp://localhost:0/Office")
}

#[test]
fn a_service_asks_its_client_before_it_answers() {
    let office = office();
    let (client, customer) = office.customer();
    assert_eq!(ask(&*client, "sure?").unwrap(), "sure? Ok(true)");
    assert_eq!(customer.news.wait_for(1), ["asking"]);
}

#[test]
fn a_client_asks_its_service_before_it_answers_the_services_question() {
    let office = office();
    let (client, customer) = office.customer();
    *customer.service.lock().unwrap() = Some(client.clone());
    for round in 0..20 {
        assert_eq!(ask(&*client, &format!("{round}?")).unwrap(), format!("{round}? Ok(true)"));
    }
    // What is called back keeps what calls alive.
    customer.service.lock().unwrap().take();
    assert_eq!(office.office.sessions.load(Ordering::SeqCst), 1);
}

#[test]
fn a_service_calls_clients_that_do_nothing_themselves() {
    use samebox_core::typed::{Caller, Dispatch, Invoke, Respond};
    use std::sync::{Arc, Mutex};

    /// Keeps the way back to each client.
    #[derive(Default)]
    struct Publisher(Mutex<Vec<Arc<dyn Invoke>>>, Heard);

    impl Dispatch for Publisher {
        fn dispatch(
            &self,
            _: usize,
            caller: &Caller<'_>,
            _: &mut dyn samebox_data::Reader,
            _: &mut dyn Respond,
        ) -> samebox_data::Result<()> {
            self.0.lock().unwrap().push(caller.back.unwrap().clone());
            self.1.hear("subscribed".into());
            Ok(())
        }
    }

    struct One(Arc<Publisher>);

    impl samebox_core::typed::Instances for One {
        fn begin(&self, _: &samebox_core::Peer) -> Arc<dyn Dispatch> {
            self.0.clone()
        }
    }

    use samebox_core::Transport;
    let publisher = Arc::new(Publisher::default());
    let endpoint = "net.tcp://localhost:0/Office".parse().unwrap();
    let instances = Arc::new(One(publisher.clone()));
    let typed = NetTcp.as_typed().unwrap();
    let hosted = typed.bind_typed(&endpoint, &OFFICE, instances).unwrap();
    let customers: Vec<_> = (0..3).map(|_| Arc::new(Customer::default())).collect();
    let clients: Vec<_> = customers
        .iter()
        .map(|customer| {
            let callbacks: Arc<dyn Dispatch> = customer.clone();
            let client = connect(&NetTcp, hosted.endpoint(), Some(callbacks)).unwrap();
            send(&*client, "subscribe");
            client
        })
        .collect();
    publisher.1.wait_for(3);
    let backs = publisher.0.lock().unwrap().clone();
    for back in &backs {
        notify(&**back, "news");
        assert_eq!(confirm(&**back, "heard?"), Ok(true));
    }
    customers.iter().for_each(|customer| assert_eq!(customer.news.wait_for(1), ["news"]));
    drop(clients);
    // A client that has gone is found to be gone.
    let by = soon();
    while confirm(&*backs[0], "still there?").is_ok() {
        assert!(!by.has_passed());
    }
    drop(hosted);
}

#[test]
fn many_threads_ask_at_once_and_each_gets_its_own_answer() {
    let office = office();
    let (client, customer) = office.customer();
    thread::scope(|scope| {
        for number in 0..6 {
            let client = &*client;
            scope.spawn(move || {
                for round in 0..30 {
                    let question = format!("{number}.{round}");
                    let answer = ask(client, &question).unwrap();
                    assert_eq!(answer, format!("{question} Ok(true)"));
                    assert_eq!(add(client, number, round).unwrap(), number + round);
                }
            });
        }
    });
    assert_eq!(customer.news.wait_for(180).len(), 180);
}

#[test]
fn a_client_without_callbacks_says_so() {
    let office = office();
    let client = office.client();
    assert_eq!(ask(&*client, "sure?").unwrap(), "sure? Err(Fault)");
}
