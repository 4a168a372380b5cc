//! References in native code: fields of an ELF file that name a place of it, by address or distance. When code moves,
//! they all change, though nothing new was written. So they are blanked before base and target are matched, and
//! predicted when the target is coded: from where the old reference's place went.
//!
//! [`elf`] sections → [`scan`] fields → [`blank`]; [`pairs`] which file became which → [`predictor`]: [`guess`] from
//! what was [`learned`], the [`alignment`] and how sections moved.

mod blank;
mod elf;
mod field;
mod pairs;
mod predict;
mod scan;
#[cfg(test)]
mod testing;
#[cfg(test)]
pub mod tests;

pub use blank::blank_references;
pub use pairs::{Pair, SectionMove, find_pairs, read_pairs, write_pairs};
pub use predict::{Predicted, Predictor, SHIFT_TABLE_BITS};
