use super::faults;
use crate::com::value::{Node, NodeWriter};
use samebox_core::Endpoint;
use samebox_core::typed::{Fault, Respond, WriteParts};
use samebox_data::Result;
use samebox_sys::windows::com::Exception;

/// Keeps the answer to one call until the method has returned.
pub(super) struct Responder<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) answer: Option<Answer>,
}

/// What a call is answered with; no node where the operation gives nothing.
pub(super) type Answer = std::result::Result<Option<Node>, Exception>;

impl Respond for Responder<'_> {
    fn result(&mut self, result: WriteParts<'_>) -> Result<()> {
        let mut writer = NodeWriter::new(1);
        result(&mut writer)?;
        self.answer = Some(Ok(writer.finish().pop().flatten()));
        Ok(())
    }

    fn fault(&mut self, fault: &Fault, _: Option<WriteParts<'_>>) -> Result<()> {
        self.answer = Some(Err(faults::exception(self.endpoint, fault)));
        Ok(())
    }
}
