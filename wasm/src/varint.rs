//! Whole numbers in as few bytes as they need: unsigned LEB128 (DWARF 5, 7.6), and zigzag for
//! signed ones.

use std::io::Read;

use crate::error::{Result, damaged};
use crate::limits::MAX_LENGTH;

pub fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a number of at most 54 bits (a length, or the zigzag of one). Longer forms of the same
/// number are refused, so that there is only one way to write a delta.
pub fn read_varint(input: &mut impl Read) -> Result<u64> {
    let mut value = 0;
    for shift in (0..56).step_by(7) {
        let mut byte = [0];
        input.read_exact(&mut byte)?;
        value |= u64::from(byte[0] & 0x7f) << shift;
        if byte[0] < 0x80 {
            if byte[0] == 0 && shift > 0 {
                return Err(damaged("a number has more bytes than it needs"));
            }
            if value > 2 * MAX_LENGTH + 1 {
                break;
            }
            return Ok(value);
        }
    }
    Err(damaged("a number is larger than any length can be"))
}

/// Reads a length and checks it against its bound before anybody uses it.
pub fn read_length(input: &mut impl Read, max: u64) -> Result<u64> {
    let length = read_varint(input)?;
    if length > max {
        Err(damaged("a length is larger than its limit"))
    } else {
        Ok(length)
    }
}

pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_varint(&mut bytes, value);
        bytes
    }

    proptest! {
        #[test]
        fn every_number_comes_back(value in 0..=2 * MAX_LENGTH + 1) {
            prop_assert_eq!(read_varint(&mut written(value).as_slice()), Ok(value));
        }

        #[test]
        fn every_signed_number_comes_back(value in -(MAX_LENGTH as i64)..=MAX_LENGTH as i64) {
            prop_assert_eq!(unzigzag(zigzag(value)), value);
        }
    }

    #[test]
    fn small_numbers_take_one_byte() {
        assert_eq!(written(127), [127]);
        assert_eq!(written(300), [0xac, 2]);
        assert_eq!([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
    }

    #[test]
    fn a_cut_a_long_and_a_huge_number_are_refused() {
        for bytes in [&[][..], &[0x80], &[0x80, 0], &[0xff; 8], &[0xff; 12]] {
            assert!(read_varint(&mut &*bytes).is_err(), "{bytes:?}");
        }
    }
}
