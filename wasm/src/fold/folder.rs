//! Packs the members of a target again while it streams by.

use std::vec::IntoIter;

use super::deflate::{DEFLATE_BYTES, Deflater};
use super::member::{Repack, Wrap};
use super::unpack::gzip_trailer;
use crate::error::{Result, damaged};

/// Takes the unfolded target in order and gives the target as it is. Holds no member, only a compressor's window.
pub struct Folder {
    members: IntoIter<Repack>,
    /// Bytes before the next member that are still to come.
    gap: usize,
    next: Option<Repack>,
    packing: Option<Packing>,
}

impl Folder {
    /// `members` are those that `read_members` gave.
    pub fn new(members: Vec<Repack>) -> Folder {
        let mut folder = Folder {
            members: members.into_iter(),
            gap: 0,
            next: None,
            packing: None,
        };
        folder.go_on();
        folder
    }

    /// What a folder takes besides the table of the members and what `push` appends.
    pub fn memory_bytes(members: &[Repack]) -> u64 {
        if members.is_empty() { 0 } else { DEFLATE_BYTES }
    }

    /// Appends to `out` what is settled: at most a block of 64 KiB waits, and comes with later bytes.
    pub fn push(&mut self, mut plain: &[u8], out: &mut Vec<u8>) {
        loop {
            self.begin_and_end(out);
            if plain.is_empty() {
                return;
            }
            let left = match &self.packing {
                Some(packing) => packing.left,
                None if self.next.is_some() => self.gap,
                None => plain.len(),
            };
            let (now, later) = plain.split_at(left.min(plain.len()));
            match &mut self.packing {
                Some(packing) => packing.push(now, out),
                None => {
                    self.gap = self.gap.saturating_sub(now.len());
                    out.extend_from_slice(now);
                }
            }
            plain = later;
        }
    }

    /// To be called behind the last byte.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<()> {
        self.begin_and_end(out);
        if self.next.is_some() || self.packing.is_some() {
            return Err(damaged("the target ends inside or before a member"));
        }
        Ok(())
    }

    /// Members may be empty, and lie side by side.
    fn begin_and_end(&mut self, out: &mut Vec<u8>) {
        loop {
            if let Some(packing) = self.packing.take_if(|packing| packing.left == 0) {
                packing.finish(out);
                self.go_on();
            } else if self.packing.is_none() && self.gap == 0 {
                let Some(next) = self.next.take() else {
                    return;
                };
                self.packing = Some(Packing::new(&next));
            } else {
                return;
            }
        }
    }

    fn go_on(&mut self) {
        self.next = self.members.next();
        self.gap = self.next.as_ref().map_or(0, |next| next.gap);
    }
}

/// A member on its way.
struct Packing {
    left: usize,
    deflater: Deflater,
    trailer: Option<Trailer>,
}

#[derive(Default)]
struct Trailer {
    crc: crc32fast::Hasher,
    plain_bytes: usize,
}

impl Packing {
    fn new(member: &Repack) -> Packing {
        Packing {
            left: member.plain_bytes,
            deflater: Deflater::new(member.recipe),
            trailer: match member.wrap {
                Wrap::Bare => None,
                Wrap::Gzip => Some(Trailer::default()),
            },
        }
    }

    fn push(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        self.left -= plain.len();
        self.deflater.push(plain, out);
        if let Some(trailer) = &mut self.trailer {
            trailer.crc.update(plain);
            trailer.plain_bytes += plain.len();
        }
    }

    fn finish(self, out: &mut Vec<u8>) {
        self.deflater.finish(out);
        if let Some(Trailer { crc, plain_bytes }) = self.trailer {
            out.extend(gzip_trailer(crc.finalize(), plain_bytes));
        }
    }
}
