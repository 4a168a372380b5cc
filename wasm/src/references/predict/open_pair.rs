//! The pair of files that is being decoded, and the references in it.

use super::shift_table::ShiftTable;
use crate::references::elf::Elf;
use crate::references::field::{Field, Form, kind};
use crate::references::pairs::Pair;

/// A pair of files that is being decoded.
pub struct OpenPair {
    /// Which of the group's pairs this is.
    pub number: u32,
    pub pair: Pair,
    pub elf: Elf,
    /// The shift seen last for each section.
    pub last_shifts: Vec<i64>,
    /// AArch64: the page that each register was set to last, old and new.
    pub pages: [(u64, u64); 32],
}

/// A field, and where it was and is.
#[derive(Clone, Copy)]
pub struct Reference {
    pub field: Field,
    /// Its old bytes.
    pub word: u64,
    pub old_address: u64,
    pub address: u64,
    /// Where it is in the group's target.
    pub at: u32,
}

/// A branch no longer than this stays in its function, which moves as a whole.
const LOCAL_BYTES: u64 = 4 << 10;

impl Reference {
    pub fn is_local(&self) -> bool {
        let branches = matches!(
            self.field.form.kind(),
            kind::CALL | kind::BRANCH | kind::TABLE
        );
        branches && self.field.target.abs_diff(self.old_address) < LOCAL_BYTES
    }
}

impl OpenPair {
    pub fn new(number: u32, pair: Pair, elf: Elf) -> OpenPair {
        let moves = (0..elf.sections.len()).map(|index| pair.move_of(index).address);
        OpenPair {
            number,
            last_shifts: moves.collect(),
            pages: [(0, 0); 32],
            pair,
            elf,
        }
    }

    pub fn covers(&self, target_at: usize) -> bool {
        (self.pair.target.start..self.pair.target.end()).contains(&target_at)
    }

    /// A field at `old` of the base's file that is now at `new` of the target's file.
    pub fn locate(&self, field: Field, word: u64, old: usize, new: usize) -> Reference {
        let index = usize::from(field.section);
        let section = &self.elf.sections[index];
        let moved = self.pair.move_of(index);
        let address_of = |at: usize| {
            section
                .address
                .wrapping_add((at as u64).wrapping_sub(section.offset as u64))
        };
        Reference {
            field,
            word,
            old_address: address_of(old),
            address: address_of(new).wrapping_add_signed(moved.address.wrapping_sub(moved.offset)),
            at: (self.pair.target.start + new) as u32,
        }
    }

    /// What the field's form counts from in the target.
    pub fn origin(&self, reference: &Reference) -> u64 {
        let (field, place) = (&reference.field, reference.address);
        let detail = u64::from(field.detail);
        match field.form {
            Form::Call32 | Form::Thumb24 => place.wrapping_add(4),
            Form::Data32 => place.wrapping_add(4 + detail),
            Form::Relative32 | Form::Back32 | Form::Relative31 => place,
            Form::Branch26 | Form::Branch19 | Form::Branch14 | Form::Near21 => place,
            Form::Table32 | Form::Literal32 => {
                place.wrapping_sub_signed((field.detail as i32).into())
            }
            Form::Page21 => place & !0xfff,
            Form::Branch24 => place.wrapping_add(8),
            Form::ThumbExchange24 => place.wrapping_add(4) & !3,
            Form::Frame32 => self.section_address(field.section.into()),
            Form::GotOffset32 => self.section_address(field.detail as usize),
            Form::Within32 | Form::Index24 | Form::SymbolInfo32 => {
                self.section_offset(field.detail as usize)
            }
            _ => 0,
        }
    }

    fn section_address(&self, index: usize) -> u64 {
        let moved = self.pair.move_of(index).address;
        self.elf.sections[index].address.wrapping_add_signed(moved)
    }

    fn section_offset(&self, index: usize) -> u64 {
        let moved = self.pair.move_of(index).offset;
        (self.elf.sections[index].offset as u64).wrapping_add_signed(moved)
    }

    /// A name space of the shift table.
    pub fn space(&self, form: Form) -> u32 {
        self.number << 1 | u32::from(form.names_offset())
    }

    /// The section that the target is in.
    pub fn section_of(&self, field: &Field) -> Option<usize> {
        if !field.form.names_offset() {
            return self.elf.section_around(field.target);
        }
        if kind::INDEX == field.form.kind() {
            return Some(field.detail as usize);
        }
        let starts = |offset: usize| offset as u64 == field.target;
        self.elf
            .sections
            .iter()
            .position(|section| starts(section.offset))
    }

    /// The new page whose low bits a field holds, if it is known.
    pub fn page_for(&self, field: &Field, word: u64) -> Option<u64> {
        let (old, new) = self.pages[(word >> 5 & 31) as usize];
        (field.form == Form::Low12 && old == page_of(field.target)).then_some(new)
    }

    /// Learns where a field's target really went, from the field's new bytes.
    pub fn learn(&mut self, reference: &Reference, word: u64, shifts: &mut ShiftTable) {
        let field = &reference.field;
        if (reference.word ^ word) & !field.form.mask() != 0 {
            return;
        }
        let distance = field.form.decode(word, field.detail);
        let mut target = self.origin(reference).wrapping_add_signed(distance);
        match field.form {
            Form::Page21 => {
                self.pages[word as usize & 31] = (page_of(field.target), target);
                return;
            }
            Form::Low12 => match self.page_for(field, word) {
                Some(page) => target |= page,
                None => return,
            },
            _ => {}
        }
        let shift = target.wrapping_sub(field.target) as i64;
        shifts.insert(self.space(field.form), field.target, shift);
        if let Some(index) = self.section_of(field) {
            self.last_shifts[index] = shift;
        }
    }
}

pub fn page_of(address: u64) -> u64 {
    address & !0xfff
}
