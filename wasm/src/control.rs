//! The instructions of a record as columns of varints: in blocks, so that a decoder holds one block at a time, and
//! in columns, so that like stands next to like for the coder.
//!
//! Block: count, then all moves (zigzag, from where the last segment ended), all add lengths, all extra lengths.

use std::io::Read;

use crate::error::{Result, damaged};
use crate::limits::GROUP_BYTES;
use crate::matching::Segment;
use crate::varint::{read_length, read_varint, unzigzag, write_varint, zigzag};

/// Instructions in a block: 400 KB of decoder memory.
const BLOCK: usize = 16 << 10;

pub fn write_control(segments: &[Segment]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut end = 0;
    for block in segments.chunks(BLOCK) {
        write_varint(&mut out, block.len() as u64);
        for segment in block {
            // A segment that takes nothing from the base need not move in it.
            let base = if segment.add == 0 { end } else { segment.base };
            write_varint(&mut out, zigzag(base as i64 - end as i64));
            end = base + segment.add;
        }
        for segment in block {
            write_varint(&mut out, segment.add as u64);
        }
        for segment in block {
            write_varint(&mut out, segment.extra as u64);
        }
    }
    out
}

/// One instruction as a decoder needs it; `base` is a checked position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    pub base: u64,
    pub add: u64,
    pub extra: u64,
}

/// Reads instructions and checks each: it must lie inside the base, give at least one byte, and not more than the
/// target still lacks.
pub struct ControlReader<R> {
    plain: R,
    /// The present block, and how many of its instructions were given. One array serves all blocks: what is taken anew while
    /// dictionaries grow leaves holes between them, and a wasm instance gives no memory back.
    block: Vec<Instruction>,
    given: usize,
    base_bytes: u64,
    end: u64,
    lacking: u64,
}

impl<R: Read> ControlReader<R> {
    pub fn new(plain: R, base_bytes: u64, target_bytes: u64) -> ControlReader<R> {
        ControlReader {
            plain,
            block: Vec::new(),
            given: 0,
            base_bytes,
            end: 0,
            lacking: target_bytes,
        }
    }

    /// The next instruction; none when the target is complete.
    pub fn read_next(&mut self) -> Result<Option<Instruction>> {
        if self.lacking == 0 {
            return Ok(None);
        }
        if self.given == self.block.len() {
            self.read_block()?;
        }
        let instruction = self.block[self.given];
        self.given += 1;
        let bytes = instruction.add + instruction.extra;
        if bytes == 0 || bytes > self.lacking {
            return Err(damaged("the instructions do not add up to the target's length"));
        }
        self.lacking -= bytes;
        Ok(Some(instruction))
    }

    fn read_block(&mut self) -> Result<()> {
        let count = read_length(&mut self.plain, BLOCK as u64)?;
        if count == 0 {
            return Err(damaged("a block of instructions is empty"));
        }
        self.given = 0;
        self.block.clear();
        for _ in 0..count {
            let base = read_varint(&mut self.plain)?;
            let (add, extra) = (0, 0);
            self.block.push(Instruction { base, add, extra });
        }
        for instruction in &mut self.block {
            instruction.add = read_length(&mut self.plain, GROUP_BYTES)?;
            let base = self.end.checked_add_signed(unzigzag(instruction.base));
            let end = base
                .and_then(|base| base.checked_add(instruction.add))
                .filter(|end| *end <= self.base_bytes);
            self.end = end.ok_or(damaged("an instruction reaches outside the base"))?;
            instruction.base = self.end - instruction.add;
        }
        for instruction in &mut self.block {
            instruction.extra = read_length(&mut self.plain, GROUP_BYTES)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(control: &[u8], base_bytes: u64, target_bytes: u64) -> Result<Vec<Instruction>> {
        let mut reader = ControlReader::new(control, base_bytes, target_bytes);
        std::iter::from_fn(|| reader.read_next().transpose()).collect()
    }

    #[test]
    fn instructions_come_back_over_several_blocks() {
        let count = BLOCK + 3;
        let segments: Vec<_> = (0..count)
            .map(|at| Segment {
                base: at * 7 % 100,
                add: 2,
                extra: at % 3,
            })
            .collect();
        let target_bytes = segments
            .iter()
            .map(|segment| (segment.add + segment.extra) as u64)
            .sum();
        let read = read_all(&write_control(&segments), 102, target_bytes).unwrap();
        assert_eq!(read.len(), count);
        for (segment, instruction) in segments.iter().zip(read) {
            let Segment { base, add, extra } = *segment;
            assert_eq!(
                instruction,
                Instruction {
                    base: base as u64,
                    add: add as u64,
                    extra: extra as u64
                }
            );
        }
    }

    #[test]
    fn what_reaches_outside_is_refused() {
        assert!(read_all(&[1, 0, 5, 0], 5, 5).is_ok());
        for (why, control, base, target) in [
            ("past the base", &[1, 0, 5, 0][..], 4, 5),
            ("before the base", &[1, 1, 5, 0], 9, 5),
            ("past the target", &[1, 0, 5, 1], 5, 5),
            ("short of the target", &[1, 0, 5, 0], 5, 6),
            ("an empty block", &[0], 5, 5),
            ("an empty instruction", &[2, 0, 0, 0, 5, 0, 0], 5, 5),
            ("cut", &[1, 0, 5], 5, 5),
        ] {
            assert!(read_all(control, base, target).is_err(), "{why}");
        }
    }
}
