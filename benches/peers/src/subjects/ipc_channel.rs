use crate::measure::{Measure, Wait};
use crate::subject::{Far, Link, Near, Outcome, Subject, number_in, poll_for};
use ipc_channel::TryRecvError;
use ipc_channel::ipc::{
    IpcBytesReceiver, IpcBytesSender, IpcOneShotServer, IpcReceiver, IpcSender, IpcSharedMemory,
    bytes_channel, channel,
};

/// ipc-channel's byte channels; lent memory is one segment that is handed over and back.
pub(crate) struct IpcChannel;

impl Subject for IpcChannel {
    const NAME: &'static str = "ipc-channel";
    const MEASURES: &'static [Measure] = &Measure::ALL;
    const FASTEST: Wait = Wait::Sleeping;
    type Near = IpcChannelEnd;
    type Far = IpcChannelEnd;
}

/// A segment cannot be written without `unsafe`, so the number travels beside it.
type Lent = (u64, IpcSharedMemory);
/// What the near end makes for the far end.
type Ends = (IpcBytesSender, IpcBytesReceiver, IpcSender<Lent>, IpcReceiver<Lent>);

pub(crate) struct IpcChannelEnd {
    out: IpcBytesSender,
    into: IpcBytesReceiver,
    lend: IpcSender<Lent>,
    lent: IpcReceiver<Lent>,
    segment: IpcSharedMemory,
    wait: Wait,
}

impl IpcChannelEnd {
    fn new((out, into, lend, lent): Ends, link: &Link) -> Self {
        let segment = IpcSharedMemory::from_byte(0, link.size);
        Self { out, into, lend, lent, segment, wait: link.wait }
    }

    fn recv(&self) -> Outcome<Vec<u8>> {
        if self.wait == Wait::Sleeping {
            return Ok(self.into.recv()?);
        }
        poll_for(|| match self.into.try_recv() {
            Ok(payload) => Ok(Some(payload)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(cause) => Err(cause.into()),
        })
    }
}

impl Near for IpcChannelEnd {
    fn open(link: &Link) -> Outcome<Self> {
        let (there, (back_out, back)) = (bytes_channel()?, bytes_channel()?);
        let (lend_there, (lend_back_out, lend_back)) = (channel()?, channel()?);
        let far: Ends = (back_out, there.1, lend_back_out, lend_there.1);
        IpcSender::connect(link.name.clone())?.send(far)?;
        Ok(Self::new((there.0, back, lend_there.0, lend_back), link))
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        self.out.send(payload)?;
        Ok(number_in(&self.recv()?))
    }

    fn send(&mut self, payload: &[u8]) -> Outcome<()> {
        Ok(self.out.send(payload)?)
    }

    fn ask_by_loan(&mut self, number: u64) -> Outcome<u64> {
        self.lend.send((number, self.segment.clone()))?;
        Ok(self.lent.recv()?.0)
    }
}

impl Far for IpcChannelEnd {
    fn open(link: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        let (server, name) = IpcOneShotServer::<Ends>::new()?;
        announce(&name)?;
        Ok(Self::new(server.accept()?.1, link))
    }

    fn answer(&mut self) -> Outcome<()> {
        Ok(self.out.send(&self.recv()?)?)
    }

    fn take(&mut self) -> Outcome<Option<u64>> {
        Ok(Some(number_in(&self.recv()?)))
    }

    fn answer_by_loan(&mut self) -> Outcome<()> {
        Ok(self.lend.send(self.lent.recv()?)?)
    }
}
