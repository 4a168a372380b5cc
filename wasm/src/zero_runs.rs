//! Differences with their zeros run-length coded. Most of bsdiff's diff block is zeros, and LZMA
//! spends nine tenths of its time on them. Every zero is followed by a varint that counts the zeros
//! after it. This happens in place, so that the coder still sees which change follows which, and at
//! what distance.

use std::io::Read;

use crate::error::Result;
use crate::varint::{read_varint, write_varint};

#[derive(Default)]
pub struct ZeroRunEncoder {
    out: Vec<u8>,
    zeros: u64,
}

impl ZeroRunEncoder {
    pub fn push(&mut self, difference: u8) {
        if difference == 0 {
            self.zeros += 1;
        } else {
            self.end_run();
            self.out.push(difference);
        }
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.end_run();
        self.out
    }

    fn end_run(&mut self) {
        if let Some(more) = std::mem::take(&mut self.zeros).checked_sub(1) {
            self.out.push(0);
            write_varint(&mut self.out, more);
        }
    }
}

/// Adds coded differences to old bytes; unchanged stretches cost nothing.
pub struct ZeroRunDecoder<R> {
    encoded: R,
    zeros: u64,
}

impl<R: Read> ZeroRunDecoder<R> {
    pub fn new(encoded: R) -> ZeroRunDecoder<R> {
        ZeroRunDecoder { encoded, zeros: 0 }
    }

    /// `out` holds old bytes and becomes new ones.
    pub fn add_to(&mut self, out: &mut [u8]) -> Result<()> {
        let mut at = 0;
        while at < out.len() {
            if self.zeros > 0 {
                let skipped = self.zeros.min((out.len() - at) as u64);
                self.zeros -= skipped;
                at += skipped as usize;
                continue;
            }
            let mut difference = [0];
            self.encoded.read_exact(&mut difference)?;
            if difference[0] == 0 {
                self.zeros = read_varint(&mut self.encoded)? + 1;
            } else {
                out[at] = out[at].wrapping_add(difference[0]);
                at += 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back_in_pieces_of_any_size(
            differences in
                prop::collection::vec(prop_oneof![3 => Just(0u8), 1 => any::<u8>()], 0..500),
            piece in 1usize..40,
        ) {
            let mut encoder = ZeroRunEncoder::default();
            differences.iter().for_each(|difference| encoder.push(*difference));
            let encoded = encoder.finish();
            let mut decoder = ZeroRunDecoder::new(encoded.as_slice());
            let mut out = vec![7; differences.len()];
            for piece in out.chunks_mut(piece) {
                decoder.add_to(piece).unwrap();
            }
            let new = differences.iter().map(|difference| difference.wrapping_add(7));
            let expected: Vec<u8> = new.collect();
            prop_assert_eq!(out, expected);
        }
    }

    #[test]
    fn a_million_zeros_take_four_bytes() {
        let mut encoder = ZeroRunEncoder::default();
        (0..1_000_000).for_each(|_| encoder.push(0));
        assert_eq!(encoder.finish().len(), 4);
    }
}
