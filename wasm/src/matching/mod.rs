//! Which old bytes each new byte is compared with. Everything behind this face can be replaced: a record only holds
//! instructions.

mod align;
mod suffix_index;

pub use align::align;

/// Move to `base`, copy-with-differences `add` bytes from there, then take `extra` new bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub base: usize,
    pub add: usize,
    pub extra: usize,
}

/// Called with a fraction from 0 to 1; an error from it ends the work.
pub type Progress<'a> = &'a mut dyn FnMut(f64) -> crate::error::Result<()>;
