//! Where a member may be, and who looks.

use std::ops::RangeInclusive;

use crate::recompression::wrapper::Wrapper;

/// A place where a compressed stream should start.
pub struct Place {
    /// In the file.
    pub start: usize,
    pub wrapper: Wrapper,
    /// The levels it was made with, judging by its surroundings: certain in a PNG, otherwise
    /// likely.
    pub levels: RangeInclusive<u8>,
}

/// Looks at a place and returns how many bytes were compressed there, none if it was no stream.
pub type Visit<'a> = &'a mut dyn FnMut(Place) -> Option<usize>;
