//! What became of the predictions so far: how often they were right, and how they were wrong when
//! they were not.

use super::predictions::Prediction;
use crate::mixing::hash::hash;

/// Entries of each table of error runs, as a power of two.
const RUN_TABLE_BITS: u32 = 16;
/// A longer run of right predictions is not counted.
const MAX_RUN: u32 = 60_000;

/// The error that followed something last, and how often in a row (as in paq8's run context maps).
#[derive(Clone, Copy, Default)]
pub struct ErrorRun {
    pub error: u8,
    pub count: u8,
}

pub struct Outcomes {
    /// Right predictions in a row, at most `MAX_RUN`.
    pub run: u32,
    /// The flags of the last 32 aligned bytes, the latest lowest; 1 was right.
    pub flags: u32,
    /// The last three errors of aligned bytes, 0 where there was none, the latest lowest.
    pub errors: u32,
    /// The last three errors that were not 0, and right bytes since.
    pub nonzero_errors: u32,
    pub gap: u32,
    /// Of the last three fields: was the first prediction wrong, the second, the old value? Three
    /// bits each, the latest lowest.
    pub fields: u32,
    /// How the present field's bytes differ from the old ones so far.
    pub field_change: u32,
    /// The errors of the present field's bytes so far, hashed behind those of the last wrong field.
    field_errors: u32,
    field_error: u32,
    last_wrong_field: u32,
    by_field: Vec<ErrorRun>,
    by_error: Vec<ErrorRun>,
}

impl Outcomes {
    pub fn new() -> Outcomes {
        Outcomes {
            run: 0,
            flags: 0,
            errors: 0,
            nonzero_errors: 0,
            gap: 0,
            fields: 0,
            field_change: 0,
            field_errors: 0,
            field_error: 0,
            last_wrong_field: 0,
            by_field: vec![ErrorRun::default(); 1 << RUN_TABLE_BITS],
            by_error: vec![ErrorRun::default(); 1 << RUN_TABLE_BITS],
        }
    }

    /// The length of the run in nine steps.
    #[inline(always)]
    pub fn run_bucket(&self) -> u32 {
        match self.run {
            0..4 => self.run,
            4..16 => 4 + self.run / 8,
            16..32 => 6,
            32..256 => 7,
            _ => 8,
        }
    }

    /// What followed errors like the last ones: in the field, and anywhere.
    #[inline(always)]
    pub fn error_runs(&self, position: u32) -> (ErrorRun, ErrorRun) {
        (
            self.by_field[self.field_slot(position)],
            self.by_error[self.error_slot(position)],
        )
    }

    #[inline(always)]
    fn field_slot(&self, position: u32) -> usize {
        (hash(self.field_errors, position) >> (32 - RUN_TABLE_BITS)) as usize
    }

    #[inline(always)]
    fn error_slot(&self, position: u32) -> usize {
        let distance = self.gap.min(40) | position << 8;
        (hash(self.nonzero_errors, distance) >> (32 - RUN_TABLE_BITS)) as usize
    }

    /// An aligned byte was coded.
    #[inline(always)]
    pub fn push(&mut self, prediction: &Prediction, byte: u8, last_of_field: bool) {
        let error = byte.wrapping_sub((prediction.first.wrapping_sub(1)) as u8);
        let slots = (
            self.field_slot(prediction.position),
            self.error_slot(prediction.position),
        );
        update_run(&mut self.by_field[slots.0], error);
        update_run(&mut self.by_error[slots.1], error);
        if prediction.position > 0 {
            self.push_in_field(prediction, byte, error, last_of_field);
        }
        let right = u32::from(error == 0);
        self.flags = self.flags << 1 | right;
        self.errors = (self.errors << 8 | u32::from(error)) & 0xff_ffff;
        if right == 1 {
            self.run = (self.run + 1).min(MAX_RUN);
            self.gap = self.gap.saturating_add(1);
        } else {
            self.nonzero_errors = (self.nonzero_errors << 8 | u32::from(error)) & 0xff_ffff;
            (self.run, self.gap) = (0, 0);
        }
    }

    fn push_in_field(&mut self, prediction: &Prediction, byte: u8, error: u8, last: bool) {
        if prediction.position == 1 {
            self.fields <<= 3;
            (self.field_change, self.field_error) = (0, 0);
            self.field_errors = self.last_wrong_field;
        }
        let byte = u32::from(byte);
        self.fields |= u32::from(error != 0)
            | u32::from(byte + 1 != prediction.second) << 1
            | u32::from(byte != prediction.old) << 2;
        self.field_change = self.field_change << 8 | (byte.wrapping_sub(prediction.old) & 255);
        self.field_error = self.field_error << 8 | u32::from(error);
        self.field_errors = hash(self.field_errors, u32::from(error));
        if last {
            if self.field_error != 0 {
                self.last_wrong_field = self.field_error;
            }
            self.field_errors = self.last_wrong_field;
        }
    }

    /// A block of right predictions was skipped.
    pub fn push_block(&mut self, bytes: usize) {
        let bytes = bytes.min(MAX_RUN as usize) as u32;
        self.run = (self.run + bytes).min(MAX_RUN);
        self.gap = self.gap.saturating_add(bytes);
        self.flags = if bytes >= 32 {
            u32::MAX
        } else {
            self.flags << bytes | ((1 << bytes) - 1)
        };
        self.errors = 0;
    }

    /// A new byte was coded, for which there was no prediction.
    #[inline(always)]
    pub fn push_new(&mut self) {
        self.run = 0;
        self.flags <<= 1;
        self.errors = 0;
    }
}

#[inline(always)]
fn update_run(run: &mut ErrorRun, error: u8) {
    if run.error == error {
        run.count = (run.count + 1).min(15);
    } else if run.count > 2 {
        run.count /= 2;
    } else {
        *run = ErrorRun { error, count: 1 };
    }
}
