//! A program says where it branches to relative to where it is: the same function is called with
//! other bytes from each place. With absolute addresses in their place, calls of one function are
//! equal, and programs take a tenth less. (The idea is that of 7-zip's and xz's BCJ filters.)

use std::io::{self, Read};

use crate::error::{Result, damaged};
use crate::references::Machine;
use crate::varint::{read_length, write_varint};

/// A stretch of a stream that is code for one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRange {
    pub start: usize,
    pub bytes: usize,
    pub machine: Machine,
}

/// Code is filtered block by block from the start of its range; no branch crosses blocks.
const BLOCK_BYTES: usize = 64 << 10;
/// In a stream; a decoder holds 32 bytes for each.
pub const MAX_RANGES: usize = 1 << 13;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToAbsolute,
    ToRelative,
}

impl Direction {
    fn apply(self, value: u32, place: u32) -> u32 {
        match self {
            Direction::ToAbsolute => value.wrapping_add(place),
            Direction::ToRelative => value.wrapping_sub(place),
        }
    }
}

/// Puts absolute addresses into the ranges of a stream.
pub fn filter(stream: &mut [u8], ranges: &[CodeRange]) {
    for range in ranges {
        let code = &mut stream[range.start..range.start + range.bytes];
        for (index, block) in code.chunks_mut(BLOCK_BYTES).enumerate() {
            convert(block, index, range.machine, Direction::ToAbsolute);
        }
    }
}

fn convert(block: &mut [u8], index: usize, machine: Machine, direction: Direction) {
    let start = (index * BLOCK_BYTES) as u32;
    match machine {
        Machine::X64 | Machine::I386 => convert_x86(block, start, machine, direction),
        Machine::Arm => convert_words(block, start, direction, |word| {
            (word >> 24 == 0xeb).then_some((0x00ff_ffff, 2))
        }),
        Machine::Arm64 => convert_words(block, start, direction, |word| {
            (word >> 26 == 0x25).then_some((0x03ff_ffff, 2))
        }),
    }
}

/// `field` says which bits of an instruction are a distance, and in units of which power of two.
fn convert_words(
    block: &mut [u8],
    start: u32,
    direction: Direction,
    field: impl Fn(u32) -> Option<(u32, u32)>,
) {
    for (index, bytes) in block.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let word = u32::from_le_bytes(*bytes);
        if let Some((mask, shift)) = field(word) {
            let place = (start + index as u32 * 4) >> shift;
            let value = direction.apply(word, place) & mask;
            *bytes = (word & !mask | value).to_le_bytes();
        }
    }
}

/// Calls and jumps (E8, E9), and operands relative to the instruction pointer where there are any.
/// Distances are of 25 bits with their sign; what is no such distance is left as it is, and no
/// distance becomes anything else.
fn convert_x86(block: &mut [u8], start: u32, machine: Machine, direction: Direction) {
    let mut at = 0;
    while at + 8 <= block.len() {
        let opcode = &block[at..at + 3];
        let before = match *opcode {
            [0xe8 | 0xe9, ..] => 1,
            _ if machine == Machine::I386 => 0,
            [0x40..=0x4f, operation, operand] if has_operand(operation, operand) => 3,
            [operation, operand, _] if has_operand(operation, operand) => 2,
            _ => 0,
        };
        if before == 0 {
            at += 1;
            continue;
        }
        // What is no distance is passed as well: else what follows it could become part of one.
        at += before + 4;
        let Some(field) = block[..at].last_chunk_mut::<4>() else {
            return;
        };
        if matches!(field[3], 0 | 0xff) {
            let place = start.wrapping_add(at as u32);
            let value = direction.apply(u32::from_le_bytes(*field), place);
            *field = ((value << 7) as i32 >> 7).to_le_bytes();
        }
    }
}

/// Moves, loads of addresses, comparisons, sums and calls whose operand is relative.
fn has_operand(operation: u8, operand: u8) -> bool {
    let known = matches!(
        operation,
        0x03 | 0x2b | 0x39 | 0x3b | 0x63 | 0x89 | 0x8b | 0x8d | 0xff
    );
    known && operand & 0xc7 == 5
}

/// For each range: the bytes since the last one, and its length × 4 + its machine.
pub fn write_ranges(ranges: &[CodeRange]) -> Vec<u8> {
    let (mut out, mut end) = (Vec::new(), 0);
    for range in ranges {
        write_varint(&mut out, (range.start - end) as u64);
        write_varint(
            &mut out,
            (range.bytes as u64) << 2 | number_of(range.machine),
        );
        end = range.start + range.bytes;
    }
    out
}

/// `stream_bytes` is the length of the stream that they are in.
pub fn read_ranges(mut stored: &[u8], stream_bytes: u64) -> Result<Vec<CodeRange>> {
    let (mut ranges, mut end) = (Vec::new(), 0);
    while !stored.is_empty() {
        let start = end + read_length(&mut stored, stream_bytes - end)?;
        let value = read_length(&mut stored, (stream_bytes - start) << 2 | 3)?;
        end = start + (value >> 2);
        if ranges.len() == MAX_RANGES {
            return Err(damaged("a record has too many stretches of code"));
        }
        ranges.push(CodeRange {
            start: start as usize,
            bytes: (value >> 2) as usize,
            machine: machine_of(value & 3),
        });
    }
    Ok(ranges)
}

