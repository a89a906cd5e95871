//! Small futures that messages are waited for with.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use zbus::export::futures_core::Stream;
use zbus::{Message, MessageStream};

/// Polls once without anybody to wake: for what is usually done at once.
pub(super) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The next message; `None` at the end of the connection, for whatever reason.
pub(super) async fn next(stream: &mut MessageStream) -> Option<Message> {
    poll_fn(|context| Pin::new(&mut *stream).poll_next(context)).await.and_then(Result::ok)
}

/// The next message that is there already.
pub(super) fn next_now(stream: &mut MessageStream) -> Poll<Option<Message>> {
    let polled = Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop()));
    polled.map(|message| message.and_then(Result::ok))
}

/// What came first of two.
pub(super) enum First<A, B> {
    One(A),
    Other(B),
}

/// Waits for the first of two; the other is dropped.
pub(super) async fn first<A, B>(
    one: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> First<A, B> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(one) => Poll::Ready(First::One(one)),
        Poll::Pending => other.as_mut().poll(context).map(First::Other),
    })
    .await
}
