//! What a scan looks at, and where it puts what it finds.

use crate::references::elf::{Elf, Section, u32_at, word_at};
use crate::references::field::{Field, Form};

/// The part of a section that is in a block, and the fields found there.
pub struct View<'a> {
    pub elf: &'a Elf,
    pub section: &'a Section,
    pub bytes: &'a [u8],
    /// Where `bytes` starts in the section.
    pub start: usize,
    /// Where `bytes` starts in the block.
    in_block: usize,
    index: u8,
    fields: &'a mut Vec<Field>,
    /// How many fields there were before the view.
    before: usize,
}

impl<'a> View<'a> {
    /// `starts`: where `bytes` starts in the section, and where in the block.
    pub fn new(
        elf: &'a Elf,
        (index, section): (u8, &'a Section),
        bytes: &'a [u8],
        (start, in_block): (usize, usize),
        fields: &'a mut Vec<Field>,
    ) -> View<'a> {
        View {
            elf,
            section,
            bytes,
            start,
            in_block,
            index,
            before: fields.len(),
            fields,
        }
    }

    /// The address of a byte. It wraps: the sections of a damaged file may be anywhere.
    pub fn address(&self, at: usize) -> u64 {
        self.section.address.wrapping_add((self.start + at) as u64)
    }

    pub fn u32(&self, at: usize) -> u32 {
        u32_at(self.bytes, at)
    }

    pub fn i32(&self, at: usize) -> i64 {
        i64::from(self.u32(at) as i32)
    }

    pub fn word(&self, at: usize) -> u64 {
        word_at(self.bytes, at, self.elf.wide)
    }

    /// Whether a field of `width` bytes fits in the block.
    pub fn holds(&self, at: usize, width: usize) -> bool {
        at + width <= self.bytes.len()
    }

    pub fn push(&mut self, at: usize, form: Form, detail: u32, target: u64) {
        self.fields.push(Field {
            target,
            detail,
            at: (self.in_block + at) as u16,
            form,
            section: self.index,
        });
    }

    /// How many fields there are, and so the number of the next one.
    pub fn found(&self) -> usize {
        self.fields.len()
    }

    /// Sorts the view's fields by position.
    pub fn sort(&mut self) {
        self.fields[self.before..].sort_by_key(|field| field.at);
    }

    /// Drops the fields from number `field` on.
    pub fn forget(&mut self, field: usize) {
        self.fields.truncate(field);
    }

    /// Field number `field` turns out to name `target`.
    pub fn set_target(&mut self, field: usize, target: u64) {
        self.fields[field].target = target;
    }

    /// Where entries of `bytes` bytes each begin, starting with the one that the view begins in: as
    /// distances from the view's start, which may be negative.
    pub fn entries(&self, bytes: usize) -> impl Iterator<Item = isize> + use<> {
        let first = -((self.start % bytes) as isize);
        (first..self.bytes.len() as isize).step_by(bytes)
    }

    /// The field's position, if it is in the block.
    pub fn position(&self, entry: isize, offset: usize, width: usize) -> Option<usize> {
        let at = usize::try_from(entry + offset as isize).ok()?;
        self.holds(at, width).then_some(at)
    }
}
