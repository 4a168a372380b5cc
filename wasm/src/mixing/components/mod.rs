//! The parts that every model is put together from, named as in lpaq and paq8: the [`state_table`]
//! of bit histories, the [`hash_table`] that keeps them by context, the [`state_map`] from a
//! history to a probability, the [`match_model`], and the [`mixer`] with its APM stages.

mod common_suffix;
mod hash_table;
mod logistic;
mod match_model;
mod mixer;
mod state_map;
mod state_table;
mod vector;

pub use hash_table::HashTable;
pub use logistic::stretch;
pub use match_model::MatchModel;
pub use mixer::{ContextCounts, Mixer, MixerContexts};
pub use state_map::StateMap;
pub use state_table::{EMPTY_STATE, StateTable};
