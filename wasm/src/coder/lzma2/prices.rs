//! What symbols cost in sixteenths of a bit, for the parser to choose among them. Tables are filled
//! from the models now and then, as models change slowly.

use super::models::{
    ALIGN_BITS, EVEN_SLOT, LENGTH_STATES, LengthModel, MAX_MATCH, MIN_MATCH, MODELLED_DISTANCES,
    Models, SLOTS, State, length_state, slot_of,
};
use super::range_encoder::{PROBABILITY_BITS, Probability};

pub type Price = u32;

/// Sixteenths of a bit.
const BIT_PRICE: Price = 16;
/// Probabilities are looked up without their lowest bits.
const DROPPED_BITS: u32 = 4;
const ENTRIES: usize = 1 << (PROBABILITY_BITS - DROPPED_BITS);

/// The prices of a 0 by its probability, computed with whole numbers by squaring.
static BIT_PRICES: [u8; ENTRIES] = bit_prices();

const fn bit_prices() -> [u8; ENTRIES] {
    let mut table = [0; ENTRIES];
    let mut entry = 0;
    while entry < ENTRIES {
        let mut scaled = ((entry as u64) << DROPPED_BITS) + (1 << (DROPPED_BITS - 1));
        let (mut bits, mut round) = (0, 0);
        while round < DROPPED_BITS {
            scaled *= scaled;
            bits <<= 1;
            while scaled >= 1 << 16 {
                scaled >>= 1;
                bits += 1;
            }
            round += 1;
        }
        table[entry] = ((PROBABILITY_BITS << DROPPED_BITS) - 15 - bits) as u8;
        entry += 1;
    }
    table
}

#[inline(always)]
fn price_0(probability: Probability) -> Price {
    BIT_PRICES[usize::from(probability >> DROPPED_BITS) & (ENTRIES - 1)].into()
}

#[inline(always)]
fn price_1(probability: Probability) -> Price {
    BIT_PRICES[usize::from(((1 << PROBABILITY_BITS) - probability) >> DROPPED_BITS) & (ENTRIES - 1)]
        .into()
}

#[inline(always)]
fn price_of(probability: Probability, bit: u32) -> Price {
    let zero = u32::from(probability);
    let chosen = if bit == 0 {
        zero
    } else {
        (1 << PROBABILITY_BITS) - zero
    };
    BIT_PRICES[(chosen >> DROPPED_BITS) as usize & (ENTRIES - 1)].into()
}

fn tree_price(tree: &[Probability], symbol: u32, count: u32) -> Price {
    let mut price = 0;
    let mut node = symbol | 1 << count;
    while node > 1 {
        price += price_of(tree[(node >> 1) as usize], node & 1);
        node >>= 1;
    }
    price
}

fn reverse_tree_price(tree: &[Probability], symbol: u32, count: u32) -> Price {
    let (mut price, mut node) = (0, 1);
    for at in 0..count {
        let bit = symbol >> at & 1;
        price += price_of(tree[node], bit);
        node = node << 1 | bit as usize;
    }
    price
}

pub struct Prices {
    match_lengths: [Price; MAX_MATCH + 1],
    rep_lengths: [Price; MAX_MATCH + 1],
    slots: [[Price; SLOTS]; LENGTH_STATES],
    distances: [[Price; MODELLED_DISTANCES]; LENGTH_STATES],
    align: [Price; 1 << ALIGN_BITS],
}

impl Prices {
    pub fn new(models: &Models) -> Box<Prices> {
        let mut prices = Box::new(Prices {
            match_lengths: [0; MAX_MATCH + 1],
            rep_lengths: [0; MAX_MATCH + 1],
            slots: [[0; SLOTS]; LENGTH_STATES],
            distances: [[0; MODELLED_DISTANCES]; LENGTH_STATES],
            align: [0; 1 << ALIGN_BITS],
        });
        prices.fill(models);
        prices
    }

