//! A wire in memory: what is written, call by call, and a reader of the same.

use rust_decimal::Decimal;
use samebox::data::{Data, Encode, Enumeration, Error, Reader, Result, Shape, Struct, Timestamp};
use std::borrow::Cow;
use uuid::Uuid;

/// One call of a `Writer`, in the words of the wire.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f32),
    Double(f64),
    Char(char),
    Text(String),
    Bytes(Vec<u8>),
    Timestamp(Timestamp),
    TimeSpan(i64),
    Guid(Uuid),
    Decimal(Decimal),
    Variant(&'static str),
    List(usize),
    Item,
    Map(usize),
    Key,
    Value,
    Struct(&'static str),
    Member(&'static str),
    /// A member of what the wire itself begins and ends.
    Part(usize),
    End,
}

use Token as T;

pub(crate) fn text(text: &str) -> Token {
    Token::Text(text.into())
}

/// What a value writes.
pub(crate) fn written<V: Encode + ?Sized>(value: &V) -> Vec<Token> {
    let mut to = Writer::default();
    value.write(&mut to).unwrap();
    to.finish()
}

/// What comes of tokens.
pub(crate) fn read<V: Data>(tokens: &[Token]) -> Result<V> {
    let mut from = Tokens::new(tokens);
    let value = V::read(&mut from)?;
    assert!(from.tokens.is_empty(), "everything was read but {:?}", from.tokens);
    Ok(value)
}

/// Where tokens are written.
#[derive(Default)]
pub(crate) struct Writer {
    tokens: Vec<Token>,
    open: Vec<Option<&'static Struct>>,
}

impl Writer {
    pub(crate) fn finish(self) -> Vec<Token> {
        assert!(self.open.is_empty(), "everything that began has ended");
        self.tokens
    }

    fn begin(&mut self, token: Token, of: Option<&'static Struct>) -> Result<()> {
        self.open.push(of);
        self.put(token)
    }

    fn put(&mut self, token: Token) -> Result<()> {
        self.tokens.push(token);
        Ok(())
    }
}

/// The methods that write or read one token.
macro_rules! scalars {
    ($($name:ident($type:ty) as $token:ident;)*) => {
        impl samebox::data::Writer for Writer {
            $(fn $name(&mut self, value: $type) -> Result<()> {
                self.put(Token::$token(value.into()))
            })*

            fn null(&mut self) -> Result<()> {
                self.put(T::Null)
            }
            fn variant(&mut self, of: &'static Enumeration, index: usize) -> Result<()> {
                self.put(T::Variant(of.variants[index].name))
            }
            fn list(&mut self, _: &'static Shape, length: usize) -> Result<()> {
                self.begin(T::List(length), None)
            }
            fn item(&mut self) -> Result<()> {
                self.put(T::Item)
            }
            fn map(&mut self, _: &'static Shape, _: &'static Shape, length: usize) -> Result<()> {
                self.begin(T::Map(length), None)
            }
            fn key(&mut self) -> Result<()> {
                self.put(T::Key)
            }
            fn value(&mut self) -> Result<()> {
                self.put(T::Value)
            }
            fn structure(&mut self, of: &'static Struct) -> Result<()> {
                self.begin(T::Struct(of.name), Some(of))
            }
            fn member(&mut self, index: usize) -> Result<()> {
                match self.open.last() {
                    Some(of) => {
                        let of = of.expect("members are those of structures");
                        self.put(T::Member(of.members[index].name))
                    }
                    None => self.put(T::Part(index)),
                }
            }
            fn end(&mut self) -> Result<()> {
                self.open.pop().expect("what ends has begun");
                self.put(T::End)
            }
        }
    };
}

scalars! {
    bool(bool) as Bool;
    int(i64) as Int;
    uint(u64) as Uint;
    float(f32) as Float;
    double(f64) as Double;
    char(char) as Char;
    text(&str) as Text;
    bytes(&[u8]) as Bytes;
    timestamp(Timestamp) as Timestamp;
    time_span(i64) as TimeSpan;
    guid(Uuid) as Guid;
    decimal(Decimal) as Decimal;
}

/// Where tokens are read from.
pub(crate) struct Tokens<'a> {
    tokens: &'a [Token],
    open: Vec<&'static Struct>,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(tokens: &'a [Token]) -> Self {
        Self { tokens, open: Vec::new() }
    }

    fn next(&mut self) -> Result<&'a Token> {
        let (first, rest) = self.tokens.split_first().ok_or(Error::Truncated)?;
        self.tokens = rest;
        Ok(first)
    }

    /// Skips a value that was announced and not read, and goes past `announced` or the end.
    fn part(&mut self, announced: &Token) -> Result<bool> {
        loop {
            match self.next()? {
                T::End => return Ok(false),
                token if token == announced => return Ok(true),
                T::List(_) | T::Map(_) | T::Struct(_) => self.skip_rest()?,
                _ => {}
            }
        }
    }

    fn skip_rest(&mut self) -> Result<()> {
        loop {
            match self.next()? {
                T::End => return Ok(()),
                T::List(_) | T::Map(_) | T::Struct(_) => self.skip_rest()?,
                _ => {}
            }
        }
    }
}

