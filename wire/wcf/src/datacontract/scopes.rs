use super::names::INSTANCE;
use crate::nbfx::{Name, Writer};

/// Prefixes that the envelope around the body has taken.
const TAKEN: &str = "as";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
/// The prefix of `nil` wherever .NET's DataContractSerializer writes it.
const NIL: &str = "i";

/// A namespace of what is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Namespace {
    /// The contract's.
    Contract,
    /// A type's.
    Of(&'static str),
}

#[derive(Clone, Copy, Debug)]
struct Binding {
    prefix: &'static str,
    namespace: Namespace,
    depth: usize,
}

/// Which prefixes stand for which namespaces, and which of them are still to be declared.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    bindings: Vec<Binding>,
    /// How many bindings are declared in the bytes.
    declared: usize,
    depth: usize,
}

impl Namespace {
    pub(super) fn text(self, contract: &str) -> &str {
        match self {
            Self::Contract => contract,
            Self::Of(namespace) => namespace,
        }
    }
}

impl Scopes {
    /// Starts anew; the empty prefix stands for no namespace.
    pub(super) fn reset(&mut self) {
        let none = Binding { prefix: "", namespace: Namespace::Of(""), depth: 0 };
        self.bindings.clear();
        self.bindings.push(none);
        (self.declared, self.depth) = (1, 0);
    }

    /// Takes note that an element begins.
    pub(super) fn enter(&mut self) {
        self.depth += 1;
    }

    /// Takes note that an element ends, and with it what it declared.
    pub(super) fn leave(&mut self) {
        let depth = self.depth;
        self.bindings.retain(|binding| binding.depth < depth);
        self.declared = self.declared.min(self.bindings.len());
        self.depth -= 1;
    }

    /// The prefix that stands for a namespace here.
    pub(super) fn prefix(&self, namespace: &str, contract: &str) -> Option<&'static str> {
        let stands = |(place, binding): (usize, &Binding)| {
            let shadowed = || self.bindings[place + 1..].iter().any(|b| b.prefix == binding.prefix);
            (binding.namespace.text(contract) == namespace && !shadowed()).then_some(binding.prefix)
        };
        self.bindings.iter().enumerate().rev().find_map(stands)
    }

    /// Has the current element declare a prefix.
    pub(super) fn bind(&mut self, prefix: &'static str, namespace: Namespace) {
        self.bindings.push(Binding { prefix, namespace, depth: self.depth });
    }

    /// Has the current element declare a namespace under the first free letter.
    ///
    /// Without a free one, elements declare it themselves.
    pub(super) fn bind_free(&mut self, namespace: &'static str) -> Option<&'static str> {
        let used = |letter: &&str| self.bindings.iter().any(|binding| binding.prefix == *letter);
        let letters = (0..LETTERS.len()).map(|place| &LETTERS[place..place + 1]);
        let prefix =
            letters.filter(|letter| !TAKEN.contains(letter)).find(|letter| !used(letter))?;
        self.bind(prefix, Namespace::Of(namespace));
        Some(prefix)
    }

    /// Declares the usual prefix of `nil`, unless that is done.
    pub(super) fn bind_nil(&mut self, contract: &str) -> &'static str {
        self.prefix(INSTANCE, contract).unwrap_or_else(|| {
            self.bind(NIL, Namespace::Of(INSTANCE));
            NIL
        })
    }

    /// Writes the declarations of the element just started.
    pub(super) fn declare(&mut self, to: &mut Writer<'_>, contract: &str) {
        for binding in &self.bindings[self.declared..] {
            to.xmlns(binding.prefix, Name::Known(binding.namespace.text(contract)));
        }
        self.declared = self.bindings.len();
    }
}
