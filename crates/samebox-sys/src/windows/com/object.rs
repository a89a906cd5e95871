//! What an object is, without the system.

use super::failure::Exception;
use super::variant::Variant;

/// What others can call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name; callers may write it in any case.
    pub name: String,
    /// Its number, above 0.
    pub id: i32,
    /// The names of its parameters, in order. Their numbers are their places.
    pub parameters: Vec<String>,
}

/// An object that others call by the names of its members.
///
/// Calls come on threads that COM runs, several at once.
pub trait Object: Send + Sync + 'static {
    /// All that can be called.
    fn members(&self) -> &[Member];

    /// Calls a member.
    ///
    /// There are as many arguments as the caller gave, in the order of the parameters and never more
    /// than those; one that it left out before others is [`Variant::Missing`].
    ///
    /// # Errors
    /// What the caller is told instead of a result.
    fn invoke(&self, member: i32, arguments: Vec<Variant>) -> Result<Variant, Exception>;
}
