//! Which file became which, and how far its sections moved.

use crate::parts::Part;

/// How far a section moved in memory and in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SectionMove {
    pub address: i64,
    pub offset: i64,
}

/// An ELF file of the target, the ELF file of the base that it mostly aligns with, and how far each
/// section of the base file moved. The last move is also that of all further sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub base: Part,
    pub target: Part,
    pub moves: Vec<SectionMove>,
}

impl Pair {
    pub fn move_of(&self, section: usize) -> SectionMove {
        let moved = self.moves.get(section).or(self.moves.last());
        moved.copied().unwrap_or_default()
    }
}
