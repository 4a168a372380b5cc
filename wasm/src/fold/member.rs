//! What is known of a packed stream inside a file.

use super::deflate::Recipe;

/// A deflate stream (RFC 1951) inside a side, with what around it follows from its content. In the unfolded side, the plain
/// bytes take the place of all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Where it starts in the side as it is.
    pub start: usize,
    pub packed_bytes: usize,
    pub plain_bytes: usize,
    pub wrap: Wrap,
    /// What makes the same stream again; none in a base, which is only unpacked.
    pub recipe: Option<Recipe>,
    /// Of a target's PNG.
    pub cut: Option<Cut>,
}

impl Member {
    /// Where it ends in the side as it is.
    pub fn end(&self) -> usize {
        self.start + self.packed_bytes
    }
}

/// What belongs to a member besides its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    /// Nothing: in a zip.
    Bare,
    /// CRC-32 and length of the plain bytes behind it (RFC 1952, 2.3.1).
    Gzip,
    /// Head and check value of zlib (RFC 1950), and the IDAT chunks of a PNG (RFC 2083).
    Png,
}

/// How a PNG's stream is cut into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Of every chunk but the last one; 0 when there is only one.
    pub chunk_bytes: usize,
    /// Of the whole zlib stream.
    pub stream_bytes: usize,
    /// What the zlib stream begins with.
    pub head: [u8; 2],
}

impl Wrap {
    /// As it stands in a delta.
    pub fn number(self) -> u64 {
        match self {
            Wrap::Bare => 0,
            Wrap::Gzip => 1,
            Wrap::Png => 2,
        }
    }

    pub fn from_number(number: u64) -> Option<Wrap> {
        match number {
            0 => Some(Wrap::Bare),
            1 => Some(Wrap::Gzip),
            2 => Some(Wrap::Png),
            _ => None,
        }
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
pub struct Repack {
    /// Bytes since the last member, or from the start, that stay as they are.
    pub gap: usize,
    pub plain_bytes: usize,
    pub wrap: Wrap,
    pub recipe: Recipe,
    /// Of a PNG.
    pub cut: Option<Cut>,
}
