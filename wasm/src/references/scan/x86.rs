//! What 32-bit and 64-bit x86 code have in common. Fields are recognized by a few bytes; no
//! instruction is decoded. As the place that a field names must exist, other bytes are taken for
//! one only about once in 10 KB.

use super::view::View;
use crate::references::field::Form;

/// Takes the distance at `at` if it leads into code, and returns how far the scan advances from the
/// opcode.
pub fn branch(view: &mut View, at: usize) -> usize {
    if !view.holds(at, 4) {
        return 1;
    }
    let target = view.address(at + 4).wrapping_add_signed(view.i32(at));
    if !view.elf.is_code(target) {
        return 1;
    }
    view.push(at, Form::Call32, 0, target);
    5
}

pub fn long_branch(view: &mut View, at: usize) -> usize {
    let jumps = view.bytes[at + 1] & 0xf0 == 0x80;
    if jumps && branch(view, at + 2) > 1 {
        6
    } else {
        1
    }
}

/// Takes what a stub pushes for the dynamic linker before it jumps to it: the number of a
/// relocation in 64-bit code, its offset in the table in 32-bit code.
pub fn stub(view: &mut View, at: usize) -> usize {
    let (Some(index), true) = (view.elf.stub_relocations, view.holds(at, 6)) else {
        return 1;
    };
    let before = &view.bytes[at.saturating_sub(7)..at];
    let jumps = matches!(before, [0xff, 0x25 | 0xa3, ..])
        || before.ends_with(&[0xf3, 0x0f, 0x1e, 0xfa, 0x68]);
    let goes_on = matches!(view.bytes[at + 4..], [0xe9, ..] | [0xf2, 0xe9, ..]);
    let table = &view.elf.sections[usize::from(index)];
    let form = if view.elf.wide {
        Form::Index24
    } else {
        Form::Within32
    };
    let distance = form.decode(view.u32(at).into(), 0) as u64;
    if !jumps || !goes_on || distance >= table.bytes as u64 {
        return 1;
    }
    let target = table.offset as u64 + distance;
    view.push(at, form, index.into(), target);
    5
}

/// For files with a fixed address: takes the address at `at` if the byte before may have one after
/// it.
pub fn address(view: &mut View, at: usize) -> usize {
    if !view.holds(at, 4) || !may_hold_address(view.bytes[at - 1]) {
        return 1;
    }
    let target = view.u32(at).into();
    if view.elf.section_at(target).is_none() {
        return 1;
    }
    view.push(at, Form::Pointer32, 0, target);
    5
}

/// PUSH, MOV to a register, CMP with a number, ModR/M and SIB bytes before four bytes.
fn may_hold_address(byte: u8) -> bool {
    matches!(byte, 0x68 | 0x80..=0xbf | 0xf8..) || byte & 7 == 5 && !(0x40..0xc0).contains(&byte)
}
