//! The logistic function and its inverse in whole numbers. Mixing adds up evidence as ln(p / (1 -
//! p)), here in 256ths and called *stretched*; probabilities are in 65,536ths.

/// The farthest that a stretched value gets from 0: e^-8, one in 2,981.
pub const FARTHEST: i32 = 2047;

const HALF: usize = 2048;

/// e^(-1/256) in 2^-32ths, rounded.
const STEP: u64 = 4_278_222_805;

const fn build_squash() -> [u16; 2 * HALF] {
    let mut table = [0; 2 * HALF];
    let mut power: u64 = 1 << 32; // e^(-k/256) in 2^-32ths
    let mut k = 0;
    while k < HALF {
        let one = (1 << 48) / ((1 << 32) + power);
        table[HALF + k] = one as u16;
        if k > 0 {
            table[HALF - k] = (65_536 - one) as u16;
        }
        power = (power * STEP) >> 32;
        k += 1;
    }
    table[0] = table[1];
    table
}

const fn build_stretch() -> [i16; 4096] {
    let squash = build_squash();
    let mut table = [0; 4096];
    let (mut x, mut p) = (0, 0);
    while p < 4096 {
        while x < 2 * HALF - 1 && (squash[x] as usize) < p * 16 + 8 {
            x += 1;
        }
        table[p] = x as i16 - HALF as i16;
        p += 1;
    }
    table
}

static SQUASH: [u16; 2 * HALF] = build_squash();
static STRETCH: [i16; 4096] = build_stretch();

/// A stretched value as a probability in 65,536ths.
#[inline(always)]
pub fn squash(stretched: i32) -> u32 {
    let index = stretched.clamp(-FARTHEST, FARTHEST) + HALF as i32;
    u32::from(SQUASH[index as usize & (2 * HALF - 1)])
}

/// A probability in 65,536ths, stretched.
#[inline(always)]
pub fn stretch(probability: u32) -> i16 {
    STRETCH[(probability >> 4) as usize & 4095]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squash_is_the_logistic_function() {
        for x in -FARTHEST..=FARTHEST {
            let exact = 65_536.0 / (1.0 + (-f64::from(x) / 256.0).exp());
            assert!((f64::from(squash(x)) - exact).abs() < 1.01, "{x}");
        }
    }

    #[test]
    fn stretch_turns_squash_around() {
        for x in -1500..1500 {
            // The steps between probabilities grow towards 0 and 1.
            assert!(
                (i32::from(stretch(squash(x))) - x).abs() <= 2 + (1 << (x.abs() / 128)) / 4,
                "{x}"
            );
        }
    }
}
