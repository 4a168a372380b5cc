//! What an alignment is made of.

/// Seek to `base`, copy `add` bytes from there with differences, then take `extra` new bytes: a
/// triple of bsdiff's control block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub base: usize,
    pub add: usize,
    pub extra: usize,
}
