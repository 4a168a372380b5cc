//! LZMA2 in a stream of its own: a byte of parameters, as before LZMA, and the chunks. Our encoder
//! writes it, and a library reads it.

use std::io::Read;

use lzma_rust2::Lzma2Reader;

use super::lzma::{Coded, DOUBLINGS, Kind, Opened, SMALLEST_DICTIONARY, doublings_for};
use super::lzma2;
use crate::error::{Result, damaged};
use crate::read_at::Region;

/// Codes `plain`, which is not empty. `progress` is told how many bytes are done since it was last
/// told.
pub fn encode(
    kind: Kind,
    plain: &[u8],
    progress: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Coded> {
    let doublings = doublings_for(kind, plain.len());
    let dictionary = SMALLEST_DICTIONARY << doublings;
    Ok(Coded {
        bytes: lzma2::encode(plain, dictionary, vec![doublings as u8], progress)?,
        memory_bytes: dictionary.into(),
    })
}

/// Prepares to decode `plain_bytes` bytes.
pub fn open(mut coded: Region, plain_bytes: u64) -> Result<Opened> {
    let mut parameters = [0];
    coded.read_exact(&mut parameters)?;
    let doublings = u32::from(parameters[0]);
    if doublings > DOUBLINGS {
        return Err(damaged("a stream has impossible coder parameters"));
    }
    let dictionary = SMALLEST_DICTIONARY << doublings;
    let plain = Lzma2Reader::new(coded, dictionary, None).take(plain_bytes);
    Ok(Opened {
        plain: Box::new(plain),
        memory_bytes: dictionary.into(),
    })
}
