//! Where the three streams of a record lie.
//!
//! Record: for instructions and differences each the plain length and, unless that is 0, the stored length; the plain
//! length of the new bytes; then the three bodies, of which the last takes the rest of the record.
//! A body as long as its plain bytes *is* its plain bytes.

use std::io::Read;

use crate::coder::{Coder, Opened};
use crate::error::{Result, damaged};
use crate::limits::{ANY_BYTES, GROUP_BYTES};
use crate::read_at::Region;
use crate::varint::{read_length, write_varint};

/// Bytes that the lengths at the front of a record take at most.
const LENGTHS_BYTES: usize = 5 * 8;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamSizes {
    pub plain: u64,
    pub stored: u64,
}

impl StreamSizes {
    pub fn write(self, out: &mut Vec<u8>) {
        write_varint(out, self.plain);
        if self.plain > 0 {
            write_varint(out, self.stored);
        }
    }

    pub fn read(input: &mut impl Read, most_plain: u64) -> Result<StreamSizes> {
        let plain = read_length(input, most_plain)?;
        let stored = if plain > 0 {
            read_length(input, ANY_BYTES)?
        } else {
            0
        };
        Ok(StreamSizes { plain, stored })
    }
}

pub struct Stream {
    sizes: StreamSizes,
    body: Region,
}

impl Stream {
    pub fn take(from: &mut Region, sizes: StreamSizes) -> Result<Stream> {
        if sizes.stored > sizes.plain || (sizes.stored == 0) != (sizes.plain == 0) {
            return Err(damaged(
                "a stream is stored in more or fewer bytes than it can be",
            ));
        }
        Ok(Stream {
            sizes,
            body: from.split(sizes.stored)?,
        })
    }

    pub fn open(self, coder: &dyn Coder) -> Result<Opened> {
        if self.sizes.stored == self.sizes.plain {
            return Ok(Opened {
                plain: Box::new(self.body),
                memory_bytes: 0,
            });
        }
        coder.open(self.body, self.sizes.plain)
    }
}

pub struct Streams {
    pub control: Stream,
    pub difference: Stream,
    pub extra: Stream,
}

impl Streams {
    pub fn read(mut record: Region, target_bytes: u64) -> Result<Streams> {
        if target_bytes > GROUP_BYTES {
            return Err(damaged("a group is larger than 256 MiB"));
        }
        let start = record.peek(LENGTHS_BYTES)?;
        let mut rest = start.as_slice();
        let control = StreamSizes::read(&mut rest, ANY_BYTES)?;
        let difference = StreamSizes::read(&mut rest, ANY_BYTES)?;
        let plain = read_length(&mut rest, target_bytes)?;
        record.skip((start.len() - rest.len()) as u64);
        let control = Stream::take(&mut record, control)?;
        let difference = Stream::take(&mut record, difference)?;
        let extra = StreamSizes {
            plain,
            stored: record.remaining(),
        };
        let extra = Stream::take(&mut record, extra)?;
        Ok(Streams {
            control,
            difference,
            extra,
        })
    }

    /// In the order in which they are stored.
    pub fn sizes(&self) -> [StreamSizes; 3] {
        [self.control.sizes, self.difference.sizes, self.extra.sizes]
    }
}
