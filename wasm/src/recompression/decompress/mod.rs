//! Decompresses members: of a whole side for an encoder, and where a decoder reads its base.

mod base;
mod inflate;
mod member;
mod page_pool;
mod side;

pub use base::DecompressedBase;
pub use member::decompress;
pub use side::decompress_side;
