//! The columns that numbers are coded in.

/// Kinds of numbers, see `Numbers::code`.
pub const COUNT: u32 = 0;
pub const STEP: u32 = 1;
pub const JUMP: u32 = 2;
pub const ADD: u32 = 3;
pub const EXTRA: u32 = 4;
pub const LIST: u32 = 5;
/// A context of counts: the length of a decompressed side.
pub const DECOMPRESSED: u32 = 6;

/// Numbers between two checks that the stream has not ended, so that a list of millions that is
/// only claimed stops here.
pub const CHECKED_EVERY: usize = 1 << 12;
