//! Compares what two slices end with.

/// How many bytes two slices of the same length end with in common, eight at a time.
pub fn common_suffix(left: &[u8], right: &[u8]) -> usize {
    let words = left
        .as_rchunks::<8>()
        .1
        .iter()
        .zip(right.as_rchunks::<8>().1)
        .rev();
    let mut length = 0;
    for (left, right) in words {
        let differing = u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right);
        if differing != 0 {
            return length + (differing.leading_zeros() / 8) as usize;
        }
        length += 8;
    }
    let (left, right) = (left.as_rchunks::<8>().0, right.as_rchunks::<8>().0);
    length
        + left
            .iter()
            .zip(right)
            .rev()
            .take_while(|(left, right)| left == right)
            .count()
}
