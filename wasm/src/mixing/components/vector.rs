//! Eight 16-bit numbers as one vector, for machines with SIMD and for those without. Both compute
//! the same.

#[cfg(target_feature = "simd128")]
mod imp {
    use core::arch::wasm32::{
        i16x8, i16x8_add_sat, i16x8_q15mulr_sat, i16x8_splat, i32x4_add, i32x4_dot_i16x8,
        i32x4_extract_lane, i32x4_splat, v128,
    };

    #[derive(Clone, Copy)]
    pub struct I16x8(v128);

    impl I16x8 {
        #[inline(always)]
        pub fn new([a, b, c, d, e, f, g, h]: [i16; 8]) -> I16x8 {
            I16x8(i16x8(a, b, c, d, e, f, g, h))
        }
    }

    /// The sum of all products modulo 2^32.
    #[inline(always)]
    pub fn dot_product<const N: usize>(left: &[I16x8; N], right: &[I16x8; N]) -> i32 {
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

    /// Adds `inputs` × `error` / 32,768, rounded, to `weights`; both are saturated to 16 bits.
    #[inline(always)]
    pub fn train<const N: usize>(weights: &mut [I16x8; N], inputs: &[I16x8; N], error: i16) {
        let error = i16x8_splat(error);
        for (weights, inputs) in weights.iter_mut().zip(inputs) {
            weights.0 = i16x8_add_sat(weights.0, i16x8_q15mulr_sat(inputs.0, error));
        }
    }
}

#[cfg(not(target_feature = "simd128"))]
mod imp {
    #[derive(Clone, Copy)]
    pub struct I16x8([i16; 8]);

    impl I16x8 {
        #[inline(always)]
        pub fn new(values: [i16; 8]) -> I16x8 {
            I16x8(values)
        }
    }

    /// The sum of all products modulo 2^32.
    #[inline(always)]
    pub fn dot_product<const N: usize>(left: &[I16x8; N], right: &[I16x8; N]) -> i32 {
        let mut sum = 0i32;
        for (left, right) in left.iter().zip(right) {
            for (left, right) in left.0.iter().zip(&right.0) {
                sum = sum.wrapping_add(i32::from(*left) * i32::from(*right));
            }
        }
        sum
    }

    /// Adds `inputs` × `error` / 32,768, rounded, to `weights`; both are saturated to 16 bits.
    #[inline(always)]
    pub fn train<const N: usize>(weights: &mut [I16x8; N], inputs: &[I16x8; N], error: i16) {
        for (weights, inputs) in weights.iter_mut().zip(inputs) {
            for (weight, input) in weights.0.iter_mut().zip(inputs.0) {
                let scaled = (i32::from(input) * i32::from(error) + 0x4000) >> 15;
                *weight = weight.saturating_add(scaled.min(i32::from(i16::MAX)) as i16);
            }
        }
    }
}

pub use imp::{I16x8, dot_product, train};
