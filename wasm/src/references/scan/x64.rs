//! References in 64-bit x86 code: calls, jumps and operands relative to the instruction's address.

use super::view::View;
use super::x86::{address, branch, long_branch, stub};
use crate::references::elf::Content;
use crate::references::field::Form;

pub fn scan_code(view: &mut View) {
    let fixed = view.elf.fixed;
    let mut at = 0;
    while at + 5 <= view.bytes.len() {
        let byte = view.bytes[at];
        let found = match LOOKS[usize::from(byte)] {
            Look::Nothing => 1,
            Look::Branch => branch(view, at + 1),
            Look::Escape => long_branch(view, at),
            Look::Operand => operand(view, at + 1),
            Look::Push => stub(view, at + 1),
        };
        at += if fixed && found == 1 {
            address(view, at + 1)
        } else {
            found
        };
    }
}

#[derive(Clone, Copy)]
enum Look {
    Nothing,
    /// CALL or JMP with four bytes of distance.
    Branch,
    /// The first byte of a long opcode, as of conditional jumps.
    Escape,
    /// ModR/M for an address relative to the next instruction.
    Operand,
    /// PUSH of four bytes, as in stubs for calls into other files.
    Push,
}

const LOOKS: [Look; 256] = {
    let mut looks = [Look::Nothing; 256];
    looks[0xe8] = Look::Branch;
    looks[0xe9] = Look::Branch;
    looks[0x0f] = Look::Escape;
    looks[0x68] = Look::Push;
    let mut register = 0;
    while register < 8 {
        looks[register << 3 | 5] = Look::Operand;
        register += 1;
    }
    looks
};

/// Takes the distance at `at`, after the ModR/M byte.
fn operand(view: &mut View, at: usize) -> usize {
    if at < 2 || !view.holds(at, 4) {
        return 1;
    }
    let behind = immediate_bytes(view.bytes, at - 2);
    let target = view
        .address(at + 4 + behind)
        .wrapping_add_signed(view.i32(at));
    let Some(section) = view.elf.section_at(target) else {
        return 1;
    };
    let in_code = view.elf.sections[section].content == Content::Code;
    if in_code && !READS_CODE.contains(&view.bytes[at - 2]) {
        return 1;
    }
    view.push(at, Form::Data32, behind as u32, target);
    5
}

/// Opcodes whose operand may be in code: LEA of a function, loads of constants between functions.
const READS_CODE: [u8; 5] = [0x8d, 0x8b, 0x6f, 0x28, 0x10];

/// How many bytes of the instruction follow the operand, judging by its opcode, which ends at
/// `opcode`.
fn immediate_bytes(bytes: &[u8], opcode: usize) -> usize {
    let before = |distance: usize| opcode.checked_sub(distance).map_or(0, |at| bytes[at]);
    let register = bytes[opcode + 1] >> 3 & 7;
    if before(1) == 0x0f {
        let one = matches!(bytes[opcode], 0x70..=0x73 | 0xa4 | 0xac | 0xba | 0xc2 | 0xc4..=0xc6);
        return one.into();
    }
    if before(2) == 0x0f && before(1) == 0x3a {
        return 1;
    }
    let word = if before(1) == 0x66 { 2 } else { 4 };
    match bytes[opcode] {
        0x80 | 0x83 | 0xc0 | 0xc1 | 0xc6 | 0x6b => 1,
        0x69 | 0x81 | 0xc7 => word,
        0xf6 if register < 2 => 1,
        0xf7 if register < 2 => word,
        _ => 0,
    }
}
