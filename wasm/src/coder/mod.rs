//! How much effort goes into a delta, and the entropy coder of level fast. That of the others is in
//! [`mixing`](crate::mixing).

pub mod chunked;
pub mod lzma;
mod lzma2;

/// How much time an encoder and how much memory a decoder spends to make a delta small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Fast,
    Default,
    Best,
}
