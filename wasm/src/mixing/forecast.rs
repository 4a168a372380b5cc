//! What is predicted for the bytes of a chunk, before they are coded.

use super::trace::Guess;
use crate::base_window::BaseWindow;
use crate::error::Result;
use crate::references::Predictor;

/// Where predictions come from.
pub struct Foresight<'a> {
    pub predictor: &'a mut Predictor,
    pub base: &'a mut BaseWindow,
}

/// The predictions for one chunk: an encoder has them all at once, a decoder as far as it has come.
#[derive(Default)]
pub struct Forecast {
    bytes: usize,
    /// How many of the real bytes the predictor has been told.
    learned: usize,
    pub first: Vec<u8>,
    pub second: Vec<u8>,
    old: Vec<u8>,
    pub place: Vec<u8>,
    kind: Vec<u8>,
    sure: Vec<u8>,
    /// Whether the byte behind is known only later.
    ends: Vec<bool>,
}

impl Forecast {
    pub fn begin(&mut self, bytes: usize) {
        (self.bytes, self.learned) = (bytes, 0);
        for column in [
            &mut self.first,
            &mut self.second,
            &mut self.old,
            &mut self.place,
            &mut self.kind,
            &mut self.sure,
        ] {
            column.clear();
        }
        self.ends.clear();
    }

    pub fn known(&self) -> usize {
        self.first.len()
    }

    /// Asks for more predictions; `actual` are the real bytes at least as far as the predictions go.
    pub fn extend(&mut self, foresight: &mut Foresight, actual: &[u8]) -> Result<()> {
        let known = self.known();
        self.learn(foresight, &actual[..known]);
        let most = self.bytes - known;
        let expected = foresight.predictor.expect(most, foresight.base)?;
        let count = expected.first.len().min(most);
        self.first.extend_from_slice(&expected.first[..count]);
        self.second.extend_from_slice(&expected.second[..count]);
        self.old.extend_from_slice(&expected.old[..count]);
        self.place.extend_from_slice(&expected.place[..count]);
        self.kind.resize(known + count, expected.kind);
        self.sure.resize(known + count, expected.sure);
        self.ends.resize(known + count, false);
        if let Some(end) = self.ends.last_mut() {
            *end = true;
        }
        Ok(())
    }

    /// Tells the predictor what it does not know yet of the chunk's first bytes.
    pub fn learn(&mut self, foresight: &mut Foresight, actual: &[u8]) {
        foresight.predictor.learn(&actual[self.learned..]);
        self.learned = actual.len();
    }

    /// From `at` to the end of the field there, within the chunk; 0 outside of fields.
    pub fn field_bytes(&self, at: usize) -> usize {
        let place = self.place[at];
        if place == 0 {
            return 0;
        }
        let rest = self.place[at + 1..].iter();
        1 + (place + 1..=8)
            .zip(rest)
            .take_while(|(next, found)| next == *found)
            .count()
    }

    pub fn guess(&self, at: usize) -> Guess {
        let old = |index: usize| self.old.get(index).copied().map(u32::from);
        let place = u32::from(self.place[at]);
        let in_field = |value: u8| if place > 0 { u32::from(value) } else { 0 };
        Guess {
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
            place,
            kind: in_field(self.kind[at]),
            sure: in_field(self.sure[at]),
        }
    }
}
