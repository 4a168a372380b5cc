//! Context mixing: many small models each estimate how likely the next bit is a one, a mixer learns
//! how far to trust each of them, and an arithmetic coder spends as many bits as the outcome was
//! unlikely. The design is that of the PAQ family (M. Mahoney, "Data Compression Explained", 4.3),
//! and so are the names, but in whole numbers only, so that every machine computes the same.
//!
//! [`body`] codes the bytes of a target, [`numbers`] everything that is not content. Both are made
//! of the [`components`] and write through the [`arithmetic`] coder.

mod arithmetic;
mod body;
mod components;
mod hash;
mod numbers;
mod sizes;

pub use arithmetic::{BitCoder, BitDecoder, BitEncoder};
pub use body::{Actual, Body, CHUNK_BYTES, Coders, PredictionSource};
pub use numbers::Numbers;
pub use sizes::Sizes;
