//! Where the parts of a record are: a byte that says how its body is coded (and for mixed ones
//! another with the sizes of the models), the work to be done, the lengths of three streams, then
//! the four streams. The last one takes the rest of the record.

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

impl Coding {
    /// The format version that brought it.
    pub fn format_version(self) -> u8 {
        match self {
            Coding::Lzma | Coding::Mixed(_) => 3,
            Coding::Lzma2 => 4,
        }
    }
}

const LZMA: u8 = 1;
const MIXED: u8 = 2;
const LZMA2: u8 = 3;

/// The most bytes before the streams.
const HEADER_BYTES: usize = 2 + 4 * 8;

/// Work is written in units of this, rounded up: a hundredth of a second or less.
const WORK_UNIT: u64 = 1 << 16;

/// The four streams, as bytes or as where they are.
pub struct Layout<T> {
    pub coding: Coding,
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
    pub fn write(&self) -> Vec<u8> {
        let mut record = match self.coding {
            Coding::Lzma => vec![LZMA],
            Coding::Lzma2 => vec![LZMA2],
            Coding::Mixed(sizes) => vec![MIXED, sizes.to_byte()],
        };
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
    pub fn read(mut record: Region) -> Result<Layout<Region>> {
        let start = record.peek(HEADER_BYTES)?;
        let (coding, mut rest) = match *start {
            [LZMA, ref rest @ ..] => (Coding::Lzma, rest),
            [LZMA2, ref rest @ ..] => (Coding::Lzma2, rest),
            [MIXED, sizes, ref rest @ ..] => (Coding::Mixed(Sizes::from_byte(sizes)?), rest),
            _ => return Err(damaged("a record is coded in an unknown way")),
        };
        let work = read_length(&mut rest, MAX_LENGTH / WORK_UNIT)? * WORK_UNIT;
        let [control, flags, differences] = [
            read_length(&mut rest, MAX_LENGTH)?,
            read_length(&mut rest, MAX_LENGTH)?,
            read_length(&mut rest, MAX_LENGTH)?,
        ];
        record.skip((start.len() - rest.len()) as u64);
        Ok(Layout {
            coding,
            work,
            control: record.split(control)?,
            flags: record.split(flags)?,
            differences: record.split(differences)?,
            new: record,
        })
    }
}
