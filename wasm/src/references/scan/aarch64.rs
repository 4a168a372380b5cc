//! References in AArch64 code (Arm ARM, C4.1): branches, and addresses made of a page and the low
//! bits in it. The page is in one instruction and the low bits are in others after it, so what is
//! known of each register is kept along the way.

use super::view::View;
use crate::references::field::Form;

/// Instructions after which a page is assumed to be gone: compilers seldom keep one for longer.
const REACH: usize = 64;

/// A register that holds the address of a page.
#[derive(Clone, Copy)]
struct Page {
    address: u64,
    set_at: usize,
    /// The field that set it, as long as its target lacks the low bits.
    field: Option<usize>,
}

pub fn scan_code(view: &mut View) {
    let mut pages = [None; 32];
    // Instructions are on multiples of four, and so are blocks.
    let mut at = view.start.wrapping_neg() % 4;
    while view.holds(at, 4) {
        let word = view.u32(at);
        match word >> 24 {
            0x14..=0x17 | 0x94..=0x97 => push_branch(view, at, Form::Branch26),
            0x54 | 0x34 | 0x35 | 0xb4 | 0xb5 => push_branch(view, at, Form::Branch19),
            0x18 | 0x58 | 0x98 | 0x1c | 0x5c | 0x9c => push_data(view, at, Form::Branch19),
            0x36 | 0x37 | 0xb6 | 0xb7 => push_branch(view, at, Form::Branch14),
            _ if word & 0x9f00_0000 == 0x1000_0000 => push_data(view, at, Form::Near21),
            _ if word & 0x9f00_0000 == 0x9000_0000 => push_page(view, at, &mut pages),
            _ => follow(view, at, &mut pages),
        }
        at += 4;
    }
}

fn target_of(view: &View, at: usize, form: Form) -> u64 {
    let distance = form.decode(view.u32(at).into(), 0);
    view.address(at).wrapping_add_signed(distance)
}

fn push_branch(view: &mut View, at: usize, form: Form) {
    let target = target_of(view, at, form);
    if view.elf.is_code(target) {
        view.push(at, form, 0, target);
    }
}

fn push_data(view: &mut View, at: usize, form: Form) {
    let target = target_of(view, at, form);
    if view.elf.section_at(target).is_some() {
        view.push(at, form, 0, target);
    }
}

fn push_page(view: &mut View, at: usize, pages: &mut [Option<Page>; 32]) {
    let distance = Form::Page21.decode(view.u32(at).into(), 0);
    let address = (view.address(at) & !0xfff).wrapping_add_signed(distance);
    let register = view.u32(at) as usize & 31;
    pages[register] = None;
    let touches = |address: u64| view.elf.section_at(address).is_some();
    if touches(address) || touches(address.wrapping_add(0xfff)) {
        let field = Some(view.found());
        view.push(at, Form::Page21, 0, address);
        pages[register] = Some(Page {
            address,
            set_at: at,
            field,
        });
    }
}

/// Takes the low bits that an instruction adds to a page, and forgets the pages of registers that
/// it may write.
fn follow(view: &mut View, at: usize, pages: &mut [Option<Page>; 32]) {
    let word = view.u32(at);
    let source = (word >> 5 & 31) as usize;
    if let (Some(scale), Some(page)) = (scale_of(word), pages[source]) {
        let low = Form::Low12.decode(word.into(), scale) as u64;
        let target = page.address.wrapping_add(low);
        let belongs = low <= 0xfff && at - page.set_at <= 4 * REACH;
        if belongs && view.elf.section_around(target).is_some() {
            view.push(at, Form::Low12, scale, target);
            if let Some(field) = page.field {
                view.set_target(field, target);
                pages[source] = Some(Page {
                    field: None,
                    ..page
                });
            }
        }
    }
    if !is_store(word) {
        pages[(word & 31) as usize] = None;
    }
}

/// By how much ADD, LDR or STR with an unsigned offset shifts its 12 bits to the left.
fn scale_of(word: u32) -> Option<u32> {
    if word & 0xffc0_0000 == 0x9100_0000 {
        return Some(0);
    }
    let loads_or_stores = word & 0x3b00_0000 == 0x3900_0000;
    let vector = word >> 26 & 1 == 1;
    let quad = vector && word >> 30 == 0 && word >> 23 & 1 == 1;
    loads_or_stores.then_some(if quad { 4 } else { word >> 30 })
}

/// A store with an unsigned offset reads its lowest register.
fn is_store(word: u32) -> bool {
    word & 0x3bc0_0000 == 0x3900_0000
}
