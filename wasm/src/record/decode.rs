//! Decodes a record from start to end in bounded memory, reading the base at random.

use std::io::{BufReader, Read};

use super::layout::Streams;
use crate::base_window::BaseWindow;
use crate::coder::Coder;
use crate::control::{ControlReader, Instruction};
use crate::error::{Code, Error, Result};
use crate::read_at::{Region, Source};
use crate::zero_runs::Unpacker;

type Plain = BufReader<Box<dyn Read>>;

/// Stored streams are read through this; coded ones have buffers of their own behind it.
const BUFFER_BYTES: usize = 16 << 10;

pub struct Decoder {
    base: BaseWindow,
    control: ControlReader<Plain>,
    difference: Unpacker<Plain>,
    extra: Plain,
    /// What is left of the present instruction.
    current: Instruction,
}

impl Decoder {
    /// `memory_bytes` is what the head states: a record that needs more is refused before it takes any.
    pub fn open(
        coder: &dyn Coder,
        record: Region,
        target_bytes: u64,
        base: Source,
        base_bytes: u64,
        memory_bytes: u64,
    ) -> Result<Decoder> {
        let streams = Streams::read(record, target_bytes)?;
        let control = streams.control.open(coder)?;
        let difference = streams.difference.open(coder)?;
        let extra = streams.extra.open(coder)?;
        if control.memory_bytes + difference.memory_bytes + extra.memory_bytes > memory_bytes {
            let message = "the delta needs more memory than its head states";
            return Err(Error {
                code: Code::DeltaMemory,
                message,
            });
        }
        let buffer = |plain| BufReader::with_capacity(BUFFER_BYTES, plain);
        Ok(Decoder {
            base: BaseWindow::new(base, base_bytes),
            control: ControlReader::new(buffer(control.plain), base_bytes, target_bytes),
            difference: Unpacker::new(buffer(difference.plain)),
            extra: buffer(extra.plain),
            current: Instruction {
                base: 0,
                add: 0,
                extra: 0,
            },
        })
    }

    /// Fills `out` with the next bytes of the target; gives how many, fewer than asked for only at the end.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            if self.current.add + self.current.extra == 0 {
                match self.control.read_next()? {
                    Some(next) => self.current = next,
                    None => break,
                }
            }
            filled += self.add(&mut out[filled..])?;
            filled += self.copy_extra(&mut out[filled..])?;
        }
        Ok(filled)
    }

    fn add(&mut self, out: &mut [u8]) -> Result<usize> {
        let Instruction { base, add, .. } = self.current;
        let bytes = add.min(out.len() as u64) as usize;
        let out = &mut out[..bytes];
        self.base.copy_to(base, out)?;
        self.difference.add_to(out)?;
        self.current.base += bytes as u64;
        self.current.add -= bytes as u64;
        Ok(bytes)
    }

    fn copy_extra(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.current.add > 0 {
            return Ok(0);
        }
        let bytes = self.current.extra.min(out.len() as u64) as usize;
        self.extra.read_exact(&mut out[..bytes])?;
        self.current.extra -= bytes as u64;
        Ok(bytes)
    }
}
