//! Bit histories: one byte stands for how often a 0 and how often a 1 followed a context, and which came last. What such
//! a history means is learned, by [`Probabilities`](super::probability::Probabilities) over all 256. (The idea of indirect
//! context models; see the ZPAQ specification, 3.1. The table here is our own.)

/// How high the larger count may be when the smaller one is 0, 1, 2 …
const MOST: [u8; 6] = [40, 30, 14, 8, 6, 5];

/// Up to this many bits the last one is remembered when both kinds came.
const REMEMBERS_LAST: u8 = 14;

pub struct Histories {
    /// What a history becomes with a 0 and with a 1.
    pub next: [[u8; 2]; 256],
    /// How many 0s and 1s it stands for.
    pub counts: [(u8, u8); 256],
}

/// History 0: nothing came yet.
pub const NOTHING: u8 = 0;

impl Histories {
    pub fn new() -> Histories {
        let states = list_states();
        let mut histories = Histories {
            next: [[0; 2]; 256],
            counts: [(0, 0); 256],
        };
        for (index, state) in states.iter().enumerate() {
            histories.counts[index] = (state.zeros, state.ones);
            histories.next[index] = [0, 1].map(|bit| find_next(&states, state, bit));
        }
        histories
    }
}

#[derive(Clone, Copy)]
struct State {
    zeros: u8,
    ones: u8,
    last: u8,
}

fn is_allowed(zeros: u8, ones: u8) -> bool {
    let (most, least) = (zeros.max(ones), zeros.min(ones));
    MOST.get(usize::from(least)).is_some_and(|&bound| most <= bound)
}

/// In the order of how many bits they stand for: a smaller number is a poorer history.
fn list_states() -> Vec<State> {
    let mut states = Vec::new();
    for total in 0..=2 * MOST[0] {
        for zeros in (0..=total).filter(|&zeros| is_allowed(zeros, total - zeros)) {
            let ones = total - zeros;
            let last = u8::from(zeros == 0 || ones > 0);
            states.push(State { zeros, ones, last });
            if zeros > 0 && ones > 0 && total <= REMEMBERS_LAST {
                let last = 0;
                states.push(State { zeros, ones, last });
            }
        }
    }
    states
}

/// One more of what came; of the other kind fewer, as what was long ago says less.
fn find_next(states: &[State], state: &State, bit: u8) -> u8 {
    let (mut same, mut other) = if bit == 0 {
        (state.zeros + 1, forget(state.ones))
    } else {
        (state.ones + 1, forget(state.zeros))
    };
    while !is_allowed(same, other) {
        if other > 1 {
            other -= 1;
        } else {
            same -= 1;
        }
    }
    let (zeros, ones) = if bit == 0 { (same, other) } else { (other, same) };
    let fits = |one: &State| one.zeros == zeros && one.ones == ones;
    let exact = states.iter().position(|one| fits(one) && one.last == bit);
    exact.or_else(|| states.iter().position(fits)).unwrap_or(0) as u8
}

fn forget(count: u8) -> u8 {
    match count {
        0..=2 => count,
        3..=5 => 2 + (count - 2) / 2,
        6..=12 => 4,
        13..=24 => 5,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_states_fit_into_a_byte_and_lead_to_states() {
        let states = list_states();
        assert!(states.len() <= 256, "{}", states.len());
        let histories = Histories::new();
        for next in &histories.next[..states.len()] {
            assert!(
                next.iter()
                    .all(|&one| one != NOTHING && usize::from(one) < states.len())
            );
        }
    }

    #[test]
    fn more_of_the_same_counts_up_and_a_change_forgets() {
        let histories = Histories::new();
        let walk = |bits: &[usize]| {
            let end = bits
                .iter()
                .fold(NOTHING, |at, &bit| histories.next[usize::from(at)][bit]);
            histories.counts[usize::from(end)]
        };
        assert_eq!(walk(&[1, 1, 1]), (0, 3));
        assert_eq!(walk(&[0; 60]), (40, 0));
        assert_eq!(walk(&[0, 0, 0, 0, 0, 0, 1]), (4, 1));
    }
}
