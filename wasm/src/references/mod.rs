//! References in native code: fields of an ELF file that name a place in it, by address or by
//! distance. When code moves, they all change although nothing new was written. So they are blanked
//! before base and target are matched, and predicted when the target is coded, from where the place
//! of the old reference went.
//!
//! [`elf`] reads sections, [`scan`] finds the [`field`]s in them, [`blank`] blanks those. [`pairs`]
//! says which file became which, and [`predict`] predicts from that, from the alignment, and from
//! the references coded before.

mod blank;
mod elf;
mod field;
mod field_bits;
mod pairs;
mod predict;
mod scan;
#[cfg(test)]
mod testing;
#[cfg(test)]
pub mod tests;

pub use blank::{blank_references, find_code};
pub use elf::Machine;
pub use pairs::{Pair, SectionMove, find_pairs, read_pairs, write_pairs};
pub use predict::{Predicted, Predictor, SHIFT_TABLE_BITS};
