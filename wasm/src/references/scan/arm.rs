//! References in ARM code (Arm ARM, DDI 0406C, A5 and A6): branches of both instruction sets, and
//! the words between functions that code adds its own address to. Nothing says which set a block is
//! in, but most ARM instructions have the condition "always" in their highest bits, and Thumb ones
//! anything.

use super::view::View;
use crate::references::elf::u16_at;
use crate::references::field::Form;

pub fn scan_code(view: &mut View) {
    if is_arm(view) {
        scan_arm(view);
        view.sort();
    } else {
        scan_thumb(view);
    }
}

/// Where the first instruction of the view is: they are on multiples of four.
fn first_word(view: &View) -> usize {
    view.start.wrapping_neg() % 4
}

fn is_arm(view: &View) -> bool {
    let words = || (first_word(view)..view.bytes.len().saturating_sub(3)).step_by(4);
    let always = words().filter(|at| view.u32(*at) >> 28 == ALWAYS).count();
    2 * always > words().count()
}

const ALWAYS: u32 = 0xe;

fn scan_arm(view: &mut View) {
    let mut literals = [None; 16];
    let mut at = first_word(view);
    while view.holds(at, 4) {
        let word = view.u32(at);
        let register = (word >> 12 & 15) as usize;
        if word & 0x0e00_0000 == 0x0a00_0000 && word >> 28 < 15 {
            push_branch(view, at, Form::Branch24, 8);
        } else if word & 0x0f7f_0000 == 0x051f_0000 {
            literals[register] = literal_place(word, at);
        } else if word & 0x0fff_0ff0 == 0x008f_0000 || word & 0x0fff_0ff0 == 0x079f_0000 {
            // ADD register, PC, register and LDR register, [PC, register].
            if let Some(literal) = literals[word as usize & 15].take() {
                push_literal(view, literal, at + 8);
            }
        }
        at += 4;
    }
}

/// Where `LDR register, [PC, #distance]` reads.
fn literal_place(word: u32, at: usize) -> Option<usize> {
    let distance = (word & 0xfff) as usize;
    if word >> 23 & 1 == 1 {
        Some(at + 8 + distance)
    } else {
        (at + 8).checked_sub(distance)
    }
}

/// Takes the word at `literal`, if it is in the block: the distance of something from `origin`.
fn push_literal(view: &mut View, literal: usize, origin: usize) {
    if literal % 4 != first_word(view) || !view.holds(literal, 4) {
        return;
    }
    let target = view.address(origin).wrapping_add_signed(view.i32(literal)) & 0xffff_ffff;
    if view.elf.section_at(target).is_some() {
        view.push(
            literal,
            Form::Literal32,
            literal.wrapping_sub(origin) as u32,
            target,
        );
    }
}

fn scan_thumb(view: &mut View) {
    let mut at = view.start % 2;
    while view.holds(at, 4) {
        let (first, second) = (u16_at(view.bytes, at), u16_at(view.bytes, at + 2));
        if first >> 11 == 0x1e {
            match second & 0xd001 {
                0xd000 | 0xd001 | 0x9000 | 0x9001 => push_branch(view, at, Form::Thumb24, 4),
                0xc000 => push_branch(view, at, Form::ThumbExchange24, 4),
                _ => {}
            }
        }
        // These begin an instruction of four bytes.
        at += if first >> 11 >= 0x1d { 4 } else { 2 };
    }
}

/// Takes a branch whose distance counts from `ahead` bytes after it.
fn push_branch(view: &mut View, at: usize, form: Form, ahead: usize) {
    let from = view.address(at + ahead);
    let from = if form == Form::ThumbExchange24 {
        from & !3
    } else {
        from
    };
    let distance = form.decode(view.u32(at).into(), 0);
    let target = from.wrapping_add_signed(distance);
    if view.elf.is_code(target) {
        view.push(at, form, 0, target);
    }
}

/// The table of functions and of how to unwind them: distances of 31 bits.
pub fn scan_exceptions(view: &mut View) {
    for entry in view.entries(4) {
        let Some(at) = view.position(entry, 0, 4) else {
            continue;
        };
        let word = view.u32(at);
        let target = view
            .address(at)
            .wrapping_add_signed(Form::Relative31.decode(word.into(), 0));
        if word > 1 && word >> 31 == 0 && view.elf.section_at(target).is_some() {
            view.push(at, Form::Relative31, 0, target);
        }
    }
}
