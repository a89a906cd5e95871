//! Values there and back, and objects that mean harm.

use super::*;
use samebox_data::{Data, Encode, Error, Member as Part, Reader, Result, Shape, Struct, Writer};
use samebox_data::{Structure, Value};
use samebox_sys::windows::com::{Apartment, Exception, Member, Object, Remote};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something that may hold another of its kind.
#[derive(Clone, Debug, Default, PartialEq)]
struct Doll {
    id: i32,
    next: Option<Box<Doll>>,
}

static DOLL: Struct = Struct {
    name: "Doll",
    namespace: "",
    members: &[
        Part { name: "Id", shape: <i32 as Encode>::shape },
        Part { name: "Next", shape: <Option<Box<Doll>> as Encode>::shape },
    ],
};

impl Encode for Doll {
    fn shape() -> &'static Shape {
        const { &Shape::Struct(&DOLL) }
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.structure(&DOLL)?;
        to.member(0)?;
        self.id.write(to)?;
        to.member(1)?;
        self.next.write(to)?;
        to.end()
    }
}

impl Data for Doll {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        let mut doll = Self::default();
        from.structure(&DOLL)?;
        while let Some(member) = from.member()? {
            match member {
                0 => doll.id = Data::read(from)?,
                _ => doll.next = Data::read(from)?,
            }
        }
        Ok(doll)
    }
}

fn written(value: &impl Encode) -> Node {
    let mut writer = NodeWriter::new(1);
    writer.member(0).unwrap();
    value.write(&mut writer).unwrap();
    writer.finish().pop().flatten().unwrap()
}

fn read<T: Data>(apartment: &Apartment, value: Variant) -> Result<T> {
    let node = Resolve::new(apartment).value(value, T::shape())?;
    let mut reader = NodeReader::new(vec![(0, node)]);
    assert_eq!(reader.member()?, Some(0));
    T::read(&mut reader)
}

fn apartment() -> Apartment {
    Apartment::enter().unwrap()
}

/// An object of somebody: what each member gives, by name.
struct Someones {
    members: Vec<Member>,
    give: Box<dyn Fn(&str) -> Variant + Send + Sync>,
}

fn someones(names: &[&str], give: impl Fn(&str) -> Variant + Send + Sync + 'static) -> Variant {
    let member =
        |(id, name): (i32, &&str)| Member { name: (*name).into(), id, parameters: Vec::new() };
    let members = (1..).zip(names).map(member).collect();
    let object = Someones { members, give: Box::new(give) };
    Variant::Object(Some(Remote::local(&apartment(), Arc::new(object)).unwrap()))
}

impl Object for Someones {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn invoke(&self, member: i32, _: Vec<Variant>) -> std::result::Result<Variant, Exception> {
        let name = &self.members[member as usize - 1].name;
        Ok((self.give)(name))
    }
}

#[test]
fn what_has_names_is_an_object_and_comes_back() {
    let apartment = apartment();
    let inner = Doll { id: 2, next: None };
    let doll = Doll { id: 1, next: Some(Box::new(inner)) };
    let value = to_variant(&apartment, &written(&doll)).unwrap();
    assert!(matches!(value, Variant::Object(Some(_))), "{value:?}");
    assert_eq!(read::<Doll>(&apartment, value.clone()), Ok(doll));

    let Value::Structure(of) = to_value(&apartment, value).unwrap() else { panic!() };
    assert_eq!(of.members[0], ("Id".into(), Value::Int(1)));
    let Value::Structure(next) = &of.members[1].1 else { panic!() };
    assert_eq!(next.members, [("Id".into(), Value::Int(2)), ("Next".into(), Value::Null)]);
}

#[test]
fn lists_in_maps_come_back_also_where_nobody_knows_their_types() {
    let apartment = apartment();
    let map = BTreeMap::from([(1, vec!["a".to_owned()]), (2, Vec::new())]);
    let value = to_variant(&apartment, &written(&map)).unwrap();
    assert_eq!(read::<BTreeMap<i32, Vec<String>>>(&apartment, value.clone()), Ok(map));
    let members = vec![
        ("1".into(), Value::List(vec![Value::Text("a".into())])),
        ("2".into(), Value::List(Vec::new())),
    ];
    let structure = Value::Structure(Structure { members, ..Structure::default() });
    assert_eq!(to_value(&apartment, value), Ok(structure));
}

#[test]
fn an_object_that_holds_itself_is_not_followed_for_ever() {
    fn endless() -> Variant {
        someones(&["Id", "Next"], |name| if name == "Id" { Variant::I4(1) } else { endless() })
    }
    let apartment = apartment();
    let outcome = read::<Doll>(&apartment, endless());
    assert_eq!(outcome, Err(Error::TooDeep { limit: DEPTH }));
}

#[test]
fn an_array_that_claims_to_be_endless_is_refused() {
    let apartment = apartment();
    for length in [Variant::R8(4e9), Variant::I4(-1), Variant::Text("many".into())] {
        let claims = someones(&["length"], move |_| length.clone());
        assert!(read::<Vec<i32>>(&apartment, claims).is_err());
    }
    let honest = someones(&["length", "0", "1"], |name| match name {
        "length" => Variant::I4(2),
        other => Variant::Text(other.into()),
    });
    assert_eq!(read::<Vec<i32>>(&apartment, honest), Ok(vec![0, 1]));
}

#[test]
fn what_tells_too_little_is_refused_in_words() {
    let apartment = apartment();
    let hidden = someones(&["Id"], |_| Variant::I4(1));
    let error = read::<BTreeMap<String, i32>>(&apartment, hidden.clone()).unwrap_err();
    assert!(error.to_string().contains("hides its members"), "{error}");
    assert!(to_value(&apartment, hidden.clone()).is_err());
    assert!(read::<i32>(&apartment, hidden).is_err());
    // What is said to be whole must be pairs.
    let liar = someones(&["samebox_members"], |_| Variant::List(vec![Variant::I4(1)]));
    assert!(read::<Doll>(&apartment, liar.clone()).is_err());
    assert!(to_value(&apartment, liar).is_err());
}