fn unexpected<V>(expected: &'static str, found: &Token) -> Result<V> {
    Err(Error::Unexpected { expected, found: format!("{found:?}").into() })
}

/// One token of the right kind.
macro_rules! take {
    ($self:ident, $token:ident) => {
        match $self.next()? {
            Token::$token(value) => Ok(value),
            other => unexpected(stringify!($token), other),
        }
    };
}

impl Reader for Tokens<'_> {
    fn null(&mut self) -> Result<bool> {
        let null = self.tokens.first() == Some(&T::Null);
        if null {
            self.next()?;
        }
        Ok(null)
    }
    fn bool(&mut self) -> Result<bool> {
        take!(self, Bool).copied()
    }
    fn int(&mut self) -> Result<i64> {
        take!(self, Int).copied()
    }
    fn uint(&mut self) -> Result<u64> {
        take!(self, Uint).copied()
    }
    fn float(&mut self) -> Result<f32> {
        take!(self, Float).copied()
    }
    fn double(&mut self) -> Result<f64> {
        take!(self, Double).copied()
    }
    fn char(&mut self) -> Result<char> {
        take!(self, Char).copied()
    }
    fn text(&mut self) -> Result<Cow<'_, str>> {
        take!(self, Text).map(Into::into)
    }
    fn bytes(&mut self) -> Result<Cow<'_, [u8]>> {
        take!(self, Bytes).map(Into::into)
    }
    fn timestamp(&mut self) -> Result<Timestamp> {
        take!(self, Timestamp).copied()
    }
    fn time_span(&mut self) -> Result<i64> {
        take!(self, TimeSpan).copied()
    }
    fn guid(&mut self) -> Result<Uuid> {
        take!(self, Guid).copied()
    }
    fn decimal(&mut self) -> Result<Decimal> {
        take!(self, Decimal).copied()
    }
    fn variant(&mut self, of: &'static Enumeration) -> Result<usize> {
        let name = take!(self, Variant)?;
        let index = of.variants.iter().position(|variant| variant.name == *name);
        index.ok_or(Error::UnknownVariant { of: of.name, found: name.to_string() })
    }
    fn list(&mut self, _: &'static Shape) -> Result<usize> {
        take!(self, List).copied()
    }
    fn item(&mut self) -> Result<bool> {
        self.part(&T::Item)
    }
    fn map(&mut self, _: &'static Shape, _: &'static Shape) -> Result<usize> {
        take!(self, Map).copied()
    }
    fn key(&mut self) -> Result<bool> {
        self.part(&T::Key)
    }
    fn value(&mut self) -> Result<()> {
        self.part(&T::Value).map(|_| ())
    }
    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        self.open.push(of);
        take!(self, Struct).map(|_| ())
    }
    fn member(&mut self) -> Result<Option<usize>> {
        loop {
            match self.next()? {
                T::End => {
                    self.open.pop();
                    return Ok(None);
                }
                T::Part(index) => return Ok(Some(*index)),
                T::Member(name) => {
                    let of = self.open.last().expect("members are those of structures");
                    let index = of.members.iter().position(|member| member.name == *name);
                    if index.is_some() {
                        return Ok(index);
                    }
                }
                T::List(_) | T::Map(_) | T::Struct(_) => self.skip_rest()?,
                _ => {}
            }
        }
    }
}
