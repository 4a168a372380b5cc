//! A binary arithmetic coder with a 32-bit range and no carry, as in PAQ: both ends of the range
//! are kept, and bytes in which they agree are written.

use std::io::Read;

use crate::error::{Result, damaged};

/// Codes one bit after another. The same code walks through the models in both directions.
pub trait BitCoder {
    /// True when bits come out of the coder instead of going into it.
    const DECODES: bool;
    /// `one` is the probability of a 1 in 65,536ths, 1 to 65,535. An encoder codes `bit` and
    /// returns it; a decoder ignores it and returns the one that was coded.
    fn code(&mut self, bit: u32, one: u32) -> u32;
    /// Whether all bits so far came from what was coded. Asking now and then stops a cut or hostile
    /// stream soon, and spares coding a bit from returning a `Result`.
    fn check(&self) -> Result<()>;
}

/// The last number below which the next bit is a 1.
#[inline(always)]
fn split(low: u32, high: u32, one: u32) -> u32 {
    low + ((u64::from(high - low) * u64::from(one)) >> 16) as u32
}

pub struct BitEncoder {
    low: u32,
    high: u32,
    out: Vec<u8>,
}

impl BitEncoder {
    pub fn new() -> BitEncoder {
        BitEncoder {
            low: 0,
            high: u32::MAX,
            out: Vec::new(),
        }
    }

    /// The coded bytes. One more names a number in the range, as a decoder reads zeros after the
    /// last one.
    pub fn finish(mut self) -> Vec<u8> {
        if self.low > 0 {
            // The ends of the range differ in their first byte.
            self.out.push((self.low >> 24) as u8 + 1);
        }
        self.out
    }
}

impl BitCoder for BitEncoder {
    const DECODES: bool = false;

    #[inline(always)]
    fn code(&mut self, bit: u32, one: u32) -> u32 {
        let middle = split(self.low, self.high, one);
        if bit == 1 {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
        while (self.low ^ self.high) >> 24 == 0 {
            self.out.push((self.high >> 24) as u8);
            self.low <<= 8;
            self.high = self.high << 8 | 255;
        }
        bit
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// Bytes that a decoder reads ahead, and so past the end. After more, the stream counts as cut.
const BEHIND_END: u32 = 4;

pub struct BitDecoder<R> {
    low: u32,
    high: u32,
    code: u32,
    input: R,
    behind_end: u32,
    failed: bool,
}

impl<R: Read> BitDecoder<R> {
    pub fn new(input: R) -> BitDecoder<R> {
        let mut decoder = BitDecoder {
            low: 0,
            high: u32::MAX,
            code: 0,
            input,
            behind_end: 0,
            failed: false,
        };
        for _ in 0..4 {
            decoder.code = decoder.code << 8 | decoder.next_byte();
        }
        decoder
    }

    #[inline(never)]
    fn next_byte(&mut self) -> u32 {
        let mut byte = [0];
        match self.input.read(&mut byte) {
            Ok(1) => {}
            Ok(_) => self.behind_end = self.behind_end.saturating_add(1),
            Err(_) => self.failed = true,
        }
        u32::from(byte[0])
    }
}

impl<R: Read> BitCoder for BitDecoder<R> {
    const DECODES: bool = true;

    #[inline(always)]
    fn code(&mut self, _: u32, one: u32) -> u32 {
        let middle = split(self.low, self.high, one);
        let bit = u32::from(self.code <= middle);
        if bit == 1 {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
        while (self.low ^ self.high) >> 24 == 0 {
            self.low <<= 8;
            self.high = self.high << 8 | 255;
            self.code = self.code << 8 | self.next_byte();
        }
        bit
    }

    fn check(&self) -> Result<()> {
        if self.failed || self.behind_end > BEHIND_END {
            return Err(damaged("a coded stream ends too early"));
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
        fn what_is_coded_decodes_at_any_probability(
            bits in prop::collection::vec((any::<bool>(), 1u32..65_536), 0..2000),
        ) {
            let mut encoder = BitEncoder::new();
            for &(bit, one) in &bits {
                encoder.code(u32::from(bit), one);
            }
            let coded = encoder.finish();
            let mut decoder = BitDecoder::new(coded.as_slice());
            for &(bit, one) in &bits {
                prop_assert_eq!(decoder.code(0, one), u32::from(bit));
            }
            prop_assert!(decoder.check().is_ok());
        }
    }

    #[test]
    fn likely_bits_cost_next_to_nothing() {
        let mut encoder = BitEncoder::new();
        (0..10_000).for_each(|_| _ = encoder.code(1, 65_535));
        assert!(encoder.finish().len() <= 1);
    }
}
