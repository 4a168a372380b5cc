//! The places that a field's target may have gone to, best first.

use super::alignment::Alignment;
use super::confidence;
use super::open_pair::{OpenPair, Reference, page_of};
use super::shift_table::{Granularity, ShiftTable};
use crate::references::elf::Content;
use crate::references::field::{Field, Form};

/// Possible new places, best first, and how the first was found.
#[derive(Default)]
pub struct Candidates {
    pub targets: [Option<u64>; 6],
    pub confidence: u8,
}

impl OpenPair {
    /// Where the field's target may have gone.
    pub fn candidates(
        &self,
        reference: &Reference,
        alignment: &Alignment,
        shifts: &ShiftTable,
    ) -> Candidates {
        let field = &reference.field;
        if let Some(shift) = self.known_shift(field) {
            let target = field.target.wrapping_add_signed(shift);
            return Candidates {
                targets: [Some(target), Some(field.target), None, None, None, None],
                confidence: confidence::AGREED,
            };
        }
        let section = self.section_of(field);
        let space = self.space(field.form);
        let seen = |width| {
            let shift = shifts.find(space, field.target, width)?;
            Some(field.target.wrapping_add_signed(shift))
        };
        let (covered, near) = self.project(reference, section, alignment);
        let exact = seen(Granularity::Exact);
        let agreed = exact.is_some() && exact == covered;
        // Two witnesses are enough, and each look into the table takes time.
        let around = if agreed {
            None
        } else {
            seen(Granularity::Near).or_else(|| seen(Granularity::Far))
        };
        let last = section.map_or(0, |index| self.last_shifts[index]);
        let last = Some(field.target.wrapping_add_signed(last));
        let confidence = match (exact, covered) {
            _ if agreed => confidence::AGREED,
            (Some(_), Some(_)) => confidence::LEARNED,
            (Some(_), None) => confidence::LEARNED_ALONE,
            (None, Some(_)) if around.is_none() || around == covered => confidence::ALIGNED,
            (None, Some(_)) => confidence::ALIGNED_ALONE,
            (None, None) if around.is_some() => confidence::NEAR,
            (None, None) => confidence::SECTION,
        };
        let mut targets = [exact, covered, around, near, last, Some(field.target)];
        if reference.is_local() {
            targets.swap(0, 1);
        }
        if let Some(page) = self.page_for(field, reference.word) {
            targets.sort_by_key(|target| target.is_none_or(|target| page_of(target) != page));
        }
        Candidates {
            targets,
            confidence,
        }
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

    /// Headers and the dynamic table name the starts of sections.
    fn names_sections(&self, field: &Field) -> bool {
        let content = self.elf.sections[usize::from(field.section)].content;
        matches!(
            content,
            Content::FileHeader | Content::ProgramHeaders | Content::Dynamic
        )
    }

    /// Projects the target as the alignment says: exactly, and from nearby.
    fn project(
        &self,
        reference: &Reference,
        section: Option<usize>,
        alignment: &Alignment,
    ) -> (Option<u64>, Option<u64>) {
        let (Some(index), field) = (section, &reference.field) else {
            return (None, None);
        };
        let section = &self.elf.sections[index];
        let moved = self.pair.move_of(index);
        let by_offset = field.form.names_offset();
        if section.bytes == 0 {
            let shift = if by_offset {
                moved.offset
            } else {
                moved.address
            };
            return (None, Some(field.target.wrapping_add_signed(shift)));
        }
        let origin = if by_offset {
            section.offset as u64
        } else {
            section.address
        };
        let inside = field.target.wrapping_sub(origin);
        let start = (self.pair.base.start + section.offset) as u64;
        let old = start
            .checked_add(inside)
            .and_then(|old| u32::try_from(old).ok());
        let Some(old) = old else {
            return (None, None);
        };
        let found = alignment.find(old, reference.at);
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
}
