//! What a group's base or target is made of: files one after another, and what was decompressed
//! from them.

/// One file inside a group's base or target: `start..start + bytes`. Parts are in order and do not
/// overlap, but there may be gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub start: usize,
    pub bytes: usize,
}

impl Part {
    /// All of a side that is one file.
    pub fn whole(side: &[u8]) -> Part {
        let bytes = side.len();
        Part { start: 0, bytes }
    }

    /// Where the part ends.
    pub fn end(&self) -> usize {
        self.start + self.bytes
    }
}
