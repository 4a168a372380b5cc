//! References in tables that say how to unwind the stack: Linux Standard Base 5.0, 10.6
//! (`.eh_frame`), in the form that compilers and linkers give it: distances of four bytes each.

use std::ops::Range;

use super::view::View;
use crate::references::field::Form;

/// Plausible lengths of a frame's entry, and of what several frames share.
const FRAME_BYTES: Range<usize> = 12..1 << 16;
const SHARED_BYTES: Range<usize> = 12..64;

/// Where a frame's code begins, what the frame shares with others, and its table of handlers. In
/// the middle of the section, the first frame is recognized by its plausibility.
pub fn scan_frames(view: &mut View) {
    let mut at = 0;
    while view.holds(at, 12) {
        let bytes = view.u32(at) as usize;
        let shared = view.u32(at + 4) as usize;
        let code = view.address(at + 8).wrapping_add_signed(view.i32(at + 8));
        let aligned = bytes.is_multiple_of(4) && shared.is_multiple_of(4);
        let in_section = (1..=view.start + at + 4).contains(&shared);
        if aligned && shared == 0 && SHARED_BYTES.contains(&bytes) {
            at += 4 + bytes;
        } else if aligned && in_section && FRAME_BYTES.contains(&bytes) && view.elf.is_code(code) {
            let place = view.address(at + 4);
            view.push(at + 4, Form::Back32, 0, place.wrapping_sub(shared as u64));
            view.push(at + 8, Form::Relative32, 0, code);
            push_handlers(view, at + 16, at + 4 + bytes);
            at += 4 + bytes;
        } else {
            at += 4;
        }
    }
}

/// Data of four bytes that a frame has for its language is a distance.
fn push_handlers(view: &mut View, at: usize, end: usize) {
    if at + 5 > end || !view.holds(at, 5) || view.bytes[at] != 4 {
        return;
    }
    let target = view.address(at + 1).wrapping_add_signed(view.i32(at + 1));
    if view.i32(at + 1) != 0 && view.elf.section_at(target).is_some() {
        view.push(at + 1, Form::Relative32, 0, target);
    }
}

/// A header of twelve bytes, then pairs of code and frame.
pub fn scan_frame_table(view: &mut View) {
    for entry in view.entries(4) {
        let Some(at) = view.position(entry, 0, 4) else {
            continue;
        };
        let (form, origin) = match view.start + at {
            4 => (Form::Relative32, view.address(at)),
            0 | 8 => continue,
            _ => (Form::Frame32, view.section.address),
        };
        let target = origin.wrapping_add_signed(view.i32(at));
        if view.elf.section_at(target).is_some() {
            view.push(at, form, 0, target);
        }
    }
}
