//! References in native code: fields of an ELF file that name a place of it, by address or distance. When code moves,
//! they all change, though nothing new was written. So they are blanked before base and target are matched, and
//! predicted when the target is coded: from where the old reference's place went.
//!
//! [`elf`] sections → [`scan`] fields → [`blank`]; [`pairs`] which file became which → [`predictor`]: [`guess`] from
//! what was [`learned`], the [`alignment`] and how sections moved.

mod aarch64;
mod alignment;
mod arm;
mod blank;
mod blocks;
mod elf;
mod field;
mod guess;
mod i386;
mod learned;
mod pairs;
mod predictor;
mod scan;
mod tables;
#[cfg(test)]
mod testing;
#[cfg(test)]
pub mod tests;
mod unwind;
mod x86;

pub use blank::blank_references;
pub use field::kind;
pub use guess::sure;
pub use pairs::{Pair, SectionMove, find_pairs, read_pairs, write_pairs};
pub use predictor::{Expected, Predictor};
