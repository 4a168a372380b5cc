//! What was predicted last, until all of it is known.

use super::candidates::Candidates;
use super::confidence;
use super::open_pair::Reference;
use crate::base_cache::BaseCache;
use crate::error::Result;
use crate::references::elf::write_word;
use crate::references::field::{Field, kind};
use crate::references::scan::BLOCK_BYTES;

/// Predictions for the next bytes, in slices of equal length.
pub struct Predicted<'a> {
    /// The best prediction.
    pub first: &'a [u8],
    /// The second best inside a field, else as `first`.
    pub second: &'a [u8],
    /// The aligned old bytes as they are.
    pub old: &'a [u8],
    /// 0 outside of fields, else the position in the field from 1.
    pub position: &'a [u8],
    /// The kind of the field that the bytes belong to, see [`kind`]. Says nothing about bytes
    /// outside of it.
    pub kind: u8,
    /// How the first prediction for the field was found, see [`confidence`]. Says nothing about
    /// bytes outside of it.
    pub confidence: u8,
}

const OUTSIDE_FIELDS: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];

/// What was predicted last; `given` bytes of it are known by now.
pub struct Pending {
    pub old: Vec<u8>,
    first: Vec<u8>,
    second: Vec<u8>,
    position: Vec<u8>,
    /// The field at its end.
    pub field: Option<Reference>,
    confidence: u8,
    pub given: usize,
    /// The field's bytes as they came.
    pub actual: [u8; 8],
}

impl Pending {
    pub fn new() -> Pending {
        let bytes = || Vec::with_capacity(BLOCK_BYTES);
        Pending {
            old: bytes(),
            first: bytes(),
            second: bytes(),
            position: bytes(),
            field: None,
            confidence: confidence::PLAIN,
            given: 0,
            actual: [0; 8],
        }
    }

    pub fn clear(&mut self) {
        self.old.clear();
        self.field = None;
        self.confidence = confidence::PLAIN;
        self.given = 0;
    }

    pub fn copy_plain(&mut self, base_at: usize, bytes: usize, base: &mut BaseCache) -> Result<()> {
        self.old.resize(bytes, 0);
        base.copy_to(base_at as u64, &mut self.old)
    }

    pub fn fill(&mut self, old: &[u8]) {
        self.old.extend_from_slice(old);
    }

    /// Puts the two best candidates that fit into the field at the end.
    pub fn predict_field(&mut self, reference: Reference, origin: u64, candidates: &Candidates) {
        let Field { form, detail, .. } = reference.field;
        let start = self.old.len() - form.width();
        let mut words = candidates.targets.iter().flatten().filter_map(|target| {
            let distance = target.wrapping_sub(origin) as i64;
            form.encode(reference.word, detail, distance)
        });
        let first = words.next();
        let second = words
            .find(|word| Some(*word) != first)
            .or(first)
            .unwrap_or(reference.word);
        self.confidence = if first.is_some() {
            candidates.confidence
        } else {
            confidence::PLAIN
        };
        self.first.clear();
        self.first.extend_from_slice(&self.old);
        self.second.clear();
        self.second.extend_from_slice(&self.old);
        write_word(&mut self.first[start..], first.unwrap_or(reference.word));
        write_word(&mut self.second[start..], second);
        self.position.clear();
        self.position.resize(start, 0);
        self.position.extend(1..=form.width() as u8);
        self.field = Some(reference);
    }

    pub fn rest(&self, max: usize) -> Predicted<'_> {
        let end = self.old.len().min(self.given.saturating_add(max));
        let range = self.given..end;
        let old = &self.old[range.clone()];
        match &self.field {
            Some(reference) => Predicted {
                first: &self.first[range.clone()],
                second: &self.second[range.clone()],
                old,
                position: &self.position[range],
                kind: reference.field.form.kind(),
                confidence: self.confidence,
            },
            None => Predicted {
                first: old,
                second: old,
                old,
                position: &OUTSIDE_FIELDS[..old.len()],
                kind: kind::PLAIN,
                confidence: confidence::PLAIN,
            },
        }
    }

    pub fn take(&mut self, actual: &[u8]) {
        if let Some(reference) = &self.field {
            let start = self.old.len() - reference.field.form.width();
            let skipped = start.saturating_sub(self.given);
            let inside = (self.given + skipped).saturating_sub(start);
            for (into, byte) in self.actual[inside..]
                .iter_mut()
                .zip(actual.iter().skip(skipped))
            {
                *into = *byte;
            }
        }
        self.given += actual.len();
    }
}
