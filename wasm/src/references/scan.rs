//! Finds the fields of a block of an ELF file. A scan knows nothing but the block's bytes and the sections, so that
//! any block can be looked at when it is needed; what crosses a block's end is no field.

use super::elf::{Content, Elf, Machine, Section, u32_at, word_at};
use super::field::{Field, Form};
use super::{aarch64, arm, i386, tables, unwind, x86};

/// Bytes of a block; blocks count from the file's start.
pub const BLOCK_BYTES: usize = 4 << 10;

/// The part of a section that lies in a block, and the fields found there.
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
    /// How many fields there were when the view began.
    before: usize,
}

impl View<'_> {
    /// The address of a byte, wrapping: sections of a damaged file may have any.
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

    /// Whether a field of `width` bytes lies in the block.
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

    /// How many fields there are; the number of the next one.
    pub fn found(&self) -> usize {
        self.fields.len()
    }

    /// Puts the view's fields in order.
    pub fn sort(&mut self) {
        self.fields[self.before..].sort_by_key(|field| field.at);
    }

    /// Drops the fields from number `field` on.
    pub fn forget(&mut self, field: usize) {
        self.fields.truncate(field);
    }

    /// What was pushed as number `field` turns out to name `target`.
    pub fn set_target(&mut self, field: usize, target: u64) {
        self.fields[field].target = target;
    }

    /// Where entries of `bytes` bytes each begin, from the one that the view begins in: as distances, which may be
    /// negative.
    pub fn entries(&self, bytes: usize) -> impl Iterator<Item = isize> + use<> {
        let first = -((self.start % bytes) as isize);
        (first..self.bytes.len() as isize).step_by(bytes)
    }

    /// The field's position when it lies in the block.
    pub fn position(&self, entry: isize, offset: usize, width: usize) -> Option<usize> {
        let at = usize::try_from(entry + offset as isize).ok()?;
        self.holds(at, width).then_some(at)
    }
}

/// Puts the fields of the block that starts at `start` of the file into `fields`, in order and without overlap.
pub fn find_fields(elf: &Elf, start: usize, block: &[u8], fields: &mut Vec<Field>) {
    fields.clear();
    for (index, section) in elf.sections_in(start, start + block.len()) {
        let from = section.offset.max(start);
        let to = section.end().min(start + block.len());
        let mut view = View {
            elf,
            section,
            bytes: &block[from - start..to - start],
            start: from - section.offset,
            in_block: from - start,
            index,
            before: fields.len(),
            fields,
        };
        scan(&mut view);
    }
    let mut end = 0;
    fields.retain(|field| {
        let apart = usize::from(field.at) >= end;
        if apart {
            end = usize::from(field.at) + field.form.width();
        }
        apart
    });
}

fn scan(view: &mut View) {
    match view.section.content {
        Content::Code => match view.elf.machine {
            Machine::X64 => x86::scan_code(view),
            Machine::Arm64 => aarch64::scan_code(view),
            Machine::Arm => arm::scan_code(view),
            Machine::I386 => i386::scan_code(view),
        },
        Content::Data => tables::scan_pointers(view),
        Content::ReadOnly => tables::scan_read_only(view),
        Content::Frames => unwind::scan_frames(view),
        Content::FrameTable => unwind::scan_frame_table(view),
        Content::Exceptions => arm::scan_exceptions(view),
        Content::Rela => tables::scan_relocations(view, true),
        Content::Rel => tables::scan_relocations(view, false),
        Content::Relr => tables::scan_pointers(view),
        Content::Symbols => tables::scan_symbols(view),
        Content::Dynamic => tables::scan_dynamic(view),
        Content::FileHeader => tables::scan_file_header(view),
        Content::ProgramHeaders => tables::scan_program_headers(view),
        Content::SectionHeaders => tables::scan_section_headers(view),
        Content::Zeros | Content::Other => {}
    }
}
