//! Lists of bytes: pairs, members, the group table.

use super::columns::{CHECKED_EVERY, COUNT, LIST};
use crate::error::{Result, damaged};
use crate::mixing::{BitCoder, Numbers};

/// Codes a list of bytes and returns it. A decoder ignores `list`.
pub fn code_list<C: BitCoder>(
    coder: &mut C,
    numbers: &mut Numbers,
    list: &[u8],
    max_bytes: usize,
) -> Result<Vec<u8>> {
    let count = numbers.code(coder, COUNT, [LIST, 0, 0], list.len() as u64);
    if count > max_bytes as u64 {
        return Err(damaged("a record's list is longer than it can be"));
    }
    let mut all = Vec::new();
    let mut last = [0; 3];
    for index in 0..count as usize {
        let actual = list.get(index).copied().unwrap_or(0);
        let contexts = [
            last[0],
            last[0] | last[1] << 8,
            last[0] | last[1] << 8 | last[2] << 16,
        ];
        let byte = numbers.code(coder, LIST, contexts, u64::from(actual)) as u8;
        last = [u32::from(byte), last[0], last[1]];
        if index % CHECKED_EVERY == 0 {
            coder.check()?;
        }
        all.push(byte);
    }
    Ok(all)
}
