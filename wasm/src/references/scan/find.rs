//! Finds the fields of a block of an ELF file. A scan knows only the block's bytes and the
//! sections, so that any block can be scanned when it is needed; what crosses the end of a block is
//! no field.

use super::view::View;
use super::{aarch64, arm, i386, tables, unwind, x64};
use crate::references::elf::{Content, Elf, Machine};
use crate::references::field::Field;

/// Bytes of a block; blocks count from the file's start.
pub const BLOCK_BYTES: usize = 4 << 10;

/// Puts the fields of the block that starts at `start` of the file into `fields`, in order and
/// without overlaps.
pub fn find_fields(elf: &Elf, start: usize, block: &[u8], fields: &mut Vec<Field>) {
    fields.clear();
    for (index, section) in elf.sections_in(start, start + block.len()) {
        let from = section.offset.max(start);
        let to = section.end().min(start + block.len());
        let offset = from - start;
        let bytes = &block[offset..to - start];
        let mut view = View::new(
            elf,
            (index, section),
            bytes,
            (from - section.offset, offset),
            fields,
        );
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
            Machine::X64 => x64::scan_code(view),
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
