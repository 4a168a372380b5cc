//! What a body is coded through.

/// The chunk's actual bytes for an encoder; a decoder has none.
pub type Actual<'a> = Option<&'a [u8]>;

/// One arithmetic coder for each kind of content, so that the cost of each can be seen from
/// outside.
pub struct Coders<C> {
    /// Whether predictions are right.
    pub flags: C,
    /// Mispredicted bytes.
    pub differences: C,
    /// Bytes that are aligned with nothing.
    pub new: C,
}
