use std::io::Read;

use lzma_rust2::Lzma2Reader;
use proptest::prelude::*;

use super::*;

const DICTIONARY: u32 = 1 << 16;

fn check(plain: &[u8]) -> usize {
    let mut told = 0;
    let coded = encode(plain, DICTIONARY, Vec::new(), &mut |bytes| {
        told += bytes;
        Ok(())
    });
    let coded = coded.unwrap();
    assert_eq!(told, plain.len());
    let mut decoded = Vec::new();
    Lzma2Reader::new(coded.as_slice(), DICTIONARY, None)
        .read_to_end(&mut decoded)
        .unwrap();
    assert!(decoded == plain);
    coded.len()
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut seed = 1u64;
    let step = |_| {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (seed >> 56) as u8
    };
    (0..bytes).map(step).collect()
}

proptest! {
    #[test]
    fn what_is_coded_decodes(
        plain in prop::collection::vec(prop_oneof![3 => Just(0u8), 2 => 0u8..4, 1 => any::<u8>()], 1..5000),
    ) {
        check(&plain);
    }
}

#[test]
fn what_repeats_costs_nothing() {
    assert!(check(&vec![0; 3 << 20]) < 2000);
    let period = noise(300);
    assert!(check(&period.repeat(10_000)) < 2000);
}

#[test]
fn what_cannot_be_made_smaller_is_stored() {
    let random = noise(300_000);
    assert!(check(&random) < random.len() + 100);
    let mut mixed = vec![b'a'; 100_000];
    mixed.extend(&random);
    mixed.extend(&random[..70_000]);
    mixed.extend([b'b'; 100_000]);
    assert!(check(&mixed) < random.len() + 80_000);
}

#[test]
fn distances_reach_as_far_as_the_dictionary_and_no_further() {
    for gap in [
        DICTIONARY as usize - 4100,
        DICTIONARY as usize - 4096,
        DICTIONARY as usize,
    ] {
        let mut plain = noise(4096);
        plain.resize(4096 + gap, 1);
        plain.extend(noise(4096));
        check(&plain);
    }
}
