//! Runs: long stretches of a target that repeat one byte or a few. They are cut out before anything
//! else is done and put back in the end, so that zeros cost what counting them does, and nothing
//! that compares or models has to walk through them.

use std::borrow::Cow;

use crate::error::{Result, damaged};
use crate::limits::MAX_GROUP_BYTES;
use crate::parts::Part;
use crate::varint::{read_length, write_varint};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub start: usize,
    pub bytes: usize,
    /// What it repeats.
    pub period: Vec<u8>,
}

impl Run {
    fn end(&self) -> usize {
        self.start + self.bytes
    }
}

/// Shorter ones stay. A program with a run in it is no longer recognized, so this is more than the
/// padding that programs have.
const MIN_BYTES: usize = 256 << 10;
/// Looked at every so many bytes: no run is missed.
const STEP_BYTES: usize = MIN_BYTES / 2;
/// Bytes that must repeat for a closer look.
const LOOK_BYTES: usize = 256;
const MAX_PERIOD: usize = 16;
/// As many as the largest target may have.
const MAX_RUNS: usize = MAX_GROUP_BYTES as usize / MIN_BYTES;

/// The runs of a side, in order. None reaches over the border of a part.
pub fn find_runs(side: &[u8], parts: &[Part]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for part in parts {
        let mut at = part.start;
        while at + LOOK_BYTES <= part.end() {
            let first = runs
                .last()
                .map_or(part.start, |run| run.end().max(part.start));
            if at < first {
                at = first;
                continue;
            }
            if let Some(run) = run_around(&side[..part.end()], first, at)
                && run.bytes >= MIN_BYTES
            {
                runs.push(run);
            }
            at += STEP_BYTES;
        }
    }
    runs
}

fn run_around(side: &[u8], first: usize, at: usize) -> Option<Run> {
    let look = &side[at..at + LOOK_BYTES];
    let period = (1..=MAX_PERIOD).find(|period| look[*period..] == look[..LOOK_BYTES - period])?;
    let (mut start, mut end) = (at, at + LOOK_BYTES);
    while start > first && side[start - 1] == side[start - 1 + period] {
        start -= 1;
    }
    while end < side.len() && side[end] == side[end - period] {
        end += 1;
    }
    Some(Run {
        start,
        bytes: end - start,
        period: side[start..start + period].to_vec(),
    })
}

/// A side without its runs, and its parts.
pub fn cut<'a>(side: &'a [u8], parts: &[Part], runs: &[Run]) -> (Cow<'a, [u8]>, Vec<Part>) {
    if runs.is_empty() {
        return (side.into(), parts.to_vec());
    }
    let (mut rest, mut end) = (Vec::with_capacity(side.len()), 0);
    for run in runs {
        rest.extend(&side[end..run.start]);
        end = run.end();
    }
    rest.extend(&side[end..]);
    let mut runs = runs.iter().peekable();
    let mut gone = 0;
    let parts = parts.iter().map(|part| {
        let start = part.start - gone;
        while let Some(run) = runs.next_if(|run| run.start < part.end()) {
            gone += run.bytes;
        }
        Part {
            start,
            bytes: part.end() - gone - start,
        }
    });
    (rest.into(), parts.filter(|part| part.bytes > 0).collect())
}

/// For each run: the bytes since the last one, its length, the length of its period, that.
pub fn write_runs(runs: &[Run]) -> Vec<u8> {
    let (mut out, mut end) = (Vec::new(), 0);
    for run in runs {
        write_varint(&mut out, (run.start - end) as u64);
        write_varint(&mut out, run.bytes as u64);
        out.push(run.period.len() as u8);
        out.extend(&run.period);
        end = run.end();
    }
    out
}

/// Bytes that they take at most.
pub const MAX_WRITTEN_BYTES: usize = MAX_RUNS * (16 + 1 + MAX_PERIOD);

