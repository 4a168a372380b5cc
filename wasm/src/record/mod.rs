//! A record: one target coded against one base. How it is put together (`control`), and its bytes (`body`): what is
//! predicted right, what differs, what is new. All lengths that follow from others are left out; the record's own and
//! the target's stand in the head.

mod decode;
mod encode;
mod layout;
mod lzma_body;
mod stats;
mod walk;

pub use decode::Decoder;
pub use encode::{Encoded, Side, encode, encode_as};
pub use layout::Coding;
pub use stats::{Stats, read_stats};
