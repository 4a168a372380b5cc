//! Which ELF file of the base became which of the target, and how far its sections moved: all that
//! a decoder cannot see for itself, as it has no target yet.

mod find;
mod pair;
mod table;

pub use find::find_pairs;
pub use pair::{Pair, SectionMove};
pub use table::{read_pairs, write_pairs};
