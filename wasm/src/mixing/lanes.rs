//! Eight 16-bit numbers, which machines with vector units take as one. Both forms compute the same.

#[cfg(target_feature = "simd128")]
mod form {
    use core::arch::wasm32::{
        i16x8, i16x8_add_sat, i16x8_q15mulr_sat, i16x8_splat, i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane,
        i32x4_splat, v128,
    };

    #[derive(Clone, Copy)]
    pub struct Lanes(v128);

    impl Lanes {
        #[inline(always)]
        pub fn new([a, b, c, d, e, f, g, h]: [i16; 8]) -> Lanes {
            Lanes(i16x8(a, b, c, d, e, f, g, h))
        }
    }

    /// The sum of all products, modulo 2^32.
    #[inline(always)]
    pub fn dot<const N: usize>(left: &[Lanes; N], right: &[Lanes; N]) -> i32 {
        let products = left
            .iter()
            .zip(right)
            .map(|(left, right)| i32x4_dot_i16x8(left.0, right.0));
        let sums = products.fold(i32x4_splat(0), |sums, products| i32x4_add(sums, products));
        let pair = |one: i32, other: i32| one.wrapping_add(other);
        pair(
            pair(i32x4_extract_lane::<0>(sums), i32x4_extract_lane::<1>(sums)),
            pair(i32x4_extract_lane::<2>(sums), i32x4_extract_lane::<3>(sums)),
        )
    }

    /// Adds `values` × `factor` / 32,768, rounded, to `sums`; both stay within 16 bits.
    #[inline(always)]
    pub fn add_scaled<const N: usize>(sums: &mut [Lanes; N], values: &[Lanes; N], factor: i16) {
        let factor = i16x8_splat(factor);
        for (sum, value) in sums.iter_mut().zip(values) {
            sum.0 = i16x8_add_sat(sum.0, i16x8_q15mulr_sat(value.0, factor));
        }
    }
}

#[cfg(not(target_feature = "simd128"))]
mod form {
    #[derive(Clone, Copy)]
    pub struct Lanes([i16; 8]);

    impl Lanes {
        #[inline(always)]
        pub fn new(values: [i16; 8]) -> Lanes {
            Lanes(values)
        }
    }

    /// The sum of all products, modulo 2^32.
    #[inline(always)]
    pub fn dot<const N: usize>(left: &[Lanes; N], right: &[Lanes; N]) -> i32 {
        let mut sum = 0i32;
        for (left, right) in left.iter().zip(right) {
            for (left, right) in left.0.iter().zip(&right.0) {
                sum = sum.wrapping_add(i32::from(*left) * i32::from(*right));
            }
        }
        sum
    }

    /// Adds `values` × `factor` / 32,768, rounded, to `sums`; both stay within 16 bits.
    #[inline(always)]
    pub fn add_scaled<const N: usize>(sums: &mut [Lanes; N], values: &[Lanes; N], factor: i16) {
        for (sums, values) in sums.iter_mut().zip(values) {
            for (sum, value) in sums.0.iter_mut().zip(values.0) {
                let scaled = (i32::from(value) * i32::from(factor) + 0x4000) >> 15;
                *sum = sum.saturating_add(scaled.min(i32::from(i16::MAX)) as i16);
            }
        }
    }
}

pub use form::{Lanes, add_scaled, dot};
