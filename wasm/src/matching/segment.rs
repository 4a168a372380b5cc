//! What an alignment is made of.

/// Move to `base`, copy-with-differences `add` bytes from there, then take `extra` new bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub base: usize,
    pub add: usize,
    pub extra: usize,
}
