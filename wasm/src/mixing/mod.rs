//! Context mixing: many small models each say how likely the next bit is a one, a mixer learns whom to believe, and an
//! arithmetic coder writes the bit in as much space as it was unlikely. As in the PAQ family (M. Mahoney, "Data
//! Compression Explained", 4.3), in whole numbers only, so that every machine computes the same.
//!
//! [`body`] codes target bytes: where they are aligned with old ones it asks [`hits`] whether the prediction is right,
//! and only for those that are not, and for new ones, [`bytes`] what they are. [`numbers`] codes everything that is not
//! content. The parts: [`forecast`] of a chunk, [`blocks`] that are passed over, [`arithmetic`] coder, [`logistic`] functions, [`probability`] and bit [`history`] counters,
//! [`plain`] bytes, [`slots`] that keep histories by context, the [`mixer`] with its [`lanes`], and the [`past`] with its matches.

mod arithmetic;
mod blocks;
mod body;
mod bytes;
mod forecast;
mod history;
mod hits;
mod lanes;
mod logistic;
mod mixer;
mod numbers;
mod past;
mod plain;
mod probability;
mod sizes;
mod slots;
#[cfg(test)]
mod tests;
mod trace;

pub use arithmetic::{BitCoder, BitDecoder, BitEncoder};
pub use body::{Actual, Body, CHUNK_BYTES, Coders};
pub use forecast::Foresight;
pub use numbers::Numbers;
pub use sizes::Sizes;

/// Mixes two numbers into 32 well-spread bits (multiplication by odd constants, as in Fibonacci hashing).
#[inline(always)]
fn hash(first: u32, second: u32) -> u32 {
    let both = u64::from(first) << 32 | u64::from(second);
    let spread = both.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((spread ^ (spread >> 29)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as u32
}