pub fn read_runs(mut stored: &[u8], target_bytes: u64) -> Result<Vec<Run>> {
    let (mut runs, mut end) = (Vec::new(), 0);
    while !stored.is_empty() {
        let start = end + read_length(&mut stored, target_bytes - end)?;
        let bytes = read_length(&mut stored, target_bytes - start)?;
        end = start + bytes;
        let period = stored
            .split_first()
            .and_then(|(length, rest)| rest.split_at_checked(usize::from(*length)));
        let (period, rest) = period.ok_or(damaged("a run ends too early"))?;
        stored = rest;
        if runs.len() == MAX_RUNS || !(1..=MAX_PERIOD).contains(&period.len()) {
            return Err(damaged("a record has runs that no encoder writes"));
        }
        runs.push(Run {
            start: start as usize,
            bytes: bytes as usize,
            period: period.to_vec(),
        });
    }
    Ok(runs)
}

/// Puts runs back while a target is handed out.
pub struct RunReader {
    runs: std::vec::IntoIter<Run>,
    next: Option<Run>,
    at: usize,
}

impl RunReader {
    pub fn new(runs: Vec<Run>) -> RunReader {
        let mut runs = runs.into_iter();
        RunReader {
            next: runs.next(),
            runs,
            at: 0,
        }
    }

    /// Fills the start of `out` with what is left of runs that are next, and returns how many bytes
    /// that were.
    pub fn fill(&mut self, out: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Some(run) = self.next.as_ref().filter(|run| run.start <= self.at) {
            let bytes = (out.len() - filled).min(run.end() - self.at);
            let into = &mut out[filled..filled + bytes];
            if let [byte] = run.period[..] {
                into.fill(byte);
            } else {
                let done = (self.at - run.start) % run.period.len();
                let repeated = run.period.iter().cycle().skip(done);
                into.iter_mut()
                    .zip(repeated)
                    .for_each(|(to, byte)| *to = *byte);
            }
            self.at += bytes;
            filled += bytes;
            if self.at < run.end() {
                break;
            }
            self.next = self.runs.next();
        }
        filled
    }

    /// How many bytes come before the next run.
    pub fn before_next(&self) -> usize {
        self.next
            .as_ref()
            .map_or(usize::MAX, |run| run.start - self.at)
    }

    /// Tells of bytes that were no run.
    pub fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::tests::noise;

    fn side() -> Vec<u8> {
        let zeros = vec![0; 300_000];
        let pattern = b"abcdefg".repeat(50_000);
        [
            noise(1, 5000),
            zeros,
            noise(2, 3000),
            pattern,
            vec![7; 200_000],
        ]
        .concat()
    }

    #[test]
    fn runs_are_found_whole_and_only_long_ones() {
        let side = side();
        let runs = find_runs(&side, &[Part::whole(&side)]);
        assert_eq!(runs.len(), 2);
        assert!(runs[0].bytes >= 300_000 && runs[0].period == [0]);
        assert!(runs[1].bytes >= 350_000 && runs[1].period.len() == 7);
        assert_eq!(
            read_runs(&write_runs(&runs), side.len() as u64).unwrap(),
            runs
        );
        assert!(read_runs(&write_runs(&runs), 600_000).is_err());
    }

    #[test]
    fn what_is_cut_out_is_put_back() {
        let side = side();
        let half = side.len() / 2;
        let parts = [
            Part {
                start: 0,
                bytes: half,
            },
            Part {
                start: half,
                bytes: side.len() - half,
            },
        ];
        let runs = find_runs(&side, &parts);
        let (rest, rest_parts) = cut(&side, &parts, &runs);
        assert_eq!(
            rest_parts.iter().map(|part| part.bytes).sum::<usize>(),
            rest.len()
        );
        let mut reader = RunReader::new(runs);
        let (mut out, mut chunk, mut rest) = (Vec::<u8>::new(), [0; 1000], &rest[..]);
        loop {
            let filled = reader.fill(&mut chunk);
            out.extend(&chunk[..filled]);
            if filled == 0 {
                let bytes = rest.len().min(chunk.len()).min(reader.before_next());
                if bytes == 0 {
                    break;
                }
                let (now, later) = rest.split_at(bytes);
                out.extend(now);
                rest = later;
                reader.pass(bytes);
            }
        }
        assert!(out == side);
    }
}
