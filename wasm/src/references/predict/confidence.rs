//! How a first candidate was found, and so how far a coder can trust it.

/// No field, or no candidate fits it.
pub const PLAIN: u8 = 0;
/// An earlier reference to the same place and the alignment agree.
pub const AGREED: u8 = 1;
/// An earlier reference contradicts the alignment.
pub const LEARNED: u8 = 2;
/// An earlier reference, and the place is not aligned.
pub const LEARNED_ALONE: u8 = 3;
/// The alignment, as the neighbourhood.
pub const ALIGNED: u8 = 4;
/// The alignment, but the neighbourhood went elsewhere.
pub const ALIGNED_ALONE: u8 = 5;
/// What is near went there.
pub const NEAR: u8 = 6;
/// The section went there.
pub const SECTION: u8 = 7;
