//! The check value of zlib streams (RFC 1950, 8.2).

/// The largest prime below 2^16.
const MODULUS: u32 = 65521;

/// So many bytes can be summed before the sums must be reduced.
const STEP_BYTES: usize = 5552;

#[derive(Clone, Copy)]
pub struct Adler32 {
    sum: u32,
    sum_of_sums: u32,
}

impl Adler32 {
    pub fn new() -> Adler32 {
        Adler32 {
            sum: 1,
            sum_of_sums: 0,
        }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        for step in bytes.chunks(STEP_BYTES) {
            for byte in step {
                self.sum += u32::from(*byte);
                self.sum_of_sums += self.sum;
            }
            self.sum %= MODULUS;
            self.sum_of_sums %= MODULUS;
        }
    }

    pub fn finish(self) -> u32 {
        self.sum_of_sums << 16 | self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_zlib() {
        let adler = |bytes: &[u8]| {
            let mut adler = Adler32::new();
            adler.update(bytes);
            adler.finish()
        };
        assert_eq!(adler(b""), 1);
        assert_eq!(adler(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler(&[255; 20_000]), 0x9f51_d664);
    }
}
