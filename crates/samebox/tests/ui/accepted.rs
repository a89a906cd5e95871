//! All that a contract may say, in a crate that wants everything documented and nothing unused.
#![deny(missing_docs, missing_debug_implementations, unreachable_pub, warnings)]
#![deny(clippy::all)]

/// Names that generated code must not stumble over.
#[allow(dead_code, non_camel_case_types)]
mod traps {
    pub(crate) struct Result;
    pub(crate) struct Option;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Vec;
    pub(crate) struct String;
    pub(crate) mod std {}
    pub(crate) mod core {}
    pub(crate) trait Fn {}
    pub(crate) trait Into {}
}

mod shop {
    #[allow(unused_imports)]
    use super::traps::*;
    use samebox::{Data, Fault, Peer, contract};

    /// How something is sent.
    #[derive(Clone, Copy, Debug, Data)]
    #[data(clr = "My.Shop")]
    pub(crate) enum Way {
        /// By letter.
        Letter = 1,
        /// By parcel.
        #[data(name = "PARCEL")]
        Parcel,
    }

    /// What is left.
    #[derive(Debug, Data)]
    #[data(name = "Rest", namespace = "urn:shop")]
    pub(crate) struct Shortage {
        /// How many.
        #[data(order = 1)]
        pub(crate) left: i32,
        /// How it would come.
        #[data(name = "How", omit_absent)]
        pub(crate) way: ::std::option::Option<Way>,
    }

    /// What the shop tells.
    #[contract]
    pub(crate) trait Notify {
        /// How far it is.
        #[one_way]
        fn progress(&self, percent: u8);
        /// Asks.
        fn confirm(&self, question: &str) -> bool;
    }

    /// A shop.
    #[contract(name = "IShop", namespace = "urn:shop", version = "2.1", callback = Notify)]
    pub(crate) trait Shop: ::std::fmt::Debug {
        /// Places an order.
        ///
        /// It is not paid yet.
        fn place(
            &self,
            order_id: i32,
            lines: &[::std::string::String],
            raw: &[u8],
            way: &Way,
            #[wire(name = "Note")] note: &str,
        ) -> ::std::result::Result<i32, Fault<Shortage>>;
        /// Ships it.
        #[operation(name = "ShipIt")]
        fn ship(
            &self,
            #[callback] writer: NotifyClient,
            #[peer] caller: &Peer,
            to: char,
        ) -> ::std::result::Result<(), samebox::Fault>;
        /// Asks back.
        fn ask(&self, #[callback] self_: &NotifyClient) -> ();
        /// Does nothing.
        fn r#do(&self);
        /// The names that generated code uses.
        fn names(&self, respond: u8, from: u8, given: u8, operation: u8, channel: u8, make: u8);
        /// Nobody should.
        #[deprecated]
        fn old(&self);
    }
}

/// A contract of a crate's own.
#[samebox::contract]
trait Private {
    /// Nothing.
    fn ping(&self);
}

pub(crate) fn main() {
    let contract = shop::ShopClient::contract();
    assert_eq!((&*contract.name, contract.operations.len()), ("IShop", 6));
    assert_eq!(contract.operations[3].name, "Do");
    assert_eq!(PrivateClient::contract().name, "IPrivate");
}
