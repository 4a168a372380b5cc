//! Deflate's alphabets (RFC 1951, 3.2.5): which code a length or a distance has, and how many extra
//! bits follow it.

/// The code that ends a block; those of lengths follow it.
pub const END_OF_BLOCK: usize = 256;
/// Literals, the end of a block, lengths.
pub const LITERAL_CODES: usize = 286;
pub const DISTANCE_CODES: usize = 30;

pub const MIN_MATCH: usize = 3;
pub const MAX_MATCH: usize = 258;

/// A code and what follows it.
pub struct Coded {
    pub code: usize,
    pub extra_bits: u32,
    pub extra: u32,
}

/// `length` is a match's less 3: 0 to 255.
#[inline]
pub fn code_length(length: u8) -> Coded {
    let value = u32::from(length);
    if length == 255 {
        // 258 could be the last length of the code before, but has its own.
        return Coded {
            code: LITERAL_CODES - 1,
            extra_bits: 0,
            extra: 0,
        };
    }
    let extra_bits = length_extra_bits(value);
    Coded {
        code: END_OF_BLOCK + 1 + (4 * extra_bits + (value >> extra_bits)) as usize,
        extra_bits,
        extra: value & ((1 << extra_bits) - 1),
    }
}

#[inline]
fn length_extra_bits(value: u32) -> u32 {
    (value | 4).ilog2() - 2
}

/// `distance` is less 1: 0 to 32767.
#[inline]
pub fn code_distance(distance: u32) -> Coded {
    let extra_bits = (distance | 2).ilog2() - 1;
    Coded {
        code: (2 * extra_bits + (distance >> extra_bits)) as usize,
        extra_bits,
        extra: distance & ((1 << extra_bits) - 1),
    }
}

/// Extra bits after a code of the literal alphabet.
pub fn literal_extra_bits(code: usize) -> u32 {
    match code.saturating_sub(END_OF_BLOCK + 1) as u32 {
        28 => 0,
        length => (length / 4).saturating_sub(1),
    }
}

/// Extra bits after a code of the distance alphabet.
pub fn distance_extra_bits(code: usize) -> u32 {
    (code as u32 / 2).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_distances_have_the_codes_of_the_rfc() {
        let length = |bytes: usize| {
            let coded = code_length((bytes - MIN_MATCH) as u8);
            assert_eq!(coded.extra_bits, literal_extra_bits(coded.code));
            (coded.code, coded.extra)
        };
        let lengths = [3, 10, 11, 12, 13, 18, 66, 114, 130, 131, 257, 258].map(length);
        let codes = [
            (257, 0),
            (264, 0),
            (265, 0),
            (265, 1),
            (266, 0),
            (268, 1),
            (276, 7),
            (279, 15),
            (280, 15),
            (281, 0),
            (284, 30),
            (285, 0),
        ];
        assert_eq!(lengths, codes);

        let distance = |bytes: u32| {
            let coded = code_distance(bytes - 1);
            assert_eq!(coded.extra_bits, distance_extra_bits(coded.code));
            (coded.code, coded.extra)
        };
        let distances = [1, 2, 4, 5, 7, 24, 25, 257, 32768].map(distance);
        let codes = [
            (0, 0),
            (1, 0),
            (3, 0),
            (4, 0),
            (5, 0),
            (8, 7),
            (9, 0),
            (16, 0),
            (29, 8191),
        ];
        assert_eq!(distances, codes);
    }
}
