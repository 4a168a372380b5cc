//! Where the parts of a record are: a byte that says how its body is coded (and for mixed ones
//! another with the sizes of the models), runs if there are any, the work to be done, the lengths
//! of three streams, then the four streams. The last one takes the rest of the record.

use super::runs::{MAX_WRITTEN_BYTES, Run, read_runs, write_runs};
use crate::error::{Result, damaged};
use crate::limits::MAX_LENGTH;
use crate::mixing::Sizes;
use crate::read_at::Region;
use crate::varint::{read_length, write_varint};

/// How a body is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Lzma,
    Mixed(Sizes),
    /// LZMA in chunks, with the branches of programs filtered.
    Lzma2,
}

const LZMA: u8 = 1;
const MIXED: u8 = 2;
const LZMA2: u8 = 3;
/// Added to these where the target has runs.
const WITH_RUNS: u8 = 0x80;

/// The most bytes that say how it is coded and how long its runs are, and of the lengths that
/// follow.
const CODING_BYTES: usize = 2 + 8;
const HEADER_BYTES: usize = 4 * 8;

/// Work is written in units of this, rounded up: a hundredth of a second or less.
const WORK_UNIT: u64 = 1 << 16;

/// The four streams, as bytes or as where they are.
pub struct Layout<T> {
    pub coding: Coding,
    pub runs: Vec<Run>,
    /// The work that a decoder may have to do: modelled bits, or bytes of LZMA streams.
    pub work: u64,
    /// Segments, and whatever else is not content.
    pub control: T,
    /// Whether predictions are right. LZMA bodies, whose differences say so, have none; LZMA2
    /// bodies say here which of the new bytes are code.
    pub flags: T,
    pub differences: T,
    pub new: T,
}

impl Layout<Vec<u8>> {
    /// The format version that brought what is in it.
    pub fn format_version(&self) -> u8 {
        match self.coding {
            Coding::Lzma | Coding::Mixed(_) if self.runs.is_empty() => 3,
            _ => 4,
        }
    }

    pub fn write(&self) -> Vec<u8> {
        let mut record = match self.coding {
            Coding::Lzma => vec![LZMA],
            Coding::Lzma2 => vec![LZMA2],
            Coding::Mixed(sizes) => vec![MIXED, sizes.to_byte()],
        };
        if !self.runs.is_empty() {
            record[0] |= WITH_RUNS;
            let runs = write_runs(&self.runs);
            write_varint(&mut record, runs.len() as u64);
            record.extend(runs);
        }
        write_varint(&mut record, self.work.div_ceil(WORK_UNIT));
        for stream in [&self.control, &self.flags, &self.differences] {
            write_varint(&mut record, stream.len() as u64);
        }
        for stream in [&self.control, &self.flags, &self.differences, &self.new] {
            record.extend_from_slice(stream);
        }
        record
    }
}

impl Layout<Region> {
    /// Bytes of the target that are in no run.
    pub fn coded_bytes(&self, target_bytes: u64) -> u64 {
        let runs: u64 = self.runs.iter().map(|run| run.bytes as u64).sum();
        target_bytes - runs
    }

    /// `target_bytes` is what the record makes.
    pub fn read(mut record: Region, target_bytes: u64) -> Result<Layout<Region>> {
        let (coding, runs) = read_coding(&mut record, target_bytes)?;
        let start = record.peek(HEADER_BYTES)?;
        let mut rest = start.as_slice();
        let work = read_length(&mut rest, MAX_LENGTH / WORK_UNIT)? * WORK_UNIT;
        let [control, flags, differences] = [
            read_length(&mut rest, MAX_LENGTH)?,
            read_length(&mut rest, MAX_LENGTH)?,
            read_length(&mut rest, MAX_LENGTH)?,
        ];
        record.skip((start.len() - rest.len()) as u64);
        Ok(Layout {
            coding,
            runs,
            work,
            control: record.split(control)?,
            flags: record.split(flags)?,
            differences: record.split(differences)?,
            new: record,
        })
    }
}

fn read_coding(record: &mut Region, target_bytes: u64) -> Result<(Coding, Vec<Run>)> {
    let start = record.peek(CODING_BYTES)?;
    let unknown = || damaged("a record is coded in an unknown way");
    let (first, mut rest) = start.split_first().ok_or_else(unknown)?;
    let coding = match first & !WITH_RUNS {
        LZMA => Coding::Lzma,
        LZMA2 => Coding::Lzma2,
        MIXED => {
            let (sizes, after) = rest.split_first().ok_or_else(unknown)?;
            rest = after;
            Coding::Mixed(Sizes::from_byte(*sizes)?)
        }
        _ => return Err(unknown()),
    };
    let mut stored = 0;
    if first & WITH_RUNS != 0 {
        stored = read_length(&mut rest, MAX_WRITTEN_BYTES as u64)?;
    }
    record.skip((start.len() - rest.len()) as u64);
    let runs = record.split(stored)?.peek(MAX_WRITTEN_BYTES)?;
    Ok((coding, read_runs(&runs, target_bytes)?))
}
