//! The hash that contexts are looked up by.

/// Mixes two numbers into 32 well-spread bits, by multiplying with odd constants as Fibonacci
/// hashing does.
#[inline(always)]
pub fn hash(first: u32, second: u32) -> u32 {
    let both = u64::from(first) << 32 | u64::from(second);
    let spread = both.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((spread ^ (spread >> 29)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as u32
}
