//! Paths through the target that are still open. They share their beginnings: each step knows the
//! one before it.

use super::segment::Segment;

/// What the target is made of from `start` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub start: usize,
    /// Whether its bytes are new or aligned.
    pub new: bool,
    /// How much further on the opposite byte is in the base; for new bytes, that of the alignment
    /// they interrupt.
    pub shift: i64,
}

/// Names a step until the next `settle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepId(usize);

pub struct Paths {
    /// Each with the one before it.
    open: Vec<(Step, Option<StepId>)>,
    /// What all open paths begin with.
    settled: Vec<Step>,
}

impl Paths {
    /// All paths begin with new bytes.
    pub fn new() -> (Paths, StepId) {
        let first = Step {
            start: 0,
            new: true,
            shift: 0,
        };
        let paths = Paths {
            open: vec![(first, None)],
            settled: vec![],
        };
        (paths, StepId(0))
    }

    pub fn add(&mut self, before: StepId, step: Step) -> StepId {
        self.open.push((step, Some(before)));
        StepId(self.open.len() - 1)
    }

    pub fn get(&self, id: StepId) -> Step {
        self.open[id.0].0
    }

    pub fn count_open(&self) -> usize {
        self.open.len()
    }

    /// Drops all paths but the one that ends with this step, and returns the step's new name.
    pub fn settle(&mut self, last: StepId) -> StepId {
        let known = self.settled.len();
        let (step, mut before) = self.open[last.0];
        while let Some(id) = before {
            let (earlier, next) = self.open[id.0];
            self.settled.push(earlier);
            before = next;
        }
        self.settled[known..].reverse();
        self.open.clear();
        self.open.push((step, None));
        StepId(0)
    }

    /// The path that ends with this step, as segments.
    pub fn into_segments(mut self, last: StepId, target_bytes: usize) -> Vec<Segment> {
        let last = self.settle(last);
        self.settled.push(self.get(last));
        let ends = self.settled[1..].iter().map(|step| step.start);
        let ends = ends.chain([target_bytes]);
        let mut segments: Vec<Segment> = Vec::new();
        for (step, end) in self.settled.iter().zip(ends) {
            let bytes = end - step.start;
            match segments.last_mut() {
                _ if bytes == 0 => {}
                Some(last) if step.new => last.extra += bytes,
                _ if step.new => segments.push(Segment {
                    base: 0,
                    add: 0,
                    extra: bytes,
                }),
                _ => {
                    let base = (step.start as i64 + step.shift) as usize;
                    segments.push(Segment {
                        base,
                        add: bytes,
                        extra: 0,
                    });
                }
            }
        }
        segments
    }
}
