//! References in 32-bit x86 code: calls and jumps as in 64-bit code; operands relative to the
//! global offset table, whose address functions put into a register; and absolute addresses, in
//! files that have a fixed one.

use super::view::View;
use super::x86::{address, branch, long_branch, stub};
use crate::references::field::Form;

pub fn scan_code(view: &mut View) {
    let fixed = view.elf.fixed;
    let mut at = 0;
    while at + 5 <= view.bytes.len() {
        let found = match view.bytes[at] {
            0xe8 | 0xe9 => branch(view, at + 1),
            0x0f => long_branch(view, at),
            0x68 => stub(view, at + 1),
            0x05 => table_address(view, at, at + 1),
            0x81 => table_address(view, at, at + 2),
            0x80 | 0x82..=0xbf => table_operand(view, at),
            _ => 1,
        };
        at += if fixed && found == 1 {
            address(view, at + 1)
        } else {
            found
        };
    }
}

/// Takes the distance from the instruction at `from` to the global offset table, which ADD adds to
/// its own address.
fn table_address(view: &mut View, from: usize, at: usize) -> usize {
    let Some(table) = table_start(view).filter(|_| view.holds(at, 4)) else {
        return 1;
    };
    let target = view.address(from).wrapping_add_signed(view.i32(at)) & 0xffff_ffff;
    if target != table {
        return 1;
    }
    view.push(at, Form::Literal32, (at - from) as u32, target);
    at + 4 - from
}

/// Shorter distances are more often those of a structure's members than of something in the table.
const NEAR_BYTES: i64 = 1 << 10;

/// Takes a distance from the global offset table, after the ModR/M byte at `modrm` for a register
/// and four bytes.
fn table_operand(view: &mut View, modrm: usize) -> usize {
    let indexed = view.bytes[modrm] & 7 == 4;
    let at = modrm + 1 + usize::from(indexed);
    let Some((table, index)) = table_start(view)
        .zip(view.elf.got)
        .filter(|_| view.holds(at, 4))
    else {
        return 1;
    };
    let distance = view.i32(at);
    let target = table.wrapping_add_signed(distance) & 0xffff_ffff;
    if (0..NEAR_BYTES).contains(&distance) || view.elf.section_at(target).is_none() {
        return 1;
    }
    view.push(at, Form::GotOffset32, index.into(), target);
    at + 4 - modrm
}

fn table_start(view: &View) -> Option<u64> {
    let index = view.elf.got.filter(|_| !view.elf.fixed)?;
    Some(view.elf.sections[usize::from(index)].address)
}
