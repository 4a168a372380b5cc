//! What a reference looks like in the bytes: one notion for all processors and tables. A field is a
//! few bytes that name a place in the same file; its [`Form`] says how the place is read from them
//! and written into them.

use super::field_bits::{
    divide, fit, fit_unsigned, join21, read_thumb, signed, split21, write_thumb,
};

/// A reference at `at` in a block of an ELF file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The place it names: an address, or an offset in the file if [`Form::names_offset`] says so.
    pub target: u64,
    /// What else the form needs, see there.
    pub detail: u32,
    pub at: u16,
    pub form: Form,
    /// Index of the section that holds it.
    pub section: u8,
}

/// How bytes name a place: as its distance from an origin, which the comment on each form names.
/// `place` is the address of the field's first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// x86 call or jump; from place + 4.
    Call32,
    /// x86 operand relative to the next instruction; from place + 4 + detail.
    Data32,
    /// From place.
    Relative32,
    /// Counted backwards from place: from a frame's entry to what it shares with others.
    Back32,
    /// Entry of a jump table; from place − detail.
    Table32,
    /// A word that code adds its own address to; from place − detail, which may be negative.
    Literal32,
    /// Entry of a table of frames; from the start of the section.
    Frame32,
    /// An address.
    Pointer32,
    Pointer64,
    /// An address relative to the global offset table, which is section `detail`; from its start.
    GotOffset32,
    /// An offset in the file.
    Offset32,
    Offset64,
    /// Where section `detail` is in memory: it moves as that section does.
    SectionAddress32,
    SectionAddress64,
    /// Where section `detail` is in the file.
    SectionOffset32,
    SectionOffset64,
    /// Offset in section `detail`, a table; from its start in the file.
    Within32,
    /// Index in section `detail`, a table of entries of 24 bytes.
    Index24,
    /// The same for entries of 16 bytes, above eight bits that are kept.
    SymbolInfo32,
    /// AArch64 B, BL; from place.
    Branch26,
    /// AArch64 B.cond, CBZ, LDR literal; from place.
    Branch19,
    /// AArch64 TBZ; from place.
    Branch14,
    /// AArch64 ADR; from place.
    Near21,
    /// AArch64 ADRP; from the page of place, in pages.
    Page21,
    /// AArch64 ADD, LDR, STR: the low 12 bits of the address, in units of 1 << detail.
    Low12,
    /// ARM B, BL; from place + 8.
    Branch24,
    /// Thumb-2 BL, B.W; from place + 4.
    Thumb24,
    /// Thumb-2 BLX; from the word of place + 4.
    ThumbExchange24,
    /// ARM unwind tables: 31 bits; from place.
    Relative31,
}

/// What a field is, for whoever codes it.
pub mod kind {
    pub const PLAIN: u8 = 0;
    pub const CALL: u8 = 1;
    pub const DATA: u8 = 2;
    pub const TABLE: u8 = 3;
    pub const POINTER: u8 = 4;
    pub const FRAME: u8 = 5;
    pub const INDEX: u8 = 6;
    pub const HEADER: u8 = 7;
    pub const BRANCH: u8 = 8;
    pub const PAGE: u8 = 9;
    pub const LOW: u8 = 10;
}

impl Form {
    pub fn width(self) -> usize {
        match self {
            Form::Pointer64 | Form::Offset64 | Form::SectionAddress64 | Form::SectionOffset64 => 8,
            _ => 4,
        }
    }

    pub fn kind(self) -> u8 {
        match self {
            Form::Call32
            | Form::Branch26
            | Form::Branch24
            | Form::Thumb24
            | Form::ThumbExchange24 => kind::CALL,
            Form::Data32 | Form::Literal32 | Form::GotOffset32 => kind::DATA,
            Form::Table32 => kind::TABLE,
            Form::Pointer32 | Form::Pointer64 => kind::POINTER,
            Form::Relative32 | Form::Back32 | Form::Frame32 | Form::Relative31 => kind::FRAME,
            Form::Within32 | Form::Index24 | Form::SymbolInfo32 => kind::INDEX,
            Form::Branch19 | Form::Branch14 | Form::Near21 => kind::BRANCH,
            Form::Page21 => kind::PAGE,
            Form::Low12 => kind::LOW,
            _ => kind::HEADER,
        }
    }

    /// Whether the target is an offset in the file, as of what need not be in memory.
    pub fn names_offset(self) -> bool {
        matches!(
            self,
            Form::Offset32
                | Form::Offset64
                | Form::SectionOffset32
                | Form::SectionOffset64
                | Form::Within32
                | Form::Index24
                | Form::SymbolInfo32
        )
    }

    /// The bits that hold the reference; the others belong to the instruction.
    pub fn mask(self) -> u64 {
        match self {
            Form::SymbolInfo32 => 0xffff_ff00,
            Form::Branch26 => 0x03ff_ffff,
            Form::Branch19 => 0x00ff_ffe0,
            Form::Branch14 => 0x0007_ffe0,
            Form::Near21 | Form::Page21 => 0x60ff_ffe0,
            Form::Low12 => 0x003f_fc00,
            Form::Branch24 => 0x00ff_ffff,
            Form::Thumb24 | Form::ThumbExchange24 => 0x2fff_07ff,
            Form::Relative31 => 0x7fff_ffff,
            _ if self.width() == 8 => u64::MAX,
            _ => 0xffff_ffff,
        }
    }

