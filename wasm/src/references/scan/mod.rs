//! Finds the references in a block of an ELF file, as the kind of each section requires.

mod aarch64;
mod arm;
mod find;
mod i386;
mod tables;
mod unwind;
mod view;
mod x64;
mod x86;

pub use find::{BLOCK_BYTES, find_fields};
