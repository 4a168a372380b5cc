//! What matching costs, so that its progress can be told.

use crate::error::Result;

/// The time it takes in WebAssembly to index a byte of the base, and to look up one of the target,
/// in units of the former, as measured on trees of programs. For progress only.
pub const INDEX_COST: f64 = 1.0;
const SEARCH_COST: f64 = 1.2;

/// The cost of aligning.
pub fn cost(base: &[u8], target: &[u8]) -> f64 {
    if base.is_empty() || target.is_empty() {
        return 0.0;
    }
    INDEX_COST * base.len() as f64 + SEARCH_COST * target.len() as f64
}

/// Called with a fraction from 0 to 1; an error from it ends the work.
pub type Progress<'a> = &'a mut dyn FnMut(f64) -> Result<()>;
