//! The way from files to predictions, on small libraries of which one function grew.

use std::rc::Rc;

use proptest::prelude::*;

pub use super::elf::Machine;
use super::elf::parse_elf;
use super::scan::{BLOCK_BYTES, find_fields};
use super::testing::{LOADED_AT, TestSection, build_elf, offsets};
use super::*;
use crate::base_cache::BaseCache;
use crate::matching::{Segment, align};
use crate::parts::Part;

fn whole(file: &[u8]) -> [Part; 1] {
    let bytes = file.len();
    [Part { start: 0, bytes }]
}

/// What was predicted for every aligned byte of the target: first, second, old, position.
type Seen = Vec<(u8, u8, u8, u8)>;

/// Runs a predictor over the target. `sizes` says how much is asked for and how much of it is
/// learned at once, in turn.
fn predict(
    base: &[u8],
    target: &[u8],
    segments: &[Segment],
    pairs: Vec<Pair>,
    sizes: &[usize],
) -> Seen {
    let mut cache = BaseCache::new(Rc::new(base.to_vec()), base.len() as u64);
    let mut predictor = Predictor::new(pairs, segments, 10);
    let mut sizes = sizes.iter().copied().cycle();
    let (mut seen, mut at) = (Vec::new(), 0);
    for (index, segment) in segments.iter().enumerate() {
        predictor.enter(index);
        let end = at + segment.add;
        while at < end {
            let max = sizes.next().unwrap_or(1);
            let predicted = predictor.predict(max, &mut cache).unwrap();
            let bytes = predicted.first.len().min(sizes.next().unwrap_or(1));
            assert!((1..=max).contains(&bytes) && at + predicted.first.len() <= end);
            for index in 0..bytes {
                let Predicted {
                    first,
                    second,
                    old,
                    position,
                    ..
                } = &predicted;
                seen.push((first[index], second[index], old[index], position[index]));
            }
            predictor.learn(&target[at..at + bytes]);
            at += bytes;
        }
        at += segment.extra;
    }
    seen
}

/// Aligns blanked copies and returns the segments and the pairs.
fn compare(base: &[u8], target: &[u8]) -> (Vec<Segment>, Vec<Pair>) {
    let (mut old, mut new) = (base.to_vec(), target.to_vec());
    blank_references(&mut old, &whole(base));
    blank_references(&mut new, &whole(target));
    let segments = align(&old, &new, &mut |_| Ok(())).unwrap();
    let pairs = find_pairs(base, &whole(base), target, &whole(target), &segments);
    (segments, pairs)
}

/// Functions that all call the next two and load the address of a word of data, with `extra` new
/// instructions before the function `changed`; a table points to all of them.
pub fn library(machine: Machine, functions: usize, changed: usize, extra: usize) -> Vec<u8> {
    let function_bytes = |number: usize| 48 + if number == changed { 4 * extra } else { 0 };
    let starts: Vec<usize> = (0..=functions)
        .map(|number| (0..number).map(function_bytes).sum())
        .collect();
    let section = |name, code, flags, bytes: usize, link| TestSection {
        name,
        code,
        flags,
        bytes: vec![0; bytes],
        link,
    };
    let mut sections = [
        section(".text", 1, 6, starts[functions], 0),
        section(".data", 1, 3, 8 * functions, 0),
        section(".rela.dyn", 4, 2, 24 * functions, 0),
    ];
    let offsets = offsets(&sections);
    let address = |section: usize, inside: usize| LOADED_AT + (offsets[section] + inside) as u64;
    for number in 0..functions {
        let mut code = Code {
            machine,
            bytes: Vec::new(),
            address: address(0, starts[number]),
        };
        code.fill(4 * extra * usize::from(number == changed), 0xee);
        for other in [1, 2] {
            code.fill(4, number as u8);
            code.call(address(0, starts[(number + other) % functions]));
        }
        code.load(address(1, 8 * ((number * 7) % functions)));
        code.fill(
            48 + 4 * extra * usize::from(number == changed) - code.bytes.len(),
            0x11 ^ number as u8,
        );
        sections[0].bytes[starts[number]..starts[number + 1]].copy_from_slice(&code.bytes);
        let relocation = [address(1, 8 * number), 8, address(0, starts[number])];
        let bytes: Vec<u8> = relocation
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        sections[2].bytes[24 * number..24 * (number + 1)].copy_from_slice(&bytes);
    }
    build_elf(machine, &sections)
}

