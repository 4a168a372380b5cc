//! A record whose plan is the input's, coded as an encoder would: a fuzzer that changes coded bytes
//! hardly gets past the first number. Here it chooses segments, pairs and members, and changes the
//! base under them.

#![no_main]

use std::rc::Rc;

use infield_codec::control::{Plan, code_plan};
use infield_codec::matching::Segment;
use infield_codec::mixing::BitEncoder;
use infield_codec::parts::Part;
use infield_codec::read_at::Region;
use infield_codec::record::Decoder;
use infield_codec::references::{Pair, SectionMove, write_pairs};
use infield_codec::varint::write_varint;
use infield_codec_fuzz::{BASE, MEMORY_BYTES, read_all};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    /// The sizes of the models; without them, LZMA.
    sizes: Option<u8>,
    work: u16,
    base_changes: Vec<(u16, u8)>,
    /// Base, aligned bytes, new bytes.
    segments: Vec<(u16, u16, u8)>,
    pairs: Vec<InputPair>,
    members: Vec<u8>,
    unpacked: (u32, u32),
    flags: Vec<u8>,
    differences: Vec<u8>,
    new: Vec<u8>,
}

#[derive(Arbitrary, Debug)]
struct InputPair {
    /// The base's program, or any part of it.
    base: Option<(u16, u16)>,
    gap: u16,
    bytes: u16,
    moves: Vec<(i32, i32)>,
}

fn find_program(base: &[u8]) -> Part {
    let start = base
        .windows(4)
        .position(|bytes| bytes == b"\x7fELF")
        .unwrap_or(0);
    // The section headers end it; what follows does not matter.
    Part {
        start,
        bytes: base.len() - start,
    }
}

fn make_pairs(pairs: &[InputPair], base: &[u8]) -> Vec<Pair> {
    let mut end = 0;
    let pair = |pair: &InputPair| {
        let target = Part {
            start: end + usize::from(pair.gap),
            bytes: pair.bytes.into(),
        };
        end = target.end();
        let chosen = pair.base.map(|(start, bytes)| Part {
            start: start.into(),
            bytes: bytes.into(),
        });
        let moves = pair.moves.iter().map(|&(address, offset)| SectionMove {
            address: address.into(),
            offset: offset.into(),
        });
        Pair {
            base: chosen.unwrap_or_else(|| find_program(base)),
            target,
            moves: moves.collect(),
        }
    };
    pairs.iter().map(pair).collect()
}

fn write_record(input: &Input, plan: &Plan) -> Option<Vec<u8>> {
    let mut coder = BitEncoder::new();
    code_plan(&mut coder, Some(plan), 0, 0, u64::MAX).ok()?;
    let control = coder.finish();
    let mut record = match input.sizes {
        Some(sizes) => vec![2, sizes],
        None => vec![1],
    };
    write_varint(&mut record, input.work.into());
    for stream in [&control, &input.flags, &input.differences] {
        write_varint(&mut record, stream.len() as u64);
    }
    for stream in [&control, &input.flags, &input.differences, &input.new] {
        record.extend(stream);
    }
    Some(record)
}

fuzz_target!(|input: Input| {
    let mut base = BASE.clone();
    for &(at, value) in &input.base_changes {
        let at = usize::from(at) % base.len();
        base[at] = value;
    }
    let segments = input.segments.iter().map(|&(base, add, extra)| Segment {
        base: base.into(),
        add: add.into(),
        extra: extra.into(),
    });
    let segments: Vec<Segment> = segments.collect();
    let target_bytes: usize = segments
        .iter()
        .map(|segment| segment.add + segment.extra)
        .sum();
    let has_members = !input.members.is_empty();
    let plan = Plan {
        base_bytes: if has_members {
            input.unpacked.0.into()
        } else {
            1 << 32
        },
        target_bytes: if has_members {
            input.unpacked.1.into()
        } else {
            target_bytes as u64
        },
        segments,
        pairs: write_pairs(&make_pairs(&input.pairs, &base)),
        members: input.members.clone(),
    };
    let Some(record) = write_record(&input, &plan) else {
        return;
    };
    let record_bytes = record.len() as u64;
    let record = Region::new(Rc::new(record), 0, record_bytes);
    let (base_bytes, base) = (base.len() as u64, Rc::new(base));
    Decoder::open(record, target_bytes as u64, base, base_bytes, MEMORY_BYTES)
        .into_iter()
        .for_each(read_all);
});
