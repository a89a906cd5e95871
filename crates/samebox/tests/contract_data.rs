//! What `#[derive(Data)]` makes of structs and enums, as a wire sees it.

mod contract_tokens;

use contract_tokens::{Token as T, read, text, written};
use samebox::Data;
use samebox::data::{Encode, Error, Shape, Struct};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Data)]
#[data(clr = "My.Library")]
struct Loan {
    title: String,
    late_fee: Option<f64>,
    #[data(name = "ISBN")]
    isbn: Option<String>,
    copies: i32,
}

fn loan() -> Loan {
    Loan { title: "Emma".into(), late_fee: None, isbn: Some("1".into()), copies: 2 }
}

/// The members of a struct, in the order of the wire.
fn members<V: Encode>() -> Vec<&'static str> {
    structure::<V>().members.iter().map(|member| member.name).collect()
}

fn structure<V: Encode>() -> &'static Struct {
    match V::shape() {
        Shape::Struct(of) => of,
        other => panic!("{} is no structure", other.name()),
    }
}

#[test]
fn members_cross_in_the_order_of_dotnet_under_its_names() {
    let (title, isbn) = (text("Emma"), text("1"));
    let tokens = [
        vec![T::Struct("Loan"), T::Member("Copies"), T::Int(2), T::Member("ISBN"), isbn],
        vec![T::Member("LateFee"), T::Null, T::Member("Title"), title, T::End],
    ];
    assert_eq!(written(&loan()), tokens.concat());
    assert_eq!(read(&tokens.concat()), Ok(loan()));
    assert_eq!(members::<Loan>(), ["Copies", "ISBN", "LateFee", "Title"]);
}

#[test]
fn namespaces_are_those_of_dotnet_classes() {
    #[derive(Data)]
    struct Plain {}

    #[derive(Data)]
    #[data(name = "Other", namespace = "urn:other")]
    struct Named;

    let clr = structure::<Loan>().namespace;
    assert_eq!(clr, Struct::DEFAULT_NAMESPACE.to_owned() + "My.Library");
    assert_eq!(structure::<Plain>().namespace, Struct::DEFAULT_NAMESPACE);
    assert_eq!(structure::<Named>().namespace, "urn:other");
    assert_eq!((structure::<Plain>().name, structure::<Named>().name), ("Plain", "Other"));
}

#[test]
fn members_with_an_order_come_last_and_ties_go_by_name() {
    #[derive(Data)]
    struct Ordered {
        #[data(order = 2)]
        alpha: i32,
        #[data(order = 1)]
        delta: i32,
        #[data(order = 1)]
        beta: i32,
        zeta: i32,
        // Uppercase letters come before all small ones.
        #[data(name = "ZEBRA")]
        zebra: i32,
        r#type: i32,
    }
    assert_eq!(members::<Ordered>(), ["Type", "ZEBRA", "Zeta", "Beta", "Delta", "Alpha"]);
}

#[test]
fn a_member_that_is_left_out_has_the_value_it_has_in_dotnet() {
    let tokens = [T::Struct("Loan"), T::Member("Title"), text("Emma"), T::End];
    let expected = Loan { title: "Emma".into(), late_fee: None, isbn: None, copies: 0 };
    assert_eq!(read(&tokens), Ok(expected));
    let missing = read::<Loan>(&[T::Struct("Loan"), T::End]);
    assert_eq!(missing, Err(Error::Missing { name: "Title".into() }));
}

#[test]
fn members_that_nobody_knows_are_skipped() {
    let strange = [
        vec![T::Member("Strange"), T::List(1), T::Item, T::Struct("Loan"), T::Member("Title")],
        vec![text("Sanditon"), T::End, T::End],
    ];
    let mut tokens = written(&loan());
    tokens.splice(1..1, strange.concat());
    assert_eq!(read(&tokens), Ok(loan()));
}

#[test]
fn an_absent_member_is_left_out_when_asked_to() {
    #[derive(Debug, PartialEq, Data)]
    struct Sparse {
        kept: Option<i32>,
        #[data(omit_absent)]
        omitted: Option<i32>,
    }
    let sparse = Sparse { kept: None, omitted: None };
    assert_eq!(written(&sparse), [T::Struct("Sparse"), T::Member("Kept"), T::Null, T::End]);
    assert_eq!(read(&written(&sparse)), Ok(sparse));
    let full = Sparse { kept: Some(1), omitted: Some(2) };
    assert_eq!(read(&written(&full)), Ok(full));
}

#[test]
fn enums_are_names_with_numbers() {
    #[derive(Clone, Copy, Debug, PartialEq, Data)]
    #[data(name = "Colour")]
    enum Color {
        Red = 10,
        #[data(name = "GREEN")]
        Green,
        Blue = 0,
    }
    let Shape::Enum(of) = Color::shape() else { panic!("it is an enum") };
    let variants: Vec<_> = of.variants.iter().map(|of| (of.name, of.value)).collect();
    assert_eq!(of.name, "Colour");
    assert_eq!(variants, [("Red", 10), ("GREEN", 11), ("Blue", 0)]);
    for (color, name) in [(Color::Red, "Red"), (Color::Green, "GREEN"), (Color::Blue, "Blue")] {
        assert_eq!(written(&color), [T::Variant(name)]);
        assert_eq!(read(&[T::Variant(name)]), Ok(color));
    }
    let unknown = Error::UnknownVariant { of: "Colour", found: "Green".into() };
    assert_eq!(read::<Color>(&[T::Variant("Green")]), Err(unknown));
    assert_eq!(<Color as samebox::data::Data>::absent("color"), Ok(Color::Blue));
}

#[test]
fn an_enum_without_a_zero_must_be_there() {
    #[derive(Debug, PartialEq, Data)]
    enum Size {
        Small = 1,
        Large = 2,
    }
    for size in [Size::Small, Size::Large] {
        assert_eq!(read(&written(&size)), Ok(size));
    }
    let missing = <Size as samebox::data::Data>::absent("size");
    assert_eq!(missing, Err(Error::Missing { name: "size".into() }));
}

#[test]
fn a_type_may_contain_itself() {
    #[derive(Clone, Debug, PartialEq, Data)]
    struct Node {
        value: i32,
        children: Vec<Node>,
        parent: Option<Box<Node>>,
        named: BTreeMap<String, Node>,
    }
    let leaf = Node { value: 1, children: vec![], parent: None, named: BTreeMap::new() };
    let mut root = leaf.clone();
    root.children = vec![leaf.clone(), leaf.clone()];
    root.parent = Some(Box::new(leaf.clone()));
    root.named.insert("leaf".into(), leaf);
    assert_eq!(read(&written(&root)), Ok(root));
}

#[test]
fn fields_may_have_the_names_of_what_is_generated() {
    #[derive(Clone, Debug, PartialEq, Data)]
    struct Clash {
        to: i32,
        from: String,
        index: u8,
        value: Vec<u8>,
        member_0: bool,
        r#match: Option<char>,
    }
    let clash = Clash {
        to: 1,
        from: "2".into(),
        index: 3,
        value: vec![4],
        member_0: true,
        r#match: Some('6'),
    };
    assert_eq!(read(&written(&clash)), Ok(clash));
}

#[test]
fn the_crate_of_the_data_can_have_another_name() {
    mod elsewhere {
        pub(super) use samebox::data as values;
    }

    #[derive(Debug, PartialEq, Data)]
    #[data(crate = elsewhere::values)]
    struct Point {
        x: i32,
    }
    assert_eq!(read(&written(&Point { x: 1 })), Ok(Point { x: 1 }));
}
