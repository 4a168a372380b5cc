//! What is known of a compressed stream inside a file.

use super::deflate::Recipe;
use super::wrapper::{IdatLayout, Wrapper};

/// A deflate stream (RFC 1951) inside a side, with as much around it as follows from its content.
/// In the decompressed side, the plain bytes take the place of all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Where it starts in the side as it is.
    pub start: usize,
    pub compressed_bytes: usize,
    pub plain_bytes: usize,
    pub wrapper: Wrapper,
    /// What makes the same stream again; none in a base, which is only decompressed.
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
    /// Unchanged bytes between the last member, or the start, and this one.
    pub gap: usize,
    pub plain_bytes: usize,
    pub wrapper: Wrapper,
    pub recipe: Recipe,
    /// Of a PNG.
    pub idat_layout: Option<IdatLayout>,
}
