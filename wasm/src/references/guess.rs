//! Where the place that a field names went: the guesses, best first.

use super::alignment::Alignment;
use super::elf::{Content, Elf};
use super::field::{Field, Form, kind};
use super::learned::{Learned, Width};
use super::pairs::Pair;

/// How a first guess was made: what a coder can expect of it.
pub mod sure {
    /// No field, or no guess fits it.
    pub const PLAIN: u8 = 0;
    /// An earlier reference to the same place and the alignment agree.
    pub const AGREED: u8 = 1;
    /// An earlier reference says otherwise than the alignment.
    pub const LEARNED: u8 = 2;
    /// An earlier reference, and the place is not aligned.
    pub const LEARNED_ALONE: u8 = 3;
    /// The alignment, as the neighbourhood.
    pub const ALIGNED: u8 = 4;
    /// The alignment, but the neighbourhood went elsewhere.
    pub const ALIGNED_ALONE: u8 = 5;
    /// What is near went there.
    pub const NEAR: u8 = 6;
    /// The section went there.
    pub const SECTION: u8 = 7;
}

/// A pair of files that is being decoded.
pub struct Open {
    /// Which of the group's pairs this is.
    pub number: u32,
    pub pair: Pair,
    pub elf: Elf,
    /// The shift seen last for each section.
    pub last_shifts: Vec<i64>,
    /// AArch64: the page that each register was set to last, old and new.
    pub pages: [(u64, u64); 32],
}

/// Possible new places, best first, and how the first was made.
#[derive(Default)]
pub struct Guesses {
    pub targets: [Option<u64>; 6],
    pub sure: u8,
}

/// A field, and where it was and is.
#[derive(Clone, Copy)]
pub struct Spot {
    pub field: Field,
    /// Its old bytes.
    pub word: u64,
    pub old_address: u64,
    pub address: u64,
    /// Where it is in the group's target.
    pub at: u32,
}

/// A branch at most this long stays in its function, which moves as a whole.
const LOCAL_BYTES: u64 = 4 << 10;

impl Spot {
    fn is_local(&self) -> bool {
        let branches = matches!(self.field.form.kind(), kind::CALL | kind::BRANCH | kind::TABLE);
        branches && self.field.target.abs_diff(self.old_address) < LOCAL_BYTES
    }
}

impl Open {
    /// A field of the base's file at `old` that is at `new` of the target's file now.
    pub fn locate(&self, field: Field, word: u64, old: usize, new: usize) -> Spot {
        let index = usize::from(field.section);
        let section = &self.elf.sections[index];
        let moved = self.pair.move_of(index);
        let address_of = |at: usize| {
            section
                .address
                .wrapping_add((at as u64).wrapping_sub(section.offset as u64))
        };
        Spot {
            field,
            word,
            old_address: address_of(old),
            address: address_of(new).wrapping_add_signed(moved.address.wrapping_sub(moved.offset)),
            at: (self.pair.target.start + new) as u32,
        }
    }