fn number_of(machine: Machine) -> u64 {
    match machine {
        Machine::I386 => 0,
        Machine::X64 => 1,
        Machine::Arm => 2,
        Machine::Arm64 => 3,
    }
}

fn machine_of(number: u64) -> Machine {
    match number {
        0 => Machine::I386,
        1 => Machine::X64,
        2 => Machine::Arm,
        _ => Machine::Arm64,
    }
}

/// Puts relative addresses back while a stream is read.
pub struct BranchReader<R> {
    filtered: R,
    ranges: std::vec::IntoIter<CodeRange>,
    range: Option<CodeRange>,
    /// Bytes read of the stream, with `block`.
    read: usize,
    block: Vec<u8>,
    given: usize,
}

impl<R: Read> BranchReader<R> {
    pub fn new(filtered: R, ranges: Vec<CodeRange>) -> BranchReader<R> {
        let mut ranges = ranges.into_iter();
        BranchReader {
            filtered,
            range: ranges.next(),
            ranges,
            read: 0,
            block: Vec::new(),
            given: 0,
        }
    }

    /// Reads a block of code; false where there is none, and what comes before it in `bytes`.
    fn read_block(&mut self) -> io::Result<Option<usize>> {
        while let Some(range) = self
            .range
            .filter(|range| range.start + range.bytes <= self.read)
        {
            debug_assert!(range.start + range.bytes == self.read || range.bytes == 0);
            self.range = self.ranges.next();
        }
        let Some(range) = self.range else {
            return Ok(Some(usize::MAX));
        };
        if let Some(before @ 1..) = range.start.checked_sub(self.read) {
            return Ok(Some(before));
        }
        let done = self.read - range.start;
        self.block.resize(BLOCK_BYTES.min(range.bytes - done), 0);
        self.filtered.read_exact(&mut self.block)?;
        self.read += self.block.len();
        self.given = 0;
        let index = done / BLOCK_BYTES;
        convert(&mut self.block, index, range.machine, Direction::ToRelative);
        Ok(None)
    }
}

impl<R: Read> Read for BranchReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given == self.block.len()
            && let Some(plain) = self.read_block()?
        {
            let bytes = plain.min(out.len());
            let bytes = self.filtered.read(&mut out[..bytes])?;
            self.read += bytes;
            return Ok(bytes);
        }
        let bytes = out.len().min(self.block.len() - self.given);
        out[..bytes].copy_from_slice(&self.block[self.given..self.given + bytes]);
        self.given += bytes;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn opcode() -> impl Strategy<Value = u8> {
        prop_oneof![
            3 => prop::sample::select(vec![0xe8, 0x48, 0x8b, 0x05, 0, 0xff, 0xeb, 0x94, 0x97]),
            1 => any::<u8>(),
        ]
    }

    proptest! {
        #[test]
        fn what_was_filtered_is_read_as_it_was(
            plain in prop::collection::vec(opcode(), 0..2000),
            cuts in prop::collection::vec((0usize..300, 0usize..300, 0u64..4), 0..6),
            repeat in 1usize..200,
            step in 1usize..3000,
        ) {
            let plain = plain.repeat(repeat);
            let (mut ranges, mut end) = (Vec::new(), 0);
            for (gap, bytes, machine) in cuts {
                let (start, bytes) = (end + gap * repeat, bytes * repeat);
                if start + bytes <= plain.len() {
                    ranges.push(CodeRange { start, bytes, machine: machine_of(machine) });
                    end = start + bytes;
                }
            }
            let mut filtered = plain.clone();
            filter(&mut filtered, &ranges);
            let stored = write_ranges(&ranges);
            prop_assert_eq!(&read_ranges(&stored, plain.len() as u64).unwrap(), &ranges);
            let mut reader = BranchReader::new(filtered.as_slice(), ranges);
            let (mut read, mut chunk) = (Vec::<u8>::new(), vec![0; step]);
            loop {
                match reader.read(&mut chunk).unwrap() {
                    0 => break,
                    bytes => read.extend(&chunk[..bytes]),
                }
            }
            prop_assert!(read == plain);
        }
    }

    #[test]
    fn calls_of_one_function_become_equal() {
        let mut code = vec![0x90; 64];
        for at in [3, 20, 40] {
            code[at] = 0xe8;
            code[at + 1..at + 5].copy_from_slice(&(1000 - at as i32).to_le_bytes());
        }
        filter(
            &mut code,
            &[CodeRange {
                start: 0,
                bytes: 64,
                machine: Machine::X64,
            }],
        );
        assert_eq!(code[4..8], code[21..25]);
        assert_eq!(code[4..8], code[41..45]);
    }

    #[test]
    fn ranges_outside_the_stream_are_refused() {
        let range = CodeRange {
            start: 10,
            bytes: 90,
            machine: Machine::Arm,
        };
        let stored = write_ranges(&[range]);
        assert!(read_ranges(&stored, 100).is_ok());
        assert!(read_ranges(&stored, 99).is_err());
    }
}
