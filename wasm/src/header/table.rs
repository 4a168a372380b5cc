//! The group table, in columns: group count; target lengths; stored lengths; span counts; then for
//! all spans the file (zigzag, counted from the file after the last span's), the offset and the
//! length. Whole files in order cost their length and two zeros, which the coder makes vanish.

use std::io::Read;

use crate::error::{Result, damaged, input};
use crate::limits::{MAX_GROUP_BYTES, MAX_GROUPS, MAX_LENGTH, MAX_SPANS};
use crate::varint::{read_length, read_varint, unzigzag, write_varint, zigzag};

/// A stretch of one file of the base tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Index among the files of the base manifest.
    pub file: u64,
    pub offset: u64,
    pub bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub target_bytes: u64,
    pub stored_bytes: u64,
    /// Concatenated, these are the group's base.
    pub spans: Vec<Span>,
}

impl Group {
    /// Checked when the table is read or written.
    pub fn base_bytes(&self) -> u64 {
        self.spans.iter().map(|span| span.bytes).sum()
    }

    fn check(&self) -> Result<()> {
        let mut base_bytes = 0u64;
        for span in &self.spans {
            base_bytes = base_bytes.saturating_add(span.bytes);
            if span.offset > MAX_LENGTH || base_bytes > MAX_GROUP_BYTES {
                return Err(damaged("a group's base is larger than 256 MiB"));
            }
        }
        if self.target_bytes > MAX_GROUP_BYTES {
            return Err(damaged("a group's target is larger than 256 MiB"));
        }
        Ok(())
    }
}

pub fn write_table(groups: &[Group]) -> Result<Vec<u8>> {
    let spans = || groups.iter().flat_map(|group| &group.spans);
    if groups.len() as u64 > MAX_GROUPS || spans().count() as u64 > MAX_SPANS {
        return Err(input("too many groups or base spans for one delta"));
    }
    if groups.iter().any(|group| group.check().is_err())
        || spans().any(|span| span.file > u64::from(u32::MAX))
    {
        return Err(input(
            "a group is larger than 256 MiB or has an impossible span",
        ));
    }
    let mut out = Vec::new();
    write_varint(&mut out, groups.len() as u64);
    groups
        .iter()
        .for_each(|group| write_varint(&mut out, group.target_bytes));
    groups
        .iter()
        .for_each(|group| write_varint(&mut out, group.stored_bytes));
    groups
        .iter()
        .for_each(|group| write_varint(&mut out, group.spans.len() as u64));
    let mut expected = 0;
    for span in spans() {
        write_varint(&mut out, zigzag(span.file as i64 - expected));
        expected = span.file as i64 + 1;
    }
    spans().for_each(|span| write_varint(&mut out, span.offset));
    spans().for_each(|span| write_varint(&mut out, span.bytes));
    Ok(out)
}

pub fn read_table(plain: &mut impl Read) -> Result<Vec<Group>> {
    let mut groups = vec![Group::default(); read_length(plain, MAX_GROUPS)? as usize];
    for group in &mut groups {
        group.target_bytes = read_length(plain, MAX_GROUP_BYTES)?;
    }
    for group in &mut groups {
        group.stored_bytes = read_length(plain, MAX_LENGTH)?;
    }
    let mut left = MAX_SPANS;
    let mut counts = Vec::with_capacity(groups.len());
    for _ in &groups {
        let count = read_length(plain, left)?;
        left -= count;
        counts.push(count);
    }
    let mut expected = 0;
    for (group, count) in groups.iter_mut().zip(counts) {
        for _ in 0..count {
            let file = u32::try_from(expected + unzigzag(read_varint(plain)?));
            let file = file.map_err(|_| damaged("a span names an impossible file"))?;
            group.spans.push(Span {
                file: u64::from(file),
                offset: 0,
                bytes: 0,
            });
            expected = i64::from(file) + 1;
        }
    }
    for span in groups.iter_mut().flat_map(|group| &mut group.spans) {
        span.offset = read_length(plain, MAX_LENGTH)?;
    }
    for span in groups.iter_mut().flat_map(|group| &mut group.spans) {
        span.bytes = read_length(plain, MAX_GROUP_BYTES)?;
    }
    groups.iter().try_for_each(Group::check)?;
    match plain.read(&mut [0])? {
        0 => Ok(groups),
        _ => Err(damaged("the group table is longer than its contents")),
    }
}
