//! What the bytes of a chunk are predicted to be, before they are coded.

use crate::base_cache::BaseCache;
use crate::error::Result;
use crate::references::Predictor;

/// Where predictions come from.
pub struct PredictionSource<'a> {
    pub predictor: &'a mut Predictor,
    pub base: &'a mut BaseCache,
}

/// The prediction for one byte of an aligned stretch. Both predicted bytes are stored plus 1, as 0
/// stands for none.
#[derive(Clone, Copy, Default)]
pub struct Prediction {
    pub first: u32,
    pub second: u32,
    /// The old byte itself, the one before it and the one after it (256: unknown).
    pub old: u32,
    pub old_before: u32,
    pub old_after: u32,
    /// Position in a field from 1, or 0 outside; what kind of field, and how sure the first
    /// prediction is.
    pub position: u32,
    pub kind: u32,
    pub confidence: u32,
}

/// The predictions for one chunk: an encoder has them all at once, a decoder only as far as it has
/// come.
#[derive(Default)]
pub struct Predictions {
    /// Bytes of the chunk.
    bytes: usize,
    /// How many of the actual bytes the predictor has been told.
    learned: usize,
    pub first: Vec<u8>,
    pub second: Vec<u8>,
    old: Vec<u8>,
    pub position: Vec<u8>,
    kind: Vec<u8>,
    confidence: Vec<u8>,
    /// Whether the next byte is only known later.
    ends: Vec<bool>,
}

impl Predictions {
    pub fn start(&mut self, bytes: usize) {
        (self.bytes, self.learned) = (bytes, 0);
        for column in [
            &mut self.first,
            &mut self.second,
            &mut self.old,
            &mut self.position,
            &mut self.kind,
            &mut self.confidence,
        ] {
            column.clear();
        }
        self.ends.clear();
    }

    pub fn known(&self) -> usize {
        self.first.len()
    }

    /// Asks for more predictions. `actual` holds the actual bytes, at least as far as the
    /// predictions go.
    pub fn extend(&mut self, source: &mut PredictionSource, actual: &[u8]) -> Result<()> {
        let known = self.known();
        self.learn(source, &actual[..known]);
        let left = self.bytes - known;
        let predicted = source.predictor.predict(left, source.base)?;
        let count = predicted.first.len().min(left);
        self.first.extend_from_slice(&predicted.first[..count]);
        self.second.extend_from_slice(&predicted.second[..count]);
        self.old.extend_from_slice(&predicted.old[..count]);
        self.position
            .extend_from_slice(&predicted.position[..count]);
        self.kind.resize(known + count, predicted.kind);
        self.confidence.resize(known + count, predicted.confidence);
        self.ends.resize(known + count, false);
        if let Some(end) = self.ends.last_mut() {
            *end = true;
        }
        Ok(())
    }

    /// Tells the predictor those of the chunk's first bytes that it has not been told yet.
    pub fn learn(&mut self, source: &mut PredictionSource, actual: &[u8]) {
        source.predictor.learn(&actual[self.learned..]);
        self.learned = actual.len();
    }

    /// Bytes from `at` to the end of its field, within the chunk; 0 outside of fields.
    pub fn field_bytes(&self, at: usize) -> usize {
        let position = self.position[at];
        if position == 0 {
            return 0;
        }
        let rest = self.position[at + 1..].iter();
        1 + (position + 1..=8)
            .zip(rest)
            .take_while(|(next, found)| next == *found)
            .count()
    }

    pub fn get(&self, at: usize) -> Prediction {
        let old = |index: usize| self.old.get(index).copied().map(u32::from);
        let position = u32::from(self.position[at]);
        let in_field = |value: u8| if position > 0 { u32::from(value) } else { 0 };
        Prediction {
            first: u32::from(self.first[at]) + 1,
            second: u32::from(self.second[at]) + 1,
            old: u32::from(self.old[at]),
            old_before: at.checked_sub(1).and_then(old).unwrap_or(0),
            // An encoder knows more than a decoder, and must not look there.
            old_after: if self.ends[at] {
                256
            } else {
                old(at + 1).unwrap_or(256)
            },
            position,
            kind: in_field(self.kind[at]),
            confidence: in_field(self.confidence[at]),
        }
    }
}
