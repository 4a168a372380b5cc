//! Predicts where the place that a reference names went.

mod alignment;
mod block_cache;
mod candidates;
pub mod confidence;
mod open_pair;
mod pending;
mod predictor;
mod shift_table;

pub use pending::Predicted;
pub use predictor::{Predictor, SHIFT_TABLE_BITS};
