//! `patch(diff(a, b)) == b`, for random and for structured inputs, through records and through
//! BSDIFF40.

mod vector;

use std::rc::Rc;

use infield_codec::bsdiff40;
use infield_codec::coder::Level;
use infield_codec::error::Result;
use infield_codec::limits::COPY_BYTES;
use infield_codec::matching::Progress;
use infield_codec::parts::Part;
use infield_codec::read_at::Region;
use infield_codec::record::{self, Coding, Side};
use proptest::prelude::*;

fn encode(level: Level, base: &[u8], target: &[u8]) -> record::Encoded {
    encode_reporting(level, base, target, &mut |_| Ok(()))
}

/// Small enough inputs would be mixed at level fast, too.
fn encode_sides(level: Level, base: Side, target: Side, progress: Progress) -> record::Encoded {
    let encoded = match level {
        Level::Fast => record::encode_as(Coding::Lzma2, base, target, progress),
        Level::Default | Level::Best => record::encode(level, base, target, progress),
    };
    encoded.unwrap()
}

const LEVELS: [Level; 3] = [Level::Fast, Level::Default, Level::Best];

fn encode_reporting(
    level: Level,
    base: &[u8],
    target: &[u8],
    progress: Progress,
) -> record::Encoded {
    let (base_parts, target_parts) = ([Part::whole(base)], [Part::whole(target)]);
    encode_sides(
        level,
        (base, &base_parts),
        (target, &target_parts),
        progress,
    )
}

fn decode(base: &[u8], encoded: record::Encoded, target_bytes: usize) -> Result<Vec<u8>> {
    let region = Region::new(
        Rc::new(encoded.record.clone()),
        0,
        encoded.record.len() as u64,
    );
    let (source, memory) = (Rc::new(base.to_vec()), encoded.memory_bytes);
    let mut decoder = record::Decoder::open(
        region,
        target_bytes as u64,
        source,
        base.len() as u64,
        memory,
    )?;
    let mut target = Vec::new();
    let mut chunk = vec![0; COPY_BYTES];
    loop {
        match decoder.read(&mut chunk)? {
            0 => return Ok(target),
            bytes => target.extend(&chunk[..bytes]),
        }
    }
}

fn check(base: &[u8], target: &[u8]) {
    for level in LEVELS {
        let decoded = decode(base, encode(level, base, target), target.len());
        assert!(decoded.unwrap() == target, "{level:?}");
    }
    let patch = bsdiff40::encode(base, target, &mut |_| Ok(())).unwrap();
    assert!(
        bsdiff40::decode(base, &patch, target.len() as u64).unwrap() == target,
        "BSDIFF40"
    );
}

/// Bytes that look like files: runs, repeats of earlier parts, noise.
fn structured() -> impl Strategy<Value = Vec<u8>> {
    let run = (any::<u8>(), 1usize..400).prop_map(|(byte, length)| vec![byte; length]);
    let noise = prop::collection::vec(any::<u8>(), 1..200);
    let words = prop::collection::vec(
        prop_oneof![Just(*b"call"), Just(*b"ret "), Just(*b"0123")],
        1..80,
    );
    let words = words.prop_map(|words| words.concat());
    prop::collection::vec(prop_oneof![run, noise, words], 0..20).prop_map(|parts| parts.concat())
}

