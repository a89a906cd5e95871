use samebox::Message;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A fixed number of threads that work on messages; dropping it waits until all is done.
pub(crate) struct Pool {
    queue: Option<SyncSender<Message>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts `size` threads that do `work`.
    pub(crate) fn start(
        size: usize,
        work: impl Fn(Message) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (queue, messages) = sync_channel(size);
        let messages = Arc::new(Mutex::new(messages));
        let work = Arc::new(work);
        let mut pool = Self { queue: Some(queue), threads: Vec::new() };
        for _ in 0..size {
            let (messages, work) = (Arc::clone(&messages), Arc::clone(&work));
            let run = move || {
                while let Some(message) = next(&messages) {
                    work(message);
                }
            };
            pool.threads.push(thread::Builder::new().name("worker".into()).spawn(run)?);
        }
        Ok(pool)
    }

    /// Hands over one message, waiting while as many wait already as there are threads.
    pub(crate) fn take(&self, message: Message) {
        if let Some(queue) = &self.queue {
            // Without a thread that takes it, the message is dropped and its sender told so.
            let _ = queue.send(message);
        }
    }
}

/// The next message; `None` once the pool is being dropped.
fn next(messages: &Mutex<Receiver<Message>>) -> Option<Message> {
    messages.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox::Peer;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_message_is_done_before_the_pool_is_gone() {
        let done = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&done);
        let pool = Pool::start(3, move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let pool = pool.expect("the system gives threads");
        for _ in 0..100 {
            pool.take(Message::new("x", Arc::new(Peer::UNKNOWN)));
        }
        drop(pool);
        assert_eq!(done.load(Ordering::SeqCst), 100);
    }
}
