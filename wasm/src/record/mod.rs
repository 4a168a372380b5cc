//! A record: one target coded against one base. It says how the target is put together (`control`),
//! and which bytes are as predicted, which differ, and which are new. Lengths that follow from
//! others are left out; those of the record and its target are in the header.

mod branch_filter;
mod decode;
mod encode;
mod layout;
mod lzma_body;
mod runs;
mod stats;
mod walk;

pub use decode::Decoder;
pub use encode::{Encoded, Side, encode, encode_as};
pub use layout::Coding;
pub use stats::{Stats, read_stats};
