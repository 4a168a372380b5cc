//! How forms put distances into bits.

/// The low `width` bits as a signed number.
pub fn signed(bits: u32, width: u32) -> i64 {
    let unused = 32 - width;
    i64::from((bits << unused) as i32 >> unused)
}

pub fn fit(value: i64, width: u32) -> Option<u64> {
    let half = 1i64 << (width - 1);
    (-half..half)
        .contains(&value)
        .then_some(value as u64 & ((1 << width) - 1))
}

pub fn fit_unsigned(value: i64, width: u32) -> Option<u64> {
    (0..1i64 << width).contains(&value).then_some(value as u64)
}

/// The exact quotient.
pub fn divide(value: i64, unit: i64) -> Option<i64> {
    (value % unit == 0).then_some(value / unit)
}

/// ADR and ADRP keep their two lowest bits in bits 29 and 30.
pub fn split21(word: u32) -> u32 {
    (word >> 5 & 0x7_ffff) << 2 | word >> 29 & 3
}

pub fn join21(value: u64) -> u64 {
    (value >> 2) << 5 | (value & 3) << 29
}

/// Thumb-2 BL and BLX (ARM DDI 0406C, A8.8.25, T1 and T2). The first halfword is the lower half of
/// the word; the result is even.
pub fn read_thumb(word: u32) -> i64 {
    let (sign, high, low) = (word >> 10 & 1, word & 0x3ff, word >> 16 & 0x7ff);
    let (first, second) = (word >> 29 & 1, word >> 27 & 1);
    let bits = sign << 23 | (1 ^ first ^ sign) << 22 | (1 ^ second ^ sign) << 21 | high << 11 | low;
    signed(bits, 24) << 1
}

pub fn write_thumb(distance: i64, unit: i64) -> Option<u64> {
    let bits = fit(divide(distance, unit)? * (unit / 2), 24)?;
    let sign = bits >> 23 & 1;
    let (first, second) = (1 ^ (bits >> 22 & 1) ^ sign, 1 ^ (bits >> 21 & 1) ^ sign);
    Some(sign << 10 | bits >> 11 & 0x3ff | (bits & 0x7ff) << 16 | first << 29 | second << 27)
}
