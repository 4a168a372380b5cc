//! Base and target side by side: what is opposite what at a given shift.

use super::price::History;
use super::suffix_array::common_prefix;

#[derive(Clone, Copy)]
pub struct Sides<'a> {
    pub base: &'a [u8],
    pub target: &'a [u8],
}

impl Sides<'_> {
    /// The base byte opposite a place in the target, if the base reaches there.
    pub fn opposite(self, shift: i64, at: usize) -> Option<u8> {
        self.base.get(base_place(shift, at)?).copied()
    }

    pub fn agrees(self, shift: i64, at: usize) -> bool {
        self.opposite(shift, at) == Some(self.target[at])
    }

    /// How many bytes agree from a place on, at most `max`.
    pub fn run(self, shift: i64, at: usize, max: usize) -> usize {
        let new = &self.target[at..];
        let new = &new[..max.min(new.len())];
        base_place(shift, at)
            .and_then(|old| self.base.get(old..))
            .map_or(0, |old| common_prefix(old, new))
    }

    /// Which of the bytes before a place agree.
    pub fn history(self, shift: i64, at: usize) -> History {
        let first = at.saturating_sub(History::BITS as usize);
        (first..at).fold(0, |history, at| {
            history << 1 | History::from(self.agrees(shift, at))
        })
    }

    /// A byte of the target, after the one before it.
    pub fn pair(self, at: usize) -> [u8; 2] {
        let before = at.checked_sub(1).map_or(0, |before| self.target[before]);
        [before, self.target[at]]
    }
}

fn base_place(shift: i64, at: usize) -> Option<usize> {
    usize::try_from(at as i64 + shift).ok()
}
