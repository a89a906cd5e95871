//! Any bytes as MessagePack, read into many types: no panic, and what was read comes back as written.
//!
//! Input: one byte that picks the type, and the value. The value is read as the first of two parts too.

#![no_main]

mod values;

use libfuzzer_sys::fuzz_target;
use samebox_data::{Data, Reader, Result};
use samebox_msgpack::{DEPTH, Decoder, Encoder};
use values::{Try, with_type};

struct Value<'a>(&'a [u8]);

fuzz_target!(|input: &[u8]| {
    let [choice, bytes @ ..] = input else { return };
    with_type(*choice, &Value(bytes));
    // Whatever is skipped takes no more than is there.
    let _ = Decoder::new(bytes, DEPTH).finish();
});

impl Try for Value<'_> {
    fn with<T: Data>(&self) {
        if let Ok(value) = read::<T>(self.0) {
            let bytes = write(&value);
            let Ok(again) = read::<T>(&bytes) else { panic!("{bytes:x?} is not read again") };
            assert_eq!(write(&again), bytes);
        }
        let _ = read_parts::<T>(self.0);
    }
}

fn read<T: Data>(bytes: &[u8]) -> Result<T> {
    let mut decoder = Decoder::new(bytes, DEPTH);
    let value = T::read(&mut decoder)?;
    decoder.finish().map(|()| value)
}

fn write<T: Data>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    value.write(&mut encoder).expect("what was read is written");
    encoder.finish().expect("it is whole");
    bytes
}

fn read_parts<T: Data>(bytes: &[u8]) -> Result<()> {
    let mut decoder = Decoder::new(bytes, DEPTH);
    decoder.parts(2)?;
    while let Some(part) = decoder.member()? {
        assert!(part < 2);
        if part == 0 {
            T::read(&mut decoder)?;
        }
    }
    decoder.finish()
}