    /// The distance of the target from the origin, as the bits have it.
    pub fn decode(self, word: u64, detail: u32) -> i64 {
        let low = word as u32;
        let bits = low & self.mask() as u32;
        match self {
            Form::Pointer32
            | Form::Offset32
            | Form::SectionAddress32
            | Form::SectionOffset32
            | Form::Within32 => i64::from(low),
            Form::Back32 => -i64::from(low),
            Form::Index24 => i64::from(low) * 24,
            Form::SymbolInfo32 => i64::from(low >> 8) * 16,
            Form::Branch26 => signed(bits, 26) << 2,
            Form::Branch19 => signed(bits >> 5, 19) << 2,
            Form::Branch14 => signed(bits >> 5, 14) << 2,
            Form::Near21 => signed(split21(low), 21),
            Form::Page21 => signed(split21(low), 21) << 12,
            Form::Low12 => i64::from(bits >> 10) << (detail & 7),
            Form::Branch24 => signed(bits, 24) << 2,
            Form::Thumb24 | Form::ThumbExchange24 => read_thumb(low),
            Form::Relative31 => signed(bits, 31),
            _ if self.width() == 8 => word as i64,
            _ => i64::from(low as i32),
        }
    }

    /// The word with another distance in it; none if it has no room for that.
    pub fn encode(self, word: u64, detail: u32, distance: i64) -> Option<u64> {
        let bits = match self {
            Form::Pointer32
            | Form::Offset32
            | Form::SectionAddress32
            | Form::SectionOffset32
            | Form::Within32 => u32::try_from(distance).ok()?.into(),
            Form::Back32 => u32::try_from(distance.checked_neg()?).ok()?.into(),
            Form::Index24 => u32::try_from(divide(distance, 24)?).ok()?.into(),
            Form::SymbolInfo32 => fit_unsigned(divide(distance, 16)?, 24)? << 8,
            Form::Branch26 => fit(divide(distance, 4)?, 26)?,
            Form::Branch19 => fit(divide(distance, 4)?, 19)? << 5,
            Form::Branch14 => fit(divide(distance, 4)?, 14)? << 5,
            Form::Near21 => join21(fit(distance, 21)?),
            Form::Page21 => join21(fit(distance >> 12, 21)?),
            Form::Low12 => fit_unsigned(divide(distance & 0xfff, 1 << (detail & 7))?, 12)? << 10,
            Form::Branch24 => fit(divide(distance, 4)?, 24)?,
            Form::Thumb24 => write_thumb(distance, 2)?,
            Form::ThumbExchange24 => write_thumb(distance, 4)?,
            Form::Relative31 => fit(distance, 31)?,
            _ if self.width() == 8 => distance as u64,
            _ => u64::from(i32::try_from(distance).ok()? as u32),
        };
        Some(word & !self.mask() | bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORMS: [Form; 20] = [
        Form::Call32,
        Form::Back32,
        Form::Pointer32,
        Form::Pointer64,
        Form::Within32,
        Form::Index24,
        Form::SymbolInfo32,
        Form::Branch26,
        Form::Branch19,
        Form::Branch14,
        Form::Near21,
        Form::Page21,
        Form::Low12,
        Form::Branch24,
        Form::Thumb24,
        Form::ThumbExchange24,
        Form::Relative31,
        Form::Table32,
        Form::Literal32,
        Form::SectionOffset64,
    ];

    proptest! {
        #[test]
        fn what_is_written_is_read_again_and_the_instruction_stays(
            form in prop::sample::select(FORMS.to_vec()),
            word in any::<u64>(),
            other in any::<u64>(),
            detail in 0u32..5,
        ) {
            let width = 8 * form.width() as u32;
            let (word, other) = (word >> (64 - width), other >> (64 - width));
            let mut distance = form.decode(other, detail);
            if form == Form::Low12 {
                distance &= 0xfff;
            }
            if let Some(written) = form.encode(word, detail, distance) {
                prop_assert_eq!(form.decode(written, detail), distance);
                prop_assert_eq!((written ^ word) & !form.mask(), 0);
            } else {
                // Only BLX cannot express what BL can: half a word.
                prop_assert_eq!(form, Form::ThumbExchange24);
            }
        }
    }

    #[test]
    fn instructions_are_read_as_their_manuals_say() {
        // bl .+0x1000, b.eq .-8, tbz w0, #1, .+0x10, adrp x0, .+0x5000 (AArch64); bl .+0x108 (ARM).
        assert_eq!(Form::Branch26.decode(0x9400_0400, 0), 0x1000);
        assert_eq!(Form::Branch19.decode(0x54ff_ffc0, 0), -8);
        assert_eq!(Form::Branch14.decode(0x3608_0080, 0), 0x10);
        assert_eq!(Form::Page21.decode(0xb000_0020, 0), 0x5000);
        assert_eq!(Form::Branch24.decode(0xeb00_0040, 0), 0x100);
        // Thumb bl .+4+0x1000 is f001 f800.
        assert_eq!(Form::Thumb24.decode(0xf800_f001, 0), 0x1000);
        assert_eq!(Form::Thumb24.encode(0xf800_f000, 0, -4), Some(0xfffe_f7ff));
    }

    #[test]
    fn a_distance_without_room_is_not_written() {
        assert_eq!(Form::Call32.encode(0, 0, 1 << 31), None);
        assert_eq!(Form::Branch14.encode(0, 0, 1 << 15), None);
        assert_eq!(Form::Branch26.encode(0, 0, 2), None);
        assert_eq!(Form::Pointer32.encode(0, 0, -1), None);
        assert_eq!(Form::Index24.encode(0, 0, 25), None);
    }
}
