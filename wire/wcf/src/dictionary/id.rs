//! Ids of the static dictionary that envelopes use.

macro_rules! ids {
    ($($name:ident = $id:literal $text:literal,)*) => {
        $(
            #[doc = concat!("`", $text, "`")]
            pub const $name: u32 = $id;
        )*

        #[cfg(test)]
        const ALL: &[(u32, &str)] = &[$(($id, $text)),*];
    };
}

ids! {
    MUST_UNDERSTAND = 0 "mustUnderstand",
    ENVELOPE = 2 "Envelope",
    SOAP = 4 "http://www.w3.org/2003/05/soap-envelope",
    ADDRESSING = 6 "http://www.w3.org/2005/08/addressing",
    HEADER = 8 "Header",
    ACTION = 10 "Action",
    TO = 12 "To",
    BODY = 14 "Body",
    RELATES_TO = 18 "RelatesTo",
    ANONYMOUS = 20 "http://www.w3.org/2005/08/addressing/anonymous",
    MESSAGE_ID = 26 "MessageID",
    ADDRESS = 42 "Address",
    REPLY_TO = 44 "ReplyTo",
    FAULT = 134 "Fault",
    CODE = 142 "Code",
    REASON = 144 "Reason",
    TEXT = 146 "Text",
    DETAIL = 152 "Detail",
    VALUE = 154 "Value",
    SUBCODE = 156 "Subcode",
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_id_stands_for_its_string() {
        for (id, text) in super::ALL {
            assert_eq!(super::super::static_string(*id), Some(*text));
        }
    }
}
