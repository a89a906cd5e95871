//! Descriptors that travel over a Unix socket, and the event descriptor.

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// How many descriptors one message carries at most.
pub const MOST: usize = 2;

/// Sends a few bytes and descriptors with them, without waiting.
///
/// # Errors
/// `WouldBlock` when there is no room; otherwise the operating system's.
pub fn send(socket: impl AsFd, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut control, flags)?)
}

/// Receives bytes, and the descriptors that came with them, without waiting; 0 bytes are the end.
///
/// More descriptors than [`MOST`] are closed unseen and make it an error.
///
/// # Errors
/// `WouldBlock` when nothing is there, `InvalidData` for too many descriptors; otherwise the operating
/// system's.
pub fn receive(socket: impl AsFd, bytes: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    let got = recvmsg(socket, &mut [IoSliceMut::new(bytes)], &mut control, flags)?;
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(some) = message {
            descriptors.extend(some);
        }
    }
    if got.flags.contains(ReturnFlags::CTRUNC) {
        let why = "more descriptors came than the protocol has";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok((got.bytes, descriptors))
}

/// An event descriptor: whoever holds it can make it readable.
///
/// # Errors
/// The operating system's.
pub fn event() -> io::Result<OwnedFd> {
    Ok(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

/// Makes an event descriptor readable, once more for those that wait for edges.
///
/// # Errors
/// The operating system's; none when it is readable to the brim already.
pub fn raise(event: impl AsFd) -> io::Result<()> {
    match rustix::io::write(event, &1u64.to_ne_bytes()) {
        Ok(_) | Err(Errno::AGAIN) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::net::UnixStream;

    #[test]
    fn descriptors_arrive_with_their_bytes() {
        let (left, right) = UnixStream::pair().unwrap();
        let file = File::open("/dev/null").unwrap();
        assert_eq!(send(&left, b"hello", &[file.as_fd()]).unwrap(), 5);
        let mut bytes = [0; 16];
        let (length, descriptors) = receive(&right, &mut bytes).unwrap();
        assert_eq!((&bytes[..length], descriptors.len()), (&b"hello"[..], 1));
        let nothing = receive(&right, &mut bytes).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        drop(left);
        assert_eq!(receive(&right, &mut bytes).unwrap().0, 0);
    }

    #[test]
    fn too_many_descriptors_are_refused_and_closed() {
        let (left, right) = UnixStream::pair().unwrap();
        let file = File::open("/dev/null").unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(9))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let many = [file.as_fd(); 9];
        assert!(control.push(SendAncillaryMessage::ScmRights(&many)));
        sendmsg(&left, &[IoSlice::new(b"x")], &mut control, SendFlags::empty()).unwrap();
        let refused = receive(&right, &mut [0; 8]).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
