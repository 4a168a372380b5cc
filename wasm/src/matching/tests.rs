//! What the matcher makes of small inputs whose best explanation is known.

use super::{Segment, align};
use proptest::prelude::*;

/// Bytes that repeat nothing, always the same for the same seed.
pub fn noise(seed: u32, bytes: usize) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

fn segments(base: &[u8], target: &[u8]) -> Vec<Segment> {
    align(base, target, &mut |_| Ok(())).unwrap()
}

fn segment(base: usize, add: usize, extra: usize) -> Segment {
    Segment { base, add, extra }
}

#[test]
fn changed_bytes_do_not_end_an_alignment() {
    let base = noise(1, 10_000);
    let mut target = base.clone();
    for at in [100, 101, 102, 103, 5000, 7000, 7004, 7009] {
        target[at] ^= 0x55;
    }
    assert_eq!(segments(&base, &target), [segment(0, 10_000, 0)]);
}

#[test]
fn what_was_inserted_is_new_and_what_was_removed_is_skipped() {
    let base = noise(1, 10_000);
    let inserted = [&base[..4000], &noise(2, 50), &base[4000..]].concat();
    assert_eq!(
        segments(&base, &inserted),
        [segment(0, 4000, 50), segment(4000, 6000, 0)]
    );
    let removed = [&base[..4000], &base[4500..]].concat();
    assert_eq!(
        segments(&base, &removed),
        [segment(0, 4000, 0), segment(4500, 5500, 0)]
    );
}

#[test]
fn moved_blocks_are_found_from_their_first_byte_on() {
    let base = noise(1, 9000);
    let mut block = base[6000..7000].to_vec();
    // No stretch before the tenth byte is long enough to be looked up.
    block[3] ^= 0x55;
    block[9] ^= 0x55;
    let target = [&base[..3000], &block, &base[3000..6000]].concat();
    assert_eq!(
        segments(&base, &target),
        [
            segment(0, 3000, 0),
            segment(6000, 1000, 0),
            segment(3000, 3000, 0)
        ]
    );
}

#[test]
fn a_few_bytes_that_stand_elsewhere_do_not_pay_for_two_changes() {
    let base = noise(1, 10_000);
    let mut target = base.clone();
    target.splice(5000..5010, base[100..110].to_vec());
    let found = segments(&base, &target);
    assert!(found.iter().all(|segment| segment.base != 100), "{found:?}");
}

#[test]
fn unrelated_bytes_are_all_new() {
    assert_eq!(
        segments(&noise(1, 50_000), &noise(7, 50_000)),
        [segment(0, 0, 50_000)]
    );
}

/// More steps than are kept open: they are settled now and then.
#[test]
fn thousands_of_blocks_in_any_order_are_found() {
    let base = noise(1, 400_000);
    let blocks: Vec<&[u8]> = base.chunks(100).collect();
    let target: Vec<u8> = (0..blocks.len())
        .flat_map(|at| blocks[at * 1777 % blocks.len()])
        .copied()
        .collect();
    let found = segments(&base, &target);
    let new: usize = found.iter().map(|segment| segment.extra).sum();
    assert!(new < 4000, "{new} bytes were not found");
}

proptest! {
    #[test]
    fn segments_make_up_the_target_and_lie_in_the_base(
        base in prop::collection::vec(0u8..3, 0..3000),
        target in prop::collection::vec(0u8..3, 0..3000),
    ) {
        let found = segments(&base, &target);
        let bytes = |segment: &Segment| segment.add + segment.extra;
        prop_assert_eq!(found.iter().map(bytes).sum::<usize>(), target.len());
        for segment in found {
            prop_assert!(segment.add + segment.extra > 0);
            prop_assert!(segment.base + segment.add <= base.len());
        }
    }
}
