//! ELF files ("System V Application Binary Interface", chapters 4 and 5): their sections, and where
//! those are in the file and in memory.

mod file;
mod header;
mod section;
mod words;

pub use file::{Elf, parse_elf, read_elf};
pub use section::{Content, Machine, Section};
pub use words::{read_word, u16_at, u32_at, word_at, write_word};
