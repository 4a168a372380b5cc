//! Which old bytes each new byte is compared with. Everything behind this face can be replaced: a record only holds
//! instructions.

mod align;
mod path;
mod price;
mod seeds;
mod sides;
mod suffix_index;
#[cfg(test)]
pub mod tests;
mod tracks;
mod trail;

pub use align::align;

/// Move to `base`, copy-with-differences `add` bytes from there, then take `extra` new bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub base: usize,
    pub add: usize,
    pub extra: usize,
}

/// What a byte of the base costs to index, and one of the target to look up, as time in WebAssembly: measured on trees
/// of programs, in units of the first. For progress only.
const INDEX_COST: f64 = 1.0;
const SEARCH_COST: f64 = 1.2;

/// What aligning costs.
pub fn cost(base: &[u8], target: &[u8]) -> f64 {
    if base.is_empty() || target.is_empty() {
        return 0.0;
    }
    INDEX_COST * base.len() as f64 + SEARCH_COST * target.len() as f64
}

/// Called with a fraction from 0 to 1; an error from it ends the work.
pub type Progress<'a> = &'a mut dyn FnMut(f64) -> crate::error::Result<()>;
