//! The .xz format, with its filters but chains of them, and its checks.

use lzma_rust2::{Action, Status, XzStream};

use super::{Failure, Step, Unpack};
use crate::limits::MAX_UNPACK_BYTES;

pub struct Xz(XzStream);

impl Xz {
    pub fn new() -> Xz {
        Xz(XzStream::new_mem_limit(
            true,
            (MAX_UNPACK_BYTES >> 10) as u32,
        ))
    }
}

impl Unpack for Xz {
    fn step(&mut self, input: &[u8], output: &mut [u8], is_last: bool) -> Result<Step, Failure> {
        let action = if is_last { Action::Finish } else { Action::Run };
        match self.0.process(input, output, action) {
            Ok(done) => {
                let step = Step {
                    read: done.bytes_consumed,
                    written: done.bytes_produced,
                };
                let is_stuck = is_last && step.read == 0 && step.written == 0;
                match done.status {
                    // It breaks off, or goes on behind its end.
                    Status::Ok if is_stuck => Err(Failure::Damaged),
                    Status::StreamEnd if step.read < input.len() => Err(Failure::Damaged),
                    _ => Ok(step),
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::OutOfMemory => Err(Failure::Memory),
            Err(_) => Err(Failure::Damaged),
        }
    }
}
