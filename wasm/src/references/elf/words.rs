//! Little-endian words.

pub fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

/// Four bytes, or eight in a 64-bit file.
pub fn word_at(bytes: &[u8], at: usize, wide: bool) -> u64 {
    let high = if wide { u32_at(bytes, at + 4) } else { 0 };
    u64::from(high) << 32 | u64::from(u32_at(bytes, at))
}

/// A little-endian word as long as the slice.
pub fn read_word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

pub fn write_word(bytes: &mut [u8], word: u64) {
    let count = bytes.len();
    bytes.copy_from_slice(&word.to_le_bytes()[..count]);
}
