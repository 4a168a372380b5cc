//! References in tables that the linker made: relocations, symbols, pointers, headers. Entries have
//! fixed lengths, so that a block in the middle of a table reads like its start.

use super::view::View;
use crate::references::elf::Machine;
use crate::references::field::Form;

/// Words in writable data that are addresses.
pub fn scan_pointers(view: &mut View) {
    let bytes = word_bytes(view);
    for entry in view.entries(bytes) {
        push_pointer(view, entry, 0);
    }
}

/// So many words in a row make a jump table; fewer are numbers that look like distances.
const TABLE_ENTRIES: usize = 4;

/// Jump tables: distances from the table's start to code. A table is assumed to start where such
/// words start. In i386 files these are distances from the global offset table, in files with a
/// fixed address they are addresses.
pub fn scan_read_only(view: &mut View) {
    if view.elf.fixed {
        return scan_pointers(view);
    }
    let by_table = view.elf.machine == Machine::I386;
    let mut table = None;
    for entry in view.entries(4) {
        let Some(at) = view.position(entry, 0, 4) else {
            continue;
        };
        let (start, before) = *table.get_or_insert((at, view.found()));
        let (form, detail, origin) = match view.elf.got {
            Some(got) if by_table => (
                Form::GotOffset32,
                got.into(),
                view.elf.sections[usize::from(got)].address,
            ),
            _ => (Form::Table32, (at - start) as u32, view.address(start)),
        };
        let target = origin.wrapping_add_signed(view.i32(at));
        if view.i32(at) != 0 && view.elf.is_code(target) {
            view.push(at, form, detail, target);
        } else {
            end_table(view, before);
            table = None;
        }
    }
    if let Some((_, before)) = table {
        end_table(view, before);
    }
}

/// Drops what was found since there were `before` fields, if it is too little for a table.
fn end_table(view: &mut View, before: usize) {
    if view.found() < before + TABLE_ENTRIES {
        view.forget(before);
    }
}

/// Place, symbol and, with `addend`, what is added.
pub fn scan_relocations(view: &mut View, addend: bool) {
    let word = word_bytes(view);
    let entry_bytes = if addend { 3 * word } else { 2 * word };
    let (symbol_at, symbol) = if view.elf.wide {
        (12, Form::Index24)
    } else {
        (4, Form::SymbolInfo32)
    };
    for entry in view.entries(entry_bytes) {
        push_pointer(view, entry, 0);
        push_index(view, entry, symbol_at, symbol);
        if addend {
            push_pointer(view, entry, 2 * word);
        }
    }
}

/// Name and value of each symbol.
pub fn scan_symbols(view: &mut View) {
    let (entry_bytes, value_at) = if view.elf.wide { (24, 8) } else { (16, 4) };
    for entry in view.entries(entry_bytes) {
        push_index(view, entry, 0, Form::Within32);
        push_pointer(view, entry, value_at);
    }
}

/// The value of each entry that is an address; lengths and flags are too small to be one.
pub fn scan_dynamic(view: &mut View) {
    let word = word_bytes(view);
    for entry in view.entries(2 * word) {
        push_pointer(view, entry, word);
    }
}

pub fn scan_file_header(view: &mut View) {
    let last = view.elf.sections.len() - 1;
    push_pointer(view, 0, 24);
    push_moved(
        view,
        0,
        if view.elf.wide { 40 } else { 32 },
        offset_form(view),
        last,
    );
}

pub fn scan_program_headers(view: &mut View) {
    let wide = view.elf.wide;
    let (entry_bytes, offset_at, address_at) = if wide { (56, 8, 16) } else { (32, 4, 8) };
    for entry in view.entries(entry_bytes) {
        if let Some(at) = view.position(entry, offset_at, word_bytes(view)) {
            let form = if wide { Form::Offset64 } else { Form::Offset32 };
            view.push(at, form, 0, view.word(at));
        }
        push_pointer(view, entry, address_at);
        push_pointer(view, entry, address_at + word_bytes(view));
    }
}

/// Each section's address and offset, which follow from how sections moved.
pub fn scan_section_headers(view: &mut View) {
    let wide = view.elf.wide;
    let (entry_bytes, address_at) = if wide { (64, 16) } else { (40, 12) };
    let address_form = if wide {
        Form::SectionAddress64
    } else {
        Form::SectionAddress32
    };
    for entry in view.entries(entry_bytes) {
        let index = (view.start as isize + entry) as usize / entry_bytes;
        push_moved(view, entry, address_at, address_form, index);
        push_moved(
            view,
            entry,
            address_at + word_bytes(view),
            offset_form(view),
            index,
        );
    }
}

fn offset_form(view: &View) -> Form {
    if view.elf.wide {
        Form::SectionOffset64
    } else {
        Form::SectionOffset32
    }
}

fn word_bytes(view: &View) -> usize {
    if view.elf.wide { 8 } else { 4 }
}

/// Takes a word of an entry if it is the address of something.
fn push_pointer(view: &mut View, entry: isize, offset: usize) {
    let Some(at) = view.position(entry, offset, word_bytes(view)) else {
        return;
    };
    let target = view.word(at);
    if target != 0 && view.elf.section_around(target).is_some() {
        let form = if view.elf.wide {
            Form::Pointer64
        } else {
            Form::Pointer32
        };
        view.push(at, form, 0, target);
    }
}

/// Takes an index into the table that the section is linked with.
fn push_index(view: &mut View, entry: isize, offset: usize, form: Form) {
    let Some(at) = view.position(entry, offset, 4) else {
        return;
    };
    let link = view.section.link;
    let distance = form.decode(view.u32(at).into(), 0) as u64;
    let table = view.elf.sections.get(link);
    if let Some(table) = table.filter(|table| distance != 0 && distance < table.bytes as u64) {
        view.push(at, form, link as u32, table.offset as u64 + distance);
    }
}

fn push_moved(view: &mut View, entry: isize, offset: usize, form: Form, section: usize) {
    if let Some(at) = view.position(entry, offset, form.width()) {
        view.push(at, form, section as u32, view.word(at));
    }
}