struct Code {
    machine: Machine,
    bytes: Vec<u8>,
    address: u64,
}

impl Code {
    fn here(&self) -> u64 {
        self.address + self.bytes.len() as u64
    }

    fn fill(&mut self, bytes: usize, byte: u8) {
        self.bytes.resize(self.bytes.len() + bytes, byte | 0xc0);
    }

    fn call(&mut self, target: u64) {
        if self.machine == Machine::X64 {
            let distance = target.wrapping_sub(self.here() + 8) as u32;
            self.bytes.extend([0x90, 0x90, 0x90, 0xe8]);
            self.bytes.extend(distance.to_le_bytes());
        } else {
            let distance = target.wrapping_sub(self.here() + 4) as u32;
            self.bytes.extend(0xd503_201f_u32.to_le_bytes());
            self.bytes
                .extend((0x9400_0000 | distance >> 2 & 0x3ff_ffff).to_le_bytes());
        }
    }

    fn load(&mut self, target: u64) {
        if self.machine == Machine::X64 {
            let distance = target.wrapping_sub(self.here() + 8) as u32;
            self.bytes.extend([0x90, 0x48, 0x8d, 0x05]);
            self.bytes.extend(distance.to_le_bytes());
        } else {
            let pages = ((target >> 12).wrapping_sub(self.here() >> 12)) as u32;
            let page = 0x9000_0003 | (pages & 3) << 29 | (pages >> 2 & 0x7_ffff) << 5;
            self.bytes.extend(page.to_le_bytes());
            let low = 0x9100_0063 | (target as u32 & 0xfff) << 10;
            self.bytes.extend(low.to_le_bytes());
        }
    }
}

const MACHINES: [Machine; 2] = [Machine::X64, Machine::Arm64];

#[test]
fn references_follow_the_functions_that_moved() {
    for machine in MACHINES {
        let (base, target) = (library(machine, 400, 400, 0), library(machine, 400, 50, 5));
        let (segments, pairs) = compare(&base, &target);
        assert_eq!(pairs.len(), 1);
        let seen = predict(&base, &target, &segments, pairs, &[usize::MAX]);
        let (mut at, mut index) = (0, 0);
        let (mut raw, mut wrong) = (0, 0);
        for segment in &segments {
            for new in &target[at..at + segment.add] {
                let (first, _, old, position) = seen[index];
                raw += usize::from(position > 0 && old != *new);
                wrong += usize::from(position > 0 && first != *new);
                index += 1;
            }
            at += segment.add + segment.extra;
        }
        // Two percent: fields at the edge of what changed, and at the ends of blocks.
        assert!(
            raw > 1000 && wrong <= raw / 50,
            "{machine:?}: {wrong} of {raw} bytes"
        );
    }
}

#[test]
fn blanked_copies_of_what_moved_are_alike() {
    for machine in MACHINES {
        let (base, target) = (
            library(machine, 400, 400, 0),
            library(machine, 400, 200, 40),
        );
        let (mut old, mut new) = (base.clone(), target.clone());
        blank_references(&mut old, &whole(&base));
        blank_references(&mut new, &whole(&target));
        // Functions before the one that grew: the data that they load moved away from them.
        let differing = |left: &[u8], right: &[u8]| {
            let pairs = left[1000..9000].iter().zip(&right[1000..9000]);
            pairs.filter(|(one, other)| one != other).count()
        };
        let (before, after) = (differing(&base, &target), differing(&old, &new));
        assert!(
            before > 150 && after < 20,
            "{machine:?}: {before} → {after}"
        );
    }
}

