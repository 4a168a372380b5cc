//! What became of the predictions so far: how often they were right, and how they were wrong when they were not.

use super::hash;

/// Entries of each memory of errors.
const MEMORY_BITS: u32 = 16;

/// The prediction for one byte of an aligned stretch. A byte plus 1 where 0 stands for nothing.
#[derive(Clone, Copy, Default)]
pub struct Guess {
    pub first: u32,
    pub second: u32,
    /// The old byte itself, the one before it and the one behind it (256: none).
    pub old: u32,
    pub old_before: u32,
    pub old_after: u32,
    /// Position in a field from 1, or 0; what kind of field, and how sure its first guess is.
    pub place: u32,
    pub kind: u32,
    pub sure: u32,
}

/// An error that followed something once, and how often it came again.
#[derive(Clone, Copy, Default)]
pub struct Echo {
    pub error: u8,
    pub times: u8,
}

pub struct Trace {
    /// Right predictions in a row, at most 60,000.
    pub run: u32,
    /// The last 32 predictions, the latest lowest; 1 was right.
    pub hits: u32,
    /// The last three errors of aligned bytes, 0 where there was none, the latest lowest.
    pub errors: u32,
    /// The last three errors that were not 0, and right bytes since.
    pub real_errors: u32,
    pub gap: u32,
    /// Of the last three fields: was the first guess wrong, the second, the old value? Three bits each, the latest lowest.
    pub fields: u32,
    /// How the present field's bytes differ from the old ones so far.
    pub field_change: u32,
    /// The errors of the present field's bytes so far, hashed behind the last field's that was wrong.
    field_errors: u32,
    field_error: u32,
    wrong_field: u32,
    by_field: Vec<Echo>,
    by_error: Vec<Echo>,
}

impl Trace {
    pub fn new() -> Trace {
        Trace {
            run: 0,
            hits: 0,
            errors: 0,
            real_errors: 0,
            gap: 0,
            fields: 0,
            field_change: 0,
            field_errors: 0,
            field_error: 0,
            wrong_field: 0,
            by_field: vec![Echo::default(); 1 << MEMORY_BITS],
            by_error: vec![Echo::default(); 1 << MEMORY_BITS],
        }
    }

    /// The length of the run in nine steps.
    #[inline(always)]
    pub fn run_grade(&self) -> u32 {
        match self.run {
            0..4 => self.run,
            4..16 => 4 + self.run / 8,
            16..32 => 6,
            32..256 => 7,
            _ => 8,
        }
    }

    /// What errors like the last ones were followed by.
    #[inline(always)]
    pub fn echoes(&self, place: u32) -> (Echo, Echo) {
        (
            self.by_field[self.field_slot(place)],
            self.by_error[self.error_slot(place)],
        )
    }

    #[inline(always)]
    fn field_slot(&self, place: u32) -> usize {
        (hash(self.field_errors, place) >> (32 - MEMORY_BITS)) as usize
    }

    #[inline(always)]
    fn error_slot(&self, place: u32) -> usize {
        (hash(self.real_errors, self.gap.min(40) | place << 8) >> (32 - MEMORY_BITS)) as usize
    }

    /// One aligned byte more.
    #[inline(always)]
    pub fn learn(&mut self, guess: &Guess, byte: u8, last_of_field: bool) {
        let error = byte.wrapping_sub((guess.first.wrapping_sub(1)) as u8);
        let slots = (self.field_slot(guess.place), self.error_slot(guess.place));
        remember(&mut self.by_field[slots.0], error);
        remember(&mut self.by_error[slots.1], error);
        if guess.place > 0 {
            self.learn_field(guess, byte, error, last_of_field);
        }
        let right = u32::from(error == 0);
        self.hits = self.hits << 1 | right;
        self.errors = (self.errors << 8 | u32::from(error)) & 0xff_ffff;
        if right == 1 {
            self.run = (self.run + 1).min(60_000);
            self.gap = self.gap.saturating_add(1);
        } else {
            self.real_errors = (self.real_errors << 8 | u32::from(error)) & 0xff_ffff;
            (self.run, self.gap) = (0, 0);
        }
    }

    fn learn_field(&mut self, guess: &Guess, byte: u8, error: u8, last: bool) {
        if guess.place == 1 {
            self.fields <<= 3;
            (self.field_change, self.field_error) = (0, 0);
            self.field_errors = self.wrong_field;
        }
        let byte = u32::from(byte);
        self.fields |= u32::from(error != 0)
            | u32::from(byte + 1 != guess.second) << 1
            | u32::from(byte != guess.old) << 2;
        self.field_change = self.field_change << 8 | (byte.wrapping_sub(guess.old) & 255);
        self.field_error = self.field_error << 8 | u32::from(error);
        self.field_errors = hash(self.field_errors, u32::from(error));
        if last {
            if self.field_error != 0 {
                self.wrong_field = self.field_error;
            }
            self.field_errors = self.wrong_field;
        }
    }

    /// Many right predictions at once.
    pub fn learn_run(&mut self, bytes: usize) {
        let bytes = bytes.min(60_000) as u32;
        self.run = (self.run + bytes).min(60_000);
        self.gap = self.gap.saturating_add(bytes);
        self.hits = if bytes >= 32 {
            u32::MAX
        } else {
            self.hits << bytes | ((1 << bytes) - 1)
        };
        self.errors = 0;
    }

    /// One new byte, which nobody predicted.
    #[inline(always)]
    pub fn learn_new(&mut self) {
        self.run = 0;
        self.hits <<= 1;
        self.errors = 0;
    }
}

#[inline(always)]
fn remember(echo: &mut Echo, error: u8) {
    if echo.error == error {
        echo.times = (echo.times + 1).min(15);
    } else if echo.times > 2 {
        echo.times /= 2;
    } else {
        *echo = Echo { error, times: 1 };
    }
}
