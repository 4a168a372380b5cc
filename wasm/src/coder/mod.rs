//! How much work a delta may be, and the entropy coder of the fast level. The others' is in [`mixing`](crate::mixing).

pub mod lzma;

/// How much time an encoder takes, and memory a decoder, to make a delta small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Fast,
    Default,
    Best,
}
