//! What is known of a packed stream inside a file.

use super::deflate::Recipe;
use super::wrapper::{IdatLayout, Wrapper};

/// A deflate stream (RFC 1951) inside a side, with what around it follows from its content. In the unfolded side, the plain
/// bytes take the place of all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Where it starts in the side as it is.
    pub start: usize,
    pub compressed_bytes: usize,
    pub plain_bytes: usize,
    pub wrapper: Wrapper,
    /// What makes the same stream again; none in a base, which is only unpacked.
    pub recipe: Option<Recipe>,
    /// Of a target's PNG.
    pub idat_layout: Option<IdatLayout>,
}

impl Member {
    /// Where it ends in the side as it is.
    pub fn end(&self) -> usize {
        self.start + self.compressed_bytes
    }
}

/// The members of both sides of a group, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    pub base: Vec<Member>,
    pub target: Vec<Member>,
}

/// What a decoder has to do for a member of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recompression {
    /// Bytes since the last member, or from the start, that stay as they are.
    pub gap: usize,
    pub plain_bytes: usize,
    pub wrapper: Wrapper,
    pub recipe: Recipe,
    /// Of a PNG.
    pub idat_layout: Option<IdatLayout>,
}
