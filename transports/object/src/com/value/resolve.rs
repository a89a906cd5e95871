//! Values that came, with all that their objects hold: an object is asked for what is wanted of it.

use super::object::{WHOLE, pairs};
use super::{DEPTH, Node, is_nothing, scalar};
use samebox_data::{Error, Result, Shape, Struct};
use samebox_sys::windows::com::{Apartment, Failure, Remote, Variant};

/// How many values one call may have.
const MOST: usize = 1 << 22;
/// How many items an array may have that is an object, so that each is asked for.
const MOST_ASKED: i64 = 1 << 14;

/// Turns what came into nodes.
///
/// The objects of others answer when they like: this belongs on a thread that nobody waits for.
pub(crate) struct Resolve<'a> {
    apartment: &'a Apartment,
    left: usize,
    depth: usize,
}

impl<'a> Resolve<'a> {
    pub(crate) fn new(apartment: &'a Apartment) -> Self {
        Self { apartment, left: MOST, depth: 0 }
    }

    /// A value of that shape, as far as containers are concerned.
    ///
    /// # Errors
    /// What an object cannot be asked for, more values than one call may have, or more deeply.
    pub(crate) fn value(&mut self, value: Variant, shape: &Shape) -> Result<Node> {
        self.left = self.left.checked_sub(1).ok_or(Error::OutOfRange { expected: "one call" })?;
        if self.depth >= DEPTH {
            return Err(Error::TooDeep { limit: DEPTH });
        }
        self.depth += 1;
        let node = self.shaped(value, shape);
        self.depth -= 1;
        node
    }

    fn shaped(&mut self, value: Variant, shape: &Shape) -> Result<Node> {
        if is_nothing(&value) {
            return Ok(Node::NULL);
        }
        match (shape, value) {
            (Shape::Option(of), value) => self.shaped(value, of()),
            (Shape::List(of), Variant::List(items)) => self.items(items, of()),
            (Shape::List(of), Variant::Bytes(bytes)) => {
                self.items(bytes.into_iter().map(Variant::U1).collect(), of())
            }
            (Shape::List(of), Variant::Object(Some(object))) => self.array(&object, of()),
            (Shape::Bytes, Variant::List(items)) => self.items(items, &Shape::U8),
            (Shape::Bytes, Variant::Object(Some(object))) => self.array(&object, &Shape::U8),
            (Shape::Map(_, of), Variant::List(items)) => {
                let of = *of;
                self.entries(&items, |_| Some(of()))
            }
            (Shape::Map(_, of), Variant::Object(Some(object))) => self.map(&object, of()),
            (Shape::Struct(of), Variant::List(items)) => {
                self.entries(&items, |name| member(of, name))
            }
            (Shape::Struct(of), Variant::Object(Some(object))) => self.structure(&object, of),
            (shape, value @ (Variant::List(_) | Variant::Object(Some(_)))) => {
                Err(scalar::unexpected(shape.name(), &value))
            }
            (_, value) => Ok(Node::Scalar(value)),
        }
    }

    fn items(&mut self, items: Vec<Variant>, of: &Shape) -> Result<Node> {
        let items = items.into_iter().map(|item| self.value(item, of));
        Ok(Node::List(items.collect::<Result<_>>()?))
    }

    /// Pairs of name and value, as a whole object gives them.
    fn entries(
        &mut self,
        items: &[Variant],
        shape: impl Fn(&str) -> Option<&'static Shape>,
    ) -> Result<Node> {
        let expected = "pairs of name and value";
        let pairs = pairs(items);
        let pairs = pairs.ok_or(Error::Unexpected { expected, found: "another array".into() })?;
        let mut entries = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            if let Some(shape) = shape(&name) {
                entries.push((name, self.value(value, shape)?));
            }
        }
        Ok(Node::Record(entries))
    }

    /// All of an object of samebox at once; `None` for another one.
    fn whole(&self, object: &Remote) -> Result<Option<Vec<Variant>>> {
        let Ok(member) = object.member(self.apartment, WHOLE) else { return Ok(None) };
        match object.invoke(self.apartment, member, &[]) {
            Ok(Variant::List(items)) => Ok(Some(items)),
            Ok(_) => Ok(None),
            Err(failure) => Err(unread(WHOLE, &failure)),
        }
    }

    fn structure(&mut self, object: &Remote, of: &'static Struct) -> Result<Node> {
        if let Some(items) = self.whole(object)? {
            return self.entries(&items, |name| member(of, name));
        }
        let mut entries = Vec::new();
        for member in of.members {
            if let Some(value) = self.property(object, member.name)? {
                entries.push((member.name.into(), self.value(value, (member.shape)())?));
            }
        }
        Ok(Node::Record(entries))
    }

    fn map(&mut self, object: &Remote, of: &'static Shape) -> Result<Node> {
        if let Some(items) = self.whole(object)? {
            return self.entries(&items, |_| Some(of));
        }
        let names = object.names(self.apartment, self.left);
        let names = names.map_err(|failure| unread("names", &failure))?.ok_or_else(|| {
            Error::Unexpected {
                expected: "a map",
                found: "an object that hides its members".into(),
            }
        })?;
        let mut entries = Vec::new();
        for name in names {
            if let Some(value) = self.property(object, &name)? {
                entries.push((name, self.value(value, of)?));
            }
        }
        Ok(Node::Record(entries))
    }

    /// An array of a script, which is an object with numbers for names.
    fn array(&mut self, object: &Remote, of: &Shape) -> Result<Node> {
        let length = self.property(object, "length")?;
        let not_one = || Error::Unexpected { expected: "a list", found: "another object".into() };
        let length = scalar::int(&length.ok_or_else(not_one)?)?;
        if !(0..=MOST_ASKED).contains(&length) {
            return Err(Error::OutOfRange { expected: "an array that is an object" });
        }
        let mut items = Vec::new();
        for index in 0..length {
            let item = self.property(object, &index.to_string())?;
            items.push(self.value(item.unwrap_or_default(), of)?);
        }
        Ok(Node::List(items))
    }

    /// A member of an object; `None` when it has none of that name, or nothing was assigned to it.
    fn property(&self, object: &Remote, name: &str) -> Result<Option<Variant>> {
        let Ok(member) = object.member(self.apartment, name) else { return Ok(None) };
        match object.property(self.apartment, member) {
            Ok(Variant::Empty) => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(failure) => Err(unread(name, &failure)),
        }
    }
}

fn member(of: &'static Struct, name: &str) -> Option<&'static Shape> {
    of.members.iter().find(|member| member.name == name).map(|member| (member.shape)())
}

fn unread(name: &str, failure: &Failure) -> Error {
    Error::Malformed(format!("`{name}` of an object cannot be read: {failure}").into())
}