    pub fn fill(&mut self, models: &Models) {
        fill_lengths(&mut self.match_lengths, &models.match_lengths);
        fill_lengths(&mut self.rep_lengths, &models.rep_lengths);
        for (symbol, price) in (0..).zip(&mut self.align) {
            *price = reverse_tree_price(&models.align, symbol, ALIGN_BITS);
        }
        for (slots, tree) in self.slots.iter_mut().zip(&models.slots) {
            for (slot, price) in slots.iter_mut().enumerate() {
                let even = (slot as u32 >> 1).saturating_sub(1 + ALIGN_BITS);
                let even = if slot < EVEN_SLOT { 0 } else { even };
                *price = tree_price(tree, slot as u32, 6) + even * BIT_PRICE;
            }
        }
        for distance in 0..MODELLED_DISTANCES {
            let slot = slot_of(distance as u32);
            let rest = if slot < 4 {
                0
            } else {
                let bits = (slot as u32 >> 1) - 1;
                let start = (2 | slot & 1) << bits;
                let tree = &models.distances[start - slot..];
                reverse_tree_price(tree, (distance - start) as u32, bits)
            };
            for (distances, slots) in self.distances.iter_mut().zip(&self.slots) {
                distances[distance] = slots[slot] + rest;
            }
        }
    }

    #[inline(always)]
    pub fn match_length(&self, length: usize) -> Price {
        self.match_lengths[length]
    }

    #[inline(always)]
    pub fn rep_length(&self, length: usize) -> Price {
        self.rep_lengths[length]
    }

    #[inline(always)]
    pub fn distance(&self, distance: u32, length: usize) -> Price {
        let state = length_state(length);
        if (distance as usize) < MODELLED_DISTANCES {
            return self.distances[state][distance as usize];
        }
        self.slots[state][slot_of(distance) & (SLOTS - 1)] + self.align[distance as usize & 15]
    }
}

fn fill_lengths(prices: &mut [Price; MAX_MATCH + 1], model: &LengthModel) {
    let [short, long] = [price_0(model.choice[0]), price_1(model.choice[0])];
    let [middle, high] = [price_0(model.choice[1]), price_1(model.choice[1])];
    for (symbol, price) in (0..).zip(&mut prices[MIN_MATCH..]) {
        *price = match symbol {
            0..8 => short + tree_price(&model.low, symbol, 3),
            8..16 => long + middle + tree_price(&model.middle, symbol - 8, 3),
            _ => long + high + tree_price(&model.high, symbol - 16, 8),
        };
    }
}

impl Models {
    /// With the bit that says it is one.
    #[inline(always)]
    pub fn literal_price(&self, state: State, (byte, before, matched): (u8, u8, u8)) -> Price {
        let mut price = price_0(self.is_match[state.index()]);
        let tree = &self.literals[usize::from(before >> 5)];
        let mut node = usize::from(byte) | 0x100;
        if state.is_after_literal() {
            while node > 1 {
                price += price_of(tree[node >> 1], node as u32 & 1);
                node >>= 1;
            }
            return price;
        }
        let (mut offset, mut matched) = (0x100, usize::from(matched));
        node = 1;
        for at in (0..8).rev() {
            matched <<= 1;
            let bit = usize::from(byte >> at & 1);
            let match_bit = matched & offset;
            price += price_of(tree[offset + match_bit + node], bit as u32);
            node = node << 1 | bit;
            offset &= if bit == 1 { match_bit } else { !match_bit };
        }
        price
    }

    #[inline(always)]
    pub fn match_price(&self, state: State) -> Price {
        price_1(self.is_match[state.index()]) + price_0(self.is_rep[state.index()])
    }

    /// Of what says that a distance is repeated, before it is said which.
    #[inline(always)]
    pub fn any_rep_price(&self, state: State) -> Price {
        price_1(self.is_match[state.index()]) + price_1(self.is_rep[state.index()])
    }

    #[inline(always)]
    pub fn short_rep_price(&self, state: State) -> Price {
        price_0(self.is_not_rep0[state.index()]) + price_0(self.is_long_rep0[state.index()])
    }

    #[inline(always)]
    pub fn which_rep_price(&self, state: State, rep: usize) -> Price {
        let state = state.index();
        if rep == 0 {
            return price_0(self.is_not_rep0[state]) + price_1(self.is_long_rep0[state]);
        }
        let first = price_1(self.is_not_rep0[state]);
        if rep == 1 {
            return first + price_0(self.is_not_rep1[state]);
        }
        let second = price_1(self.is_not_rep1[state]);
        first + second + price_of(self.is_not_rep2[state], u32::from(rep > 2))
    }
}
