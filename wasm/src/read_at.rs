//! Random access to bytes that are somewhere else, so that no file is ever held whole.

use std::io::{self, Read};
use std::rc::Rc;

use crate::error::{Result, damaged};

pub trait ReadAt {
    /// Fills `out` with the bytes from `offset`; the caller has checked that they exist.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<()>;
}

pub type Source = Rc<dyn ReadAt>;

impl ReadAt for Vec<u8> {
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let start = usize::try_from(offset).map_err(|_| damaged("read past the end"))?;
        let bytes = start
            .checked_add(out.len())
            .and_then(|end| self.get(start..end));
        out.copy_from_slice(bytes.ok_or(damaged("read past the end"))?);
        Ok(())
    }
}

/// A stretch of a source, read once from start to end.
#[derive(Clone)]
pub struct Region {
    source: Source,
    offset: u64,
    bytes: u64,
}

impl Region {
    pub fn new(source: Source, offset: u64, bytes: u64) -> Region {
        Region {
            source,
            offset,
            bytes,
        }
    }

    /// What has not been read yet.
    pub fn remaining(&self) -> u64 {
        self.bytes
    }

    /// Splits off the next `bytes` as a region of their own.
    pub fn split(&mut self, bytes: u64) -> Result<Region> {
        if bytes > self.bytes {
            return Err(damaged("a part is longer than what contains it"));
        }
        let part = Region::new(self.source.clone(), self.offset, bytes);
        self.skip(bytes);
        Ok(part)
    }

    /// The next bytes without consuming them: `max`, or as many as there are.
    pub fn peek(&self, max: usize) -> Result<Vec<u8>> {
        let mut start = vec![0; self.bytes.min(max as u64) as usize];
        self.source.read_at(self.offset, &mut start)?;
        Ok(start)
    }

    /// `bytes` must not be more than there are.
    pub fn skip(&mut self, bytes: u64) {
        self.offset += bytes;
        self.bytes -= bytes;
    }
}

impl Read for Region {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.bytes.min(out.len() as u64);
        if bytes > 0 {
            self.source
                .read_at(self.offset, &mut out[..bytes as usize])?;
            self.skip(bytes);
        }
        Ok(bytes as usize)
    }
}