#[derive(Clone, Debug)]
enum Edit {
    Set(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Move(usize, usize, usize),
    Repeat(usize, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<prop::sample::Index>().prop_map(|index| index.index(1 << 16));
    let length = 1usize..500;
    let edit = prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (at.clone(), prop::collection::vec(any::<u8>(), 1..60))
            .prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (at.clone(), length.clone()).prop_map(|(at, length)| Edit::Remove(at, length)),
        (at.clone(), length.clone(), at.clone())
            .prop_map(|(from, length, to)| Edit::Move(from, length, to)),
        (at, length).prop_map(|(at, length)| Edit::Repeat(at, length)),
    ];
    prop::collection::vec(edit, 0..12)
}

fn apply(mut bytes: Vec<u8>, edits: Vec<Edit>) -> Vec<u8> {
    for edit in edits {
        let size = bytes.len();
        let range =
            |at: usize, length: usize| at % (size + 1)..(at % (size + 1) + length).min(size);
        match edit {
            Edit::Set(at, byte) if size > 0 => bytes[at % size] = byte,
            Edit::Set(..) => {}
            Edit::Insert(at, new) => drop(bytes.splice(range(at, 0), new)),
            Edit::Remove(at, length) => drop(bytes.drain(range(at, length))),
            Edit::Move(from, length, to) => {
                let moved: Vec<u8> = bytes.drain(range(from, length)).collect();
                let to = to % (bytes.len() + 1);
                bytes.splice(to..to, moved);
            }
            Edit::Repeat(at, length) => {
                let again = bytes[range(at, length)].to_vec();
                bytes.extend(again);
            }
        }
    }
    bytes
}

proptest! {
    #[test]
    fn unrelated_bytes(
        base in prop::collection::vec(any::<u8>(), 0..2000),
        target in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        check(&base, &target);
    }

    #[test]
    fn few_symbols_that_match_everywhere(
        base in prop::collection::vec(0u8..2, 0..2000),
        target in prop::collection::vec(0u8..2, 0..2000),
    ) {
        check(&base, &target);
    }

    #[test]
    fn edited_files(base in structured(), edits in edits()) {
        let target = apply(base.clone(), edits);
        check(&base, &target);
    }
}

/// Files one after another.
fn join(files: &[Vec<u8>]) -> (Vec<u8>, Vec<Part>) {
    let mut start = 0;
    let part = |file: &Vec<u8>| {
        start += file.len();
        let bytes = file.len();
        Part {
            start: start - bytes,
            bytes,
        }
    };
    let parts = files.iter().map(part).collect();
    (files.concat(), parts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Programs and archives, whole and damaged, among other files and alone; also cut where no
    /// file ends.
    #[test]
    fn several_files_of_any_kind(
        order in prop::collection::vec(0usize..4, 0..5),
        text in structured(),
        base_edits in edits(),
        target_edits in edits(),
        level in prop::sample::select(LEVELS.to_vec()),
    ) {
        let vectors = ["delta-program.txt", "delta-archives.txt"].map(vector::read);
        let side = |name: &str, edits: Vec<Edit>| {
            let [program, archives] = vectors.each_ref().map(|vector| vector.bytes(name));
            let kinds = [program.clone(), archives, text.clone(), apply(program, edits)];
            join(&order.iter().map(|kind| kinds[*kind].clone()).collect::<Vec<_>>())
        };
        let (base, base_parts) = side("base", base_edits);
        let (target, target_parts) = side("target", target_edits);
        let sides = ((&base[..], &base_parts[..]), (&target[..], &target_parts[..]));
        let encoded = encode_sides(level, sides.0, sides.1, &mut |_| Ok(()));
        prop_assert!(decode(&base, encoded, target.len()).unwrap() == target);
    }
}

#[test]
fn nothing_and_one_byte_on_either_side() {
    for base in [&b""[..], b"a", b"b", b"aa"] {
        for target in [&b""[..], b"a", b"b", b"aa"] {
            check(base, target);
        }
    }
}

#[test]
fn more_than_one_chunk_and_more_than_one_block() {
    let base: Vec<u8> = (0..300_000u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let target = [&base[200_000..], &base[..200_000], b"end"].concat();
    check(&base, &target);
}

/// Percival's search is quadratic here: at each byte of a long match it looks for one that is a
/// little longer.
#[test]
fn a_long_run_with_few_changes_does_not_take_quadratic_time() {
    let mut target = vec![0; 4 << 20];
    (0..target.len())
        .step_by(300_000)
        .for_each(|at| target[at] = 1);
    check(&vec![0; 4 << 20], &target);
}

#[test]
fn an_unchanged_file_costs_almost_nothing() {
    let base: Vec<u8> = (0..300_000u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    assert!(encode(Level::Default, &base, &base).record.len() < 24);
}

#[test]
fn progress_never_falls_and_ends_at_one() {
    let base: Vec<u8> = (0..600_000u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut seen = vec![0.0];
    let mut progress = |fraction| {
        seen.push(fraction);
        Ok(())
    };
    encode_reporting(
        Level::Default,
        &base,
        &[&base[1000..], b"new"].concat(),
        &mut progress,
    );
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.last(), Some(&1.0));
}

#[test]
fn without_a_base_progress_is_that_of_coding_alone() {
    for level in [Level::Fast, Level::Default] {
        let mut seen = Vec::new();
        let mut progress = |fraction| {
            seen.push(fraction);
            Ok(())
        };
        let target: Vec<u8> = (0..1 << 20)
            .map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        encode_reporting(level, b"", &target, &mut progress);
        let later = seen.iter().find(|fraction| **fraction > 0.0);
        assert!(later < Some(&0.3) && seen.last() == Some(&1.0), "{seen:?}");
    }
}

/// At level fast, a small update is no larger than one that takes its time; a large one does not
/// take it.
#[test]
fn at_the_level_fast_few_changed_bytes_are_mixed_and_many_are_not() {
    let noise = |bytes: u32| (0..bytes).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8);
    let base: Vec<u8> = noise(100_000).collect();
    let added = |bytes: u32| {
        [
            &base[..50_000],
            &noise(2 * bytes).rev().collect::<Vec<u8>>(),
            &base[50_000..],
        ]
        .concat()
    };
    let coding = |target: &[u8]| {
        let [base_parts, target_parts] = [[Part::whole(&base)], [Part::whole(target)]];
        let encoded = record::encode(
            Level::Fast,
            (&base, &base_parts),
            (target, &target_parts),
            &mut |_| Ok(()),
        );
        let record = encoded.unwrap().record;
        let first = record[0];
        let decoded = decode(
            &base,
            record::Encoded {
                format_version: 3,
                record,
                memory_bytes: u64::MAX,
            },
            target.len(),
        );
        assert!(decoded.unwrap() == target);
        first
    };
    assert_eq!([1_000, 10_000].map(|bytes| coding(&added(bytes))), [2, 1]);
}
