//! Optional values, lists, maps and bytes.

use crate::{Data, Encode, Reader, Result, Shape, Writer};
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

impl<T: Encode> Encode for Option<T> {
    fn shape() -> &'static Shape {
        const { &Shape::Option(T::shape) }
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        match self {
            Some(value) => value.write(to),
            None => to.null(),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Data> Data for Option<T> {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        if from.null()? { Ok(None) } else { T::read(from).map(Some) }
    }

    fn absent(_: &'static str) -> Result<Self> {
        Ok(None)
    }
}

impl<T: Encode> Encode for [T] {
    fn shape() -> &'static Shape {
        T::list_shape()
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        T::write_list(self, to)
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn shape() -> &'static Shape {
        T::list_shape()
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        T::write_list(self, to)
    }
}

impl<T: Data> Data for Vec<T> {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        T::read_list(from)
    }
}

impl Encode for Bytes {
    fn shape() -> &'static Shape {
        &Shape::Bytes
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.bytes(self)
    }
}

impl Data for Bytes {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        Ok(from.bytes()?.into_owned().into())
    }
}

fn write_map<'a, K: Encode + 'a, V: Encode + 'a>(
    entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>,
    to: &mut dyn Writer,
) -> Result<()> {
    to.map(K::shape(), V::shape(), entries.len())?;
    for (key, value) in entries {
        to.key()?;
        key.write(to)?;
        to.value()?;
        value.write(to)?;
    }
    to.end()
}

fn read_map<K: Data, V: Data>(from: &mut dyn Reader, mut insert: impl FnMut(K, V)) -> Result<()> {
    from.map(K::shape(), V::shape())?;
    while from.key()? {
        let key = K::read(from)?;
        from.value()?;
        insert(key, V::read(from)?);
    }
    Ok(())
}

impl<K: Encode, V: Encode, S> Encode for HashMap<K, V, S> {
    fn shape() -> &'static Shape {
        const { &Shape::Map(K::shape, V::shape) }
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        write_map(self.iter(), to)
    }
}

impl<K: Data + Eq + Hash, V: Data, S: BuildHasher + Default> Data for HashMap<K, V, S> {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        let mut map = Self::default();
        read_map(from, |key, value| drop(map.insert(key, value)))?;
        Ok(map)
    }
}

impl<K: Encode, V: Encode> Encode for BTreeMap<K, V> {
    fn shape() -> &'static Shape {
        const { &Shape::Map(K::shape, V::shape) }
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        write_map(self.iter(), to)
    }
}

impl<K: Data + Ord, V: Data> Data for BTreeMap<K, V> {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        let mut map = Self::new();
        read_map(from, |key, value| drop(map.insert(key, value)))?;
        Ok(map)
    }
}
