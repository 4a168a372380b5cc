//! Bits, least significant first, as deflate packs them into bytes (RFC 1951, 3.1.1).

#[derive(Default)]
pub struct BitWriter {
    /// Not written yet; fewer than 32 between two calls.
    waiting: u64,
    count: u32,
}

impl BitWriter {
    /// At most 32 bits; `value` has no others.
    #[inline]
    pub fn put(&mut self, value: u32, bits: u32, out: &mut Vec<u8>) {
        self.waiting |= u64::from(value) << self.count;
        self.count += bits;
        if self.count >= 32 {
            out.extend_from_slice(&(self.waiting as u32).to_le_bytes());
            self.waiting >>= 32;
            self.count -= 32;
        }
    }

    /// Writes what waits and fills the last byte with zeros.
    pub fn align(&mut self, out: &mut Vec<u8>) {
        let bytes = self.count.div_ceil(8) as usize;
        out.extend_from_slice(&self.waiting.to_le_bytes()[..bytes]);
        *self = BitWriter::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_fill_bytes_from_the_low_end() {
        let (mut bits, mut out) = (BitWriter::default(), Vec::new());
        bits.put(1, 1, &mut out);
        bits.put(0b10, 2, &mut out);
        bits.put(0x1ffff, 17, &mut out);
        bits.put(0x7fff_ffff, 31, &mut out);
        bits.align(&mut out);
        bits.put(3, 2, &mut out);
        bits.align(&mut out);
        assert_eq!(out, [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07, 3]);
    }
}
