//! What a record holds besides content: how its target is put together. All of it is numbers, coded
//! by [`Numbers`](crate::mixing::Numbers); the same code walks through writing and reading.

mod columns;
mod list;
mod plan;
mod segments;

pub use list::code_list;
pub use plan::{Plan, code_plan};
