//! A diff record: one target coded against one base. Three streams (instructions, differences, new bytes) as bsdiff
//! has them, each coded on its own, since they are unlike.
//!
//! Its own length and the target's stand outside it, in the head; what follows from other numbers is not written.

mod decode;
mod encode;
mod layout;

pub use decode::Decoder;
pub use encode::{Body, Encoded, encode, split_streams};
pub use layout::{Stream, StreamSizes, Streams};
