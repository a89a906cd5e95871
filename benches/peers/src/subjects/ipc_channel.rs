use crate::measure::{Measure, Wait};
use crate::subject::{Far, Link, Near, Outcome, Subject, number_in, poll_for};
use ipc_channel::TryRecvError;
use ipc_channel::ipc::{
    IpcBytesReceiver, IpcBytesSender, IpcOneShotServer, IpcReceiver, IpcSender, IpcSharedMemory,
    bytes_channel, channel,
};

/// ipc-channel's byte channels, and a segment of shared memory that is handed over again and again.
pub(crate) struct IpcChannel;

impl Subject for IpcChannel {
    const NAME: &'static str = "ipc-channel";
    const MEASURES: &'static [Measure] = &Measure::ALL;
    const FASTEST: Wait = Wait::Blocking;
    type Near = IpcChannelNear;
    type Far = IpcChannelFar;
}

/// A segment cannot be written without `unsafe`, so the number travels beside it.
type Lent = (u64, IpcSharedMemory);
/// What the near end makes for the far end.
type Ends = (IpcBytesSender, IpcBytesReceiver, IpcReceiver<Lent>);

pub(crate) struct IpcChannelNear {
    out: IpcBytesSender,
    into: IpcBytesReceiver,
    lend: IpcSender<Lent>,
    segment: IpcSharedMemory,
    wait: Wait,
}

pub(crate) struct IpcChannelFar {
    ends: Ends,
    wait: Wait,
}

fn recv(from: &IpcBytesReceiver, wait: Wait) -> Outcome<Vec<u8>> {
    if wait == Wait::Blocking {
        return Ok(from.recv()?);
    }
    poll_for(|| match from.try_recv() {
        Ok(payload) => Ok(Some(payload)),
        Err(TryRecvError::Empty) => Ok(None),
        Err(cause) => Err(cause.into()),
    })
}

impl Near for IpcChannelNear {
    fn open(link: &Link) -> Outcome<Self> {
        let ((out, far_into), (far_out, into)) = (bytes_channel()?, bytes_channel()?);
        let (lend, lent) = channel()?;
        let far: Ends = (far_out, far_into, lent);
        IpcSender::connect(link.name.clone())?.send(far)?;
        let segment = IpcSharedMemory::from_byte(0, link.size);
        Ok(Self { out, into, lend, segment, wait: link.wait })
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        self.out.send(payload)?;
        Ok(number_in(&recv(&self.into, self.wait)?))
    }

    fn send(&mut self, payload: &[u8]) -> Outcome<()> {
        Ok(self.out.send(payload)?)
    }

    fn ask_by_loan(&mut self, number: u64) -> Outcome<u64> {
        self.lend.send((number, self.segment.clone()))?;
        Ok(number_in(&recv(&self.into, self.wait)?))
    }
}

impl Far for IpcChannelFar {
    fn open(link: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        let (server, name) = IpcOneShotServer::<Ends>::new()?;
        announce(&name)?;
        Ok(Self { ends: server.accept()?.1, wait: link.wait })
    }

    fn answer(&mut self) -> Outcome<()> {
        let (out, into, _) = &self.ends;
        Ok(out.send(&recv(into, self.wait)?)?)
    }

    fn take(&mut self) -> Outcome<Option<u64>> {
        Ok(Some(number_in(&recv(&self.ends.1, self.wait)?)))
    }

    fn answer_by_loan(&mut self) -> Outcome<()> {
        let (out, _, lent) = &self.ends;
        let (number, _segment) = lent.recv()?;
        Ok(out.send(&number.to_le_bytes())?)
    }
}
