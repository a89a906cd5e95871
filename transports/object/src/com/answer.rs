//! The way back to a caller who waits.

use super::payload::{self, NO_TEXT};
use super::post::{Outcome, Post};
use super::trouble::exception;
use samebox_core::{Answer, Deadline, ErrorKind, Operation, Result};
use std::sync::Arc;

/// The way to answer one question.
pub(super) struct ComAnswer {
    post: Arc<Post>,
    number: u64,
}

impl ComAnswer {
    pub(super) fn new(post: Arc<Post>, number: u64) -> Self {
        Self { post, number }
    }

    fn give(&self, outcome: Outcome) -> Result<()> {
        let caller = self.post.take_question(self.number);
        match caller.and_then(|caller| caller.try_send(outcome).ok()) {
            Some(()) => Ok(()),
            None => {
                let why = "the caller waits no more";
                Err(self.post.endpoint.error(ErrorKind::Disconnected, Operation::Reply, why))
            }
        }
    }
}

impl Answer for ComAnswer {
    fn reply(self: Box<Self>, answer: &[u8], _: Deadline) -> Result<()> {
        let refused =
            |kind, why: String| Err(self.post.endpoint.error(kind, Operation::Reply, why));
        let max = self.post.options.max;
        if answer.len() > max {
            let why = format!("the answer has {} bytes and at most {max} go", answer.len());
            return refused(ErrorKind::TooLarge, why);
        }
        match payload::write(answer, self.post.options.encoding) {
            Some(value) => self.give(Ok(value)),
            None => refused(ErrorKind::Malformed, NO_TEXT.into()),
        }
    }

    fn fault(self: Box<Self>, reason: &str, _: Deadline) -> Result<()> {
        self.give(Err(exception(&self.post.endpoint, 0, reason)))
    }
}

impl Drop for ComAnswer {
    fn drop(&mut self) {
        let why = "the server dropped the call unanswered";
        // One that was answered, or whose caller is gone, needs to know nothing.
        let _ = self.give(Err(exception(&self.post.endpoint, 0, why)));
    }
}
