//! Bit histories: one byte says how often a 0 and how often a 1 followed a context, and which came
//! last. What a history means is learned, by a [`StateMap`](super::state_map::StateMap) over all
//! 256. (This is the idea of indirect context models; see the ZPAQ specification, 3.1. The table is
//! our own.)

/// The highest larger count when the smaller one is 0, 1, 2 …
const MAX_COUNTS: [u8; 6] = [40, 30, 14, 8, 6, 5];

/// A history of at most so many bits remembers the last one, if both kinds came.
const MAX_TOTAL_WITH_LAST: u8 = 14;

pub struct StateTable {
    /// What a history becomes after a 0 and after a 1.
    pub next: [[u8; 2]; 256],
    /// How many 0s and 1s it stands for.
    pub counts: [(u8, u8); 256],
}

/// Nothing came yet.
pub const EMPTY_STATE: u8 = 0;

impl StateTable {
    pub fn new() -> StateTable {
        let states = enumerate_states();
        let mut state_table = StateTable {
            next: [[0; 2]; 256],
            counts: [(0, 0); 256],
        };
        for (index, state) in states.iter().enumerate() {
            state_table.counts[index] = (state.zeros, state.ones);
            state_table.next[index] = [0, 1].map(|bit| next_state(&states, state, bit));
        }
        state_table
    }
}

#[derive(Clone, Copy)]
struct State {
    zeros: u8,
    ones: u8,
    last: u8,
}

fn is_allowed(zeros: u8, ones: u8) -> bool {
    let (larger, smaller) = (zeros.max(ones), zeros.min(ones));
    MAX_COUNTS
        .get(usize::from(smaller))
        .is_some_and(|&max| larger <= max)
}

/// Lists the histories by how many bits they stand for: a smaller number is worth less.
fn enumerate_states() -> Vec<State> {
    let mut states = Vec::new();
    for total in 0..=2 * MAX_COUNTS[0] {
        for zeros in (0..=total).filter(|&zeros| is_allowed(zeros, total - zeros)) {
            let ones = total - zeros;
            let last = u8::from(zeros == 0 || ones > 0);
            states.push(State { zeros, ones, last });
            if zeros > 0 && ones > 0 && total <= MAX_TOTAL_WITH_LAST {
                let last = 0;
                states.push(State { zeros, ones, last });
            }
        }
    }
    states
}

/// Counts a bit, and discounts the other kind: what was long ago says less.
fn next_state(states: &[State], state: &State, bit: u8) -> u8 {
    let (mut same, mut other) = if bit == 0 {
        (state.zeros + 1, discount(state.ones))
    } else {
        (state.ones + 1, discount(state.zeros))
    };
    while !is_allowed(same, other) {
        if other > 1 {
            other -= 1;
        } else {
            same -= 1;
        }
    }
    let (zeros, ones) = if bit == 0 {
        (same, other)
    } else {
        (other, same)
    };
    let fits = |one: &State| one.zeros == zeros && one.ones == ones;
    let exact = states.iter().position(|one| fits(one) && one.last == bit);
    exact.or_else(|| states.iter().position(fits)).unwrap_or(0) as u8
}

fn discount(count: u8) -> u8 {
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
        let states = enumerate_states();
        assert!(states.len() <= 256, "{}", states.len());
        let state_table = StateTable::new();
        for next in &state_table.next[..states.len()] {
            assert!(
                next.iter()
                    .all(|&one| one != EMPTY_STATE && usize::from(one) < states.len())
            );
        }
    }

    #[test]
    fn more_of_the_same_counts_up_and_a_change_forgets() {
        let state_table = StateTable::new();
        let walk = |bits: &[usize]| {
            let end = bits.iter().fold(EMPTY_STATE, |at, &bit| {
                state_table.next[usize::from(at)][bit]
            });
            state_table.counts[usize::from(end)]
        };
        assert_eq!(walk(&[1, 1, 1]), (0, 3));
        assert_eq!(walk(&[0; 60]), (40, 0));
        assert_eq!(walk(&[0, 0, 0, 0, 0, 0, 1]), (4, 1));
    }
}
