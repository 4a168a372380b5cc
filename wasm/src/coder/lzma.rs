//! LZMA (7-zip's `lzma-specification.txt`) without a container, as every byte counts in a small
//! delta.
//!
//! A coded stream is a byte of parameters and the bytes of the range coder, without the first one,
//! which is always zero, and without the last ones if zeros do as well: a decoder reads zeros past
//! the end.

use std::io::{self, Read, Write};

use lzma_rust2::{EncodeMode, LzmaOptions, LzmaReader, LzmaWriter, MfType};

use crate::error::{Result, damaged, input};
use crate::read_at::Region;

/// What a stream holds: each kind is modelled in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// New bytes minus predicted ones, zeros run-length coded.
    Difference,
    /// New bytes.
    Extra,
}

pub struct Coded {
    pub bytes: Vec<u8>,
    /// The dictionary that decoding needs.
    pub memory_bytes: u64,
}

/// A stream ready to be read, and the dictionary that its decoder needs.
pub struct Opened {
    pub plain: Box<dyn Read>,
    pub memory_bytes: u64,
}

/// Literal context bits, literal position bits, position bits.
const LC: u32 = 3;
const LP: u32 = 0;
const PB: u32 = 0;

/// The parameter byte says how often to double the smallest dictionary.
pub const SMALLEST_DICTIONARY: u32 = 4 << 10;
pub const DOUBLINGS: u32 = 12;

/// The most zeros that the encoder may have cut off.
const CUT_BYTES: u64 = 4;

/// Bytes given to the encoder between two reports of progress.
const STEP_BYTES: usize = 256 << 10;

/// Codes `plain`, which is not empty. `progress` is told how many plain bytes are done.
pub fn encode(
    kind: Kind,
    plain: &[u8],
    progress: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Coded> {
    let doublings = doublings_for(kind, plain.len());
    let dictionary = SMALLEST_DICTIONARY << doublings;
    let options = LzmaOptions::new(
        dictionary,
        LC,
        LP,
        PB,
        EncodeMode::Normal,
        273,
        MfType::Bt4,
        0,
    );
    let mut writer =
        LzmaWriter::new_no_header(Vec::new(), &options, false).map_err(cannot_encode)?;
    for step in plain.chunks(STEP_BYTES) {
        writer.write_all(step).map_err(cannot_encode)?;
        progress(step.len())?;
    }
    let mut coded = writer.finish().map_err(cannot_encode)?;
    shorten_end(&mut coded);
    coded[0] = doublings as u8;
    Ok(Coded {
        bytes: coded,
        memory_bytes: u64::from(dictionary),
    })
}

/// Dictionaries are as large as the stream, and at most 1 and 16 MiB, as a laptop has to hold them.
pub fn doublings_for(kind: Kind, plain_bytes: usize) -> u32 {
    let most = match kind {
        Kind::Difference => 8,
        Kind::Extra => DOUBLINGS,
    };
    (0..most)
        .find(|by| plain_bytes as u64 <= u64::from(SMALLEST_DICTIONARY) << by)
        .unwrap_or(most)
}

/// Prepares to decode `plain_bytes` bytes. Allocates no large memory before the first byte is read.
pub fn open(mut coded: Region, plain_bytes: u64) -> Result<Opened> {
    let mut parameters = [0];
    coded.read_exact(&mut parameters)?;
    let doublings = u32::from(parameters[0]);
    if doublings > DOUBLINGS {
        return Err(damaged("a stream has impossible coder parameters"));
    }
    let dictionary = SMALLEST_DICTIONARY << doublings;
    let whole = io::Cursor::new([0])
        .chain(coded)
        .chain(io::repeat(0).take(CUT_BYTES));
    let plain = LzmaReader::new(whole, plain_bytes, LC, LP, PB, dictionary, None)?;
    Ok(Opened {
        plain: Box::new(plain),
        memory_bytes: u64::from(dictionary),
    })
}

fn cannot_encode(_: io::Error) -> crate::error::Error {
    input("not enough memory to compress")
}

/// Every number from the range coder's `low` to `low + range` decodes to the same symbols. After
/// normalization `range` is at least 2^24, and the last four bytes are `low`: so they can be
/// rounded up to end in three zero bytes.
fn shorten_end(coded: &mut Vec<u8>) {
    let Some(header) = coded.len().checked_sub(3) else {
        return;
    };
    if coded[header..] != [0; 3] {
        for byte in coded[..header].iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
    coded.truncate(header);
    if coded.len() > 1 && coded.ends_with(&[0]) {
        coded.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::rc::Rc;

    fn decoded(coded: Vec<u8>, plain_bytes: usize) -> Result<Vec<u8>> {
        let bytes = coded.len() as u64;
        let mut plain = Vec::new();
        let opened = open(Region::new(Rc::new(coded), 0, bytes), plain_bytes as u64)?;
        opened
            .plain
            .take(plain_bytes as u64)
            .read_to_end(&mut plain)?;
        Ok(plain)
    }

    proptest! {
        #[test]
        fn what_is_coded_decodes(
            plain in prop::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 1..3000),
        ) {
            for kind in [Kind::Difference, Kind::Extra] {
                let coded = encode(kind, &plain, &mut |_| Ok(())).unwrap().bytes;
                prop_assert_eq!(decoded(coded, plain.len()).unwrap(), plain.clone());
            }
        }
    }

    #[test]
    fn unknown_parameters_are_refused() {
        assert!(decoded(vec![13, 1, 2, 3, 4, 5], 3).is_err());
        assert!(decoded(vec![255, 1, 2, 3, 4, 5], 3).is_err());
        assert!(decoded(vec![], 3).is_err());
    }
}