    /// What the field's form counts from in the target.
    pub fn origin(&self, spot: &Spot) -> u64 {
        let (field, place) = (&spot.field, spot.address);
        let detail = u64::from(field.detail);
        match field.form {
            Form::Call32 | Form::Thumb24 => place.wrapping_add(4),
            Form::Data32 => place.wrapping_add(4 + detail),
            Form::Relative32 | Form::Back32 | Form::Relative31 => place,
            Form::Branch26 | Form::Branch19 | Form::Branch14 | Form::Near21 => place,
            Form::Table32 | Form::Literal32 => place.wrapping_sub_signed((field.detail as i32).into()),
            Form::Page21 => place & !0xfff,
            Form::Branch24 => place.wrapping_add(8),
            Form::ThumbExchange24 => place.wrapping_add(4) & !3,
            Form::Frame32 => self.section_address(field.section.into()),
            Form::GotOffset32 => self.section_address(field.detail as usize),
            Form::Within32 | Form::Index24 | Form::SymbolInfo32 => self.section_offset(field.detail as usize),
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

    /// A name space of the learned table.
    pub fn space(&self, form: Form) -> u32 {
        self.number << 1 | u32::from(form.names_offset())
    }

    /// The section that the target lies in, and how far it moved.
    fn section_of(&self, field: &Field) -> Option<usize> {
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

    /// Where the field's target went.
    pub fn guess(&self, spot: &Spot, alignment: &Alignment, learned: &Learned) -> Guesses {
        let field = &spot.field;
        if let Some(shift) = self.known_shift(field) {
            let target = field.target.wrapping_add_signed(shift);
            return Guesses {
                targets: [Some(target), Some(field.target), None, None, None, None],
                sure: sure::AGREED,
            };
        }
        let section = self.section_of(field);
        let space = self.space(field.form);
        let seen = |width| {
            let shift = learned.find(space, field.target, width)?;
            Some(field.target.wrapping_add_signed(shift))
        };
        let (covered, near) = self.aligned(spot, section, alignment);
        let exact = seen(Width::Exact);
        let agreed = exact.is_some() && exact == covered;
        // Two witnesses are enough, and each look into the table takes time.
        let around = if agreed {
            None
        } else {
            seen(Width::Near).or_else(|| seen(Width::Far))
        };
        let last = section.map_or(0, |index| self.last_shifts[index]);
        let last = Some(field.target.wrapping_add_signed(last));
        let sure = match (exact, covered) {
            _ if agreed => sure::AGREED,
            (Some(_), Some(_)) => sure::LEARNED,
            (Some(_), None) => sure::LEARNED_ALONE,
            (None, Some(_)) if around.is_none() || around == covered => sure::ALIGNED,
            (None, Some(_)) => sure::ALIGNED_ALONE,
            (None, None) if around.is_some() => sure::NEAR,
            (None, None) => sure::SECTION,
        };
        let mut targets = [exact, covered, around, near, last, Some(field.target)];
        if spot.is_local() {
            targets.swap(0, 1);
        }
        if let Some(page) = self.page_for(field, spot.word) {
            targets.sort_by_key(|target| target.is_none_or(|target| page_of(target) != page));
        }
        Guesses { targets, sure }
    }

    /// The shift of what names a whole section.
    fn known_shift(&self, field: &Field) -> Option<i64> {
        let index = field.detail as usize;
        match field.form {
            Form::SectionAddress32 | Form::SectionAddress64 => {
                let loaded = self.elf.sections.get(index)?.loaded;
                Some(if loaded {
                    self.pair.move_of(index).address
                } else {
                    0
                })
            }
            Form::SectionOffset32 | Form::SectionOffset64 => Some(self.pair.move_of(index).offset),
            _ if self.names_sections(field) => {
                let section = self.section_of(field)?;
                let at_start = self.elf.sections[section].address == field.target;
                let moved = self.pair.move_of(section);
                let shift = if field.form.names_offset() {
                    moved.offset
                } else {
                    moved.address
                };
                (at_start || field.form.names_offset()).then_some(shift)
            }
            _ => None,
        }
    }

    /// Headers and the dynamic table name starts of sections.
    fn names_sections(&self, field: &Field) -> bool {
        let content = self.elf.sections[usize::from(field.section)].content;
        matches!(
            content,
            Content::FileHeader | Content::ProgramHeaders | Content::Dynamic
        )
    }

    /// What the alignment says: exactly, and from nearby.
    fn aligned(
        &self,
        spot: &Spot,
        section: Option<usize>,
        alignment: &Alignment,
    ) -> (Option<u64>, Option<u64>) {
        let (Some(index), field) = (section, &spot.field) else {
            return (None, None);
        };
        let section = &self.elf.sections[index];
        let moved = self.pair.move_of(index);
        let by_offset = field.form.names_offset();
        if section.bytes == 0 {
            let shift = if by_offset { moved.offset } else { moved.address };
            return (None, Some(field.target.wrapping_add_signed(shift)));
        }
        let origin = if by_offset {
            section.offset as u64
        } else {
            section.address
        };
        let inside = field.target.wrapping_sub(origin);
        let start = (self.pair.base.start + section.offset) as u64;
        let old = start.checked_add(inside).and_then(|old| u32::try_from(old).ok());
        let Some(old) = old else {
            return (None, None);
        };
        let found = alignment.find(old, spot.at);
        let new_start = (section.offset as u64).wrapping_add_signed(moved.offset);
        let new_origin = if by_offset {
            new_start
        } else {
            section.address.wrapping_add_signed(moved.address)
        };
        let place = |at: u32| {
            let in_file = u64::from(at).wrapping_sub(self.pair.target.start as u64);
            in_file.wrapping_sub(new_start).wrapping_add(new_origin)
        };
        let by_section = new_origin.wrapping_add(inside);
        (
            found.covered.map(place),
            found.near.map(place).or(Some(by_section)),
        )
    }

    /// The new page whose low bits a field is to hold, when it is known.
    fn page_for(&self, field: &Field, word: u64) -> Option<u64> {
        let (old, new) = self.pages[(word >> 5 & 31) as usize];
        (field.form == Form::Low12 && old == page_of(field.target)).then_some(new)
    }

    /// Notes where a field's target really went, from the field's new bytes.
    pub fn learn(&mut self, spot: &Spot, word: u64, learned: &mut Learned) {
        let field = &spot.field;
        if (spot.word ^ word) & !field.form.mask() != 0 {
            return;
        }
        let distance = field.form.decode(word, field.detail);
        let mut target = self.origin(spot).wrapping_add_signed(distance);
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
        learned.remember(self.space(field.form), field.target, shift);
        if let Some(index) = self.section_of(field) {
            self.last_shifts[index] = shift;
        }
    }
}

fn page_of(address: u64) -> u64 {
    address & !0xfff
}
