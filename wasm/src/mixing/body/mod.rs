//! The bytes of a target, coded by models that know what each of them is predicted to be.
//!
//! [`coder`] walks through them: it passes over [`skip_blocks`], asks the [`flag_model`] whether a
//! prediction is right, and the [`byte_model`] for a byte when it is not or when there is none.
//! [`predictions`] says what is predicted, [`outcomes`] what became of earlier predictions, and
//! [`stored`] which new bytes no model could make smaller.

mod byte_contexts;
mod byte_model;
mod coder;
mod coders;
mod flag_model;
mod outcomes;
mod predictions;
mod skip_blocks;
mod stored;
#[cfg(test)]
mod tests;

pub use coder::{Body, CHUNK_BYTES};
pub use coders::{Actual, Coders};
pub use predictions::PredictionSource;
