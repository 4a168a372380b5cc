//! Recompresses the members of a target while it streams by.

use std::vec::IntoIter;

use super::member::MemberRecompressor;
use crate::error::{Result, damaged};
use crate::recompression::deflate::DEFLATE_BYTES;
use crate::recompression::member::Recompression;

/// Takes the decompressed target in order and returns the target as it is. Holds no member, only a
/// compressor's window.
pub struct Recompressor {
    members: IntoIter<Recompression>,
    /// Bytes still to come before the next member.
    gap: usize,
    next: Option<Recompression>,
    current: Option<MemberRecompressor>,
}

impl Recompressor {
    /// `members` are those that `read_members` returned.
    pub fn new(members: Vec<Recompression>) -> Recompressor {
        let mut recompressor = Recompressor {
            members: members.into_iter(),
            gap: 0,
            next: None,
            current: None,
        };
        recompressor.go_on();
        recompressor
    }

    /// What a recompressor takes besides the table of members and what `push` appends.
    pub fn memory_bytes(members: usize) -> u64 {
        if members == 0 { 0 } else { DEFLATE_BYTES }
    }

    /// Appends to `out` what is settled. At most a block of 64 KiB waits for later bytes.
    ///
    /// Fails with `delta-damaged` when an image does not get the length that was written.
    pub fn push(&mut self, mut plain: &[u8], out: &mut Vec<u8>) -> Result<()> {
        loop {
            self.begin_and_end(out)?;
            if plain.is_empty() {
                return Ok(());
            }
            let left = match &self.current {
                Some(current) => current.left(),
                None if self.next.is_some() => self.gap,
                None => plain.len(),
            };
            let (now, later) = plain.split_at(left.min(plain.len()));
            match &mut self.current {
                Some(current) => current.push(now, out)?,
                None => {
                    self.gap = self.gap.saturating_sub(now.len());
                    out.extend_from_slice(now);
                }
            }
            plain = later;
        }
    }

    /// To be called after the last byte.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<()> {
        self.begin_and_end(out)?;
        if self.next.is_some() || self.current.is_some() {
            return Err(damaged("the target ends inside or before a member"));
        }
        Ok(())
    }

    /// Members may be empty and lie side by side.
    fn begin_and_end(&mut self, out: &mut Vec<u8>) -> Result<()> {
        loop {
            if let Some(current) = self.current.take_if(|current| current.left() == 0) {
                current.finish(out)?;
                self.go_on();
            } else if self.current.is_none() && self.gap == 0 {
                let Some(next) = self.next.take() else {
                    return Ok(());
                };
                self.current = Some(MemberRecompressor::new(&next));
            } else {
                return Ok(());
            }
        }
    }

    fn go_on(&mut self) {
        self.next = self.members.next();
        self.gap = self.next.as_ref().map_or(0, |next| next.gap);
    }
}