#[test]
fn a_program_against_itself_is_as_it_is() {
    // This test's own program: as large and as real as any, and always there.
    let mut program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    program.truncate(program.len().min(8 << 20));
    let segments = [Segment {
        base: 0,
        add: program.len(),
        extra: 0,
    }];
    let [part] = whole(&program);
    let pair = Pair {
        base: part,
        target: part,
        moves: Vec::new(),
    };
    let seen = predict(&program, &program, &segments, vec![pair], &[usize::MAX]);
    assert!(seen.iter().all(|(first, _, old, _)| first == old));
}

#[test]
fn what_is_no_elf_file_stays_as_it_is() {
    let text =
        b"\x7fELF is how such files begin, and this is none, though long enough for a header"
            .to_vec();
    let mut blanked = text.clone();
    blank_references(&mut blanked, &whole(&text));
    assert_eq!(blanked, text);
    assert!(find_pairs(&text, &whole(&text), &text, &whole(&text), &[]).is_empty());
}

#[test]
fn fields_lie_in_their_block_one_behind_the_other() {
    for machine in MACHINES {
        let file = library(machine, 400, 400, 0);
        let elf = parse_elf(&file).unwrap();
        let mut fields = Vec::new();
        let mut found = 0;
        for (index, block) in file.chunks(BLOCK_BYTES).enumerate() {
            find_fields(&elf, index * BLOCK_BYTES, block, &mut fields);
            let mut end = 0;
            for field in &fields {
                assert!(usize::from(field.at) >= end);
                end = usize::from(field.at) + field.form.width();
            }
            assert!(end <= block.len());
            found += fields.len();
        }
        // Three or four in each function and two in each relocation, less those that cross the ends
        // of blocks.
        assert!(
            (400 * 5 - 40..=400 * 6 + 20).contains(&found),
            "{machine:?}: {found}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A decoder reads files in other chunks than the encoder, and bytes may differ from
    /// predictions in any way.
    #[test]
    fn how_bytes_are_cut_changes_nothing(
        machine in prop::sample::select(MACHINES.to_vec()),
        sizes in prop::collection::vec(1usize..40, 1..20),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..50),
    ) {
        let (base, mut target) = (library(machine, 60, 60, 0), library(machine, 60, 20, 3));
        let (segments, pairs) = compare(&base, &target);
        for (at, byte) in changes {
            let at = at.index(target.len());
            target[at] = byte;
        }
        let once = predict(&base, &target, &segments, pairs.clone(), &[usize::MAX]);
        prop_assert!(once == predict(&base, &target, &segments, pairs, &sizes));
    }

    /// Neither a damaged base nor pairs that fit nothing may do more than make predictions bad.
    #[test]
    fn a_damaged_file_is_survived(
        machine in prop::sample::select(MACHINES.to_vec()),
        changes in prop::collection::vec((0usize..200, any::<bool>(), any::<u8>()), 0..30),
        moves in prop::collection::vec((any::<i64>(), any::<i64>()), 0..6),
        add in 0usize..3000,
    ) {
        let mut base = library(machine, 60, 60, 0);
        for (at, from_end, byte) in changes {
            let at = if from_end { base.len() - 1 - 2 * at } else { at };
            base[at] = byte;
        }
        blank_references(&mut base.clone(), &whole(&base));
        let [part] = whole(&base);
        let to_move = |(address, offset)| SectionMove { address, offset };
        let moves = moves.into_iter().map(to_move).collect();
        let segments = [
            Segment { base: base.len() - 3000, add, extra: 0 },
            Segment { base: 0, add: 3000, extra: 0 },
        ];
        let pair = Pair { base: part, target: part, moves };
        let target = vec![0x5b; 6000];
        let seen = predict(&base, &target, &segments, vec![pair], &[usize::MAX]);
        prop_assert_eq!(seen.len(), add + 3000);
    }
}
