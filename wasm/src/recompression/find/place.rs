//! Where a member may be, and who looks.

use std::ops::RangeInclusive;

use crate::recompression::wrapper::Wrapper;

/// A place where a packed stream should start.
pub struct Place {
    /// In the file.
    pub start: usize,
    pub wrapper: Wrapper,
    /// Levels with which it was made, by what its surroundings say: surely in a PNG, else probably.
    pub levels: RangeInclusive<u8>,
}

/// Looks at a place; gives how many bytes were packed there, none if it was no stream.
pub type Visit<'a> = &'a mut dyn FnMut(Place) -> Option<usize>;
