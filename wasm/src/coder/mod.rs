//! Entropy coding of one stream. A delta names its coder by a number in its head, so that a better one can take this
//! one's place without a new container.

mod lzma;

use std::io::Read;

use crate::error::{Code, Error, Result};
use crate::read_at::Region;
pub use lzma::Lzma;

/// What a stream holds: a coder may treat each kind in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Columns of varints: instructions and the group table.
    Control,
    /// New bytes minus old bytes, zeros counted.
    Difference,
    /// New bytes.
    Extra,
}

/// How much time an encoder takes, and memory a decoder, to make a delta small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Fast,
    Default,
    Best,
}

pub struct Coded {
    pub bytes: Vec<u8>,
    /// What decoding will need, as `Opened` says it then.
    pub memory_bytes: u64,
}

/// A stream ready to be read, and what its decoder will need.
pub struct Opened {
    pub plain: Box<dyn Read>,
    pub memory_bytes: u64,
}

pub trait Coder {
    /// The number in the head of a delta.
    fn id(&self) -> u8;
    /// Codes `plain`, which is not empty. `progress` counts the plain bytes done.
    fn encode(
        &self,
        kind: Kind,
        plain: &[u8],
        progress: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Coded>;
    /// Prepares to decode `plain_bytes` bytes. Takes no large memory before the first byte is read.
    fn open(&self, coded: Region, plain_bytes: u64) -> Result<Opened>;
}

/// The coder that this version writes.
pub const CURRENT: &dyn Coder = &Lzma;

pub fn find_coder(id: u8) -> Result<&'static dyn Coder> {
    if id == CURRENT.id() {
        return Ok(CURRENT);
    }
    let message = "the delta uses an entropy coder that this program does not know: a newer program reads it";
    Err(Error {
        code: Code::DeltaTooNew,
        message,
    })
}
