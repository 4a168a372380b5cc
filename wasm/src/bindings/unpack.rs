//! Unpacking, step by step.

use wasm_bindgen::prelude::*;

use crate::unpack::{self, Failure, Unpack};

#[wasm_bindgen]
pub struct Unpacker(Box<dyn Unpack>);

#[wasm_bindgen]
impl Unpacker {
    /// Undefined for a format that is not known.
    pub fn open(format: &str) -> Option<Unpacker> {
        unpack::open(format).map(Unpacker)
    }

    /// Bytes read and written; or one number, -1 for damage and -2 where it takes too much memory.
    pub fn step(&mut self, input: &[u8], output: &mut [u8], is_last: bool) -> Vec<i32> {
        match self.0.step(input, output, is_last) {
            Ok(step) => vec![step.read as i32, step.written as i32],
            Err(Failure::Damaged) => vec![-1],
            Err(Failure::Memory) => vec![-2],
        }
    }
}
