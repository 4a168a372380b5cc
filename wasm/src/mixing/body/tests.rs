//! A body from end to end: any segments, any changes, with and without predicted references.

use std::rc::Rc;

use proptest::prelude::*;

use super::{Actual, Body, CHUNK_BYTES, Coders, PredictionSource};
use crate::base_cache::BaseCache;
use crate::coder::Level;
use crate::error::Result;
use crate::matching::Segment;
use crate::mixing::{BitCoder, BitDecoder, BitEncoder, Sizes};
use crate::parts::Part;
use crate::references::tests::{Machine, library};
use crate::references::{Predictor, find_pairs};

/// Sends all segments through a body; decodes without a target.
fn run<C: BitCoder>(
    coders: Coders<C>,
    base: &[u8],
    segments: &[Segment],
    predictor: &mut Predictor,
    target: Actual,
) -> Result<(Body<C>, Vec<u8>)> {
    let mut body = Body::new(coders, Sizes::choose(Level::Default, 0, 0));
    let mut window = BaseCache::new(Rc::new(base.to_vec()), base.len() as u64);
    let mut decoded = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        predictor.enter(index);
        for (all, aligned) in [(segment.add, true), (segment.extra, false)] {
            let end = decoded.len() + all;
            while decoded.len() < end {
                let bytes = (end - decoded.len()).min(CHUNK_BYTES);
                let actual = target.map(|target| &target[decoded.len()..decoded.len() + bytes]);
                let mut source = PredictionSource {
                    predictor: &mut *predictor,
                    base: &mut window,
                };
                let chunk = match aligned {
                    true => body.code_aligned(&mut source, bytes, actual)?,
                    false => body.code_new(bytes, actual),
                };
                decoded.extend_from_slice(chunk);
            }
        }
    }
    Ok((body, decoded))
}

/// Checks that a target comes back, and returns how many bytes it took.
fn round_trip(base: &[u8], segments: &[Segment], target: &[u8], whole_files: bool) -> usize {
    let pairs = || match whole_files {
        true => find_pairs(
            base,
            &[Part::whole(base)],
            target,
            &[Part::whole(target)],
            segments,
        ),
        false => vec![],
    };
    let new = BitEncoder::new;
    let coders = Coders {
        flags: new(),
        differences: new(),
        new: new(),
    };
    let mut predictor = Predictor::new(pairs(), segments, 10);
    let (body, _) = run(coders, base, segments, &mut predictor, Some(target)).unwrap();
    let work = body.work();
    let Coders {
        flags,
        differences,
        new,
    } = body.coders;
    let coded = [flags, differences, new].map(BitEncoder::finish);
    let [flags, differences, new] = coded
        .each_ref()
        .map(|stream| BitDecoder::new(stream.as_slice()));
    let mut predictor = Predictor::new(pairs(), segments, 10);
    let (body, decoded) = run(
        Coders {
            flags,
            differences,
            new,
        },
        base,
        segments,
        &mut predictor,
        None,
    )
    .unwrap();
    assert!(decoded == target, "other bytes came back");
    assert_eq!(body.work(), work);
    let Coders {
        flags,
        differences,
        new,
    } = &body.coders;
    [flags, differences, new]
        .iter()
        .for_each(|coder| coder.check().unwrap());
    coded.iter().map(Vec::len).sum()
}

/// What the segments make of the base, with an aligned byte changed every so often.
fn make_target(base: &[u8], segments: &[Segment], every: usize) -> Vec<u8> {
    let mut target = Vec::new();
    for segment in segments {
        target.extend_from_slice(&base[segment.base..segment.base + segment.add]);
        let end = target.len() + segment.extra;
        (target.len()..end).for_each(|at| target.push((at * at / 11) as u8));
    }
    (every..target.len())
        .step_by(every)
        .for_each(|at| target[at] ^= at as u8);
    target
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_segments_come_back(
        rows in prop::collection::vec(
            (any::<prop::sample::Index>(), 0usize..3000, 0usize..100),
            1..12,
        ),
        every in 1usize..2000,
    ) {
        let base: Vec<u8> = (0..4000u32).map(|at| (at * at / 7) as u8).collect();
        let place = |&(base_at, add, extra): &(prop::sample::Index, usize, usize)| {
            let start = base_at.index(base.len());
            Segment { base: start, add: add.min(base.len() - start), extra }
        };
        let segments: Vec<Segment> = rows.iter().map(place).collect();
        round_trip(&base, &segments, &make_target(&base, &segments, every), false);
    }

    /// Segments are cut anywhere, so that fields begin in one chunk or segment and end in the next.
    #[test]
    fn any_cut_of_a_program_comes_back(
        changed in 0usize..150,
        extra in 0usize..4,
        cuts in prop::collection::vec(1usize..400, 1..8),
    ) {
        for machine in [Machine::X64, Machine::Arm64] {
            let base = library(machine, 150, 150, 0);
            let target = library(machine, 150, changed, extra);
            let (mut segments, mut at) = (Vec::new(), 0);
            let shorter = base.len().min(target.len());
            for cut in cuts.iter().cycle() {
                let add = (*cut).min(shorter - at);
                segments.push(Segment { base: at, add, extra: 0 });
                at += add;
                if at == shorter {
                    break;
                }
            }
            segments.push(Segment { base: at, add: 0, extra: target.len() - shorter });
            round_trip(&base, &segments, &target, true);
        }
    }
}

#[test]
fn more_than_a_chunk_that_is_as_predicted_costs_nothing() {
    let base: Vec<u8> = (0..5 * CHUNK_BYTES as u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let segments = [Segment {
        base: 0,
        add: base.len(),
        extra: 0,
    }];
    assert!(round_trip(&base, &segments, &base, false) <= 12);
}
